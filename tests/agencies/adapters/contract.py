"""What every agency adapter must do, whoever the agency: one story played through each agency's own door.

A test file of an adapter subclasses `AgencyContract` with a fixture `bench` that gives an `AgencyBench`. What the agency cannot do it says
in its capabilities, and then it refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import pytest

from app.agencies.capabilities import OrderKind, ReportKind
from app.agencies.ports import (
    Agency,
    Attachment,
    CaseOrder,
    CaseReceipt,
    CaseState,
    CaseUpdate,
    Creditor,
    DebtorDetails,
    DirectPayment,
    HandoverPackage,
    NoticeRecord,
)
from app.net.errors import OutsideError, RefusedError, TryLaterError, UnknownOutcomeError, UnsupportedError
from app.values.ids import new_id

PLANNED_AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PRINCIPAL_ORE = 1_234_567
LIVE = {CaseState.REGISTERED, CaseState.IN_COLLECTION, CaseState.LEGAL, CaseState.PAUSED}
PACKAGE = HandoverPackage(
    our_reference="",
    creditor_id="",
    debtor=DebtorDetails("Øst Bygg AS", "10042", False, "974760673", "post@ost.example", None, "Storgata 1", "0155", "Oslo"),
    invoice_number="2041",
    invoice_date=date(2026, 9, 1),
    due_date=date(2026, 9, 15),
    principal_ore=PRINCIPAL_ORE,
    original_ore=2_000_000,
    currency="NOK",
    kid="20411",
    description="Faktura 2041",
    notices=(NoticeRecord("collection_warning", date(2026, 10, 1), date(2026, 10, 15), "email", 38_00),),
    interest_from=date(2026, 9, 16),
    interest_ore=12_300,
    claims_compensation=False,
    creditor_vat_liable=True,
)


class AgencyBench(Protocol):
    """An agency with one creditor, and the hands behind its counter."""

    creditor: str
    #: a second one that must never see the first one's cases
    other_creditor: str
    #: everything that would be a leak if it were shown
    secrets: tuple[str, ...]

    def open(self) -> Agency: ...

    def count(self, our_reference: str) -> int:
        """How many cases with that reference the agency's own book has."""
        ...

    def acknowledge(self) -> None:
        """Let a consignment that waits be taken; nothing where cases are taken at once."""
        ...

    def refuse_next(self) -> None:
        """The next case handed in is not taken."""
        ...

    def lose_next_answer(self) -> None:
        """The next write is done, and its answer is lost."""
        ...

    def busy_once(self) -> None:
        """The next call is told to come later."""
        ...

    def debtor_pays(self, our_reference: str) -> int:
        """The debtor pays all of it to the agency. The principal of that, in øre."""
        ...

    def pay_out(self) -> None:
        """What was collected is paid out to the creditors."""
        ...


