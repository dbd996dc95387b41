"""What every answer says to the browser about safety, and the proof that a form was sent from our own page."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litestar.datastructures import UploadFile

from app.web.assets import STATIC_PATH

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from litestar import Request
    from litestar.types import Message, Scope

CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "_csrf"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ALWAYS = (
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    # not "no-referrer": with it a browser sends `Origin: null` from our own forms, and the check below would refuse them
    ("referrer-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
)
_HSTS = ("strict-transport-security", "max-age=63072000; includeSubDomains")


class CsrfError(Exception):
    """An unsafe request that our own page did not send; the message says which proof was missing. Nothing in it is secret."""


def security_headers(*, https: bool) -> Callable[[Message, Scope], Awaitable[None]]:
    """A `before_send` hook for the application: headers on every answer, errors and unknown paths included.

    Answers that say nothing about caching get `no-store`, since nearly every page shows somebody's debts; static files are left alone.
    With `https` the browser is told never to come back without it.
    """
    always = [*_ALWAYS, _HSTS] if https else [*_ALWAYS]

    async def add(message: Message, scope: Scope) -> None:
        if message["type"] != "http.response.start":
            return
        headers = list(message.get("headers", []))
        present = {name.lower() for name, _ in headers}
        wanted = [(name.encode(), value.encode()) for name, value in always]
        if not scope["path"].startswith(f"{STATIC_PATH}/"):
            wanted.append((b"cache-control", b"no-store"))
        message["headers"] = headers + [(name, value) for name, value in wanted if name not in present]

    return add


def csrf_token(session_id: str, secret: bytes) -> str:
    """The token that belongs to one session: it proves nothing for any other, and cannot be made without the secret."""
    return hmac.new(secret, b"csrf:" + session_id.encode(), sha256).hexdigest()


async def check_csrf(request: Request[Any, Any, Any], *, session_id: str, secret: bytes) -> None:
    """Refuse an unsafe request of a cookie session that another site may have sent. CsrfError tells why.

    The token is taken from the header `X-CSRF-Token` or the form field `_csrf`. An upload (multipart) that the browser itself vouches for
    (`Sec-Fetch-Site: same-origin`) is let through without reading it, so that large files can still be streamed by their handler.
    """
    if request.method in _SAFE_METHODS:
        return
    refuse_foreign_origin(request)
    multipart = request.headers.get("content-type", "").startswith("multipart/form-data")
    sent = request.headers.get(CSRF_HEADER)
    if sent is None and multipart and request.headers.get("sec-fetch-site") == "same-origin":
        return
    if sent is None:
        sent = await _token_in_form(request)
    if not sent or not hmac.compare_digest(sent.encode(), csrf_token(session_id, secret).encode()):
        raise CsrfError("the token of the form is missing or belongs to another session")


def refuse_foreign_origin(request: Request[Any, Any, Any]) -> None:
    """CsrfError if the browser says that another site made this request. Enough by itself for login, where there is no session yet."""
    if request.method in _SAFE_METHODS:
        return
    if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
        raise CsrfError("another site sent this request")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower():
        raise CsrfError("another origin sent this request")


async def _token_in_form(request: Request[Any, Any, Any]) -> str | None:
    if not request.headers.get("content-type", "").startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        return None
    value = (await request.form()).get(CSRF_FIELD)
    return None if isinstance(value, UploadFile) else value
