"""The law's page: for the platform's own people, and for nobody of any bureau."""

from __future__ import annotations

from typing import Any

import pytest

from app.db.scope import PlatformScope
from app.db.unit_of_work import Database
from app.dunning.law_book import recordings
from app.tenants import platform_staff
from app.tenants.platform_staff import Staff, StaffError
from support import make
from support.pages import csrf_in, words_of

pytestmark = pytest.mark.usefixtures("released_law")
FIGURE = {
    "figure": "late_interest", "value": "12,00", "effective_from": "01.01.2027", "known_through": "30.06.2027",
    "source": "FOR-2026-12-17-9999",
}  # fmt: skip
DAY = {"provision": "act", "in_force_from": "01.07.2027", "act_source": "kgl. res. 2026-12-11"}
PAGES = ("/platform", "/platform/act-impact")
FORMS = {"/platform/figures": FIGURE, "/platform/act-dates": DAY}


def log_in(browse: Any, staff: Staff) -> Any:
    browser = browse()
    answer = browser.post("/login", data={"email": staff.email, "password": make.PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/platform")
    browser.token = csrf_in(browser.get("/platform").text)
    return browser


def recorded(database: Database) -> int:
    with database.begin(PlatformScope()) as work:
        known = recordings(work)
        return len(known.figures) + len(known.dates)


def test_staff_see_until_when_each_figure_is_known_and_confirm_the_next(browse: Any, staff: Staff, database: Database) -> None:
    browser = log_in(browse, staff)
    page = words_of(browser.get("/platform").text)
    assert "Forsinkelsesrente 12,25 prosent i året 31.12.2026" in page
    assert browser.submit("/platform/figures", **FIGURE).headers["location"] == "/platform?said=figure-confirmed"
    page = words_of(browser.get("/platform?said=figure-confirmed").text)
    assert "Satsen er bekreftet" in page
    assert "Forsinkelsesrente: 12 prosent i året 01.01.2027 – 30.06.2027 FOR-2026-12-17-9999 Solveig Drift" in page
    assert recorded(database) == 1


def test_nonsense_comes_back_with_what_was_typed_and_the_way_out(browse: Any, staff: Staff, database: Database) -> None:
    browser = log_in(browse, staff)
    answer = browser.submit("/platform/figures", **{**FIGURE, "value": "122,5"})
    assert answer.status_code == 422
    assert "se på kilden igjen" in words_of(answer.text)
    assert 'value="122,5"' in answer.text
    assert 'value="FOR-2026-12-17-9999"' in answer.text
    assert browser.submit("/platform/act-dates", **{**DAY, "act_source": ""}).status_code == 422
    assert browser.submit("/platform/act-dates", **{**DAY, "in_force_from": "31.02"}).status_code == 422
    assert recorded(database) == 0


def test_the_acts_day_is_set_and_taken_back(browse: Any, staff: Staff, database: Database) -> None:
    browser = log_in(browse, staff)
    assert browser.submit("/platform/act-dates", **DAY).status_code == 303
    assert "Hele loven 01.07.2027" in words_of(browser.get("/platform").text)
    assert browser.submit("/platform/act-dates", **{**DAY, "in_force_from": ""}).status_code == 303
    assert "Hele loven ingen dato satt" in words_of(browser.get("/platform").text)
    assert recorded(database) == 2


def test_a_bureaus_people_cannot_see_that_the_page_exists(browse: Any, scene: Any, database: Database) -> None:
    people = [
        scene.admin, make.member(database, scene.bureau, role="manager"), make.member(database, scene.bureau, role="reader"),
        make.member(database, scene.bureau, company=scene.company),
    ]  # fmt: skip
    for person in people:
        browser = browse(person)
        for path in PAGES:
            assert browser.get(path).status_code == 404
        for path, form in FORMS.items():
            assert browser.submit(path, **form).status_code == 404
        assert "/platform" not in browser.get("/").text
    assert recorded(database) == 0


def test_whoever_is_not_logged_in_is_led_to_the_login(browse: Any, database: Database) -> None:
    for path in PAGES:
        assert browse().get(path).headers["location"].startswith("/login")
    for path, form in FORMS.items():
        assert browse().post(path, data=form).status_code in {303, 403}
    assert recorded(database) == 0


def test_staff_see_nothing_of_any_bureau(browse: Any, staff: Staff, scene: Any) -> None:
    browser = log_in(browse, staff)
    for path in ("/", "/claims", f"/claims/{scene.claim.id}", "/portfolio", "/settings", "/own"):
        answer = browser.get(path)
        assert answer.status_code in {303, 404}, path
        assert scene.company.name not in answer.text


def test_a_form_without_the_token_is_refused(browse: Any, staff: Staff, database: Database) -> None:
    browser = log_in(browse, staff)
    assert browser.post("/platform/figures", data=FIGURE).status_code == 403
    assert recorded(database) == 0


def test_dismissed_staff_are_out_at_once_and_cannot_come_back(browse: Any, staff: Staff, database: Database) -> None:
    browser = log_in(browse, staff)
    platform_staff.dismiss(database, staff.email)
    assert browser.get("/platform").headers["location"].startswith("/login")
    assert browse().post("/login", data={"email": staff.email, "password": make.PASSWORD}).status_code == 422
    with pytest.raises(StaffError):
        platform_staff.dismiss(database, staff.email)


def test_nobody_of_a_bureau_becomes_staff(database: Database, scene: Any) -> None:
    with pytest.raises(StaffError):
        platform_staff.appoint(database, scene.admin.email, "Innsideren", make.PASSWORD)


def test_staff_see_what_an_act_would_change_in_numbers_only(browse: Any, staff: Staff, scene: Any) -> None:
    browser = log_in(browse, staff)
    page = browser.get("/platform/act-impact?date=01.07.2027").text
    assert scene.bureau.name in page
    assert "Hvor mange krav" in page or "hvor mange krav" in page
    for secret in (scene.company.name, scene.debtor.name, str(scene.claim.id)):
        assert secret not in page
    assert "31.02" in browser.get("/platform/act-impact?date=31.02").text
    assert "aria-invalid" in browser.get("/platform/act-impact?date=01.01.2020").text


def test_a_bureau_sees_its_own_companies_and_claims(browse: Any, scene: Any, neighbour: Any) -> None:
    page = browse(scene.admin).get("/act-impact?date=01.07.2027").text
    assert scene.company.name in page
    assert neighbour.company.name not in page
    assert "aria-invalid" in browse(scene.admin).get("/act-impact?date=morgen").text
