"""The few words the layout itself needs, in each language of letters. Frozen notices show them: treat a change as a new layout."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Labels:
    organisation_number: str
    reference: str
    your_reference: str
    claim: str
    item: str
    dated: str
    due: str
    amount: str
    to_pay: str
    how_to_pay: str
    amount_to_pay: str
    deadline: str
    account: str
    kid: str
    message: str
    page_of: str
    phone: str
    email: str


LABELS = {
    "nb": Labels(
        organisation_number="Org.nr.",
        reference="Vår referanse",
        your_reference="Deres referanse",
        claim="Kravet",
        item="Gjelder",
        dated="Fakturadato",
        due="Forfall",
        amount="Beløp (kr)",
        to_pay="Å betale",
        how_to_pay="Betaling",
        amount_to_pay="Å betale",
        deadline="Betalingsfrist",
        account="Til konto",
        kid="KID",
        message="Merk betalingen",
        page_of="Side {page} av {pages}",
        phone="Telefon",
        email="E-post",
    ),
    "nn": Labels(
        organisation_number="Org.nr.",
        reference="Vår referanse",
        your_reference="Dykkar referanse",
        claim="Kravet",
        item="Gjeld",
        dated="Fakturadato",
        due="Forfall",
        amount="Beløp (kr)",
        to_pay="Å betale",
        how_to_pay="Betaling",
        amount_to_pay="Å betale",
        deadline="Betalingsfrist",
        account="Til konto",
        kid="KID",
        message="Merk betalinga",
        page_of="Side {page} av {pages}",
        phone="Telefon",
        email="E-post",
    ),
    "en": Labels(
        organisation_number="Org. no.",
        reference="Our reference",
        your_reference="Your reference",
        claim="The claim",
        item="Item",
        dated="Invoice date",
        due="Due date",
        amount="Amount (NOK)",
        to_pay="Amount to pay",
        how_to_pay="Payment",
        amount_to_pay="Amount to pay",
        deadline="Pay by",
        account="To account",
        kid="Payment reference (KID)",
        message="Mark the payment",
        page_of="Page {page} of {pages}",
        phone="Phone",
        email="E-mail",
    ),
}
