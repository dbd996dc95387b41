"""Deciding on many claims: once per distinct situation, and written down set by set. The cost follows what is due, not the book.

The engine, the loader and the wishes are the ones that every other decision uses: one claim of each situation is loaded and decided on,
and its answer holds for all that share the fingerprint (see `situations`). All steps out of the house are weighed against the day's run at
once; what has a work of its own for each claim then goes the ordinary way.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from sys import intern
from typing import TypeVar

import msgspec
from sqlalchemy import text

from app.db.unit_of_work import UnitOfWork
from app.dunning import claims, held_runs, loading, nightly_writes, policies, situations, thanking
from app.dunning.deciding import decision_for
from app.dunning.facts_json import as_json
from app.dunning.law import Law
from app.dunning.loading import Loaded
from app.dunning.policy import Policy
from app.dunning.replay import stored_law
from app.dunning.steps import AskPerson, Close, Decision, SendNotice, Wait
from app.dunning.tiers import Resolved
from app.values.calendar import OSLO

Thing = TypeVar("Thing")
#: claims to a transaction: what one statement handles well, and a person who works with one of them does not wait long for. A company's
#: claims are never parted, for its run is weighed as a whole
PAGE = 5_000
#: situations that are loaded, and handed to the database, at a time
AT_A_TIME = 1_000
#: situations that are remembered between pages and bureaus
REMEMBERED_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said of a situation, as the JSON in which it is handed to the database. `rules`: what was followed, as JSON.

    `alone`: the step has a work of its own for each claim. `outward`: the step's name, where it is weighed against the day's run.
    """

    said: str
    rules: str
    alone: bool
    outward: str | None = None

    def row(self, situation: bytes, followed: int) -> str:
        return f'{{"situation":"{situation.hex()}","followed":{followed},{self.said[1:]}'


@dataclass(slots=True)
class Answers:
    """Answers already found, valid for one law and one hour: the same situation at another bureau is not decided again."""

    _for: tuple[Law, date, int] | None = None
    _known: dict[bytes, Answer] = field(default_factory=dict)

    def at(self, law: Law, day: date, hour: int) -> dict[bytes, Answer]:
        if self._for != (law, day, hour) or len(self._known) > REMEMBERED_MAX:
            self._for, self._known = (law, day, hour), {}
        return self._known


#: shared by the threads of a process; nothing in it tells whose claim it was
ANSWERS = Answers()


def evaluate(work: UnitOfWork, claim_ids: Sequence[uuid.UUID], law: Law, answers: Answers = ANSWERS) -> dict[str, int]:
    """Decide on these claims and perform what was decided, as `claims.evaluate` does. Returns how many of each step."""
    if not claim_ids:
        return {}
    limit = _largest_limit(work)
    work.session.execute(text(situations.TAKE), {"ids": list(claim_ids)})
    work.session.execute(text(situations.KNOW_TONIGHT))
    work.session.execute(text(situations.BESIDE))
    companies = situations.companies_said(work, work.session.execute(text("select distinct company_id from tonight")).scalars().all())
    work.session.execute(
        text(situations.FINGERPRINTS),
        {
            "companies": list(companies), "said": [one.said for one in companies.values()],
            "asking": [one.asks_history for one in companies.values()], "limit": limit,
        },
    )  # fmt: skip
    work.session.execute(text(situations.KNOW_FINGERPRINTS))
    known = answers.at(law, work.today(), work.now().astimezone(OSLO).hour)
    found = _answered(work, law, known)
    held = _weighed(work, law, found)
    alone = [situation for situation, answer in found.items() if answer.alone]
    by_themselves = nightly_writes.set_aside(work, alone) if alone else []
    counts: Counter[str] = Counter()
    for part in _parts([situation for situation, answer in found.items() if not answer.alone], AT_A_TIME):
        counts.update(nightly_writes.write(work, {situation: found[situation] for situation in part}))
    for ids in _parts(by_themselves, claims.BATCH):
        counts.update(claims.evaluate(work, ids, law, held=held))
    return dict(counts)


