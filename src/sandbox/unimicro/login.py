"""The platform's OpenID Connect: the page where a user lets us in, tokens for a code with PKCE, refresh and revocation."""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from datetime import timedelta
from html import escape
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, Router, get, post
from litestar.response import Redirect

from sandbox.books import Books
from sandbox.unimicro.memory import BRANDS, CLIENT_ID, CLIENT_SECRET, CODE_SECONDS, Code, UnimicroMemory
from sandbox.world import World

AnyRequest = Request[Any, Any, Any]
ASKED = ("client_id", "redirect_uri", "state", "code_challenge", "scope")
Answer = Response[dict[str, object]]


def login_router(world: World, books: Books, memory: UnimicroMemory) -> Router:
    """The paths are those of IdentityServer, which public clients of the platform use; the page is ours."""
    for call, mark in (("GET", "example"), ("POST", "assumed")):
        world.fidelity[f"{call} /unimicro/{{brand}}/login/connect/authorize"] = mark  # type: ignore[assignment]
    world.fidelity["POST /unimicro/{brand}/login/connect/token"] = "example"
    world.fidelity["POST /unimicro/{brand}/login/connect/revocation"] = "assumed"

    @get("/authorize", media_type=MediaType.HTML)
    async def ask(request: AnyRequest) -> Response[Any]:
        asked = {name: request.query_params.get(name, "") for name in ASKED}
        brand = request.path_params["brand"]
        if brand not in BRANDS or asked["client_id"] != CLIENT_ID or not asked["redirect_uri"].startswith(("http://", "https://")):
            return Response("unknown client", status_code=400, media_type=MediaType.TEXT)
        challenged = request.query_params.get("code_challenge_method") == "S256" and asked["code_challenge"]
        if request.query_params.get("response_type") != "code" or not asked["state"] or not challenged:
            return _back(asked, error="invalid_request")
        return Response(_page(books, brand, asked), media_type=MediaType.HTML)

    @post("/authorize")
    async def decide(request: AnyRequest) -> Response[Any]:
        form = await request.form()
        asked = {name: str(form.get(name, "")) for name in ASKED}
        brand = request.path_params["brand"]
        if asked["client_id"] != CLIENT_ID or not asked["redirect_uri"].startswith(("http://", "https://")):
            return Response("unknown client", status_code=400, media_type=MediaType.TEXT)
        if form.get("decision") != "allow":
            return _back(asked, error="access_denied")
        mine = {c.id for c in books.companies(brand)}
        with world.lock:
            consent = memory.give(brand, [int(c) for c in form.getall("company", []) if str(c).isdigit() and int(c) in mine])
            code = secrets.token_urlsafe(24)
            memory.codes[code] = Code(
                consent=consent.id, redirect_uri=asked["redirect_uri"], challenge=asked["code_challenge"],
                expires_at=world.now() + timedelta(seconds=CODE_SECONDS),
            )  # fmt: skip
        return _back(asked, code=code)

    return Router("/unimicro/{brand:str}/login/connect", route_handlers=[ask, decide, *_token_handlers(world, memory)])


def _token_handlers(world: World, memory: UnimicroMemory) -> list[Any]:
    @post("/token", status_code=200)
    async def token(request: AnyRequest) -> Answer:
        if not _is_client(request.headers.get("authorization", "")):
            return Response({"error": "invalid_client"}, status_code=401)
        form = {k: str(v) for k, v in (await request.form()).items()}
        with world.lock:
            if form.get("grant_type") == "authorization_code":
                return _by_code(world, memory, form)
            if form.get("grant_type") == "refresh_token":
                return _by_refresh_token(world, memory, form)
        return Response({"error": "unsupported_grant_type"}, status_code=400)

    @post("/revocation", status_code=200)
    async def revoke(request: AnyRequest) -> Response[bytes]:
        if not _is_client(request.headers.get("authorization", "")):
            return Response(b"", status_code=401)
        shown = str((await request.form()).get("token", ""))
        for consent in memory.consents.values():
            if shown and consent.refresh_token == shown:
                consent.revoked = True
        return Response(b"")

    return [token, revoke]


def _by_code(world: World, memory: UnimicroMemory, form: dict[str, str]) -> Answer:
    code = memory.codes.pop(form.get("code", ""), None)
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if code is None or code.expires_at <= world.now() or (code.redirect_uri, code.challenge) != (form.get("redirect_uri"), shown):
        return Response({"error": "invalid_grant"}, status_code=400)
    return Response(memory.new_tokens(world, memory.consents[code.consent]), headers={"cache-control": "no-store"})


def _by_refresh_token(world: World, memory: UnimicroMemory, form: dict[str, str]) -> Answer:
    shown = form.get("refresh_token", "")
    consent = next((c for c in memory.consents.values() if shown and c.refresh_token == shown and not c.revoked), None)
    if consent is None:
        return Response({"error": "invalid_grant"}, status_code=400)
    return Response(memory.new_tokens(world, consent), headers={"cache-control": "no-store"})


def _is_client(header: str) -> bool:
    kind, _, packed = header.partition(" ")
    try:
        shown = base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and secrets.compare_digest(shown.encode(), f"{CLIENT_ID}:{CLIENT_SECRET}".encode())


def _back(asked: dict[str, str], **answer: str) -> Redirect:
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return Redirect(f"{asked['redirect_uri']}{joint}{urlencode({**answer, 'state': asked['state']})}", status_code=303)


def _page(books: Books, brand: str, asked: dict[str, str]) -> str:
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in ASKED)
    ticks = "".join(
        f'<li><label><input type="checkbox" name="company" value="{c.id}" checked> {escape(c.name)} '
        f"{escape(c.organisation_number or '')}</label>"
        for c in books.companies(brand)
    )
    label = BRANDS[brand]
    return (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Gi tilgang – {label} (sandkasse)</title><main><h1>{label}: vil du gi appen tilgang?</h1>"
        f'<form method="post" action="/unimicro/{brand}/login/connect/authorize">{hidden}'
        f"<fieldset><legend>Selskaper som har aktivert appen</legend><ul>{ticks or '<li>Ingen selskaper.'}</ul></fieldset>"
        '<button name="decision" value="allow">Godta</button> <button name="decision" value="reject">Avvis</button></form></main></html>'
    )
