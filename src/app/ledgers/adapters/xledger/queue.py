"""Payments into Xledger, which has no call for them: a voucher handed to the import queue (`addGLImportItems`) and followed from there.

Taken in is not posted: somebody, or a job there, processes the queue, and what fails stays in it with an error. Whether a posted payment
is then tied to the invoice it names is Xledger's own doing, so that is looked at and never promised.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from app.ledgers.adapters.xledger import items
from app.ledgers.adapters.xledger.wire import Row, Wire, key_of, reading
from app.ledgers.ports import PaymentOrder, PostingReceipt, PostingState
from app.net.errors import RefusedError

#: bank, one of the sources of money; by code, because ids differ from installation to installation
SOURCE = "BA"
ITEM_FIELDS = "extIdentifier trRegNumber"
ERROR_FIELDS = "transactionDbId message errorLevel { code }"
WAY_OUT = "it stands in Xledger's import queue: correct or delete it there"
DELETED = "it is neither in Xledger's import queue nor booked: somebody has deleted it there"


def put_in_queue(wire: Wire, company: str, order: PaymentOrder, invoice: Row, bank: Row) -> PostingReceipt:
    """Hand the voucher in. Both lines carry our key."""
    wire.mutate("addGLImportItems", "AddGLImportItemsInput", voucher(company, order, invoice, bank))
    return _receipt(order, PostingState.ACCEPTED)


def voucher(company: str, order: PaymentOrder, invoice: Row, bank: Row) -> list[dict[str, Any]]:
    """Bank in debit, the customer's account in credit with what names the invoice. Lines of one voucher share `trRegNumber`."""
    kroner = f"{order.amount_ore // 100}.{order.amount_ore % 100:02d}"
    with reading("the invoice to pay"):
        common: dict[str, Any] = {
            "trRegNumber": _number(order), "postedDate": order.paid_on.isoformat(), "transactionSource": {"code": SOURCE},
            "currency": {"dbId": int(invoice["currency"]["dbId"])}, "owner": {"dbId": int(company)}, "text": order.text,
            "extIdentifier": order.our_key,
        }  # fmt: skip
        debit = {**common, "account": {"dbId": int(bank["account"]["dbId"])}, "amount": kroner, "invoiceAmount": kroner}
        credit = {
            **common, "account": {"dbId": int(invoice["account"]["dbId"])}, "subledger": {"dbId": int(invoice["subledgerDbId"])},
            "amount": f"-{kroner}", "invoiceAmount": f"-{kroner}",
            **{name: invoice[name] for name in ("invoiceNumber", "paymentReference") if invoice[name]},
        }  # fmt: skip
    return [{"clientId": f"{order.our_key}/{n}", "node": node} for n, node in enumerate((debit, credit), 1)]


def find(wire: Wire, company: str, order: PaymentOrder) -> PostingReceipt | None:
    """How far our voucher has come; None where there is none. The queue is read first: lines only move from there to the books."""
    waiting = wire.owned(company, "glImportItems", ITEM_FIELDS, extIdentifier=order.our_key)
    posted = wire.owned(company, "arTransactions", items.FIELDS, extIdentifier=order.our_key)
    if posted:
        return _receipt(order, _how_far(wire, company, order, posted))
    if not waiting:
        return None
    with reading("glImportItems"):
        mine = [str(row["dbId"]) for row in waiting]
    errors = list(wire.owned_in(company, "glImportItemErrors", ERROR_FIELDS, "transactionDbId", mine))
    with reading("glImportItemErrors"):
        words = tuple(" ".join(str(row["message"]).split())[:300] for row in errors)
        serious = any("WARN" not in str((row["errorLevel"] or {}).get("code")).upper() for row in errors)
    return _receipt(order, PostingState.REJECTED if serious else PostingState.ACCEPTED, *words, *((WAY_OUT,) if serious else ()))


def follow(wire: Wire, company: str, order: PaymentOrder) -> PostingReceipt:
    """As `find`, for a voucher that was taken in: it cannot have vanished but by somebody's hand."""
    return find(wire, company, order) or _receipt(order, PostingState.REJECTED, DELETED)


def bank_for(accounts: Sequence[Row], currency: str) -> Row:
    """The bank account in that currency with the lowest code."""
    with reading("entityBankAccounts"):
        fitting = [row for row in accounts if key_of((row["account"] or {}).get("dbId")) and str(row["currency"]["dbId"]) == currency]
    if not fitting:
        raise RefusedError("Xledger has no bank account with a ledger account in the company's currency: set one up there, then try again")
    return min(fitting, key=lambda row: str(row["code"]))


def _how_far(wire: Wire, company: str, order: PaymentOrder, posted: Sequence[Row]) -> PostingState:
    with reading("our payment"):
        matches = {match for row in posted if (match := key_of(row["matchId"])) is not None}
    if not matches:
        return PostingState.POSTED
    tied = wire.owned_in(company, "arTransactions", "matchId", "matchId", sorted(matches))
    return PostingState.MATCHED if order.invoice_id in {str(row["dbId"]) for row in tied} else PostingState.POSTED


def _receipt(order: PaymentOrder, state: PostingState, *messages: str) -> PostingReceipt:
    return PostingReceipt(str(_number(order)), order.paid_on, messages, state)


def _number(order: PaymentOrder) -> int:
    """What ties the two lines together until they are posted: a number made of our key, the same at every try."""
    return int.from_bytes(hashlib.sha256(order.our_key.encode()).digest()[:4]) % 900_000_000 + 100_000_000