def pages(due: Mapping[uuid.UUID, list[uuid.UUID]], most: int = PAGE) -> Iterator[list[uuid.UUID]]:
    """What is due of each company, in parts for one transaction each."""
    page: list[uuid.UUID] = []
    for claim_ids in due.values():
        if page and len(page) + len(claim_ids) > most:
            yield page
            page = []
        page = page + claim_ids
    if page:
        yield page


def _answered(work: UnitOfWork, law: Law, known: dict[bytes, Answer]) -> dict[bytes, Answer]:
    """An answer for each situation of the page. One claim of each unknown one is loaded as ever."""
    one_of_each = "select distinct on (situation) situation, claim_id from fingerprints order by situation, claim_id"
    asked = {bytes(situation): claim_id for situation, claim_id in work.session.execute(text(one_of_each)).all()}
    unknown = {claim_id: situation for situation, claim_id in asked.items() if situation not in known}
    for ids in _parts(list(unknown), AT_A_TIME):
        loaded = loading.load(work, ids)
        wishes = policies.for_claims(work, loaded)
        for one in loaded:
            known[unknown[one.claim.id]] = _answer(work, law, one, wishes[one.claim.id])
    return {situation: known[situation] for situation in asked}


def _answer(work: UnitOfWork, law: Law, one: Loaded, resolved: Resolved) -> Answer:
    rules = law.rules(resolved.policy, work.today())
    decision = decision_for(one, rules, work.today(), work.now())
    # the same wishes stand at many companies
    followed = msgspec.json.encode(claims.followed(one, rules, resolved, stored_law(law), work.now())).decode()
    return Answer(
        msgspec.json.encode(_said(decision, as_json(one.facts))).decode(),
        intern(followed.replace(str(one.claim.company_id), nightly_writes.COMPANY)),
        alone=bool(one.facts.approvals)
        or one.facts.arrangement is not None
        or _has_a_work_of_its_own(decision)
        or thanking.is_due(one, decision, rules.wishes, work.today()),
        outward=decision.step_name if held_runs.is_weighed(decision, one.facts.run_hold) else None,
    )


def _weighed(work: UnitOfWork, law: Law, found: dict[bytes, Answer]) -> set[uuid.UUID]:
    """Weigh the steps of the page that leave the house. What is held gets a situation of its own in `found`. Returns its claims."""
    outward = {situation: answer.outward for situation, answer in found.items() if answer.outward is not None}
    if not outward:
        return set()
    held = held_runs.weigh(work, [held_runs.Step(*row) for row in nightly_writes.outward(work, outward)])
    one_of_each = nightly_writes.keep_back(work, held) if held else {}
    for ids in _parts(list(one_of_each), AT_A_TIME):
        loaded = loading.load(work, ids)
        wishes = policies.for_claims(work, loaded)
        for one in loaded:
            found[one_of_each[one.claim.id]] = _answer(work, law, held_runs.as_held(work, one), wishes[one.claim.id])
    return held


def _said(decision: Decision, facts: object) -> dict[str, object]:
    return {
        "step": decision.step_name,
        "reasons": [reason.as_json() for reason in decision.reasons],
        "next_action_on": None if decision.next_action_on is None else decision.next_action_on.isoformat(),
        "awaits_list": decision.awaits_list,
        "close_reason": decision.step.why.value if isinstance(decision.step, Close) else None,
        "notice": claims.notice_kind(decision),
        "facts": facts,
    }


def _has_a_work_of_its_own(decision: Decision) -> bool:
    """A handover takes its papers along, and a yes is asked for one claim."""
    step = decision.step
    if isinstance(step, AskPerson):
        return step.about is not None
    return not isinstance(step, Wait | Close | SendNotice)


def _parts(things: Sequence[Thing], size: int) -> Iterator[Sequence[Thing]]:
    return (things[start : start + size] for start in range(0, len(things), size))


def _largest_limit(work: UnitOfWork) -> int:
    """The highest amount that any wish compares with: the bureau's, its companies', and what the house starts with."""
    stored = work.session.execute(text(situations.LARGEST_LIMIT)).scalar_one()
    return max(stored or 0, *(situations.amounts_in([Policy().as_json(), policies.STANDARD.as_json()])))
