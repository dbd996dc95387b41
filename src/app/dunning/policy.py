"""A company's wishes, and what the law leaves of them. Only `Rules` reach the engine, so an unlawful wish cannot be followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum

from app.dunning.policy_limits import Clamp, bounded
from app.dunning.policy_step import DAYS_MAX, PolicyStep, StepKind, Takeover, Tone
from app.dunning.short_wishes import in_steps, short_of
from app.dunning.statutes import Statute
from app.dunning.statutes.rates import Rates

__all__ = ["AMOUNT_MAX_ORE", "DAYS_MAX", "Clamp", "HandoverConsent", "Policy", "PolicyStep", "Rules", "StepKind", "Takeover", "Tone"]

#: kroner limits a company may set, in øre (one million kroner)
AMOUNT_MAX_ORE = 100_000_000
STEPS_MAX = 12
#: how wishes are written down; without a number they are of the first form, with no steps
FORM = 2


class HandoverConsent(StrEnum):
    """What a handover waits for once the warning's deadline and grace are over: nothing more, the weekly list, or a person's yes."""

    AUTOMATIC = "automatic"
    WEEKLY_LIST = "weekly_list"
    PERSON = "person"


class ApprovalMode(StrEnum):
    """Whose yes every reminder, warning and handover waits for: nobody's, the account manager's, the bureau's, or both."""

    NONE = "none"
    MANAGER = "manager"
    BUREAU = "bureau"
    BOTH = "both"


class Silence(StrEnum):
    """What an approver's silence means: the step goes on by itself, it is held until somebody answers, or the backup is asked."""

    GO_ON = "go_on"
    HOLD = "hold"
    ESCALATE = "escalate"


