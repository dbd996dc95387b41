"""Why an overdue invoice is followed up or not: for each the one rule that decided it, and the next day on which something happens.

The explanation is the first reason of the claim's own decision. What has no decision, or one behind the facts, is explained as that.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Date, Row, Select, String, and_, case, exists, func, literal, null, or_, select

from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.dunning import dry_run
from app.dunning.claim_list import as_reasons
from app.dunning.law import Law
from app.dunning.models import Claim, ListEntry, WeeklyList
from app.dunning.reasons import REASON_TEXTS, Reason, because
from app.dunning.steps import Decision, Wait
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

#: explanations of what the engine has not decided, or not on these facts
CREDIT, NEW, BEHIND = "credit_not_claimed", "not_looked_at", "looked_at_again"
READY = ("ready_for_list_warning", "ready_for_list_handover")
_LISTED = ("ready", "approved")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which overdue invoices. `code`: only those with this explanation."""

    company_id: uuid.UUID | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One overdue invoice and its one explanation. Øre; `step` is None for what is no claim.

    `next_on`: when it is decided on next, today or later (Europe/Oslo), by itself; None where nothing happens by itself. `then` is what the
    engine answers on that day if nothing changes but that the ledger is read; on a list's day, that the list is made.
    """

    open_item_id: uuid.UUID
    claim_id: uuid.UUID | None
    company_id: uuid.UUID
    company: str
    debtor_id: uuid.UUID
    debtor: str
    invoice: str
    due_on: date | None
    remaining_ore: int
    currency: str
    on_list: bool
    step: str | None
    reason: Reason
    next_on: date | None
    then: Decision | None


def explanations(work: UnitOfWork, position: Position, wanted: Wanted, law: Law) -> Page[Explanation]:
    """A page, in the order in which the ledger first showed the invoices. The number of queries does not follow the number of rows."""
    today = work.today()
    page = read_page(work, _query(today, wanted), OpenItem.id, position)
    days = {row.claim_id: row.next_on for row in page.rows if row.claim_id is not None and row.next_on is not None}
    coming = {one.claim.id: decision for one, decision in dry_run.decided_for(work, days, law)} if days else {}
    return Page(tuple(_explained(row, coming) for row in page.rows), page.next_after)


def counts(work: UnitOfWork, wanted: Wanted) -> dict[str, int]:
    """How many overdue invoices have each explanation, the commonest first, whatever `wanted.code` is. One query."""
    code = _code(work.today()).label("code")
    found = _overdue(select(code, func.count().label("number")), work.today(), wanted.company_id).group_by(code)
    rows = work.session.execute(found).all()
    return {str(row.code): int(row.number) for row in sorted(rows, key=lambda row: (-row.number, row.code))}


def _query(today: date, wanted: Wanted) -> Select[*tuple[Any, ...]]:
    columns: Select[*tuple[Any, ...]] = select(
        OpenItem, Claim.id.label("claim_id"), Company.name.label("company"), Debtor.name.label("debtor"), Claim.step, Claim.reasons,
        _code(today).label("code"), _next_on(today).label("next_on"), _on_list().label("on_list"),
    )  # fmt: skip
    query = _overdue(columns, today, wanted.company_id)
    return query if wanted.code is None else query.where(_code(today) == wanted.code)


def _overdue(query: Select[*tuple[Any, ...]], today: date, company_id: uuid.UUID | None) -> Select[*tuple[Any, ...]]:
    """What the ledger shows open, or no longer shows without saying why, past its printed due date or without one."""
    found = (
        query.select_from(OpenItem)
        .join(Company, Company.id == OpenItem.company_id)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .outerjoin(Claim, Claim.open_item_id == OpenItem.id)
        .where(OpenItem.state.in_(["open", "unexplained"]), OpenItem.remaining_ore != 0, Company.closed_at.is_(None))
        .where(or_(OpenItem.due_on < today, OpenItem.due_on.is_(None)))
    )
    return found if company_id is None else found.where(OpenItem.company_id == company_id)


def _code(today: date) -> ColumnElement[str]:
    first = Claim.reasons[0]["code"].astext
    return case(
        (OpenItem.remaining_ore < 0, literal(CREDIT, String)), (first.is_(None), literal(NEW, String)),
        (_is_behind(today), literal(BEHIND, String)), else_=first,
    )  # fmt: skip


def _is_behind(today: date) -> ColumnElement[bool]:
    """Decided before what is now known or was done by somebody, or waiting for a day that has come."""
    waits = and_(Claim.state == "active", Claim.step.in_(["wait", "ask_person"]), Claim.next_action_on <= today)
    return or_(Claim.awaits_decision, waits, OpenItem.changed_at > Claim.decided_at)


def _next_on(today: date) -> ColumnElement[date]:
    day = literal(today, Date)
    return case(
        (OpenItem.remaining_ore < 0, null()), (or_(Claim.id.is_(None), _is_behind(today)), day),
        (Claim.next_action_on.is_not(None), func.greatest(Claim.next_action_on, day)), else_=null(),
    )  # fmt: skip


def _on_list() -> ColumnElement[bool]:
    return exists().where(
        ListEntry.claim_id == Claim.id, ListEntry.state.in_(_LISTED), WeeklyList.id == ListEntry.list_id, WeeklyList.state == "open"
    )


def _explained(row: Row[Any], coming: Mapping[uuid.UUID, Decision]) -> Explanation:
    item: OpenItem = row[0]
    stored = as_reasons(row.reasons or ())
    reason = because(row.code) if row.code in (CREDIT, NEW, BEHIND) else stored[0]
    then = coming.get(row.claim_id)
    if then is not None and reason.code in READY:
        # the list is made by itself on its day, not by the engine, which knows only of the next one
        then = Decision(Wait(row.next_on), (because("put_on_list"),), row.next_on)
    return Explanation(
        item.id, row.claim_id, item.company_id, row.company, item.debtor_id, row.debtor, item.document_number or item.external_id,
        item.due_on, item.remaining_ore, item.currency, bool(row.on_list), row.step if row.code != CREDIT else None, reason, row.next_on,
        then,
    )  # fmt: skip


def is_known(code: str) -> bool:
    """May an explanation have this code?"""
    return code in REASON_TEXTS
