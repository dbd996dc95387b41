"""The house in the middle: reads the ledger, lets the real engine decide, and acts on the world; people in it answer now and then."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.dunning import charges, consent
from app.dunning.engine import decide
from app.dunning.facts import AgencyStanding, Approval, ClaimFacts, ListedStep, ListState, ListVerdict, NoticeKind, PastNotice
from app.dunning.law import Law
from app.dunning.one_letter import OneLetter, Part, gather
from app.dunning.policy import Policy, Rules
from app.dunning.statutes.rates import FigureNotConfirmedError
from app.dunning.steps import AskPerson, Close, Decision, HandOver, SendNotice
from app.simulation.people import People
from app.simulation.statute_book import Letter, bank_days_after, fees_of
from app.simulation.telling import compensation_of, facts_of, interest_of, wished
from app.simulation.witness import Witness, leads_out
from app.simulation.world import Creditor, Invoice, World
from app.values import calendar

_DAY = timedelta(days=1)
#: an agency's case ends within so many days
CASE_DAYS = (30, 140)
Engine = Callable[[ClaimFacts, Rules, date], Decision]
Together = Callable[[Part[int], Sequence[Part[int]]], OneLetter[int]]


def real_engine(facts: ClaimFacts, rules: Rules, today: date) -> Decision:
    return decide(facts, rules, calendar, today)


def rules_of_law(policy: Policy, day: date) -> Rules:
    return Law().rules(policy, day)


@dataclass(slots=True)
class Case:
    """A case at the agency, and what it will have come to on `ends_on`. `posted`: the money is in the ledger."""

    invoice: Invoice
    ends_on: date
    collected_ore: int
    posted: bool = False


@dataclass(slots=True)
class House:
    """One day after the other over the whole world. What is tested with a fault planted is given as `engine`, `rules_of` or `together`."""

    world: World
    engine: Engine = real_engine
    rules_of: Callable[[Policy, date], Rules] = rules_of_law
    together: Together = gather
    witness: Witness = field(default_factory=Witness)
    counts: Counter[str] = field(default_factory=Counter)
    cases: list[Case] = field(default_factory=list)
    _trace: list[str] = field(default_factory=list)
    _rules: dict[int, Rules] = field(default_factory=dict)

    def live(self, day: date) -> None:
        """Morning: the ledger is read and lists fall due. Then decisions. Midday: the world moves on. Then what was decided is sent."""
        self._rules = {one.number: self.rules_of(one.policy, day) for one in self.world.creditors}
        self.world.weather()
        self.world.invoice_some(day)
        self._settle_cases(day)
        for creditor in self.world.creditors:
            if not creditor.ledger_down:
                creditor.synced_on = day
        for invoice in self.world.open_invoices():
            if not invoice.creditor.ledger_down:
                invoice.read(day, midday=False)
        self._release_lists(day)
        planned = self._decide_what_is_due(day)
        People(self.world, self.counts).live(day)
        self._send(planned, day)
        self._make_lists(day)

    def digest_with(self, told: str) -> str:
        """One word for everything that happened, in its order, and for what is told of it."""
        return hashlib.sha256("\n".join([*self._trace, told]).encode()).hexdigest()

    def note(self, day: date, invoice: Invoice, what: str) -> None:
        self._trace.append(f"{day.isoformat()} {invoice.number} {what}")

    # --- deciding ---------------------------------------------------------------------------------------------------------------

    def _decide(self, invoice: Invoice, day: date) -> Decision:
        facts, rules = facts_of(invoice), self._rules[invoice.creditor.number]
        decision = self.engine(facts, rules, day)
        self.witness.decided(invoice, day, decision, self.engine(facts, rules, day))
        return decision

    def _decide_what_is_due(self, day: date) -> list[tuple[Invoice, Decision]]:
        planned = []
        for invoice in self.world.open_invoices():
            due = invoice.next_on is None or invoice.next_on <= day
            if not due and not invoice.stirred:
                if (invoice.number + day.toordinal()) % 7 == 0:
                    self.witness.slept_through(invoice, day, self._decide(invoice, day))
                continue
            decision = self._decide(invoice, day)
            invoice.next_on, invoice.stirred = decision.next_action_on, False
            self.note(day, invoice, decision.step_name)
            self.counts["decisions"] += 1
            if isinstance(decision.step, Close):
                invoice.closed = True
            elif leads_out(decision):
                planned.append((invoice, decision))
            elif isinstance(decision.step, AskPerson):
                self._ask_for_a_yes(invoice, decision.step, day)
        return planned

    def _ask_for_a_yes(self, invoice: Invoice, question: AskPerson, day: date) -> None:
        """Each approver is asked once about each step, as `dunning.asking` does it."""
        if question.about is None:
            return
        step, round_ = consent.occurrence(question.about)
        known = {one.approver for one in invoice.approvals if (one.step, one.round) == (step, round_)}
        for approver in consent.approvers(self._rules[invoice.creditor.number], question.about):
            if approver not in known:
                invoice.approvals.append(Approval(step, round_, approver, day))
                invoice.stirred = True

    # --- acting -----------------------------------------------------------------------------------------------------------------

    def _send(self, planned: Sequence[tuple[Invoice, Decision]], day: date) -> None:
        """What still holds goes out; a debtor's notices of one kind in one letter, as `dunning.issuing` does it."""
        letters: list[tuple[Invoice, Decision]] = []
        for invoice, decision in planned:
            if not self._still_right(invoice, decision, day):
                continue
            if isinstance(decision.step, HandOver):
                self.witness.agreed(invoice, day, decision)
                self._hand_over(invoice, day)
            else:
                letters.append((invoice, decision))
        while letters:
            first = letters[0][0]
            beside = [
                (invoice, decision)
                for invoice, decision in letters
                if invoice is first
                or (invoice.debtor is first.debtor and invoice.creditor is first.creditor and first.creditor.policy.group_invoices)
            ]
            parts = [
                Part(invoice.number, invoice.due_on, decision.step) for invoice, decision in beside if isinstance(decision.step, SendNotice)
            ]
            letter = self.together(parts[0], parts[1:])
            gone = {part.key for part in letter.parts}
            self._send_letter([one for one in beside if one[0].number in gone], letter, day)
            letters = [one for one in letters if one[0].number not in gone]

    def _still_right(self, invoice: Invoice, decision: Decision, day: date) -> bool:
        """Ask the ledger once more and decide anew: only what still holds goes out. Otherwise it was for today, and tomorrow is another."""
        invoice.next_on = day + _DAY
        if invoice.creditor.ledger_down:
            return False
        invoice.read(day, midday=True)
        if self._decide(invoice, day).step == decision.step:
            return True
        self.counts["called_off"] += 1
        invoice.stirred = True
        return False

    def _send_letter(self, told: Sequence[tuple[Invoice, Decision]], one: OneLetter[int], day: date) -> None:
        creditor = told[0][0].creditor
        if creditor.mail_down and self.world.chance.random() < 0.5:
            return  # certainly not sent
        arrived = not creditor.mail_down or self.world.chance.random() < 0.5
        shares = [(invoice, self._share(invoice, decision, one, day)) for invoice, decision in told]
        if arrived:
            self.witness.one_letter(shares)
            self.counts["shared_letters"] += len(shares) > 1
        for (invoice, letter), (_, decision) in zip(shares, told, strict=True):
            self._tell(invoice, letter, decision, day, arrived=arrived)

    def _share(self, invoice: Invoice, decision: Decision, one: OneLetter[int], day: date) -> Letter:
        """What the letter says of one of its invoices."""
        step, rules = decision.step, self._rules[invoice.creditor.number]
        kind = decision.step_name.removeprefix("send_")
        fee_ore = one.fees.get(invoice.number, 0)
        return Letter(
            kind, day, one.payment_deadline, fee_ore,
            interest_of(invoice, rules, day) if getattr(step, "interest", wished(rules, "charge_interest")) else 0,
            compensation_of(invoice, rules, day) if kind != "due_notice" else 0, invoice.seen_ore(), sum(one.fees.values()) - fee_ore,
        )  # fmt: skip

    def _tell(self, invoice: Invoice, letter: Letter, decision: Decision, day: date, *, arrived: bool) -> None:
        kind = NoticeKind(letter.kind)
        past = PastNotice(kind, day, letter.deadline, letter.fee_ore, fee_elsewhere=letter.fee_beside_ore > 0)
        invoice.notices.append(past)
        if invoice.creditor.mail_down:
            # nobody can tell: a person must find out, and until then nothing else is done
            invoice.doubt = past
        if arrived:
            doubt, invoice.doubt = invoice.doubt, None
            self.witness.letter(invoice, letter, self._rules[invoice.creditor.number])
            self.witness.agreed(invoice, day, decision)
            invoice.doubt = doubt
            invoice.debt.letters.append(letter)
            self.counts["notices"] += 1
            self.counts[kind.value] += 1
            self.counts["fees_ore"] += letter.fee_ore
        invoice.stirred = True
        self.note(
            day, invoice, f"{kind.value} {letter.deadline} {letter.fee_ore} {letter.interest_ore} {letter.compensation_ore} {arrived}"
        )

    def _hand_over(self, invoice: Invoice, day: date) -> None:
        self.witness.handed_over(invoice, day)
        try:
            costs = charges.agency_cost_cap(
                invoice.seen_ore(), invoice.due_on, day, invoice.debtor.kind, self._rules[invoice.creditor.number].rates, heavy=False
            )
            self.witness.agency_asks(invoice, day, max(costs, fees_of(invoice.debt.letters)))
        except FigureNotConfirmedError:
            pass
        invoice.agency, invoice.stirred = AgencyStanding.OPEN, True
        left = invoice.debt.original_ore - invoice.paid_in_truth()
        collected = self.world.chance.choice((0, left, left, left // 2))
        self.cases.append(Case(invoice, day + timedelta(days=self.world.chance.randint(*CASE_DAYS)), max(0, collected)))
        self.counts["handovers"] += 1
        self.note(day, invoice, "handed over")

    def _settle_cases(self, day: date) -> None:
        """The agency settles, and the money is posted in the ledger as soon as that can be reached."""
        for case in self.cases:
            invoice = case.invoice
            if case.posted or case.ends_on > day or invoice.creditor.ledger_down:
                continue
            if case.collected_ore > 0:
                self.world.pay(invoice, day, case.collected_ore)
                self.counts["postings"] += 1
            case.posted = True
            rest = invoice.debt.original_ore - invoice.paid_in_truth()
            invoice.agency = AgencyStanding.RETURNED if rest > 0 else AgencyStanding.NONE
            if rest < 0 and case.collected_ore > 0:
                self.witness.say(day, invoice, "more was collected than was owed")
            invoice.stirred = True
            self.note(day, invoice, f"settled {case.collected_ore}")

    # --- the weekly list ----------------------------------------------------------------------------------------------------------

    def _make_lists(self, day: date) -> None:
        for creditor in self.world.creditors:
            if creditor.ledger_down or self._rules[creditor.number].next_list_on(day - _DAY) != day:
                continue
            for invoice in self._of(creditor):
                decision = self._decide(invoice, day)
                if not decision.awaits_list:
                    continue
                handover = any(reason.code == "ready_for_list_handover" for reason in decision.reasons)
                step = ListedStep.HANDOVER if handover else ListedStep.COLLECTION_WARNING
                invoice.listed = ListVerdict(ListState.LISTED, step, bank_days_after(day, 1))
                invoice.stirred = True
                self.counts["listed"] += 1

    def _release_lists(self, day: date) -> None:
        for invoice in self.world.open_invoices():
            verdict = invoice.listed
            if verdict.state is not ListState.LISTED or verdict.deadline_on is None or verdict.deadline_on > day:
                continue
            if invoice.creditor.ledger_down:
                continue
            if self.world.chance.random() < 0.08:
                until = self._rules[invoice.creditor.number].next_list_on(day) - _DAY
                invoice.listed = ListVerdict(ListState.STOPPED, verdict.step, until=self.world.chance.choice((until, until, None)))
            else:
                invoice.listed = ListVerdict(ListState.RELEASED, verdict.step)
            invoice.stirred = True

    def _of(self, creditor: Creditor) -> list[Invoice]:
        return [one for one in self.world.open_invoices() if one.creditor is creditor]
