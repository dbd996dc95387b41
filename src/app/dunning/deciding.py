"""The engine's answer for a claim of a company whose follow-up may be switched off: then it is explained, and nothing leaves the house."""

from __future__ import annotations

from datetime import date, datetime

from app.dunning.engine import decide
from app.dunning.follow_up import kept_in
from app.dunning.loading import Loaded
from app.dunning.policy import Rules
from app.dunning.steps import Decision
from app.values import calendar


def decision_for(one: Loaded, rules: Rules, on: date, at: datetime) -> Decision:
    """The one step for this claim on that day, seen at that instant. A step outwards waits while the company is not followed up."""
    decision = decide(one.facts, rules, calendar, on)
    return decision if one.follow_up.is_on(at) else kept_in(decision, on)
