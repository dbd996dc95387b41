"""The same change to the rules of many companies at once: what it would do, without doing it, and then doing it in one transaction.

Its cost in queries follows neither the number of companies nor, within a batch, that of their claims.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning import loading, overrides, policies
from app.dunning.deciding import decision_for
from app.dunning.law import Law
from app.dunning.models import Claim, PolicyRow
from app.dunning.payer_history import days_late
from app.dunning.policies import Shelf, Stored
from app.dunning.policy import Policy
from app.dunning.steps import Decision
from app.dunning.tiers import FieldChange, Place, Tier, changes, moves, resolve
from app.tenants import audit
from app.tenants.models import Company
from app.values.ids import new_id

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """Fields to set to a value, and fields to let go of, so that the bureau's standard holds again."""

    wishes: Mapping[str, object] = field(default_factory=dict)
    reset: frozenset[str] = frozenset()

    def of(self, before: Mapping[str, object]) -> dict[str, object]:
        kept = {name: value for name, value in before.items() if name not in self.reset}
        return {**kept, **self.wishes}


@dataclass(frozen=True, slots=True)
class CompanyChange:
    """What becomes of one company: the version it will get, and the fields that then hold another value."""

    company_id: uuid.UUID
    company: str
    after: Stored
    before: Mapping[str, object]
    moves: tuple[FieldChange, ...]
    policy: Policy


@dataclass(frozen=True, slots=True)
class Plan:
    """Only companies whose own wishes change. `fingerprint` differs when anything that counts has changed since."""

    asked: int
    companies: tuple[CompanyChange, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Move:
    """A field that changes from one value to another, in so many companies."""

    field: str
    before: object
    after: object
    companies: int


@dataclass(frozen=True, slots=True)
class Preview:
    """`other_step`: claims that would get another step today. `other_day`: the same step, on another day."""

    moves: tuple[Move, ...]
    claims: int
    other_step: int
    other_day: int


def plan(work: UnitOfWork, company_ids: Sequence[uuid.UUID], change: Change) -> Plan:
    """Three queries. What is not a company of this scope is left out. ValueError names a field that cannot be used."""
    names = select(Company.id, Company.name).where(Company.id.in_(company_ids), Company.closed_at.is_(None)).order_by(Company.sort_key)
    found = work.session.execute(names).all()
    held = policies.shelf(work, [row.id for row in found])
    planned = [one for row in found if (one := _planned(work, held, row.id, row.name, change)) is not None]
    said = json.dumps([[str(one.company_id), one.after.version, dict(one.after.wishes), str(one.moves)] for one in planned])
    return Plan(len(found), tuple(planned), hashlib.sha256(said.encode()).hexdigest())


def preview(work: UnitOfWork, law: Law, planned: Plan) -> Preview:
    """Decides every active claim of these companies before and after, and writes nothing."""
    counted = Counter((move.field, repr(move.before), repr(move.after)) for one in planned.companies for move in one.moves)
    samples = {(move.field, repr(move.before), repr(move.after)): move for one in planned.companies for move in one.moves}
    said = [Move(key[0], samples[key].before, samples[key].after, number) for key, number in counted.items()]
    companies = [one.company_id for one in planned.companies]
    query = select(Claim.id).where(Claim.state == "active", Claim.company_id.in_(companies)).order_by(Claim.company_id, Claim.id)
    ids = list(work.session.execute(query).scalars())
    steps = days = 0
    for start in range(0, len(ids), BATCH):
        for before, after in _decisions(work, law, ids[start : start + BATCH], [one.after for one in planned.companies]):
            other = (before.step_name, before.awaits_list) != (after.step_name, after.awaits_list)
            steps += other
            days += not other and before.next_action_on != after.next_action_on
    return Preview(tuple(sorted(said, key=lambda one: (-one.companies, one.field))), len(ids), steps, days)


def carry_out(work: UnitOfWork, company_ids: Sequence[uuid.UUID], change: Change, fingerprint: str | None = None) -> Plan | None:
    """In the caller's transaction: all or none. With a fingerprint, None when that is no longer what was looked at."""
    overrides.one_at_a_time(work)
    planned = plan(work, company_ids, change)
    if fingerprint is not None and planned.fingerprint != fingerprint:
        return None
    work.session.add_all(
        PolicyRow(
            bureau_id=work.bureau_id, id=new_id(), company_id=one.company_id, version=one.after.version, wishes=dict(one.after.wishes),
            made_by=work.actor.name, made_at=work.now(),
        )
        for one in planned.companies
    )  # fmt: skip
    for one in planned.companies:
        fields = [change.field for change in changes(one.before, one.after.wishes)]
        audit.record(
            work, "policy.saved", "policy", one.company_id, one.company_id, tier="company", version=one.after.version, fields=fields,
            together_with=len(planned.companies),
        )  # fmt: skip
    work.session.flush()
    overrides.ring_companies(work, [one.company_id for one in planned.companies])
    return planned


def _planned(work: UnitOfWork, held: Shelf, company_id: uuid.UUID, name: str, change: Change) -> CompanyChange | None:
    place = Place(company_id)
    stored = held.places.get(place)
    before = {} if stored is None else dict(stored.wishes)
    wishes = change.of(before)
    if wishes == before:
        return None
    overrides.check(held, place, wishes)
    after = Stored(place, 1 if stored is None else stored.version + 1, wishes, work.actor.name, work.now())
    holds = resolve((*held.above(place), Tier(after.tier.origin, wishes))).policy
    held_before = resolve((*held.above(place), Tier(after.tier.origin, before))).policy
    return CompanyChange(company_id, name, after, before, moves(held_before, holds), holds)


def _decisions(work: UnitOfWork, law: Law, ids: Sequence[uuid.UUID], changed: Iterable[Stored]) -> Iterable[tuple[Decision, Decision]]:
    loaded = loading.load(work, ids)
    debtors = {one.debtor.id for one in loaded}
    held = policies.shelf(work, {one.claim.company_id for one in loaded}, debtors, ids)
    late = days_late(work, debtors) if held.asks_history else {}
    before, after = policies.resolved_on(held, loaded, late), policies.resolved_on(held.instead(changed), loaded, late)
    on, at = work.today(), work.now()
    for one in loaded:
        # the question is what the rules would do, not whether the book has been read this morning
        facts = one.facts if one.facts.ledger_synced_on is None else replace(one.facts, ledger_synced_on=on)
        seen = replace(one, facts=facts)
        yield tuple(decision_for(seen, law.rules(each[one.claim.id].policy, on), on, at) for each in (before, after))  # type: ignore[misc]
