"""Notices: said once, only if still right, and never counted on when they may not have arrived."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.dunning import holds, notices, overrides, policies
from app.dunning.facts import Channel
from app.dunning.models import Hold
from app.dunning.policy import StepKind
from app.dunning.tiers import Place
from app.receivables.models import Debtor
from app.tenants import bureaus
from support.town import Town

ISSUE, SEND = "dunning.issue_notice", "effects.perform_dunning"


def overdue(town: Town, days: int = 5, **facts: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    customer = town.customer(**facts)
    return customer, town.invoice(customer, overdue=days)


def states(town: Town, invoice: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(one.kind, one.round, one.state) for one in town.notices(invoice)]


def test_a_reminder_is_said_once_however_often_it_is_rung_for(town: Town) -> None:
    customer, invoice = overdue(town)
    town.sync()
    (notice,) = town.notices(invoice)
    for _ in range(2):
        town.ring("dunning.issue_notice", notice_id=str(notice.id))
        town.ring("dunning.evaluate_bureau")
        town.ring("effects.sweep_bureau")
    assert states(town, invoice) == [("reminder", 1, "sent")]
    (mail,) = town.outside.mails(customer["email"])
    assert [one["name"] for one in mail["enclosures"]] == [f"betalingspaminnelse-{invoice['number']}.pdf"]


def test_a_payment_between_planning_and_issue_calls_the_notice_off(town: Town) -> None:
    customer, invoice = overdue(town)
    town.sync(ISSUE)
    assert states(town, invoice) == [("reminder", 1, "planned")]
    town.pay(invoice)
    town.ring("dunning.sweep_bureau")
    assert states(town, invoice) == [("reminder", 1, "cancelled")]
    assert town.claim(invoice).state == "closed"
    assert town.outside.mails(customer["email"]) == []


def test_a_payment_between_issue_and_sending_stops_the_mail(town: Town) -> None:
    customer, invoice = overdue(town)
    town.sync(SEND)
    assert states(town, invoice) == [("reminder", 1, "issued")]
    town.pay(invoice)
    town.ring("effects.sweep_bureau")
    assert states(town, invoice) == [("reminder", 1, "cancelled")]
    assert [effect.state for effect in town.effects()] == ["cancelled"]
    assert town.claim(invoice).state == "closed"
    assert town.outside.mails(customer["email"]) == []


@pytest.mark.parametrize("what", ["hold", "objection", "part payment", "pause"])
def test_what_happens_between_issue_and_sending_stops_the_mail(town: Town, what: str) -> None:
    customer, invoice = overdue(town)
    town.sync(SEND)
    claim = town.claim(invoice)
    if what == "part payment":
        town.pay(invoice, 400_000)
    elif what == "pause":
        town.change_company(paused_reason="Ferie")
    else:
        with town.begin() as work:
            if what == "hold":
                holds.place(work, claim.id, "Avtale", None)
            else:
                holds.object_to(work, claim.id, "Varen kom aldri")
    town.ring("effects.sweep_bureau")
    assert states(town, invoice)[0] == ("reminder", 1, "cancelled")
    said = town.outside.mails(customer["email"])
    if what == "part payment":
        (mail,) = said
        assert states(town, invoice)[1:] == [("reminder", 2, "sent")]
        assert re.search("Å betale: 6\xa00", mail["text"])
    else:
        assert said == []
        assert town.claim(invoice).step in {"wait", "ask_person"}


def test_a_notice_written_in_the_evening_is_neither_sent_at_night_nor_as_tomorrows(town: Town) -> None:
    customer, invoice = overdue(town)
    town.move_to(town.clock.today(), time(20, 55))
    town.sync(SEND)
    (first,) = town.notices(invoice)
    town.move_to(town.clock.today(), time(21, 5))
    town.ring("effects.sweep_bureau")
    assert [effect.state for effect in town.effects()] == ["planned"]
    assert town.outside.mails(customer["email"]) == []
    town.next_day(at=time(8, 10))
    town.ring("effects.sweep_bureau")
    cancelled, again = town.notices(invoice)
    assert (cancelled.state, again.state, again.round) == ("cancelled", "sent", 2)
    assert again.issued_on == town.clock.today()
    assert first.payment_deadline is not None and again.payment_deadline is not None
    assert again.payment_deadline > first.payment_deadline
    assert len(town.outside.mails(customer["email"])) == 1


def test_what_is_decided_at_night_is_written_in_the_morning(town: Town) -> None:
    customer, invoice = overdue(town)
    town.next_day(at=time(6, 0))
    town.sync()
    (notice,) = town.notices(invoice)
    assert (notice.state, notice.problem) == ("planned", None)
    town.move_to(town.clock.today(), time(8, 1))
    town.ring("dunning.sweep_bureau")
    assert states(town, invoice) == [("reminder", 1, "sent")]
    assert len(town.outside.mails(customer["email"])) == 1


def test_a_company_that_uses_letters_only_sends_no_mail(town: Town) -> None:
    with town.begin() as work:
        overrides.save(work, Place(town.company.id), policies.STANDARD.with_step(StepKind.REMINDER, channels=(Channel.LETTER,)))
    customer, invoice = overdue(town)
    town.sync()
    assert states(town, invoice) == [("reminder", 1, "sent")]
    assert town.outside.mails(customer["email"]) == []
    assert len(town.outside.letters(customer["name"])) == 1


def test_an_address_that_is_refused_makes_a_new_round_by_letter_and_is_left_alone(town: Town) -> None:
    customer, invoice = overdue(town)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "reject"})
    town.sync()
    assert states(town, invoice) == [("reminder", 1, "undeliverable"), ("reminder", 2, "sent")]
    assert len(town.outside.letters(customer["name"])) == 1
    assert [effect.state for effect in town.effects("dunning.notice_by_mail")] == ["refused"]


def test_a_bounced_mail_makes_a_new_round_by_letter_with_a_new_deadline(town: Town) -> None:
    customer, invoice = overdue(town)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "bounce", "delay_seconds": 90_000})
    town.sync()
    assert states(town, invoice) == [("reminder", 1, "sent")]
    town.next_day(2)
    town.day()
    town.day()
    first, again = town.notices(invoice)
    assert (first.state, again.state) == ("undeliverable", "sent")
    assert first.payment_deadline is not None and again.payment_deadline is not None
    assert again.payment_deadline > first.payment_deadline
    assert len(town.outside.mails(customer["email"])) == 1
    assert len(town.outside.letters(customer["name"])) == 1


def test_when_no_road_is_left_a_person_is_asked(town: Town) -> None:
    customer, invoice = overdue(town, address_lines=[], postal_code=None, city=None)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "reject"})
    town.sync()
    assert states(town, invoice) == [("reminder", 1, "undeliverable")]
    assert town.claim(invoice).step == "ask_person"
    assert town.claim(invoice).reasons[0]["code"] == "no_channel"


def test_a_notice_called_off_before_it_was_said_is_taken_up_again(town: Town) -> None:
    customer, invoice = overdue(town)
    town.sync(ISSUE)
    claim = town.claim(invoice)
    with town.begin() as work:
        holds.place(work, claim.id, "Ringer kunden", None)
    town.work_off()
    assert states(town, invoice) == [("reminder", 1, "cancelled")]
    with town.begin() as work:
        holds.lift(work, claim.id)
    town.work_off()
    assert states(town, invoice) == [("reminder", 1, "sent")]
    assert len(town.outside.mails(customer["email"])) == 1


def test_a_mail_that_may_have_gone_keeps_the_claim_back_until_a_person_has_looked(town: Town) -> None:
    customer, invoice = overdue(town, address_lines=[], postal_code=None, city=None)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "drop_after_data"})
    town.sync()
    assert states(town, invoice) == [("reminder", 1, "review")]
    claim = town.claim(invoice)
    with town.begin() as work:
        hold = work.session.execute(select(Hold).where(Hold.claim_id == claim.id)).scalar_one()
    assert (hold.placed_by, hold.until, hold.lifted_at) == ("Reskontro", None, None)
    for _ in range(3):
        town.monday()
    assert (town.claim(invoice).step, town.claim(invoice).reasons[0]["code"]) == ("wait", "on_hold_open")
    assert states(town, invoice) == [("reminder", 1, "review")]
    assert town.lists()[-1].state == "closed"


@pytest.mark.parametrize("answer", ["it went", "it did not", "nobody knows"])
def test_a_persons_answer_about_a_doubtful_notice_lets_the_claim_go_on(town: Town, answer: str) -> None:
    customer, invoice = overdue(town, address_lines=[], postal_code=None, city=None)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "drop_after_data"})
    town.sync()
    (notice,) = town.notices(invoice)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "accept"})
    with town.begin() as work:
        if answer == "nobody knows":
            holds.lift(work, notice.claim_id)
        else:
            notices.settle_doubt(work, notice.id, went=answer == "it went")
    town.work_off()
    first = "sent" if answer == "it went" else "undeliverable"
    assert states(town, invoice) == [("reminder", 1, first)] + ([] if answer == "it went" else [("reminder", 2, "sent")])
    assert town.claim(invoice).reasons[0]["code"] == "inside_deadline"


def test_a_doubtful_mail_does_not_matter_where_the_letter_went(town: Town) -> None:
    town.straight_to_the_list()
    customer, invoice = overdue(town, 20)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "drop_after_data"})
    town.sync()
    town.make_list()
    town.close_list()
    assert states(town, invoice)[-1] == ("collection_warning", 1, "sent")
    assert len(town.outside.letters(customer["name"])) == 1
    with town.begin() as work:
        assert work.session.execute(select(Hold)).scalars().all() == []


def test_a_company_without_an_account_number_says_nothing_and_asks_the_ledger_nothing(town: Town) -> None:
    town.change_company(account_number=None)
    customer, invoice = overdue(town)
    town.sync()
    (notice,) = town.notices(invoice)
    assert notice.state == "planned"
    assert notice.problem is not None and "account number" in notice.problem
    town.outside.control.fault("/tripletex/v2/invoice", "status", times=1, status=500)
    town.ring("dunning.sweep_bureau")
    assert len(town.outside.control.get("/faults")) == 1, "the ledger was asked for nothing"
    town.outside.control.delete("/faults")
    town.change_company(account_number="12345678903")
    town.ring("dunning.sweep_bureau")
    assert states(town, invoice) == [("reminder", 1, "sent")]
    assert len(town.outside.mails(customer["email"])) == 1


@pytest.mark.parametrize("columns", [{"active_from": None}, {"paused_reason": "Ferie"}, {"closed": True}, {"later": True}])
def test_a_company_that_is_not_followed_up_sends_nothing_and_the_reason_says_so(town: Town, columns: dict[str, Any]) -> None:
    if columns == {"closed": True}:
        columns = {"closed_at": town.clock.now()}
    if columns == {"later": True}:
        columns = {"active_from": town.clock.now() + timedelta(days=30)}
    town.change_company(**columns)
    reminded, ripe = overdue(town), overdue(town, 40)
    town.sync()
    town.monday()
    for customer, invoice in (reminded, ripe):
        assert (town.claim(invoice).step, town.claim(invoice).reasons[0]["code"]) == ("wait", "company_not_active")
        assert not town.claim(invoice).awaits_list
        assert town.outside.mails(customer["email"]) == []
    assert town.lists() == []
    town.change_company(active_from=town.clock.now(), paused_reason=None, closed_at=None)
    town.next_day()
    town.day()
    assert len(town.outside.mails(reminded[0]["email"])) == 1


def test_a_warning_that_never_left_the_house_is_no_ground_for_a_handover(town: Town) -> None:
    town.straight_to_the_list()
    customer, invoice = overdue(town, 20)
    town.sync()
    town.make_list()
    town.close_list(SEND)
    assert states(town, invoice)[-1] == ("collection_warning", 1, "issued")
    with town.begin() as work:
        bureaus.stop_sending(work, "gjenopprettet fra kopi")
    for _ in range(4):
        town.monday()
    assert town.outside.cases(customer["name"]) == []
    assert town.outside.letters(customer["name"]) == []
    with town.begin() as work:
        bureaus.allow_sending(work)
    town.next_day()
    town.day()
    assert len(town.outside.letters(customer["name"])) == 1
    assert town.outside.cases(customer["name"]) == []
    last = town.notices(invoice)[-1]
    assert (last.kind, last.state, last.issued_on) == ("collection_warning", "sent", town.clock.today())


def test_an_address_that_bounced_is_remembered_for_the_debtors_other_claims(town: Town) -> None:
    customer, _ = overdue(town)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "bounce"})
    town.sync()
    town.read_inbox()
    with town.begin() as work:
        debtor = work.session.execute(select(Debtor).where(Debtor.name == customer["name"])).scalar_one()
    assert debtor.email_bad_reason is not None
    other = town.invoice(customer, overdue=6)
    town.sync()
    assert len(town.outside.mails(customer["email"])) == 1
    assert states(town, other) == [("reminder", 1, "sent")]
    assert len(town.outside.letters(customer["name"])) == 2
