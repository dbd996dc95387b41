"""Amili on the wire: a token by client credentials, one organisation's part of the API, pages, and what its refusals mean.

Errors are documented by status alone. What is written is answered 202: taken to be looked at, which is not yet taken.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply
from app.values.clock import Clock

PAGE_ROWS = 100
PAGES_MAX = 1_000
#: a token is changed this long before it ends
EARLY = timedelta(minutes=1)
ORGANISATION = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Tokens:
    """Access tokens, each kept until shortly before its `expires_on`: shared by all openings, one per client and never across clients."""

    def __init__(self, login: HttpClient, clock: Clock) -> None:
        self._login, self._clock = login, clock
        self._lock = threading.Lock()
        self._kept: dict[bytes, tuple[str, datetime]] = {}

    def of(self, client_id: str, client_secret: str) -> str:
        """Asking for a token changes nothing at the agency: every failure but a no is `TryLaterError`."""
        name = _name(client_id, client_secret)
        with self._lock:
            kept = self._kept.get(name)
        if kept is not None and kept[1] - EARLY > self._clock.now():
            return kept[0]
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        answer = self._login.request("POST", "/token", form=form, write=False)
        if answer.status in (400, 401, 403):
            raise RefusedError("Amili does not accept our client id and secret: write them down anew")
        if answer.status != 200:
            raise TryLaterError(f"POST /token: status {answer.status}", _pause(answer))
        body = answer.json()
        token = str(need(body, "access_token"))
        try:
            until = datetime.fromtimestamp(int(need(body, "expires_on")), UTC)
        except (ValueError, OverflowError, OSError) as fault:
            raise BrokenError("expires_on is no time") from fault
        with self._lock:
            self._kept[name] = (token, until)
        return token

    def forget(self, client_id: str, client_secret: str) -> None:
        with self._lock:
            self._kept.pop(_name(client_id, client_secret), None)


class Wire:
    """Calls for one organisation. The paths below it are given from their first slash."""

    def __init__(self, http: HttpClient, tokens: Tokens, client: tuple[str, str], organisation: str) -> None:
        if not ORGANISATION.fullmatch(organisation):
            raise RefusedError("the company's number at Amili is its organisation's id (orgId), a UUID that Amili has given out")
        self._http, self._tokens, self._client = http, tokens, client
        self._root = f"/orgs/{organisation.lower()}"

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer = self._send("GET", path, params=params)
        if answer.status != 200:
            raise trouble("GET", path, answer, is_write=False)
        return _object(answer.json(), path)

    def rows(
        self, path: str, params: Mapping[str, Any], *, turning: str = "PageToken", size: str | None = "PageSize"
    ) -> Iterator[dict[str, Any]]:
        """Every row. The names of the paging parameters differ from list to list."""
        turned, following = 0, None
        while True:
            body = self.read(path, {**params, turning: following, **({} if size is None else {size: PAGE_ROWS})})
            yield from objects(body, "data")
            following, turned = (body.get("summary") or {}).get("nextPageToken"), turned + 1
            if not following:
                return
            if turned >= PAGES_MAX:
                raise BrokenError(f"GET {path}: the list does not end")

    def write(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """What is answered beside the status; empty where nothing is."""
        answer = self._send("POST", path, json_body=body)
        if not 200 <= answer.status < 300:
            raise trouble("POST", path, answer, is_write=True)
        if not answer.body.strip():
            return {}
        try:
            return _object(answer.json(), path)
        except BrokenError as fault:
            raise UnknownOutcomeError(f"POST {path}: taken, but the answer cannot be read") from fault

    def _send(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json_body: Any = None) -> Reply:
        """A token may end before its time (a new secret, a restart there): then one more is asked for, once. 401 comes before the act."""
        for last in (False, True):
            headers = {"authorization": f"Bearer {self._tokens.of(*self._client)}", "accept": "application/json"}
            answer = self._http.request(method, self._root + path, params=params, headers=headers, json_body=json_body)
            if answer.status != 401 or last:
                return answer
            self._tokens.forget(*self._client)
        raise AssertionError("the loop returns")


def trouble(method: str, path: str, answer: Reply, *, is_write: bool) -> OutsideError:
    """423, 429 and 503 come before the act; any other 5xx after a write may have come behind it."""
    where = f"{method} {path}: status {answer.status}"
    if answer.status in (423, 429, 503):
        return TryLaterError(where, _pause(answer))
    if (answer.status >= 500 and answer.status != 501) or answer.status == 408:
        return UnknownOutcomeError(where) if is_write else TryLaterError(where)
    if answer.status == 401:
        return RefusedError(f"{where}: Amili does not accept our access")
    if answer.status == 403:
        return RefusedError(f"{where}: our client lacks a right (scope) at Amili, such as write:collection.case")
    return RefusedError(f"{where}: {answer.text[:300]}")


def need(body: Any, name: str) -> Any:
    if not isinstance(body, dict) or body.get(name) is None:
        raise BrokenError(f"the answer lacks {name}")
    return body[name]


def objects(body: Any, name: str) -> list[dict[str, Any]]:
    """The list under that name; absent is empty, anything else no list of objects."""
    found = body.get(name) if isinstance(body, dict) else None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BrokenError(f"{name} is no list of objects")
    return found


def _object(body: Any, path: str) -> dict[str, Any]:
    if not isinstance(body, dict):
        raise BrokenError(f"{path}: the answer is no object")
    return body


def _pause(answer: Reply) -> timedelta | None:
    seconds = answer.headers.get("retry-after", "")
    return timedelta(seconds=int(seconds)) if seconds.isdecimal() else None


def _name(client_id: str, client_secret: str) -> bytes:
    return hashlib.sha256(f"{client_id}\0{client_secret}".encode()).digest()
