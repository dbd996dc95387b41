"""The written routine of a company as facts: what happens when, by whom, and what silence means. Pure, and in no language.

The settings themselves are the routine: nobody writes it, so it cannot say something else than what is done.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from app.dunning.policy import Rules, StepKind, Takeover


@dataclass(frozen=True, slots=True)
class Owner:
    """Who looks after the company's follow-up in one respect: account_manager, ledger_owner or backup. Without a name it is not set."""

    role: str
    name: str | None


@dataclass(frozen=True, slots=True)
class WeeklyRound:
    """When the weekly list is made (1 is Monday, Oslo's hour), and how many business days there are to stop something on it."""

    weekday: int
    hour: int
    deadline_days: int


@dataclass(frozen=True, slots=True)
class Deviating:
    """A segment's wishes: who is in it, as stored conditions, and the fields it wants otherwise."""

    name: str
    conditions: Mapping[str, object]
    wishes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RoutineFacts:
    """Everything a routine says. `agency`: who takes over, None where there is no agreement."""

    company: str
    organisation_number: str
    bureau: str
    active: bool
    weekly: WeeklyRound
    owners: Sequence[Owner]
    email: str | None
    phone: str | None
    agency: str | None
    rules: Rules
    exceptions: Sequence[Deviating] = ()


def content(facts: RoutineFacts) -> dict[str, object]:
    """The routine as plain JSON: what is kept as a version."""
    wishes = facts.rules.wishes
    said = {
        "company": facts.company,
        "organisation_number": facts.organisation_number,
        "bureau": facts.bureau,
        "active": facts.active,
        "statute": facts.rules.statute.name,
        "weekly": asdict(facts.weekly),
        "steps": steps(facts.rules),
        "agency": facts.agency,
        "approval": {"by": wishes.approval.value, "silence": wishes.approval_silence.value, "days": wishes.approval_silence_days},
        "send": {
            "weekdays": list(facts.rules.followed.send_weekdays),
            "first": facts.rules.followed.send_from_hour,
            "last": facts.rules.followed.send_until_hour,
        },
        # a routine kept before there was such a wish says the same without it
        **({"thanks": True} if wishes.thank_on_payment else {}),
        "minimum_ore": wishes.minimum_ore,
        "tolerance_ore": wishes.tolerance_ore,
        "ledger_age_days_max": wishes.ledger_age_days_max,
        "owners": [asdict(one) for one in facts.owners],
        "email": facts.email,
        "phone": facts.phone,
        "exceptions": [asdict(one) for one in facts.exceptions],
    }
    return dict(json.loads(json.dumps(said, default=str)))


def fingerprint(said: Mapping[str, object]) -> str:
    """The same for the same routine, however its JSON was stored."""
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def steps(rules: Rules) -> list[dict[str, object]]:
    """The steps in their order, as the law leaves them: days, channels, tone, fee, interest, and whose each is."""
    found: list[dict[str, object]] = []
    for step in rules.steps:
        sends = step.kind is not StepKind.PHONE_CALL
        agency = step.kind.is_grave and rules.agency_warns
        found.append(
            {
                "kind": step.kind.value, "after_days": step.after_days, "deadline_days": step.deadline_days,
                "channels": [one.value for one in step.channels] if sends and not agency else [], "together": step.kind.is_grave,
                "tone": step.tone.value if sends and not agency else None, "fee": step.fee and not agency,
                "interest": step.interest and not agency, "by": "agency" if agency else "company",
            }
        )  # fmt: skip
    if rules.followed.takeover is not Takeover.OWN_COLLECTION:
        found.append({"kind": "handover", "grace_days": rules.grace_business_days, "consent": rules.handover_consent.value, "by": "agency"})
    return found
