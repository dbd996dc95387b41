"""What the law says, written down once more from its text and from nothing of ours: whoever wants to know whether the engine is lawful must
not ask the engine. Figures and holidays too are typed in anew. Plain and slow on purpose: day by day, letter by letter.

Sources: inkassoloven 1988 §§ 9-12, 17; inkassoforskriften §§ 1-2, 1-3, 1-5, 2-1 to 2-3, 2-6; forsinkelsesrenteloven §§ 2, 3, 3 a, 4;
helligdagsfredloven § 2; lov 26 April 1947 nr. 1 (1 and 17 May).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

_DAY = timedelta(days=1)
REMINDER, WARNING, DEMAND, DUE_NOTICE = "reminder", "collection_warning", "payment_demand", "due_notice"
#: inkassosats in kroner, by the first day it holds; None: nobody knows
_COLLECTION_RATE = ((date(2019, 1, 1), 700), (date(2026, 1, 1), 750), (date(2027, 1, 1), None))
#: forsinkelsesrente in per cent a year
_INTEREST = (
    (date(2024, 7, 1), "12.5"), (date(2025, 1, 1), "12.5"), (date(2025, 7, 1), "12.25"), (date(2026, 1, 1), "12"),
    (date(2026, 7, 1), "12.25"), (date(2027, 1, 1), None),
)  # fmt: skip
#: inkassoforskriften §§ 2-2 and 2-3 for claims due from 1 October 2020: up to and including kroner, light; businesses half as much again
_LIGHT = ((500, "0.25"), (1_000, "0.35"), (2_500, "0.4"), (10_000, "0.8"), (50_000, "1.6"), (250_000, "3.6"), (10**12, "7.2"))


@dataclass(frozen=True, slots=True)
class Letter:
    """What a debtor was told of one claim, and what was asked of him. `fee_beside_ore`: the letter was about several invoices, and this fee
    of its stood on another of them."""

    kind: str
    sent_on: date
    deadline: date | None
    fee_ore: int = 0
    interest_ore: int = 0
    compensation_ore: int = 0
    principal_ore: int = 0
    fee_beside_ore: int = 0


@dataclass(slots=True)
class Debt:
    """One claim as the debtor would tell it: what he owes since when, what he paid (the day his bank had the order), what he was sent."""

    due_on: date
    original_ore: int
    consumer: bool
    paid: list[tuple[date, int]] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)


# --- days -------------------------------------------------------------------------------------------------------------------------------


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the anonymous rule of 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday) // 433
    month = (h + weekday - 7 * m + 90) // 25
    return date(year, month, (h + weekday - 7 * m + 33 * month + 19) % 32)


def is_holy(day: date) -> bool:
    """A Sunday or a public holiday."""
    fixed = {(1, 1), (5, 1), (5, 17), (12, 25), (12, 26)}
    moving = {-3, -2, 0, 1, 39, 49, 50}
    return day.weekday() == 6 or (day.month, day.day) in fixed or (day - easter(day.year)).days in moving


def is_bank_day(day: date) -> bool:
    return day.weekday() < 5 and not is_holy(day)


def bank_day_from(day: date) -> date:
    """The day itself, or the first one after it on which a bank pays."""
    while not is_bank_day(day):
        day += _DAY
    return day


def bank_days_after(day: date, count: int) -> date:
    for _ in range(count):
        day = bank_day_from(day + _DAY)
    return day


def six_months_after(day: date) -> date:
    year, month = (day.year, day.month + 6) if day.month <= 6 else (day.year + 1, day.month - 6)
    while True:
        try:
            return date(year, month, day.day)
        except ValueError:
            day -= _DAY


# --- money ------------------------------------------------------------------------------------------------------------------------------


def owed_on(debt: Debt, day: date) -> int:
    """What is left of the principal at the end of that day."""
    return max(0, debt.original_ore - sum(ore for on, ore in debt.paid if on <= day))


def most_interest(debt: Debt, as_of: date) -> int:
    """Forsinkelsesrenteloven §§ 2 and 3, a day at a time: from the day after the (moved) due date, simple, the calendar year's own days."""
    exact, day = Fraction(0), bank_day_from(debt.due_on) + _DAY
    while day <= as_of:
        rate = _figure(_INTEREST, day)
        if rate is None:
            break
        exact += Fraction(owed_on(debt, day - _DAY)) * Fraction(str(rate)) / 100 / (366 if _leap(day.year) else 365)
        day += _DAY
    return _whole(exact)


def most_fee(debt: Debt, kind: str, sent_on: date) -> int:
    """Inkassoforskriften §§ 1-2 and 1-3: what a letter of that kind sent on that day may cost, given every letter before it."""
    rate = _figure(_COLLECTION_RATE, sent_on)
    if rate is None or kind == DUE_NOTICE or owed_on(debt, sent_on) <= 0:
        return 0
    before = [letter for letter in debt.letters if letter.sent_on <= sent_on]
    since = _since_the_ladder_began(before, sent_on)
    if kind == DEMAND:
        missed = any(_full(letter) and letter.deadline is not None and letter.deadline < sent_on for letter in before)
        return _kroner(rate, 3, sent_on) if missed and not any(letter.kind == DEMAND for letter in since) else 0
    if (sent_on - bank_day_from(debt.due_on)).days < 14 or any(letter.kind == DEMAND for letter in since):
        return 0
    match since:
        case []:
            return _kroner(rate, 1, sent_on)
        case [Letter(kind="reminder", deadline=date() as deadline) as first] if _full(first) and deadline < sent_on:
            return _kroner(rate, 1, sent_on)
        case _:
            return 0


