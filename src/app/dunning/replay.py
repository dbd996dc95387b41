"""A past decision made again, from what was stored beside it: the same facts, wishes, act and figures must give the same step and the same
reasons, byte for byte. Pure.

What is stored: the facts; the wishes; the act's code and, where only parts of the act of 2026 were in force, which; the number of the last
recording of the law that was known, with the day each figure was known through; and whether the company was followed up. Rows of earlier
releases lack some of it: then the release's own law and the stored reasons tell.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from app.dunning.engine import decide
from app.dunning.facts_json import from_json
from app.dunning.follow_up import NOT_FOLLOWED_UP, kept_in
from app.dunning.law import RULE_VERSION, Law
from app.dunning.policy import Policy, Rules
from app.dunning.statutes import ACT_1988, ACT_2026, Provision
from app.dunning.statutes.rates import Figure
from app.dunning.steps import Decision
from app.values import calendar

#: the law as it was known at a recording's number
LawAt = Callable[[int], Law]


class Verdict(StrEnum):
    """The same again; another answer; what is stored cannot be read by this release."""

    SAME = "same"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A row of the record of decisions, as far as it takes to make it again."""

    decided_on: date
    step: str
    reasons: list[Any]
    facts: Mapping[str, Any]
    rules: Mapping[str, Any]
    rule_version: str

    @property
    def is_current(self) -> bool:
        """Made under the rules of this release: it must come out the same. Under earlier rules another answer is no fault of the record."""
        return self.rule_version == RULE_VERSION


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it. `was` and `now` are canonical JSON; `problem` says what could not be read."""

    verdict: Verdict
    was: str
    now: str = ""
    problem: str = ""


def stored_law(law: Law) -> dict[str, Any]:
    """What to keep of the law beside a decision: enough to have the same figures and provisions again."""
    known = {figure.value: law.rates.known_through(figure).isoformat() for figure in law.rates.rows}
    return {"stamp": law.stamp, "known_through": known}


def replay(stored: StoredDecision, law_at: LawAt) -> Replayed:
    """Make the decision again and compare."""
    was = canonical(stored.step, stored.reasons)
    try:
        decision = _decide(stored, law_at)
    except (ValueError, KeyError, TypeError) as fault:
        return Replayed(Verdict.UNREADABLE, was, problem=f"{type(fault).__name__}: {fault}")
    now = canonical(decision.step_name, [reason.as_json() for reason in decision.reasons])
    return Replayed(Verdict.SAME if now == was else Verdict.DIFFERS, was, now)


def canonical(step: str, reasons: list[Any]) -> str:
    """Step and reasons as one text: keys in order, no blanks, letters as they are."""
    return json.dumps({"step": step, "reasons": reasons}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _decide(stored: StoredDecision, law_at: LawAt) -> Decision:
    decision = decide(from_json(stored.facts), _rules(stored, law_at), calendar, stored.decided_on)
    return decision if _followed_up(stored) else kept_in(decision, stored.decided_on)


def _rules(stored: StoredDecision, law_at: LawAt) -> Rules:
    kept = stored.rules.get("law") or {}
    law = law_at(int(kept.get("stamp", 0)))
    if known := kept.get("known_through"):
        law = replace(law, rates=law.rates.as_known_through({Figure(name): date.fromisoformat(day) for name, day in known.items()}))
    return law.rules_under(Policy.from_json(stored.rules["wishes"]), _provisions(stored.rules), stored.decided_on)


def _provisions(rules: Mapping[str, Any]) -> frozenset[Provision]:
    match rules["statute"]:
        case ACT_1988.code:
            return frozenset()
        case ACT_2026.code:
            return frozenset(Provision)
        case _:
            return frozenset(Provision(section) for section in rules["provisions"])


def _followed_up(stored: StoredDecision) -> bool:
    said = stored.rules.get("followed_up")
    return bool(said) if said is not None else [reason.get("code") for reason in stored.reasons] != [NOT_FOLLOWED_UP]
