"""What goes to the agency, when, and what stops it on the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.agencies.models import AgencyCase
from app.dunning import handovers, holds, loading
from app.dunning.models import Notice
from app.messaging.models import Delivery
from support.town import Town

REGISTER = "effects.perform_agencies"


@pytest.fixture
def warned(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A claim whose warning's deadline and days of grace are over today, before anybody has looked."""
    town.straight_to_the_list()
    customer = town.customer()
    invoice = town.invoice(customer, overdue=21)
    town.sync()
    town.make_list()
    town.close_list()
    warning = town.notices(invoice)[-1]
    assert warning.payment_deadline is not None
    town.move_to(warning.payment_deadline + timedelta(days=7))
    return customer, invoice


Warned = tuple[dict[str, Any], dict[str, Any]]


def cases(town: Town) -> list[AgencyCase]:
    with town.begin() as work:
        return list(work.session.execute(select(AgencyCase).order_by(AgencyCase.planned_at, AgencyCase.closed_at)).scalars())


def test_the_package_holds_the_bare_principal_and_the_history_of_notices(town: Town, warned: Warned) -> None:
    customer, invoice = warned
    town.sync()
    (case,) = cases(town)
    assert case.state == "registered"
    package = case.package
    assert (package["principal_ore"], package["original_ore"], package["invoice_number"]) == (1_000_000, 1_000_000, str(invoice["number"]))
    assert package["debtor"]["organisation_number"] == customer["organisation_number"]
    (said,) = package["notices"]
    warning = town.notices(invoice)[-1]
    assert warning.issued_on is not None and warning.payment_deadline is not None
    by_mail, by_letter = said.pop("grounds")
    assert by_mail.startswith("Adressen sto på kunden i regnskapet")
    assert by_letter.startswith("Brev med posten til adressen i regnskapet")
    assert said == {
        "kind": "collection_warning", "sent_on": warning.issued_on.isoformat(), "channel": "email+letter", "fee_ore": 38_00,
        "payment_deadline": warning.payment_deadline.isoformat(),
    }  # fmt: skip
    assert [document["kind"] for document in package["documents"]] == ["collection_warning"]
    assert package["interest_ore"] > 0
    (there,) = town.outside.cases(customer["name"])
    assert [document["name"] for document in there["documents"]] == [f"inkassovarsel-{invoice['number']}.pdf"]


def test_it_is_handed_over_once_and_then_our_own_steps_rest(town: Town, warned: Warned) -> None:
    customer, invoice = warned
    for _ in range(3):
        town.sync()
        town.ring("dunning.evaluate_bureau")
        town.ring("effects.sweep_bureau")
    assert len(town.outside.cases(customer["name"])) == 1
    assert town.claim(invoice).reasons[0]["code"] == "at_agency"


@pytest.mark.parametrize("what", ["payment", "hold", "objection", "pause", "bounce"])
def test_what_happens_before_the_case_leaves_keeps_it_here(town: Town, warned: Warned, what: str) -> None:
    customer, invoice = warned
    town.sync(REGISTER)
    assert [case.state for case in cases(town)] == ["planned"]
    claim = town.claim(invoice)
    if what == "payment":
        town.pay(invoice)
    elif what == "pause":
        town.change_company(paused_reason="Ferie")
    with town.begin() as work:
        if what == "hold":
            holds.place(work, claim.id, "Avtale", None)
        elif what == "objection":
            holds.object_to(work, claim.id, "Varen kom aldri")
        elif what == "bounce":
            work.session.execute(select(Notice).where(Notice.claim_id == claim.id)).scalar_one().state = "undeliverable"
            for delivery in work.session.execute(select(Delivery).where(Delivery.purpose == "notice")).scalars():
                delivery.state = "returned" if delivery.channel == "letter" else "bounced"
    town.ring("effects.sweep_bureau")
    assert town.outside.cases(customer["name"]) == []
    assert cases(town)[0].state == "cancelled"


def test_a_payment_of_a_part_hands_over_the_rest(town: Town, warned: Warned) -> None:
    customer, invoice = warned
    town.sync(REGISTER)
    town.pay(invoice, 300_000)
    town.ring("effects.sweep_bureau")
    town.sync()
    (there,) = town.outside.cases(customer["name"])
    assert there["outstanding"]["principal"] == 7_000
    assert [case.state for case in cases(town)] == ["cancelled", "registered"]


def test_compensation_is_claimed_from_others_than_consumers_only(town: Town, warned: Warned) -> None:
    from dataclasses import replace

    from app.dunning.facts import DebtorKind
    from app.dunning.policy import Policy

    rules = town.law.rules(Policy(claim_compensation=True), town.clock.today())
    claim = town.claim(warned[1])
    with town.begin() as work:
        (one,) = loading.load(work, [claim.id])
        assert handovers.package_of(work, one, rules)["claims_compensation"] is True
        person = replace(one, facts=replace(one.facts, debtor_kind=DebtorKind.CONSUMER))
        assert handovers.package_of(work, person, rules)["claims_compensation"] is False


def test_nothing_is_handed_over_before_the_days_of_grace_are_over(town: Town, warned: Warned) -> None:
    customer, invoice = warned
    warning = town.notices(invoice)[-1]
    assert warning.payment_deadline is not None
    for days in (1, 2):
        town.move_to(warning.payment_deadline + timedelta(days=days))
        town.sync()
    assert town.claim(invoice).reasons[0]["code"] == "inside_deadline"
    assert cases(town) == []
    assert town.outside.cases(customer["name"]) == []
