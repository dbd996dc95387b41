from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.world import World
from support.sandbox import Control, borrowed_sandbox, running_sandbox


@pytest.fixture
def base() -> Iterator[str]:
    with borrowed_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def control(base: str) -> Iterator[Control]:
    made = Control(base)
    yield made
    made.close()


def _invoice(control: Control, **facts: object) -> dict[str, object]:
    company = control.post("/books/companies", {"vendor": "tripletex", "name": "Fjord AS"})
    customer = control.post("/books/customers", {"company": company["id"], "name": "Kari"})
    body = {"customer": customer["id"], "amount_ore": 100_000, "issued_on": "2026-10-01", "due_on": "2026-10-15", **facts}
    return control.post("/books/invoices", body)


def test_the_clock_is_moved_and_read(control: Control) -> None:
    before = control.get("/clock")["now"]
    moved = control.put("/clock", {"offset_seconds": 7 * 86_400})
    assert moved["offset_seconds"] == 7 * 86_400
    assert moved["now"][:10] > before[:10]


def test_a_story_of_an_invoice_is_told_through_control(control: Control) -> None:
    invoice = _invoice(control, kid="1234567897")
    payment = control.post("/books/payments", {"invoice": invoice["id"], "amount_ore": 40_000, "on": "2026-10-20"})
    assert control.get(f"/books/invoices/{invoice['id']}")["remaining_ore"] == 60_000
    control.post(f"/books/payments/{payment['id']}/reversal", {"on": "2026-10-22"})
    assert control.get(f"/books/invoices/{invoice['id']}")["remaining_ore"] == 100_000
    control.put(f"/books/invoices/{invoice['id']}/due-date", {"due_on": "2026-11-01"})
    control.post("/books/credit-notes", {"invoice": invoice["id"], "on": "2026-10-25"})
    told = control.get(f"/books/invoices/{invoice['id']}")
    assert (told["remaining_ore"], told["due_on"], told["credited"]) == (0, "2026-11-01", True)


def test_many_invoices_are_seeded_in_one_call(control: Control) -> None:
    first = _invoice(control)
    body = {"customer": first["customer"], "amount_ore": 5_000, "issued_on": "2026-10-01", "due_on": "2026-10-15"}
    made = control.post("/books/invoices", [body, body])
    assert [m["number"] for m in made] == [10_002, 10_003]
    assert control.get("/state")["books"]["invoices"] == 3


@pytest.mark.parametrize(
    ("path", "body", "status", "word"),
    [
        ("/books/invoices", {"customer": 1, "amount_ore": 1, "issued_on": "2026-01-01", "due_on": "2026-01-01"}, 404, "not_found"),
        ("/books/customers", {"name": "Ingen"}, 422, "company"),
        ("/books/companies", {"vendor": "fiken", "name": "A", "nmae": "B"}, 400, "nmae"),
        ("/books/payments", {"amount_ore": 1, "on": "2026-01-01"}, 422, "either"),
    ],
)
def test_a_wrong_body_is_refused_with_its_reason(control: Control, path: str, body: object, status: int, word: str) -> None:
    answer = control.client.post(path, json=body)
    assert answer.status_code == status
    assert word in answer.text


def test_a_locked_period_takes_no_posting(control: Control) -> None:
    invoice = _invoice(control)
    control.put(f"/books/companies/{invoice['company']}/lock", {"until": "2026-10-31"})
    answer = control.client.post("/books/payments", json={"invoice": invoice["id"], "amount_ore": 1, "on": "2026-10-31"})
    assert (answer.status_code, answer.json()["code"]) == (422, "locked")


def test_the_state_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "world.json"
    with running_sandbox(World(file)) as url:
        control = Control(url)
        invoice = _invoice(control)
        control.close()
    with running_sandbox(World(file)) as url:
        control = Control(url)
        assert control.get(f"/books/invoices/{invoice['id']}")["remaining_ore"] == 100_000
        control.close()


def test_a_fault_of_status_is_answered_once(base: str, control: Control) -> None:
    control.fault("GET /tripletex", "status", status=503)
    assert httpx.get(f"{base}/tripletex/v2/token/session/>whoAmI").status_code == 503
    assert httpx.get(f"{base}/tripletex/v2/token/session/>whoAmI").status_code != 503


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_cut_connection_is_a_protocol_error_for_the_client(base: str, control: Control, kind: str) -> None:
    control.fault("/tripletex", kind)
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{base}/tripletex/v2/token/session/>whoAmI")


def test_the_pages_answer(base: str) -> None:
    assert httpx.get(f"{base}/health").json()["status"] == "up"
    assert "Sandkassen" in httpx.get(base).text
    assert httpx.get(f"{base}/fidelity").status_code == 200
