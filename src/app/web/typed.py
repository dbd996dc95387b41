"""Days as people in Norway type them."""

from __future__ import annotations

import re
from datetime import date

_SHAPES = (
    re.compile(r"(?P<day>\d{1,2})[.\-/ ](?P<month>\d{1,2})(?:[.\-/ ](?P<year>\d{4}|\d{2})?)?"),
    re.compile(r"(?P<day>\d{2})(?P<month>\d{2})(?P<year>\d{4}|\d{2})?"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})"),
)
_CENTURY = 2000


def parse_day(text: str, today: date) -> date:
    """A day as 21.11.2026, 21.11.26, 211126, 21.11 (this year) or 2026-11-21. ValueError for anything else, and for 31.02."""
    for shape in _SHAPES:
        found = shape.fullmatch(text.strip())
        if found is not None:
            year = int(found["year"] or today.year)
            return date(year if year >= 100 else _CENTURY + year, int(found["month"]), int(found["day"]))
    raise ValueError(f"not a day: {text[:20]!r}")
