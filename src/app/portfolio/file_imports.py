"""Books that come from files: what was imported, and the items that wait for a person's yes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.dunning.models import Claim
from app.ledgers.models import FILE_SOURCES, SyncRun
from app.receivables import bank_money
from app.receivables.file_models import BankPayment, FileImport
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

RUNS_SHOWN = 20
ITEMS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class ImportLine:
    run: SyncRun
    company_name: str


@dataclass(frozen=True, slots=True)
class FileLine:
    file: FileImport
    company_name: str


@dataclass(frozen=True, slots=True)
class WaitingPayment:
    """A payment at the bank that a person must look at. Without `invoice`: nobody knows what it is for."""

    payment: BankPayment
    company_name: str
    invoice: str | None
    debtor_name: str | None
    claim_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class WaitingPayments:
    """The first `ITEMS_SHOWN`, and how many there are."""

    rows: tuple[WaitingPayment, ...]
    total: int


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
        .where(SyncRun.source.in_(FILE_SOURCES))
        .order_by(SyncRun.started_at.desc(), SyncRun.id.desc())
        .limit(RUNS_SHOWN)
    )
    return [ImportLine(run, name) for run, name in rows.all()]


def file_lines(work: UnitOfWork, *kinds: str) -> list[FileLine]:
    """The last files that were no book, newest first."""
    rows = work.session.execute(
        select(FileImport, Company.name)
        .join(Company, Company.id == FileImport.company_id)
        .where(FileImport.kind.in_(kinds or ("ocr", "camt054", "ehf")))
        .order_by(FileImport.imported_at.desc(), FileImport.id.desc())
        .limit(RUNS_SHOWN)
    )
    return [FileLine(row, name) for row, name in rows.all()]


def find_file(work: UnitOfWork, file_id: uuid.UUID) -> FileLine:
    """LookupError when it does not exist for this scope."""
    row = work.session.execute(
        select(FileImport, Company.name).join(Company, Company.id == FileImport.company_id).where(FileImport.id == file_id)
    ).one_or_none()
    if row is None:
        raise LookupError("no such file")
    return FileLine(*row)


def waiting_payments(work: UnitOfWork) -> WaitingPayments:
    """What the bank has shown that is tied to no invoice, or that the ledger has not shown for a week."""
    waiting = [bank_money.PENDING, bank_money.overdue_at(work.now())]
    total = work.session.execute(select(func.count()).select_from(BankPayment).where(*waiting)).scalar_one()
    rows = work.session.execute(
        select(BankPayment, Company.name, OpenItem.document_number, Debtor.name, Claim.id)
        .join(Company, Company.id == BankPayment.company_id)
        .outerjoin(OpenItem, OpenItem.id == BankPayment.open_item_id)
        .outerjoin(Debtor, Debtor.id == OpenItem.debtor_id)
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(*waiting)
        .order_by(Company.sort_key, BankPayment.paid_on, BankPayment.id)
        .limit(ITEMS_SHOWN)
    )
    return WaitingPayments(tuple(WaitingPayment(*row) for row in rows.all()), total)


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
