"""What every collection agency (inkassoforetak, inkassoloven 1988 § 2) can be asked: the port that adapters implement.

Amounts are integer øre, dates Norwegian local dates. `our_reference` is our case id: made before the act, sent as the agency's reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from app.agencies.capabilities import AgencyCapabilities, OrderKind, QuestionKind, ReportKind
from app.net.errors import UnsupportedError


class CaseState(StrEnum):
    """Our neutral words for where a case (inkassosak) stands; the agency's own text is kept beside it.

    AWAITING: it has left us, and the agency has not said yet whether it takes it. REFUSED: it has said no.
    """

    AWAITING = "awaiting"
    REGISTERED = "registered"
    IN_COLLECTION = "in_collection"
    LEGAL = "legal"
    PAUSED = "paused"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class DebtorDetails:
    name: str
    number: str | None
    is_person: bool
    organisation_number: str | None
    email: str | None
    phone: str | None
    address_line: str
    postal_code: str
    city: str
    country: str = "NO"


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """One notice already sent: the agency needs kind, dates, channel and fee to compute lawful costs."""

    kind: str
    sent_on: date
    payment_deadline: date | None
    channel: str
    fee_ore: int
    #: why each road was a safe one (inkassoloven § 3 a), in sentences
    grounds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    name: str
    media_type: str
    content: bytes
    kind: str  # invoice | collection_warning | reminder | proof


@dataclass(frozen=True, slots=True)
class HandoverPackage:
    """All that leaves the house with a claim. The principal never contains fees or interest (Prop. 3 L (2025-2026) 12.5.5)."""

    our_reference: str
    creditor_id: str
    debtor: DebtorDetails
    invoice_number: str
    invoice_date: date
    due_date: date
    principal_ore: int
    original_ore: int
    currency: str
    kid: str | None
    description: str
    notices: tuple[NoticeRecord, ...]
    interest_from: date
    interest_ore: int
    claims_compensation: bool
    creditor_vat_liable: bool
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseReceipt:
    """What came back when a case was handed in. While it is AWAITING `external_id` is the consignment's (a batch, a file), else the case's.

    `agency_text` is the agency's own word for where the case stands, in its language.
    """

    external_id: str
    state: CaseState
    agency_text: str


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One line of the case's story as the agency tells it. `external_id` is its own number of the line: told twice, it is kept once."""

    external_id: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class CaseQuestion:
    """The agency asks: for an address, a document, a word on an objection, a yes to the legal step. `due_on`: answer by then.

    `cost_ore` is what a yes would cost the creditor, where the agency says so.
    """

    external_id: str
    kind: QuestionKind
    text: str
    asked_at: datetime
    due_on: date | None = None
    cost_ore: int | None = None


@dataclass(frozen=True, slots=True)
class CaseUpdate:
    """A case as it stands there. REFUSED says in `agency_text` why. `principal_ore`: what is open of the bare claim by the agency's
    books."""

    external_id: str
    our_reference: str | None
    state: CaseState
    agency_text: str
    outstanding_ore: int | None
    updated_at: datetime
    principal_ore: int | None = None
    events: tuple[CaseEvent, ...] = ()
    questions: tuple[CaseQuestion, ...] = ()


@dataclass(frozen=True, slots=True)
class DirectPayment:
    """The debtor paid the creditor instead of the agency, or the creditor credited or corrected the claim: principal only, the same day.

    `amount_ore` is positive and lowers the claim. `our_key` and the case's `our_reference` are made before the act.
    """

    our_key: str
    external_id: str
    paid_on: date
    amount_ore: int
    text: str
    kind: ReportKind = ReportKind.PAYMENT
    our_reference: str = ""
    creditor_id: str = ""


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """What we ask the agency to do with one of its cases. `question` is the agency's number of what is answered, `text` what it reads."""

    our_key: str
    kind: OrderKind
    creditor_id: str
    external_id: str
    our_reference: str
    text: str
    asked_at: datetime
    question: str | None = None


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One case's share of a payout. Principal, interest and fees are what the debtor paid for the creditor; `withheld_ore` is what the
    agency keeps of it for its work, without VAT, and `withheld_vat_ore` the VAT on that (merverdiavgift the creditor may deduct)."""

    external_case_id: str
    invoice_number: str | None
    principal_ore: int
    interest_ore: int
    fees_ore: int
    paid_on: date
    withheld_ore: int = 0
    withheld_vat_ore: int = 0

    @property
    def paid_out_ore(self) -> int:
        return self.principal_ore + self.interest_ore + self.fees_ore - self.withheld_ore - self.withheld_vat_ore


@dataclass(frozen=True, slots=True)
class Settlement:
    """Collected money the agency pays out (avregning; inkassoloven 2026 § 26: within 14 days)."""

    external_id: str
    settled_on: date
    total_ore: int
    currency: str
    bank_reference: str | None
    lines: tuple[SettlementLine, ...]


@dataclass(frozen=True, slots=True)
class CreditLoss:
    """A case the agency has given up for now (tapsliste): kept under long-term watch, or ended as lost."""

    external_case_id: str
    lost_on: date
    principal_ore: int
    reason: str
    watched: bool


@dataclass(frozen=True, slots=True)
class Creditor:
    """A company as the agency is to know it."""

    name: str
    organisation_number: str
    email: str | None
    bank_account: str | None
    ledger: str | None


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that an agency laid down for us, as it was read: by our words, amounts in øre, dates ISO, and only this creditor's rows.

    `size` and `changed` (its server's clock, seconds) tell whether it is still the same; `mark` is the way it was read. `problems` name
    what could not be read. Not `whole`: it may have been half written.
    """

    path: str
    kind: str
    size: int
    changed: int
    mark: str
    whole: bool
    rows: tuple[Mapping[str, str], ...]
    problems: tuple[str, ...]
    read_at: datetime


