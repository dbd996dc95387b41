"""A person confirms what the law is: what is nonsense is refused, what is confirmed holds for the next piece of work, and claims go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.db.scope import Actor, BureauScope, PlatformScope
from app.db.unit_of_work import Database
from app.dunning import law_recording
from app.dunning.law import Law
from app.dunning.law_book import LawBook, recordings
from app.dunning.law_recording import FigureGiven, RecordingError, confirm_figure, missing, running_out, set_act_date
from app.dunning.statutes import ACT_1988, ACT_2026, InForce
from app.dunning.statutes.provisions import Provision
from app.dunning.statutes.rates import RATES, Figure, FigureNotConfirmedError
from support import make
from support.town import Town

pytestmark = pytest.mark.usefixtures("released_law")
INTEREST_2027 = FigureGiven(Figure.LATE_INTEREST, date(2027, 1, 1), date(2027, 6, 30), Decimal("12.00"), "FOR-2026-12-17-9999")
RATE_2027 = FigureGiven(Figure.COLLECTION_RATE, date(2027, 1, 1), date(2027, 12, 31), Decimal(750), "Finanstilsynet 2026-12-10")
STAFF = Actor("staff", None, "Solveig")


def confirm(database: Database, given: FigureGiven) -> int:
    with database.begin(PlatformScope(), STAFF) as work:
        return confirm_figure(work, given).number


def set_day(database: Database, provision: str, day: date | None) -> int:
    with database.begin(PlatformScope(), STAFF) as work:
        return set_act_date(work, provision, day, "kgl. res. 2026-12-01").number


def read(book: LawBook, database: Database) -> Law:
    with database.begin(PlatformScope()) as work:
        return book.read(work)


def test_a_confirmed_figure_is_known_to_the_next_piece_of_work(database: Database) -> None:
    book = LawBook(Law())
    assert not read(book, database).rates.knows(Figure.LATE_INTEREST, date(2027, 3, 1))
    number = confirm(database, INTEREST_2027)
    law = read(book, database)
    assert (law.rates.on(Figure.LATE_INTEREST, date(2027, 3, 1)).value, law.stamp) == (Decimal("12.00"), number)
    with pytest.raises(FigureNotConfirmedError):
        law.rates.on(Figure.LATE_INTEREST, date(2027, 7, 1))
    with pytest.raises(FigureNotConfirmedError):
        law.rates.on(Figure.COLLECTION_RATE, date(2027, 3, 1))


def test_the_law_is_built_once_for_each_recording_not_for_each_piece_of_work(database: Database) -> None:
    book = LawBook(Law())
    confirm(database, INTEREST_2027)
    first = read(book, database)
    assert read(book, database) is first
    set_day(database, "act", date(2027, 7, 1))
    assert read(book, database) is not first


def test_the_law_of_an_earlier_moment_can_be_built_again(database: Database) -> None:
    first = confirm(database, RATE_2027)
    set_day(database, "20", date(2027, 7, 1))
    with database.begin(PlatformScope()) as work:
        known = recordings(work)
    assert known.law(Law(), through=0) == Law()
    assert known.law(Law(), through=first).act_2026 == InForce()
    assert known.law(Law()).act_2026.day_of(Provision.AGENCY_WARNS) == date(2027, 7, 1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": Decimal("122.5")}, "value"),
        ({"value": Decimal("12.255")}, "value"),
        ({"value": Decimal("NaN")}, "value"),
        ({"value": Decimal("-1")}, "value"),
        ({"known_through": date(2026, 12, 31)}, "known_through"),
        ({"known_through": date(2027, 12, 31)}, "known_through"),
        ({"effective_from": date(2027, 1, 2)}, "effective_from"),
        ({"effective_from": date(2027, 7, 1), "known_through": date(2027, 12, 31)}, "effective_from"),
        ({"source": "avisen"}, "source"),
        ({"source": " "}, "source"),
        ({"figure": Figure.AGENCY_COSTS}, "figure"),
        ({"effective_from": date(2026, 7, 1), "known_through": date(2026, 12, 31), "value": Decimal("12.50")}, "value"),
        ({"effective_from": date(2026, 7, 1), "known_through": date(2026, 12, 31), "value": Decimal("12.25")}, "value"),
    ],
)
def test_nonsense_is_refused_at_the_field_it_concerns(database: Database, changes: dict[str, object], field: str) -> None:
    with pytest.raises(RecordingError) as refused:
        confirm(database, replace(INTEREST_2027, **changes))  # type: ignore[arg-type]
    assert refused.value.field == field
    with database.begin(PlatformScope()) as work:
        assert not recordings(work).figures


def test_a_known_value_is_corrected_only_when_that_is_meant(database: Database) -> None:
    confirm(database, INTEREST_2027)
    other = FigureGiven(Figure.LATE_INTEREST, date(2027, 1, 1), date(2027, 6, 30), Decimal("12.25"), "FOR-2026-12-17-9999", corrects=True)
    confirm(database, other)
    assert read(LawBook(Law()), database).rates.on(Figure.LATE_INTEREST, date(2027, 1, 1)).value == Decimal("12.25")
    with database.begin(PlatformScope()) as work:
        assert [row.number for row in recordings(work).figures] == [1, 2], "a correction is a new row"


def test_the_law_is_not_recorded_from_within_a_bureau(database: Database) -> None:
    bureau = make.bureau(database)
    with pytest.raises(PermissionError), database.begin(BureauScope(bureau.id)) as work:
        confirm_figure(work, RATE_2027)


def test_what_runs_out_is_told_thirty_days_ahead() -> None:
    assert [one.figure for one in missing(RATES)] == sorted(law_recording.NEEDED)
    assert running_out(RATES, date(2026, 11, 30)) == []
    assert len(running_out(RATES, date(2026, 12, 1))) == 3
    assert {one.needed_from for one in running_out(RATES, date(2026, 12, 1))} == {date(2027, 1, 1)}


def test_a_day_is_set_for_the_act_for_a_section_and_taken_back(database: Database) -> None:
    book = LawBook(Law(act_2026=InForce(date(2028, 1, 1))))
    assert read(book, database).statute_on(date(2028, 1, 1)) is ACT_2026
    set_day(database, "act", date(2027, 7, 1))
    set_day(database, "20", date(2027, 10, 1))
    law = read(book, database)
    assert law.statute_on(date(2027, 6, 30)) is ACT_1988
    between = law.statute_on(date(2027, 7, 1))
    assert (between.code, between.creditor_may_warn, between.creditor_fees) == ("act_1988_2026", True, False)
    assert between.provisions == ("14", "18", "19", "22")
    assert law.statute_on(date(2027, 10, 1)) is ACT_2026
    set_day(database, "act", None)
    law = read(book, database)
    assert law.statute_on(date(2027, 9, 30)) is ACT_1988
    assert (law.statute_on(date(2027, 10, 1)).creditor_may_warn, law.statute_on(date(2027, 10, 1)).creditor_fees) == (False, True)


@pytest.mark.parametrize(("provision", "day"), [("21", date(2027, 1, 1)), ("act", date(2026, 1, 1)), ("act", date(2072, 1, 1)), ("", None)])
def test_a_day_or_a_section_that_cannot_be_is_refused(database: Database, provision: str, day: date | None) -> None:
    with pytest.raises(RecordingError):
        set_day(database, provision, day)


def test_a_claim_that_waits_for_a_figure_goes_on_the_night_after_it_is_confirmed(town: Town) -> None:
    town.straight_to_the_list()
    town.move_to(date(2027, 1, 5))
    invoice = town.invoice(town.customer(), overdue=20)
    town.sync()
    waiting = town.claim(invoice)
    assert (waiting.step, waiting.reasons[0]["code"]) == ("ask_person", "warning_figures_unknown")
    town.clock.move(timedelta(hours=1))
    for given in (RATE_2027, INTEREST_2027):
        confirm(town.house.database, given)
    town.clock.move(timedelta(hours=1))
    town.ring("dunning.evaluate_bureau")
    assert town.claim(invoice).reasons[0]["code"] == "ready_for_list_warning"


def test_a_rate_without_its_interest_still_asks_and_says_which(town: Town) -> None:
    town.straight_to_the_list()
    town.move_to(date(2027, 1, 5))
    invoice = town.invoice(town.customer(), overdue=20)
    confirm(town.house.database, RATE_2027)
    town.sync()
    waiting = town.claim(invoice)
    assert (waiting.step, waiting.reasons[0]["code"]) == ("ask_person", "interest_not_confirmed")
