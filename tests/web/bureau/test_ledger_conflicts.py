"""Who writes to the debtors: each conflict with the switch to turn, and a company's yes to both."""

from __future__ import annotations

from datetime import date

import pytest

from app.db.unit_of_work import Database
from app.dunning import policies
from app.dunning.tiers import Place
from app.ledgers.adapters.fiken import FikenLedger
from app.ledgers.adapters.poweroffice import PowerOfficeLedger
from app.ledgers.adapters.tripletex import TripletexLedger
from app.ledgers.capabilities import Capabilities
from app.ledgers.doors import Ledgers
from app.portfolio.ledger_conflicts import conflicts
from app.web.house import House
from support import make
from support.pages import house_of, words_of

SWITCH = ["isAutomaticReminderEnabled"]


class KnownLedgers:
    """What the adapters say of themselves, with no ledger behind them."""

    def known(self) -> tuple[Capabilities, ...]:
        return TripletexLedger.capabilities, FikenLedger.capabilities, PowerOfficeLedger.capabilities


@pytest.fixture
def house(database: Database) -> House:
    made = house_of(database)
    made.resources.provide(Ledgers, KnownLedgers())  # type: ignore[type-abstract, arg-type]
    return made


@pytest.fixture
def tripletex(database: Database, scene):
    return make.company_link(database, make.connection(database, scene.bureau), scene.company)


def accepts(database: Database, scene) -> bool:
    with database.begin(make.scope(scene.bureau)) as work:
        return policies.for_companies(work, [scene.company.id])[scene.company.id].policy.accept_ledger_dunning


def test_a_switch_that_is_on_is_named_with_the_debtors_it_is_on_for(browse, scene, database, tripletex):
    debtor = make.debtor(database, scene.company, name="Ås Rør AS", own_dunning=SWITCH)
    make.open_item(database, debtor)
    make.debtor(database, scene.company, name="Skylder intet AS", own_dunning=SWITCH)
    text = words_of(browse(scene.admin).get("/conflicts").text)
    assert "1 skyldner med noe åpent har en bryter på i regnskapet: Ås Rør AS" in text
    assert "Automatisk purring med gebyr" in text
    assert "åpne kundekortet og slå av automatiske purringer" in text
    assert "Skylder intet" not in text
    assert "Krav holdes tilbake" in text


def test_notices_and_cases_of_the_ledger_are_counted(browse, scene, database, tripletex):
    said = [{"on": "2026-11-01", "kind": "reminder", "fee_ore": 3_500, "deadline_on": None}]
    make.open_item(database, scene.debtor, ledger_notices=said, ledger_reminders=[date(2026, 11, 1)])
    make.open_item(database, scene.debtor, ledger_notices=[said[0] | {"kind": "collection"}], ledger_reminders=[date(2026, 11, 9)])
    text = words_of(browse(scene.admin).get("/conflicts").text)
    assert "Regnskapet ga 1 åpen faktura til et inkassoforetak" in text
    assert "Regnskapet har selv skrevet om 2 åpne fakturaer. Sist 09.11.2026 ." in text


def test_a_ledger_that_does_not_tell_is_not_called_silent(browse, scene, database):
    make.company_link(database, make.connection(database, scene.bureau, ledger="fiken"), scene.company)
    text = words_of(browse(scene.admin).get("/conflicts").text)
    assert "Ikke kjent" in text
    assert "Fiken forteller ikke om det purrer selv" in text
    assert "Bare vi" not in text


def test_a_company_may_want_both_and_think_again(browse, scene, database, tripletex):
    make.open_item(database, make.debtor(database, scene.company, own_dunning=SWITCH))
    browser = browse(scene.admin)
    path = f"/companies/{scene.company.id}/ledger-dunning"
    assert browser.submit(path, accept="yes").headers["location"] == "/conflicts?said=conflict-accepted"
    assert accepts(database, scene)
    with database.begin(make.scope(scene.bureau)) as work:
        (row,) = conflicts(work)
    assert (row.accepted, row.blocks) == (True, False)
    browser.submit(path, accept="no")
    assert not accepts(database, scene)
    manager = browse(make.member(database, scene.bureau, role="manager"))
    assert manager.submit(path, accept="yes").status_code == 403


def test_switches_that_are_on_by_default_are_one_conflict_with_a_count_and_one_answer(browse, scene, database):
    make.company_link(database, make.connection(database, scene.bureau, ledger="poweroffice"), scene.company)
    for name in ("Ås Rør AS", "Bølgen AS", "Cedern AS"):
        make.open_item(database, make.debtor(database, scene.company, name=name, own_dunning=["SendPaymentReminders"]))
    browser = browse(scene.admin)
    text = words_of(browser.get("/conflicts").text)
    assert "PowerOffice Go har bryterne på for hver nye kunde" in text
    assert "De er på for 3 skyldnere av 4 med noe åpent" in text
    assert "Ås Rør" not in text, "nobody goes through them one by one"
    assert text.count("Purringer brukes ikke i PowerOffice Go") == 1
    browser.submit(f"/companies/{scene.company.id}/ledger-dunning", accept="yes")
    text = words_of(browser.get("/conflicts").text)
    assert "Krav holdes tilbake" not in text and "Hold kravene tilbake igjen" in text


def test_the_companys_own_wishes_stay_when_it_says_yes(browse, scene, database, tripletex):
    from app.dunning import overrides

    place = Place(scene.company.id)
    with database.begin(make.scope(scene.bureau)) as work:
        overrides.put(work, place, {"reminder": False})
    browse(scene.admin).submit(f"/companies/{scene.company.id}/ledger-dunning", accept="yes")
    with database.begin(make.scope(scene.bureau)) as work:
        _, own = overrides.at(work, place)
    assert own is not None
    assert dict(own.wishes) == {"reminder": False, "accept_ledger_dunning": True}


def test_credits_are_shown_with_the_claim_and_the_debtor_and_netted_as_advice(browse, scene, database):
    make.open_item(database, scene.debtor, kind="credit_note", original_ore=-2_345_67)
    make.payment(database, scene.item, 1_000_00, paid_on=date(2026, 11, 10))
    browser = browse(scene.admin)
    claim = words_of(browser.get(f"/claims/{scene.claim.id}").text)
    assert "Hovedkrav etter godskriving 10 000,00 kr" in claim
    assert "Hvordan renten er regnet ut" in claim
    debtor = words_of(browser.get(f"/debtors/{scene.debtor.id}").text)
    assert "Skyldneren har 2 345,67 kr til gode som ikke er knyttet til noen faktura." in debtor