class FileMemory(Protocol):
    """What has been read under one agreement, so that each file counts once. Used between visits, never during one."""

    def known(self) -> Mapping[str, KeptFile]:
        """Every file by its path, without its rows."""
        ...

    def keep(self, files: Sequence[KeptFile]) -> None:
        """Remember them; a path that is known is told anew."""
        ...

    def read(self, since: datetime | None) -> list[KeptFile]:
        """Whole files read at or after `since`, in the order they were read."""
        ...


@dataclass(frozen=True, slots=True)
class AgencyAccess:
    """How one agreement opens its agency: the creditor's number there, open settings and opened secrets. Lives in memory for one call.

    `memory` is there for those who speak in files.
    """

    agency: str
    creditor_ref: str
    setup: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    memory: FileMemory | None = field(default=None, repr=False)


class Agency(Protocol):
    """One opened agency. Adapters inherit from it: what an agency cannot do is `UnsupportedError`, and `capabilities` says so beforehand.

    Reads are safe to repeat; every write goes through the effect ledger. All raise the errors of `app.net.errors`, nothing else.
    """

    capabilities: AgencyCapabilities

    def register(self, package: HandoverPackage) -> CaseReceipt:
        """Hand one case over, without looking first: a caller in doubt calls `find`."""
        ...

    def find(self, creditor_id: str, our_reference: str, planned_at: datetime) -> CaseReceipt | None:
        """After an unknown outcome: is our case, planned at that instant of our clock, there? None means certainly not; raise when it
        cannot be told yet."""
        ...

    def changes(self, creditor_id: str, since: datetime | None) -> list[CaseUpdate]:
        """Cases changed at or after `since`, oldest first; a refused or accepted consignment is such a change, too."""
        ...

    def attach(self, external_id: str, attachment: Attachment) -> None:
        raise UnsupportedError("this agency takes no documents afterwards")

    def book(self, creditor_id: str) -> list[CaseUpdate]:
        """Every case that is not at its end there, whoever handed it in: what our own list is held against each day."""
        raise UnsupportedError("this agency does not list its cases")

    def report_payment(self, payment: DirectPayment) -> None:
        raise UnsupportedError("payments cannot be reported to this agency")

    def find_payment(self, payment: DirectPayment) -> bool:
        """After an unknown outcome: does it know our key? Raise when it cannot be told."""
        raise UnsupportedError("payments cannot be reported to this agency")

    def order(self, order: CaseOrder) -> str:
        """Ask for it. The agency's own reference of the act, or our key where it has none."""
        raise UnsupportedError("this agency takes no such orders")

    def find_order(self, order: CaseOrder) -> str | None:
        """After an unknown outcome: was it done? None means certainly not; raise when it cannot be told."""
        raise UnsupportedError("this agency does not tell what was asked for")

    def settlements(self, creditor_id: str) -> list[Settlement]:
        """Payouts: those not yet marked as booked where the agency keeps such a mark, else those of the last sixty days."""
        return []

    def mark_booked(self, settlement_id: str, our_reference: str) -> None:
        raise UnsupportedError("this agency keeps no mark of what is booked")

    def losses(self, creditor_id: str) -> list[CreditLoss]:
        """Cases it has given up for now, or for good."""
        raise UnsupportedError("this agency has no list of losses")

    def provision(self, creditor: Creditor) -> str:
        """Make the company known to the agency, once by its organisation number. Its number there."""
        raise UnsupportedError("a company cannot be made known to this agency from here")

    def troubles(self) -> list[str]:
        """What it has told us that could not be read, each named; a person must look. Asked after `changes`."""
        return []

    def close(self) -> None:
        """Give back what the opening holds. Shared clients are none of it."""
