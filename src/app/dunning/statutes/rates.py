"""Every figure the law sets in kroner or per cent, with the day it takes effect, the day it is known through, and its source.

A figure is never carried past the day it is known through: the lookup refuses with `FigureNotConfirmedError`. Which date governs:
the collection rate is that of the day a notice is sent or the principal is paid (inkassoforskriften §§ 1-2, 2-2); its fractions and
the cost multipliers follow the day the claim fell due; late interest follows the calendar; compensation the due date.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction


class Figure(StrEnum):
    """A dated figure: collection rate in kroner (inkassosats), late interest in per cent a year (forsinkelsesrente), late payment
    compensation in kroner (standardkompensasjon, forsinkelsesrenteloven § 3 a), what a creditor's own letter costs in kroner (gebyrbelagt
    kravbrev, inkassoloven 2026 § 19), fractions and multipliers of the collection rate."""

    COLLECTION_RATE = "collection_rate"
    LATE_INTEREST = "late_interest"
    LATE_PAYMENT_COMPENSATION = "late_payment_compensation"
    CREDITOR_LETTER_FEE = "creditor_letter_fee"
    FEE_FRACTIONS = "fee_fractions"
    AGENCY_COSTS = "agency_costs"


class FigureNotConfirmedError(LookupError):
    """No confirmed value of `figure` is known for the day `on`. Nothing may be charged that builds on it."""

    def __init__(self, figure: Figure, on: date) -> None:
        super().__init__(f"no confirmed {figure.value.replace('_', ' ')} is known for {on.isoformat()}")
        self.figure = figure
        self.on = on


@dataclass(frozen=True, slots=True)
class Row:
    """One value, from `effective_from` through `known_through` (both included). An unconfirmed row answers nothing."""

    effective_from: date
    known_through: date
    value: Decimal
    source: str
    confirmed: bool = True


@dataclass(frozen=True, slots=True)
class Rates:
    """All dated figures as known. Immutable; later knowledge makes a new one by `with_confirmed`."""

    rows: Mapping[Figure, tuple[Row, ...]] = field(repr=False)

    def on(self, figure: Figure, day: date) -> Row:
        """The row that governs the day. `FigureNotConfirmedError` when none does or it is not confirmed."""
        begun = [row for row in self.rows.get(figure, ()) if row.effective_from <= day]
        if not begun:
            raise FigureNotConfirmedError(figure, day)
        row = max(begun, key=lambda candidate: candidate.effective_from)
        if day > row.known_through or not row.confirmed:
            raise FigureNotConfirmedError(figure, day)
        return row

    def known_through(self, figure: Figure) -> date:
        """The last day for which a confirmed value is known."""
        return max((row.known_through for row in self.rows.get(figure, ()) if row.confirmed), default=date.min)

    def knows(self, figure: Figure, day: date) -> bool:
        try:
            self.on(figure, day)
        except FigureNotConfirmedError:
            return False
        return True

    def as_known_through(self, known: Mapping[Figure, date]) -> Rates:
        """The same figures as far as they were known when each was known through that day: what came later is not there."""
        return Rates({figure: _known_through(rows, known.get(figure, date.min)) for figure, rows in self.rows.items()})

    def assumed_through(self, day: date) -> Rates:
        """The same figures, the last of each as if it held through that day: for rehearsals only, nothing may be charged by it."""
        return Rates(
            {figure: (*rows[:-1], replace(rows[-1], known_through=max(day, rows[-1].known_through))) for figure, rows in self.rows.items()}
        )

    def with_confirmed(self, figure: Figure, effective_from: date, known_through: date, value: Decimal, source: str) -> Rates:
        """The same figures with one more, which replaces a row of the same first day. ValueError when it makes no sense."""
        if known_through < effective_from or not value.is_finite() or value < 0 or not source.strip():
            raise ValueError("a figure needs a period, a value that is not negative, and a source")
        kept = tuple(row for row in self.rows.get(figure, ()) if row.effective_from != effective_from)
        added = Row(effective_from, known_through, value, source)
        return Rates({**self.rows, figure: tuple(sorted((*kept, added), key=lambda row: row.effective_from))})


def _known_through(rows: tuple[Row, ...], day: date) -> tuple[Row, ...]:
    return tuple(replace(row, known_through=min(row.known_through, day)) for row in rows if row.effective_from <= day)


@dataclass(frozen=True, slots=True)
class FeeFractions:
    """What a reminder or warning, and the creditor's own payment demand, cost as parts of the rate (inkassoforskriften § 1-2)."""

    claims_due_from: date
    notice: Fraction
    payment_demand: Fraction
    source: str


@dataclass(frozen=True, slots=True)
class CostBracket:
    """Multipliers of the collection rate for claims up to and including `up_to_ore` (None: without limit)."""

    up_to_ore: int | None
    light: Fraction
    heavy: Fraction


