"""What ledgers tell, in the words of the book. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from app.ledgers.ports import BookState, LedgerCustomer, LedgerItem, LedgerNotice, LedgerPayment
from app.receivables import book, book_state
from app.receivables.readiness import BankMatch


def debtor_facts(customer: LedgerCustomer) -> book.DebtorFacts:
    """A ledger's customer card in our words. Who is not known to be a business is protected as a consumer."""
    business = customer.organisation_number is not None and customer.is_person is not True
    return book.DebtorFacts(
        external_id=customer.external_id, number=customer.number, name=customer.name, kind="business" if business else "consumer",
        organisation_number=customer.organisation_number, email=customer.email, phone=customer.phone,
        address_lines=customer.address.lines, postal_code=customer.address.postal_code, city=customer.address.city,
        country=customer.address.country, language=customer.language or "nb", own_dunning=customer.own_dunning, version=customer.version,
    )  # fmt: skip


def told_of(state: BookState) -> book_state.ToldOfBook:
    banks = None if state.banks is None else tuple(BankMatch(one.account, one.matched_on) for one in state.banks)
    return book_state.ToldOfBook(banks, state.unposted, state.unposted_since, state.link)


def item_facts(item: LedgerItem) -> book.ItemFacts:
    return book.ItemFacts(
        external_id=item.external_id, invoice_external_id=item.invoice_id, debtor_external_id=item.customer_id, kind=item.kind.value,
        document_number=item.document_number, kid=item.kid, issued_on=item.issued_on, due_on=item.due_on, proposed_due_on=None,
        original_ore=item.original_ore, remaining_ore=item.remaining_ore, currency=item.currency, confidence=item.confidence.value,
        doubts=item.doubts, ledger_notices=notice_facts(item.own_notices), version=item.version,
    )  # fmt: skip


def notice_facts(notices: Iterable[LedgerNotice]) -> tuple[book.NoticeFacts, ...]:
    return tuple(book.NoticeFacts(one.on, one.kind.value, one.fee_ore, one.deadline_on) for one in notices)


def payment_facts(payment: LedgerPayment) -> book.PaymentFacts:
    kind = payment.kind.value if payment.kind.value in {"payment", "credit_note"} else "other"
    return book.PaymentFacts(payment.external_id, "ledger", kind, payment.paid_on, payment.amount_ore, payment.text)
