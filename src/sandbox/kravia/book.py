"""The agency's own book: creditors, claims, what debtors paid it, and what it pays out. Amounts are integer øre."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from sandbox.world import OSLO, World

#: the vendor publishes no status list; these words are assumed
OPEN_STATUSES = ("Registered", "DebtCollection", "LegalCollection", "Paused")


class Settings(msgspec.Struct):
    """What a scenario may change. `duplicates` and `payment_duplicates` are switches because the vendor documents neither behaviour."""

    token: str = "kravia-sandbox-token"  # noqa: S105 - made up, opens nothing
    duplicates: Literal["reject", "return_existing", "create_double"] = "create_double"
    payment_duplicates: Literal["accept", "ignore"] = "accept"
    webhook_signature: Literal["json_secret", "secret_json"] = "json_secret"
    fee_ore: int = 37_500
    interest_percent: float = 12.0
    fees_to_creditor: bool = False
    page_rows_max: int = 100


class Creditor(msgspec.Struct):
    id: int
    name: str
    organisation_number: str | None = None
    webhook_url: str | None = None
    webhook_secret: str = ""
    webhook_enabled: bool = False
    members: list[dict[str, object]] = []


class Document(msgspec.Struct):
    name: str
    kind: str
    media_type: str
    content: bytes


class Payment(msgspec.Struct):
    """Money on a claim. `kind`: direct (creditor reported it), credit (creditor waived it), agency (the debtor paid the agency)."""

    kind: Literal["direct", "credit", "agency"]
    paid_on: date
    amount_ore: int
    ignored_ore: int = 0
    accounting_payment_id: str | None = None
    description: str = ""


class Collected(msgspec.Struct):
    """Money the debtor paid to the agency, split; it stays unsettled until a settlement takes it."""

    paid_on: date
    principal_ore: int
    interest_ore: int
    fees_ore: int
    settlement_id: int | None = None


class Activity(msgspec.Struct):
    at: datetime
    text: str


class Claim(msgspec.Struct):
    id: int
    creditor_id: int
    claim_type: str
    accounting_invoice_id: str | None
    debtor_name: str
    debtor_number: str | None
    is_person: bool
    organisation_number: str | None
    email: str | None
    address: dict[str, str]
    invoice_no: str
    invoice_date: date
    due_date: date
    original_ore: int
    currency: str
    description: str
    registered_at: datetime
    principal_ore: int
    interest_until: date
    interest_ore: int = 0
    fees_ore: int = 0
    status: str = "Registered"
    before_pause: str = "Registered"
    #: seven decimals and no zone, as the vendor writes it
    last_updated: str = ""
    documents: list[Document] = []
    payments: list[Payment] = []
    collected: list[Collected] = []
    activities: list[Activity] = []

    @property
    def outstanding_ore(self) -> int:
        return self.principal_ore + self.interest_ore + self.fees_ore


class SettlementLine(msgspec.Struct):
    """`retained_fees_ore` is what the agency keeps; the other three are paid out."""

    claim_id: int
    invoice_no: str
    accounting_invoice_id: str | None
    principal_ore: int
    interest_ore: int
    fees_ore: int
    retained_fees_ore: int
    paid_on: date


class Settlement(msgspec.Struct):
    id: int
    creditor_id: int
    settled_on: date
    currency: str
    lines: list[SettlementLine]
    internal_accounting_id: str | None = None

    @property
    def total_ore(self) -> int:
        return sum(line.principal_ore + line.interest_ore + line.fees_ore for line in self.lines)


class Book(msgspec.Struct):
    settings: Settings = msgspec.field(default_factory=Settings)
    next_id: int = 1_553_001
    creditors: dict[int, Creditor] = {}
    claims: dict[int, Claim] = {}
    settlements: dict[int, Settlement] = {}
    #: the latest webhooks sent, for people who look: (claim id, answer's status or the fault's name)
    webhooks: list[tuple[int, str]] = []

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id


def book_of(world: World) -> Book:
    return world.part("kravia", Book)


def stamp(world: World, claim: Claim, text: str) -> None:
    """Note an activity and move the claim to the end of the delta list. The list's times never run backwards."""
    now = world.now()
    claim.activities.append(Activity(now, text))
    claim.last_updated = max(claim.last_updated, f"{now:%Y-%m-%dT%H:%M:%S.%f}{claim.id % 10}")


