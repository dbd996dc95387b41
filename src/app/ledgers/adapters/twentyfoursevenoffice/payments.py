"""Writing a payment: a voucher of two lines, straight into the ledger, whose customer's line is tied to the invoice.

Our key stands first in the lines' comment: that is how it is found again. 24SevenOffice has nothing better, and nothing that takes a
voucher back.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal

from app.ledgers.adapters.twentyfoursevenoffice.rows import HOME_CURRENCY, Line
from app.ledgers.adapters.twentyfoursevenoffice.soap import ACCOUNT, Fields, Node
from app.ledgers.adapters.twentyfoursevenoffice.wire import Ask, Wire, reading, refused_in_words
from app.ledgers.errors import ConflictError, PeriodLockedError
from app.ledgers.ports import PaymentOrder, PostingReceipt, PostingState
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError, UnsupportedError

#: receivables and bank in the Norwegian chart of accounts
BANK, BANKS = 1920, range(1920, 1950)
COMMENT_MAX = 75
#: lines are dated in UTC, so that the day before is asked for too
AROUND = timedelta(days=1)
#: a number that somebody else has taken meanwhile is replaced once
NUMBERS_MAX = 2
NO_TYPE = "There is no voucher type called Bank in 24SevenOffice, which payments could be booked with."
NO_BANK = "It cannot be told which account in 24SevenOffice is the bank: 1920 is missing, and there are several others or none."

Lines = Callable[[Ask, Fields], list[Line]]


def post_payment(wire: Wire, company: str, order: PaymentOrder, invoice: Line, link: Sequence[Line]) -> PostingReceipt:
    if order.amount_ore <= 0:
        raise RefusedError("a payment must be above zero")
    if not order.currency == invoice.currency == HOME_CURRENCY:
        raise UnsupportedError("Payments of invoices in another currency must be booked in 24SevenOffice by hand.")
    if invoice.customer is None:
        raise RefusedError("The line in 24SevenOffice stands on no customer's account.")
    for _ in range(NUMBERS_MAX):
        bank, sort, number = wire.read(company, lambda ask: _prepared(ask, order.paid_on))
        told = wire.write(company, ACCOUNT, "SaveBundleList", {"BundleList": _bundles(order, invoice, link, bank, sort, number)})
        if _is_saved(told):
            return PostingReceipt(str(number), order.paid_on, state=PostingState.POSTED)
    raise ConflictError("24SevenOffice says that the voucher is there already, under each number it gives us.")


def find_payment(wire: Wire, company: str, order: PaymentOrder, lines: Lines) -> PostingReceipt | None:
    """By our key, among the lines around that day."""
    asked = {"DateStart": order.paid_on - AROUND, "DateEnd": order.paid_on + 2 * AROUND}
    shown = wire.read(company, lambda ask: lines(ask, asked))
    mine = {line.transaction: line for line in shown if line.comment.startswith(order.our_key) and line.amount_ore == -order.amount_ore}
    if len(mine) > 1:
        raise ConflictError(f"24SevenOffice holds several vouchers with the reference {order.our_key}: look at them there.")
    for transaction, line in mine.items():
        return PostingReceipt(transaction, order.paid_on, state=PostingState.MATCHED if line.link else PostingState.POSTED)
    return None


def _prepared(ask: Ask, on: date) -> tuple[int, int, int]:
    """The bank's account, the type of voucher, and the next number in its series."""
    bank = _bank([int(row.needed("AccountNo")) for row in _rows(ask, "GetAccountList", "AccountData")])
    types = [row for row in _rows(ask, "GetTypeList", "TypeData") if "bank" in (row.text("Title") or "").lower()]
    with reading("voucher types"):
        usable = sorted((int(row.needed("TypeNo")), int(row.needed("EntrySeriesId"))) for row in types if int(row.needed("TypeNo")) > 0)
    if not usable:
        raise RefusedError(NO_TYPE)
    sort, series = usable[0]
    told = ask(ACCOUNT, "GetEntryId", {"argEntryId": {"Date": on, "SortNo": series, "EntryNo": 0}})
    with reading("the next voucher number"):
        number = int((told and told.text("EntryNo")) or 0)
    if number <= 0:
        raise PeriodLockedError(f"24SevenOffice gives no voucher number for {on.isoformat()}: the year is closed there or not set up.")
    return bank, sort, number


def _rows(ask: Ask, call: str, name: str) -> list[Node]:
    told = ask(ACCOUNT, call)
    return [] if told is None else list(told.each(name))


def _bank(accounts: Sequence[int]) -> int:
    banks = sorted({number for number in accounts if number in BANKS})
    if BANK in banks:
        return BANK
    if len(banks) != 1:
        raise RefusedError(NO_BANK)
    return banks[0]


def _bundles(order: PaymentOrder, invoice: Line, link: Sequence[Line], bank: int, sort: int, number: int) -> Fields:
    """Fields in the order of the service's description. All lines of the invoice's link go into the new one: what was paid before stays
    tied to it."""
    comment = f"{order.our_key} {order.text}"[:COMMENT_MAX].strip()
    amount = Decimal(order.amount_ore) / 100
    new_link = str(uuid.uuid5(uuid.NAMESPACE_URL, f"reskontro:{order.our_key}"))
    tied = [{"LineId": line.id, "LinkId": new_link} for line in sorted({*link, invoice}, key=lambda line: (line.id != invoice.id, line.id))]
    common = {"TaxNo": "0", "Comment": comment}
    money = {"AccountNo": bank, "Date": order.paid_on, "Amount": amount, "CurrencyId": HOME_CURRENCY, **common}
    owed = {
        "CustomerId": invoice.customer, "AccountNo": invoice.account, "Date": order.paid_on, "Amount": -amount, "CurrencyId": HOME_CURRENCY,
        "InvoiceReferenceNo": invoice.number, **common, "LinkId": new_link, "Links": {"LinkModel": tied},
    }  # fmt: skip
    voucher = {"TransactionNo": number, "Entries": {"Entry": [money, owed]}, "Sort": sort}
    bundle = {
        "YearId": order.paid_on.year,
        "Vouchers": {"Voucher": [voucher]},
        "Sort": sort,
        "Name": comment,
        "BundleDirectAccounting": False,
    }
    return {
        "Bundles": {"Bundle": [bundle]}, "AllowDifference": False, "DirectLedger": False, "SaveOption": 0, "DefaultCustomerId": 0,
        "IgnoreWarnings": {"string": ["invoicealreadyexists"]},
    }  # fmt: skip


def _is_saved(told: Node) -> bool:
    """False where the number was taken. Whatever else is not "Ok" raises."""
    kind, words = told.text("Type"), told.text("Description") or ""
    if kind == "Ok":
        return True
    if kind in ("DuplicateData", "DataAlreadySaved"):
        return False
    if kind == "NotAuthenticated":
        raise TryLaterError("24SevenOffice had ended the session, and saved nothing")
    if kind in ("Exception", "NotSaved"):
        raise refused_in_words(words or "the voucher was not saved")
    raise UnknownOutcomeError(f"24SevenOffice did not say whether it saved the voucher ({kind or 'no answer'})")
