"""Promises, time given and instalment plans: waited for, confirmed in writing, kept or broken, and what then."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.dunning import arrangements, holds, wide_holds
from app.dunning.arrangement_models import ArrangementRow
from app.dunning.arrangements import ArrangementError, Term
from app.dunning.arranging import next_unpaid
from app.dunning.engine import decide
from app.dunning.facts import Arrangement, ArrangementKind, ClaimFacts, Instalment
from app.dunning.holds import HoldError
from app.dunning.models import Notice
from app.dunning.policy import Policy
from app.dunning.statutes import ACT_1988
from app.dunning.statutes.rates import RATES
from app.dunning.steps import SendReminder, Wait
from app.values import calendar
from support.town import Town

PLAN = Arrangement(
    ArrangementKind.PLAN,
    900_000,
    (Instalment(date(2026, 10, 1), 300_000), Instalment(date(2026, 11, 2), 300_000), Instalment(date(2026, 12, 1), 300_000)),
)
CLAIM = ClaimFacts(remaining_ore=900_000, original_ore=1_000_000, due_on=date(2026, 9, 3), arrangement=PLAN)


def on(day: date, **facts: Any) -> Any:
    return decide(replace(CLAIM, ledger_synced_on=day, **facts), Policy().within(ACT_1988, RATES), calendar, day)


def test_the_next_unpaid_instalment_decides() -> None:
    first = on(date(2026, 9, 21))
    assert isinstance(first.step, Wait)
    assert (first.reasons[0].code, first.reasons[0].params["until_on"]) == ("instalment_due", "2026-10-01")
    assert on(date(2026, 10, 6)).reasons[0].code == "instalment_due", "three business days of grace"
    paid = on(date(2026, 10, 20), remaining_ore=600_000)
    assert paid.reasons[0].params["until_on"] == "2026-11-02"
    assert next_unpaid(PLAN, 299_000) == PLAN.instalments[2], "a little too much goes to the next one"
    assert next_unpaid(PLAN, 0) is None


def test_a_missed_instalment_ends_the_plan_and_is_the_reason_for_what_follows() -> None:
    missed = on(date(2026, 10, 7))
    assert isinstance(missed.step, SendReminder)
    assert "instalment_missed" in [reason.code for reason in missed.reasons]
    ended = replace(PLAN, ended=True, missed=PLAN.instalments[0])
    late = on(date(2026, 10, 20), remaining_ore=600_000, arrangement=ended)
    assert not isinstance(late.step, Wait), "what comes in late does not bring the plan back"
    assert "instalment_missed" in [reason.code for reason in late.reasons]


@pytest.fixture
def invoice(town: Town) -> dict[str, Any]:
    made = town.invoice(town.customer(), overdue=1)
    town.sync()
    return made


def agree(town: Town, invoice: dict[str, Any], kind: ArrangementKind, *terms: tuple[int, int]) -> ArrangementRow:
    """Terms: days from today, and øre."""
    with town.begin() as work:
        row = arrangements.agree(
            work, town.claim(invoice).id, kind, [Term(town.clock.today() + timedelta(days=days), ore) for days, ore in terms]
        )
    town.work_off()
    return row


def said(town: Town, invoice: dict[str, Any]) -> list[Notice]:
    return [notice for notice in town.notices(invoice) if notice.state == "sent"]


def outcomes(town: Town) -> list[str | None]:
    with town.begin() as work:
        return list(work.session.execute(select(ArrangementRow.outcome).order_by(ArrangementRow.id)).scalars())


def test_a_broken_promise_goes_on_with_that_reason(town: Town, invoice: dict[str, Any]) -> None:
    agree(town, invoice, ArrangementKind.PROMISE, (7, 1_000_000))
    town.live_until(town.clock.today() + timedelta(days=8))
    assert town.claim(invoice).reasons[0]["code"] == "promised"
    assert town.notices(invoice) == []
    town.live_until(town.clock.today() + timedelta(days=7))
    (notice,) = town.notices(invoice)
    assert notice.state == "sent"
    assert "promise_broken" in [reason["code"] for reason in notice.reasons]
    assert outcomes(town) == ["broken"]


def test_a_kept_promise_is_remembered_as_kept(town: Town, invoice: dict[str, Any]) -> None:
    agree(town, invoice, ArrangementKind.PROMISE, (7, 1_000_000))
    town.pay(invoice)
    town.next_day()
    town.day()
    assert (outcomes(town), town.claim(invoice).state) == (["kept"], "closed")


def test_a_plan_is_confirmed_in_writing_with_every_date_and_amount(town: Town) -> None:
    customer = town.customer()
    invoice = town.invoice(customer, overdue=1)
    town.sync()
    row = agree(town, invoice, ArrangementKind.PLAN, (10, 400_000), (40, 600_000))
    town.day()
    (mail,) = town.outside.mails(customer["email"])
    assert "Bekreftelse på betalingsavtale" in mail["subject"]
    for term in (10, 40):
        assert (row.made_at.date() + timedelta(days=term)).strftime("%d.%m.%Y") in mail["text"]
    for amount in ("4\u00a0000,00", "6\u00a0000,00"):
        assert amount in mail["text"]
    town.pay(invoice, 400_000)
    town.live_until(town.clock.today() + timedelta(days=20))
    assert town.claim(invoice).reasons[0]["params"]["amount_ore"] == 600_000
    assert town.notices(invoice) == []
    town.pay(invoice, 600_000)
    town.next_day()
    town.day()
    assert outcomes(town) == ["kept"]


def test_without_a_mail_address_the_confirmation_goes_by_letter(town: Town) -> None:
    customer = town.customer(email=None)
    invoice = town.invoice(customer, overdue=1)
    town.sync()
    agree(town, invoice, ArrangementKind.EXTENSION, (20, 1_000_000))
    town.day()
    assert len(town.outside.letters(customer["name"])) == 1


def test_an_agreement_that_was_taken_back_is_not_confirmed_and_not_waited_for(town: Town, invoice: dict[str, Any]) -> None:
    with town.begin() as work:
        arrangements.agree(
            work, town.claim(invoice).id, ArrangementKind.EXTENSION, [Term(town.clock.today() + timedelta(days=20), 1_000_000)]
        )
        assert arrangements.withdraw(work, town.claim(invoice).id)
        assert not arrangements.withdraw(work, town.claim(invoice).id)
    town.work_off()
    town.day()
    assert [effect.state for effect in town.effects("dunning.confirmation_by_mail")] == ["cancelled"]
    assert town.claim(invoice).reasons[0]["code"] in ("reminder_later", "not_due")


@pytest.mark.parametrize(
    ("kind", "terms", "words"),
    [
        (ArrangementKind.PLAN, (), "at least one"),
        (ArrangementKind.PLAN, ((10, 500_000), (5, 500_000)), "each after"),
        (ArrangementKind.PLAN, ((10, 500_000), (20, 400_000)), "add up"),
        (ArrangementKind.EXTENSION, ((10, 500_000), (20, 500_000)), "one date"),
        (ArrangementKind.PROMISE, ((10, 2_000_000),), "more than what is open"),
        (ArrangementKind.PROMISE, ((-1, 1_000),), "today or later"),
        (ArrangementKind.EXTENSION, ((900, 1_000_000),), "two years"),
    ],
)
def test_what_cannot_be_agreed_is_refused_with_the_way_out(
    town: Town, invoice: dict[str, Any], kind: ArrangementKind, terms: tuple[tuple[int, int], ...], words: str
) -> None:
    with pytest.raises(ArrangementError, match=words):
        agree(town, invoice, kind, *terms)


def test_a_stop_on_a_debtor_keeps_all_its_claims_and_no_others(town: Town) -> None:
    customer, other = town.customer(), town.customer()
    invoices = [town.invoice(customer, overdue=1), town.invoice(customer, overdue=1), town.invoice(other, overdue=1)]
    town.sync()
    debtor = town.claim(invoices[0]).debtor_id
    until = town.clock.today() + timedelta(days=7)
    with town.begin() as work:
        wide_holds.place(work, town.company.id, debtor, "Storkunde: vi ringer selv", until)
        holds.place(work, town.claim(invoices[1]).id, "Vent", None)
    town.work_off()
    town.live_until(until)
    codes = [town.claim(one).reasons[0]["code"] for one in invoices]
    assert codes[:2] == ["debtor_on_hold", "on_hold_open"]
    assert [len(said(town, one)) for one in invoices] == [0, 0, 1]
    town.live_until(until + timedelta(days=3))
    assert [len(said(town, one)) for one in invoices] == [1, 0, 1], "the debtor's stop has ended, the claim's own has not"


def test_a_stop_on_a_company_calls_off_what_is_planned_and_is_lifted_there(town: Town, invoice: dict[str, Any]) -> None:
    with town.begin() as work:
        with pytest.raises(HoldError):
            wide_holds.place(work, town.company.id, None, " ", None)
        wide_holds.place(work, town.company.id, None, "Nytt regnskapssystem", None)
    town.work_off()
    town.next_day(5)
    town.day()
    assert (town.claim(invoice).reasons[0]["code"], town.notices(invoice)) == ("company_on_hold_open", [])
    with town.begin() as work:
        assert wide_holds.lift(work, town.company.id, None)
        assert not wide_holds.lift(work, town.company.id, None)
    town.work_off()
    with town.begin() as work:
        assert work.session.execute(select(Notice)).first() is not None
