"""What one notice says, gathered from the claim or claims it is about: parties, amounts, interest by span, fees still owed, deadline,
payment details."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.db.unit_of_work import UnitOfWork
from app.dunning import own_wordings
from app.dunning.charges import effective_due_on, interest_runs_after, late_interest, late_payment_compensation
from app.dunning.facts import NoticeKind, Sender
from app.dunning.letters.notice_letter import InterestTerm, NoticeContent, NoticeFee, NoticeInterest, NoticeInvoice
from app.dunning.loading import Loaded
from app.dunning.own_wordings import Which
from app.dunning.policy import Rules
from app.dunning.statutes.rates import FigureNotConfirmedError
from app.dunning.steps import SendNotice
from app.messaging.letters.content import SenderBlock
from app.tenants.models import Bureau, Company


def obstacle(company: Company, one: Loaded) -> str | None:
    """What is missing before a notice can be written at all (English message id), or None."""
    if not company.account_number:
        return "The company has no bank account number: add it in the settings."
    if not (company.email or company.phone or company.address_line):
        return "The company has no e-mail, phone or address the debtor could answer to: add one in the settings."
    if not one.roads.channels:
        return "There is neither an e-mail nor a postal address for the debtor that works."
    return None


@dataclass(frozen=True, slots=True)
class Share:
    """What one claim adds to a letter: its invoice with late interest, fees of earlier letters still owed, compensation. Øre."""

    invoice: NoticeInvoice
    fees: tuple[NoticeFee, ...]
    interest: NoticeInterest | None
    compensation_ore: int

    @property
    def principal_ore(self) -> int:
        return self.invoice.original_ore - self.invoice.paid_ore

    @property
    def total_ore(self) -> int:
        interest = 0 if self.interest is None else self.interest.amount_ore
        return self.principal_ore + interest + self.compensation_ore + sum(fee.amount_ore for fee in self.fees)


def share(one: Loaded, step: SendNotice, rules: Rules, today: date) -> Share:
    """As of today, without the fee of the letter itself."""
    item = one.item
    original = max(item.original_ore, item.remaining_ore)
    interest = _interest(one, rules, today) if step.interest else None
    invoice = NoticeInvoice(
        number=item.document_number or item.external_id, due_on=effective_due_on(item.due_on or today), original_ore=original,
        paid_ore=original - item.remaining_ore, invoiced_on=item.issued_on, kid=item.kid, interest=interest,
    )  # fmt: skip
    # the compensation is for costs of late payment, and rides on the interest (forsinkelsesrenteloven § 3 a)
    return Share(invoice, tuple(_earlier_fees(one)), interest, _compensation(one, rules, today) if step.interest else 0)


def build(
    work: UnitOfWork,
    round_: int,
    told: Sequence[tuple[Loaded, Share]],
    step: SendNotice,
    rules: Rules,
    company: Company,
    bureau: Bureau,
    *,
    language: str,
) -> NoticeContent:
    """The notice in figures, as of today: about one claim, or about several of one debtor, the carrying one first. `step` holds the whole
    letter's deadline, its one fee, and the way it is said."""
    today, (one, first) = work.today(), told[0]
    kind = step.kind.value
    fees = [fee for _, share in told for fee in share.fees] + ([NoticeFee(kind, today, step.fee_ore)] if step.fee_ore else [])
    return NoticeContent(
        kind=kind,
        statute=rules.statute.name,
        sender=sender_of(company),
        recipient_lines=one.reached.window,
        issued_on=today,
        deadline_on=step.payment_deadline,
        reference=f"{first.invoice.number}-{round_}",
        invoices=tuple(share.invoice for _, share in told),
        account_number=company.account_number or "",
        kid=first.invoice.kid if len(told) == 1 else None,
        fees=tuple(sorted(fees, key=lambda fee: fee.charged_on)),
        interest=_together([share.interest for _, share in told if share.interest is not None]),
        compensation_ore=sum(share.compensation_ore for _, share in told),
        paid_until=today,
        reminded_on=_reminded_on([one for one, _ in told]),
        place=company.city,
        bureau_name=bureau.name,
        bureau_organisation_number=bureau.organisation_number,
        language=language,
        tone=step.tone,
        credit_ore=one.facts.credit_note_ore + one.facts.unallocated_ore,
        own_words=own_wordings.document(work, company.id, Which(kind, language, step.tone)),
    )


