"""A follow-up begun anew: what was said before is history, its fees are given up, and every step is taken once more from the first."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from app.agencies.models import AgencyCase, Agreement
from app.db.scope import Actor
from app.dunning import claims, handovers, holds, loading, notices, overrides, policies, replaying, restarting, weekly_lists
from app.dunning.claim_view import claim_detail
from app.dunning.facts import ListState, NoticeKind, PastNotice
from app.dunning.fees import FeeQuestion, allowed_fee
from app.dunning.law_book import LawBook
from app.dunning.models import ApprovalRequest, Claim, Dispute, Notice, Restart
from app.dunning.policy import StepKind
from app.dunning.replaying import Tally
from app.dunning.restarting import RestartError
from app.dunning.statutes import ACT_1988
from app.dunning.statutes.rates import RATES
from app.dunning.tiers import Place
from app.dunning.timeline import timeline
from app.messaging.models import Delivery
from support import make
from support.town import Town

KARI = Actor("user", None, "Kari Nordmann")
ISSUE, SEND = "dunning.issue_notice", "effects.perform_dunning"


@pytest.fixture
def charging(town: Town) -> Town:
    """A reminder and a warning, each with a fortnight to pay and a fee."""
    with town.begin() as work:
        policy = policies.STANDARD.with_step(StepKind.REMINDER, after_days=14, deadline_days=14, fee=True)
        overrides.save(work, Place(town.company.id), policy)
    return town


def begin_anew(town: Town, invoice: dict[str, Any], reason: str = "Fakturaen gikk til feil adresse") -> Restart:
    with town.house.database.begin(town.scope, KARI) as work:
        return restarting.restart(work, town.claim(invoice).id, reason)


def codes(town: Town, invoice: dict[str, Any]) -> list[str]:
    return [one["code"] for one in town.claim(invoice).reasons]


def test_what_was_said_before_is_kept_and_counts_no_more(charging: Town) -> None:
    town, invoice = charging, charging.invoice(charging.customer(), overdue=21)
    town.sync()
    claim_id = town.claim(invoice).id
    with town.begin() as work:
        assert claim_detail(work, claim_id).amounts.fees_ore == 38_00
    town.next_day()
    began_on = town.clock.today()
    assert begin_anew(town, invoice).waived_ore == 38_00
    with town.begin() as work:
        detail = claim_detail(work, claim_id)
        assert (detail.amounts.fees_ore, detail.behind, [one.code for one in detail.next_reasons]) == (0, True, ["looked_at_again"])
        (event,) = [one for one in timeline(detail) if one.code == "begun_anew"]
        assert (event.actor, event.facts) == ("Kari Nordmann", {"text": "Fakturaen gikk til feil adresse", "waived_ore": 38_00})
        (one,) = loading.load(work, [claim_id])
        assert (one.facts.notices, one.facts.weekly_list.state, one.facts.restarted_on) == ((), ListState.NONE, began_on)
    town.work_off()
    first, second = town.notices(invoice)
    assert (second.kind, second.state, second.issued_on, second.fee_ore) == ("reminder", "sent", began_on, 0), "the first step once more"
    assert {"fee_too_early_anew", "begun_anew"} <= {one["code"] for one in second.reasons}
    assert not town.claim(invoice).awaits_decision

    # a bounce of what was set aside is no news of today's follow-up
    with town.begin() as work:
        work.session.execute(update(Delivery).where(Delivery.purpose_id == first.id).values(state="bounced"))
        notices.follow(work, first.id)
    town.work_off()
    assert codes(town, invoice)[0] == "inside_deadline"

    assert second.payment_deadline is not None
    town.move_to(second.payment_deadline + timedelta(days=6))
    town.until_listed()
    town.close_list()
    third = town.notices(invoice)[-1]
    assert (third.kind, third.state, third.fee_ore) == ("collection_warning", "sent", 38_00)
    with town.begin() as work:
        (one,) = loading.load(work, [claim_id])
        package = handovers.package_of(work, one, town.law.rules(policies.STANDARD, town.clock.today()))
        said = [(told["kind"], told["sent_on"], told["fee_ore"]) for told in package["notices"]]  # type: ignore[attr-defined]
        assert said == [(told.kind, f"{told.issued_on}", told.fee_ore) for told in (second, third)]
        assert claim_detail(work, claim_id).amounts.fees_ore == 38_00

    tally = Tally()
    for differing in replaying.replay_bureau(town.resources.begin, town.resources.of(LawBook), town.bureau.id, None, tally):
        assert differing == []
    assert tally.is_proven and tally.current.total() > 5


def test_what_the_last_list_let_go_must_stand_on_a_list_of_its_own_again(town: Town) -> None:
    town.straight_to_the_list()
    invoice = town.invoice(town.customer(), overdue=21)
    town.sync()
    town.make_list()
    town.close_list()
    assert [one.kind for one in town.notices(invoice)] == ["collection_warning"]
    begin_anew(town, invoice)
    town.work_off()
    assert (len(town.notices(invoice)), codes(town, invoice)[0]) == (1, "ready_for_list_warning")


def test_a_place_on_the_open_list_and_an_open_question_are_taken_away(town: Town) -> None:
    town.straight_to_the_list()
    invoice = town.invoice(town.customer(), overdue=21)
    town.sync()
    weekly = town.make_list()
    claim = town.claim(invoice)
    (bystander,) = [make.approval_request(town.house.database, claim, asked=make.user(town.house.database))]
    begin_anew(town, invoice)
    entry = town.entries(weekly)[claim.id]
    assert (entry.state, entry.reasons[0]["code"]) == ("left_out", "begun_anew")
    with town.begin() as work:
        with pytest.raises(LookupError):
            restarting.restart(work, bystander.id, "x")
        assert weekly_lists.approve(work, weekly.id) == 0
        assert work.session.execute(select(ApprovalRequest.closed_at)).scalar_one() is not None
    town.work_off()
    town.close_list()
    assert (town.notices(invoice), codes(town, invoice)[0]) == ([], "ready_for_list_warning")


def test_a_notice_that_is_planned_is_called_off_and_one_on_its_way_is_waited_for(charging: Town) -> None:
    town = charging
    invoice = town.invoice(town.customer(), overdue=21)
    town.sync(ISSUE)
    assert [one.state for one in town.notices(invoice)] == ["planned"]
    assert begin_anew(town, invoice).set_aside == []
    assert [one.state for one in town.notices(invoice)] == ["cancelled"]
    town.work_off(SEND)
    assert [one.state for one in town.notices(invoice)] == ["issued"]
    with pytest.raises(RestartError) as refused:
        begin_anew(town, invoice)
    assert "on its way" in str(refused.value)
    town.ring("effects.sweep_bureau")
    (only,) = town.notices(invoice)
    assert only.state == "sent"
    assert begin_anew(town, invoice).set_aside == [only.id]


def test_a_fee_that_another_invoice_still_asks_for_counts_in_the_caps(charging: Town) -> None:
    town = charging
    customer = town.customer()
    old, new = (town.invoice(customer, overdue=days) for days in (30, 20))
    town.sync()
    assert [town.notices(one)[-1].fee_ore for one in (old, new)] == [38_00, 0]
    begin_anew(town, new)
    with town.begin() as work:
        (one,) = loading.load(work, [town.claim(new).id])
        assert [(past.kind, past.fee_elsewhere) for past in one.facts.earlier_fees] == [(NoticeKind.REMINDER, True)]
    begin_anew(town, old)
    with town.begin() as work:
        assert {one.facts.earlier_fees for one in loading.load(work, [town.claim(one).id for one in (old, new)])} == {()}


def test_what_stands_in_the_way_is_said_with_the_way_out(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=1)
    town.sync()
    claim = town.claim(invoice)
    database = town.house.database

    def refusal(reason: str = "Feil adresse") -> str:
        with pytest.raises(RestartError) as refused, database.begin(town.scope) as work:
            restarting.restart(work, claim.id, reason)
        return str(refused.value)

    assert refusal("  ") == "Say why the follow-up begins anew."
    with town.begin() as work:
        holds.object_to(work, claim.id, "Varen kom aldri")
    assert "decide it first" in refusal()
    with town.begin() as work:
        holds.decide_dispute(work, claim.id, "upheld", "Stemmer")
    assert "credit the invoice in the ledger" in refusal()
    with town.begin() as work:
        work.session.execute(update(Dispute).values(decision="rejected"))
    with town.begin() as work:
        agreement = work.session.execute(select(Agreement)).scalar_one()
    case = make.agency_case(database, agreement, claim, state="in_collection")
    assert "withdraw it there first" in refusal()
    with town.begin() as work:
        work.session.execute(update(AgencyCase).values(state="closed"))
    assert "closed its case" in refusal()
    with town.begin() as work:
        work.session.execute(update(AgencyCase).values(state="withdrawn"))
    doubted = make.notice(database, claim, state="review")
    assert "find out first" in refusal()
    with town.begin() as work:
        work.session.execute(update(Notice).values(state="sent"))
    make.delivery(database, doubted, state="unknown", channel="letter")
    assert "on its way" in refusal()
    with town.begin() as work:
        work.session.execute(update(Delivery).values(state="posted"))
        work.session.execute(update(Claim).where(Claim.id == claim.id).values(state="closed"))
    assert "closed" in refusal()
    with town.begin() as work:
        work.session.execute(update(Claim).where(Claim.id == claim.id).values(state="active"))
        assert set(restarting.restart(work, claim.id, "Feil adresse").set_aside) == {doubted.id, case.id}
    with town.begin() as work:
        claims.evaluate(work, [claim.id], town.law)
    assert codes(town, invoice)[0] != "returned_by_agency", "withdrawn there, and begun anew here"


def test_another_bureaus_claim_is_not_begun_anew(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=1)
    town.sync()
    with town.house.database.begin(make.scope(make.bureau(town.house.database))) as work, pytest.raises(LookupError):
        restarting.restart(work, town.claim(invoice).id, "x")


DUE = date(2026, 3, 2)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_debtor_pays_for_more_than_one_ladder_however_often_it_begins_anew(data: st.DataObject) -> None:
    """Played day by day as the loader does it: a new beginning gives up the fees before it, but not one that stands on another invoice."""
    live: list[PastNotice] = []
    elsewhere: list[PastNotice] = []
    anew_on: date | None = None
    for days in sorted(data.draw(st.lists(st.integers(0, 120), min_size=1, max_size=8), label="days")):
        on = DUE + timedelta(days=days)
        if data.draw(st.booleans(), label="begins anew"):
            elsewhere += [one for one in live if one.fee_elsewhere]
            live, anew_on = [], on
            continue
        kind = data.draw(st.sampled_from([NoticeKind.REMINDER, NoticeKind.COLLECTION_WARNING]), label="kind")
        fee = allowed_fee(kind, FeeQuestion(DUE, on, 100_000, live, anew_on=anew_on, charged=elsewhere), ACT_1988, RATES).fee_ore
        if fee:
            assert on >= (anew_on or DUE) + timedelta(days=14), "fourteen days from when the debtor was first told"
        shared = bool(fee) and data.draw(st.booleans(), label="on another invoice")
        live.append(PastNotice(kind, on, on + timedelta(days=14), 0 if shared else fee, fee_elsewhere=shared))
        asked_for = [one for one in (*live, *elsewhere) if one.bears_fee]
        assert len(asked_for) <= 2 and sum(one.fee_ore for one in asked_for) <= 76_00