def most_agency_cost(principal_ore: int, consumer: bool, day: date) -> int | None:
    """The light maximum of § 2-2, fees included (§ 2-1). None: the rate of that day is not known."""
    rate = _figure(_COLLECTION_RATE, day)
    if rate is None:
        return None
    factor = next(Fraction(part) for up_to, part in _LIGHT if principal_ore <= up_to * 100)
    return _whole(Fraction(rate) * factor * (1 if consumer else Fraction(3, 2)) * 100)


def fees_of(letters: Sequence[Letter]) -> int:
    return sum(letter.fee_ore for letter in letters)


# --- what is wrong with a letter, and with a handover -------------------------------------------------------------------------------------


def faults_of_letter(debt: Debt, letter: Letter) -> list[str]:
    """Every way in which this letter, about to join `debt.letters`, breaks the law. Empty: none."""
    due = bank_day_from(debt.due_on)
    found: list[str] = []
    if letter.kind != DUE_NOTICE and letter.sent_on <= due:
        found.append("a claim is chased that is not overdue")
    if letter.kind == DUE_NOTICE and (letter.sent_on > due or letter.interest_ore or letter.compensation_ore):
        found.append("a notice before the due date comes after it, or asks for more than the invoice")
    most = most_fee(debt, letter.kind, letter.sent_on)
    if letter.fee_ore > most:
        found.append(f"a fee of {letter.fee_ore} where {most} is the most (inkassoforskriften §§ 1-2, 1-3)")
    if letter.compensation_ore and letter.fee_ore > max(0, most - letter.compensation_ore):
        found.append("a fee beside the compensation that swallows it (inkassoforskriften § 1-5)")
    if letter.compensation_ore and debt.consumer:
        found.append("compensation from a consumer (forsinkelsesrenteloven § 4)")
    interest = most_interest(debt, letter.sent_on)
    if letter.interest_ore > interest:
        found.append(f"interest of {letter.interest_ore} where {interest} has run (forsinkelsesrenteloven § 3)")
    if letter.kind in {WARNING, DEMAND} and (letter.deadline is None or (letter.deadline - letter.sent_on).days < 14):
        found.append("less than fourteen days to pay (inkassoloven 1988 §§ 9, 10)")
    if letter.deadline is not None and letter.deadline < letter.sent_on:
        found.append("a deadline in the past")
    if letter.kind == DEMAND and not any(_warned_out(debt, one, letter.sent_on) for one in debt.letters):
        found.append("a payment demand before a collection warning's deadline is over (inkassoloven 1988 § 10)")
    return found


def faults_of_one_letter(told: Sequence[tuple[Debt, Letter]]) -> list[str]:
    """What is wrong with a letter about several invoices beside what is wrong with each: it is one notice, and charged for once (§ 1-2)."""
    asked = sum(letter.fee_ore for _, letter in told)
    most = max(most_fee(debt, letter.kind, letter.sent_on) for debt, letter in told)
    return [f"fees of {asked} in one letter where {most} is the most (inkassoforskriften § 1-2)"] if asked > most else []


def faults_of_handover(debt: Debt, on: date) -> list[str]:
    """Every way in which giving this claim to an agency on that day breaks the law or good practice. Empty: none."""
    found: list[str] = []
    ripe = [one for one in debt.letters if _warned_out(debt, one, on)]
    if not ripe:
        found.append("handed over without a collection warning whose fourteen days are over (inkassoloven 1988 § 9)")
    in_time = max((one.deadline for one in ripe if one.deadline is not None), default=None)
    if in_time is not None and owed_on(debt, in_time) <= 0:
        found.append("handed over although the debtor paid before the warning's deadline was over (inkassoloven 1988 § 9)")
    if owed_on(debt, on) <= 0:
        found.append("handed over although nothing is owed")
    if any(one.deadline is not None and one.sent_on <= on < bank_days_after(one.deadline, 3) for one in debt.letters):
        found.append("handed over inside a letter's deadline, or before a payment of its last day could arrive")
    return found


def _warned_out(debt: Debt, letter: Letter, on: date) -> bool:
    """A collection warning sent after due, with fourteen days that are over."""
    late = letter.sent_on > bank_day_from(debt.due_on)
    return letter.kind == WARNING and late and _full(letter) and letter.deadline is not None and letter.deadline < on


def _since_the_ladder_began(letters: Sequence[Letter], on: date) -> list[Letter]:
    """§ 1-3 second paragraph: more than six months after the last letter with a fee, everything begins anew."""
    ladder: list[Letter] = []
    for letter in sorted((one for one in letters if one.fee_ore + one.fee_beside_ore > 0), key=lambda one: one.sent_on):
        if ladder and letter.sent_on > six_months_after(ladder[-1].sent_on):
            ladder = []
        ladder.append(letter)
    return [] if ladder and on > six_months_after(ladder[-1].sent_on) else ladder


def _full(letter: Letter) -> bool:
    return letter.deadline is not None and (letter.deadline - letter.sent_on).days >= 14


def _kroner(rate: int | str, twentieths: int, sent_on: date) -> int:
    kroner = Fraction(rate) * twentieths / 20
    return _whole(kroner) * 100 if sent_on >= date(2026, 1, 1) else _whole(kroner * 100)


def _figure(rows: Sequence[tuple[date, int | None]] | Sequence[tuple[date, str | None]], day: date) -> int | str | None:
    begun = [value for first, value in rows if first <= day]
    return begun[-1] if begun else None


def _whole(exact: Fraction) -> int:
    return int(exact + Fraction(1, 2))


def _leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
