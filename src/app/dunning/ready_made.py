"""Ready-made ladders, from the mildest to the strictest: one is picked, then single values are changed."""

from __future__ import annotations

from collections.abc import Mapping

from app.dunning.policy import Policy, PolicyStep, StepKind, Takeover, Tone


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


_GENTLE = Policy(
    steps=(
        PolicyStep(StepKind.DUE_NOTICE, -3, 0, tone=Tone.FRIENDLY),
        PolicyStep(StepKind.REMINDER, 5, 10, tone=Tone.FRIENDLY),
        PolicyStep(StepKind.REMINDER, 21, 14, tone=Tone.FRIENDLY),
        PolicyStep(StepKind.PHONE_CALL, 38, 5),
        PolicyStep(StepKind.COLLECTION_WARNING, 38, 14, tone=Tone.FRIENDLY, interest=True),
    ),
    minimum_ore=20_000,
    send_weekdays=(0, 1, 2, 3, 4),
    send_from_hour=9,
    send_until_hour=16,
)
_STANDARD = Policy(
    steps=(
        PolicyStep(StepKind.REMINDER, 3, 7, tone=Tone.FRIENDLY, interest=True),
        PolicyStep(StepKind.COLLECTION_WARNING, 14, 14, fee=True, interest=True),
    ),
)
_STRICT = Policy(
    steps=(
        PolicyStep(StepKind.REMINDER, 1, 7, tone=Tone.NEUTRAL, interest=True),
        PolicyStep(StepKind.COLLECTION_WARNING, 14, 14, tone=Tone.FIRM, fee=True, interest=True),
    ),
    minimum_ore=5_000,
    claim_compensation=True,
    takeover=Takeover.AGENCY_FROM_DEMAND,
)
#: by name; `standard` is what a bureau starts with
READY_MADE: Mapping[str, Policy] = {"gentle": _GENTLE, "standard": _STANDARD, "strict": _STRICT}
#: name and sentence of each (English message ids)
READY_MADE_TEXTS: Mapping[str, tuple[str, str]] = {
    "gentle": (
        N_("Gentle"),
        N_("A notice before the due date, two friendly reminders and a phone call before the warning. No fees."),
    ),
    "standard": (
        N_("Standard"),
        N_("A friendly fee-free reminder after 3 days, the collection warning with a fee from day 14, then the agency."),
    ),
    "strict": (
        N_("Strict"),
        N_("A reminder the day after, a firm warning with a fee from day 14, compensation from businesses, and small amounts too."),
    ),
}
