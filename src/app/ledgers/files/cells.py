"""One cell into a value, or a reason why not with the way out. Nothing is guessed: what can be read in two ways is not read."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from app.ledgers.files.records import N_
from app.ledgers.files.tables import Cell
from app.values.money import ore_from_decimal, parse_kroner

NOT_AN_AMOUNT = N_("Not an amount in kroner with at most two decimals. Correct it in the file, or export it again.")
NOT_A_DATE = N_("Not a date. Write it as dd.mm.yyyy or yyyy-mm-dd.")
NOT_AN_EMAIL = N_("Not an e-mail address: it was not used. Correct it in the ledger.")
NOT_A_NUMBER = N_("Not an organisation number: it was not used. Correct it in the ledger.")
_ISO = re.compile(r"([12][0-9]{3})-?([0-1][0-9])-?([0-3][0-9])(?:[T ][0-9:.]+)?Z?")
_NORWEGIAN = re.compile(r"([0-3]?[0-9])[./-]([0-1]?[0-9])[./-]((?:19|20)?[0-9]{2})(?: [0-9:.]+)?")
_EMAIL = re.compile(r"[^@\s;,<>]+@[^@\s;,<>]+\.[^@\s;,<>.]{2,}")
_TRAILING_MINUS = re.compile(r"([0-9.,  ]+)-")
_BRACKETS = re.compile(r"\(([0-9.,  ]+)\)")


def amount_of(cell: Cell) -> int | None:
    """Øre, signed; None for an empty cell. ValueError carries the way out."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return None
    try:
        if isinstance(cell, int | Decimal):
            # what a workbook computed may be off in the last bits; a hundredth of an øre is noise, a tenth is not
            return ore_from_decimal(_without_noise(Decimal(cell)))
        text = str(cell).strip()
        negative = _BRACKETS.fullmatch(text) or (_TRAILING_MINUS.fullmatch(text) if not text.endswith(",-") else None)
        return -parse_kroner(negative[1].strip()) if negative else parse_kroner(text)
    except ValueError as error:
        raise ValueError(NOT_AN_AMOUNT) from error


def date_of(cell: Cell) -> date | None:
    """None for an empty cell. ValueError carries the way out."""
    if isinstance(cell, date):
        return cell
    text = "" if cell is None else str(cell).strip()
    if not text:
        return None
    try:
        if found := _ISO.fullmatch(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if found := _NORWEGIAN.fullmatch(text):
            year = int(found[3])
            return date(year if year > 99 else 2000 + year, int(found[2]), int(found[1]))
    except ValueError as error:
        raise ValueError(NOT_A_DATE) from error
    raise ValueError(NOT_A_DATE)


def email_of(text: str) -> str | None:
    """The first address of the cell. ValueError carries the way out."""
    if not text:
        return None
    first = re.split(r"[;,\s]+", text)[0]
    if not _EMAIL.fullmatch(first) or len(first) > 254:
        raise ValueError(NOT_AN_EMAIL)
    return first


def _without_noise(told: Decimal) -> Decimal:
    rounded = told.quantize(Decimal("0.01"))
    return rounded if abs(told - rounded) <= Decimal("0.0001") else told
