"""A person's own account: password, language, other sessions; and for an administrator the bureau's API keys."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import Database, UnitOfWork
from app.tenants import api_keys, login, own_account
from app.tenants import queries as tenants
from app.tenants.api_keys import NewKey
from app.tenants.identity import Identity
from app.tenants.login import LoginError
from app.tenants.passwords import LENGTH_MIN, PasswordError
from app.tenants.permissions import Permission, Role
from app.web.access import Place, requires
from app.web.asked import Accounts, Asker, PageFrame, Work
from app.web.i18n import gettext
from app.web.pages import Form, FormError, page, refuse, see_other, text_of
from app.web.templating import Frame

AnyRequest = Request[Any, Any, Any]
KEY_ROLES = (Role.READER, Role.MANAGER, Role.ADMIN)


@get("/account", guards=[requires(Permission.VIEW, Place.BOTH)], sync_to_thread=True)
def show_account(
    request: AnyRequest, work: Work, frame: PageFrame, identity: Asker,
    accounts: Accounts,
) -> Template:  # fmt: skip
    return page("pages/account.html", frame, **account_context(request, work, identity, accounts))


@post("/account/password", guards=[requires(Permission.VIEW, Place.BOTH)], sync_to_thread=True)
def change_password(
    request: AnyRequest, work: Work, frame: PageFrame, identity: Asker,
    accounts: Accounts, data: Form,
) -> Response[Any]:  # fmt: skip
    """The old one once more, then the new one; every other session ends."""
    if identity.user_id is None:
        raise LookupError("a key has no password")
    old, new = str(data.get("old", "")), str(data.get("new", ""))
    try:
        login.change_password(accounts, identity.user_id, old, new, token=request.state.token)
    except LoginError as fault:
        words = gettext("Too many tries. Wait a little.") if fault.code == "throttled" else gettext("This is not your present password.")
        raise _again(request, work, frame, identity, accounts, {"old": words}) from None
    except PasswordError as fault:
        raise _again(request, work, frame, identity, accounts, {"new": _too_easy(fault)}) from None
    return see_other("/account", "password-changed")


@post("/account/locale", guards=[requires(Permission.VIEW, Place.BOTH)], sync_to_thread=True)
def choose_language(identity: Asker, accounts: Accounts, data: Form) -> Response[Any]:
    if identity.user_id is not None and text_of(data, "locale") in own_account.LOCALES:
        own_account.set_locale(accounts, identity.user_id, text_of(data, "locale"))
    return see_other("/account", "saved")


@post("/account/sessions/end", guards=[requires(Permission.VIEW, Place.BOTH)], sync_to_thread=True)
def log_out_elsewhere(request: AnyRequest, identity: Asker, accounts: Accounts) -> Response[Any]:
    if identity.user_id is not None:
        own_account.log_out_elsewhere(accounts, identity.user_id, request.state.token)
    return see_other("/account", "others-out")


@post("/account/keys", guards=[requires(Permission.KEYS)], sync_to_thread=True)
def make_key(
    request: AnyRequest, work: Work, frame: PageFrame, identity: Asker,
    accounts: Accounts, data: Form,
) -> Template:  # fmt: skip
    """The one answer that shows the key; it is nowhere to be read afterwards."""
    name, role = text_of(data, "name")[:100], text_of(data, "role")
    if not name:
        raise _again(request, work, frame, identity, accounts, {"name": gettext("Give the key a name that says who uses it.")})
    if role not in {one.value for one in KEY_ROLES}:
        raise _again(request, work, frame, identity, accounts, {"role": gettext("Choose what the key may do.")})
    made = api_keys.create(work, name, Role(role))
    return page("pages/account.html", frame, **account_context(request, work, identity, accounts, made=made))


@post("/account/keys/{api_key_id:uuid}/revoke", guards=[requires(Permission.KEYS)], sync_to_thread=True)
def revoke_key(work: Work, api_key_id: FromPath[uuid.UUID]) -> Response[Any]:
    api_keys.revoke(work, api_key_id)
    return see_other("/account", "key-revoked")


def account_context(
    request: AnyRequest,
    work: UnitOfWork,
    identity: Identity,
    accounts: Database,
    *,
    errors: dict[str, str] | None = None,
    made: NewKey | None = None,
) -> dict[str, Any]:
    may_keys = identity.may(Permission.KEYS)
    others = own_account.other_sessions(accounts, identity.user_id, request.state.token) if identity.user_id is not None else 0
    return {
        "identity": identity, "errors": errors or {}, "made": made, "others": others, "now": accounts.clock.now(),
        "keys": tenants.api_keys(work) if may_keys else None, "key_roles": KEY_ROLES, "length_min": LENGTH_MIN,
        "layout": "layouts/company.html" if identity.company_id is not None else "layouts/bureau.html",
    }  # fmt: skip


def _again(
    request: AnyRequest, work: UnitOfWork, frame: Frame, identity: Identity, accounts: Database, errors: dict[str, str]
) -> FormError:
    context = account_context(request, work, identity, accounts, errors=errors)
    return refuse(work, "pages/account.html", frame, message=None, **context)


def _too_easy(fault: PasswordError) -> str:
    return {
        "too_short": gettext("Use at least %(least)s characters; a few words in a row are fine.").replace("%(least)s", str(LENGTH_MIN)),
        "too_long": gettext("The password is too long."),
        "too_plain": gettext("Use more different characters."),
        "too_personal": gettext("The password is little more than your name or address. Choose other words."),
    }[fault.code]


HANDLERS = [show_account, change_password, choose_language, log_out_elsewhere, make_key, revoke_key]
