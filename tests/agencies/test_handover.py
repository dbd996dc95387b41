"""Handing over: once, only what is still owed and wanted, and never without the right to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.agencies import attaching, handover, queries
from app.agencies.agreements import Terms, end_agreement, set_agreement
from app.agencies.models import AgencyCase
from app.jobs import performing
from app.jobs.effects import Performers
from app.jobs.resources import Resources
from app.tenants import bureaus
from app.values.clock import FixedClock
from support import make
from support.agency_desk import Desk, PaperAgency, desk, plain


@pytest.fixture
def agency() -> PaperAgency:
    return PaperAgency()


@pytest.fixture
def at(resources: Resources, agency: PaperAgency) -> Desk:
    return desk(resources, agency)


def plan(at: Desk, attachments: list[dict[str, str]] | None = None, **more: object):
    with at.work() as work:
        return handover.plan(work, claim_id=at.claim.id, item=at.item, package=plain(at.package()), attachments=attachments or [], **more)


def perform(at: Desk) -> str:
    """The latest act, performed without the wait before a look-up."""
    [*_, effect] = at.effects(handover.KIND)
    return performing.perform(at.database.begin, at.resources.of(Performers), at.bureau.id, effect.id, pause=lambda _: None)


def test_a_claim_is_registered_under_our_reference_with_the_bare_principal(at: Desk, agency: PaperAgency) -> None:
    case_id = plan(at)
    assert perform(at) == "sent"
    [(number, handed)] = agency.cases.items()
    assert handed.our_reference == str(case_id)
    assert handed.creditor_id == at.agreement.creditor_ref
    assert handed.principal_ore == at.item.remaining_ore
    case = at.the_case()
    assert (case.state, case.external_id, case.agency_text) == ("registered", number, "Registrert")
    assert case.handed_over_at == at.database.clock.now()
    with at.work() as work:
        assert queries.standing_of(work, [at.claim.id]) == {at.claim.id: "open"}


def test_the_claims_room_is_rung_when_the_handover_ends(at: Desk) -> None:
    plan(at)
    perform(at)
    with at.work() as work:
        rung = work.session.connection().exec_driver_sql("select job, arguments from outbox where job like 'dunning.%%'").all()
    assert rung == [("dunning.evaluate_item", {"bureau_id": str(at.bureau.id), "open_item_id": str(at.item.id)})]


def test_planning_twice_is_one_case(at: Desk, agency: PaperAgency) -> None:
    first = plan(at)
    assert first is not None
    assert plan(at) is None
    perform(at)
    assert plan(at) is None
    assert agency.registrations == 1


def test_four_workers_that_plan_at_once_plan_one_case(at: Desk) -> None:
    with ThreadPoolExecutor(4) as workers:
        planned = [future.result() for future in [workers.submit(plan, at) for _ in range(4)]]
    assert sum(case_id is not None for case_id in planned) == 1
    assert len(at.effects(handover.KIND)) == 1


def test_an_answer_lost_after_the_act_is_looked_up_and_not_sent_again(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    agency.loses_next_answer = True
    assert perform(at) == "unknown"
    assert at.the_case().state == "in_doubt"
    with at.work() as work:
        assert queries.standing_of(work, [at.claim.id]) == {at.claim.id: "open"}
    assert perform(at) == "sent"
    assert agency.registrations == 1
    assert (at.the_case().state, at.the_case().external_id) == ("registered", "1000")


def test_a_package_whose_principal_is_not_what_is_open_is_refused(at: Desk) -> None:
    with at.work() as work, pytest.raises(ValueError, match="principal"):
        handover.plan(work, claim_id=at.claim.id, item=at.item, package=at.package(principal_ore=at.item.remaining_ore + 35_00))


def test_a_package_that_lacks_something_is_refused(at: Desk) -> None:
    lacking = {name: value for name, value in plain(at.package()).items() if name != "due_date"}
    with at.work() as work, pytest.raises(ValueError, match="due_date"):
        handover.plan(work, claim_id=at.claim.id, item=at.item, package=lacking)


def test_a_document_of_another_bureau_cannot_go_along(at: Desk, neighbour) -> None:
    with pytest.raises(ValueError, match="document"):
        plan(at, [{"document_id": str(neighbour.document.id), "kind": "reminder"}])


@pytest.mark.parametrize(
    "authority",
    [
        {"authority_by": None, "authority_from": None},
        {"authority_from": "tomorrow"},
        {"authority_until": "yesterday"},
    ],
)
def test_a_company_that_gave_no_valid_authority_is_not_handed_over_for(at: Desk, authority: dict) -> None:
    days = {"tomorrow": at.database.clock.today() + timedelta(days=1), "yesterday": at.database.clock.today() - timedelta(days=1)}
    at.change(at.agreement, **{name: days.get(value, value) for name, value in authority.items()})
    assert plan(at) is None
    assert at.read(AgencyCase, claim_id=at.claim.id) == []
    assert at.effects(handover.KIND) == []


def test_an_authority_that_ends_between_plan_and_send_stops_the_handover(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    at.change(at.agreement, authority_until=at.database.clock.today() - timedelta(days=1))
    assert perform(at) == "cancelled"
    assert agency.cases == {}
    assert (at.the_case().state, at.the_case().problem) == ("cancelled", "The written authority to hand over claims has expired.")


def test_an_agreement_that_ended_between_plan_and_send_stops_the_handover(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    with at.work() as work:
        assert end_agreement(work, at.company.id)
    assert perform(at) == "cancelled"
    assert agency.cases == {}


def test_another_creditor_number_between_plan_and_send_stops_the_handover(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    with at.work() as work:
        set_agreement(work, at.company.id, Terms("kravia", "8", "Daglig leder", at.database.clock.today()))
    assert perform(at) == "cancelled"
    assert agency.cases == {}


def test_a_dispute_between_plan_and_send_stops_the_handover(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    at.unwanted[at.claim.id] = "the debtor has objected"
    assert perform(at) == "cancelled"
    assert agency.cases == {}
    assert (at.the_case().state, at.the_case().problem) == ("cancelled", "the debtor has objected")
    del at.unwanted[at.claim.id]
    assert plan(at) is not None, "once the objection is settled the claim may be handed over after all"


@pytest.mark.parametrize("change", [{"remaining_ore": 400_000}, {"state": "paid", "remaining_ore": 0}, {"state": "unexplained"}])
def test_what_the_ledger_shows_differently_between_plan_and_send_stays(at: Desk, agency: PaperAgency, change: dict) -> None:
    plan(at)
    at.change(at.item, **change)
    assert perform(at) == "cancelled"
    assert agency.cases == {}


def test_a_book_from_an_old_file_hands_nothing_over(at: Desk, agency: PaperAgency, clock: FixedClock) -> None:
    plan(at)
    clock.move(timedelta(days=3))
    assert perform(at) == "planned"
    assert agency.cases == {}
    assert "fresh" in (at.effects(handover.KIND)[0].reason or "")


def test_a_bureau_that_stopped_sending_hands_nothing_over_until_it_goes_on(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    with at.work() as work:
        bureaus.stop_sending(work, "feil i malen")
    perform(at)
    assert at.the_case().state == "planned"
    assert agency.cases == {}
    with at.work() as work:
        bureaus.allow_sending(work)
    assert perform(at) == "sent"


def test_a_refused_case_is_not_offered_again_unchanged_before_a_week(at: Desk, agency: PaperAgency) -> None:
    agency.refuses = "organizationNumber is required"
    plan(at)
    assert perform(at) == "refused"
    assert (at.the_case().state, at.the_case().problem) == ("refused", "organizationNumber is required")
    with at.work() as work:
        assert queries.standing_of(work, [at.claim.id]) == {at.claim.id: "none"}
    assert plan(at) is None
    agency.refuses = None
    at.debtor.number = "10777"
    assert plan(at) is not None, "another package is another offer"
    assert perform(at) == "sent"
    assert [effect.business_key for effect in at.effects(handover.KIND)] == [f"handover:{at.claim.id}", f"handover:{at.claim.id}:2"]


def test_a_refused_case_may_be_offered_again_by_a_person_or_after_a_week(at: Desk, agency: PaperAgency, clock: FixedClock) -> None:
    agency.refuses = "no"
    plan(at)
    perform(at)
    assert plan(at, insist=True) is not None
    perform(at)
    clock.move(timedelta(days=8))
    at.change(at.item, seen_at=clock.now())
    assert plan(at) is not None


def test_a_withdrawn_case_may_be_handed_over_again_as_a_new_case(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    perform(at)
    at.change(at.the_case(), state="withdrawn")
    with at.work() as work:
        assert queries.standing_of(work, [at.claim.id]) == {at.claim.id: "returned"}
    second = plan(at)
    assert second is not None
    assert perform(at) == "sent"
    assert len({package.our_reference for package in agency.cases.values()}) == 2


def test_a_handover_that_has_not_begun_can_be_called_off(at: Desk, agency: PaperAgency) -> None:
    plan(at)
    with at.work() as work:
        assert handover.call_off(work, at.claim.id, "the customer has called")
    assert perform(at) == "cancelled"
    assert agency.cases == {}
    assert at.the_case().state == "cancelled"
    with at.work() as work:
        assert not handover.call_off(work, at.claim.id, "again")


def test_documents_go_along(at: Desk, agency: PaperAgency) -> None:
    document = make.document(at.database, at.company)
    plan(at, [{"document_id": str(document.id), "kind": "collection_warning"}])
    perform(at)
    assert agency.documents == {"1000": ["purring.pdf"]}
    with at.work() as work:
        assert queries.case(work, at.the_case().id).documents_missing == 0


def test_a_document_that_fails_leaves_the_case_standing_and_is_brought_later(at: Desk, agency: PaperAgency) -> None:
    document = make.document(at.database, at.company)
    plan(at, [{"document_id": str(document.id), "kind": "collection_warning"}])
    agency.takes_no_documents = True
    assert perform(at) == "sent"
    assert at.effects(handover.KIND)[0].evidence["missing"] == [str(document.id)]
    with at.work() as work:
        assert queries.case(work, at.the_case().id).documents_missing == 1
    agency.takes_no_documents = False
    at.run()
    assert agency.documents == {"1000": ["purring.pdf"]}
    assert attaching.attach_missing(at.database.begin, at.agencies, at.bureau.id, at.the_case().id) == 0
    assert agency.registrations == 1


def test_a_neighbours_case_does_not_exist(at: Desk, neighbour) -> None:
    with at.work() as work:
        with pytest.raises(LookupError):
            queries.case(work, neighbour.agency_case.id)
        assert queries.cases(work, company_id=neighbour.company.id).rows == []
        assert queries.standing_of(work, [neighbour.claim.id]) == {neighbour.claim.id: "none"}
    assert attaching.attach_missing(at.database.begin, at.agencies, at.bureau.id, neighbour.agency_case.id) == 0


def test_cases_are_listed_newest_first_page_by_page(at: Desk) -> None:
    made = []
    for _ in range(3):
        item = make.open_item(at.database, at.debtor)
        made.append(make.agency_case(at.database, at.agreement, make.claim(at.database, item)).id)
    with at.work() as work:
        first = queries.cases(work, limit=2)
        assert [row.id for row in first.rows] == [made[2], made[1]]
        second = queries.cases(work, limit=2, cursor=first.next_cursor)
        assert ([row.id for row in second.rows], second.next_cursor) == ([made[0]], None)
        assert queries.cases(work, states=["paid"]).rows == []
