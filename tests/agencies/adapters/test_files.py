"""The contract over agencies that work in files, on a real SFTP server: Intrum, Retrieve, and one whose bureau wrote its XML down."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from agencies.adapters.contract import PACKAGE, AgencyBench, AgencyContract
from app.agencies.adapters.files import known
from app.agencies.adapters.files.known import vendors
from app.agencies.ports import Agency, AgencyAccess, Attachment, CaseState, DirectPayment, HandoverPackage
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError, UnsupportedError
from app.values.calendar import OSLO
from app.values.clock import FixedClock
from app.values.ids import new_id
from sandbox.world import Fault, World
from support.file_agency import HOST_KEY, PASSWORD, XML_PROFILE, PaperMemory
from support.sandbox import Control, borrowed_sandbox, running_server

STYLES = {"intrum": "ls-rd", "retrieve": "routine", "files": "xml"}


@dataclass
class FileBench:
    world: World
    control: Control
    port: int
    clock: FixedClock
    agency_name: str
    setup: dict[str, Any] = field(default_factory=dict)
    memory: PaperMemory = field(default_factory=PaperMemory)
    creditor: str = "7001"
    other_creditor: str = "8001"
    secrets: tuple[str, ...] = (PASSWORD,)

    def open(self, *, public_only: bool = False, **setup: Any) -> Agency:
        given = {"host": "127.0.0.1", "port": str(self.port), "username": "byraet", "host_key": HOST_KEY, **self.setup, **setup}
        access = AgencyAccess(self.agency_name, self.creditor, given, {"password": PASSWORD}, self.memory)
        [vendor] = [one for one in vendors(self.clock, public_only=public_only) if one.capabilities.agency == self.agency_name]
        return vendor.opener(access)

    def count(self, our_reference: str) -> int:
        return len(self.control.get(f"/fileagency/cases?reference={our_reference}"))

    def acknowledge(self) -> None:
        self.clock.move(timedelta(minutes=11))

    def refuse_next(self) -> None:
        self.switch("refuse")

    def lose_next_answer(self) -> None:
        self.world.faults.append(Fault("SFTP byraet/", "drop_after"))

    def busy_once(self) -> None:
        self.world.faults.append(Fault("SFTP byraet/", "status"))

    def debtor_pays(self, our_reference: str) -> int:
        [case] = self.control.get(f"/fileagency/cases?reference={our_reference}")
        self.control.post(f"/fileagency/cases/{case['number']}/pay", {})
        self.clock.move(timedelta(days=1))
        return int(case["left_ore"])

    def pay_out(self) -> None:
        self.clock.move(timedelta(days=1))

    def switch(self, name: str) -> None:
        self.control._done(self.control.client.patch("/fileagency/switches", json={name: True}))

    def account(self) -> dict[str, Any]:
        return self.control.get("/fileagency/accounts/byraet")

    def handed(self, **changes: Any) -> HandoverPackage:
        return replace(PACKAGE, our_reference=str(new_id()), creditor_id=self.creditor, **changes)

    def payment(self, external_id: str, reference: str) -> DirectPayment:
        return DirectPayment(
            str(new_id()), external_id, date(2026, 11, 20), 123_450, "Innbetaling", our_reference=reference, creditor_id=self.creditor
        )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, Control, int, FixedClock]]:
    clock = FixedClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    with borrowed_sandbox(clock.now) as sandbox, running_server(sandbox.world, "agencyfiles") as port:
        control = Control(sandbox.url)
        yield sandbox.world, control, port, clock
        control.close()


def opened(served: tuple[World, Control, int, FixedClock], agency: str, **setup: Any) -> FileBench:
    """An agency with nothing in it, on the server that all tests of this file share."""
    world, control, port, clock = served
    world.begin_anew(clock.now)
    control.put("/fileagency/accounts/byraet", {"style": STYLES[agency], "creditors": ["7001", "8001"]})
    return FileBench(world, control, port, clock, agency, setup)


class TestIntrum(AgencyContract):
    @pytest.fixture
    def bench(self, served: Any) -> AgencyBench:
        return opened(served, "intrum")


class TestRetrieve(AgencyContract):
    @pytest.fixture
    def bench(self, served: Any) -> AgencyBench:
        return opened(served, "retrieve")


class TestXml(AgencyContract):
    @pytest.fixture
    def bench(self, served: Any) -> AgencyBench:
        return opened(served, "files", profile=XML_PROFILE)


@pytest.fixture
def intrum(served: Any) -> FileBench:
    return opened(served, "intrum")


@pytest.fixture
def retrieve(served: Any) -> FileBench:
    return opened(served, "retrieve")


def taken(bench: FileBench, agency: Agency, **changes: Any) -> tuple[HandoverPackage, str]:
    """A case the agency has, and its number there."""
    handed = bench.handed(**changes)
    agency.register(handed)
    bench.acknowledge()
    found = agency.find(bench.creditor, handed.our_reference, bench.clock.now())
    assert found is not None
    return handed, found.external_id


def test_a_case_is_a_file_named_by_our_reference_with_the_bare_claim_and_its_documents_beside_it(intrum: FileBench) -> None:
    agency = intrum.open()
    pdf = Attachment("inkassovarsel.pdf", "application/pdf", b"%PDF-1.7 made up", "collection_warning")
    handed = intrum.handed(attachments=(pdf,))
    receipt = agency.register(handed)
    laid_down = intrum.clock.now().astimezone(OSLO)
    assert receipt.external_id == f"LS7001_{laid_down:%Y%m%d_%H%M%S}_{handed.our_reference}.csv"
    assert receipt.state is CaseState.AWAITING
    account = intrum.account()
    assert account["lying"] == [receipt.external_id]
    assert account["documents"] == [f"{handed.our_reference}-1-inkassovarsel.pdf"]
    intrum.acknowledge()
    [said] = agency.changes(intrum.creditor, None)
    assert (said.our_reference, said.state, said.external_id) == (handed.our_reference, CaseState.REGISTERED, "700001")
    [case] = intrum.control.get(f"/fileagency/cases?reference={handed.our_reference}")
    assert (case["principal_ore"], case["name"], case["documents"]) == (1_234_567, "Øst Bygg AS", account["documents"])


def test_each_file_is_read_once_and_a_changed_one_again(retrieve: FileBench) -> None:
    agency = retrieve.open()
    taken(retrieve, agency)
    first = {path: one.read_at for path, one in retrieve.memory.files.items()}
    retrieve.clock.move(timedelta(hours=1))
    agency.changes(retrieve.creditor, None)
    assert {path: one.read_at for path, one in retrieve.memory.files.items()} == first


def test_a_file_that_is_still_being_written_waits_and_nothing_of_it_is_lost(retrieve: FileBench) -> None:
    agency = retrieve.open()
    retrieve.switch("half_written")
    handed = retrieve.handed()
    agency.register(handed)
    retrieve.acknowledge()
    assert agency.changes(retrieve.creditor, None) == []
    assert [one for one in agency.troubles() if "half written" in one]
    [said] = agency.changes(retrieve.creditor, None)
    assert (said.our_reference, agency.troubles()) == (handed.our_reference, [])


def test_a_missing_receipt_leaves_the_case_on_its_way_and_it_is_not_sent_again(intrum: FileBench) -> None:
    agency = intrum.open()
    intrum.switch("no_receipt")
    handed = intrum.handed()
    name = agency.register(handed).external_id
    intrum.acknowledge()
    found = agency.find(intrum.creditor, handed.our_reference, intrum.clock.now())
    assert found is not None
    assert (found.state, found.external_id) == (CaseState.AWAITING, name)
    assert agency.changes(intrum.creditor, None) == []
    assert intrum.account()["taken"] == [name]


def test_the_same_name_laid_down_twice_is_one_case(intrum: FileBench) -> None:
    agency = intrum.open()
    handed, number = taken(intrum, agency)
    agency.register(handed)
    intrum.acknowledge()
    found = agency.find(intrum.creditor, handed.our_reference, intrum.clock.now())
    assert found is not None
    assert (found.external_id, intrum.count(handed.our_reference)) == (number, 1)


def test_closing_is_not_paying(intrum: FileBench) -> None:
    """The money travels by itself: until the ledger shows it the case is closed, with nothing left to demand."""
    agency = intrum.open()
    handed, _ = taken(intrum, agency)
    intrum.debtor_pays(handed.our_reference)
    [said] = agency.changes(intrum.creditor, None)
    assert (said.state, said.outstanding_ore, said.agency_text) == (CaseState.CLOSED, 0, "Oppgjort")
    assert agency.settlements(intrum.creditor) == []


@pytest.mark.parametrize(("switch", "states", "payouts"), [
    ("close_without_money", [CaseState.PAID], 0), ("money_without_closing", [CaseState.REGISTERED], 1),
])  # fmt: skip
def test_money_and_closing_come_apart_and_each_says_its_own(
    retrieve: FileBench, switch: str, states: list[CaseState], payouts: int
) -> None:
    agency = retrieve.open()
    handed, _ = taken(retrieve, agency)
    retrieve.switch(switch)
    retrieve.debtor_pays(handed.our_reference)
    assert [one.state for one in agency.changes(retrieve.creditor, None)] == states
    assert len(agency.settlements(retrieve.creditor)) == payouts


def test_a_wrong_decimal_sign_is_a_named_problem_and_never_an_amount(retrieve: FileBench) -> None:
    agency = retrieve.open()
    handed, _ = taken(retrieve, agency)
    retrieve.switch("wrong_decimal")
    retrieve.switch("close_without_money")
    retrieve.debtor_pays(handed.our_reference)
    assert [one.state for one in agency.changes(retrieve.creditor, None)] == [CaseState.REGISTERED]
    [trouble] = agency.troubles()
    assert "line 2" in trouble
    assert "restsaldo is not an amount" in trouble


def test_what_could_not_be_read_is_read_again_once_the_profile_is_put_right(served: Any) -> None:
    wrong = {**XML_PROFILE, "decimal": ","}
    bench = opened(served, "files", profile=wrong)
    agency = bench.open()
    handed = bench.handed()
    # what we write is refused there for its decimal sign, and what we read is not believed
    agency.register(handed)
    bench.acknowledge()
    [said] = agency.changes(bench.creditor, None)
    assert said.state is CaseState.REFUSED
    right = bench.open(profile=XML_PROFILE)
    again, _ = taken(bench, right)
    bench.debtor_pays(again.our_reference)
    assert agency.settlements(bench.creditor) == []
    assert agency.troubles()
    assert len(right.settlements(bench.creditor)) == 1
    assert right.troubles() == []


def test_a_status_of_a_case_nobody_knows_is_told_as_it_stands_and_the_others_are_read(retrieve: FileBench) -> None:
    agency = retrieve.open()
    handed, number = taken(retrieve, agency)
    retrieve.switch("unknown_row")
    retrieve.debtor_pays(handed.our_reference)
    assert {one.external_id: one.our_reference for one in agency.changes(retrieve.creditor, None)} == {
        number: handed.our_reference, "999999": "ukjent",
    }  # fmt: skip


def test_a_payment_on_a_case_the_agency_does_not_have_is_its_problem_to_name(retrieve: FileBench) -> None:
    agency = retrieve.open()
    told = retrieve.payment("123", "x")
    agency.report_payment(told)
    retrieve.acknowledge()
    assert agency.find_payment(told)
    assert [one for one in retrieve.account()["problems"] if "ukjent sak 123" in one]


def test_a_payment_lowers_the_claim_there_once(retrieve: FileBench) -> None:
    agency = retrieve.open()
    handed, number = taken(retrieve, agency)
    told = retrieve.payment(number, handed.our_reference)
    agency.report_payment(told)
    agency.report_payment(told)
    retrieve.acknowledge()
    [case] = retrieve.control.get(f"/fileagency/cases?reference={handed.our_reference}")
    assert case["left_ore"] == 1_234_567 - 123_450


def test_without_receipts_laying_down_is_handing_over_and_our_reference_is_the_number(served: Any) -> None:
    silent = {**XML_PROFILE, "files": {name: one for name, one in XML_PROFILE["files"].items() if name != "receipts"}}  # type: ignore[attr-defined]
    bench = opened(served, "files", profile=silent)
    agency = bench.open()
    handed = bench.handed()
    receipt = agency.register(handed)
    assert (receipt.state, receipt.external_id) == (CaseState.REGISTERED, handed.our_reference)
    assert "kvitterer ikke" in receipt.agency_text
    bench.acknowledge()
    found = agency.find(bench.creditor, handed.our_reference, bench.clock.now())
    assert found == receipt


def test_where_nobody_shows_what_was_taken_it_stays_in_doubt(served: Any) -> None:
    bench = opened(served, "files", profile={**XML_PROFILE, "archive": None})
    agency = bench.open()
    bench.switch("no_receipt")
    handed = bench.handed()
    bench.lose_next_answer()
    with pytest.raises(UnknownOutcomeError):
        agency.register(handed)
    assert agency.find(bench.creditor, handed.our_reference, bench.clock.now()) is not None, "it lies there still"
    bench.acknowledge()
    with pytest.raises(TryLaterError, match="does not show"):
        agency.find(bench.creditor, handed.our_reference, bench.clock.now())


def test_two_creditors_in_one_folder_never_see_each_others_rows(retrieve: FileBench) -> None:
    agency = retrieve.open()
    handed, _ = taken(retrieve, agency)
    retrieve.debtor_pays(handed.our_reference)
    neighbour = replace(retrieve, creditor="8001", memory=PaperMemory()).open()
    assert neighbour.changes("8001", None) == []
    assert neighbour.settlements("8001") == []


def test_a_private_address_that_a_tenant_wrote_down_is_not_spoken_to(retrieve: FileBench) -> None:
    with pytest.raises(BrokenError, match="not a public one"):
        retrieve.open(public_only=True).changes(retrieve.creditor, None)


@pytest.mark.parametrize(("setup", "said"), [({"port": "x"}, "port"), ({"host_key": "ssh-ed25519 no"}, "host key"),
                                             ({"profile": {"files": {}}}, "cases.columns")])  # fmt: skip
def test_what_is_written_down_wrong_is_said_by_name(retrieve: FileBench, setup: dict[str, Any], said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        retrieve.open(**setup)


def test_a_server_with_another_key_is_not_spoken_to(retrieve: FileBench) -> None:
    from sandbox.printhouse.sftp import host_key as another

    with pytest.raises(TryLaterError, match="the key we know it by"):
        retrieve.open(host_key=another().export_public_key().decode().strip()).changes(retrieve.creditor, None)


def test_a_kind_of_report_the_files_have_no_word_for_is_not_told(served: Any) -> None:
    bench = opened(served, "files", profile={**XML_PROFILE, "report_kinds": {"credit_note": "CREDIT"}})
    with pytest.raises(UnsupportedError):
        bench.open().report_payment(bench.payment("1", "x"))


def test_the_standard_profiles_are_what_a_bureau_could_write_down_itself() -> None:
    from app.agencies.adapters.files.profile import as_json, from_json

    for profile in known.STANDARD.values():
        assert from_json(as_json(profile)) == profile
