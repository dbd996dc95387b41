"""login.microsoftonline.com as far as one application needs it: the page where a user says yes, and tokens by code and by refresh."""

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
from sandbox.businesscentral.memory import Code, Consent, EntraMemory
from sandbox.world import World

AnyRequest = Request[Any, Any, Any]
PREFIX = "/businesscentral/login"
KEPT = ("client_id", "redirect_uri", "state", "scope", "code_challenge")


def entra_router(world: World, books: Books, memory: EntraMemory) -> Router:
    world.fidelity[f"GET {PREFIX}/authorize"] = "spec"
    world.fidelity[f"POST {PREFIX}/authorize"] = "assumed"
    world.fidelity[f"POST {PREFIX}/token"] = "spec"

    @get("/authorize", media_type=MediaType.HTML)
    async def ask(request: AnyRequest) -> Response[Any]:
        asked = {name: request.query_params.get(name, "") for name in (*KEPT, "response_type", "code_challenge_method")}
        if asked["client_id"] != memory.client_id or not asked["redirect_uri"].startswith(("http://", "https://")):
            return Response("<h1>AADSTS700016: Ukjent app eller adresse</h1>", status_code=400, media_type=MediaType.HTML)
        if asked["response_type"] != "code" or asked["code_challenge_method"] not in ("", "S256"):
            return _back(asked, error="invalid_request")
        return Response(_page(books, asked), media_type=MediaType.HTML)

    @post("/authorize")
    async def decide(request: AnyRequest) -> Response[Any]:
        form = await request.form()
        asked = {name: str(form.get(name, "")) for name in KEPT}
        if form.get("decision") != "allow":
            return _back(asked, error="access_denied", error_description="AADSTS65004: User declined to consent to access the app.")
        with world.lock:
            consent = Consent(id=memory.next_id())
            memory.consents[consent.id] = consent
            code = secrets.token_urlsafe(24)
            memory.codes[code] = Code(
                consent=consent.id, redirect_uri=asked["redirect_uri"], challenge=asked["code_challenge"],
                expires_at=world.now() + timedelta(minutes=10),
            )  # fmt: skip
        return _back(asked, code=code)

    @post("/token", status_code=200)
    async def token(request: AnyRequest) -> Response[dict[str, object]]:
        form = {name: str(value) for name, value in (await request.form()).items()}
        if not _is_client(memory, request.headers.get("authorization", "")):
            return _refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        with world.lock:
            consent = _by_code(world, memory, form) if form.get("grant_type") == "authorization_code" else None
            if form.get("grant_type") == "refresh_token":
                consent = memory.consent_to_refresh(form.get("refresh_token", ""), world.now())
            if consent is None or consent.revoked:
                return _refused("invalid_grant", "AADSTS70008: The provided authorization code or refresh token has expired or is revoked.")
            return Response(memory.new_tokens(world, consent))

    return Router(PREFIX, route_handlers=[ask, decide, token])


def _by_code(world: World, memory: EntraMemory, form: dict[str, str]) -> Consent | None:
    code = memory.codes.pop(form.get("code", ""), None)
    if code is None or code.expires_at <= world.now() or code.redirect_uri != form.get("redirect_uri"):
        return None
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return memory.consents[code.consent] if code.challenge in ("", proof) else None


def _is_client(memory: EntraMemory, header: str) -> bool:
    kind, _, packed = header.partition(" ")
    try:
        shown = base64.b64decode(packed, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return kind.lower() == "basic" and secrets.compare_digest(shown.encode(), f"{memory.client_id}:{memory.client_secret}".encode())


def _back(asked: dict[str, str], **answer: str) -> Redirect:
    joint = "&" if "?" in asked["redirect_uri"] else "?"
    return Redirect(f"{asked['redirect_uri']}{joint}{urlencode({**answer, 'state': asked['state']})}", status_code=303)


def _refused(error: str, description: str, status: int = 400) -> Response[dict[str, object]]:
    return Response({"error": error, "error_description": description}, status_code=status)


def _page(books: Books, asked: dict[str, str]) -> str:
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(asked[name])}">' for name in KEPT)
    names = "".join(f"<li>{escape(c.name)} {escape(c.organisation_number or '')}" for c in books.companies("businesscentral"))
    return (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        "<title>Microsoft (sandkasse)</title><main><h1>Tillatelser forespurt</h1>"
        f"<p>Appen <b>{escape(asked['client_id'])}</b> vil ha tilgang til Dynamics 365 Business Central som deg. Selskapene du ser der:</p>"
        f'<ul>{names or "<li>ingen"}</ul><form method="post" action="{PREFIX}/authorize">{hidden}'
        '<button name="decision" value="allow">Godta</button> <button name="decision" value="reject">Avbryt</button></form></main></html>'
    )
