"""Cases and agreements in the browser: neutral standing beside the agency's own words, money both ways, and the written authority."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.agencies import agreements, hooks
from app.agencies.doors import Agencies, key_of
from app.agencies.models import AgencyCase, Agreement, DirectPaymentRow, SettlementLineRow, SettlementRow
from app.agencies.obstacle_texts import LINE_NOT_POSTED
from app.db.unit_of_work import Database
from app.receivables.models import OpenItem
from app.tenants.models import Company
from app.values.ids import new_id
from support import make
from support.neighbour import MARK, move_in
from support.office import Office
from support.pages import words_of

_numbers = itertools.count(710_001)


@pytest.fixture
def terms() -> dict[str, str]:
    """A creditor number is its first company's for good, so every test takes its own."""
    return {
        "agency": "kravia", "creditor_ref": str(next(_numbers)), "authority_by": "Daglig leder", "authority_from": "01.11.2026",
        "authority_until": "",
    }  # fmt: skip


@pytest.fixture
def company(office: Office) -> Company:
    return make.company(office.house.database, office.bureau, name="Fjordvik Handel AS")


def a_case(database: Database, company: Company, **facts: Any) -> AgencyCase:
    debtor = make.debtor(database, company, name="Sein Betaler AS")
    claim = make.claim(database, make.open_item(database, debtor, document_number="20771"))
    return make.agency_case(database, make.agreement(database, company), claim, **facts)


def pay_out(office: Office, case: AgencyCase, **facts: Any) -> None:
    own = {"bureau_id": case.bureau_id, "company_id": case.company_id}
    settlement = {**own, "id": new_id(), "agreement_id": case.agreement_id, "external_id": "U-17", "settled_on": office.clock.today(),
                  "total_ore": 1_012_300, "currency": "NOK", "state": "booked", "read_at": office.clock.now()}  # fmt: skip
    line = {**own, "settlement_id": settlement["id"], "agency_case_id": case.id, "external_case_id": "1", "position": 1,
            "principal_ore": 1_000_000, "interest_ore": 12_300, "fees_ore": 0, "paid_on": office.clock.today()}  # fmt: skip
    with office.house.database.begin(office.scope) as work:
        work.session.execute(insert(SettlementRow).values(settlement | facts))
        work.session.execute(insert(SettlementLineRow).values(line))


def report_direct_payment(office: Office, case: AgencyCase, amount_ore: int) -> None:
    with office.house.database.begin(office.scope) as work:
        item = work.session.execute(select(OpenItem).where(OpenItem.id == case.open_item_id)).scalar_one()
    paid = make.payment(office.house.database, item, amount_ore)
    facts = {"bureau_id": case.bureau_id, "company_id": case.company_id, "agency_case_id": case.id, "payment_id": paid.id}
    amounts = {"amount_ore": amount_ore, "paid_on": paid.paid_on, "state": "reported", "planned_at": office.clock.now()}
    with office.house.database.begin(office.scope) as work:
        work.session.execute(insert(DirectPaymentRow).values(id=new_id(), **facts, **amounts))


def test_the_list_and_the_case_show_our_word_and_the_agencys_own(office: Office, company: Company):
    case = a_case(office.house.database, company, agency_text="Langtidsovervåk", external_id="4711", outstanding_ore=1_234_500)
    words = words_of(office.browser.get("/cases").text)
    assert "Sein Betaler AS" in words
    assert "Kravia: Langtidsovervåk" in words
    words = words_of(office.browser.get(f"/cases/{case.id}").text)
    assert "Under inkasso" in words
    assert "Saksnummer der 4711" in words
    assert "12 345,00 kr" in words


def test_a_paid_case_has_left_the_list_of_open_ones(office: Office, company: Company):
    a_case(office.house.database, company, state="paid")
    assert "Sein Betaler AS" not in words_of(office.browser.get("/cases").text)
    assert "Sein Betaler AS" in words_of(office.browser.get("/cases?show=ended").text)


def test_a_payout_and_a_direct_payment_are_shown_with_where_they_stand(office: Office, company: Company):
    case = a_case(office.house.database, company)
    pay_out(office, case, state="question", problem=LINE_NOT_POSTED)
    report_direct_payment(office, case, 55_500)
    words = words_of(office.browser.get(f"/cases/{case.id}").text)
    assert "U-17 23.11.2026 10 000,00 kr" in words
    assert "Regnskapssystemet tok ikke imot betalingen: et menneske må se på det." in words
    assert "23.11.2026 555,00 kr Meldt" in words


