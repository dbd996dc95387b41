"""What would happen on a day, without doing it: the engine's answer for every claim, in sentences."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning import loading, policies
from app.dunning.deciding import decision_for
from app.dunning.law import Law
from app.dunning.models import Claim
from app.dunning.reasons import Reason
from app.dunning.steps import Decision
from app.tenants.models import Company
from app.values.calendar import OSLO

BATCH = 1000


@dataclass(frozen=True, slots=True)
class Prospect:
    """One claim's step on the day asked about. Amounts in øre."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    company: str
    invoice: str
    debtor: str
    due_on: date | None
    remaining_ore: int
    step: str
    reasons: tuple[Reason, ...]
    next_action_on: date | None


def what_happens(work: UnitOfWork, company_ids: Sequence[uuid.UUID] | None, on: date, law: Law) -> list[Prospect]:
    """Decide for `on` from today's facts, assuming that the ledger is read that day and nothing else changes. Writes nothing."""
    query = select(Claim.id).where(Claim.state == "active")
    if company_ids is not None:
        query = query.where(Claim.company_id.in_(company_ids))
    ids = list(work.session.execute(query.order_by(Claim.company_id, Claim.id)).scalars())
    names = {row.id: row.name for row in work.session.execute(select(Company.id, Company.name))}
    found: list[Prospect] = []
    for start in range(0, len(ids), BATCH):
        found += _prospects(work, ids[start : start + BATCH], names, on, law)
    return found


def decided_for(work: UnitOfWork, days: Mapping[uuid.UUID, date], law: Law) -> list[tuple[loading.Loaded, Decision]]:
    """Each claim decided for a day of its own, as `what_happens` decides; the number of queries does not follow the number of claims."""
    loaded = loading.load(work, list(days))
    wishes = policies.for_claims(work, loaded)
    found = []
    for one in loaded:
        on = days[one.claim.id]
        facts = one.facts if one.facts.ledger_synced_on is None else replace(one.facts, ledger_synced_on=on)
        rules = law.rules(wishes[one.claim.id].policy, on)
        end_of_day = datetime.combine(on, time.max, tzinfo=OSLO)
        found.append((one, decision_for(replace(one, facts=facts), rules, on, end_of_day)))
    return found


def _prospects(work: UnitOfWork, ids: list[uuid.UUID], names: dict[uuid.UUID, str], on: date, law: Law) -> list[Prospect]:
    return [
        Prospect(
            one.claim.id, one.claim.company_id, names[one.claim.company_id], one.item.document_number or one.item.external_id,
            one.debtor.name, one.item.due_on, one.item.remaining_ore, decision.step_name, decision.reasons, decision.next_action_on,
        )
        for one, decision in decided_for(work, dict.fromkeys(ids, on), law)
    ]  # fmt: skip
