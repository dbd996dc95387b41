"""The frame around every page: form tokens, permissions, headers, and errors in plain words."""

from __future__ import annotations

import pytest
from litestar.routes import HTTPRoute

from app.dunning.law_book import LawBook
from app.tenants import requests
from app.web.access import PUBLIC_ROUTES
from support import make
from support.pages import HTMX, app_of, csrf_in
from support.paths import ROWS, WORDS, routes_of


def test_every_route_asks_for_a_permission_or_is_public_on_purpose(house):
    for route in app_of(house).routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith("/static"):
            continue
        for handler in route.route_handlers:
            if handler.http_methods == {"OPTIONS"}:
                continue
            guarded = [guard for layer in handler.ownership_layers for guard in layer.guards or [] if isinstance(guard, requests.requires)]
            assert guarded or route.path in PUBLIC_ROUTES, f"{route.path}: say who may open it, with requires(Permission...)"


def test_every_path_parameter_is_known_to_the_registry(house):
    for _, path, names in routes_of(app_of(house)):
        assert set(names) <= ROWS.keys() | WORDS.keys(), f"{path}: say in tests/support/paths.py what its parameters are"


def test_a_form_without_our_token_is_refused_and_changes_nothing(browse, scene):
    browser = browse(scene.admin)
    for form in ({}, {"_csrf": "made up"}):
        answer = browser.post(f"/entries/{scene.entry.id}/stop", data=form)
        assert answer.status_code == 403
    assert "Stoppet av" not in browser.get("/ready").text
    assert "data-stopped" not in browser.get("/ready").text


def test_a_token_of_another_session_is_refused(browse, scene):
    one, other = browse(scene.admin), browse(scene.admin)
    answer = one.post(f"/entries/{scene.entry.id}/stop", data={"_csrf": other.token})
    assert answer.status_code == 403


def test_a_form_that_another_site_sent_is_refused_even_for_login(browse, scene):
    answer = browse().post("/login", data={"email": scene.admin.email, "password": make.PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_pages_are_kept_by_no_cache_and_tell_fragments_from_pages(browse, scene):
    answer = browse(scene.admin).get("/")
    assert answer.headers["cache-control"] == "no-store"
    assert "HX-Request" in answer.headers["vary"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_reader_sees_but_may_not_do(browse, scene, database):
    reader = browse(make.member(database, scene.bureau, role="reader"))
    assert reader.get("/ready").status_code == 200
    refused = reader.submit(f"/entries/{scene.entry.id}/stop")
    assert refused.status_code == 403
    assert "Du har ikke lov til dette" in refused.text
    assert reader.get("/settings").status_code == 403
    assert 'href="/settings"' not in reader.get("/").text


def test_an_error_is_a_page_for_people_and_a_fragment_for_htmx(browse, scene):
    browser = browse(scene.admin)
    missing = "/claims/01a00000-0000-7000-8000-000000000000"
    page = browser.get(missing)
    assert page.status_code == 404
    assert "<html" in page.text
    fragment = browser.get(missing, headers=HTMX)
    assert fragment.status_code == 404
    assert "<html" not in fragment.text
    assert 'role="alert"' in fragment.text


def test_a_fault_of_ours_has_a_number_and_shows_nothing_of_itself(browse, scene, house, caplog):
    browser = browse(scene.admin)
    house.resources.provide(LawBook, None)  # a mistake in the house
    answer = browser.get("/what-happens")
    assert answer.status_code == 500
    assert "Feilnummer" in answer.text
    assert "NoneType" not in answer.text
    assert any("NoneType" in str(record.exc_info) for record in caplog.records if record.exc_info)


@pytest.mark.parametrize("path", ["/claims/nonsense", "/companies/1", "/no/such/page"])
def test_an_address_that_cannot_be_is_a_missing_page(browse, scene, path):
    assert browse(scene.admin).get(path).status_code == 404


def test_the_language_is_the_readers(browse, scene):
    browser = browse(scene.admin)
    assert '<html lang="nb"' in browser.get("/").text
    assert browser.submit("/account/locale", locale="en").status_code == 303
    page = browser.get("/").text
    assert '<html lang="en"' in page
    assert "Portfolio" in page
    assert csrf_in(page) == browser.token
