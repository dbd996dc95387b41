"""One customer's lines gathered into documents, by what the file says they belong to. Pure.

A debit line makes or joins a document by reference number, then KID, then cross reference, then voucher. A credit line joins the
document it names. What names several, or none, stays outside as a credit for `settling`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum

from app.ledgers.ports import ItemKind, LedgerPayment
from app.ledgers.saft.records import Doubt, SaftLine


class Identity(IntEnum):
    """How a document or credit is known, best first."""

    REFERENCE = 0
    KID = 1
    CROSS = 2
    VOUCHER = 3
    OPENING = 4


@dataclass(slots=True)
class Document:
    """An account row under construction: øre signed, `remaining_ore` changes as credits are set off.

    `foreign` is what remains in the document's own currency, None once a line does not tell.
    """

    key: str
    identity: Identity
    issued_on: date
    number: str | None = None
    kid: str | None = None
    due_on: date | None = None
    kind: ItemKind = ItemKind.OTHER
    account: str | None = None
    currency: str = "NOK"
    original_ore: int = 0
    remaining_ore: int = 0
    foreign: int | None = None
    doubts: list[Doubt] = field(default_factory=list)
    payments: list[LedgerPayment] = field(default_factory=list)

    def doubt(self, doubt: Doubt) -> None:
        if doubt not in self.doubts:
            self.doubts.append(doubt)

    def set_off(self, credit: LedgerPayment) -> None:
        self.remaining_ore -= credit.amount_ore
        self.payments.append(credit)


@dataclass(frozen=True, slots=True)
class SharedMark:
    """Credits whose KID or cross reference stands on several documents."""

    documents: list[Document]
    credits: list[Document]


@dataclass(frozen=True, slots=True)
class Gathered:
    """All of a customer's lines, each exactly once. Lists are oldest first; credits have a negative remainder."""

    documents: list[Document]
    shared: list[SharedMark]
    loose: list[Document]


def gather(lines: Sequence[SaftLine]) -> Gathered:
    shelf = _Shelf()
    for line in sorted((line for line in lines if line.amount_ore >= 0), key=identity_of):
        shelf.add_debit(line)
    loose: dict[str, Document] = {}
    shared: dict[str, tuple[dict[str, Document], dict[str, Document]]] = {}
    for line in sorted((line for line in lines if line.amount_ore < 0), key=lambda line: line.on):
        mark, found, doubt = shelf.named_by(line)
        if len(found) == 1:
            _join(next(iter(found.values())), line, doubt)
        elif found:
            _, credits = shared.setdefault(mark, (found, {}))
            _charge(credits, f"{_own_key(line)}@{mark}:{line.on}:{line.transaction}", line)
        else:
            _charge(loose, _own_key(line), line)
    return Gathered(
        by_age(shelf.documents.values()),
        [SharedMark(by_age(found.values()), by_age(credits.values())) for found, credits in shared.values()],
        by_age(loose.values()),
    )


def by_age(documents: Iterable[Document]) -> list[Document]:
    """Oldest first; the order within a day does not depend on the order in the file."""
    return sorted(documents, key=lambda document: (document.issued_on, document.key))


def identity_of(line: SaftLine) -> Identity:
    if line.reference:
        return Identity.REFERENCE
    if line.kid:
        return Identity.KID
    return Identity.CROSS if line.cross else Identity.VOUCHER


_Index = dict[str, dict[str, Document]]


