"""A bureau's client companies. Row-level security decides which of them a scope sees; another bureau's does not exist."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select, update

from app.db.unit_of_work import UnitOfWork
from app.tenants import audit, sessions
from app.tenants.models import ApiKey, Company, Membership
from app.values.account_number import parse_account_number
from app.values.organisation_number import parse_organisation_number
from app.values.sort_key import sort_key

#: what a bureau may change about a company, and how each text is brought into one form
CHANGEABLE = frozenset(
    {
        "name", "email", "phone", "address_line", "postal_code", "city", "account_number", "vat_liable", "list_weekday", "list_hour",
        "list_deadline_days", "active_from", "account_manager_id", "ledger_owner_id", "backup_id", "needs_approval",
    }
)  # fmt: skip


class CompanyExistsError(ValueError):
    """The bureau has a company with that organisation number. `company_id` is its id."""

    def __init__(self, company_id: uuid.UUID) -> None:
        super().__init__("there is a company with this organisation number")
        self.company_id = company_id


def create(work: UnitOfWork, name: str, organisation_number: str, **facts: Any) -> Company:
    """A new company of the work's bureau. CompanyExistsError for a known number, ValueError for a wrong one."""
    number = parse_organisation_number(organisation_number)
    known = find_by_organisation_number(work, number)
    if known is not None:
        raise CompanyExistsError(known.id)
    clean = _clean(name=name, **facts)
    company = Company(bureau_id=work.bureau_id, organisation_number=number, created_at=work.now(), **clean)
    work.session.add(company)
    work.session.flush()
    audit.record(work, "company.created", "company", company.id, company.id, name=company.name)
    return company


def find(work: UnitOfWork, company_id: uuid.UUID) -> Company:
    """LookupError when it does not exist for this scope."""
    company = work.session.execute(select(Company).where(Company.id == company_id)).scalar_one_or_none()
    if company is None:
        raise LookupError("no such company")
    return company


def lock(work: UnitOfWork, company_id: uuid.UUID) -> Company:
    """Ours until the transaction ends, so that two imports come one after the other. LookupError when it does not exist for this scope."""
    company = work.session.execute(select(Company).where(Company.id == company_id).with_for_update()).scalar_one_or_none()
    if company is None:
        raise LookupError("no such company")
    return company


def find_by_organisation_number(work: UnitOfWork, organisation_number: str) -> Company | None:
    return work.session.execute(select(Company).where(Company.organisation_number == organisation_number)).scalar_one_or_none()


def all_open(work: UnitOfWork) -> list[Company]:
    """The companies that are not closed, in Norwegian alphabetical order."""
    return list(work.session.execute(select(Company).where(Company.closed_at.is_(None)).order_by(Company.sort_key, Company.id)).scalars())


def change(work: UnitOfWork, company_id: uuid.UUID, **facts: Any) -> Company:
    """Change some of `CHANGEABLE`; the audit trail keeps what it was. TypeError for any other name, ValueError for a wrong value."""
    company = find(work, company_id)
    clean = _clean(**facts)
    was = {name: getattr(company, name) for name in facts if getattr(company, name) != clean[name]}
    for name, value in clean.items():
        setattr(company, name, value)
    if was:
        audit.record(work, "company.changed", "company", company.id, company.id, was={name: _shown(value) for name, value in was.items()})
    return company


def pause(work: UnitOfWork, company_id: uuid.UUID, reason: str) -> None:
    """Follow nothing up for this company until `resume`."""
    if not reason.strip():
        raise ValueError("a pause needs a reason")
    find(work, company_id).paused_reason = reason.strip()
    audit.record(work, "company.paused", "company", company_id, company_id, reason=reason.strip())


def resume(work: UnitOfWork, company_id: uuid.UUID) -> None:
    find(work, company_id).paused_reason = None
    audit.record(work, "company.resumed", "company", company_id, company_id)


def close(work: UnitOfWork, company_id: uuid.UUID) -> None:
    """The bureau works for it no longer. Its own users and keys end with it; what was said and done stays."""
    company = find(work, company_id)
    company.closed_at = work.now()
    its_own = (Membership.bureau_id == work.bureau_id, Membership.company_id == company_id, Membership.ended_at.is_(None))
    ended = work.session.execute(update(Membership).where(*its_own).values(ended_at=work.now()).returning(Membership.id))
    for membership_id in ended.scalars().all():
        sessions.end_at(work, membership_id)
    keys = (ApiKey.bureau_id == work.bureau_id, ApiKey.company_id == company_id, ApiKey.revoked_at.is_(None))
    work.session.execute(update(ApiKey).where(*keys).values(revoked_at=work.now()))
    audit.record(work, "company.closed", "company", company_id, company_id)


def _clean(**facts: Any) -> dict[str, Any]:
    unknown = facts.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"a company has no such thing to change: {', '.join(sorted(unknown))}")
    clean = {name: (value.strip() or None) if isinstance(value, str) else value for name, value in facts.items()}
    if "name" in clean:
        if clean["name"] is None:
            raise ValueError("a company needs a name")
        clean["sort_key"] = sort_key(clean["name"])
    account = clean.get("account_number")
    if isinstance(account, str):
        clean["account_number"] = parse_account_number(account)
    return clean


def _shown(value: Any) -> Any:
    return value if isinstance(value, str | int | bool | None) else str(value)
