"""Connecting a ledger: a key that works is kept, companies are found, and a connection in use is not taken over."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from app.db.scope import SYSTEM
from app.ledgers import connections
from app.ledgers.connections import ConnectError, Door
from app.ledgers.doors import Ledgers
from app.ledgers.models import CompanyLink, Connection
from app.tenants.models import AuditEntry, Company
from support.town import Town, connect


def door(town: Town) -> Door:
    return Door(town.door.begin, town.resources.of(Ledgers), town.house.vault)  # type: ignore[type-abstract]


def rows(town: Town, what: Any) -> list[Any]:
    with town.begin() as work:
        return list(work.session.execute(select(what).order_by(what.id)).scalars())


def attempt(town: Town, secret: Mapping[str, str]) -> ConnectError:
    with pytest.raises(ConnectError) as refused:
        connections.connect_with_secret(door(town), town.bureau.id, SYSTEM, "tripletex", "", secret)
    return refused.value


def accountants_key(town: Town, *names: str) -> str:
    made = [
        town.outside.control.post("/books/companies", {"vendor": "tripletex", "name": name, "organisation_number": number})["id"]
        for name, number in zip(names, ("923609016", "914594685"), strict=False)
    ]
    key: str = town.outside.control.post("/tripletex/keys", {"company": town.book, "clients": made})["token"]
    return key


def test_a_key_that_is_missing_or_wrong_leaves_no_secret_behind(town: Town) -> None:
    assert attempt(town, {"employee_token": " "}).field == "employee_token"
    assert len(rows(town, Connection)) == 1
    assert attempt(town, {"employee_token": "test-no-such-key"}).field == "secret"
    kept = rows(town, Connection)[-1]
    assert (kept.state, kept.credential, bool(kept.problem)) == ("revoked", None, True)


def test_a_ledger_that_is_down_leaves_no_secret_behind_either(town: Town) -> None:
    town.outside.control.fault("/tripletex", "drop_before", times=30)
    assert attempt(town, {"employee_token": town.key}).field == "ledger"
    assert rows(town, Connection)[-1].credential is None


def test_all_companies_behind_a_key_are_found_and_one_is_served_when_ticked(town: Town) -> None:
    connection_id = connect(town.house, town.bureau.id, accountants_key(town, "Fjordgløtt AS", "Ærlig Hage AS"))
    links = {link.name: link for link in rows(town, CompanyLink) if link.connection_id == connection_id}
    assert {"Fjordgløtt AS", "Ærlig Hage AS"} <= set(links)
    with town.begin() as work:
        company_id = connections.tick(work, links["Ærlig Hage AS"].id)
        assert connections.tick(work, links["Ærlig Hage AS"].id) == company_id
    (company,) = [one for one in rows(town, Company) if one.id == company_id]
    assert (company.name, company.organisation_number, company.active_from) == ("Ærlig Hage AS", "914594685", None)


def test_a_company_no_longer_covered_is_marked_and_comes_back(town: Town) -> None:
    key = accountants_key(town, "Fjordgløtt AS", "Ærlig Hage AS")
    connection_id = connect(town.house, town.bureau.id, key)

    def lost() -> list[str]:
        return [link.name for link in rows(town, CompanyLink) if link.connection_id == connection_id and link.lost_at is not None]

    clients = town.outside.control.get("/books/companies?vendor=tripletex")
    ids = {one["name"]: one["id"] for one in clients}
    town.outside.control.put(f"/tripletex/keys/{key}/clients", {"clients": [ids["Ærlig Hage AS"]]})
    connections.discover(door(town), town.bureau.id, connection_id)
    assert lost() == ["Fjordgløtt AS"]
    town.outside.control.put(f"/tripletex/keys/{key}/clients", {"clients": [ids["Ærlig Hage AS"], ids["Fjordgløtt AS"]]})
    connections.discover(door(town), town.bureau.id, connection_id)
    assert lost() == []


def test_a_new_connection_takes_over_from_a_broken_one_only(town: Town) -> None:
    key = town.outside.control.post("/tripletex/keys", {"company": town.book})["token"]
    connection_id = connect(town.house, town.bureau.id, key)
    (link,) = [one for one in rows(town, CompanyLink) if one.connection_id == connection_id]
    with town.begin() as work, pytest.raises(ConnectError):
        connections.tick(work, link.id)
    with town.begin() as work:
        work.session.execute(select(Connection).where(Connection.id == town.connection_id)).scalar_one().state = "reconnect"
    with town.begin() as work:
        assert connections.tick(work, link.id) == town.company.id
    assert [one.company_id for one in rows(town, CompanyLink)] == [None, town.company.id]
    assert town.sync() == "done"


def test_disconnecting_forgets_the_secret_and_is_written_down(town: Town) -> None:
    connections.disconnect(door(town), town.bureau.id, SYSTEM, town.connection_id)
    (row,) = rows(town, Connection)
    assert (row.state, row.credential) == ("revoked", None)
    assert [entry.action for entry in rows(town, AuditEntry) if entry.action.startswith("ledger.")][-1] == "ledger.disconnected"
    with pytest.raises(LookupError):
        connections.disconnect(door(town), town.bureau.id, SYSTEM, town.company.id)


def test_no_secret_is_logged_or_written_down(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "test-en-hemmelig-nokkel"
    attempt(town, {"employee_token": secret})
    town.sync()
    told = caplog.text + repr(rows(town, Connection)[-1].problem) + repr([entry.detail for entry in rows(town, AuditEntry)])
    assert secret not in told
    assert town.key not in told
