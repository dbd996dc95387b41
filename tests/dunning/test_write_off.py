"""A loss has a ground, and a ground is not proven before its last proof: six months and a day, three spaced reminders, no objection."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.db.unit_of_work import Database
from app.dunning import limitation_events
from app.dunning.loss_candidates import LossCandidate, candidates
from app.dunning.write_off import DAYS_BETWEEN, Ground, LossFacts, Proof, findings, spaced
from app.tenants.models import Company
from app.values.calendar import add_months
from support import make

DUE = date(2026, 3, 2)
THREE = (date(2026, 3, 20), date(2026, 4, 10), date(2026, 5, 1))
DAYS = st.dates(date(2025, 1, 1), date(2028, 12, 31))
FACTS = st.builds(
    LossFacts, due_on=st.none() | DAYS, reminded_on=st.lists(DAYS, max_size=6).map(tuple), disputed=st.booleans(), at_agency=st.booleans(),
    agency_closed_on=st.none() | DAYS, insolvent=st.booleans(), gone=st.booleans(), filed=st.booleans(),
)  # fmt: skip


def proven(facts: LossFacts, today: date) -> list[Ground]:
    return [one.ground for one in findings(facts, today) if one.proven]


def test_six_months_must_have_passed() -> None:
    facts = LossFacts(DUE, THREE)
    assert proven(facts, date(2026, 9, 2)) == []
    assert proven(facts, date(2026, 9, 3)) == [Ground.REMINDED]
    assert proven(LossFacts(date(2025, 8, 31), THREE), date(2026, 2, 28)) == []


def test_two_reminders_on_one_day_are_one_and_one_before_the_due_date_is_none() -> None:
    [found] = findings(LossFacts(DUE, (THREE[0], THREE[0], THREE[1])), date(2026, 10, 1))
    assert (found.there[0], found.missing) == (Proof.SIX_MONTHS, (Proof.THREE_REMINDERS,))
    assert spaced((DUE, DUE + timedelta(days=1), DUE + timedelta(days=DAYS_BETWEEN)), DUE, date(2026, 10, 1)) == (DUE + timedelta(days=1),)


def test_an_agency_that_gave_up_is_ground_enough_but_not_while_another_works_on_it() -> None:
    closed = LossFacts(None, agency_closed_on=date(2026, 10, 1))
    assert proven(closed, date(2026, 9, 30)) == []
    assert proven(closed, date(2026, 10, 1)) == [Ground.COLLECTION_IN_VAIN]
    assert proven(LossFacts(None, agency_closed_on=date(2026, 10, 1), at_agency=True), date(2026, 10, 2)) == []


def test_an_estate_and_a_struck_debtor_always_wait_for_a_persons_word() -> None:
    found = findings(LossFacts(DUE, insolvent=True, gone=True, filed=True), date(2026, 5, 1))
    assert [(one.ground, one.missing) for one in found] == [
        (Ground.NO_COVER, (Proof.ESTATE_SHOWS_NO_COVER,)), (Ground.OTHERWISE_CLEAR, (Proof.NO_SUCCESSOR,)),
    ]  # fmt: skip


@given(FACTS, DAYS)
def test_nothing_is_proven_before_its_proofs(facts: LossFacts, today: date) -> None:
    for ground in proven(facts, today):
        assert not facts.disputed
        assert not facts.at_agency
        assert ground in {Ground.COLLECTION_IN_VAIN, Ground.REMINDED}
        if ground is Ground.COLLECTION_IN_VAIN:
            assert facts.agency_closed_on is not None
            assert facts.agency_closed_on <= today
        else:
            assert facts.due_on is not None
            assert today > add_months(facts.due_on, 6)
            assert len({day for day in facts.reminded_on if facts.due_on < day <= today}) >= 3


@given(FACTS, DAYS)
def test_every_proof_is_either_there_or_missing_and_the_proven_come_first(facts: LossFacts, today: date) -> None:
    found = findings(facts, today)
    assert [one.proven for one in found] == sorted((one.proven for one in found), reverse=True)
    for one in found:
        assert not set(one.there) & set(one.missing)
        assert {Proof.NOT_DISPUTED, Proof.NOT_AT_AGENCY} <= set(one.there) | set(one.missing)


def listed(database: Database, company: Company, only: Company | None = None) -> list[LossCandidate]:
    with database.begin(make.scope(company)) as work:
        return candidates(work, only.id if only else None)


def test_the_list_reads_the_books_and_keeps_bureaus_and_companies_apart(database: Database) -> None:
    bureau = make.bureau(database)
    company, other, today = make.company(database, bureau), make.company(database, bureau), database.clock.today()
    stranger = make.company(database, make.bureau(database))
    debtor = make.debtor(database, company)
    old = make.claim(database, make.open_item(database, debtor, due_on=today - timedelta(days=250), document_number="GAMMEL"))
    for days, kind, number in ((200, "reminder", 1), (170, "reminder", 2), (140, "collection_warning", 1), (260, "due_notice", 1)):
        make.notice(database, old, kind=kind, round=number, sent_on=today - timedelta(days=days))
    make.claim(database, make.open_item(database, debtor, document_number="NY"))
    given_back = make.claim(database, make.open_item(database, debtor, document_number="UTEN HELL", original_ore=5_00))
    closed = {"state": "closed", "closed_at": database.clock.now()}
    make.agency_case(database, make.agreement(database, company), given_back, **closed)
    bankrupt = make.claim(database, make.open_item(database, make.debtor(database, other, insolvency="bankrupt")))
    assert listed(database, stranger) == []
    assert [one.claim_id for one in listed(database, company, other)] == [bankrupt.id]
    lines = {one.invoice: one for one in listed(database, company, company)}
    assert lines.keys() == {"GAMMEL", "UTEN HELL"}
    assert [(one.ground, one.proven) for one in lines["GAMMEL"].findings] == [(Ground.REMINDED, True)]
    assert lines["GAMMEL"].reminders == 3
    assert [one.ground for one in lines["UTEN HELL"].findings] == [Ground.COLLECTION_IN_VAIN]
    with database.begin(make.scope(company)) as work:
        limitation_events.record(work, bankrupt.id, "insolvency_filing", today, "Brev til bostyrer")
    assert listed(database, company, other)[0].findings[0].missing == (Proof.ESTATE_SHOWS_NO_COVER,)


def test_a_claim_that_is_disputed_is_not_lost(database: Database) -> None:
    company = make.company(database, make.bureau(database))
    claim = make.claim(database, make.open_item(database, make.debtor(database, company)))
    closed = {"state": "closed", "closed_at": database.clock.now()}
    make.agency_case(database, make.agreement(database, company), claim, **closed)
    make.dispute(database, claim)
    [line] = listed(database, company)
    assert not line.proven
    assert line.findings[0].missing == (Proof.NOT_DISPUTED,)
