"""What is asked of the agency about a case: once, with a reason, and what the case is afterwards the agency says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.agencies import cases, handover, orders
from app.agencies.capabilities import OrderKind
from app.agencies.models import AgencyCase, CaseEventRow, CaseOrderRow
from app.agencies.obstacle_texts import CALLED_OFF_BUT_THERE
from app.agencies.orders import OrderError
from app.agencies.ports import CaseState
from app.jobs.effects import Performers
from app.jobs.performing import perform
from app.jobs.resources import Resources
from support import make
from support.agency_desk import Desk, PaperAgency, desk, plain


@pytest.fixture
def agency() -> PaperAgency:
    return PaperAgency()


@pytest.fixture
def at(resources: Resources, agency: PaperAgency) -> Desk:
    """A claim that is at the agency."""
    at = desk(resources, agency)
    with at.work() as work:
        handover.plan(work, claim_id=at.claim.id, item=at.item, package=plain(at.package()))
    at.run()
    return at


def give(at: Desk, kind: OrderKind, text: str = "Etter avtale", *, by_hand: bool = False) -> None:
    with at.work() as work:
        orders.give(work, at.agencies, at.the_case().id, kind, text, told_by_hand=by_hand)


def the_order(at: Desk) -> CaseOrderRow:
    found = at.read(CaseOrderRow, agency_case_id=at.the_case().id)[-1]
    assert isinstance(found, CaseOrderRow)
    return found


def test_the_case_is_withdrawn_when_the_agency_says_so(at: Desk, agency: PaperAgency) -> None:
    give(at, OrderKind.WITHDRAW, "Betalt til oss")
    assert at.the_case().state == "registered"
    at.run()
    assert [(one.kind, one.text, one.our_reference) for one in agency.ordered] == [
        (OrderKind.WITHDRAW, "Betalt til oss", str(at.the_case().id))
    ]
    assert (the_order(at).state, the_order(at).external_id) == ("sent", "o1")
    cases.follow(at.database.begin, at.agencies, at.bureau.id, at.agreement.id)
    assert at.the_case().state == "withdrawn"
    assert "ordered" in {one.kind for one in at.read(CaseEventRow, agency_case_id=at.the_case().id)}


def test_an_order_whose_answer_was_lost_is_looked_up_and_not_given_again(at: Desk, agency: PaperAgency) -> None:
    give(at, OrderKind.MESSAGE)
    agency.loses_next_answer = True
    [effect] = at.effects(orders.KIND)
    for expected in ("unknown", "sent"):
        performers = at.resources.of(Performers)
        assert perform(at.database.begin, performers, at.bureau.id, effect.id, pause=lambda _: None) == expected
    assert len(agency.ordered) == 1
    assert the_order(at).state == "sent"


def test_the_same_is_not_asked_for_twice_at_a_time_but_messages_may_follow_one_another(at: Desk) -> None:
    give(at, OrderKind.PAUSE)
    with pytest.raises(OrderError, match="already"):
        give(at, OrderKind.PAUSE)
    give(at, OrderKind.MESSAGE, "en")
    give(at, OrderKind.MESSAGE, "to")


@pytest.mark.parametrize(
    ("kind", "text", "field"),
    [
        (OrderKind.PAUSE, "  ", "text"),
        (OrderKind.PAUSE, "x" * 2001, "text"),
        (OrderKind.RESUME, "ok", "kind"),
        (OrderKind.LEGAL_YES, "ok", "kind"),
    ],
    ids=["no reason", "too long", "not paused", "answers a question"],
)
def test_what_cannot_be_asked_is_said_at_its_field(at: Desk, kind: OrderKind, text: str, field: str) -> None:
    with pytest.raises(OrderError) as refused:
        give(at, kind, text)
    assert refused.value.field == field
    assert at.read(CaseOrderRow, agency_case_id=at.the_case().id) == []


def test_a_case_that_is_not_there_is_not_ordered_about(at: Desk) -> None:
    at.change(at.the_case(), state="closed")
    with pytest.raises(OrderError):
        give(at, OrderKind.MESSAGE)


def test_an_order_for_a_case_that_ended_meanwhile_is_called_off(at: Desk, agency: PaperAgency) -> None:
    give(at, OrderKind.WITHDRAW)
    at.change(at.the_case(), state="paid")
    at.run()
    assert agency.ordered == []
    assert (the_order(at).state, the_order(at).problem) == ("cancelled", orders.NOT_THERE)


def test_an_agency_that_takes_no_orders_is_told_by_a_person(at: Desk, agency: PaperAgency) -> None:
    agency.capabilities = replace(agency.capabilities, orders=frozenset())
    with pytest.raises(OrderError) as refused:
        give(at, OrderKind.WITHDRAW)
    assert refused.value.field == "told_by_hand"
    give(at, OrderKind.WITHDRAW, by_hand=True)
    assert (the_order(at).state, the_order(at).done_at is not None) == ("sent", True)
    assert at.effects(orders.KIND) == []


def test_a_case_that_comes_alive_again_while_the_claim_is_elsewhere_is_told_of_and_stops_nothing(at: Desk, agency: PaperAgency) -> None:
    first = at.the_case()
    at.change(first, state="withdrawn")
    make.agency_case(at.database, at.agreement, at.claim, external_id="elsewhere")
    agency.states[first.external_id or ""] = CaseState.IN_COLLECTION
    cases.follow(at.database.begin, at.agencies, at.bureau.id, at.agreement.id)
    [kept] = at.read(AgencyCase, id=first.id)
    assert (kept.state, kept.problem) == ("withdrawn", CALLED_OFF_BUT_THERE)
