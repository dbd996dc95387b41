"""The stop list: found by the daily watch, one task for each company that is owed, never a word from one bureau or company to another."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.credit import standing
from app.credit.ports import Insolvency
from app.db.unit_of_work import Database
from app.dunning import circumstances, claims, limitation_events, recording_circumstances
from app.dunning.law import Law
from app.dunning.stop_list import Stopped, stop_list
from app.portfolio.worklist import Kind, worklist
from app.receivables.models import Debtor
from app.tenants.models import Bureau, Company
from support import make
from support.paper_register import PaperRegister

FOUND_ON = date(2026, 11, 9)
TASK = (Kind.QUESTION, "debtor_bankrupt")


@pytest.fixture
def bureau(database: Database) -> Bureau:
    return make.bureau(database)


def listed(database: Database, bureau: Bureau, only: Company | None = None) -> list[Stopped]:
    with database.begin(make.scope(bureau)) as work:
        return stop_list(work, only.id if only else None)


def owing(database: Database, company: Company, *amounts_ore: int, **columns: object) -> Debtor:
    debtor = make.debtor(database, company, **columns)
    for amount in amounts_ore:
        make.claim(database, make.open_item(database, debtor, original_ore=amount))
    return debtor


def test_each_company_sees_what_it_alone_is_owed_and_no_other_bureau_sees_anything(database: Database, bureau: Bureau) -> None:
    number, stranger = make.organisation_number(), make.company(database, make.bureau(database))
    first, second = make.company(database, bureau), make.company(database, bureau)
    debtor = owing(database, first, 100_00, 250_00, organisation_number=number, insolvency="bankrupt", insolvency_on=FOUND_ON)
    make.claim(database, make.open_item(database, debtor, original_ore=999_00), state="closed")
    owing(database, second, 70_00, organisation_number=number, insolvency="bankrupt", insolvency_on=FOUND_ON)
    owing(database, second, 80_00)
    owing(database, stranger, 60_00, organisation_number=number, insolvency="bankrupt")
    lines = listed(database, bureau)
    assert [(one.company_id, one.claims, one.open_ore) for one in lines] == [(first.id, 2, 350_00), (second.id, 1, 70_00)]
    assert {(one.state, one.source, one.since_on) for one in lines} == {("bankrupt", "register", FOUND_ON)}
    assert [one.company_id for one in listed(database, bureau, second)] == [second.id]


def test_a_winding_up_alone_and_a_mark_that_ended_stop_nobody(database: Database, bureau: Bureau) -> None:
    company = make.company(database, bureau)
    owing(database, company, 100_00, insolvency="liquidation")
    debtor = owing(database, company, 200_00)
    with database.begin(make.scope(company)) as work:
        row = recording_circumstances.record(work, debtor.id, "bankrupt", FOUND_ON, "Tingretten")
    [line] = listed(database, bureau)
    assert (line.debtor_id, line.state, line.source, line.since_on) == (debtor.id, "bankrupt", "person", FOUND_ON)
    with database.begin(make.scope(company)) as work:
        assert circumstances.active(work, debtor.id)
        recording_circumstances.end(work, debtor.id, row.id)
    assert listed(database, bureau) == []


def test_what_is_filed_and_what_an_agency_still_has_is_counted(database: Database, bureau: Bureau) -> None:
    company = make.company(database, bureau)
    debtor = make.debtor(database, company, insolvency="bankrupt", insolvency_on=FOUND_ON)
    filed, handed_over = (make.claim(database, make.open_item(database, debtor)) for _ in range(2))
    make.agency_case(database, make.agreement(database, company), handed_over)
    with database.begin(make.scope(company)) as work:
        event = limitation_events.record(work, filed.id, "insolvency_filing", database.clock.today(), "Brev til bostyrer")
    [line] = listed(database, bureau)
    assert (line.claims, line.filed, line.at_agency) == (2, 1, 1)
    with database.begin(make.scope(company)) as work:
        limitation_events.withdraw(work, filed.id, event.id)
    assert [one.filed for one in listed(database, bureau)] == [0]


def test_the_daily_watch_makes_one_task_for_each_company_that_is_owed(database: Database, bureau: Bureau) -> None:
    """Also where an agency has one of the claims: the task counts it, and nothing is planned for any of them."""
    register, number = PaperRegister(database.clock), make.organisation_number()
    first, second, untouched = (make.company(database, bureau) for _ in range(3))
    yesterday = database.clock.now() - timedelta(hours=25)
    debtor = owing(database, first, 100_00, 250_00, organisation_number=number, standing_checked_at=yesterday)
    handed_over = make.claim(database, make.open_item(database, debtor, original_ore=50_00))
    make.agency_case(database, make.agreement(database, first), handed_over)
    owing(database, second, 70_00, organisation_number=number, standing_checked_at=yesterday)
    owing(database, untouched, 80_00, standing_checked_at=database.clock.now())
    register.put(number, insolvency=Insolvency.BANKRUPT, insolvency_on=FOUND_ON)
    for company in (first, second, untouched):
        standing.check_again(database.begin, register, bureau.id, company.id, pause=lambda _: None)
        with database.begin(make.scope(bureau)) as work:
            waiting = claims.due_by_company(work, company.id, everything=True)
            claims.evaluate(work, [one for page in waiting.values() for one in page], Law())
    with database.begin(make.scope(bureau)) as work:
        asked = [(row.company_id, row.number, row.amount_ore) for row in worklist(work) if (row.kind, row.what) == TASK]
    assert sorted(asked, key=str) == sorted([(first.id, 3, 400_00), (second.id, 1, 70_00)], key=str)
    assert register.asked == [number, number]
