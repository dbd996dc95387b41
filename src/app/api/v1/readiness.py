"""Readiness: is a company's book up to date enough to follow debtors up from it, and what must be put right?"""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from litestar import delete, get, put
from litestar.params import JSONBody, QueryParameter

from app.api.v1.words import Id, Ore
from app.receivables import book_confirmations, book_state, readiness_texts
from app.receivables.book_state import Standing
from app.receivables.readiness import Finding
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Readiness"
LightWord = Literal["red", "amber", "green"]
CheckWord = Literal["sync", "bank", "unposted", "unallocated", "credit_notes"]


class FindingOut(msgspec.Struct, frozen=True):
    """One thing that was looked at. `unknown`: the ledger does not tell. `remedy` says what puts it right, empty where nothing is wrong."""

    check: CheckWord
    light: LightWord
    code: str
    unknown: bool
    text: str
    remedy: str
    on: date | None
    number: int
    amount_ore: Ore


class ConfirmationIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last day through which bank and vouchers are booked: today or earlier."""

    through_on: date


class ConfirmationOut(msgspec.Struct, frozen=True):
    """Who said when that bank and vouchers are booked through `through_on`."""

    through_on: date
    confirmed_by: str
    confirmed_at: datetime


class ReadinessOut(msgspec.Struct, frozen=True):
    """The light of a company's book. Red: nothing is sent or handed over before it is put right. `read_at` is null for one never read.

    `confirmation`: a person's word in force; it counts for what the ledger does not tell.
    """

    company_id: uuid.UUID
    light: LightWord
    source: str
    read_at: datetime | None
    confirmation: ConfirmationOut | None
    findings: list[FindingOut]


class ReadinessList(msgspec.Struct, frozen=True):
    """Every company whose book has been read."""

    items: list[ReadinessOut]


@get("/readiness", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listReadiness", tags=[TAG])
def list_readiness(
    work: Work, light: Annotated[LightWord | None, QueryParameter(description="Only books with this light.")] = None
) -> ReadinessList:
    """The lights of all companies this key sees, in the order of their ids."""
    found = sorted(book_state.standings(work).items())
    return ReadinessList([readiness_of(one, standing) for one, standing in found if light in (None, standing.readiness.light.value)])


@get(
    "/companies/{company_id:uuid}/readiness",
    sync_to_thread=True,
    guards=[requires(Permission.VIEW)],
    operation_id="getReadiness",
    tags=[TAG],
)
def get_readiness(work: Work, company_id: Id) -> ReadinessOut:
    """One company's light, with everything that was looked at, worst first."""
    companies.find(work, company_id)
    return readiness_of(company_id, book_state.standing_of(work, company_id))


@put(
    "/companies/{company_id:uuid}/readiness/confirmation",
    sync_to_thread=True,
    guards=[requires(Permission.HOLD)],
    operation_id="confirmBook",
    tags=[TAG],
)
def confirm_book(work: Work, company_id: Id, data: JSONBody[ConfirmationIn]) -> ReadinessOut:
    """Say that bank and vouchers are booked through a day, in place of what was said before. It grows old as the ledger's own word on the
    bank would."""
    book_confirmations.confirm(work, company_id, data.through_on)
    return readiness_of(company_id, book_state.standing_of(work, company_id))


@delete(
    "/companies/{company_id:uuid}/readiness/confirmation",
    sync_to_thread=True,
    guards=[requires(Permission.HOLD)],
    operation_id="takeBackConfirmation",
    tags=[TAG],
)
def take_back_confirmation(work: Work, company_id: Id) -> None:
    """What the ledger does not tell is not known again. Taking back what is not there is no fault."""
    book_confirmations.take_back(work, company_id)


def readiness_of(company_id: uuid.UUID, standing: Standing) -> ReadinessOut:
    findings = [_finding(one) for one in standing.readiness.findings]
    word = standing.confirmation
    told = None if word is None else ConfirmationOut(word.through_on, word.confirmed_by, word.confirmed_at)
    return ReadinessOut(company_id, standing.readiness.light.value, standing.source, standing.read_at, told, findings)


def _finding(one: Finding) -> FindingOut:
    return FindingOut(
        check=one.check.value, light=one.light.value, code=one.code, unknown=one.is_unknown,
        text=readiness_texts.say(one), remedy=readiness_texts.remedy(one), on=one.on, number=one.number, amount_ore=one.amount_ore,
    )  # fmt: skip


HANDLERS = (list_readiness, get_readiness, confirm_book, take_back_confirmation)
