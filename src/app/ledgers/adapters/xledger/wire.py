"""Xledger on the wire: GraphQL over one address, Relay connections read to their end, and whose rows they are.

One token reaches the entity it was made on and all below it, so every question names its company and every answer is held against it.
Filters are written into the query as literals: the names of the vendor's filter types are not public, so no variable can be typed by them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from app.ledgers.adapters.xledger.refusals import TooSlowError, failure_of, faults_of, is_throttled, pause_of, refusal_of
from app.ledgers.calls import Calls, Pause
from app.ledgers.errors import AuthRevokedError
from app.ledgers.ports import Credential, CredentialStore
from app.net.errors import BrokenError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient
from app.values.clock import Clock
from app.values.money import ore_from_decimal

PATH = "/graphql"
PAGE_SIZE = 5000
SMALLEST_PAGE = 100
RESTARTS = 4
#: lists that belong to no entity
UNOWNED = frozenset({"currencies"})
#: how many ids one filter is asked for; the vendor names no limit
IDS_PER_CALL = 500
#: the vendor's clock may differ from ours: https://github.com/xledger/graphql-samples steps back as far
OVERLAP = timedelta(minutes=15)
CET = timezone(timedelta(hours=1))

Row = Mapping[str, Any]
#: the cursor of the last row but one, and the last row's id
Place = tuple[str, str]


class _MovedError(Exception):
    """The end of one page is not the beginning of the next."""


class Wire:
    """Questions on behalf of one token."""

    def __init__(self, http: HttpClient, store: CredentialStore, clock: Clock, page_size: int, pause: Pause) -> None:
        self._clock, self._page_size = clock, page_size
        self._calls = Calls(
            http, store, clock, sign=_signed, refusal=refusal_of, throttled=is_throttled, wait=pause_of, pause=pause
        )  # fmt: skip

    def owned(self, company: str, root: str, fields: str, **where: Any) -> list[Row]:
        """Every row of one company. Rows of another are dropped, whatever the filter did."""
        rows = self.all(root, f"ownerDbId {fields}", ownerDbId=int(company), **where)
        with reading(root):
            return [row for row in rows if str(row["ownerDbId"]) == company]

    def owned_in(self, company: str, root: str, fields: str, name: str, values: Sequence[str], **where: Any) -> Iterator[Row]:
        """Every row of one company whose `name` is among the values, in portions."""
        for start in range(0, len(values), IDS_PER_CALL):
            portion = [int(value) for value in values[start : start + IDS_PER_CALL]]
            yield from self.owned(company, root, fields, **{f"{name}_in": portion}, **where)

    def all(self, root: str, fields: str, **where: Any) -> list[Row]:
        """Every row of a connection. Pages overlap by a row: where the two ends do not meet, the list moved meanwhile and is read again,
        so that nobody's invoice vanishes because another's was paid. What a cursor stands for, a row or a place, is not told."""
        size = self._page_size
        for _ in range(RESTARTS):
            try:
                rows = self._one_pass(root, fields, where, size)
            except TooSlowError:
                if size <= SMALLEST_PAGE:
                    raise
                size = max(SMALLEST_PAGE, size // 10)
                continue
            if rows is not None:
                return rows
        raise TryLaterError(f"{root}: the list kept changing while it was read")

    def owned_pages(
        self, company: str, root: str, fields: str, after: str | None, **where: Any
    ) -> Iterator[tuple[list[Row], str | None, bool]]:
        """The same rows page by page, all of them or those after a place, each page with the place after it and whether it is the first.

        A list that moved meanwhile is read from its beginning again, like one whose place is no longer where it was.
        """
        reached, size = None if after is None else _place_of(after), self._page_size
        mine = {"ownerDbId": int(company), **where}
        for _ in range(RESTARTS):
            begins = reached is None
            try:
                for rows, place in self._pages(root, f"ownerDbId {fields}", mine, size, reached):
                    reached = place
                    with reading(root):
                        owned = [row for row in rows if str(row["ownerDbId"]) == company]
                    yield owned, None if place is None else f"{place[1]}:{place[0]}", begins
                    begins = False
                return
            except TooSlowError:
                if size <= SMALLEST_PAGE:
                    raise
                size = max(SMALLEST_PAGE, size // 10)
            except _MovedError:
                reached = None
        raise TryLaterError(f"{root}: the list kept changing while it was read")

    def edges(self, root: str, fields: str, **arguments: Any) -> tuple[list[Row], bool]:
        """One page as it came: edges with cursor and node, and whether there are more."""
        asked = [f"{name}: {literal(value)}" for name, value in arguments.items() if value is not None]
        told = ", ".join(asked if root in UNOWNED else [*asked, "ownerSet: LOWER"])
        query = f"{{ {root}({told}) {{ pageInfo {{ hasNextPage }} edges {{ cursor node {{ dbId {fields} }} }} }} }}"
        page = self._asked(root, {"query": query}, write=False)
        with reading(root):
            edges, more = list(page["edges"]), bool(page["pageInfo"]["hasNextPage"])
            for edge in edges:
                str(edge["cursor"]), edge["node"]["dbId"]
        return edges, more

    def mutate(self, root: str, input_type: str, inputs: Sequence[Row]) -> None:
        """A mass mutation. What its answer leaves open is `UnknownOutcomeError`."""
        query = f"mutation ($inputs: [{input_type}!]!) {{ {root}(inputs: $inputs) {{ edges {{ clientId node {{ dbId }} }} }} }}"
        try:
            made = self._asked(root, {"query": query, "variables": {"inputs": list(inputs)}}, write=True)
            with reading(root):
                taken = {str(edge["clientId"]) for edge in made["edges"] if edge["node"]["dbId"]}
        except BrokenError as fault:
            raise UnknownOutcomeError(str(fault)) from fault
        if taken != {one["clientId"] for one in inputs}:
            raise UnknownOutcomeError(f"{root}: not every line was answered")

    def _one_pass(self, root: str, fields: str, where: Row, size: int) -> list[Row] | None:
        rows: list[Row] = []
        try:
            for page, _ in self._pages(root, fields, where, size, None):
                rows += page
        except _MovedError:
            return None
        return rows

    def _pages(self, root: str, fields: str, where: Row, size: int, place: Place | None) -> Iterator[tuple[list[Row], Place | None]]:
        """New rows and the place after them: what to ask after, so that the last of them comes first once more. None after the last."""
        more = True
        while more:
            page, more = self.edges(root, fields, first=size, after=None if place is None else place[0], filter=where or None)
            if place is not None and (not page or str(page[0]["node"]["dbId"]) != place[1]):
                raise _MovedError(root)
            fresh = page if place is None else page[1:]
            if more and (len(page) < 2 or not fresh):
                raise BrokenError(f"{root}: a page without rows, and more to come")
            place = (str(page[-2]["cursor"]), str(page[-1]["node"]["dbId"])) if more else None
            yield [edge["node"] for edge in fresh], place

    def _asked(self, root: str, body: Row, *, write: bool) -> Row:
        reply = self._calls.send("POST", PATH, json_body=body, write=write)
        if b'"errors"' in reply.body and (faults := faults_of(reply)):
            raise failure_of(faults, root, write, self._clock.now())
        with reading(root):
            return dict(reply.json()["data"][root])


def _place_of(after: str) -> Place:
    last, _, cursor = after.partition(":")
    return cursor, last


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What we cannot make sense of inside becomes a `BrokenError` that names what was read, not what it held."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, InvalidOperation) as fault:
        raise BrokenError(f"{what}: {type(fault).__name__} in what Xledger answered") from fault


def literal(value: Any) -> str:
    """A value as GraphQL writes it. Strings are escaped as in JSON, which GraphQL's are a superset of."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {literal(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(part) for part in value) + "]"
    return json.dumps(str(value))


