"""Wishes: versioned, inherited from tier to tier, and never followed beyond the law."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from app.db.scope import Actor, CompanyScope
from app.db.unit_of_work import Database
from app.dunning import loading, overrides, policies
from app.dunning.facts import DebtorKind
from app.dunning.law import Law
from app.dunning.models import Claim, PolicyRow
from app.dunning.policies import STANDARD
from app.dunning.policy import PolicyStep, StepKind, Takeover, Tone
from app.dunning.segments import SegmentRule
from app.dunning.tiers import Level, Place, Resolved
from app.receivables.models import Debtor
from app.tenants.models import Bureau, Company
from support import make
from support.asked import statements


@pytest.fixture
def bureau(database: Database) -> Bureau:
    return make.bureau(database)


@pytest.fixture
def company(database: Database, bureau: Bureau) -> Company:
    return make.company(database, bureau, list_weekday=3)


def wishes(database: Database, *companies: Company) -> list[Resolved]:
    with database.begin(make.scope(companies[0])) as work:
        found = policies.for_companies(work, [one.id for one in companies])
    return [found[one.id] for one in companies]


def put(database: Database, company: Company, place: Place, **wanted: object) -> int:
    with database.begin(make.scope(company), Actor("user", None, "Kari Nordmann")) as work:
        return overrides.put(work, place, wanted)


def segment(database: Database, company: Company, owner: uuid.UUID | None, rule: SegmentRule, position: int = 1, **wanted: object) -> Place:
    with database.begin(make.scope(company), Actor("user", None, "Kari Nordmann")) as work:
        return overrides.put_segment(work, None, owner, "Treige betalere", position, rule, wanted)


def followed(database: Database, *claims: Claim) -> list[Resolved]:
    with database.begin(make.scope(claims[0])) as work:
        found = policies.for_claims(work, loading.load(work, [one.id for one in claims]))
    return [found[one.id] for one in claims]


def owed(database: Database, debtor: Debtor, **columns: Any) -> Claim:
    return make.claim(database, make.open_item(database, debtor, **columns))


def paid_late(database: Database, debtor: Debtor, *days: int) -> None:
    for late in days:
        item = make.open_item(database, debtor, state="paid", remaining_ore=0)
        assert item.due_on is not None
        make.payment(database, item, item.original_ore, paid_on=item.due_on + timedelta(days=late))


def asked_for(database: Database, company: Company, claims: list[Claim]) -> int:
    """How many statements the policies of these claims take."""
    with database.begin(make.scope(company)) as work:
        loaded = loading.load(work, [one.id for one in claims])
        with statements(database.engine) as sent:
            policies.for_claims(work, loaded)
    return len(sent)


def rung(database: Database) -> Counter[str]:
    with database.engine.begin() as connection:
        emptied = text("delete from outbox where job = 'dunning.evaluate_company' returning arguments->>'company_id'")
        rows = connection.execute(emptied).scalars().all()
    return Counter(rows)


def test_a_company_without_wishes_follows_the_houses_standard_on_its_own_weekday(database: Database, company: Company) -> None:
    (found,) = wishes(database, company)
    policy = found.policy
    assert [tier.origin.level for tier in found.tiers] == [Level.HOUSE, Level.COMPANY]
    assert policy.warning_weekday == 2
    assert (policy.said()["reminder_after_days"], policy.said()["warning_after_days"], policy.said()["reminder"]) == (3, 14, True)


def test_a_companys_own_wish_leaves_everything_else_inherited(database: Database, bureau: Bureau, company: Company) -> None:
    sibling = make.company(database, bureau)
    put(database, company, Place(), reminder=False, tone="firm")
    put(database, company, Place(company.id), reminder=True)
    own, inherited = wishes(database, company, sibling)
    assert (own.policy.said()["reminder"], own.policy.said()["tone"]) == (True, Tone.FIRM)
    assert (own.trace["reminder"].level, own.trace["tone"].level, own.trace["minimum_ore"].level) == ("company", "bureau", "house")
    assert (inherited.policy.said()["reminder"], inherited.trace["reminder"].made_by) == (False, "Kari Nordmann")
    put(database, company, Place(), reminder=False, tone="neutral")
    assert [one.policy.said()["tone"] for one in wishes(database, company)] == [Tone.NEUTRAL]


def test_another_bureaus_standard_is_nobodys_here(database: Database, company: Company) -> None:
    other = make.company(database, make.bureau(database), name="Annet AS")
    put(database, company, Place(), reminder=False)
    (theirs,) = wishes(database, other)
    assert theirs.policy.said()["reminder"] == STANDARD.said()["reminder"]


def test_a_whole_policy_is_kept_as_what_differs_from_what_is_inherited(database: Database, company: Company) -> None:
    put(database, company, Place(), minimum_ore=5_000)
    with database.begin(make.scope(company)) as work:
        overrides.save(work, Place(company.id), replace(STANDARD, minimum_ore=5_000, send_until_hour=16))
        kept = work.session.execute(select(PolicyRow.wishes).where(PolicyRow.company_id == company.id)).scalar_one()
    assert kept == {"send_until_hour": 16}


def test_every_change_is_a_version_and_none_is_overwritten(database: Database, company: Company) -> None:
    place = Place(company.id)
    assert [put(database, company, place, reminder_after_days=days) for days in (5, 6, 6, 7)] == [1, 2, 2, 3]
    (found,) = wishes(database, company)
    assert found.policy.said()["reminder_after_days"] == 7
    with database.begin(make.scope(company)) as work:
        kept = work.session.execute(select(PolicyRow.wishes, PolicyRow.made_by).order_by(PolicyRow.version)).all()
    assert [(row.wishes["reminder_after_days"], row.made_by) for row in kept] == [(days, "Kari Nordmann") for days in (5, 6, 7)]


def test_an_invoice_beats_its_debtor_and_its_debtor_a_segment_and_a_segment_the_company(database: Database, company: Company) -> None:
    debtor = make.debtor(database, company)
    claim, sibling = owed(database, debtor), owed(database, debtor)
    stranger = owed(database, make.debtor(database, company, kind="consumer"))
    put(database, company, Place(company.id), tone="neutral", minimum_ore=100, grace_business_days=9, charge_fee=False)
    segment(
        database, company, company.id, SegmentRule(debtor_kinds=(DebtorKind.BUSINESS,)), tone="firm", minimum_ore=200, grace_business_days=8
    )
    put(database, company, Place(company.id, debtor_id=debtor.id), minimum_ore=300, grace_business_days=7)
    put(database, company, Place(company.id, claim_id=claim.id), grace_business_days=6)
    one, beside, apart = followed(database, claim, sibling, stranger)
    seen = [
        (it.policy.said()["charge_fee"], it.policy.said()["tone"], it.policy.minimum_ore, it.policy.grace_business_days)
        for it in (one, beside, apart)
    ]
    assert seen == [(False, "firm", 300, 6), (False, "firm", 300, 7), (False, "neutral", 100, 9)]
    assert [one.trace[name].level for name in ("charge_fee", "tone", "minimum_ore", "grace_business_days", "reminder")] == [
        "company", "segment", "debtor", "claim", "house",
    ]  # fmt: skip
    assert one.trace["tone"].name == "Treige betalere"


def test_the_first_segment_that_fits_is_followed_and_the_companys_are_asked_before_the_bureaus(
    database: Database, company: Company
) -> None:
    small = owed(database, make.debtor(database, company), original_ore=10_000)
    large = owed(database, make.debtor(database, company, industry_code="41.200"), original_ore=9_000_000)
    segment(database, company, None, SegmentRule(amount_from_ore=1), tone="neutral", position=1)
    segment(database, company, None, SegmentRule(amount_from_ore=1), tone="friendly", position=2)
    segment(database, company, company.id, SegmentRule(industries=("41",)), tone="firm", position=5)
    assert [it.policy.said()["tone"] for it in followed(database, small, large)] == ["neutral", "firm"]


def test_a_segment_that_is_ended_holds_nobody(database: Database, company: Company) -> None:
    claim = owed(database, make.debtor(database, company))
    place = segment(database, company, None, SegmentRule(amount_from_ore=1), tone="firm")
    with database.begin(make.scope(company)) as work:
        overrides.end_segment(work, place)
        with pytest.raises(LookupError):
            overrides.place_of_segment(work, place.segment_id or uuid.UUID(int=0))
    assert followed(database, claim)[0].policy.said()["tone"] == STANDARD.said()["tone"]


def test_payer_history_is_the_median_of_what_was_paid_to_this_company_and_never_anothers(
    database: Database, bureau: Bureau, company: Company
) -> None:
    elsewhere = make.company(database, bureau)
    mine = make.debtor(database, company, organisation_number="999263550")
    same = make.debtor(database, elsewhere, organisation_number="999263550")
    paid_late(database, mine, 1, 2, 40)
    paid_late(database, same, 60, 70, 80)
    segment(database, company, None, SegmentRule(days_late_from=30), tone="firm")
    here, there = owed(database, mine), owed(database, same)
    assert [it.policy.said()["tone"] for it in followed(database, here, there)] == [STANDARD.said()["tone"], "firm"]
    paid_late(database, mine, 50, 60, 70)
    assert followed(database, here)[0].policy.said()["tone"] == "firm"


def test_a_debtor_who_has_never_paid_is_in_no_segment_of_payer_history(database: Database, company: Company) -> None:
    claim = owed(database, make.debtor(database, company))
    segment(database, company, None, SegmentRule(days_late_to=500 - 200), tone="firm")
    assert followed(database, claim)[0].policy.said()["tone"] == STANDARD.said()["tone"]


def test_many_claims_take_as_many_queries_as_one(database: Database, company: Company) -> None:
    segment(database, company, None, SegmentRule(days_late_from=10), tone="firm")
    claims = []
    for turn in range(12):
        debtor = make.debtor(database, company)
        paid_late(database, debtor, turn * 3)
        put(database, company, Place(company.id, debtor_id=debtor.id), minimum_ore=turn)
        claims.append(owed(database, debtor))
        put(database, company, Place(company.id, claim_id=claims[-1].id), grace_business_days=turn + 3)
    assert [asked_for(database, company, some) for some in (claims[:1], claims)] == [3, 3]


def test_whom_a_change_concerns_is_decided_anew(database: Database, bureau: Bureau, company: Company) -> None:
    sibling = make.company(database, bureau)
    debtor = make.debtor(database, sibling)
    claim = owed(database, debtor)
    rung(database)
    put(database, company, Place(company.id), reminder=False)
    assert rung(database) == {str(company.id): 1}
    put(database, company, Place(), reminder=False)
    assert rung(database) == {str(company.id): 1, str(sibling.id): 1}
    for place in (Place(sibling.id, debtor_id=debtor.id), Place(sibling.id, claim_id=claim.id)):
        put(database, company, place, reminder=True)
        assert rung(database) == {str(sibling.id): 1}


@pytest.mark.parametrize("wanted", [{"nonsense": 1}, {"reminder": "ja"}, {"reminder_after_days": 9_999}, {"warning_weekday": 2}])
def test_what_is_no_wish_is_refused_and_nothing_is_kept(database: Database, company: Company, wanted: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wanted))):
        put(database, company, Place(company.id), **wanted)
    with database.begin(make.scope(company)) as work:
        assert work.session.execute(select(PolicyRow)).first() is None


def test_a_companys_own_people_follow_the_bureaus_standard_and_write_nothing_of_it(
    database: Database, bureau: Bureau, company: Company
) -> None:
    sister = make.company(database, bureau)
    put(database, company, Place(), tone="firm")
    put(database, company, Place(sister.id), tone="neutral")
    with database.begin(CompanyScope(bureau.id, company.id)) as work:
        assert policies.for_companies(work, [company.id])[company.id].policy.said()["tone"] == "firm"
        assert list(work.session.execute(select(PolicyRow.company_id)).scalars()) == [None]
    for place in (Place(), Place(sister.id)):
        with pytest.raises(DBAPIError, match="row-level security"), database.begin(CompanyScope(bureau.id, company.id)) as work:
            overrides.put(work, place, {"tone": "friendly", "minimum_ore": 1})


def test_a_wish_beyond_the_law_is_kept_and_not_followed(database: Database, company: Company, clock: Any) -> None:
    put(database, company, Place(company.id), warning_deadline_days=5, grace_business_days=0)
    (found,) = wishes(database, company)
    rules = Law().rules(found.policy, clock.today())
    assert (found.policy.steps[1].deadline_days, rules.steps[1].deadline_days) == (5, 14)
    assert rules.grace_business_days > 0
    assert {clamp.field for clamp in rules.clamps} >= {"steps[1].deadline_days", "grace_business_days"}


def test_steps_replace_the_whole_ladder_and_a_short_wish_changes_one_value_of_it(database: Database, company: Company) -> None:
    put(database, company, Place(), tone="firm")
    steps = [PolicyStep(StepKind.REMINDER, 5, 10).as_json(), PolicyStep(StepKind.COLLECTION_WARNING, 20, 14, fee=True).as_json()]
    put(database, company, Place(company.id), steps=steps)
    claim = owed(database, make.debtor(database, company))
    put(database, company, Place(company.id, claim_id=claim.id), reminder_after_days=8)
    (found,) = followed(database, claim)
    assert [(step.after_days, step.deadline_days, step.tone) for step in found.policy.steps] == [(8, 10, "neutral"), (20, 14, "neutral")]
    assert [found.trace[name].level for name in ("tone", "reminder_after_days", "minimum_ore")] == ["company", "claim", "house"]


def test_wishes_stored_before_there_were_steps_are_still_read(database: Database, company: Company) -> None:
    flat = {
        "reminder": True, "reminder_after_days": 3, "reminder_deadline_days": 7, "reminders_max": 1, "tone": "firm", "minimum_ore": 5000,
        "tolerance_ore": 100, "warning_after_days": 14, "warning_deadline_days": 14, "hand_over": False, "handover_consent": "weekly_list",
        "grace_business_days": 3, "charge_fee": True, "charge_interest": False, "claim_compensation": False,
        "accept_ledger_dunning": False, "ledger_age_days_max": 1,
    }  # fmt: skip
    make.policy(database, company, wishes=flat)
    (found,) = wishes(database, company)
    assert [(step.kind, step.after_days, step.tone, step.fee, step.interest) for step in found.policy.steps] == [
        ("reminder", 3, "firm", False, False), ("collection_warning", 14, "neutral", True, False),
    ]  # fmt: skip
    assert (found.policy.takeover, found.policy.minimum_ore) == (Takeover.OWN_COLLECTION, 5000)
    assert not Law().rules(found.policy, database.clock.today()).clamps
