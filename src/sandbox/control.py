"""The control API: move the clock, order faults, and make things happen in the reference books. JSON in, the made rows with their ids out.

Amounts are integer øre, dates ISO. What the books refuse is answered as `{"code", "detail"}` with 404 (not_found), 409 (duplicate) or 422
(locked, invalid); a body of the wrong shape is answered 400 with the field. Customers and invoices may also be sent as an array.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from sandbox.book_rows import BooksError, Company, Source
from sandbox.book_upkeep import upkeep_handlers
from sandbox.books import Books
from sandbox.world import Fault, World

STATUS_OF = {"not_found": 404, "duplicate": 409, "locked": 422, "invalid": 422}
FIXED_FIELDS = frozenset({"id", "version", "changed_at", "company"})


class _Body(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A request body. An unknown field is an error: a misspelt one would silently tell another story."""


class ClockBody(_Body):
    offset_seconds: float


class CompanyBody(_Body):
    vendor: str
    name: str
    organisation_number: str | None = None
    is_test: bool = False
    modules: list[str] = []
    own_dunning: list[str] = []
    account_number: str = "12345678903"


class BankAccountBody(_Body):
    name: str
    code: str
    account_number: str | None = None
    currency: str = "NOK"


class LockBody(_Body):
    until: date | None


class InvoiceBody(_Body):
    customer: int
    amount_ore: int
    issued_on: date
    due_on: date
    number: int | None = None
    kid: str | None = None
    currency: str = "NOK"
    rate: Decimal = Decimal(1)
    charged: bool = True


class DueDateBody(_Body):
    due_on: date


class PaymentBody(_Body):
    """Either `invoice` (matched) or `customer` (unmatched)."""

    amount_ore: int
    on: date
    invoice: int | None = None
    customer: int | None = None
    source: Source = "OCR"
    text: str | None = None
    base_ore: int | None = None
    bank_account: int | None = None


class MatchBody(_Body):
    invoice: int


class ReversalBody(_Body):
    on: date


class CreditNoteBody(_Body):
    """Without `amount_ore` all that remains is credited."""

    invoice: int
    on: date
    amount_ore: int | None = None
    number: int | None = None


class ReminderBody(_Body):
    invoice: int
    on: date
    kind: str = "REMINDER"
    charge_ore: int = 0
    deadline_on: date | None = None


def control_routes(world: World) -> Router:
    """Everything under /control that belongs to no single simulator."""
    books = Books(world)
    book_handlers = [*_owner_handlers(books), *_document_handlers(books), *upkeep_handlers(books)]
    handlers = [*_world_handlers(world, books), Router("/books", route_handlers=book_handlers)]
    return Router("/control", route_handlers=handlers, exception_handlers={BooksError: refused})


def refused(_request: Request[Any, Any, Any], fault: BooksError) -> Response[dict[str, str]]:
    return Response({"code": fault.code, "detail": fault.detail}, status_code=STATUS_OF[fault.code])


def _world_handlers(world: World, books: Books) -> list[Any]:
    def clock() -> dict[str, Any]:
        return {"offset_seconds": world.offset.total_seconds(), "now": world.now(), "today": world.today()}

    @get("/clock", sync_to_thread=False)
    def read_clock() -> dict[str, Any]:
        return clock()

    @put("/clock", sync_to_thread=False)
    def set_clock(data: JSONBody[ClockBody]) -> dict[str, Any]:
        world.move_clock(timedelta(seconds=data.offset_seconds))
        return clock()

    @get("/faults", sync_to_thread=False)
    def list_faults() -> list[Fault]:
        return [f for f in world.faults if f.times > 0]

    @post("/faults", sync_to_thread=False)
    def order_fault(data: JSONBody[Fault]) -> Fault:
        world.faults.append(data)
        return data

    @delete("/faults", sync_to_thread=False)
    def clear_faults() -> None:
        world.faults.clear()

    @get("/state", sync_to_thread=False)
    def state() -> dict[str, Any]:
        counted = {name: len(getattr(books.state, name)) for name in books.state.__struct_fields__ if name != "last_id"}
        return {**clock(), "faults": sum(f.times for f in world.faults), "books": counted}

    return [read_clock, set_clock, list_faults, order_fault, clear_faults, state]


