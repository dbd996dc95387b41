"""A person's stop and the debtor's objection: both keep automation away until a person says otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.scope import Actor
from app.dunning import holds
from app.dunning.holds import HoldError
from app.dunning.models import Dispute, Hold
from app.tenants.models import AuditEntry
from support import make
from support.town import Town

KARI = Actor("user", None, "Kari Nordmann")


@pytest.fixture
def invoice(town: Town) -> dict[str, Any]:
    made = town.invoice(town.customer(), overdue=1)
    town.sync()
    return made


def test_a_stop_lasts_through_its_last_day_and_ends_by_itself(town: Town, invoice: dict[str, Any]) -> None:
    claim, until = town.claim(invoice), town.clock.today() + timedelta(days=4)
    with town.house.database.begin(town.scope, KARI) as work:
        hold = holds.place(work, claim.id, "  Betaler fredag ", until)
    assert (hold.reason, hold.placed_by) == ("Betaler fredag", "Kari Nordmann")
    town.work_off()
    assert town.claim(invoice).reasons[0]["code"] == "on_hold"
    town.move_to(until)
    town.day()
    assert town.notices(invoice) == []
    town.next_day()
    town.day()
    assert [notice.state for notice in town.notices(invoice)] == ["sent"]


def test_a_new_stop_replaces_the_old_one_and_both_are_remembered(town: Town, invoice: dict[str, Any]) -> None:
    claim = town.claim(invoice)
    for reason in ("Først", "Så"):
        with town.begin() as work:
            holds.place(work, claim.id, reason, None)
    with town.begin() as work:
        rows = work.session.execute(select(Hold).order_by(Hold.id)).scalars().all()
        assert [(row.reason, row.lifted_at is None) for row in rows] == [("Først", False), ("Så", True)]
        assert holds.lift(work, claim.id)
        assert not holds.lift(work, claim.id)
    with town.begin() as work:
        said = [row.action for row in work.session.execute(select(AuditEntry).order_by(AuditEntry.id)).scalars()]
    assert [one for one in said if one.startswith("claim.")] == ["claim.held", "claim.held", "claim.released"]


def test_a_stop_needs_a_reason_and_a_day_to_come(town: Town, invoice: dict[str, Any]) -> None:
    claim = town.claim(invoice)
    with town.begin() as work:
        for reason, until, field in ((" ", None, "reason"), ("x", town.clock.today() - timedelta(days=1), "until")):
            with pytest.raises(HoldError) as refused:
                holds.place(work, claim.id, reason, until)
            assert refused.value.field == field


def test_an_objection_freezes_the_claim_until_it_is_decided(town: Town, invoice: dict[str, Any]) -> None:
    claim = town.claim(invoice)
    with town.begin() as work:
        holds.object_to(work, claim.id, "Varen kom aldri")
        with pytest.raises(HoldError):
            holds.object_to(work, claim.id, "Igjen")
    town.next_day(30)
    town.day()
    assert (town.claim(invoice).step, town.notices(invoice)) == ("ask_person", [])
    with town.begin() as work:
        for decision, text, field in (("maybe", "x", "decision"), ("rejected", " ", "text")):
            with pytest.raises(HoldError) as refused:
                holds.decide_dispute(work, claim.id, decision, text)
            assert refused.value.field == field
        holds.decide_dispute(work, claim.id, "rejected", "Kvittert mottatt 3. november")
    town.work_off()
    assert [notice.state for notice in town.notices(invoice)] == ["sent"]


def test_an_objection_that_is_upheld_stops_the_claim_for_good(town: Town, invoice: dict[str, Any]) -> None:
    claim = town.claim(invoice)
    with town.begin() as work:
        holds.object_to(work, claim.id, "Varen kom aldri")
    with town.begin() as work:
        holds.decide_dispute(work, claim.id, "upheld", "Stemmer")
    town.next_day(20)
    town.day()
    assert (town.claim(invoice).step, town.notices(invoice)) == ("ask_person", [])
    with town.begin() as work:
        assert work.session.execute(select(Dispute)).scalar_one().decision == "upheld"


def test_another_bureaus_claim_does_not_exist(town: Town, invoice: dict[str, Any]) -> None:
    claim = town.claim(invoice)
    stranger = make.bureau(town.house.database)
    with town.house.database.begin(make.scope(stranger)) as work:
        for act in (
            lambda: holds.place(work, claim.id, "x", None),
            lambda: holds.lift(work, claim.id),
            lambda: holds.object_to(work, claim.id, "x"),
        ):
            with pytest.raises(LookupError):
                act()
