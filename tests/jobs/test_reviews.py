from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from app.db.scope import Actor, BureauScope
from app.db.unit_of_work import Database
from app.jobs import effects, reviews
from app.jobs.effects import Counterpart, Performers
from app.jobs.models import Effect
from app.jobs.performing import perform
from app.jobs.reviews import ReviewError, ReviewRow, Verdict
from app.tenants.models import Company
from app.values.clock import FixedClock
from support import make
from support.counterparts import Act, World

KIND = "messaging.mail"
KARI = Actor("user", uuid.uuid4(), "Kari Nordmann")


@dataclass(slots=True)
class Desk:
    """A bureau with one kind of outward act, and somebody who looks at what is left lying."""

    database: Database
    clock: FixedClock
    company: Company
    act: Act

    @property
    def scope(self) -> BureauScope:
        return BureauScope(self.company.bureau_id)

    @property
    def performers(self) -> Performers:
        return Performers({KIND: self.act})

    def left_in(self, state: str, *, really: int = 0, key: str = "warning:1:1") -> uuid.UUID:
        """An act that ended in that state; the counterpart has done it `really` times."""
        with self.database.begin(self.scope) as work:
            made = effects.plan(work, KIND, key, self.company.id, {"key": key})
            ended = {"state": state, "reason": "no answer", "fence": 3, "attempts": 9, "called_at": work.now(), "settled_at": work.now()}
            work.session.execute(update(Effect).where(Effect.id == made).values(**ended))
        assert made is not None
        self.act.world.done[key] = really
        return made

    def settle(self, effect_id: uuid.UUID, verdict: Verdict, note: str = "", reference: str = "") -> ReviewRow:
        with self.database.begin(self.scope, KARI) as work:
            return reviews.settle(work, self.performers, effect_id, verdict, note, reference=reference)

    def perform(self, effect_id: uuid.UUID) -> str:
        return perform(self.database.begin, self.performers, self.company.bureau_id, effect_id, pause=lambda seconds: None)

    def row(self, effect_id: uuid.UUID) -> Effect:
        with self.database.begin(self.scope) as work:
            return work.session.execute(select(Effect).where(Effect.id == effect_id)).scalar_one()

    def waiting(self) -> list[ReviewRow]:
        with self.database.begin(self.scope) as work:
            return reviews.waiting(work)


@pytest.fixture
def desk(database: Database, clock: FixedClock) -> Callable[[Counterpart], Desk]:
    def build(counterpart: Counterpart) -> Desk:
        return Desk(database, clock, make.company(database, make.bureau(database)), Act(counterpart, World()))

    return build


Build = Callable[[Counterpart], Desk]
EVERY_KIND = pytest.mark.parametrize("counterpart", list(Counterpart))


@EVERY_KIND
def test_what_a_person_knows_to_have_happened_is_sent_and_not_done_again(desk: Build, counterpart: Counterpart) -> None:
    here = desk(counterpart)
    effect = here.left_in("review", really=1)
    here.settle(effect, Verdict.DONE, "Skyldneren har svart på den", "ref 7")
    row = here.row(effect)
    assert (row.state, row.peer_ref, row.evidence) == ("sent", "ref 7", {"by": "Kari Nordmann", "note": "Skyldneren har svart på den"})
    assert (row.settled_at, row.fence) == (here.clock.now(), 4)
    assert here.act.recorded == [("warning:1:1", "sent")]
    assert here.perform(effect) == "sent"
    assert here.act.world.done["warning:1:1"] == 1
    assert here.waiting() == []


@EVERY_KIND
def test_what_certainly_did_not_happen_is_done_once_now(desk: Build, counterpart: Counterpart) -> None:
    here = desk(counterpart)
    effect = here.left_in("review")
    here.settle(effect, Verdict.AGAIN, "Ligger ikke i utboksen")
    row = here.row(effect)
    assert (row.state, row.called_at, row.attempts, row.fence) == ("planned", None, 0, 4)
    assert here.act.recorded == [("warning:1:1", "planned")]
    assert here.perform(effect) == "sent"
    assert here.act.world.done["warning:1:1"] == 1


def test_a_counterpart_with_our_key_does_it_once_even_if_the_person_was_wrong(desk: Build) -> None:
    here = desk(Counterpart.KEYED)
    effect = here.left_in("review", really=1)
    here.settle(effect, Verdict.AGAIN)
    assert here.perform(effect) == "sent"
    assert here.act.world.done["warning:1:1"] == 1


