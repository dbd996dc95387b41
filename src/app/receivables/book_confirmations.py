"""A person's own word on a book, dated: bank and vouchers are booked through a day. It counts only where the ledger does not tell, ages as
the ledger's own word on the bank would, and can be taken back. The newest word of a company holds."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import ColumnElement, select, update

from app.db.unit_of_work import UnitOfWork
from app.receivables.models import BookConfirmation
from app.tenants import audit
from app.tenants.models import Company
from app.values.ids import new_id


class ConfirmationError(ValueError):
    """A word that cannot be taken. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(problem)
        self.field = field


def confirm(work: UnitOfWork, company_id: uuid.UUID, through_on: date) -> BookConfirmation:
    """Somebody says that bank and vouchers are booked through that day, in place of what was said before.

    ConfirmationError names `through_on`; LookupError: no such company.
    """
    _ours(work, company_id)
    if through_on > work.today():
        raise ConfirmationError("through_on", N_("Nothing can be booked through a day that has not come: give today or an earlier day."))
    _end(work, company_id)
    row = BookConfirmation(
        bureau_id=work.bureau_id, id=new_id(), company_id=company_id, through_on=through_on, confirmed_by=work.actor.name,
        confirmed_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    audit.record(work, "book.confirmed", "company", company_id, company_id, through_on=through_on)
    _ring(work, company_id)
    return row


def take_back(work: UnitOfWork, company_id: uuid.UUID) -> bool:
    """What the ledger does not tell is not known again. False: nobody had said anything. LookupError: no such company."""
    _ours(work, company_id)
    if not _end(work, company_id):
        return False
    audit.record(work, "book.confirmation_taken_back", "company", company_id, company_id)
    _ring(work, company_id)
    return True


def _ours(work: UnitOfWork, company_id: uuid.UUID) -> None:
    """Locked, so that of two words at once the later one holds."""
    found = select(Company.id).where(Company.id == company_id).with_for_update(key_share=True)
    if work.session.execute(found).first() is None:
        raise LookupError("no such company")


def _end(work: UnitOfWork, company_id: uuid.UUID) -> bool:
    ended = update(BookConfirmation).where(BookConfirmation.company_id == company_id, holds())
    done = ended.values(ended_at=work.now(), ended_by=work.actor.name).returning(BookConfirmation.id)
    return bool(work.session.execute(done).all())


def holds() -> ColumnElement[bool]:
    return BookConfirmation.ended_at.is_(None)


def _ring(work: UnitOfWork, company_id: uuid.UUID) -> None:
    work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(company_id))


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid
