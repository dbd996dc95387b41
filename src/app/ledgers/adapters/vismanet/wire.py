"""Visma.net on the wire: a token of our own for one company (tenant), pages with a count, and what its refusals mean.

A filter it does not know is passed over in silence and the wrong rows come back, so whoever asks holds each row against what he asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from app.ledgers.calls import Calls, Pause, retry_after
from app.ledgers.errors import (
    AuthRevokedError,
    ConflictError,
    ModuleMissingError,
    PeriodLockedError,
    PermissionMissingError,
    RateLimitedError,
)
from app.ledgers.oauth import OAuthClient
from app.ledgers.ports import Credential, CredentialStore
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply, backoff
from app.values.clock import Clock
from app.values.money import ore_from_decimal

Row = Mapping[str, Any]
ROOT = "/controller/api"
PAGE_SIZE = 500
READINGS_MAX = 3
#: "No license for this company": it has not let us in, or has not ordered the interface
NO_LICENCE = "12027"
LICENCE_MISSING = (
    "Visma.net gives us no access to this company (12027). Its administrator approves Reskontro in Visma App Store, and the company must"
    " have Visma.net ERP with API access."
)
LOCKED = re.compile(r"period.*(closed|locked|inactive)|periode.*(lukket|stengt|låst)", re.IGNORECASE)
NUMBER = re.compile(r"[A-Za-z0-9_-]{1,30}")


class NotFoundError(RefusedError):
    """Visma.net has no such document, or not for us."""


class Wire:
    """Calls with a valid token for the company whose id the credential holds."""

    def __init__(
        self, http: HttpClient, store: CredentialStore, clock: Clock, oauth: OAuthClient, page_size: int = PAGE_SIZE, pause: Pause = backoff
    ) -> None:
        self._store, self._oauth, self._page_size = store, oauth, page_size
        self._calls = Calls(http, store, clock, sign=_sign, refusal=refusal_of, renew=self._renew, pause=pause)

    @property
    def tenant(self) -> str:
        return self._store.load().values["tenant_id"].strip().lower()

    def all(self, path: str, **filters: str) -> list[Row]:
        """Every row. A list whose count moves while it is read is read again: rows slide between pages and would be missed."""
        for _ in range(READINGS_MAX):
            rows, counts, page, size = [], set(), 1, self._page_size
            while True:
                told = self._rows(self.send("GET", path, params={**filters, "pageNumber": page, "pageSize": size}), path)
                if told:
                    count, most = _counts(told[0], len(told), path)
                    counts.add(count)
                    size = min(size, most)
                rows += told
                if len(told) < size or len(rows) >= max(counts):
                    break
                page += 1
            if not rows or counts == {len(rows)}:
                return rows
        raise TryLaterError("the list in Visma.net kept changing while it was read")

    def one(self, path: str, number: str) -> Row:
        if not NUMBER.fullmatch(number):
            raise RefusedError("that is not a number of a document in Visma.net")
        with reading(path):
            return dict(self.send("GET", f"{path}/{number}").json())

    def send(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json_body: Any = None) -> Reply:
        self._have_token()
        return self._calls.send(method, ROOT + path, params=params, json_body=json_body, headers={"accept": "application/json"})

    def _have_token(self) -> None:
        current = self._store.load()
        if "access_token" not in current.values:
            try:
                self._store.renew(current, self._renew)
            except UnknownOutcomeError as fault:
                raise TryLaterError("Visma did not answer when access was asked for") from fault

    def _renew(self, current: Credential) -> Credential:
        """A token lives an hour and has no successor: another is asked for. Only what the user gave is kept beside it."""
        tenant = current.values["tenant_id"].strip()
        return self._oauth.own_token({"tenant_id": tenant}, tenant_id=tenant)

    @staticmethod
    def _rows(reply: Reply, path: str) -> list[Row]:
        with reading(path):
            return [dict(row) for row in reply.json()]


def wrapped(**fields: Any) -> dict[str, Any]:
    """Scalars are written as {"value": …}; a field that is left out is left alone."""
    return {name: {"value": value} for name, value in fields.items()}


def refusal_of(reply: Reply, where: str, write: bool) -> OutsideError:
    code, words = _said(reply)
    said = f"Visma.net: {words or reply.status}"
    if code == NO_LICENCE or NO_LICENCE in words:
        return ModuleMissingError(LICENCE_MISSING)
    if reply.status == 401:
        return AuthRevokedError("Visma.net no longer accepts our access to this company. Approve Reskontro there and connect again.")
    if reply.status == 403:
        return PermissionMissingError(f"Our application may not do this in Visma.net: {words or 'no permission'}")
    if reply.status == 404:
        return NotFoundError("Visma.net has no such document")
    if reply.status == 429:
        return RateLimitedError("Visma.net asks for a pause", retry_after(reply))
    if reply.status in (409, 412):
        return ConflictError(said)
    if LOCKED.search(words):
        return PeriodLockedError(said)
    if reply.status >= 500:
        return (UnknownOutcomeError if write else TryLaterError)(f"{where}: Visma.net failed (status {reply.status})")
    return RefusedError(said)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What we cannot make sense of inside becomes a `BrokenError` that names what was read, not what it held."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
        raise BrokenError(f"{what}: {type(fault).__name__} in what Visma.net answered") from fault


def ore_of(amount: Any) -> int:
    """A JSON number in major units as øre; more than two decimals is a ValueError, but for zeros at the end."""
    if isinstance(amount, bool) or not isinstance(amount, int | Decimal):
        raise TypeError("not a number")
    return ore_from_decimal(Decimal(amount))


def day_of(text: Any) -> date | None:
    """The date of a date-time without a zone."""
    return date.fromisoformat(text[:10]) if text else None


def _sign(credential: Credential) -> Mapping[str, str]:
    return {"authorization": f"Bearer {credential.values['access_token']}"}


def _counts(row: Row, rows: int, path: str) -> tuple[int, int]:
    """How many rows there are, and how many a page may hold: each row tells it."""
    with reading(path):
        told = row.get("metadata")
        return (rows, rows + 1) if told is None else (int(told["totalCount"]), int(told["maxPageSize"]))


def _said(reply: Reply) -> tuple[str, str]:
    try:
        body = reply.json()
        words = body.get("message") or body.get("ExceptionMessage") or body.get("ExceptionDetails") or ""
        return str(body.get("ExceptionFaultCode") or ""), " ".join(str(words).split())[:200]
    except (BrokenError, AttributeError):
        return "", ""
