"""A debtor's STOP: it closes the road and not the claim, is honoured right up to the sending, and is lifted by START or by a person."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning import loading, overrides, queries
from app.dunning.facts import Channel
from app.dunning.policy_step import PolicyStep, StepKind, Tone
from app.dunning.tiers import Place
from app.messaging import sms_stops
from app.messaging.adapters.link_mobility import read_answer
from app.messaging.models import Delivery, SmsStop
from app.messaging.ports import SmsAnswer
from app.messaging.sms_stops import Word, word_in
from app.tenants.models import AuditEntry
from sandbox.link import Answer, Gateway, answer_of
from support import make
from support.town import Town

_numbers = itertools.count(91_700_021)
STEPS = [
    PolicyStep(StepKind.REMINDER, 3, 7, (Channel.SMS, Channel.LETTER), Tone.FRIENDLY),
    PolicyStep(StepKind.REMINDER, 12, 7, (Channel.SMS, Channel.LETTER), Tone.NEUTRAL),
]


@pytest.fixture(autouse=True)
def texts_first(town: Town) -> None:
    with town.begin() as work:
        overrides.put(work, Place(town.company.id), {"steps": [step.as_json() for step in STEPS]})


@pytest.fixture
def number() -> str:
    """A telephone of this test's own: other towns' bureaus have written to other ones."""
    return f"+47{next(_numbers)}"


def write(town: Town, source: str, text: str) -> int:
    """As the gateway posts it."""
    said = read_answer(answer_of(Answer(source, text), town.clock.now()))
    assert said is not None
    return sms_stops.take(town.resources.begin, said)


def reminded(town: Town, number: str, **facts: Any) -> dict[str, Any]:
    invoice: dict[str, Any] = town.invoice(town.customer(**{"email": None, "phone": number} | facts), overdue=5)
    town.sync()
    return invoice


def sent(town: Town) -> list[tuple[str, str]]:
    with town.begin() as work:
        return [(one.channel, one.state) for one in work.session.execute(select(Delivery).order_by(Delivery.id)).scalars()]


def claim_page(work: UnitOfWork, claim_id: uuid.UUID) -> list[str]:
    return [event.code for event in queries.timeline(queries.claim_detail(work, claim_id))]


@pytest.mark.parametrize(
    "text", ["STOP", "stopp", "Stopp!", " «STOPP». ", "Avmeld", "RESKONTRO stopp", "Stopp, jeg har betalt", "start stopp"]
)
def test_a_stop_is_read_however_it_is_written(text: str) -> None:
    assert word_in(text) is Word.STOP


@pytest.mark.parametrize(
    "text", ["", "Hei", "Stoppested?", "Jeg vil ikke ha STOP", "Når starter det", "Start å sende inkasso, det er greit", "👍"]
)
def test_other_words_are_neither(text: str) -> None:
    assert word_in(text) is None


def test_start_is_read_where_it_stands_alone() -> None:
    assert (word_in("Start."), word_in("reskontro START")) == (Word.START, Word.START)


def test_after_a_stop_the_ladder_goes_on_by_the_next_way_and_says_why(town: Town, number: str) -> None:
    invoice = reminded(town, number)
    assert write(town, number, "Stopp!") == 1
    assert write(town, number[1:], "STOPP") == 0
    town.work_off()
    town.next_day(18)
    town.sync()
    assert [(channel, state) for channel, state in sent(town)] == [("sms", "sent"), ("letter", "sent")]
    with town.begin() as work:
        claim_id = town.claim(invoice).id
        assert "texts_stopped" in [one["code"] for one in town.notices(invoice)[-1].reasons]
        assert "texts_stopped" in claim_page(work, claim_id)
        assert loading.load(work, [claim_id])[0].roads.sms is None
        actions = set(work.session.execute(select(AuditEntry.action)).scalars())
    assert "sms.stopped" in actions


def test_a_stop_between_the_decision_and_the_sending_is_honoured(town: Town, number: str) -> None:
    """Written and on its way, but not sent: the gateway is down, and the debtor writes STOP about an earlier message."""
    reminded(town, number)
    second = town.invoice(town.customer(email=None, phone=number[3:], name="Bruun Bygg AS"), overdue=5)
    town.outside.control.fault("POST /link/sms/send", "status", times=1, status=503)
    town.sync()
    assert sent(town) == [("sms", "sent"), ("sms", "planned")]
    write(town, number, "STOP")
    town.clock.move(timedelta(minutes=20))
    town.day()
    assert sent(town)[:2] == [("sms", "sent"), ("sms", "cancelled")]
    assert sent(town)[2:] == [("letter", "sent")]
    assert [one.state for one in town.notices(second)] == ["cancelled", "sent"]
    assert len(town.outside.world.part("link", Gateway).messages) == 1


def test_where_only_texts_reach_him_a_person_is_told_so_and_may_lift_it_with_a_reason(town: Town, number: str) -> None:
    invoice = reminded(town, number, address_lines=[], postal_code=None, city=None)
    write(town, number, "STOP")
    town.work_off()
    town.next_day(18)
    town.sync()
    assert [one["code"] for one in town.claim(invoice).reasons] == ["texts_stopped", "no_channel"]
    with town.begin() as work:
        with pytest.raises(ValueError, match="why"):
            sms_stops.lift(work, town.company.id, number, "  ")
        assert sms_stops.lift(work, town.company.id, number, "Ringte og ville ha SMS igjen")
    town.work_off()
    assert sent(town) == [("sms", "sent"), ("sms", "sent")]
    with town.begin() as work:
        assert "texts_allowed" in claim_page(work, town.claim(invoice).id)


def test_start_from_the_same_number_lifts_it_and_from_another_does_not(town: Town, number: str) -> None:
    reminded(town, number)
    write(town, number, "STOP")
    assert write(town, f"+47{next(_numbers)}", "START") == 0
    assert write(town, number, "Start") == 1
    with town.begin() as work:
        (row,) = work.session.execute(select(SmsStop)).scalars()
        assert (row.lifted_by, row.lift_reason) == (sms_stops.THE_DEBTOR, "START")


def test_it_counts_for_those_who_have_written_to_the_number_in_each_bureau_and_for_nobody_else(town: Town, number: str) -> None:
    reminded(town, number)
    database = town.house.database
    with town.begin() as work:
        silent = make.company(database, work.session.merge(town.bureau, load=False))
    theirs = make.company(database, make.bureau(database))
    item = make.open_item(database, make.debtor(database, theirs))
    make.delivery(database, make.notice(database, make.claim(database, item)), channel="sms", address=number, state="sent")
    assert sms_stops.take(town.resources.begin, SmsAnswer(number, "stopp")) == 2
    with town.begin() as work:
        assert sms_stops.is_stopped(work, town.company.id, number)
        assert not sms_stops.is_stopped(work, silent.id, number)
        assert not sms_stops.is_stopped(work, theirs.id, number)
    with database.begin(make.scope(theirs)) as work:
        assert sms_stops.is_stopped(work, theirs.id, number)
