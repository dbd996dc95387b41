"""Files of the kinds that banks deliver, built as they are laid out in public: OCR giro by its own library, camt.054 by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import netsgiro
from netsgiro.records import (
    AssignmentEnd,
    AssignmentStart,
    TransactionAmountItem1,
    TransactionAmountItem2,
    TransmissionEnd,
    TransmissionStart,
)

ACCOUNT = "12345678903"


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment as a test wants it."""

    kid: str | None
    ore: int
    on: date = date(2026, 11, 2)
    text: str | None = None
    ref: str = ""
    sign: str = "0"


def ocr(payments: Sequence[Paid], *, account: str = ACCOUNT, number: str = "0000001", extra: Sequence[tuple[str, Paid]] = ()) -> str:
    """A whole transmission; `extra` are payments to further accounts, each in an assignment of its own."""
    parts = [(account, list(payments)), *((other, [one]) for other, one in extra)]
    body: list[str] = []
    for place, (payee, paid) in enumerate(parts, 1):
        body += _assignment(payee, paid, f"{int(number) + place - 1:07}")
    count, total = sum(len(paid) for _, paid in parts), sum(one.ore for _, paid in parts for one in paid)
    day = parts[0][1][0].on if parts[0][1] else date(2026, 11, 2)
    start = TransmissionStart(netsgiro.ServiceCode.NONE, number, "00008080", "00010200").to_ocr()
    end = TransmissionEnd(netsgiro.ServiceCode.NONE, count, len(body) + 2, total, f"{day:%d%m%y}").to_ocr()
    return "\n".join([start, *body, end]) + "\n"


def _assignment(account: str, paid: Sequence[Paid], number: str) -> list[str]:
    code, kind = netsgiro.ServiceCode.OCR_GIRO, netsgiro.TransactionType.FROM_GIRO_DEBITED_ACCOUNT
    lines = [AssignmentStart(code, netsgiro.AssignmentType.TRANSACTIONS, number, account, "001002003").to_ocr()]
    for place, one in enumerate(paid, 1):
        day = f"{one.on:%d%m%y}"
        lines.append(
            TransactionAmountItem1(
                code, kind, place, day, one.ore, one.kid, centre_id="13", day_code=1, partial_settlement_number=1,
                partial_settlement_serial_number="00001", sign=one.sign,
            ).to_ocr()
        )  # fmt: skip
        lines.append(
            TransactionAmountItem2(
                code, kind, place, "099999999", form_number="0000000001", bank_date=day, debit_account="99990512341", filler="0000000"
            ).to_ocr()
        )
    days = f"{paid[0].on:%d%m%y}" if paid else "021126"
    end = AssignmentEnd(
        code, netsgiro.AssignmentType.TRANSACTIONS, len(paid), len(lines) + 1, sum(one.ore for one in paid), days, days, days
    )
    return [*lines, end.to_ocr()]


def camt(payments: Sequence[Paid], *, version: str = "02", account: str = ACCOUNT, status: str = "BOOK", currency: str = "NOK") -> str:
    """One notification with one entry, as Norwegian banks bundle KID payments; .08 differs in amounts, status and the payer's party."""
    new = version != "02"
    rows = "".join(_tx(one, place, new=new, currency=currency) for place, one in enumerate(payments, 1))
    total, day = sum(one.ore for one in payments), payments[0].on if payments else date(2026, 11, 2)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.{version}">'
        f"<BkToCstmrDbtCdtNtfctn><GrpHdr><MsgId>M1</MsgId><CreDtTm>{day}T06:00:00</CreDtTm></GrpHdr><Ntfctn><Id>N1</Id>"
        f"<CreDtTm>{day}T06:00:00</CreDtTm><Acct><Id><IBAN>NO93{account}</IBAN></Id></Acct><Ntry><NtryRef>1</NtryRef>"
        f'<Amt Ccy="{currency}">{total / 100:.2f}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{f"<Cd>{status}</Cd>" if new else status}</Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>{rows}</NtryDtls></Ntry></Ntfctn>"
        "</BkToCstmrDbtCdtNtfctn></Document>"
    )


def _tx(one: Paid, place: int, *, new: bool, currency: str) -> str:
    amount = f'<Amt Ccy="{currency}">{one.ore / 100:.2f}</Amt>'
    amount = f"{amount}<CdtDbtInd>CRDT</CdtDbtInd>" if new else f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>"
    name = "<Pty><Nm>Nordlys Bygg AS</Nm></Pty>" if new else "<Nm>Nordlys Bygg AS</Nm>"
    told = f"<Strd><CdtrRefInf><Ref>{one.kid}</Ref></CdtrRefInf></Strd>" if one.kid else f"<Ustrd>{one.text or ''}</Ustrd>"
    return (
        f"<TxDtls><Refs><AcctSvcrRef>{one.ref or place}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>{amount}"
        f"<RltdPties><Dbtr>{name}</Dbtr></RltdPties><RmtInf>{told}</RmtInf></TxDtls>"
    )
