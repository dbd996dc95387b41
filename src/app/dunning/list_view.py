"""Weekly lists as they are shown: each with its entries, why they are ready, and what will be sent how. Read-only."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from app.db.unit_of_work import UnitOfWork
from app.dunning import addresses
from app.dunning.addresses import Reached
from app.dunning.claim_list import as_reasons, days_overdue
from app.dunning.models import Claim, ListEntry, WeeklyList
from app.dunning.reasons import Reason
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company


@dataclass(frozen=True, slots=True)
class ListedClaim:
    """One entry. `listed_ore` is what was open when the list was made, `remaining_ore` what is open now.

    `step` is collection_warning or handover; `roads` says how a warning would go: "letter", "email". `settled`: paid or credited since.
    """

    entry_id: uuid.UUID
    claim_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    invoice: str
    due_on: date
    days_overdue: int
    listed_ore: int
    remaining_ore: int
    state: str
    step: str
    roads: tuple[str, ...]
    reasons: tuple[Reason, ...]
    note: str | None
    decided_by: str | None
    decided_at: datetime | None
    settled: bool


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An invoice that was on its way to the list, or on it, and will not go on; `reasons` say why."""

    claim_id: uuid.UUID | None
    invoice: str
    debtor_name: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ShownList:
    """A company's weekly list, entries by due date, oldest first. `week` is written 2026-W47."""

    list_id: uuid.UUID
    company_id: uuid.UUID
    company_name: str
    week: str
    made_at: datetime
    deadline_at: datetime
    open: bool
    entries: tuple[ListedClaim, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def going(self) -> tuple[ListedClaim, ...]:
        """What goes on at the deadline as things stand."""
        return tuple(entry for entry in self.entries if entry.state in {"ready", "approved"} and not entry.settled)

    @property
    def waiting(self) -> tuple[ListedClaim, ...]:
        """What nobody has looked at yet."""
        return tuple(entry for entry in self.entries if entry.state == "ready" and not entry.settled)

    @property
    def decided(self) -> int:
        """How many somebody has said yes or no to."""
        return sum(1 for entry in self.entries if entry.state in {"approved", "stopped"})

    @property
    def sum_ore(self) -> int:
        return sum(entry.remaining_ore for entry in self.going)


def open_lists(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[ShownList]:
    """Every list whose deadline has not passed, the nearest deadline first. Two queries."""
    query = _lists().where(WeeklyList.state == "open", WeeklyList.deadline_at > work.now())
    if company_id is not None:
        query = query.where(WeeklyList.company_id == company_id)
    return _shown(work, query.order_by(WeeklyList.deadline_at, Company.sort_key))


def latest_list(work: UnitOfWork, company_id: uuid.UUID) -> ShownList | None:
    """A company's newest list, open or closed."""
    found = _shown(work, _lists().where(WeeklyList.company_id == company_id).order_by(WeeklyList.made_at.desc()).limit(1))
    return found[0] if found else None


def find_list(work: UnitOfWork, list_id: uuid.UUID) -> ShownList:
    """LookupError when there is none such in this scope."""
    found = _shown(work, _lists().where(WeeklyList.id == list_id))
    if not found:
        raise LookupError("no such list")
    return found[0]


def list_of_entry(work: UnitOfWork, entry_id: uuid.UUID) -> tuple[ShownList, ListedClaim]:
    """The list an entry stands on, and the entry. LookupError when there is none such in this scope."""
    list_id = work.session.execute(select(ListEntry.list_id).where(ListEntry.id == entry_id)).scalar_one_or_none()
    if list_id is None:
        raise LookupError("no such list entry")
    shown = find_list(work, list_id)
    return shown, next(entry for entry in shown.entries if entry.entry_id == entry_id)


def _lists() -> Select[WeeklyList, str]:
    return select(WeeklyList, Company.name).join(Company, Company.id == WeeklyList.company_id)


def _shown(work: UnitOfWork, query: Select[WeeklyList, str]) -> list[ShownList]:
    rows = work.session.execute(query).all()
    entries = _entries(work, [weekly.id for weekly, _ in rows])
    return [
        ShownList(
            weekly.id, weekly.company_id, company_name, weekly.week, weekly.made_at, weekly.deadline_at,
            weekly.state == "open" and weekly.deadline_at > work.now(), tuple(entries[weekly.id]),
            tuple(_left_out(one) for one in weekly.left_out if isinstance(one, dict)),
        )
        for weekly, company_name in rows
    ]  # fmt: skip


def _entries(work: UnitOfWork, list_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[ListedClaim]]:
    found: dict[uuid.UUID, list[ListedClaim]] = defaultdict(list)
    rows = work.session.execute(
        select(ListEntry, OpenItem, Debtor)
        .join(Claim, Claim.id == ListEntry.claim_id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(ListEntry.list_id.in_(list_ids))
        .order_by(ListEntry.due_on, ListEntry.id)
    ).all()
    corrected = addresses.corrections(work, {debtor.id for _, _, debtor in rows})
    for entry, item, debtor in rows:
        reached = addresses.reached(debtor, corrected.get(debtor.id, ()))
        found[entry.list_id].append(
            ListedClaim(
                entry.id, entry.claim_id, debtor.id, debtor.name, item.document_number or item.external_id, entry.due_on,
                days_overdue(entry.due_on, work.today()) or 0, entry.remaining_ore, item.remaining_ore, entry.state, entry.step,
                roads_of_warning(reached) if entry.step == "collection_warning" else (), as_reasons(entry.reasons), entry.note,
                entry.decided_by, entry.decided_at, item.state in {"paid", "credited"} or item.remaining_ore <= 0,
            )
        )  # fmt: skip
    return found


def roads_of_warning(reached: Reached) -> tuple[str, ...]:
    """How a collection warning would go to a debtor: by letter where there is an address, and by e-mail as well where there is one."""
    letter = ("letter",) if reached.has_post else ()
    return (*letter, "email") if reached.mail is not None else letter


def _left_out(stored: dict[str, Any]) -> LeftOut:
    claim_id = stored.get("claim_id")
    reasons = stored.get("reasons")
    return LeftOut(
        uuid.UUID(claim_id) if isinstance(claim_id, str) else None, str(stored.get("number", "")), str(stored.get("debtor", "")),
        as_reasons(reasons if isinstance(reasons, list) else []),
    )  # fmt: skip
