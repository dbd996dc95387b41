"""The link of an approver's mail: signed, for one person's questions in one company, until it ends. Opening it shows a page."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from app.dunning.chasing import ApprovalLinks
from app.web.list_links import open_link, seal

PURPOSE = b"approval-link:v1:"


@dataclass(frozen=True, slots=True)
class ApprovalLink:
    """Whose questions a link opens, and where, until an instant."""

    bureau_id: uuid.UUID
    company_id: uuid.UUID
    user_id: uuid.UUID
    until: datetime
    token: str


def make_approval_links(public_url: str, secret: bytes) -> ApprovalLinks:
    """The link of the mail, below the product's public address."""

    def url(bureau_id: uuid.UUID, company_id: uuid.UUID, user_id: uuid.UUID, until: datetime) -> str:
        return f"{public_url.rstrip('/')}/a/{seal(bureau_id, company_id, user_id, until, secret, purpose=PURPOSE)}"

    return ApprovalLinks(url)


def open_approval_link(token: str, secret: bytes, now: datetime) -> ApprovalLink:
    """LinkError for a token that we did not make for this, or whose time is over."""
    found = open_link(token, secret, now, purpose=PURPOSE)
    return ApprovalLink(found.bureau_id, found.company_id, found.list_id, found.until, found.token)
