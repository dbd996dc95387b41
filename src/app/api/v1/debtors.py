"""Debtors: who owes a company money, as its ledger knows them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import partial
from typing import Literal, cast

import msgspec
from litestar import get

from app.api.paging import AskedPage
from app.api.v1.words import Id, OfCompany
from app.db.unit_of_work import UnitOfWork
from app.dunning import addresses
from app.messaging import sms_stops
from app.receivables import queries
from app.receivables.models import Debtor
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Debtors"
DebtorKind = Literal["consumer", "sole_proprietor", "business", "public"]


class DebtorOut(msgspec.Struct, frozen=True):
    """A company's customer who owes it money. `email_problem` says why the address is not used; `insolvency` is `none` where none is known.

    Addresses and number are the ledger's own; for what is used instead see the debtor's `address`. `texts_stopped_at`: since when, by the
    debtor's STOP, no text message goes to the number that is used. `seen_at` is when the ledger last showed him.
    """

    id: uuid.UUID
    company_id: uuid.UUID
    external_id: str
    number: str | None
    name: str
    kind: DebtorKind
    organisation_number: str | None
    email: str | None
    email_problem: str | None
    phone: str | None
    address_lines: list[str]
    postal_code: str | None
    city: str | None
    country: str
    language: str
    insolvency: str
    insolvency_on: date | None
    texts_stopped_at: datetime | None
    seen_at: datetime


class DebtorPage(msgspec.Struct, frozen=True):
    """Some debtors, in the order in which they were first seen; `next_cursor` gives those after them."""

    items: list[DebtorOut]
    next_cursor: str | None


@get("/debtors", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listDebtors", tags=[TAG])
def list_debtors(work: Work, paging: AskedPage, company_id: OfCompany = None) -> DebtorPage:
    """Debtors, perhaps of one company."""
    page = queries.debtors(work, paging.position, company_id)
    return paging.listed(DebtorPage, page, partial(debtor_of, stops=_texts_stopped(work, page.rows)))


@get("/debtors/{debtor_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getDebtor", tags=[TAG])
def get_debtor(work: Work, debtor_id: Id) -> DebtorOut:
    """One debtor."""
    debtor = queries.find_debtor(work, debtor_id)
    return debtor_of(debtor, _texts_stopped(work, [debtor]))


def _texts_stopped(work: UnitOfWork, debtors: Sequence[Debtor]) -> dict[uuid.UUID, datetime]:
    """Since when, by debtor, for those whose number is stopped. Two queries."""
    stops = sms_stops.standing(work, {one.company_id for one in debtors})
    instead = addresses.corrections(work, [one.id for one in debtors]) if stops else {}
    found = {}
    for one in debtors:
        mobile = addresses.reached(one, instead.get(one.id, ())).mobile
        if mobile is not None and (stop := stops.get(one.company_id, {}).get(mobile)) is not None:
            found[one.id] = stop.stopped_at
    return found


def debtor_of(row: Debtor, stops: Mapping[uuid.UUID, datetime]) -> DebtorOut:
    return DebtorOut(
        id=row.id, company_id=row.company_id, external_id=row.external_id, number=row.number, name=row.name,
        kind=cast("DebtorKind", row.kind), organisation_number=row.organisation_number, email=row.email,
        email_problem=row.email_bad_reason, phone=row.phone, address_lines=list(row.address_lines), postal_code=row.postal_code,
        city=row.city, country=row.country, language=row.language, insolvency=row.insolvency, insolvency_on=row.insolvency_on,
        texts_stopped_at=stops.get(row.id), seen_at=row.seen_at,
    )  # fmt: skip


HANDLERS = (list_debtors, get_debtor)
