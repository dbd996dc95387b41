"""Invoices as they were sent (EHF), taken in: kept beside the book, and what is held of them completed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.file_intake import Origin, Taken, note, row_of
from app.ledgers.files.ehf import InvoiceFile
from app.ledgers.files.records import N_, FileKind, LeftOut
from app.ledgers.invoice_completion import complete_items, customers_of
from app.receivables.book import ItemFacts
from app.receivables.file_models import InvoiceDocument
from app.receivables.models import Debtor, OpenItem
from app.tenants import audit, companies
from app.values.ids import new_id

OTHER_CONTENT = N_("Another invoice with this number was read before. Look at both, and correct the ledger if need be.")


def take_invoices(begin: Begin, bureau_id: uuid.UUID, company_id: uuid.UUID, invoices: Sequence[InvoiceFile], origin: Origin) -> Taken:
    """Keep the invoices, complete what is held, and ring the decisions. The same invoice once more has no effect."""
    with begin(BureauScope(bureau_id)) as work:
        companies.lock(work, company_id)
        row = row_of(work, company_id, FileKind.EHF, origin, (), new_id())
        work.session.add(row)
        work.session.flush()
        new, left_out = 0, []
        for one in {(one.kind, one.number): one for one in invoices}.values():
            made, differs = _keep(work, company_id, row.id, one)
            new += made
            if differs:
                left_out.append(LeftOut(None, "document_number", one.number, OTHER_CONTENT))
        row.taken, row.known, row.left_out = new, len(invoices) - new - len(left_out), [one.as_json() for one in left_out]
        taken = Taken(new, row.known, len(left_out))
        apply(work, company_id, [one.number for one in invoices if one.kind == "invoice"])
        note(work, company_id, FileKind.EHF, taken)
        work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(company_id))
    return taken


def apply(work: UnitOfWork, company_id: uuid.UUID, numbers: Sequence[str]) -> int:
    """Complete what is held of these invoices, and their customers' cards. Returns how many items have changed."""
    rows = work.session.execute(
        select(OpenItem, Debtor)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .where(OpenItem.company_id == company_id, OpenItem.document_number.in_(numbers), OpenItem.state == "open")
    ).all()
    changed = 0
    before = {item.id: _held(item, debtor) for item, debtor in rows}
    after = dict(zip(before, complete_items(work, company_id, list(before.values())), strict=True))
    for item, _ in rows:
        was, now = before[item.id], after[item.id]
        if was == now:
            continue
        changed += 1
        values: dict[str, Any] = {
            "due_on": now.due_on, "proposed_due_on": now.proposed_due_on, "kid": now.kid, "confidence": now.confidence,
            "doubts": list(now.doubts), "changed_at": work.now(),
        }  # fmt: skip
        # a yes was said to what was known then
        work.session.execute(update(OpenItem).where(OpenItem.id == item.id).values(**values, approved_at=None, approved_by=None))
    _complete_held_cards(work, company_id, {debtor.external_id: debtor for _, debtor in rows})
    return changed


def _complete_held_cards(work: UnitOfWork, company_id: uuid.UUID, debtors: dict[str, Debtor]) -> None:
    told = customers_of(work, company_id, set(debtors))
    for external_id, customer in told.items():
        debtor = debtors[external_id]
        has_address = bool(debtor.address_lines or debtor.postal_code)
        values: dict[str, Any] = {}
        if not debtor.email and customer.get("email"):
            values["email"] = customer["email"]
        if not debtor.organisation_number and customer.get("organisation_number"):
            values["organisation_number"] = customer["organisation_number"]
        if not has_address and customer.get("postal_code"):
            values |= {name: customer[name] for name in ("address_lines", "postal_code", "city", "country")}
        if values:
            work.session.execute(update(Debtor).where(Debtor.id == debtor.id).values(**values))
            audit.record(work, "debtor.completed", "debtor", debtor.id, company_id, source="ehf", fields=sorted(values))


def _keep(work: UnitOfWork, company_id: uuid.UUID, file_id: uuid.UUID, one: InvoiceFile) -> tuple[int, bool]:
    """Returns (new, another invoice with this number is held)."""
    to = one.customer
    values = {
        "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "file_id": file_id, "kind": one.kind, "number": one.number,
        "issued_on": one.issued_on, "due_on": one.due_on, "kid": one.kid, "payable_ore": one.payable_ore, "currency": one.currency,
        "customer_name": to.name, "customer_number": to.organisation_number, "read_at": work.now(),
        "customer": {
            "email": to.email, "phone": to.phone, "endpoint": to.endpoint, "organisation_number": to.organisation_number,
            "address_lines": list(to.address.lines), "postal_code": to.address.postal_code, "city": to.address.city,
            "country": to.address.country,
        },
    }  # fmt: skip
    made = work.session.execute(insert(InvoiceDocument).values(values).on_conflict_do_nothing().returning(InvoiceDocument.id)).all()
    if made:
        return 1, False
    held = work.session.execute(
        select(InvoiceDocument).where(
            InvoiceDocument.company_id == company_id, InvoiceDocument.kind == one.kind, InvoiceDocument.number == one.number
        )
    ).scalar_one()
    same = (held.due_on, held.kid, held.payable_ore, held.currency) == (one.due_on, one.kid, one.payable_ore, one.currency)
    return 0, not same


def _held(item: OpenItem, debtor: Debtor) -> ItemFacts:
    return ItemFacts(
        external_id=item.external_id, invoice_external_id=item.invoice_external_id, debtor_external_id=debtor.external_id, kind=item.kind,
        document_number=item.document_number, kid=item.kid, issued_on=item.issued_on, due_on=item.due_on,
        proposed_due_on=item.proposed_due_on, original_ore=item.original_ore, remaining_ore=item.remaining_ore, currency=item.currency,
        confidence=item.confidence, doubts=tuple(item.doubts), ledger_notices=(), version=item.version,
    )  # fmt: skip


def open_by_number(work: UnitOfWork, company_id: uuid.UUID, numbers: Sequence[str]) -> dict[str, OpenItem]:
    """The open items of these invoice numbers."""
    rows = select(OpenItem).where(OpenItem.company_id == company_id, OpenItem.document_number.in_(numbers), OpenItem.state == "open")
    return {item.document_number: item for item in work.session.execute(rows).scalars() if item.document_number}
