"""What a SAF-T file would bring, as plain values for the preview page: kept beside the file, so that it is read once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from app.ledgers.ports import Confidence
from app.ledgers.saft import Doubt, SaftImport, SaftItem

ITEMS_SHOWN = 200
DIFFERENCES_SHOWN = 100
_RANK = {Confidence.LOW: 0, Confidence.MEDIUM: 1, Confidence.HIGH: 2}


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


#: the doubts' own sentences, so that they are translated; see `Doubt`
DOUBT_TEXTS = (
    N_("The ledger gives no invoice number or KID for this item, only a voucher."),
    N_("The ledger gives no due date and no payment terms."),
    N_("The due date is only a proposal from the customer's payment terms."),
    N_("The due date lies before the invoice date."),
    N_("The ledger gives several due dates; the latest is used."),
    N_("The item is identified by KID or cross reference only."),
    N_("A payment was matched by KID or cross reference, not by invoice number."),
    N_("A payment was matched by voucher number only."),
    N_("Several documents share the KID or cross reference of a payment; the oldest was taken to be paid first."),
    N_("A payment without reference was set off against this item: only a proposal."),
    N_("A payment without reference equals this item and another one; which of them is paid is unknown."),
    N_("The customer has an unallocated credit that may cover this item."),
    N_("The customer has an unallocated credit."),
    N_("The file does not say what this credit belongs to."),
    N_("Opening balance: the file does not say which documents it consists of or when they fell due."),
    N_("Payments for documents from before the period were set off against the opening balance."),
    N_("The closing balance differs from opening balance and transactions by this amount."),
    N_("The customer's transactions do not explain his closing balance."),
    N_("The file states no closing balance for this customer."),
    N_("Settled in its own currency; what is left in kroner is an exchange difference."),
    N_("The document has lines in more than one currency."),
)
#: what the reader always says, or says without figures
UNKNOWN_TEXTS = (
    N_("SAF-T does not tell which reminders and collection warnings were already sent, nor what was disputed."),
    N_("The files have no customer list."),
    N_("The files have no transactions with customers: only balances are known, not what they consist of."),
)


def preview_of(result: SaftImport, files: list[str]) -> dict[str, Any]:
    """JSON values: øre, ISO dates. Uncertain items come first; at most `ITEMS_SHOWN` are kept."""
    names = {customer.card.external_id: customer.card.name for customer in result.customers}
    doubts: Counter[Doubt] = Counter(doubt for item in result.items for doubt in item.doubts)
    ranked = sorted(result.items, key=lambda item: (_RANK[item.confidence], names.get(item.customer_id, ""), item.key))
    return {
        "files": files,
        "company_name": result.company.name,
        "organisation_number": result.organisation_number,
        "period_start": result.period_start.isoformat(),
        "period_end": result.period_end.isoformat(),
        "version": result.version,
        "customers": len(result.customers),
        "item_count": len(result.items),
        "total_ore": sum(item.remaining_ore for item in result.items),
        "by_confidence": {level.value: sum(item.confidence is level for item in result.items) for level in Confidence},
        "doubts": [[doubt.value, count] for doubt, count in doubts.most_common()],
        "unknowns": [text for text in result.unknowns if not text[:1].isdigit()],
        "difference_count": len(result.differences),
        "differences": [
            {
                "name": names.get(one.customer_id or "", one.customer_id), "account": one.account, "stated_ore": one.stated_ore,
                "derived_ore": one.derived_ore,
            }
            for one in result.differences[:DIFFERENCES_SHOWN]
        ],
        "rows": [_row(item, names) for item in ranked[:ITEMS_SHOWN]],
    }  # fmt: skip


def _row(item: SaftItem, names: dict[str, str]) -> dict[str, Any]:
    return {
        "customer": names.get(item.customer_id, item.customer_id), "document_number": item.document_number, "kid": item.kid,
        "due": item.due.isoformat() if item.due else None, "proposed_due": item.proposed_due.isoformat() if item.proposed_due else None,
        "remaining_ore": item.remaining_ore, "currency": item.currency, "confidence": item.confidence.value,
        "doubts": [doubt.value for doubt in item.doubts],
    }  # fmt: skip
