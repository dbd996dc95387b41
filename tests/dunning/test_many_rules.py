"""The rules of many companies at once, and where companies have drifted from the standard."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from app.db.scope import Actor
from app.db.unit_of_work import Database
from app.dunning import claims, drift, many_rules, overrides, policies
from app.dunning.law import Law
from app.dunning.many_rules import Change
from app.dunning.models import Claim, PolicyRow
from app.dunning.tiers import Place
from app.tenants.models import AuditEntry, Bureau, Company
from app.values.clock import FixedClock
from support import make
from support.asked import statements


@pytest.fixture
def bureau(database: Database) -> Bureau:
    return make.bureau(database)


def companies_of(database: Database, bureau: Bureau, number: int) -> list[Company]:
    return [make.company(database, bureau) for _ in range(number)]


def put(database: Database, bureau: Bureau, place: Place, who: str = "Kari Nordmann", **wanted: object) -> None:
    with database.begin(make.scope(bureau), Actor("user", None, who)) as work:
        overrides.put(work, place, wanted)


def ready_claim(database: Database, company: Company) -> Claim:
    """An invoice ten days overdue of a book that was read today: its friendly reminder is due."""
    today = database.clock.today()
    item = make.open_item(database, make.debtor(database, company), due_on=today - timedelta(days=10))
    make.sync_run(database, company, source="saft")
    return make.claim(database, item)


def test_a_company_that_is_changed_appears_with_field_value_day_and_name_and_disappears_when_it_goes_back(
    database: Database, bureau: Bureau, clock: FixedClock
) -> None:
    changed, untouched = companies_of(database, bureau, 2)
    put(database, bureau, Place(), tone="firm")
    put(database, bureau, Place(changed.id), who="Ola Handler", tone="friendly", minimum_ore=10_000)
    with database.begin(make.scope(bureau)) as work:
        (one,) = drift.deviations(work)
        assert drift.deviations(work, untouched.id) == ()
    assert (one.company_id, one.field, one.value, one.standard) == (changed.id, "tone", "friendly", "firm")
    assert (one.made_by, one.since, one.moved_away) == ("Ola Handler", clock.now(), False)
    put(database, bureau, Place(changed.id), who="Ola Handler", minimum_ore=10_000)
    with database.begin(make.scope(bureau)) as work:
        assert drift.deviations(work) == ()


def test_a_deviation_lasts_since_it_began_whoever_changed_something_else_later_and_since_the_standard_moved_where_that_was_later(
    database: Database, bureau: Bureau, clock: FixedClock
) -> None:
    (company,) = companies_of(database, bureau, 1)
    began = clock.now()
    put(database, bureau, Place(company.id), who="Ola Handler", tone="firm")
    clock.move(timedelta(days=3))
    put(database, bureau, Place(company.id), who="Per Etter", tone="firm", minimum_ore=1)
    put(database, bureau, Place(), who="Kari Nordmann", reminders_max=2)
    with database.begin(make.scope(bureau)) as work:
        seen = {one.field: (one.made_by, one.since) for one in drift.deviations(work)}
    assert seen == {"tone": ("Ola Handler", began), "minimum_ore": ("Per Etter", began + timedelta(days=3))}
    clock.move(timedelta(days=6))
    put(database, bureau, Place(), who="Kari Nordmann", tone="neutral")
    with database.begin(make.scope(bureau)) as work:
        tone = next(one for one in drift.deviations(work) if one.field == "tone")
    assert (tone.made_by, tone.since, tone.moved_away) == ("Kari Nordmann", began + timedelta(days=9), True)


def test_a_preview_tells_what_would_change_and_which_claims_get_another_step_and_writes_nothing(database: Database, bureau: Bureau) -> None:
    same, other = companies_of(database, bureau, 2)
    put(database, bureau, Place(same.id), reminder=False)
    claim = ready_claim(database, other)
    ready_claim(database, same)
    with database.begin(make.scope(bureau)) as work:
        planned = many_rules.plan(work, [same.id, other.id], Change({"reminder": False, "minimum_ore": 5_000}))
        seen = many_rules.preview(work, Law(), planned)
    assert [(move.field, move.before, move.after, move.companies) for move in seen.moves] == [
        ("minimum_ore", 10_000, 5_000, 2), ("reminder", True, False, 1),
    ]  # fmt: skip
    assert (seen.claims, seen.other_step) == (2, 1)
    with database.begin(make.scope(bureau)) as work:
        assert work.session.execute(select(func.count()).select_from(PolicyRow)).scalar_one() == 1
        assert work.session.execute(select(Claim.step).where(Claim.id == claim.id)).scalar_one() == "wait"
        claims.evaluate(work, [claim.id], Law())
        assert work.session.execute(select(Claim.step).where(Claim.id == claim.id)).scalar_one() == "send_reminder"


def test_a_reset_lets_the_standard_hold_again_and_leaves_every_other_wish(database: Database, bureau: Bureau) -> None:
    one, other = companies_of(database, bureau, 2)
    put(database, bureau, Place(one.id), tone="firm", minimum_ore=1)
    with database.begin(make.scope(bureau)) as work:
        done = many_rules.carry_out(work, [one.id, other.id], Change(reset=frozenset({"tone"})))
    assert done is not None
    assert [it.company_id for it in done.companies] == [one.id]
    with database.begin(make.scope(bureau)) as work:
        policy = policies.for_companies(work, [one.id])[one.id].policy
    assert (policy.said()["tone"], policy.minimum_ore) == ("friendly", 1)


def test_what_was_looked_at_is_what_is_saved_or_nothing_is(database: Database, bureau: Bureau) -> None:
    (company,) = companies_of(database, bureau, 1)
    change = Change({"tone": "firm"})
    with database.begin(make.scope(bureau)) as work:
        seen = many_rules.plan(work, [company.id], change).fingerprint
    put(database, bureau, Place(company.id), minimum_ore=1)
    with database.begin(make.scope(bureau)) as work:
        assert many_rules.carry_out(work, [company.id], change, seen) is None
        again = many_rules.plan(work, [company.id], change).fingerprint
        assert many_rules.carry_out(work, [company.id], change, again) is not None


def test_another_bureaus_company_is_left_out_and_a_wrong_value_changes_nobody(database: Database, bureau: Bureau) -> None:
    (mine,) = companies_of(database, bureau, 1)
    theirs = make.company(database, make.bureau(database))
    with database.begin(make.scope(bureau)) as work:
        assert [one.company_id for one in many_rules.plan(work, [mine.id, theirs.id], Change({"tone": "firm"})).companies] == [mine.id]
        with pytest.raises(ValueError, match="reminders_max"):
            many_rules.plan(work, [mine.id], Change({"reminders_max": 99}))


def test_three_hundred_companies_take_no_more_statements_than_three(database: Database, bureau: Bureau) -> None:
    some = [one.id for one in companies_of(database, bureau, 3)]
    with database.begin(make.scope(bureau)) as work:
        ids = [make_id(work, bureau, number) for number in range(300)]
    counts = [spent(database, bureau, chosen, tone) for chosen, tone in ((some, "firm"), (ids, "neutral"))]
    assert counts[0] == counts[1]
    with database.begin(make.scope(bureau)) as work:
        assert (
            work.session.execute(select(func.count()).select_from(AuditEntry).where(AuditEntry.action == "policy.saved")).scalar_one()
            == 303
        )
    with database.engine.begin() as connection:
        rung = connection.execute(
            text("select count(distinct arguments->>'company_id') from outbox where job = 'dunning.evaluate_company'")
        )
        assert rung.scalar_one() == 303


def make_id(work, bureau: Bureau, number: int):  # type: ignore[no-untyped-def]
    row = Company(
        bureau_id=bureau.id, name=f"Klient {number} AS", sort_key=f"klient {number:03}", organisation_number=f"9{number:08}",
        created_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    return row.id


def spent(database: Database, bureau: Bureau, chosen: Sequence[object], tone: str) -> int:
    with database.begin(make.scope(bureau)) as work, statements(database.engine) as sent:
        planned = many_rules.carry_out(work, chosen, Change({"tone": tone}))  # type: ignore[arg-type]
        assert planned is not None
        many_rules.preview(work, Law(), planned)
        drift.deviations(work)
    return len(sent)
