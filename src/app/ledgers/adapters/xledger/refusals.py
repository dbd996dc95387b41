"""What Xledger's refusals mean. Most of them come with HTTP status 200 and an `errors` list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from app.ledgers.errors import AuthRevokedError, PeriodLockedError, PermissionMissingError, QuotaSpentError, RateLimitedError
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import Reply
from app.values.calendar import OSLO

#: how long to hold still, by code: https://github.com/xledger/graphql-samples waits five seconds for a burst
PAUSES = {
    "BAD_REQUEST.BURST_RATE_LIMIT_REACHED": timedelta(seconds=5),
    "BAD_REQUEST.CONCURRENCY_LIMIT_REACHED": timedelta(seconds=1),
}
CREDITS = "BAD_REQUEST.INSUFFICIENT_CREDITS"
#: where the vendor does not say when there are credits again, its own sample waits this long
CREDITS_WAIT = timedelta(minutes=20)
REVOKED = "Xledger does not accept the token: it was removed, or the user who made it is gone. Make a new one and connect again."

#: refused before anything was done; of a mutation that failed in another way that cannot be said
CERTAINLY_NOT = ("INVALID_VALUE", "ARGUMENTS_OF_CORRECT_TYPE")
#: the vendor's words are not public beyond "Bad format for API Token"
NO_TOKEN = re.compile(r"(bad format|invalid|unknown|expired|revoked).* api.?token", re.IGNORECASE)

Fault = Mapping[str, Any]


class TooSlowError(TryLaterError):
    """The query took longer than Xledger lets it: ask for less at a time."""


def pause_of(reply: Reply) -> timedelta | None:
    """How long an answer asks us to wait; None where it does not, or does not say."""
    if reply.status == 429:
        asked = reply.headers.get("retry-after", "")
        return timedelta(seconds=int(asked)) if asked.isdigit() else None
    return PAUSES.get(_code(faults_of(reply)))


def is_throttled(reply: Reply) -> bool:
    """An answer that means "wait". A long answer is not read twice for it."""
    return reply.status == 429 or (b"LIMIT_REACHED" in reply.body[:2000] and _code(faults_of(reply)) in PAUSES)


def faults_of(reply: Reply) -> Sequence[Fault]:
    """The `errors` of an answer, whatever its status."""
    try:
        body = reply.json()
    except BrokenError:
        return ()
    found = body.get("errors") if isinstance(body, dict) else None
    return [fault for fault in found if isinstance(fault, dict)] if isinstance(found, list) else ()


def refusal_of(reply: Reply, where: str, write: bool) -> OutsideError:
    """An answer of 400 and above, or a wait without end."""
    faults = faults_of(reply)
    if is_throttled(reply):
        return RateLimitedError(f"{where}: {_words(faults) or 'asked too often'}", pause_of(reply))
    if reply.status >= 500:
        return UnknownOutcomeError(f"{where}: {reply.status}") if write else TryLaterError(f"{where}: {reply.status}")
    if reply.status == 401:
        return AuthRevokedError(REVOKED)
    if reply.status == 403 and not faults:
        return PermissionMissingError(f"{where}: the token lacks a right; make one that may read, and write where payments are posted")
    return failure_of(faults, where, write, None) if faults else RefusedError(f"{where}: {reply.status}")


def failure_of(faults: Sequence[Fault], where: str, write: bool, now: datetime | None) -> OutsideError:
    """An `errors` list in our words. A write that failed in a way we do not know may have been acted on."""
    code, words = _code(faults), _words(faults)
    said = f"{where}: {words or code or 'an error without words'}"
    if code == CREDITS:
        return QuotaSpentError(said, _until_credits(faults, now))
    if re.search(r"timed out", words, re.IGNORECASE):
        return UnknownOutcomeError(said) if write else TooSlowError(said)
    if code in ("UNAUTHORIZED", "UNAUTHENTICATED") or NO_TOKEN.search(words):
        return AuthRevokedError(REVOKED)
    if "FORBIDDEN" in code or re.search(r"\b(not authori[sz]ed|access denied|permission|scope)\b", words, re.IGNORECASE):
        return PermissionMissingError(said)
    if re.search(r"period\w*.*(closed|locked)", words, re.IGNORECASE):
        return PeriodLockedError(said)
    if re.search(r"cannot query field|unknown argument|syntax error", words, re.IGNORECASE):
        return BrokenError(f"{said}: Xledger no longer understands our question")
    known = code.startswith("BAD_REQUEST") or any(_extension(fault) in CERTAINLY_NOT for fault in faults)
    return UnknownOutcomeError(said) if write and not known else RefusedError(said)


def _code(faults: Sequence[Fault]) -> str:
    """The first code, which stands beside the message or among the extensions."""
    for fault in faults:
        found = fault.get("code") or _extension(fault)
        if isinstance(found, str):
            return found
    return ""


def _extension(fault: Fault) -> Any:
    extensions = fault.get("extensions")
    return extensions.get("code") if isinstance(extensions, dict) else None


def _words(faults: Sequence[Fault]) -> str:
    return " ".join(" ".join(str(fault.get("message") or "").split()) for fault in faults)[:300]


def _until_credits(faults: Sequence[Fault], now: datetime | None) -> timedelta:
    extensions = faults[0].get("extensions")
    told = extensions.get("resetAt") if isinstance(extensions, dict) else None
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return CREDITS_WAIT
    if now is None:
        return CREDITS_WAIT
    at = at if at.tzinfo is not None else at.replace(tzinfo=OSLO)
    return min(max(at.astimezone(UTC) - now, timedelta(minutes=1)), timedelta(days=31))
