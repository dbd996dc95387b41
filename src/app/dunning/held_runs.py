"""Holding a day's run that looks wrong: what is about to leave the house is weighed against the weeks before, in a handful of queries.

However many claims are decided on at once, they are weighed at once. A claim counts when its step becomes an outward one; deciding again
the same day counts nothing twice. What a person has released is let go and not weighed again.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import Integer, Text, case, cast, delete, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import insert

from app.db.unit_of_work import UnitOfWork
from app.dunning import payer_history
from app.dunning.blast_radius import WEEKS, BlastLimits, Excess, Figures, Measure, WeekBefore, judge
from app.dunning.deciding import decision_for
from app.dunning.facts import RunHold
from app.dunning.loading import Loaded
from app.dunning.models import Claim, Notice
from app.dunning.policy import Rules
from app.dunning.run_facts import WORD_COUNTS
from app.dunning.run_models import HeldRun, HeldStep, OutwardDay
from app.dunning.steps import Decision
from app.receivables import guard_limits
from app.receivables.models import OpenItem
from app.values.ids import new_id

#: what counts as going out against a debtor; that an invoice falls due is told to good and bad payers alike, and counts nothing
OUTWARD = ("send_reminder", "send_collection_warning", "send_payment_demand", "hand_over")
#: a claim as `claims.evaluate` carries it: what is known, what was decided, by which rules
Decided = tuple[Loaded, Decision, Rules]


@dataclass(frozen=True, slots=True)
class Step:
    """One outward step that was not one before. Øre."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    debtor_id: uuid.UUID
    name: str
    amount_ore: int


def weigh(work: UnitOfWork, steps: Sequence[Step]) -> set[uuid.UUID]:
    """Hold what looks wrong among the steps that are about to be taken, note what does not. Returns the claims that are held.

    Each company by itself, then what has passed of the whole bureau together.
    """
    if not steps:
        return set()
    debtors = {step.debtor_id for step in steps}
    weighed = _Weighed(payer_history.good_ones(work, debtors), _spreads(work, debtors))
    passed: dict[uuid.UUID, list[Step]] = defaultdict(list)
    for step in steps:
        passed[step.company_id].append(step)
    sums = {company_id: weighed.figures(ours) for company_id, ours in passed.items()}
    runs = _Runs.load(work, passed)
    held: dict[uuid.UUID | None, Sequence[Step]] = {
        company_id: passed.pop(company_id) for company_id, run in sums.items() if runs.out_of_bounds(company_id, run)
    }
    spread = runs.wrong_spread(sum((sums[company_id] for company_id in passed), Figures())) if passed else None
    if spread is not None:
        held[None] = [step for ours in passed.values() for step in ours if weighed.spread(step) >= spread]
        sums |= {company_id: weighed.figures([one for one in ours if weighed.spread(one) < spread]) for company_id, ours in passed.items()}
    claims = _hold(work, runs, weighed, held) if held else set()
    _note(work, [(company_id, sums[company_id]) for company_id in passed])
    return claims


def is_weighed(decision: Decision, hold: RunHold) -> bool:
    """Does such a step count, where the claim's step was another one before?"""
    return decision.step_name in OUTWARD and hold is not RunHold.RELEASED


def hold_back(work: UnitOfWork, decided: Sequence[Decided]) -> list[Decided]:
    """The same decisions, those of a run that looks wrong turned into a wait for a person."""
    fresh = [
        Step(one.claim.id, one.claim.company_id, one.debtor.id, decision.step_name, one.facts.remaining_ore)
        for one, decision, _ in decided
        if is_weighed(decision, one.facts.run_hold) and one.claim.step != decision.step_name
    ]
    return held_back(work, decided, weigh(work, fresh))


def held_back(work: UnitOfWork, decided: Sequence[Decided], held: Collection[uuid.UUID]) -> list[Decided]:
    """The same decisions, where those about the claims in `held` wait for a person."""
    return [_held(work, entry) if entry[0].claim.id in held else entry for entry in decided]


