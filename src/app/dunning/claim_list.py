"""A page of claims, filtered, sorted and paged by cursor: the same for the pages and the API."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, case, exists, func, literal, or_, select, tuple_

from app.agencies.models import AgencyCase
from app.db.unit_of_work import UnitOfWork
from app.dunning.models import Claim, Dispute, Hold, ListEntry, Notice, WeeklyList
from app.dunning.reasons import Reason
from app.dunning.restart_facts import still_counts
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

LIMIT_MAX = 200
#: days overdue, both ends counted; None: no end
AGES: dict[str, tuple[int, int | None]] = {"0-14": (0, 14), "15-30": (15, 30), "31-60": (31, 60), "61-90": (61, 90), "90+": (91, None)}
#: where a claim stands, in the order in which one word goes before another
STANDINGS = (
    "paid", "credited", "closed", "handed_over", "disputed", "held", "ask_person", "ready", "approved", "stopped", "warned", "reminded",
    "not_due", "overdue",
)  # fmt: skip
AT_AGENCY = ("planned", "registered", "in_collection", "legal", "paused", "in_doubt")
_SAID = ("issued", "sent", "review")


class CursorError(ValueError):
    """A cursor that this list did not make, or made for another sort."""


@dataclass(frozen=True, slots=True)
class ClaimFilter:
    """What to show. `state`: active, closed, all, or one of `STANDINGS`. `step`: the engine's word (wait, send_reminder, ask_person, ...).

    `age` is one of `AGES`. `text` is looked for in invoice number, KID and debtor. `sort`: due amount invoice debtor company next, with a
    leading minus for descending.
    """

    state: str = "active"
    step: str | None = None
    company_id: uuid.UUID | None = None
    debtor_id: uuid.UUID | None = None
    text: str = ""
    age: str | None = None
    sort: str = "due"


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One claim in a list. Amounts in øre; `days_overdue` counts from the printed due date and is negative before it."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    company_name: str
    debtor_id: uuid.UUID
    debtor_name: str
    open_item_id: uuid.UUID
    invoice: str
    kid: str | None
    due_on: date | None
    days_overdue: int | None
    original_ore: int
    remaining_ore: int
    currency: str
    state: str
    standing: str
    step: str
    reasons: tuple[Reason, ...]
    next_action_on: date | None


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """Rows with cursors to the neighbouring pages, and count and sum (øre) of everything the filter lets through."""

    rows: tuple[ClaimRow, ...]
    next_cursor: str | None
    previous_cursor: str | None
    total: int
    remaining_ore: int


def list_claims(work: UnitOfWork, wanted: ClaimFilter, cursor: str | None = None, *, limit: int = 50) -> ClaimPage:
    """Two queries, whatever the size of the page. CursorError for a foreign cursor, ValueError for an unknown sort, state or age."""
    limit = max(1, min(limit, LIMIT_MAX))
    descending, by = wanted.sort.startswith("-"), _SORTS.get(wanted.sort.removeprefix("-"))
    if by is None:
        raise ValueError(f"unknown sort: {wanted.sort}")
    conditions = _conditions(wanted, work.today())
    sums: Select[*tuple[Any, ...]] = select(
        func.count().label("total"), func.coalesce(func.sum(OpenItem.remaining_ore), 0).label("remaining")
    )
    total, remaining = tuple(work.session.execute(_joined(sums).where(*conditions)).one())
    backwards, after = _opened(cursor, wanted.sort)
    turned = descending != backwards
    query = _joined(_columns(work.today(), by)).where(*conditions)
    if after is not None:
        here = tuple_(by, Claim.id)
        query = query.where(here < after if turned else here > after)
    ordered = (by.desc(), Claim.id.desc()) if turned else (by.asc(), Claim.id.asc())
    found = list(work.session.execute(query.order_by(*ordered).limit(limit + 1)).all())
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    forward = more or backwards
    back = (after is not None and not backwards) or (backwards and more)
    return ClaimPage(
        tuple(_row(one, work.today()) for one in found),
        _sealed("n", wanted.sort, found[-1]) if found and forward else None,
        _sealed("p", wanted.sort, found[0]) if found and back else None,
        total,
        int(remaining),
    )


def standing_of(today: date) -> ColumnElement[str]:
    """SQL for the one word that says where a claim stands; see `STANDINGS`."""
    return case(
        (and_(Claim.state == "closed", OpenItem.state.in_(["paid", "credited"])), OpenItem.state),
        (Claim.state == "closed", "closed"),
        (exists().where(AgencyCase.claim_id == Claim.id, AgencyCase.state.in_(AT_AGENCY)), "handed_over"),
        (exists().where(Dispute.claim_id == Claim.id, Dispute.decided_at.is_(None)), "disputed"),
        (exists().where(_about_this, Hold.lifted_at.is_(None), or_(Hold.until.is_(None), Hold.until >= today)), "held"),
        (Claim.step == "ask_person", "ask_person"),
        *((_listed(state), state) for state in ("ready", "approved", "stopped")),
        (_noticed("collection_warning"), "warned"),
        (_noticed("reminder"), "reminded"),
        (OpenItem.due_on >= today, "not_due"),
        else_="overdue",
    )


def as_reasons(stored: Sequence[Any]) -> tuple[Reason, ...]:
    """Reasons as they were kept; what is none of ours is left out."""
    return tuple(Reason.from_json(one) for one in stored if isinstance(one, dict) and isinstance(one.get("code"), str))


def days_overdue(due_on: date | None, today: date) -> int | None:
    return None if due_on is None else (today - due_on).days


#: a stop on the claim itself, on its debtor, or on its whole company
_about_this = or_(
    Hold.claim_id == Claim.id,
    Hold.debtor_id == Claim.debtor_id,
    and_(Hold.claim_id.is_(None), Hold.debtor_id.is_(None), Hold.company_id == Claim.company_id),
)
_FAR = date(9999, 12, 31)
_SORTS: dict[str, ColumnElement[Any]] = {
    "due": func.coalesce(OpenItem.due_on, literal(_FAR)),
    "amount": OpenItem.remaining_ore.expression,
    "invoice": func.coalesce(OpenItem.document_number, OpenItem.external_id),
    "debtor": Debtor.sort_key.expression,
    "company": Company.sort_key.expression,
    "next": func.coalesce(Claim.next_action_on, literal(_FAR)),
}


def _columns(today: date, by: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    columns: Select[*tuple[Any, ...]] = select(
        Claim.id, Claim.company_id, Company.name.label("company_name"), Claim.debtor_id, Debtor.name.label("debtor_name"),
        Claim.open_item_id, func.coalesce(OpenItem.document_number, OpenItem.external_id).label("invoice"), OpenItem.kid, OpenItem.due_on,
        OpenItem.original_ore, OpenItem.remaining_ore, OpenItem.currency, Claim.state, Claim.step, Claim.reasons, Claim.next_action_on,
        standing_of(today).label("standing"), by.label("sorted_by"),
    )  # fmt: skip
    return columns


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    return (
        query.select_from(Claim)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .join(Company, Company.id == Claim.company_id)
    )


def _conditions(wanted: ClaimFilter, today: date) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state in {"active", "closed"}:
        found.append(Claim.state == wanted.state)
    elif wanted.state in STANDINGS:
        found.append(standing_of(today) == wanted.state)
    elif wanted.state != "all":
        raise ValueError(f"unknown state: {wanted.state}")
    if wanted.step:
        found.append(Claim.step == wanted.step)
    if wanted.company_id is not None:
        found.append(Claim.company_id == wanted.company_id)
    if wanted.debtor_id is not None:
        found.append(Claim.debtor_id == wanted.debtor_id)
    if wanted.age:
        if wanted.age not in AGES:
            raise ValueError(f"unknown age: {wanted.age}")
        low, high = AGES[wanted.age]
        found.append(OpenItem.due_on <= today - timedelta(days=low))
        if high is not None:
            found.append(OpenItem.due_on >= today - timedelta(days=high))
    if wanted.text.strip():
        part = wanted.text.strip()
        found.append(
            or_(
                OpenItem.document_number.icontains(part, autoescape=True),
                OpenItem.kid.contains(part.replace(" ", ""), autoescape=True),
                Debtor.name.icontains(part, autoescape=True),
            )
        )
    return found


def _listed(state: str) -> ColumnElement[bool]:
    """On a list that is still open, with that verdict."""
    return exists().where(
        ListEntry.claim_id == Claim.id, ListEntry.state == state, ListEntry.list_id == WeeklyList.id, WeeklyList.state == "open"
    )


def _noticed(kind: str) -> ColumnElement[bool]:
    return exists().where(Notice.claim_id == Claim.id, Notice.kind == kind, Notice.state.in_(_SAID), still_counts(Notice))


def _row(one: Row[Any], today: date) -> ClaimRow:
    return ClaimRow(
        one.id, one.company_id, one.company_name, one.debtor_id, one.debtor_name, one.open_item_id, one.invoice, one.kid, one.due_on,
        days_overdue(one.due_on, today), one.original_ore, one.remaining_ore, one.currency, one.state, one.standing, one.step,
        as_reasons(one.reasons), one.next_action_on,
    )  # fmt: skip


def _sealed(way: str, sort: str, one: Row[Any]) -> str:
    value = one.sorted_by.isoformat() if isinstance(one.sorted_by, date) else one.sorted_by
    return base64.urlsafe_b64encode(json.dumps([way, sort, value, str(one.id)]).encode()).decode().rstrip("=")


def _opened(cursor: str | None, sort: str) -> tuple[bool, Any]:
    if not cursor:
        return False, None
    try:
        way, made_for, value, claim_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if way not in {"n", "p"} or made_for != sort:
            raise CursorError("this cursor belongs to another list")
        by = sort.removeprefix("-")
        bound: ColumnElement[Any]
        if by in {"due", "next"}:
            bound = literal(date.fromisoformat(value))
        else:
            bound = literal(int(value)) if by == "amount" else literal(str(value), String)
        return way == "p", tuple_(bound, literal(uuid.UUID(claim_id)))
    except (ValueError, TypeError, AttributeError) as fault:
        raise CursorError("this cursor cannot be read") from fault
