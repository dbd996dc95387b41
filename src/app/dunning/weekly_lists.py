"""The weekly list: what is ready for the collection warning, once a week, per company. Everything not stopped goes on by itself.

Made and closed right after the ledger has been read in full. What was paid meanwhile is left out, and the reader is told which.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.db.scope import BureauScope
from app.db.unit_of_work import UnitOfWork
from app.dunning import book_facts, claims, loading, nightly
from app.dunning.law import Law
from app.dunning.letters.weekly_list import LeftOutInvoice, ListedInvoice, WeeklyListContent, weekly_list_mail
from app.dunning.models import Claim, ListEntry, WeeklyList
from app.ledgers.models import CompanyLink
from app.ledgers.sync import Doorway, NoLedgerError, find_link, sync_company
from app.messaging import deliveries
from app.net.errors import TryLaterError
from app.receivables.models import Debtor, OpenItem
from app.tenants import audit
from app.tenants.models import Bureau, Company
from app.values.calendar import OSLO, add_business_days, oslo_date
from app.values.ids import new_id

DEADLINE_AT = time(12, 0)
#: a reading this young stands in for one that there is no place for now; longer than the time between two ticks that make lists
JUST_READ = timedelta(minutes=20)
STEP = "collection_warning"


class ListError(ValueError):
    """Something that cannot be done with a list entry. The text is an English message id."""


@dataclass(frozen=True, slots=True)
class ListLinks:
    """Makes the links of the e-mail: each opens a page that asks before it acts."""

    list_url: Callable[[uuid.UUID, uuid.UUID, uuid.UUID, datetime], str]
    stop_url: Callable[[uuid.UUID, uuid.UUID, uuid.UUID, uuid.UUID, datetime], str]


def week_of(instant: datetime) -> str:
    """The ISO week in Oslo, such as `2026-W47`."""
    year, week, _ = oslo_date(instant).isocalendar()
    return f"{year}-W{week:02d}"


def companies_due(work: UnitOfWork, only: uuid.UUID | None = None) -> list[uuid.UUID]:
    """Active companies whose day and hour have come this week, without a list for it yet. `only`: is it one of them?"""
    local = work.now().astimezone(OSLO)
    made = select(WeeklyList.company_id).where(WeeklyList.week == week_of(work.now()))
    query = select(Company.id, Company.list_weekday, Company.list_hour).where(
        Company.closed_at.is_(None), Company.active_from <= work.now(), Company.paused_reason.is_(None), Company.id.not_in(made)
    )
    if only is not None:
        query = query.where(Company.id == only)
    return [
        company_id for company_id, weekday, hour in work.session.execute(query).all() if (local.isoweekday(), local.hour) >= (weekday, hour)
    ]


def make(door: Doorway, law: Law, links: ListLinks, bureau_id: uuid.UUID, company_id: uuid.UUID) -> uuid.UUID | None:
    """Read the ledger, decide anew, and list what is ready. None: nothing is, this week's list exists, or the company is not active.

    A week in which nothing is ready gets an empty list, closed at once, so that the ledger is not read again for it every quarter of an
    hour. Raises the ledger's errors when it cannot be read: no list is made from an old book.
    """
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        if company_id not in companies_due(work, company_id):
            return None
        before = _awaiting(work, company_id)
    _read_book(door, bureau_id, company_id)
    with door.begin(scope) as work:
        _fresh(work, company_id)
        claims.open_claims(work, company_id)
        due = claims.due_claims(work, company_id)
    with door.begin(scope) as work:
        nightly.evaluate(work, due, law)
    with door.begin(scope) as work:
        ready = _awaiting(work, company_id)
        company = work.session.execute(select(Company).where(Company.id == company_id)).scalar_one()
        weekly = _write(work, company, ready, [claim_id for claim_id in before if claim_id not in ready])
        if weekly is None or not ready:
            return None
        claims.evaluate(work, ready, law)
        _announce(work, weekly, company, links)
        return weekly.id


def lists_due(work: UnitOfWork) -> list[uuid.UUID]:
    return list(
        work.session.execute(select(WeeklyList.id).where(WeeklyList.state == "open", WeeklyList.deadline_at <= work.now())).scalars()
    )


def close(door: Doorway, law: Law, bureau_id: uuid.UUID, list_id: uuid.UUID) -> int:
    """At the deadline: read the ledger again, let everything go on that was not stopped and still holds. Once. Returns how many."""
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        weekly = work.session.execute(select(WeeklyList).where(WeeklyList.id == list_id)).scalar_one()
        if weekly.state != "open" or weekly.deadline_at > work.now():
            return 0
        company_id = weekly.company_id
    _read_book(door, bureau_id, company_id)
    with door.begin(scope) as work:
        weekly = work.session.execute(select(WeeklyList).where(WeeklyList.id == list_id).with_for_update()).scalar_one()
        if weekly.state != "open":
            return 0
        entries = _entries(work, list_id)
        _fresh(work, company_id)
        claims.evaluate(work, [entry.claim_id for entry in entries], law)
        released = _release(work, weekly, entries)
        claims.evaluate(work, released, law)
        return len(released)


def stop(work: UnitOfWork, entry_id: uuid.UUID, note: str | None) -> ListEntry:
    """Take one invoice off this week's list. It stays visible, and comes back next week unless it is put on hold."""
    entry = _open_entry(work, entry_id)
    if entry.state != "stopped":
        company = work.session.execute(select(Company).where(Company.id == entry.company_id)).scalar_one()
        entry.state, entry.note = "stopped", (note or "").strip() or None
        entry.stopped_until = _day_before_next_list(work, company)
        _sign(work, entry, "list.stopped")
    return entry


