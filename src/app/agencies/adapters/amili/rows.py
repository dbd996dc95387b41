"""Amili's words and ours: every assumed name and word of the vendor stands in this file.

Published are the fields of an invoice but for its debtor, those of a batch, a case and the beginning of a settlement. Assumed are the
debtor block (in the shape cases have), the words of a case beyond those seen in examples, the sums of a settlement, and the key of a
payment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from app.agencies.adapters.amili.wire import need, objects
from app.agencies.capabilities import QuestionKind
from app.agencies.ports import CaseQuestion, CaseState, CaseUpdate, DebtorDetails, HandoverPackage, Settlement, SettlementLine
from app.net.errors import BrokenError
from app.values.money import ore_from_decimal

#: by `status`; OPEN says nothing about how far it has come
BY_STATUS: Mapping[str, CaseState] = {"PAUSED": CaseState.PAUSED, "WITHDRAWN": CaseState.WITHDRAWN, "CLOSED": CaseState.CLOSED}
#: by `type`, of an open case: PAYMENT_REMINDER and COLLECTION_NOTICE have been seen, the others are assumed
BY_TYPE: Mapping[str, CaseState] = {
    "PAYMENT_REMINDER": CaseState.REGISTERED,
    "COLLECTION_NOTICE": CaseState.REGISTERED,
    "DEBT_COLLECTION": CaseState.IN_COLLECTION,
    "COLLECTION": CaseState.IN_COLLECTION,
    "LEGAL": CaseState.LEGAL,
}
#: `subStatus`: the case stands on the list of those about to become collection cases, and waits for a yes
ON_THE_LIST = "DEBT_COLLECTION_LIST_MANUAL"
LIST_QUESTION = "Saken står på listen over saker som skal til inkasso. Skal den gå videre?"
UNFINISHED, PARTLY, FAILED = "QUEUED", "PARTIAL", "FAILED"
NOTICE_WORDS: Mapping[str, str] = {
    "reminder": "Purring",
    "collection_warning": "Inkassovarsel",
    "payment_demand": "Betalingsoppfordring",
}


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of one consignment. `refused`: our reference (None where the row names none) and why; `taken`: our references."""

    id: str
    status: str
    created_at: datetime
    finished_at: datetime | None
    taken: tuple[str, ...]
    refused: tuple[tuple[str | None, str], ...]
    rows: int

    @property
    def is_finished(self) -> bool:
        return self.status != UNFINISHED


def invoice_of(package: HandoverPackage) -> dict[str, Any]:
    """One row of CreateInvoices. What is open goes as the invoice's amount: a part that was paid before cannot be told along with it."""
    warned = [notice.sent_on for notice in package.notices if notice.kind == "collection_warning"]
    return {
        "type": "NOTICE",
        "invoiceNumber": package.invoice_number,
        "vat": package.creditor_vat_liable,
        "fees": True,
        "originalInvoiceAmount": kroner(package.principal_ore),
        "currency": package.currency,
        "invoiceDate": package.invoice_date.isoformat(),
        "dueDate": package.due_date.isoformat(),
        "collectionNoticeDate": max(warned).isoformat() if warned else None,
        "uniqueSourceInvoiceId": package.our_reference,
        "description": _description(package),
        "debtors": [_debtor(package.debtor)],
    }


def case_update(row: dict[str, Any], read_at: datetime) -> CaseUpdate:
    """Cases tell no time of change, so the instant before the reading stands for it."""
    number = number_of(row)
    invoices = objects(row, "invoices")
    references = [str(one["uniqueSourceInvoiceId"]) for one in invoices if one.get("uniqueSourceInvoiceId")]
    return CaseUpdate(
        external_id=number,
        our_reference=references[0] if references else None,
        state=state_of(row),
        agency_text=text_of(row),
        outstanding_ore=_sum(invoices, "remainingAmount"),
        updated_at=read_at,
        principal_ore=_sum(invoices, "remainingPrincipal"),
        questions=(CaseQuestion(f"list:{number}", QuestionKind.LIST, LIST_QUESTION, read_at),) if is_on_the_list(row) else (),
    )


def number_of(row: dict[str, Any]) -> str:
    """An integer in cases, a text in settlements and webhooks."""
    return str(need(row, "caseNumber")).strip()


def state_of(row: dict[str, Any]) -> CaseState:
    status, sub, kind = (str(row.get(name) or "").upper() for name in ("status", "subStatus", "type"))
    if status == "OPEN":
        return BY_TYPE.get(kind, CaseState.UNKNOWN)
    found = BY_STATUS.get(status, CaseState.UNKNOWN)
    if found is CaseState.CLOSED and sub == "WITHDRAWN":
        return CaseState.WITHDRAWN
    if found is CaseState.CLOSED and _is_paid(objects(row, "invoices")):
        return CaseState.PAID
    return found


def text_of(row: dict[str, Any]) -> str:
    return " / ".join(str(row[name]) for name in ("type", "status", "subStatus") if row.get(name))


