"""Reaching somebody: one delivery per purpose, channel and address, sent at most once."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from app.messaging import deliveries
from app.messaging.models import Delivery, Document, Receipt
from support import make
from support.town import Town

TO = "styret@fjordvik.example"


def plan(town: Town, purpose_id: uuid.UUID, to: str = TO) -> uuid.UUID | None:
    with town.begin() as work:
        return deliveries.plan_mail(work, town.company.id, "weekly_list", purpose_id, to, "Ukens liste", "Hei på deg", "<p>Hei på deg</p>")


def delivery(town: Town, delivery_id: uuid.UUID | None) -> Delivery:
    with town.begin() as work:
        found: Delivery = work.session.execute(select(Delivery).where(Delivery.id == delivery_id)).scalar_one()
        return found


def test_the_same_purpose_and_address_is_one_mail(town: Town) -> None:
    purpose = uuid.uuid4()
    first = plan(town, purpose)
    assert plan(town, purpose) is None
    assert plan(town, purpose, "daglig.leder@fjordvik.example") is not None
    assert plan(town, uuid.uuid4()) is not None
    town.work_off()
    assert len(town.outside.mails(TO)) == 2
    assert len(town.outside.mails("daglig.leder@fjordvik.example")) == 1
    sent = delivery(town, first)
    assert (sent.state, sent.sent_at, sent.problem) == ("sent", town.clock.now(), None)
    with town.begin() as work:
        assert [one.state for one in work.session.execute(select(Receipt).where(Receipt.delivery_id == first)).scalars()] == ["sent"]


def test_message_id_and_bounce_address_are_made_before_the_mail_is_sent(town: Town) -> None:
    planned = delivery(town, plan(town, uuid.uuid4()))
    assert planned.message_id is not None and planned.bounce_token is not None
    town.work_off()
    (mail,) = town.outside.mails(TO)
    assert mail["message_id"] == planned.message_id.replace("@reskontro>", "@post.reskontro.example>")
    assert mail["envelope_from"] == f"b+{planned.bounce_token}@post.reskontro.example"


@pytest.mark.parametrize(
    ("mode", "effect", "state", "arrived"),
    [("reject", "refused", "refused", 0), ("try_later", "planned", "planned", 0), ("drop_after_data", "review", "review", 1)],
)
def test_every_answer_of_a_mail_server_has_its_own_end(town: Town, mode: str, effect: str, state: str, arrived: int) -> None:
    town.outside.control.put(f"/mail/addresses/{TO}", {"mode": mode})
    planned = plan(town, uuid.uuid4())
    town.work_off()
    town.ring("effects.sweep_bureau")
    assert [one.state for one in town.effects(deliveries.MAIL_KIND)] == [effect]
    assert delivery(town, planned).state == state
    assert len(town.outside.mails(TO)) == arrived


def test_documents_are_frozen_and_another_bureaus_do_not_exist(town: Town) -> None:
    with town.begin() as work:
        kept = deliveries.keep_document(work, town.company.id, "reminder", "purring.pdf", "application/pdf", b"%PDF-1.7")
        assert deliveries.read_document(work, kept) == ("purring.pdf", "application/pdf", b"%PDF-1.7")
        assert len(work.session.execute(select(Document.sha256).where(Document.id == kept)).scalar_one()) == 32
    stranger = make.bureau(town.house.database)
    with town.house.database.begin(make.scope(stranger)) as work, pytest.raises(LookupError):
        deliveries.read_document(work, kept)


def test_the_same_word_of_a_channel_is_one_receipt(town: Town) -> None:
    planned = plan(town, uuid.uuid4())
    with town.begin() as work:
        row = work.session.execute(select(Delivery).where(Delivery.id == planned)).scalar_one()
        assert [deliveries.add_receipt(work, row, "printed", "trykket", None) for _ in range(2)] == [True, False]
        assert deliveries.add_receipt(work, row, "posted", "postlagt", None)
