"""Limitation and circumstances over HTTP: recorded by a person, refused in words, and only for those who may."""

from __future__ import annotations

from datetime import date
from typing import Any

from support import make
from support.pages import words_of

EVENT = {"kind": "acknowledgement", "on": "02.11.2026", "until_on": "", "evidence": "E-post 2. november"}


def test_an_event_is_recorded_shown_and_withdrawn(browse: Any, scene: Any) -> None:
    browser, path = browse(scene.admin), f"/claims/{scene.claim.id}/limitation"
    assert "Foreldelse" in words_of(browser.get(f"/claims/{scene.claim.id}").text)
    assert browser.submit(path, **EVENT).status_code == 303
    page = browser.get(path).text
    assert "Skyldneren erkjente kravet 02.11.2026: tre nye år, til og med 02.11.2029" in words_of(page)
    event_id = page.split(f"{path}/")[1].split("/withdraw")[0]
    assert browser.submit(f"{path}/{event_id}/withdraw").status_code == 303
    assert "tre nye år" not in words_of(browser.get(path).text)


def test_nonsense_comes_back_with_what_was_typed(browse: Any, scene: Any) -> None:
    browser, path = browse(scene.admin), f"/claims/{scene.claim.id}/limitation"
    for changes in ({"on": "31.02"}, {"on": "24.12.2030"}, {"kind": ""}, {"evidence": ""}, {"until_on": "x"}):
        answer = browser.submit(path, **{**EVENT, **changes})
        assert answer.status_code == 422, changes
        if "evidence" not in changes:
            assert "E-post 2. november" in answer.text


def test_a_reader_looks_and_may_not_record(browse: Any, scene: Any, database: Any) -> None:
    reader = browse(make.member(database, scene.bureau, role="reader"))
    assert reader.get(f"/claims/{scene.claim.id}/limitation").status_code == 200
    assert reader.submit(f"/claims/{scene.claim.id}/limitation", **EVENT).status_code == 403
    assert reader.submit(f"/debtors/{scene.debtor.id}/circumstances", kind="minor").status_code == 403


def test_the_radar_shows_old_claims_of_the_chosen_company(browse: Any, scene: Any, database: Any, clock: Any) -> None:
    item = make.open_item(database, scene.debtor, due_on=clock.today().replace(year=2023), document_number="GAMMEL-1")
    make.claim(database, item)
    browser = browse(scene.admin)
    assert "GAMMEL-1" in browser.get("/limitation").text
    assert "GAMMEL-1" in browser.get(f"/limitation?company={scene.company.id}").text


def test_the_stop_list_names_the_insolvent_debtor_of_the_chosen_company_only(browse: Any, scene: Any, database: Any) -> None:
    debtor = make.debtor(database, scene.company, name="Konkursrammet AS", insolvency="bankrupt", insolvency_on=date(2026, 11, 9))
    make.claim(database, make.open_item(database, debtor))
    other = make.company(database, scene.bureau)
    browser = browse(scene.admin)
    page = words_of(browser.get("/stop-list").text)
    assert "Konkursrammet AS" in page
    assert "09.11.2026" in page
    assert "0 av 1 meldt" in page
    assert "Konkursrammet AS" not in browser.get(f"/stop-list?company={other.id}").text


def test_possible_losses_show_ground_and_missing_proofs_of_the_chosen_company_only(browse: Any, scene: Any, database: Any) -> None:
    debtor = make.debtor(database, scene.company, name="Tapt Handel AS", insolvency="bankrupt")
    make.claim(database, make.open_item(database, debtor))
    other = make.company(database, scene.bureau)
    browser = browse(scene.admin)
    page = words_of(browser.get("/write-off").text)
    assert "Tapt Handel AS" in page
    assert "(c) Konkurs viser at det ikke er dekning" in page
    assert "Mangler:" in page
    assert "Tapt Handel AS" not in browser.get(f"/write-off?company={other.id}").text


def test_a_circumstance_is_recorded_answered_and_ended(browse: Any, scene: Any) -> None:
    browser, path = browse(scene.admin), f"/debtors/{scene.debtor.id}/circumstances"
    assert browser.submit(path, kind="considerate", since_on="", note="alvorlig syk").status_code == 422
    assert browser.submit(path, kind="deceased", since_on="01.11.2026", note="Datteren").status_code == 303
    page = browser.get(path).text
    assert "Venter på avgjørelse" in words_of(page)
    circumstance = page.split(f"{path}/")[1].split("/answer")[0]
    wrong = browser.submit(f"{path}/{circumstance}/answer", answer="rest", reason="", rest_until="01.02.2027")
    assert (wrong.status_code, "01.02.2027" in wrong.text) == (422, True)
    assert browser.submit(f"{path}/{circumstance}/answer", answer="rest", reason="Boet", rest_until="01.02.2027").status_code == 303
    assert "Hviler" in words_of(browser.get(path).text)
    assert browser.submit(f"{path}/{circumstance}/end").status_code == 303
    assert "Ingenting er registrert" in words_of(browser.get(path).text)
