"""When a book is up to date enough: each check on both sides of its edge, and what nobody knows is never green."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.receivables.readiness import BankMatch, BookFacts, Check, Confirmed, Light, ReadinessLimits, judge
from app.receivables.readiness_texts import REMEDIES, SAYS, remedy, say

TODAY = date(2026, 11, 26)
WELL_KEPT = BookFacts(read_on=TODAY, banks=(BankMatch("1920", TODAY - timedelta(days=1)),), unposted=0, overdue_ore=1_000_000)


def light(book: BookFacts, check: Check, limits: ReadinessLimits = ReadinessLimits()) -> Light:
    return next(one.light for one in judge(book, TODAY, limits).findings if one.check is check)


def matched(days: int, *others: BankMatch) -> BookFacts:
    return replace(WELL_KEPT, banks=(BankMatch("1920", TODAY - timedelta(days=days)), *others))


def test_a_well_kept_book_is_green() -> None:
    assert judge(WELL_KEPT, TODAY).light is Light.GREEN
    assert judge(WELL_KEPT, TODAY).remarks == ()


def test_a_book_of_which_nothing_is_known_warns_and_holds_nothing() -> None:
    found = judge(BookFacts(), TODAY)
    assert (found.light, found.faults) == (Light.AMBER, ())
    assert {one.check for one in found.findings if one.is_unknown} == {Check.SYNC, Check.BANK, Check.UNPOSTED}


@pytest.mark.parametrize(
    "unknown", [{"banks": None}, {"banks": ()}, {"banks": (BankMatch("1920", None),)}, {"unposted": None}, {"read_on": None}]
)
def test_what_a_ledger_does_not_tell_is_never_green(unknown: dict[str, object]) -> None:
    assert judge(replace(WELL_KEPT, **unknown), TODAY).light is Light.AMBER  # type: ignore[arg-type]


UNTOLD = replace(WELL_KEPT, banks=None, unposted=None)


def confirmed(days: int, book: BookFacts = UNTOLD) -> BookFacts:
    return replace(book, confirmed=Confirmed(TODAY - timedelta(days=days), "Kari", TODAY - timedelta(days=days - 1)))


@pytest.mark.parametrize(("days", "expected"), [(0, Light.GREEN), (5, Light.GREEN), (6, Light.AMBER), (14, Light.AMBER), (15, Light.RED)])
def test_a_persons_word_counts_where_the_ledger_is_silent_and_grows_old_as_the_ledgers_own(days: int, expected: Light) -> None:
    assert [light(confirmed(days), check) for check in (Check.BANK, Check.UNPOSTED)] == [expected, expected]
    assert judge(confirmed(days), TODAY).light is expected is light(matched(days), Check.BANK)


def test_a_persons_word_never_stands_above_the_ledgers() -> None:
    assert [one.code for one in judge(confirmed(0, matched(20)), TODAY).faults] == ["bank_old"]
    assert light(confirmed(0, replace(UNTOLD, unposted=3, unposted_since=TODAY - timedelta(days=9))), Check.UNPOSTED) is Light.RED


def test_a_persons_word_is_told_with_who_when_and_through_which_day() -> None:
    found = next(one for one in judge(confirmed(2), TODAY).findings if one.check is Check.BANK)
    assert say(found) == "The ledger does not tell; Kari confirmed on 25.11.2026 that the bank is booked through 24.11.2026."
    assert found.is_unknown is False


@pytest.mark.parametrize(("days", "expected"), [(0, Light.GREEN), (5, Light.GREEN), (6, Light.AMBER), (14, Light.AMBER), (15, Light.RED)])
def test_the_bank_may_be_so_many_days_behind(days: int, expected: Light) -> None:
    assert light(matched(days), Check.BANK) is expected


@pytest.mark.parametrize(("days", "expected"), [(1, Light.GREEN), (2, Light.AMBER), (3, Light.AMBER), (4, Light.RED)])
def test_the_book_may_be_so_many_days_old(days: int, expected: Light) -> None:
    assert light(replace(WELL_KEPT, read_on=TODAY - timedelta(days=days)), Check.SYNC) is expected


def test_the_account_least_far_along_decides_and_is_named() -> None:
    found = judge(matched(1, BankMatch("1921", TODAY - timedelta(days=20))), TODAY)
    assert [(one.code, one.account) for one in found.faults] == [("bank_old", "1921")]


def test_an_account_out_of_use_says_nothing_of_the_others() -> None:
    assert light(matched(1, BankMatch("1921", TODAY - timedelta(days=500)), BankMatch("1922", None)), Check.BANK) is Light.GREEN
    assert light(matched(500), Check.BANK) is Light.RED


@pytest.mark.parametrize(("days", "expected"), [(0, Light.AMBER), (7, Light.AMBER), (8, Light.RED)])
def test_a_voucher_may_wait_so_long(days: int, expected: Light) -> None:
    assert light(replace(WELL_KEPT, unposted=1, unposted_since=TODAY - timedelta(days=days)), Check.UNPOSTED) is expected


@pytest.mark.parametrize(
    ("count", "ore", "expected"),
    [(0, 0, Light.GREEN), (1, 900_000, Light.AMBER), (2, 900_000, Light.AMBER), (3, 249_999, Light.AMBER), (3, 250_000, Light.RED)],
)
def test_several_loose_payments_that_make_up_much_hold_the_company(count: int, ore: int, expected: Light) -> None:
    assert light(replace(WELL_KEPT, unallocated_count=count, unallocated_ore=ore), Check.UNALLOCATED) is expected


def test_a_loose_credit_note_warns() -> None:
    assert judge(replace(WELL_KEPT, credit_note_count=1, credit_note_ore=5_000), TODAY).light is Light.AMBER


def test_a_bureau_may_set_its_own_limits() -> None:
    strict = ReadinessLimits.from_json({"bank_red_days": 2, "something_old": 4})
    assert light(matched(2), Check.BANK, strict) is Light.RED
    with pytest.raises(ValueError, match="bank_red_days"):
        ReadinessLimits(bank_red_days=0)


def test_every_finding_has_a_sentence_and_what_is_wrong_a_remedy() -> None:
    behind = replace(
        WELL_KEPT, read_on=TODAY - timedelta(days=9), banks=(BankMatch("1920", TODAY - timedelta(days=30)),), unposted=2,
        unposted_since=TODAY - timedelta(days=9), unallocated_count=4, unallocated_ore=2_000_000, credit_note_count=1, credit_note_ore=1_00,
    )  # fmt: skip
    for book in (WELL_KEPT, BookFacts(), behind, replace(WELL_KEPT, banks=())):
        for one in judge(book, TODAY).findings:
            assert one.code in SAYS
            assert "{" not in say(one)
            assert bool(remedy(one)) == (one.light is not Light.GREEN)
    assert set(REMEDIES) <= set(SAYS)
    assert say(judge(behind, TODAY).faults[-1]).replace("\u00a0", " ") == "4 payments of 20 000,00 kr in all are tied to no invoice."