def undo(work: UnitOfWork, entry_id: uuid.UUID) -> ListEntry:
    """Put it back, as long as the list is open."""
    entry = _open_entry(work, entry_id)
    if entry.state in {"stopped", "approved"}:
        entry.state, entry.note, entry.stopped_until = "ready", None, None
        _sign(work, entry, "list.undone")
    return entry


def approve(work: UnitOfWork, list_id: uuid.UUID, entry_ids: list[uuid.UUID] | None = None) -> int:
    """Say yes before the deadline. It still goes at the deadline, and can be called back until then. Returns how many."""
    weekly = work.session.execute(select(WeeklyList).where(WeeklyList.id == list_id).with_for_update()).scalar_one_or_none()
    if weekly is None:
        raise LookupError("no such list")
    if weekly.state != "open" or weekly.deadline_at <= work.now():
        raise ListError("The deadline of this list has passed.")
    count = 0
    for entry in _entries(work, list_id):
        if entry.state == "ready" and (entry_ids is None or entry.id in entry_ids):
            entry.state = "approved"
            _sign(work, entry, "list.approved")
            count += 1
    return count


def _read_book(door: Doorway, bureau_id: uuid.UUID, company_id: uuid.UUID) -> None:
    """Read it now. Without a place at the ledger, or beside a reading under way, one that has just ended will do: every invoice is asked
    about once more before anything is said of it, and whoever waits for a place has been read by the next tick."""
    with door.begin(BureauScope(bureau_id)) as work:
        try:
            find_link(work, company_id)
        except NoLedgerError:
            return
    said = sync_company(door, bureau_id, company_id)
    if said == "done":
        return
    with door.begin(BureauScope(bureau_id)) as work:
        read_at = work.session.execute(select(CompanyLink.synced_at).where(CompanyLink.company_id == company_id)).scalar_one_or_none()
        just_read = read_at is not None and read_at > work.now() - JUST_READ
    if said not in ("waiting", "busy") or not just_read:
        raise TryLaterError("the ledger could not be read right now", timedelta(minutes=5))


