"""Decisions as a bureau's record holds them, kept in a file with the answers they were given: the rules' own memory.

`python -m support.replay_corpus` (with `tests` on the path) answers them anew and writes the file, under the rule version of the day.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from app.dunning import facts as f
from app.dunning.engine import decide
from app.dunning.facts_json import as_json
from app.dunning.law import RULE_VERSION, Law
from app.dunning.policy import HandoverConsent, Policy, PolicyStep, StepKind, Takeover
from app.dunning.ready_made import READY_MADE
from app.dunning.replay import stored_law
from app.dunning.statutes import InForce, Provision
from app.values import calendar

FILE = Path(__file__).with_name("replay_corpus.json")
DUE = date(2026, 9, 1)
CLAIM = f.ClaimFacts(1_250_00, 1_500_00, DUE, payments=(f.Payment(date(2026, 8, 20), 250_00),), ledger_synced_on=date(2026, 10, 1))
REMINDED = f.PastNotice(f.NoticeKind.REMINDER, date(2026, 9, 16), date(2026, 9, 30), 38_00)
WARNED = f.PastNotice(f.NoticeKind.COLLECTION_WARNING, date(2026, 9, 16), date(2026, 9, 30), 38_00)
DEMANDED = f.PastNotice(f.NoticeKind.PAYMENT_DEMAND, date(2026, 9, 15), date(2026, 9, 30), 113_00)

FACTS: dict[str, f.ClaimFacts] = {
    "plain": CLAIM,
    "settled": replace(CLAIM, remaining_ore=0),
    "within tolerance": replace(CLAIM, remaining_ore=90),
    "below the minimum": replace(CLAIM, remaining_ore=50_00),
    "bankrupt": replace(CLAIM, insolvency=f.Insolvency.BANKRUPT),
    "dead": replace(CLAIM, debtor_deceased=True),
    "minor": replace(CLAIM, debtor_minor=True),
    "disputed": replace(CLAIM, disputed=True),
    "objected before": replace(CLAIM, objected=True),
    "held": replace(CLAIM, hold=f.Hold(date(2026, 12, 1))),
    "held openly": replace(CLAIM, hold=f.Hold()),
    "at the agency": replace(CLAIM, agency=f.AgencyStanding.OPEN),
    "given back": replace(CLAIM, agency=f.AgencyStanding.RETURNED),
    "uncertain": replace(CLAIM, confidence=f.Confidence.LOW),
    "no due date": replace(CLAIM, due_on=None),
    "foreign": replace(CLAIM, currency="EUR"),
    "due on a Saturday": replace(CLAIM, due_on=date(2026, 9, 5)),
    "extended": replace(CLAIM, extended_to=date(2026, 10, 20)),
    "reminded": replace(CLAIM, notices=(REMINDED,)),
    "warned": replace(CLAIM, notices=(WARNED,)),
    "reminded by the ledger": replace(CLAIM, notices=(replace(REMINDED, sent_by=f.Sender.LEDGER, fee_ore=0, payment_deadline=None),)),
    "never read": replace(CLAIM, ledger_synced_on=None),
    "unreachable": replace(CLAIM, reachable=False),
    "dunned by the ledger": replace(CLAIM, ledger_duns=True),
    "not due yet": replace(CLAIM, due_on=date(2026, 9, 18)),
    "missed the demand": replace(CLAIM, notices=(REMINDED, WARNED, DEMANDED)),
    "released": replace(CLAIM, weekly_list=f.ListVerdict(f.ListState.RELEASED)),
    "listed": replace(CLAIM, weekly_list=f.ListVerdict(f.ListState.LISTED, deadline_on=date(2026, 10, 2))),
    "consumer": replace(CLAIM, debtor_kind=f.DebtorKind.CONSUMER, weekly_list=f.ListVerdict(f.ListState.RELEASED)),
}
DAYS = (date(2026, 9, 10), date(2026, 9, 16), date(2026, 10, 1), date(2026, 11, 2), date(2027, 1, 4))
WISHES = {
    "standard": READY_MADE["standard"],
    "no reminder": replace(Policy().without(StepKind.REMINDER), claim_compensation=True),
    "a person hands over": replace(
        Policy.from_json({"reminders_max": 2, "charge_fee": False}), handover_consent=HandoverConsent.PERSON, tolerance_ore=0
    ),
    "gentle": READY_MADE["gentle"],
    "strict": READY_MADE["strict"],
    "own collection": Policy(
        (*Policy().steps, PolicyStep(StepKind.PAYMENT_DEMAND, 30, fee=True, interest=True)), takeover=Takeover.OWN_COLLECTION
    ),
}
LAWS = {
    "1988": Law(),
    "2026": Law(act_2026=InForce(date(2026, 7, 1))),
    "only the warning": Law(act_2026=InForce(single=((Provision.AGENCY_WARNS, date(2026, 7, 1)),))),
}


def cases() -> Iterator[dict[str, Any]]:
    """Every claim on every day, with wishes and acts taking turns, and today's answer."""
    turns = itertools.cycle(itertools.product(WISHES.items(), LAWS.items()))
    for ((about, facts), day), ((wished, policy), (act, law)) in zip(itertools.product(FACTS.items(), DAYS), turns, strict=False):
        seen = facts if facts.ledger_synced_on is None else replace(facts, ledger_synced_on=day)
        rules = law.rules(policy, day)
        decision = decide(seen, rules, calendar, day)
        yield {
            "about": f"{about}, {wished}, {act}, {day.isoformat()}", "decided_on": day.isoformat(), "step": decision.step_name,
            "reasons": [reason.as_json() for reason in decision.reasons], "facts": as_json(seen),
            "rules": {**rules.as_json(), "law": stored_law(law), "followed_up": True},
        }  # fmt: skip


def write() -> None:
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for case in cases())
    FILE.write_text(f'{{"rule_version": "{RULE_VERSION}", "decisions": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    write()
