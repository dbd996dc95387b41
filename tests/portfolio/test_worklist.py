from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, event, text, update

from app.agencies import agreements
from app.agencies import obstacle_texts as texts
from app.agencies.models import Agreement
from app.db.unit_of_work import Database
from app.dunning.models import Claim, Notice
from app.jobs.reviews import Verdict
from app.messaging.models import Delivery
from app.portfolio.unsettled_acts import unsettled_act, verdicts_for
from app.portfolio.worklist import Kind, WorkRow, waiting_counts, worklist
from app.tenants.models import Bureau, Company
from support import make
from support.neighbour import MARK
from support.standstill import effect, notice_in_doubt, stand_still


def rows_of(database: Database, bureau: Bureau) -> list[WorkRow]:
    with database.begin(make.scope(bureau)) as work:
        return worklist(work)


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def hear(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if "set_config" not in statement:
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)


def test_everything_that_waits_is_listed_the_worst_first(database: Database) -> None:
    bureau = make.bureau(database)
    stand_still(database, bureau)
    with database.begin(make.scope(bureau)) as work:
        found_bureau = work.session.get(Bureau, bureau.id)
        assert found_bureau is not None
        found_bureau.sending_stopped_reason = "Gjenopprettet fra sikkerhetskopi"
    kinds = [row.kind for row in rows_of(database, bureau)]
    assert sorted(set(kinds), key=list(Kind).index) == list(Kind)
    assert kinds == sorted(kinds, key=list(Kind).index)


def test_a_row_says_what_where_how_much_and_since_when(database: Database) -> None:
    bureau = make.bureau(database)
    here = stand_still(database, bureau)
    rows = {(row.kind, row.what): row for row in rows_of(database, bureau)}
    warning = rows[Kind.REVIEW, "dunning.notice_by_mail"]
    assert (warning.company_id, warning.company_name, warning.amount_ore) == (here.company.id, here.company.name, 1_000_000)
    assert (warning.target_id, warning.since) == (here.effects["dunning.notice_by_mail"], database.clock.now() - timedelta(hours=1))
    assert warning.subject is not None
    assert warning.claim_id is not None
    refused = rows[Kind.REFUSED, "ledgers.post_payment"]
    assert (refused.amount_ore, refused.reason) == (420_000, "422: no voucher type")
    asked = rows[Kind.QUESTION, "no_due_date"]
    assert (asked.company_id, asked.number, asked.claim_id) == (here.started.id, 1, here.asked.id)
    assert rows[Kind.AUTHORITY, texts.NO_AGREEMENT].company_id == here.started.id
    assert rows[Kind.REFUSED_CASE, "refused"].claim_id == here.refused_claim.id
    assert rows[Kind.CONNECTION, "reconnect"].number == 1
    assert rows[Kind.BLOCKED_NOTICE, "The company has no bank account number: add it in the settings."].number == 1


def test_the_counts_are_those_of_the_list(database: Database) -> None:
    bureau = make.bureau(database)
    here = stand_still(database, bureau)
    rows = rows_of(database, bureau)
    with database.begin(make.scope(bureau)) as work:
        counted = waiting_counts(work)
        alone = worklist(work, here.started.id)
    assert counted.total == len(rows)
    assert counted.by_company == {one.id: sum(row.company_id == one.id for row in rows) for one in (here.company, here.started)}
    assert alone == [row for row in rows if row.company_id == here.started.id]


def test_the_list_is_one_statement_and_so_is_its_count_however_much_there_is(database: Database) -> None:
    bureau = make.bureau(database)
    for _ in range(3):
        stand_still(database, bureau)
    with database.begin(make.scope(bureau)) as work, statements(database) as seen:
        assert len(worklist(work)) > 30
        waiting_counts(work)
    assert len(seen) == 2


def test_nothing_of_the_neighbours_is_listed_or_counted(database: Database) -> None:
    neighbour = make.bureau(database, mark=MARK)
    his = stand_still(database, neighbour, mark=MARK)
    bureau = make.bureau(database)
    make.company(database, bureau)
    assert rows_of(database, bureau) == []
    stand_still(database, bureau)
    assert MARK not in repr(rows_of(database, bureau))
    with database.begin(make.scope(bureau)) as work:
        assert his.company.id not in waiting_counts(work).by_company
        with pytest.raises(LookupError):
            unsettled_act(work, his.effects["dunning.notice_by_mail"])


