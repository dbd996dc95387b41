"""The form of a company's rules: a ladder of steps, typed text to a policy, and the law's no at the field it concerns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.dunning.facts import Channel
from app.dunning.policy import (
    DAYS_MAX,
    STEPS_MAX,
    ApprovalMode,
    HandoverConsent,
    LetterLanguage,
    Policy,
    PolicyStep,
    Silence,
    StepKind,
    Takeover,
    Tone,
)
from app.dunning.policy_limits import unlawful
from app.dunning.ready_made import READY_MADE, READY_MADE_TEXTS
from app.dunning.statutes import Statute
from app.settings import Settings
from app.values.money import format_ore, parse_kroner
from app.web.i18n import gettext
from app.web.pages import text_of

NUMBERS = ("send_from_hour", "send_until_hour", "grace_business_days", "approval_silence_days")
#: fields with a few values to choose from
CHOSEN = {
    "takeover": Takeover, "handover_consent": HandoverConsent, "approval": ApprovalMode, "approval_silence": Silence,
    "letter_language": LetterLanguage,
}  # fmt: skip
TICKS = ("claim_compensation", "group_invoices", "thank_on_payment")
WEEKDAYS = tuple(f"send_{day}" for day in range(6))
#: what a step begins as when it is added
_NEW_STEPS = {
    StepKind.DUE_NOTICE: PolicyStep(StepKind.DUE_NOTICE, -3, 0, tone=Tone.FRIENDLY),
    StepKind.REMINDER: PolicyStep(StepKind.REMINDER, 3, 7, tone=Tone.FRIENDLY),
    StepKind.COLLECTION_WARNING: PolicyStep(StepKind.COLLECTION_WARNING, 14, 14, fee=True, interest=True),
    StepKind.PAYMENT_DEMAND: PolicyStep(StepKind.PAYMENT_DEMAND, 30, 14, fee=True, interest=True),
    StepKind.PHONE_CALL: PolicyStep(StepKind.PHONE_CALL, 21, 5),
}
#: what a ready-made ladder decides; the rest stays as the company has it
_READY_MADE = ("steps", "minimum_ore", "send_weekdays", "send_from_hour", "send_until_hour", "claim_compensation", "takeover")
_STEP_FIELD = re.compile(r"steps\[(\d+)\]\.(\w+)")


@dataclass(frozen=True, slots=True)
class StepFields:
    """One step's fields as they are typed. A due notice's days are shown as days before the due date."""

    kind: StepKind
    after_days: str
    deadline_days: str
    tone: str
    ticked: frozenset[str]


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """What is in the fields, the policy they make, and what is wrong, by field. `changed`: steps were put in or taken away, nothing more
    is asked for yet."""

    values: Mapping[str, str]
    ticked: frozenset[str]
    steps: tuple[StepFields, ...]
    policy: Policy
    errors: Mapping[str, str]
    changed: bool = False


def choices(settings: Settings) -> dict[str, Any]:
    """What the page offers: the ways, those of them for which nobody is set up here (`idle`), and the ready-made ladders."""
    idle = () if settings.link_sms_url is not None else (Channel.SMS.value,)
    return {"channels": tuple(channel.value for channel in Channel), "idle": idle, "ready_made": READY_MADE_TEXTS}


def shown(policy: Policy) -> PolicyForm:
    """The fields of these rules."""
    values = {name: str(getattr(policy, name)) for name in NUMBERS} | {
        "minimum": format_ore(policy.minimum_ore), "tolerance": format_ore(policy.tolerance_ore),
        **{name: str(getattr(policy, name)) for name in CHOSEN},
    }  # fmt: skip
    ticked = {f"send_{day}" for day in policy.send_weekdays} | {name for name in TICKS if getattr(policy, name)}
    return PolicyForm(values, frozenset(ticked), tuple(_fields_of(step) for step in policy.steps), policy, {})


def read(form: Mapping[str, Any], before: Policy, statute: Statute) -> PolicyForm:
    """What was typed. What the form does not ask about stays as it was; what the law does not allow is an error with the provision."""
    act = text_of(form, "act")
    if act.removeprefix("ready-") in READY_MADE and act.startswith("ready-"):
        picked = READY_MADE[act.removeprefix("ready-")]
        return replace(shown(replace(before, **{name: getattr(picked, name) for name in _READY_MADE})), changed=True)
    values = {name: text_of(form, name) for name in (*NUMBERS, "minimum", "tolerance", *CHOSEN)}
    ticked = frozenset(name for name in (*WEEKDAYS, *TICKS) if name in form)
    steps = _typed_steps(form)
    if act.startswith("remove-"):
        return PolicyForm(values, ticked, tuple(s for n, s in enumerate(steps) if act != f"remove-{n}"), before, {}, changed=True)
    if act == "add" and len(steps) < STEPS_MAX and text_of(form, "add_kind") in set(StepKind):
        new = _fields_of(_NEW_STEPS[StepKind(text_of(form, "add_kind"))])
        return PolicyForm(values, ticked, (new, *steps) if new.kind is StepKind.DUE_NOTICE else (*steps, new), before, {}, changed=True)
    return _policy_of(values, ticked, _in_order(steps), before, statute)


def _policy_of(
    values: Mapping[str, str], ticked: frozenset[str], steps: Sequence[StepFields], before: Policy, statute: Statute
) -> PolicyForm:
    errors: dict[str, str] = {}
    wishes: dict[str, Any] = {
        **{name: name in ticked for name in TICKS},
        "send_weekdays": tuple(day for day, name in enumerate(WEEKDAYS) if name in ticked),
    }
    for name, most in (
        ("send_from_hour", 23),
        ("send_until_hour", 24),
        ("grace_business_days", DAYS_MAX),
        ("approval_silence_days", DAYS_MAX),
    ):
        if (number := _number(values[name], most)) is None:
            errors[name] = _whole_number(most)
        else:
            wishes[name] = number
    for name in ("minimum", "tolerance"):
        try:
            wishes[f"{name}_ore"] = parse_kroner(values[name])
            replace(before, **{f"{name}_ore": wishes[f"{name}_ore"]})
        except ValueError:
            wishes.pop(f"{name}_ore", None)
            errors[name] = gettext("Write an amount in kroner, such as 1 234,50.")
    wishes |= {name: kind(values[name]) for name, kind in CHOSEN.items() if values[name] in set(kind)}
    if wishes.get("approval_silence_days") == 0:
        errors["approval_silence_days"] = gettext("Give people at least one business day to answer.")
    wishes["steps"] = tuple(_step_of(place, step, errors) for place, step in enumerate(steps))
    policy = replace(before, **wishes)
    refused = {_field_name(clamp.field): clamp.sentence(gettext) for clamp in unlawful(policy, statute)}
    return PolicyForm(values, ticked, tuple(steps), policy, refused | errors)


def _fields_of(step: PolicyStep) -> StepFields:
    ticked = {channel.value for channel in step.channels} | {name for name in ("fee", "interest") if getattr(step, name)}
    days = -step.after_days if step.kind is StepKind.DUE_NOTICE else step.after_days
    return StepFields(step.kind, str(days), str(step.deadline_days), step.tone.value, frozenset(ticked))


def _typed_steps(form: Mapping[str, Any]) -> list[StepFields]:
    found = []
    for place in range(STEPS_MAX):
        kind = text_of(form, f"steps-{place}-kind")
        if kind in set(StepKind):
            name = f"steps-{place}-"
            ticked = frozenset(one for one in (*Channel, "fee", "interest") if f"{name}{one}" in form)
            after, deadline, tone = (text_of(form, f"{name}{one}") for one in ("after_days", "deadline_days", "tone"))
            found.append(StepFields(StepKind(kind), after, deadline, tone, ticked))
    return found


def _in_order(steps: Sequence[StepFields]) -> list[StepFields]:
    """By day, where every day can be read: nobody need move a step by hand."""
    days = {id(step): _days_of(step) for step in steps}
    return list(steps) if None in days.values() else sorted(steps, key=lambda step: days[id(step)] or 0)


def _days_of(step: StepFields) -> int | None:
    days = _number(step.after_days, DAYS_MAX)
    return -days if days is not None and step.kind is StepKind.DUE_NOTICE else days


def _step_of(place: int, typed: StepFields, errors: dict[str, str]) -> PolicyStep:
    """The step as far as it can be read; for what cannot, an error and the value of a new step."""
    new = _NEW_STEPS[typed.kind]
    after, deadline = _days_of(typed), new.deadline_days
    if after is None:
        errors[f"steps-{place}-after_days"] = _whole_number(DAYS_MAX)
    if typed.kind is not StepKind.DUE_NOTICE:
        days = _number(typed.deadline_days, DAYS_MAX)
        if days is None:
            errors[f"steps-{place}-deadline_days"] = _whole_number(DAYS_MAX)
        deadline = new.deadline_days if days is None else days
    return PolicyStep(
        typed.kind,
        new.after_days if after is None else after,
        deadline,
        tuple(channel for channel in Channel if channel in typed.ticked),
        Tone(typed.tone) if typed.tone in set(Tone) else new.tone,
        fee="fee" in typed.ticked,
        interest="interest" in typed.ticked,
    )


def _number(text: str, most: int) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most else None


def _whole_number(most: int) -> str:
    return gettext("Write a whole number, at most %(most)s.").replace("%(most)s", str(most))


def _field_name(path: str) -> str:
    """The field on the page for a wish's path; a ladder that lacks a step is put right where steps are added."""
    found = _STEP_FIELD.fullmatch(path)
    return f"steps-{found[1]}-{found[2]}" if found else {"steps": "add_kind"}.get(path, path)
