"""What a person says of an outward act in doubt reaches the claim: notice, hold, case."""

from __future__ import annotations

import uuid
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.agencies.models import AgencyCase
from app.db.scope import Actor
from app.dunning import handovers
from app.dunning.handovers import OfferError
from app.dunning.models import Hold, Notice
from app.jobs import reviews
from app.jobs.effects import Performers
from app.jobs.job import run_now
from app.jobs.models import Effect
from app.jobs.reviews import ReviewError, Verdict
from app.messaging.models import Delivery, Receipt
from support.town import Town

KARI = Actor("user", uuid.uuid4(), "Kari Nordmann")


def settle(town: Town, effect_id: uuid.UUID, verdict: Verdict, note: str = "", reference: str = "") -> None:
    with town.house.database.begin(town.scope, KARI) as work:
        reviews.settle(work, town.resources.of(Performers), effect_id, verdict, note, reference=reference)
    town.work_off()


def doubtful_reminder(town: Town) -> tuple[dict[str, Any], dict[str, Any], Effect]:
    """A reminder by mail alone, whose mail server hung up before it said whether it took it."""
    customer = town.customer(address_lines=[], postal_code=None, city=None)
    invoice = town.invoice(customer, overdue=5)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "drop_after_data"})
    town.sync()
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "accept"})
    (effect,) = town.effects("dunning.notice_by_mail")
    assert effect.state == "review"
    return customer, invoice, effect


def states(town: Town, invoice: dict[str, Any]) -> list[tuple[int, str]]:
    return [(one.round, one.state) for one in town.notices(invoice)]


def holds_of(town: Town, invoice: dict[str, Any]) -> list[bool]:
    """Whether each stop on the claim stands."""
    claim = town.claim(invoice)
    with town.begin() as work:
        return [one.lifted_at is None for one in work.session.execute(select(Hold).where(Hold.claim_id == claim.id)).scalars()]


def test_a_notice_that_a_person_knows_went_out_counts_and_the_claim_goes_on(town: Town) -> None:
    customer, invoice, effect = doubtful_reminder(town)
    before = len(town.outside.mails(customer["email"]))
    settle(town, effect.id, Verdict.DONE, "Kunden har svart på den")
    assert states(town, invoice) == [(1, "sent")]
    assert holds_of(town, invoice) == [False]
    assert town.claim(invoice).reasons[0]["code"] == "inside_deadline"
    assert len(town.outside.mails(customer["email"])) == before
    with town.begin() as work:
        delivery = work.session.execute(select(Delivery).where(Delivery.company_id == town.company.id)).scalar_one()
        receipt = work.session.execute(select(Receipt).where(Receipt.delivery_id == delivery.id)).scalar_one()
    assert (delivery.state, receipt.text_) == ("sent", "Kunden har svart på den")


def test_a_notice_that_did_not_go_out_goes_out_on_the_same_day(town: Town) -> None:
    customer, invoice, effect = doubtful_reminder(town)
    before = len(town.outside.mails(customer["email"]))
    settle(town, effect.id, Verdict.AGAIN, "Ligger ikke i loggen")
    assert states(town, invoice) == [(1, "sent")]
    assert holds_of(town, invoice) == [False]
    assert len(town.outside.mails(customer["email"])) == before + 1


def test_on_another_day_it_is_written_anew_with_a_new_deadline(town: Town) -> None:
    _, invoice, effect = doubtful_reminder(town)
    town.next_day(2)
    town.sync()
    settle(town, effect.id, Verdict.AGAIN)
    assert states(town, invoice) == [(1, "cancelled"), (2, "sent")]
    assert town.notices(invoice)[1].issued_on == town.clock.today()
    assert holds_of(town, invoice) == [False]


def test_a_notice_given_up_leaves_the_claim_stopped_until_somebody_lets_it_go_on(town: Town) -> None:
    customer, invoice, effect = doubtful_reminder(town)
    before = len(town.outside.mails(customer["email"]))
    settle(town, effect.id, Verdict.GIVE_UP, "Vi ringer")
    town.next_day(3)
    town.day()
    assert states(town, invoice) == [(1, "cancelled")]
    assert town.claim(invoice).reasons[0]["code"] == "on_hold_open"
    assert len(town.outside.mails(customer["email"])) == before


