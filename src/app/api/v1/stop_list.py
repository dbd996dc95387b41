"""The stop list: debtors stopped by insolvency."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Literal, cast

import msgspec
from litestar import get

from app.api.v1.words import OfCompany, Ore
from app.dunning.stop_list import stop_list
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires


class StoppedDebtorOut(msgspec.Struct, frozen=True):
    """A debtor of one company whose claims stand still. `state` is the register's word, or what a person recorded, as `source` says.

    `filed` of its `claims` are recorded as filed with the estate; `at_agency` are still with a collection agency.
    """

    debtor_id: uuid.UUID
    company_id: uuid.UUID
    debtor_name: str
    organisation_number: str | None
    state: str
    source: Literal["register", "person"]
    since_on: date | None
    claims: int
    open_ore: Ore
    filed: int
    at_agency: int


@get("/stop-list", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listStopped", tags=["Limitation"])
def list_stopped(work: Work, company_id: OfCompany = None) -> list[StoppedDebtorOut]:
    """Debtors with open claims that are bankrupt, in reconstruction, in debt settlement or dissolved; at most 500."""
    return [
        StoppedDebtorOut(
            one.debtor_id, one.company_id, one.debtor, one.organisation_number, one.state,
            cast("Literal['register', 'person']", one.source), one.since_on, one.claims, one.open_ore, one.filed, one.at_agency,
        )
        for one in stop_list(work, company_id)
    ]  # fmt: skip


HANDLERS = (list_stopped,)
