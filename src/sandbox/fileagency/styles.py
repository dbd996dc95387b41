"""How each agency's files look, and how they are read and written. Everything is assumed but the letters LS and RD of the first one."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from xml.etree import ElementTree

import msgspec

Row = dict[str, str]


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """`lands`: where a creditor lays files down. `told`: what names the words of a case's life have here."""

    lands: str
    taken: str
    tells: str
    documents: str
    cases: str
    reports: str
    receipt: str
    status: str
    payout: str | None
    encoding: str
    dates: str
    xml: bool
    told: dict[str, str]


LS_RD = Style(
    lands="til", taken="til/behandlet", tells="fra", documents="til/vedlegg", cases="LS", reports="RD", receipt="KV", status="AV",
    payout=None, encoding="iso-8859-1", dates="%d%m%Y", xml=False,
    told={"registered": "REGISTRERT", "collection": "INKASSO", "paid": "AVSLUTTET", "withdrawn": "TRUKKET", "lost": "AVSLUTTET"},
)  # fmt: skip
ROUTINE = Style(
    lands="inn", taken="inn/hentet", tells="ut", documents="inn/vedlegg", cases="saker_", reports="innbetalinger_", receipt="kvittering_",
    status="status_", payout="innbetalt_", encoding="utf-8", dates="%d.%m.%Y", xml=False,
    told={"registered": "VARSEL", "collection": "INKASSO", "paid": "BETALT", "withdrawn": "TRUKKET", "lost": "OVERVÅK"},
)  # fmt: skip
XML = Style(
    lands="in", taken="in/done", tells="out", documents="in/docs", cases="case-", reports="payment-", receipt="receipt-", status="status-",
    payout="payout-", encoding="utf-8", dates="%Y-%m-%d", xml=True,
    told={"registered": "NEW", "collection": "OPEN", "paid": "PAID", "withdrawn": "RECALLED", "lost": "LOST"},
)  # fmt: skip
STYLES = {"ls-rd": LS_RD, "routine": ROUTINE, "xml": XML}
#: the first style's columns and where the same stands in XML
PATHS = {
    "kundenr": "Creditor", "referanse": "Reference", "navn": "Debtor/Name", "fakturanr": "Invoice/Number", "forfall": "Invoice/Due",
    "hovedstol": "Invoice/Principal", "orgnr": "Debtor/OrganisationNumber", "saksnr": "CaseNumber", "id": "Key", "type": "Kind",
    "dato": "Date", "belop": "Amount", "status": "Status", "merknad": "Remark", "restsaldo": "Outstanding", "resthovedstol": "Left",
    "avregning": "Payout", "avregningsdato": "PayoutDate", "rente": "Interest", "gebyr": "Fees", "salaer": "Commission", "mva": "Vat",
    "innbetalt": "PaidOn", "utbetalt": "Total", "valuta": "Currency", "bankref": "BankReference", "postnr": "Debtor/PostalCode",
    "skyldnertype": "Debtor/Kind",
}  # fmt: skip


def read(style: Style, content: bytes) -> list[Row]:
    """`ValueError` for what is no such file."""
    if style.xml:
        try:
            root = ElementTree.fromstring(content)  # noqa: S314 - what a creditor of the sandbox lays down
        except ElementTree.ParseError as fault:
            raise ValueError(str(fault)) from fault
        return [{ours: (one.findtext(path) or "").strip() for ours, path in PATHS.items()} for one in root.iter("Row")]
    return list(csv.DictReader(io.StringIO(content.decode(style.encoding)), delimiter=";"))


def write(style: Style, rows: Sequence[Row]) -> bytes:
    if style.xml:
        root = ElementTree.Element("Rows")
        for row in rows:
            element = ElementTree.SubElement(root, "Row")
            for ours, value in row.items():
                place = element
                *parents, last = PATHS[ours].split("/")
                for parent in parents:
                    known = place.find(parent)
                    place = ElementTree.SubElement(place, parent) if known is None else known
                ElementTree.SubElement(place, last).text = value
        whole: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return whole
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(style.encoding)


def ore(style: Style, shown: str) -> int:
    """`ValueError` unless it is written as this agency wants it."""
    if (not style.xml and "." in shown) or (style.xml and "," in shown):
        raise ValueError("wrong decimal sign")
    try:
        return int((Decimal(shown.replace(",", ".")) * 100).to_integral_exact())
    except InvalidOperation as fault:
        raise ValueError("no amount") from fault


def kroner(style: Style, amount_ore: int) -> str:
    return f"{amount_ore // 100}{'.' if style.xml else ','}{amount_ore % 100:02d}"


def day(style: Style, when: date) -> str:
    return when.strftime(style.dates)


def parse_day(style: Style, shown: str) -> date:
    return datetime.strptime(shown, style.dates).date()  # noqa: DTZ007 - a date, no instant
