"""Conta on the wire: a pasted key, lists that tell how many rows they have, and refusals that have a name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.ledgers.calls import Calls, Pause, retry_after
from app.ledgers.errors import AuthRevokedError, ModuleMissingError, PeriodLockedError, PermissionMissingError, RateLimitedError
from app.ledgers.ports import Credential, CredentialStore
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply, backoff
from app.values.clock import Clock

PAGE_SIZE = 200
READINGS_MAX = 3
#: names of refusals that mean that the day cannot be booked on any more
LOCKED = re.compile(r"accountingyearislocked|vatperiodisalreadysettled|reconciledforperiod|reconciledperiod|transactionbeforestartdate")
#: the payment's voucher must be removed in Conta before the payment can be
BOOKED = "transactionshouldberemovedbeforedeletepaymentexception"

Row = Mapping[str, Any]


class GoneError(RefusedError):
    """There is no such row, or not for us."""


class Wire:
    """Calls with one user's key. `company` is Conta's id of the organisation."""

    def __init__(self, http: HttpClient, store: CredentialStore, clock: Clock, page_size: int = PAGE_SIZE, pause: Pause = backoff) -> None:
        self._calls = Calls(http, store, clock, sign=_sign, refusal=refusal_of, pause=pause)
        self._page_size = page_size

    def organisations(self) -> list[Row]:
        return _rows(self._calls.send("GET", "/invoice/organizations").json(), "organisations")

    def all(self, company: str, path: str) -> list[Row]:
        """Every row of a list. One that grows or shrinks while it is read is read again: rows slide between pages and would be missed."""
        for _ in range(READINGS_MAX):
            rows: list[Row] = []
            counts: set[int] = set()
            page = 0
            while True:
                told = self.get(company, path, {"hits": self._page_size, "page": page, "sort": "id"})
                with reading(path):
                    counts.add(int(told["hitCount"]))
                    hits = _rows(told["hits"], path)
                rows += hits
                page += 1
                if not hits or len(rows) >= max(counts):
                    break
            with reading(path):
                if counts == {len({row["id"] for row in rows})}:
                    return rows
        raise TryLaterError(f"{path}: the list in Conta kept changing while it was read")

    def rows(self, company: str, path: str) -> list[Row]:
        """A list that is told as a whole."""
        return _rows(self.get(company, path), path)

    def get(self, company: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self._calls.send("GET", _path(company, path), params=params).json()

    def post(self, company: str, path: str, body: Mapping[str, Any]) -> Any:
        return self._calls.send("POST", _path(company, path), json_body=body).json()

    def delete(self, company: str, path: str) -> None:
        self._calls.send("DELETE", _path(company, path))


def plain(row: str) -> str:
    """Ids go into a path: only digits may."""
    if not row.isascii() or not row.isdigit():
        raise RefusedError("that is not an id of Conta's")
    return row


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What we cannot make sense of inside becomes a `BrokenError` that names what was read, not what it held."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
        raise BrokenError(f"{what}: {type(fault).__name__} in what Conta answered") from fault


def refusal_of(reply: Reply, where: str, write: bool) -> OutsideError:
    """A refusal by its name, in our words. A 5xx on a write may have been acted on."""
    name, words = _told(reply)
    said = f"{where}: {words or name or reply.status}"
    if reply.status == 429:
        return RateLimitedError(said, retry_after(reply))
    if reply.status >= 500:
        return UnknownOutcomeError(said) if write else TryLaterError(said)
    if reply.status == 401:
        return AuthRevokedError("Conta does not accept the key: make a new one there and connect again")
    if name.startswith("subscription"):
        return ModuleMissingError(f"{said} (the organisation's plan in Conta does not allow it)")
    if reply.status == 403:
        return PermissionMissingError(said)
    if reply.status == 404:
        return GoneError(said)
    if name == BOOKED:
        return RefusedError("The payment is booked: remove its voucher («bilag») in Conta first, then take the payment back.")
    return PeriodLockedError(said) if LOCKED.search(name) else RefusedError(said)


def _sign(credential: Credential) -> dict[str, str]:
    return {"apikey": credential.values.get("api_key", ""), "accept": "application/json"}


def _path(company: str, path: str) -> str:
    return f"/invoice/organizations/{plain(company)}/{path}"


def _rows(told: Any, what: str) -> list[Row]:
    found = told.get("hits") if isinstance(told, dict) else told
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BrokenError(f"{what}: Conta's answer is no list of rows")
    return found


def _told(reply: Reply) -> tuple[str, str]:
    """The name of the refusal in lower case (it is written both ways), and Conta's words for people."""
    try:
        body = reply.json()
    except BrokenError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    messages = body.get("messages")
    words = (messages.get("NO") or messages.get("EN") or "") if isinstance(messages, dict) else ""
    return str(body.get("name") or "").lower(), " ".join(str(words).split())[:300]
