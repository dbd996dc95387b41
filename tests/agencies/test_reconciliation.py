"""Three books: each difference is named once, with whose move it is, and agreeing books differ in nothing."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.agencies.ports import CaseState
from app.agencies.reconciliation import Difference, Kind, OurCase, Owner, TheirCase, compare

TODAY = date(2026, 11, 23)
ID = uuid.UUID(int=7)
OURS = OurCase(ID, "1000", "in_collection", 10_000_00, 10_000_00)
THEIRS = TheirCase("1000", str(ID), CaseState.IN_COLLECTION, 10_000_00)


def differences(ours: OurCase | None, theirs: TheirCase | None) -> list[tuple[Kind, Owner]]:
    _, found = compare([] if ours is None else [ours], [] if theirs is None else [theirs], TODAY)
    return [(one.kind, one.owner) for one in found]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (OURS, THEIRS, []),
        (OURS, replace(THEIRS, our_reference=None), []),
        (OURS, None, [(Kind.NOT_THERE, Owner.AGENCY)]),
        (replace(OURS, state="in_doubt", external_id=None), THEIRS, [(Kind.FOUND, Owner.US)]),
        (replace(OURS, state="cancelled", external_id=None), THEIRS, [(Kind.FOUND, Owner.US)]),
        (replace(OURS, state="in_doubt", external_id=None), None, []),
        (None, THEIRS, [(Kind.UNKNOWN_HERE, Owner.US)]),
        (replace(OURS, state="withdrawn"), THEIRS, [(Kind.STATE, Owner.AGENCY)]),
        (OURS, replace(THEIRS, principal_ore=9_000_00), [(Kind.PRINCIPAL, Owner.AGENCY)]),
        (OURS, replace(THEIRS, principal_ore=None), []),
        (replace(OURS, open_ore=8_000_00), THEIRS, [(Kind.PRINCIPAL, Owner.US)]),
        (replace(OURS, open_ore=8_000_00, telling_ore=2_000_00), THEIRS, []),
        (replace(OURS, open_ore=8_000_00, told_ore=2_000_00), replace(THEIRS, principal_ore=8_000_00), []),
        (replace(OURS, open_ore=8_000_00, told_ore=2_000_00), THEIRS, [(Kind.PRINCIPAL, Owner.AGENCY)]),
        (replace(OURS, paid_out_ore=2_000_00), replace(THEIRS, principal_ore=8_000_00), [(Kind.PRINCIPAL, Owner.LEDGER)]),
        (replace(OURS, open_ore=0), THEIRS, [(Kind.PAID_IN_LEDGER, Owner.US)]),
        (replace(OURS, open_ore=0, telling_ore=10_000_00), THEIRS, [(Kind.PAID_IN_LEDGER, Owner.TRAVELLING)]),
        (replace(OURS, open_ore=0, told_ore=10_000_00), THEIRS, [(Kind.PAID_IN_LEDGER, Owner.TRAVELLING)]),
        (replace(OURS, state="paid", ended_on=TODAY - timedelta(days=14)), None, [(Kind.PAID_AT_AGENCY, Owner.TRAVELLING)]),
        (replace(OURS, state="paid", ended_on=TODAY - timedelta(days=15)), None, [(Kind.PAID_AT_AGENCY, Owner.AGENCY)]),
        (replace(OURS, state="paid", open_ore=0), None, []),
        (OURS, replace(THEIRS, state=CaseState.CLOSED), [(Kind.NOT_THERE, Owner.AGENCY)]),
    ],
)
def test_each_difference_has_one_name_and_one_owner(
    ours: OurCase | None, theirs: TheirCase | None, expected: list[tuple[Kind, Owner]]
) -> None:
    assert differences(ours, theirs) == expected


def test_one_reference_with_two_cases_is_said_of_the_second() -> None:
    _, found = compare([OURS], [THEIRS, replace(THEIRS, external_id="1001")], TODAY)
    assert found == (Difference(Kind.TWICE, Owner.AGENCY, "1001", ID),)


@given(st.lists(st.integers(1, 10**9), max_size=20))
def test_books_that_agree_differ_in_nothing_and_have_the_same_totals(sums: list[int]) -> None:
    ours = [OurCase(uuid.UUID(int=n), str(n), "registered", ore, ore) for n, ore in enumerate(sums)]
    theirs = [TheirCase(one.external_id or "", str(one.id), CaseState.REGISTERED, one.open_ore) for one in ours]
    totals, found = compare(ours, theirs, TODAY)
    assert found == ()
    assert (totals.ledger_count, totals.our_count, totals.their_count) == (len(sums),) * 3
    assert (totals.ledger_ore, totals.our_ore, totals.their_ore) == (sum(sums),) * 3


@given(st.sets(st.integers(1, 30)), st.sets(st.integers(1, 30)))
def test_every_case_only_one_side_has_is_named_once(here: set[int], there: set[int]) -> None:
    ours = [OurCase(uuid.UUID(int=n), str(n), "registered", 100, 100) for n in sorted(here)]
    theirs = [TheirCase(str(n), str(uuid.UUID(int=n)), CaseState.REGISTERED, 100) for n in sorted(there)]
    _, found = compare(ours, theirs, TODAY)
    named = [(one.kind, one.external_id) for one in found]
    assert sorted(named) == sorted([(Kind.NOT_THERE, str(n)) for n in here - there] + [(Kind.UNKNOWN_HERE, str(n)) for n in there - here])
