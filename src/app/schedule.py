"""What is rung when, and why. A tick is a sweep of what is due: rung twice it does nothing more, missed it costs time only.

Daily hours are Europe/Oslo's. A tick is due when its last scheduled moment is later than its last ring, so a clock that was off
catches up once when it is on again, and two clocks ring no more than one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from app.values.calendar import OSLO


@dataclass(frozen=True, slots=True)
class Tick:
    """A job to ring: `every` so often, or `daily` at an hour in Oslo. One of the two is set."""

    job: str
    why: str
    every: timedelta | None = None
    daily: time | None = None

    @property
    def name(self) -> str:
        return f"tick:{self.job}"


TICKS = (
    Tick("effects.sweep", "acts that wait, or were left by a worker that died, are taken up again", every=timedelta(minutes=1)),
    Tick("dunning.close_lists", "at its deadline a weekly list goes on with what nobody stopped", every=timedelta(minutes=5)),
    Tick("dunning.sweep", "planned notices whose doorbell was lost are rung again", every=timedelta(minutes=5)),
    Tick("messaging.read_inbox", "mails bounce, and people answer", every=timedelta(minutes=2)),
    Tick("messaging.follow_letters", "letters report their way", every=timedelta(minutes=10)),
    Tick("dunning.chase_approvals", "questions go to whoever is there, and are reminded of", every=timedelta(minutes=30)),
    Tick("dunning.make_lists", "each company has its own weekday and hour", every=timedelta(minutes=15)),
    Tick("agencies.poll_all", "cases and settlements change at the agency", every=timedelta(hours=1)),
    Tick("agencies.ring_all", "what agencies told of while nobody asked is asked about", every=timedelta(minutes=5)),
    Tick("agencies.keep_hooks", "new agreements are to be told of, and ended ones no more", every=timedelta(hours=1)),
    Tick("agencies.watch_all", "payments made past the agency are reported to it", daily=time(6, 30)),
    Tick("agencies.reconcile_all", "ledger, we and agency are held against each other, and what differs is named", daily=time(6, 45)),
    Tick("tenants.tidy", "old sessions, counters and answers are forgotten", daily=time(3, 0)),
    Tick("ledgers.sync_all", "the mirror is complete before the day's decisions", daily=time(4, 0)),
    Tick("ledgers.follow_all", "what changed since the morning is read where the ledger tells", every=timedelta(minutes=15)),
    Tick("ledgers.follow_postings", "what a ledger has only taken in is asked about until it is booked", every=timedelta(minutes=10)),
    Tick("ledgers.call_all", "companies that found no place at their ledger are called again", every=timedelta(minutes=2)),
    Tick(
        "ledgers.keep_hooks", "a ledger stops telling after too many errors, and new companies are to be told of", every=timedelta(hours=1)
    ),
    Tick("ledgers.rediscover_all", "companies appear behind a key once the bureau has ticked them there", daily=time(5, 0)),
    Tick("credit.watch_all", "bankruptcies stop everything before anything is decided", daily=time(5, 30)),
    Tick("messaging.check_senders", "a domain may take back that mail goes out in its name", daily=time(5, 15)),
    Tick("dunning.keep_routines", "the written routines say what the settings say", daily=time(5, 45)),
    Tick("dunning.evaluate_all", "claims whose day has come are decided on", daily=time(6, 0)),
)

#: a whole day in its natural order, for the demo clock: each stage is waited for before the next
DAY = (
    ("ledgers.sync_all",),
    ("credit.watch_all", "messaging.check_senders"),
    ("dunning.evaluate_all",),
    ("dunning.chase_approvals",),
    ("dunning.close_lists",),
    ("dunning.make_lists",),
    ("effects.sweep", "dunning.sweep"),
    ("messaging.follow_letters", "messaging.read_inbox"),
    ("agencies.poll_all",),
    ("agencies.watch_all",),
    ("agencies.reconcile_all",),
    ("ledgers.sync_all",),
    ("dunning.evaluate_all",),
)


def due(tick: Tick, last: datetime | None, now: datetime) -> bool:
    """Whether to ring. `last` and `now` are instants; a `last` in the future (a demo clock set back) counts as never."""
    if last is None or last > now:
        return True
    if tick.every is not None:
        return now - last >= tick.every
    return tick.daily is not None and _latest(tick.daily, now) > last


def due_ticks(marks: Mapping[str, datetime], now: datetime, ticks: Sequence[Tick] = TICKS) -> list[Tick]:
    """The ticks to ring now, given when each last rang by its name."""
    return [tick for tick in ticks if due(tick, marks.get(tick.name), now)]


def _latest(hour: time, now: datetime) -> datetime:
    """The last time it was `hour` in Oslo. The hours in use exist once on every day, also when summer time begins or ends."""
    today = now.astimezone(OSLO).replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
    return today if today <= now else today - timedelta(days=1)
