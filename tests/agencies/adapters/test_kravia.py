"""The Kravia adapter against its simulator, over real HTTP, faults included."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from app.agencies.adapters.kravia import STATES, KraviaAgency, webhook_claim
from app.agencies.ports import Attachment, CaseState, DebtorDetails, DirectPayment, HandoverPackage, NoticeRecord
from app.net.errors import RefusedError, UnknownOutcomeError
from app.net.http import HttpClient
from app.values.ids import new_id
from sandbox.world import World
from support.sandbox import Control, borrowed_sandbox, running_sandbox

TOKEN = "kravia-sandbox-token"
CREDITOR = "7"
PACKAGE = HandoverPackage(
    our_reference="",
    creditor_id=CREDITOR,
    debtor=DebtorDetails("Øst Bygg AS", "10042", False, "974760673", "post@ost.example", None, "Storgata 1", "0155", "Oslo"),
    invoice_number="2041",
    invoice_date=date(2026, 9, 1),
    due_date=date(2026, 9, 15),
    principal_ore=1_234_567,
    original_ore=2_000_000,
    currency="NOK",
    kid="20411",
    description="Faktura 2041",
    notices=(NoticeRecord("collection_warning", date(2026, 10, 1), date(2026, 10, 15), "email", 3750),),
    interest_from=date(2026, 9, 16),
    interest_ore=12_300,
    claims_compensation=False,
    creditor_vat_liable=True,
)


@dataclass
class Played:
    world: World
    base: str
    control: Control
    agency: KraviaAgency

    def days_pass(self, days: int) -> None:
        self.world.move_clock(self.world._offset + timedelta(days=days))

    def cases(self, reference: str) -> list[dict]:
        return self.control.get(f"/kravia/claims?accountingInvoiceId={reference}")


@pytest.fixture
def played() -> Iterator[Played]:
    with borrowed_sandbox() as sandbox:
        world, base = sandbox.world, sandbox.url
        control = Control(base)
        control.put(f"/kravia/creditors/{CREDITOR}", {"name": "Bø & Sønner AS"})
        agency = KraviaAgency(HttpClient(f"{base}/kravia/api/v2", timeout_seconds=3), TOKEN)
        yield Played(world, base, control, agency)
        agency.close()
        control.close()


def package(**changes: object) -> HandoverPackage:
    return replace(PACKAGE, our_reference=str(new_id()), **changes)


def test_a_registered_case_carries_our_reference_and_the_bare_principal(played: Played) -> None:
    handed = package()
    receipt = played.agency.register(handed)
    assert receipt.state is CaseState.REGISTERED
    [case] = played.cases(handed.our_reference)
    assert str(case["invoice"]["invoiceId"]) == receipt.external_id
    assert case["invoice"]["originalAmount"] == 12345.67
    assert "Inkassovarsel 2026-10-01, frist 2026-10-15, gebyr kr 37,50" in case["description"]
    assert "KID 20411" in case["description"]


def test_a_company_without_organisation_number_is_refused_with_the_agencys_reason(played: Played) -> None:
    with pytest.raises(RefusedError, match="organizationNumber"):
        played.agency.register(package(debtor=replace(PACKAGE.debtor, organisation_number=None)))


def test_a_person_needs_no_organisation_number(played: Played) -> None:
    debtor = replace(PACKAGE.debtor, is_person=True, organisation_number=None)
    assert played.agency.register(package(debtor=debtor)).state is CaseState.REGISTERED


def test_a_missing_postal_address_is_refused(played: Played) -> None:
    with pytest.raises(RefusedError, match="postalAddress"):
        played.agency.register(package(debtor=replace(PACKAGE.debtor, postal_code="")))


def test_a_lost_answer_is_unknown_and_the_look_up_finds_exactly_one_case(played: Played) -> None:
    handed = package()
    played.control.fault("/invoice/register", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        played.agency.register(handed)
    found = played.agency.find(CREDITOR, handed.our_reference, played.world.now())
    assert found is not None
    [case] = played.cases(handed.our_reference)
    assert str(case["invoice"]["invoiceId"]) == found.external_id


def test_a_request_lost_on_the_way_is_unknown_and_the_look_up_finds_nothing(played: Played) -> None:
    handed = package()
    played.control.fault("/invoice/register", "drop_before")
    with pytest.raises(UnknownOutcomeError):
        played.agency.register(handed)
    assert played.agency.find(CREDITOR, handed.our_reference, played.world.now()) is None


def test_a_time_out_is_unknown_and_the_look_up_tells_what_became_of_it(played: Played) -> None:
    handed = package()
    played.control.fault("/invoice/register", "slow", seconds=1.0)
    hasty = KraviaAgency(HttpClient(f"{played.base}/kravia/api/v2", timeout_seconds=0.4), TOKEN)
    with pytest.raises(UnknownOutcomeError):
        hasty.register(handed)
    hasty.close()
    time.sleep(1.2)
    found = played.agency.find(CREDITOR, handed.our_reference, played.world.now())
    assert [str(case["invoice"]["invoiceId"]) for case in played.cases(handed.our_reference)] == ([found.external_id] if found else [])


def test_the_look_up_reads_past_many_pages_and_equal_times() -> None:
    frozen = datetime(2031, 1, 1, 12, 0, tzinfo=UTC)
    with borrowed_sandbox(lambda: frozen) as sandbox:
        base = sandbox.url
        control = Control(base)
        control.put(f"/kravia/creditors/{CREDITOR}", {"name": "Bø & Sønner AS"})
        control.client.patch("/kravia/settings", json={"page_rows_max": 3}).raise_for_status()
        agency = KraviaAgency(HttpClient(f"{base}/kravia/api/v2"), TOKEN)
        handed = [package(invoice_number=str(number)) for number in range(17)]
        for one in handed:
            agency.register(one)
        assert all(agency.find(CREDITOR, one.our_reference, frozen) is not None for one in (handed[0], handed[16]))
        assert len(agency.changes(CREDITOR, None)) == 17
        assert agency.find("8", handed[0].our_reference, frozen) is None
        assert agency.find(CREDITOR, str(new_id()), frozen) is None


def test_the_same_case_sent_twice_without_looking_is_doubled_by_the_agency(played: Played) -> None:
    """Why the look-up stands before every resend: the agency has no idempotency key."""
    handed = package()
    played.agency.register(handed)
    played.agency.register(handed)
    assert len(played.cases(handed.our_reference)) == 2


@pytest.mark.parametrize(("switch", "outcome"), [("reject", None), ("return_existing", 1)])
def test_the_agency_can_be_told_to_meet_doubles_otherwise(played: Played, switch: str, outcome: int | None) -> None:
    played.control.client.patch("/kravia/settings", json={"duplicates": switch}).raise_for_status()
    handed = package()
    first = played.agency.register(handed)
    if outcome is None:
        with pytest.raises(RefusedError):
            played.agency.register(handed)
    else:
        assert played.agency.register(handed).external_id == first.external_id
    assert len(played.cases(handed.our_reference)) == 1


def test_the_states_follow_the_agencys_life(played: Played) -> None:
    handed = package()
    external_id = played.agency.register(handed).external_id

    def state() -> CaseState:
        [update] = played.agency.changes(CREDITOR, None)
        assert update.our_reference == handed.our_reference
        return update.state

    assert state() is CaseState.REGISTERED
    played.days_pass(1)
    assert state() is CaseState.IN_COLLECTION
    for step, expected in [
        ("pause", CaseState.PAUSED),
        ("resume", CaseState.IN_COLLECTION),
        ("legal", CaseState.LEGAL),
        ("withdraw", CaseState.WITHDRAWN),
        ("close", CaseState.CLOSED),
    ]:
        played.control.post(f"/kravia/claims/{external_id}/{step}", {})
        assert state() is expected


def test_every_state_of_ours_that_an_agency_can_reach_is_in_the_table() -> None:
    # whether a case is taken is answered at once here
    assert set(STATES.values()) == set(CaseState) - {CaseState.UNKNOWN, CaseState.AWAITING, CaseState.REFUSED}


def test_changes_since_the_last_seen_miss_nothing(played: Played) -> None:
    first = played.agency.register(package(invoice_number="1")).external_id
    second = played.agency.register(package(invoice_number="2")).external_id
    seen = played.agency.changes(CREDITOR, None)
    assert [update.external_id for update in seen] == [first, second]
    played.control.post(f"/kravia/claims/{first}/legal", {})
    later = played.agency.changes(CREDITOR, seen[-1].updated_at)
    assert [(u.external_id, u.state) for u in later][-1] == (first, CaseState.LEGAL)
    assert first not in [u.external_id for u in played.agency.changes("8", None)]


def test_an_attachment_arrives_whole(played: Played) -> None:
    handed = package()
    external_id = played.agency.register(handed).external_id
    played.agency.attach(external_id, Attachment("varsel.pdf", "application/pdf", b"%PDF-1.7 \xff\x00 varsel", "collection_warning"))
    [case] = played.cases(handed.our_reference)
    assert case["documents"] == [{"name": "varsel.pdf", "type": "collection_warning", "bytes": 18}]


def test_a_direct_payment_meets_the_principal_and_can_be_found_again(played: Played) -> None:
    handed = package()
    external_id = played.agency.register(handed).external_id
    payment = DirectPayment("payment:1", external_id, date(2026, 11, 20), 234_567, "Betalt til oss")
    assert not played.agency.find_payment(payment)
    played.control.fault("/invoice/payment", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        played.agency.report_payment(payment)
    assert played.agency.find_payment(payment)
    [case] = played.cases(handed.our_reference)
    assert case["outstanding"]["principal"] == 10_000.0
    assert [part["amount"] for part in case["payments"]] == [2345.67]


def test_a_surplus_is_ignored_without_a_word(played: Played) -> None:
    handed = package()
    external_id = played.agency.register(handed).external_id
    played.days_pass(1)
    played.agency.report_payment(DirectPayment("payment:2", external_id, date(2026, 11, 20), 2_000_000, "For mye"))
    [case] = played.cases(handed.our_reference)
    assert case["outstanding"]["principal"] == 0
    assert case["outstanding"]["fees"] == 375.0


def test_a_credit_of_all_closes_the_case_and_waives_interest_and_fees(played: Played) -> None:
    handed = package()
    external_id = played.agency.register(handed).external_id
    played.days_pass(1)
    note = {
        "Date": "2026-11-20T00:00:00",
        "Amount": -12345.67,
        "AccountingPaymentId": "k1",
        "Description": "Kreditnota",
        "Invoices": [{"InvoiceId": int(external_id), "Amount": -12345.67}],
    }
    httpx.post(f"{played.base}/kravia/api/v2/invoice/creditnote", json=note, headers={"authorization": TOKEN}).raise_for_status()
    [case] = played.cases(handed.our_reference)
    assert (case["invoice"]["status"], case["outstanding"]["total"]) == ("Closed", 0)


def test_money_paid_to_the_agency_is_settled_the_day_after_and_booked_once(played: Played) -> None:
    handed = package()
    external_id = played.agency.register(handed).external_id
    played.days_pass(1)
    paid_on = played.world.today()
    paid = played.control.post(f"/kravia/claims/{external_id}/pay", {"date": paid_on.isoformat()})
    assert paid["status"] == "Paid"
    assert played.agency.settlements(CREDITOR) == []
    played.days_pass(1)
    [settlement] = played.agency.settlements(CREDITOR)
    [line] = settlement.lines
    assert settlement.settled_on == paid_on + timedelta(days=1)
    assert (line.external_case_id, line.invoice_number, line.paid_on) == (external_id, "2041", paid_on)
    assert (line.principal_ore, line.fees_ore) == (1_234_567, 0)
    assert line.interest_ore == round(paid["interest"] * 100) > 0
    assert settlement.total_ore == line.principal_ore + line.interest_ore
    assert settlement.bank_reference is not None
    assert settlement.bank_reference.startswith(played.agency.capabilities.payout_marks)
    assert played.agency.settlements("8") == []
    [update] = played.agency.changes(CREDITOR, None)
    assert (update.state, update.outstanding_ore) == (CaseState.PAID, 0)

    played.control.fault("/bookkeep", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        played.agency.mark_booked(settlement.external_id, "voucher-1")
    assert played.agency.settlements(CREDITOR) == []
    played.agency.mark_booked(settlement.external_id, "voucher-1")
    with pytest.raises(RefusedError):
        played.agency.mark_booked(settlement.external_id, "voucher-2")


def test_a_part_payment_covers_costs_then_interest_then_principal(played: Played) -> None:
    external_id = played.agency.register(package()).external_id
    played.days_pass(1)
    paid = played.control.post(f"/kravia/claims/{external_id}/pay", {"amount": 1000.0})
    assert paid["fees"] == 375.0
    assert round(paid["fees"] + paid["interest"] + paid["principal"], 2) == 1000.0
    assert paid["status"] == "DebtCollection"


def test_the_agencys_book_survives_a_restart_of_the_sandbox(tmp_path: Path) -> None:
    handed = package()
    with running_sandbox(World(tmp_path / "world.json")) as base:
        control = Control(base)
        control.put(f"/kravia/creditors/{CREDITOR}", {"name": "Bø & Sønner AS"})
        agency = KraviaAgency(HttpClient(f"{base}/kravia/api/v2"), TOKEN)
        external_id = agency.register(handed).external_id
        agency.attach(external_id, Attachment("varsel.pdf", "application/pdf", b"%PDF-1.7 \xff", "collection_warning"))
        control.post(f"/kravia/claims/{external_id}/pay", {})
        control.put("/clock", {"offset_seconds": 86_400})
        settlements = agency.settlements(CREDITOR)
    again = World(tmp_path / "world.json")
    with running_sandbox(again) as base:
        agency = KraviaAgency(HttpClient(f"{base}/kravia/api/v2"), TOKEN)
        assert agency.settlements(CREDITOR) == settlements != []
        assert agency.find(CREDITOR, handed.our_reference, again.now()) is not None


def test_a_wrong_token_is_refused_and_so_is_a_bearer_prefix(played: Played) -> None:
    for token in ("wrong", f"Bearer {TOKEN}"):
        with pytest.raises(RefusedError, match="token"):
            KraviaAgency(HttpClient(f"{played.base}/kravia/api/v2"), token).settlements(CREDITOR)


@pytest.mark.parametrize("variant", ["json_secret", "secret_json"])
def test_a_change_rings_the_webhook_and_only_our_secret_opens_it(played: Played, variant: str) -> None:
    rung: list[bytes] = []

    class Bell(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            rung.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Bell)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        played.control.client.patch("/kravia/settings", json={"webhook_signature": variant}).raise_for_status()
        played.agency.set_webhook(CREDITOR, f"http://127.0.0.1:{server.server_port}/in", "hemmelig")
        external_id = played.agency.register(package()).external_id
        _eventually(lambda: bool(rung))
    finally:
        server.shutdown()
        server.server_close()
    assert webhook_claim(rung[0], "hemmelig", variant) == external_id
    assert webhook_claim(rung[0], "annen", variant) is None
    assert webhook_claim(rung[0].replace(external_id.encode(), b"999"), "hemmelig", variant) is None
    assert webhook_claim(b"[]", "hemmelig") is None


def _eventually(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
