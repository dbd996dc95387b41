"""An open item list (åpen post-liste) into a company's open items, each with a confidence. Any ledger can export one.

The list says what is open, and nothing of what is not: an item that is missing in a newer one is asked about, never taken for paid.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from app.ledgers.files import cells
from app.ledgers.files.columns import Columns, Field, find_columns, recognised
from app.ledgers.files.records import N_, FileError, LeftOut
from app.ledgers.files.tables import Cell, Line, read_lines
from app.ledgers.ports import Address, Confidence, ItemKind, LedgerCustomer, LedgerItem
from app.values.kid import is_kid
from app.values.organisation_number import is_organisation_number, parse_organisation_number

NO_CUSTOMER = N_("No customer: neither number, organisation number nor name. Fill it in, or leave the row out.")
NO_SUM = N_("No amount. Fill it in, or leave the row out.")
_TOTAL = re.compile(r"(?i)^(sum|total|totalt|totalsum|saldo|subtotal|i alt|herav)\b")
_BIRTH_NUMBER = re.compile(r"\d{6} ?\d{5}")
_CREDIT = re.compile(r"(?i)kredit|credit|^kn\b")
_PAYMENT = re.compile(r"(?i)innbet|betaling|payment|bank|ocr")


class ListDoubt(StrEnum):
    """Why an item is not certain. Whole sentences without figures, so that they can be translated as they stand."""

    NO_REFERENCE = N_("The list gives neither invoice number nor KID for this item.")
    NO_DUE_DATE = N_("The list gives no due date.")
    DUE_BEFORE_ISSUED = N_("The due date lies before the invoice date.")
    CUSTOMER_BY_NAME = N_("The list gives no customer number: the customer is known by name only.")
    ADDED_UP = N_("Several rows of the list have this invoice number; they were added up.")
    SEVERAL_DUE_DATES = N_("The list gives several due dates; the latest is used.")
    BAD_KID = N_("The KID of the list has a wrong check digit; spreadsheets cut long numbers. It was not used.")
    FOREIGN = N_("The list does not say whether the amount is in kroner or in the currency.")


Value = TypeVar("Value")
_LOW = frozenset({ListDoubt.NO_REFERENCE, ListDoubt.NO_DUE_DATE, ListDoubt.FOREIGN})


@dataclass(frozen=True, slots=True)
class OpenList:
    """The whole list. `skipped`: rows without anything open, and sums. `left_rows` of `left_out` are not among the items at all."""

    columns: Columns
    samples: tuple[str, ...]
    customers: tuple[LedgerCustomer, ...]
    items: tuple[LedgerItem, ...]
    left_out: tuple[LeftOut, ...]
    skipped: int
    left_rows: int
    left_numbers: frozenset[str] = field(default=frozenset())

    @property
    def total_ore(self) -> int:
        return sum(item.remaining_ore for item in self.items)


def read_open_list(path: Path, layout: Mapping[str, str] | None = None, told: Sequence[str] | None = None) -> OpenList:
    """Read a list. `layout`: the company's remembered columns; `told`: the field of each column as a person says now.

    FileError when it is no table. Where columns are missing the list comes back without items: `columns.missing` says which.
    """
    lines = read_lines(path, recognised)
    columns = find_columns(lines, layout, told)
    if len(columns.names) < 2:
        raise FileError(N_("The file is no table with columns. Export the open items as CSV or Excel."), file=path.name)
    rows = [line for line in lines if line.number > columns.line]
    samples = tuple(next((row.text(place) for row in rows[:20] if row.text(place)), "") for place in range(len(columns.names)))
    if columns.missing:
        return OpenList(columns, samples, (), (), (), 0, 0)
    reader = _Reader(columns)
    for row in rows:
        reader.read(row)
    items = tuple(_judged(one) for one in reader.items.values() if one.item.remaining_ore)
    return OpenList(
        columns, samples, tuple(reader.customers.values()), items, tuple(reader.left_out), reader.skipped, reader.left_rows,
        frozenset(reader.left_numbers),
    )  # fmt: skip


@dataclass(slots=True)
class _Open:
    """An item under construction."""

    item: LedgerItem
    doubts: list[ListDoubt]

    def doubt(self, doubt: ListDoubt) -> None:
        if doubt not in self.doubts:
            self.doubts.append(doubt)


class _Reader:
    """Row by row into customers and items."""

    def __init__(self, columns: Columns) -> None:
        self._places = columns.places
        self.customers: dict[str, LedgerCustomer] = {}
        self.items: dict[str, _Open] = {}
        self.left_out: list[LeftOut] = []
        self.left_numbers: set[str] = set()
        self.skipped = self.left_rows = 0
        self._nameless: Counter[str] = Counter()

    def read(self, row: Line) -> None:
        number = row.text(self._places.get(Field.DOCUMENT_NUMBER))
        try:
            amount = self._value(row, Field.AMOUNT, cells.amount_of)
            remaining = self._value(row, Field.REMAINING, cells.amount_of) if Field.REMAINING in self._places else amount
            issued = self._value(row, Field.ISSUED_ON, cells.date_of)
            due = self._value(row, Field.DUE_ON, cells.date_of)
        except _CellError as fault:
            if self._is_total(row):
                self.skipped += 1
                return
            self._leave(row, fault.field, fault.value, fault.why, number)
            return
        if self._is_total(row):
            self.skipped += 1
            return
        customer = self._customer(row)
        if customer is None:
            self._leave(row, "customer", str(row), NO_CUSTOMER, number)
        elif remaining is None:
            self._leave(row, Field.REMAINING if Field.REMAINING in self._places else Field.AMOUNT, str(row), NO_SUM, number)
        elif remaining == 0:
            self.skipped += 1
        else:
            original = amount if amount and (amount > 0) == (remaining > 0) and abs(amount) >= abs(remaining) else remaining
            self._add(row, customer, number, issued, due, original, remaining)

    def _add(
        self, row: Line, customer: LedgerCustomer, number: str, issued: date | None, due: date | None, original: int, remaining: int
    ) -> None:
        told_kid = row.text(self._places.get(Field.KID)).replace(" ", "")
        kid = told_kid if is_kid(told_kid) else None
        mark = number or (f"kid:{kid}" if kid else "")
        if not mark:
            mark = f"{issued or ''}/{original}"
            self._nameless[f"{customer.external_id}/{mark}"] += 1
            mark = f"row:{mark}#{self._nameless[f'{customer.external_id}/{mark}']}"
        key = f"{customer.external_id}/{mark}"[:100]
        known = self.items.get(key)
        if known is not None:
            self._join(known, due, original, remaining)
            return
        currency = row.text(self._places.get(Field.CURRENCY)).upper() or "NOK"
        words = row.text(self._places.get(Field.TEXT))
        item = LedgerItem(
            external_id=key, customer_id=customer.external_id, kind=_kind(remaining, words), document_number=number[:60] or None, kid=kid,
            issued_on=issued, due_on=due, original_ore=original, remaining_ore=remaining,
            currency="NOK" if currency in {"NOK", "KR"} else currency[:3],
        )  # fmt: skip
        made = self.items[key] = _Open(item, [])
        if not number and kid is None:
            made.doubt(ListDoubt.NO_REFERENCE)
        if told_kid and kid is None and told_kid != "0":
            made.doubt(ListDoubt.BAD_KID)
        if customer.number is None and customer.organisation_number is None:
            made.doubt(ListDoubt.CUSTOMER_BY_NAME)

    def _join(self, known: _Open, due: date | None, original: int, remaining: int) -> None:
        item = known.item
        dates = {one for one in (item.due_on, due) if one}
        if len(dates) > 1:
            known.doubt(ListDoubt.SEVERAL_DUE_DATES)
        larger = max(item.original_ore, original, key=abs)
        known.item = replace(item, original_ore=larger, remaining_ore=item.remaining_ore + remaining, due_on=max(dates) if dates else None)
        known.doubt(ListDoubt.ADDED_UP)

    def _customer(self, row: Line) -> LedgerCustomer | None:
        number, name = row.text(self._places.get(Field.CUSTOMER_NUMBER)), row.text(self._places.get(Field.CUSTOMER_NAME))
        organisation_number = self._organisation_number(row)
        key = number or organisation_number or (f"name:{name.casefold()}" if name else "")
        if not key:
            return None
        key = key[:60]
        known = self.customers.get(key)
        card = LedgerCustomer(
            external_id=key, number=number[:50] or None, name=(name or number or organisation_number or "")[:300],
            organisation_number=organisation_number, is_person=None, email=self._email(row),
            phone=row.text(self._places.get(Field.PHONE))[:30] or None, address=self._address(row),
        )  # fmt: skip
        self.customers[key] = card if known is None else _filled(known, card)
        return self.customers[key]

    def _organisation_number(self, row: Line) -> str | None:
        told = row.text(self._places.get(Field.ORGANISATION_NUMBER))
        if not told:
            return None
        if is_organisation_number(told):
            return parse_organisation_number(told)
        # a private person's national identity number is recognised only in order not to be kept
        shown = "–" if _BIRTH_NUMBER.fullmatch(told) else told
        self._note(row, Field.ORGANISATION_NUMBER, shown, cells.NOT_A_NUMBER)
        return None

    def _email(self, row: Line) -> str | None:
        told = row.text(self._places.get(Field.EMAIL))
        try:
            return cells.email_of(told)
        except ValueError as error:
            self._note(row, Field.EMAIL, told, str(error))
            return None

    def _address(self, row: Line) -> Address:
        street = row.text(self._places.get(Field.ADDRESS))[:200]
        postal_code, city = row.text(self._places.get(Field.POSTAL_CODE))[:10], row.text(self._places.get(Field.CITY))[:100]
        if postal_code.isdigit() and len(postal_code) < 4:
            postal_code = postal_code.zfill(4)
        return Address((street,) if street else (), postal_code or None, city or None)

    def _value(self, row: Line, field: Field, parse: Callable[[Cell], Value]) -> Value:
        cell = row.cell(self._places.get(field))
        try:
            return parse(cell)
        except ValueError as error:
            raise _CellError(field, row.text(self._places.get(field)), str(error)) from error

    def _is_total(self, row: Line) -> bool:
        """A sum that the ledger printed among the rows: no customer number or invoice, and it says so."""
        said = [row.text(place) for place in range(len(row.cells)) if row.text(place)]
        marked = row.text(self._places.get(Field.DOCUMENT_NUMBER)) and row.text(self._places.get(Field.CUSTOMER_NUMBER))
        return bool(said) and not marked and any(_TOTAL.match(text) for text in said[:2])

    def _leave(self, row: Line, field: str, value: str, why: str, number: str) -> None:
        self.left_out.append(LeftOut(row.number, str(field), value, why))
        self.left_rows += 1
        if number:
            self.left_numbers.add(number)

    def _note(self, row: Line, field: Field, value: str, why: str) -> None:
        self.left_out.append(LeftOut(row.number, field.value, value, why))


class _CellError(Exception):
    def __init__(self, field: Field, value: str, why: str) -> None:
        super().__init__(why)
        self.field, self.value, self.why = field, value, why


def _judged(one: _Open) -> LedgerItem:
    item = one.item
    if item.due_on is None and item.remaining_ore > 0:
        one.doubt(ListDoubt.NO_DUE_DATE)
    if item.due_on and item.issued_on and item.due_on < item.issued_on:
        one.doubt(ListDoubt.DUE_BEFORE_ISSUED)
    if item.currency != "NOK":
        one.doubt(ListDoubt.FOREIGN)
    low = _LOW.intersection(one.doubts)
    confidence = Confidence.LOW if low else Confidence.MEDIUM if one.doubts else Confidence.HIGH
    return replace(item, confidence=confidence, doubts=tuple(doubt.value for doubt in one.doubts))


def _kind(remaining: int, words: str) -> ItemKind:
    """What reduces a debt is money unless the list calls it a credit note: money tied to nothing holds a debtor's notices back."""
    if remaining > 0:
        return ItemKind.INVOICE
    if _PAYMENT.search(words):
        return ItemKind.PAYMENT
    return ItemKind.CREDIT_NOTE if _CREDIT.search(words) else ItemKind.PAYMENT


def _filled(known: LedgerCustomer, card: LedgerCustomer) -> LedgerCustomer:
    """The first row's card, with what only a later row tells."""
    return replace(
        known, organisation_number=known.organisation_number or card.organisation_number, email=known.email or card.email,
        phone=known.phone or card.phone, address=known.address if known.address != Address() else card.address,
    )  # fmt: skip
