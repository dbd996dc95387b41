"""The agency's own book: organisations, batches, cases of one invoice each, and settlements. Amounts are integer øre."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from sandbox.world import World

Json = dict[str, Any]
LISTED = "DEBT_COLLECTION_LIST_MANUAL"
ALL_SCOPES = ("read:collection.case", "write:collection.case")
_NAMES = uuid.UUID("a3111a00-0000-4000-8000-000000000001")


class Settings(msgspec.Struct):
    """What a scenario may change. `hold_batches`: they stay QUEUED. `pool_batches`: what comes while one is queued joins it. `names_rows`:
    a failed row tells the sender's own key. `refuse_next`: the next invoice is refused with these words. `manual_list`: a case waits on the
    list for a yes before it becomes a collection case."""

    client_id: str = "amili-sandbox-client"
    client_secret: str = "amili-sandbox-secret"  # noqa: S105 - made up, opens nothing
    scopes: tuple[str, ...] = ALL_SCOPES
    token_seconds: int = 3_600
    hold_batches: bool = False
    pool_batches: bool = False
    names_rows: bool = True
    refuse_next: str | None = None
    duplicates: Literal["fail", "create_double"] = "fail"
    manual_list: bool = True
    fee_ore: int = 37_500
    interest_percent: float = 12.0
    commission_percent: float = 0.0
    page_rows_max: int = 100


class Organisation(msgspec.Struct):
    id: str
    name: str
    organisation_number: str | None = None
    webhook_url: str | None = None
    webhook_secret: str = ""


class Batch(msgspec.Struct):
    """What was handed in at once, in the order it came; looked at later."""

    id: str
    organisation_id: str
    type: Literal["INVOICE", "PAYMENT", "CORRECTION"]
    created_at: datetime
    rows: list[Json]
    status: str = "QUEUED"
    finished_at: datetime | None = None
    succeeded: list[Json] = []
    failed: list[Json] = []


class Money(msgspec.Struct):
    """Money on a case. `kind`: direct (the creditor told), correction (the creditor lowered it), agency (the debtor paid the agency)."""

    kind: Literal["direct", "correction", "agency"]
    on: date
    amount_ore: int
    key: str | None = None
    description: str = ""


class Collected(msgspec.Struct):
    paid_on: date
    principal_ore: int
    interest_ore: int
    fees_ore: int
    settlement_id: str | None = None


class Case(msgspec.Struct):
    """A case and its one invoice, with what was handed in kept as it came."""

    id: str
    number: int
    organisation_id: str
    invoice_id: str
    batch_id: str
    given: Json
    original_ore: int
    principal_ore: int
    registered_at: datetime
    interest_until: date
    type: str = "COLLECTION_NOTICE"
    status: str = "OPEN"
    sub_status: str | None = None
    closed_at: datetime | None = None
    interest_ore: int = 0
    fees_ore: int = 0
    money: list[Money] = []
    collected: list[Collected] = []
    #: what the creditor asked for: (act, reason)
    asked: list[tuple[str, str]] = []

    @property
    def reference(self) -> str:
        return str(self.given.get("uniqueSourceInvoiceId") or "")

    @property
    def remaining_ore(self) -> int:
        return self.principal_ore + self.interest_ore + self.fees_ore


class Settlement(msgspec.Struct):
    """One case's share of what was collected on one day."""

    id: str
    organisation_id: str
    case_number: int
    settled_on: date
    paid_on: date
    principal_ore: int
    interest_ore: int
    fees_ore: int
    withheld_ore: int
    withheld_vat_ore: int

    @property
    def total_ore(self) -> int:
        return self.principal_ore + self.interest_ore + self.fees_ore - self.withheld_ore - self.withheld_vat_ore


class Book(msgspec.Struct):
    settings: Settings = msgspec.field(default_factory=Settings)
    serial: int = 0
    next_case: int = 5_000_000
    #: token -> when it ends
    tokens: dict[str, datetime] = {}
    organisations: dict[str, Organisation] = {}
    batches: dict[str, Batch] = {}
    cases: dict[int, Case] = {}
    settlements: dict[str, Settlement] = {}
    #: webhooks that wait to be sent: (organisation, header's event, body)
    outbox: list[tuple[str, str, Json]] = []
    #: the latest ones sent, for people who look: (event, answer's status or the fault's name)
    delivered: list[tuple[str, str]] = []

    def new_id(self, what: str) -> str:
        self.serial += 1
        return str(uuid.uuid5(_NAMES, f"{what}:{self.serial}"))


def book_of(world: World) -> Book:
    return world.part("amili", Book)
