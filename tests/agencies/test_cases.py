"""Following cases: the agency's word is kept, ends are told upwards, and others' cases are none of ours."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.agencies import cases, handover, queries
from app.agencies.ports import CaseState
from app.jobs import performing
from app.jobs.effects import Performers
from app.jobs.resources import Resources
from app.net.errors import TryLaterError
from support import make
from support.agency_desk import LATER, Desk, PaperAgency, desk, plain


@pytest.fixture
def agency() -> PaperAgency:
    return PaperAgency()


@pytest.fixture
def at(resources: Resources, agency: PaperAgency) -> Desk:
    """A claim that has been handed over."""
    at = desk(resources, agency)
    with at.work() as work:
        handover.plan(work, claim_id=at.claim.id, item=at.item, package=plain(at.package()))
    at.run()
    return at


def follow(at: Desk) -> int:
    return cases.follow(at.database.begin, at.agencies, at.bureau.id, at.agreement.id)


def evaluations(at: Desk) -> int:
    with at.work() as work:
        return work.session.execute(text("select count(*) from outbox where job = 'dunning.evaluate_item'")).scalar_one()


def test_a_step_at_the_agency_is_mirrored_with_its_own_words_and_what_it_demands(at: Desk, agency: PaperAgency) -> None:
    agency.states["1000"] = CaseState.LEGAL
    assert follow(at) == 1
    case = at.the_case()
    assert (case.state, case.agency_text, case.outstanding_ore, case.updated_at) == ("legal", "legal", 12_345, LATER)
    assert follow(at) == 0


def test_the_next_question_starts_where_the_last_answer_ended(at: Desk) -> None:
    follow(at)
    [agreement] = at.read(type(at.agreement), id=at.agreement.id)
    assert agreement.changes_since == LATER


@pytest.mark.parametrize(
    ("state", "outstanding", "standing"),
    [
        (CaseState.PAID, 0, "open"),
        (CaseState.WITHDRAWN, 100, "returned"),
        (CaseState.CLOSED, 100, "returned"),
        (CaseState.CLOSED, 0, "open"),
    ],
)
def test_an_end_is_told_upwards_once(at: Desk, agency: PaperAgency, state: CaseState, outstanding: int, standing: str) -> None:
    agency.states["1000"], agency.outstanding_ore = state, outstanding
    before = evaluations(at)
    follow(at)
    follow(at)
    assert evaluations(at) == before + 1
    assert at.the_case().closed_at is not None
    with at.work() as work:
        assert queries.standing_of(work, [at.claim.id]) == {at.claim.id: standing}


def test_a_word_we_do_not_know_changes_the_text_and_not_the_state(at: Desk, agency: PaperAgency) -> None:
    agency.states["1000"] = CaseState.UNKNOWN
    follow(at)
    assert (at.the_case().state, at.the_case().agency_text) == ("registered", "unknown")


def test_a_case_in_doubt_that_shows_up_is_there(resources: Resources, agency: PaperAgency) -> None:
    at = desk(resources, agency)
    with at.work() as work:
        handover.plan(work, claim_id=at.claim.id, item=at.item, package=plain(at.package()))
    agency.loses_next_answer = True
    [effect] = at.effects(handover.KIND)
    performing.perform(at.database.begin, at.resources.of(Performers), at.bureau.id, effect.id)
    assert at.the_case().state == "in_doubt"
    follow(at)
    assert (at.the_case().state, at.the_case().external_id) == ("registered", "1000")


def test_a_case_that_was_called_off_but_is_there_is_shown_to_a_person(at: Desk) -> None:
    at.change(at.the_case(), state="cancelled", external_id=None)
    follow(at)
    assert at.the_case().state == "registered"
    assert "called off" in (at.the_case().problem or "")


def test_a_case_of_another_companys_agreement_is_left_alone(at: Desk) -> None:
    other = make.company(at.database, at.bureau)
    agreement = make.agreement(at.database, other, creditor_ref=at.agreement.creditor_ref)
    assert cases.follow(at.database.begin, at.agencies, at.bureau.id, agreement.id) == 0
    assert at.the_case().state == "registered"


def test_an_agency_that_cannot_be_asked_leaves_a_problem_on_the_agreement(at: Desk, agency: PaperAgency) -> None:
    def away(*_: object) -> list:
        raise TryLaterError("the agency is away")

    agency.changes = away  # type: ignore[method-assign]
    with pytest.raises(TryLaterError):
        follow(at)
    [agreement] = at.read(type(at.agreement), id=at.agreement.id)
    assert agreement.problem == "the agency is away"


def test_an_ended_agreement_is_followed_while_its_cases_are_open(at: Desk) -> None:
    at.change(at.agreement, valid_until=at.database.clock.today())
    with at.work() as work:
        assert cases.to_follow(work) == [at.agreement.id]
    at.change(at.the_case(), state="closed")
    with at.work() as work:
        assert cases.to_follow(work) == []
