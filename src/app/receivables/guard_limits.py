"""The bureau's own limits of its guards: versioned, the newest of each guard holds, and who set it is in the trail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select

from app.db.unit_of_work import UnitOfWork
from app.receivables.models import GuardLimits
from app.tenants import audit
from app.values.ids import new_id


def newest(guard: str) -> Select[dict[str, Any]]:
    """The stored limits of a guard, as a query of at most one row."""
    return select(GuardLimits.limits).where(GuardLimits.guard == guard).order_by(GuardLimits.version.desc()).limit(1)


def stored(work: UnitOfWork, guard: str) -> dict[str, Any] | None:
    return work.session.execute(newest(guard)).scalar_one_or_none()


def save(work: UnitOfWork, guard: str, limits: Mapping[str, int]) -> int:
    """A new version. Two people saving at once: the second is refused by the key and tries again."""
    version = work.session.execute(select(func.coalesce(func.max(GuardLimits.version), 0)).where(GuardLimits.guard == guard)).scalar_one()
    work.session.add(
        GuardLimits(
            bureau_id=work.bureau_id, id=new_id(), guard=guard, version=version + 1, limits=dict(limits), made_by=work.actor.name,
            made_at=work.now(),
        )
    )  # fmt: skip
    audit.record(work, "guard.limits_saved", "guard_limits", None, guard=guard, version=version + 1)
    return int(version) + 1
