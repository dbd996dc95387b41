"""Whether a claim may be written off as a final loss, by which ground, and which proofs are there or missing. Pure.

A receivable is finally lost, and output VAT may be corrected, when (merverdiavgiftsloven § 4-7; FMVA § 4-7-1): (a) collection has been in
vain; (b) a claim from sales is unpaid six months after the due date although asked for at least three times, with normal intervals and
the activity it calls for; (c) bankruptcy or the like shows that it is not covered; (d) it must otherwise be clear that it is lost.
What only a person can know (the estate's word, a successor) is never taken as proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.values.calendar import add_months

MONTHS_UNPAID = 6
REMINDERS_NEEDED = 3
#: closer together than this they count as one: a payment deadline must have passed between them (inkassoloven 1988 § 9)
DAYS_BETWEEN = 14


class Ground(StrEnum):
    """The four letters of FMVA § 4-7-1."""

    COLLECTION_IN_VAIN = "collection_in_vain"
    REMINDED = "reminded"
    NO_COVER = "no_cover"
    OTHERWISE_CLEAR = "otherwise_clear"


class Proof(StrEnum):
    """What a ground rests on."""

    CLOSED_BY_AGENCY = "closed_by_agency"
    SIX_MONTHS = "six_months"
    THREE_REMINDERS = "three_reminders"
    PROCEEDINGS = "proceedings"
    FILED = "filed"
    ESTATE_SHOWS_NO_COVER = "estate_shows_no_cover"
    GONE_FROM_REGISTER = "gone_from_register"
    NO_SUCCESSOR = "no_successor"
    NOT_DISPUTED = "not_disputed"
    NOT_AT_AGENCY = "not_at_agency"


@dataclass(frozen=True, slots=True)
class LossFacts:
    """What is known of one open claim. `reminded_on`: the days it was asked for after its due date, letter or mail, with a fee or not.

    `agency_closed_on`: an agency ended its case with the claim unpaid; `at_agency`: one still works on it. `insolvent`: proceedings are
    registered; `gone`: the debtor is dissolved or struck from the register; `filed`: the claim is recorded as filed with the estate.
    """

    due_on: date | None
    reminded_on: tuple[date, ...] = ()
    disputed: bool = False
    at_agency: bool = False
    agency_closed_on: date | None = None
    insolvent: bool = False
    gone: bool = False
    filed: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One ground that may apply. It carries a write-off only when nothing is `missing`."""

    ground: Ground
    there: tuple[Proof, ...]
    missing: tuple[Proof, ...]

    @property
    def proven(self) -> bool:
        return not self.missing


def findings(facts: LossFacts, today: date) -> tuple[Finding, ...]:
    """The grounds that something speaks for, those proven first, in the order of the letters. Empty: nothing speaks for a loss."""
    always = {Proof.NOT_DISPUTED: not facts.disputed, Proof.NOT_AT_AGENCY: not facts.at_agency}
    counted = spaced(facts.reminded_on, facts.due_on, today)
    six_months = facts.due_on is not None and today > add_months(facts.due_on, MONTHS_UNPAID)
    asked: list[tuple[Ground, dict[Proof, bool]]] = []
    if facts.agency_closed_on is not None and facts.agency_closed_on <= today:
        asked.append((Ground.COLLECTION_IN_VAIN, {Proof.CLOSED_BY_AGENCY: True}))
    if six_months:
        asked.append((Ground.REMINDED, {Proof.SIX_MONTHS: True, Proof.THREE_REMINDERS: len(counted) >= REMINDERS_NEEDED}))
    if facts.insolvent:
        asked.append((Ground.NO_COVER, {Proof.PROCEEDINGS: True, Proof.FILED: facts.filed, Proof.ESTATE_SHOWS_NO_COVER: False}))
    if facts.gone:
        asked.append((Ground.OTHERWISE_CLEAR, {Proof.GONE_FROM_REGISTER: True, Proof.NO_SUCCESSOR: False}))
    found = [_finding(ground, proofs | always) for ground, proofs in asked]
    return tuple(sorted(found, key=lambda one: not one.proven))


def spaced(days: Sequence[date], due_on: date | None, today: date) -> tuple[date, ...]:
    """The reminders that count: after the due date, not in the future, and each at least `DAYS_BETWEEN` days after the one before it."""
    counted: list[date] = []
    for day in sorted(days):
        if due_on is None or not due_on < day <= today:
            continue
        if not counted or (day - counted[-1]).days >= DAYS_BETWEEN:
            counted.append(day)
    return tuple(counted)


def _finding(ground: Ground, proofs: dict[Proof, bool]) -> Finding:
    there = tuple(proof for proof, is_there in proofs.items() if is_there)
    return Finding(ground, there, tuple(proof for proof, is_there in proofs.items() if not is_there))
