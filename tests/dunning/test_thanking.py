"""Thanks for a payment: where the policy wants it, once, by mail, in sending hours, and never where it would be mockery."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from sqlalchemy import select, update

from app.agencies.models import Agreement
from app.dunning import holds, overrides, own_wordings, thanking
from app.dunning.claim_view import claim_detail
from app.dunning.models import Claim
from app.dunning.own_wordings import Which
from app.dunning.tiers import Place
from app.dunning.timeline import timeline
from app.dunning.wording import wording_text
from support import make
from support.town import Town

HOUSE = wording_text("thanks", "en", "friendly")


@pytest.fixture
def polite(town: Town) -> Town:
    """A company that thanks, and writes to each debtor about one invoice at a time."""
    with town.begin() as work:
        overrides.put(work, Place(town.company.id), {"thank_on_payment": True, "group_invoices": False})
    return town


def thanked(town: Town, customer: dict[str, Any]) -> int:
    return sum(mail["subject"].startswith(("Takk for betaling", "Thank you")) for mail in town.outside.mails(customer["email"]))


def reminded(town: Town, **facts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    customer = town.customer(**facts)
    return customer, town.invoice(customer, overdue=5)


def test_whoever_pays_after_a_notice_is_thanked_once_and_in_his_language(polite: Town) -> None:
    town = polite
    with town.begin() as work:
        overrides.put(work, Place(town.company.id), {"thank_on_payment": True, "letter_language": "en"})
        own_wordings.save(work, town.company.id, Which("thanks", "en", "friendly"), HOUSE.replace("has arrived", "has found its way to us"))
    customer, invoice = reminded(town)
    town.sync()
    assert [one.state for one in town.notices(invoice)] == ["sent"]
    town.pay(invoice)
    town.move_to(town.clock.today(), time(22, 0))
    town.sync()
    assert (town.claim(invoice).state, thanked(town, customer)) == ("closed", 0), "not in the evening"
    town.next_day()
    town.ring("effects.sweep_bureau")
    mail = town.outside.mails(customer["email"])[-1]
    assert mail["subject"].startswith(f"Thank you for your payment – invoice {invoice['number']} from")
    assert "has found its way to us" in mail["text"], "in the company's own words"
    assert "kr" not in mail["text"].lower(), "it asks for nothing"
    with town.begin() as work:
        assert [one.mood for one in timeline(claim_detail(work, town.claim(invoice).id)) if one.code == "thanked"] == ["good"]

    # taken back, and paid once more: thanks are said once
    with town.begin() as work:
        work.session.execute(update(Claim).values(state="active", awaits_decision=True, next_action_on=town.clock.today()))
    town.ring("dunning.evaluate_bureau")
    assert (town.claim(invoice).state, len(town.effects(thanking.MAIL_KIND))) == ("closed", 1)


def test_nobody_is_thanked_where_it_would_be_out_of_place(polite: Town) -> None:
    town = polite
    unasked = town.customer()
    early = town.invoice(unasked, overdue=-3)
    quarrelling, paid = reminded(town)
    disputed = town.invoice(quarrelling, overdue=6)
    pursued, once_there = reminded(town)
    fond, kept = reminded(town)
    town.sync()
    with town.begin() as work:
        holds.object_to(work, town.claim(disputed).id, "Varen kom aldri")
    _was_there(town, once_there)
    for invoice in (early, paid, once_there, kept):
        town.pay(invoice)
    town.sync()
    assert {town.claim(one).state for one in (paid, once_there, kept)} == {"closed"}
    assert [thanked(town, one) for one in (unasked, quarrelling, pursued, fond)] == [0, 0, 0, 1]

    late, unfriendly = reminded(town)
    town.sync()
    with town.begin() as work:
        overrides.put(work, Place(town.company.id), {"thank_on_payment": False})
    town.pay(unfriendly)
    town.sync()
    assert (town.claim(unfriendly).state, thanked(town, late)) == ("closed", 0), "only where the policy wants it"


def _was_there(town: Town, invoice: dict[str, Any]) -> None:
    with town.begin() as work:
        agreement = work.session.execute(select(Agreement)).scalar_one()
    at = town.clock.now()
    make.agency_case(town.house.database, agreement, town.claim(invoice), state="cancelled", handed_over_at=at, closed_at=at)
