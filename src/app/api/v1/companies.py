"""Companies: whom the bureau works for, and the settings of their follow-up."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, patch
from litestar.params import JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from app.api.paging import AskedPage
from app.api.problems import invalid
from app.api.v1.words import END, PLAIN_PATTERN, Id
from app.tenants import companies
from app.tenants.directory import company_page
from app.tenants.models import Company
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Companies"
Email = Annotated[str, Meta(max_length=254, pattern=r"^[!-?A-~]+@[!-?A-~]+\.[!-?A-~]+" + END, description="An e-mail address.")]


class CompanyOut(msgspec.Struct, frozen=True):
    """A client company of the bureau; in a claim the creditor.

    `list_weekday` is 1 (Monday) to 5, `list_hour` Oslo's hour; a list is open for `list_deadline_days` bank days. Nothing is followed up
    before `active_from`, nor while `paused_reason` is set.
    """

    id: uuid.UUID
    name: str
    organisation_number: str
    email: str | None
    phone: str | None
    address_line: str | None
    postal_code: str | None
    city: str | None
    account_number: str | None
    vat_liable: bool
    list_weekday: int
    list_hour: int
    list_deadline_days: int
    needs_approval: bool
    active_from: datetime | None
    paused_reason: str | None
    created_at: datetime
    closed_at: datetime | None


class CompanyPage(msgspec.Struct, frozen=True):
    """Some companies, in the order in which they came; `next_cursor` gives those after them."""

    items: list[CompanyOut]
    next_cursor: str | None


class CompanyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays as it is, and null empties it."""

    email: Email | UnsetType | None = UNSET
    phone: Annotated[str, Meta(max_length=30, pattern=PLAIN_PATTERN)] | UnsetType | None = UNSET
    address_line: Annotated[str, Meta(max_length=200, pattern=PLAIN_PATTERN)] | UnsetType | None = UNSET
    postal_code: Annotated[str, Meta(max_length=10, pattern=PLAIN_PATTERN)] | UnsetType | None = UNSET
    city: Annotated[str, Meta(max_length=100, pattern=PLAIN_PATTERN)] | UnsetType | None = UNSET
    account_number: Annotated[str, Meta(pattern=r"^[0-9]{11}" + END, description="Eleven digits.")] | UnsetType | None = UNSET
    vat_liable: bool | UnsetType = UNSET
    list_weekday: Annotated[int, Meta(ge=1, le=5)] | UnsetType = UNSET
    list_hour: Annotated[int, Meta(ge=6, le=20)] | UnsetType = UNSET
    list_deadline_days: Annotated[int, Meta(ge=1, le=10)] | UnsetType = UNSET
    needs_approval: bool | UnsetType = UNSET


@get("/companies", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listCompanies", tags=[TAG])
def list_companies(
    work: Work,
    paging: AskedPage,
    closed: Annotated[bool, QueryParameter(description="Also those the bureau works for no longer.")] = False,
) -> CompanyPage:
    """The companies this key sees: all of the bureau's, or for a company's key its own."""
    return paging.listed(CompanyPage, company_page(work, paging.position, closed=closed), company_of)


@get("/companies/{company_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getCompany", tags=[TAG])
def get_company(work: Work, company_id: Id) -> CompanyOut:
    """One company."""
    return company_of(companies.find(work, company_id))


@patch(
    "/companies/{company_id:uuid}", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="changeCompany", tags=[TAG]
)
def change_company(work: Work, company_id: Id, data: JSONBody[CompanyChange]) -> CompanyOut:
    """Change settings. The audit trail keeps what they were."""
    wanted = {name: value for name in CompanyChange.__struct_fields__ if (value := getattr(data, name)) is not UNSET}
    try:
        return company_of(companies.change(work, company_id, **wanted))
    except ValueError as fault:
        raise invalid("account_number", str(fault)) from fault


def company_of(row: Company) -> CompanyOut:
    return CompanyOut(
        id=row.id, name=row.name, organisation_number=row.organisation_number, email=row.email, phone=row.phone,
        address_line=row.address_line, postal_code=row.postal_code, city=row.city, account_number=row.account_number,
        vat_liable=row.vat_liable, list_weekday=row.list_weekday, list_hour=row.list_hour, list_deadline_days=row.list_deadline_days,
        needs_approval=row.needs_approval, active_from=row.active_from, paused_reason=row.paused_reason, created_at=row.created_at,
        closed_at=row.closed_at,
    )  # fmt: skip


HANDLERS = (list_companies, get_company, change_company)
