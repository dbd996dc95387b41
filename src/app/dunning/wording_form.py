"""The form of a text: a few `name: value` lines, then blocks with named gaps.

== paragraph if invoice_number          a paragraph, kept only when the field has a value (`unless`: only when it has none)
== continued if fee                     goes on in the paragraph above
== info if contact: Heading             a short paragraph with a heading
== footer if bureau                     small print
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

NOTICE_FIELDS = frozenset(
    {
        *("creditor", "bureau", "bureau_number", "contact", "reference", "account", "payment_reference"),
        *("concerning", "invoice_number", "due_on", "deadline", "paid_until", "reminded_on"),
        *("amount", "principal", "paid", "fee", "interest", "interest_terms", "compensation"),
    }
)
LIST_FIELDS = frozenset({"company", "bureau", "week", "count", "total", "decide_before", "left_out", "held"})
APPROVAL_FIELDS = frozenset({"company", "bureau", "name", "count", "total", "per_day", "again"})
ARRANGEMENT_FIELDS = frozenset({"creditor", "bureau", "contact", "invoice_number", "amount", "last_on", "count", "one", "several"})
THANKS_FIELDS = frozenset({"creditor", "bureau", "contact", "invoice_number"})
FIELDS_OF_KIND = {
    **dict.fromkeys(("due_notice", "reminder", "collection_warning", "payment_demand"), NOTICE_FIELDS),
    "weekly_list": LIST_FIELDS,
    "approval": APPROVAL_FIELDS,
    "arrangement": ARRANGEMENT_FIELDS,
    "thanks": THANKS_FIELDS,
}
_HEADS = frozenset({"title", "heading", "subject", "action"})
_BLOCK = re.compile(r"== (?P<role>paragraph|continued|info|footer)(?P<conditions>(?: (?:if|unless) [a-z_]+)*)(?:: (?P<heading>.+))?")
GAP = re.compile(r"\{([^{}]*)\}")


class WordingError(Exception):
    """A text that cannot be used as it stands."""


class UnknownWordingError(WordingError):
    """There is no such text: kind, language, version or tone."""


class UnknownFieldError(WordingError):
    """A text asks for something no notice has; found when the text is read, not when a letter is due."""


class MissingFieldError(WordingError):
    """A text asks for something this notice does not have."""


@dataclass(frozen=True, slots=True)
class Block:
    role: str
    text: str
    heading: str | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WordingDocument:
    """One versioned text with its gaps. `name` ("collection_warning.nb.v1.neutral") is what a frozen notice remembers."""

    name: str
    kind: str
    language: str
    heads: Mapping[str, str]
    blocks: tuple[Block, ...]


def parse_wording(text: str, *, name: str, kind: str, language: str) -> WordingDocument:
    """A text in the form above. WordingError when it has another form, UnknownFieldError when it asks for a field `kind` does not have."""
    if kind not in FIELDS_OF_KIND:
        raise UnknownWordingError(f"{name}: no texts of the kind {kind!r}")
    head, *parts = re.split(r"^(?=== )", text, flags=re.MULTILINE)
    heads: dict[str, str] = {}
    for line in filter(None, map(str.strip, head.splitlines())):
        key, _, value = line.partition(": ")
        if key not in _HEADS or not value:
            raise WordingError(f"{name}: not a heading of a text: {line!r}")
        heads[key] = value
    if missing := {"title", "heading", "subject"} - heads.keys():
        raise WordingError(f"{name}: lacks {sorted(missing)}")
    blocks = tuple(_block(part, name) for part in parts)
    passages = [*heads.values(), *(block.text for block in blocks), *(block.heading or "" for block in blocks)]
    asked = {gap for words in passages for gap in _gaps(words, name)}
    asked.update(field for block in blocks for field in (*block.present, *block.absent))
    if unknown := asked - FIELDS_OF_KIND[kind]:
        raise UnknownFieldError(f"{name}: no such field: {', '.join(sorted(unknown))}")
    return WordingDocument(name, kind, language, heads, blocks)


def _block(part: str, name: str) -> Block:
    first, _, rest = part.partition("\n")
    found = _BLOCK.fullmatch(first.strip())
    words = " ".join(rest.split())
    if found is None or not words or (found["role"] == "info") != (found["heading"] is not None):
        raise WordingError(f"{name}: not a block of a text: {first!r}")
    conditions = found["conditions"].split()
    pairs = list(zip(conditions[::2], conditions[1::2], strict=True))
    return Block(
        role=found["role"],
        text=words,
        heading=found["heading"],
        present=tuple(field for word, field in pairs if word == "if"),
        absent=tuple(field for word, field in pairs if word == "unless"),
    )


def _gaps(words: str, name: str) -> list[str]:
    gaps = GAP.findall(words)
    if set("{}") & set(GAP.sub("", words)):
        raise WordingError(f"{name}: a brace without its partner: {words[:60]!r}")
    return gaps
