"""The hand on the agency's side of the table: `/control/kravia/...`."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

import msgspec
from litestar import Router, get, patch, post, put
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from sandbox.kravia.book import OPEN_STATUSES, Book, Claim, Creditor, Settings, pay_agency, stamp
from sandbox.kravia.forms import details, kroner, ore, payout
from sandbox.kravia.webhook import announce
from sandbox.world import World

Json = dict[str, Any]
Step = Literal["legal", "pause", "resume", "withdraw", "close"]
STATUS_AFTER = {"legal": "LegalCollection", "pause": "Paused", "withdraw": "Withdrawn", "close": "Closed"}
STEP_TEXT = {
    "legal": "Rettslig inkasso startet",
    "pause": "Saken er satt på vent",
    "resume": "Saken fortsetter",
    "withdraw": "Saken er trukket",
    "close": "Saken er avsluttet",
}


class DebtorPayment(msgspec.Struct):
    """`amount` in kroner; without it everything outstanding is paid. `date` is the sandbox's today where absent."""

    amount: float | None = None
    date: dt.date | None = None


class NewCreditor(msgspec.Struct):
    name: str
    organizationNumber: str | None = None  # noqa: N815 - the vendor's name


def router() -> Router:
    return Router("/control/kravia", route_handlers=[change_settings, put_creditor, claims, settlements, webhooks, pay, step])


@patch("/settings", sync_to_thread=True)
def change_settings(data: JSONBody[Json], world: NamedDependency[World], book: NamedDependency[Book]) -> Settings:
    with world.lock:
        book.settings = msgspec.convert({**msgspec.to_builtins(book.settings), **data}, Settings)
        return book.settings


@put("/creditors/{creditor_id:int}", sync_to_thread=True)
def put_creditor(
    creditor_id: FromPath[int], data: JSONBody[NewCreditor], world: NamedDependency[World], book: NamedDependency[Book]
) -> Json:
    """Create a creditor, or rename one; its webhook and claims stay."""
    with world.lock:
        known = book.creditors.setdefault(creditor_id, Creditor(creditor_id, data.name))
        known.name, known.organisation_number = data.name, data.organizationNumber
        return {"creditorId": creditor_id}


@get("/claims", sync_to_thread=True)
def claims(
    world: NamedDependency[World],
    book: NamedDependency[Book],
    accountingInvoiceId: FromQuery[str | None] = None,  # noqa: N803
) -> list[Json]:
    """All claims, or those under one of our references: a double shows as two."""
    with world.lock:
        return [
            {**details(claim), "debtorName": claim.debtor_name, "description": claim.description}
            for claim in book.claims.values()
            if accountingInvoiceId in (None, claim.accounting_invoice_id)
        ]


@get("/settlements", sync_to_thread=True)
def settlements(world: NamedDependency[World], book: NamedDependency[Book]) -> list[Json]:
    with world.lock:
        return [{**payout(found), "internalAccountingId": found.internal_accounting_id} for found in book.settlements.values()]


@get("/webhooks", sync_to_thread=True)
def webhooks(book: NamedDependency[Book]) -> list[Json]:
    return [{"claimId": claim_id, "outcome": outcome} for claim_id, outcome in book.webhooks]


@post("/claims/{claim_id:int}/pay", sync_to_thread=True)
def pay(claim_id: FromPath[int], data: JSONBody[DebtorPayment], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    """The debtor pays the agency. The payout comes the day after."""
    with world.lock:
        claim = _claim(book, claim_id)
        if claim.status not in OPEN_STATUSES:
            raise HTTPException(f"The claim is {claim.status}", status_code=409)
        collected = pay_agency(book, claim, None if data.amount is None else ore(data.amount), data.date or world.today())
        stamp(world, claim, "Innbetaling fra skyldner")
        announce(world, book, [claim])
        return {
            "principal": kroner(collected.principal_ore),
            "interest": kroner(collected.interest_ore),
            "fees": kroner(collected.fees_ore),
            "status": claim.status,
        }


@post("/claims/{claim_id:int}/{what:str}", sync_to_thread=True)
def step(claim_id: FromPath[int], what: FromPath[Step], world: NamedDependency[World], book: NamedDependency[Book]) -> Json:
    """Move the case by hand: legal, pause, resume, withdraw or close."""
    with world.lock:
        claim = _claim(book, claim_id)
        if what == "pause" and claim.status != "Paused":
            claim.before_pause = claim.status
        claim.status = claim.before_pause if what == "resume" else STATUS_AFTER[what]
        stamp(world, claim, STEP_TEXT[what])
        announce(world, book, [claim])
        return {"status": claim.status}


def _claim(book: Book, claim_id: int) -> Claim:
    if claim_id not in book.claims:
        raise NotFoundException("Unknown claim")
    return book.claims[claim_id]