class _Shelf:
    """The documents of one customer with the marks that credits find them by."""

    def __init__(self) -> None:
        self.documents: dict[str, Document] = {}
        self._by_reference: _Index = defaultdict(dict)
        self._by_kid: _Index = defaultdict(dict)
        self._by_cross: _Index = defaultdict(dict)
        self._by_source: _Index = defaultdict(dict)

    def add_debit(self, line: SaftLine) -> None:
        document = self._home_of_debit(line)
        if document is None:
            document = _charge(self.documents, _own_key(line), line)
        else:
            _add(document, line)
        marks = (
            (line.reference, self._by_reference), (line.kid, self._by_kid), (line.cross, self._by_cross), (line.source, self._by_source)
        )  # fmt: skip
        for mark, index in marks:
            if mark:
                index[mark][document.key] = document

    def named_by(self, line: SaftLine) -> tuple[str, dict[str, Document], Doubt | None]:
        """The mark by which a credit names documents, those documents, and what is doubtful about it."""
        if found := _look(self._by_reference, line.reference):
            return f"ref:{line.reference}", found, None
        for mark in (line.kid, line.reference):
            if found := _look(self._by_kid, mark):
                return f"kid:{mark}", found, Doubt.PAID_BY_KID
        for index in (self._by_reference, self._by_kid, self._by_cross):
            if found := _look(index, line.cross):
                return f"cross:{line.cross}", found, Doubt.PAID_BY_KID
        voucher = line.cross or (line.source if identity_of(line) is Identity.VOUCHER else None)
        found = _look(self._by_source, voucher)
        # a voucher number used by several debits was reused; it identifies none of them
        return f"source:{voucher}", found if len(found) == 1 else {}, Doubt.PAID_BY_VOUCHER

    def _home_of_debit(self, line: SaftLine) -> Document | None:
        if line.reference:
            return _only(_look(self._by_reference, line.reference))
        if line.kid:
            return _only(_look(self._by_kid, line.kid))
        for index in (self._by_reference, self._by_kid, self._by_cross):
            if home := _only(_look(index, line.cross)):
                return home
        return None


def _look(index: _Index, mark: str | None) -> dict[str, Document]:
    return index.get(mark, {}) if mark else {}


def _only(found: dict[str, Document]) -> Document | None:
    return next(iter(found.values())) if len(found) == 1 else None


def _join(document: Document, line: SaftLine, doubt: Doubt | None) -> None:
    document.foreign = _foreign_sum(document, line)
    document.set_off(LedgerPayment(_own_key(line), line.on, -line.amount_ore, line.kind))
    if doubt:
        document.doubt(doubt)


def _charge(shelf: dict[str, Document], key: str, line: SaftLine) -> Document:
    document = shelf.get(key)
    if document is None:
        document = shelf[key] = Document(
            key=key, identity=identity_of(line), issued_on=line.on, number=line.reference or line.source, account=line.account,
            currency=line.currency, foreign=0,
        )  # fmt: skip
    _add(document, line)
    return document


def _add(document: Document, line: SaftLine) -> None:
    document.foreign = _foreign_sum(document, line)
    document.original_ore += line.amount_ore
    document.remaining_ore += line.amount_ore
    document.kid = document.kid or line.kid
    document.issued_on = min(document.issued_on, line.on)
    if document.kind is ItemKind.OTHER:
        document.kind = line.kind
    if line.currency != document.currency:
        document.doubt(Doubt.MIXED_CURRENCIES)
    if line.due_on and document.due_on and line.due_on != document.due_on:
        document.doubt(Doubt.SEVERAL_DUE_DATES)
    if line.due_on:
        document.due_on = max(document.due_on or line.due_on, line.due_on)


def _foreign_sum(document: Document, line: SaftLine) -> int | None:
    if document.foreign is None or line.foreign is None or line.currency != document.currency:
        return None
    return document.foreign + line.foreign


def _own_key(line: SaftLine) -> str:
    """What identifies the line's own document within the customer; never its place in the file."""
    identity = identity_of(line)
    if identity is Identity.REFERENCE:
        return f"ref:{line.reference}"
    if identity is Identity.KID:
        return f"kid:{line.kid}"
    if identity is Identity.CROSS:
        return f"cross:{line.cross}"
    return f"voucher:{line.on}:{line.journal}:{line.transaction}:{line.source or ''}"
