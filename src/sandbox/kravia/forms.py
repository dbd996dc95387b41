"""What the API takes in and gives out: lenient casing inwards, assumed shapes outwards. Kroner on the wire, øre inside."""

from __future__ import annotations

from datetime import date
from typing import Any

from sandbox.kravia.book import Book, Claim, Payment, Settlement, SettlementLine
from sandbox.world import World

CLAIM_TYPES = ("CollectionCase", "Invoice", "CreditNote")
ADDRESS_FIELDS = ("addressAddressLine1", "addressPostalCode", "addressCity", "addressCountryCode")
REQUIRED = ("debtorName", "invoiceNo", "invoiceDate", "dueDate", "originalAmount", "currencyCode")


class InvalidError(Exception):
    """The request does not hold; `problems` names each field."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {text}" for field, text in problems.items()))
        self.problems = problems


def lowered(value: Any) -> Any:
    """The same JSON with lower-case keys: the vendor takes camelCase in one place and PascalCase in the next."""
    if isinstance(value, dict):
        return {str(key).lower(): lowered(inner) for key, inner in value.items()}
    return [lowered(inner) for inner in value] if isinstance(value, list) else value


def truth(value: Any) -> bool:
    """A boolean, also where it comes as the text "true"."""
    return value is True or str(value).lower() == "true"


def ore(value: Any) -> int:
    return round(float(value) * 100)


def kroner(amount_ore: int) -> float:
    return amount_ore / 100


def day(value: Any) -> date:
    """A date, also where a midnight is hung on it."""
    return date.fromisoformat(str(value)[:10])


def claim_from(world: World, book: Book, body: dict[str, Any]) -> Claim:
    """A new claim of a register request, checked; InvalidError otherwise. It is not in the book yet."""
    data = lowered(body)
    problems = _problems(book, data)
    if problems:
        raise InvalidError(problems)
    address = data["postaladdress"]
    return Claim(
        id=book.new_id(),
        creditor_id=int(data["creditorid"]),
        claim_type=str(data["claimtype"]),
        accounting_invoice_id=data.get("accountinginvoiceid"),
        debtor_name=str(data["debtorname"]),
        debtor_number=data.get("debtornumber"),
        is_person=truth(data.get("isprivateindividual")),
        organisation_number=data.get("organizationnumber"),
        email=data.get("email"),
        address={field: str(address[field.lower()]) for field in ADDRESS_FIELDS},
        invoice_no=str(data["invoiceno"]),
        invoice_date=day(data["invoicedate"]),
        due_date=day(data["duedate"]),
        original_ore=ore(data["originalamount"]),
        currency=str(data["currencycode"]),
        description=str(data.get("description") or ""),
        registered_at=world.now(),
        principal_ore=ore(data["originalamount"]),
        interest_until=day(data["duedate"]),
    )


def payments_from(book: Book, body: dict[str, Any], kind: str) -> list[tuple[Claim, Payment]]:
    """The parts of one direct payment or credit note, by claim; InvalidError when a claim is unknown or the parts do not add up."""
    data = lowered(body)
    sign = -1 if kind == "credit" else 1
    parts: list[tuple[Claim, Payment]] = []
    for line in data.get("invoices") or []:
        claim = book.claims.get(int(line.get("invoiceid") or 0))
        amount_ore = sign * ore(line.get("amount") or 0)
        if claim is None or amount_ore <= 0:
            raise InvalidError({"invoices": "unknown invoice or wrong sign"})
        parts.append(
            (
                claim,
                Payment(
                    kind="credit" if kind == "credit" else "direct",
                    paid_on=day(data["date"]),
                    amount_ore=amount_ore,
                    accounting_payment_id=data.get("accountingpaymentid"),
                    description=str(data.get("description") or ""),
                ),
            )
        )
    if not parts or sum(payment.amount_ore for _, payment in parts) != sign * ore(data.get("amount") or 0):
        raise InvalidError({"amount": "must be the sum of the invoices"})
    return parts


def row(claim: Claim) -> dict[str, Any]:
    """One line of the delta list (assumed names)."""
    return {
        "invoiceId": claim.id,
        "creditorId": claim.creditor_id,
        "accountingInvoiceId": claim.accounting_invoice_id,
        "invoiceNo": claim.invoice_no,
        "claimType": claim.claim_type,
        "status": claim.status,
        "originalAmount": kroner(claim.original_ore),
        "outstandingPrincipal": kroner(claim.principal_ore),
        "outstandingAmount": kroner(claim.outstanding_ore),
        "currencyCode": claim.currency,
        "lastUpdatedTime": claim.last_updated,
    }


def details(claim: Claim) -> dict[str, Any]:
    """The parts the vendor lists (details, timeline, documents, activities, outstanding, payments, actions); names assumed."""
    return {
        "invoice": row(claim),
        "timeline": [{"time": activity.at.isoformat(), "text": activity.text} for activity in claim.activities],
        "documents": [{"name": document.name, "type": document.kind, "bytes": len(document.content)} for document in claim.documents],
        "outstanding": {
            "principal": kroner(claim.principal_ore),
            "interest": kroner(claim.interest_ore),
            "fees": kroner(claim.fees_ore),
            "total": kroner(claim.outstanding_ore),
        },
        "payments": [
            {
                "type": payment.kind,
                "date": payment.paid_on.isoformat(),
                "amount": kroner(payment.amount_ore),
                "accountingPaymentId": payment.accounting_payment_id,
                "description": payment.description,
            }
            for payment in claim.payments
        ],
        "availableActions": ["pause", "withdraw"] if claim.status in ("Registered", "DebtCollection") else [],
    }


def payout(settlement: Settlement) -> dict[str, Any]:
    """A payout with its bank transaction and bookkeeping suggestion, as the vendor describes it; names assumed."""
    return {
        "settlementId": settlement.id,
        "creditorId": settlement.creditor_id,
        "settlementDate": settlement.settled_on.isoformat(),
        "currencyCode": settlement.currency,
        "amount": kroner(settlement.total_ore),
        "closed": settlement.internal_accounting_id is not None,
        "bankTransaction": {
            "date": settlement.settled_on.isoformat(),
            "amount": kroner(settlement.total_ore),
            "reference": f"KRAVIA {settlement.id}",
        },
        "bookkeepingSuggestion": [_suggestion(line) for line in settlement.lines],
    }


def _suggestion(line: SettlementLine) -> dict[str, Any]:
    return {
        "invoiceId": line.claim_id,
        "invoiceNo": line.invoice_no,
        "accountingInvoiceId": line.accounting_invoice_id,
        "paymentDate": line.paid_on.isoformat(),
        "principal": kroner(line.principal_ore),
        "interest": kroner(line.interest_ore),
        "fees": kroner(line.fees_ore),
        "retainedFees": kroner(line.retained_fees_ore),
    }


def _problems(book: Book, data: dict[str, Any]) -> dict[str, str]:
    found = {field: "is required" for field in REQUIRED if data.get(field.lower()) in (None, "")}
    if data.get("claimtype") not in CLAIM_TYPES:
        found["claimType"] = f"must be one of {', '.join(CLAIM_TYPES)}"
    if not str(data.get("creditorid", "")).isdecimal() or int(data["creditorid"]) not in book.creditors:
        found["creditorId"] = "is unknown"
    address = data.get("postaladdress")
    if not isinstance(address, dict) or any(not address.get(field.lower()) for field in ADDRESS_FIELDS):
        found["postalAddress"] = "is required in full"
    if not truth(data.get("isprivateindividual")) and not data.get("organizationnumber"):
        found["organizationNumber"] = "is required for a company"
    if data.get("claimtype") in ("Invoice", "CreditNote") and not data.get("orderlines"):
        found["orderLines"] = "are required"
    if "originalAmount" not in found and ore(data["originalamount"]) <= 0 and data.get("claimtype") != "CreditNote":
        found["originalAmount"] = "must be positive"
    return found
