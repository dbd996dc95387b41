"""EHF Billing 3.0 as the public samples lay it out: only what is read of it, in the standard's own order and namespaces."""

from __future__ import annotations

SELLER = "974760673"
BUYER = "923609016"


def ehf(
    number: str = "20001", *, due: str | None = "2026-10-15", kid: str | None = "1234566", kroner: str = "1250.00", kind: str = "Invoice",
    seller: str = SELLER, buyer: str | None = BUYER, currency: str = "NOK",
) -> str:  # fmt: skip
    party = (
        "<cac:Party><cbc:EndpointID schemeID='0192'>{0}</cbc:EndpointID><cac:PostalAddress><cbc:StreetName>Bryggen 7</cbc:StreetName>"
        "<cbc:CityName>Bergen</cbc:CityName><cbc:PostalZone>5003</cbc:PostalZone><cac:Country><cbc:IdentificationCode>NO"
        "</cbc:IdentificationCode></cac:Country></cac:PostalAddress><cac:PartyLegalEntity><cbc:RegistrationName>{1}"
        "</cbc:RegistrationName><cbc:CompanyID schemeID='0192'>{0}</cbc:CompanyID></cac:PartyLegalEntity><cac:Contact>"
        "<cbc:ElectronicMail>{2}</cbc:ElectronicMail></cac:Contact></cac:Party>"
    )
    urn = "urn:oasis:names:specification:ubl:schema:xsd"
    pay = f"<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>{f'<cbc:PaymentID>{kid}</cbc:PaymentID>' if kid else ''}"
    return (
        f"<?xml version='1.0' encoding='UTF-8'?><{kind} xmlns='{urn}:{kind}-2' xmlns:cac='{urn}:CommonAggregateComponents-2' "
        f"xmlns:cbc='{urn}:CommonBasicComponents-2'><cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-10-01</cbc:IssueDate>"
        f"{f'<cbc:DueDate>{due}</cbc:DueDate>' if due else ''}<cbc:DocumentCurrencyCode>{currency}</cbc:DocumentCurrencyCode>"
        f"<cac:AccountingSupplierParty>{party.format(seller, 'Bø & Sønner AS'.replace('&', '&amp;'), 'post@bo.example')}"
        f"</cac:AccountingSupplierParty><cac:AccountingCustomerParty>{party.format(buyer or '', 'Nordlys AS', 'faktura@nordlys.example')}"
        f"</cac:AccountingCustomerParty>{pay}</cac:PaymentMeans><cac:LegalMonetaryTotal>"
        f"<cbc:PayableAmount currencyID='{currency}'>{kroner}</cbc:PayableAmount></cac:LegalMonetaryTotal></{kind}>"
    )
