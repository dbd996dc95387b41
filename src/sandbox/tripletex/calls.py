"""The calls that are simulated, one handler each. All run on the event loop, so that no two change the books at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from litestar import Request, Response, delete, get, post, put
from litestar.datastructures import MultiDict
from litestar.params import FromPath

from sandbox.book_rows import Posting, SupplierInvoice
from sandbox.tripletex import accounts, events, upkeep
from sandbox.tripletex.answers import HOST, ApiError, Query, invalid, listed, not_found, parse_fields, shaped
from sandbox.tripletex.door import Caller, Door, Session
from sandbox.tripletex.rows import Rows
from sandbox.world import OSLO, Fidelity, World

Req = Request[Any, Any, Any]
PAYABLES = 2400

FIDELITY: dict[str, Fidelity] = {
    "POST /tripletex/v2/token/session/:create": "spec",
    "PUT /tripletex/v2/token/session/:create": "spec",
    "DELETE /tripletex/v2/token/session/{token}": "spec",
    "GET /tripletex/v2/token/session/>whoAmI": "spec",
    "GET /tripletex/v2/company/>withLoginAccess": "spec",
    "GET /tripletex/v2/company/{id}": "spec",
    "GET /tripletex/v2/customer": "example",
    "GET /tripletex/v2/customer/{id}": "example",
    "GET /tripletex/v2/invoice": "example",
    "GET /tripletex/v2/invoice/{id}": "example",
    "GET /tripletex/v2/invoice/paymentType": "spec",
    "PUT /tripletex/v2/invoice/{id}/:payment": "spec",
    "GET /tripletex/v2/ledger/posting": "spec",
    "GET /tripletex/v2/ledger/posting/{id}": "spec",
    "GET /tripletex/v2/ledger/posting/openPost": "spec",
    "GET /tripletex/v2/ledger/closeGroup": "spec",
    "GET /tripletex/v2/ledger/closeGroup/{id}": "spec",
    "GET /tripletex/v2/reminder": "spec",
}


def api_handlers(door: Door, rows: Rows, world: World) -> list[Any]:
    """Every call, with its fidelity marked."""
    world.fidelity.update(FIDELITY | upkeep.FIDELITY | accounts.FIDELITY | events.FIDELITY)
    known = [*_session_calls(door, rows), *_party_calls(door, rows), *_invoice_calls(door, rows), *_ledger_calls(door, rows)]
    return [*known, *accounts.account_calls(door, rows), *upkeep.upkeep_calls(door, rows), *events.event_calls(door)]


def _session_calls(door: Door, rows: Rows) -> list[Any]:
    def opened(session: Session) -> dict[str, Any]:
        plain = {"id": 1, "version": 0, "url": f"{HOST}/token/session/1", "consumerToken": {"id": 1}, "employeeToken": {"id": 2}}
        return {"value": {**plain, "expirationDate": session.expires.isoformat(), "token": session.token, "encryptionKey": None}}

    @post("/token/session/:create")
    async def create(request: Req) -> Response[Any]:
        try:
            body = await request.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return door.told(request, _raise(ApiError(422, 22000, "Invalid JSON")), 422)
        asked = [body.get(name) for name in ("consumerToken", "employeeToken", "expirationDate")]
        return door.told(request, lambda: opened(door.open_session(*asked)), 201)

    @put("/token/session/:create", sync_to_thread=False)
    def create_legacy(request: Req) -> Response[Any]:
        asked = [request.query_params.get(name) for name in ("consumerToken", "employeeToken", "expirationDate")]
        return door.told(request, lambda: opened(door.open_session(*asked)), 200)

    @delete("/token/session/{token:str}", sync_to_thread=False, status_code=200)
    def end(request: Req, token: FromPath[str]) -> Response[Any]:
        def gone() -> None:
            if door.state.sessions.pop(token, None) is None:
                raise not_found()

        return door.told(request, gone, 204)

    @get("/token/session/>whoAmI", sync_to_thread=False)
    def who_am_i(request: Req) -> Response[Any]:
        def told(caller: Caller, _query: Query) -> dict[str, Any]:
            company = rows.books.company(caller.key.company)
            employee = {"id": caller.key.employee, "url": f"{HOST}/employee/{caller.key.employee}"}
            plain = {"employeeId": caller.key.employee, "actualEmployeeId": caller.key.employee, "employee": employee}
            mine = {"companyId": company.id, "company": {"id": company.id, "url": f"{HOST}/company/{company.id}"}}
            return {"value": {**plain, **mine, "language": "no", "loggedInWithConnect": False, "employeeIsProxy": False}}

        return door.serve(request, "token/session/>whoAmI", told)

    return [create, create_legacy, end, who_am_i]


def _party_calls(door: Door, rows: Rows) -> list[Any]:
    books = rows.books

    @get("/company/>withLoginAccess", sync_to_thread=False)
    def with_login_access(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            return listed([books.company(c) for c in caller.key.clients or ()], rows.client, query, door.state.result_cap)

        return door.serve(request, "company/>withLoginAccess", told)

    @get("/company/{company:int}", sync_to_thread=False)
    def company(request: Req, company: FromPath[int]) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            return _one(rows.company, books.company(_own(caller, company)), query)

        return door.serve(request, "company", told)

    @get("/customer", sync_to_thread=False)
    def customers(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            ids, since, inactive = query.numbers("id"), _instant(query), query.text("isInactive")
            orgnr, email, numbers = query.text("organizationNumber"), query.text("email"), query.numbers("customerAccountNumber")
            found = [
                c for c in books.customers(caller.company)
                if (ids is None or c.id in ids) and (since is None or c.changed_at >= since)
                and (inactive is None or c.inactive == (inactive == "true")) and (numbers is None or c.number in numbers)
                and orgnr in (None, c.organisation_number) and email in (None, c.email)
            ]  # fmt: skip
            return listed(found, rows.customer, query, door.state.result_cap)

        return door.serve(request, "customer", told)

    @get("/customer/{customer:int}", sync_to_thread=False)
    def customer(request: Req, customer: FromPath[int]) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            return _one(rows.customer, _mine(caller, books.customer(customer)), query)

        return door.serve(request, "customer", told)

    return [with_login_access, company, customers, customer]


def _invoice_calls(door: Door, rows: Rows) -> list[Any]:
    books = rows.books

    @get("/invoice", sync_to_thread=False)
    def invoices(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            first, beyond = query.window("invoiceDateFrom", "invoiceDateTo")
            ids, number, kid, customer = query.numbers("id"), query.number("invoiceNumber"), query.text("kid"), query.number("customerId")
            found = [
                i for i in books.invoices(caller.company)
                if i.charged and first <= i.issued_on < beyond and (ids is None or i.id in ids) and number in (None, i.number)
                and kid in (None, i.kid) and customer in (None, i.customer)
            ]  # fmt: skip
            return listed(found, rows.invoice, query, door.state.result_cap)

        return door.serve(request, "invoice", told)

    @get("/invoice/{invoice:int}", sync_to_thread=False)
    def invoice(request: Req, invoice: FromPath[int]) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            return _one(rows.invoice, _mine(caller, books.invoice(invoice)), query)

        return door.serve(request, "invoice", told)

    @get("/invoice/paymentType", sync_to_thread=False)
    def payment_types(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            return listed(books.bank_accounts(caller.company), rows.payment_type, query, door.state.result_cap)

        return door.serve(request, "invoice/paymentType", told)

    @put("/invoice/{invoice:int}/:payment", sync_to_thread=False)
    def pay(request: Req, invoice: FromPath[int]) -> Response[Any]:
        return door.serve(request, "invoice/:payment", lambda caller, query: _pay(door, rows, caller, invoice, query))

    @get("/reminder", sync_to_thread=False)
    def reminders(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            first, beyond = query.window("dateFrom", "dateTo")
            wanted, customer = query.number("invoiceId"), query.number("customerId")
            found = [
                r for r in books.state.reminders.values()
                if r.company == caller.company and first <= r.on < beyond and wanted in (None, r.invoice)
                and customer in (None, books.invoice(r.invoice).customer)
            ]  # fmt: skip
            return listed(found, rows.reminder, query, door.state.result_cap)

        return door.serve(request, "reminder", told)

    return [invoices, payment_types, invoice, pay, reminders]


def _ledger_calls(door: Door, rows: Rows) -> list[Any]:
    books = rows.books

    @get("/ledger/posting", sync_to_thread=False)
    def postings(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            first, beyond = query.window("dateFrom", "dateTo")
            dated = [p for p in books.postings(caller.company) if first <= p.on < beyond]
            kind = query.text("type")
            found = [p for p in _filtered(rows, dated, query) if kind in (None, rows.posting(p)["type"])]
            return listed(found, rows.posting, query, door.state.result_cap)

        return door.serve(request, "ledger/posting", told)

    @get("/ledger/posting/openPost", sync_to_thread=False)
    def open_posts(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            before = query.day("date")
            as_of = before - timedelta(days=1)
            found = _filtered(rows, books.open_postings(caller.company, as_of), query)
            return listed([*found, *_owed(rows, caller.company, as_of, query)], _open_line(rows), query, door.state.result_cap)

        return door.serve(request, "ledger/posting/openPost", told)

    @get("/ledger/posting/{posting:int}", sync_to_thread=False)
    def posting(request: Req, posting: FromPath[int]) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            return _one(rows.posting, _mine(caller, books.posting(posting)), query)

        return door.serve(request, "ledger/posting", told)

    @get("/ledger/closeGroup", sync_to_thread=False)
    def close_groups(request: Req) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            first, beyond = query.window("dateFrom", "dateTo")
            ids = query.numbers("id")
            mine = [g for g in books.state.close_groups.values() if g.company == caller.company and first <= g.on < beyond]
            return listed([g for g in mine if ids is None or g.id in ids], rows.close_group, query, door.state.result_cap)

        return door.serve(request, "ledger/closeGroup", told)

    @get("/ledger/closeGroup/{group:int}", sync_to_thread=False)
    def close_group(request: Req, group: FromPath[int]) -> Response[Any]:
        def told(caller: Caller, query: Query) -> dict[str, Any]:
            if group not in books.state.close_groups:
                raise not_found()
            return _one(rows.close_group, _mine(caller, books.state.close_groups[group]), query)

        return door.serve(request, "ledger/closeGroup", told)

    return [postings, open_posts, posting, close_groups, close_group]


def _pay(door: Door, rows: Rows, caller: Caller, invoice: int, query: Query) -> dict[str, Any]:
    books = rows.books
    if not caller.key.may_pay:
        raise ApiError(403, 9000, "Du har ikke tilgang til å registrere betaling.")
    paid = _mine(caller, books.invoice(invoice))
    on, type_id, amount = query.day("paymentDate"), query.number("paymentTypeId"), _amount(query, "paidAmount")
    kind = next((a for a in books.bank_accounts(caller.company) if a.id == type_id), None)
    if kind is None:
        raise invalid({"paymentTypeId": "Betalingstypen finnes ikke."})
    in_currency = _amount(query, "paidAmountCurrency")
    if amount is None:
        raise invalid({"paidAmount": "Kan ikke være null."})
    if paid.currency != "NOK" and in_currency is None:
        raise invalid({"paidAmountCurrency": "Må oppgis for faktura i annen valuta."})
    if not paid.charged or paid.credits is not None:
        raise invalid({"id": "Betaling kan ikke registreres på denne fakturaen."})
    foreign = paid.currency != "NOK"
    ore = in_currency if foreign and in_currency is not None else amount
    base = amount if foreign and kind.currency == "NOK" else None
    line = books.pay(invoice, ore, on, "MANUAL", bank_account=kind.id, base_ore=base, text=f"Betaling: faktura {paid.number}")
    door.state.made_by[line.id] = caller.key.employee
    return _one(rows.invoice, books.invoice(invoice), Query(MultiDict()))


def _filtered(rows: Rows, lines: Iterable[Posting], query: Query) -> list[Posting]:
    customer, account = query.number("customerId"), query.number("accountId")
    lowest, highest = query.number("accountNumberFrom") or 0, query.number("accountNumberTo") or 9999
    return [
        p for p in lines
        if customer in (None, p.customer) and lowest <= int(p.account[:4]) <= highest
        and (account is None or rows.account(p.company, p.account).id == account)
    ]  # fmt: skip


def _owed(rows: Rows, company: int, as_of: date, query: Query) -> list[SupplierInvoice]:
    """What is owed to suppliers stands on account 2400, unless a customer or another account is asked for."""
    lowest, highest = query.number("accountNumberFrom") or 0, query.number("accountNumberTo") or 9999
    elsewhere = query.number("customerId") or query.number("accountId") or not lowest <= PAYABLES <= highest
    return [] if elsewhere else rows.books.supplier_items(company, as_of)


def _open_line(rows: Rows) -> Callable[[Posting | SupplierInvoice], dict[str, Any]]:
    return lambda row: rows.supplier_line(row) if isinstance(row, SupplierInvoice) else rows.posting(row)


def _one(row_json: Callable[[Any], dict[str, Any]], row: Any, query: Query) -> dict[str, Any]:
    return {"value": shaped(row_json(row), parse_fields(query.text("fields")))}


def _mine(caller: Caller, row: Any) -> Any:
    if row.company != caller.company:
        raise not_found()
    return row


def _own(caller: Caller, company: int) -> int:
    if company != caller.company:
        raise not_found()
    return company


def _amount(query: Query, name: str) -> int | None:
    text = query.text(name)
    if text is None:
        return None
    try:
        ore = Decimal(text) * 100
    except InvalidOperation:
        raise invalid({name: "Må være et tall."}) from None
    if ore != ore.to_integral_value():
        raise invalid({name: "Kan ha høyst to desimaler."})
    return int(ore)


def _instant(query: Query) -> datetime | None:
    """Without a zone it is taken as Norwegian time (assumed)."""
    text = query.text("changedSince")
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise invalid({"changedSince": "Feil format. Forventet yyyy-MM-ddTHH:mm:ss."}) from None
    return (found if found.tzinfo is not None else found.replace(tzinfo=OSLO)).astimezone(UTC)


def _raise(failure: ApiError) -> Callable[[], Any]:
    def act() -> Any:
        raise failure

    return act
