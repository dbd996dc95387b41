"""Where a ledger follows up by itself what we follow up too: switches that are on, notices it has sent, invoices it gave to an agency."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, text

from app.db.unit_of_work import UnitOfWork
from app.dunning import policies
from app.ledgers.models import CompanyLink, Connection
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

#: enough to recognise whose they are
EXAMPLES = 8


@dataclass(frozen=True, slots=True)
class Conflict:
    """One company's. `switches` names the ledger's own switches; `debtors` counts those with a switch on and something open, of `owing`
    who have something open.

    `accepted`: the company wants both. `reminded`: open invoices the ledger has reminded of by itself, `reminded_on` the last day.
    `collected`: open invoices it gave to an agency.
    """

    company_id: uuid.UUID
    company_name: str
    ledger: str
    accepted: bool
    switches: tuple[str, ...]
    debtors: int
    owing: int
    examples: tuple[tuple[uuid.UUID, str], ...]
    reminded: int
    reminded_on: date | None
    collected: int

    @property
    def blocks(self) -> bool:
        """Does it keep claims back now?"""
        return self.collected > 0 or (self.debtors > 0 and not self.accepted)


def conflicts(work: UnitOfWork) -> list[Conflict]:
    """Every company that is connected to a ledger, those with something wrong first. Six queries."""
    companies = work.session.execute(
        select(Company.id, Company.name, Company.sort_key, Connection.ledger)
        .join(CompanyLink, CompanyLink.company_id == Company.id)
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .where(Company.closed_at.is_(None), Connection.state != "revoked")
        .order_by(Company.sort_key, Company.id)
    ).all()
    wishes = policies.for_companies(work, [row.id for row in companies])
    switched, owing, said = _switched(work), _owing(work), _said(work)
    found = []
    for row in companies:
        debtors = switched.get(row.id, [])
        switches = sorted({flag for _, _, flags in debtors for flag in flags})
        reminded, reminded_on, collected = said.get(row.id, (0, None, 0))
        found.append(
            Conflict(
                row.id, row.name, row.ledger, wishes[row.id].policy.accept_ledger_dunning, tuple(switches), len(debtors),
                owing.get(row.id, 0), tuple((debtor_id, name) for debtor_id, name, _ in debtors[:EXAMPLES]), reminded, reminded_on,
                collected,
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: (not one.blocks, one.debtors == 0, one.reminded == 0))


def _switched(work: UnitOfWork) -> dict[uuid.UUID, list[tuple[uuid.UUID, str, list[str]]]]:
    """Debtors with something open and a switch of the ledger on, by company, in alphabetical order."""
    owing = select(OpenItem.debtor_id).where(OpenItem.state == "open", OpenItem.remaining_ore > 0)
    rows = work.session.execute(
        select(Debtor.company_id, Debtor.id, Debtor.name, Debtor.own_dunning)
        .where(func.cardinality(Debtor.own_dunning) > 0, Debtor.id.in_(owing))
        .order_by(Debtor.sort_key, Debtor.id)
    ).all()
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str, list[str]]]] = defaultdict(list)
    for company_id, debtor_id, name, flags in rows:
        found[company_id].append((debtor_id, name, flags))
    return found


def _owing(work: UnitOfWork) -> dict[uuid.UUID, int]:
    """By company: how many debtors have something open."""
    rows = work.session.execute(
        select(OpenItem.company_id, func.count(OpenItem.debtor_id.distinct()))
        .where(OpenItem.state == "open", OpenItem.remaining_ore > 0)
        .group_by(OpenItem.company_id)
    ).all()
    return {company_id: int(number) for company_id, number in rows}


def _said(work: UnitOfWork) -> dict[uuid.UUID, tuple[int, date | None, int]]:
    """By company: open invoices the ledger has written about, the last day, and how many it gave to an agency."""
    collected = OpenItem.ledger_notices.contains([{"kind": "collection"}])
    last = func.max(text("(select max(on_day) from unnest(open_items.ledger_reminders) as on_day)"))
    rows = work.session.execute(
        select(OpenItem.company_id, func.count(), last, func.count().filter(collected))
        .where(OpenItem.state == "open", OpenItem.remaining_ore > 0, text("open_items.ledger_notices <> '[]'::jsonb"))
        .group_by(OpenItem.company_id)
    ).all()
    return {company_id: (int(count), day, int(handed)) for company_id, count, day, handed in rows}
