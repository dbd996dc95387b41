"""Single SAF-T elements into values: amounts, dates, header, customer card, balances. Both shapes of the format (up to 1.20, and 1.30)."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lxml import etree

from app.ledgers.ports import Address, LedgerCompany, LedgerCustomer
from app.ledgers.saft.records import AccountBalance, PaymentTerms, SaftCustomer, SaftError
from app.values.organisation_number import is_organisation_number, parse_organisation_number

NAMESPACE = "urn:StandardAuditFile-Taxation-Financial:NO"
N = f"{{{NAMESPACE}}}"
_AMOUNT = re.compile(r"[+-]?(?:\d{1,18}(?:\.\d*)?|\.\d+)")
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:Z|[+-]\d\d:\d\d)?")
_ADDRESS_ORDER = ("PostalAddress", "BillingAddress", None, "StreetAddress", "ShipToAddress", "ShipFromAddress")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about itself. The period is None where the file leaves out its selection."""

    company: LedgerCompany
    stated_version: str
    period_start: date | None
    period_end: date | None


@dataclass(frozen=True, slots=True)
class ReadCustomer:
    """A customer element: the card, and his balances per account for the period of that file."""

    customer: SaftCustomer
    balances: tuple[AccountBalance, ...]
    unusable_number: bool


def text_of(element: etree._Element, name: str) -> str | None:
    """The stripped text of a child; None when it is missing or empty."""
    found = element.findtext(f"{N}{name}")
    return found.strip() or None if found else None


def line_of(element: etree._Element) -> int | None:
    line: object = element.sourceline
    return line if isinstance(line, int) else None


def ore_of(text: str | None, at: etree._Element) -> int:
    """Signed øre out of an xs:decimal. More than two decimals that matter is an error: nothing is rounded in silence."""
    stripped = (text or "").strip()
    if not _AMOUNT.fullmatch(stripped):
        raise SaftError(f"{stripped[:40]!r} is not an amount.", line=line_of(at))
    hundredths = Decimal(stripped) * 100
    if hundredths != hundredths.to_integral_value():
        raise SaftError(f"The amount {stripped[:40]} has more than two decimals.", line=line_of(at))
    return int(hundredths)


def date_of(text: str | None, at: etree._Element) -> date:
    match = _DATE.fullmatch((text or "").strip())
    try:
        if match is None:
            raise ValueError
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError as error:
        raise SaftError(f"{(text or '').strip()[:40]!r} is not a date.", line=line_of(at)) from error


def header_of(element: etree._Element) -> Header:
    """Raises `SaftError` when the company is missing, the books are not in kroner or the version is unknown to us."""
    company = element.find(f"{N}Company")
    if company is None or not (number := text_of(company, "RegistrationNumber")):
        raise SaftError("The header names no company with an organisation number.", line=line_of(element))
    if (currency := text_of(element, "DefaultCurrencyCode") or "NOK") != "NOK":
        raise SaftError(f"The books are kept in {currency[:3]}; only books in NOK can be imported.", line=line_of(element))
    version = text_of(element, "AuditFileVersion") or ""
    if not re.fullmatch(r"1(\.\d+)?", version):
        raise SaftError(f"AuditFileVersion {version[:9]!r} is not supported; versions 1.0 to 1.30 are.", line=line_of(element))
    start, end = _period_of(element)
    name = text_of(company, "Name") or number
    digits = _bare_number(number)
    return Header(LedgerCompany(digits, name, digits), version, start, end)


def customer_of(element: etree._Element) -> ReadCustomer:
    number = text_of(element, "CustomerID")
    if number is None:
        raise SaftError("A customer has no CustomerID.", line=line_of(element))
    registration = text_of(element, "RegistrationNumber")
    organisation_number = parse_organisation_number(registration) if registration and is_organisation_number(registration) else None
    party = element.find(f"{N}PartyInfo")
    contact = _contact_of(element)
    card = LedgerCustomer(
        external_id=number,
        number=number,
        name=text_of(element, "Name") or number,
        organisation_number=organisation_number,
        is_person=_is_person(party, registration, organisation_number),
        email=contact.get("Email"),
        phone=contact.get("MobilePhone") or contact.get("Telephone"),
        address=_address_of(element),
        inactive=party is not None and text_of(party, "Status") == "Passive",
    )
    unusable = registration is not None and organisation_number is None and not _is_birth_number(registration)
    return ReadCustomer(SaftCustomer(card, _terms_of(party)), _balances_of(element), unusable)


