"""What doors may read of wishes: what holds at a place and where it comes from, the segments in their order, and what was changed when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning import policies
from app.dunning.models import Claim, PolicyRow
from app.dunning.payer_history import days_late
from app.dunning.policies import Stored
from app.dunning.segments import SegmentRule, Subject
from app.dunning.tiers import FieldChange, Level, Place, Resolved, changes, resolve
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company

VERSIONS_MAX = 200
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TierView:
    """One place: what it inherits, what it says itself, and what holds there. Names of company, debtor and invoice where it has them."""

    place: Place
    inherited: Resolved
    effective: Resolved
    own: Stored | None
    company: str | None = None
    debtor: str | None = None
    invoice: str | None = None
    debtor_id: uuid.UUID | None = None

    @property
    def wishes(self) -> Mapping[str, object]:
        return {} if self.own is None else self.own.wishes

    @property
    def version(self) -> int:
        return 0 if self.own is None else self.own.version


@dataclass(frozen=True, slots=True)
class Version:
    """What one version changed of the one before, newest first. `rule` is a segment's, as it was then; None once it was ended."""

    version: int
    made_by: str
    made_at: datetime
    changes: tuple[FieldChange, ...]
    name: str
    rule: SegmentRule | None
    rule_before: SegmentRule | None


def tier_view(work: UnitOfWork, place: Place, *, ended: bool = False) -> TierView:
    """LookupError when the place does not exist for this scope, or is a segment that is over and not asked for as such (`ended`). Four
    queries at most."""
    found = _subject(work, place)
    held = policies.shelf(
        work, [one for one in [found.place.company_id] if one], [one for one in [found.place.debtor_id] if one],
        [one for one in [place.claim_id] if one],
    )  # fmt: skip
    subject = found.subject
    if held.asks_history and found.debtor_id is not None:
        subject = replace(subject, days_late=days_late(work, {found.debtor_id}).get(found.debtor_id))
    own = held.places.get(place)
    if place.level is Level.SEGMENT and (own is None or (own.rule is None and not ended)):
        raise LookupError("no such segment")
    return TierView(
        place, resolve(held.above(found.place, subject)), resolve(held.tiers(found.place, subject)), own, found.company, found.debtor,
        found.invoice, found.debtor_id,
    )  # fmt: skip


def segments(work: UnitOfWork, company_id: uuid.UUID | None) -> tuple[Stored, ...]:
    """The segments of a company, or of the bureau itself, in the order in which they are asked."""
    held = policies.shelf(work, [] if company_id is None else [company_id])
    return held.segments.get(company_id, ())


@dataclass(frozen=True, slots=True)
class Ended:
    """A segment nobody is in any more: what it was called last, and who ended it when."""

    segment_id: uuid.UUID
    name: str
    ended_by: str
    ended_at: datetime


def ended_segments(work: UnitOfWork, company_id: uuid.UUID | None) -> tuple[Ended, ...]:
    """Those of a company, or of the bureau itself, the last ended first."""
    rows = work.session.execute(
        select(PolicyRow)
        .where(PolicyRow.company_id.is_not_distinct_from(company_id), PolicyRow.segment_id.is_not(None))
        .order_by(PolicyRow.segment_id, PolicyRow.version)
    ).scalars()
    names: dict[uuid.UUID, str] = {}
    last: dict[uuid.UUID, Stored] = {}
    for one in map(policies.as_stored, rows):
        if one.place.segment_id is not None:
            last[one.place.segment_id] = one
            names[one.place.segment_id] = one.name or names.get(one.place.segment_id, "")
    over = [Ended(segment_id, names[segment_id], one.made_by, one.made_at) for segment_id, one in last.items() if one.rule is None]
    return tuple(sorted(over, key=lambda one: one.ended_at, reverse=True))


def versions(work: UnitOfWork, place: Place) -> tuple[Version, ...]:
    """Every version of a place, newest first, each with what it changed."""
    query = (
        select(PolicyRow)
        .where(
            PolicyRow.company_id.is_not_distinct_from(place.company_id), PolicyRow.segment_id.is_not_distinct_from(place.segment_id),
            PolicyRow.debtor_id.is_not_distinct_from(place.debtor_id), PolicyRow.claim_id.is_not_distinct_from(place.claim_id),
        )
        .order_by(PolicyRow.version.desc())
        .limit(VERSIONS_MAX)
    )  # fmt: skip
    rows = [policies.as_stored(row) for row in work.session.execute(query).scalars()]
    return tuple(
        Version(
            one.version, one.made_by, one.made_at, changes({} if before is None else before.wishes, one.wishes), one.name, one.rule,
            None if before is None else before.rule,
        )
        for one, before in zip(rows, [*rows[1:], None], strict=False)
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Found:
    place: Place
    subject: Subject = field(default_factory=Subject)
    company: str | None = None
    debtor: str | None = None
    invoice: str | None = None
    debtor_id: uuid.UUID | None = None


def _subject(work: UnitOfWork, place: Place) -> _Found:
    """The place with its debtor named, and what a segment may ask of it."""
    if place.claim_id is not None:
        claim = (
            select(OpenItem, Debtor, Company.name)
            .select_from(Claim)
            .join(OpenItem, OpenItem.id == Claim.open_item_id)
            .join(Debtor, Debtor.id == Claim.debtor_id)
            .join(Company, Company.id == Claim.company_id)
            .where(Claim.id == place.claim_id)
        )
        item, debtor, company = _one(work.session.execute(claim).one_or_none())
        subject = policies.subject_of(debtor, item.original_ore, None)
        whole = replace(place, debtor_id=debtor.id)
        return _Found(whole, subject, company, debtor.name, item.document_number or item.external_id, debtor.id)
    if place.debtor_id is not None:
        query = select(Debtor, Company.name).join(Company, Company.id == Debtor.company_id).where(Debtor.id == place.debtor_id)
        debtor, company = _one(work.session.execute(query).one_or_none())
        return _Found(place, policies.subject_of(debtor, None, None), company, debtor.name, debtor_id=debtor.id)
    if place.company_id is not None:
        (company,) = _one(work.session.execute(select(Company.name).where(Company.id == place.company_id)).one_or_none())
        return _Found(place, company=company)
    return _Found(place)


def _one(row: T | None) -> T:
    if row is None:
        raise LookupError("no such place")
    return row