def as_held(work: UnitOfWork, one: Loaded) -> Loaded:
    """The claim as one whose run is held today."""
    return replace(one, facts=replace(one.facts, run_hold=RunHold.HELD, run_held_on=work.today()))


def limits(work: UnitOfWork) -> BlastLimits:
    """The bureau's own, or the standard ones."""
    stored = guard_limits.stored(work, "blast_radius")
    return BlastLimits() if stored is None else BlastLimits.from_json(stored)


def note_day(work: UnitOfWork, sums: Mapping[uuid.UUID | None, Figures]) -> None:
    """Add to the figures of today, by company and by None for the bureau, which later days are compared with."""
    # in one order, whoever writes: two that add to the same days wait for one another, and not crosswise
    rows = [
        (new_id(), company_id, run.count, run.ore, run.good_count, run.spread)
        for company_id, run in sorted(sums.items(), key=lambda entry: str(entry[0]))
    ]
    if rows:
        columns = zip(("ids", "companies", "counts", "amounts", "good", "spreads"), zip(*rows, strict=True), strict=True)
        moment = {"bureau_id": work.bureau_id, "today": work.today()}
        work.session.execute(text(ADD), moment | {name: list(values) for name, values in columns})


def forget_old(work: UnitOfWork) -> None:
    """Days that no norm looks back to."""
    work.session.execute(delete(OutwardDay).where(OutwardDay.ran_on < work.today() - timedelta(weeks=WEEKS)))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """Who among the debtors mostly pays on time, and in how many companies each is met today (1 where it is not said)."""

    good: set[uuid.UUID]
    spreads: Mapping[uuid.UUID, int]

    def spread(self, step: Step) -> int:
        return self.spreads.get(step.debtor_id, 1)

    def figures(self, steps: Sequence[Step]) -> Figures:
        return Figures(
            len(steps),
            sum(step.amount_ore for step in steps),
            sum(step.debtor_id in self.good for step in steps),
            max((self.spread(step) for step in steps), default=0),
        )


@dataclass(slots=True)
class _Runs:
    """Today's figures, the weeks before, and what is held today already: by company, and by None for the bureau."""

    limits: BlastLimits
    today: dict[uuid.UUID | None, Figures]
    weeks: dict[uuid.UUID | None, list[WeekBefore]]
    held: set[uuid.UUID | None]
    excesses: dict[uuid.UUID | None, tuple[Excess, ...]]

    @staticmethod
    def load(work: UnitOfWork, companies: Collection[uuid.UUID]) -> _Runs:
        ours = or_(OutwardDay.company_id.in_(companies), OutwardDay.company_id.is_(None))
        days_ago = cast(literal(work.today()) - OutwardDay.ran_on, Integer)
        week = case((days_ago == 0, -1), else_=cast((days_ago - 1) / 7, Integer)).label("week")
        rows = work.session.execute(
            select(
                OutwardDay.company_id, week, func.max(OutwardDay.count).label("peak"), func.max(OutwardDay.amount_ore).label("peak_ore"),
                func.sum(OutwardDay.count).label("steps"), func.sum(OutwardDay.good_count).label("good"),
                func.max(OutwardDay.spread).label("spread"),
            )
            .where(ours, OutwardDay.ran_on >= work.today() - timedelta(weeks=WEEKS), OutwardDay.ran_on <= work.today())
            .group_by(OutwardDay.company_id, week)
        ).all()  # fmt: skip
        today: dict[uuid.UUID | None, Figures] = {}
        weeks: dict[uuid.UUID | None, list[WeekBefore]] = defaultdict(list)
        for row in rows:
            if row.week < 0:
                today[row.company_id] = Figures(int(row.steps), int(row.peak_ore), int(row.good), int(row.spread))
            else:
                weeks[row.company_id].append(WeekBefore(int(row.peak), int(row.peak_ore), int(row.steps), int(row.good), int(row.spread)))
        open_runs = select(HeldRun.company_id, HeldRun.excesses).where(HeldRun.ran_on == work.today(), HeldRun.state == "held")
        held = {
            company_id
            for company_id, excesses in work.session.execute(open_runs).all()
            if company_id is not None or _is_whole([Excess.from_json(one) for one in excesses])
        }
        return _Runs(limits(work), today, weeks, held, {})

    def out_of_bounds(self, company_id: uuid.UUID, run: Figures) -> bool:
        """What comes after a run was held belongs to it."""
        self.excesses[company_id] = found = judge(self._whole(company_id, run), self.weeks.get(company_id, []), self.limits, bureau=False)
        return bool(found) or company_id in self.held

    def wrong_spread(self, run: Figures) -> int | None:
        """The bureau's steps to debtors met in so many companies are held: all where the whole run is too large. None holds none."""
        self.excesses[None] = found = judge(self._whole(None, run), self.weeks.get(None, []), self.limits, bureau=True)
        if _is_whole(found) or None in self.held:
            return 0
        return next((one.limit + 1 for one in found), None)

    def _whole(self, company_id: uuid.UUID | None, run: Figures) -> Figures:
        return replace(self.today.get(company_id, Figures()), spread=0) + run


