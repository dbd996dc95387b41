"""Unimicro on the wire: whose books are meant, lists read to their end, sums that witness their own filter, and what refusals mean."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from app.ledgers.adapters.unimicro.filters import Condition, Filter, Row
from app.ledgers.calls import Calls, Pause, retry_after
from app.ledgers.errors import AuthRevokedError, ModuleMissingError, PeriodLockedError, PermissionMissingError, RateLimitedError
from app.ledgers.oauth import OAuthClient
from app.ledgers.ports import Credential, CredentialStore
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply, backoff
from app.values.clock import Clock

PAGE_SIZE = 1000


class GoneError(RefusedError):
    """There is no such row, or not for us."""


class Wire:
    """Calls with one user's consent. `company` is the key that the platform knows the company by."""

    def __init__(
        self, http: HttpClient, store: CredentialStore, clock: Clock, oauth: OAuthClient, page_size: int = PAGE_SIZE, pause: Pause = backoff
    ) -> None:
        self._calls = Calls(http, store, clock, sign=_sign, refusal=refusal_of, renew=oauth.refresh, pause=pause)
        self._page_size = page_size

    def companies(self) -> list[Row]:
        """Those that let us in. A user with a single one has been seen to get it without a list around it."""
        told = self._calls.send("GET", "/init/companies").json()
        return _rows([told] if isinstance(told, dict) else told, "companies")

    def rows(self, company: str, entity: str, asked: Filter = Filter(), expand: str = "") -> Iterator[Row]:
        """Every row of a list, by rising id: a row that changes or goes while the list is read moves no other out of sight.

        The platform may cut a page shorter than asked, so only an empty one is the end.
        """
        last = 0
        while True:
            question = asked.and_(Condition("ID", "gt", last))
            page = self.page(company, entity, question, expand, self._page_size)
            if not page:
                return
            with reading(entity):
                for row in page:
                    question.judge(row, entity)
                    if row["ID"] <= last:
                        raise BrokenError(f"{entity}: Unimicro's answer is not in the order that was asked for")
                    last = row["ID"]
            yield from page

    def page(self, company: str, entity: str, asked: Filter, expand: str = "", top: int = 1) -> list[Row]:
        """The first rows by id. Who uses it alone judges them against the filter himself."""
        params = {"filter": str(asked) or None, "expand": expand or None, "orderby": "ID", "top": top, "skip": 0}
        return _rows(self._send(company, "GET", f"/biz/{entity}", params).json(), entity)

    def one(self, company: str, entity: str, row: str, expand: str = "") -> Row:
        told = self._send(company, "GET", f"/biz/{entity}/{plain(row)}", {"expand": expand or None}).json()
        with reading(entity):
            if str(told["ID"]) != row:
                raise BrokenError(f"{entity}: Unimicro answered with another row than was asked for")
            return dict(told)

    def settings(self, company: str) -> Row:
        """The company's settings: one row."""
        told = _rows(self._send(company, "GET", "/biz/companysettings", {"top": 1}).json(), "companysettings")
        if len(told) != 1:
            raise BrokenError("companysettings: not one row")
        return told[0]

    def sums(self, company: str, model: str, select: Mapping[str, str], expand: str, asked: Filter) -> list[Row]:
        """Aggregates by the statistics service; `select`: our name to the platform's expression."""
        chosen = ",".join(f"{expression} as {name}" for name, expression in select.items())
        params = {"model": model, "select": chosen, "expand": expand, "filter": str(asked), "wrap": "false"}
        return _rows(self._send(company, "GET", "/statistics", params).json(), "statistics")

    def act(self, company: str, method: str, entity: str, action: str, body: Any = None, **params: str) -> Reply:
        """An action on an entity or a row: a write."""
        return self._send(company, method, f"/biz/{entity}", {"action": action, **params}, body)

    def _send(self, company: str, method: str, path: str, params: Mapping[str, Any], body: Any = None) -> Reply:
        if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", company):
            raise RefusedError("that is not a company key of Unimicro's")
        return self._calls.send(method, path, params=params, json_body=body, headers={"companykey": company})


def plain(row: str) -> str:
    """Ids go into a path: only digits may."""
    if not row.isascii() or not row.isdigit():
        raise RefusedError("that is not an id of Unimicro's")
    return row


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What we cannot make sense of inside becomes a `BrokenError` that names what was read, not what it held."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as fault:
        raise BrokenError(f"{what}: {type(fault).__name__} in what Unimicro answered") from fault


def refusal_of(reply: Reply, where_: str, write: bool) -> OutsideError:
    """A refusal in our words. A 5xx on a write may have been acted on."""
    words = _words(reply)
    said = f"{where_}: {words or reply.status}"
    if reply.status == 429:
        return RateLimitedError(said, retry_after(reply))
    if reply.status >= 500:
        return UnknownOutcomeError(said) if write else TryLaterError(said)
    if reply.status == 401:
        return AuthRevokedError("the access is no longer accepted; connect again")
    if reply.status == 403:
        missing = re.search(r"lisens|licen[cs]e|abonnement|markedsplass|marketplace|produktet", words, re.IGNORECASE)
        return ModuleMissingError(said) if missing else PermissionMissingError(said)
    if reply.status == 404:
        return GoneError(said)
    locked = re.search(r"\b(låst|lukket|locked|closed)\b", words, re.IGNORECASE)
    return (PeriodLockedError if locked else RefusedError)(said)


def _sign(credential: Credential) -> dict[str, str]:
    return {"authorization": f"Bearer {credential.values.get('access_token', '')}", "accept": "application/json"}


def _rows(told: Any, what: str) -> list[Row]:
    if not isinstance(told, list) or not all(isinstance(row, dict) for row in told):
        raise BrokenError(f"{what}: Unimicro's answer is no list of rows")
    return told


def _words(reply: Reply) -> str:
    """The platform's own words, short and on one line: a message, or several."""
    try:
        body = reply.json()
    except BrokenError:
        return ""
    if not isinstance(body, dict):
        return ""
    several = [one.get("Message") for one in body.get("Messages") or () if isinstance(one, dict)]
    return " ".join(" ".join(str(part) for part in (body.get("Message"), *several) if part).split())[:300]
