"""What each resource says and does: the contract with integrators, field by field."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import text

from api.conftest import Book, key_of
from app.db.unit_of_work import Database
from app.dunning.reasons import because
from app.tenants.permissions import Role
from app.values.clock import FixedClock
from support import make

API = "/api/v1"


def rung(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return list(connection.execute(text("select job from outbox order by position")).scalars())


def test_a_claim_tells_what_happens_next_and_why(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    item = make.open_item(database, book.debtor)
    reason = because("warning_lawful", days=14).as_json()
    claim = make.claim(database, item, step="send_collection_warning", reasons=[reason])
    found = client.get(f"{API}/claims/{claim.id}", headers=admin).json()
    assert found["claim"]["step"] == "send_collection_warning"
    assert found["claim"]["next_action_on"] == "2026-11-23"
    assert found["claim"]["standing"] == "overdue"
    assert found["claim"]["reasons"] == [
        {
            "code": "warning_lawful",
            "text": "The claim is past due, so a collection warning with at least 14 days to pay may be sent.",
            "source": "inkassoloven 1988 § 9",
        }
    ]
    assert found["owed"]["principal_ore"] == 1_000_000
    assert found["owed"]["total_ore"] == found["owed"]["principal_ore"] + found["owed"]["interest_ore"] + found["owed"]["fees_ore"]
    assert found["hold"] is found["dispute"] is found["agency_case_id"] is None


def test_a_stop_is_placed_changed_and_lifted(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    claim = make.claim(database, make.open_item(database, book.debtor))
    address = f"{API}/claims/{claim.id}/hold"
    first = client.put(address, headers=admin, json={"reason": "Instalments.", "until": "2026-12-31"})
    assert first.status_code == 200
    assert first.json() == {
        "claim_id": str(claim.id), "reason": "Instalments.", "until": "2026-12-31", "placed_by": "admin key",
        "placed_at": "2026-11-23T08:00:00Z",
    }  # fmt: skip
    assert client.put(address, headers=admin, json={"reason": "Longer."}).json()["until"] is None
    assert client.get(f"{API}/claims/{claim.id}", headers=admin).json()["hold"]["reason"] == "Longer."
    assert client.get(f"{API}/claims/{claim.id}", headers=admin).json()["claim"]["standing"] == "held"
    assert "dunning.evaluate_claim" in rung(database)
    assert [client.delete(address, headers=admin).status_code for _ in range(2)] == [204, 204]
    assert client.get(f"{API}/claims/{claim.id}", headers=admin).json()["hold"] is None


def test_an_objection_is_raised_once_and_decided(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    claim = make.claim(database, make.open_item(database, book.debtor))
    address = f"{API}/claims/{claim.id}/dispute"
    assert client.put(f"{address}/decision", headers=admin, json={"decision": "upheld", "text": "x"}).status_code == 422
    raised = client.put(address, headers=admin, json={"text": "Never came."})
    assert raised.status_code == 200
    assert (raised.json()["text"], raised.json()["decision"]) == ("Never came.", None)
    assert client.put(address, headers=admin, json={"text": "Again."}).status_code == 422
    assert client.get(f"{API}/claims/{claim.id}", headers=admin).json()["claim"]["standing"] == "disputed"
    decided = client.put(f"{address}/decision", headers=admin, json={"decision": "rejected", "text": "It came."})
    assert (decided.json()["decision"], decided.json()["decided_by"]) == ("rejected", "admin key")
    assert client.get(f"{API}/claims/{claim.id}", headers=admin).json()["dispute"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "reason"),
        ({"reason": ""}, "reason"),
        ({"reason": "   "}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
        ({"reason": 1}, "reason"),
        ({"reason": "ok", "until": "2026-11-22"}, "until"),
        ({"reason": "ok", "until": "9999-12-31"}, "until"),
        ({"reason": "ok", "until": "soon"}, "until"),
        ({"reason": "ok", "state": "closed"}, "state"),
        ({"reason": "ok", "bureau_id": str(uuid.uuid4())}, "bureau_id"),
        ([], ""),
    ],
)
def test_a_stop_that_cannot_be_names_the_field(
    client: TestClient[Litestar], book: Book, admin: dict[str, str], body: Any, field: str
) -> None:
    answer = client.put(f"{API}/claims/{book.claim.id}/hold", headers=admin, json=body)
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [field]


def test_a_refusal_changes_nothing(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    client.put(f"{API}/claims/{book.claim.id}/hold", headers=admin, json={"reason": "ok", "until": "2026-11-22"})
    assert client.get(f"{API}/claims/{book.claim.id}", headers=admin).json()["hold"] is None
    assert rung(database) == []


def test_an_entry_is_stopped_put_back_and_approved(
    client: TestClient[Litestar], book: Book, admin: dict[str, str], clock: FixedClock
) -> None:
    stop, approval = f"{API}/list-entries/{book.entry.id}/stop", f"{API}/weekly-lists/{book.week.id}/approval"
    stopped = client.put(stop, headers=admin, json={"note": "By telephone."})
    assert (stopped.json()["state"], stopped.json()["note"], stopped.json()["decided_by"]) == ("stopped", "By telephone.", "admin key")
    assert client.put(approval, headers=admin, json={}).json() == {"approved": 0}
    assert client.delete(stop, headers=admin).json()["state"] == "ready"
    assert client.put(approval, headers=admin, json={"entry_ids": [str(uuid.uuid4())]}).json() == {"approved": 0}
    assert client.put(approval, headers=admin, json={"entry_ids": [str(book.entry.id)]}).json() == {"approved": 1}
    shown = client.get(f"{API}/weekly-lists/{book.week.id}", headers=admin).json()
    assert [entry["state"] for entry in shown["entries"]] == ["approved"]
    clock.move(timedelta(days=2))
    for late in (
        client.put(stop, headers=admin, json={}),
        client.delete(stop, headers=admin),
        client.put(approval, headers=admin, json={}),
    ):
        assert late.status_code == 409
        assert late.json()["type"] == "urn:reskontro:problem:list-closed"


def test_a_sync_is_asked_for_and_done_by_the_worker(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    address = f"{API}/companies/{book.company.id}/sync-runs"
    assert client.post(address, headers=admin).json()["type"] == "urn:reskontro:problem:not-connected"
    make.company_link(database, make.connection(database, book.bureau), book.company)
    asked = client.post(address, headers=admin)
    assert asked.status_code == 202
    assert asked.json()["ledger"] == "tripletex"
    assert rung(database) == ["ledgers.sync_company"]
    assert client.get(asked.json()["runs"], headers=admin).status_code == 200


def test_a_credit_check_is_asked_for_with_a_reason(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    body = {
        "company_id": str(book.company.id), "organisation_number": "974760673", "order_ore": 5_000_000,
        "legitimate_need": "An order of goods on credit.",
    }  # fmt: skip
    asked = client.post(f"{API}/credit-checks", headers=admin, json=body)
    assert asked.status_code == 202, asked.text
    assert (asked.json()["state"], asked.json()["advice"], asked.json()["requested_by"]) == ("running", None, "admin key")
    assert rung(database) == ["credit.run_check"]
    assert client.get(f"{API}/credit-checks/{asked.json()['id']}", headers=admin).json() == asked.json()
    for field, wrong in {
        "organisation_number": "974760674", "order_ore": -1, "legitimate_need": "no", "debtor_id": str(book.debtor.id),
        "advice": "open_credit",
    }.items():  # fmt: skip
        answer = client.post(f"{API}/credit-checks", headers=admin, json=body | {field: wrong})
        assert answer.status_code == 422, (field, answer.text)
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    strange = client.post(f"{API}/credit-checks", headers=admin, json=body | {"company_id": str(uuid.uuid4())})
    assert strange.status_code == 404


def test_settings_are_changed_one_by_one(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    address = f"{API}/companies/{book.company.id}"
    before = client.get(address, headers=admin).json()
    after = client.patch(address, headers=admin, json={"list_weekday": 3, "email": None}).json()
    assert after == before | {"list_weekday": 3, "email": None}
    for field, wrong in {
        "list_weekday": 6, "list_hour": "8", "account_number": "12345678901", "email": "nobody", "vat_liable": None, "phone": "1" * 31,
        "city": "Os\nlo", "organisation_number": "974760673", "active_from": None, "id": str(uuid.uuid4()),
    }.items():  # fmt: skip
        answer = client.patch(address, headers=admin, json={field: wrong})
        assert answer.status_code == 422, (field, answer.text)
        assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert client.patch(address, headers=admin, json={"email": "post@firma.example\n"}).status_code == 422
    assert client.get(address, headers=admin).json() == after


def test_a_letter_is_fetched_as_it_was_sent(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    answer = client.get(f"{API}/notices/{book.notice.id}/document", headers=admin)
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="purring.pdf"'
    without = make.notice(database, make.claim(database, make.open_item(database, book.debtor)))
    assert client.get(f"{API}/notices/{without.id}", headers=admin).json()["has_document"] is False
    assert client.get(f"{API}/notices/{without.id}/document", headers=admin).status_code == 404


def test_notices_of_one_claim(client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]) -> None:
    other = make.claim(database, make.open_item(database, book.debtor))
    make.notice(database, other)
    found = client.get(f"{API}/notices", headers=admin, params={"claim_id": str(other.id)}).json()["items"]
    assert [one["claim_id"] for one in found] == [str(other.id)]


def test_a_case_is_shown_with_what_came_of_it(client: TestClient[Litestar], book: Book, admin: dict[str, str]) -> None:
    found = client.get(f"{API}/agency-cases/{book.case_id}", headers=admin).json()
    assert (found["case"]["state"], found["case"]["agency"], found["paid_out"], found["reported"]) == ("in_collection", "kravia", [], [])
    closed = client.get(f"{API}/agency-cases", headers=admin, params={"state": "closed"}).json()
    assert closed == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("name", ["debtors", "open-items", "sync-runs"])
def test_one_is_what_its_list_says(client: TestClient[Litestar], book: Book, admin: dict[str, str], name: str) -> None:
    listed = client.get(f"{API}/{name}", headers=admin).json()["items"][0]
    assert client.get(f"{API}/{name}/{listed['id']}", headers=admin).json() == listed


def test_the_light_of_a_book_is_told_with_what_puts_it_right(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    address = f"{API}/companies/{book.company.id}/readiness"
    unread = client.get(address, headers=admin).json()
    assert (unread["light"], unread["read_at"]) == ("amber", None)
    assert client.get(f"{API}/readiness", headers=admin).json() == {"items": []}
    make.book_reading(database, book.company, banks=[["1920", "2026-10-01"]], unposted=None)
    found = client.get(address, headers=admin).json()
    assert found["light"] == "red"
    assert found["findings"][0] == {
        "check": "bank", "light": "red", "code": "bank_old", "unknown": False,
        "text": "Bank account 1920 is matched through 01.10.2026 only, 53 days ago.",
        "remedy": "Fetch the bank's movements and match them in the ledger.", "on": "2026-10-01", "number": 0, "amount_ore": 0,
    }  # fmt: skip
    assert [(one["check"], one["unknown"]) for one in found["findings"][1:2]] == [("unposted", True)]
    assert client.get(f"{API}/readiness?light=red", headers=admin).json() == {"items": [found]}
    assert client.get(f"{API}/readiness?light=green", headers=admin).json() == {"items": []}


def test_a_persons_word_on_the_book_counts_until_it_is_taken_back(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    address = f"{API}/companies/{book.company.id}/readiness"
    make.book_reading(database, book.company, banks=None, unposted=None)
    today = database.clock.today()
    tomorrow = client.put(f"{address}/confirmation", headers=admin, json={"through_on": (today + timedelta(days=1)).isoformat()})
    assert (tomorrow.status_code, tomorrow.json()["errors"][0]["field"]) == (422, "through_on")
    for day in (today - timedelta(days=20), today):
        said = client.put(f"{address}/confirmation", headers=admin, json={"through_on": day.isoformat()})
        assert said.json()["confirmation"]["through_on"] == day.isoformat()
        assert said.json()["light"] == ("red" if day != today else "green")
    assert client.get(address, headers=admin).json() == said.json()
    reader = key_of(database, book.bureau, Role.READER)
    assert client.delete(f"{address}/confirmation", headers=reader).status_code == 403
    for _ in range(2):
        assert client.delete(f"{address}/confirmation", headers=admin).status_code == 204
    found = client.get(address, headers=admin).json()
    assert (found["light"], found["confirmation"]) == ("amber", None)


def test_a_held_run_is_told_and_decided_on_once(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    run = make.held_run(database, book.company)
    address = f"{API}/held-runs/{run.id}"
    found = client.get(address, headers=admin).json()
    assert (found["state"], found["steps"], found["amount_ore"], found["good_payers"]) == ("held", 60, 60_000_00, 12)
    assert found["excesses"] == [{"measure": "count", "value": 60, "limit": 50, "usual": None}]
    assert client.get(f"{API}/held-runs?state=held", headers=admin).json()["items"] == [found]
    assert client.put(f"{address}/outcome", headers=admin, json={"outcome": "release"}).status_code == 422
    decided = client.put(f"{address}/outcome", headers=admin, json={"outcome": "cancel", "note": "A faulty sync."})
    assert (decided.status_code, decided.json()["state"], decided.json()["decided_by"]) == (200, "cancelled", "admin key")
    assert client.put(f"{address}/outcome", headers=admin, json={"outcome": "release", "note": "No."}).status_code == 409
    assert client.get(f"{API}/held-runs?state=held", headers=admin).json()["items"] == []


def test_an_overdue_invoice_is_explained_with_its_next_day(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    before = database.clock.now() - timedelta(days=1)
    debtor = make.debtor(database, book.company)
    item = make.open_item(database, debtor, changed_at=before)
    later = database.clock.today() + timedelta(days=3)
    claim = make.claim(database, item, reasons=[because("disputed").as_json()], step="ask_person", next_action_on=later)
    credit = make.open_item(database, debtor, original_ore=-500, remaining_ore=-500, kind="credit_note")
    (found,) = client.get(f"{API}/explanations", headers=admin, params={"reason": "disputed"}).json()["items"]
    assert (found["open_item_id"], found["claim_id"], found["on_list"]) == (str(item.id), str(claim.id), False)
    assert (found["reason"]["code"], found["reason"]["source"]) == ("disputed", "inkassoloven 1988 § 17 annet ledd")
    assert found["next_on"] == later.isoformat()
    assert set(found["then"]) == {"step", "reason"}
    everything = {one["open_item_id"]: one for one in client.get(f"{API}/explanations", headers=admin).json()["items"]}
    assert everything[str(credit.id)]["reason"]["code"] == "credit_not_claimed"
    assert (everything[str(credit.id)]["next_on"], everything[str(credit.id)]["claim_id"]) == (None, None)
    assert client.get(f"{API}/explanations", headers=admin, params={"reason": "no such"}).json()["items"] == []


def test_files_are_put_beside_an_objection_and_read_again(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    claim = make.claim(database, make.open_item(database, make.debtor(database, book.company)))
    address = f"{API}/claims/{claim.id}/dispute/evidence"
    file = {"name": "note.html", "content": base64.b64encode(b"%PDF-1.7 signed").decode()}
    assert client.post(address, headers=admin, json=file).status_code == 422
    client.put(f"{API}/claims/{claim.id}/dispute", headers=admin, json={"text": "Never delivered."})
    made = client.post(address, headers=admin, json=file)
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["media_type"]) == ("note.pdf", "application/pdf")
    assert client.post(address, headers=admin, json=file).json()["document_id"] == made.json()["document_id"], "the same bytes, one file"
    assert client.get(address, headers=admin).json() == [made.json()]
    read = client.get(f"{address}/{made.json()['document_id']}", headers=admin)
    assert (read.content, read.headers["content-disposition"]) == (b"%PDF-1.7 signed", 'attachment; filename="note.pdf"')
    assert client.get(f"{address}/{book.claim.id}", headers=admin).status_code == 404
    wrong = client.post(address, headers=admin, json={"name": "a.pdf", "content": base64.b64encode(b"MZ").decode()})
    assert wrong.status_code == 422
    assert "Only PDF, PNG and JPEG files are taken." in wrong.text


def test_a_call_is_noted_where_one_is_asked_for(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    item = make.open_item(database, make.debtor(database, book.company))
    reason = because("call_due", until_on=database.clock.today()).as_json()
    claim = make.claim(database, item, step="ask_person", reasons=[reason])
    address = f"{API}/claims/{claim.id}/calls"
    assert client.post(address, headers=admin, json={"outcome": "promise"}).status_code == 422
    assert client.get(address, headers=admin).json() == []
    made = client.post(address, headers=admin, json={"outcome": "reached", "note": "Pays soon."})
    assert made.status_code == 201
    assert (made.json()["outcome"], made.json()["called_on"], made.json()["called_by"]) == ("reached", "2026-11-23", "admin key")
    assert client.get(address, headers=admin).json() == [made.json()]
    assert client.post(address, headers=admin, json={"outcome": "reached"}).status_code == 422, "the task is ended"
    assert client.post(f"{API}/claims/{book.claim.id}/calls", headers=admin, json={"outcome": "reached"}).status_code == 422


def test_a_sender_is_set_with_the_rules_of_the_page_and_shows_its_records_without_its_key(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    address = f"{API}/companies/{book.company.id}/sender"
    assert client.get(address, headers=admin).json()["state"] == "none"
    wrong = client.put(address, headers=admin, json={"address": "faktura", "grave_address": "a@post.reskontro.example"})
    assert (wrong.status_code, {one["field"] for one in wrong.json()["errors"]}) == (422, {"address", "grave_address"})
    said = client.put(address, headers=admin, json={"name": "Fjordvik", "address": "Faktura@Blåbær.no"})
    assert (said.json()["state"], said.json()["address"]) == ("waiting", "faktura@blåbær.no")
    assert {one["record"]: one["standing"] for one in said.json()["records"]} == {"spf": None, "dkim": None, "dmarc": None}
    assert "PRIVATE" not in said.text
    assert client.put(f"{address}/check", headers=admin).status_code == 202
    assert rung(database).count("messaging.check_sender") == 2
    assert client.get(address, headers=admin).json() == said.json()
    assert client.get(address, headers=key_of(database, book.bureau, Role.MANAGER)).status_code == 403


def test_an_address_is_corrected_with_the_rules_of_the_page_and_given_back(
    client: TestClient[Litestar], database: Database, book: Book, admin: dict[str, str]
) -> None:
    debtor = make.debtor(database, book.company, email=None, phone="22 00 00 00")
    address = f"{API}/debtors/{debtor.id}/address"
    works = client.put(f"{address}/letter", headers=admin, json={"postal_code": "5010", "city": "Bergen"})
    assert (works.status_code, works.json()["errors"][0]["field"]) == (422, "address_lines")
    assert client.put(f"{address}/email", headers=admin, json={"email": "nei"}).json()["errors"][0]["field"] == "email"
    assert client.put(f"{address}/email", headers=admin, json={"email": "ny@nordlys.example"}).status_code == 200
    said = client.put(f"{address}/phone", headers=admin, json={"phone": "900 00 041"}).json()
    used = {one["way"]: (one["source"], one["lines"][-1]) for one in said["used"]}
    assert used["email"] == ("person", "ny@nordlys.example")
    assert used["sms"] == ("person", "900 00 041")
    assert used["letter"][0] == "ledger"
    assert client.delete(f"{address}/phone", headers=admin).status_code == 204
    assert client.delete(f"{address}/phone", headers=admin).status_code == 404
    assert client.get(address, headers=admin).json()["used"][-1]["source"] == "ledger"
