"""Text messages: a reminder where nothing else reaches the debtor, and beside a warning, which it never carries alone."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.dunning import notices, overrides
from app.dunning.facts import Channel
from app.dunning.policy_step import PolicyStep, StepKind, Tone
from app.dunning.tiers import Place
from app.messaging import receipts, sms_text, tokens
from app.messaging.adapters.link_mobility import read_report
from app.messaging.models import Delivery
from app.messaging.ports import SmsReceipt
from app.values.calendar import OSLO
from sandbox.link import Gateway, report_of
from support.town import Town

ALL = (Channel.EMAIL, Channel.LETTER, Channel.SMS)


STEPS = [
    PolicyStep(StepKind.REMINDER, 3, 7, ALL, Tone.FRIENDLY),
    PolicyStep(StepKind.COLLECTION_WARNING, 14, 14, ALL, fee=True, interest=True),
]


@pytest.fixture(autouse=True)
def by_all_ways(town: Town) -> None:
    wish(town)


def wish(town: Town, **more: Any) -> None:
    with town.begin() as work:
        overrides.put(work, Place(town.company.id), {"steps": [step.as_json() for step in STEPS], **more})


def messages(town: Town) -> list[Any]:
    return town.outside.world.part("link", Gateway).messages


def deliveries_of(town: Town, channel: str) -> list[Delivery]:
    with town.begin() as work:
        return list(work.session.execute(select(Delivery).where(Delivery.channel == channel).order_by(Delivery.id)).scalars())


def test_a_reminder_goes_by_text_where_nothing_else_reaches_the_debtor(town: Town) -> None:
    customer = town.customer(email=None, address_lines=[], postal_code=None, city=None, phone="900 00 001")
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    (message,) = messages(town)
    assert message.destination == "+4790000001"
    assert len(message.source) <= 11
    assert str(invoice["number"]) in message.text
    assert "1234 56 78903" in message.text or "12345678903" in message.text
    assert sms_text.plain(message.text) == message.text
    assert [notice.state for notice in town.notices(invoice)] == ["sent"]


def test_a_text_beside_a_warning_never_carries_it(town: Town) -> None:
    customer = town.customer(email=None, phone="900 00 002")
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    assert messages(town) == []
    town.until_listed()
    town.close_list()
    town.next_day()
    town.day()
    (message,) = messages(town)
    assert "skriftlig inkassovarsel" in message.text
    warning = town.notices(invoice)[-1]
    assert (warning.kind, warning.state) == ("collection_warning", "sent")
    letter = deliveries_of(town, "letter")[-1]
    town.outside.control.post(f"/print/letters/{tokens.spell(town.bureau.id, letter.id)}/return", {})
    town.clock.move(timedelta(days=4))
    town.follow_letters()
    assert town.notices(invoice)[-1].state == "undeliverable"


def test_a_number_that_does_not_exist_is_not_tried_again(town: Town) -> None:
    customer = town.customer(email=None, address_lines=[], postal_code=None, city=None, phone="900 00 003")
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    (sent,) = deliveries_of(town, "sms")
    report = SmsReceipt(tokens.spell(town.bureau.id, sent.id), "failed", 2104, "Dcs1")
    assert receipts.take_sms(town.resources.begin, report)
    assert receipts.take_sms(town.resources.begin, report)
    town.work_off()
    assert (deliveries_of(town, "sms")[0].state, town.notices(invoice)[0].state) == ("bounced", "undeliverable")
    town.sync()
    assert len(messages(town)) == 1


def test_a_message_whose_answer_was_lost_goes_to_a_person(town: Town) -> None:
    customer = town.customer(email=None, address_lines=[], postal_code=None, city=None, phone="900 00 004")
    town.invoice(customer, overdue=5)
    town.outside.control.fault("POST /link/sms/send", "drop_after")
    town.sync()
    (effect,) = town.effects(notices.SMS_KIND)
    assert effect.state == "review"
    assert len(messages(town)) == 1


def test_a_landline_gets_nothing(town: Town) -> None:
    invoice = town.invoice(town.customer(email=None, address_lines=[], postal_code=None, city=None, phone="22 00 00 00"), overdue=5)
    town.sync()
    assert (messages(town), town.claim(invoice).reasons[0]["code"]) == ([], "no_channel")


def test_a_gateway_that_fails_at_five_to_nine_is_not_tried_again_at_night(town: Town) -> None:
    """Inkassoloven 2026 § 15: not after 21 o'clock; and the notice is written anew, with a deadline counted from the day it is sent."""
    wish(town, send_from_hour=8, send_until_hour=21)
    town.move_to(town.clock.today(), time(20, 55))
    invoice = town.invoice(town.customer(email=None, address_lines=[], postal_code=None, city=None, phone="900 00 005"), overdue=5)
    town.outside.control.fault("POST /link/sms/send", "status", status=503)
    town.sync()
    (first,) = town.notices(invoice)
    assert (messages(town), first.state) == ([], "issued")
    town.clock.move(timedelta(minutes=6))
    town.ring("effects.sweep_bureau")
    (waits,) = town.effects(notices.SMS_KIND)
    assert (messages(town), waits.state, waits.reason) == ([], "planned", "outside the hours at which notices go out")
    assert waits.not_before.astimezone(OSLO).hour == 8
    town.next_day()
    town.day()
    assert len(messages(town)) == 1
    sent = town.notices(invoice)[-1]
    assert (sent.state, sent.issued_on) == ("sent", town.clock.today())
    assert sent.payment_deadline > first.payment_deadline


def test_the_gateways_report_reaches_the_message_by_its_own_way(town: Town) -> None:
    town.invoice(town.customer(email=None, address_lines=[], postal_code=None, city=None, phone="900 00 006"), overdue=5)
    town.sync()
    (message,) = messages(town)
    assert receipts.take_sms(town.resources.begin, read_report(report_of(message)))
    assert deliveries_of(town, "sms")[0].state == "delivered"
