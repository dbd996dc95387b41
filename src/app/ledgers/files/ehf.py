"""EHF Billing 3.0 (Peppol BIS 3): an invoice or credit note in UBL 2.1 as it was sent, for what a ledger does not tell of it.

Norwegian usage: the KID is `PaymentMeans/PaymentID`, an organisation number has the scheme 0192.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lxml import etree

from app.ledgers.files import xml
from app.ledgers.files.cells import email_of
from app.ledgers.files.records import N_, FileError
from app.ledgers.ports import Address
from app.values.kid import is_kid
from app.values.organisation_number import is_organisation_number, parse_organisation_number

NORWEGIAN_REGISTER = "0192"
_INCOMPLETE = N_("The invoice has no number, no amount or no seller with a Norwegian organisation number.")


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom the invoice was sent to. `endpoint`: his address in the Peppol network, scheme and number."""

    name: str | None
    organisation_number: str | None
    endpoint: str | None
    email: str | None
    phone: str | None
    address: Address


@dataclass(frozen=True, slots=True)
class InvoiceFile:
    """Amounts in øre of `currency`, positive. `kind`: invoice or credit_note."""

    kind: str
    number: str
    seller: str
    seller_name: str
    issued_on: date | None
    due_on: date | None
    kid: str | None
    payable_ore: int
    currency: str
    customer: Customer


def read_ehf(path: Path) -> InvoiceFile:
    """FileError when the file is no whole UBL invoice or credit note, or names no Norwegian seller."""
    found = [_invoice(root) for root in xml.elements(path, "Invoice", "CreditNote") if root.getparent() is None]
    if len(found) != 1 or found[0] is None:
        raise FileError(_INCOMPLETE, file=path.name)
    return found[0]


def _invoice(root: etree._Element) -> InvoiceFile | None:
    kind = "invoice" if etree.QName(root).localname == "Invoice" else "credit_note"
    seller, buyer = _party(root, "AccountingSupplierParty"), _party(root, "AccountingCustomerParty")
    number, payable = xml.text(root, "ID"), xml.ore(xml.text(root, "LegalMonetaryTotal/PayableAmount"))
    seller_number = None if seller is None else _organisation_number(seller)
    if not number or payable is None or seller is None or seller_number is None:
        return None
    told_kid = (xml.text(root, "PaymentMeans/PaymentID") or "").replace(" ", "")
    return InvoiceFile(
        kind=kind, number=number[:60], seller=seller_number, seller_name=_name(seller) or seller_number,
        issued_on=xml.day(xml.text(root, "IssueDate")),
        due_on=xml.day(xml.text(root, "DueDate") or xml.text(root, "PaymentMeans/PaymentDueDate")),
        kid=told_kid if is_kid(told_kid) else None, payable_ore=payable, currency=(xml.text(root, "DocumentCurrencyCode") or "NOK")[:3],
        customer=Customer(None, None, None, None, None, Address()) if buyer is None else _customer(buyer),
    )  # fmt: skip


def _customer(party: etree._Element) -> Customer:
    street = [xml.text(party, f"PostalAddress/{name}") for name in ("StreetName", "AdditionalStreetName")]
    mail, name = xml.text(party, "Contact/ElectronicMail"), _name(party)
    endpoints = xml.within(party, "EndpointID")
    endpoint = f"{endpoints[0].get('schemeID')}:{(endpoints[0].text or '').strip()}" if endpoints else None
    try:
        email = email_of(mail or "")
    except ValueError:
        email = None
    return Customer(
        name=name[:300] if name else None, organisation_number=_organisation_number(party), endpoint=endpoint[:60] if endpoint else None,
        email=email, phone=(xml.text(party, "Contact/Telephone") or "")[:30] or None,
        address=Address(
            tuple(line[:200] for line in street if line), (xml.text(party, "PostalAddress/PostalZone") or "")[:10] or None,
            (xml.text(party, "PostalAddress/CityName") or "")[:100] or None,
            (xml.text(party, "PostalAddress/Country/IdentificationCode") or "NO")[:2],
        ),
    )  # fmt: skip


def _party(root: etree._Element, role: str) -> etree._Element | None:
    found = xml.within(root, f"{role}/Party")
    return found[0] if found else None


def _name(party: etree._Element) -> str | None:
    return xml.text(party, "PartyLegalEntity/RegistrationName") or xml.text(party, "PartyName/Name")


def _organisation_number(party: etree._Element) -> str | None:
    """By the register of the legal entity, else by the address in the network."""
    for path in ("PartyLegalEntity/CompanyID", "EndpointID"):
        for element in xml.within(party, path):
            told = (element.text or "").strip()
            if element.get("schemeID") in {None, NORWEGIAN_REGISTER} and is_organisation_number(told):
                return parse_organisation_number(told)
    return None