def _owner_handlers(books: Books) -> list[Any]:
    @post("/companies", sync_to_thread=False)
    def add_company(data: JSONBody[CompanyBody]) -> dict[str, Any]:
        facts = msgspec.structs.asdict(data)
        return _shown(books, books.add_company(facts.pop("vendor"), facts.pop("name"), **facts))

    @get("/companies", sync_to_thread=False)
    def list_companies(vendor: FromQuery[str | None] = None) -> list[dict[str, Any]]:
        return [_shown(books, c) for c in books.state.companies.values() if vendor in (None, c.vendor)]

    @get("/companies/{company:int}", sync_to_thread=False)
    def read_company(company: FromPath[int]) -> dict[str, Any]:
        return _shown(books, books.company(company))

    @put("/companies/{company:int}/lock", sync_to_thread=False)
    def lock(company: FromPath[int], data: JSONBody[LockBody]) -> dict[str, Any]:
        return _shown(books, books.lock_period(company, data.until))

    @post("/companies/{company:int}/bank-accounts", sync_to_thread=False)
    def add_bank_account(company: FromPath[int], data: JSONBody[BankAccountBody]) -> Any:
        return books.add_bank_account(company, data.name, data.code, data.account_number, data.currency)

    @get("/companies/{company:int}/invoices", sync_to_thread=False)
    def list_invoices(company: FromPath[int]) -> list[dict[str, Any]]:
        return [_told(books, i.id) for i in books.invoices(books.company(company).id)]

    @post("/customers", sync_to_thread=False)
    def add_customer(data: JSONBody[dict[str, Any] | list[dict[str, Any]]]) -> Any:
        return [_add_customer(books, one) for one in data] if isinstance(data, list) else _add_customer(books, data)

    @put("/customers/{customer:int}", sync_to_thread=False)
    def change_customer(customer: FromPath[int], data: JSONBody[dict[str, Any]]) -> Any:
        if wrong := FIXED_FIELDS & data.keys():
            raise BooksError("invalid", f"{sorted(wrong)} cannot be changed")
        return books.change_customer(customer, **data)

    return [add_company, list_companies, read_company, lock, add_bank_account, list_invoices, add_customer, change_customer]


def _document_handlers(books: Books) -> list[Any]:
    @post("/invoices", sync_to_thread=False)
    def add_invoice(data: JSONBody[InvoiceBody | list[InvoiceBody]]) -> Any:
        return [_add_invoice(books, one) for one in data] if isinstance(data, list) else _add_invoice(books, data)

    @get("/invoices/{invoice:int}", sync_to_thread=False)
    def read_invoice(invoice: FromPath[int]) -> dict[str, Any]:
        return _told(books, invoice)

    @put("/invoices/{invoice:int}/due-date", sync_to_thread=False)
    def change_due_date(invoice: FromPath[int], data: JSONBody[DueDateBody]) -> dict[str, Any]:
        return _told(books, books.change_due_date(invoice, data.due_on).id)

    @delete("/invoices/{invoice:int}", sync_to_thread=False)
    def delete_invoice(invoice: FromPath[int]) -> None:
        books.delete_invoice(invoice)

    @post("/payments", sync_to_thread=False)
    def pay(data: JSONBody[PaymentBody]) -> Any:
        if (data.invoice is None) == (data.customer is None):
            raise BooksError("invalid", "give either invoice or customer")
        if data.customer is not None:
            return books.pay_unmatched(data.customer, data.amount_ore, data.on, data.source, data.text or "Innbetaling")
        assert data.invoice is not None
        return books.pay(
            data.invoice, data.amount_ore, data.on, data.source, bank_account=data.bank_account, base_ore=data.base_ore, text=data.text
        )

    @post("/payments/{posting:int}/match", sync_to_thread=False)
    def match(posting: FromPath[int], data: JSONBody[MatchBody]) -> Any:
        return books.match(posting, data.invoice)

    @post("/payments/{posting:int}/reversal", sync_to_thread=False)
    def reverse(posting: FromPath[int], data: JSONBody[ReversalBody]) -> Any:
        return books.reverse_payment(posting, data.on)

    @post("/credit-notes", sync_to_thread=False)
    def credit(data: JSONBody[CreditNoteBody]) -> dict[str, Any]:
        return _told(books, books.credit(data.invoice, data.amount_ore, data.on, number=data.number).id)

    @post("/reminders", sync_to_thread=False)
    def remind(data: JSONBody[ReminderBody]) -> Any:
        return books.add_reminder(data.invoice, data.on, data.kind, data.charge_ore, data.deadline_on)

    return [add_invoice, read_invoice, change_due_date, delete_invoice, pay, match, reverse, credit, remind]


def _add_customer(books: Books, data: dict[str, Any]) -> Any:
    facts = dict(data)
    try:
        company, name = facts.pop("company"), facts.pop("name")
    except KeyError as missing:
        raise BooksError("invalid", f"field {missing} is missing") from None
    if wrong := (FIXED_FIELDS & facts.keys()):
        raise BooksError("invalid", f"{sorted(wrong)} cannot be given")
    return books.add_customer(company, name, **facts)


def _add_invoice(books: Books, data: InvoiceBody) -> dict[str, Any]:
    facts = msgspec.structs.asdict(data)
    made = books.add_invoice(facts.pop("customer"), facts.pop("amount_ore"), facts.pop("issued_on"), facts.pop("due_on"), **facts)
    return _told(books, made.id)


def _shown(books: Books, company: Company) -> dict[str, Any]:
    facts = msgspec.structs.asdict(company)
    del facts["numbers"]
    return {**facts, "bank_accounts": books.bank_accounts(company.id)}


def _told(books: Books, invoice: int) -> dict[str, Any]:
    try:
        row = books.invoice(invoice)
    except BooksError as gone:
        raise NotFoundException(gone.detail) from gone
    remaining = books.remaining(invoice) if row.credits is None else 0
    return {**msgspec.structs.asdict(row), "remaining_ore": remaining, "lines": books.postings_of(invoice)}
