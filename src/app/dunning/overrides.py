"""Saying how one tier wants it otherwise: a new version of what it names, who wrote it, and a bell for what must be decided anew."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, literal, select, update

from app.db.unit_of_work import UnitOfWork
from app.dunning import policies, policy_view
from app.dunning.models import Claim, PolicyRow
from app.dunning.policies import OF_THE_LIST, Shelf, Stored
from app.dunning.policy import Policy
from app.dunning.segments import SegmentRule
from app.dunning.tiers import Level, Place, Tier, changes, differences, resolve
from app.receivables.models import Debtor
from app.tenants import audit
from app.tenants.models import Company
from app.values.ids import new_id

NAME_LENGTH_MAX = 100


def place_of_debtor(work: UnitOfWork, debtor_id: uuid.UUID) -> Place:
    """LookupError when the debtor does not exist for this scope."""
    company_id = work.session.execute(select(Debtor.company_id).where(Debtor.id == debtor_id)).scalar_one_or_none()
    if company_id is None:
        raise LookupError("no such debtor")
    return Place(company_id, debtor_id=debtor_id)


def place_of_claim(work: UnitOfWork, claim_id: uuid.UUID) -> Place:
    """LookupError when the claim does not exist for this scope."""
    company_id = work.session.execute(select(Claim.company_id).where(Claim.id == claim_id)).scalar_one_or_none()
    if company_id is None:
        raise LookupError("no such claim")
    return Place(company_id, claim_id=claim_id)


def place_of_segment(work: UnitOfWork, segment_id: uuid.UUID, *, ended: bool = False) -> Place:
    """LookupError when there is no such segment, or it is ended and `ended` ones are not asked for."""
    row = work.session.execute(
        select(PolicyRow.company_id, PolicyRow.rule).where(PolicyRow.segment_id == segment_id).order_by(PolicyRow.version.desc()).limit(1)
    ).one_or_none()
    if row is None or (row.rule is None and not ended):
        raise LookupError("no such segment")
    return Place(row.company_id, segment_id=segment_id)


def at(work: UnitOfWork, place: Place) -> tuple[Shelf, Stored | None]:
    """What stands around a place, and its own newest version."""
    company = [] if place.company_id is None else [place.company_id]
    debtor = [] if place.debtor_id is None else [place.debtor_id]
    held = policies.shelf(work, company, debtor, [] if place.claim_id is None else [place.claim_id])
    return held, held.places.get(place)


def put(work: UnitOfWork, place: Place, wishes: Mapping[str, object]) -> int:
    """From now on the place wishes this and nothing else; an empty mapping clears it. Returns the version: the same wishes make no new one.

    ValueError names a field there is not, or a wrong value.
    """
    one_at_a_time(work)
    held, before = at(work, place)
    check(held, place, wishes)
    old = {} if before is None else before.wishes
    if dict(old) == dict(wishes):
        return 0 if before is None else before.version
    version = 1 if before is None else before.version + 1
    _write(work, place, version, wishes, None if before is None else _rule_json(before))
    _tell(work, place, version, old, wishes)
    ring(work, place)
    return version


def save(work: UnitOfWork, place: Place, policy: Policy) -> int:
    """A whole policy for a place: only what differs from what it inherits is kept. LookupError when there is no such place."""
    inherited = policy_view.tier_view(work, place).inherited.policy.as_json()
    wanted = {name: value for name, value in policy.as_json().items() if name != OF_THE_LIST}
    return put(work, place, differences(wanted, inherited))


def put_segment(
    work: UnitOfWork, place: Place | None, company_id: uuid.UUID | None, name: str, position: int, rule: SegmentRule,
    wishes: Mapping[str, object],
) -> Place:  # fmt: skip
    """A new segment of a company or of the bureau, or with `place` another version of one. ValueError as in `put`."""
    name = " ".join(name.split())
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        raise ValueError("name: a segment needs a name")
    one_at_a_time(work)
    place = place or Place(company_id, segment_id=new_id())
    held, before = at(work, place)
    check(held, place, wishes)
    said = {"name": name, "position": position, "when": rule.as_json()}
    old = {} if before is None else before.wishes
    if before is not None and _rule_json(before) == said and dict(old) == dict(wishes):
        return place
    version = 1 if before is None else before.version + 1
    _write(work, place, version, wishes, said)
    _tell(work, place, version, old, wishes, segment=name)
    ring(work, place)
    return place


def end_segment(work: UnitOfWork, place: Place) -> None:
    """Nobody is in it any more; its versions stay readable."""
    one_at_a_time(work)
    _, before = at(work, place)
    if before is None or before.rule is None:
        raise LookupError("no such segment")
    _write(work, place, before.version + 1, {}, None)
    _tell(work, place, before.version + 1, before.wishes, {}, segment=before.name)
    ring(work, place)


def check(held: Shelf, place: Place, wishes: Mapping[str, object]) -> Policy:
    """What these wishes would make of what they inherit. ValueError names the field that cannot be used."""
    if OF_THE_LIST in wishes:
        raise ValueError(f"{OF_THE_LIST} is set with the company's weekly list")
    if wishes.get("approval_silence_days") == 0:
        raise ValueError("approval_silence_days is out of bounds: people need a business day to answer")
    above = held.above(place)
    return resolve((*above, Tier(above[-1].origin, wishes))).policy


def one_at_a_time(work: UnitOfWork) -> None:
    """Two people saving at once make two versions, one after the other."""
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"policies:{work.bureau_id}", 0))))


def ring(work: UnitOfWork, place: Place) -> None:
    """Decide anew what the wishes of this place reach."""
    bureau = str(work.bureau_id)
    if place.level in (Level.DEBTOR, Level.CLAIM):
        reached = Claim.id == place.claim_id if place.claim_id is not None else Claim.debtor_id == place.debtor_id
        soon = func.least(Claim.next_action_on, literal(work.today()))
        work.session.execute(update(Claim).where(reached, Claim.state == "active").values(next_action_on=soon))
        work.enqueue("dunning.evaluate_company", bureau_id=bureau, company_id=str(place.company_id))
        return
    query = select(Company.id).where(Company.closed_at.is_(None))
    if place.company_id is not None:
        query = query.where(Company.id == place.company_id)
    ring_companies(work, list(work.session.execute(query.order_by(Company.id)).scalars()))


def ring_companies(work: UnitOfWork, company_ids: list[uuid.UUID]) -> None:
    """Everything of these companies is decided anew, and their written routines are looked at."""
    bureau = str(work.bureau_id)
    work.enqueue_many("dunning.evaluate_company", [{"bureau_id": bureau, "company_id": str(one), "everything": 1} for one in company_ids])
    work.enqueue("dunning.keep_bureau_routines", bureau_id=bureau)


def _write(work: UnitOfWork, place: Place, version: int, wishes: Mapping[str, object], rule: dict[str, Any] | None) -> None:
    work.session.add(
        PolicyRow(
            bureau_id=work.bureau_id, id=new_id(), company_id=place.company_id, segment_id=place.segment_id, debtor_id=place.debtor_id,
            claim_id=place.claim_id, version=version, wishes=dict(wishes), rule=rule, made_by=work.actor.name, made_at=work.now(),
        )
    )  # fmt: skip
    work.session.flush()


def _tell(work: UnitOfWork, place: Place, version: int, before: Mapping[str, object], after: Mapping[str, object], **more: str) -> None:
    fields = [one.field for one in changes(before, after)]
    audit.record(
        work, "policy.saved", "policy", place.subject_id, place.company_id, tier=place.level.value, version=version, fields=fields, **more
    )


def _rule_json(stored: Stored) -> dict[str, Any] | None:
    return None if stored.rule is None else {"name": stored.name, "position": stored.position, "when": stored.rule.as_json()}
