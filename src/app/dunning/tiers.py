"""Which wishes hold for a claim: the tiers from the house's standard to the single invoice, laid over one another. Pure.

A tier names only what it wants otherwise than the tiers above it. The last one that names a field sets it; a field that holds a list (a
ladder of steps) is replaced whole, while a short wish (`short_wishes`) changes one value of the ladder it inherits. What the law leaves of
the result is `Policy.within`'s business.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from app.dunning.policy import Policy
from app.dunning.short_wishes import SHORT, renamed


class Level(StrEnum):
    """Where a wish is kept, from the widest to the narrowest: the narrowest one that has a word on a field is followed."""

    HOUSE = "house"
    BUREAU = "bureau"
    COMPANY = "company"
    SEGMENT = "segment"
    DEBTOR = "debtor"
    CLAIM = "claim"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose wishes: the bureau's (nothing set), a company's, a segment's of one of them, a debtor's or a claim's within its company."""

    company_id: uuid.UUID | None = None
    segment_id: uuid.UUID | None = None
    debtor_id: uuid.UUID | None = None
    claim_id: uuid.UUID | None = None

    @property
    def level(self) -> Level:
        if self.claim_id is not None:
            return Level.CLAIM
        if self.debtor_id is not None:
            return Level.DEBTOR
        if self.segment_id is not None:
            return Level.SEGMENT
        return Level.BUREAU if self.company_id is None else Level.COMPANY

    @property
    def subject_id(self) -> uuid.UUID | None:
        """The id of the thing itself; the bureau's own needs none."""
        return self.claim_id or self.debtor_id or self.segment_id or self.company_id


@dataclass(frozen=True, slots=True)
class Origin:
    """Who said so: the tier with its version (0: the house's own), the segment's name, and who wrote it when."""

    level: Level
    version: int = 0
    place: Place | None = None
    name: str = ""
    made_by: str = ""
    made_at: datetime | None = None

    def as_json(self) -> dict[str, object]:
        """As it is kept beside a decision, so that the very words it rested on can be found again."""
        subject = None if self.place is None else self.place.subject_id
        return {"tier": self.level.value, "version": self.version, "id": None if subject is None else str(subject)}


@dataclass(frozen=True, slots=True)
class Tier:
    """The fields one tier names, in the form `Policy.from_json` reads."""

    origin: Origin
    wishes: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Resolved:
    """The policy that holds, and for each of its fields the origin of its value. `tiers`: those that had a word, widest first."""

    policy: Policy
    trace: Mapping[str, Origin]
    tiers: tuple[Tier, ...]

    def as_json(self) -> list[dict[str, object]]:
        return [tier.origin.as_json() for tier in self.tiers]


def resolve(tiers: Sequence[Tier]) -> Resolved:
    """Lay the tiers over one another, the widest first. ValueError where what comes out is no policy."""
    wishes: dict[str, object] = {}
    trace: dict[str, Origin] = {}
    for tier in tiers:
        named = renamed(tier.wishes)
        if "steps" in named:
            # a whole ladder: what was said of single steps of the one it replaces is over
            wishes = {name: value for name, value in wishes.items() if name not in SHORT}
            trace.update(dict.fromkeys(SHORT, tier.origin))
        wishes.update(named)
        trace.update(dict.fromkeys(named, tier.origin))
        if SHORT.keys() & named.keys():
            trace["steps"] = tier.origin
    return Resolved(Policy.from_json(wishes), MappingProxyType(trace), tuple(tier for tier in tiers if tier.wishes))


def differences(wanted: Mapping[str, object], inherited: Mapping[str, object]) -> dict[str, object]:
    """The fields of `wanted` that say something else than what is inherited: what a tier has to name."""
    return {name: value for name, value in wanted.items() if name not in inherited or inherited[name] != value}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field before and after; None where the tier did not, or does no longer, name it."""

    field: str
    before: object | None
    after: object | None


def moves(before: Policy, after: Policy) -> tuple[FieldChange, ...]:
    """What differs between two policies; of the ladder in short wishes where they tell it."""
    found = changes(before.said(), after.said())
    told = any(one.field in SHORT for one in found)
    return tuple(one for one in found if one.field != "steps" or not told)


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[FieldChange, ...]:
    """What differs between two versions of one tier, by field."""
    names = sorted({*before, *after})
    return tuple(FieldChange(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name))
