"""What channels tell us afterwards: letters on their way, letters that come back, and mails that bounce."""

from __future__ import annotations

import re
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.messaging import receipts, tokens
from app.messaging.models import Delivery, Receipt
from app.messaging.ports import LetterReceipt
from app.receivables.models import Debtor
from app.values.ids import new_id
from support.town import Town, settle_in


@pytest.fixture
def letter(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A reminder on its way by post: the debtor has no e-mail."""
    customer = town.customer(email=None)
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    return customer, invoice


def delivery(town: Town) -> Delivery:
    with town.begin() as work:
        return list(work.session.execute(select(Delivery).order_by(Delivery.id)).scalars())[-1]


def key_of(town: Town) -> str:
    return tokens.spell(town.bureau.id, delivery(town).id)


def said(town: Town) -> list[str]:
    with town.begin() as work:
        return list(
            work.session.execute(select(Receipt.state).where(Receipt.delivery_id == delivery(town).id).order_by(Receipt.id)).scalars()
        )


def test_a_letter_is_followed_until_it_is_posted_each_word_once(town: Town, letter: Any) -> None:
    assert (town.follow_letters(), delivery(town).state) == (1, "sent")
    town.clock.move(timedelta(hours=2))
    assert [town.follow_letters(), town.follow_letters()] == [1, 0]
    assert delivery(town).state == "printed"
    town.next_day(at=time(15, 0))
    assert [town.follow_letters(), town.follow_letters()] == [1, 0]
    assert delivery(town).state == "posted"
    assert said(town) == ["sent", "accepted", "printed", "posted"]
    with town.begin() as work:
        proof = work.session.execute(select(Receipt.text_).where(Receipt.state == "posted")).scalar_one()
    assert re.search(r"L\d+ Posten \d{8}-\d+$", proof)


def test_a_letter_that_comes_back_is_told_and_its_notice_reached_nobody(town: Town, letter: Any) -> None:
    town.next_day(3)
    town.follow_letters()
    town.outside.control.post(f"/print/letters/{key_of(town)}/return", {"reason": "Ukjent adressat"})
    town.next_day(1)
    town.follow_letters()
    assert (delivery(town).state, delivery(town).problem) == ("returned", "the letter came back: Ukjent adressat")
    assert [notice.state for notice in town.notices(letter[1])] == ["undeliverable"]
    town.sync()
    assert town.claim(letter[1]).reasons[0]["code"] == "no_channel"
    assert len(town.outside.letters(letter[0]["name"])) == 1


def test_a_new_address_in_the_ledger_gets_a_new_notice_with_a_new_deadline(town: Town, letter: Any) -> None:
    customer, invoice = letter
    town.next_day(3)
    town.outside.control.post(f"/print/letters/{key_of(town)}/return", {})
    town.next_day(1)
    town.follow_letters()
    town.outside.control.put(f"/books/customers/{customer['id']}", {"address_lines": ["Nygata 2"]})
    town.sync()
    first, second = town.notices(invoice)
    assert (first.state, second.state) == ("undeliverable", "sent")
    assert first.payment_deadline is not None and second.payment_deadline is not None
    assert second.payment_deadline > first.payment_deadline
    assert delivery(town).address.split("\n")[1] == "Nygata 2"


def test_an_older_word_that_comes_late_takes_nothing_back(town: Town, letter: Any) -> None:
    token = key_of(town)
    for event in ("returned", "posted", "returned"):
        said_now = LetterReceipt(token, event, town.clock.now(), "L1", "")
        assert receipts.take_letter(town.resources.begin, said_now)
    assert delivery(town).state == "returned"
    assert said(town) == ["sent", "returned", "posted"]


def test_a_receipt_for_a_stranger_is_nobodys(town: Town, letter: Any) -> None:
    other = settle_in(town.outside, town.house, town.clock)
    for key in ("warning:018f:1", tokens.spell(other.bureau.id, delivery(town).id), tokens.spell(town.bureau.id, new_id())):
        assert not receipts.take_letter(town.resources.begin, LetterReceipt(key, "returned", town.clock.now(), "", ""))
    assert delivery(town).state == "sent"


def test_a_letter_the_house_rejects_reached_nobody(town: Town, letter: Any) -> None:
    receipts.take_letter(town.resources.begin, LetterReceipt(key_of(town), "rejected", town.clock.now(), "", "two address lines"))
    town.work_off()
    assert (delivery(town).state, town.notices(letter[1])[0].state) == ("refused", "undeliverable")


def test_a_bounce_is_taken_once_by_the_bureau_that_sent_the_mail(town: Town) -> None:
    other = settle_in(town.outside, town.house, town.clock)
    customer = town.customer()
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "bounce"})
    town.invoice(customer, overdue=5)
    town.sync()
    assert [town.read_inbox(), town.read_inbox()] == [1, 0]
    with town.begin() as work:
        assert work.session.execute(select(Debtor)).scalar_one().email_bad_reason is not None
    with other.begin() as work:
        assert work.session.execute(select(Receipt).where(Receipt.state == "bounced")).all() == []
    with town.begin() as work:
        assert work.session.execute(select(Receipt.text_).where(Receipt.state == "bounced")).scalars().all() == [
            "5.1.1 smtp; 550 5.1.1 mailbox unavailable"
        ]


def test_a_delay_is_no_bounce(town: Town) -> None:
    customer = town.customer()
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "bounce", "status": "4.2.2"})
    town.invoice(customer, overdue=5)
    town.sync()
    town.read_inbox()
    assert delivery(town).state == "sent"
    with town.begin() as work:
        assert work.session.execute(select(Debtor)).scalar_one().email_bad_reason is None
