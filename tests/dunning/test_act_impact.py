"""What another act would change is seen before it does, claim by claim, and nothing is written."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.dunning import holds, loading, overrides
from app.dunning.act_impact import Change, CompanyImpact, Kind, asked, impact
from app.dunning.deciding import decision_for
from app.dunning.law import Law
from app.dunning.policies import STANDARD
from app.dunning.policy import Policy, StepKind
from app.dunning.tiers import Place
from support.town import Town

DAY = date(2026, 12, 28)
#: a reminder with a fee, on day fifteen
LATE = Policy().with_step(StepKind.REMINDER, after_days=15).with_step(StepKind.COLLECTION_WARNING, after_days=15)


def seen(town: Town, law: Law, day: date = DAY, sections: tuple[str, ...] = ()) -> tuple[CompanyImpact, list[Change]]:
    companies: dict[uuid.UUID, CompanyImpact] = {}
    with town.begin() as work:
        changes = [one for batch in impact(work, asked(law, day, sections), companies) for one in batch]
    return companies[town.company.id], changes


@pytest.fixture
def waiting(town: Town) -> Town:
    """One claim, ready for the weekly list."""
    town.straight_to_the_list()
    town.invoice(town.customer(), overdue=20)
    town.sync()
    return town


def rows(town: Town) -> list[tuple[object, ...]]:
    with town.begin() as work:
        found = work.session.execute(text("select id, step, reasons::text, next_action_on, decided_at from claims order by id")).all()
        counted = work.session.execute(text("select count(*) from decisions")).scalar_one()
    return [*(tuple(row) for row in found), (counted,)]


def test_a_claim_on_its_way_to_a_warning_goes_to_the_agency_instead(waiting: Town) -> None:
    before = rows(waiting)
    company, (change,) = seen(waiting, Law())
    assert (change.kind, change.before, change.after) == (Kind.STEP, "ready_for_list_warning", "ready_for_list_handover")
    assert [reason.code for reason in change.reasons] == ["ready_for_list_handover"]
    assert (company.claims, company.changed) == (1, 1)
    assert {(one.field, one.source) for one in company.clamps} >= {
        ("takeover", "inkassoloven 2026 § 20"), ("steps[0].fee", "inkassoloven 2026 § 19"),
    }  # fmt: skip
    assert rows(waiting) == before, "a rehearsal has written something"


def test_a_single_section_changes_only_what_it_is_about(waiting: Town) -> None:
    company, changes = seen(waiting, Law(), sections=("19",))
    assert changes == [], "who warns is another section"
    assert {one.field for one in company.clamps} == {"steps[0].fee"}


def test_a_law_that_has_the_act_already_changes_nothing(waiting: Town) -> None:
    law = asked(Law(), DAY).then
    company, changes = seen(waiting, law, DAY + timedelta(days=30))
    assert (changes, company.changed, company.clamps) == ([], 0, ())


def test_a_reminder_with_a_fee_becomes_one_without(town: Town) -> None:
    with town.begin() as work:
        overrides.put(work, Place(town.company.id), {"reminder_after_days": 30, "reminder_deadline_days": 14, "charge_fee": True})
    town.invoice(town.customer(), overdue=2)
    town.sync()
    company, (change,) = seen(town, Law(), town.clock.today())
    assert (change.kind, change.before, change.after, change.fee_before_ore, change.fee_after_ore) == (
        Kind.FEE, "send_reminder", "send_reminder", 38_00, 0,
    )  # fmt: skip
    assert change.on == town.clock.today() + timedelta(days=30), (
        "from wait to wait, to the day it acts; due on a Saturday, that is on Monday"
    )
    assert company.kinds == {Kind.FEE: 1}


def test_after_a_rejected_objection_costs_stop_unless_it_was_obviously_groundless(town: Town) -> None:
    with town.begin() as work:
        overrides.save(work, Place(town.company.id), LATE)
    invoice = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.issue_notice")
    law = asked(Law(), town.clock.today(), ("18",)).then
    for groundless, code in ((False, "fee_objection"), (True, "fee_allowed")):
        with town.begin() as work:
            holds.object_to(work, town.claim(invoice).id, "Jeg vil ikke")
            holds.decide_dispute(work, town.claim(invoice).id, "rejected", "Varen er levert", obviously_groundless=groundless)
        with town.begin() as work:
            work.session.execute(text("update disputes set obviously_groundless = :value"), {"value": groundless})
        with town.begin() as work:
            (one,) = loading.load(work, [town.claim(invoice).id])
            decision = decision_for(one, law.rules(LATE, work.today()), work.today(), work.now())
        assert code in [reason.code for reason in decision.reasons]


def test_only_an_objection_that_is_rejected_can_be_groundless(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=20)
    town.sync("dunning.issue_notice")
    with town.begin() as work:
        holds.object_to(work, town.claim(invoice).id, "Jeg vil ikke")
    with pytest.raises(holds.HoldError) as refused, town.begin() as work:
        holds.decide_dispute(work, town.claim(invoice).id, "upheld", "Riktig", obviously_groundless=True)
    assert refused.value.field == "obviously_groundless"


def test_what_the_house_begins_with_is_followed_under_both_acts() -> None:
    law = asked(Law(), DAY)
    assert law.now.rules(STANDARD, DAY).clamps == ()
    assert {one.field for one in law.then.rules(STANDARD, DAY).clamps} == {"takeover", "steps[1].fee"}
