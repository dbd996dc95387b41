"""A mail tells nobody that it was opened: what writes mails fetches nothing from anywhere."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src/app"
WRITERS = (*SOURCE.glob("messaging/*.py"), *SOURCE.glob("dunning/letters/*.py"))
FETCHES = re.compile(r"<(?:img|link|script|iframe|video|audio|object)\b|\bbackground=|url\(|@import", re.IGNORECASE)


def test_no_mail_fetches_anything() -> None:
    assert len(WRITERS) > 10
    found = [f"{path.name}: {hit}" for path in WRITERS for hit in FETCHES.findall(path.read_text())]
    assert found == [], "an image or style fetched from a mail is a tracking pixel: put it into the mail, or leave it out"
