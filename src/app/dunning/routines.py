"""The written routines of companies: gathered from the live settings, and kept as a new version whenever what they say has changed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from app.agencies.models import Agreement
from app.db.unit_of_work import UnitOfWork
from app.dunning import policies, routine
from app.dunning.law import Law
from app.dunning.letters.routine_text import WORDING
from app.dunning.models import RoutineRow
from app.dunning.policies import Shelf
from app.dunning.routine import Deviating, Owner, RoutineFacts, WeeklyRound
from app.dunning.tiers import Place, resolve
from app.tenants import audit
from app.tenants.models import Bureau, Company, User
from app.values.ids import new_id

ROLES = ("account_manager", "ledger_owner", "backup")


@dataclass(frozen=True, slots=True)
class KeptRoutine:
    """One version. `content` is `routine.content`; `wording` the version of the words it was read in."""

    version: int
    content: dict[str, Any]
    content_hash: str
    made_at: datetime


def live(work: UnitOfWork, law: Law, company_id: uuid.UUID) -> dict[str, Any]:
    """The routine as the settings are now. LookupError when the company does not exist for this scope."""
    found = _gather(work, law, [company_id])
    if company_id not in found:
        raise LookupError("no such company")
    return found[company_id]


def versions(work: UnitOfWork, company_id: uuid.UUID) -> tuple[KeptRoutine, ...]:
    """All that were kept, newest first."""
    rows = select(RoutineRow).where(RoutineRow.company_id == company_id).order_by(RoutineRow.version.desc())
    return tuple(KeptRoutine(row.version, row.content, row.content_hash, row.made_at) for row in work.session.execute(rows).scalars())


def find(work: UnitOfWork, company_id: uuid.UUID, version: int) -> KeptRoutine:
    """LookupError when there is no such version."""
    found = next((one for one in versions(work, company_id) if one.version == version), None)
    if found is None:
        raise LookupError("no such version")
    return found


def wanted(work: UnitOfWork, law: Law, company_id: uuid.UUID, version: int | None) -> tuple[dict[str, Any], KeptRoutine | None]:
    """The version asked for; else the newest one, where the settings still say it; else what they say now, kept as none."""
    if version is not None:
        found = find(work, company_id, version)
        return found.content, found
    said = live(work, law, company_id)
    newest = next(iter(versions(work, company_id)), None)
    return said, newest if newest is not None and newest.content_hash == routine.fingerprint(said) else None


def keep(work: UnitOfWork, law: Law, company_ids: Sequence[uuid.UUID] | None = None) -> int:
    """A new version for each company whose routine says something else than the last one kept. Returns how many.

    Eight queries, whatever the number of companies; two at once make one version, since the number is unique.
    """
    if company_ids is None:
        company_ids = list(work.session.execute(select(Company.id).where(Company.closed_at.is_(None))).scalars())
    newest = (
        select(RoutineRow.company_id, RoutineRow.version, RoutineRow.content_hash)
        .where(RoutineRow.company_id.in_(company_ids))
        .ext(distinct_on(RoutineRow.company_id))
        .order_by(RoutineRow.company_id, RoutineRow.version.desc())
    )
    kept = {row.company_id: (row.version, row.content_hash) for row in work.session.execute(newest)}
    made = 0
    for company_id, said in _gather(work, law, company_ids).items():
        version, before = kept.get(company_id, (0, ""))
        now = routine.fingerprint(said)
        if now == before:
            continue
        work.session.add(
            RoutineRow(
                bureau_id=work.bureau_id, id=new_id(), company_id=company_id, version=version + 1, content=said, content_hash=now,
                wording=WORDING, made_at=work.now(),
            )
        )  # fmt: skip
        audit.record(work, "routine.kept", "company", company_id, company_id, version=version + 1)
        made += 1
    work.session.flush()
    return made


def _gather(work: UnitOfWork, law: Law, company_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    companies = list(work.session.execute(select(Company).where(Company.id.in_(company_ids)).order_by(Company.id)).scalars())
    held = policies.shelf(work, [one.id for one in companies])
    bureau = work.session.execute(select(Bureau.name).where(Bureau.id == work.bureau_id)).scalar_one()
    names = _names(work, companies)
    agreements = select(Agreement.company_id, Agreement.agency).where(
        Agreement.company_id.in_(company_ids), Agreement.valid_from <= work.today(), Agreement.valid_until.is_(None)
    )
    agencies = {row.company_id: row.agency for row in work.session.execute(agreements)}
    found = {}
    for one in companies:
        facts = RoutineFacts(
            company=one.name, organisation_number=one.organisation_number, bureau=bureau,
            active=one.active_from is not None and one.active_from <= work.now() and one.paused_reason is None,
            weekly=WeeklyRound(one.list_weekday, one.list_hour, one.list_deadline_days),
            owners=[Owner(role, names.get(_owner(one, role))) for role in ROLES],
            email=one.email, phone=one.phone, agency=agencies.get(one.id),
            rules=law.rules(resolve(held.tiers(Place(one.id))).policy, work.today()), exceptions=_exceptions(held, one.id),
        )  # fmt: skip
        found[one.id] = routine.content(facts)
    return found


def _exceptions(held: Shelf, company_id: uuid.UUID) -> list[Deviating]:
    """The segments in the order in which they are asked: the company's own, then the bureau's."""
    segments = (*held.segments.get(company_id, ()), *held.segments.get(None, ()))
    return [Deviating(one.name, one.rule.as_json(), one.wishes) for one in segments if one.rule is not None]


def _names(work: UnitOfWork, companies: Sequence[Company]) -> dict[uuid.UUID | None, str]:
    wanted = {owner for one in companies for role in ROLES if (owner := _owner(one, role)) is not None}
    rows = select(User.id, User.name).where(User.id.in_(wanted), User.disabled_at.is_(None))
    return {row.id: row.name for row in work.session.execute(rows)}


def _owner(company: Company, role: str) -> uuid.UUID | None:
    return {"account_manager": company.account_manager_id, "ledger_owner": company.ledger_owner_id, "backup": company.backup_id}[role]
