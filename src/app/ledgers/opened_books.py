"""Whose a book is that our own key opens. Such a ledger lets whoever names a company in through us, so a book serves one bureau only.

The first bureau to connect a company has it, until it gives it up or the company moves to another bureau by a code.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, delete, false, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.unit_of_work import UnitOfWork
from app.ledgers.models import CompanyLink, Connection, OpenedBook
from app.ledgers.ports import LedgerCompany
from app.tenants import audit
from app.tenants.models import Company


class BookTakenError(ValueError):
    """Another bureau is connected to the company. Which one is told to nobody."""


def take(work: UnitOfWork, ledger: str, companies: Iterable[LedgerCompany]) -> None:
    """All of them or none (`BookTakenError`). Taking what one has is harmless."""
    for company in companies:
        book = {"ledger": ledger, "external_id": company.external_id}
        mine = insert(OpenedBook).values(
            **book, bureau_id=work.bureau_id, organisation_number=company.organisation_number, taken_at=work.now()
        )
        work.session.execute(mine.on_conflict_do_nothing())
        if work.session.execute(select(OpenedBook.bureau_id).filter_by(**book)).scalar_one() != work.bureau_id:
            raise BookTakenError("the company is connected by another bureau")


def release(work: UnitOfWork, connection_id: uuid.UUID) -> None:
    """The connection is ended. What another live one of ours covers too is kept."""
    covered = select(CompanyLink.external_id).where(CompanyLink.connection_id == connection_id)
    ledger = select(Connection.ledger).where(Connection.id == connection_id).scalar_subquery()
    _release(work, OpenedBook.external_id.in_(covered) & (OpenedBook.ledger == ledger), connection_id)


def release_company(work: UnitOfWork, company_id: uuid.UUID) -> None:
    """The bureau works for the company no longer, and nothing of ours is connected to its book."""
    _release(work, OpenedBook.organisation_number == _number_of(company_id), None)


def hand_over(work: UnitOfWork, company_id: uuid.UUID, to_bureau_id: uuid.UUID) -> None:
    """The company moves: its book is the other bureau's from now on, and what opened it here is forgotten."""
    reads = (
        select(CompanyLink.connection_id, CompanyLink.external_id, Connection.ledger)
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .where(CompanyLink.company_id == company_id)
    )
    linked = work.session.execute(reads).all()
    known = OpenedBook.organisation_number == _number_of(company_id)
    for link in linked:
        known = or_(known, (OpenedBook.ledger == link.ledger) & (OpenedBook.external_id == link.external_id))
    moved = update(OpenedBook).where(OpenedBook.bureau_id == work.bureau_id, known)
    gone = {
        (row.ledger, row.external_id)
        for row in work.session.execute(
            moved.values(bureau_id=to_bureau_id, taken_at=work.now()).returning(OpenedBook.ledger, OpenedBook.external_id)
        )
    }
    opened = (
        select(Connection.id, Connection.ledger)
        .join(CompanyLink, CompanyLink.connection_id == Connection.id)
        .where(Connection.state != "revoked", or_(false(), *(_is_book(*book) for book in gone)))
    )
    for connection_id, ledger in work.session.execute(opened).all() if gone else ():
        forgotten = {"state": "revoked", "credential": None, "revoked_at": work.now(), "problem": None}
        work.session.execute(update(Connection).where(Connection.id == connection_id).values(forgotten))
        audit.record(work, "ledger.disconnected", "connection", connection_id, ledger=ledger)


def _is_book(ledger: str, external_id: str) -> ColumnElement[Any]:
    return (Connection.ledger == ledger) & (CompanyLink.external_id == external_id)


def _number_of(company_id: uuid.UUID) -> ColumnElement[Any]:
    return select(Company.organisation_number).where(Company.id == company_id).scalar_subquery()


def _release(work: UnitOfWork, which: ColumnElement[bool], but: uuid.UUID | None) -> None:
    still = (
        select(CompanyLink.id)
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .where(Connection.ledger == OpenedBook.ledger, CompanyLink.external_id == OpenedBook.external_id, Connection.state != "revoked")
    )
    if but is not None:
        still = still.where(Connection.id != but)
    ended = delete(OpenedBook).where(OpenedBook.bureau_id == work.bureau_id, which, ~still.exists())
    work.session.execute(ended.execution_options(synchronize_session=False))
