from __future__ import annotations

import pytest
from litestar import Litestar, Request, get, post
from litestar.response import Response
from litestar.testing import TestClient

from app.web.assets import asset, static_router
from app.web.security import CONTENT_SECURITY_POLICY, CsrfError, check_csrf, csrf_token, security_headers

SECRET = b"a secret of the application"
SESSION = "session-1"
TOKEN = csrf_token(SESSION, SECRET)


@get("/page", sync_to_thread=False)
def page() -> str:
    return "somebody's debts"


@get("/kept", sync_to_thread=False)
def kept() -> Response[str]:
    return Response("public", headers={"cache-control": "public, max-age=60", "content-security-policy": "default-src 'none'; sandbox"})


@get("/broken", sync_to_thread=False)
def broken() -> str:
    raise RuntimeError("broken")


@post("/act")
async def act(request: Request) -> str:
    try:
        await check_csrf(request, session_id=SESSION, secret=SECRET)
    except CsrfError as refusal:
        return f"refused: {refusal}"
    form = await request.form()
    return f"done {form.get('reason', '')}"


def app(https: bool = False) -> Litestar:
    return Litestar([page, kept, broken, act, static_router()], before_send=[security_headers(https=https)])


@pytest.fixture
def client():
    with TestClient(app(), base_url="http://reskontro.test", raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(("path", "status"), [("/page", 200), ("/nothing", 404), ("/broken", 500), ("/act", 405)])
def test_every_answer_carries_the_headers_errors_too(client, path, status):
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers


def test_a_static_file_has_the_headers_but_may_be_kept(client):
    answer = client.get(asset("css/house.css"))
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "immutable" in answer.headers["cache-control"]


def test_what_a_handler_says_itself_is_not_said_twice(client):
    answer = client.get("/kept")
    assert answer.headers.get_list("cache-control") == ["public, max-age=60"]
    assert answer.headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]


def test_behind_https_the_browser_is_told_to_stay_there():
    with TestClient(app(https=True)) as client:
        assert "max-age=63072000" in client.get("/page").headers["strict-transport-security"]


def test_a_form_of_our_own_page_is_let_through_and_can_still_be_read(client):
    assert client.post("/act", data={"_csrf": TOKEN, "reason": "betalt"}).text == "done betalt"


def test_the_header_of_a_script_is_let_through(client):
    headers = {"X-CSRF-Token": TOKEN, "Sec-Fetch-Site": "same-origin", "Origin": "http://reskontro.test"}
    assert client.post("/act", headers=headers).text == "done "


@pytest.mark.parametrize("token", ["", "0" * 64, csrf_token("session-2", SECRET), csrf_token(SESSION, b"another secret"), "æøå"])
def test_a_token_that_is_missing_forged_or_another_sessions_is_refused(client, token):
    assert client.post("/act", data={"_csrf": token}).text.startswith("refused")


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.test"}, {"Origin": "null"}]
)
def test_another_site_is_refused_even_with_the_right_token(client, headers):
    assert client.post("/act", headers=headers | {"X-CSRF-Token": TOKEN}).text.startswith("refused")


def test_an_upload_is_let_through_only_when_the_browser_vouches_for_it_or_it_carries_the_token(client):
    upload = {"files": {"file": ("a.xml", b"<x/>")}}
    assert client.post("/act", headers={"Sec-Fetch-Site": "same-origin"}, **upload).text.startswith("done")
    assert client.post("/act", headers={"Sec-Fetch-Site": "none"}, **upload).text.startswith("refused")
    assert client.post("/act", **upload).text.startswith("refused")
    assert client.post("/act", data={"_csrf": TOKEN}, **upload).text.startswith("done")


def test_a_file_cannot_pose_as_the_token(client):
    assert client.post("/act", files={"_csrf": ("t.txt", TOKEN.encode())}).text.startswith("refused")
