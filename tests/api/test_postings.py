"""Payments told to the ledger, and taking one back: by whoever may, with a reason, once."""

from __future__ import annotations

from litestar import Litestar
from litestar.testing import TestClient

from api.conftest import Book, key_of
from app.db.unit_of_work import Database
from app.tenants.permissions import Role
from support import make


def test_a_booked_payment_is_taken_back_once(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    posting = make.posting(database, book.item, state="posted", external_id="77")
    address = f"/api/v1/postings/{posting.id}"
    reader = key_of(database, book.bureau, Role.READER)
    assert client.post(f"{address}/reversal", headers=reader, json={"reason": "Feil sak"}).status_code == 403
    assert client.post(f"{address}/reversal", headers=admin, json={"reason": " "}).status_code in (400, 422)
    assert client.get(address, headers=admin).json()["reversal"] is None
    for reason in ("Feil sak", "Enda en gang"):
        answer = client.post(f"{address}/reversal", headers=admin, json={"reason": reason})
        assert (answer.status_code, answer.json()["reversal"], answer.json()["reversal_reason"]) == (202, "planned", "Feil sak")
    newest = client.get("/api/v1/postings", headers=admin, params={"company_id": str(book.company.id)}).json()["items"][0]
    assert newest == client.get(address, headers=reader).json()


def test_what_is_not_booked_cannot_be_taken_back(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    posting = make.posting(database, book.item)
    answer = client.post(f"/api/v1/postings/{posting.id}/reversal", headers=admin, json={"reason": "Feil sak"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:reskontro:problem:conflict")
