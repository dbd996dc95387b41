"""One step of a policy's ladder: what is sent, when, how and in which tone; and where the agency takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from app.dunning.facts import Channel, NoticeKind

#: a wish beyond this is a mistake: days of any kind
DAYS_MAX = 365


class Tone(StrEnum):
    FRIENDLY = "friendly"
    NEUTRAL = "neutral"
    FIRM = "firm"


class StepKind(StrEnum):
    """What a step is, from the mildest to the gravest; a phone call may stand anywhere after the due date."""

    DUE_NOTICE = "due_notice"
    REMINDER = "reminder"
    COLLECTION_WARNING = "collection_warning"
    PAYMENT_DEMAND = "payment_demand"
    PHONE_CALL = "phone_call"

    @property
    def notice(self) -> NoticeKind | None:
        """The notice this step sends, or None where a person acts."""
        return None if self is StepKind.PHONE_CALL else NoticeKind(self.value)

    @property
    def is_grave(self) -> bool:
        """A notice that later steps rest on: it goes by every channel that works, not by the first one."""
        return self in (StepKind.COLLECTION_WARNING, StepKind.PAYMENT_DEMAND)


class Takeover(StrEnum):
    """Where the agency takes over: it sends the collection warning itself, or the payment demand after ours, or a person decides."""

    AGENCY_FROM_WARNING = "agency_from_warning"
    AGENCY_FROM_DEMAND = "agency_from_demand"
    OWN_COLLECTION = "own_collection"


@dataclass(frozen=True, slots=True)
class PolicyStep:
    """A wish. `after_days` counts from the due date (moved to a business day), negative before it; a step never comes while an earlier
    notice may still be paid in time. `deadline_days`: days to pay, for a phone call the days within which it is made, for a due notice
    nothing. `fee`, `interest`: charged as far as the law allows. ValueError on a wish out of bounds.
    """

    kind: StepKind
    after_days: int = 14
    deadline_days: int = 14
    channels: tuple[Channel, ...] = (Channel.EMAIL, Channel.LETTER)
    tone: Tone = Tone.NEUTRAL
    fee: bool = False
    interest: bool = False

    def __post_init__(self) -> None:
        if not -DAYS_MAX <= self.after_days <= DAYS_MAX:
            raise ValueError("after_days is out of bounds")
        if not 0 <= self.deadline_days <= DAYS_MAX:
            raise ValueError("deadline_days is out of bounds")
        if len(set(self.channels)) != len(self.channels):
            raise ValueError("channels has one twice")

    def as_json(self) -> dict[str, object]:
        return {one.name: getattr(self, one.name) for one in fields(self)} | {"channels": list(self.channels)}

    @staticmethod
    def from_json(stored: object) -> PolicyStep:
        """The step of stored wishes; what is not mentioned is as in a new step. ValueError names an unknown wish or a wrong value."""
        if not isinstance(stored, Mapping) or "kind" not in stored:
            raise ValueError("a step is an object with a kind")
        read: dict[str, object] = {}
        for name, value in stored.items():
            match name, value:
                case "kind", str():
                    read[name] = StepKind(value)
                case "tone", str():
                    read[name] = Tone(value)
                case "channels", list() | tuple():
                    read[name] = tuple(Channel(one) for one in value)
                case "fee" | "interest", bool():
                    read[name] = value
                case "after_days" | "deadline_days", int() if not isinstance(value, bool):
                    read[name] = value
                case _:
                    raise ValueError(f"a step has no {name} such as {value!r}"[:200])
        return PolicyStep(**read)  # type: ignore[arg-type]