def test_a_refused_case_says_what_to_do(office: Office, company: Company):
    case = a_case(office.house.database, company, state="refused", external_id=None, problem="422: adressen mangler")
    words = words_of(office.browser.get(f"/cases/{case.id}").text)
    assert "422: adressen mangler" in words
    assert "Rett opp det som står her" in words
    assert "Sein Betaler AS" not in words_of(office.browser.get("/cases").text)
    assert "Sein Betaler AS" in words_of(office.browser.get("/cases?show=trouble").text)
    assert office.browser.get("/cases?show=nonsense").status_code == 404


def test_an_agreement_is_made_changed_and_ended(office: Office, company: Company, terms: dict[str, str]):
    where = f"/companies/{company.id}/agreement"
    assert "Klienten har ingen avtale med et inkassoforetak." in words_of(office.browser.get(where).text)
    assert office.browser.submit(where, **terms).status_code == 303
    page = office.browser.get(where).text
    assert "Krav kan oversendes." in words_of(page)
    assert 'value="01.11.2026"' in page
    assert office.browser.submit(where, **(terms | {"creditor_ref": f"{terms['creditor_ref']}0"})).status_code == 303
    with office.house.database.begin(office.scope) as work:
        refs = [
            (row.creditor_ref, row.valid_until is None) for row in work.session.execute(select(Agreement).order_by(Agreement.id)).scalars()
        ]
    assert refs == [(terms["creditor_ref"], False), (f"{terms['creditor_ref']}0", True)]
    assert office.browser.submit(f"{where}/end").status_code == 303
    assert "Klienten har ingen avtale" in words_of(office.browser.get(where).text)


def test_an_authority_that_has_run_out_stops_handovers_and_the_page_says_so(office: Office, company: Company, terms: dict[str, str]):
    where = f"/companies/{company.id}/agreement"
    until = office.clock.today() - timedelta(days=1)
    office.browser.submit(where, **(terms | {"authority_until": f"{until:%d.%m.%Y}"}))
    assert "Den skriftlige fullmakten til å oversende krav er utløpt." in words_of(office.browser.get(where).text)


def test_access_to_an_agency_is_written_down_sealed_and_gives_an_address_to_paste(office: Office, company: Company, terms: dict[str, str]):
    where = f"/companies/{company.id}/agreement"
    assert office.browser.submit(f"{where}/access", client_id="c-1", client_secret="s3cret-1").status_code == 404
    office.browser.submit(where, **terms)
    assert "Tilgang til inkassoforetaket" not in words_of(office.browser.get(where).text), "the house itself is let in there"
    assert office.browser.submit(f"{where}/access", client_id="c-1", client_secret="s3cret-1").status_code == 404
    office.browser.submit(where, **(terms | {"agency": "amili", "creditor_ref": str(uuid.uuid4())}))
    assert "Inkassoforetaket kan ikke nås før dette er fylt ut." in words_of(office.browser.get(where).text)
    answer = office.browser.submit(f"{where}/access", client_id="c-1", client_secret="")
    assert (answer.status_code, 'id="client_secret-error"' in answer.text, 'value="c-1"' in answer.text) == (422, True, True)
    assert office.browser.submit(f"{where}/access", client_id="c-1", client_secret="s3cret-1").status_code == 303
    assert office.browser.submit(f"{where}/access", client_id="c-2", client_secret="").status_code == 303, "the secret stays"
    with office.house.database.begin(office.scope) as work:
        known = agreements.current(work, company.id)
        assert known is not None
        assert known.setup == {"client_id": "c-2"}
        assert b"s3cret" not in (known.credential or b"")
        key = key_of(work, known.id)
        assert office.house.resources.of(Agencies).open(key).capabilities.agency == "amili"  # type: ignore[type-abstract]
    door = office.house.resources.of(hooks.AgencyDoorway)
    assert hooks.keep(door, office.bureau.id, known.id) == "by_hand"
    page = office.browser.get(where).text
    assert "/api/inbound/agencies/" in page
    assert "s3cret" not in page


def test_a_number_that_another_company_has_is_refused(office: Office, company: Company, terms: dict[str, str]):
    other = make.company(office.house.database, office.bureau)
    office.browser.submit(f"/companies/{other.id}/agreement", **terms)
    answer = office.browser.submit(f"/companies/{company.id}/agreement", **terms)
    assert answer.status_code == 422
    assert "En annen klient har dette nummeret" in words_of(answer.text)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"agency": "ukjent"}, "agency"), ({"creditor_ref": " "}, "creditor_ref"), ({"authority_from": "i går"}, "authority_from"),
        ({"authority_from": ""}, "authority_from"), ({"authority_until": "01.01.2020"}, "authority_until"),
    ],
)  # fmt: skip
def test_terms_that_cannot_stand_are_refused_at_their_field(
    office: Office, company: Company, terms: dict[str, str], changed: dict[str, str], field: str
):
    answer = office.browser.submit(f"/companies/{company.id}/agreement", **(terms | changed))
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    with office.house.database.begin(office.scope) as work:
        assert work.session.execute(select(Agreement)).all() == []


