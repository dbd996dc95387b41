"""Who is away, until when, and who is asked instead. Without a backup of his own, an absent person is stood in for by the company's."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.tenants import audit
from app.tenants.models import Absence, Membership, User
from app.values.ids import new_id


class AbsenceError(ValueError):
    """An absence that cannot be recorded. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class AbsenceLine:
    """An absence with names, for those who look."""

    id: uuid.UUID
    user_id: uuid.UUID
    name: str
    from_on: date
    to_on: date
    backup_id: uuid.UUID | None
    backup_name: str | None


Away = Mapping[uuid.UUID, uuid.UUID | None]


def stand_in(person: uuid.UUID | None, away: Away, backup: uuid.UUID | None = None) -> uuid.UUID | None:
    """Who is there instead of `person`, who may be there himself. None: nobody is, or they all point at one another. Pure.

    `away` says who is away and whom each has named; `backup` is asked where somebody has named nobody.
    """
    asked: set[uuid.UUID] = set()
    while person is not None and person in away:
        asked.add(person)
        person = away[person] or backup
        if person in asked:
            return None
    return person


def place(
    work: UnitOfWork, user_id: uuid.UUID, from_on: date, to_on: date, backup_id: uuid.UUID | None, *, company_id: uuid.UUID | None = None
) -> Absence:
    """Record it. The questions that are open now find their way to the backup by themselves.

    With a company (its own user says that he is away) the backup is another of that company's own users.
    """
    if to_on < from_on:
        raise AbsenceError("to_on", "The last day must not be before the first.")
    if to_on < work.today():
        raise AbsenceError("to_on", "The last day must be today or later.")
    if not is_member(work, user_id):
        raise AbsenceError("user_id", "Choose one of the people here.")
    known = company_id is None or backup_id in own_users(work, company_id)
    if backup_id is not None and not (known and is_member(work, backup_id)):
        raise AbsenceError("backup_id", "Choose one of the people here.")
    if backup_id == user_id:
        raise AbsenceError("backup_id", "Nobody is his own backup.")
    row = Absence(
        bureau_id=work.bureau_id, id=new_id(), user_id=user_id, from_on=from_on, to_on=to_on, backup_id=backup_id,
        made_by=work.actor.name, made_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    facts = {"user": user_id, "from_on": from_on, "to_on": to_on, "backup": backup_id}
    audit.record(work, "absence.recorded", "absence", row.id, company_id=company_id, **facts)
    return row


def end(work: UnitOfWork, absence_id: uuid.UUID, *, of: uuid.UUID | None = None, company_id: uuid.UUID | None = None) -> None:
    """Back again, or it was a mistake. LookupError when there is no such absence, or it is another's than `of`.

    `company_id`: the company whose own user says so.
    """
    found = select(Absence).where(Absence.id == absence_id, Absence.ended_at.is_(None))
    row = work.session.execute(found if of is None else found.where(Absence.user_id == of)).scalar_one_or_none()
    if row is None:
        raise LookupError("no such absence")
    row.ended_at = work.now()
    audit.record(work, "absence.ended", "absence", row.id, company_id=company_id, user=row.user_id)


def away_on(work: UnitOfWork, day: date) -> dict[uuid.UUID, uuid.UUID | None]:
    """Everybody who is away that day, with the backup he has named; of two absences the one recorded last counts."""
    rows = select(Absence.user_id, Absence.backup_id).where(Absence.from_on <= day, Absence.to_on >= day, Absence.ended_at.is_(None))
    return {row.user_id: row.backup_id for row in work.session.execute(rows.order_by(Absence.id))}


def upcoming(work: UnitOfWork) -> list[AbsenceLine]:
    """Today's and later absences, the first one first."""
    people = _names(work)
    rows = select(Absence).where(Absence.to_on >= work.today(), Absence.ended_at.is_(None)).order_by(Absence.from_on, Absence.id)
    return [
        AbsenceLine(
            row.id, row.user_id, people.get(row.user_id, "–"), row.from_on, row.to_on, row.backup_id,
            None if row.backup_id is None else people.get(row.backup_id),
        )
        for row in work.session.execute(rows).scalars()
    ]  # fmt: skip


def is_member(work: UnitOfWork, user_id: uuid.UUID, company_id: uuid.UUID | None = None) -> bool:
    """Has the user a place at this bureau; with a company, one at the bureau itself or at that company?"""
    here = select(Membership.id).where(Membership.bureau_id == work.bureau_id, Membership.user_id == user_id, Membership.ended_at.is_(None))
    if company_id is not None:
        here = here.where(Membership.company_id.is_(None) | (Membership.company_id == company_id))
    return work.session.execute(here).first() is not None


def own_users(work: UnitOfWork, company_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """The company's own users by name: of the bureau's people a company is told only who looks after it."""
    rows = (
        select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.bureau_id == work.bureau_id, Membership.company_id == company_id, Membership.ended_at.is_(None))
        .order_by(User.name, User.id)
    )
    return {row.id: row.name for row in work.session.execute(rows)}


def _names(work: UnitOfWork) -> dict[uuid.UUID, str]:
    """Whoever has, or had, a place here."""
    rows = select(User.id, User.name).join(Membership, Membership.user_id == User.id).where(Membership.bureau_id == work.bureau_id)
    return {row.id: row.name for row in work.session.execute(rows)}
