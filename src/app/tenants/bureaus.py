"""Bureaus: the tenants themselves, and the switch that stops everything a bureau would send."""

from __future__ import annotations

import uuid

from sqlalchemy import select, update

from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Database, UnitOfWork
from app.tenants import audit, members
from app.tenants.models import Bureau
from app.tenants.permissions import Role
from app.values.organisation_number import parse_organisation_number


def create(database: Database, name: str, organisation_number: str) -> Bureau:
    """A new tenant. ValueError for a wrong organisation number or an empty name."""
    number = parse_organisation_number(organisation_number)
    if not name.strip():
        raise ValueError("a bureau needs a name")
    with database.begin(PlatformScope()) as work:
        bureau = Bureau(name=name.strip(), organisation_number=number, created_at=work.now())
        work.session.add(bureau)
    return bureau


def create_with_admin(database: Database, name: str, organisation_number: str, email: str, admin_name: str, password: str) -> Bureau:
    """A new tenant with the person who can invite the rest."""
    bureau = create(database, name, organisation_number)
    user = members.create_user(database, email, admin_name, password)
    with database.begin(BureauScope(bureau.id)) as work:
        members.add(work, user.id, Role.ADMIN)
    return bureau


def find_by_organisation_number(work: UnitOfWork, organisation_number: str) -> Bureau | None:
    """For the command line, which names a bureau by its number."""
    return work.session.execute(select(Bureau).where(Bureau.organisation_number == organisation_number)).scalar_one_or_none()


def current(work: UnitOfWork) -> Bureau:
    """The bureau of this work."""
    return work.session.execute(select(Bureau).where(Bureau.id == work.bureau_id)).scalar_one()


def open_ids(work: UnitOfWork) -> list[uuid.UUID]:
    """Every bureau that is not closed."""
    return list(work.session.execute(select(Bureau.id).where(Bureau.closed_at.is_(None)).order_by(Bureau.id)).scalars())


def stop_sending(work: UnitOfWork, reason: str) -> None:
    """Nothing leaves the house for this bureau until `allow_sending`; what is planned waits."""
    if not reason.strip():
        raise ValueError("stopping needs a reason")
    _set_stop(work, reason.strip())
    audit.record(work, "bureau.sending_stopped", "bureau", work.bureau_id, reason=reason.strip())


def allow_sending(work: UnitOfWork) -> None:
    """What waits goes on."""
    _set_stop(work, None)
    audit.record(work, "bureau.sending_allowed", "bureau", work.bureau_id)


def _set_stop(work: UnitOfWork, reason: str | None) -> None:
    work.session.execute(update(Bureau).where(Bureau.id == work.bureau_id).values(sending_stopped_reason=reason))
