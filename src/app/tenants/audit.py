"""The audit trail: who did what, when, in the transaction that did it. The application's role can add rows and nothing else."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.db.unit_of_work import UnitOfWork
from app.tenants.models import AuditEntry


def record(
    work: UnitOfWork, action: str, subject_kind: str, subject_id: uuid.UUID | None, company_id: uuid.UUID | None = None, **detail: Any
) -> None:
    """Add one row, e.g. `record(work, "claim.held", "claim", claim.id, claim.company_id, reason="...")`.

    With `company_id` the company's own users see it too. Never put a secret, or more personal data than the act needs, in `detail`.
    """
    work.session.add(
        AuditEntry(
            bureau_id=work.bureau_id, company_id=company_id, at=work.now(), actor_kind=work.actor.kind, actor_id=work.actor.id,
            actor_name=work.actor.name, action=action, subject_kind=subject_kind, subject_id=subject_id,
            detail={key: _plain(value) for key, value in detail.items()},
        )
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID | Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
