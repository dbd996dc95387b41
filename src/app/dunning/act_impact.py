"""What another act would change, before it does: each active claim decided under the law as it is and as it would be. Writes nothing.

A claim is looked at on the day it would act next, from the day in question on. Figures are assumed to stay as last known,
or every claim of a coming year would only be found to wait for them.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.dunning import loading, policies
from app.dunning.deciding import decision_for
from app.dunning.law import Law
from app.dunning.loading import Loaded
from app.dunning.models import Claim
from app.dunning.policy import Clamp, Policy
from app.dunning.reasons import Reason
from app.dunning.statutes.provisions import WHOLE_ACT
from app.dunning.steps import Decision, SendNotice, Wait
from app.tenants.models import Company
from app.values.calendar import OSLO

BATCH = 1000
#: how far beyond the day in question a claim's next act may lie
_AHEAD = timedelta(days=800)
_FIRST = uuid.UUID(int=0)
#: how far, and over how many waits, a claim is followed to its next act
_FOLLOWED = timedelta(days=120)
_WAITS_MAX = 8


class Kind(StrEnum):
    """What becomes different: what is done; only what it costs the debtor; only why."""

    STEP = "step"
    FEE = "fee"
    WHY = "why"


@dataclass(frozen=True, slots=True)
class Change:
    """One claim that fares otherwise. Amounts in øre."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    invoice: str
    debtor: str
    remaining_ore: int
    on: date
    kind: Kind
    before: str
    after: str
    fee_before_ore: int
    fee_after_ore: int
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class CompanyImpact:
    """A company's active claims, those that change by what was and is done, and what of its rules the law would no longer follow."""

    company_id: uuid.UUID
    name: str
    claims: int = 0
    kinds: Counter[Kind] = field(default_factory=Counter)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    clamps: tuple[Clamp, ...] = ()

    @property
    def changed(self) -> int:
        return self.kinds.total()


@dataclass(frozen=True, slots=True)
class Question:
    """Law as it is, law as it would be, and the day from which."""

    day: date
    now: Law
    then: Law


def asked(law: Law, day: date, sections: Iterable[str] = ()) -> Question:
    """The act of 2026, or only these sections of it, in force from that day."""
    rates = law.rates.assumed_through(day + _AHEAD)
    provisions = list(sections) or [WHOLE_ACT]
    then = law.act_2026.with_dates(dict.fromkeys(provisions, day))
    return Question(day, replace(law, rates=rates), replace(law, rates=rates, act_2026=then))


def impact(work: UnitOfWork, question: Question, companies: dict[uuid.UUID, CompanyImpact]) -> Iterator[list[Change]]:
    """The claims that change, a batch at a time; `companies` is filled along the way, also with those nothing changes for."""
    _list_companies(work, question, companies)
    last = _FIRST
    while True:
        ids = list(
            work.session.execute(
                select(Claim.id).where(Claim.state == "active", Claim.id > last).order_by(Claim.id).limit(BATCH)
            ).scalars()
        )  # fmt: skip
        if not ids:
            return
        last = ids[-1]
        found = _changes(work, ids, question, companies)
        work.session.expunge_all()
        yield found


def active_claims(work: UnitOfWork) -> int:
    return work.session.execute(select(func.count()).select_from(Claim).where(Claim.state == "active")).scalar_one()


def _list_companies(work: UnitOfWork, question: Question, companies: dict[uuid.UUID, CompanyImpact]) -> None:
    names = select(Company.id, Company.name).where(Company.closed_at.is_(None)).order_by(Company.sort_key)
    rows = work.session.execute(names).all()
    wishes = policies.for_companies(work, [company_id for company_id, _ in rows])
    for company_id, name in rows:
        clamps = _new_clamps(wishes[company_id].policy, question)
        companies[company_id] = CompanyImpact(company_id, name, clamps=clamps)


def _new_clamps(policy: Policy, question: Question) -> tuple[Clamp, ...]:
    before = question.now.rules(policy, question.day).clamps
    return tuple(one for one in question.then.rules(policy, question.day).clamps if one not in before)


def _changes(work: UnitOfWork, ids: Sequence[uuid.UUID], question: Question, companies: dict[uuid.UUID, CompanyImpact]) -> list[Change]:
    loaded = loading.load(work, ids)
    wishes = policies.for_claims(work, loaded)
    found = []
    for one in loaded:
        day, before, after = _next_act(one, question, wishes[one.claim.id].policy)
        company = companies.setdefault(one.claim.company_id, CompanyImpact(one.claim.company_id, ""))
        company.claims += 1
        kind = _kind(before, after)
        if kind is not None:
            company.kinds[kind] += 1
            company.steps[_outcome(before), _outcome(after)] += 1
            found.append(_change(one, day, kind, before, after))
    return found


def _next_act(one: Loaded, question: Question, policy: Policy) -> tuple[date, Decision, Decision]:
    """From wait to wait, as long as both laws wait alike, to the day something is done or the two part."""
    day = max(question.day, one.claim.next_action_on or question.day)
    last = day + _FOLLOWED
    for _ in range(_WAITS_MAX):
        before, after = (_decided(one, law, policy, day) for law in (question.now, question.then))
        if before != after or not isinstance(before.step, Wait) or before.step.until > last:
            break
        day = before.step.until
    return day, before, after


def _decided(one: Loaded, law: Law, policy: Policy, day: date) -> Decision:
    facts = one.facts if one.facts.ledger_synced_on is None else replace(one.facts, ledger_synced_on=day)
    end_of_day = datetime.combine(day, time.max, tzinfo=OSLO)
    return decision_for(replace(one, facts=facts), law.rules(policy, day), day, end_of_day)


def _kind(before: Decision, after: Decision) -> Kind | None:
    if _outcome(before) != _outcome(after):
        return Kind.STEP
    if _fee(before) != _fee(after):
        return Kind.FEE
    return None if [one.code for one in before.reasons] == [one.code for one in after.reasons] else Kind.WHY


def _outcome(decision: Decision) -> str:
    """The step as one word; a claim that only waits for the weekly list is told by what the list is about."""
    codes = {reason.code for reason in decision.reasons}
    return next((code for code in ("ready_for_list_warning", "ready_for_list_handover") if code in codes), decision.step_name)


def _fee(decision: Decision) -> int:
    return decision.step.fee_ore if isinstance(decision.step, SendNotice) else 0


def _change(one: Loaded, day: date, kind: Kind, before: Decision, after: Decision) -> Change:
    item = one.item
    return Change(
        one.claim.id, one.claim.company_id, item.document_number or item.external_id, one.debtor.name, item.remaining_ore, day, kind,
        _outcome(before), _outcome(after), _fee(before), _fee(after), after.reasons,
    )  # fmt: skip
