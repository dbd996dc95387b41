"""Writing a payment: a customer payment journal of our own, one line in it, and that journal posted.

Posting a journal posts all its lines, so nobody else's may lie in ours. Its code, its line number and its document number come from our
key, and Business Central takes none of them twice: a step whose answer was lost can be taken again, and what is posted is found by its
document number in the general ledger.
"""

from __future__ import annotations

import base64
import hashlib
from contextlib import suppress
from decimal import Decimal

from app.ledgers.adapters.businesscentral.wire import Row, Wire, day_of, entity, ore_of, quoted, reading
from app.ledgers.errors import ConflictError
from app.ledgers.ports import PaymentOrder, PostingReceipt
from app.net.errors import OutsideError, RefusedError, UnknownOutcomeError

#: the journal a bureau makes to say which account our payments are booked against
PATTERN = "RESKONTRO"
LINE_NUMBER = 10_000
NO_PATTERN = (
    f"Make a cash receipt journal batch named {PATTERN} in Business Central, with the general ledger account that payments are booked"
    " against as its balancing account. Until then no payment can be posted there."
)


def post_payment(wire: Wire, company: str, order: PaymentOrder, customer: str) -> PostingReceipt:
    """Raises as ports say. On a definite refusal nothing of ours is left lying in Business Central."""
    journal = _own_journal(wire, company, order)
    where = entity("customerPaymentJournals", journal["id"])
    line = wire.first(company, f"{where}/customerPayments")
    if line is not None:
        _check(line, order)
    elif (found := find_posted(wire, company, order)) is not None:
        _clear(wire, company, journal)
        return found
    try:
        if line is None:
            wire.post(company, f"{where}/customerPayments", _line(order, customer))
        wire.post(company, entity("journals", journal["id"]) + "/Microsoft.NAV.post")
    except RefusedError as refusal:
        # a line from an earlier try, whose answer was lost, may have been posted meanwhile
        found = None if line is None else _found_after(wire, company, order, refusal)
        _clear(wire, company, journal)
        if found is None:
            raise
        return found
    _clear(wire, company, journal)
    return _receipt(order)


def find_posted(wire: Wire, company: str, order: PaymentOrder) -> PostingReceipt | None:
    found = wire.first(company, "/generalLedgerEntries", filter=f"documentNumber eq {quoted(document_number(order.our_key))}")
    return None if found is None else _receipt(order)


def look_up(wire: Wire, company: str, order: PaymentOrder) -> PostingReceipt | None:
    """Was it posted? If so the journal it was posted from, if it still lies there, is taken away."""
    found = find_posted(wire, company, order)
    if found is not None and (journal := wire.first(company, "/customerPaymentJournals", filter=f"code eq {quoted(_code(order))}")):
        _clear(wire, company, journal)
    return found


def pattern_account(wire: Wire, company: str) -> str | None:
    """The account our payments are booked against, as the bureau has chosen it."""
    row = wire.first(company, "/customerPaymentJournals", filter=f"code eq {quoted(PATTERN)}")
    with reading("the payment journal"):
        return None if row is None or not row["balancingAccountNumber"] else str(row["balancingAccountId"])


def document_number(our_key: str) -> str:
    """Twenty characters, as many as there is room for."""
    return "R" + _letters(our_key)[:19]


def _own_journal(wire: Wire, company: str, order: PaymentOrder) -> Row:
    code = _code(order)
    journal = wire.first(company, "/customerPaymentJournals", filter=f"code eq {quoted(code)}")
    if journal is None:
        account = pattern_account(wire, company)
        if account is None:
            raise RefusedError(NO_PATTERN)
        journal = wire.post(company, "/customerPaymentJournals", {"code": code, "displayName": "Reskontro", "balancingAccountId": account})
    with reading("the payment journal"):
        return {"id": (journal or {})["id"], "@odata.etag": (journal or {}).get("@odata.etag", "*")}


def _code(order: PaymentOrder) -> str:
    """Ten characters, as many as there is room for."""
    return "R" + _letters(order.our_key)[:9]


def _line(order: PaymentOrder, customer: str) -> Row:
    """What comes in from a customer stands below zero."""
    return {
        "lineNumber": LINE_NUMBER, "customerId": customer, "postingDate": order.paid_on.isoformat(),
        "documentNumber": document_number(order.our_key), "amount": Decimal(-order.amount_ore) / 100,
        "appliesToInvoiceId": order.invoice_id, "description": order.text[:60],
    }  # fmt: skip


def _check(line: Row, order: PaymentOrder) -> None:
    """What lies there from an earlier try must still be what we wrote."""
    with reading("a payment line"):
        same = (ore_of(line["amount"]), day_of(line["postingDate"])) == (-order.amount_ore, order.paid_on)
        if not same or str(line["appliesToInvoiceId"]).lower() != order.invoice_id.lower():
            raise ConflictError(f"The payment {line['documentNumber']} in Business Central was changed by hand: post or delete it there.")


def _found_after(wire: Wire, company: str, order: PaymentOrder, refusal: RefusedError) -> PostingReceipt | None:
    try:
        return find_posted(wire, company, order)
    except OutsideError as fault:
        raise UnknownOutcomeError(f"{refusal}; whether it was posted before could not be asked") from fault


def _clear(wire: Wire, company: str, journal: Row) -> None:
    with suppress(OutsideError):
        wire.delete(company, entity("customerPaymentJournals", str(journal.get("id"))), str(journal.get("@odata.etag", "*")))


def _receipt(order: PaymentOrder) -> PostingReceipt:
    return PostingReceipt(document_number(order.our_key), order.paid_on)


def _letters(our_key: str) -> str:
    return base64.b32encode(hashlib.sha256(our_key.encode()).digest()).decode()
