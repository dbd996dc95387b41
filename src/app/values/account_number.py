"""Norwegian bank account numbers (kontonummer): eleven digits, the last a MOD11 check digit."""

from __future__ import annotations

from stdnum.exceptions import ValidationError
from stdnum.no import kontonr
from stdnum.util import clean, isdigits

_LENGTH = 11


def parse_account_number(text: str) -> str:
    """The eleven bare digits of "1234 56 78903" or "1234.56.78903"; ValueError when it is no account number."""
    bare = clean(text.replace("\u00a0", " ").replace("\u202f", " "), " .-").strip()
    if len(bare) != _LENGTH or not isdigits(bare) or not bare.strip("0"):
        raise ValueError(f"not a bank account number: {text[:40]!r}")
    try:
        kontonr.validate(bare)
    except ValidationError as error:
        raise ValueError(f"not a bank account number: {text[:40]!r}") from error
    return bare


def format_account_number(number: str) -> str:
    """ "12345678903" becomes "1234 56 78903", as it is printed on invoices. ValueError unless it is eleven digits."""
    if len(number) != _LENGTH or not isdigits(number):
        raise ValueError(f"not eleven digits: {number[:40]!r}")
    return f"{number[:4]} {number[4:6]} {number[6:]}"
