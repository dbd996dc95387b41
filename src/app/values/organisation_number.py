"""Organisation numbers (organisasjonsnummer, enhetsregisterloven § 3): nine digits, the last a MOD11 check digit."""

from __future__ import annotations

from stdnum.exceptions import ValidationError
from stdnum.no import mva, orgnr


def parse_organisation_number(text: str) -> str:
    """The nine bare digits of "974 760 673", "974760673" or "NO 974 760 673 MVA"; ValueError when it is none of them."""
    bare = mva.compact(_plain_spaces(text))
    bare = bare.removesuffix("MVA")
    try:
        digits = str(orgnr.validate(bare))
    except ValidationError as error:
        raise ValueError(f"not an organisation number: {text[:40]!r}") from error
    if digits.startswith("0"):
        raise ValueError(f"not an organisation number: {text[:40]!r}")
    return digits


def is_organisation_number(text: str) -> bool:
    try:
        parse_organisation_number(text)
    except ValueError:
        return False
    return True


def _plain_spaces(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")
