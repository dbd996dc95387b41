"""What fits in a text message: GSM 03.38's alphabet (3GPP TS 23.038), its length in parts, and who may stand as sender. Pure."""

from __future__ import annotations

import re
import unicodedata

import gsm0338

ALONE_MAX = 160
#: each part of a longer message spends 7 septets on saying which part it is
PART_MAX = 153
PARTS_MAX = 3
SENDER_MAX = 11
#: what a Norwegian text may hold and the alphabet lacks; anything else loses its accent, or becomes a question mark
INSTEAD = {
    "«": '"', "»": '"', "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "–": "-", "—": "-", "−": "-", "…": "...", "•": "-",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u00ad": "", "\t": " ", "×": "x", "½": "1/2", "°": " grader", "`": "'",
}  # fmt: skip
_CODEC = gsm0338.Codec()
_NORDIC = str.maketrans({"æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "å": "a", "Å": "A"})


class TooLongError(ValueError):
    """What must be said does not fit, and is not cut."""


def plain(text: str) -> str:
    """The text with nothing in it that the alphabet cannot show."""
    return "".join(_shown(character) for character in unicodedata.normalize("NFC", text))


def septets(text: str) -> int:
    """How much of a message it takes: the characters of the extension table ({ } [ ] ~ \\ | ^ and €) take two."""
    return sum(_width(character) for character in text)


def parts(text: str) -> int:
    """How many messages it is sent and charged as. A character of two septets is never split over two of them."""
    if septets(text) <= ALONE_MAX:
        return 1
    number, used = 1, 0
    for character in text:
        width = _width(character)
        if used + width > PART_MAX:
            number, used = number + 1, 0
        used += width
    return number


def compose(lead: str, must: str, parts_max: int = PARTS_MAX) -> str:
    """`lead`, shortened at a word if need be, and then `must` whole: an amount, an account or a KID is never cut.

    Raises `TooLongError` when `must` alone is too long.
    """
    words, whole = plain(" ".join(lead.split())).split(" "), plain(must)
    if parts(whole) > parts_max:
        raise TooLongError("what must stand in the message is too long for it")
    text = " ".join([*words, whole]).strip()
    while parts(text) > parts_max and words:
        words.pop()
        text = f"{' '.join(words)}... {whole}" if words else whole
    return text


def sender_id(name: str) -> str:
    """A company's name as an alphanumeric sender: at most 11 letters, digits and spaces, with a letter among them.

    Whole words as long as they fit. ValueError where nothing of the name can be shown.
    """
    bare = " ".join(re.sub(r"[^A-Za-z0-9 ]", " ", unicodedata.normalize("NFKD", name.translate(_NORDIC))).split())
    kept = ""
    for word in bare.split(" "):
        if len(f"{kept} {word}".strip()) > SENDER_MAX:
            break
        kept = f"{kept} {word}".strip()
    found = kept or bare[:SENDER_MAX]
    if not re.search(r"[A-Za-z]", found):
        raise ValueError("the name gives no sender that a telephone can show")
    return found


def mobile_number(text: str) -> str | None:
    """A number that takes text messages, as +4790000000; None for a landline, a short number, or no number. Abroad any number may."""
    bare = re.sub(r"[\s().-]", "", text)
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    norwegian = re.fullmatch(r"(?:\+47)?([49]\d{7})", bare)
    if norwegian is not None:
        return f"+47{norwegian[1]}"
    return bare if re.fullmatch(r"\+(?!47)[1-9]\d{6,13}", bare) else None


def _shown(character: str) -> str:
    if character == "\r":
        return ""
    if character == "\x1b":
        return "?"
    if _fits(character):
        return character
    for other in (
        INSTEAD.get(character),
        "".join(one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one)),
    ):
        if other is not None and ((other == "" and character in INSTEAD) or (other and all(_fits(one) for one in other))):
            return other
    return "?"


def _fits(character: str) -> bool:
    try:
        return _width(character) > 0
    except UnicodeEncodeError:
        return False


def _width(character: str) -> int:
    return len(_CODEC.encode(character)[0])
