"""One claim on one day, and the two shapes an answer takes: shared by the questions the engine asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from app.dunning.facts import ClaimFacts, NoticeKind, PastNotice, Sender
from app.dunning.policy import Rules
from app.dunning.reasons import Reason
from app.dunning.steps import AskPerson, Question, Step, Wait
from app.values.calendar import Calendar

DAY = timedelta(days=1)
#: how long we leave a claim alone that only a change in the facts can move
LOOK_AGAIN = timedelta(days=30)
ASK_AGAIN = timedelta(days=7)

Answer = tuple[Step, tuple[Reason, ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """Facts, rules and the day. `due_on` is moved to a business day, and the epoch where none is known: the engine asks a person
    for it before any question counts days."""

    facts: ClaimFacts
    rules: Rules
    calendar: Calendar
    today: date
    due_on: date

    @staticmethod
    def of(facts: ClaimFacts, rules: Rules, calendar: Calendar, today: date) -> Case:
        due_on = date.min if facts.due_on is None else calendar.next_business_day(facts.due_on)
        return Case(facts, rules, calendar, today, due_on)

    @property
    def days_overdue(self) -> int:
        return (self.today - self.due_on).days

    def sent(self, kind: NoticeKind) -> list[PastNotice]:
        return [one for one in self.facts.notices if one.kind is kind and one.sent_on <= self.today]

    def lawful_warning(self) -> PastNotice | None:
        """The last collection warning that opens the way to the agency: after due, with the full deadline (inkassoloven 1988 § 9).

        One the ledger sent is none of ours: no list stood before it, and nobody can prove to the agency how it reached the debtor.
        """
        days_min = self.rules.statute.deadline_days_min
        lawful = [
            one
            for one in self.sent(NoticeKind.COLLECTION_WARNING)
            if one.sent_by is Sender.US and one.sent_on > self.due_on and one.deadline_days is not None and one.deadline_days >= days_min
        ]
        return max(lawful, key=_sent_on, default=None)

    def lawful_demand(self) -> PastNotice | None:
        """The last payment demand sent after due (inkassoloven 1988 § 10)."""
        return max((one for one in self.sent(NoticeKind.PAYMENT_DEMAND) if one.sent_on > self.due_on), key=_sent_on, default=None)

    def waits_through(self, notice: PastNotice) -> date:
        """The last day on which a payment in time may still arrive; without a printed deadline, in time for the lawful minimum."""
        deadline = notice.payment_deadline or self.rules.statute.minimum_deadline(notice.sent_on)
        return self.rules.statute.waits_through(deadline, self.rules.grace_business_days, self.calendar)

    def wait(self, until: date, *reasons: Reason) -> Answer:
        """Wait until that day, or until tomorrow if it has passed."""
        return Wait(max(until, self.today + DAY)), reasons


def ask(question: Question, *reasons: Reason) -> Answer:
    return AskPerson(question), reasons


def _sent_on(notice: PastNotice) -> date:
    return notice.sent_on