def test_readers_look_but_do_not_agree_and_neighbours_do_not_exist(office: Office, company: Company, terms: dict[str, str]):
    case = a_case(office.house.database, company)
    reader = office.enter("reader")
    assert reader.get(f"/cases/{case.id}").status_code == 200
    assert reader.submit(f"/companies/{company.id}/agreement", **terms).status_code == 403
    theirs = move_in(office.house.database)
    assert office.browser.get(f"/cases/{theirs.agency_case.id}").status_code == 404
    assert office.browser.get(f"/companies/{theirs.company.id}/agreement").status_code == 404
    assert office.browser.submit(f"/companies/{theirs.company.id}/agreement/end").status_code == 404
    assert MARK not in office.browser.get("/cases?show=all").text


def test_the_timeline_is_newest_first(office: Office, company: Company):
    case = a_case(office.house.database, company, updated_at=office.clock.now() + timedelta(hours=1))
    pay_out(office, case)
    words = words_of(office.browser.get(f"/cases/{case.id}").text)
    places = [words.index(title) for title in ("Utbetaling U-17 fra", "Siste nytt fra", "Oversendt", "Oversendelse bestemt")]
    assert places[0] > 0
    assert sorted(places[:2] + places[3:]) == places[:2] + places[3:]


def test_the_agency_is_told_by_a_person_where_it_takes_nothing_from_a_program(office: Office, company: Company):
    case = a_case(office.house.database, company)
    refused = office.browser.submit(f"/cases/{case.id}/orders", kind="withdraw", text="Betalt til klienten")
    assert refused.status_code == 422
    assert "Betalt til klienten" in refused.text
    assert "Si fra på telefon eller e-post" in words_of(refused.text)
    told = office.browser.submit(f"/cases/{case.id}/orders", kind="withdraw", text="Betalt til klienten", told_by_hand="on")
    assert told.status_code == 303
    words = words_of(office.browser.get(f"/cases/{case.id}").text)
    assert "Gi saken tilbake Betalt til klienten" in words


def test_a_case_that_has_ended_is_not_ordered_about(office: Office, company: Company):
    case = a_case(office.house.database, company, state="closed")
    assert "Be inkassobyrået om å" not in words_of(office.browser.get(f"/cases/{case.id}").text)


def test_what_is_agreed_is_written_down_and_holds_for_the_next_case(office: Office, company: Company, terms: dict[str, str]):
    where = f"/companies/{company.id}/agreement"
    agreed = {"commission": "7,5", "free_withdrawal_days": "14", "late_withdrawal": "500", "vat": "withheld", "takeover": "payment_demand",
              "authority_scope": "Purring, varsel og oversendelse"}  # fmt: skip
    wrong = office.browser.submit(where, **terms | agreed | {"commission": "mye", "free_withdrawal_days": "fjorten"})
    assert wrong.status_code == 422
    assert "Skriv en prosent" in words_of(wrong.text)
    assert "Skriv et helt antall dager." in words_of(wrong.text)
    assert office.browser.submit(where, **terms | agreed).status_code == 303
    with office.house.database.begin(office.scope) as work:
        kept = work.session.execute(select(Agreement).where(Agreement.company_id == company.id)).scalar_one()
        assert (kept.commission_bp, kept.free_withdrawal_days, kept.late_withdrawal_ore, kept.vat) == (750, 14, 500_00, "withheld")
        assert (kept.takeover, kept.authority_scope) == ("payment_demand", "Purring, varsel og oversendelse")
    shown = office.browser.get(where).text
    assert 'value="7,5"' in shown
    assert 'value="14"' in shown


def test_the_last_free_day_says_what_tomorrow_costs(office: Office, company: Company):
    case = a_case(office.house.database, company, free_until=office.clock.today())
    with office.house.database.begin(office.scope) as work:
        work.session.execute(update(Agreement).where(Agreement.id == case.agreement_id).values(late_withdrawal_ore=500_00))
    words = words_of(office.browser.get(f"/cases/{case.id}").text)
    assert "Fra i morgen koster det 500,00 kr" in words
