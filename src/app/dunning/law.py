"""Which act and which figures hold for this installation: an act not in force has no date, a figure nobody confirmed is not there. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from app.dunning.policy import Policy, Rules
from app.dunning.statutes import NOT_IN_FORCE, InForce, Provision, Statute, composed
from app.dunning.statutes.rates import RATES, Figure, Rates

#: kept with every decision and notice; a change in how the rules are read is a new version
RULE_VERSION = "2026-11.2"


@dataclass(frozen=True, slots=True)
class Law:
    """The dated law as known: figures, and when lov 2026-05-22 nr. 19 takes over. `stamp` says how much had been confirmed: two laws of one
    release with the same stamp are the same."""

    rates: Rates = RATES
    act_2026: InForce = NOT_IN_FORCE
    stamp: int = 0

    def rules(self, policy: Policy, day: date) -> Rules:
        """These wishes under the act and the figures of that day."""
        return self.rules_under(policy, self.act_2026.on(day), day)

    def rules_under(self, policy: Policy, provisions: Iterable[Provision], day: date) -> Rules:
        """The same, were these provisions of the act of 2026 in force."""
        return policy.within(self.statute_of(provisions, day), self.rates)

    def statute_on(self, day: date) -> Statute:
        return self.statute_of(self.act_2026.on(day), day)

    def statute_of(self, provisions: Iterable[Provision], day: date) -> Statute:
        """The statute with these provisions of the act of 2026. Once the figure of a regulation under its § 19 is confirmed for the day,
        the creditor's own letter may be charged for again."""
        statute = composed(provisions)
        if not statute.creditor_fees and self.rates.knows(Figure.CREDITOR_LETTER_FEE, day):
            return replace(statute, creditor_fees=True, fee_regulated=True)
        return statute
