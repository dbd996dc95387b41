"""Direct payments: each reported once, payouts never."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from app.agencies import direct_payments, queries
from app.agencies.models import AgencyCase, DirectPaymentRow
from app.agencies.ports import Settlement, SettlementLine
from app.jobs import performing
from app.jobs.effects import Performers
from app.jobs.resources import Resources
from app.net.errors import TryLaterError
from app.receivables.models import Payment
from app.values.clock import FixedClock
from support import make
from support.agency_desk import Desk, PaperAgency, desk


@pytest.fixture
def agency() -> PaperAgency:
    return PaperAgency()


@pytest.fixture
def at(resources: Resources, agency: PaperAgency, clock: FixedClock) -> Desk:
    """A claim that was handed over a day ago."""
    at = desk(resources, agency)
    make.agency_case(at.database, at.agreement, at.claim, external_id="1000")
    clock.move(timedelta(days=1))
    at.change(at.item, seen_at=clock.now())
    return at


def watch(at: Desk) -> int:
    return direct_payments.watch(at.database.begin, at.agencies, at.bureau.id, at.company.id)


def paid(at: Desk, amount_ore: int = 300_000, **columns: Any) -> Payment:
    return make.payment(at.database, at.item, amount_ore, **columns)


def payout(at: Desk, amount_ore: int = 300_000) -> Settlement:
    today = at.database.clock.today()
    line = SettlementLine("1000", None, amount_ore, 1_000, 0, today - timedelta(days=1))
    return Settlement("77", today, amount_ore + 1_000, "NOK", None, (line,))


def test_a_payment_after_the_handover_is_reported_once(at: Desk, agency: PaperAgency) -> None:
    payment = paid(at)
    assert watch(at) == 1
    at.run()
    assert watch(at) == 0
    at.run()
    [reported] = agency.payments
    assert (reported.external_id, reported.amount_ore, reported.paid_on) == ("1000", 300_000, payment.paid_on)
    [row] = at.read(DirectPaymentRow, payment_id=payment.id)
    assert (row.state, reported.our_key) == ("reported", str(row.id))
    with at.work() as work:
        assert [one.amount_ore for one in queries.case(work, at.the_case().id).reported] == [300_000]


def test_a_credit_note_is_reported_too(at: Desk, agency: PaperAgency) -> None:
    paid(at, kind="credit_note")
    watch(at)
    at.run()
    assert [one.text for one in agency.payments] == ["Kreditnota fra fordringshaver"]


def test_a_payment_known_at_the_handover_is_not_reported(at: Desk, clock: FixedClock) -> None:
    paid(at, seen_at=clock.now() - timedelta(days=2))
    assert watch(at) == 0


def test_what_the_agency_itself_told_of_is_not_reported(at: Desk) -> None:
    paid(at, source="agency")
    assert watch(at) == 0


def test_nothing_is_reported_on_a_case_that_is_over(at: Desk) -> None:
    at.change(at.the_case(), state="withdrawn")
    paid(at)
    assert watch(at) == 0


def test_a_payment_with_the_agencys_mark_is_an_echo(at: Desk, agency: PaperAgency) -> None:
    paid(at, text_="Overføring fra Papirinkasso AS")
    assert watch(at) == 0


def test_a_payout_that_was_not_known_is_asked_for_before_anything_is_reported(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(at))
    paid(at)
    assert watch(at) == 0
    assert agency.payments == []


def test_an_agency_that_cannot_be_asked_for_payouts_gets_no_report(at: Desk, agency: PaperAgency) -> None:
    def away(_: str) -> list[Settlement]:
        raise TryLaterError("away")

    paid(at)
    agency.settlements = away  # type: ignore[method-assign]
    with pytest.raises(TryLaterError):
        watch(at)
    assert at.read(DirectPaymentRow) == []


def test_our_own_posting_is_an_echo(at: Desk, agency: PaperAgency) -> None:
    make.posting(at.database, at.item, amount_ore=300_000, external_id="901", state="posted", paid_on=date(2026, 11, 1))
    paid(at, external_id="901")
    assert watch(at) == 0


def test_a_posting_that_was_called_off_explains_nothing(at: Desk) -> None:
    make.posting(at.database, at.item, amount_ore=300_000, state="cancelled")
    paid(at)
    assert watch(at) == 1


def test_a_payout_that_becomes_known_before_the_report_leaves_stops_it(at: Desk, agency: PaperAgency) -> None:
    paid(at)
    assert watch(at) == 1
    paid(at, text_="PAPIRINKASSO")
    agency.payouts.append(payout(at))
    direct_payments.settlements.fetch(at.database.begin, at.agencies, at.bureau.id, at.agreement.id)
    [effect] = at.effects(direct_payments.KIND)
    state = performing.perform(at.database.begin, at.resources.of(Performers), at.bureau.id, effect.id)
    assert state == "sent", "the marked payment is the payout; the other one is the debtor's"
    at.run()
    assert len(agency.payments) == 1


def test_a_report_whose_answer_was_lost_is_looked_up_and_not_sent_again(at: Desk, agency: PaperAgency) -> None:
    paid(at)
    watch(at)
    agency.loses_next_answer = True
    [effect] = at.effects(direct_payments.KIND)
    for expected in ("unknown", "sent"):
        state = performing.perform(at.database.begin, at.resources.of(Performers), at.bureau.id, effect.id, pause=lambda _: None)
        assert state == expected
    assert len(agency.payments) == 1


def test_a_case_that_ends_before_the_report_leaves_gets_none(at: Desk, agency: PaperAgency) -> None:
    payment = paid(at)
    watch(at)
    at.change(at.read(AgencyCase)[-1], state="closed")
    at.run()
    assert agency.payments == []
    assert at.read(DirectPaymentRow, payment_id=payment.id)[0].state == "cancelled"


def test_a_neighbours_payments_are_not_watched(at: Desk, agency: PaperAgency, neighbour) -> None:
    make.payment(at.database, neighbour.open_item, 100_00)
    assert direct_payments.watch(at.database.begin, at.agencies, at.bureau.id, neighbour.company.id) == 0
