"""The words of a notice: versioned documents, filled from an allow-list of fields and checked against what the law wants said.

A document lies in `letters/` as `<kind>.<language>.v<version>.<tone>.txt` (its form: `wording_form`). What was sent must stay readable as
it was: a changed sentence is a new version, never an edit. Nothing here decides whether a notice may be sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from app.dunning.wording_form import (
    FIELDS_OF_KIND,
    GAP,
    MissingFieldError,
    UnknownFieldError,
    UnknownWordingError,
    WordingDocument,
    parse_wording,
)

_FOLDER = Path(__file__).parent / "letters"
#: the version a new notice is written in; older ones stay readable by naming them
CURRENT_VERSION = 1
# a sentence that says: if it is not paid, collection follows ("may follow" is not clear enough)
_COLLECTION = {
    "nb": re.compile(
        r"(?:\bikke\b[^.!?]*\bbetal\w*|\bbetal\w*[^.!?]*\b(?:ikke|uteblir)\b|\buteblir\b)[^.!?]*"
        r"\b(?:vil|blir|sender|sendes|starter|settes|overføres|oversendes)\b(?:(?!\bikke\b)[^.!?])*\binkasso\b",
        re.IGNORECASE,
    ),
    "nn": re.compile(
        r"(?:\bikkje\b[^.!?]*\bbetal\w*|\bbetal\w*[^.!?]*\b(?:ikkje|uteblir)\b|\buteblir\b)[^.!?]*"
        r"\b(?:vil|blir|sender|startar|set|overfører|oversender)\b(?:(?!\bikkje\b)[^.!?])*\binkasso\b",
        re.IGNORECASE,
    ),
    "en": re.compile(r"\bnot\b[^.!?]*\bpaid\b[^.!?]*\b(?:will|shall)\b(?:(?!\bnot\b)[^.!?])*\bdebt collection\b", re.IGNORECASE),
}
_DISPUTE = {
    "nb": re.compile(r"\b(?:uenig|innsigelse|bestrid)", re.IGNORECASE),
    "nn": re.compile(r"\b(?:usamd|ueinig|innvending|motsegn|bestrid)", re.IGNORECASE),
    "en": re.compile(r"\b(?:disagree|dispute|objection)", re.IGNORECASE),
}
_PAYMENT_REMARK = re.compile(r"betalingsanmerkning|anmerkning|betalingsmerknad|payment remark|credit record|credit rating", re.IGNORECASE)
_CERTAIN_COST = re.compile(
    r"\b(?:vil|kommer til å|kjem til å)\b[^.!?]*\b(?:koste|påføre|påløpe|kostnad|omkostning|salær)"
    r"|\b(?:will|shall)\b[^.!?]*\b(?:costs?|charges|fees)\b",
    re.IGNORECASE,
)
_NEEDED_FIELDS = {
    "creditor": "who the creditor is",
    "concerning": "what the claim is for",
    "due_on": "when it fell due",
    "principal": "the principal by itself",
    "amount": "the amount to pay",
    "deadline": "the payment deadline",
    "account": "the account to pay to",
    "payment_reference": "KID or what to mark the payment with",
    "contact": "whom to reach",
}
# what inkassoloven § 10 letter e asks for: that not paying may bring further costs and legal recovery ("may": it is not certain)
_CONSEQUENCES = {
    "nb": re.compile(r"\bikke\b[^.!?]*\bkan\b[^.!?]*\bytterligere kostnader\b[^.!?]*\brettslig inndriving\b", re.IGNORECASE),
    "nn": re.compile(r"\bikkje\b[^.!?]*\bkan\b[^.!?]*\bytterlegare kostnader\b[^.!?]*\brettsleg inndriving\b", re.IGNORECASE),
    "en": re.compile(r"\bnot paid\b[^.!?]*\bmay\b[^.!?]*\bfurther costs\b[^.!?]*\blegal recovery\b", re.IGNORECASE),
}
_NO_INTEREST = {
    "nb": re.compile(r"\bikke krevd forsinkelsesrente\b", re.IGNORECASE),
    "nn": re.compile(r"\bikkje kravd forseinkingsrente\b", re.IGNORECASE),
    "en": re.compile(r"\bno late payment interest\b", re.IGNORECASE),
}
_THREAT = re.compile(
    r"inkasso|purregebyr|forsinkelsesrente|forseinkingsrente|debt collection|reminder fee|late payment interest", re.IGNORECASE
)
_DEMAND_STATES = {
    "creditor": "who the creditor is", "concerning": "what the claim is for", "principal": "the principal by itself",
    "fee": "the fees by themselves", "interest": "the interest by itself", "compensation": "the compensation by itself",
}  # fmt: skip
_LAW = {
    "due_notice": "inkassoloven § 8",
    "reminder": "inkassoforskriften § 1-2",
    "collection_warning": "inkassoloven § 9",
    "payment_demand": "inkassoloven § 10",
}
#: the provisions of the 2026 act that leave a letter to the agencies
_RESERVED_2026 = {"collection_warning": "inkassoloven 2026 § 20", "payment_demand": "inkassoloven 2026 § 21"}


class Tone(StrEnum):
    """How it is said. Never what is said: the sentences the law asks for are the same in every tone."""

    FRIENDLY = "friendly"
    NEUTRAL = "neutral"
    FIRM = "firm"


@dataclass(frozen=True, slots=True)
class FilledWording:
    """The words as they will be sent, and the fields they were filled from."""

    name: str
    kind: str
    language: str
    title: str
    heading: str
    subject: str
    action: str | None
    paragraphs: tuple[str, ...]
    info: tuple[tuple[str, str], ...]
    footer: str | None
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Something a notice lacks or must not say. `element` is a stable name, `law` the public provision it follows from."""

    element: str
    law: str
    explanation: str


