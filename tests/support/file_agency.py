"""Agencies that work in files: what opens the sandbox's, and a memory of what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.agencies.ports import KeptFile
from sandbox.fileagency.sftp import host_key

PASSWORD = "fileagency-sandbox-password"
HOST_KEY = host_key().export_public_key().decode().strip()

#: what a bureau may have written down for an agency that wants XML
XML_PROFILE = {
    "format": "xml", "decimal": ".", "dates": "yyyy-mm-dd", "root": "Rows", "row": "Row", "archive": "in/done", "documents": "in/docs",
    "statuses": {"NEW": "registered", "OPEN": "in_collection", "PAID": "paid", "RECALLED": "withdrawn", "LOST": "closed"},
    "refusals": ["AVVIST"], "report_kinds": {"payment": "PAYMENT", "credit_note": "CREDIT", "correction": "CORRECTION"},
    "files": {
        "cases": {
            "folder": "in", "name": "case-{creditor}-{reference}.xml",
            "columns": {
                "creditor": "Creditor", "reference": "Reference", "debtor_name": "Debtor/Name", "postal_code": "Debtor/PostalCode",
                "organisation_number": "Debtor/OrganisationNumber", "invoice_number": "Invoice/Number", "due_date": "Invoice/Due",
                "principal": "Invoice/Principal", "documents": "Documents",
            },
        },
        "reports": {
            "folder": "in", "name": "payment-{creditor}-{key}.xml",
            "columns": {
                "creditor": "Creditor", "case": "CaseNumber", "key": "Key", "kind": "Kind", "date": "Date", "amount": "Amount"
            },
        },
        "receipts": {
            "folder": "out", "name": "receipt-*.xml",
            "columns": {
                "creditor": "Creditor", "reference": "Reference", "case": "CaseNumber", "outcome": "Status", "reason": "Remark",
            },
        },
        "status": {
            "folder": "out", "name": "status-*.xml",
            "columns": {
                "creditor": "Creditor", "case": "CaseNumber", "reference": "Reference", "status": "Status", "text": "Remark",
                "outstanding": "Outstanding", "principal": "Left",
            },
        },
        "settlements": {
            "folder": "out", "name": "payout-*.xml",
            "columns": {
                "creditor": "Creditor", "settlement": "Payout", "settled_on": "PayoutDate", "case": "CaseNumber",
                "invoice": "Invoice/Number", "principal": "Invoice/Principal", "interest": "Interest", "fees": "Fees",
                "withheld": "Commission", "withheld_vat": "Vat", "paid_on": "PaidOn", "total": "Total", "currency": "Currency",
                "bank_reference": "BankReference",
            },
        },
    },
}  # fmt: skip


@dataclass
class PaperMemory:
    """What was read, by path."""

    files: dict[str, KeptFile] = field(default_factory=dict)

    def known(self) -> Mapping[str, KeptFile]:
        return {path: replace(one, rows=()) for path, one in self.files.items()}

    def keep(self, files: Sequence[KeptFile]) -> None:
        self.files.update({one.path: one for one in files})

    def read(self, since: datetime | None) -> list[KeptFile]:
        found = [one for one in self.files.values() if one.whole and (since is None or one.read_at >= since)]
        return sorted(found, key=lambda one: (one.read_at, one.path))
