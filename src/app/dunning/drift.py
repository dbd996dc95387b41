"""Where companies have drifted from the bureau's standard: in which field, since when and by whom. Three queries, whatever their number."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning.models import PolicyRow
from app.dunning.policies import HOUSE, STANDARD
from app.dunning.tiers import Tier, resolve
from app.tenants.models import Company


@dataclass(frozen=True, slots=True)
class Deviation:
    """A field that a company wants otherwise than the bureau's standard. `since` is the later of the two words that made them differ.

    `moved_away`: it was the standard that moved; the company had its own word before.
    """

    company_id: uuid.UUID
    company: str
    field: str
    value: object
    standard: object
    since: datetime
    made_by: str
    moved_away: bool


@dataclass(frozen=True, slots=True)
class _Said:
    wishes: Mapping[str, object]
    made_by: str
    made_at: datetime


def deviations(work: UnitOfWork, company_id: uuid.UUID | None = None) -> tuple[Deviation, ...]:
    """Of all companies that are not closed, or of one, by name in Norwegian order and by field."""
    companies = select(Company.id, Company.name).where(Company.closed_at.is_(None)).order_by(Company.sort_key, Company.id)
    if company_id is not None:
        companies = companies.where(Company.id == company_id)
    own, standard = _said(work)
    found: list[Deviation] = []
    for row in work.session.execute(companies):
        found += _of(row.id, row.name, own[row.id], standard) if row.id in own else ()
    return tuple(found)


def _said(work: UnitOfWork) -> tuple[dict[uuid.UUID, list[_Said]], list[_Said]]:
    """Every version of every company and of the bureau, oldest first."""
    rows = (
        select(PolicyRow.company_id, PolicyRow.wishes, PolicyRow.made_by, PolicyRow.made_at)
        .where(PolicyRow.segment_id.is_(None), PolicyRow.debtor_id.is_(None), PolicyRow.claim_id.is_(None))
        .order_by(PolicyRow.version)
    )
    own: dict[uuid.UUID, list[_Said]] = defaultdict(list)
    standard: list[_Said] = []
    for company_id, wishes, made_by, made_at in work.session.execute(rows).all():
        (standard if company_id is None else own[company_id]).append(_Said(wishes, made_by, made_at))
    return own, standard


def _of(company_id: uuid.UUID, name: str, own: Sequence[_Said], standard: Sequence[_Said]) -> list[Deviation]:
    above = (HOUSE, *([Tier(HOUSE.origin, standard[-1].wishes)] if standard else []))
    inherited = resolve(above).policy.said()
    found = []
    for field, value in sorted(own[-1].wishes.items()):
        if value == inherited.get(field):
            continue
        chosen = _first_of_the_run(own, field, value, None)
        moved = _first_of_the_run(standard, field, inherited.get(field), STANDARD.said().get(field))
        last = moved if chosen is None or (moved is not None and moved.made_at > chosen.made_at) else chosen
        if last is None:
            continue
        found.append(Deviation(company_id, name, field, value, inherited.get(field), last.made_at, last.made_by, last is moved))
    return found


def _first_of_the_run(said: Sequence[_Said], field: str, value: object, otherwise: object) -> _Said | None:
    """The version with which the field last came to this value and has kept it. None: it was `otherwise` from the beginning."""
    first = None
    for one in reversed(said):
        if one.wishes.get(field, otherwise) != value:
            return first
        first = one
    return None if otherwise == value else first
