"""Who watches: every letter, every handover and every day is held against the statute book, and what is wrong is written down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from app.dunning.facts import AgencyStanding, Insolvency
from app.dunning.policy import Rules
from app.dunning.steps import Close, Decision, HandOver, Wait
from app.simulation import statute_book
from app.simulation.statute_book import Debt, Letter
from app.simulation.world import Invoice


@dataclass(slots=True)
class Witness:
    """Keeps the list of what went wrong, a line for each fault."""

    wrong: list[str] = field(default_factory=list)

    def say(self, day: date, invoice: Invoice, what: str) -> None:
        self.wrong.append(f"{day.isoformat()} company {invoice.creditor.number} invoice {invoice.number}: {what}")

    def decided(self, invoice: Invoice, day: date, first: Decision, again: Decision) -> None:
        """Deciding changes nothing, says why, and names a day to come unless the claim is over."""
        if first != again:
            self.say(day, invoice, "deciding twice gives two answers")
        if not first.reasons:
            self.say(day, invoice, "a decision without a reason")
        match first.step:
            case Close():
                if first.next_action_on is not None:
                    self.say(day, invoice, "a closed claim is to be looked at again")
                if invoice.seen_ore() > max(0, invoice.creditor.policy.tolerance_ore):
                    self.say(day, invoice, "closed although money is owed")
            case Wait(until):
                if until <= day or first.next_action_on != until:
                    self.say(day, invoice, "waits for a day that has passed")
            case _ if first.next_action_on is None or (not leads_out(first) and first.next_action_on <= day):
                self.say(day, invoice, "an open claim that nobody looks at again")
            case _:
                pass

    def slept_through(self, invoice: Invoice, day: date, decision: Decision) -> None:
        """Nothing new is known and its day has not come, and yet the engine would act: the day it named was too late."""
        if leads_out(decision):
            self.say(day, invoice, f"was to rest until {invoice.next_on}, and would {decision.step_name} today")

    def letter(self, invoice: Invoice, letter: Letter, rules: Rules) -> None:
        """A letter that is leaving now."""
        day, seen = letter.sent_on, as_seen(invoice)
        for fault in statute_book.faults_of_letter(seen, letter):
            self.say(day, invoice, f"{letter.kind}: {fault}")
        if invoice.seen_ore() <= 0:
            self.say(day, invoice, f"{letter.kind} to somebody who has paid")
        if "send_weekdays" in rules.wishes.as_json() and statute_book.is_holy(day):
            self.say(day, invoice, f"{letter.kind} on a Sunday or a holiday")
        self._nobody_touches(invoice, day, letter.kind)

    def one_letter(self, told: Sequence[tuple[Invoice, Letter]]) -> None:
        """Everything that leaves in one envelope."""
        invoice, letter = told[0]
        for fault in statute_book.faults_of_one_letter([(as_seen(one), its) for one, its in told]):
            self.say(letter.sent_on, invoice, f"{letter.kind}: {fault}")
        if len({(id(one.creditor), id(one.debtor)) for one, _ in told}) > 1:
            self.say(letter.sent_on, invoice, f"{letter.kind}: two people's invoices in one letter")

    def handed_over(self, invoice: Invoice, day: date) -> None:
        """A case that is leaving for the agency now."""
        seen = as_seen(invoice)
        deadlines = [one.deadline for one in seen.letters if one.deadline is not None]
        # money ordered in time counts though it has not arrived: that is what the days of grace are for
        in_time = [one for one in invoice.debt.paid if deadlines and one[0] <= max(deadlines) and one not in seen.paid]
        truth = Debt(seen.due_on, seen.original_ore, seen.consumer, [*seen.paid, *in_time], seen.letters)
        for fault in statute_book.faults_of_handover(truth, day):
            self.say(day, invoice, fault)
        if invoice.agency is not AgencyStanding.NONE:
            self.say(day, invoice, "handed over a second time")
        self._nobody_touches(invoice, day, "handover")

    def agreed(self, invoice: Invoice, day: date, decision: Decision) -> None:
        """Whoever wants to be asked first has said yes to this very step, or has been silent for so long that the company's rule speaks."""
        policy = invoice.creditor.policy
        handover = isinstance(decision.step, HandOver)
        needed = {"none": 0, "both": 2}.get(policy.approval.value, 1) or int(handover and policy.handover_consent.value == "person")
        about = (decision.step_name, 1 if handover else getattr(decision.step, "round", 1))
        silent = policy.approval_silence.value == "go_on"
        asked = [one for one in invoice.approvals if (one.step, one.round) == about]
        spoken = [one for one in asked if one.yes_on is not None or (silent and statute_book.bank_days_after(one.asked_on, 3) <= day)]
        if len(spoken) < needed:
            self.say(day, invoice, f"{decision.step_name} with {len(spoken)} of {needed} approvals")

    def agency_asks(self, invoice: Invoice, day: date, costs_ore: int) -> None:
        """What the agency may add on top, our fees included (inkassoforskriften § 2-1)."""
        most = statute_book.most_agency_cost(invoice.seen_ore(), invoice.debt.consumer, day)
        if most is not None and costs_ore > most:
            self.say(day, invoice, f"costs of {costs_ore} over all channels where {most} is the most")

    def _nobody_touches(self, invoice: Invoice, day: date, what: str) -> None:
        if invoice.disputed or invoice.upheld:
            self.say(day, invoice, f"{what} although the debtor has objected")
        if invoice.doubt is not None or (invoice.hold is not None and (invoice.hold.until is None or invoice.hold.until >= day)):
            self.say(day, invoice, f"{what} although somebody has stopped the claim")
        if invoice.extended_to is not None and day <= invoice.extended_to:
            self.say(day, invoice, f"{what} before the day the debtor was given")
        debtor = invoice.debtor
        if debtor.insolvency is not Insolvency.NONE or debtor.deceased or debtor.minor:
            self.say(day, invoice, f"{what} to somebody who is insolvent, dead or a minor")
        if invoice.agency is AgencyStanding.OPEN:
            self.say(day, invoice, f"{what} while the claim is with the agency")


def as_seen(invoice: Invoice) -> Debt:
    """The debt as far as the ledger has shown it: what nobody could know is nobody's fault."""
    paid = [(one.paid_on, one.amount_ore) for one in invoice.mirror]
    return Debt(invoice.debt.due_on, invoice.debt.original_ore, invoice.debt.consumer, paid, invoice.debt.letters)


def leads_out(decision: Decision) -> bool:
    """Does the step leave the house?"""
    return isinstance(decision.step, HandOver) or hasattr(decision.step, "payment_deadline")
