"""Debtors: who owes a company money, as its ledger knows them."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Literal, cast

import msgspec
from litestar import get

from app.api.paging import AskedPage
from app.api.v1.words import Id, OfCompany
from app.receivables import queries
from app.receivables.models import Debtor
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Debtors"
DebtorKind = Literal["consumer", "sole_proprietor", "business", "public"]


class DebtorOut(msgspec.Struct, frozen=True):
    """A company's customer who owes it money. `email_problem` says why the address is not used; `insolvency` is `none` where none is known.

    `seen_at` is when the ledger last showed him.
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
    seen_at: datetime


class DebtorPage(msgspec.Struct, frozen=True):
    """Some debtors, in the order in which they were first seen; `next_cursor` gives those after them."""

    items: list[DebtorOut]
    next_cursor: str | None


@get("/debtors", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listDebtors", tags=[TAG])
def list_debtors(work: Work, paging: AskedPage, company_id: OfCompany = None) -> DebtorPage:
    """Debtors, perhaps of one company."""
    return paging.listed(DebtorPage, queries.debtors(work, paging.position, company_id), debtor_of)


@get("/debtors/{debtor_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getDebtor", tags=[TAG])
def get_debtor(work: Work, debtor_id: Id) -> DebtorOut:
    """One debtor."""
    return debtor_of(queries.find_debtor(work, debtor_id))


def debtor_of(row: Debtor) -> DebtorOut:
    return DebtorOut(
        id=row.id, company_id=row.company_id, external_id=row.external_id, number=row.number, name=row.name,
        kind=cast("DebtorKind", row.kind), organisation_number=row.organisation_number, email=row.email,
        email_problem=row.email_bad_reason, phone=row.phone, address_lines=list(row.address_lines), postal_code=row.postal_code,
        city=row.city, country=row.country, language=row.language, insolvency=row.insolvency, insolvency_on=row.insolvency_on,
        seen_at=row.seen_at,
    )  # fmt: skip


HANDLERS = (list_debtors, get_debtor)
