"""OCR giro (Nets, Mastercard Payment Services): a day's payments with KID, as the creditor's bank delivers them to his ledger.

Fixed records of 80 characters; `netsgiro` knows them. Its own totals are checked here, so that half a file is never taken for a whole.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import netsgiro
from netsgiro.records import AssignmentEnd, Record, TransmissionEnd
from netsgiro.records import parse as records_of

from app.ledgers.files.records import FILE_MAX_BYTES, N_, BankFile, FileError, FileKind, LeftOut
from app.receivables.bank_money import BankPaymentFacts

RECORD_LENGTH = 80
REVERSAL = N_("A reversal, not a payment. Look at it in the bank.")
NOT_POSITIVE = N_("The amount is not a payment. Look at it in the bank.")


def read_ocr(path: Path) -> BankFile:
    """Every payment of the file. FileError when it is cut off, its totals do not agree, or it is no such file."""
    if path.stat().st_size > FILE_MAX_BYTES:
        raise FileError(N_("The file is too large."), file=path.name)
    text = path.read_bytes().decode("latin-1")
    lines = [line.ljust(RECORD_LENGTH) for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    try:
        records: list[Record] = records_of("\n".join(lines))
        transmission = netsgiro.Transmission.from_records(records)
    except (ValueError, KeyError, AssertionError, IndexError, TypeError) as error:
        raise FileError(N_("The file is no whole OCR giro file. Fetch it again from the bank."), file=path.name) from error
    _check_totals(transmission, records, path.name)
    payments: list[BankPaymentFacts] = []
    left_out: list[LeftOut] = []
    keys: Counter[str] = Counter()
    for assignment in transmission.assignments:
        for one in assignment.transactions:
            if not isinstance(one, netsgiro.Transaction):
                continue
            kid = (one.kid or "").strip() or None
            reversal = one.type in {netsgiro.TransactionType.REVERSING_WITH_KID, netsgiro.TransactionType.REVERSING_WITH_TEXT}
            if reversal or one.sign == "-" or one.amount_in_cents <= 0:
                left_out.append(LeftOut(None, "amount", f"{kid or '–'} {one.amount}", REVERSAL if reversal else NOT_POSITIVE))
                continue
            key = f"{assignment.account}/{one.date:%Y%m%d}/{assignment.number}/{one.number}/{kid or ''}/{one.amount_in_cents}"
            keys[key] += 1
            payments.append(
                BankPaymentFacts(
                    key if keys[key] == 1 else f"{key}#{keys[key]}", assignment.account, one.bank_date or one.date, one.amount_in_cents,
                    kid, (one.text or "").strip() or None,
                )
            )  # fmt: skip
    accounts = tuple(dict.fromkeys(assignment.account for assignment in transmission.assignments))
    return BankFile(FileKind.OCR, tuple(payments), tuple(left_out), accounts)


def _check_totals(transmission: netsgiro.Transmission, records: list[Record], name: str) -> None:
    """What the closing records say must be what stands between."""
    end = records[-1]
    if not isinstance(end, TransmissionEnd) or end.num_records != len(records):
        raise FileError(N_("The file is cut off: it has fewer records than it says. Fetch it again from the bank."), file=name)
    ends = [record for record in records if isinstance(record, AssignmentEnd)]
    for assignment, told in zip(transmission.assignments, ends, strict=True):
        if told.total_amount is None:
            continue
        amounts = [one.amount_in_cents * (-1 if getattr(one, "sign", None) == "-" else 1) for one in assignment.transactions]  # type: ignore[union-attr]
        if told.num_transactions != len(amounts) or told.total_amount not in {sum(amounts), sum(abs(one) for one in amounts)}:
            raise FileError(N_("The payments do not add up to the file's own total. Fetch it again from the bank."), file=name)
