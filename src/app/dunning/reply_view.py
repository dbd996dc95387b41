"""Answers by e-mail as doors read them: those that wait, those of a claim, and one with what it may be about. Read-only."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.dunning.models import Claim
from app.messaging.models import InboundMail
from app.receivables.models import Debtor, OpenItem

SUGGESTED_MAX = 20


@dataclass(frozen=True, slots=True)
class AboutClaim:
    """The claim an answer is, or may be, about."""

    claim_id: uuid.UUID
    invoice: str
    debtor_name: str
    remaining_ore: int
    currency: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with its claim where it is known."""

    mail: InboundMail
    claim: AboutClaim | None


def replies(
    work: UnitOfWork, position: Position, *, state: str | None = None, company_id: uuid.UUID | None = None,
    claim_id: uuid.UUID | None = None,
) -> Page[Reply]:  # fmt: skip
    """Newest first."""
    query = (
        select(InboundMail, Claim, OpenItem, Debtor)
        .outerjoin(Claim, Claim.id == InboundMail.purpose_id)
        .outerjoin(OpenItem, OpenItem.id == Claim.open_item_id)
        .outerjoin(Debtor, Debtor.id == Claim.debtor_id)
    )
    if state is not None:
        query = query.where(InboundMail.state == state)
    if company_id is not None:
        query = query.where(InboundMail.company_id == company_id)
    if claim_id is not None:
        query = query.where(InboundMail.purpose_id == claim_id)
    page = read_page(work, query, InboundMail.id, position, newest_first=True)
    return Page(tuple(Reply(mail, _about(claim, item, debtor)) for mail, claim, item, debtor in page.rows), page.next_after)


def find(work: UnitOfWork, reply_id: uuid.UUID) -> Reply:
    """LookupError when it does not exist for this scope."""
    row = work.session.execute(
        select(InboundMail, Claim, OpenItem, Debtor)
        .outerjoin(Claim, Claim.id == InboundMail.purpose_id)
        .outerjoin(OpenItem, OpenItem.id == Claim.open_item_id)
        .outerjoin(Debtor, Debtor.id == Claim.debtor_id)
        .where(InboundMail.id == reply_id)
    ).one_or_none()
    if row is None:
        raise LookupError("no such answer")
    mail, claim, item, debtor = row
    return Reply(mail, _about(claim, item, debtor))


def suggestions(work: UnitOfWork, mail: InboundMail) -> list[AboutClaim]:
    """Open claims of whoever writes, for a person who must say which one is meant."""
    query = (
        select(Claim, OpenItem, Debtor)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(
            Claim.company_id == mail.company_id, Claim.state == "active", func.lower(Debtor.email) == mail.from_address.lower(),
        )
        .order_by(OpenItem.due_on, Claim.id)
        .limit(SUGGESTED_MAX)
    )  # fmt: skip
    rows = work.session.execute(query).all()
    return [about for claim, item, debtor in rows if (about := _about(claim, item, debtor)) is not None]


def _about(claim: Claim | None, item: OpenItem | None, debtor: Debtor | None) -> AboutClaim | None:
    if claim is None or item is None or debtor is None:
        return None
    return AboutClaim(claim.id, item.document_number or item.external_id, debtor.name, item.remaining_ore, item.currency)
