"""KID (kundeidentifikasjon): the payment reference that lets a payment find its invoice.

2 to 25 digits, the last a check digit by MOD10 or MOD11 as the creditor agreed with the bank; a MOD11 check may come out as "-".
"""

from __future__ import annotations

import re

from stdnum import luhn

LENGTH_MIN = 2
LENGTH_MAX = 25

_SHAPE = re.compile(rf"[0-9]{{{LENGTH_MIN - 1},{LENGTH_MAX - 1}}}[0-9-]")
_MOD11_WEIGHTS = (2, 3, 4, 5, 6, 7)


def is_kid(text: str) -> bool:
    """Has it the shape of a KID and a right check digit by either algorithm? Nothing is trimmed: spaces make it none."""
    if _SHAPE.fullmatch(text) is None:
        return False
    return _mod11_check(text[:-1]) == text[-1] or (text[-1] != "-" and bool(luhn.is_valid(text)))


def kid_with_check_digit(payload: str) -> str:
    """The payload with its MOD10 check digit. ValueError unless it is 1 to 24 digits."""
    if re.fullmatch(rf"[0-9]{{{LENGTH_MIN - 1},{LENGTH_MAX - 1}}}", payload) is None:
        raise ValueError("a KID payload is 1 to 24 digits")
    return payload + str(luhn.calc_check_digit(payload))


def _mod11_check(payload: str) -> str:
    weighted = sum(int(digit) * _MOD11_WEIGHTS[place % 6] for place, digit in enumerate(reversed(payload)))
    check = 11 - weighted % 11
    return {10: "-", 11: "0"}.get(check, str(check))
