"""Identifiers, money and time: known examples, and laws that hold for all of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.values.account_number import format_account_number, parse_account_number
from app.values.clock import FixedClock, ShiftedClock, SystemClock
from app.values.ids import new_id
from app.values.kid import is_kid, kid_with_check_digit
from app.values.money import AMOUNT_MAX_ORE, format_ore, ore_from_decimal, parse_kroner, round_half_up
from app.values.organisation_number import is_organisation_number, parse_organisation_number


@pytest.mark.parametrize("text", ["974760673", "974 760 673", "NO974760673MVA", "no 974\u00a0760\u00a0673 mva", " 974760673 "])
def test_an_organisation_number_is_read_however_it_is_written(text: str) -> None:
    assert parse_organisation_number(text) == "974760673"


@pytest.mark.parametrize("text", ["", "974760674", "97476067", "9747606730", "٩٧٤٧٦٠٦٧٣", "000000000", "abc", "974760673 x"])
def test_what_is_no_organisation_number_is_refused(text: str) -> None:
    assert not is_organisation_number(text)
    with pytest.raises(ValueError, match="organisation number"):
        parse_organisation_number(text)


@given(st.integers(min_value=0, max_value=8), st.integers(min_value=1, max_value=9))
def test_one_wrong_digit_breaks_an_organisation_number(place: int, step: int) -> None:
    digits = list("974760673")
    digits[place] = str((int(digits[place]) + step) % 10)
    assert not is_organisation_number("".join(digits))


def test_an_account_number_is_read_and_printed() -> None:
    assert parse_account_number("1234.56.78903") == "12345678903"
    assert parse_account_number("1234 56\u00a078903") == "12345678903"
    assert parse_account_number("86011117947") == "86011117947"
    assert format_account_number("12345678903") == "1234 56 78903"


@pytest.mark.parametrize("text", ["", "12345678904", "1234567890", "123456789031", "00000000000", "8601111794x", "4090403"])
def test_what_is_no_account_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="account number"):
        parse_account_number(text)


@pytest.mark.parametrize(
    "text",
    [
        # MOD10: 1234567 -> from the right 7*2=14->5, 6, 5*2=10->1, 4, 3*2=6, 2, 1*2=2: sum 26, check 4
        "12345674",
        # MOD11: 12345 -> 5*2+4*3+3*4+2*5+1*6 = 50; 50 mod 11 = 6; 11 - 6 = 5
        "123455",
        # MOD11 with remainder 1: 11 - 1 = 10 is written "-": 6*2 = 12, 12 mod 11 = 1
        "6-",
        # MOD11 with remainder 0 gives 0: 0*2 = 0
        "00",
    ],
)
def test_a_kid_with_a_right_check_digit_is_one(text: str) -> None:
    assert is_kid(text)


@pytest.mark.parametrize("text", ["", "1", "12345675", "1234 5674", "-6", "5-", "1" * 26, "12345674\n", "\u0661\u0662"])
def test_what_is_no_kid_is_refused(text: str) -> None:
    assert not is_kid(text)


@given(st.text(alphabet="0123456789", min_size=1, max_size=24))
def test_a_kid_we_make_is_valid_and_keeps_its_payload(payload: str) -> None:
    kid = kid_with_check_digit(payload)
    assert is_kid(kid)
    assert kid[:-1] == payload


@pytest.mark.parametrize("payload", ["", "1" * 25, "12a", "1-"])
def test_a_kid_payload_is_digits_of_a_lawful_length(payload: str) -> None:
    with pytest.raises(ValueError, match="payload"):
        kid_with_check_digit(payload)


@pytest.mark.parametrize(
    ("text", "ore"),
    [
        ("1 234,50", 123450),
        ("1234.5", 123450),
        ("kr 1.234,50", 123450),
        ("1\u00a0234,50", 123450),
        ("1,234.50", 123450),
        ("1.234", 123400),
        ("0,01", 1),
        ("250,-", 25000),
        ("-250", -25000),
        ("\u2212250,00 kr", -25000),
        ("- kr 250", -25000),
        ("NOK 10 000 000", 1_000_000_000),
        ("12,3", 1230),
    ],
)
def test_kroner_are_read_as_people_write_them(text: str, ore: int) -> None:
    assert parse_kroner(text) == ore


@pytest.mark.parametrize(
    "text", ["", "kr", "1,234", "1 23,00", "1.23.4", "1,2,3", "12,345", "12.3456", "abc", "1e5", "NaN", "٣", "--1", "9" * 20]
)
def test_an_amount_that_cannot_be_told_for_sure_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        parse_kroner(text)


@given(st.integers(min_value=-AMOUNT_MAX_ORE, max_value=AMOUNT_MAX_ORE))
def test_money_survives_being_shown_and_read_again(ore: int) -> None:
    assert parse_kroner(format_ore(ore)) == ore
    assert ore_from_decimal(Decimal(ore).scaleb(-2)) == ore


def test_money_is_shown_with_no_break_spaces_and_a_true_minus() -> None:
    assert format_ore(123450) == "1\u00a0234,50"
    assert format_ore(-5) == "\u22120,05"
    assert format_ore(100_000_000) == "1\u00a0000\u00a0000,00"


@pytest.mark.parametrize("value", ["1.005", "NaN", "Infinity", "1e30", "1e-999999"])
def test_an_amount_that_is_not_whole_ore_is_refused(value: str) -> None:
    with pytest.raises(ValueError):
        ore_from_decimal(Decimal(value))


def test_a_half_is_rounded_up() -> None:
    assert [round_half_up(Decimal(text)) for text in ("37.5", "112.5", "0.49999", "2.5", "-2.5")] == [38, 113, 0, 3, -3]


def test_ids_are_unique_and_of_version_seven() -> None:
    ids = [new_id() for _ in range(1000)]
    assert len(set(ids)) == 1000
    assert {one.version for one in ids} == {7}
    assert [one.int >> 80 for one in ids] == sorted(one.int >> 80 for one in ids)


def test_a_fixed_clock_stands_still_until_moved() -> None:
    clock = FixedClock(datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    assert clock.today() == date(2026, 11, 22), "half past midnight in Oslo"
    clock.move(timedelta(days=7))
    assert clock.now() == datetime(2026, 11, 28, 23, 30, tzinfo=UTC)


def test_a_naive_instant_makes_no_clock() -> None:
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(datetime(2026, 1, 1))


def test_a_shifted_clock_follows_its_offset() -> None:
    offset = [timedelta(0)]
    clock = ShiftedClock(FixedClock(datetime(2026, 1, 1, 12, tzinfo=UTC)), lambda: offset[0])
    assert clock.today() == date(2026, 1, 1)
    offset[0] = timedelta(days=31)
    assert clock.today() == date(2026, 2, 1)


def test_the_system_clock_is_aware_and_moves_forward() -> None:
    clock = SystemClock()
    first = clock.now()
    assert first.tzinfo is UTC
    assert clock.now() >= first
