"""The bureau's own settings: the rules its companies begin with, the switch that stops all sending, and who works here."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides, policies
from app.dunning.law_book import LawBook
from app.dunning.tiers import Place
from app.tenants import bureaus
from app.tenants import queries as tenants
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, TheHouse, Work
from app.web.bureau import policy_form
from app.web.house import House
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of


@get("/settings", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def show_settings(work: Work, frame: PageFrame, house: TheHouse) -> Template:
    return page("pages/settings.html", frame, **settings_context(work, house))


@post("/settings/policy", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def save_standard(work: Work, frame: PageFrame, house: TheHouse, data: Form) -> Response[Any] | Template:
    """The standard of every company without rules of its own."""
    form = policy_form.read(data, policies.standard(work).policy, house.resources.of(LawBook).read(work).statute_on(work.today()))
    if form.changed:
        return page("pages/settings.html", frame, **settings_context(work, house, rules=form))
    if form.errors:
        raise refuse(work, "pages/settings.html", frame, message=None, **settings_context(work, house, rules=form))
    overrides.save(work, Place(), form.policy)
    return see_other("/settings", "policy-saved")


@post("/settings/sending", guards=[requires(Permission.SETTINGS)], sync_to_thread=True)
def switch_sending(work: Work, frame: PageFrame, house: TheHouse, data: Form) -> Response[Any]:
    """The big switch: nothing leaves the house while it is off. Switching off needs a reason."""
    if text_of(data, "sending") == "on":
        bureaus.allow_sending(work)
        return see_other("/settings", "sending-allowed")
    if not text_of(data, "reason"):
        errors = {"reason": gettext("Say why, so that colleagues understand it.")}
        raise refuse(work, "pages/settings.html", frame, message=None, **settings_context(work, house, errors=errors))
    bureaus.stop_sending(work, text_of(data, "reason")[:500])
    return see_other("/settings", "sending-stopped")


def settings_context(
    work: UnitOfWork, house: House, *, rules: policy_form.PolicyForm | None = None, errors: dict[str, str] | None = None
) -> dict[str, Any]:
    resolved = policies.standard(work)
    policy, version = resolved.policy, resolved.tiers[-1].origin.version
    law = house.resources.of(LawBook).read(work)
    return {
        "bureau": bureaus.current(work), "members": tenants.members(work), "rules": rules or policy_form.shown(policy), "version": version,
        "statute": law.statute_on(work.today()), **policy_form.choices(house.settings), "errors": errors or {},
        "policy_action": "/settings/policy",
        "trail": tenants.audit_lines(work, most=30),
    }  # fmt: skip


HANDLERS = [show_settings, save_standard, switch_sending]
