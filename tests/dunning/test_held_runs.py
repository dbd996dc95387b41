"""A run that looks wrong is held for a person: nothing of it leaves the house before he has said so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.dunning import claims, run_decisions
from app.dunning.models import Claim, Notice
from app.dunning.run_decisions import RunDecidedError
from app.dunning.run_models import HeldRun, HeldStep, OutwardDay
from app.receivables.models import GuardLimits, OpenItem
from app.tenants.models import AuditEntry
from app.values.ids import new_id
from support import make
from support.town import Town

FEW = {"company_count": 3, "bureau_count": 100, "floor_count": 3, "good_count_min": 3}


def bounds(town: Town, **limits: int) -> None:
    with town.begin() as work:
        work.session.add(
            GuardLimits(
                bureau_id=work.bureau_id, id=new_id(), guard="blast_radius", version=1, limits=FEW | limits, made_by="Kari",
                made_at=work.now(),
            )
        )  # fmt: skip


def invoices(town: Town, count: int, **facts: Any) -> list[dict[str, Any]]:
    return [town.invoice(town.customer(**facts), overdue=5) for _ in range(count)]


def runs(town: Town) -> list[HeldRun]:
    with town.begin() as work:
        return list(work.session.execute(select(HeldRun).order_by(HeldRun.held_at)).scalars())


def said(town: Town) -> list[Notice]:
    with town.begin() as work:
        return list(work.session.execute(select(Notice).where(Notice.state.not_in(["planned", "cancelled"]))).scalars())


def decide(town: Town, word: str) -> None:
    (run,) = [one for one in runs(town) if one.state == "held"]
    with town.begin() as work:
        run_decisions.decide(work, run.id, word, "Sett på regnskapet")
    town.work_off()


def codes(town: Town) -> set[str]:
    with town.begin() as work:
        return {reason["code"] for claim in work.session.execute(select(Claim)).scalars() for reason in claim.reasons}


def test_an_ordinary_day_goes_by_itself_and_is_remembered(town: Town) -> None:
    bounds(town)
    invoices(town, 3)
    town.sync()
    assert (runs(town), len(said(town))) == ([], 3)
    with town.begin() as work:
        days = {(row.company_id, row.count, row.amount_ore) for row in work.session.execute(select(OutwardDay)).scalars()}
    assert days == {(town.company.id, 3, 3_000_000), (None, 3, 3_000_000)}
    town.ring("dunning.evaluate_bureau")
    with town.begin() as work:
        assert {row.count for row in work.session.execute(select(OutwardDay)).scalars()} == {3}, "deciding again counts nothing twice"


def test_a_day_far_out_of_bounds_is_held_whole(town: Town) -> None:
    bounds(town)
    invoices(town, 4)
    town.sync()
    (run,) = runs(town)
    assert (run.company_id, run.state, run.count, run.amount_ore) == (town.company.id, "held", 4, 4_000_000)
    assert run.excesses == [{"measure": "count", "value": 4, "limit": 3, "usual": None}]
    assert (said(town), codes(town)) == ([], {"run_held"})
    town.next_day()
    town.day()
    assert (len(runs(town)), said(town)) == (1, []), "it waits, however many days"


def test_a_released_run_goes_on_and_becomes_part_of_what_is_usual(town: Town) -> None:
    bounds(town)
    invoices(town, 4)
    town.sync()
    town.next_day()
    decide(town, "release")
    assert len(said(town)) == 4
    (run,) = runs(town)
    assert (run.state, run.decided_by, run.note) == ("released", "Reskontro", "Sett på regnskapet")
    with town.begin() as work:
        assert {row.count for row in work.session.execute(select(OutwardDay)).scalars()} == {4}
        assert "run.released" in set(work.session.execute(select(AuditEntry.action)).scalars())
    with pytest.raises(RunDecidedError), town.begin() as work:
        run_decisions.decide(work, run.id, "cancel", "")


def test_a_run_called_off_is_looked_at_again_a_week_later(town: Town) -> None:
    bounds(town)
    invoices(town, 4)
    town.sync()
    decide(town, "cancel")
    assert (said(town), codes(town)) == ([], {"run_cancelled"})
    town.next_day(3)
    town.day()
    assert (said(town), len(runs(town))) == ([], 1)
    town.next_day(5)
    town.day()
    assert [one.state for one in runs(town)] == ["cancelled", "held"]


def test_what_comes_later_the_same_day_joins_the_held_run(town: Town) -> None:
    bounds(town)
    invoices(town, 4)
    town.sync()
    invoices(town, 1)
    town.sync()
    (run,) = runs(town)
    assert (run.count, said(town)) == (5, [])


def test_what_an_earlier_batch_planned_and_nobody_has_said_is_held_too(town: Town) -> None:
    bounds(town)
    early = invoices(town, 2)
    town.sync("dunning.issue_notice")
    invoices(town, 3)
    town.sync("dunning.issue_notice")
    (run,) = runs(town)
    assert run.count == 5
    town.ring("dunning.sweep_bureau")
    assert (said(town), [one.state for one in town.notices(early[0])]) == ([], ["cancelled"])


def test_a_bad_reading_that_shows_paid_invoices_of_good_payers_as_open_is_held(town: Town) -> None:
    """Weeks of ordinary life, then the ledger answers as if nobody had ever paid."""
    bounds(town, company_count=50, floor_count=20)
    customers = [town.customer() for _ in range(12)]
    payments: list[dict[str, Any]] = []
    for _ in range(4):
        made = [town.invoice(customer, overdue=-1) for customer in customers]
        town.sync()
        town.next_day()
        payments += [town.pay(one) for one in made]
        town.sync()
        town.next_day(9)
    assert said(town) == []
    for payment in payments:
        body = {"on": town.clock.today().isoformat()}
        town.outside.control.post(f"/books/payments/{payment['id']}/reversal", body)
    town.sync()
    (run,) = runs(town)
    assert {one["measure"] for one in run.excesses} == {"good_payers"}
    assert (run.count, run.good_count, said(town)) == (48, 48, [])
    with town.begin() as work:
        detail = run_decisions.find_run(work, run.id)
        assert (len(detail.examples), detail.examples[0].good_payer) == (run_decisions.EXAMPLES, True)
        documents = [int(one) for one in work.session.execute(select(OpenItem.document_number)).scalars() if one is not None]
    for number, invoice in zip(sorted(documents), sorted(payment["invoice"] for payment in payments), strict=True):
        assert number
        town.pay({"id": invoice, "amount_ore": 1_000_000})
    town.next_day()
    town.sync()
    assert (codes(town), said(town)) == ({"settled"}, []), "the true answer closes them again; nobody has heard from us"


def test_one_debtor_whom_many_companies_are_after_at_once_is_held_and_the_others_go(town: Town) -> None:
    bounds(town, spread=2)
    database = town.house.database
    number, claims_of = make.organisation_number(), {}
    for _ in range(3):
        company = make.company(database, town.bureau)
        make.sync_run(database, company, source="saft")
        for debtor in (make.debtor(database, company, organisation_number=number), make.debtor(database, company)):
            item = make.open_item(database, debtor, due_on=town.clock.today() - timedelta(days=5))
            claims_of[make.claim(database, item).id] = debtor.organisation_number == number
    with town.begin() as work:
        claims.evaluate(work, list(claims_of), town.law)
    (run,) = runs(town)
    assert (run.company_id, run.count, run.spread) == (None, 3, 3)
    assert [one["measure"] for one in run.excesses] == ["spread"]
    with town.begin() as work:
        assert set(work.session.execute(select(HeldStep.claim_id)).scalars()) == {one for one, met in claims_of.items() if met}
        planned = set(work.session.execute(select(Notice.claim_id)).scalars())
    assert planned == {one for one, met in claims_of.items() if not met}


def test_the_norm_looks_back_eight_weeks_and_no_further(town: Town) -> None:
    bounds(town)
    with town.begin() as work:
        for weeks_ago in range(1, 6):
            day = work.today() - timedelta(weeks=weeks_ago)
            row = {"bureau_id": work.bureau_id, "company_id": town.company.id, "ran_on": day, "amount_ore": 0, "good_count": 0, "spread": 1}
            work.session.add(OutwardDay(id=new_id(), count=2, **row))
        old = {"ran_on": work.today() - timedelta(weeks=9), "amount_ore": 0, "good_count": 0, "spread": 1}
        work.session.add(OutwardDay(bureau_id=work.bureau_id, id=new_id(), company_id=town.company.id, count=500, **old))
    invoices(town, 7)
    town.sync()
    (run,) = runs(town)
    assert {"measure": "count", "value": 7, "limit": 6, "usual": 2} in run.excesses


def test_a_day_that_no_norm_looks_back_to_is_forgotten_at_night(town: Town) -> None:
    bounds(town)
    with town.begin() as work:
        for days_ago in (55, 56, 57):
            row = {"company_id": None, "ran_on": work.today() - timedelta(days=days_ago), "amount_ore": 0, "good_count": 0, "spread": 1}
            work.session.add(OutwardDay(bureau_id=work.bureau_id, id=new_id(), count=days_ago, **row))
    town.ring("tenants.tidy_bureau")
    with town.begin() as work:
        assert set(work.session.execute(select(OutwardDay.count)).scalars()) == {55, 56}