def sender_of(company: Company) -> SenderBlock:
    """Whose letter it is: the company's, not whoever writes on its behalf."""
    place = " ".join(part for part in (company.postal_code, company.city) if part)
    return SenderBlock(
        name=company.name,
        address_lines=tuple(line for line in (company.address_line, place) if line),
        organisation_number=company.organisation_number,
        email=company.email,
        phone=company.phone,
    )


def _earlier_fees(one: Loaded) -> list[NoticeFee]:
    """Fees of our earlier notices on the claim: still owed while the principal is."""
    ours = (past for past in one.facts.notices if past.sent_by is Sender.US and past.fee_ore > 0)
    return [NoticeFee(past.kind.value, past.sent_on, past.fee_ore) for past in ours]


def _interest(one: Loaded, rules: Rules, today: date) -> NoticeInterest | None:
    """Late interest to today, where every half-year's rate is confirmed."""
    due_on = one.item.due_on
    if due_on is None:
        return None
    runs_after = interest_runs_after(due_on, one.facts.due_date_agreed, one.facts.demand_sent_on)
    owed = late_interest(max(one.item.original_ore, one.item.remaining_ore), runs_after, today, one.facts.payments, rules.rates)
    if owed.missing_from is not None or not owed.spans:
        return None
    # a payment on the way splits a span without changing its rate
    terms: list[InterestTerm] = []
    for span in owed.spans:
        if not terms or terms[-1].rate_percent != span.rate:
            terms.append(InterestTerm(span.from_on, span.rate))
    only = terms[0].rate_percent if len(terms) == 1 else None
    return NoticeInterest(owed.total_ore, owed.spans[0].from_on, owed.spans[-1].to_on, only, tuple(terms))


def _compensation(one: Loaded, rules: Rules, today: date) -> int:
    """What is claimed under forsinkelsesrenteloven § 3 a; a figure that nobody has confirmed is not claimed."""
    due_on = one.item.due_on
    if due_on is None or not rules.wishes.claim_compensation:
        return 0
    runs_after = interest_runs_after(due_on, one.facts.due_date_agreed, one.facts.demand_sent_on)
    try:
        return late_payment_compensation(
            one.facts.original_ore, effective_due_on(due_on), runs_after, today, one.facts.payments, one.facts.debtor_kind, rules.rates
        )
    except FigureNotConfirmedError:
        return 0


def _together(spans: list[NoticeInterest]) -> NoticeInterest | None:
    """The interest of several invoices as one sum; each invoice's own line says from which day it runs there."""
    if len(spans) < 2:
        return spans[0] if spans else None
    terms: dict[Decimal, date] = {}
    for term in sorted((term for one in spans for term in one.terms), key=lambda term: term.from_on):
        terms.setdefault(term.rate_percent, term.from_on)
    return NoticeInterest(
        sum(one.amount_ore for one in spans),
        min(one.from_on for one in spans),
        max(one.until_on for one in spans),
        next(iter(terms)) if len(terms) == 1 else None,
        tuple(InterestTerm(from_on, rate) for rate, from_on in terms.items()),
    )


def _reminded_on(told: Sequence[Loaded]) -> date | None:
    """The last reminder, where each of the claims has had one."""
    days = [[past.sent_on for past in one.facts.notices if past.kind is NoticeKind.REMINDER] for one in told]
    return max(max(one) for one in days) if all(days) else None
