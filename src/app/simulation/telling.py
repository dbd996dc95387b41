"""A claim as the engine and a letter see it: facts as `dunning.loading` would gather them, and what a letter of today would ask for."""

from __future__ import annotations

from datetime import date

from app.dunning import charges
from app.dunning.facts import ClaimFacts, Hold, Payment
from app.dunning.policy import Rules
from app.dunning.statutes.rates import FigureNotConfirmedError
from app.simulation.world import Invoice


def facts_of(invoice: Invoice) -> ClaimFacts:
    """The claim as it is known today."""
    return ClaimFacts(
        remaining_ore=invoice.seen_ore(), original_ore=invoice.debt.original_ore, due_on=invoice.due_on, issued_on=invoice.issued_on,
        debtor_kind=invoice.debtor.kind, insolvency=invoice.debtor.insolvency, debtor_deceased=invoice.debtor.deceased,
        payments=tuple(Payment(one.paid_on, one.amount_ore) for one in invoice.mirror), notices=tuple(invoice.notices),
        disputed=invoice.disputed or invoice.upheld, objected=invoice.objected, hold=Hold() if invoice.doubt else invoice.hold,
        agency=invoice.agency, ledger_synced_on=invoice.creditor.synced_on, ledger_duns=invoice.creditor.ledger_duns,
        weekly_list=invoice.listed, extended_to=invoice.extended_to,
        approvals=tuple(invoice.approvals),
    )  # fmt: skip


def interest_of(invoice: Invoice, rules: Rules, day: date) -> int:
    """Late interest as a letter of that day asks for it; nothing where a rate is not confirmed."""
    facts = facts_of(invoice)
    owed = charges.late_interest(facts.original_ore, _runs_after(invoice, facts), day, facts.payments, rules.rates)
    return 0 if owed.missing_from is not None else owed.total_ore


def compensation_of(invoice: Invoice, rules: Rules, day: date) -> int:
    """Compensation as a letter of that day asks for it, where the company wants it."""
    if not wished(rules, "claim_compensation"):
        return 0
    facts, due_on = facts_of(invoice), charges.effective_due_on(invoice.due_on)
    try:
        return charges.late_payment_compensation(
            facts.original_ore, due_on, _runs_after(invoice, facts), day, facts.payments, facts.debtor_kind, rules.rates
        )
    except FigureNotConfirmedError:
        return 0


def wished(rules: Rules, name: str) -> bool:
    return bool(rules.wishes.said().get(name, True))


def _runs_after(invoice: Invoice, facts: ClaimFacts) -> date | None:
    return charges.interest_runs_after(invoice.due_on, facts.due_date_agreed, facts.demand_sent_on)
