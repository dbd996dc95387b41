"""Logging in and out as a browser does it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support import make


def test_a_stranger_is_led_to_the_login_and_back_to_what_he_asked_for(browse, scene):
    browser = browse()
    answer = browser.get(f"/claims/{scene.claim.id}?x=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/login?next=%2Fclaims%2F{scene.claim.id}%3Fx%3D1"
    form = browser.get(answer.headers["location"])
    assert f'value="/claims/{scene.claim.id}?x=1"' in form.text
    logged_in = browser.post(
        "/login", data={"email": scene.admin.email, "password": make.PASSWORD, "next": f"/claims/{scene.claim.id}?x=1"}
    )
    assert (logged_in.status_code, logged_in.headers["location"]) == (303, f"/claims/{scene.claim.id}?x=1")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\tx"])
def test_the_way_back_never_leads_to_another_site(browse, scene, elsewhere):
    answer = browse().post("/login", data={"email": scene.admin.email, "password": make.PASSWORD, "next": elsewhere})
    assert answer.headers["location"] == "/"


def test_htmx_is_told_to_go_to_the_login_instead_of_being_handed_it_as_a_fragment(browse, scene):
    answer = browse().fragment(f"/claims/{scene.claim.id}/panel")
    assert answer.headers["HX-Redirect"].startswith("/login")
    assert answer.text == ""


def test_a_wrong_password_says_only_that_it_is_wrong_and_keeps_the_address(browse, scene):
    browser = browse()
    wrong = browser.log_in(scene.admin.email, "feil")
    unknown = browser.log_in("ingen@byraa.example", "feil")
    assert wrong.status_code == unknown.status_code == 422
    assert "Feil e-post eller passord." in wrong.text
    assert scene.admin.email in wrong.text
    assert 'value="feil"' not in wrong.text
    assert "set-cookie" not in wrong.headers


def test_guessing_is_slowed_down(browse, scene):
    browser = browse()
    answers = [browser.log_in(scene.admin.email, f"gjett {number}").status_code for number in range(12)]
    assert answers[-1] == 429


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(browse, scene):
    cookie = browse().log_in(scene.admin.email).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert cookie.startswith("rk=")


def test_a_token_brought_along_is_never_the_session(browse, scene):
    browser = browse()
    browser.cookies.set("rk", "planted")
    fresh = browser.log_in(scene.admin.email).headers["set-cookie"].split(";")[0]
    assert "planted" not in fresh
    assert browse().get("/", headers={"Cookie": "rk=planted"}).status_code == 303


def test_a_session_that_was_logged_out_opens_nothing_any_more(browse, scene):
    browser = browse(scene.admin)
    token = browser.cookies["rk"]
    assert browser.get("/").status_code == 200
    assert browser.submit("/logout").status_code == 303
    assert browse().get("/", headers={"Cookie": f"rk={token}"}).status_code == 303


def test_an_idle_session_ends_by_itself(browse, scene, clock):
    browser = browse(scene.admin)
    clock.move(timedelta(hours=13))
    assert browser.get("/").status_code == 303


def test_who_has_several_places_chooses_one_and_gets_a_new_session(browse, scene, database):
    other = make.bureau(database, name="Nordfjord Regnskap AS")
    make.membership(database, scene.admin, other)
    browser = browse()
    answer = browser.log_in(scene.admin.email)
    assert answer.headers["location"] == "/places"
    page = browser.get("/places").text
    assert "Nordfjord Regnskap AS" in page
    before = browser.cookies["rk"]
    place = (
        page.split(">Nordfjord")[0].rsplit('value="', 1)[1].split('"')[0]
        if ">Nordfjord" in page
        else page.rsplit('value="', 1)[1].split('"')[0]
    )
    assert browser.submit("/places", place=place).status_code == 303
    assert browser.cookies["rk"] != before
    assert "Nordfjord Regnskap AS" in browser.get("/").text
    assert browse().get("/", headers={"Cookie": f"rk={before}"}).status_code == 303


def test_nobody_goes_to_a_place_that_is_not_his(browse, scene, neighbour):
    browser = browse(scene.admin)
    assert browser.submit("/places", place=str(neighbour.membership.id)).status_code == 404
    assert browser.submit("/places", place="nonsense").status_code == 404
    assert "NABO" not in browser.get("/").text