def _fresh(work: UnitOfWork, company_id: uuid.UUID) -> None:
    """A book that nobody has read today is no ground for a list."""
    synced = loading.synced_on(work, {company_id}).get(company_id)
    if synced is None or (work.today() - synced).days > 1:
        raise TryLaterError("the company's book is not fresh: connect the ledger or import a new file", timedelta(hours=1))


def _awaiting(work: UnitOfWork, company_id: uuid.UUID) -> list[uuid.UUID]:
    waiting = select(Claim.id).where(Claim.company_id == company_id, Claim.awaits_list, Claim.state == "active").order_by(Claim.id)
    return list(work.session.execute(waiting).scalars())


def _write(work: UnitOfWork, company: Company, ready: list[uuid.UUID], lost: list[uuid.UUID]) -> WeeklyList | None:
    """The list of this week, or None when somebody else has just made it."""
    deadline_on = add_business_days(work.today(), company.list_deadline_days)
    state, closed_at = ("open", None) if ready else ("closed", work.now())
    row = insert(WeeklyList).values(
        bureau_id=work.bureau_id, id=new_id(), company_id=company.id, week=week_of(work.now()), made_at=work.now(),
        deadline_at=datetime.combine(deadline_on, DEADLINE_AT, tzinfo=OSLO), left_out=[], state=state, closed_at=closed_at,
    )  # fmt: skip
    weekly = work.session.execute(row.on_conflict_do_nothing().returning(WeeklyList)).scalar_one_or_none()
    if weekly is None:
        return None
    for one in loading.load(work, ready, lock=True):
        handover = any(reason["code"] == "ready_for_list_handover" for reason in one.claim.reasons)
        work.session.add(
            ListEntry(
                bureau_id=work.bureau_id, id=new_id(), company_id=company.id, list_id=weekly.id, claim_id=one.claim.id,
                step="handover" if handover else STEP, remaining_ore=one.item.remaining_ore, due_on=one.item.due_on, state="ready",
                reasons=[_on_this_list(reason, work.today()) for reason in one.claim.reasons],
            )
        )  # fmt: skip
    weekly.left_out = [_left_out(one) for one in loading.load(work, lost)]
    audit.record(work, "list.made", "weekly_list", weekly.id, company_id=company.id, entries=len(ready), left_out=len(lost))
    work.session.flush()
    return weekly


def _on_this_list(reason: dict[str, Any], made_on: date) -> dict[str, Any]:
    """The claim was decided on just before its list was made, and spoke of the next one: on the list it is this one."""
    if not str(reason.get("code", "")).startswith("ready_for_list"):
        return reason
    return {**reason, "params": {**reason.get("params", {}), "list_on": made_on.isoformat()}}


def _left_out(one: loading.Loaded) -> dict[str, object]:
    return {
        "claim_id": str(one.claim.id), "number": one.item.document_number or one.item.external_id, "debtor": one.debtor.name,
        "reasons": one.claim.reasons,
    }  # fmt: skip


def _release(work: UnitOfWork, weekly: WeeklyList, entries: list[ListEntry]) -> list[uuid.UUID]:
    still = {one.claim.id: one for one in loading.load(work, [entry.claim_id for entry in entries])}
    released: list[uuid.UUID] = []
    left_out = list(weekly.left_out)
    for entry in entries:
        one = still[entry.claim_id]
        if entry.state not in {"ready", "approved"}:
            continue
        if any(reason["code"] == "on_list" for reason in one.claim.reasons):
            entry.state = "released"
            entry.decided_by = entry.decided_by or "the deadline"
            entry.decided_at = entry.decided_at or work.now()
            released.append(entry.claim_id)
        else:
            entry.state, entry.reasons = "left_out", one.claim.reasons
            left_out.append(_left_out(one))
    weekly.state, weekly.closed_at, weekly.left_out = "closed", work.now(), left_out
    audit.record(work, "list.closed", "weekly_list", weekly.id, company_id=weekly.company_id, released=len(released))
    work.session.flush()
    return released