def wording_document(kind: str, *, language: str = "nb", tone: str = Tone.NEUTRAL, version: int | None = None) -> WordingDocument:
    """The text of a notice: `kind` is a `NoticeKind`'s value or `weekly_list`. UnknownWordingError when there is none."""
    return _read(kind, language, CURRENT_VERSION if version is None else version, str(tone))


def wording_text(kind: str, language: str, tone: str) -> str:
    """The house's text as it is written, gaps and all: what somebody begins with who wants words of his own."""
    return _written(f"{kind}.{language}.v{CURRENT_VERSION}.{tone}")


def fill(document: WordingDocument, fields: Mapping[str, str]) -> FilledWording:
    """The text with its gaps filled, once: what stands in a field is never read as a gap again. An empty field counts as absent.

    UnknownFieldError for a field no such notice has, MissingFieldError for one the text needs and does not get.
    """
    if unknown := fields.keys() - FIELDS_OF_KIND[document.kind]:
        raise UnknownFieldError(f"{document.name}: no such field: {', '.join(sorted(unknown))}")
    given = {field: value for field, value in fields.items() if value}
    paragraphs: list[str] = []
    info: list[tuple[str, str]] = []
    footer: str | None = None
    for block in document.blocks:
        if not all(field in given for field in block.present) or any(field in given for field in block.absent):
            continue
        words = _filled(block.text, given, document.name)
        if block.role == "info":
            info.append((_filled(block.heading or "", given, document.name), words))
        elif block.role == "footer":
            footer = words
        elif block.role == "continued" and paragraphs:
            paragraphs[-1] = f"{paragraphs[-1]} {words}"
        else:
            paragraphs.append(words)
    heads = {key: _filled(words, given, document.name) for key, words in document.heads.items()}
    return FilledWording(
        name=document.name,
        kind=document.kind,
        language=document.language,
        title=heads["title"],
        heading=heads["heading"],
        subject=" ".join(heads["subject"].split()),
        action=heads.get("action"),
        paragraphs=tuple(paragraphs),
        info=tuple(info),
        footer=footer,
        fields=given,
    )


def check_content(kind: str, statute: str, filled: FilledWording) -> list[Shortfall]:
    """What is wrong with the words of a notice under a statute (named with its year, 1988 or 2026); an empty list means none.

    A purring must state the amount and what it concerns (inkassoforskriften § 1-2), an inkassovarsel in addition that collection follows if
    the deadline passes (inkassoloven 1988 § 9), a creditor's own betalingsoppfordring the content of § 10 a to e. A notice before the due
    date charges and threatens with nothing. None may threaten with a payment remark, which only an agency can bring about
    (kredittopplysningsloven §§ 9 and 10), nor say that costs are certain to follow. Under the 2026 act inkassovarsel and
    betalingsoppfordring are the agency's own letters (§§ 20, 21). ValueError for a kind or statute without rules here.
    """
    year = _year(statute)
    if kind not in _LAW or filled.kind != kind:
        raise ValueError(f"no rules for the words of a {kind} in {filled.name}")
    if year == "2026" and kind in _RESERVED_2026:
        what = kind.replace("_", " ")
        return [Shortfall("reserved_for_agencies", _RESERVED_2026[kind], f"only an agency sends the {what} under this act")]
    found = [Shortfall(field, _LAW[kind], f"lacks {what}") for field, what in _NEEDED_FIELDS.items() if not filled.fields.get(field)]
    prose = _prose(filled)
    found += _unsplit(kind, filled)
    found += [
        Shortfall(f"{field}_in_text", _LAW[kind], f"the text does not state {_NEEDED_FIELDS[field]}")
        for field in ("amount", "deadline")
        if filled.fields.get(field) and _sentence(filled.fields[field]) not in _sentence(" ".join(filled.paragraphs))
    ]
    more = {"due_notice": _due_notice_shortfalls, "collection_warning": _warning_shortfalls, "payment_demand": _demand_shortfalls}
    if kind in more:
        found += more[kind](filled, prose)
    if _PAYMENT_REMARK.search(prose):
        found.append(
            Shortfall("payment_remark", "kredittopplysningsloven § 10", "a notice never leads to a payment remark and must not say so")
        )
    if _CERTAIN_COST.search(prose):
        found.append(Shortfall("certain_cost", "inkassoloven § 8", "it must not be said that not paying is certain to cost more"))
    return found


