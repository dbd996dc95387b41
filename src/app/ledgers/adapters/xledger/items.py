"""From Xledger's rows on the customers' accounts to open items, and what an item was settled by. Pure.

Every row (invoice, credit note, payment) tells what remains of it. Rows that are tied to each other carry the same `matchId`; what a row
is, is told by its kind and by the code of its transaction source. Sources' ids differ from installation to installation, codes do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from app.ledgers.adapters.xledger.wire import Row, day_of, key_of, ore_of, reading
from app.ledgers.ports import Confidence, ItemKind, ItemState, LedgerItem, LedgerNotice, LedgerPayment, LiveItem

#: rows that are documents: invoices from orders, imported ones, and opening balances
DOCUMENTS = frozenset({"SO", "AR", "OS"})
#: rows that are money; anything else that is booked against an invoice (a write-off, a transfer) is not called paid
MONEY = frozenset({"OCR", "BA", "BAA"})
CREDIT_MEMO = "CREDIT_MEMO"
FIELDS = (
    "invoiceNumber text amount invoiceAmount invoiceRemaining invoiceDate dueDate paymentDate reminderDate lateFee paymentReference"
    " extIdentifier matchId subledgerDbId headerModifiedAt account { dbId } currency { dbId } slTransactionType { name }"
    " transactionHeader { postedDate transactionSource { code } }"
)


def item_of(row: Row, others: Sequence[Row], currencies: Mapping[str, str]) -> LedgerItem:
    """One row as an item; `others` are the rows it is tied to."""
    with reading("a row on a customer's account"):
        amount, remaining, kind = ore_of(row["invoiceAmount"]), ore_of(row["invoiceRemaining"]), kind_of(row)
        doubts = tuple(_doubts(row, kind, remaining))
        return LedgerItem(
            external_id=str(row["dbId"]),
            customer_id=str(row["subledgerDbId"]),
            kind=kind,
            document_number=row["invoiceNumber"] or None,
            kid=row["paymentReference"] or None,
            issued_on=day_of(row["invoiceDate"]) or posted_on(row),
            due_on=day_of(row["dueDate"]),
            original_ore=amount,
            remaining_ore=remaining,
            currency=currencies[str(row["currency"]["dbId"])],
            confidence=(Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW)[min(len(doubts), 2)],
            doubts=doubts,
            payments=payments_of(others),
            own_notices=notices_of(row),
            account=key_of((row["account"] or {}).get("dbId")),
            version=f"{row['headerModifiedAt']} {row['matchId']} {row['invoiceRemaining']}",
            base_remaining_ore=_in_base(row, others, amount, remaining),
        )


def live_of(row: Row, others: Sequence[Row]) -> LiveItem:
    """One row as it stands now. Nothing remaining is paid or credited only where money or a credit note explains it."""
    with reading("a row on a customer's account"):
        remaining, payments = ore_of(row["invoiceRemaining"]), payments_of(others)
        version = f"{row['headerModifiedAt']} {row['matchId']} {row['invoiceRemaining']}"
        return LiveItem(_state(remaining, payments), remaining, day_of(row["dueDate"]), payments, version, notices_of(row))


def tied_to(row: Row, rows: Iterable[Row]) -> tuple[Row, ...]:
    """The other rows with the same match id."""
    match = key_of(row["matchId"])
    return () if match is None else tuple(other for other in rows if key_of(other["matchId"]) == match and other["dbId"] != row["dbId"])


def payments_of(rows: Iterable[Row]) -> tuple[LedgerPayment, ...]:
    """What was set against an item, oldest first. A payment that was taken back is left out together with its reversal."""
    kept: list[Row] = []
    for row in sorted(rows, key=lambda one: (posted_on(one) or date.min, int(one["dbId"]))):
        amount = ore_of(row["invoiceAmount"])
        if amount < 0:
            kept.append(row)
        elif kind_of(row) is not ItemKind.INVOICE:
            undone = next((one for one in reversed(kept) if ore_of(one["invoiceAmount"]) == -amount and kind_of(one) == kind_of(row)), None)
            if undone is not None:
                kept.remove(undone)
    return tuple(
        LedgerPayment(str(one["dbId"]), posted_on(one) or date.min, -ore_of(one["invoiceAmount"]), kind_of(one), one["text"] or None)
        for one in kept
    )


def kind_of(row: Row) -> ItemKind:
    source, name = source_of(row), (row["slTransactionType"] or {}).get("name")
    if source in MONEY:
        return ItemKind.PAYMENT
    if name == CREDIT_MEMO or (source in DOCUMENTS and ore_of(row["invoiceAmount"]) < 0):
        return ItemKind.CREDIT_NOTE
    return ItemKind.INVOICE if source in DOCUMENTS else ItemKind.OTHER


def source_of(row: Row) -> str:
    return str(((row["transactionHeader"] or {}).get("transactionSource") or {}).get("code") or "")


def posted_on(row: Row) -> date | None:
    return day_of((row["transactionHeader"] or {}).get("postedDate")) or day_of(row["paymentDate"])


def notices_of(row: Row) -> tuple[LedgerNotice, ...]:
    """The last reminder Xledger itself sent. Only the newest date and its fee stand on the row, and not which kind it was."""
    on = day_of(row["reminderDate"])
    return () if on is None else (LedgerNotice(on, fee_ore=ore_of(row["lateFee"])),)


def _doubts(row: Row, kind: ItemKind, remaining: int) -> Iterable[str]:
    if remaining > 0 and kind is not ItemKind.INVOICE:
        yield "it is not booked as an invoice in Xledger"
    if remaining > 0 and not row["dueDate"]:
        yield "it has no due date"


def _in_base(row: Row, others: Sequence[Row], amount: int, remaining: int) -> int | None:
    """What remains in the company's currency: told where nothing, or all that is tied to it, has been set against it."""
    if remaining == amount:
        return ore_of(row["amount"])
    whole = (row, *others)
    if sum(ore_of(one["invoiceAmount"]) for one in whole) == remaining:
        return sum(ore_of(one["amount"]) for one in whole)
    return None


def _state(remaining: int, payments: Sequence[LedgerPayment]) -> ItemState:
    if remaining > 0:
        return ItemState.OPEN
    kinds = {payment.kind for payment in payments}
    if ItemKind.PAYMENT in kinds:
        return ItemState.PAID
    return ItemState.CREDITED if ItemKind.CREDIT_NOTE in kinds else ItemState.GONE
