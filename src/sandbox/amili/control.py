"""The hand on the agency's side of the table: `/control/amili/...`."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec
from litestar import Router, get, patch, post, put
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from sandbox.amili.book import Book, Case, Json, Organisation, Settings
from sandbox.amili.forms import batch_whole, case_row, kroner, settlement_row
from sandbox.amili.webhook import tell_case
from sandbox.amili.work import look_at, pay_agency
from sandbox.world import World


class DebtorPayment(msgspec.Struct):
    """`amount` in kroner; without it everything outstanding is paid. `date` is the sandbox's today where absent."""

    amount: float | None = None
    date: dt.date | None = None


class NewOrganisation(msgspec.Struct):
    """With `webhook_url` its events are sent there: how that is asked for at the vendor is not public."""

    name: str
    organisation_number: str | None = None
    webhook_url: str | None = None
    webhook_secret: str = ""


def router() -> Router:
    handlers = [change_settings, put_organisation, cases, batches, finish, settlements, webhooks, pay, step]
    return Router("/control/amili", route_handlers=handlers)


@patch("/settings", sync_to_thread=True)
def change_settings(data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Settings:
    with world.lock:
        book.settings = msgspec.convert({**msgspec.to_builtins(book.settings), **data}, Settings)
        return book.settings


@put("/organisations/{org:str}", sync_to_thread=True)
def put_organisation(
    org: FromPath[str], data: JSONBody[NewOrganisation], world: NamedDependency[World], book: NamedDependency[Book]
) -> Json:
    with world.lock:
        book.organisations[org] = Organisation(org, data.name, data.organisation_number, data.webhook_url, data.webhook_secret)
        return {"orgId": org}


@get("/cases", sync_to_thread=True)
def cases(world: NamedDependency[World], book: NamedDependency[Book], reference: FromQuery[str | None] = None) -> list[Json]:
    """All cases with what was handed in and all money on them, or those under one of our references: a double shows as two."""
    with world.lock:
        return [
            {
                **case_row(case), "given": case.given, "money": msgspec.to_builtins(case.money), "asked": case.asked,
                "organisation": case.organisation_id,
            }
            for case in book.cases.values()
            if reference in (None, case.reference)
        ]  # fmt: skip


@get("/batches", sync_to_thread=True)
def batches(world: NamedDependency[World], book: NamedDependency[Book]) -> list[Json]:
    with world.lock:
        return [{**batch_whole(one), "rows": len(one.rows)} for one in book.batches.values()]


@post("/batches/finish", sync_to_thread=True)
def finish(world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    """Look at all that is queued, also while batches are held."""
    with world.lock:
        queued = [one for one in book.batches.values() if one.status == "QUEUED"]
        for one in queued:
            look_at(world, book, one)
        return {"finished": [one.id for one in queued]}


@get("/settlements", sync_to_thread=True)
def settlements(world: NamedDependency[World], book: NamedDependency[Book]) -> list[Json]:
    with world.lock:
        return [settlement_row(book.cases[one.case_number], one) for one in book.settlements.values()]


@get("/webhooks", sync_to_thread=True)
def webhooks(world: NamedDependency[World], book: NamedDependency[Book]) -> list[Json]:
    with world.lock:
        return [{"event": event, "outcome": outcome} for event, outcome in book.delivered]


@post("/cases/{number:int}/pay", sync_to_thread=True)
def pay(number: FromPath[int], data: JSONBody[DebtorPayment], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    """The debtor pays the agency. The payout comes the day after."""
    with world.lock:
        case = _case(book, number)
        if case.status == "CLOSED":
            raise HTTPException("The case is closed", status_code=409)
        amount_ore = None if data.amount is None else round(data.amount * 100)
        collected = pay_agency(world, book, case, amount_ore, data.date or world.today())
        parts = {"principal": collected.principal_ore, "interest": collected.interest_ore, "fees": collected.fees_ore}
        return {**{name: kroner(amount) for name, amount in parts.items()}, "status": case.status}


@post("/cases/{number:int}/{what:str}", sync_to_thread=True)
def step(
    number: FromPath[int], what: FromPath[Literal["legal", "close"]], world: NamedDependency[World], book: NamedDependency[Book]
) -> Json:
    """Move the case by hand."""
    with world.lock:
        case = _case(book, number)
        if what == "legal":
            case.type, case.sub_status = "LEGAL", None
        else:
            case.status, case.closed_at = "CLOSED", world.now()
        tell_case(world, book, case, ["type"] if what == "legal" else ["status"])
        return {"type": case.type, "status": case.status}


def _case(book: Book, number: int) -> Case:
    if number not in book.cases:
        raise NotFoundException("Unknown case")
    return book.cases[number]
