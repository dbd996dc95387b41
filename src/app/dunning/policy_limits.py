"""What of a company's wishes is unlawful or senseless, and the nearest wishes that are not.

One function answers both the form ("this cannot be saved") and the engine ("this is followed instead"), so they never disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from app.dunning import sending_times
from app.dunning.clamp_texts import CLAMP_TEXTS
from app.dunning.facts import WRITING, Channel, PastNotice
from app.dunning.fees import FeeQuestion, obstacle_to_fee
from app.dunning.policy_step import PolicyStep, StepKind, Takeover
from app.dunning.reasons import Reason
from app.dunning.statutes import Statute

if TYPE_CHECKING:
    from app.dunning.policy import Policy

_GRACE = "god inkassoskikk, FinKN 2025-240"
_ORDER = (StepKind.DUE_NOTICE, StepKind.REMINDER, StepKind.COLLECTION_WARNING, StepKind.PAYMENT_DEMAND)
#: one of a kind is enough; a second warning or demand would only begin the wait anew
_ONCE = (StepKind.COLLECTION_WARNING, StepKind.PAYMENT_DEMAND)
#: a claim to try the fees on: half a year from here is as long as half a year can be
_EXAMPLE_DUE_ON = date(2026, 7, 1)


@dataclass(frozen=True, slots=True)
class Clamp:
    """A wish the law does not allow: the field's path, what was wished, what is followed instead, the provision, and why.

    `lawful` is empty where nothing but leaving the wish out will do. `kind`: the step's, where it is a step's wish.
    """

    field: str
    wished: str
    lawful: str
    source: str
    why: str
    kind: StepKind | None = None

    def sentence(self, translate: Callable[[str], str] = str) -> str:
        """The way out, for the person who wished it."""
        return translate(CLAMP_TEXTS[self.why]).format(wished=self.wished, lawful=self.lawful, source=self.source)


def unlawful(policy: Policy, statute: Statute) -> tuple[Clamp, ...]:
    """Every wish that cannot be followed under that statute, in the order of the fields."""
    return bounded(policy, statute)[1]


@lru_cache(maxsize=1024)
def bounded(policy: Policy, statute: Statute) -> tuple[Policy, tuple[Clamp, ...]]:
    """The nearest policy that can be followed under that statute, and where it differs."""
    clamps: list[Clamp] = []
    takeover = _takeover(policy.takeover, statute, clamps)
    steps = _Steps(statute, takeover, clamps).bounded(policy.steps)
    first, last = _hours(policy.send_from_hour, policy.send_until_hour, clamps)
    weekdays = _weekdays(policy.send_weekdays, first, last, clamps)
    grace = max(policy.grace_business_days, statute.grace_business_days)
    if grace > policy.grace_business_days:
        clamps.append(Clamp("grace_business_days", str(policy.grace_business_days), str(grace), _GRACE, "grace_short"))
    followed = replace(
        policy,
        takeover=takeover,
        steps=steps,
        send_weekdays=weekdays,
        send_from_hour=first,
        send_until_hour=last,
        grace_business_days=grace,
    )
    return followed, tuple(clamps)


def with_lawful_fees(steps: Sequence[PolicyStep], statute: Statute) -> tuple[PolicyStep, ...]:
    """The same steps, fees only where a claim that goes all the way may bear them."""
    refused = {place for place, _ in _refused_fees(list(enumerate(steps)), statute)}
    return tuple(replace(step, fee=step.fee and place not in refused) for place, step in enumerate(steps))


def _takeover(wished: Takeover, statute: Statute, clamps: list[Clamp]) -> Takeover:
    """Under an act that leaves the warning to the agency, the agency takes over from it."""
    if statute.creditor_may_warn or wished is not Takeover.AGENCY_FROM_DEMAND:
        return wished
    lawful = Takeover.AGENCY_FROM_WARNING
    clamps.append(Clamp("takeover", wished.value, lawful.value, statute.warning_source, "warning_is_the_agencys"))
    return lawful


class _Steps:
    """The steps of one policy under one statute; what had to be changed is added to `clamps`."""

    def __init__(self, statute: Statute, takeover: Takeover, clamps: list[Clamp]) -> None:
        self._statute, self._takeover, self._clamps = statute, takeover, clamps

    def bounded(self, wished: Sequence[PolicyStep]) -> tuple[PolicyStep, ...]:
        kept: list[tuple[int, PolicyStep]] = []
        for place, step in enumerate(wished):
            out_of_place = self._out_of_place(step, [one for _, one in kept])
            if out_of_place is None:
                earliest = max((one.after_days for _, one in kept), default=None)
                kept.append((place, self._bounded_step(place, step, earliest)))
            else:
                why, source = out_of_place
                self._clamp(place, step, "kind", step.kind.value, "", source, why)
        # what the agency sends is none of our fees; where no letter of ours bears one, a fee wished for it is told all the same
        ours = [(place, step) for place, step in kept if not (self._is_the_agencys(step) and self._statute.creditor_fees)]
        refused = dict(_refused_fees(ours, self._statute))
        for place, reason in refused.items():
            self._clamp(place, wished[place], "fee", "true", "false", reason.source, reason.code)
        self._misses_a_step([step.kind for _, step in kept])
        return tuple(replace(step, fee=False) if place in refused else step for place, step in kept)

    def _out_of_place(self, step: PolicyStep, before: Sequence[PolicyStep]) -> tuple[str, str] | None:
        """Why the step cannot stand there at all, with the provision."""
        statute, kinds = self._statute, [one.kind for one in before]
        if step.kind in _ONCE and step.kind in kinds:
            return "kind_twice", ""
        if step.kind is StepKind.DUE_NOTICE and set(kinds) - {step.kind}:
            return "kind_out_of_order", ""
        if step.kind in _ORDER and any(_ORDER.index(kind) > _ORDER.index(step.kind) for kind in kinds if kind in _ORDER):
            return "kind_out_of_order", ""
        if step.kind is StepKind.COLLECTION_WARNING and not statute.creditor_may_warn and not self._is_the_agencys(step):
            return "warning_is_the_agencys", statute.warning_source
        if step.kind is StepKind.PAYMENT_DEMAND:
            if self._takeover is not Takeover.OWN_COLLECTION:
                return "demand_needs_own_collection", ""
            if not statute.creditor_may_demand:
                return "demand_is_the_agencys", statute.demand_source
            chasing = (StepKind.REMINDER, StepKind.COLLECTION_WARNING)
            if not any(one.kind in chasing and one.deadline_days >= statute.deadline_days_min for one in before):
                return "demand_needs_missed_deadline", statute.demand_source
        return None

    def _bounded_step(self, place: int, step: PolicyStep, earliest: int | None) -> PolicyStep:
        statute = self._statute
        after = step.after_days
        match step.kind:
            case StepKind.DUE_NOTICE:
                if after > 0:
                    self._clamp(place, step, "after_days", str(after), "0", "", "due_notice_after_due")
                return self._free_of_charge(place, self._sent(place, replace(step, after_days=min(after, 0)), earliest))
            case StepKind.PHONE_CALL:
                deadline = self._at_least(place, step, "deadline_days", 1, "", "no_days")
                return self._free_of_charge(place, self._in_order(place, replace(step, deadline_days=deadline), earliest))
            case StepKind.COLLECTION_WARNING if self._is_the_agencys(step):
                return self._in_order(place, step, earliest)
            case StepKind.REMINDER:
                deadline = self._at_least(place, step, "deadline_days", 1, "", "no_days")
            case StepKind.COLLECTION_WARNING:
                deadline = self._at_least(place, step, "deadline_days", statute.deadline_days_min, statute.warning_source, "deadline_short")
            case StepKind.PAYMENT_DEMAND:
                deadline = self._at_least(place, step, "deadline_days", statute.deadline_days_min, statute.demand_source, "deadline_short")
        return self._sent(place, replace(step, deadline_days=deadline), earliest)

    def _sent(self, place: int, step: PolicyStep, earliest: int | None) -> PolicyStep:
        return self._by_a_channel(place, self._in_order(place, step, earliest))

    def _in_order(self, place: int, step: PolicyStep, earliest: int | None) -> PolicyStep:
        after = step.after_days
        if step.kind is StepKind.COLLECTION_WARNING:
            after = self._at_least(
                place, step, "after_days", self._statute.warning_after_due_days, self._statute.warning_source, "warning_too_early"
            )
        elif step.kind is not StepKind.DUE_NOTICE:
            after = self._at_least(place, step, "after_days", 1, "", "before_due")
        if earliest is not None and after < earliest:
            if after == step.after_days:
                self._clamp(place, step, "after_days", str(after), str(earliest), "", "out_of_order")
            after = earliest
        return replace(step, after_days=after)

    def _by_a_channel(self, place: int, step: PolicyStep) -> PolicyStep:
        why, source = "", ""
        if not step.channels:
            why = "no_channel"
        elif step.kind.is_grave and not WRITING & set(step.channels):
            why, source = "grave_needs_writing", "inkassoloven 1988 §§ 3 a, 9, 10"
        if not why:
            return step
        lawful = (Channel.EMAIL, Channel.LETTER)
        self._clamp(place, step, "channels", ", ".join(step.channels), ", ".join(lawful), source, why)
        return replace(step, channels=lawful)

    def _free_of_charge(self, place: int, step: PolicyStep) -> PolicyStep:
        if step.fee:
            self._clamp(place, step, "fee", "true", "false", "inkassoforskriften § 1-2", "never_charged")
        if step.interest:
            self._clamp(place, step, "interest", "true", "false", "forsinkelsesrenteloven § 2", "never_charged")
        return replace(step, fee=False, interest=False)

    def _misses_a_step(self, kinds: Sequence[StepKind]) -> None:
        """What only another step could put right; a policy without it ends with a person."""
        if not kinds:
            self._clamps.append(Clamp("steps", "", StepKind.REMINDER.value, "", "no_steps"))
        elif self._takeover is Takeover.AGENCY_FROM_DEMAND and StepKind.COLLECTION_WARNING not in kinds:
            missing = StepKind.COLLECTION_WARNING.value
            self._clamps.append(Clamp("steps", "", missing, self._statute.warning_source, "handover_needs_warning"))

    def _is_the_agencys(self, step: PolicyStep) -> bool:
        """A warning that the agency sends is a day in our ladder, no notice of ours."""
        return step.kind is StepKind.COLLECTION_WARNING and self._takeover is Takeover.AGENCY_FROM_WARNING

    def _at_least(self, place: int, step: PolicyStep, name: str, lawful: int, source: str, why: str) -> int:
        wished: int = getattr(step, name)
        if wished < lawful:
            self._clamp(place, step, name, str(wished), str(lawful), source, why)
        return max(wished, lawful)

    def _clamp(self, place: int, step: PolicyStep, name: str, wished: str, lawful: str, source: str, why: str) -> None:
        self._clamps.append(Clamp(f"steps[{place}].{name}", wished, lawful, source, why, step.kind))


def _refused_fees(steps: Sequence[tuple[int, PolicyStep]], statute: Statute) -> Iterator[tuple[int, Reason]]:
    """The places whose fee nobody could lawfully charge, tried on a claim that goes all the way, each step on its first day."""
    history: list[PastNotice] = []
    free_on = _EXAMPLE_DUE_ON
    for place, step in steps:
        if step.kind.notice is None or step.kind is StepKind.DUE_NOTICE:
            continue
        on = max(free_on, _EXAMPLE_DUE_ON + timedelta(days=step.after_days))
        question = FeeQuestion(_EXAMPLE_DUE_ON, on, remaining_ore=1, history=history)
        obstacle = obstacle_to_fee(step.kind.notice, question, statute) if step.fee else None
        if obstacle is not None:
            yield place, obstacle
        deadline = on + timedelta(days=step.deadline_days)
        history.append(PastNotice(step.kind.notice, on, deadline, int(step.fee and obstacle is None)))
        free_on = deadline + timedelta(days=1)


def _hours(wished_first: int, wished_last: int, clamps: list[Clamp]) -> tuple[int, int]:
    opens, closes = sending_times.WEEKDAY_HOURS
    first = min(max(wished_first, opens), closes - 1)
    if first != wished_first:
        why = "hour_early" if first > wished_first else "hour_late"
        clamps.append(Clamp("send_from_hour", str(wished_first), str(first), sending_times.SOURCE, why))
    last = min(wished_last, closes)
    if last != wished_last:
        clamps.append(Clamp("send_until_hour", str(wished_last), str(last), sending_times.SOURCE, "hour_late"))
    elif last <= first:
        last = first + 1
        clamps.append(Clamp("send_until_hour", str(wished_last), str(last), "", "no_hours"))
    return first, last


def _weekdays(wished: tuple[int, ...], first: int, last: int, clamps: list[Clamp]) -> tuple[int, ...]:
    opens, closes = sending_times.hours_of(sending_times.SATURDAY, first, last)
    why = {
        sending_times.SUNDAY: "weekday_closed",
        sending_times.SATURDAY: "saturday_closed" if closes <= opens else "",
    }
    lawful = tuple(day for day in wished if not why.get(day))
    left = lawful or sending_times.WORKING_WEEK
    said = ", ".join(map(str, left))
    for day in wished:
        if why.get(day):
            clamps.append(Clamp("send_weekdays", str(day), said, sending_times.SOURCE, why[day]))
    if not wished:
        clamps.append(Clamp("send_weekdays", "", said, "", "no_weekday"))
    return left
