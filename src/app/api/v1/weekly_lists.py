"""Weekly lists: what is ready to go on, and a company's last word before it does."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import delete, get, put
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from app.api.paging import AskedPage
from app.api.v1.words import Id, Note, OfCompany, Ore, ReasonOut, reason_of
from app.dunning import feeds, queries, weekly_lists
from app.dunning.feeds import ListEntryCounts
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Weekly lists"
ListState = Literal["open", "closed"]
EntryState = Literal["ready", "approved", "stopped", "released", "left_out"]
EntryStep = Literal["collection_warning", "handover"]


class WeeklyListOut(msgspec.Struct, frozen=True):
    """A company's list of one ISO week (2026-W47). At `deadline_at` everything not stopped and still valid goes on by itself."""

    id: uuid.UUID
    company_id: uuid.UUID
    week: str
    state: ListState
    made_at: datetime
    deadline_at: datetime
    closed_at: datetime | None
    entries: int
    ready: int


class WeeklyListPage(msgspec.Struct, frozen=True):
    """Some lists, newest first; `next_cursor` gives those before them."""

    items: list[WeeklyListOut]
    next_cursor: str | None


class ListEntryOut(msgspec.Struct, frozen=True):
    """An invoice on a list. `listed_ore` is what was open when the list was made, `remaining_ore` what is open now.

    `roads` says how a warning would go: `letter`, `email`. `settled`: paid or credited since, so it will not go on.
    """

    id: uuid.UUID
    claim_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    invoice: str
    due_on: date
    days_overdue: int
    listed_ore: Ore
    remaining_ore: Ore
    state: EntryState
    step: EntryStep
    roads: list[str]
    reasons: list[ReasonOut]
    note: str | None
    decided_by: str | None
    decided_at: datetime | None
    settled: bool


class LeftOutOut(msgspec.Struct, frozen=True):
    """An invoice that was on its way to the list, or on it, and will not go on."""

    claim_id: uuid.UUID | None
    invoice: str
    debtor_name: str
    reasons: list[ReasonOut]


class WeeklyListDetailOut(msgspec.Struct, frozen=True):
    """A list with its entries by due date, and what was left out and why. `open`: its deadline has not passed."""

    id: uuid.UUID
    company_id: uuid.UUID
    week: str
    open: bool
    made_at: datetime
    deadline_at: datetime
    entries: list[ListEntryOut]
    left_out: list[LeftOutOut]


class StopIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why it is stopped, if you wish to say."""

    note: Note | None = None


class ApprovalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries to approve; null or left out: all that are ready."""

    entry_ids: Annotated[list[uuid.UUID], Meta(max_length=5000)] | None = None


class ApprovedOut(msgspec.Struct, frozen=True):
    """How many entries went from ready to approved now. They go at the deadline, and can be stopped until then."""

    approved: int


@get("/weekly-lists", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listWeeklyLists", tags=[TAG])
def list_weekly_lists(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    in_state: Annotated[ListState | None, QueryParameter(name="state", description="Only in this state.")] = None,
) -> WeeklyListPage:
    """Lists, perhaps of one company."""
    page = feeds.weekly_lists(work, paging.position, company_id=company_id, state=in_state)
    return paging.listed(WeeklyListPage, page, weekly_list_of)


@get("/weekly-lists/{list_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getWeeklyList", tags=[TAG])
def get_weekly_list(work: Work, list_id: Id) -> WeeklyListDetailOut:
    """One list with everything on it."""
    found = queries.find_list(work, list_id)
    return WeeklyListDetailOut(
        found.list_id, found.company_id, found.week, found.open, found.made_at, found.deadline_at,
        [entry_of(entry) for entry in found.entries],
        [LeftOutOut(one.claim_id, one.invoice, one.debtor_name, [reason_of(why) for why in one.reasons]) for one in found.left_out],
    )  # fmt: skip


@put(
    "/weekly-lists/{list_id:uuid}/approval", sync_to_thread=True, guards=[requires(Permission.APPROVE)], operation_id="approveWeeklyList",
    tags=[TAG],
)  # fmt: skip
def approve_weekly_list(work: Work, list_id: Id, data: JSONBody[ApprovalIn]) -> ApprovedOut:
    """Say yes before the deadline, to all or to some. 409 after it."""
    return ApprovedOut(weekly_lists.approve(work, list_id, data.entry_ids))


@put("/list-entries/{entry_id:uuid}/stop", sync_to_thread=True, guards=[requires(Permission.STOP)], operation_id="stopEntry", tags=[TAG])
def stop_entry(work: Work, entry_id: Id, data: JSONBody[StopIn]) -> ListEntryOut:
    """Take one invoice off this week's list; it comes back next week unless it is held. 409 after the deadline."""
    weekly_lists.stop(work, entry_id, data.note)
    return entry_of(queries.list_of_entry(work, entry_id)[1])


@delete(
    "/list-entries/{entry_id:uuid}/stop", status_code=200, sync_to_thread=True, guards=[requires(Permission.STOP)],
    operation_id="undoStop", tags=[TAG],
)  # fmt: skip
def undo_stop(work: Work, entry_id: Id) -> ListEntryOut:
    """Put it back. 409 after the deadline."""
    weekly_lists.undo(work, entry_id)
    return entry_of(queries.list_of_entry(work, entry_id)[1])


def weekly_list_of(found: ListEntryCounts) -> WeeklyListOut:
    row = found.weekly
    return WeeklyListOut(
        row.id, row.company_id, row.week, cast("ListState", row.state), row.made_at, row.deadline_at, row.closed_at, found.entries,
        found.ready,
    )  # fmt: skip


def entry_of(entry: queries.ListedClaim) -> ListEntryOut:
    return ListEntryOut(
        id=entry.entry_id, claim_id=entry.claim_id, debtor_id=entry.debtor_id, debtor_name=entry.debtor_name, invoice=entry.invoice,
        due_on=entry.due_on, days_overdue=entry.days_overdue, listed_ore=entry.listed_ore, remaining_ore=entry.remaining_ore,
        state=cast("EntryState", entry.state), step=cast("EntryStep", entry.step), roads=list(entry.roads),
        reasons=[reason_of(one) for one in entry.reasons], note=entry.note, decided_by=entry.decided_by, decided_at=entry.decided_at,
        settled=entry.settled,
    )  # fmt: skip


HANDLERS = (list_weekly_lists, get_weekly_list, approve_weekly_list, stop_entry, undo_stop)