def check_thanks(filled: FilledWording) -> list[Shortfall]:
    """What is wrong with the words of thanks: they ask for nothing. Who has paid must not be pressed any more (inkassoloven § 8, god
    inkassoskikk)."""
    prose = _prose(filled)
    found = [Shortfall("threat_in_thanks", "inkassoloven § 8", "speaks of fees, interest or collection")] if _THREAT.search(prose) else []
    if _PAYMENT_REMARK.search(prose):
        found.append(
            Shortfall("payment_remark", "kredittopplysningsloven § 10", "a notice never leads to a payment remark and must not say so")
        )
    return found


@lru_cache(maxsize=256)
def _read(kind: str, language: str, version: int, tone: str) -> WordingDocument:
    name = f"{kind}.{language}.v{version}.{tone}"
    return parse_wording(_written(name), name=name, kind=kind, language=language)


def _written(name: str) -> str:
    path = _FOLDER / f"{name}.txt"
    if not re.fullmatch(r"[a-z_]+\.[a-z]{2}\.v[0-9]+\.[a-z]+", name) or not path.is_file():
        raise UnknownWordingError(f"no text named {name}")
    return path.read_text("utf-8")


def _filled(words: str, given: Mapping[str, str], name: str) -> str:
    def value(gap: re.Match[str]) -> str:
        if gap[1] not in given:
            raise MissingFieldError(f"{name}: the text needs {gap[1]}")
        return given[gap[1]]

    return GAP.sub(value, words)


def _warning_shortfalls(filled: FilledWording, prose: str) -> list[Shortfall]:
    law = _LAW["collection_warning"]
    found = []
    if "inkassovarsel" not in filled.heading.lower():
        found.append(Shortfall("named", law, "the heading does not call it an inkassovarsel"))
    if not _COLLECTION[filled.language].search(_sentence(" ".join(filled.paragraphs))):
        found.append(Shortfall("collection_statement", law, "does not say clearly that collection follows if it is not paid"))
    if not _DISPUTE[filled.language].search(prose):
        found.append(Shortfall("how_to_dispute", "inkassoloven § 17", "does not say how to object"))
    return found


def _demand_shortfalls(filled: FilledWording, prose: str) -> list[Shortfall]:
    """inkassoloven 1988 § 10 second paragraph, letters a to e; letter f is for those with a licence."""
    law, said, given = _LAW["payment_demand"], _sentence(" ".join(filled.paragraphs)), filled.fields
    found = []
    if "betalingsoppfordring" not in filled.heading.lower():
        found.append(Shortfall("named", law, "the heading does not call it a betalingsoppfordring"))
    for field in ("creditor", "concerning", "principal", "fee", "interest", "compensation"):
        if given.get(field) and _sentence(given[field]) not in said:
            found.append(Shortfall(f"{field}_in_text", law, f"the text does not state {_DEMAND_STATES[field]}"))
    if given.get("interest"):
        if not given.get("interest_terms") or _sentence(given["interest_terms"]) not in said:
            found.append(Shortfall("interest_terms", law, "does not say at which rate and from which day interest is charged"))
    elif not _NO_INTEREST[filled.language].search(said):
        found.append(Shortfall("no_interest", law, "does not say that no interest is charged"))
    if not _CONSEQUENCES[filled.language].search(said):
        found.append(Shortfall("consequences", law, "does not say that not paying may bring further costs and legal recovery"))
    if not _DISPUTE[filled.language].search(said):
        found.append(Shortfall("how_to_dispute", law, "does not say that objections may be made within the deadline"))
    return found


def _due_notice_shortfalls(filled: FilledWording, prose: str) -> list[Shortfall]:
    """Nothing is late yet: a courtesy that threatened or charged would be undue pressure (inkassoloven § 8, god inkassoskikk)."""
    law = _LAW["due_notice"]
    found = []
    if any(filled.fields.get(part) for part in ("fee", "interest", "compensation")):
        found.append(Shortfall("charged_before_due", law, "nothing may be charged before the due date"))
    if _THREAT.search(prose):
        found.append(Shortfall("threat_before_due", law, "speaks of fees, interest or collection before the due date"))
    return found


def _unsplit(kind: str, filled: FilledWording) -> list[Shortfall]:
    given = filled.fields
    parts = ("fee", "interest", "compensation", "paid")
    if given.get("amount") and given.get("amount") != given.get("principal") and not any(given.get(part) for part in parts):
        return [Shortfall("amounts_split", _LAW[kind], "the amount differs from the principal, and nothing says by what")]
    return []


def _year(statute: str) -> str:
    for year in ("1988", "2026"):
        if year in statute:
            return year
    raise ValueError(f"no rules for the statute {statute!r}")


def _prose(filled: FilledWording) -> str:
    parts = (filled.title, filled.heading, *filled.paragraphs, *(f"{heading} {text}" for heading, text in filled.info), filled.footer or "")
    return _sentence(" ".join(part for part in parts if part))


def _sentence(words: str) -> str:
    # the dot of a date does not end a sentence
    return re.sub(r"(?<=[0-9])\. (?=[a-zæøå])", " ", words.replace("\u00a0", " "))
