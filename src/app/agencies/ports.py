"""What every collection agency (inkassoforetak, inkassoloven 1988 § 2) can be asked: the port that adapters implement.

Amounts are integer øre, dates Norwegian local dates. `our_reference` is our case id: made before the act, sent as the agency's reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class CaseState(StrEnum):
    """Our neutral words for where a case (inkassosak) stands; the agency's own text is kept beside it."""

    REGISTERED = "registered"
    IN_COLLECTION = "in_collection"
    LEGAL = "legal"
    PAUSED = "paused"
    PAID = "paid"
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
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
    external_id: str
    state: CaseState
    agency_text: str


@dataclass(frozen=True, slots=True)
class CaseUpdate:
    external_id: str
    our_reference: str | None
    state: CaseState
    agency_text: str
    outstanding_ore: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class DirectPayment:
    """The debtor paid the creditor instead of the agency: principal only, reported the same day."""

    our_key: str
    external_id: str
    paid_on: date
    amount_ore: int
    text: str


@dataclass(frozen=True, slots=True)
class SettlementLine:
    external_case_id: str
    invoice_number: str | None
    principal_ore: int
    interest_ore: int
    fees_ore: int
    paid_on: date


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
class AgencyCapabilities:
    agency: str
    label: str
    finds_by_our_reference: bool
    secret_fields: tuple[str, ...]
    #: how its payouts look on the creditor's bank account or ledger: never reported back as direct payments
    payout_marks: tuple[str, ...] = ()


class Agency(Protocol):
    capabilities: AgencyCapabilities

    def register(self, package: HandoverPackage) -> CaseReceipt: ...

    def find(self, creditor_id: str, our_reference: str, planned_at: datetime) -> CaseReceipt | None:
        """After an unknown outcome: is our case, planned at that instant of our clock, there? None means certainly not."""
        ...

    def attach(self, external_id: str, attachment: Attachment) -> None: ...

    def changes(self, creditor_id: str, since: datetime | None) -> list[CaseUpdate]: ...

    def report_payment(self, payment: DirectPayment) -> None: ...

    def find_payment(self, payment: DirectPayment) -> bool: ...

    def settlements(self, creditor_id: str) -> list[Settlement]:
        """Those not yet marked as booked."""
        ...

    def mark_booked(self, settlement_id: str, our_reference: str) -> None: ...

    def close(self) -> None: ...
