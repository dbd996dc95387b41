"""The day's reconciliation: kept, counted by days, ended when it is gone; a lost acknowledgement is taken in and nothing is sent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.agencies import handover, reconciling
from app.agencies.models import AgencyCase
from app.agencies.ports import CaseState
from app.agencies.reconciliation_models import CaseDifference, Reconciliation
from app.jobs.resources import Resources
from app.net.errors import TryLaterError
from app.values.clock import FixedClock
from support import make
from support.agency_desk import Desk, PaperAgency, desk


@pytest.fixture
def agency() -> PaperAgency:
    return PaperAgency()


@pytest.fixture
def at(resources: Resources, agency: PaperAgency) -> Desk:
    return desk(resources, agency)


def reconcile(at: Desk) -> list[str]:
    found = reconciling.reconcile(at.database.begin, at.agencies, at.bureau.id, at.agreement.id)
    return [one.kind.value for one in found]


def hand_over(at: Desk) -> None:
    with at.work() as work:
        handover.plan(work, claim_id=at.claim.id, item=at.item, package=at.package())
    at.run()


def the_day(at: Desk) -> Reconciliation:
    found = at.read(Reconciliation, Reconciliation.on_day, agreement_id=at.agreement.id)[-1]
    assert isinstance(found, Reconciliation)
    return found


def test_agreeing_books_are_kept_as_that(at: Desk) -> None:
    hand_over(at)
    assert reconcile(at) == []
    day = the_day(at)
    assert (day.ledger_count, day.our_count, day.their_count) == (1, 1, 1)
    assert (day.ledger_ore, day.our_ore, day.their_ore) == (1_000_000,) * 3
    assert day.problem is None


def test_a_lost_acknowledgement_is_found_and_nothing_is_sent_again(at: Desk, agency: PaperAgency) -> None:
    agency.loses_next_answer = True
    with at.work() as work:
        handover.plan(work, claim_id=at.claim.id, item=at.item, package=at.package())
    at.run()
    at.change(at.the_case(), state="in_doubt", external_id=None)
    assert reconcile(at) == []
    assert (at.the_case().state, at.the_case().external_id) == ("registered", "1000")
    assert agency.registrations == 1
    [found] = at.read(CaseDifference, agreement_id=at.agreement.id)
    assert (found.kind, found.ended_at is not None) == ("found", True)


def test_a_difference_is_counted_by_days_and_ends_when_it_is_gone(at: Desk, agency: PaperAgency, clock: FixedClock) -> None:
    hand_over(at)
    kept = agency.cases.pop("1000")
    assert reconcile(at) == reconcile(at) == ["not_there"]
    clock.move(timedelta(days=1))
    reconcile(at)
    [found] = at.read(CaseDifference, agreement_id=at.agreement.id)
    assert (found.owner, found.times, found.ended_at) == ("agency", 2, None)
    agency.cases["1000"] = kept
    assert reconcile(at) == []
    [gone] = at.read(CaseDifference, agreement_id=at.agreement.id)
    assert gone.ended_at is not None


def test_a_case_handed_over_by_others_is_named(at: Desk, agency: PaperAgency) -> None:
    hand_over(at)
    agency.cases["2000"] = at.package(our_reference="somebody else", creditor_id=at.agreement.creditor_ref)
    agency.states["2000"] = CaseState.IN_COLLECTION
    assert reconcile(at) == ["unknown_here"]
    [found] = at.read(CaseDifference, agreement_id=at.agreement.id)
    assert (found.subject, found.agency_case_id, found.theirs_ore) == ("2000", None, 1_000_000)


def test_an_agency_that_does_not_answer_ends_no_difference(at: Desk, agency: PaperAgency, clock: FixedClock) -> None:
    hand_over(at)
    agency.cases.clear()
    assert reconcile(at) == ["not_there"]
    clock.move(timedelta(days=1))
    agency.book_trouble = TryLaterError("closed for the night")
    assert reconcile(at) == []
    assert the_day(at).problem == reconciling.NOT_ASKED
    assert the_day(at).their_count is None
    [still] = at.read(CaseDifference, agreement_id=at.agreement.id)
    assert still.ended_at is None


def test_it_is_done_for_every_agreement_of_the_bureau_and_nobody_elses(at: Desk, agency: PaperAgency, resources: Resources) -> None:
    hand_over(at)
    neighbour = make.agreement(at.database, make.company(at.database, make.bureau(at.database)))
    at.ring("agencies.reconcile_bureau")
    assert len(at.read(Reconciliation, bureau_id=at.bureau.id)) == 1
    assert at.read(Reconciliation, agreement_id=neighbour.id) == []
    assert len(at.read(AgencyCase, bureau_id=at.bureau.id)) == 1
