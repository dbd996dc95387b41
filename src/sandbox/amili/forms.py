"""What the API gives out. Kroner on the wire, øre inside; numbers of cases are integers here, texts in settlements."""

from __future__ import annotations

from sandbox.amili.book import Batch, Book, Case, Json, Settlement


def kroner(amount_ore: int) -> float:
    return amount_ore / 100


def batch_row(batch: Batch) -> Json:
    """As lists show it; the single batch has `succeeded` and `failed` beside it."""
    return {
        "batchId": batch.id, "type": batch.type, "status": batch.status, "createdAt": batch.created_at.isoformat(),
        "finishedAt": None if batch.finished_at is None else batch.finished_at.isoformat(), "organizationId": batch.organisation_id,
        "createdBy": batch.organisation_id,
    }  # fmt: skip


def batch_whole(batch: Batch) -> Json:
    return {**batch_row(batch), "succeeded": batch.succeeded, "failed": batch.failed}


def invoice_row(book: Book, case: Case) -> Json:
    organisation = book.organisations[case.organisation_id]
    return {
        "id": case.invoice_id,
        "organization": {
            "id": organisation.id, "organizationNumber": organisation.organisation_number, "name": organisation.name
        },
        "invoiceNumber": case.given["invoiceNumber"], "collectionCaseNumber": str(case.number), "type": case.given["type"],
        "status": "OPEN" if case.status != "CLOSED" else "CLOSED", "createdAt": case.registered_at.isoformat(),
        "uniqueSourceInvoiceId": case.given.get("uniqueSourceInvoiceId"),
    }  # fmt: skip


def case_row(case: Case) -> Json:
    paid = sum(one.amount_ore for one in case.money if one.kind != "correction")
    credited = sum(one.amount_ore for one in case.money if one.kind == "correction")
    debtor = (case.given.get("debtors") or [{}])[0]
    return {
        "caseId": case.id, "caseNumber": case.number, "organizationId": case.organisation_id, "creditorId": case.organisation_id,
        "creditorNumber": 1, "status": case.status, "subStatus": case.sub_status, "type": case.type,
        "description": case.given.get("description"), "registeredAt": case.registered_at.isoformat(),
        "closedAt": None if case.closed_at is None else case.closed_at.isoformat(), "caseToken": case.id[:8],
        "invoices": [
            {
                "invoiceId": case.invoice_id, "invoiceNumber": case.given["invoiceNumber"], "caseId": case.id,
                "invoiceDate": case.given["invoiceDate"], "dueDate": case.given["dueDate"], "batchId": case.batch_id,
                "registeredAt": case.registered_at.isoformat(), "originalAmount": kroner(case.original_ore),
                "remainingAmount": kroner(case.remaining_ore), "remainingPrincipal": kroner(case.principal_ore),
                "uniqueSourceInvoiceId": case.given.get("uniqueSourceInvoiceId"), "paidAmount": kroner(paid),
                "creditedAmount": kroner(credited), "currency": {"code": case.given["currency"]},
            }
        ],
        "debtors": [{"debtorId": case.id, **{name: debtor.get(name) for name in ("type", "customerNumber", "fullName")}}],
    }  # fmt: skip


def settlement_row(case: Case, settlement: Settlement) -> Json:
    return {
        "settlementId": settlement.id, "caseNumber": str(settlement.case_number), "collectionType": "COLLECTION",
        "currency": case.given["currency"], "exchangeRate": 1, "customerReference": f"AMILI {settlement.case_number}",
        "invoiceNumber": case.given["invoiceNumber"], "settlementDate": settlement.settled_on.isoformat(),
        "paymentDate": settlement.paid_on.isoformat(), "principalAmount": kroner(settlement.principal_ore),
        "interestAmount": kroner(settlement.interest_ore), "feeAmount": kroner(settlement.fees_ore),
        "commissionAmount": kroner(settlement.withheld_ore), "commissionVatAmount": kroner(settlement.withheld_vat_ore),
        "amount": kroner(settlement.total_ore),
    }  # fmt: skip


def page(rows: list[Json], token: str | None, size: int) -> Json:
    """A part of a list, and where the next one begins."""
    begin = int(token) if token and token.isdecimal() else 0
    summary: Json = {"status": "SUCCESS"}
    if begin + size < len(rows):
        summary["nextPageToken"] = str(begin + size)
    return {"summary": summary, "data": rows[begin : begin + size]}
