"""Logging in and out, and choosing among one's places."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Request, Response, get, post
from litestar.response import Redirect, Template

from app.tenants import login, sessions
from app.tenants.login import LoginError
from app.web.access import PLATFORM, LoginNeededError
from app.web.asked import Accounts, TheHouse
from app.web.i18n import gettext
from app.web.pages import Form, FormError, bare_page, safe_path, see_other, text_of
from app.web.session import gone_cookie, login_cookie

AnyRequest = Request[Any, Any, Any]


@get("/login", sync_to_thread=False)
def show_login(request: AnyRequest) -> Response[Any]:
    """The form; whoever is logged in already goes on."""
    wanted = safe_path(request.query_params.get("next"))
    if request.state.identity is not None:
        return Redirect(wanted, status_code=303)
    if request.state.staff is not None:
        return Redirect(PLATFORM, status_code=303)
    return bare_page("pages/login/index.html", next=wanted, email="", errors={})


@post("/login", sync_to_thread=True)
def log_in(request: AnyRequest, house: TheHouse, accounts: Accounts, data: Form) -> Response[Any]:
    """A fresh session, never the one the browser came with; then to where the reader was going, or to choose a place first."""
    email, wanted = text_of(data, "email"), safe_path(text_of(data, "next"))
    password = data.get("password", "")
    try:
        address = request.client.host if request.client is not None else "?"
        token = login.log_in(accounts, email, password if isinstance(password, str) else "", address, replacing=request.state.token)
    except LoginError as fault:
        context = {"next": wanted, "email": email, "errors": {"password": _words(fault)}, "message": None}
        raise FormError("pages/login/index.html", context, 429 if fault.code == "throttled" else 422) from None
    identity = sessions.resolve(accounts, token)
    several = identity is not None and identity.user_id is not None and len(sessions.places(accounts, identity.user_id)) > 1
    onwards = "/places" if several and wanted == "/" else wanted
    answer = Redirect(PLATFORM if identity is None and not wanted.startswith(PLATFORM) else onwards, status_code=303)
    answer.set_cookie(login_cookie(token, https=house.settings.secure_cookies))
    return answer


@post("/logout", sync_to_thread=True)
def log_out(request: AnyRequest, house: TheHouse, accounts: Accounts) -> Response[Any]:
    sessions.end(accounts, request.state.token)
    answer = see_other("/login", "logged-out")
    answer.set_cookie(gone_cookie(https=house.settings.secure_cookies))
    return answer


@get("/places", sync_to_thread=True)
def show_places(request: AnyRequest, accounts: Accounts) -> Template:
    """Where this person can work: bureaus, and companies of bureaus."""
    identity = request.state.identity
    if identity is None:
        raise LoginNeededError
    return bare_page("pages/login/places.html", places=sessions.places(accounts, identity.user_id), here=identity.membership_id)


@post("/places", sync_to_thread=True)
def choose_place(request: AnyRequest, house: TheHouse, accounts: Accounts, data: Form) -> Response[Any]:
    if request.state.identity is None:
        raise LoginNeededError
    try:
        token = sessions.switch(accounts, request.state.token, uuid.UUID(text_of(data, "place")))
    except ValueError:
        raise LookupError("no such place") from None
    answer = Redirect("/", status_code=303)
    answer.set_cookie(login_cookie(token, https=house.settings.secure_cookies))
    return answer


def _words(fault: LoginError) -> str:
    match fault.code:
        case "throttled":
            minutes = 1 if fault.after is None else max(1, round(fault.after.total_seconds() / 60))
            return gettext("Too many tries. Wait %(minutes)s minutes and try again.").replace("%(minutes)s", str(minutes))
        case "no_place":
            return gettext("You have no access to any bureau any more. Ask an administrator.")
        case _:
            return gettext("Wrong e-mail or password.")


HANDLERS = [show_login, log_in, log_out, show_places, choose_place]
