"""Who may come in: consumer and employee keys, session tokens with an expiry date, accountant keys, and the rate limit."""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from litestar import Request, Response

from sandbox.book_rows import BooksError
from sandbox.books import Books
from sandbox.tripletex.answers import ApiError, Query, digest, invalid, not_found

SANDBOX_CONSUMER = "test-consumer"
#: the sandbox plays the vendor's test host; keys of production do not work there
TEST_PREFIX = "test-"
#: the calls an accountant key may make with user name 0
OWN_CALLS = ("company/>withLoginAccess", "token/session/>whoAmI")


class EmployeeKey(msgspec.Struct):
    """A pasted key (API-brukernøkkel). `clients` makes it a bureau's key (regnskapskontorets brukernøkkel) for those companies."""

    token: str
    employee: int
    company: int
    clients: list[int] | None = None
    may_pay: bool = True
    revoked: bool = False
    window_began: datetime | None = None
    window_calls: int = 0


class Session(msgspec.Struct):
    token: str
    key: str
    expires: date


class Subscription(msgspec.Struct):
    """An event of one company that an employee key wants to be told of."""

    id: int
    key: str
    company: int
    event: str
    target: str
    fields: str
    secret: str | None
    status: str = "ACTIVE"


class Delivery(msgspec.Struct):
    """A webhook on its way, or one that has been sent: `outcome` is the answer's status or the fault's name."""

    subscription: int
    url: str
    headers: dict[str, str]
    body: str
    outcome: str | None = None


class EventSettings(msgspec.Struct):
    """The next `skip` events are lost and the next `twice` come twice; while `hold` is on they wait for their release."""

    skip: int = 0
    twice: int = 0
    hold: bool = False


class TripletexState(msgspec.Struct):
    consumers: list[str] = msgspec.field(default_factory=lambda: [SANDBOX_CONSUMER])
    keys: dict[str, EmployeeKey] = {}
    sessions: dict[str, Session] = {}
    without_module: list[int] = []
    #: who booked a posting through the API: posting id -> employee id
    made_by: dict[int, int] = {}
    rate_limit: int = 100
    rate_window_seconds: float = 5.0
    throttle_next: int = 0
    throttled: int = 0
    result_cap: int = 10_000
    subscriptions: dict[int, Subscription] = {}
    events: EventSettings = msgspec.field(default_factory=EventSettings)
    deliveries: list[Delivery] = []
    #: how far the books have been told of: the last id, the close groups there were, and the version of each customer
    told_to: int = 0
    told_groups: dict[int, int] = {}
    told_customers: dict[int, int] = {}


@dataclass(frozen=True)
class Caller:
    """Someone with a valid session. `company` is whose books are meant."""

    key: EmployeeKey
    session: Session
    company: int


Answer = Callable[[Caller, Query], Any]


