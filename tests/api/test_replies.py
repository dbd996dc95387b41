"""Answers through the API."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Litestar
from litestar.testing import TestClient

from app.db.unit_of_work import Database
from support import make

API = "/api/v1"


def test_an_answer_is_listed_given_a_claim_and_handled_once(
    client: TestClient[Litestar], database: Database, book: Any, admin: dict[str, str]
) -> None:
    mail = make.inbound_mail(database, book.claim, state="unmatched", purpose_id=None)
    (listed,) = client.get(f"{API}/replies", headers=admin, params={"state": "unmatched"}).json()["items"]
    assert (listed["id"], listed["claim_id"]) == (str(mail.id), None)
    where = f"{API}/replies/{mail.id}"
    assert client.put(f"{where}/claim", headers=admin, json={"claim_id": str(uuid.uuid4())}).status_code == 404
    attached = client.put(f"{where}/claim", headers=admin, json={"claim_id": str(book.claim.id)}).json()
    assert (attached["state"], attached["claim_id"]) == ("open", str(book.claim.id))
    handled = client.put(f"{where}/handled", headers=admin, json={"note": "Ringt"}).json()
    assert (handled["state"], handled["note"]) == ("handled", "Ringt")
    again = client.put(f"{where}/handled", headers=admin, json={})
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "note")
    assert client.get(where, headers=admin).json() == handled
