"""Books that come from files: what was imported, and the items that wait for a person's yes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.dunning.models import Claim
from app.ledgers.models import SyncRun
from app.ledgers.saft_import import SOURCE
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

RUNS_SHOWN = 20
ITEMS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ImportLine:
    run: SyncRun
    company_name: str


@dataclass(frozen=True, slots=True)
class UncertainItem:
    """An open item that starts nothing until somebody has confirmed it."""

    item: OpenItem
    debtor_name: str
    company_name: str
    claim_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The oldest `ITEMS_SHOWN`, and how many there are."""

    items: tuple[UncertainItem, ...]
    total: int


def imports(work: UnitOfWork) -> list[ImportLine]:
    """The last ones, newest first."""
    rows = work.session.execute(
        select(SyncRun, Company.name)
        .join(Company, Company.id == SyncRun.company_id)
        .where(SyncRun.source == SOURCE)
        .order_by(SyncRun.started_at.desc(), SyncRun.id.desc())
        .limit(RUNS_SHOWN)
    )
    return [ImportLine(run, name) for run, name in rows.all()]


def uncertain_items(work: UnitOfWork, company_id: uuid.UUID | None = None) -> Uncertain:
    """Debts of low confidence that nobody has confirmed."""
    waiting = [
        OpenItem.state == "open", OpenItem.confidence == "low", OpenItem.approved_at.is_(None), OpenItem.remaining_ore > 0,
    ]  # fmt: skip
    if company_id is not None:
        waiting.append(OpenItem.company_id == company_id)
    total = work.session.execute(select(func.count()).select_from(OpenItem).where(*waiting)).scalar_one()
    rows = work.session.execute(
        select(OpenItem, Debtor.name, Company.name, Claim.id)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .join(Company, Company.id == OpenItem.company_id)
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(*waiting)
        .order_by(Company.sort_key, Debtor.sort_key, OpenItem.issued_on, OpenItem.id)
        .limit(ITEMS_SHOWN)
    )
    return Uncertain(tuple(UncertainItem(*row) for row in rows.all()), total)