def _is_whole(excesses: Iterable[Excess]) -> bool:
    """Is the run as such too large, and not only one debtor met too often?"""
    return any(one.measure is not Measure.SPREAD for one in excesses)


#: the debtors' numbers among all debtors of the bureau: who is about to be met or was met today already, and in how many companies. From
#: the numbers by their index to debtors and their claims, never over the book
SPREADS = """
with met as materialized (
  select id, organisation_number, company_id from debtors where id = any(:debtors) and organisation_number is not null
), places as (
  select organisation_number, company_id, id from met
  union all
  select one.organisation_number, other.company_id, null from (select distinct organisation_number from met) one
  cross join lateral (
    select d.company_id from debtors d where d.bureau_id = :bureau_id and d.organisation_number = one.organisation_number and exists (
      select from claims c where c.bureau_id = d.bureau_id and c.debtor_id = d.id and c.state = 'active' and c.decided_on = :today
        and c.step = any(:outward) offset 0)
    offset 0
  ) other
)
select array_agg(id) filter (where id is not null), count(distinct company_id) from places
group by organisation_number having count(distinct company_id) > 1
"""


def _spreads(work: UnitOfWork, debtors: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    given = {"debtors": list(debtors), "bureau_id": work.bureau_id, "today": work.today(), "outward": list(OUTWARD)}
    rows = work.session.execute(text(SPREADS), given).all()
    return {debtor_id: int(companies) for ids, companies in rows for debtor_id in ids}


def _hold(work: UnitOfWork, runs: _Runs, weighed: _Weighed, held: Mapping[uuid.UUID | None, Sequence[Step]]) -> set[uuid.UUID]:
    """One run a day for each company and for the bureau; what comes later joins it. Returns the claims held."""
    new = insert(HeldRun)
    joined = new.on_conflict_do_update(
        # said out loud: a prepared statement finds no partial index by a parameter
        index_elements=["bureau_id", "company_id", "ran_on"], index_where=text("state = 'held'"),
        set_={"spread": func.greatest(HeldRun.spread, new.excluded.spread)},
    ).returning(HeldRun.id, HeldRun.company_id)  # fmt: skip
    rows = [
        {
            "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "ran_on": work.today(), "state": "held", "count": 0,
            "amount_ore": 0, "good_count": 0, "spread": weighed.figures(steps).spread,
            "excesses": [one.as_json() for one in runs.excesses.get(company_id, ())], "held_at": work.now(),
        }
        for company_id, steps in sorted(held.items(), key=lambda entry: str(entry[0]))
    ]  # fmt: skip
    made = {company_id: run_id for run_id, company_id in work.session.execute(joined, rows).all()}
    _keep(work, weighed, ((made[company_id], step) for company_id, steps in held.items() for step in steps))
    whole = {company_id for company_id in held if company_id is not None or _is_whole(runs.excesses[None])}
    planned = _planned(work, whole)
    if planned:
        good = payer_history.good_ones(work, {step.debtor_id for step in planned})
        run_of = ((made.get(step.company_id, made.get(None)), step) for step in planned)
        _keep(work, _Weighed(good, {}), ((run_id, step) for run_id, step in run_of if run_id is not None))
    work.session.execute(text(COUNT), {"bureau_id": work.bureau_id, "runs": list(made.values())})
    return {step.claim_id for steps in held.values() for step in steps}


def _planned(work: UnitOfWork, companies: Collection[uuid.UUID | None]) -> list[Step]:
    """What the same day's run has planned before at these companies, with None at all, and nobody has said or spoken of yet."""
    if not companies:
        return []
    spoken_of = (
        select(HeldStep.claim_id)
        .join(HeldRun, HeldRun.id == HeldStep.run_id)
        .where(HeldStep.claim_id == Claim.id, or_(HeldRun.state == "held", HeldRun.decided_at > work.now() - WORD_COUNTS))
        .exists()
    )
    steps = cast(literal("send_"), Text) + Notice.kind
    query = (
        select(Claim.id, Claim.company_id, Claim.debtor_id, steps, OpenItem.remaining_ore)
        .join(Notice, Notice.claim_id == Claim.id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .where(Notice.state == "planned", steps.in_(OUTWARD), Claim.decided_on == work.today(), ~spoken_of)
    )
    if None not in companies:
        query = query.where(Notice.company_id.in_(companies))
    return [Step(*row) for row in work.session.execute(query).all()]


ADD = """
insert into outward_days as known (bureau_id, ran_on, id, company_id, count, amount_ore, good_count, spread)
select :bureau_id, :today, one.* from unnest(cast(:ids as uuid[]), cast(:companies as uuid[]), cast(:counts as int[]),
  cast(:amounts as bigint[]), cast(:good as int[]), cast(:spreads as int[])) one
on conflict (bureau_id, company_id, ran_on) do update set count = known.count + excluded.count,
  amount_ore = known.amount_ore + excluded.amount_ore, good_count = known.good_count + excluded.good_count,
  spread = greatest(known.spread, excluded.spread)
"""
KEEP = """
insert into held_steps (bureau_id, id, company_id, run_id, claim_id, step, amount_ore, good_payer)
select :bureau_id, one.* from unnest(cast(:ids as uuid[]), cast(:companies as uuid[]), cast(:runs as uuid[]), cast(:claims as uuid[]),
  cast(:steps as text[]), cast(:amounts as bigint[]), cast(:good as boolean[])) one
on conflict do nothing
"""
#: the runs' figures are those of their steps
COUNT = """
update held_runs r set count = sums.steps, amount_ore = sums.ore, good_count = sums.good
from (select run_id, count(*) as steps, sum(amount_ore) as ore, count(*) filter (where good_payer) as good
      from held_steps where bureau_id = :bureau_id and run_id = any(:runs) group by run_id) sums
where r.bureau_id = :bureau_id and r.id = sums.run_id
"""


def _keep(work: UnitOfWork, weighed: _Weighed, steps: Iterable[tuple[uuid.UUID, Step]]) -> None:
    rows = [
        (new_id(), step.company_id, run_id, step.claim_id, step.name, step.amount_ore, step.debtor_id in weighed.good)
        for run_id, step in steps
    ]
    if rows:
        columns = zip(("ids", "companies", "runs", "claims", "steps", "amounts", "good"), zip(*rows, strict=True), strict=True)
        work.session.execute(text(KEEP), {"bureau_id": work.bureau_id} | {name: list(values) for name, values in columns})


def _note(work: UnitOfWork, passed: Sequence[tuple[uuid.UUID, Figures]]) -> None:
    sums: dict[uuid.UUID | None, Figures] = {company_id: run for company_id, run in passed if run.count}
    if sums:
        note_day(work, {**sums, None: sum(sums.values(), Figures())})


def _held(work: UnitOfWork, entry: Decided) -> Decided:
    one, _, rules = entry
    kept = as_held(work, one)
    return kept, decision_for(kept, rules, work.today(), work.now()), rules