class AgencyContract:
    """The stories. Amounts are øre."""

    @pytest.fixture
    def bench(self) -> AgencyBench:
        raise AssertionError("an adapter's test gives its own bench")

    @pytest.fixture
    def agency(self, bench: AgencyBench) -> Agency:
        return bench.open()

    def test_a_case_is_taken_under_our_reference_and_found_by_it(self, bench: AgencyBench, agency: Agency) -> None:
        handed = package(bench)
        receipt = agency.register(handed)
        assert (receipt.state is CaseState.AWAITING) == agency.capabilities.answers_later
        bench.acknowledge()
        found = agency.find(bench.creditor, handed.our_reference, PLANNED_AT)
        assert found is not None
        assert found.state in LIVE
        assert found.agency_text
        if not agency.capabilities.answers_later:
            assert found.external_id == receipt.external_id
        assert bench.count(handed.our_reference) == 1

    def test_what_is_not_there_is_certainly_not_there(self, bench: AgencyBench, agency: Agency) -> None:
        agency.register(package(bench))
        bench.acknowledge()
        assert agency.find(bench.creditor, str(new_id()), PLANNED_AT) is None

    def test_another_creditors_case_is_not_found(self, bench: AgencyBench, agency: Agency) -> None:
        handed = package(bench)
        agency.register(handed)
        bench.acknowledge()
        assert agency.find(bench.other_creditor, handed.our_reference, PLANNED_AT) is None
        assert handed.our_reference not in {one.our_reference for one in agency.changes(bench.other_creditor, None)}

    def test_a_lost_answer_is_an_unknown_outcome_and_the_case_is_found(self, bench: AgencyBench, agency: Agency) -> None:
        handed = package(bench)
        bench.lose_next_answer()
        with pytest.raises(UnknownOutcomeError):
            agency.register(handed)
        bench.acknowledge()
        found = agency.find(bench.creditor, handed.our_reference, PLANNED_AT)
        assert found is not None
        assert bench.count(handed.our_reference) == 1

    def test_a_refusal_says_why(self, bench: AgencyBench, agency: Agency) -> None:
        handed = package(bench)
        bench.refuse_next()
        if not agency.capabilities.answers_later:
            with pytest.raises(RefusedError) as refused:
                agency.register(handed)
            assert str(refused.value).strip()
            return
        agency.register(handed)
        bench.acknowledge()
        [said] = [one for one in agency.changes(bench.creditor, None) if one.our_reference == handed.our_reference]
        assert said.state is CaseState.REFUSED
        assert said.agency_text.strip()

    def test_busy_is_later_and_nothing_was_done(self, bench: AgencyBench, agency: Agency) -> None:
        handed = package(bench)
        bench.busy_once()
        with pytest.raises(TryLaterError):
            agency.register(handed)
        assert bench.count(handed.our_reference) == 0

    def test_changes_tell_each_case_once_in_its_newest_state_and_nothing_is_missed(self, bench: AgencyBench, agency: Agency) -> None:
        first, second = package(bench), package(bench, invoice_number="2042")
        agency.register(first)
        agency.register(second)
        bench.acknowledge()
        seen = mine(agency.changes(bench.creditor, None), first, second)
        assert sorted(seen) == sorted([first.our_reference, second.our_reference])
        newest = max(one.updated_at for one in agency.changes(bench.creditor, None))
        bench.debtor_pays(first.our_reference)
        later = mine(agency.changes(bench.creditor, newest), first, second)
        assert later[first.our_reference].state in {CaseState.PAID, CaseState.CLOSED}

    def test_the_book_lists_what_is_not_at_its_end(self, bench: AgencyBench, agency: Agency) -> None:
        if not agency.capabilities.lists_book:
            with pytest.raises(UnsupportedError):
                agency.book(bench.creditor)
            return
        first, second = package(bench), package(bench, invoice_number="2042")
        agency.register(first)
        agency.register(second)
        bench.acknowledge()
        listed = mine(agency.book(bench.creditor), first, second)
        assert {one.principal_ore for one in listed.values()} <= {PRINCIPAL_ORE, None}
        assert sorted(listed) == sorted([first.our_reference, second.our_reference])
        bench.debtor_pays(first.our_reference)
        assert sorted(mine(agency.book(bench.creditor), first, second)) == [second.our_reference]

    def test_money_that_came_by_us_is_told_once(self, bench: AgencyBench, agency: Agency) -> None:
        handed = package(bench)
        case = taken(bench, agency, handed)
        for kind in ReportKind:
            told = DirectPayment(
                str(new_id()), case.external_id, date(2026, 11, 20), 10_000, "Innbetaling", kind, handed.our_reference, bench.creditor
            )
            if kind not in agency.capabilities.reports:
                continue
            assert not agency.find_payment(told)
            agency.report_payment(told)
            assert agency.find_payment(told)
            bench.lose_next_answer()
            again = replace(told, our_key=str(new_id()))
            with pytest.raises(UnknownOutcomeError):
                agency.report_payment(again)
            assert agency.find_payment(again)

    def test_orders_are_done_or_refused_as_the_capabilities_say(self, bench: AgencyBench, agency: Agency) -> None:
        handed = package(bench)
        case = taken(bench, agency, handed)
        for kind in OrderKind:
            order = CaseOrder(str(new_id()), kind, bench.creditor, case.external_id, handed.our_reference, "Etter avtale", PLANNED_AT)
            if kind in agency.capabilities.orders:
                continue
            with pytest.raises(UnsupportedError):
                agency.order(order)
        if OrderKind.PAUSE in agency.capabilities.orders:
            _order(bench, agency, case, handed, OrderKind.PAUSE)
            assert state_of(bench, agency, handed) is CaseState.PAUSED
        if OrderKind.RESUME in agency.capabilities.orders:
            _order(bench, agency, case, handed, OrderKind.RESUME)
            assert state_of(bench, agency, handed) in LIVE - {CaseState.PAUSED}
        if OrderKind.WITHDRAW in agency.capabilities.orders:
            _order(bench, agency, case, handed, OrderKind.WITHDRAW)
            assert state_of(bench, agency, handed) is CaseState.WITHDRAWN

    def test_a_payout_adds_up_and_is_told_until_it_is_booked(self, bench: AgencyBench, agency: Agency) -> None:
        if not agency.capabilities.settles:
            assert agency.settlements(bench.creditor) == []
            return
        handed = package(bench)
        case = taken(bench, agency, handed)
        principal = bench.debtor_pays(handed.our_reference)
        bench.pay_out()
        [payout] = agency.settlements(bench.creditor)
        assert payout.total_ore == sum(line.paid_out_ore for line in payout.lines)
        [line] = payout.lines
        assert (line.external_case_id, line.principal_ore) == (case.external_id, principal)
        assert agency.settlements(bench.creditor) == [payout]
        assert agency.settlements(bench.other_creditor) == []
        if not agency.capabilities.marks_booked:
            with pytest.raises(UnsupportedError):
                agency.mark_booked(payout.external_id, "b1")
            return
        agency.mark_booked(payout.external_id, "b1")
        agency.mark_booked(payout.external_id, "b1")
        assert agency.settlements(bench.creditor) == []

    def test_documents_come_afterwards_where_they_may(self, bench: AgencyBench, agency: Agency) -> None:
        case = taken(bench, agency, package(bench))
        document = Attachment("inkassovarsel.pdf", "application/pdf", b"%PDF-1.7 made up", "collection_warning")
        if agency.capabilities.attaches:
            agency.attach(case.external_id, document)
            return
        with pytest.raises(UnsupportedError):
            agency.attach(case.external_id, document)

    def test_losses_and_new_creditors_are_as_the_capabilities_say(self, bench: AgencyBench, agency: Agency) -> None:
        creditor = Creditor("Bø & Sønner AS", "974760673", None, None, None)
        tries: tuple[tuple[bool, Callable[[], object]], ...] = (
            (agency.capabilities.tells_losses, lambda: agency.losses(bench.creditor)),
            (agency.capabilities.provisions, lambda: agency.provision(creditor)),
        )
        for can, attempt in tries:
            if can:
                attempt()
                continue
            with pytest.raises(UnsupportedError):
                attempt()

    def test_no_secret_is_shown(self, bench: AgencyBench, agency: Agency) -> None:
        shown = [repr(agency), repr(agency.capabilities)]
        bench.refuse_next()
        try:
            agency.register(package(bench))
        except OutsideError as fault:
            shown.append(f"{fault!r} {fault.__cause__!r}")
        for secret in bench.secrets:
            assert not any(secret in one for one in shown)


