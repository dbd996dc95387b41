"""PowerOffice Go's API v2, the reading half: rights, customers, sub-ledgers, invoices, bank accounts and balances."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from litestar import Router, get
from litestar.params import FromPath

from sandbox.poweroffice.desk import HANDLED, PREFIX, Answer, AnyRequest, ApiError, Desk, Json, day_of, instant_of, numbers_of, page
from sandbox.poweroffice.rows import VAT_CODES, GoRows, guid, money


def reading_router(desk: Desk) -> Router:
    names = [
        "/ClientIntegrationInformation", "/Customers", "/Customers/{id}", "/Customerledger/OpenItems", "/Customerledger/Statement",
        "/Customerledger/EntriesByMatchId", "/Customerledger/CustomerBalances", "/OutgoingInvoices", "/OutgoingInvoices/{id}",
        "/Supplierledger/OpenItems", "/ClientBankAccounts", "/TrialBalance", "/VatCodes",
    ]  # fmt: skip
    desk.mark({f"GET {name}": "spec" for name in names})
    rows = GoRows(desk)
    return Router(PREFIX, route_handlers=[*_customers(desk, rows), *_ledger(desk, rows), *_accounts(desk)], exception_handlers=HANDLED)


def _customers(desk: Desk, rows: GoRows) -> list[Any]:
    @get("/ClientIntegrationInformation")
    async def information(request: AnyRequest) -> Json:
        company, settings = desk.company(request), desk.memory.settings
        return {
            "ClientId": guid(company.id), "ClientName": company.name, "ActiveClientSubscriptions": ["Go Regnskap"],
            "ValidPrivileges": sorted(desk.privileges()), "InvalidPrivileges": settings.not_subscribed,
        }  # fmt: skip

    @get("/Customers")
    async def customers(request: AnyRequest) -> Answer:
        mine = desk.books.customers(desk.company(request, "Customer").id)
        since, wanted = instant_of(request, "lastChangedDateTimeOffsetGreaterThan"), numbers_of(request, "customerNos")
        return page(request, [rows.customer(c) for c in mine if (since is None or c.changed_at > since) and wanted(c.number)])

    @get("/Customers/{customer:int}")
    async def customer(request: AnyRequest, customer: FromPath[int]) -> Json:
        mine = {c.id: c for c in desk.books.customers(desk.company(request, "Customer").id)}
        if customer not in mine:
            raise ApiError(404, "Object(s) not found", f"Customer with id = {customer} not found.")
        return rows.customer(mine[customer])

    return [information, customers, customer]


def _ledger(desk: Desk, rows: GoRows) -> list[Any]:
    @get("/Customerledger/OpenItems")
    async def open_items(request: AnyRequest) -> Answer:
        company, on = desk.company(request, "CustomerLedger"), day_of(request, "date")
        return page(request, [row for row in rows.entries(company.id, on) if row["Balance"] != 0 and _wanted(request, row)])

    @get("/Customerledger/Statement")
    async def statement(request: AnyRequest) -> Answer:
        company, first, last = desk.company(request, "CustomerLedger"), day_of(request, "fromDate"), day_of(request, "toDate")
        told = rows.entries(company.id, last)
        return page(request, [row for row in told if row["PostingDate"] >= first.isoformat() and _wanted(request, row)])

    @get("/Customerledger/EntriesByMatchId")
    async def entries_by_match(request: AnyRequest) -> Answer:
        company, wanted = desk.company(request, "CustomerLedger"), request.query_params.get("matchId", "")
        told = rows.entries(company.id, _far(desk))
        return page(request, [row for row in told if str(row["MatchId"]) == wanted])

    @get("/Customerledger/CustomerBalances")
    async def balances(request: AnyRequest) -> Answer:
        company = desk.company(request, "CustomerLedger")
        return page(request, rows.balances(company.id, day_of(request, "date")))

    @get("/OutgoingInvoices")
    async def invoices(request: AnyRequest) -> Answer:
        told = rows.invoices(desk.company(request, "OutgoingInvoice").id)
        if (since := instant_of(request, "balanceLastChangedDateTimeOffsetGreaterThan")) is not None:
            told = [row for row in told if row["BalanceLastChangedDateTimeOffset"] > since.isoformat()]
        return page(request, told)

    @get("/OutgoingInvoices/{invoice:str}")
    async def invoice(request: AnyRequest, invoice: FromPath[str]) -> Json:
        for row in rows.invoices(desk.company(request, "OutgoingInvoice").id):
            if row["Id"] == invoice.lower():
                return row
        raise ApiError(404, "Object(s) not found", f"Invoice with id = {invoice} not found.")

    @get("/Supplierledger/OpenItems")
    async def supplier_items(request: AnyRequest) -> Answer:
        company, on = desk.company(request, "SupplierLedger"), day_of(request, "date")
        return page(request, [_supplier_entry(row) for row in desk.books.supplier_items(company.id, on)])

    return [open_items, statement, entries_by_match, balances, invoices, invoice, supplier_items]


def _accounts(desk: Desk) -> list[Any]:
    @get("/ClientBankAccounts")
    async def bank_accounts(request: AnyRequest) -> Answer:
        mine = [a for a in desk.books.bank_accounts(desk.company(request, "ClientBankAccount").id) if a.account_number is not None]
        told = [
            {
                "Id": a.id, "BankAccountNumber": a.account_number, "BankName": a.name, "BicSwift": "DNBANOKK", "CountryCode": "NO",
                "CurrencyCode": a.currency, "GeneralLedgerAccountId": a.id, "GeneralLedgerAccountNo": int(a.code[:4]), "IsActive": True,
                "IsPrimaryAccount": a.currency == "NOK" and a.id == min(b.id for b in mine), "IsClientTrustAccount": False,
            }
            for a in mine
        ]  # fmt: skip
        return page(request, told)

    @get("/TrialBalance")
    async def trial_balance(request: AnyRequest) -> Answer:
        company, on = desk.company(request, "TrialBalance"), day_of(request, "date")
        wanted = numbers_of(request, "accountNos")
        told = [
            {"AccountId": a.id, "AccountNo": int(a.code[:4]), "AccountName": a.name, "Balance": money(desk.books.bank_balance(a.id, on))}
            for a in desk.books.bank_accounts(company.id)
            if wanted(int(a.code[:4]))
        ]
        return page(request, told)

    @get("/VatCodes")
    async def vat_codes(request: AnyRequest) -> Answer:
        desk.company(request)
        return page(
            request,
            [
                {"Id": number, "Code": code, "Name": name, "Rate": rate, "ValidFrom": "2000-01-01", "IsActive": True}
                for number, (code, name, rate) in VAT_CODES.items()
            ],
        )

    return [bank_accounts, trial_balance, vat_codes]


def _wanted(request: AnyRequest, row: Json) -> bool:
    """The filters of a sub-ledger list that are simulated."""
    query = request.query_params
    since = instant_of(request, "lastChangedDateTimeOffsetGreaterThan")
    return (
        (since is None or row["LastChangedDateTimeOffset"] > since.isoformat())
        and (not query.get("voucherTypes") or row["VoucherType"] in query["voucherTypes"].split(","))
        and (query.get("onlyCreatedByCurrentIntegration") != "true" or row["IsCreatedByCurrentIntegration"])
        and numbers_of(request, "customerNos")(row["CustomerAccountNo"])
    )


def _supplier_entry(row: Any) -> Json:
    on = row.issued_on.isoformat()
    return {
        "Id": row.id, "VoucherId": guid(row.id), "VoucherNo": row.id, "VoucherType": "IncomingInvoice", "VoucherDate": on,
        "PostingDate": on, "Amount": money(-row.amount_ore), "Balance": money(-row.amount_ore), "CurrencyAmount": money(-row.amount_ore),
        "CurrencyCode": row.currency, "InvoiceNo": row.number, "DueDate": row.due_on.isoformat(), "SupplierName": row.supplier,
        "CreatedDateTimeOffset": row.changed_at.isoformat(), "LastChangedDateTimeOffset": row.changed_at.isoformat(),
    }  # fmt: skip


def _far(desk: Desk) -> date:
    return desk.world.today() + timedelta(days=3650)
