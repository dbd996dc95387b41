"""The reference books in this vendor's words. Field names and shapes are those of its OpenAPI 2.74 and of recorded answers."""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.book_rows import BankAccount, CloseGroup, Company, Customer, Invoice, Posting, Reminder, SupplierInvoice
from sandbox.books import Books
from sandbox.tripletex.answers import HOST, Ref, kroner
from sandbox.tripletex.door import TripletexState

CURRENCY_IDS = {"NOK": 1, "SEK": 2, "DKK": 3, "USD": 4, "EUR": 5, "GBP": 6}
AUTOMATIC = {
    "isAutomaticSoftReminderEnabled": "soft_reminder",
    "isAutomaticReminderEnabled": "reminder",
    "isAutomaticNoticeOfDebtCollectionEnabled": "notice_of_debt_collection",
}
#: supplier invoices stand beside the vouchers: their lines have ids of their own
SUPPLIER_LINES_ABOVE = 700_000_000
ACCOUNT_NAMES = {
    "1500": "Kundefordringer",
    "2400": "Leverandørgjeld",
    "1900": "Kontanter",
    "1920": "Bankinnskudd",
    "3000": "Salgsinntekt",
    "8060": "Valutagevinst",
}


class Rows:
    """Turns rows of the books into JSON objects with `Ref`s for what is nested."""

    def __init__(self, books: Books, state: TripletexState) -> None:
        self.books = books
        self.state = state

    def company(self, row: Company) -> dict[str, Any]:
        return {
            **self._base("company", row), "name": row.name, "displayName": row.name, "startDate": "2019-01-01", "endDate": "",
            "organizationNumber": row.organisation_number or "", "email": "", "phoneNumber": "", "phoneNumberMobile": "", "faxNumber": "",
            "address": None, "type": "AS", "currency": self.currency(row.currency), "accountantOrSimilar": False,
            "companyMigration": "NONE", "invoiceShowDeliveryDate": True,
        }  # fmt: skip

    def client(self, row: Company) -> dict[str, Any]:
        return {**self.company(row), "customerCompanyId": row.id}

    def customer(self, row: Customer) -> dict[str, Any]:
        address = Ref("address", row.id + 500_000_000, lambda: self._address(row))
        return {
            **self._base("customer", row), "name": row.name, "organizationNumber": row.organisation_number or "", "globalLocationNumber": 0,
            "supplierNumber": 0, "customerNumber": row.number, "isSupplier": False, "isCustomer": True, "isInactive": row.inactive,
            "accountManager": None, "department": None, "email": row.email or "", "invoiceEmail": "", "overdueNoticeEmail": "",
            "phoneNumber": row.phone or "", "phoneNumberMobile": "", "description": "", "language": row.language,
            "displayName": f"{row.name} ({row.number})", "isPrivateIndividual": row.is_person, "singleCustomerInvoice": False,
            "invoiceSendMethod": "EMAIL", "emailAttachmentType": "ATTACHMENT", "postalAddress": address, "physicalAddress": address,
            "deliveryAddress": None, "category1": None, "category2": None, "category3": None, "invoicesDueIn": 14,
            "invoicesDueInType": "DAYS", "currency": self.currency("NOK"), "bankAccountPresentation": [],
            "ledgerAccount": self.account(row.company, "1500"), "isFactoring": False, "invoiceSendSMSNotification": False,
            "invoiceSMSNotificationNumber": "", **{flag: ours in row.own_dunning for flag, ours in AUTOMATIC.items()},
            "discountPercentage": 0, "website": "",
        }  # fmt: skip

    def invoice(self, row: Invoice) -> dict[str, Any]:
        """A preliminary invoice shows number 0, amount 0 and isCreditNote true, as recorded."""
        amount = row.amount_ore if row.charged else 0
        base = sum(p.base_ore for p in self.books.postings_of(row.id) if p.document == row.id)
        left = self.books.remaining(row.id) if row.credits is None and row.charged else 0
        lines = [] if row.credits is not None else self.books.postings_of(row.id)
        open_base = sum(p.base_ore for p in lines) if left else 0
        fees = sum(reminder.charge_ore for reminder in self.books.reminders_of(row.id))
        shown = [p for p in lines if p.kind in ("invoice", "payment")] or self.books.postings_of(row.id)
        voucher = self.books.postings_of(row.id)[0].voucher if row.charged else None
        return {
            **self._base("invoice", row), "invoiceNumber": row.number, "invoiceDate": row.issued_on,
            "customer": self.customer_ref(row.customer), "creditedInvoice": row.credits or 0, "isCredited": row.credited,
            "invoiceDueDate": row.due_on, "kid": row.kid or "", "invoiceComment": "", "comment": "", "orders": [], "orderLines": [],
            "travelReports": [], "projectInvoiceDetails": [], "voucher": None if voucher is None else self.voucher(voucher),
            "deliveryDate": row.issued_on, "amount": kroner(base), "amountCurrency": kroner(amount), "amountExcludingVat": kroner(base),
            "amountExcludingVatCurrency": kroner(amount), "amountRoundoff": 0, "amountRoundoffCurrency": 0,
            "amountOutstanding": kroner(open_base), "amountCurrencyOutstanding": kroner(left),
            "amountOutstandingTotal": kroner(open_base + fees) if left else 0,
            "amountCurrencyOutstandingTotal": kroner(left + fees) if left else 0, "sumRemits": 0, "currency": self.currency(row.currency),
            "isCreditNote": row.credits is not None or not row.charged, "isCharged": row.charged, "isApproved": not row.charged,
            "postings": [self.posting_ref(p) for p in shown],
            "reminders": [Ref("reminder", r.id, lambda r=r: self.reminder(r)) for r in self.books.reminders_of(row.id)],  # type: ignore[misc]
            "invoiceRemarks": "", "invoiceRemark": None, "isPeriodizationPossible": True, "documentId": row.id % 1_000_000_000,
        }  # fmt: skip

    def posting(self, row: Posting) -> dict[str, Any]:
        named = row.document or (row.invoice if row.kind in ("payment", "other") else None)
        number = "" if named is None else str(self.books.invoice(named).number)
        kind = None
        if row.customer is not None:
            kind = {"payment": "INCOMING_PAYMENT", "other": None}.get(row.kind, "OUTGOING_INVOICE_CUSTOMER_POSTING")
        elif row.bank_account is not None:
            kind = "INCOMING_PAYMENT_OPPOSITE"
        return {
            **self._base("ledger/posting", row), "changes": self._changes(row), "voucher": self.voucher(row.voucher), "date": row.on,
            "description": row.text, "account": self.account(row.company, row.account),
            "customer": None if row.customer is None else self.customer_ref(row.customer), "supplier": None, "employee": None,
            "project": None, "product": None, "department": None, "vatType": None, "amount": kroner(row.base_ore),
            "amountCurrency": kroner(row.amount_ore), "amountGross": kroner(row.base_ore), "amountGrossCurrency": kroner(row.amount_ore),
            "currency": self.currency(row.currency),
            "closeGroup": None if row.close_group is None else self.close_group_ref(row.close_group),
            "invoiceNumber": number, "termOfPayment": row.due_on, "row": 1 if row.customer else 0,
            "type": kind, "externalRef": "", "systemGenerated": row.customer is None, "matched": row.close_group is not None,
        }  # fmt: skip

    def close_group(self, row: CloseGroup) -> dict[str, Any]:
        lines = [self.posting_ref(self.books.posting(p)) for p in row.postings]
        return {**self._base("ledger/closeGroup", row), "date": row.on, "postings": lines}

    def payment_type(self, row: BankAccount) -> dict[str, Any]:
        account = self.account(row.company, row.code, bank=row)
        return {
            **self._base("invoice/paymentType", row), "description": row.name, "displayName": row.name, "debitAccount": account,
            "creditAccount": self.account(row.company, "1500"), "vatType": None, "sequence": 0, "customer": None, "supplier": None,
            "currencyId": CURRENCY_IDS.get(row.currency, 99), "currencyCode": row.currency,
        }  # fmt: skip

    def reminder(self, row: Reminder) -> dict[str, Any]:
        invoice = self.books.invoice(row.invoice)
        total = sum(r.charge_ore for r in self.books.reminders_of(row.invoice) if r.on <= row.on)
        return {
            **self._base("reminder", row), "reminderDate": row.on, "charge": kroner(row.charge_ore),
            "chargeCurrency": kroner(row.charge_ore),
            "totalCharge": kroner(total), "totalChargeCurrency": kroner(total),
            "totalAmountCurrency": kroner(self.books.remaining(row.invoice) + total), "interests": 0, "interestRate": 0,
            "termOfPayment": row.deadline_on or row.on, "currency": self.currency(invoice.currency), "type": row.kind, "comment": "",
            "kid": invoice.kid or "", "bankAccountNumber": "", "bankAccountIBAN": "", "bankAccountSWIFT": "", "bank": "",
        }  # fmt: skip

    def supplier_line(self, row: SupplierInvoice) -> dict[str, Any]:
        """What is owed to a supplier, as the one open line it is."""
        line = Posting(
            id=row.id + SUPPLIER_LINES_ABOVE, changed_at=row.changed_at, company=row.company, voucher=row.id, on=row.issued_on,
            account="2400", amount_ore=-row.amount_ore, base_ore=-row.amount_ore, currency=row.currency, due_on=row.due_on,
        )  # fmt: skip
        named = {"id": row.id, "version": 1, "url": f"{HOST}/supplier/{row.id}", "name": row.supplier}
        return {**self.posting(line), "supplier": Ref("supplier", row.id, lambda: named), "invoiceNumber": row.number}

    def balance(self, account: Ref, opening: int, closing: int, first: date, beyond: date) -> dict[str, Any]:
        return {
            "account": account, "balanceIn": kroner(opening), "balanceChange": kroner(closing - opening), "balanceOut": kroner(closing),
            "startDate": first, "endDate": beyond,
        }  # fmt: skip

    def customer_ref(self, customer: int) -> Ref:
        return Ref("customer", customer, lambda: self.customer(self.books.customer(customer)))

    def posting_ref(self, row: Posting) -> Ref:
        return Ref("ledger/posting", row.id, lambda: self.posting(row))

    def close_group_ref(self, group: int) -> Ref:
        return Ref("ledger/closeGroup", group, lambda: self.close_group(self.books.state.close_groups[group]))

    def currency(self, code: str) -> Ref:
        known = CURRENCY_IDS.get(code, 99)
        plain = {"version": 0, "code": code, "description": code, "factor": 1, "displayName": code, "isDisabled": False}
        return Ref("currency", known, lambda: {"id": known, "url": f"{HOST}/currency/{known}", **plain})

    def voucher(self, voucher: int) -> Ref:
        """Its id, date and lines are simulated, and the voucher that took it back."""
        return Ref("ledger/voucher", voucher, lambda: self._voucher(voucher))

    def account(self, company: int, code: str, bank: BankAccount | None = None) -> Ref:
        """Account ids differ between companies, as the vendor's do."""
        known = company * 10_000 + int(code[:4])
        return Ref(
            "ledger/account", known, lambda: {
                "id": known, "version": 1, "url": f"{HOST}/ledger/account/{known}", "number": int(code[:4]), "numberPretty": code[:4],
                "name": ACCOUNT_NAMES.get(code[:4], code), "isBankAccount": bank is not None and bank.account_number is not None,
                "isInactive": False,
                "ledgerType": "CUSTOMER" if code[:4] == "1500" else "GENERAL",
                "bankAccountNumber": (bank.account_number if bank is not None else None) or "",
            },
        )  # fmt: skip

    def _voucher(self, voucher: int) -> dict[str, Any]:
        lines = [p for p in self.books.state.postings.values() if p.voucher == voucher]
        back = next((p.reversed_by for p in lines if p.reversed_by is not None), None)
        return {
            "id": voucher, "version": 1, "url": f"{HOST}/ledger/voucher/{voucher}", "date": lines[0].on if lines else None,
            "reverseVoucher": None if back is None else self.voucher(self.books.posting(back).voucher),
            "postings": [self.posting_ref(p) for p in lines],
        }  # fmt: skip

    def _address(self, row: Customer) -> dict[str, Any]:
        first, second = [*row.address_lines, "", ""][:2]
        country = Ref("country", 161, lambda: {"id": 161, "version": 0, "isoAlpha2Code": row.country, "name": row.country})
        return {
            "id": row.id + 500_000_000, "version": row.version, "url": f"{HOST}/address/{row.id + 500_000_000}", "addressLine1": first,
            "addressLine2": second, "postalCode": row.postal_code or "", "city": row.city or "", "country": country,
        }  # fmt: skip

    def _changes(self, row: Posting) -> list[dict[str, Any]]:
        who = self.state.made_by.get(row.id, 1)
        return [{"employeeId": who, "timestamp": row.changed_at.isoformat(timespec="seconds"), "changeType": "CREATE"}]

    @staticmethod
    def _base(path: str, row: Any) -> dict[str, Any]:
        return {"id": row.id, "version": row.version, "url": f"{HOST}/{path}/{row.id}"}