def _announce(work: UnitOfWork, weekly: WeeklyList, company: Company, links: ListLinks) -> None:
    """Tell the company by e-mail. Without an address the list still stands on the page."""
    if company.email is None:
        return
    bureau = work.session.execute(select(Bureau.name).where(Bureau.id == work.bureau_id)).scalar_one()
    rows = work.session.execute(
        select(ListEntry, OpenItem.document_number, OpenItem.external_id, Debtor.name)
        .join(Claim, Claim.id == ListEntry.claim_id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(ListEntry.list_id == weekly.id)
        .order_by(ListEntry.due_on, ListEntry.id)
    ).all()
    content = WeeklyListContent(
        company_name=company.name,
        week=int(weekly.week[-2:]),
        decide_before=weekly.deadline_at,
        list_url=links.list_url(work.bureau_id, company.id, weekly.id, weekly.deadline_at),
        invoices=tuple(
            ListedInvoice(
                number or external_id, name, entry.due_on, (work.today() - entry.due_on).days, entry.remaining_ore,
                links.stop_url(work.bureau_id, company.id, weekly.id, entry.id, weekly.deadline_at),
            )
            for entry, number, external_id, name in rows
        ),
        left_out=tuple(LeftOutInvoice(str(one["number"]), str(one["debtor"]), _why(one["reasons"])) for one in weekly.left_out),
        bureau_name=bureau,
        held=book_facts.load(work, {company.id}, ()).faults.get(company.id, ()),
    )  # fmt: skip
    subject, text, html = weekly_list_mail(content)
    deliveries.plan_mail(work, company.id, "weekly_list", weekly.id, company.email, subject, text, html)


def _why(reasons: list[dict[str, object]]) -> str:
    """One or two words for the e-mail; the page tells the whole reason."""
    code = str(reasons[0]["code"]) if reasons else ""
    words = {
        "settled": "betalt", "within_tolerance": "betalt", "disputed": "innsigelse", "dispute_upheld": "innsigelse", "on_hold": "stanset",
        "on_hold_open": "stanset",
    }  # fmt: skip
    return words.get(code, "endret i regnskapet")


def _entries(work: UnitOfWork, list_id: uuid.UUID) -> list[ListEntry]:
    return list(
        work.session.execute(select(ListEntry).where(ListEntry.list_id == list_id).order_by(ListEntry.id).with_for_update()).scalars()
    )


def _open_entry(work: UnitOfWork, entry_id: uuid.UUID) -> ListEntry:
    """The entry, ours, and its list too: the list is locked first, as whoever closes it does."""
    list_id = work.session.execute(select(ListEntry.list_id).where(ListEntry.id == entry_id)).scalar_one_or_none()
    if list_id is None:
        raise LookupError("no such list entry")
    fresh = {"populate_existing": True}
    weekly = work.session.execute(
        select(WeeklyList).where(WeeklyList.id == list_id).with_for_update(key_share=True).execution_options(**fresh)
    ).scalar_one()
    entry = work.session.execute(
        select(ListEntry).where(ListEntry.id == entry_id).with_for_update().execution_options(**fresh)
    ).scalar_one()
    if weekly.state != "open" or weekly.deadline_at <= work.now():
        raise ListError("The deadline of this list has passed.")
    return entry


def _sign(work: UnitOfWork, entry: ListEntry, action: str) -> None:
    entry.decided_by, entry.decided_at = work.actor.name, work.now()
    audit.record(work, action, "claim", entry.claim_id, company_id=entry.company_id, note=entry.note)
    claims.touch(work, entry.claim_id)


def _day_before_next_list(work: UnitOfWork, company: Company) -> date:
    ahead = (company.list_weekday - work.today().isoweekday() - 1) % 7 + 1
    return work.today() + timedelta(days=ahead - 1)
