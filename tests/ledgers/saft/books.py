"""Writes valid SAF-T Financial files, versions 1.10 and 1.30, of any completeness and size, as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

NAMESPACE = "urn:StandardAuditFile-Taxation-Financial:NO"
COMPANY = "974760673"


@dataclass(frozen=True)
class Row:
    """One customer line: øre, debit positive. `counter` is the account of the other side."""

    customer: str
    ore: int
    on: date
    counter: str = "1920"
    account: str = "1500"
    reference: str | None = None
    kid: str | None = None
    due: date | None = None
    cross: str | None = None
    source: str | None = None
    currency: tuple[str, int] | None = None
    transaction: str | None = None


@dataclass(frozen=True)
class Party:
    """A customer of the file. `balances` are (account, opening øre, closing øre); None leaves a balance out (1.10 only)."""

    number: str
    balances: tuple[tuple[str, int | None, int | None], ...] = ()
    name: str = "Kunde AS"
    registration: str | None = "923609016"
    days: int | None = 14
    free_month: bool = False
    kind: str = "Company"


@dataclass(frozen=True)
class Period:
    start: date = date(2025, 1, 1)
    end: date = date(2025, 12, 31)


def invoice(customer: str, ore: int, on: date, **marks: object) -> Row:
    return Row(customer, ore, on, counter="3000", **marks)  # type: ignore[arg-type]


def payment(customer: str, ore: int, on: date, **marks: object) -> Row:
    return Row(customer, -ore, on, counter="1920", **marks)  # type: ignore[arg-type]


def credit_note(customer: str, ore: int, on: date, **marks: object) -> Row:
    return Row(customer, -ore, on, counter="3000", **marks)  # type: ignore[arg-type]


def file_of(
    path: Path,
    parties: Iterable[Party],
    rows: Iterable[Row],
    *,
    version: str = "1.30",
    period: Period = Period(),
    company: str = COMPANY,
    stated_version: str | None = None,
    encoding: str = "UTF-8",
    gl_closing: int | None = None,
    first_transaction: int = 1,
) -> Path:
    with path.open("w", encoding=encoding) as stream:
        stream.writelines(
            _document(parties, rows, version, period, company, stated_version or version, encoding, gl_closing, first_transaction)
        )
    return path


def balanced(number: str, opening: int, rows: Iterable[Row], **card: object) -> Party:
    """A party whose closing balance is what its lines say."""
    moved = sum(row.ore for row in rows if row.customer == number)
    return Party(number, (("1500", opening, opening + moved),), **card)  # type: ignore[arg-type]


def _document(
    parties: Iterable[Party], rows: Iterable[Row], version: str, period: Period, company: str, stated: str, encoding: str,
    gl_closing: int | None, first: int,
) -> Iterator[str]:  # fmt: skip
    yield f'<?xml version="1.0" encoding="{encoding}"?>\n<AuditFile xmlns="{NAMESPACE}">\n<Header>'
    yield f"<AuditFileVersion>{stated}</AuditFileVersion><AuditFileCountry>NO</AuditFileCountry>"
    yield "<AuditFileDateCreated>2026-01-15</AuditFileDateCreated><SoftwareCompanyName>Øre &amp; Ære</SoftwareCompanyName>"
    yield f"<SoftwareID>Prøve</SoftwareID><SoftwareVersion>1</SoftwareVersion><Company><RegistrationNumber>{company}</RegistrationNumber>"
    yield "<Name>Fjellvær Rør AS</Name><Address><City>Ås</City><Country>NO</Country></Address><Contact><ContactPerson>"
    yield "<FirstName>NotUsed</FirstName><LastName>Åse Øy</LastName></ContactPerson><Telephone>22000000</Telephone></Contact></Company>"
    yield "<DefaultCurrencyCode>NOK</DefaultCurrencyCode><SelectionCriteria>"
    yield f"<SelectionStartDate>{period.start}</SelectionStartDate><SelectionEndDate>{period.end}</SelectionEndDate></SelectionCriteria>"
    yield "<TaxAccountingBasis>A</TaxAccountingBasis></Header>\n<MasterFiles><GeneralLedgerAccounts>"
    for account in ("1500", "1510", "1920", "3000"):
        closing = gl_closing if account == "1500" and gl_closing is not None else 0
        yield f"<Account><AccountID>{account}</AccountID><AccountDescription>Konto {account}</AccountDescription>"
        yield _grouping(account, version) + "<AccountType>GL</AccountType>"
        yield f"<OpeningDebitBalance>0</OpeningDebitBalance>{_balance('Closing', closing)}</Account>"
    yield "</GeneralLedgerAccounts>"
    everyone = list(parties)
    if everyone:
        yield "<Customers>"
        yield from (_party(party, version) for party in everyone)
        yield "</Customers>"
    yield "</MasterFiles>\n"
    yield from _entries(list(rows), version, first)
    yield "</AuditFile>\n"


def _grouping(account: str, version: str) -> str:
    if version == "1.10":
        return f"<StandardAccountID>{account[:2]}</StandardAccountID>"
    return f"<GroupingCategory>RF-1167</GroupingCategory><GroupingCode>{account}</GroupingCode>"


def _party(party: Party, version: str) -> str:
    registration = f"<RegistrationNumber>{party.registration}</RegistrationNumber>" if party.registration else ""
    terms = f"<Days>{party.days}</Days>" if party.days is not None else ""
    terms += "<FreeBillingMonth>true</FreeBillingMonth>" if party.free_month else ""
    terms = f"<PaymentTerms>{terms}</PaymentTerms>" if terms else ""
    balances = "".join(
        f"<BalanceAccount><AccountID>{account}</AccountID>{_balance('Opening', opening)}{_balance('Closing', closing)}</BalanceAccount>"
        if version == "1.30"
        else f"<AccountID>{account}</AccountID>{_balance('Opening', opening)}{_balance('Closing', closing)}"
        for account, opening, closing in party.balances
    )
    return (
        f"<Customer>{registration}<Name>{escape(party.name)}</Name>"
        "<Address><StreetName>Storgata</StreetName><Number>1</Number><City>Tromsø</City><PostalCode>9008</PostalCode><Country>NO</Country></Address>"
        "<Contact><ContactPerson><FirstName>NotUsed</FirstName><LastName>Post</LastName></ContactPerson><Email>post@kunde.example</Email></Contact>"
        f"<CustomerID>{party.number}</CustomerID>{balances}<PartyInfo>{terms}<Type>{party.kind}</Type></PartyInfo></Customer>\n"
    )


def _balance(which: str, ore: int | None) -> str:
    if ore is None:
        return ""
    side = "Credit" if ore < 0 else "Debit"
    return f"<{which}{side}Balance>{Decimal(abs(ore)) / 100}</{which}{side}Balance>"


def _entries(rows: list[Row], version: str, first: int) -> Iterator[str]:
    total = Decimal(sum(abs(row.ore) for row in rows)) / 100
    yield f"<GeneralLedgerEntries><NumberOfEntries>{len(rows)}</NumberOfEntries>"
    yield f"<TotalDebit>{total}</TotalDebit><TotalCredit>{total}</TotalCredit>\n"
    if rows:
        yield "<Journal><JournalID>GL</JournalID><Description>Hovedjournal</Description><Type>GL</Type>\n"
        for number, row in enumerate(rows, first):
            yield _transaction(row, row.transaction or str(number), version)
        yield "</Journal>"
    yield "</GeneralLedgerEntries>\n"


def _transaction(row: Row, number: str, version: str) -> str:
    voucher = "<VoucherType>Bilag</VoucherType>" if version == "1.30" else ""
    source = f"<SourceDocumentID>{row.source}</SourceDocumentID>" if row.source else ""
    marks = "".join(
        f"<{name}>{value}</{name}>"
        for name, value in (("ReferenceNumber", row.reference), ("CID", row.kid), ("DueDate", row.due), ("CrossReference", row.cross))
        if value is not None
    )
    return (
        f"<Transaction><TransactionID>{number}</TransactionID><Period>{row.on.month}</Period><PeriodYear>{row.on.year}</PeriodYear>"
        f"<TransactionDate>{row.on}</TransactionDate>{voucher}<Description>Bilag</Description>"
        f"<SystemEntryDate>{row.on}</SystemEntryDate><GLPostingDate>{row.on}</GLPostingDate>"
        f"<Line><RecordID>1</RecordID><AccountID>{row.account}</AccountID>{source}<CustomerID>{row.customer}</CustomerID>"
        f"<Description>Post</Description>{_amount(row.ore, row.currency)}{marks}</Line>"
        f"<Line><RecordID>2</RecordID><AccountID>{row.counter}</AccountID>{source}<Description>Mot</Description>"
        f"{_amount(-row.ore, None)}</Line>"
        "</Transaction>\n"
    )


def _amount(ore: int, currency: tuple[str, int] | None) -> str:
    side = "DebitAmount" if ore >= 0 else "CreditAmount"
    foreign = (
        f"<CurrencyCode>{currency[0]}</CurrencyCode><CurrencyAmount>{Decimal(abs(currency[1])) / 100}</CurrencyAmount>" if currency else ""
    )
    return f"<{side}><Amount>{Decimal(abs(ore)) / 100}</Amount>{foreign}</{side}>"


def complete_rows(customers: int = 3, invoices: int = 4, start: date = date(2025, 2, 3)) -> list[Row]:
    """Every line with all references: some invoices paid, some in part, one credited, the rest open."""
    rows: list[Row] = []
    for customer in range(customers):
        for index in range(invoices):
            name, reference, on = f"C{customer}", f"{1000 + customer * invoices + index}", start + timedelta(days=index * 7)
            ore = 100_000 + 12_500 * index + customer
            rows.append(
                invoice(name, ore, on, reference=reference, kid=f"{reference}7", due=on + timedelta(days=14), source=f"F{reference}")
            )
            if index % 4 == 1:
                rows.append(payment(name, ore, on + timedelta(days=10), reference=reference, source="B1"))
            if index % 4 == 2:
                rows.append(payment(name, ore // 2, on + timedelta(days=20), reference=reference, source="B2"))
            if index % 4 == 3:
                rows.append(credit_note(name, 2_500, on + timedelta(days=3), reference=f"K{reference}", cross=reference))
    return rows