def test_giving_up_a_notice_can_be_taken_back(town: Town) -> None:
    _, invoice, effect = doubtful_reminder(town)
    settle(town, effect.id, Verdict.GIVE_UP)
    with town.house.database.begin(town.scope, KARI) as work:
        reviews.take_back(work, town.resources.of(Performers), effect.id)
    town.work_off()
    assert states(town, invoice) == [(1, "review")]
    assert holds_of(town, invoice) == [True]


def case_of(town: Town, invoice: dict[str, Any]) -> list[AgencyCase]:
    claim = town.claim(invoice)
    with town.begin() as work:
        return list(
            work.session.execute(
                select(AgencyCase).where(AgencyCase.claim_id == claim.id).order_by(AgencyCase.planned_at, AgencyCase.closed_at)
            ).scalars()
        )


def at_the_agency(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A claim whose handover has been planned and not begun."""
    customer = town.customer()
    invoice = town.invoice(customer, overdue=20)
    town.sync()
    last = town.clock.today() + timedelta(days=60)
    while town.clock.today() < last:
        town.next_due_day(last)
        _decide_and_say(town)
        if case_of(town, invoice):
            break
    return customer, invoice


def _decide_and_say(town: Town) -> None:
    """A day of everything but what goes to the agency."""
    held = "effects.perform_agencies"
    town.sync(held)
    for name in ("dunning.evaluate_bureau", "dunning.make_bureau_lists", "dunning.close_bureau_lists"):
        run_now(town.resources, name, bureau_id=str(town.bureau.id))
        town.work_off(held)
        town.move_to(town.clock.today(), time(13, 0))


def test_a_case_in_doubt_needs_its_number_and_is_then_followed_at_the_agency(town: Town) -> None:
    _, invoice = at_the_agency(town)
    (effect,) = town.effects("agencies.register_case")
    (case,) = case_of(town, invoice)
    with town.begin() as work:
        row = work.session.get(Effect, (effect.bureau_id, effect.id))
        assert row is not None
        row.state, row.called_at = "review", work.now()
        work.session.merge(case).state = "in_doubt"
    with pytest.raises(ReviewError) as refused:
        settle(town, effect.id, Verdict.DONE, "Ringte Kravia")
    assert refused.value.field == "reference"
    settle(town, effect.id, Verdict.DONE, "Ringte Kravia", "4711")
    (case,) = case_of(town, invoice)
    assert (case.state, case.external_id, case.handed_over_at) == ("registered", "4711", town.clock.now())


def test_a_case_that_never_reached_the_agency_is_registered_once(town: Town) -> None:
    customer, invoice = at_the_agency(town)
    (effect,) = town.effects("agencies.register_case")
    (case,) = case_of(town, invoice)
    with town.begin() as work:
        row = work.session.get(Effect, (effect.bureau_id, effect.id))
        assert row is not None
        row.state, row.called_at = "review", work.now()
        work.session.merge(case).state = "in_doubt"
    settle(town, effect.id, Verdict.AGAIN, "Kravia har den ikke")
    (case,) = case_of(town, invoice)
    assert case.state == "registered"
    assert len(town.outside.cases(customer["name"])) == 1


def test_a_refused_claim_can_be_offered_again_at_once_by_a_person(town: Town) -> None:
    customer, invoice = at_the_agency(town)
    (case,) = case_of(town, invoice)
    (effect,) = town.effects("agencies.register_case")
    with town.begin() as work:
        row = work.session.get(Effect, (effect.bureau_id, effect.id))
        assert row is not None
        row.state = "refused"
        kept = work.session.merge(case)
        kept.state, kept.closed_at, kept.problem = "refused", work.now(), "422: postnummer mangler"
    law = town.law
    with town.house.database.begin(town.scope, KARI) as work:
        made = handovers.offer_again(work, law, case.claim_id)
    town.work_off()
    assert [one.state for one in case_of(town, invoice)] == ["refused", "registered"]
    assert case_of(town, invoice)[1].id == made
    assert len(town.outside.cases(customer["name"])) == 1
    with pytest.raises(OfferError), town.begin() as work:
        handovers.offer_again(work, law, case.claim_id)


def test_a_claim_the_engine_does_not_want_handed_over_cannot_be_offered(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=5)
    town.sync()
    with pytest.raises(OfferError), town.begin() as work:
        handovers.offer_again(work, town.law, town.claim(invoice).id)
    with town.begin() as work:
        assert work.session.execute(select(Notice.kind)).scalars().all() == ["reminder"]
