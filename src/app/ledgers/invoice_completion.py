"""What an invoice as it was sent (EHF) adds to what the ledger tells. Where the two differ, the ledger's word stands and a person is
asked: nothing is overwritten silently."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.ledgers.files.open_list import ListDoubt
from app.ledgers.files.records import N_
from app.ledgers.ports import Confidence
from app.ledgers.saft import Doubt
from app.receivables.bank_money import kid_key
from app.receivables.book import DebtorFacts, ItemFacts
from app.receivables.file_models import InvoiceDocument
from app.receivables.models import Debtor, OpenItem

#: what a due date of the invoice's own answers
_ANSWERED = frozenset({Doubt.NO_DUE_DATE.value, Doubt.DUE_DATE_GUESSED.value, ListDoubt.NO_DUE_DATE.value})


class Said(StrEnum):
    """What an invoice as it was sent tells of an item, as sentences for people."""

    DUE_FROM_FILE = N_("The due date is from the invoice as it was sent (EHF); the ledger gives none.")
    KID_FROM_FILE = N_("The KID is from the invoice as it was sent (EHF); the ledger gives none.")
    OTHER_DUE = N_("The invoice as it was sent (EHF) has another due date than the ledger.")
    OTHER_KID = N_("The invoice as it was sent (EHF) has another KID than the ledger.")
    OTHER_AMOUNT = N_("The invoice as it was sent (EHF) is for another amount than in the ledger.")
    OTHER_CUSTOMER = N_("The invoice as it was sent (EHF) names another customer than the ledger.")


_DIFFERENCES = frozenset({Said.OTHER_DUE, Said.OTHER_KID, Said.OTHER_AMOUNT, Said.OTHER_CUSTOMER})


@dataclass(frozen=True, slots=True)
class Sent:
    """What an item is compared with."""

    due_on: date | None
    kid: str | None
    payable_ore: int
    currency: str
    customer_number: str | None


def completed(facts: ItemFacts, debtor_number: str | None, sent: Sent) -> ItemFacts:
    """An item with what the invoice adds. Pure. What differs makes it uncertain: a person must say yes."""
    said: list[Said] = []
    if sent.customer_number and debtor_number and sent.customer_number != debtor_number:
        return _doubted(facts, [Said.OTHER_CUSTOMER])
    if facts.due_on is None and sent.due_on is not None:
        rest = tuple(doubt for doubt in facts.doubts if doubt not in _ANSWERED)
        only_that = facts.confidence == Confidence.LOW and not rest and facts.doubts
        facts = replace(
            facts, due_on=sent.due_on, proposed_due_on=None, doubts=rest, confidence=Confidence.MEDIUM if only_that else facts.confidence
        )
        said.append(Said.DUE_FROM_FILE)
    elif sent.due_on is not None and facts.due_on != sent.due_on:
        said.append(Said.OTHER_DUE)
    if facts.kid is None and sent.kid is not None:
        facts = replace(facts, kid=sent.kid)
        said.append(Said.KID_FROM_FILE)
    elif sent.kid is not None and kid_key(sent.kid) != kid_key(facts.kid):
        said.append(Said.OTHER_KID)
    # a list may show only what is left: an invoice that was larger is no difference then
    shows_rest = facts.original_ore == facts.remaining_ore and facts.original_ore < sent.payable_ore
    if facts.currency != sent.currency or (facts.original_ore != sent.payable_ore and not shows_rest):
        said.append(Said.OTHER_AMOUNT)
    return _doubted(facts, said)


def complete_items(work: UnitOfWork, company_id: uuid.UUID, facts: Sequence[ItemFacts]) -> list[ItemFacts]:
    """A page of the ledger's items, completed. Two queries, and none where the company has no invoices on file."""
    numbers = {one.document_number for one in facts if one.document_number and one.remaining_ore > 0}
    sent = _sent(work, company_id, numbers)
    if not sent:
        return list(facts)
    wanted = {one.debtor_external_id for one in facts if one.document_number in sent}
    debtors = select(Debtor.external_id, Debtor.organisation_number).where(Debtor.company_id == company_id, Debtor.external_id.in_(wanted))
    known = {row.external_id: row.organisation_number for row in work.session.execute(debtors)}
    return [
        completed(one, known.get(one.debtor_external_id), sent[one.document_number])
        if one.document_number in sent and one.remaining_ore > 0
        else one
        for one in facts
    ]


def complete_cards(work: UnitOfWork, company_id: uuid.UUID, cards: Sequence[DebtorFacts]) -> list[DebtorFacts]:
    """Customer cards with the addresses their invoices went to, where the ledger has none. Never the kind: that is for the register."""
    bare = {one.external_id for one in cards if not (one.email and one.organisation_number and (one.address_lines or one.postal_code))}
    told = customers_of(work, company_id, bare)
    return [_filled(one, told[one.external_id]) if one.external_id in told else one for one in cards]


def _doubted(facts: ItemFacts, said: Sequence[Said]) -> ItemFacts:
    confidence = Confidence.LOW.value if _DIFFERENCES.intersection(said) else str(facts.confidence)
    new = [one.value for one in said if one.value not in facts.doubts]
    return replace(facts, confidence=confidence, doubts=(*facts.doubts, *new))


def _filled(card: DebtorFacts, told: dict[str, Any]) -> DebtorFacts:
    card = replace(
        card, email=card.email or told.get("email"), organisation_number=card.organisation_number or told.get("organisation_number")
    )
    if card.address_lines or card.postal_code or not told.get("postal_code"):
        return card
    lines = tuple(told.get("address_lines") or ())
    return replace(card, address_lines=lines, postal_code=told["postal_code"], city=told.get("city"), country=told.get("country") or "NO")


def customers_of(work: UnitOfWork, company_id: uuid.UUID, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """By customer of ours, whom his newest invoice on file was sent to; nobody whose organisation number is another."""
    if not wanted:
        return {}
    rows = work.session.execute(
        select(Debtor.external_id, Debtor.organisation_number, InvoiceDocument.customer_number, InvoiceDocument.customer)
        .join(OpenItem, OpenItem.debtor_id == Debtor.id)
        .join(
            InvoiceDocument,
            (InvoiceDocument.company_id == OpenItem.company_id)
            & (InvoiceDocument.number == OpenItem.document_number)
            & (InvoiceDocument.kind == "invoice"),
        )
        .where(Debtor.company_id == company_id, Debtor.external_id.in_(wanted))
        .order_by(InvoiceDocument.issued_on, InvoiceDocument.id)
    ).all()
    return {
        external_id: customer
        for external_id, ours, theirs, customer in rows
        if not ours or not theirs or ours == theirs
    }  # fmt: skip


def _sent(work: UnitOfWork, company_id: uuid.UUID, numbers: set[str]) -> dict[str | None, Sent]:
    if not numbers:
        return {}
    rows = select(InvoiceDocument).where(
        InvoiceDocument.company_id == company_id, InvoiceDocument.kind == "invoice", InvoiceDocument.number.in_(numbers)
    )
    return {
        one.number: Sent(one.due_on, one.kid, one.payable_ore, one.currency, one.customer_number)
        for one in work.session.execute(rows).scalars()
    }