def is_on_the_list(row: dict[str, Any]) -> bool:
    return str(row.get("subStatus") or "").upper() == ON_THE_LIST and str(row.get("status") or "").upper() == "OPEN"


def batch_of(body: dict[str, Any]) -> Batch:
    """Rows that failed carry a message and the place in what was sent; whether they name our reference is not published."""
    failed, taken = objects(body, "failed"), objects(body, "succeeded")
    finished = body.get("finishedAt")
    return Batch(
        id=str(need(body, "batchId")),
        status=str(need(body, "status")).upper(),
        created_at=instant(need(body, "createdAt")),
        finished_at=None if finished is None else instant(finished),
        taken=tuple(key for one in taken if (key := _key(one)) is not None),
        refused=tuple((_key(one), _why(one)) for one in failed),
        rows=len(failed) + len(taken),
    )


def settlement_of(row: dict[str, Any]) -> Settlement:
    """One settlement is one case's share. Refused unless its parts make up what is paid out, to the øre."""
    number = number_of(row)
    line = SettlementLine(
        external_case_id=number,
        invoice_number=None if row.get("invoiceNumber") is None else str(row["invoiceNumber"]),
        principal_ore=ore(need(row, "principalAmount")),
        interest_ore=ore(row.get("interestAmount") or 0),
        fees_ore=ore(row.get("feeAmount") or 0),
        paid_on=day(row.get("paymentDate") or need(row, "settlementDate")),
        withheld_ore=ore(row.get("commissionAmount") or 0),
        withheld_vat_ore=ore(row.get("commissionVatAmount") or 0),
    )
    settlement = Settlement(
        external_id=str(need(row, "settlementId")),
        settled_on=day(need(row, "settlementDate")),
        total_ore=ore(need(row, "amount")),
        currency=str(need(row, "currency")),
        bank_reference=None if row.get("customerReference") is None else str(row["customerReference"]),
        lines=(line,),
    )
    if line.paid_out_ore != settlement.total_ore:
        raise BrokenError(f"settlement {settlement.external_id}: its parts do not add up to what is paid out")
    return settlement


def kroner(amount_ore: int) -> Decimal:
    return Decimal(amount_ore).scaleb(-2)


def ore(amount: Any) -> int:
    try:
        return ore_from_decimal(Decimal(str(amount)))
    except (ArithmeticError, ValueError) as fault:
        raise BrokenError("an amount is no amount") from fault


def day(text: Any) -> date:
    """A date, also where a time is hung on it."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError as fault:
        raise BrokenError("a date is no date") from fault


def instant(text: Any) -> datetime:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as fault:
        raise BrokenError("a time is no time") from fault
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _debtor(debtor: DebtorDetails) -> dict[str, Any]:
    first, _, last = debtor.name.rpartition(" ")
    return {
        "type": "PRIVATE" if debtor.is_person else "COMPANY",
        "customerNumber": debtor.number,
        "fullName": debtor.name,
        "firstName": (first or debtor.name) if debtor.is_person else None,
        "lastName": last if debtor.is_person and first else None,
        "organizationNumber": debtor.organisation_number,
        "email": debtor.email,
        "phoneNumber": debtor.phone,
        "address": {
            "addressLine1": debtor.address_line,
            "postalCode": debtor.postal_code,
            "city": debtor.city,
            "countryCode": debtor.country,
        },
    }


def _description(package: HandoverPackage) -> str:
    """What was sent before (inkassoloven 1988 §§ 9, 17) has but one field in the API, the warning's date: the rest is told in words."""
    told = [package.description]
    if package.kid:
        told.append(f"KID {package.kid}")
    if package.original_ore != package.principal_ore:
        told.append(f"Opprinnelig kr {kroner(package.original_ore):.2f}".replace(".", ","))
    for notice in package.notices:
        deadline = f", frist {notice.payment_deadline.isoformat()}" if notice.payment_deadline else ""
        fee = f"{kroner(notice.fee_ore):.2f}".replace(".", ",")
        told.append(f"{NOTICE_WORDS.get(notice.kind, notice.kind)} {notice.sent_on.isoformat()}{deadline}, gebyr kr {fee}")
    told.append(f"Forsinkelsesrente fra {package.interest_from.isoformat()}")
    if package.claims_compensation:
        told.append("Standardkompensasjon kreves")
    return ". ".join(part for part in told if part)


def _key(row: dict[str, Any]) -> str | None:
    """Our own key of a row, whatever it is a row of."""
    for name in ("uniqueSourceInvoiceId", "uniqueSourcePaymentId", "uniqueSourceCorrectionId"):
        if row.get(name):
            return str(row[name])
    return None


def _why(row: dict[str, Any]) -> str:
    return str(row.get("message") or row.get("error") or "refused without a reason")


def _sum(invoices: list[dict[str, Any]], name: str) -> int | None:
    found = [one[name] for one in invoices if one.get(name) is not None]
    return sum(ore(amount) for amount in found) if found else None


def _is_paid(invoices: list[dict[str, Any]]) -> bool:
    left, paid = _sum(invoices, "remainingAmount"), _sum(invoices, "paidAmount")
    return left == 0 and bool(paid)
