"""Payouts over the API: read, booked once by whoever may, and the accounts they are booked on."""

from __future__ import annotations

from litestar import Litestar
from litestar.testing import TestClient

from api.conftest import Book, key_of
from app.agencies.models import Agreement
from app.db.unit_of_work import Database
from app.tenants.permissions import Role
from support import make


def payout(database: Database, book: Book, state: str) -> str:
    with database.begin(make.scope(book.bureau)) as work:
        agreement = work.session.query(Agreement).filter_by(company_id=book.company.id).one()
        work.session.expunge_all()
    return str(make.settlement(database, agreement, state=state).id)


def test_a_payout_is_booked_once_by_who_may(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    address = f"/api/v1/settlements/{payout(database, book, 'question')}"
    reader = key_of(database, book.bureau, Role.READER)
    asked = {"booked_on": "2026-11-20", "voucher_number": "2026-114"}
    assert client.put(f"{address}/booking", headers=reader, json=asked).status_code == 403
    too_late = client.put(f"{address}/booking", headers=admin, json={"booked_on": "2027-01-01"})
    assert (too_late.status_code, too_late.json()["errors"][0]["field"]) == (422, "booked_on")
    booked = client.put(f"{address}/booking", headers=admin, json=asked)
    assert (booked.status_code, booked.json()["booking"]["voucher_number"]) == (200, "2026-114")
    assert client.put(f"{address}/booking", headers=admin, json=asked).status_code == 409
    assert client.get(address, headers=reader).json()["booking"]["booked_on"] == "2026-11-20"


def test_only_those_in_a_state(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    waiting = payout(database, book, "proposal")
    found = client.get("/api/v1/settlements", headers=admin, params={"state": "proposal"}).json()["items"]
    assert [one["id"] for one in found] == [waiting]


def test_accounts_are_the_standard_charts_until_changed(client: TestClient[Litestar], book: Book, admin: dict[str, str]) -> None:
    address = f"/api/v1/companies/{book.company.id}/posting-accounts"
    assert client.get(address, headers=admin).json()["interest_income"] == "8050"
    changed = client.put(address, headers=admin, json={"interest_income": "8055"})
    assert (changed.status_code, changed.json()["interest_income"], changed.json()["bank"]) == (200, "8055", "1920")
    assert client.put(address, headers=admin, json={"bank": "??"}).json()["errors"][0]["field"] == "bank"
