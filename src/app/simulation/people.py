"""What others do to a claim between morning and midday: pay, object, stop it, promise, say yes, find out, go bankrupt or die, remind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date, timedelta

from app.dunning.facts import AgencyStanding, DebtorKind, Hold, Insolvency, NoticeKind, PastNotice, Sender
from app.simulation import statute_book
from app.simulation.statute_book import Letter
from app.simulation.world import Invoice, World


@dataclass(slots=True)
class People:
    """Everybody but us. What they did is counted."""

    world: World
    counts: Counter[str]

    def live(self, day: date) -> None:
        for invoice in self.world.open_invoices():
            self.counts["payments"] += self.world.debtor_acts(invoice, day)
            if invoice.creditor.ledger_duns and invoice.seen_ore() > 0 and self.world.chance.random() < 0.03:
                self._ledger_reminds(invoice, day)
            if invoice.agency is AgencyStanding.NONE:
                self._approvers_answer(invoice, day)
                self._somebody_acts(invoice, day)

    def _approvers_answer(self, invoice: Invoice, day: date) -> None:
        """Some say yes after a while, some say nothing."""
        for place, asked in enumerate(invoice.approvals):
            if asked.yes_on is None and self.world.chance.random() < 0.12:
                invoice.approvals[place] = replace(asked, yes_on=day)
                invoice.stirred = True
                self.counts["approvals"] += 1

    def _ledger_reminds(self, invoice: Invoice, day: date) -> None:
        """The ledger's own reminder, as lawful as we hope it is: its fee counts with ours."""
        if (day - invoice.due_on).days < 5 or invoice.agency is not AgencyStanding.NONE:
            return
        fee = statute_book.most_fee(invoice.debt, statute_book.REMINDER, day)
        deadline = day + timedelta(days=self.world.chance.choice((7, 14))) if self.world.chance.random() < 0.7 else None
        invoice.debt.letters.append(Letter(statute_book.REMINDER, day, deadline, fee))
        invoice.notices.append(PastNotice(NoticeKind.REMINDER, day, deadline, fee, Sender.LEDGER))
        invoice.stirred = True
        self.counts["by_ledger"] += 1

    def _somebody_acts(self, invoice: Invoice, day: date) -> None:
        chance = self.world.chance.random()
        before = (invoice.disputed, invoice.hold, invoice.doubt, invoice.extended_to, invoice.debtor.insolvency)
        if invoice.doubt is not None and chance < 0.4:
            self._find_out(invoice)
        elif invoice.disputed:
            if chance < 0.1:
                invoice.disputed, invoice.upheld = False, chance < 0.03
        elif invoice.hold is not None and invoice.hold.until is None:
            invoice.hold = None if chance < 0.1 else invoice.hold
        elif chance < 0.004:
            invoice.disputed = invoice.objected = True
            self.counts["disputes"] += 1
        elif chance < 0.007:
            invoice.hold = Hold(day + timedelta(days=self.world.chance.randint(0, 20)) if chance < 0.006 else None)
            self.counts["holds"] += 1
        elif chance < 0.009:
            invoice.extended_to = day + timedelta(days=self.world.chance.randint(3, 30))
            self.counts["promises"] += 1
        elif chance < 0.0102:
            self._something_befalls(invoice)
        if before != (invoice.disputed, invoice.hold, invoice.doubt, invoice.extended_to, invoice.debtor.insolvency):
            invoice.stirred = True

    def _something_befalls(self, invoice: Invoice) -> None:
        debtor = invoice.debtor
        if debtor.kind is DebtorKind.CONSUMER:
            debtor.deceased = True
        else:
            debtor.insolvency = self.world.chance.choice((Insolvency.BANKRUPT, Insolvency.RECONSTRUCTION, Insolvency.DISSOLVED))
        self.counts["bankruptcies"] += 1
        for other in self.world.open_invoices():
            if other.debtor is debtor:
                other.stirred = True

    def _find_out(self, invoice: Invoice) -> None:
        """A person has asked around: what never arrived was never said."""
        doubt, invoice.doubt = invoice.doubt, None
        arrived = any(doubt is not None and one.sent_on == doubt.sent_on and one.kind == doubt.kind.value for one in invoice.debt.letters)
        if doubt is not None and not arrived:
            invoice.notices.remove(doubt)