@dataclass(frozen=True, slots=True)
class CostTable:
    """The most a debtor may be charged when an agency collects (inkassoforskriften §§ 2-2, 2-3)."""

    claims_due_from: date
    brackets: tuple[CostBracket, ...]
    source: str


#: notices sent from this day on have their fee rounded to the nearest krone (FOR-2025-12-19-2709)
FEE_ROUNDED_FROM = date(2026, 1, 1)

#: who is not a consumer pays one and a half times the maximum (inkassoforskriften § 2-1 second paragraph)
NON_CONSUMER_FACTOR = Fraction(3, 2)

#: added where the claim does not stem from activity liable to VAT: the general rate (merverdiavgiftsloven § 5-1)
VAT_FACTOR = Fraction(5, 4)

#: added to the maximum when more than four instalments are agreed (inkassoforskriften § 2-4)
INSTALMENT_MULTIPLIER = Fraction(3, 2)
INSTALMENTS_FREE = 4


def fee_fractions(due_on: date) -> FeeFractions:
    """The fractions that govern a claim by the day it fell due."""
    for row in reversed(_FEE_FRACTIONS):
        if due_on >= row.claims_due_from:
            return row
    raise FigureNotConfirmedError(Figure.FEE_FRACTIONS, due_on)


def cost_table(due_on: date) -> CostTable:
    """The table that governs a claim by the day it fell due."""
    for row in reversed(_COST_TABLES):
        if due_on >= row.claims_due_from:
            return row
    raise FigureNotConfirmedError(Figure.AGENCY_COSTS, due_on)


_FEE_FRACTIONS = (
    FeeFractions(date(2002, 3, 1), Fraction(1, 10), Fraction(3, 10), "inkassoforskriften § 1-2, FOR-2002-02-01-97"),
    FeeFractions(date(2020, 10, 1), Fraction(1, 20), Fraction(3, 20), "inkassoforskriften § 1-2, FOR-2020-06-19-1248"),
)


def _brackets(*rows: tuple[int | None, str, str]) -> tuple[CostBracket, ...]:
    return tuple(CostBracket(None if up_to is None else up_to * 100, Fraction(light), Fraction(heavy)) for up_to, light, heavy in rows)


_COST_TABLES = (
    CostTable(
        date(2010, 1, 1),
        _brackets((2_500, "0.5", "1"), (10_000, "1", "2"), (50_000, "2", "4"), (250_000, "4", "8"), (None, "8", "16")),
        "inkassoforskriften §§ 2-2, 2-3, FOR-2009-09-04-1151",
    ),
    CostTable(
        date(2020, 10, 1),
        _brackets(
            (500, "0.25", "0.5"),
            (1_000, "0.35", "0.7"),
            (2_500, "0.4", "0.8"),
            (10_000, "0.8", "1.6"),
            (50_000, "1.6", "3.2"),
            (250_000, "3.6", "7.2"),
            (None, "7.2", "14.4"),
        ),
        "inkassoforskriften §§ 2-2, 2-3, FOR-2020-06-19-1248",
    ),
)


def _periods(last_day: date, *rows: tuple[date, str, str]) -> tuple[Row, ...]:
    """Rows that each last until the next one begins; the last one through `last_day`."""
    ends = [date.fromordinal(row[0].toordinal() - 1) for row in rows[1:]] + [last_day]
    return tuple(Row(start, end, Decimal(value), source) for (start, value, source), end in zip(rows, ends, strict=True))


def _half_years(*rows: tuple[int, int, str, str]) -> tuple[Row, ...]:
    """Rows of (year, half, value, source), each known for its own half-year only."""
    return tuple(
        Row(date(year, 1 if half == 1 else 7, 1), date(year, 6, 30) if half == 1 else date(year, 12, 31), Decimal(value), source)
        for year, half, value, source in rows
    )


_COLLECTION_RATE = _periods(
    date(2026, 12, 31),
    (date(2015, 1, 1), "650", "inkassoforskriften § 1-1, 2015"),
    (date(2016, 1, 1), "670", "inkassoforskriften § 1-1, 2016"),
    (date(2017, 1, 1), "700", "inkassoforskriften § 1-1, 2017"),
    (date(2019, 1, 1), "700", "inkassoforskriften §§ 1-1, 2-1, FOR-2018-12-20-2050"),
    (date(2026, 1, 1), "750", "inkassoforskriften §§ 1-1, 2-1, FOR-2025-12-19-2709"),
)

