"""What the engine may answer: one step, and why. A forgotten step is a type error where steps are performed (`match` + `assert_never`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from app.dunning.facts import Channel, NoticeKind
from app.dunning.reasons import Reason


class Question(StrEnum):
    """What a person is asked. The answer comes back as a fact."""

    UNCERTAIN_ITEM = "uncertain_item"
    NO_DUE_DATE = "no_due_date"
    FOREIGN_CURRENCY = "foreign_currency"
    INSOLVENT_DEBTOR = "insolvent_debtor"
    DECEASED_DEBTOR = "deceased_debtor"
    MINOR_DEBTOR = "minor_debtor"
    VULNERABLE_DEBTOR = "vulnerable_debtor"
    DISPUTED = "disputed"
    LEDGER_DUNS_TOO = "ledger_duns_too"
    NO_CHANNEL = "no_channel"
    CONFIRM_FIGURES = "confirm_figures"
    APPROVE_NOTICE = "approve_notice"
    APPROVE_HANDOVER = "approve_handover"
    LADDER_ENDED = "ladder_ended"
    RETURNED_BY_AGENCY = "returned_by_agency"
    PHONE_CALL = "phone_call"


class CloseWhy(StrEnum):
    SETTLED = "settled"
    WITHIN_TOLERANCE = "within_tolerance"


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is done before `until`, always a day after the one decided on."""

    until: date


@dataclass(frozen=True, slots=True)
class SendNotice:
    """Send notice number `round` of its kind, from 1. Fee in øre as charged on the day decided. `channels`: the ways it may go."""

    kind: ClassVar[NoticeKind]
    round: int
    payment_deadline: date
    fee_ore: int = 0
    tone: str = "neutral"
    channels: tuple[Channel, ...] = (Channel.EMAIL, Channel.LETTER)
    interest: bool = True


@dataclass(frozen=True, slots=True)
class SendDueNotice(SendNotice):
    """Tell that the invoice falls due (forfallsvarsel); its deadline is the due date, and it never bears a fee or interest."""

    kind = NoticeKind.DUE_NOTICE


@dataclass(frozen=True, slots=True)
class SendReminder(SendNotice):
    """Send a reminder (purring)."""

    kind = NoticeKind.REMINDER


@dataclass(frozen=True, slots=True)
class SendCollectionWarning(SendNotice):
    """Send a collection warning (inkassovarsel)."""

    kind = NoticeKind.COLLECTION_WARNING


@dataclass(frozen=True, slots=True)
class SendPaymentDemand(SendNotice):
    """Send the creditor's own payment demand (betalingsoppfordring, inkassoloven 1988 § 10)."""

    kind = NoticeKind.PAYMENT_DEMAND


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give the claim to the agency (oversendelse til inkasso)."""


@dataclass(frozen=True, slots=True)
class AskPerson:
    """A person is asked. `about` is the step that waits for a yes. Asked again on `again_on`, or in a week."""

    question: Question
    about: SendNotice | HandOver | None = None
    again_on: date | None = None


@dataclass(frozen=True, slots=True)
class Close:
    why: CloseWhy


Step = Wait | SendNotice | HandOver | AskPerson | Close


@dataclass(frozen=True, slots=True)
class Decision:
    """The one step now, the reasons in the order they counted, and the day to decide again (None: never, the claim is closed)."""

    step: Step
    reasons: tuple[Reason, ...]
    next_action_on: date | None

    @property
    def awaits_list(self) -> bool:
        """Is the claim ripe for the next weekly list, and on none yet?"""
        return any(reason.code in ("ready_for_list_warning", "ready_for_list_handover") for reason in self.reasons)

    @property
    def step_name(self) -> str:
        """The step as one stable word: wait, send_reminder (and so on by the notice's kind), hand_over, ask_person, close."""
        return step_name(self.step)


def step_name(step: Step) -> str:
    """A step as one stable word."""
    return f"send_{step.kind}" if isinstance(step, SendNotice) else _NAMES[type(step)]


_NAMES: dict[type[Step], str] = {
    Wait: "wait",
    HandOver: "hand_over",
    AskPerson: "ask_person",
    Close: "close",
}
