"""Agreements and authorities: who may hand over, through whom, and since when."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from app.agencies import agreements
from app.agencies.agreements import AgreementError, Terms
from app.db.unit_of_work import Database
from support import make

FROM = date(2026, 11, 1)
GOOD = Terms("kravia", "4711", "Daglig leder Kari Nordmann", FROM)


@pytest.fixture
def company(database: Database):
    return make.company(database, make.bureau(database))


def test_a_company_with_agreement_and_authority_has_no_obstacle(database: Database, company) -> None:
    with database.begin(make.scope(company)) as work:
        made = agreements.set_agreement(work, company.id, GOOD)
        current = agreements.current(work, company.id)
        assert current is not None
        assert current.id == made
        assert agreements.obstacle(work, company.id, database.clock.today()) is None


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        (None, "no agreement"),
        (Terms("kravia", "1"), "No written authority"),
        (Terms("kravia", "1", "Kari", date(2026, 12, 24)), "not in force"),
        (Terms("kravia", "1", "Kari", FROM, date(2026, 11, 22)), "expired"),
    ],
)
def test_every_lack_has_its_own_words(database: Database, company, terms: Terms | None, told: str) -> None:
    with database.begin(make.scope(company)) as work:
        if terms is not None:
            agreements.set_agreement(work, company.id, terms)
        assert told in (agreements.obstacle(work, company.id, database.clock.today()) or "")


def test_an_authority_holds_through_its_last_day(database: Database, company) -> None:
    today = database.clock.today()
    with database.begin(make.scope(company)) as work:
        agreements.set_agreement(work, company.id, Terms("kravia", "1", "Kari", FROM, today))
        assert agreements.obstacle(work, company.id, today) is None
        assert agreements.obstacle(work, company.id, today + timedelta(days=1)) is not None


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms("", "1"), "agency"),
        (Terms("kravia", "  "), "creditor_ref"),
        (Terms("kravia", "x" * 61), "creditor_ref"),
        (Terms("kravia", "1", "Kari"), "authority_from"),
        (Terms("kravia", "1", "Kari", FROM, FROM - timedelta(days=1)), "authority_until"),
    ],
)
def test_terms_that_cannot_stand_name_their_field(database: Database, company, terms: Terms, field: str) -> None:
    with database.begin(make.scope(company)) as work, pytest.raises(AgreementError) as fault:
        agreements.set_agreement(work, company.id, terms)
    assert fault.value.field == field


def test_a_new_authority_keeps_the_agreement_and_another_creditor_number_makes_a_new_one(database: Database, company) -> None:
    with database.begin(make.scope(company)) as work:
        first = agreements.set_agreement(work, company.id, GOOD)
        assert agreements.set_agreement(work, company.id, Terms("kravia", "4711", "Ola", FROM)) == first
        assert agreements.set_agreement(work, company.id, Terms("kravia", "4712", "Ola", FROM)) != first
        current = agreements.current(work, company.id)
        assert current is not None
        assert current.creditor_ref == "4712"


def test_an_ended_agreement_hands_over_nothing_more(database: Database, company) -> None:
    with database.begin(make.scope(company)) as work:
        agreements.set_agreement(work, company.id, GOOD)
        assert agreements.end_agreement(work, company.id)
        assert not agreements.end_agreement(work, company.id)
        assert "no agreement" in (agreements.obstacle(work, company.id, database.clock.today()) or "")


def test_a_neighbours_company_does_not_exist(database: Database, company, neighbour) -> None:
    with database.begin(make.scope(company)) as work:
        with pytest.raises(LookupError):
            agreements.set_agreement(work, neighbour.company.id, GOOD)
        assert agreements.current(work, neighbour.company.id) is None


def test_a_creditor_number_serves_one_company_only_whichever_bureau_asks(database: Database) -> None:
    first, second = make.bureau(database), make.bureau(database)
    ours, theirs = make.company(database, first), make.company(database, second)
    with database.begin(make.scope(ours)) as work:
        agreements.set_agreement(work, ours.id, agreements.Terms("kravia", "990011"))
    with pytest.raises(agreements.AgreementError) as refused, database.begin(make.scope(theirs)) as work:
        agreements.set_agreement(work, theirs.id, agreements.Terms("kravia", "990011"))
    assert refused.value.field == "creditor_ref"
    with database.begin(make.scope(ours)) as work:
        agreements.set_agreement(work, ours.id, agreements.Terms("kravia", "990011", "Daglig leder", work.today()))
