"""Runs that are held for a person: what they hold, in figures and examples, and the person's word, let go or called off."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, func, select, update

from app.db.paging import Page, Position, read_page
from app.db.unit_of_work import UnitOfWork
from app.dunning import held_runs
from app.dunning.blast_radius import Excess, Figures
from app.dunning.models import Claim
from app.dunning.run_models import HeldRun, HeldStep
from app.receivables.models import Debtor, OpenItem
from app.tenants import audit
from app.tenants.models import Company

#: enough to see what kind of run it is
EXAMPLES = 12
WORDS = {"release": "released", "cancel": "cancelled"}


class RunDecidedError(ValueError):
    """Somebody has let the run go or called it off already."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in figures. `company_name` is None for one of the whole bureau. Øre."""

    run: HeldRun
    company_name: str | None

    @property
    def excesses(self) -> tuple[Excess, ...]:
        return tuple(Excess.from_json(one) for one in self.run.excesses)

    @property
    def figures(self) -> Figures:
        return Figures(self.run.count, self.run.amount_ore, self.run.good_count, self.run.spread)


@dataclass(frozen=True, slots=True)
class ExampleStep:
    """One of the largest steps a run holds."""

    claim_id: uuid.UUID
    company_name: str
    debtor_name: str
    invoice: str
    due_on: date | None
    amount_ore: int
    step: str
    good_payer: bool


@dataclass(frozen=True, slots=True)
class RunDetail:
    """A run with the companies it touches (most steps first: name, steps, øre) and examples, the largest first."""

    line: RunLine
    companies: tuple[tuple[str, int, int], ...]
    examples: tuple[ExampleStep, ...]


def runs(work: UnitOfWork, limit: int = 100) -> list[RunLine]:
    """Those that wait, then those decided, the newest first."""
    query = _lines().order_by(HeldRun.state != "held", HeldRun.held_at.desc()).limit(limit)
    return [RunLine(run, name) for run, name in work.session.execute(query).all()]


def run_page(work: UnitOfWork, position: Position, state: str | None) -> Page[HeldRun]:
    query = select(HeldRun) if state is None else select(HeldRun).where(HeldRun.state == state)
    page = read_page(work, query, HeldRun.id, position)
    return Page(tuple(row for (row,) in page.rows), page.next_after)


def find_run(work: UnitOfWork, run_id: uuid.UUID) -> RunDetail:
    """LookupError when there is none such in this scope."""
    row = work.session.execute(_lines().where(HeldRun.id == run_id)).one_or_none()
    if row is None:
        raise LookupError("no such run")
    run, name = row
    by_company = (
        select(Company.name, func.count(), func.sum(HeldStep.amount_ore))
        .join(Company, Company.id == HeldStep.company_id)
        .where(HeldStep.run_id == run_id)
        .group_by(Company.id, Company.bureau_id, Company.name)
        .order_by(func.count().desc(), Company.name)
        .limit(EXAMPLES)
    )
    companies = tuple((str(name), int(count), int(ore)) for name, count, ore in work.session.execute(by_company).all())
    return RunDetail(RunLine(run, name), companies, _examples(work, run_id))


def decide(work: UnitOfWork, run_id: uuid.UUID, word: str, note: str) -> HeldRun:
    """`release` lets the steps go on, each decided anew; `cancel` keeps them in the house for a week. RunDecidedError, LookupError."""
    run = work.session.execute(select(HeldRun).where(HeldRun.id == run_id).with_for_update()).scalar_one_or_none()
    if run is None:
        raise LookupError("no such run")
    if run.state != "held":
        raise RunDecidedError("somebody has decided on this run already")
    run.state, run.decided_at, run.decided_by, run.note = WORDS[word], work.now(), work.actor.name, note.strip() or None
    audit.record(work, f"run.{run.state}", "held_run", run.id, run.company_id, count=run.count, amount_ore=run.amount_ore, note=run.note)
    companies = _wake(work, run_id)
    if word == "release":
        _count_in(work, run_id, run, companies)
    return run


def _lines() -> Select[HeldRun, str | None]:
    return select(HeldRun, Company.name).outerjoin(Company, Company.id == HeldRun.company_id)


def _examples(work: UnitOfWork, run_id: uuid.UUID) -> tuple[ExampleStep, ...]:
    rows = work.session.execute(
        select(HeldStep, Company.name, Debtor.name, OpenItem)
        .join(Claim, Claim.id == HeldStep.claim_id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .join(Company, Company.id == HeldStep.company_id)
        .where(HeldStep.run_id == run_id)
        .order_by(HeldStep.amount_ore.desc(), HeldStep.id)
        .limit(EXAMPLES)
    ).all()
    return tuple(
        ExampleStep(
            step.claim_id, company, debtor, item.document_number or item.external_id, item.due_on, step.amount_ore, step.step,
            step.good_payer,
        )
        for step, company, debtor, item in rows
    )  # fmt: skip


def _wake(work: UnitOfWork, run_id: uuid.UUID) -> Sequence[uuid.UUID]:
    """The claims are decided on again now. Returns their companies."""
    claims = select(HeldStep.claim_id).where(HeldStep.run_id == run_id)
    work.session.execute(update(Claim).where(Claim.id.in_(claims), Claim.state == "active").values(next_action_on=work.today()))
    companies = list(work.session.execute(select(HeldStep.company_id).where(HeldStep.run_id == run_id).distinct()).scalars())
    for company_id in companies:
        work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(company_id))
    return companies


def _count_in(work: UnitOfWork, run_id: uuid.UUID, run: HeldRun, companies: Sequence[uuid.UUID]) -> None:
    """What a person has let go is part of what is usual from now on."""
    sums = (
        select(HeldStep.company_id, func.count(), func.sum(HeldStep.amount_ore), func.count().filter(HeldStep.good_payer))
        .where(HeldStep.run_id == run_id)
        .group_by(HeldStep.company_id)
    )
    let_go: dict[uuid.UUID | None, Figures] = {
        company_id: Figures(int(count), int(ore), int(good), 1) for company_id, count, ore, good in work.session.execute(sums).all()
    }
    if companies:
        let_go[None] = Figures(run.count, run.amount_ore, run.good_count, run.spread)
    held_runs.note_day(work, let_go)