def package(bench: AgencyBench, **changes: object) -> HandoverPackage:
    return replace(PACKAGE, our_reference=str(new_id()), creditor_id=bench.creditor, **changes)  # type: ignore[arg-type]


def taken(bench: AgencyBench, agency: Agency, handed: HandoverPackage) -> CaseReceipt:
    """The case once the agency has it, with its number there."""
    agency.register(handed)
    bench.acknowledge()
    found = agency.find(bench.creditor, handed.our_reference, PLANNED_AT)
    assert found is not None
    return found


def mine(told: list[CaseUpdate], *handed: HandoverPackage) -> dict[str, CaseUpdate]:
    """What is told of these, by our reference; said twice is a fault."""
    wanted = {one.our_reference for one in handed}
    found = [one for one in told if one.our_reference in wanted]
    assert len({one.our_reference for one in found}) == len(found)
    return {one.our_reference or "": one for one in found}


def state_of(bench: AgencyBench, agency: Agency, handed: HandoverPackage) -> CaseState:
    return mine(agency.changes(bench.creditor, None), handed)[handed.our_reference].state


def _order(bench: AgencyBench, agency: Agency, case: CaseReceipt, handed: HandoverPackage, kind: OrderKind) -> None:
    order = CaseOrder(
        str(new_id()), kind, bench.creditor, case.external_id, handed.our_reference, "Etter avtale", PLANNED_AT + timedelta(days=1)
    )
    agency.order(order)
    if agency.capabilities.finds_orders:
        assert agency.find_order(order)