def accrue(claim: Claim, until: date, percent: float) -> None:
    """Add simple late interest up to and including `until` (assumed: actual days over 365)."""
    days = (until - claim.interest_until).days
    if days > 0:
        claim.interest_ore += round(claim.principal_ore * percent * days / 36_500)
        claim.interest_until = until


def pay_agency(book: Book, claim: Claim, amount_ore: int | None, paid_on: date) -> Collected:
    """The debtor pays the agency: costs, then interest, then principal (assumed). None pays everything; a surplus goes back."""
    accrue(claim, paid_on, book.settings.interest_percent)
    left = claim.outstanding_ore if amount_ore is None else min(amount_ore, claim.outstanding_ore)
    fees = min(left, claim.fees_ore)
    interest = min(left - fees, claim.interest_ore)
    principal = left - fees - interest
    claim.fees_ore -= fees
    claim.interest_ore -= interest
    claim.principal_ore -= principal
    collected = Collected(paid_on, principal, interest, fees)
    claim.collected.append(collected)
    claim.payments.append(Payment("agency", paid_on, left))
    if claim.outstanding_ore == 0:
        claim.status = "Paid"
    return collected


def report_direct(claim: Claim, payment: Payment) -> None:
    """The creditor reports money or a credit: it meets the principal only, and a surplus is ignored without a word."""
    used = min(payment.amount_ore, claim.principal_ore)
    payment.ignored_ore = payment.amount_ore - used
    claim.principal_ore -= used
    claim.payments.append(payment)
    if payment.kind == "credit" and claim.principal_ore == 0:
        claim.interest_ore = claim.fees_ore = 0
        claim.status = "Closed"


def catch_up(world: World, book: Book) -> list[Claim]:
    """Let the agency do what it would have done by now; returns the claims that changed."""
    today = world.today()
    changed = []
    for claim in book.claims.values():
        if claim.status == "Registered" and claim.registered_at.astimezone(OSLO).date() < today:
            claim.status = "DebtCollection"
            if claim.principal_ore > 0:
                claim.fees_ore += book.settings.fee_ore
            stamp(world, claim, "Betalingsoppfordring sendt")
            changed.append(claim)
    if _settle(book, today) or changed:
        world.save()
    return changed


def _settle(book: Book, today: date) -> bool:
    """Pay out the day after the debtor paid: one lump sum per creditor, currency and day of payment."""
    due: dict[tuple[int, date, str], list[tuple[Claim, Collected]]] = {}
    for claim in book.claims.values():
        for collected in claim.collected:
            if collected.settlement_id is None and collected.paid_on < today:
                due.setdefault((claim.creditor_id, collected.paid_on, claim.currency), []).append((claim, collected))
    for (creditor_id, paid_on, currency), parts in sorted(due.items(), key=lambda entry: entry[0]):
        settlement = Settlement(book.new_id(), creditor_id, paid_on + timedelta(days=1), currency, [])
        for claim, collected in parts:
            collected.settlement_id = settlement.id
            settlement.lines.append(_line(book, claim, collected))
        book.settlements[settlement.id] = settlement
    return bool(due)


def _line(book: Book, claim: Claim, collected: Collected) -> SettlementLine:
    passed_on = collected.fees_ore if book.settings.fees_to_creditor else 0
    return SettlementLine(
        claim_id=claim.id,
        invoice_no=claim.invoice_no,
        accounting_invoice_id=claim.accounting_invoice_id,
        principal_ore=collected.principal_ore,
        interest_ore=collected.interest_ore,
        fees_ore=passed_on,
        retained_fees_ore=collected.fees_ore - passed_on,
        paid_on=collected.paid_on,
    )
