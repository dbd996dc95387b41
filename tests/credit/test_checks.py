"""Credit checks: asked with a need, answered once, failed when the registers fail, and by this company's own ledger only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from app.credit import checks, queries
from app.credit.adapters.brreg import BrregRegister
from app.credit.checks import CheckError
from app.credit.models import CreditCheck
from app.credit.ports import Insolvency
from app.db.scope import Actor, CompanyScope
from app.db.unit_of_work import Database
from app.net.errors import TryLaterError
from app.net.http import HttpClient
from app.tenants.models import Company
from support import make
from support.paper_register import PaperRegister
from support.sandbox import Control, borrowed_sandbox

NUMBER = "974760673"
NEED = "Ordre på 50 000 kroner med 30 dagers kreditt"
KARI = Actor("user", None, "Kari Nordmann")


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database))


@pytest.fixture
def register(database: Database) -> PaperRegister:
    register = PaperRegister(database.clock)
    register.put(NUMBER)
    register.file(NUMBER, equity=2_000_000_00, current_assets=3_000_000_00, current_debt=2_200_000_00)
    return register


def check(database: Database, register, company: Company, order_ore: int = 50_000_00, debtor_id=None) -> CreditCheck:
    check_id = checks.check_now(database.begin, make.scope(company), KARI, register, company.id, NUMBER, order_ore, NEED, debtor_id)
    with database.begin(make.scope(company)) as work:
        return queries.check(work, check_id)


def test_a_check_keeps_who_asked_why_and_what_was_answered(database: Database, company: Company, register: PaperRegister) -> None:
    kept = check(database, register, company)
    assert (kept.state, kept.advice, kept.limit_ore, kept.upfront_ore) == ("done", "open_credit", 200_000_00, 0)
    assert (kept.requested_by, kept.legitimate_need, kept.subject_name) == ("Kari Nordmann", NEED, "NORDLYS BYGG AS")
    assert kept.figures is not None
    assert kept.figures["accounts"]["years"][0]["figure_on"] == "2025-12-31"
    assert kept.figures["unit"]["fetched_at"].startswith("2026-11-23")
    assert {"code", "params", "source", "figure_on"} == set(kept.reasons[0])


@pytest.mark.parametrize(
    ("number", "order_ore", "need", "field"),
    [
        ("974760674", 1, NEED, "organisation_number"),
        ("hello", 1, NEED, "organisation_number"),
        (NUMBER, -1, NEED, "order_ore"),
        (NUMBER, 1, "  ordre   ", "legitimate_need"),
        (NUMBER, 1, "x" * 2001, "legitimate_need"),
    ],
)
def test_a_check_that_cannot_stand_names_its_field(
    database: Database, company: Company, number: str, order_ore: int, need: str, field: str
) -> None:
    with database.begin(make.scope(company)) as work, pytest.raises(CheckError) as fault:
        checks.request_check(work, company.id, number, order_ore, need)
    assert fault.value.field == field


def test_a_number_may_be_written_as_people_write_it(database: Database, company: Company) -> None:
    with database.begin(make.scope(company)) as work:
        check_id = checks.request_check(work, company.id, "NO 974 760 673 MVA", 0, NEED)
        assert queries.check(work, check_id).organisation_number == NUMBER


def test_a_debtor_of_another_company_cannot_be_named(database: Database, company: Company) -> None:
    other = make.company(database, make.bureau(database))
    debtor = make.debtor(database, other, organisation_number=NUMBER)
    sibling = make.debtor(database, make.company(database, make.bureau(database)), organisation_number=NUMBER)
    with database.begin(make.scope(company)) as work:
        for one in (debtor, sibling):
            with pytest.raises(CheckError) as fault:
                checks.request_check(work, company.id, NUMBER, 0, NEED, one.id)
            assert fault.value.field == "debtor_id"


def test_a_neighbours_company_and_checks_do_not_exist(database: Database, company: Company, neighbour) -> None:
    with database.begin(make.scope(company)) as work:
        with pytest.raises(LookupError):
            checks.request_check(work, neighbour.company.id, NUMBER, 0, NEED)
        with pytest.raises(LookupError):
            queries.check(work, neighbour.credit_check.id)
        assert queries.checks(work, company_id=neighbour.company.id).rows == []


def test_a_companys_own_user_checks_for_his_own_company_only(database: Database, company: Company, register: PaperRegister) -> None:
    other = make.company(database, make.bureau(database))
    scope = CompanyScope(company.bureau_id, company.id)
    with pytest.raises(LookupError):
        checks.check_now(database.begin, scope, KARI, register, other.id, NUMBER, 0, NEED)
    assert checks.check_now(database.begin, scope, KARI, register, company.id, NUMBER, 0, NEED)


def test_trouble_at_the_register_is_a_failed_check_and_never_an_advice(
    database: Database, company: Company, register: PaperRegister
) -> None:
    register.trouble = TryLaterError("the register answered with status 503")
    kept = check(database, register, company)
    assert (kept.state, kept.advice, kept.limit_ore, kept.problem) == ("failed", None, None, "the register answered with status 503")


def test_an_answered_check_is_not_asked_again(database: Database, company: Company, register: PaperRegister) -> None:
    kept = check(database, register, company)
    asked = len(register.asked)
    assert checks.run_check(database.begin, register, company.bureau_id, kept.id) == "done"
    assert len(register.asked) == asked


def test_no_accounts_are_fetched_of_a_person(database: Database, company: Company, register: PaperRegister) -> None:
    register.put(NUMBER, form="ENK", name="OLA NORDMANN")
    assert check(database, register, company).advice == "ask_person"
    assert register.asked == [NUMBER]


def test_the_companys_own_experience_counts_without_what_is_disputed(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company, organisation_number=NUMBER)
    today = database.clock.today()
    late = make.open_item(database, debtor, state="paid", due_on=today - timedelta(days=60))
    make.payment(database, late, 1_000_000, paid_on=today - timedelta(days=30))
    assert check(database, register, company).advice == "part_payment"
    claim = make.claim(database, late)
    make.dispute(database, claim)
    kept = check(database, register, company)
    assert kept.advice == "open_credit"
    assert kept.figures is not None
    assert kept.figures["history"]["paid_count"] == 0


def test_a_rejected_objection_excuses_nothing(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company, organisation_number=NUMBER)
    overdue = make.open_item(database, debtor)
    decided = {"decided_at": database.clock.now(), "decided_by": "Kari", "decision_text": "levert"}
    make.dispute(database, make.claim(database, overdue), decision="rejected", **decided)
    kept = check(database, register, company)
    assert kept.advice == "part_payment"
    assert [reason["code"] for reason in kept.reasons if reason["code"] == "overdue_now"] == ["overdue_now"]


def test_what_another_company_of_the_bureau_has_seen_is_not_told(database: Database, register: PaperRegister) -> None:
    bureau = make.bureau(database)
    asking, other = make.company(database, bureau), make.company(database, bureau)
    make.open_item(database, make.debtor(database, other, organisation_number=NUMBER))
    kept = check(database, register, asking)
    assert kept.advice == "open_credit"
    assert kept.figures is not None
    assert kept.figures["history"]["open_ore"] == 0


def test_what_is_open_already_counts_against_the_limit(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company, organisation_number=NUMBER)
    make.open_item(database, debtor, original_ore=180_000_00, due_on=database.clock.today() + timedelta(days=10))
    kept = check(database, register, company, debtor_id=debtor.id)
    assert (kept.advice, kept.upfront_ore) == ("part_payment", 30_000_00)


def test_checks_are_listed_newest_first_page_by_page(database: Database, company: Company) -> None:
    made = [make.credit_check(database, company).id for _ in range(3)]
    with database.begin(make.scope(company)) as work:
        first = queries.checks(work, company_id=company.id, limit=2)
        assert [row.id for row in first.rows] == [made[2], made[1]]
        second = queries.checks(work, company_id=company.id, limit=2, cursor=first.next_cursor)
        assert ([row.id for row in second.rows], second.next_cursor) == ([made[0]], None)


@pytest.fixture
def played(database: Database) -> Iterator[tuple[Control, BrregRegister]]:
    with borrowed_sandbox(database.clock.now) as sandbox:
        control = Control(sandbox.url)
        register = BrregRegister(HttpClient(f"{sandbox.url}/brreg", timeout_seconds=3), database.clock, lambda _: None)
        yield control, register
        register.close()
        control.close()


def test_over_http_a_check_goes_from_the_registers_figures_to_an_advice(
    database: Database, company: Company, played: tuple[Control, BrregRegister]
) -> None:
    control, register = played
    control.put(f"/brreg/units/{NUMBER}", {"navn": "ØST BYGG AS"})
    figures = {"equity": 1_500_000, "current_assets": 900_000, "current_debt": 500_000}
    control.put(f"/brreg/accounts/{NUMBER}", {"filings": [{"year": 2024, "figures": figures}, {"year": 2025, "figures": figures}]})
    kept = check(database, register, company)
    assert (kept.state, kept.advice, kept.limit_ore, kept.subject_name) == ("done", "open_credit", 100_000_00, "ØST BYGG AS")


def test_over_http_a_bankrupt_company_is_declined(database: Database, company: Company, played: tuple[Control, BrregRegister]) -> None:
    control, register = played
    control.put(f"/brreg/units/{NUMBER}", {"konkurs": True, "konkursdato": "2026-11-02"})
    kept = check(database, register, company)
    assert kept.advice == "decline"
    assert kept.reasons is not None
    assert kept.reasons[0]["params"] == {"since_on": "2026-11-02"}
    assert kept.figures is not None
    assert kept.figures["unit"]["insolvency"] == Insolvency.BANKRUPT.value


def test_over_http_a_register_that_breaks_fails_the_check(
    database: Database, company: Company, played: tuple[Control, BrregRegister]
) -> None:
    control, register = played
    control.put(f"/brreg/units/{NUMBER}", {})
    control.fault("/regnskapsregisteret", "status", times=5, status=503)
    kept = check(database, register, company)
    assert (kept.state, kept.advice) == ("failed", None)


def test_a_date_of_figures_is_a_plain_date(database: Database, company: Company, register: PaperRegister) -> None:
    kept = check(database, register, company)
    assert kept.reasons is not None
    assert date.fromisoformat(kept.reasons[0]["figure_on"]) == date(2025, 12, 31)
