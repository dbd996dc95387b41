"""Static files by content: the address of a file carries the hash of its bytes, so that a browser may keep it for ever."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from litestar.static_files import create_static_files_router

if TYPE_CHECKING:
    from litestar import Router
    from litestar.types import ASGIApp, Message, Receive, Scope, Send

STATIC_ROOT = Path(__file__).parent / "static"
STATIC_PATH = "/static"

#: folders whose file names carry a version: what stands there never changes under its name
_VERSIONED_BY_NAME = ("/static/vendor/", "/static/fonts/")
_FOR_EVER = b"public, max-age=31536000, immutable"
_FOR_NOW = b"public, max-age=60"


class UnknownAssetError(LookupError):
    """A template asked for a static file that is not there."""


@lru_cache(maxsize=256)
def asset(name: str) -> str:
    """The address of a static file: "css/house.css" gives "/static/css/house.css?v=3f2a…". UnknownAssetError if there is none."""
    return f"{STATIC_PATH}/{name}?v={_content_hash(name)}"


def static_router() -> Router:
    """The route that serves `static/`; an address with the right hash may be kept for a year, any other for a minute."""
    return create_static_files_router(path=STATIC_PATH, directories=[STATIC_ROOT], name="static", middleware=[_keep_what_cannot_change])


def _keep_what_cannot_change(app: ASGIApp) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        policy = _FOR_EVER if _cannot_change(scope) else _FOR_NOW

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                kept = [(name, value) for name, value in message["headers"] if name.lower() != b"cache-control"]
                message["headers"] = [*kept, (b"cache-control", policy)]
            await send(message)

        await app(scope, receive, send_with_policy)

    return serve


def _cannot_change(scope: Scope) -> bool:
    path = scope["path"]
    if path.startswith(_VERSIONED_BY_NAME):
        return True
    asked = parse_qs(scope.get("query_string", b"").decode("ascii", "replace")).get("v", [""])[0]
    try:
        return asked == _content_hash(path.removeprefix(STATIC_PATH).lstrip("/"))
    except UnknownAssetError:
        return False


@lru_cache(maxsize=256)
def _content_hash(name: str) -> str:
    file = (STATIC_ROOT / name).resolve()
    if not file.is_relative_to(STATIC_ROOT.resolve()) or not file.is_file():
        raise UnknownAssetError(name)
    return sha256(file.read_bytes()).hexdigest()[:12]