def test_claims_with_the_same_question_are_one_row(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    debtor = make.debtor(database, company)
    for _ in range(3):
        make.claim(database, make.open_item(database, debtor), step="ask_person", reasons=[{"code": "no_channel", "facts": {}}])
    make.claim(database, make.open_item(database, debtor), step="ask_person", reasons=[{"code": "uncertain_item", "facts": {}}])
    (row,) = rows_of(database, bureau)
    assert (row.kind, row.what, row.number, row.amount_ore, row.claim_id) == (Kind.QUESTION, "no_channel", 3, 3_000_000, None)


def test_an_objection_that_was_upheld_asks_nothing_more(database: Database) -> None:
    bureau = make.bureau(database)
    debtor = make.debtor(database, make.company(database, bureau))
    claim = make.claim(database, make.open_item(database, debtor), step="ask_person", reasons=[{"code": "disputed", "facts": {}}])
    dispute = make.dispute(database, claim)
    assert [row.what for row in rows_of(database, bureau)] == ["disputed"]
    with database.begin(make.scope(bureau)) as work:
        row = work.session.merge(dispute)
        row.decision, row.decision_text, row.decided_by, row.decided_at = "upheld", "Varen kom aldri", "Kari", work.now()
    assert rows_of(database, bureau) == []


def test_a_mail_in_doubt_does_not_wait_where_the_letter_went(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    _, claim = notice_in_doubt(database, company)
    assert len(rows_of(database, bureau)) == 1
    with database.begin(make.scope(bureau)) as work:
        work.session.execute(update(Notice).where(Notice.claim_id == claim.id).values(state="sent"))
    assert rows_of(database, bureau) == []


def test_a_refused_mail_waits_only_while_nothing_has_taken_its_place(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    effect_id, claim = notice_in_doubt(database, company)
    with database.begin(make.scope(bureau)) as work:
        work.session.execute(text("update effects set state = 'refused' where id = :id"), {"id": effect_id})
        work.session.execute(update(Notice).where(Notice.claim_id == claim.id).values(state="undeliverable"))
        work.session.execute(update(Delivery).where(Delivery.company_id == company.id).values(state="refused"))
    (row,) = rows_of(database, bureau)
    assert (row.kind, row.verdicts) == (Kind.REFUSED, (Verdict.GIVE_UP,))
    make.notice(database, claim, kind="collection_warning", round=2)
    assert rows_of(database, bureau) == []


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (None, texts.NO_AGREEMENT), ({"authority_by": None}, texts.NO_AUTHORITY), ({"authority_from": None}, texts.NO_AUTHORITY),
        ({"later": 3}, texts.AUTHORITY_LATER), ({"until": -1}, texts.AUTHORITY_EXPIRED), ({"until": 0}, None), ({}, None),
    ],
)  # fmt: skip
def test_a_missing_authority_is_named_as_the_agency_room_names_it(
    database: Database, terms: dict[str, int | None] | None, expected: str | None
) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.claim(database, make.open_item(database, make.debtor(database, company)), step="hand_over")
    today = database.clock.today()
    if terms is not None:
        columns: dict[str, object] = {name: None for name in ("authority_by", "authority_from") if name in terms}
        if terms.get("later") is not None:
            columns["authority_from"] = today + timedelta(days=terms["later"] or 0)
        if terms.get("until") is not None:
            columns["authority_until"] = today + timedelta(days=terms["until"] or 0)
        make.agreement(database, company, **columns)
    with database.begin(make.scope(bureau)) as work:
        assert agreements.obstacle(work, company.id, today) == expected
        assert [row.what for row in worklist(work)] == ([] if expected is None else [expected])


def test_an_ended_agreement_is_none(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    make.claim(database, make.open_item(database, make.debtor(database, company)), step="hand_over")
    agreement = make.agreement(database, company)
    with database.begin(make.scope(bureau)) as work:
        work.session.execute(update(Agreement).where(Agreement.id == agreement.id).values(valid_until=work.today()))
    assert [row.what for row in rows_of(database, bureau)] == [texts.NO_AGREEMENT]


def test_what_belongs_to_a_closed_company_waits_no_more(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    notice_in_doubt(database, company)
    with database.begin(make.scope(bureau)) as work:
        work.session.execute(update(Company).where(Company.id == company.id).values(closed_at=work.now()))
    assert rows_of(database, bureau) == []


def test_a_payout_that_only_waits_for_its_posting_is_not_listed_twice(database: Database) -> None:
    bureau = make.bureau(database)
    here = stand_still(database, bureau)
    settlements = [row for row in rows_of(database, bureau) if row.kind is Kind.SETTLEMENT]
    assert len(settlements) == 1
    with database.begin(make.scope(bureau)) as work:
        settlement_id = work.session.execute(text("select id from settlements where state = 'question'")).scalar_one()
    effect(database, here.company, "agencies.mark_booked", f"booked:{settlement_id}", {"settlement_id": str(settlement_id)})
    rows = rows_of(database, bureau)
    assert [row.what for row in rows if row.kind is Kind.SETTLEMENT] == []
    assert [row.subject for row in rows if row.what == "agencies.mark_booked"] == ["9001"]


def test_a_claim_paid_meanwhile_is_not_offered_to_the_agency_again(database: Database) -> None:
    bureau = make.bureau(database)
    here = stand_still(database, bureau)
    with database.begin(make.scope(bureau)) as work:
        work.session.execute(update(Claim).where(Claim.id == here.refused_claim.id).values(state="closed"))
    assert Kind.REFUSED_CASE not in {row.kind for row in rows_of(database, bureau)}


def test_a_case_in_doubt_cannot_be_let_be(database: Database) -> None:
    assert verdicts_for("agencies.register_case", "review") == (Verdict.DONE, Verdict.AGAIN)
    assert verdicts_for("agencies.register_case", "refused") == ()
    assert verdicts_for("messaging.mail", "sent") == ()


def test_an_act_is_shown_with_what_a_person_needs_to_look_it_up(database: Database) -> None:
    bureau = make.bureau(database)
    here = stand_still(database, bureau)
    with database.begin(make.scope(bureau)) as work:
        mail = unsettled_act(work, here.effects["dunning.notice_by_mail"])
        case = unsettled_act(work, here.effects["agencies.register_case"])
        posting = unsettled_act(work, here.effects["ledgers.post_payment"])
    assert mail.address == "faktura@nordlys.example"
    assert case.reference == case.row.payload["case_id"]
    assert (posting.amount_ore, posting.paid_on) == (420_000, database.clock.today())
