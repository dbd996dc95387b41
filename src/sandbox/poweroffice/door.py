"""Being let in: onboarding begun by us and finished by a user on a page of Go's, and a token for each client key."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from sandbox.poweroffice.desk import HANDLED, PREFIX, AnyRequest, ApiError, Desk, Json
from sandbox.poweroffice.memory import DEFAULT_USER, Onboarding, Token


class InitiateBody(msgspec.Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    application_key: str
    redirect_uri: str | None = None
    client_organization_no: str | None = None


class FinalizeBody(msgspec.Struct, rename="pascal", kw_only=True, forbid_unknown_fields=True):
    onboarding_token: str | None = None


def door_router(desk: Desk) -> Router:
    """What comes back on the address (`status`, `token`) is seen in public code, the page itself is assumed."""
    desk.mark({
        "POST /poweroffice/OAuth/Token": "spec", "POST /Onboarding/Initiate": "spec", "POST /Onboarding/Finalize": "spec",
        "GET /poweroffice/onboarding/{id}": "assumed", "POST /poweroffice/onboarding/{id}": "example",
    })  # fmt: skip
    parts = [_token(desk), *_onboarding_calls(desk), *_onboarding_page(desk)]
    return Router("/", route_handlers=parts, exception_handlers=HANDLED)


def _token(desk: Desk) -> Any:
    @post("/poweroffice/OAuth/Token", status_code=200)
    async def token(request: AnyRequest) -> Response[Json]:
        desk.enter(request)
        memory, form = desk.memory, await request.form()
        if form.get("grant_type") != "client_credentials":
            return Response({"error": "unsupported_grant_type"}, status_code=400)
        application, _, key = _basic(request.headers.get("authorization", "")).partition(":")
        company = next((c for c, known in memory.keys.items() if known == key), None)
        if application != memory.settings.application_key or company is None:
            return Response({"error": "invalid_client", "error_description": "Unknown application or client key."}, status_code=400)
        with desk.world.lock:
            made, seconds = secrets.token_urlsafe(32), memory.settings.token_seconds
            memory.tokens[made] = Token(company=company, until=desk.world.now() + timedelta(seconds=seconds))
        return Response({"access_token": made, "token_type": "Bearer", "expires_in": seconds})

    return token


def _onboarding_calls(desk: Desk) -> list[Any]:
    @post(f"{PREFIX}/Onboarding/Initiate", status_code=200)
    async def initiate(request: AnyRequest) -> Json:
        desk.enter(request)
        body = await _body(request, InitiateBody)
        if body.application_key != desk.memory.settings.application_key:
            raise ApiError(400, "Bad request", "Unknown application key.")
        made, until = secrets.token_urlsafe(16), desk.world.now() + timedelta(seconds=desk.memory.settings.onboarding_seconds)
        with desk.world.lock:
            desk.memory.onboardings[made] = Onboarding(
                redirect_uri=body.redirect_uri or "", organisation_number=body.client_organization_no, until=until
            )
        url = f"{str(request.base_url).rstrip('/')}/poweroffice/onboarding/{made}"
        return {"TemporaryUrl": url, "ValidUntilDateTimeOffset": until.isoformat()}

    @post(f"{PREFIX}/Onboarding/Finalize", status_code=200)
    async def finalize(request: AnyRequest) -> Json:
        desk.enter(request)
        body, memory = await _body(request, FinalizeBody), desk.memory
        with desk.world.lock:
            found = next((name for name, o in memory.onboardings.items() if o.token and o.token == body.onboarding_token), None)
            if found is None or memory.onboardings[found].until <= desk.world.now():
                raise ApiError(400, "Bad request", "The onboarding token is unknown, used or expired.")
            done = memory.onboardings.pop(found)
            told = [_client(desk, company) for company in done.companies]
        return {"OnboardedClientsInformation": told, "UserEmail": done.user}

    return [initiate, finalize]


def _onboarding_page(desk: Desk) -> list[Any]:
    @get("/poweroffice/onboarding/{onboarding:str}", media_type=MediaType.HTML)
    async def ask(onboarding: FromPath[str]) -> Response[str]:
        begun = _live(desk, onboarding)
        return Response(_stop_page() if begun is None else _page(desk, onboarding, begun), status_code=400 if begun is None else 200)

    @post("/poweroffice/onboarding/{onboarding:str}", media_type=MediaType.HTML)
    async def decide(request: AnyRequest, onboarding: FromPath[str]) -> Response[Any]:
        begun, form = _live(desk, onboarding), await request.form()
        if begun is None:
            return Response(_stop_page(), status_code=400)
        if form.get("decision") != "allow":
            return _back(begun, status="Cancelled")
        mine = {c.id for c in desk.books.companies("poweroffice")}
        begun.companies = [int(c) for c in form.getall("client", []) if str(c).isdigit() and int(c) in mine]
        begun.user, begun.token = str(form.get("user") or DEFAULT_USER), secrets.token_urlsafe(24)
        return _back(begun, status="Success", token=begun.token)

    return [ask, decide]


def _client(desk: Desk, company: int) -> Json:
    row = desk.books.company(company)
    return {"ClientKey": desk.memory.key_of(company), "ClientName": row.name, "ClientOrganizationNumber": row.organisation_number}


def _live(desk: Desk, onboarding: str) -> Onboarding | None:
    found = desk.memory.onboardings.get(onboarding)
    return None if found is None or found.token is not None or found.until <= desk.world.now() else found


def _back(begun: Onboarding, **answer: str) -> Redirect:
    joint = "&" if "?" in begun.redirect_uri else "?"
    return Redirect(f"{begun.redirect_uri}{joint}{urlencode(answer)}", status_code=303)


def _basic(header: str) -> str:
    kind, _, shown = header.partition(" ")
    try:
        return base64.b64decode(shown, validate=True).decode() if kind.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _body(request: AnyRequest, shape: Any) -> Any:
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.MsgspecError as fault:
        raise ApiError(400, "Bad request", str(fault)) from fault


def _stop_page() -> str:
    return '<!doctype html><html lang="nb"><title>PowerOffice Go (sandkasse)</title><h1>Lenken er brukt eller utløpt</h1></html>'


def _page(desk: Desk, onboarding: str, begun: Onboarding) -> str:
    shown = [c for c in desk.books.companies("poweroffice") if begun.organisation_number in (None, c.organisation_number)]
    ticks = "".join(
        f'<li><label><input type="checkbox" name="client" value="{c.id}" checked> {escape(c.name)} {escape(c.organisation_number or "")}'
        "</label>"
        for c in shown
    )
    return (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Legg til utvidelse – PowerOffice Go (sandkasse)</title><main><h1>Legg til utvidelsen Reskontro</h1>"
        f'<form method="post" action="/poweroffice/onboarding/{escape(onboarding)}">'
        f'<p><label>Bruker <input name="user" type="email" value="{DEFAULT_USER}"></label></p>'
        f"<fieldset><legend>Klienter</legend><ul>{ticks or '<li>Du har ingen klienter.'}</ul></fieldset>"
        '<button name="decision" value="allow">Godta</button> <button name="decision" value="reject">Avbryt</button></form></main></html>'
    )
