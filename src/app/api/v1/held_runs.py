"""Held runs: a day's steps that looked unlike the days before, and a person's word about them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import get, put
from litestar.params import JSONBody, QueryParameter

from app.api.paging import AskedPage
from app.api.v1.words import Id, Ore, Words
from app.dunning import run_decisions
from app.dunning.run_models import HeldRun
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Held runs"
RunStateWord = Literal["held", "released", "cancelled"]


class ExcessOut(msgspec.Struct, frozen=True):
    """A figure out of bounds. Amounts in øre, shares in per cent. `usual` is null while too few weeks are known."""

    measure: Literal["count", "amount", "good_payers", "spread"]
    value: int
    limit: int
    usual: int | None


class HeldRunOut(msgspec.Struct, frozen=True):
    """A run of one company, or with a null `company_id` of the whole bureau. Nothing of it leaves the house while it is `held`.

    `good_payers` steps go to debtors who mostly pay on time; `spread` is the most companies one debtor is met in.
    """

    id: uuid.UUID
    company_id: uuid.UUID | None
    ran_on: date
    state: RunStateWord
    steps: int
    amount_ore: Ore
    good_payers: int
    spread: int
    excesses: list[ExcessOut]
    held_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    note: str | None


class HeldRunPage(msgspec.Struct, frozen=True):
    """Some runs, in the order in which they were held; `next_cursor` gives those after them."""

    items: list[HeldRunOut]
    next_cursor: str | None


class RunOutcomeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`release`: each step is decided anew and goes on. `cancel`: nothing of it is sent; the claims are looked at again in a week."""

    outcome: Literal["release", "cancel"]
    note: Words


@get("/held-runs", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listHeldRuns", tags=[TAG])
def list_held_runs(
    work: Work,
    paging: AskedPage,
    in_state: Annotated[RunStateWord | None, QueryParameter(name="state", description="Only in this state.")] = None,
) -> HeldRunPage:
    """Runs, perhaps only those that wait."""
    return paging.listed(HeldRunPage, run_decisions.run_page(work, paging.position, in_state), held_run_of)


@get("/held-runs/{held_run_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getHeldRun", tags=[TAG])
def get_held_run(work: Work, held_run_id: Id) -> HeldRunOut:
    """One run."""
    return held_run_of(run_decisions.find_run(work, held_run_id).line.run)


@put(
    "/held-runs/{held_run_id:uuid}/outcome", sync_to_thread=True, guards=[requires(Permission.APPROVE)], operation_id="settleHeldRun",
    tags=[TAG],
)  # fmt: skip
def settle_held_run(work: Work, held_run_id: Id, data: JSONBody[RunOutcomeIn]) -> HeldRunOut:
    """Let a run go or call it off. 409 when somebody has decided already."""
    return held_run_of(run_decisions.decide(work, held_run_id, data.outcome, data.note))


def held_run_of(row: HeldRun) -> HeldRunOut:
    return HeldRunOut(
        id=row.id, company_id=row.company_id, ran_on=row.ran_on, state=cast("RunStateWord", row.state), steps=row.count,
        amount_ore=row.amount_ore, good_payers=row.good_count, spread=row.spread,
        excesses=[ExcessOut(**one) for one in row.excesses], held_at=row.held_at, decided_at=row.decided_at,
        decided_by=row.decided_by, note=row.note,
    )  # fmt: skip


HANDLERS = (list_held_runs, get_held_run, settle_held_run)
