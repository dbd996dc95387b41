"""Everything that goes wrong, said one way: RFC 9457 problem details with a stable type, and nothing about our insides."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DBAPIError

from app.dunning.approvals import ApprovalError
from app.dunning.arrangements import ArrangementError
from app.dunning.calls import CallError
from app.dunning.holds import HoldError
from app.dunning.replies import ReplyError
from app.dunning.restarting import RestartError
from app.dunning.run_decisions import RunDecidedError
from app.dunning.weekly_lists import ListError
from app.ledgers.sync import NoLedgerError
from app.receivables.book_confirmations import ConfirmationError
from app.tenants.rate_limits import RateLimitError

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
LOCK_NOT_AVAILABLE = "55P03"


class FieldProblem(msgspec.Struct, frozen=True):
    """One thing in the request that cannot be used: the path of a field, or the name of a parameter or header; empty for the whole."""

    field: str
    problem: str


class Problem(msgspec.Struct, frozen=True):
    """Problem details (RFC 9457). `type` is stable and decides what a program does; the texts are for people and may change."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem] = []


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its code in the type, the status it goes with, and its title."""

    code: str
    status: int
    title: str

    @property
    def type(self) -> str:
        return f"urn:reskontro:problem:{self.code}"


BAD_REQUEST = Kind("bad-request", 400, "The request cannot be read")
UNAUTHENTICATED = Kind("unauthenticated", 401, "A valid API key is needed")
FORBIDDEN = Kind("forbidden", 403, "This key may not do that")
NOT_FOUND = Kind("not-found", 404, "There is no such thing")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "This cannot be done here")
CONFLICT = Kind("conflict", 409, "This does not fit with how things stand")
KEY_REUSED = Kind("idempotency-key-reused", 409, "The Idempotency-Key was used for another request")
BUSY = Kind("busy", 409, "The same thing is being changed right now")
LIST_CLOSED = Kind("list-closed", 409, "The deadline of this list has passed")
NOT_CONNECTED = Kind("not-connected", 409, "The company is not connected to a ledger")
TOO_LARGE = Kind("too-large", 413, "The request is too large")
UNSUPPORTED = Kind("unsupported-media-type", 415, "The body must be JSON")
INVALID = Kind("invalid", 422, "Something in the request cannot be used")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests")
INTERNAL = Kind("internal", 500, "Something went wrong here")

KINDS: tuple[Kind, ...] = (
    BAD_REQUEST, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, CONFLICT, KEY_REUSED, BUSY, LIST_CLOSED, NOT_CONNECTED,
    TOO_LARGE, UNSUPPORTED, INVALID, TOO_MANY, INTERNAL,
)  # fmt: skip
DETAILS = {
    BAD_REQUEST: "The request is not well formed.",
    UNAUTHENTICATED: "Send `Authorization: Bearer rk_…` with a key that is live.",
    FORBIDDEN: "The role of this key does not include this.",
    NOT_FOUND: "It does not exist, or not for this key.",
    METHOD_NOT_ALLOWED: "See the header Allow for what can be done here.",
    BUSY: "Try again in a moment.",
    TOO_LARGE: "A body may have at most 1 MB.",
    UNSUPPORTED: "Send `Content-Type: application/json`.",
    TOO_MANY: "See the header Retry-After for how many seconds to wait.",
    INTERNAL: "It has been written down. Try again later.",
}
#: parameters that have another name in a handler than in a request
WRITTEN = {"in_state": "state", "idempotency_key": "Idempotency-Key"}
BY_STATUS = {kind.status: kind for kind in reversed(KINDS)}


class ProblemError(Exception):
    """What a handler raises to refuse. `errors` name what to change."""

    def __init__(self, kind: Kind, detail: str = "", errors: Sequence[FieldProblem] = (), headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail or kind.title)
        self.kind = kind
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def invalid(field: str, problem: str) -> ProblemError:
    """422 for one field."""
    return ProblemError(INVALID, f"{field}: {problem}" if field else problem, [FieldProblem(field, problem)])


def answer_problem(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The exception handler of the API, for everything that can be raised."""
    found = _as_problem(error)
    if found.kind is INTERNAL:
        log.error("%s %s failed", request.method, request.scope.get("path_template") or request.url.path, exc_info=error)
    problem = Problem(
        found.kind.type, found.kind.title, found.kind.status, found.detail or DETAILS.get(found.kind, found.kind.title),
        request.url.path, list(found.errors),
    )  # fmt: skip
    return Response(msgspec.json.encode(problem), status_code=found.kind.status, media_type=MEDIA_TYPE, headers=found.headers)


def is_under_api(request: Request[Any, Any, Any]) -> bool:
    """Whether an error that no route has handled (unknown path, wrong method) is the API's to answer."""
    path = request.scope["path"]
    return path == "/api" or path.startswith("/api/")


def exception_handlers() -> dict[int | type[Exception], Callable[[Request[Any, Any, Any], Exception], Response[bytes]]]:
    """Handlers by class and by every status, so that no handler of the application, which goes by status, comes before ours."""
    by_status: dict[int | type[Exception], Any] = {kind.status: answer_problem for kind in KINDS}
    return {**by_status, HTTPException: answer_problem, Exception: answer_problem}


def _as_problem(error: Exception) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case CallError() | HoldError() | ReplyError() | ApprovalError() | ArrangementError() | ConfirmationError() | RestartError():
            return invalid(error.field, str(error))
        case ListError():
            return ProblemError(LIST_CLOSED, str(error))
        case RunDecidedError():
            return ProblemError(CONFLICT, str(error))
        case NoLedgerError():
            return ProblemError(NOT_CONNECTED, str(error))
        case RateLimitError():
            return ProblemError(TOO_MANY, headers={"Retry-After": str(max(1, int(error.after.total_seconds())))})
        case ValidationException():
            return _validation(error)
        case HTTPException():
            return ProblemError(BY_STATUS.get(error.status_code, INTERNAL), headers=_kept(error.headers or {}))
        case DBAPIError() if getattr(error.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE:
            return ProblemError(BUSY, headers={"Retry-After": "1"})
    # rooms say "no such thing" with a plain LookupError; its subclasses KeyError and IndexError are our own mistakes
    return ProblemError(NOT_FOUND if type(error) is LookupError else INTERNAL)


def _validation(error: ValidationException) -> ProblemError:
    extra = error.extra if isinstance(error.extra, list) else []
    found = [(str(one.get("key", "")), str(one.get("message", ""))) for one in extra if isinstance(one, dict)]
    errors = [FieldProblem(WRITTEN.get(name, name), message) for name, message in found]
    return ProblemError(INVALID, "; ".join(f"{one.field}: {one.problem}" for one in errors), errors)


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    wanted = {"allow": "Allow", "retry-after": "Retry-After", "www-authenticate": "WWW-Authenticate"}
    return {wanted[name.lower()]: value for name, value in headers.items() if name.lower() in wanted}
