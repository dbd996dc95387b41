"""Money is integer øre. Here it is read from text, shown to people, and rounded: half up, and nowhere else."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

#: what one amount may be, in øre (a hundred billion kroner): beyond it something was misread, and columns are 64 bits
AMOUNT_MAX_ORE = 10_000_000_000_000

_NBSP = "\u00a0"
_MINUS = "\u2212"
_SPACES = re.compile(r"[\u00a0\u202f\u2009]")
_CURRENCY = re.compile(r"^([-+]?)\s*(?:kr\.?|nok)\s*|\s*(?:kr\.?|nok)$", re.IGNORECASE)
_GROUPED = r"(?:[0-9]{1,3}(?:%s[0-9]{3})+|[0-9]+)"
_SHAPES = (
    re.compile(rf"(?P<sign>[-+]?)(?P<whole>{_GROUPED % '[ ]'})(?:[,.](?P<part>[0-9]{{1,2}}|-))?"),
    re.compile(rf"(?P<sign>[-+]?)(?P<whole>{_GROUPED % '[.]'})(?:,(?P<part>[0-9]{{1,2}}|-))?"),
    re.compile(r"(?P<sign>[-+]?)(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+)\.(?P<part>[0-9]{1,2})"),
)


def parse_kroner(text: str) -> int:
    """Kroner as people write them, in øre: "1 234,50", "1234.5", "kr 1.234,50", "−250,-". ValueError when it cannot be told for sure."""
    plain = _SPACES.sub(" ", text).replace(_MINUS, "-").strip()
    plain = _CURRENCY.sub(r"\1", plain).strip()
    for shape in _SHAPES:
        if (found := shape.fullmatch(plain)) is not None:
            return _ore_of(found)
    raise ValueError(f"not an amount in kroner: {text[:40]!r}")


def format_ore(ore: int) -> str:
    """Kroner for a Norwegian reader: "1 234,50" with no-break spaces (U+00A0) and a true minus sign (U+2212)."""
    kroner, part = divmod(abs(ore), 100)
    grouped = f"{kroner:,}".replace(",", _NBSP)
    return f"{_MINUS if ore < 0 else ''}{grouped},{part:02d}"


def ore_from_decimal(kroner: Decimal) -> int:
    """Øre of an exact amount in kroner. ValueError on more than two decimals, on NaN and infinity, and beyond AMOUNT_MAX_ORE."""
    if not kroner.is_finite() or abs(kroner) > AMOUNT_MAX_ORE // 100:
        raise ValueError("the amount is out of bounds")
    try:
        exact = kroner.scaleb(2)
        whole = exact.to_integral_exact()
    except InvalidOperation as error:
        raise ValueError("the amount is out of bounds") from error
    if whole != exact:
        raise ValueError("an amount has at most two decimals")
    return int(whole)


def round_half_up(value: Decimal | Fraction) -> int:
    """To the nearest whole, exactly; a half goes away from zero."""
    exact = Fraction(value)
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return -whole if exact < 0 else whole


def _ore_of(found: re.Match[str]) -> int:
    whole = re.sub(r"[ .,]", "", found["whole"])
    part = (found["part"] or "").replace("-", "").ljust(2, "0")
    ore = int(whole) * 100 + int(part)
    if ore > AMOUNT_MAX_ORE:
        raise ValueError("the amount is out of bounds")
    return -ore if found["sign"] == "-" else ore
