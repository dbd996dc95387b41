"""Inbound mail that a mail provider posts to us, as an alternative to a mailbox read over IMAP.

The body is the mail as it stood on the wire (`message/rfc822`), the envelope stands in two headers, and all of it is signed with a shared
secret: HMAC-SHA256 over `timestamp "." envelope-to "." envelope-from "." body`. A signature is good for five minutes either way; the same
mail again changes nothing, so a repeated call is no harm.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import timedelta
from typing import Any

from litestar import Request, Response, Router, post
from litestar.concurrency import sync_to_thread

from app.api.inbound.agencies import take_agency_word
from app.api.inbound.ledgers import take_ledger_word
from app.api.inbound.sms import take_sms_word
from app.api.problems import INVALID, NOT_FOUND, UNAUTHENTICATED, UNSUPPORTED, ProblemError, exception_handlers
from app.db.unit_of_work import Database
from app.messaging import inbox
from app.messaging.inbox import Fate
from app.messaging.ports import Arrived

BODY_MAX = 30 * 1024 * 1024
WINDOW = timedelta(minutes=5)
ENVELOPE_MAX = 320


def inbound_routes() -> Router:
    """The application's state has `database`, `texter`, `ledger_doorway`, `agency_doorway` and two secrets: where one is None, its address
    does not exist."""
    return Router(
        path="/api/inbound", route_handlers=[take_mail, take_sms_word, take_ledger_word, take_agency_word],
        exception_handlers=exception_handlers(), request_max_body_size=BODY_MAX, include_in_schema=False,
    )  # fmt: skip


@post("/mail", status_code=202)
async def take_mail(request: Request[Any, Any, Any]) -> Response[None]:
    """202 for a mail that is taken, known already, or ignored as a machine's answer; 422 for one that is nobody's here."""
    secret: str | None = request.app.state.get("inbound_mail_secret")
    if secret is None:
        raise ProblemError(NOT_FOUND)
    if request.content_type[0] != "message/rfc822":
        raise ProblemError(UNSUPPORTED, "The body must be message/rfc822.")
    body = await request.body()
    to, sender = (request.headers.get(name, "")[:ENVELOPE_MAX] for name in ("x-envelope-to", "x-envelope-from"))
    database: Database = request.app.state.database
    stamp, given = request.headers.get("x-reskontro-timestamp", ""), request.headers.get("x-reskontro-signature", "")
    if not _is_fresh(stamp, database.clock.now().timestamp()) or not _is_signed(secret, stamp, to, sender, body, given):
        raise ProblemError(UNAUTHENTICATED, "The signature does not fit, or is older than five minutes.")
    fate = await sync_to_thread(inbox.take, database.begin, Arrived("inbound", body, to or None, sender))
    if fate is Fate.NOBODYS:
        raise ProblemError(INVALID, "The mail is addressed to nobody here.")
    return Response(None, status_code=202)


def signature(secret: str, stamp: str, to: str, sender: str, body: bytes) -> str:
    """What the sender writes into `X-Reskontro-Signature`."""
    said = b".".join((stamp.encode(), to.encode(), sender.encode(), body))
    return "v1=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def _is_fresh(stamp: str, now: float) -> bool:
    return re.fullmatch(r"[0-9]{1,12}", stamp) is not None and abs(int(stamp) - now) <= WINDOW.total_seconds()


def _is_signed(secret: str, stamp: str, to: str, sender: str, body: bytes, given: str) -> bool:
    return hmac.compare_digest(signature(secret, stamp, to, sender, body).encode(), given.encode("utf-8", "replace"))
