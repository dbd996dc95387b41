"""When a claim is barred: hand-counted, over weekends and holidays, and with everything that moves the day."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dunning.limitation import Event, EventKind, LimitationFacts, events_that_can_be, limitation
from app.values.calendar import is_business_day


def day(text: str) -> date:
    return date.fromisoformat(text)


def last(due: str, *events: Event) -> str | None:
    found = limitation(LimitationFacts(day(due), events=events)).last_day
    return None if found is None else found.isoformat()


def event(kind: EventKind, on: str, until: str | None = None) -> Event:
    return Event(kind, day(on), None if until is None else day(until))


ACKNOWLEDGED, PAID, STEP = EventKind.ACKNOWLEDGEMENT, EventKind.PART_PAYMENT, EventKind.LEGAL_STEP
FILED, JUDGED, ENDED, EXTENDED = EventKind.INSOLVENCY_FILING, EventKind.JUDGMENT, EventKind.ENDED_UNDECIDED, EventKind.EXTENSION


@pytest.mark.parametrize(
    ("due", "barred_after"),
    [
        ("2023-11-20", "2026-11-20"),  # a Friday
        ("2023-11-21", "2026-11-23"),  # a Saturday: to Monday
        ("2023-11-22", "2026-11-23"),  # a Sunday: to Monday
        ("2024-02-29", "2027-03-01"),  # no 29 February 2027: the 28th is a Sunday
        ("2024-03-25", "2027-03-30"),  # Maundy Thursday 2027: past Easter Monday
        ("2024-05-01", "2027-05-03"),  # 1 May 2027 is a Saturday
        ("2024-05-17", "2027-05-18"),  # 17 May 2027, Whit Monday too
        ("2023-12-25", "2026-12-28"),  # Christmas Day, a Friday: past Boxing Day and the weekend
        ("2024-12-24", "2027-12-24"),  # Christmas Eve is a business day
    ],
)
def test_three_years_end_on_the_day_of_the_same_number_or_the_next_business_day(due: str, barred_after: str) -> None:
    assert last(due) == barred_after


def test_without_an_agreed_due_date_it_runs_from_delivery_and_is_unknown_without_one() -> None:
    assert limitation(LimitationFacts(day("2023-11-20"), False, day("2023-10-02"))).last_day == day("2026-10-02")
    unknown = limitation(LimitationFacts(day("2023-11-20"), False))
    assert (unknown.last_day, [one.code for one in unknown.reasons]) == (None, ["limitation_unknown"])


def test_an_acknowledgement_gives_three_new_years_from_its_day() -> None:
    assert last("2023-11-20", event(ACKNOWLEDGED, "2025-03-03")) == "2028-03-03"
    assert last("2023-11-20", event(PAID, "2025-03-03"), event(ACKNOWLEDGED, "2026-01-05")) == "2029-01-05"


def test_what_happens_after_the_claim_is_barred_moves_nothing_and_says_so() -> None:
    found = limitation(LimitationFacts(day("2020-11-20"), events=(event(ACKNOWLEDGED, "2024-01-02"),)))
    assert found.last_day == day("2023-11-20")
    assert [one.code for one in found.reasons] == ["limitation_from_due_date", "limitation_too_late"]
    on_the_last_day = limitation(LimitationFacts(day("2020-11-20"), events=(event(ACKNOWLEDGED, "2023-11-20"),)))
    assert on_the_last_day.last_day == day("2026-11-20")


def test_a_legal_step_holds_the_limitation_until_its_outcome() -> None:
    assert last("2023-11-20", event(STEP, "2026-10-01")) is None
    assert last("2023-11-20", event(STEP, "2026-10-01"), event(JUDGED, "2027-02-01")) == "2037-02-02"  # 1 February 2037 is a Sunday
    assert last("2023-11-20", event(STEP, "2026-10-01"), event(ENDED, "2027-02-01")) == "2026-11-20", "counted as never interrupted"
    assert last("2023-11-20", event(FILED, "2026-10-01")) is None
    assert limitation(LimitationFacts(day("2023-11-20"), events=(event(STEP, "2026-10-01"),))).pending


def test_a_payment_while_a_step_is_pending_does_not_end_the_step() -> None:
    found = limitation(LimitationFacts(day("2023-11-20"), events=(event(STEP, "2026-10-01"), event(PAID, "2026-10-20"))))
    assert found.pending


def test_an_extension_lasts_as_agreed_but_no_longer_than_three_years_at_a_time_and_ten_in_all() -> None:
    assert last("2023-11-20", event(EXTENDED, "2026-10-01", "2027-11-20")) == "2027-11-20"
    assert last("2023-11-20", event(EXTENDED, "2026-10-01", "2035-01-01")) == "2029-11-20"
    three = [event(EXTENDED, f"{year}-10-01", f"{year + 9}-01-01") for year in (2026, 2029, 2032, 2035)]
    assert last("2023-11-20", *three) == "2036-11-20", "ten years from the ordinary day"


@given(st.dates(date(2015, 1, 1), date(2030, 1, 1)), st.lists(st.dates(date(2015, 1, 1), date(2033, 1, 1)), max_size=4))
def test_the_last_day_is_a_business_day_and_acknowledging_never_shortens(due: date, acknowledged: list[date]) -> None:
    plain = limitation(LimitationFacts(due)).last_day
    moved = limitation(LimitationFacts(due, events=tuple(Event(ACKNOWLEDGED, on) for on in acknowledged))).last_day
    assert plain is not None
    assert moved is not None
    assert is_business_day(plain)
    assert is_business_day(moved)
    assert moved >= plain


@pytest.mark.parametrize(
    ("kind", "on", "until", "known"),
    [
        (ACKNOWLEDGED, "2026-11-24", None, ()),
        (EXTENDED, "2026-11-02", None, ()),
        (ACKNOWLEDGED, "2026-11-02", "2027-01-01", ()),
        (EXTENDED, "2026-11-02", "2026-11-02", ()),
        (EXTENDED, "2026-11-02", "2040-01-01", ()),
        (JUDGED, "2026-11-02", None, ()),
        (ENDED, "2026-11-02", None, (event(STEP, "2026-11-10"),)),
    ],
)
def test_what_cannot_have_happened_is_refused(kind: EventKind, on: str, until: str | None, known: tuple[Event, ...]) -> None:
    today, through = day("2026-11-23"), None if until is None else day(until)
    assert events_that_can_be(kind, day(on), through, today, known) is not None
    assert events_that_can_be(JUDGED, day("2026-11-02"), None, today, (event(STEP, "2026-10-01"),)) is None
