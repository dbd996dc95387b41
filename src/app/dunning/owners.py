"""Who looks after a debtor: its own people where somebody has named them, else the company's, and who stands in for them today."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from app.db.unit_of_work import UnitOfWork
from app.dunning.approval_models import DebtorOwner
from app.dunning.facts import Approver
from app.receivables.models import Debtor
from app.tenants import absences, audit, companies
from app.tenants.models import Company, Membership, User
from app.values.ids import new_id


class OwnerError(ValueError):
    """A person who cannot look after this. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may be asked."""

    id: uuid.UUID
    name: str
    email: str
    locale: str


@dataclass(frozen=True, slots=True)
class Responsible:
    """Who looks after a debtor. Only people who still have a place here; None where nobody is named."""

    account_manager: uuid.UUID | None
    ledger_owner: uuid.UUID | None
    backup: uuid.UUID | None

    def owner(self, approver: Approver) -> uuid.UUID | None:
        return self.account_manager if approver is Approver.MANAGER else self.ledger_owner


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A company whose questions may find nobody: no backup is named, or the people who would answer are away together."""

    company_id: uuid.UUID
    name: str
    no_backup: bool
    all_away: bool


def responsible_for(work: UnitOfWork, debtor_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Responsible]:
    """By debtor. Two queries."""
    rows = work.session.execute(
        select(
            Debtor.id, Debtor.company_id, Company.backup_id,
            DebtorOwner.account_manager_id, Company.account_manager_id, DebtorOwner.ledger_owner_id, Company.ledger_owner_id,
        )
        .join(Company, Company.id == Debtor.company_id)
        .outerjoin(DebtorOwner, DebtorOwner.debtor_id == Debtor.id)
        .where(Debtor.id.in_(debtor_ids))
    ).all()  # fmt: skip
    places = _places(work)
    found = {}
    for debtor_id, company_id, backup, own_manager, manager, own_owner, owner in rows:

        def here(*people: uuid.UUID | None, at: uuid.UUID = company_id) -> uuid.UUID | None:
            return next((one for one in people if one is not None and places.get(one, frozenset()) & {None, at}), None)

        found[debtor_id] = Responsible(here(own_manager, manager), here(own_owner, owner), here(backup))
    return found


def people(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[Person]:
    """Who can be named: the bureau's own people and, with a company, its users too."""
    query = (
        select(User.id, User.name, User.email, User.locale)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.bureau_id == work.bureau_id, Membership.ended_at.is_(None), Membership.role != "reader")
        .order_by(User.name, User.id)
        .distinct()
    )
    if company_id is not None:
        query = query.where(or_(Membership.company_id.is_(None), Membership.company_id == company_id))
    return [Person(*row) for row in work.session.execute(query).all()]


def name_company(
    work: UnitOfWork, company_id: uuid.UUID, *, account_manager: uuid.UUID | None, ledger_owner: uuid.UUID | None,
    backup: uuid.UUID | None,
) -> None:  # fmt: skip
    """The company's usual people. What is open finds its way to them by itself."""
    companies.find(work, company_id)
    _check(work, company_id, account_manager_id=account_manager, ledger_owner_id=ledger_owner, backup_id=backup)
    if backup is not None and backup in {account_manager, ledger_owner}:
        raise OwnerError("backup_id", "The backup must be somebody else.")
    companies.change(work, company_id, account_manager_id=account_manager, ledger_owner_id=ledger_owner, backup_id=backup)
    work.enqueue("dunning.chase_bureau_approvals", bureau_id=str(work.bureau_id))


def name_debtor(
    work: UnitOfWork, debtor_id: uuid.UUID, *, account_manager: uuid.UUID | None, ledger_owner: uuid.UUID | None
) -> DebtorOwner:
    """This debtor's own people; None: the company's. LookupError when the debtor does not exist in this scope."""
    debtor = work.session.execute(select(Debtor).where(Debtor.id == debtor_id)).scalar_one_or_none()
    if debtor is None:
        raise LookupError("no such debtor")
    _check(work, debtor.company_id, account_manager_id=account_manager, ledger_owner_id=ledger_owner)
    row = work.session.execute(select(DebtorOwner).where(DebtorOwner.debtor_id == debtor_id).with_for_update()).scalar_one_or_none()
    if row is None:
        row = DebtorOwner(bureau_id=work.bureau_id, id=new_id(), company_id=debtor.company_id, debtor_id=debtor_id)
        work.session.add(row)
    row.account_manager_id, row.ledger_owner_id = account_manager, ledger_owner
    row.changed_by, row.changed_at = work.actor.name, work.now()
    work.session.flush()
    audit.record(
        work, "debtor.owners_named", "debtor", debtor_id, debtor.company_id, account_manager=account_manager, ledger_owner=ledger_owner
    )
    work.enqueue("dunning.chase_bureau_approvals", bureau_id=str(work.bureau_id))
    return row


def own_of(work: UnitOfWork, debtor_id: uuid.UUID) -> DebtorOwner | None:
    return work.session.execute(select(DebtorOwner).where(DebtorOwner.debtor_id == debtor_id)).scalar_one_or_none()


def uncovered(work: UnitOfWork) -> list[Uncovered]:
    """Companies with nobody to turn to: those without a backup, and those whose people and backup are all away today."""
    away = absences.away_on(work, work.today())
    found = []
    for company in companies.all_open(work):
        named = {one for one in (company.account_manager_id, company.ledger_owner_id) if one is not None}
        nobody = bool(named) and all(absences.stand_in(one, away, company.backup_id) is None for one in named)
        if company.backup_id is None or nobody:
            found.append(Uncovered(company.id, company.name, company.backup_id is None, nobody))
    return found


def _check(work: UnitOfWork, company_id: uuid.UUID, **named: uuid.UUID | None) -> None:
    for field, person in named.items():
        if person is not None and not absences.is_member(work, person, company_id):
            raise OwnerError(field, "Choose one of the people here.")


def _places(work: UnitOfWork) -> dict[uuid.UUID, frozenset[uuid.UUID | None]]:
    """Where each person works: None is the bureau itself."""
    rows = select(Membership.user_id, Membership.company_id).where(
        Membership.bureau_id == work.bureau_id, Membership.ended_at.is_(None), Membership.role != "reader"
    )
    found: dict[uuid.UUID, set[uuid.UUID | None]] = {}
    for user_id, company_id in work.session.execute(rows).all():
        found.setdefault(user_id, set()).add(company_id)
    return {user_id: frozenset(places) for user_id, places in found.items()}
