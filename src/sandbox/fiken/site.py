"""fiken.no as far as OAuth goes: the page where a user ticks his companies, the token endpoint, the revocation."""

from __future__ import annotations

import base64
import binascii
import secrets
from html import escape
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, Router, get, post
from litestar.response import Redirect

from sandbox.books import Books
from sandbox.fiken.memory import DEFAULT_USER, Consent, FikenMemory
from sandbox.world import World

AnyRequest = Request[Any, Any, Any]


class _PageError(Exception):
    """The request cannot even be answered by sending the user back."""


def site_router(world: World, books: Books, memory: FikenMemory) -> Router:
    """Authorize, token and revoke under `/fiken/oauth`."""
    world.fidelity["GET /fiken/oauth/authorize"] = "spec"
    world.fidelity["POST /fiken/oauth/authorize"] = "assumed"
    world.fidelity["POST /fiken/oauth/token"] = "spec"
    world.fidelity["POST /fiken/oauth/revoke"] = "spec"

    @get("/authorize", media_type=MediaType.HTML)
    async def ask(request: AnyRequest) -> Response[Any]:
        asked = {k: request.query_params.get(k, "") for k in ("response_type", "client_id", "redirect_uri", "state")}
        _check_app(memory, asked)
        if asked["response_type"] != "code" or not asked["state"]:
            return _back(asked, error="invalid_request", error_description="response_type=code and state are required")
        return Response(_page(books, asked), media_type=MediaType.HTML)

    @post("/authorize")
    async def decide(request: AnyRequest) -> Response[Any]:
        form = await request.form()
        asked = {k: str(form.get(k, "")) for k in ("client_id", "redirect_uri", "state")}
        _check_app(memory, asked)
        if form.get("decision") != "allow":
            return _back(asked, error="access_denied", error_description="The user rejected the request")
        mine = {c.id for c in books.companies("fiken")}
        ticked = [int(c) for c in form.getall("company", []) if str(c).isdigit() and int(c) in mine]
        with world.lock:
            user = str(form.get("user") or DEFAULT_USER)
            consent = Consent(id=memory.next_id(), user=user, client_id=asked["client_id"], companies=ticked)
            memory.consents[consent.id] = consent
            return _back(asked, code=memory.new_code(world, consent, asked["redirect_uri"], asked["state"]))

    @post("/token", status_code=200)
    async def token(request: AnyRequest) -> Response[dict[str, object]]:
        if not _is_client(memory, request.headers.get("authorization", "")):
            return _refused("invalid_client", "Unknown client", 401)
        form = {k: str(v) for k, v in (await request.form()).items()}
        with world.lock:
            if form.get("grant_type") == "authorization_code":
                return _by_code(world, memory, form)
            if form.get("grant_type") == "refresh_token":
                return _by_refresh_token(world, memory, form)
        return _refused("unsupported_grant_type", "Use authorization_code or refresh_token")

    @post("/revoke", status_code=200)
    async def revoke(request: AnyRequest) -> Response[bytes]:
        with world.lock:
            consent = memory.consent_of(bearer(request), world.now())
            if consent is None:
                return Response(b"", status_code=401)
            consent.revoked = True
            return Response(b"", status_code=200)

    return Router("/fiken/oauth", route_handlers=[ask, decide, token, revoke], exception_handlers={_PageError: _stop})


def bearer(request: AnyRequest) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token if kind.lower() == "bearer" else ""


def _by_code(world: World, memory: FikenMemory, form: dict[str, str]) -> Response[dict[str, object]]:
    if not all(form.get(k) for k in ("code", "redirect_uri", "state")):
        return _refused("invalid_request", "code, redirect_uri and state are required")
    code = memory.codes.pop(form["code"], None)
    if code is None or code.expires_at <= world.now() or (code.redirect_uri, code.state) != (form["redirect_uri"], form["state"]):
        return _refused("invalid_grant", "The authorization code is invalid or expired.")
    return _granted(world, memory, memory.consents[code.consent], "authorization_code", rotate=False)


def _by_refresh_token(world: World, memory: FikenMemory, form: dict[str, str]) -> Response[dict[str, object]]:
    shown = form.get("refresh_token", "")
    consent = next((c for c in memory.consents.values() if not c.revoked and c.refresh_token and c.refresh_token == shown), None)
    if consent is None:
        return _refused("invalid_grant", "The refresh token is invalid or expired.")
    return _granted(world, memory, consent, "refresh_token", rotate=memory.settings.rotate_refresh_tokens)


def _granted(world: World, memory: FikenMemory, consent: Consent, grant: str, *, rotate: bool) -> Response[dict[str, object]]:
    if consent.revoked:
        return _refused("invalid_grant", "The consent has been revoked.")
    memory.granted[grant] = memory.granted.get(grant, 0) + 1
    return Response(memory.new_tokens(world, consent, rotate), headers={"cache-control": "no-store"})


def _is_client(memory: FikenMemory, header: str) -> bool:
    kind, _, packed = header.partition(" ")
    try:
        shown = base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    expected = f"{memory.settings.client_id}:{memory.settings.client_secret}"
    return kind.lower() == "basic" and secrets.compare_digest(shown.encode(), expected.encode())


def _check_app(memory: FikenMemory, asked: dict[str, str]) -> None:
    if asked["client_id"] != memory.settings.client_id:
        raise _PageError("Ukjent app (client_id).")
    allowed, uri = memory.settings.redirect_uris, asked["redirect_uri"]
    if not uri.startswith(("http://", "https://")) or (allowed and uri not in allowed):
        raise _PageError("Ugyldig redirect_uri.")


def _back(asked: dict[str, str], **answer: str) -> Redirect:
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return Redirect(f"{asked['redirect_uri']}{joint}{urlencode({**answer, 'state': asked['state']})}", status_code=303)


def _refused(error: str, description: str, status: int = 400) -> Response[dict[str, object]]:
    return Response({"error": error, "error_description": description}, status_code=status)


def _stop(_request: AnyRequest, fault: Exception) -> Response[str]:
    text = f'<!doctype html><html lang="nb"><title>Fiken (sandkasse)</title><h1>Noe er galt</h1><p>{escape(str(fault))}</p></html>'
    return Response(text, status_code=400, media_type=MediaType.HTML)


def _page(books: Books, asked: dict[str, str]) -> str:
    hidden = "".join(f'<input type="hidden" name="{k}" value="{escape(asked[k])}">' for k in ("client_id", "redirect_uri", "state"))
    ticks = "".join(
        f'<li><label><input type="checkbox" name="company" value="{c.id}" checked> {escape(c.name)}'
        f"{' (testforetak)' if c.is_test else ''} {escape(c.organisation_number or '')}</label>"
        for c in books.companies("fiken")
    )
    return (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Gi tilgang – Fiken (sandkasse)</title><main><h1>Vil du gi appen tilgang?</h1>"
        f"<p>Appen <b>{escape(asked['client_id'])}</b> ber om tilgang til foretakene du krysser av.</p>"
        f'<form method="post" action="/fiken/oauth/authorize">{hidden}'
        f'<p><label>Fiken-bruker <input name="user" type="email" value="{DEFAULT_USER}"></label></p>'
        f"<fieldset><legend>Foretak</legend><ul>{ticks or '<li>Du har ingen foretak i Fiken.'}</ul></fieldset>"
        '<button name="decision" value="allow">Godta</button> <button name="decision" value="reject">Avvis</button></form></main></html>'
    )
