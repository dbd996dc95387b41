"""Words of a bureau's or a company's own: tried, versioned and kept. The company's hold before the bureau's, and those before the house's.

What was sent keeps the words it was sent with: they are frozen in the notice, not looked up again.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from app.db.unit_of_work import UnitOfWork
from app.dunning.facts import NoticeKind
from app.dunning.models import WordingRow
from app.dunning.wording import Tone, wording_text
from app.dunning.wording_form import WordingDocument, parse_wording
from app.dunning.wording_trial import WordingFault, faults
from app.messaging.letters.content import LANGUAGES
from app.tenants import audit
from app.values.ids import new_id

THANKS = "thanks"
#: what may be said in words of one's own, and in which tones: thanks are friendly or nothing
TONES_OF: dict[str, tuple[str, ...]] = {
    **{kind.value: tuple(tone.value for tone in Tone) for kind in NoticeKind},
    THANKS: (Tone.FRIENDLY.value,),
}


class WordingRefusedError(ValueError):
    """The words cannot be kept as they stand; `faults` say why."""

    def __init__(self, found: tuple[WordingFault, ...]) -> None:
        super().__init__(", ".join(one.code for one in found))
        self.faults = found


@dataclass(frozen=True, slots=True)
class Which:
    """One text: what kind of notice, or the thanks for a payment, in which language and tone. LookupError when there is no such text."""

    kind: str
    language: str
    tone: str

    def __post_init__(self) -> None:
        if self.tone not in TONES_OF.get(self.kind, ()) or self.language not in LANGUAGES:
            raise LookupError("no such text")


@dataclass(frozen=True, slots=True)
class Kept:
    """A version of the words at one place (without a company: the bureau). `text` None: given up, the words below hold."""

    which: Which
    company_id: uuid.UUID | None
    version: int
    text: str | None
    made_by: str
    made_at: datetime


def every() -> list[Which]:
    """All texts there are."""
    return [Which(kind, language, tone) for kind, tones in TONES_OF.items() for language in LANGUAGES for tone in tones]


def in_force(work: UnitOfWork, company_id: uuid.UUID | None, which: Which) -> Kept | None:
    """The own words that hold for a company (None: for the bureau's companies at large); None: the house's words do."""
    found = {one.company_id: one for one in _newest(work, company_id) if one.which == which and one.text is not None}
    return found.get(company_id) or found.get(None)


def document(work: UnitOfWork, company_id: uuid.UUID, which: Which) -> WordingDocument | None:
    """The own words to write a notice with, named as a frozen notice remembers them; None: the house's."""
    kept = in_force(work, company_id, which)
    if kept is None or kept.text is None:
        return None
    place = "bureau" if kept.company_id is None else "company"
    name = f"{which.kind}.{which.language}.{place}{kept.version}.{which.tone}"
    return parse_wording(kept.text, name=name, kind=which.kind, language=which.language)


def text_of(work: UnitOfWork, company_id: uuid.UUID | None, which: Which) -> str:
    """The words in force in their written form, with their gaps."""
    kept = in_force(work, company_id, which)
    return wording_text(which.kind, which.language, which.tone) if kept is None or kept.text is None else kept.text


def own(work: UnitOfWork, company_id: uuid.UUID | None) -> dict[Which, Kept]:
    """What is written at this very place, in its newest version."""
    return {one.which: one for one in _newest(work, company_id) if one.company_id == company_id and one.text is not None}


def versions(work: UnitOfWork, company_id: uuid.UUID | None, which: Which) -> list[Kept]:
    """Who wrote what at this place, newest first."""
    rows = work.session.execute(select(WordingRow).where(_at(company_id), *_of(which)).order_by(WordingRow.version.desc())).scalars()
    return [_kept(row) for row in rows]


def save(work: UnitOfWork, company_id: uuid.UUID | None, which: Which, text: str) -> int:
    """Keep these words from now on. Returns their version at this place. WordingRefusedError names what is wrong with them."""
    words = "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
    found = faults(words, kind=which.kind, language=which.language, tone=which.tone)
    if found:
        raise WordingRefusedError(found)
    return _append(work, company_id, which, words)


def give_up(work: UnitOfWork, company_id: uuid.UUID | None, which: Which) -> bool:
    """Go back to the words below: the bureau's, or the house's. False: there were none of one's own here."""
    if which not in own(work, company_id):
        return False
    _append(work, company_id, which, None)
    return True


def _append(work: UnitOfWork, company_id: uuid.UUID | None, which: Which, text: str | None) -> int:
    lock = f"wordings:{work.bureau_id}:{company_id}:{which.kind}:{which.language}:{which.tone}"
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(lock, 0))))
    newest = select(func.coalesce(func.max(WordingRow.version), 0)).where(_at(company_id), *_of(which))
    version: int = work.session.execute(newest).scalar_one() + 1
    work.session.add(
        WordingRow(
            bureau_id=work.bureau_id, id=new_id(), company_id=company_id, kind=which.kind, language=which.language, tone=which.tone,
            version=version, text_=text, made_by=work.actor.name, made_at=work.now(),
        )
    )  # fmt: skip
    work.session.flush()
    action = "wording.saved" if text is not None else "wording.given_up"
    audit.record(work, action, "wording", None, company_id=company_id, kind=which.kind, language=which.language, tone=which.tone)
    return version


def _newest(work: UnitOfWork, company_id: uuid.UUID | None) -> list[Kept]:
    """The newest version of each text, the bureau's and this company's."""
    mine = (
        WordingRow.company_id.is_(None) if company_id is None else WordingRow.company_id.is_(None) | (WordingRow.company_id == company_id)
    )
    rows = work.session.execute(select(WordingRow).where(mine).order_by(WordingRow.version)).scalars()
    newest = {(row.company_id, row.kind, row.language, row.tone): row for row in rows}
    return [_kept(row) for row in newest.values()]


def _kept(row: WordingRow) -> Kept:
    return Kept(Which(row.kind, row.language, row.tone), row.company_id, row.version, row.text_, row.made_by, row.made_at)


def _at(company_id: uuid.UUID | None) -> ColumnElement[bool]:
    return WordingRow.company_id.is_not_distinct_from(company_id)


def _of(which: Which) -> tuple[ColumnElement[bool], ...]:
    return (WordingRow.kind == which.kind, WordingRow.language == which.language, WordingRow.tone == which.tone)
