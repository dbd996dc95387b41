"""Payouts: read once, posted once, and marked as booked when all of it is in the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from app.agencies import queries, settlements
from app.agencies.models import SettlementLineRow, SettlementRow
from app.agencies.ports import Settlement, SettlementLine
from app.jobs import performing
from app.jobs.effects import Performers
from app.jobs.resources import Resources
from app.ledgers.models import Posting
from app.receivables.models import Payment
from app.values.clock import FixedClock
from support import make
from support.agency_desk import Desk, PaperAgency, desk

PAID_ON, SETTLED_ON = date(2026, 11, 23), date(2026, 11, 24)


@pytest.fixture
def agency() -> PaperAgency:
    return PaperAgency()


@pytest.fixture
def at(resources: Resources, agency: PaperAgency, clock: FixedClock) -> Desk:
    """A claim at the agency, and a ledger that is connected but is never asked in these tests."""
    at = desk(resources, agency)
    make.agency_case(at.database, at.agreement, at.claim, external_id="1000")
    make.company_link(at.database, make.connection(at.database, at.bureau), at.company)
    clock.move(timedelta(days=1))
    return at


def line(principal_ore: int = 1_000_000, case: str = "1000", interest_ore: int = 0) -> SettlementLine:
    return SettlementLine(case, None, principal_ore, interest_ore, 0, PAID_ON)


def payout(*lines: SettlementLine, **changes: Any) -> Settlement:
    total = sum(one.principal_ore + one.interest_ore + one.fees_ore for one in lines)
    return Settlement(**{"external_id": "77", "settled_on": SETTLED_ON, "total_ore": total, "currency": "NOK", "bank_reference": "P 77",
                         "lines": lines, **changes})  # fmt: skip


def fetch(at: Desk) -> int:
    return settlements.fetch(at.database.begin, at.agencies, at.bureau.id, at.agreement.id)


def advance(at: Desk) -> SettlementRow:
    with at.work() as work:
        settlements.advance(work, at.agencies, at.company.id)
    return at.read(SettlementRow, company_id=at.company.id)[0]


def settle_posting(at: Desk, state: str) -> None:
    [posting] = at.read(Posting, company_id=at.company.id)
    at.change(posting, state=state, external_id="901" if state == "posted" else None)


def test_the_principal_is_posted_on_the_invoice_and_the_rest_shown_apart(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line(interest_ore=5_000)))
    assert fetch(at) == 1
    [posting] = at.read(Posting, company_id=at.company.id)
    assert (posting.open_item_id, posting.amount_ore, posting.paid_on) == (at.item.id, 1_000_000, SETTLED_ON)
    assert (posting.reason, posting.business_key) == ("agency_settlement", f"settlement:{at.agreement.id}:77:1")
    with at.work() as work:
        [paid_out] = queries.case(work, at.the_case().id).paid_out
    assert (paid_out.principal_ore, paid_out.interest_ore, paid_out.posting_id) == (1_000_000, 5_000, posting.id)


def test_reading_it_again_posts_nothing_more(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line()))
    assert [fetch(at), fetch(at), fetch(at)] == [1, 0, 0]
    assert len(at.read(Posting, company_id=at.company.id)) == 1
    assert len(at.read(SettlementLineRow, company_id=at.company.id)) == 1


def test_a_renewed_agreement_does_not_read_the_same_payout_again(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line()))
    fetch(at)
    at.change(at.agreement, valid_until=at.database.clock.today())
    renewed = make.agreement(at.database, at.company, creditor_ref=at.agreement.creditor_ref)
    assert settlements.fetch(at.database.begin, at.agencies, at.bureau.id, renewed.id) == 0
    assert len(at.read(Posting, company_id=at.company.id)) == 1


def test_it_is_marked_as_booked_only_when_the_ledger_has_it(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line()))
    fetch(at)
    assert advance(at).state == "read"
    assert at.effects(settlements.KIND) == []
    settle_posting(at, "posted")
    row = advance(at)
    assert row.state == "posted"
    at.run(leaving=frozenset({"effects.perform_ledgers"}))
    assert agency.booked == {"77": str(row.id)}
    assert advance(at).state == "booked"


def test_marking_whose_answer_was_lost_is_asked_again_with_the_same_reference(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line()))
    fetch(at)
    settle_posting(at, "posted")
    row = advance(at)
    agency.loses_next_answer = True
    [effect] = at.effects(settlements.KIND)
    for expected in ("unknown", "planned", "sent"):
        assert performing.perform(at.database.begin, at.resources.of(Performers), at.bureau.id, effect.id) == expected
    assert agency.booked == {"77": str(row.id)}
    assert advance(at).state == "booked"


def test_the_debtors_payment_to_the_agency_stands_on_the_timeline_once(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line()))
    fetch(at)
    advance(at)
    [told] = at.read(Payment, open_item_id=at.item.id)
    [row] = at.read(SettlementLineRow, company_id=at.company.id)
    assert (told.source, told.external_id, told.amount_ore, told.paid_on) == ("agency", str(row.id), 1_000_000, PAID_ON)


def test_a_line_of_an_unknown_case_is_a_question_and_the_known_one_is_posted_all_the_same(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line(), line(400_000, "9999")))
    fetch(at)
    row = advance(at)
    assert (row.state, row.problem) == ("question", "A line of the payout belongs to no case that was handed over from here.")
    assert [one.amount_ore for one in at.read(Posting, company_id=at.company.id)] == [1_000_000]
    settle_posting(at, "posted")
    assert advance(at).state == "question"
    assert agency.booked == {}


def test_a_case_whose_number_is_learnt_later_answers_the_question(at: Desk, agency: PaperAgency) -> None:
    at.change(at.the_case(), external_id=None)
    agency.payouts.append(payout(line()))
    fetch(at)
    assert advance(at).state == "question"
    at.change(at.the_case(), external_id="1000")
    assert advance(at).state == "read"
    assert len(at.read(Posting, company_id=at.company.id)) == 1


@pytest.mark.parametrize(("given", "told"), [(payout(line(-100_00)), "takes back"), (payout(line(), currency="EUR"), "another currency")])
def test_what_cannot_be_posted_is_a_question(at: Desk, agency: PaperAgency, given: Settlement, told: str) -> None:
    agency.payouts.append(given)
    fetch(at)
    row = advance(at)
    assert row.state == "question"
    assert told in (row.problem or "")
    assert at.read(Posting, company_id=at.company.id) == []


def test_a_line_without_principal_needs_no_posting(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line(0)))
    fetch(at)
    at.run()
    assert list(agency.booked) == ["77"]
    assert at.read(Posting, company_id=at.company.id) == []


def test_a_posting_the_ledger_refused_is_a_question(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line()))
    fetch(at)
    settle_posting(at, "refused")
    row = advance(at)
    assert (row.state, row.problem) == ("question", "The ledger did not take the payment: a person must look.")


def test_a_payout_the_agency_paid_onto_the_invoice_itself_is_not_posted_again(at: Desk, agency: PaperAgency) -> None:
    make.payment(at.database, at.item, 1_000_000, paid_on=SETTLED_ON, text_="Giro PAPIRINKASSO AS")
    agency.payouts.append(payout(line()))
    fetch(at)
    assert at.read(Posting, company_id=at.company.id) == []
    at.run()
    assert list(agency.booked) == ["77"]


def test_a_posting_called_off_because_the_bank_was_first_is_no_question(at: Desk, agency: PaperAgency) -> None:
    agency.payouts.append(payout(line()))
    fetch(at)
    make.payment(at.database, at.item, 1_000_000, paid_on=SETTLED_ON, text_="Innbetaling")
    settle_posting(at, "cancelled")
    assert advance(at).state == "posted"


def test_a_company_without_ledger_is_told_to_book_by_hand_until_its_book_shows_it(resources: Resources, agency: PaperAgency) -> None:
    at = desk(resources, agency)
    make.agency_case(at.database, at.agreement, at.claim, external_id="1000")
    resources.clock.move(timedelta(days=1))  # type: ignore[attr-defined]
    agency.payouts.append(payout(line()))
    fetch(at)
    row = advance(at)
    assert (row.state, row.problem) == ("question", "The company's ledger is not connected: a person must book the payout.")
    make.payment(at.database, at.item, 1_000_000, paid_on=SETTLED_ON)
    assert advance(at).state == "posted"


def test_a_neighbours_payout_is_not_touched(at: Desk, neighbour) -> None:
    with at.work() as work:
        settlements.advance(work, at.agencies, neighbour.company.id)
    with at.database.begin(make.scope(neighbour.bureau)) as work:
        assert [row.state for row in work.session.query(SettlementRow).all()] == ["read"]
