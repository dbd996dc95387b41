"""What every ledger (regnskapssystem) can be asked, in our words: the port that adapters implement.

Money is integer øre (minor units) with a currency; dates are Norwegian local dates; instants are UTC; ids are the vendor's,
always as strings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from app.ledgers.capabilities import Capabilities
from app.net.errors import UnsupportedError


class ItemKind(StrEnum):
    """What a row on a customer's account is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    OTHER = "other"


class Confidence(StrEnum):
    """How sure we are that an open item is really open, by this amount and due date. A low one is never dunned without a person's yes."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class LedgerCompany:
    """A client company as the ledger knows it (what discovery finds behind one credential)."""

    external_id: str
    name: str
    organisation_number: str | None
    has_api_access: bool = True
    is_test: bool = False
    base_currency: str = "NOK"


@dataclass(frozen=True, slots=True)
class Address:
    lines: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    country: str = "NO"


@dataclass(frozen=True, slots=True)
class LedgerCustomer:
    """A customer card. `own_dunning` names the ledger's own reminder switches that are on for this customer: a conflict with ours."""

    external_id: str
    number: str | None
    name: str
    organisation_number: str | None
    is_person: bool | None
    email: str | None = None
    phone: str | None = None
    address: Address = Address()
    language: str | None = None
    own_dunning: tuple[str, ...] = ()
    inactive: bool = False
    version: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerPayment:
    """Money or credit seen against an item, derived from match groups where the ledger has no payment object."""

    external_id: str
    paid_on: date
    amount_ore: int
    kind: ItemKind = ItemKind.PAYMENT
    text: str | None = None


class LedgerNoticeKind(StrEnum):
    """What a ledger itself has sent about an invoice. COLLECTION: it gave the invoice to an agency of its own choosing."""

    SOFT_REMINDER = "soft_reminder"
    REMINDER = "reminder"
    COLLECTION_WARNING = "collection_warning"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class LedgerNotice:
    """A notice the ledger has sent by itself. `on`, `fee_ore` and `deadline_on` are None where it does not tell them."""

    on: date | None
    kind: LedgerNoticeKind = LedgerNoticeKind.REMINDER
    fee_ore: int | None = None
    deadline_on: date | None = None


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One row of the open post list (åpen post). Signed: what the customer owes is positive, his credit negative.

    `remaining_ore` is in the item's own currency; `base_remaining_ore` is the same in the company's, where that is another and the ledger
    tells it: the sum of these is what the receivables account must show.
    """

    external_id: str
    customer_id: str
    kind: ItemKind
    document_number: str | None
    kid: str | None
    issued_on: date | None
    due_on: date | None
    original_ore: int
    remaining_ore: int
    currency: str = "NOK"
    confidence: Confidence = Confidence.HIGH
    doubts: tuple[str, ...] = ()
    payments: tuple[LedgerPayment, ...] = ()
    own_notices: tuple[LedgerNotice, ...] = ()
    account: str | None = None
    version: str | None = None
    #: the vendor's id of the invoice to register a payment on, where it differs from the row's own id
    invoice_id: str | None = None
    base_remaining_ore: int | None = None
    #: what is settled beside `payments`, where the ledger tells how much and not when
    settled_ore: int | None = None


class ItemState(StrEnum):
    """What the ledger says when asked about one item, live."""

    OPEN = "open"
    PAID = "paid"
    CREDITED = "credited"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class LiveItem:
    """An item re-read just before a step. `GONE` means the ledger no longer shows it and does not say why: never treated as paid."""

    state: ItemState
    remaining_ore: int
    due_on: date | None
    payments: tuple[LedgerPayment, ...] = ()
    version: str | None = None
    own_notices: tuple[LedgerNotice, ...] = ()
    settled_ore: int | None = None


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """Register this payment on that invoice. `our_key` is made by us before the act and findable afterwards where the ledger allows it."""

    our_key: str
    invoice_id: str
    paid_on: date
    amount_ore: int
    currency: str
    text: str


class PostingState(StrEnum):
    """How far a posting has come. ACCEPTED: taken in, waits in the ledger's own queue. POSTED: booked. MATCHED: booked and tied to the
    invoice. REJECTED: the ledger's queue threw it out, and `messages` say why. Ledgers without a queue say POSTED or MATCHED at once."""

    ACCEPTED = "accepted"
    POSTED = "posted"
    MATCHED = "matched"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class PostingReceipt:
    external_id: str
    posted_on: date
    messages: tuple[str, ...] = ()
    state: PostingState = PostingState.MATCHED


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since a cursor: items as they stand now (nothing remaining: settled, ask why), ids that are open no more whatever
    the reason (ask too), and the cursor for next time.

    It is opaque, already steps back by the vendor's overlap, and is kept once the rows are.
    """

    cursor: str
    items: tuple[LedgerItem, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Some of the open post list, and the place after it, where the ledger has one. `begins`: it is read from its first row (again)."""

    items: tuple[LedgerItem, ...]
    place: str | None = None
    begins: bool = False


@dataclass(frozen=True, slots=True)
class ChangeHint:
    """A webhook's word that something happened: a reason to fetch, never data. No `item`: somewhere in the company."""

    company: str
    item: str | None = None
    invoice_id: str | None = None


