"""All the engine may know about a claim. What is not in this file cannot influence a decision.

Money is integer øre of `currency`, dates are Norwegian local dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class DebtorKind(StrEnum):
    """Who owes. Only a consumer (forbruker) has the protection of forsinkelsesrenteloven § 4 and inkassoforskriften § 2-1."""

    CONSUMER = "consumer"
    SOLE_PROPRIETOR = "sole_proprietor"
    BUSINESS = "business"
    PUBLIC = "public"

    @property
    def is_consumer(self) -> bool:
        return self is DebtorKind.CONSUMER


class NoticeKind(StrEnum):
    """Due notice (forfallsvarsel, before the due date and never with a fee), reminder (purring), collection warning (inkassovarsel,
    inkassoloven 1988 § 9), payment demand (the creditor's own betalingsoppfordring, § 10). From the mildest to the gravest."""

    DUE_NOTICE = "due_notice"
    REMINDER = "reminder"
    COLLECTION_WARNING = "collection_warning"
    PAYMENT_DEMAND = "payment_demand"


class Channel(StrEnum):
    """How a notice travels. Electronic ways must be safe ones (betryggende, inkassoloven 1988 § 3 a)."""

    EMAIL = "email"
    LETTER = "letter"
    SMS = "sms"


#: the channels that carry words in writing: a text message goes beside them and never alone (inkassoloven 1988 §§ 3 a, 9)
WRITING = frozenset({Channel.EMAIL, Channel.LETTER})


class Sender(StrEnum):
    """Who sent a notice: we, or the ledger by its own switch. Fee caps count both."""

    US = "us"
    LEDGER = "ledger"


class Confidence(StrEnum):
    """How sure the mirror is of amount and due date."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Insolvency(StrEnum):
    """A debtor's standing: bankruptcy (konkursloven), reconstruction or composition, debt settlement (gjeldsordningsloven), dissolved."""

    NONE = "none"
    BANKRUPT = "bankrupt"
    RECONSTRUCTION = "reconstruction"
    DEBT_SETTLEMENT = "debt_settlement"
    DISSOLVED = "dissolved"


class AgencyStanding(StrEnum):
    """Where the claim stands with an agency: never there, on its way or there, or given back unpaid."""

    NONE = "none"
    OPEN = "open"
    RETURNED = "returned"


class ListState(StrEnum):
    """What the weekly list said of the claim's next step."""

    NONE = "none"
    LISTED = "listed"
    STOPPED = "stopped"
    RELEASED = "released"


class ListedStep(StrEnum):
    """Which step the list was about: a release for the warning does not release the handover."""

    COLLECTION_WARNING = "collection_warning"
    HANDOVER = "handover"


class Approver(StrEnum):
    """Whose yes is asked for: the debtor's account manager (kundeansvarlig), or the bureau, its ledger owner (reskontroansvarlig) first."""

    MANAGER = "manager"
    BUREAU = "bureau"


@dataclass(frozen=True, slots=True)
class Approval:
    """A yes that was asked for before one step outwards (`step_name` and round), and given on `yes_on`, if it was. A no is a hold.

    `who`: the name of the person asked now, None where the bureau as a whole is. `escalated_on`: since when the backup is asked instead.
    `silent_on`: the day on which the company's rule on silence let it go on.
    """

    step: str
    round: int
    approver: Approver
    asked_on: date
    who: str | None = None
    escalated_on: date | None = None
    yes_on: date | None = None
    silent_on: date | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money or credit that reduced the principal. It counts on `paid_on` for what is owed, from the day after for interest."""

    paid_on: date
    amount_ore: int


@dataclass(frozen=True, slots=True)
class PastNotice:
    """A notice already sent, whoever sent it. Without a printed deadline it sets none.

    `fee_assumed`: what the ledger charged is not known, and the full lawful fee is taken as charged. `fee_elsewhere`: the letter was about
    several invoices, and its one fee stands on another of them: charged once, and counted in the caps of each.
    """

    kind: NoticeKind
    sent_on: date
    payment_deadline: date | None = None
    fee_ore: int = 0
    sent_by: Sender = Sender.US
    fee_assumed: bool = False
    fee_elsewhere: bool = False

    @property
    def bears_fee(self) -> bool:
        return self.fee_ore > 0 or self.fee_assumed or self.fee_elsewhere

    @property
    def deadline_days(self) -> int | None:
        """Days to pay, the sending day not counted."""
        return None if self.payment_deadline is None else (self.payment_deadline - self.sent_on).days


class Reach(StrEnum):
    """What a stop is about: one claim, everything of a debtor in this company, or the whole company."""

    CLAIM = "claim"
    DEBTOR = "debtor"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class Hold:
    """A person's stop (stans). Without `until` it lasts until it is lifted. Of several the one that lasts longest."""

    until: date | None = None
    reach: Reach = Reach.CLAIM


class ArrangementKind(StrEnum):
    """A promise to pay, time given (betalingsutsettelse) or an instalment plan (avdragsordning; inkassoloven 2026 § 16)."""

    PROMISE = "promise"
    EXTENSION = "extension"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Instalment:
    due_on: date
    amount_ore: int


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What was agreed about payment, in the order of its dates. `agreed_ore`: what was open then. `ended` with `missed`: it was broken."""

    kind: ArrangementKind
    agreed_ore: int
    instalments: tuple[Instalment, ...]
    ended: bool = False
    missed: Instalment | None = None


@dataclass(frozen=True, slots=True)
class ListVerdict:
    """The weekly list's word on `step`. `deadline_on` goes with LISTED, `until` with STOPPED (None: until somebody undoes it)."""

    state: ListState = ListState.NONE
    step: ListedStep = ListedStep.COLLECTION_WARNING
    deadline_on: date | None = None
    until: date | None = None


class RunHold(StrEnum):
    """What a person has said of the run this claim's step belongs to, where that run looked wrong; HELD: nobody has said anything yet."""

    NONE = "none"
    HELD = "held"
    RELEASED = "released"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BookFault:
    """What is so wrong with the company's book that nothing may be built on it: a red finding of `receivables.readiness`, by its code."""

    code: str
    on: date | None = None
    number: int = 0
    amount_ore: int = 0


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """One claim (krav) as seen at one moment, everything the engine may know.

    `remaining_ore` is what the ledger shows open, without our fees and interest. `due_on` is the printed due date, not yet moved to a
    business day. `person_approved`: somebody has looked at an uncertain item and said it may be followed up. `ledger_synced_on`: the last
    day the ledger was read in full. `ledger_duns`: the ledger's own reminders are switched on for this debtor. `extended_to`: last day of
    a promise, extension or instalment plan (inkassoloven 2026 § 16). `reachable`: at least one lawful channel to the debtor is known;
    `roads`: which ones. `called_on`: the days somebody spoke with the debtor by phone because the policy asked for it.
    `considerate`: the debtor is to be met with consideration, and nobody has decided how (inkassoloven 2026 § 14). `rest`: a person
    has decided that the claim rests because of the debtor's circumstances.
    `disputed`: an objection waits for its decision, or was `upheld`: then the claim rests until the ledger closes it.
    `objected`: the debtor has objected, now or before, and nobody has found it obviously groundless (inkassoloven 2026 § 18).
    `unallocated_ore`: the debtor's money in the ledger that is tied to no invoice; `unallocated_covers`: it could pay one of his open ones.
    `credit_note_ore`: his credit notes tied to none. `run_held_on`: the day of a run that looked wrong; `run_until`: called off till then.
    `ledger_collected_on`: the day the ledger itself gave the invoice to an agency. `texts_stopped_on`: the day the debtor asked for no more
    text messages. `restarted_on`: the day a person began the follow-up anew; what we said before is then not among `notices`.
    `earlier_fees`: those of it whose letter's one fee stands on another invoice and is still asked for: they count in the fee caps, and in
    nothing else.
    `asked_about`: the ledger no longer shows it and has not said why; a person is asked if the next reading is not told either.
    `bank_paid_ore`: what the bank has shown for it, last on `bank_paid_on`, and the ledger does not show yet.
    """

    remaining_ore: int
    original_ore: int
    due_on: date | None
    issued_on: date | None = None
    delivered_on: date | None = None
    currency: str = "NOK"
    due_date_agreed: bool = True
    demand_sent_on: date | None = None
    confidence: Confidence = Confidence.HIGH
    person_approved: bool = False
    debtor_kind: DebtorKind = DebtorKind.BUSINESS
    insolvency: Insolvency = Insolvency.NONE
    debtor_deceased: bool = False
    debtor_minor: bool = False
    considerate: bool = False
    rest: Hold | None = None
    payments: tuple[Payment, ...] = ()
    notices: tuple[PastNotice, ...] = ()
    disputed: bool = False
    objected: bool = False
    hold: Hold | None = None
    agency: AgencyStanding = AgencyStanding.NONE
    ledger_synced_on: date | None = None
    ledger_duns: bool = False
    weekly_list: ListVerdict = ListVerdict()
    extended_to: date | None = None
    reachable: bool = True
    book_faults: tuple[BookFault, ...] = ()
    unallocated_ore: int = 0
    unallocated_covers: bool = False
    credit_note_ore: int = 0
    approvals: tuple[Approval, ...] = ()
    roads: tuple[Channel, ...] = (Channel.EMAIL, Channel.LETTER)
    called_on: tuple[date, ...] = ()
    run_hold: RunHold = RunHold.NONE
    run_held_on: date | None = None
    run_until: date | None = None
    ledger_collected_on: date | None = None
    arrangement: Arrangement | None = None
    texts_stopped_on: date | None = None
    restarted_on: date | None = None
    earlier_fees: tuple[PastNotice, ...] = ()
    upheld: bool = False
    bank_paid_ore: int = 0
    bank_paid_on: date | None = None
    asked_about: bool = False