def ore_of(amount: Any) -> int:
    """An amount, which comes as a string, in øre; null is nothing. More than two decimals is a ValueError."""
    if amount is None:
        return 0
    if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
        raise TypeError("not an amount")
    return ore_from_decimal(Decimal(amount))


def day_of(text: Any) -> date | None:
    """The day of a date or date-time; it may carry midnight with it."""
    return date.fromisoformat(str(text)[:10]) if text else None


def key_of(value: Any) -> str | None:
    """An id as we keep it. Null and 0 both mean "none": so does `matchId` of a row that is not matched."""
    return None if value in (None, "", 0, "0") else str(value)


def modified_since(since: datetime) -> str:
    """The instant as the vendor's `modifiedAt` is to be asked, without a zone.

    Its clock is Central European; whether it goes by summer time is not told. UTC+1 is never later on the wall than either, so that too
    much may be asked for and never too little, in the hour that comes twice as well.
    """
    return (since.astimezone(UTC) - OVERLAP).astimezone(CET).strftime("%Y-%m-%dT%H:%M:%S")


def _signed(credential: Credential) -> Mapping[str, str]:
    token = credential.values.get("api_token", "").strip()
    if not re.fullmatch(r"[!-~]+", token):
        raise AuthRevokedError("this is no API token: paste it again, as Xledger showed it")
    return {"authorization": f"token {token}", "accept": "application/json"}
