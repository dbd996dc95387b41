"""Which column is what, by the names that Norwegian ledgers give them, in any order. What is not known is asked of a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.ledgers.files.tables import Line

HEADER_WITHIN = 30


class Field(StrEnum):
    """What a column of an open item list can tell."""

    CUSTOMER_NUMBER = "customer_number"
    CUSTOMER_NAME = "customer_name"
    ORGANISATION_NUMBER = "organisation_number"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    POSTAL_CODE = "postal_code"
    CITY = "city"
    DOCUMENT_NUMBER = "document_number"
    ISSUED_ON = "issued_on"
    DUE_ON = "due_on"
    KID = "kid"
    AMOUNT = "amount"
    REMAINING = "remaining"
    CURRENCY = "currency"
    TEXT = "text"


FIELDS = frozenset(field.value for field in Field)
_NAMES: dict[Field, str] = {
    Field.CUSTOMER_NUMBER: "kundenr kundenummer kundeid kunde-nr customer-number customer-no customerno customer-id debitor debitornr"
    " reskontronr reskontro kontonr motpartnr",
    Field.CUSTOMER_NAME: "kundenavn kunde navn customer customer-name name debitornavn motpart firmanavn kontonavn",
    Field.ORGANISATION_NUMBER: "orgnr organisasjonsnr organisasjonsnummer org-nummer organisation-number organization-number"
    " organization-no vat-number foretaksnummer foretaksnr",
    Field.EMAIL: "e-post epost epostadresse e-postadresse email e-mail mail email-address fakturaepost",
    Field.PHONE: "telefon tlf telefonnr telefonnummer mobil mobilnr mobilnummer mobiltelefon phone mobile phone-number",
    Field.ADDRESS: "adresse adresse1 gateadresse postadresse address address1 street adresselinje1",
    Field.POSTAL_CODE: "postnr postnummer zip zipcode postal-code postcode",
    Field.CITY: "poststed sted by city town",
    Field.DOCUMENT_NUMBER: "fakturanr fakturanummer faktura invoice invoice-number invoice-no invoicenr dokumentnr dokumentnummer"
    " bilagsnr bilagsnummer bilag document-number document-no voucher-number",
    Field.ISSUED_ON: "fakturadato bilagsdato dato utstedt dokumentdato invoice-date date document-date issue-date posteringsdato",
    Field.DUE_ON: "forfallsdato forfall forfallsdag betalingsfrist forfalldato due-date duedate due forfaller",
    Field.KID: "kid kidnr kidnummer kid-nummer kundeidentifikasjon betalingsreferanse payment-reference reference",
    Field.AMOUNT: "beløp belop fakturabeløp opprinnelig opprinneligbeløp originalbeløp sum totalt total amount invoice-amount"
    " original-amount beløpnok bruttobeløp",
    Field.REMAINING: "restbeløp rest åpentbeløp åpent gjenstående gjenståendebeløp utestående utestående-beløp saldo restsaldo ubetalt"
    " åpensaldo remaining remaining-amount outstanding outstanding-amount open-amount balance amount-due restbeløpnok",
    Field.CURRENCY: "valuta valutakode currency currency-code",
    Field.TEXT: "tekst beskrivelse type bilagsart bilagstype text description document-type",
}  # fmt: skip


def plain(header: str) -> str:
    """A column's name as it compares: "Faktura nr." and "FAKTURANR" are the same."""
    return re.sub(r"[^0-9a-zæøåäö]", "", unicodedata.normalize("NFC", header).lower())


KNOWN: dict[str, Field] = {plain(name): field for field, names in _NAMES.items() for name in names.split()}


@dataclass(frozen=True, slots=True)
class Columns:
    """A table's head: its line, its names, and the place of each field that was recognised or told."""

    line: int
    names: tuple[str, ...]
    places: Mapping[Field, int]

    @property
    def layout(self) -> dict[str, str]:
        """By field the column's name, as it is remembered for the company."""
        return {field.value: plain(self.names[place]) for field, place in self.places.items()}

    @property
    def missing(self) -> tuple[Field, ...]:
        """Without these nothing can be told: whose it is, and how much."""
        lacking = []
        if not {Field.CUSTOMER_NUMBER, Field.CUSTOMER_NAME, Field.ORGANISATION_NUMBER} & set(self.places):
            lacking.append(Field.CUSTOMER_NUMBER)
        if not {Field.AMOUNT, Field.REMAINING} & set(self.places):
            lacking.append(Field.REMAINING)
        return tuple(lacking)


def recognised(lines: Sequence[Line]) -> int:
    """How many fields the best head among these rows tells."""
    return max((len(_places(line, {})) for line in lines[:HEADER_WITHIN]), default=0)


def find_columns(lines: Sequence[Line], layout: Mapping[str, str] | None = None, told: Sequence[str] | None = None) -> Columns:
    """The head and its fields: as a person told now (`told`, by place), else as remembered (`layout`), else by their names."""
    remembered = {name: Field(field) for field, name in (layout or {}).items() if field in FIELDS}
    first = lines[:HEADER_WITHIN]
    head = max(first, key=lambda line: (len(_places(line, remembered)), -line.number))
    if not _places(head, remembered):
        head = max(first, key=lambda line: (sum(bool(line.text(place)) for place in range(len(line.cells))), -line.number))
    names = tuple(head.text(place) for place in range(len(head.cells)))
    if told is not None:
        places = {Field(field): place for place, field in reversed(list(enumerate(told[: len(names)]))) if field in FIELDS}
    else:
        places = _places(head, remembered)
    return Columns(head.number, names, places)


def _places(line: Line, remembered: Mapping[str, Field]) -> dict[Field, int]:
    """The first column of each field; what is remembered for the company comes before what everybody calls it."""
    found: dict[Field, int] = {}
    for known in (remembered, KNOWN):
        for place in range(len(line.cells)):
            field = known.get(plain(line.text(place)))
            if field is not None and place not in found.values():
                found.setdefault(field, place)
    return found
