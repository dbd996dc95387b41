"""The night decides set by set what `claims.evaluate` decides one by one, and writes the same rows."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from sqlalchemy import Boolean, Date, Integer, String, Update, Uuid, event, literal, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.agencies.models import AgencyCase
from app.db.base import Base, UtcInstant
from app.db.scope import BureauScope
from app.db.unit_of_work import Database, UnitOfWork
from app.dunning import claims, loading, nightly, policies, situations
from app.dunning.deciding import decision_for
from app.dunning.law import Law
from app.dunning.models import ApprovalRequest, Claim, DecisionRow, Notice
from app.dunning.run_models import HeldRun, HeldStep, OutwardDay
from app.jobs.models import Effect
from app.values.ids import new_id
from support import make, night_book

Evaluate = Callable[[UnitOfWork, list[uuid.UUID], Law], dict[str, int]]
#: what no two runs have in common
OF_THE_RUN = {"id", "run_id", "case_id", "business_key", "package", "planned_at"}


class _UndoneError(Exception):
    """Raised so that the transaction rolls back: both ways begin from the same rows."""


def written(database: Database, bureau_id: uuid.UUID, evaluate: Evaluate, ids: list[uuid.UUID]) -> dict[str, Any]:
    """What an evaluation leaves behind, in a shape that can be compared; nothing is kept."""
    found: dict[str, Any] = {}
    try:
        with database.begin(BureauScope(bureau_id)) as work:
            found["counts"] = evaluate(work, ids, Law())
            work.session.flush()
            work.session.expire_all()
            for model in (Claim, DecisionRow, Notice, AgencyCase, ApprovalRequest, HeldRun, HeldStep, OutwardDay):
                found[model.__tablename__] = sorted(map(repr, _rows(work, model)))
            found["effects"] = Counter(work.session.execute(select(Effect.kind)).scalars())
            named = {
                str(notice.id): (notice.claim_id, notice.kind, notice.round) for notice in work.session.execute(select(Notice)).scalars()
            }
            rung = work.session.execute(
                text("select job, arguments from outbox where arguments ->> 'bureau_id' = :b"), {"b": str(bureau_id)}
            )
            found["rung"] = Counter((job, named.get(arguments.get("notice_id"))) for job, arguments in rung)
            raise _UndoneError
    except _UndoneError:
        return found


def _rows(work: UnitOfWork, model: Any) -> list[dict[str, Any]]:
    keep = [column for column in model.__table__.columns if column.name not in OF_THE_RUN or (model is Claim and column.name == "id")]
    return [dict(row) for row in work.session.execute(select(*keep)).mappings()]


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(night_book.BOOKS)
def test_a_night_leaves_the_same_rows_as_deciding_one_by_one(database: Database, book: tuple[night_book.CompanySpec, ...]) -> None:
    bureau = make.bureau(database)
    ids = [claim.id for claim in night_book.write(database, bureau, book)]
    one_by_one = written(database, bureau.id, claims.evaluate, ids)
    by_night = written(database, bureau.id, lambda *given: nightly.evaluate(*given, nightly.Answers()), ids)
    for what, rows in one_by_one.items():
        assert by_night[what] == rows, what


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(night_book.BOOKS, night_book.GUARDS)
def test_a_night_holds_what_deciding_one_by_one_holds(
    database: Database, book: tuple[night_book.CompanySpec, ...], guard: night_book.GuardSpec
) -> None:
    bureau = make.bureau(database)
    made = night_book.write(database, bureau, book)
    night_book.guard(database, bureau, guard, {claim.company_id for claim in made})
    ids = [claim.id for claim in made]
    one_by_one = written(database, bureau.id, claims.evaluate, ids)
    by_night = written(database, bureau.id, lambda *given: nightly.evaluate(*given, nightly.Answers()), ids)
    for what, rows in one_by_one.items():
        assert by_night[what] == rows, what


def test_a_run_out_of_bounds_is_held_by_night_as_by_day(database: Database) -> None:
    bureau = make.bureau(database)
    plain = replace(night_book.PLAIN, debtor={"organisation_number": "923609016"})
    book = tuple(night_book.CompanySpec({}, 0, None, None, (plain, *(night_book.PLAIN for _ in range(count)))) for count in (5, 1, 0, 0))
    made = night_book.write(database, bureau, book)
    limits = {"company_count": 4, "bureau_count": 100, "spread": 2}
    night_book.guard(database, bureau, night_book.GuardSpec(limits, (), 0), {claim.company_id for claim in made})
    with database.begin(make.scope(bureau)) as work:
        nightly.evaluate(work, [claim.id for claim in made], Law(), nightly.Answers())
        runs = {
            run.company_id: (run.count, [one["measure"] for one in run.excesses]) for run in work.session.execute(select(HeldRun)).scalars()
        }
        planned = set(work.session.execute(select(Notice.claim_id).where(Notice.state == "planned")).scalars())
        said = {claim.id: claim.reasons[0]["code"] for claim in work.session.execute(select(Claim)).scalars()}
    (largest,) = {company_id for company_id in runs if company_id is not None}
    assert runs == {largest: (6, ["count"]), None: (3, ["spread"])}
    assert len(planned) == 1
    assert {said[claim.id] for claim in made if claim.id not in planned} == {"run_held"}


def test_a_companys_night_is_one_transaction_however_large(database: Database) -> None:
    bureau = make.bureau(database)
    made = night_book.write(
        database, bureau, tuple(night_book.CompanySpec({}, 0, None, None, (night_book.PLAIN,) * count) for count in (3, 2, 2))
    )
    with database.begin(make.scope(bureau)) as work:
        due = claims.due_by_company(work, None)
    assert {claim.id for claim in made} == {claim_id for ids in due.values() for claim_id in ids}
    assert sorted(len(page) for page in nightly.pages(due, most=1)) == [2, 2, 3], "a company's claims are never parted"
    assert {len(page) for page in nightly.pages(due, most=5)} <= {2, 3, 4, 5}
    assert [len(page) for page in nightly.pages(due)] == [7]


def test_nothing_that_may_stand_beside_a_claim_is_overlooked_at_night(database: Database) -> None:
    bureau = make.bureau(database)
    book = tuple(
        night_book.CompanySpec({}, 0, {"minimum_ore": 10_000, "handover_consent": consent}, None, night_book.ONE_OF_EACH)
        for consent in ("weekly_list", "automatic")
    )
    ids = [claim.id for claim in night_book.write(database, bureau, book)]
    one_by_one = written(database, bureau.id, claims.evaluate, ids)
    by_night = written(database, bureau.id, lambda *given: nightly.evaluate(*given, nightly.Answers()), ids)
    for what, rows in one_by_one.items():
        assert by_night[what] == rows, what
    assert set(by_night["counts"]) >= {"wait", "send_reminder", "close", "ask_person"}


def test_what_is_left_out_of_a_situation_changes_no_fact_and_no_decision(database: Database) -> None:
    """Every column in `Reading.but` is given another value, one at a time, beside a claim that has a row in each table."""
    claim = _claim_with_everything(database)
    kept: list[str] = []
    for reading in (situations.CLAIM, situations.ITEM, situations.DEBTOR, *situations.SIDES):
        for name in sorted(reading.but - POINTERS):
            with suppress(_UndoneError), database.begin(make.scope(claim)) as work:
                before = _seen(work, claim)
                work.session.execute(_with_another_value(reading.model, name))
                work.session.expire_all()
                if _seen(work, claim) != before:
                    kept.append(f"{reading.model.__tablename__}.{name}")
                raise _UndoneError
    assert kept == [], (
        "the engine follows this column: take it out of `but` in dunning/situations.py, so that claims that differ in it differ"
    )


def test_every_table_that_facts_are_read_from_is_part_of_a_situation(database: Database) -> None:
    claim = _claim_with_everything(database)
    asked: list[str] = []
    with database.begin(make.scope(claim)) as work:
        note = lambda *call: asked.append(call[2])  # noqa: E731
        event.listen(work.session.get_bind(), "before_cursor_execute", note)
        try:
            policies.for_claims(work, loading.load(work, [claim.id]))
            read = _tables(asked)
            asked.clear()
            nightly.evaluate(work, [claim.id], Law(), nightly.Answers())
            of_the_night = _tables([sql for sql in asked if "fingerprints" in sql or "beside" in sql])
            asked.clear()
            situations.companies_said(work, [claim.company_id])
            of_the_company = _tables(asked)
        finally:
            event.remove(work.session.get_bind(), "before_cursor_execute", note)
    forgotten = read - of_the_night - of_the_company - {"claims"} - OF_CLAIMS_BY_THEMSELVES
    assert forgotten == set(), (
        "decisions rest on a table that tells no two claims apart at night: give it a Reading in dunning/situations.py"
    )


def test_an_answer_about_one_claim_alone_is_not_remembered(database: Database) -> None:
    bureau = make.bureau(database)
    company, answers = make.company(database, bureau), nightly.Answers()
    make.company_link(database, make.connection(database, bureau), company, synced_at=database.clock.now())
    claim = make.claim(database, make.open_item(database, make.debtor(database, company)))
    steps = []
    for version, minimum in enumerate((5_000_000, 1_000), start=1):
        make.policy(database, company, claim_id=claim.id, version=version, wishes={"minimum_ore": minimum})
        with database.begin(make.scope(bureau)) as work:
            steps += nightly.evaluate(work, [claim.id], Law(), answers)
    assert steps == ["wait", "send_reminder"]


def test_the_night_sees_that_a_letter_was_charged_for_on_another_invoice(database: Database) -> None:
    """Two claims that differ in nothing but the fee of the letter they went in: one may still bear the first fee, the other may not."""
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), company, synced_at=database.clock.now())
    make.policy(database, company, wishes={"reminders_max": 2, "reminder_after_days": 14, "reminder_deadline_days": 14, "charge_fee": True})
    sent_on, ids = database.clock.today() - 25 * night_book.DAY, []
    for fee_ore in (0, 3_800):
        debtor = make.debtor(database, company)
        due_on = database.clock.today() - 40 * night_book.DAY
        carrier, told = (make.claim(database, make.open_item(database, debtor, due_on=due_on)) for _ in range(2))
        its = make.notice(database, carrier, sent_on=sent_on, payment_deadline=sent_on + 7 * night_book.DAY, fee_ore=fee_ore)
        make.notice(database, told, sent_on=sent_on, payment_deadline=sent_on + 7 * night_book.DAY, carried_by=its.id)
        ids.append(told.id)
    one_by_one = written(database, bureau.id, claims.evaluate, ids)
    by_night = written(database, bureau.id, lambda *given: nightly.evaluate(*given, nightly.Answers()), ids)
    assert by_night == one_by_one
    said = "".join(one_by_one["decisions"])
    assert ("fee_allowed" in said, "fee_first_deadline_short" in said) == (True, True)


def test_the_night_asks_no_more_of_the_database_for_many_claims_than_for_few(database: Database) -> None:
    def statements(count: int) -> int:
        bureau = make.bureau(database)
        company = make.company(database, bureau)
        make.company_link(database, make.connection(database, bureau), company, synced_at=database.clock.now())
        debtor, due_on = make.debtor(database, company), database.clock.today() + 10 * night_book.DAY
        ids = [make.claim(database, make.open_item(database, debtor, due_on=due_on)).id for _ in range(count)]
        asked: list[str] = []
        with database.begin(make.scope(bureau)) as work:
            note = lambda *call: asked.append(call[2])  # noqa: E731
            event.listen(work.session.get_bind(), "before_cursor_execute", note)
            try:
                assert nightly.evaluate(work, ids, Law(), nightly.Answers()) == {"wait": count}
            finally:
                event.remove(work.session.get_bind(), "before_cursor_execute", note)
        return len(asked)

    assert statements(3) == statements(30) <= 52


#: read for claims with a request for a yes, and each of these is looked at by itself
OF_CLAIMS_BY_THEMSELVES = {"approvals", "users", "held_runs"}
#: columns that only lead from row to row: where they lead is what is read
POINTERS = {
    "bureau_id",
    "id",
    "company_id",
    "debtor_id",
    "open_item_id",
    "claim_id",
    "list_id",
    "agreement_id",
    "document_id",
    "carried_by",
}
#: another value that the column's own check allows
OTHERS = {"claims.state": "closed", "claims.step": "ask_person"}
OTHER_VALUES: tuple[tuple[type, Any], ...] = (
    (UtcInstant, datetime(2020, 1, 2, tzinfo=UTC)), (Date, date(2020, 1, 2)), (Boolean, True), (Integer, 7), (Uuid, new_id()),
    (ARRAY, ["9"]), (JSONB, ["9"]), (String, "9"),
)  # fmt: skip


def _claim_with_everything(database: Database) -> Claim:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.company_link(database, make.connection(database, bureau), company, synced_at=database.clock.now())
    make.policy(database, company, wishes={"claim_compensation": True})
    item = make.open_item(database, make.debtor(database, company), ledger_reminders=[database.clock.today() - 20 * night_book.DAY])
    make.payment(database, item, 5_000)
    claim = make.claim(database, item)
    make.delivery(database, make.notice(database, claim, sent_on=database.clock.today() - 20 * night_book.DAY), state="bounced")
    make.hold(database, claim, lifted_at=database.clock.now(), lifted_by="Kari")
    make.dispute(database, claim, decision="rejected", decided_at=database.clock.now(), decided_by="Kari", decision_text="Nei")
    make.list_entry(database, make.weekly_list(database, company), claim, item)
    make.agency_case(database, make.agreement(database, company), claim, state="refused")
    return claim


def _seen(work: UnitOfWork, claim: Claim) -> tuple[Any, Any]:
    one = loading.load(work, [claim.id])[0]
    resolved = policies.for_claims(work, [one])[claim.id]
    return one.facts, (decision_for(one, Law().rules(resolved.policy, work.today()), work.today(), work.now()), resolved.tiers)


def _with_another_value(model: type[Base], name: str) -> Update:
    column = model.__table__.columns[name]
    other = OTHERS.get(f"{model.__tablename__}.{name}") or next(value for kind, value in OTHER_VALUES if isinstance(column.type, kind))
    return update(model).values({column: literal(other, column.type)})


def _tables(statements: list[str]) -> set[str]:
    known = set(Base.metadata.tables)
    return {word for sql in statements for word in re.findall(r"(?:from|join)\s+(\w+)", sql, re.IGNORECASE) if word in known}
