"""Whose wishes hold: read for any number of claims in a constant number of queries, and laid over one another (`tiers.resolve`).

The list's weekday is the company's own setting and stands above every tier. The law clamps the result only when it is used.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning.facts import DebtorKind
from app.dunning.models import Claim, PolicyRow
from app.dunning.payer_history import days_late
from app.dunning.ready_made import READY_MADE
from app.dunning.segments import SegmentRule, Subject
from app.dunning.tiers import Level, Origin, Place, Resolved, Tier, resolve
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

#: what a bureau starts with: a friendly fee-free reminder in good time before the weekly list at fourteen days
STANDARD = READY_MADE["standard"]
HOUSE = Tier(Origin(Level.HOUSE), {name: value for name, value in STANDARD.as_json().items() if name != "form"})
#: set with the company's weekly list, and nowhere else
OF_THE_LIST = "warning_weekday"


class Pursued(Protocol):
    """A claim with what it is about."""

    @property
    def claim(self) -> Claim: ...
    @property
    def item(self) -> OpenItem: ...
    @property
    def debtor(self) -> Debtor: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """The newest version at one place. A segment has a rule until it is ended."""

    place: Place
    version: int
    wishes: Mapping[str, object]
    made_by: str
    made_at: datetime
    name: str = ""
    position: int = 0
    rule: SegmentRule | None = None

    @property
    def tier(self) -> Tier:
        return Tier(Origin(self.place.level, self.version, self.place, self.name, self.made_by, self.made_at), self.wishes)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The wishes of a bureau and some of its companies, debtors and claims, each in its newest version."""

    places: Mapping[Place, Stored]
    segments: Mapping[uuid.UUID | None, tuple[Stored, ...]]
    weekdays: Mapping[uuid.UUID, int]

    @property
    def asks_history(self) -> bool:
        return any(one.rule is not None and one.rule.asks_history for group in self.segments.values() for one in group)

    def above(self, place: Place, subject: Subject | None = None) -> tuple[Tier, ...]:
        """The tiers that hold before this place has its own say."""
        if place.level is Level.BUREAU:
            return (HOUSE,)
        found = [HOUSE, *self._of(Place())]
        if place.level is Level.COMPANY or place.company_id is None:
            return tuple(found)
        found += self._of(Place(place.company_id))
        if place.level is Level.SEGMENT:
            return tuple(found)
        found += self.segment(place.company_id, subject or Subject())
        if place.level is Level.CLAIM and place.debtor_id is not None:
            found += self._of(Place(place.company_id, debtor_id=place.debtor_id))
        return tuple(found)

    def tiers(self, place: Place, subject: Subject | None = None) -> tuple[Tier, ...]:
        """All that hold at this place, its own included. A claim's place names its debtor too."""
        own = replace(place, debtor_id=None) if place.claim_id is not None else place
        return (*self.above(place, subject), *self._of(own), *self._weekday(place.company_id))

    def segment(self, company_id: uuid.UUID, subject: Subject) -> tuple[Tier, ...]:
        """The first segment that fits: the company's own are asked before the bureau's."""
        for one in (*self.segments.get(company_id, ()), *self.segments.get(None, ())):
            if one.rule is not None and one.rule.fits(subject):
                return (one.tier,)
        return ()

    def instead(self, changed: Iterable[Stored]) -> Shelf:
        """As it would be with these in place of what stands there."""
        return replace(self, places={**self.places, **{one.place: one for one in changed}})

    def _of(self, place: Place) -> tuple[Tier, ...]:
        stored = self.places.get(place)
        return () if stored is None else (stored.tier,)

    def _weekday(self, company_id: uuid.UUID | None) -> tuple[Tier, ...]:
        if company_id is None or company_id not in self.weekdays:
            return ()
        return (Tier(Origin(Level.COMPANY, place=Place(company_id)), {OF_THE_LIST: self.weekdays[company_id] - 1}),)


def shelf(work: UnitOfWork, companies: Iterable[uuid.UUID], debtors: Iterable[uuid.UUID] = (), claims: Iterable[uuid.UUID] = ()) -> Shelf:
    """Two queries, whatever is asked for."""
    companies = list(companies)
    at = (PolicyRow.company_id, PolicyRow.segment_id, PolicyRow.debtor_id, PolicyRow.claim_id)
    wide = PolicyRow.debtor_id.is_(None) & PolicyRow.claim_id.is_(None)
    newest = (
        select(PolicyRow)
        .where(
            PolicyRow.company_id.in_(companies) | PolicyRow.company_id.is_(None),
            wide | among(PolicyRow.debtor_id, debtors) | among(PolicyRow.claim_id, claims),
        )
        .ext(distinct_on(*at))
        .order_by(*at, PolicyRow.version.desc())
    )
    places: dict[Place, Stored] = {}
    segments: dict[uuid.UUID | None, list[Stored]] = {}
    for row in work.session.execute(newest).scalars():
        one = as_stored(row)
        places[one.place] = one
        if one.rule is not None:
            segments.setdefault(row.company_id, []).append(one)
    weekdays = select(Company.id, Company.list_weekday).where(Company.id.in_(companies))
    return Shelf(
        places,
        {owner: tuple(sorted(group, key=lambda one: (one.position, one.made_at))) for owner, group in segments.items()},
        {row.id: row.list_weekday for row in work.session.execute(weekdays)},
    )


def for_claims(work: UnitOfWork, pursued: Sequence[Pursued]) -> dict[uuid.UUID, Resolved]:
    """The policy of each claim, by its id: two queries for all of them, and a third where a segment asks how its debtor has paid."""
    held = shelf(work, {one.claim.company_id for one in pursued}, {one.debtor.id for one in pursued}, {one.claim.id for one in pursued})
    return resolved_on(held, pursued, days_late(work, {one.debtor.id for one in pursued}) if held.asks_history else {})


def resolved_on(held: Shelf, pursued: Sequence[Pursued], late: Mapping[uuid.UUID, int]) -> dict[uuid.UUID, Resolved]:
    """Claims with the same wishes share one answer."""
    known: dict[tuple[tuple[Origin, ...], int | None], Resolved] = {}
    found = {}
    for one in pursued:
        place = Place(one.claim.company_id, debtor_id=one.debtor.id, claim_id=one.claim.id)
        tiers = held.tiers(place, subject_of(one.debtor, one.item.original_ore, late.get(one.debtor.id)))
        key = tuple(tier.origin for tier in tiers), held.weekdays.get(one.claim.company_id)
        if key not in known:
            known[key] = resolve(tiers)
        found[one.claim.id] = known[key]
    return found


def for_companies(work: UnitOfWork, company_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Resolved]:
    """What each company's claims follow where no segment, debtor or claim has a word of its own."""
    held = shelf(work, company_ids)
    return {company_id: resolve(held.tiers(Place(company_id))) for company_id in company_ids}


def standard(work: UnitOfWork) -> Resolved:
    """What companies without wishes of their own follow."""
    return resolve(shelf(work, ()).tiers(Place()))


def subject_of(debtor: Debtor, amount_ore: int | None, late: int | None) -> Subject:
    return Subject(DebtorKind(debtor.kind), debtor.industry_code, amount_ore, late)


def as_stored(row: PolicyRow) -> Stored:
    place = Place(row.company_id, row.segment_id, row.debtor_id, row.claim_id)
    rule = None if row.rule is None else SegmentRule.from_json(row.rule["when"])
    name, position = ("", 0) if row.rule is None else (str(row.rule["name"]), int(row.rule["position"]))
    return Stored(place, row.version, row.wishes, row.made_by, row.made_at, name, position, rule)
