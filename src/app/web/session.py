"""The cookie of a logged-in browser: resolved once for each request, before any guard asks who it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from litestar import Request
from litestar.datastructures import Cookie
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware

from app.db.unit_of_work import Database
from app.tenants import platform_staff, sessions
from app.web.i18n import DEFAULT_LOCALE, use_locale
from app.web.said import hear
from app.web.security import check_csrf, csrf_token, refuse_foreign_origin

if TYPE_CHECKING:
    from litestar.types import ASGIApp, Receive, Scope, Send

MAX_AGE = int(timedelta(days=7).total_seconds())


class SessionMiddleware(ASGIMiddleware):
    """Sets `state.identity`, `state.staff`, `state.token`, `state.locale`, `state.csrf_token`, and refuses a form that another site sent.

    `database` runs on the machine's own clock: moving the demo clock logs nobody out.
    """

    scopes = (ScopeType.HTTP,)

    def __init__(self, database: Database, secret: bytes, *, https: bool) -> None:
        self.database = database
        self.secret = secret
        self.name = cookie_name(https=https)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        token = request.cookies.get(self.name)
        identity = await to_thread.run_sync(sessions.resolve, self.database, token) if token else None
        staff = await to_thread.run_sync(platform_staff.resolve, self.database, token) if token and identity is None else None
        known = identity or staff
        locale = DEFAULT_LOCALE if known is None else known.locale
        request.state.identity, request.state.staff, request.state.locale = identity, staff, locale
        request.state.token = token
        request.state.csrf_token = "" if known is None or token is None else csrf_token(token, self.secret)
        scope["user"] = identity
        with use_locale(locale):
            hear(request.query_params.get("said"), request.query_params.get("n"))
            if known is None or token is None:
                refuse_foreign_origin(request)
            else:
                await check_csrf(request, session_id=token, secret=self.secret)
            await next_app(scope, receive, send)


def cookie_name(*, https: bool) -> str:
    """The `__Host-` prefix makes a browser refuse the cookie from a sister domain; it needs https."""
    return "__Host-rk" if https else "rk"


def login_cookie(token: str, *, https: bool) -> Cookie:
    return Cookie(cookie_name(https=https), value=token, path="/", httponly=True, secure=https, samesite="lax", max_age=MAX_AGE)


def gone_cookie(*, https: bool) -> Cookie:
    """Takes the cookie away."""
    return Cookie(cookie_name(https=https), value="", path="/", httponly=True, secure=https, samesite="lax", max_age=0)
