from __future__ import annotations

import re

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from app.web.assets import STATIC_ROOT, UnknownAssetError, asset, static_router
from app.web.templating import TEMPLATE_ROOT

FOR_EVER = "public, max-age=31536000, immutable"


@pytest.fixture
def client():
    with TestClient(Litestar([static_router()])) as client:
        yield client


def test_an_address_with_the_right_hash_is_kept_for_a_year(client):
    answer = client.get(asset("css/house.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == FOR_EVER
    assert answer.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("query", ["", "?v=000000000000", "?v="])
def test_an_address_without_the_right_hash_is_not_kept_for_a_year(client, query):
    answer = client.get(f"/static/css/house.css{query}")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=60"


def test_a_font_whose_name_carries_its_version_is_kept_for_a_year(client):
    answer = client.get("/static/fonts/inter-5.3.0-latin.woff2")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == FOR_EVER


def test_a_file_that_is_missing_is_not_kept_at_all(client):
    answer = client.get("/static/vendor/none.js")
    assert answer.status_code == 404
    assert "cache-control" not in answer.headers


@pytest.mark.parametrize("name", ["css/none.css", "../security.py", "css", "/etc/passwd"])
def test_a_template_cannot_ask_for_what_is_not_a_static_file(name):
    with pytest.raises(UnknownAssetError):
        asset(name)


def test_nothing_outside_the_folder_is_served(client):
    assert client.get("/static/%2e%2e/security.py").status_code == 404


def test_style_sheets_point_only_at_files_we_have():
    for sheet in (STATIC_ROOT / "css").glob("*.css"):
        for address in re.findall(r'url\("?([^")]+)', sheet.read_text()):
            assert address.startswith("data:") or (sheet.parent / address).resolve().is_file(), (sheet.name, address)


def test_templates_use_only_icons_of_the_sprite():
    known = set(re.findall(r'<symbol id="([^"]+)"', (STATIC_ROOT / "img/icons.svg").read_text()))
    used = set()
    for template in TEMPLATE_ROOT.rglob("*.html"):
        used |= set(re.findall(r'icon\("([a-z0-9-]+)"', template.read_text()))
    assert used <= known


def test_every_vendored_file_has_its_licence_beside_it():
    for folder, names in {"vendor": ["htmx", "designsystemet"], "fonts": ["inter"], "img": ["lucide"]}.items():
        for name in names:
            assert (STATIC_ROOT / folder / f"{name}-LICENSE.txt").stat().st_size > 300


def test_no_template_or_script_needs_more_than_the_strict_policy_allows():
    forbidden = re.compile(r"""\sstyle=|\son[a-z]+=|hx-on|js:|<style|<script(?![^>]*\ssrc=)|https?://(?!www\.w3\.org)[^"]*\.(?:js|css)""")
    for template in TEMPLATE_ROOT.rglob("*.html"):
        text = re.sub(r"\{#.*?#\}", "", template.read_text(), flags=re.S)
        assert not forbidden.search(text), (template, forbidden.search(text))
