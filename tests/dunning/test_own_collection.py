"""A company that collects its own claims: the whole ladder, from before the due date to its own payment demand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.dunning import handovers, loading, overrides
from app.dunning.policy import Policy, PolicyStep, StepKind, Takeover, Tone
from app.dunning.tiers import Place
from app.values.calendar import OSLO
from app.values.clock import FixedClock
from support.town import Town


@pytest.fixture
def clock() -> FixedClock:
    """The whole ladder within a year whose figures are confirmed."""
    return FixedClock(datetime(2026, 9, 7, 9, 0, tzinfo=OSLO))


def test_a_whole_ladder_of_our_own_from_before_the_due_date_to_the_payment_demand(town: Town) -> None:
    """Due notice, reminder, warning with a fee, payment demand with its own, and then a person: nothing is handed over."""
    steps = (
        PolicyStep(StepKind.DUE_NOTICE, -3, 0, tone=Tone.FRIENDLY),
        PolicyStep(StepKind.REMINDER, 3, 7, tone=Tone.FRIENDLY, interest=True),
        PolicyStep(StepKind.COLLECTION_WARNING, 14, 14, fee=True, interest=True),
        PolicyStep(StepKind.PAYMENT_DEMAND, 30, 14, tone=Tone.FIRM, fee=True, interest=True),
    )
    with town.begin() as work:
        overrides.save(work, Place(town.company.id), Policy(steps=steps, takeover=Takeover.OWN_COLLECTION))
    customer = town.customer()
    invoice = town.invoice(customer, overdue=-5)
    town.sync()
    town.live_until(town.clock.today() + timedelta(days=75))
    assert [(one.kind, one.round, one.state) for one in town.notices(invoice)] == [(step.kind.value, 1, "sent") for step in steps]
    early, reminder, warning, demand = town.notices(invoice)
    assert (early.total_ore, early.fee_ore, early.interest_ore) == (invoice["amount_ore"], 0, 0)
    assert [reminder.fee_ore, warning.fee_ore, demand.fee_ore] == [0, 3800, 11300]
    assert demand.total_ore == demand.principal_ore + demand.interest_ore + 3800 + 11300
    assert demand.wording == "payment_demand.nb.v1.firm"
    claim = town.claim(invoice)
    assert (claim.step, claim.reasons[0]["code"]) == ("ask_person", "demand_deadline_missed")
    with town.begin() as work:
        one = loading.load(work, [claim.id])[0]
        package = handovers.package_of(work, one, town.law.rules(Policy(), town.clock.today()))
    said = package["notices"]
    assert isinstance(said, list)
    assert [one["kind"] for one in said] == ["reminder", "collection_warning", "payment_demand"]
    assert len(town.outside.mails(customer["email"])) == 4
