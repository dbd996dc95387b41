"""What opens an agency for one company, and the address at which the agency tells of changes: a part of the agreement's page."""

from __future__ import annotations

import uuid
from typing import Any

from litestar.exceptions import NotFoundException

from app.agencies import access, hooks
from app.agencies.doors import Agencies
from app.agencies.models import Agreement
from app.db.unit_of_work import UnitOfWork
from app.db.vault import Vault
from app.tenants import companies
from app.web.house import House
from app.web.i18n import gettext
from app.web.pages import Form, text_of


def typed_of(data: Form, house: House) -> dict[str, str]:
    agencies = house.resources.of(Agencies)  # type: ignore[type-abstract]
    return {one.name: text_of(data, one.name) for known in agencies.known() for one in known.fields}


def save(work: UnitOfWork, house: House, company_id: uuid.UUID, typed: dict[str, str]) -> None:
    """`AgreementError` names the field that cannot stand."""
    companies.find(work, company_id)
    agencies = house.resources.of(Agencies)  # type: ignore[type-abstract]
    try:
        access.write_down(work, agencies, house.resources.of(Vault), company_id, typed)
    except LookupError:
        raise NotFoundException from None


def context(work: UnitOfWork, house: House, agreement: Agreement | None) -> dict[str, Any]:
    """What the page shows of it; nothing while there is no agreement."""
    if agreement is None:
        return {"access": None, "access_labels": {}, "typed_access": {}, "hook": None}
    agencies = house.resources.of(Agencies)  # type: ignore[type-abstract]
    found = access.of_agreement(work, agencies, house.resources.of(Vault), agreement)
    return {
        "access": found, "access_labels": _labels(),
        "typed_access": {} if found is None else found.shown,
        "hook": hooks.written(work, house.resources.of(hooks.AgencyDoorway), agreement.id),
    }  # fmt: skip


def _labels() -> dict[str, str]:
    return {
        "client_id": gettext("Client id"), "client_secret": gettext("Client secret"), "host": gettext("File server (SFTP)"),
        "port": gettext("Port"), "username": gettext("User name there"), "host_key": gettext("The server's host key"),
        "password": gettext("Password"), "client_key": gettext("Private key, instead of a password"),
    }  # fmt: skip
