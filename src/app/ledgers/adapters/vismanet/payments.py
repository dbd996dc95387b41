"""Writing a payment: made with our key as its reference, then released. Only what is released moves a balance.

Either answer may be lost. Made and not released is certainly not booked, and the next try takes up the same payment instead of making
another.
"""

from __future__ import annotations

from decimal import Decimal

from app.ledgers.adapters.vismanet.rows import HOME_CURRENCY, INVOICE, PAYMENT
from app.ledgers.adapters.vismanet.wire import NUMBER, Row, Wire, day_of, ore_of, reading, wrapped
from app.ledgers.errors import ConflictError
from app.ledgers.ports import PaymentOrder, PostingReceipt
from app.net.errors import OutsideError, RefusedError, UnknownOutcomeError, UnsupportedError

PATH = "/v1/customerPayment"
#: a released payment is one of these
RELEASED = ("Open", "Closed")
NOT_RELEASED = ("Hold", "Balanced")


def post_payment(wire: Wire, order: PaymentOrder, invoice: Row) -> PostingReceipt:
    with reading("an invoice"):
        number, currency, customer = invoice["referenceNumber"], invoice["currencyId"], invoice["customer"]["number"]
    if not order.currency == currency == HOME_CURRENCY:
        raise UnsupportedError("A payment in another currency than kroner cannot be posted to Visma.net from here.")
    ours = _ours(wire, order, number)
    if ours is not None and ours["status"] in RELEASED:
        return _receipt(ours, order)
    payment = _make(wire, order, number, customer) if ours is None else _same(ours, order)
    try:
        wire.send("POST", f"{PATH}/{payment}/action/release", json_body=wrapped(type=PAYMENT))
    except RefusedError as refusal:
        return _released_before(wire, order, number, payment, refusal)
    return PostingReceipt(payment, order.paid_on)


def find_payment(wire: Wire, order: PaymentOrder, number: str) -> PostingReceipt | None:
    """None also where it was made and not released: nothing is booked then."""
    ours = _ours(wire, order, number)
    return None if ours is None or ours["status"] not in RELEASED else _receipt(ours, order)


def _ours(wire: Wire, order: PaymentOrder, number: str) -> Row | None:
    with reading("payments"):
        rows = wire.all(PATH, paymentType=PAYMENT, invoiceRefNbr=number)
        mine = [row for row in rows if row["paymentRef"] == order.our_key and row["status"] in (*RELEASED, *NOT_RELEASED)]
    if len(mine) > 1:
        raise ConflictError(f"Visma.net holds several payments with the reference {order.our_key}: look at them there.")
    return mine[0] if mine else None


def _make(wire: Wire, order: PaymentOrder, number: str, customer: str) -> str:
    """Method and cash account are left to the customer's own settings."""
    amount = Decimal(order.amount_ore) / 100
    line = {"operation": "Insert", **wrapped(documentType=INVOICE, refNbr=number, amountPaid=amount)}
    body = wrapped(
        type=PAYMENT, customer=customer, applicationDate=order.paid_on.isoformat(), paymentRef=order.our_key, paymentAmount=amount,
        currency=order.currency, invoiceText=order.text[:50], hold=False,
    )  # fmt: skip
    reply = wire.send("POST", PATH, json_body={**body, "paymentLines": [line]})
    made = reply.headers.get("location", "").rstrip("/").rsplit("/", 1)[-1]
    if not NUMBER.fullmatch(made):
        raise UnknownOutcomeError("Visma.net made a payment and did not say which")
    return made


def _same(ours: Row, order: PaymentOrder) -> str:
    """What lies there from an earlier try must still be what we wrote."""
    with reading("a payment"):
        same = (ore_of(ours["paymentAmount"]), day_of(ours["applicationDate"])) == (order.amount_ore, order.paid_on)
        if not same:
            raise ConflictError(f"The payment {ours['refNbr']} in Visma.net was changed by hand: release or delete it there.")
        return str(ours["refNbr"])


def _released_before(wire: Wire, order: PaymentOrder, number: str, payment: str, refusal: RefusedError) -> PostingReceipt:
    """An earlier try, whose answer was lost, may have released it. Else it lies there as a draft, and we say so."""
    try:
        found = find_payment(wire, order, number)
    except OutsideError as fault:
        raise UnknownOutcomeError(f"{refusal}; whether payment {payment} was released could not be asked") from fault
    if found is not None:
        return found
    raise type(refusal)(f"{refusal} Payment {payment} lies there and is not released.") from refusal


def _receipt(row: Row, order: PaymentOrder) -> PostingReceipt:
    return PostingReceipt(str(row["refNbr"]), order.paid_on)