class Door:
    def __init__(self, state: TripletexState, books: Books) -> None:
        self.state = state
        self.books = books

    def serve(self, request: Request[Any, Any, Any], call: str, answer: Answer, status: int = 200) -> Response[Any]:
        """Check session, company and rate limit, then answer; whatever is refused gets the vendor's error envelope."""
        headers: dict[str, str] = {}

        def checked() -> Any:
            caller = self._caller(request.headers.get("authorization", ""), call)
            headers.update(self._counted(caller.key))
            return answer(caller, Query(request.query_params))

        return self.told(request, checked, status, headers)

    def told(
        self, request: Request[Any, Any, Any], act: Callable[[], Any], status: int, headers: dict[str, str] | None = None
    ) -> Response[Any]:
        """The answer to `act`, or the error it raised, with a request id on both."""
        sent = {"x-tlx-request-id": str(uuid.uuid4())}
        try:
            body = act()
        except ApiError as failure:
            return _failed(failure, {**sent, **(failure.headers or headers or {})})
        except BooksError as refusal:
            return _failed(not_found() if refusal.code == "not_found" else _refused(refusal), {**sent, **(headers or {})})
        sent |= headers or {}
        if isinstance(body, dict) and "versionDigest" in body and (known := request.headers.get("if-none-match")) is not None:
            body["versionDigest"] = digest(body["values"])
            if known == body["versionDigest"]:
                return Response(None, status_code=304, headers=sent)
        return Response(body, status_code=status, headers=sent)

    def open_session(self, consumer: str | None, employee: str | None, expires: str | None) -> Session:
        """A session token for a pair of keys; wrong environment and unknown keys are told apart as the vendor does."""
        missing = {name: "Kan ikke være null." for name, value in (("consumerToken", consumer), ("employeeToken", employee)) if not value}
        if missing:
            raise invalid(missing)
        assert consumer is not None
        assert employee is not None
        for name, token in (("consumerToken", consumer), ("employeeToken", employee)):
            if not token.startswith(TEST_PREFIX):
                raise invalid({f"arg:{name}": "Ugyldig token for dette miljøet."})
        if consumer not in self.state.consumers:
            raise invalid({"arg:consumerToken": "Ugyldig token."})
        key = self.state.keys.get(employee)
        if key is None:
            raise invalid({"arg:employeeToken": "Ugyldig token."})
        if key.revoked:
            raise not_found()
        try:
            until = date.fromisoformat(expires or "")
        except ValueError:
            raise invalid({"expirationDate": "Feil format. Forventet yyyy-MM-dd."}) from None
        if until <= self.books.world.today():
            raise invalid({"expirationDate": "Må være etter dagens dato."})
        made = Session(token=secrets.token_urlsafe(32), key=employee, expires=until)
        self.state.sessions[made.token] = made
        return made

    def _caller(self, authorization: str, call: str) -> Caller:
        user, session = self._session(authorization)
        key = self.state.keys[session.key]
        if user in ("", "0"):
            if key.clients is not None and call not in OWN_CALLS:
                detail = "Company owned users(employeeToken) can only access /company/>withLoginAccess and /token/session/>whoAmI"
                raise ApiError(403, 9000, "Du har ikke tilgang til denne tjenesten.", detail=detail)
            company = key.company
        else:
            company = int(user) if user.isdigit() else -1
            if company != key.company and company not in (key.clients or ()):
                raise ApiError(403, 9000, "Du har ikke tilgang til dette selskapet.")
        if company in self.state.without_module:
            detail = "The module Integrasjoner is not active for this company."
            raise ApiError(403, 9000, "Modulen Integrasjoner er ikke aktivert.", detail=detail)
        return Caller(key, session, company)

    def _session(self, authorization: str) -> tuple[str, Session]:
        refused = ApiError(401, 3000, "Unauthorized")
        try:
            user, _, token = base64.b64decode(authorization.removeprefix("Basic "), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise refused from None
        session = self.state.sessions.get(token)
        if session is None or self.books.world.today() >= session.expires or self.state.keys[session.key].revoked:
            raise refused
        return user, session

    def _counted(self, key: EmployeeKey) -> dict[str, str]:
        """The rate limit counts per employee; on every second 429 the Reset header is missing, as has been reported of the real one."""
        now = self.books.world.now()
        window = timedelta(seconds=self.state.rate_window_seconds)
        if key.window_began is None or not key.window_began <= now < key.window_began + window:
            key.window_began, key.window_calls = now, 0
        key.window_calls += 1
        left = (key.window_began + window - now).total_seconds()
        forced = self.state.throttle_next > 0
        headers = {
            "X-Rate-Limit-Limit": str(self.state.rate_limit),
            "X-Rate-Limit-Remaining": "0" if forced else str(max(0, self.state.rate_limit - key.window_calls)),
            "X-Rate-Limit-Reset": "0" if forced else str(round(left)),
        }
        if forced or key.window_calls > self.state.rate_limit:
            self.state.throttle_next -= int(forced)
            self.state.throttled += 1
            if self.state.throttled % 2 == 0:
                del headers["X-Rate-Limit-Reset"]
            failure = ApiError(429, 429, "Too many requests")
            failure.headers = headers
            raise failure
        return headers


def _failed(failure: ApiError, headers: dict[str, str]) -> Response[Any]:
    return Response(failure.body(headers["x-tlx-request-id"]), status_code=failure.status, headers=headers)


def _refused(refusal: BooksError) -> ApiError:
    if refusal.code == "locked":
        return invalid({"date": "Perioden er låst for bokføring."})
    if refusal.code == "duplicate":
        return ApiError(409, 14000, "Duplicate entry", detail=refusal.detail)
    return ApiError(422, 15000, "Verdien er ugyldig.", detail=refusal.detail)
