"""What else PowerOffice Go answers, field by field, and the same in our words. Pure. Only what is used is declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from app.ledgers.adapters.poweroffice.entries import ore_of
from app.ledgers.ports import Address, BankBalance, LedgerCustomer, SupplierItem

#: the vendor's reminder switches on a customer card; both are on by default there
SWITCHES = ("SendPaymentReminders", "TransferToDebtCollectionAgency")
#: either of the two privileges will do; what we cannot do without it
NEEDED = {
    "Customer": "read customers",
    "CustomerLedger": "read open items",
    "OutgoingInvoice": "read an invoice before a step is taken",
    "BankVoucher_Full": "register payments",
    "ClientBankAccount": "find the bank account payments belong on",
}


class InformationRow(msgspec.Struct, rename="pascal", kw_only=True):
    """What our extension may do at this client, by its setup and by what the client subscribes to."""

    client_name: str | None = None
    valid_privileges: list[str] | None = None
    invalid_privileges: list[str] | None = None

    def problems(self) -> list[str]:
        valid, invalid = set(self.valid_privileges or ()), set(self.invalid_privileges or ())
        return [_problem(name, act, invalid) for name, act in NEEDED.items() if not {name, f"{name}_Full"} & valid]


class AddressRow(msgspec.Struct, rename="pascal", kw_only=True):
    address_line1: str | None = None
    address_line2: str | None = None
    zip_code: str | None = None
    city: str | None = None
    country_code: str | None = None
    last_changed_date_time_offset: datetime | None = None

    def ours(self) -> Address:
        lines = tuple(line for line in (self.address_line1, self.address_line2) if line)
        return Address(lines, self.zip_code or None, self.city or None, self.country_code or "NO")


class CustomerRow(msgspec.Struct, rename="pascal", kw_only=True):
    id: int
    last_changed_date_time_offset: datetime
    subledger_account_id: int | None = None
    number: int | None = None
    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    organization_number: str | None = None
    is_person: bool | None = None
    email_address: str | None = None
    invoice_email_address: str | None = None
    payment_reminder_email_address: str | None = None
    phone_number: str | None = None
    mail_address: AddressRow | None = None
    send_payment_reminders: bool | None = None
    transfer_to_debt_collection_agency: bool | None = None
    is_active: bool | None = None
    is_archived: bool | None = None

    @property
    def changed_at(self) -> datetime:
        """The card's own mark does not move when the address does."""
        address = None if self.mail_address is None else self.mail_address.last_changed_date_time_offset
        return max(self.last_changed_date_time_offset, address or self.last_changed_date_time_offset)

    def ours(self) -> LedgerCustomer:
        switches = zip(SWITCHES, (self.send_payment_reminders, self.transfer_to_debt_collection_agency), strict=True)
        return LedgerCustomer(
            external_id=str(self.id),
            number=None if self.number is None else str(self.number),
            name=self.name or " ".join(part for part in (self.first_name, self.last_name) if part),
            organisation_number=self.organization_number or None,
            is_person=self.is_person,
            email=self.payment_reminder_email_address or self.invoice_email_address or self.email_address or None,
            phone=self.phone_number or None,
            address=Address() if self.mail_address is None else self.mail_address.ours(),
            own_dunning=tuple(name for name, on in switches if on),
            inactive=bool(self.is_archived) or self.is_active is False,
            version=self.changed_at.isoformat(),
        )


class BankAccountRow(msgspec.Struct, rename="pascal", kw_only=True):
    bank_account_number: str
    bank_name: str | None = None
    currency_code: str | None = None
    general_ledger_account_id: int | None = None
    general_ledger_account_no: int | None = None
    is_active: bool | None = None
    is_primary_account: bool | None = None
    is_client_trust_account: bool | None = None

    def takes(self, currency: str) -> bool:
        usable = self.is_active is not False and not self.is_client_trust_account and self.general_ledger_account_id is not None
        return usable and (self.currency_code or "NOK") == currency


class VatCodeRow(msgspec.Struct, rename="pascal", kw_only=True):
    id: int
    code: str | None = None


class BalanceRow(msgspec.Struct, rename="pascal", kw_only=True):
    """A customer's balance, in the client's currency."""

    customer_id: int | None = None
    balance: Decimal


class TrialRow(msgspec.Struct, rename="pascal", kw_only=True):
    account_no: int
    account_name: str | None = None
    balance: Decimal


class SupplierEntry(msgspec.Struct, rename="pascal", kw_only=True):
    """One line of the supplier sub-ledger. What is owed is negative, as it stands in the books."""

    id: int
    balance: Decimal
    supplier_name: str | None = None
    invoice_no: str | None = None
    due_date: date | None = None

    def ours(self) -> SupplierItem:
        return SupplierItem(str(self.id), self.supplier_name or "", self.invoice_no or None, self.due_date, -ore_of(self.balance))


class VoucherRow(msgspec.Struct, rename="pascal", kw_only=True):
    id: str
    is_reversed: bool | None = None


def bank_balances(accounts: Iterable[BankAccountRow], trial: Iterable[TrialRow], as_of: date) -> tuple[BankBalance, ...]:
    """By the account in the chart, which several bank accounts may share; the books tell balances in the client's own currency."""
    names: dict[int, list[str]] = {}
    for account in accounts:
        if account.general_ledger_account_no is not None and not account.is_client_trust_account:
            names.setdefault(account.general_ledger_account_no, []).append(account.bank_account_number)
    held: Mapping[int, TrialRow] = {row.account_no: row for row in trial}
    return tuple(
        BankBalance(
            str(number),
            (held[number].account_name if number in held else None) or ", ".join(banks),
            ore_of(held[number].balance) if number in held else 0,
            as_of,
        )
        for number, banks in sorted(names.items())
    )


def _problem(name: str, act: str, invalid: set[str]) -> str:
    if {name, f"{name}_Full"} & invalid:
        return f"The client's subscription in PowerOffice Go does not cover what is needed to {act} ({name})."
    return f"Our extension in PowerOffice Go lacks the right to {act} ({name}). Remove it there and onboard the client again."