@dataclass(frozen=True, slots=True)
class SupplierItem:
    """An open supplier invoice (leverandørgjeld): what the company owes, for the liquidity view. Positive is owed."""

    external_id: str
    supplier: str
    document_number: str | None
    due_on: date | None
    remaining_ore: int
    currency: str = "NOK"


@dataclass(frozen=True, slots=True)
class BankBalance:
    """What a bank account holds by the books, at the end of that day, in its own currency."""

    account: str
    name: str
    balance_ore: int
    as_of: date
    currency: str = "NOK"


@dataclass(frozen=True, slots=True)
class Probe:
    """Is the connection healthy, and what stands in the way? `problems` are sentences a bureau can act on."""

    ok: bool
    problems: tuple[str, ...] = ()
    own_dunning: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BankState:
    """A bank account money comes in on, and the day through which the ledger shows its movements matched. None: never."""

    account: str
    matched_on: date | None


@dataclass(frozen=True, slots=True)
class BookState:
    """How far the book has come by the ledger's own word. None is "the ledger does not tell", never "all is well".

    `unposted` counts vouchers that touch customers or bank; `link` is the company in the ledger's own pages, where its address is known.
    """

    banks: tuple[BankState, ...] | None = None
    unposted: int | None = None
    unposted_since: date | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """Opened secrets of one connection. Lives in memory for one call; `repr` shows no value.

    `expires_at`: when it must be renewed, which we do by ourselves. `ends_at`: from when on it cannot be, and the user must let us in
    again; None where the vendor does not tell.
    """

    values: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None
    ends_at: datetime | None = None


class CredentialStore(Protocol):
    """Where an adapter keeps what it renews itself (session and access tokens). Single-flight per connection is the store's duty."""

    @property
    def owner(self) -> str:
        """Whose credential it is, for limits that a vendor counts per user or key."""
        ...

    def load(self) -> Credential: ...

    def renew(self, stale: Credential, fetch: RenewCall) -> Credential:
        """Under a lock: re-read; if someone else renewed meanwhile return theirs, else call `fetch(current)` and persist before use."""
        ...


class RenewCall(Protocol):
    def __call__(self, current: Credential) -> Credential: ...


class Ledger(Protocol):
    """One opened connection to a ledger. Reads are safe to repeat; every write goes through the effect ledger.

    Adapters inherit from it: what a ledger cannot do is `UnsupportedError`, and `capabilities` says so beforehand. All raise the errors of
    `app.net.errors` and `app.ledgers.errors`, nothing else.
    """

    capabilities: Capabilities

    def list_companies(self) -> list[LedgerCompany]:
        """What the credential covers, asked again at any time."""
        ...

    def probe(self, company: str) -> Probe: ...

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        """All of them, or those changed at or after that instant where the ledger can tell (else all)."""
        ...

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        """The whole open post list as of the end of that day: the base every sync is reconciled against."""
        ...

    def fetch_open_pages(self, company: str, as_of: date, after: str | None) -> Iterator[OpenPage]:
        """The same list page by page, for ledgers with `resumes`: all of it, or what stands after a place one of its pages has told.

        `CursorExpiredError` when the list has moved since, so that it must be read from its beginning.
        """
        raise UnsupportedError("this ledger's list of open items is only read whole")

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """What has changed since; None begins now. `CursorExpiredError` when the ledger no longer knows: take a snapshot, begin anew."""
        raise UnsupportedError("this ledger has no list of changes")

    def receivables_balance(self, company: str, as_of: date) -> int:
        """What the receivables accounts show at the end of that day, in øre of the company's currency."""
        raise UnsupportedError("this ledger does not tell what its accounts show")

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        """What the company owes its suppliers at the end of that day."""
        raise UnsupportedError("this ledger does not tell what is owed to suppliers")

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        """What the bank accounts hold by the books at the end of that day."""
        raise UnsupportedError("this ledger does not tell what the bank accounts hold")

    def read_book(self, company: str, as_of: date) -> BookState:
        """How far bank and vouchers have come, as far as the ledger tells; what it refuses to tell is None."""
        return BookState()

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        """One item, live, cheap: asked right before a list, a notice and a handover."""
        ...

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """Book the payment, on the invoice or by a voucher that names it. Says ACCEPTED where a queue decides later."""
        raise UnsupportedError("payments cannot be posted to this ledger")

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        """Did an earlier attempt with an unknown outcome succeed? None means certainly not; raise when it cannot be told."""
        raise UnsupportedError("payments cannot be posted to this ledger")

    def posting_status(self, company: str, order: PaymentOrder, receipt: PostingReceipt) -> PostingReceipt:
        """How far a posting has come, for ledgers with a queue; the others have nothing to add."""
        return receipt

    def reverse_payment(self, company: str, order: PaymentOrder, receipt: PostingReceipt, on: date) -> PostingReceipt:
        """Take a payment of ours back, dated that day: the invoice stands open again. Doing it twice is refused by the ledger or found."""
        raise UnsupportedError("payments cannot be reversed in this ledger")

    def close(self) -> None:
        """Give back what the opening holds. The HTTP client is shared and is none of it."""
