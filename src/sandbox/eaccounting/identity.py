"""identity.vismaonline.com as far as OAuth goes: the page where a user chooses one company, tokens that rotate, and revocation."""

from __future__ import annotations

import base64
import binascii
import secrets
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, Router, get, post
from litestar.response import Redirect

from sandbox.books import Books
from sandbox.eaccounting.memory import Code, Consent, EAccountingMemory
from sandbox.world import World

AnyRequest = Request[Any, Any, Any]
NEEDED = {"ea:api", "offline_access"}


def identity_router(world: World, books: Books, memory: EAccountingMemory) -> Router:
    for endpoint in ("GET /eaccounting/connect/authorize", "POST /eaccounting/connect/token", "POST /eaccounting/connect/revocation"):
        world.fidelity[endpoint] = "spec"
    world.fidelity["POST /eaccounting/connect/authorize"] = "assumed"

    @get("/authorize", media_type=MediaType.HTML)
    async def ask(request: AnyRequest) -> Response[Any]:
        asked = {k: request.query_params.get(k, "") for k in ("response_type", "client_id", "redirect_uri", "state", "scope", "acr_values")}
        if asked["client_id"] != memory.settings.client_id or not asked["redirect_uri"].startswith(("http://", "https://")):
            return Response("<h1>unauthorized_client</h1>", media_type=MediaType.HTML, status_code=400)
        if asked["response_type"] != "code" or not set(asked["scope"].split()) >= NEEDED:
            return _back(asked, error="invalid_scope")
        return Response(_page(books, asked), media_type=MediaType.HTML)

    @post("/authorize")
    async def decide(request: AnyRequest) -> Response[Any]:
        form = await request.form()
        asked = {k: str(form.get(k, "")) for k in ("redirect_uri", "state")}
        chosen = str(form.get("company", ""))
        mine = {str(c.id) for c in books.companies("eaccounting")}
        if form.get("decision") != "allow" or chosen not in mine:
            return _back(asked, error="access_denied")
        with world.lock:
            consent = Consent(id=len(memory.consents) + 1, company=int(chosen))
            memory.consents[consent.id] = consent
            code = secrets.token_urlsafe(24)
            until = world.now() + timedelta(seconds=memory.settings.code_seconds)
            memory.codes[code] = Code(consent=consent.id, redirect_uri=asked["redirect_uri"], until=until)
        return _back(asked, code=code)

    @post("/token", status_code=200)
    async def token(request: AnyRequest) -> Response[dict[str, object]]:
        form = {k: str(v) for k, v in (await request.form()).items()}
        if not _is_client(memory, request):
            return _refused("invalid_client")
        with world.lock:
            if form.get("grant_type") == "authorization_code":
                return _by_code(world, memory, form)
            if form.get("grant_type") == "refresh_token":
                return _by_refresh_token(world, memory, form.get("refresh_token", ""))
        return _refused("unsupported_grant_type")

    @post("/revocation", status_code=200)
    async def revoke(request: AnyRequest) -> Response[Any]:
        shown = str((await request.form()).get("token", ""))
        if not _is_client(memory, request):
            return _refused("invalid_client")
        for consent in memory.consents.values():
            consent.ended = consent.ended or (bool(shown) and consent.refresh_token == shown)
        return Response(b"", status_code=200)

    return Router("/eaccounting/connect", route_handlers=[ask, decide, token, revoke])


def _by_code(world: World, memory: EAccountingMemory, form: dict[str, str]) -> Response[dict[str, object]]:
    code = memory.codes.pop(form.get("code", ""), None)
    if code is None or code.until <= world.now() or code.redirect_uri != form.get("redirect_uri"):
        return _refused("invalid_grant")
    return Response(memory.tokens(world, memory.consents[code.consent]))


def _by_refresh_token(world: World, memory: EAccountingMemory, shown: str) -> Response[dict[str, object]]:
    for consent in memory.consents.values():
        if shown in consent.used:
            # somebody has a copy: nobody may use any of it
            consent.ended = True
            memory.reused += 1
        elif shown and consent.refresh_token == shown and not consent.ended:
            memory.refreshed += 1
            return Response(memory.tokens(world, consent))
    return _refused("invalid_grant")


def _is_client(memory: EAccountingMemory, request: AnyRequest) -> bool:
    kind, _, packed = request.headers.get("authorization", "").partition(" ")
    try:
        shown = base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and shown == f"{memory.settings.client_id}:{memory.settings.client_secret}"


def _back(asked: dict[str, str], **answer: str) -> Redirect:
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return Redirect(f"{asked['redirect_uri']}{joint}{urlencode({**answer, 'state': asked['state']})}", status_code=303)


def _refused(error: str) -> Response[dict[str, object]]:
    return Response({"error": error}, status_code=400)


def _page(books: Books, asked: dict[str, str]) -> str:
    hidden = "".join(f'<input type="hidden" name="{k}" value="{escape(asked[k])}">' for k in ("redirect_uri", "state"))
    choices = "".join(
        f'<li><label><input type="radio" name="company" value="{c.id}"> {escape(c.name)} {escape(c.organisation_number or "")}</label>'
        for c in books.companies("eaccounting")
    )
    return (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Velg selskap – Visma (sandkasse)</title><main><h1>Velg selskapet appen skal få tilgang til</h1>"
        f'<form method="post" action="/eaccounting/connect/authorize">{hidden}<ul>{choices or "<li>Du har ingen selskaper."}</ul>'
        '<button name="decision" value="allow">Godta</button> <button name="decision" value="reject">Avvis</button></form></main></html>'
    )
