"""What Business Central's rows mean in our words. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from app.ledgers.adapters.businesscentral.wire import Row, day_of, ore_of
from app.ledgers.ports import (
    Address,
    Confidence,
    ItemKind,
    ItemState,
    LedgerCustomer,
    LedgerItem,
    LedgerPayment,
    LiveItem,
    SupplierItem,
)
from app.values.organisation_number import parse_organisation_number

CREDIT_MEMO = "creditMemo-"
#: an invoice that corrects a credit memo is owed like any other
OWED = ("Open", "Corrective")
#: a credit memo that was itself cancelled, or is not posted, takes nothing off
VOID = ("Draft", "In Review", "Canceled", " ", "")
UNDATED = "Business Central's interface does not tell when the part that is settled was settled, nor by what."
USED_UP = "Business Central's interface does not tell how much of the credit memo is used."

Memos = Mapping[str, Sequence[Row]]


def customer_of(row: Row) -> LedgerCustomer:
    number = organisation_number(row["taxRegistrationNumber"])
    lines = tuple(line for line in (row["addressLine1"], row["addressLine2"]) if line)
    return LedgerCustomer(
        row["id"], row["number"] or None, row["displayName"], number,
        # "Company" is what a card says by itself: only a person is somebody's word
        True if row["type"] == "Person" else (False if number else None),
        email=_first_email(row["email"]), phone=row["phoneNumber"] or None,
        address=Address(lines, row["postalCode"] or None, row["city"] or None, row["country"] or "NO"),
        inactive=row["blocked"] == "All", version=row["lastModifiedDateTime"],
    )  # fmt: skip


def by_invoice(memos: Iterable[Row]) -> Memos:
    """Posted credit memos by the number of the invoice they are applied to; what is applied to none is under the empty text."""
    found: dict[str, list[Row]] = defaultdict(list)
    for memo in memos:
        if memo["status"] not in VOID:
            found[memo["invoiceNumber"] or ""].append(memo)
    return found


def item_of(row: Row, memos: Sequence[Row]) -> LedgerItem:
    total, remaining = ore_of(row["totalAmountIncludingTax"]), ore_of(row["remainingAmount"])
    settled, credits = _settled(total, remaining, memos)
    due = day_of(row["dueDate"])
    doubts = ((UNDATED,) if settled else ()) + (("The invoice has no due date in Business Central.",) if due is None else ())
    return LedgerItem(
        row["id"], owner_of(row), ItemKind.INVOICE if remaining > 0 else ItemKind.OTHER, row["number"], None, day_of(row["invoiceDate"]),
        due, total, remaining, currency=row["currencyCode"],
        confidence=Confidence.LOW if due is None else Confidence.MEDIUM if settled else Confidence.HIGH, doubts=doubts, payments=credits,
        version=f"{row['lastModifiedDateTime']}/{remaining}", settled_ore=settled,
    )  # fmt: skip


def memo_item(row: Row) -> LedgerItem:
    """A credit memo that is not used up."""
    total = -ore_of(row["totalAmountIncludingTax"])
    return LedgerItem(
        CREDIT_MEMO + row["id"], owner_of(row), ItemKind.CREDIT_NOTE, row["number"], None, day_of(row["creditMemoDate"]), None,
        total, total, currency=row["currencyCode"], confidence=Confidence.MEDIUM, doubts=(USED_UP,), version=row["lastModifiedDateTime"],
    )  # fmt: skip


def live_of(row: Row, memos: Sequence[Row]) -> LiveItem:
    """One invoice as it stands. A draft is not owed, and what is closed without a word for it is gone, not paid."""
    version = row["lastModifiedDateTime"]
    if row["status"] in ("Draft", "In Review", " ", ""):
        return LiveItem(ItemState.GONE, 0, day_of(row["dueDate"]), version=version)
    total, remaining = ore_of(row["totalAmountIncludingTax"]), ore_of(row["remainingAmount"])
    settled, credits = _settled(total, remaining, memos)
    state = _state(row["status"], remaining, total, credits)
    told = None if state is ItemState.GONE else settled
    return LiveItem(state, remaining, day_of(row["dueDate"]), credits, f"{version}/{remaining}", settled_ore=told)


def live_memo(row: Row) -> LiveItem:
    used = row["status"] != "Open"
    remaining = 0 if used else -ore_of(row["totalAmountIncludingTax"])
    return LiveItem(ItemState.CREDITED if used else ItemState.OPEN, remaining, None, version=row["lastModifiedDateTime"])


def supplier_item(row: Row) -> SupplierItem:
    number = row["vendorInvoiceNumber"] or row["number"] or None
    amount = ore_of(row["totalAmountIncludingTax"])
    return SupplierItem(row["id"], row["payToName"] or row["vendorName"], number, day_of(row["dueDate"]), amount, row["currencyCode"])


def owner_of(row: Row) -> str:
    """Who owes: the one the bill goes to, who may be another than the buyer."""
    owner = row.get("billToCustomerId") or ""
    return str(owner if owner.strip("0-") else row["customerId"])


def organisation_number(text: str | None) -> str | None:
    try:
        return parse_organisation_number(text or "")
    except ValueError:
        return None


def _state(status: str, remaining: int, total: int, credits: Sequence[LedgerPayment]) -> ItemState:
    if remaining > 0:
        return ItemState.OPEN
    if status == "Canceled" or sum(credit.amount_ore for credit in credits) >= total > 0:
        return ItemState.CREDITED
    return ItemState.PAID if status == "Paid" else ItemState.GONE


def _settled(total: int, remaining: int, memos: Sequence[Row]) -> tuple[int, tuple[LedgerPayment, ...]]:
    """How much is settled beside the credit memos, and these as payments. A memo never counts for more than is left for it."""
    taken = max(0, total - remaining)
    credits: list[LedgerPayment] = []
    for memo in memos:
        amount = min(ore_of(memo["totalAmountIncludingTax"]), taken)
        on = day_of(memo["creditMemoDate"]) or day_of(memo["postingDate"])
        if amount > 0 and on is not None:
            credits.append(LedgerPayment(CREDIT_MEMO + memo["id"], on, amount, ItemKind.CREDIT_NOTE, memo["number"]))
            taken -= amount
    return taken, tuple(credits)


def _first_email(text: str) -> str | None:
    """A card may hold several, separated by semicolons."""
    return next((one.strip() for one in text.split(";") if one.strip()), None)
