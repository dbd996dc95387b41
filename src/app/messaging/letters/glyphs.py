"""Text made fit for print: nothing the fonts cannot show, and no word longer than its column."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

FONT_FOLDER = Path(__file__).parent / "fonts"
WORD_MAX = 36
_MISSING = "\u25a1"
_BREAK_HERE = "\u200b"


def printable(text: str) -> str:
    """The text as the letter can show it.

    Characters no font here has become □, because PDF/A refuses a letter with a missing glyph and a name in another script must not keep
    it from going out; line breaks and tabs become spaces; control characters go; words beyond 36 characters may break.
    """
    composed = unicodedata.normalize("NFC", text)
    shown = "".join(_shown(character) for character in composed)
    return " ".join(_breakable(word) for word in shown.split(" "))


def _shown(character: str) -> str:
    if character in "\t\n\r\v\f":
        return " "
    if character in covered() and character != _BREAK_HERE:
        return character
    # controls, direction marks and stray accents have no ink of their own
    return "" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Mn") else _MISSING


def _breakable(word: str) -> str:
    if len(word) <= WORD_MAX:
        return word
    step = WORD_MAX // 2
    return _BREAK_HERE.join(word[start : start + step] for start in range(0, len(word), step))


@lru_cache(maxsize=1)
def covered() -> frozenset[str]:
    """Every character the letter's fonts can show."""
    characters: set[str] = set()
    for line in (FONT_FOLDER / "coverage.txt").read_text("ascii").splitlines():
        if not line.startswith("#"):
            first, last = (int(bound, 16) for bound in line.split("-"))
            characters.update(map(chr, range(first, last + 1)))
    return frozenset(characters)
