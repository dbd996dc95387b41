"""The Amili adapter against its simulator: what is taken is heard later, found by our reference, and never there twice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agencies.adapters.contract import AgencyBench, AgencyContract
from app.agencies.adapters.amili import AmiliAgency
from app.agencies.adapters.amili.wire import Tokens
from app.agencies.capabilities import OrderKind, QuestionKind, ReportKind
from app.agencies.ports import Agency, CaseOrder, CaseState, CaseUpdate, DebtorDetails, DirectPayment, HandoverPackage, NoticeRecord
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient
from app.values.clock import FixedClock
from app.values.ids import new_id
from support.sandbox import Control, borrowed_sandbox

OTHER = "1e0a2a4c-6f0e-4d0a-9d0c-5f1f2b3c4d5e"
ORG = "0e0a2a4c-6f0e-4d0a-9d0c-5f1f2b3c4d5e"
CLIENT = ("amili-sandbox-client", "amili-sandbox-secret")
PACKAGE = HandoverPackage(
    our_reference="", creditor_id=ORG,
    debtor=DebtorDetails("Øst Bygg AS", "10042", False, "974760673", "post@ost.example", None, "Storgata 1", "0155", "Oslo"),
    invoice_number="2041", invoice_date=date(2026, 9, 1), due_date=date(2026, 9, 15), principal_ore=1_234_567, original_ore=2_000_000,
    currency="NOK", kid="20411", description="Faktura 2041",
    notices=(NoticeRecord("collection_warning", date(2026, 10, 1), date(2026, 10, 15), "email", 3750),), interest_from=date(2026, 9, 16),
    interest_ore=12_300, claims_compensation=False, creditor_vat_liable=True,
)  # fmt: skip


@dataclass
class Played:
    control: Control
    agency: AmiliAgency
    clock: FixedClock
    base: str

    def opened(self, client: tuple[str, str] = CLIENT) -> AmiliAgency:
        tokens = Tokens(HttpClient(f"{self.base}/amili/auth", timeout_seconds=3), self.clock)
        return AmiliAgency(HttpClient(f"{self.base}/amili/collection/v1", timeout_seconds=3), tokens, client, self.clock)

    def settings(self, **changed: object) -> None:
        self.control._done(self.control.client.patch("/amili/settings", json=changed))

    def there(self, reference: str) -> list[dict]:
        return self.control.get(f"/amili/cases?reference={reference}")

    def changes(self) -> list[CaseUpdate]:
        return self.agency.changes(ORG, None)

    def taken(self, **changes: Any) -> CaseUpdate:
        """A case that the agency has taken."""
        handed = package(**changes)
        self.agency.register(handed)
        return next(one for one in self.changes() if one.our_reference == handed.our_reference)

    def order(self, kind: OrderKind, case: CaseUpdate) -> CaseOrder:
        return CaseOrder(str(new_id()), kind, ORG, case.external_id, case.our_reference or "", "Etter avtale", self.clock.now())


@pytest.fixture
def played() -> Iterator[Played]:
    clock = FixedClock(datetime(2026, 11, 20, 10, 0, tzinfo=UTC))
    with borrowed_sandbox(clock.now) as sandbox:
        control = Control(sandbox.url)
        control.put(f"/amili/organisations/{ORG}", {"name": "Bø & Sønner AS"})
        played = Played(control, None, clock, sandbox.url)  # type: ignore[arg-type]
        played.agency = played.opened()
        yield played
        control.close()


def package(**changes: Any) -> HandoverPackage:
    return replace(PACKAGE, **{"our_reference": str(new_id()), **changes})


def payment(case: CaseUpdate, amount_ore: int, kind: ReportKind = ReportKind.PAYMENT) -> DirectPayment:
    return DirectPayment(
        str(new_id()), case.external_id, date(2026, 11, 20), amount_ore, "Innbetaling", kind, case.our_reference or "", ORG
    )  # fmt: skip


def test_what_is_handed_in_waits_for_its_batch_and_then_carries_the_bare_principal(played: Played) -> None:
    played.settings(hold_batches=True)
    handed = package()
    receipt = played.agency.register(handed)
    assert (receipt.state, receipt.agency_text) == (CaseState.AWAITING, "QUEUED")
    assert played.changes() == []
    played.control.post("/amili/batches/finish", {})
    [said] = played.changes()
    assert (said.our_reference, said.state, said.principal_ore) == (handed.our_reference, CaseState.REGISTERED, 1_234_567)
    [case] = played.there(handed.our_reference)
    assert said.external_id == str(case["caseNumber"])
    assert case["given"]["originalInvoiceAmount"] == 12345.67
    assert case["given"]["collectionNoticeDate"] == "2026-10-01"
    assert "KID 20411. Opprinnelig kr 20000,00. Inkassovarsel 2026-10-01, frist 2026-10-15" in case["description"]


def test_what_a_batch_refuses_is_told_with_its_reason_by_reference_and_by_consignment(played: Played) -> None:
    handed = package(debtor=replace(PACKAGE.debtor, organisation_number=None))
    receipt = played.agency.register(handed)
    [said] = played.changes()
    assert (said.external_id, said.our_reference, said.state) == (receipt.external_id, handed.our_reference, CaseState.REFUSED)
    assert "organizationNumber" in said.agency_text
    played.settings(names_rows=False)
    nameless = played.agency.register(package(debtor=replace(PACKAGE.debtor, postal_code="")))
    told = {one.external_id: one for one in played.changes()}[nameless.external_id]
    assert (told.our_reference, told.state) == (None, CaseState.REFUSED), "a batch of one is known by its own number"


def test_of_a_partial_batch_each_row_is_told_as_it_went(played: Played) -> None:
    played.settings(hold_batches=True, pool_batches=True)
    good, bad = package(), package(debtor=replace(PACKAGE.debtor, city=""))
    assert played.agency.register(good).external_id == played.agency.register(bad).external_id
    played.control.post("/amili/batches/finish", {})
    assert {one.our_reference: one.state for one in played.changes()} == {
        good.our_reference: CaseState.REGISTERED, bad.our_reference: CaseState.REFUSED,
    }  # fmt: skip


def test_rows_without_a_key_in_a_batch_of_several_are_nobodys(played: Played) -> None:
    played.settings(hold_batches=True, pool_batches=True, names_rows=False)
    good = package()
    played.agency.register(good)
    played.agency.register(package(debtor=replace(PACKAGE.debtor, city="")))
    played.control.post("/amili/batches/finish", {})
    assert [one.our_reference for one in played.changes()] == [good.our_reference]


def test_a_double_is_refused_there_and_the_case_stands(played: Played) -> None:
    handed = package()
    played.agency.register(handed)
    played.agency.register(handed)
    [said] = played.changes()
    assert (said.our_reference, said.state) == (handed.our_reference, CaseState.REGISTERED)
    assert len(played.there(handed.our_reference)) == 1


def test_a_lost_answer_is_unknown_and_the_look_up_finds_exactly_one_case(played: Played) -> None:
    handed = package()
    played.control.fault("/invoices", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        played.agency.register(handed)
    found = played.agency.find(ORG, handed.our_reference, played.clock.now())
    assert found is not None
    assert [str(one["caseNumber"]) for one in played.there(handed.our_reference)] == [found.external_id]


def test_while_the_batch_of_a_lost_answer_waits_nothing_can_be_told(played: Played) -> None:
    played.settings(hold_batches=True)
    handed = package(debtor=replace(PACKAGE.debtor, city=""))
    played.control.fault("/invoices", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        played.agency.register(handed)
    with pytest.raises(TryLaterError, match="queue"):
        played.agency.find(ORG, handed.our_reference, played.clock.now())
    played.control.post("/amili/batches/finish", {})
    found = played.agency.find(ORG, handed.our_reference, played.clock.now())
    assert found is not None
    assert found.state is CaseState.AWAITING
    assert [(one.external_id, one.state) for one in played.changes()] == [(found.external_id, CaseState.REFUSED)]


def test_a_request_lost_on_the_way_is_unknown_and_the_look_up_finds_nothing(played: Played) -> None:
    handed = package()
    played.control.fault("/invoices", "drop_before")
    with pytest.raises(UnknownOutcomeError):
        played.agency.register(handed)
    assert played.agency.find(ORG, handed.our_reference, played.clock.now()) is None


def test_a_case_on_the_list_asks_and_is_released_or_stopped(played: Played) -> None:
    case = played.taken()
    other = played.taken(invoice_number="2042")
    played.clock.move(timedelta(days=1))
    asked = {one.our_reference: one for one in played.changes()}
    [question] = asked[case.our_reference].questions
    assert (question.kind, question.external_id) == (QuestionKind.LIST, f"list:{case.external_id}")
    release, stop = played.order(OrderKind.RELEASE, case), played.order(OrderKind.STOP, other)
    assert played.agency.find_order(release) is None
    assert played.agency.order(release) == release.our_key
    played.agency.order(stop)
    assert (played.agency.find_order(release), played.agency.find_order(stop)) == (release.our_key, stop.our_key)
    after = {one.our_reference: (one.state, one.questions) for one in played.changes()}
    assert after == {case.our_reference: (CaseState.IN_COLLECTION, ()), other.our_reference: (CaseState.WITHDRAWN, ())}
    assert played.there(case.our_reference or "")[0]["asked"] == [["accept-debt-collection-list", "Etter avtale"]]


def test_a_case_is_paused_resumed_and_withdrawn_and_a_lost_order_is_found(played: Played) -> None:
    case = played.taken()
    for kind, state in (
        (OrderKind.PAUSE, CaseState.PAUSED), (OrderKind.RESUME, CaseState.REGISTERED), (OrderKind.WITHDRAW, CaseState.WITHDRAWN)
    ):  # fmt: skip
        order = played.order(kind, case)
        assert played.agency.find_order(order) is None
        played.control.fault(f"POST /amili/collection/v1/orgs/{ORG}/cases", "drop_after")
        with pytest.raises(UnknownOutcomeError):
            played.agency.order(order)
        assert played.agency.find_order(order) == order.our_key
        assert [one.state for one in played.changes()] == [state]
    assert played.agency.book(ORG) == []
    with pytest.raises(RefusedError, match="closed"):
        played.agency.order(played.order(OrderKind.PAUSE, case))


def test_a_payment_and_a_correction_count_once_their_batch_says_so(played: Played) -> None:
    case = played.taken()
    paid, corrected = payment(case, 200_000), payment(case, 34_567, ReportKind.CREDIT_NOTE)
    for one in (paid, corrected):
        played.agency.report_payment(one)
        assert played.agency.find_payment(one)
    assert [one.principal_ore for one in played.changes()] == [1_000_000]
    assert not played.agency.find_payment(payment(case, 100))


def test_a_report_that_waits_is_unknown_until_its_batch_ends(played: Played) -> None:
    case = played.taken()
    played.settings(hold_batches=True)
    good, bad = payment(case, 100_00), payment(case, 99_999_999)
    for one in (good, bad):
        with pytest.raises(UnknownOutcomeError):
            played.agency.report_payment(one)
        with pytest.raises(TryLaterError):
            played.agency.find_payment(one)
    played.control.post("/amili/batches/finish", {})
    assert played.agency.find_payment(good)
    with pytest.raises(RefusedError, match="not within what remains"):
        played.agency.find_payment(bad)


def test_a_payout_is_one_case_and_says_what_was_withheld(played: Played) -> None:
    played.settings(commission_percent=10, manual_list=False)
    case = played.taken()
    played.clock.move(timedelta(days=2))
    played.changes()
    played.control.post(f"/amili/cases/{case.external_id}/pay", {})
    played.clock.move(timedelta(days=1))
    [payout] = played.agency.settlements(ORG)
    [line] = payout.lines
    assert (line.external_case_id, line.principal_ore, line.withheld_ore) == (case.external_id, 1_234_567, 123_457)
    assert line.withheld_vat_ore == 30_864
    assert payout.total_ore == line.paid_out_ore
    assert [one.state for one in played.changes()] == [CaseState.PAID]
    played.clock.move(timedelta(days=70))
    assert played.agency.settlements(ORG) == []


def test_lists_are_read_to_their_end(played: Played) -> None:
    played.settings(page_rows_max=2)
    handed = [package(invoice_number=str(number)) for number in range(5)]
    for one in handed:
        played.agency.register(one)
    assert {one.our_reference for one in played.changes()} == {one.our_reference for one in handed}
    assert len(played.agency.book(ORG)) == 5


def test_a_token_is_kept_until_it_ends_and_asked_for_anew_when_it_is_refused(played: Played) -> None:
    played.changes()
    played.control.fault("/amili/auth/token", "status", status=503)
    played.changes()
    played.clock.move(timedelta(hours=1))
    with pytest.raises(TryLaterError):
        played.changes()
    played.changes()
    played.control.fault("GET /amili/collection/v1/orgs", "status", status=401)
    assert played.changes() == [], "one refusal, one new token"


def test_wrong_access_is_refused_in_words_a_person_can_act_on(played: Played) -> None:
    with pytest.raises(RefusedError, match="client id and secret"):
        played.opened(("amili-sandbox-client", "guessed")).changes(ORG, None)
    played.settings(scopes=["read:collection.case"])
    with pytest.raises(RefusedError, match="write:collection"):
        played.agency.register(package())
    with pytest.raises(RefusedError, match="orgId"):
        played.agency.changes("7/../8", None)


@pytest.mark.parametrize(("status", "fault"), [(423, TryLaterError), (429, TryLaterError), (500, UnknownOutcomeError), (409, RefusedError)])
def test_each_status_is_told_in_our_words(played: Played, status: int, fault: type[Exception]) -> None:
    played.changes()
    played.control.fault("POST /amili/collection", "status", status=status)
    with pytest.raises(fault):
        played.agency.register(package())


@dataclass
class AmiliBench:
    """Amili for the stories that all agencies share."""

    played: Played
    creditor: str = ORG
    other_creditor: str = OTHER
    secrets: tuple[str, ...] = (CLIENT[1],)

    def open(self) -> Agency:
        # a token in hand, so that what is ordered to go wrong meets the call that is meant
        self.played.agency.book(ORG)
        return self.played.agency

    def count(self, our_reference: str) -> int:
        return len(self.played.there(our_reference))

    def acknowledge(self) -> None:
        self.played.control.post("/amili/batches/finish", {})

    def refuse_next(self) -> None:
        self.played.settings(refuse_next="Debtor is not accepted")

    def lose_next_answer(self) -> None:
        self.played.control.fault("POST /amili/collection", "drop_after")

    def busy_once(self) -> None:
        self.played.control.fault("POST /amili/collection", "status", status=503)

    def debtor_pays(self, our_reference: str) -> int:
        [case] = self.played.there(our_reference)
        paid = self.played.control.post(f"/amili/cases/{case['caseNumber']}/pay", {})
        return round(paid["principal"] * 100)

    def pay_out(self) -> None:
        self.played.clock.move(timedelta(days=1))


class TestAmili(AgencyContract):
    @pytest.fixture
    def bench(self, played: Played) -> AgencyBench:
        played.control.put(f"/amili/organisations/{OTHER}", {"name": "En annen AS"})
        return AmiliBench(played)
