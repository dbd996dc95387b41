"""What is said about a case, line by line: where it stood when, the agency's own words, what it asks and what we asked of it.

Lines are only ever added. What the agency has told twice (an overlap, a webhook sent again) is kept once, by its own number of the line.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from sqlalchemy.dialects.postgresql import insert

from app.agencies.models import AgencyCase, CaseEventRow, CaseQuestionRow
from app.agencies.ports import CaseUpdate
from app.db.unit_of_work import UnitOfWork
from app.values.ids import new_id

Kind = Literal["state", "told", "asked", "ordered", "reported"]


def add(work: UnitOfWork, case: AgencyCase, kind: Kind, text: str, at: datetime, *, external_id: str | None = None) -> bool:
    """Add a line. False: the agency's line is there already."""
    row = insert(CaseEventRow).values(
        bureau_id=work.bureau_id, id=new_id(), company_id=case.company_id, agency_case_id=case.id, kind=kind,
        state=case.state if kind == "state" else None, text_=text, external_id=None if external_id is None else external_id[:120], at=at,
    )  # fmt: skip
    return work.session.execute(row.on_conflict_do_nothing().returning(CaseEventRow.id)).scalar_one_or_none() is not None


def keep(work: UnitOfWork, case: AgencyCase, said: CaseUpdate) -> int:
    """Keep what the agency tells and asks about the case. Returns how much of it is new."""
    new = sum(add(work, case, "told", one.text, one.at, external_id=one.external_id) for one in said.events)
    for asked in said.questions:
        row = insert(CaseQuestionRow).values(
            bureau_id=work.bureau_id, id=new_id(), company_id=case.company_id, agency_case_id=case.id, external_id=asked.external_id[:120],
            kind=asked.kind.value, text_=asked.text, due_on=asked.due_on, cost_ore=asked.cost_ore, asked_at=asked.asked_at,
        )  # fmt: skip
        if work.session.execute(row.on_conflict_do_nothing().returning(CaseQuestionRow.id)).scalar_one_or_none() is not None:
            add(work, case, "asked", asked.text, asked.asked_at)
            new += 1
    return new
