"""The stop list: debtors whose claims stand still because of insolvency, across a bureau, and what has been filed with the estates."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, or_, select

from app.agencies.models import AgencyCase
from app.agencies.queries import OPEN_STATES
from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning.circumstances import INSOLVENT
from app.dunning.limitation import EventKind
from app.dunning.loading import INSOLVENCY
from app.dunning.models import Circumstance, Claim, LimitationEvent
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

ROWS_MAX = 500
REGISTER, PERSON = "register", "person"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A debtor of one company, stopped by insolvency (konkursloven § 109: the claim goes to the estate).

    `state` is the register's word, or the kind of circumstance a person recorded; `source` says which of the two it is. `open_ore` counts
    what is open in NOK. `filed` of the `claims` are recorded as filed with an estate; `at_agency` are still with a collection agency.
    """

    debtor_id: uuid.UUID
    company_id: uuid.UUID
    debtor: str
    company: str
    organisation_number: str | None
    state: str
    source: str
    since_on: date | None
    claims: int
    open_ore: int
    filed: int
    at_agency: int


def stop_list(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[Stopped]:
    """What is open with insolvent debtors, the largest amount first; at most `ROWS_MAX`. Two queries.

    A debtor of two companies stands here twice, each time with what that company is owed alone.
    """
    recorded = exists().where(
        Circumstance.debtor_id == Debtor.id, Circumstance.ended_at.is_(None), Circumstance.kind.in_([kind.value for kind in INSOLVENT])
    )
    filed = exists().where(
        LimitationEvent.claim_id == Claim.id, LimitationEvent.withdrawn_at.is_(None),
        LimitationEvent.kind == EventKind.INSOLVENCY_FILING.value,
    )  # fmt: skip
    at_agency = exists().where(AgencyCase.claim_id == Claim.id, AgencyCase.state.in_(OPEN_STATES))
    owed = func.coalesce(func.sum(OpenItem.remaining_ore).filter(OpenItem.currency == "NOK"), 0)
    query = (
        select(Debtor, Company.name, func.count(), owed, func.count().filter(filed), func.count().filter(at_agency))
        .select_from(Claim)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .join(Company, Company.id == Claim.company_id)
        .where(Claim.state == "active", OpenItem.state == "open", OpenItem.remaining_ore > 0, Company.closed_at.is_(None))
        .where(or_(Debtor.insolvency.in_(INSOLVENCY), recorded))
        .group_by(Debtor.bureau_id, Debtor.id, Company.bureau_id, Company.id)
        .order_by(owed.desc(), Debtor.id)
        .limit(ROWS_MAX)
    )
    if company_id is not None:
        query = query.where(Claim.company_id == company_id)
    rows = work.session.execute(query).all()
    said = _recorded(work, [debtor.id for debtor, *_ in rows])
    return [_line(debtor, company, said[debtor.id], *counted) for debtor, company, *counted in rows]


def _line(debtor: Debtor, company: str, said: list[Circumstance], claims: int, open_ore: int, filed: int, at_agency: int) -> Stopped:
    """The register is believed before a person: its word has a date of its own."""
    if debtor.insolvency in INSOLVENCY or not said:
        state, source, since_on = debtor.insolvency, REGISTER, debtor.insolvency_on
    else:
        state, source, since_on = said[0].kind, PERSON, said[0].since_on
    return Stopped(
        debtor.id, debtor.company_id, debtor.name, company, debtor.organisation_number, state, source, since_on, claims, int(open_ore),
        filed, at_agency,
    )  # fmt: skip


def _recorded(work: UnitOfWork, debtor_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Circumstance]]:
    found: dict[uuid.UUID, list[Circumstance]] = defaultdict(list)
    kinds = [kind.value for kind in INSOLVENT]
    mine = (among(Circumstance.debtor_id, debtor_ids), Circumstance.ended_at.is_(None), Circumstance.kind.in_(kinds))
    for row in work.session.execute(select(Circumstance).where(*mine).order_by(Circumstance.recorded_at)).scalars():
        found[row.debtor_id].append(row)
    return found