_LATE_INTEREST = _half_years(
    (2006, 2, "9.75", "FOR-2006-06-30-752"),
    (2007, 1, "10.50", "FOR-2006-12-18-1457"),
    (2007, 2, "11.50", "FOR-2007-06-28-707"),
    (2008, 1, "12.25", "FOR-2007-12-19-1498"),
    (2008, 2, "12.75", "FOR-2008-06-26-719"),
    (2009, 1, "10.00", "FOR-2008-12-17-1407"),
    (2009, 2, "8.25", "FOR-2009-06-26-862"),
    (2010, 1, "8.75", "FOR-2009-12-17-1599"),
    (2010, 2, "9.00", "FOR-2010-06-24-935"),
    (2011, 1, "9.00", "FOR-2010-12-16-1606"),
    (2011, 2, "9.25", "FOR-2011-06-27-656"),
    (2012, 1, "8.75", "FOR-2011-12-15-1243"),
    (2012, 2, "8.50", "FOR-2012-06-21-565"),
    (2013, 1, "8.50", "FOR-2012-12-19-1340"),
    (2013, 2, "9.50", "FOR-2013-06-26-755"),
    (2014, 1, "9.50", "FOR-2013-12-20-1586"),
    (2014, 2, "9.50", "FOR-2014-06-24-818"),
    (2015, 1, "9.25", "FOR-2014-12-12-1594"),
    (2015, 2, "9.00", "FOR-2015-06-22-729"),
    (2016, 1, "8.75", "FOR-2015-12-17-1694"),
    (2016, 2, "8.50", "FOR-2016-06-23-784"),
    (2017, 1, "8.50", "FOR-2016-12-15-1583"),
    (2017, 2, "8.50", "FOR-2017-06-22-915"),
    (2018, 1, "8.50", "FOR-2017-12-14-2020"),
    (2018, 2, "8.50", "FOR-2018-06-21-940"),
    (2019, 1, "8.75", "FOR-2018-12-13-1905"),
    (2019, 2, "9.25", "FOR-2019-06-20-763"),
    (2020, 1, "9.50", "FOR-2019-12-19-2027"),
    (2020, 2, "8.00", "FOR-2020-06-18-1222"),
    (2021, 1, "8.00", "FOR-2020-12-17-2954"),
    (2021, 2, "8.00", "FOR-2021-06-17-2079"),
    (2022, 1, "8.50", "FOR-2021-12-17-3742"),
    (2022, 2, "9.25", "FOR-2022-06-24-1178"),
    (2023, 1, "10.75", "FOR-2022-12-15-2236"),
    (2023, 2, "11.75", "FOR-2023-06-22-1075"),
    (2024, 1, "12.50", "FOR-2023-12-14-2043"),
    (2024, 2, "12.50", "FOR-2024-06-26-1320"),
    (2025, 1, "12.50", "FOR-2024-12-19-3279"),
    (2025, 2, "12.25", "FOR-2025-06-23-1321"),
    (2026, 1, "12.00", "forsinkelsesrenteloven § 3, forskrift 18. desember 2025"),
    (2026, 2, "12.25", "FOR-2026-06-25-1372"),
)

_COMPENSATION = (
    # the provision took effect on 16 March 2013; the amount of 2013 is not known to us, so that period answers nothing
    Row(date(1978, 1, 1), date(2013, 3, 15), Decimal(0), "forsinkelsesrenteloven § 3 a (i kraft 16. mars 2013)"),
    *_half_years(
        (2014, 1, "320", "FOR-2013-12-20-1586"),
        (2014, 2, "320", "FOR-2014-06-24-818"),
        (2015, 1, "330", "FOR-2014-12-12-1594"),
        (2015, 2, "330", "FOR-2015-06-22-729"),
        (2016, 1, "370", "FOR-2015-12-17-1694"),
        (2016, 2, "370", "FOR-2016-06-23-784"),
        (2017, 1, "360", "FOR-2016-12-15-1583"),
        (2017, 2, "370", "FOR-2017-06-22-915"),
        (2018, 1, "380", "FOR-2017-12-14-2020"),
        (2018, 2, "380", "FOR-2018-06-21-940"),
        (2019, 1, "380", "FOR-2018-12-13-1905"),
        (2019, 2, "390", "FOR-2019-06-20-763"),
        (2020, 1, "400", "FOR-2019-12-19-2027"),
        (2020, 2, "430", "FOR-2020-06-18-1222"),
        (2021, 1, "420", "FOR-2020-12-17-2954"),
        (2021, 2, "400", "FOR-2021-06-17-2079"),
        (2022, 1, "390", "FOR-2021-12-17-3742"),
        (2022, 2, "400", "FOR-2022-06-24-1178"),
        (2023, 1, "410", "FOR-2022-12-15-2236"),
        (2023, 2, "460", "FOR-2023-06-22-1075"),
        (2024, 1, "470", "FOR-2023-12-14-2043"),
        (2024, 2, "460", "FOR-2024-06-26-1320"),
        (2025, 1, "470", "FOR-2024-12-19-3279"),
        (2025, 2, "460", "FOR-2025-06-23-1321"),
        (2026, 1, "460", "forsinkelsesrenteloven § 3 a, forskrift 18. desember 2025"),
        (2026, 2, "430", "FOR-2026-06-25-1372"),
    ),
)

#: the figures as known when this was released
RATES = Rates(
    {
        Figure.COLLECTION_RATE: _COLLECTION_RATE,
        Figure.LATE_INTEREST: _LATE_INTEREST,
        Figure.LATE_PAYMENT_COMPENSATION: _COMPENSATION,
    }
)
