"""Tripletex on the wire: session tokens, whose books are meant, pages and windows, rate limits, and what its refusals mean.

There is no OAuth: a consumer key (ours) and an employee key (the customer's) make a session token that lasts to a chosen date. An
accountant's key reaches its clients by naming the client company as the Basic user.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from app.ledgers.errors import (
    AuthRevokedError,
    ModuleMissingError,
    PeriodLockedError,
    PermissionMissingError,
    RateLimitedError,
    WrongEnvironmentError,
)
from app.ledgers.ports import Credential, CredentialStore
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply, backoff
from app.values.calendar import OSLO
from app.values.clock import Clock
from app.values.money import ore_from_decimal

#: how long we ask a session token to last; short, because a copy of it is as good as the key
SESSION_DAYS = 2
TEST_PREFIX = "test-"
TRIES = 5
RESTARTS = 3
TOO_LARGE = 23000
SHORT_LIST = 1000

Row = Mapping[str, Any]
Pause = Callable[[int, timedelta | None], None]


class ResultTooLargeError(RefusedError):
    """More than the 10,000 objects one query may match: ask for a narrower window."""


class GoneError(RefusedError):
    """The object does not exist, or not for us."""


class Wire:
    """Calls with a valid session. `company` is always the vendor's company id."""

    def __init__(
        self, http: HttpClient, store: CredentialStore, clock: Clock, consumer_token: str, page_size: int = 1000, pause: Pause = backoff
    ) -> None:
        self._http = http
        self._store = store
        self._clock = clock
        self._consumer_token = consumer_token
        self._page_size = page_size
        self._pause = pause

    def own(self) -> tuple[str, int]:
        """The key's own company and employee ids."""
        values = self._credential().values
        with reading("who we are"):
            return values["own_company"], int(values["employee"])

    def get(self, company: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._call(company, "GET", path, params)

    def put(self, company: str, path: str, params: Mapping[str, Any]) -> Any:
        return self._call(company, "PUT", path, params)

    def post(self, company: str, path: str, body: Any) -> Any:
        return self._call(company, "POST", path, None, body)

    def delete(self, company: str, path: str, params: Mapping[str, Any]) -> None:
        self._call(company, "DELETE", path, params)

    def value(self, company: str, path: str, params: Mapping[str, Any] | None = None) -> Row:
        with reading(path):
            return dict(self.get(company, path, params)["value"])

    def all(self, company: str, path: str, params: Mapping[str, Any]) -> list[Row]:
        """Every row of a list. Pages overlap by one row: where the two ends do not meet, the list moved meanwhile and is read again, so
        that nobody's invoice vanishes because another's was paid."""
        for _ in range(RESTARTS):
            if (rows := self._one_pass(company, path, params)) is not None:
                return rows
        raise TryLaterError(f"{path}: the list kept changing while it was read")

    def rows(self, company: str, path: str, params: Mapping[str, Any]) -> list[Row]:
        """A short list whose rows have no ids to page by: it must come whole."""
        answer = self.get(company, path, {**params, "from": 0, "count": SHORT_LIST})
        with reading(path):
            found = list(answer["values"])
        if len(found) >= SHORT_LIST:
            raise ResultTooLargeError(f"{path}: more than {SHORT_LIST} rows")
        return found

    def windows(
        self, company: str, path: str, params: Mapping[str, Any], first: date, beyond: date, names: tuple[str, str]
    ) -> Iterator[Row]:
        """Every row dated from `first` and before `beyond`; a window that matches too much is halved."""
        try:
            yield from self.all(company, path, {**params, names[0]: first.isoformat(), names[1]: beyond.isoformat()})
        except ResultTooLargeError:
            days = (beyond - first).days
            if days < 2:
                raise
            middle = first + timedelta(days=days // 2)
            yield from self.windows(company, path, params, first, middle, names)
            yield from self.windows(company, path, params, middle, beyond, names)

    def _one_pass(self, company: str, path: str, params: Mapping[str, Any]) -> list[Row] | None:
        rows: list[Row] = []
        while True:
            start = max(0, len(rows) - 1)
            answer = self.get(company, path, {**params, "from": start, "count": self._page_size, "sorting": "id"})
            with reading(path):
                page = list(answer["values"])
                if rows and (not page or page[0]["id"] != rows[-1]["id"]):
                    return None
            rows += page[1:] if rows else page
            if len(page) < self._page_size:
                return rows

    def _call(self, company: str, method: str, path: str, params: Mapping[str, Any] | None, body: Any = None) -> Any:
        renewed = False
        credential = self._credential()
        attempt = 0
        while True:
            reply = self._send(company, credential, method, path, params, body)
            if reply.status == 401 and not renewed:
                credential, renewed = self._store.renew(credential, self._open_session), True
                continue
            if reply.status == 429 and attempt < TRIES:
                attempt += 1
                self._pause(attempt, _reset_of(reply))
                continue
            if reply.status >= 400:
                raise refusal_of(reply, f"{method} {path}", write=method != "GET")
            return None if reply.status == 204 else reply.json()

    def _send(self, company: str, credential: Credential, method: str, path: str, params: Mapping[str, Any] | None, body: Any) -> Reply:
        user = "0" if company in ("0", credential.values.get("own_company")) else company
        return self._http.request(method, path, params=params, json_body=body, auth=(user, credential.values["session_token"]))

    def _credential(self) -> Credential:
        found = self._store.load()
        expires = found.values.get("session_expires")
        if found.values.get("session_token") and expires and date.fromisoformat(expires) > self._clock.today():
            return found
        return self._store.renew(found, self._open_session)

    def _open_session(self, current: Credential) -> Credential:
        employee_token = current.values.get("employee_token", "")
        if employee_token.startswith(TEST_PREFIX) != self._consumer_token.startswith(TEST_PREFIX):
            raise WrongEnvironmentError("the employee key and our own key belong to different environments (test and production)")
        expires = self._clock.today() + timedelta(days=SESSION_DAYS)
        asked = {"consumerToken": self._consumer_token, "employeeToken": employee_token, "expirationDate": expires.isoformat()}
        reply = self._http.request("POST", "/token/session/:create", json_body=asked, write=False)
        if reply.status != 201:
            raise _session_refusal(reply)
        with reading("the session token"):
            made = reply.json()["value"]
            session = {"session_token": str(made["token"]), "session_expires": date.fromisoformat(made["expirationDate"]).isoformat()}
        who = self._http.request("GET", "/token/session/>whoAmI", auth=("0", session["session_token"]))
        if who.status != 200:
            raise refusal_of(who, "whoAmI", write=False)
        with reading("who we are"):
            me = who.json()["value"]
            session |= {"own_company": str(me["companyId"]), "employee": str(me["employeeId"])}
        return Credential({**current.values, **session}, expires_at=datetime.combine(expires, time(0), OSLO))


def refusal_of(reply: Reply, where: str, *, write: bool) -> OutsideError:
    """The vendor's error envelope in our words. A 5xx on a write may have been acted on."""
    body = _envelope(reply)
    words = _words(body)
    said = f"{where}: {words or reply.status}"
    if reply.status >= 500:
        return UnknownOutcomeError(said) if write else TryLaterError(said)
    if reply.status == 401:
        return AuthRevokedError("the session was refused twice; the employee key no longer works")
    if reply.status == 403:
        missing = re.search(r"modul|integrasjoner", words, re.IGNORECASE)
        return ModuleMissingError(said) if missing else PermissionMissingError(said)
    if reply.status == 404:
        return GoneError(said)
    if reply.status == 429:
        return RateLimitedError(said, _reset_of(reply))
    if reply.status == 409 and body.get("code") in (8000, 10000):
        return TryLaterError(said)
    if body.get("code") == TOO_LARGE:
        return ResultTooLargeError(said)
    if re.search(r"period\w*.*(låst|lukket|stengt|avsluttet|locked|closed)", words, re.IGNORECASE):
        return PeriodLockedError(said)
    return RefusedError(said)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What we cannot make sense of inside becomes a `BrokenError` that names what was read, not what it held."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
        raise BrokenError(f"{what}: {type(fault).__name__} in what Tripletex answered") from fault


def ore_of(amount: Any) -> int:
    """A JSON number in major units as øre; more than two decimals is a ValueError."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        raise TypeError("not a number")
    return ore_from_decimal(Decimal(amount))


def day_of(text: Any) -> date | None:
    return date.fromisoformat(text) if text else None


def _session_refusal(reply: Reply) -> OutsideError:
    """A wrong or revoked key is answered 404 or 422 here, not 401."""
    body = _envelope(reply)
    fields = " ".join(str(message.get("field")) for message in body.get("validationMessages") or [])
    if reply.status == 429 or reply.status >= 500:
        return refusal_of(reply, "session", write=False)
    if "consumerToken" in fields:
        return WrongEnvironmentError("Tripletex does not accept our own key in this environment (test or production)")
    if reply.status in (401, 404) or "employeeToken" in fields:
        return AuthRevokedError("the employee key is unknown or revoked: make a new one in Tripletex and connect again")
    return refusal_of(reply, "session", write=False)


def _envelope(reply: Reply) -> dict[str, Any]:
    try:
        body = reply.json()
    except BrokenError:
        return {}
    return body if isinstance(body, dict) else {}


def _words(body: dict[str, Any]) -> str:
    fields = [f"{message.get('field')}: {message.get('message')}" for message in body.get("validationMessages") or []]
    return " ".join(str(part) for part in (body.get("message"), *fields, body.get("developerMessage")) if part)[:300]


def _reset_of(reply: Reply) -> timedelta | None:
    """The header is in seconds and may be missing on the very answer that needs it."""
    text = reply.headers.get("x-rate-limit-reset", "")
    return timedelta(seconds=int(text)) if text.isdigit() else None