class LetterLanguage(StrEnum):
    """The language a debtor is written to in: what the ledger says of him, or one of the letters' own."""

    LEDGER = "ledger"
    NB = "nb"
    NN = "nn"
    EN = "en"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a company wants: the ladder's steps in order, and what holds for all of them. Weekday 0 is Monday.

    `minimum_ore`: below it nothing is sent. `tolerance_ore`: a rest so small counts as settled. Notices go out on `send_weekdays` from
    `send_from_hour` until `send_until_hour`, Oslo's. `group_invoices`: what a debtor is to be told on one day goes in one letter with one
    fee; the sending days and the weekly list are how long an earlier invoice waits for a later one. `warning_weekday`: the weekly list's.
    `ledger_age_days_max`: how old the mirror may be when a step is taken. `approval_silence_days`: business days after which
    `approval_silence` counts. `thank_on_payment`: who pays after a notice of ours is thanked by mail. ValueError on a wish out of bounds.
    """

    steps: tuple[PolicyStep, ...] = (
        PolicyStep(StepKind.REMINDER, tone=Tone.FRIENDLY, fee=True, interest=True),
        PolicyStep(StepKind.COLLECTION_WARNING, fee=True, interest=True),
    )
    minimum_ore: int = 10_000
    tolerance_ore: int = 100
    send_weekdays: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    send_from_hour: int = 8
    send_until_hour: int = 21
    warning_weekday: int = 0
    takeover: Takeover = Takeover.AGENCY_FROM_DEMAND
    handover_consent: HandoverConsent = HandoverConsent.AUTOMATIC
    grace_business_days: int = 3
    claim_compensation: bool = False
    accept_ledger_dunning: bool = False
    group_invoices: bool = True
    letter_language: LetterLanguage = LetterLanguage.LEDGER
    ledger_age_days_max: int = 1
    approval: ApprovalMode = ApprovalMode.NONE
    approval_silence: Silence = Silence.HOLD
    approval_silence_days: int = 3
    thank_on_payment: bool = False

    def __post_init__(self) -> None:
        amounts = {"minimum_ore": AMOUNT_MAX_ORE, "tolerance_ore": AMOUNT_MAX_ORE}
        bounds = amounts | {"warning_weekday": 6, "send_from_hour": 23, "send_until_hour": 24}
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int) and not isinstance(value, bool) and not 0 <= value <= bounds.get(one.name, DAYS_MAX):
                raise ValueError(f"{one.name} is out of bounds")
        if not set(self.send_weekdays) <= set(range(7)):
            raise ValueError("send_weekdays is out of bounds")
        if len(self.steps) > STEPS_MAX:
            raise ValueError(f"steps are {STEPS_MAX} at most")

    def as_json(self) -> dict[str, object]:
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {"form": FORM, **plain, "steps": [step.as_json() for step in self.steps], "send_weekdays": list(self.send_weekdays)}

    @staticmethod
    def from_json(wishes: Mapping[str, object]) -> Policy:
        """The policy of stored wishes, of this form or the first; what is not mentioned is standard. `steps` replace the whole ladder, and
        short wishes beside them (`short_wishes`) change single values of it. ValueError names an unknown wish or a wrong value."""
        standard = Policy()
        known = {one.name: getattr(standard, one.name) for one in fields(standard)}
        chosen: dict[str, object] = {}
        for name, value in in_steps(wishes).items():
            if name == "form" and value == FORM:
                continue
            if name not in known:
                raise ValueError(f"unknown wish: {name}")
            chosen[name] = _as_kind_of(known[name], name, value)
        return Policy(**chosen)  # type: ignore[arg-type]

    def said(self) -> dict[str, object]:
        """Every wish, the ladder also in short ones: what a tier may name."""
        return {**short_of(self.steps), **{name: value for name, value in self.as_json().items() if name != "form"}}

    def within(self, statute: Statute, rates: Rates) -> Rules:
        """These wishes as far as the statute allows, each restriction recorded."""
        followed, clamps = bounded(self, statute)
        return Rules(statute, rates, wishes=self, followed=followed, clamps=clamps)

    def without(self, kind: StepKind) -> Policy:
        """The same ladder with no step of that kind."""
        return replace(self, steps=tuple(step for step in self.steps if step.kind is not kind))

    def with_step(self, kind: StepKind, **wishes: object) -> Policy:
        """The same ladder with these wishes for every step of that kind."""
        changed = (replace(step, **wishes) if step.kind is kind else step for step in self.steps)  # type: ignore[arg-type]
        return replace(self, steps=tuple(changed))


@dataclass(frozen=True, slots=True)
class Rules:
    """What the engine follows: wishes within the law of one statute, with the figures of the day. Made by `Policy.within` alone."""

    statute: Statute
    rates: Rates
    wishes: Policy
    followed: Policy
    clamps: tuple[Clamp, ...]

    @property
    def steps(self) -> tuple[PolicyStep, ...]:
        return self.followed.steps

    @property
    def grace_business_days(self) -> int:
        return self.followed.grace_business_days

    @property
    def agency_warns(self) -> bool:
        """Is the collection warning the agency's, by law or by wish?"""
        return not self.statute.creditor_may_warn or self.wishes.takeover is Takeover.AGENCY_FROM_WARNING

    @property
    def handover_consent(self) -> HandoverConsent:
        """Where the warning is the agency's, no list stood before it: then the list stands before the handover."""
        wished = self.wishes.handover_consent
        return HandoverConsent.WEEKLY_LIST if wished is HandoverConsent.AUTOMATIC and self.agency_warns else wished

    def as_json(self) -> dict[str, object]:
        """What was followed, to be kept beside a decision: statute, wishes and clamps."""
        return {
            "statute": self.statute.code,
            **({"provisions": list(self.statute.provisions)} if self.statute.provisions else {}),
            "wishes": self.wishes.as_json(),
            "clamps": [{"field": one.field, "wished": one.wished, "lawful": one.lawful, "source": one.source} for one in self.clamps],
        }

    def next_list_on(self, after: date) -> date:
        """The first day after that one on which the weekly list is made."""
        ahead = (self.wishes.warning_weekday - after.weekday() - 1) % 7 + 1
        return date.fromordinal(after.toordinal() + ahead)


def _as_kind_of(standard: object, name: str, value: object) -> object:
    if name == "steps" and isinstance(value, list | tuple):
        return tuple(PolicyStep.from_json(step) for step in value)
    if name == "send_weekdays" and isinstance(value, list | tuple) and all(type(day) is int for day in value):
        return tuple(sorted(set(value)))
    if isinstance(standard, StrEnum) and isinstance(value, str):
        return type(standard)(value)
    if type(value) is not type(standard):
        raise ValueError(f"{name} must be of type {type(standard).__name__}")
    return value
