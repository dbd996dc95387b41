"""Where debtors stand: looked up once when new, again every day while they owe, and told upwards when it matters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from app.credit import standing
from app.credit.adapters.brreg import BrregRegister
from app.credit.ports import CreditRegister, Insolvency
from app.db.unit_of_work import Database
from app.jobs.resources import Resources
from app.net.errors import TryLaterError
from app.net.http import HttpClient
from app.receivables.models import Debtor
from app.tenants.models import Company
from app.values.clock import FixedClock
from support import make
from support.drain import drain
from support.paper_register import PaperRegister
from support.sandbox import Control, borrowed_sandbox

LEAVING = frozenset({"dunning.evaluate_company"})


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database))


@pytest.fixture
def register(database: Database) -> PaperRegister:
    return PaperRegister(database.clock)


def check_new(database: Database, register, company: Company, page: int = standing.PAGE_DEBTORS) -> bool:
    return standing.check_new(database.begin, register, company.bureau_id, company.id, pause=lambda _: None, page=page)


def check_again(database: Database, register, company: Company) -> bool:
    return standing.check_again(database.begin, register, company.bureau_id, company.id, pause=lambda _: None)


def again(database: Database, debtor: Debtor) -> Debtor:
    with database.begin(make.scope(debtor)) as work:
        return work.session.get_one(Debtor, (debtor.bureau_id, debtor.id))


def rung(database: Database) -> list[str]:
    with database.engine.connect() as connection:
        return list(connection.exec_driver_sql("select job from outbox order by position").scalars())


def test_a_new_debtor_is_looked_up_once(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company)
    register.put(debtor.organisation_number or "")
    check_new(database, register, company)
    check_new(database, register, company)
    assert register.asked == [debtor.organisation_number]
    kept = again(database, debtor)
    assert (kept.insolvency, kept.kind, kept.standing_checked_at) == ("none", "business", database.clock.now())
    assert rung(database) == []


@pytest.mark.parametrize("state", sorted(standing.STOPPING))
def test_an_insolvent_debtor_is_marked_and_his_claims_are_decided_anew(
    database: Database, company: Company, register: PaperRegister, state: Insolvency
) -> None:
    debtor = make.debtor(database, company)
    register.put(debtor.organisation_number or "", insolvency=state, insolvency_on=date(2026, 11, 2))
    check_new(database, register, company)
    kept = again(database, debtor)
    assert (kept.insolvency, kept.insolvency_on) == (state.value, date(2026, 11, 2))
    assert rung(database) == ["dunning.evaluate_company"]


@pytest.mark.parametrize(("form", "kind"), [("ENK", "sole_proprietor"), ("KOMM", "public"), ("AS", "business")])
def test_the_form_tells_the_kind(database: Database, company: Company, register: PaperRegister, form: str, kind: str) -> None:
    debtor = make.debtor(database, company)
    register.put(debtor.organisation_number or "", form=form)
    check_new(database, register, company)
    assert again(database, debtor).kind == kind


def test_whom_the_ledger_calls_a_private_person_keeps_his_protection(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company, kind="consumer")
    register.put(debtor.organisation_number or "", form="ENK")
    check_new(database, register, company)
    assert again(database, debtor).kind == "consumer"


def test_what_a_person_or_court_has_said_stays(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company, insolvency="debt_settlement")
    register.put(debtor.organisation_number or "")
    check_new(database, register, company)
    assert again(database, debtor).insolvency == "debt_settlement"


def test_a_bankruptcy_that_was_reversed_is_lifted(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company, insolvency="bankrupt", insolvency_on=date(2026, 10, 1))
    register.put(debtor.organisation_number or "")
    check_new(database, register, company)
    assert (again(database, debtor).insolvency, again(database, debtor).insolvency_on) == ("none", None)
    assert rung(database) == ["dunning.evaluate_company"]


def test_debtors_that_owe_are_looked_up_again_after_a_day(
    database: Database, company: Company, register: PaperRegister, clock: FixedClock
) -> None:
    owing, settled = make.debtor(database, company), make.debtor(database, company)
    make.open_item(database, owing)
    make.open_item(database, settled, state="paid", remaining_ore=0)
    check_new(database, register, company)
    register.asked.clear()
    check_again(database, register, company)
    assert register.asked == []
    clock.move(timedelta(hours=24))
    check_again(database, register, company)
    assert register.asked == [owing.organisation_number]


def test_one_number_on_many_cards_is_one_question(database: Database, company: Company, register: PaperRegister) -> None:
    first = make.debtor(database, company)
    second = make.debtor(database, company, organisation_number=first.organisation_number)
    register.put(first.organisation_number or "", insolvency=Insolvency.BANKRUPT)
    check_new(database, register, company)
    assert register.asked == [first.organisation_number]
    assert {again(database, first).insolvency, again(database, second).insolvency} == {"bankrupt"}


def test_a_debtor_without_number_is_nobodys_business(database: Database, company: Company, register: PaperRegister) -> None:
    make.debtor(database, company, organisation_number=None, kind="consumer")
    check_new(database, register, company)
    assert register.asked == []


def test_more_than_a_page_is_done_page_by_page(database: Database, company: Company, register: PaperRegister) -> None:
    for _ in range(3):
        make.debtor(database, company)
    assert check_new(database, register, company, page=2) is True
    assert len(register.asked) == 2
    assert check_new(database, register, company, page=2) is False
    assert len(register.asked) == 3


def test_a_register_that_is_away_leaves_the_rest_for_later(database: Database, company: Company, register: PaperRegister) -> None:
    debtor = make.debtor(database, company)
    register.trouble = TryLaterError("away")
    with pytest.raises(TryLaterError):
        check_new(database, register, company)
    assert again(database, debtor).standing_checked_at is None


def test_a_neighbours_debtors_are_not_looked_up(database: Database, company: Company, register: PaperRegister, neighbour) -> None:
    standing.check_new(database.begin, register, company.bureau_id, neighbour.company.id, pause=lambda _: None)
    assert register.asked == []


@pytest.fixture
def played(resources: Resources) -> Iterator[Control]:
    with borrowed_sandbox(resources.clock.now) as sandbox:
        control = Control(sandbox.url)
        register = BrregRegister(HttpClient(f"{sandbox.url}/brreg", timeout_seconds=3), resources.clock, lambda _: None)
        resources.provide(CreditRegister, register)
        yield control
        register.close()
        control.close()


def test_over_http_the_daily_round_finds_the_debtor_who_went_bankrupt(
    database: Database, company: Company, resources: Resources, played: Control, clock: FixedClock
) -> None:
    debtor = make.debtor(database, company)
    make.open_item(database, debtor)
    played.put(f"/brreg/units/{debtor.organisation_number}", {})
    ids = {"bureau_id": str(company.bureau_id)}
    with database.begin(make.scope(company)) as work:
        work.enqueue("credit.check_new_debtors", **ids, company_id=str(company.id))
    drain(resources, leaving=LEAVING)
    assert again(database, debtor).insolvency == "none"
    played.put(f"/brreg/units/{debtor.organisation_number}", {"konkurs": True, "konkursdato": "2026-11-24"})
    clock.move(timedelta(days=1))
    with database.begin(make.scope(company)) as work:
        work.enqueue("credit.watch_bureau", **ids)
    ran = drain(resources, leaving=LEAVING)
    assert ran["credit.watch_company"] == 1
    assert (again(database, debtor).insolvency, again(database, debtor).insolvency_on) == ("bankrupt", date(2026, 11, 24))
