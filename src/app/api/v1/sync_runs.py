"""Sync runs: each mirroring of a company's book, with its progress."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import Response, get, post
from litestar.params import QueryParameter

from app.api.idempotency import Repeatable
from app.api.paging import AskedPage
from app.api.v1.words import Id, OfCompany
from app.ledgers import queries
from app.ledgers.models import SyncRun
from app.ledgers.sync import find_link
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Sync runs"
RunState = Literal["running", "done", "failed"]


class SyncRunOut(msgspec.Struct, frozen=True):
    """One run. `step` is where it is; the counts grow while it runs. `unexplained` items left the list without a reason. Those
    missed for the first time count as `asked_again` instead: the next run asks again before a person has to.

    `listed_ore` is the sum of the open items and `account_ore` what the receivables account showed; null where they could not be compared.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    state: RunState
    step: str
    source: str
    rows_read: int
    opened: int
    changed: int
    closed: int
    unexplained: int
    asked_again: int
    listed_ore: int | None
    account_ore: int | None
    problem: str | None
    started_at: datetime
    finished_at: datetime | None


class SyncRunPage(msgspec.Struct, frozen=True):
    """Some runs, newest first; `next_cursor` gives those before them."""

    items: list[SyncRunOut]
    next_cursor: str | None


class SyncAsked(msgspec.Struct, frozen=True):
    """A sync is on its way; follow it at `runs`. One that is running already is not doubled."""

    company_id: uuid.UUID
    ledger: str
    runs: str


@get("/sync-runs", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listSyncRuns", tags=[TAG])
def list_sync_runs(
    work: Work,
    paging: AskedPage,
    company_id: OfCompany = None,
    in_state: Annotated[RunState | None, QueryParameter(name="state", description="Only in this state.")] = None,
) -> SyncRunPage:
    """Runs, perhaps of one company."""
    return paging.listed(SyncRunPage, queries.sync_runs(work, paging.position, company_id, in_state), sync_run_of)


@get("/sync-runs/{run_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getSyncRun", tags=[TAG])
def get_sync_run(work: Work, run_id: Id) -> SyncRunOut:
    """One run."""
    return sync_run_of(queries.find_sync_run(work, run_id))


@post(
    "/companies/{company_id:uuid}/sync-runs", status_code=202, sync_to_thread=True, guards=[requires(Permission.SYNC)],
    operation_id="startSync", tags=[TAG],
)  # fmt: skip
def start_sync(work: Work, idempotency: Repeatable, company_id: Id) -> Response[SyncAsked]:
    """Read the company's ledger now. 409 when it is not connected to one."""

    def ask() -> SyncAsked:
        companies.find(work, company_id)
        ledger = find_link(work, company_id).ledger
        work.enqueue("ledgers.sync_company", bureau_id=str(work.bureau_id), company_id=str(company_id))
        return SyncAsked(company_id, ledger, f"/api/v1/sync-runs?company_id={company_id}")

    return idempotency.once(work, 202, ask)


def sync_run_of(row: SyncRun) -> SyncRunOut:
    return SyncRunOut(
        id=row.id, company_id=row.company_id, state=cast("RunState", row.state), step=row.step, source=row.source, rows_read=row.done,
        opened=row.opened, changed=row.changed, closed=row.closed, unexplained=row.unexplained, asked_again=row.asked_again,
        listed_ore=row.listed_ore,
        account_ore=row.account_ore, problem=row.problem,
        started_at=row.started_at, finished_at=row.finished_at,
    )  # fmt: skip


HANDLERS = (list_sync_runs, get_sync_run, start_sync)