@EVERY_KIND
def test_what_is_given_up_is_never_done_and_may_be_taken_back(desk: Build, counterpart: Counterpart) -> None:
    here = desk(counterpart)
    effect = here.left_in("review")
    assert here.settle(effect, Verdict.GIVE_UP, "Kunden er ringt").given_up
    assert here.row(effect).state == "cancelled"
    assert here.perform(effect) == "cancelled"
    assert here.waiting() == []
    with here.database.begin(here.scope, KARI) as work:
        assert reviews.find(work, effect).given_up
        reviews.take_back(work, here.performers, effect)
    assert [row.state for row in here.waiting()] == ["review"]
    assert here.act.recorded == [("warning:1:1", "cancelled"), ("warning:1:1", "review")]
    assert here.act.world.calls == 0


def test_setting_a_refusal_aside_tells_its_room_nothing_new(desk: Build) -> None:
    here = desk(Counterpart.NEITHER)
    effect = here.left_in("refused")
    here.settle(effect, Verdict.GIVE_UP)
    assert (here.row(effect).state, here.row(effect).reason) == ("cancelled", "no answer")
    assert here.act.recorded == []
    with here.database.begin(here.scope, KARI) as work:
        reviews.take_back(work, here.performers, effect)
    assert [row.state for row in here.waiting()] == ["refused"]


def test_a_refused_act_can_be_tried_again_when_its_cause_is_gone(desk: Build) -> None:
    here = desk(Counterpart.LOOKED_UP)
    effect = here.left_in("refused")
    here.settle(effect, Verdict.AGAIN)
    assert here.perform(effect) == "sent"
    assert here.act.world.done["warning:1:1"] == 1


def test_a_slow_worker_of_long_ago_cannot_write_over_a_persons_word(desk: Build) -> None:
    here = desk(Counterpart.NEITHER)
    effect = here.left_in("planned")
    with here.database.begin(here.scope) as work:
        work.session.execute(update(Effect).where(Effect.id == effect).values(called_at=None))

    def a_person_settles(moment: str) -> None:
        if moment == "after the call":
            with here.database.begin(here.scope) as work:
                work.session.execute(update(Effect).where(Effect.id == effect).values(state="review"))
            here.act.meanwhile = lambda moment: None
            here.settle(effect, Verdict.GIVE_UP, "Stanses")

    here.act.meanwhile = a_person_settles
    assert here.perform(effect) == "taken"
    assert here.row(effect).state == "cancelled"


@pytest.mark.parametrize("state", ["planned", "sending", "sent", "unknown", "cancelled"])
def test_only_what_waits_can_be_settled(desk: Build, state: str) -> None:
    here = desk(Counterpart.KEYED)
    effect = here.left_in(state)
    with pytest.raises(ReviewError) as refused:
        here.settle(effect, Verdict.AGAIN)
    assert refused.value.field == "verdict"
    assert here.row(effect).state == state


def test_two_people_settle_an_act_once(desk: Build) -> None:
    here = desk(Counterpart.NEITHER)
    effect = here.left_in("review")
    here.settle(effect, Verdict.DONE, "Sett i innboksen")
    with pytest.raises(ReviewError):
        here.settle(effect, Verdict.AGAIN)


def test_that_it_happened_needs_a_word_on_how_one_knows(desk: Build) -> None:
    here = desk(Counterpart.NEITHER)
    effect = here.left_in("review")
    with pytest.raises(ReviewError) as refused:
        here.settle(effect, Verdict.DONE, "  ")
    assert refused.value.field == "note"
    assert (here.row(effect).state, here.act.recorded) == ("review", [])


def test_what_was_not_given_up_cannot_be_taken_back(desk: Build) -> None:
    here = desk(Counterpart.NEITHER)
    effect = here.left_in("review")
    here.settle(effect, Verdict.DONE, "Sett i innboksen")
    with pytest.raises(ReviewError), here.database.begin(here.scope, KARI) as work:
        reviews.take_back(work, here.performers, effect)


def test_doubts_come_before_refusals_and_nothing_of_another_bureau(desk: Build) -> None:
    here, other = desk(Counterpart.NEITHER), desk(Counterpart.NEITHER)
    first = here.left_in("refused", key="a")
    second = here.left_in("review", key="b")
    theirs = other.left_in("review")
    assert [row.effect_id for row in here.waiting()] == [second, first]
    with pytest.raises(LookupError):
        here.settle(theirs, Verdict.DONE, "Sett")
    with here.database.begin(here.scope) as work, pytest.raises(LookupError):
        reviews.find(work, theirs)
