"""Taking a payment of ours back in Tripletex: its voucher is reversed, and the invoice stands open again."""

from __future__ import annotations

from datetime import date

from app.ledgers.adapters.tripletex.wire import GoneError, Row, Wire, ore_of, reading
from app.ledgers.ports import PaymentOrder, PostingReceipt, PostingState
from app.net.errors import RefusedError, UnknownOutcomeError

LINE_FIELDS = "id,date,amountCurrency,voucher(id)"
VOUCHER_FIELDS = "id,date,reverseVoucher(id,date)"


def reverse(wire: Wire, company: str, order: PaymentOrder, receipt: PostingReceipt, on: date) -> PostingReceipt:
    """Reversed before is found by the voucher's own word; the amount must be the order's, or it is not ours to take back."""
    if not receipt.external_id.isdigit():
        raise RefusedError("Tripletex did not say which posting the payment is: reverse its voucher there")
    try:
        line = wire.value(company, f"/ledger/posting/{receipt.external_id}", {"fields": LINE_FIELDS})
        with reading("a posting"):
            if ore_of(line["amountCurrency"]) != -order.amount_ore:
                raise RefusedError("the posting in Tripletex is no longer the payment that was made: look at it there")
            voucher = int(line["voucher"]["id"])
        if (before := _reversal_of(wire, company, voucher)) is not None:
            return before
    except GoneError as gone:
        raise RefusedError("the payment is no longer in Tripletex: nothing to reverse") from gone
    answer = wire.put(company, f"/ledger/voucher/{voucher}/:reverse", {"date": on.isoformat()})
    made = answer.get("value") or {}
    if "id" in made and made["id"] != voucher:
        return PostingReceipt(str(made["id"]), on, state=PostingState.POSTED)
    found = _reversal_of(wire, company, voucher)
    if found is None:
        raise UnknownOutcomeError("Tripletex took the reversal but does not show it")
    return found


def _reversal_of(wire: Wire, company: str, voucher: int) -> PostingReceipt | None:
    row = wire.value(company, f"/ledger/voucher/{voucher}", {"fields": VOUCHER_FIELDS})
    with reading("a voucher"):
        back: Row | None = row.get("reverseVoucher")
        return None if not back else PostingReceipt(str(back["id"]), date.fromisoformat(back["date"]), state=PostingState.POSTED)
