"""Asking Fiken: in the user's line, with a token that is renewed once, page by page, and every refusal in our words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from app.ledgers.adapters.fiken.queue import UserQueue
from app.ledgers.adapters.fiken.rows import CompanyRow
from app.ledgers.errors import AuthRevokedError, ModuleMissingError, PeriodLockedError, PermissionMissingError, RateLimitedError
from app.ledgers.oauth import OAuthClient
from app.ledgers.ports import Credential, CredentialStore
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply
from app.values.clock import Clock
from app.values.ids import new_id

PAGE_SIZE = 100
RENEW_BEFORE = timedelta(minutes=2)
SLOW_DOWNS_MAX = 3
READINGS_MAX = 3
MODULE_MISSING = "The company has not ordered Fiken's API module (API-tilgang)."

Shape = TypeVar("Shape")


class NotFoundError(RefusedError):
    """Fiken has no such thing, or not for us."""


class FikenCalls:
    """Requests on behalf of one consent. Raises the errors of `app.net.errors` and `app.ledgers.errors`, and `NotFoundError`."""

    def __init__(
        self, http: HttpClient, store: CredentialStore, clock: Clock, oauth: OAuthClient, queue: UserQueue, page_size: int = PAGE_SIZE
    ) -> None:
        self._http, self._store, self._clock, self._oauth, self._queue = http, store, clock, oauth, queue
        self._page_size = page_size

    def pages(self, path: str, shape: type[Shape], **filters: str | None) -> list[Shape]:
        """All rows of a list. One that grows or shrinks while it is read is read again: rows slide between pages and would be missed."""
        for _ in range(READINGS_MAX):
            rows: list[Shape] = []
            counts: set[int] = set()
            page, pages = 0, 1
            while page < pages:
                reply = self.send("GET", path, params={**filters, "page": page, "pageSize": self._page_size})
                counts.add(_number(reply, "fiken-api-result-count"))
                pages = _number(reply, "fiken-api-page-count")
                rows += _decode(reply, list[shape])  # type: ignore[valid-type]
                page += 1
            if counts == {len(rows)}:
                return rows
        raise TryLaterError("the list in Fiken kept changing while it was read")

    def get(self, path: str, shape: type[Shape]) -> Shape:
        return _decode(self.send("GET", path), shape)

    def send(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json_body: Any = None) -> Reply:
        credential = self._credential()
        renewed, slowed = False, 0
        while True:
            with self._queue.turn():
                reply = self._http.request(method, path, params=params, json_body=json_body, headers=_headers(credential))
                if reply.status == 429:
                    self._queue.hold(_wait(reply).total_seconds() * (1 + slowed))
            if reply.status == 401 and not renewed:
                renewed, credential = True, self._renew(credential)
            elif reply.status == 429 and slowed < SLOW_DOWNS_MAX:
                slowed += 1
            elif reply.status == 403:
                raise self._forbidden(path, reply)
            else:
                return _accepted(reply, method)

    def _credential(self) -> Credential:
        current = self._store.load()
        runs_out = current.expires_at is not None and current.expires_at - RENEW_BEFORE <= self._clock.now()
        return self._renew(current) if runs_out else current

    def _renew(self, stale: Credential) -> Credential:
        try:
            return self._store.renew(stale, self._oauth.refresh)
        except UnknownOutcomeError as fault:
            # what is unknown is the token's fate, not that of the caller's act, which has not been sent
            raise TryLaterError("Fiken did not answer when the access was to be renewed; the old one is kept") from fault

    def _forbidden(self, path: str, reply: Reply) -> RefusedError:
        """Why: the API module is missing, or the user's rights are. Fiken's company row tells which."""
        said = _said(reply)
        company = path.split("/")[2:3]
        if company and path.count("/") > 2:
            try:
                if not self.get(f"/companies/{company[0]}", CompanyRow).has_api_access:
                    return ModuleMissingError(MODULE_MISSING)
            except RefusedError:
                return PermissionMissingError("The company is no longer among those this connection may see in Fiken.")
        return PermissionMissingError(f"The Fiken user who gave access may not do this: {said}")


def _accepted(reply: Reply, method: str) -> Reply:
    status = reply.status
    if status in (200, 201, 204):
        return reply
    if status == 401:
        raise AuthRevokedError("Fiken no longer accepts the access that was given. Connect again.")
    if status == 404:
        raise NotFoundError("Fiken has no such row")
    if status == 429:
        raise RateLimitedError("Fiken asks for a pause", _wait(reply))
    if 400 <= status < 500:
        said = _said(reply)
        locked = re.search(r"\b(låst|lukket|locked|closed)\b", said, re.IGNORECASE)
        raise (PeriodLockedError if locked else RefusedError)(f"Fiken refused (status {status}): {said}")
    if status >= 500:
        failed = TryLaterError if method == "GET" else UnknownOutcomeError
        raise failed(f"Fiken failed (status {status})")
    raise BrokenError(f"Fiken answered with status {status}, which it should not")


def _headers(credential: Credential) -> dict[str, str]:
    return {
        "authorization": f"Bearer {credential.values['access_token']}",
        "accept": "application/json",
        "x-request-id": str(new_id()),
    }


def _decode(reply: Reply, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(reply.body, type=shape)
    except msgspec.MsgspecError as fault:
        raise BrokenError(f"Fiken's answer has not the shape we know: {fault}") from fault


def _number(reply: Reply, header: str) -> int:
    try:
        return int(reply.headers[header])
    except (KeyError, ValueError) as fault:
        raise BrokenError(f"Fiken's answer lacks the header {header}") from fault


def _wait(reply: Reply) -> timedelta:
    asked = reply.headers.get("retry-after", "")
    return timedelta(seconds=min(int(asked), 60) if asked.isdigit() else 1)


def _said(reply: Reply) -> str:
    """The vendor's own words, short and on one line."""
    try:
        told = msgspec.json.decode(reply.body)
    except msgspec.MsgspecError:
        told = reply.text
    if isinstance(told, dict):
        told = told.get("message") or told.get("error_description") or told.get("error") or ""
    return " ".join(str(told).split())[:200]
