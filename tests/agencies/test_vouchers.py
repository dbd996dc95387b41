"""What of a payout a person books: in balance whatever came, on the company's accounts, confirmed once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agencies import payouts, settlements, vouchers
from app.agencies.models import SettlementLineRow, SettlementRow
from app.agencies.ports import Settlement, SettlementLine
from app.agencies.voucher import PostingAccounts, Share, VoucherLine, voucher_of
from app.agencies.voucher_models import SettlementVoucher
from app.agencies.vouchers import VoucherError
from app.jobs.resources import Resources
from app.ledgers import postings
from app.ledgers.models import Posting
from app.values.clock import FixedClock
from support import make
from support.agency_desk import Desk, PaperAgency, desk

SETTLED_ON = date(2026, 11, 24)
ACCOUNTS = PostingAccounts()
ORE = st.integers(0, 5_000_000)
SHARES = st.lists(st.builds(Share, ORE, ORE, ORE, ORE, ORE, invoice=st.just("10042"), unposted=st.booleans()), max_size=5)


@given(SHARES, st.booleans())
def test_it_always_balances_and_meets_the_bank(shares: list[Share], deducts_vat: bool) -> None:
    lines = voucher_of(shares, ACCOUNTS, deducts_vat=deducts_vat)
    assert sum(line.amount_ore for line in lines) == 0
    assert all(line.amount_ore for line in lines)
    posted = sum(one.principal_ore for one in shares if not one.unposted)
    paid_out = sum(one.principal_ore + one.interest_ore + one.fees_ore - one.withheld_ore - one.withheld_vat_ore for one in shares)
    assert posted + sum(line.amount_ore for line in lines if line.what == "bank") == paid_out


@pytest.mark.parametrize(
    ("deducts_vat", "cost", "vat"),
    [(True, 800_00, 200_00), (False, 1_000_00, 0)],
    ids=["registered for VAT", "not registered"],
)
def test_vat_on_the_agencys_work_is_deducted_by_who_may(deducts_vat: bool, cost: int, vat: int) -> None:
    lines = voucher_of([Share(10_000_00, 120_00, 0, 800_00, 200_00)], ACCOUNTS, deducts_vat=deducts_vat)
    assert {line.what: line.amount_ore for line in lines} == {
        "bank": -880_00, "collection_costs": cost, "interest_income": -120_00, **({"input_vat": vat} if vat else {}),
    }  # fmt: skip


def test_a_bare_principal_leaves_nothing() -> None:
    assert voucher_of([Share(10_000_00, 0, 0, 0, 0)], ACCOUNTS, deducts_vat=True) == ()


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
    line = SettlementLine("1000", None, 1_000_000, 12_000, 70_00, date(2026, 11, 23), withheld_ore=800_00, withheld_vat_ore=200_00)
    agency.payouts.append(Settlement("77", SETTLED_ON, line.paid_out_ore, "NOK", "P 77", (line,)))
    return at


def the_payout(at: Desk) -> SettlementRow:
    settlements.fetch(at.database.begin, at.agencies, at.bureau.id, at.agreement.id)
    [found] = at.read(SettlementRow, company_id=at.company.id)
    return found  # type: ignore[no-any-return]


def post_the_principal(at: Desk) -> None:
    [posting] = at.read(Posting, company_id=at.company.id)
    at.change(posting, state="posted", external_id="901")
    [effect] = at.effects(postings.KIND)
    at.change(effect, state="sent")


def confirm(at: Desk, payout: SettlementRow, booked_on: date | None = None, number: str = "") -> None:
    with at.work() as work:
        vouchers.confirm(work, payout.id, booked_on=booked_on or work.today(), number=number)


def test_the_rest_waits_until_somebody_has_booked_it_and_then_the_agency_is_told(at: Desk, agency: PaperAgency) -> None:
    the_payout(at)
    post_the_principal(at)
    payout = the_payout(at)
    assert payout.state == "proposal"
    with at.work() as work:
        booking = payouts.payout(work, payout.id).booking
    assert booking is not None
    assert booking.lines == [
        VoucherLine("1920", "bank", -810_00), VoucherLine("7790", "collection_costs", 800_00), VoucherLine("2711", "input_vat", 200_00),
        VoucherLine("8050", "interest_income", -120_00), VoucherLine("3900", "fee_income", -70_00),
    ]  # fmt: skip
    assert agency.booked == {}
    confirm(at, payout, number="2026-114")
    at.run()
    assert at.read(SettlementRow, id=payout.id)[0].state == "booked"
    assert agency.booked == {"77": str(payout.id)}
    with at.work() as work:
        kept = payouts.payout(work, payout.id).booking
    assert kept is not None
    assert (kept.voucher_number, len(kept.lines)) == ("2026-114", 5)


def test_it_is_booked_once_and_not_in_the_future(at: Desk) -> None:
    payout = the_payout(at)
    with pytest.raises(VoucherError) as refused:
        confirm(at, payout, booked_on=date(2027, 1, 1))
    assert refused.value.field == "booked_on"
    confirm(at, payout)
    with pytest.raises(VoucherError):
        confirm(at, payout)
    assert len(at.read(SettlementVoucher, company_id=at.company.id)) == 1


def test_an_unposted_principal_stands_in_the_proposal_of_a_company_without_ledger(resources: Resources, agency: PaperAgency) -> None:
    at = desk(resources, agency)
    make.agency_case(at.database, at.agreement, at.claim, external_id="1000")
    line = SettlementLine("1000", None, 1_000_000, 0, 0, date(2026, 11, 23))
    agency.payouts.append(Settlement("78", SETTLED_ON, 1_000_000, "NOK", None, (line,)))
    payout = the_payout(at)
    assert payout.state == "question"
    with at.work() as work:
        booking = payouts.payout(work, payout.id).booking
    assert booking is not None
    assert [(one.account, one.amount_ore, one.invoice) for one in booking.lines] == [
        ("1920", 1_000_000, ""), ("1500", -1_000_000, at.item.document_number),
    ]  # fmt: skip
    confirm(at, payout)
    at.run()
    assert at.read(SettlementRow, id=payout.id)[0].state == "booked"


def test_changed_accounts_change_what_waits_and_not_what_is_booked(at: Desk) -> None:
    the_payout(at)
    post_the_principal(at)
    payout = the_payout(at)
    with at.work() as work:
        vouchers.set_accounts(work, at.company.id, {"bank": "1921"})
    assert at.read(SettlementVoucher, settlement_id=payout.id)[0].lines[0][0] == "1921"
    confirm(at, payout)
    with at.work() as work:
        vouchers.set_accounts(work, at.company.id, {"bank": "1922"})
    assert at.read(SettlementVoucher, settlement_id=payout.id)[0].lines[0][0] == "1921"
    with at.work() as work, pytest.raises(VoucherError) as refused:
        vouchers.set_accounts(work, at.company.id, {"fee_income": "ten; drop"})
    assert refused.value.field == "fee_income"


def test_what_the_agency_kept_is_remembered_with_the_line(at: Desk) -> None:
    the_payout(at)
    [line] = at.read(SettlementLineRow, company_id=at.company.id)
    assert (line.withheld_ore, line.withheld_vat_ore) == (800_00, 200_00)
