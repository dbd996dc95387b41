"""The echo filter: what the ledger shows of money we know of already is not a direct payment, and nothing else is taken for it."""

from __future__ import annotations

import uuid
from datetime import date

from app.agencies.echoes import KnownMoney, LedgerMoney, Why, explain

MARKS = ("KRAVIA",)
ONE, TWO = uuid.UUID(int=1), uuid.UUID(int=2)
LINE, POSTING = uuid.UUID(int=10), uuid.UUID(int=11)


def money(
    id: uuid.UUID = ONE, external_id: str = "801", on: date = date(2026, 12, 3), ore: int = 500_00, text: str | None = None
) -> LedgerMoney:
    return LedgerMoney(id, external_id, on, ore, text)


def line(posted_id: str | None = None, posted_on: date | None = None, **changes: object) -> KnownMoney:
    facts = {"amounts_ore": frozenset({500_00, 520_00}), "from_on": date(2026, 12, 1), "until_on": date(2026, 12, 9), **changes}
    return KnownMoney(LINE, posted_id, posted_on, **facts)  # type: ignore[arg-type]


def test_a_payment_nobody_knows_of_is_the_debtors() -> None:
    assert explain([money()], [], MARKS) == {}


def test_our_own_posting_is_known_by_its_number_in_the_ledger_whatever_its_amount() -> None:
    found = explain([money(ore=499_00)], [line(posted_id="801")], MARKS)
    assert (found[ONE].why, found[ONE].known_id) == (Why.OWN_POSTING, LINE)


def test_our_own_posting_is_known_by_day_and_amount_where_the_ledger_numbers_it_anew() -> None:
    found = explain([money(external_id="999")], [line(posted_id="801", posted_on=date(2026, 12, 3))], MARKS)
    assert found[ONE].why is Why.OWN_POSTING


def test_a_payout_booked_by_the_bank_is_known_by_amount_within_its_days() -> None:
    assert explain([money()], [line()], MARKS)[ONE].why is Why.SETTLEMENT
    assert explain([money(ore=520_00)], [line()], MARKS)[ONE].why is Why.SETTLEMENT


def test_another_amount_or_a_day_outside_is_no_payout() -> None:
    assert explain([money(ore=500_01)], [line()], MARKS) == {}
    assert explain([money(on=date(2026, 11, 30))], [line()], MARKS) == {}
    assert explain([money(on=date(2026, 12, 10))], [line()], MARKS) == {}


def test_the_agencys_mark_alone_is_enough() -> None:
    found = explain([money(text="Giro Kravia AS 4711")], [], MARKS)
    assert (found[ONE].why, found[ONE].known_id) == (Why.PAYOUT_MARK, None)


def test_one_payout_explains_one_payment_so_that_a_second_of_the_same_amount_is_reported() -> None:
    assert len(explain([money(ONE), money(TWO, "802")], [line()], MARKS)) == 1


def test_the_posting_explains_itself_and_leaves_an_equal_payment_of_the_debtor_alone() -> None:
    debtors, ours = money(ONE, "801", date(2026, 12, 2)), money(TWO, "802", date(2026, 12, 3))
    found = explain([debtors, ours], [line(posted_id="802", posted_on=date(2026, 12, 3))], MARKS)
    assert set(found) == {TWO}


def test_a_marked_payment_takes_the_payout_before_an_unmarked_one() -> None:
    found = explain([money(ONE), money(TWO, "802", text="KRAVIA 12")], [line()], MARKS)
    assert set(found) == {TWO}
    assert found[TWO].known_id == LINE


def test_a_posting_of_another_kind_explains_only_its_own_day() -> None:
    other = KnownMoney(POSTING, None, date(2026, 12, 3), frozenset({500_00}))
    assert explain([money()], [other], MARKS)[ONE].why is Why.OWN_POSTING
    assert explain([money(on=date(2026, 12, 4))], [other], MARKS) == {}
