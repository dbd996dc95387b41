"""Wishes about the ladder in one value each ("the tone", "days to the reminder"): how a narrower tier changes a step without saying the
whole ladder anew, and how all wishes were stored before there were steps. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.dunning.policy_limits import with_lawful_fees
from app.dunning.policy_step import DAYS_MAX, PolicyStep, StepKind, Tone
from app.dunning.statutes import ACT_1988

#: each short wish, with what it was where no steps were said at all
SHORT: Mapping[str, object] = {
    "reminder": True, "reminder_after_days": 14, "reminder_deadline_days": 14, "reminders_max": 1, "tone": "friendly",
    "warning_after_days": 14, "warning_deadline_days": 14, "charge_fee": True, "charge_interest": True,
}  # fmt: skip
#: said today as `takeover`
HAND_OVER = "hand_over"
_REMINDERS_MAX = 10
_CHASING = (StepKind.REMINDER, StepKind.COLLECTION_WARNING)


def in_steps(wishes: Mapping[str, object]) -> dict[str, object]:
    """The same wishes with the short ones laid over the steps beside them. ValueError names a wrong value.

    Without steps beside them they are of the first form, and begin with its reminder and warning. `charge_fee` asks for the fees the law
    allows: a step bears one where the act of 1988, the only one that sets any, lets it. A reminder later than the warning holds it back.
    """
    wishes = renamed(wishes)
    short = {name: value for name, value in wishes.items() if name in SHORT}
    rest = {name: value for name, value in wishes.items() if name not in short}
    for name, value in short.items():
        if not isinstance(value, str) if name == "tone" else type(value) is not type(SHORT[name]):
            raise ValueError(f"{name} must be of type {type(SHORT[name]).__name__}")
    if short:
        stored = rest.get("steps")
        said = {**SHORT, **short} if stored is None else short
        begun = (PolicyStep(StepKind.REMINDER), PolicyStep(StepKind.COLLECTION_WARNING)) if stored is None else _read(stored)
        rest["steps"] = [step.as_json() for step in _laid_over(begun, said)]
    return rest


def renamed(wishes: Mapping[str, object]) -> dict[str, object]:
    """The same wishes under the names of today."""
    named = dict(wishes)
    if HAND_OVER in named:
        hands_over = named.pop(HAND_OVER)
        if not isinstance(hands_over, bool):
            raise ValueError(f"{HAND_OVER} must be of type bool")
        named.setdefault("takeover", "agency_from_demand" if hands_over else "own_collection")
    return named


def short_of(steps: Sequence[PolicyStep]) -> dict[str, object]:
    """What the short wishes would read of a ladder: of its first reminder and its warning."""
    reminders = [step for step in steps if step.kind is StepKind.REMINDER]
    reminder = reminders[0] if reminders else _new_reminder()
    warning = next((step for step in steps if step.kind is StepKind.COLLECTION_WARNING), PolicyStep(StepKind.COLLECTION_WARNING))
    return {
        "reminder": bool(reminders), "reminder_after_days": reminder.after_days, "reminder_deadline_days": reminder.deadline_days,
        "reminders_max": max(1, len(reminders)), "tone": reminder.tone, "warning_after_days": warning.after_days,
        "warning_deadline_days": warning.deadline_days, "charge_fee": any(step.fee for step in steps),
        "charge_interest": any(step.interest for step in steps),
    }  # fmt: skip


def _laid_over(steps: Sequence[PolicyStep], said: Mapping[str, object]) -> tuple[PolicyStep, ...]:
    changed = _in_order(_counted([_changed(step, said) for step in steps], said))
    return with_lawful_fees(tuple(changed), ACT_1988)


def _changed(step: PolicyStep, said: Mapping[str, object]) -> PolicyStep:
    if step.kind is StepKind.REMINDER:
        step = replace(
            step, after_days=_days(said, "reminder_after_days", step.after_days), tone=Tone(str(said.get("tone", step.tone))),
            deadline_days=_days(said, "reminder_deadline_days", step.deadline_days),
        )  # fmt: skip
    elif step.kind is StepKind.COLLECTION_WARNING:
        step = replace(
            step, after_days=_days(said, "warning_after_days", step.after_days),
            deadline_days=_days(said, "warning_deadline_days", step.deadline_days),
        )  # fmt: skip
    charged = step.kind in _CHASING or step.kind is StepKind.PAYMENT_DEMAND
    return replace(
        step, fee=bool(said.get("charge_fee", step.fee)) and charged, interest=bool(said.get("charge_interest", step.interest)) and charged
    )


def _counted(steps: list[PolicyStep], said: Mapping[str, object]) -> list[PolicyStep]:
    """As many reminders as are wanted: the last one is said again, or a new one is put before the warning."""
    reminders = [step for step in steps if step.kind is StepKind.REMINDER]
    most = _days(said, "reminders_max", max(1, len(reminders)), _REMINDERS_MAX)
    wanted = most if said.get("reminder", bool(reminders)) else 0
    if wanted == len(reminders):
        return steps
    others = [step for step in steps if step.kind is not StepKind.REMINDER]
    last = reminders[-1] if reminders else _changed(_new_reminder(), said)
    kept = [*reminders[:wanted], *[last] * (wanted - len(reminders))]
    place = sum(1 for step in others if step.kind is StepKind.DUE_NOTICE)
    return [*others[:place], *kept, *others[place:]]


def _in_order(steps: Sequence[PolicyStep]) -> Iterator[PolicyStep]:
    """No step before the one it follows."""
    earliest = -DAYS_MAX
    for step in steps:
        earliest = max(earliest, step.after_days)
        yield replace(step, after_days=earliest)


def _new_reminder() -> PolicyStep:
    return PolicyStep(StepKind.REMINDER, 3, 7, tone=Tone.FRIENDLY, interest=True)


def _read(stored: object) -> tuple[PolicyStep, ...]:
    if not isinstance(stored, list | tuple):
        raise ValueError("steps must be a list")
    return tuple(PolicyStep.from_json(step) for step in stored)


def _days(said: Mapping[str, object], name: str, otherwise: int, most: int = DAYS_MAX) -> int:
    days = said.get(name, otherwise)
    if not isinstance(days, int) or not (days == otherwise or 0 <= days <= most):
        raise ValueError(f"{name} is out of bounds")
    return days