def _balances_of(element: etree._Element) -> tuple[AccountBalance, ...]:
    """1.30 repeats `BalanceAccount`; earlier versions have one account with its balances on the customer itself."""
    found = [_balance_of(element)] + [_balance_of(account) for account in element.iterchildren(f"{N}BalanceAccount")]
    return tuple(balance for balance in found if balance != AccountBalance(None, None, None))


def _balance_of(element: etree._Element) -> AccountBalance:
    return AccountBalance(text_of(element, "AccountID"), stated_balance(element, "Opening"), stated_balance(element, "Closing"))


def stated_balance(element: etree._Element, which: str) -> int | None:
    """`OpeningDebitBalance` less `OpeningCreditBalance` (or Closing…) in øre; None where neither stands."""
    debit, credit = text_of(element, f"{which}DebitBalance"), text_of(element, f"{which}CreditBalance")
    if debit is None and credit is None:
        return None
    return ore_of(debit or "0", element) - ore_of(credit or "0", element)


def _terms_of(party: etree._Element | None) -> PaymentTerms:
    terms = party.find(f"{N}PaymentTerms") if party is not None else None
    if terms is None:
        return PaymentTerms()
    return PaymentTerms(_count(terms, "Days"), _count(terms, "Months"), text_of(terms, "FreeBillingMonth") in {"true", "1"})


def _count(element: etree._Element, name: str) -> int | None:
    """A small whole number. Ten years of credit is a typing error, not a term."""
    text = text_of(element, name)
    return int(text) if text and re.fullmatch(r"\d{1,4}", text) and int(text) <= 3660 else None


def _contact_of(element: etree._Element) -> dict[str, str]:
    """The first of each kind over all contacts."""
    found: dict[str, str] = {}
    for contact in element.iterchildren(f"{N}Contact"):
        for name in ("Email", "MobilePhone", "Telephone"):
            value = text_of(contact, name)
            if value:
                found.setdefault(name, value)
    return found


def _address_of(element: etree._Element) -> Address:
    by_type: dict[str | None, etree._Element] = {}
    for address in element.iterchildren(f"{N}Address"):
        by_type.setdefault(text_of(address, "AddressType"), address)
    chosen = next((by_type[kind] for kind in _ADDRESS_ORDER if kind in by_type), None)
    if chosen is None:
        return Address()
    street = " ".join(part for part in (text_of(chosen, "StreetName"), text_of(chosen, "Number")) if part)
    lines = tuple(line for line in (street, text_of(chosen, "AdditionalAddressDetail"), text_of(chosen, "Building")) if line)
    return Address(lines, text_of(chosen, "PostalCode"), text_of(chosen, "City"), text_of(chosen, "Country") or "NO")


def _is_person(party: etree._Element | None, registration: str | None, organisation_number: str | None) -> bool | None:
    kind = text_of(party, "Type") if party is not None else None
    if kind is not None:
        return kind == "Private"
    if organisation_number:
        return False
    return True if registration and _is_birth_number(registration) else None


def _is_birth_number(registration: str) -> bool:
    """The format allows a national identity number for private persons. It is recognised only in order not to be kept."""
    return len(re.sub(r"\s", "", registration)) == 11


def _bare_number(text: str) -> str:
    if is_organisation_number(text):
        return parse_organisation_number(text)
    return re.sub(r"\D", "", text) or text


def _period_of(header: etree._Element) -> tuple[date | None, date | None]:
    selection = header.find(f"{N}SelectionCriteria")
    if selection is None:
        return None, None
    if start := text_of(selection, "SelectionStartDate"):
        return date_of(start, selection), date_of(text_of(selection, "SelectionEndDate"), selection)
    first, last = _month_of(selection, "PeriodStart"), _month_of(selection, "PeriodEnd")
    if first is None or last is None:
        return None, None
    return first, last.replace(day=calendar.monthrange(last.year, last.month)[1])


def _month_of(selection: etree._Element, name: str) -> date | None:
    """Accounting periods are taken for months; period 0 and period 13 (adjustments) for the nearest month."""
    period, year = text_of(selection, name), text_of(selection, f"{name}Year")
    if not period or not year or not period.isdecimal() or not re.fullmatch(r"(19|20|21)\d\d", year):
        return None
    return date(int(year), min(max(int(period[-4:]), 1), 12), 1)
