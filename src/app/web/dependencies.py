"""Who provides what a page's handler asks for by name (`app.web.asked` has the words to ask with). Exactly one of them is a generator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from litestar import Request
from litestar.di import Provide
from litestar.types import Dependencies

from app.db.demo_clock import goal_ahead
from app.db.scope import SYSTEM, Actor, CompanyScope, PlatformScope
from app.db.unit_of_work import Database, UnitOfWork
from app.dunning import approval_view, owners, queries
from app.dunning.law_book import LawBook
from app.dunning.law_recording import running_out
from app.tenants import bureaus, companies
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.tenants.platform_staff import Staff
from app.values.calendar import oslo_date
from app.web.access import LoginNeededError
from app.web.approval_links import ApprovalLink, open_approval_link
from app.web.asked import Work
from app.web.house import House
from app.web.htmx import provide_hx
from app.web.list_links import LinkError, ListLink, open_link
from app.web.templating import CompanyChoice, DemoClock, Frame

#: the switcher is a shortcut; whoever has more companies than this finds them by search or in the portfolio
CHOICES_MAX = 40
_BY_PERMISSION = {
    "settings": Permission.SETTINGS,
    "connections": Permission.CONNECT,
    "imports": Permission.IMPORT,
    "credit": Permission.CHECK_CREDIT,
}


def dependencies(house: House, accounts: Database) -> Dependencies:
    """For the pages' router. `accounts` is the same database on the machine's own clock, for logins and sessions."""

    def provide_accounts() -> Database:
        return accounts

    def provide_house() -> House:
        return house

    def provide_unit_of_work(request: Request[Any, Any, Any]) -> Iterator[UnitOfWork]:
        """One transaction per request, in the reader's scope: a handler that returns commits, after its page is rendered."""
        identity: Identity | None = request.state.identity
        linked = _linked_scope(house, request.path_params)
        if linked is not None:
            with house.database.begin(linked) as work:
                yield work
        elif identity is not None:
            with house.database.begin(identity.scope, identity.actor) as work:
                yield work
        else:
            staff: Staff | None = request.state.staff
            with house.database.begin(PlatformScope(), SYSTEM if staff is None else staff.actor) as work:
                yield work

    def provide_frame(request: Request[Any, Any, Any], work: Work) -> Frame:
        return frame_of(house, request.state.identity, work, request.path_params.get("company_id"))

    def provide_link(request: Request[Any, Any, Any], work: Work) -> ListLink:
        """What the address opens, with the reader named for the audit trail: the company's own, by link."""
        link = open_link(str(request.path_params.get("token", "")), house.app_secret, house.clock.now())
        work.actor = Actor("link", None, f"{companies.find(work, link.company_id).name} (link)")
        return link

    def provide_asked(request: Request[Any, Any, Any], work: Work) -> ApprovalLink:
        """What the address opens, with its person named for the audit trail. Whoever has no place here any more is asked nothing."""
        asked = open_approval_link(str(request.path_params.get("approval", "")), house.app_secret, house.clock.now())
        known = next((one for one in owners.people(work, asked.company_id) if one.id == asked.user_id), None)
        if known is None:
            raise LinkError(expired=True)
        work.actor = Actor("link", known.id, f"{known.name} (link)")
        return asked

    return {
        "house": Provide(provide_house, sync_to_thread=False),
        "accounts": Provide(provide_accounts, sync_to_thread=False),
        "work": Provide(provide_unit_of_work),
        "identity": Provide(provide_identity, sync_to_thread=False),
        "hx": Provide(provide_hx, sync_to_thread=False),
        "frame": Provide(provide_frame, sync_to_thread=True),
        "link": Provide(provide_link, sync_to_thread=True),
        "asked": Provide(provide_asked, sync_to_thread=True),
    }


def _linked_scope(house: House, address: Mapping[str, Any]) -> CompanyScope | None:
    """Whose rows an address with a signed link opens; None for one without."""
    if "approval" in address:
        asked = open_approval_link(str(address["approval"]), house.app_secret, house.clock.now())
        return CompanyScope(asked.bureau_id, asked.company_id)
    if "token" in address:
        link = open_link(str(address["token"]), house.app_secret, house.clock.now())
        return CompanyScope(link.bureau_id, link.company_id)
    return None


def provide_identity(request: Request[Any, Any, Any]) -> Identity:
    identity: Identity | None = request.state.identity
    if identity is None:
        raise LoginNeededError
    return identity


def frame_of(house: House, identity: Identity, work: UnitOfWork, company_id: object = None) -> Frame:
    """What stands around every page of this reader. Four queries."""
    waiting = queries.counts(work)
    known = companies.all_open(work)
    own = identity.company_id is not None
    here = next((one for one in known if str(one.id) == str(company_id) or own), None)
    shown = known[:CHOICES_MAX] if here is None or here in known[:CHOICES_MAX] else [here, *known[: CHOICES_MAX - 1]]
    return Frame(
        user_name=identity.name,
        bureau_name=bureaus.current(work).name,
        company_name=None if here is None else here.name,
        companies=[CompanyChoice(one.name, f"/companies/{one.id}", one is here) for one in shown],
        ready_count=waiting.ready,
        case_count=waiting.cases,
        asked_count=approval_view.count_for(work, identity.user_id) if own else 0,
        demo_clock=demo_clock_of(house, work),
        law_runs_out=() if own else running_out(house.resources.of(LawBook).read(work).rates, work.today()),
        locked_sections=frozenset(section for section, permission in _BY_PERMISSION.items() if not identity.may(permission)),
    )


def demo_clock_of(house: House, work: UnitOfWork) -> DemoClock | None:
    """The banner's figures while the sandbox is on and the product's clock can be moved."""
    offset = getattr(house.clock, "offset", None)
    if not house.settings.sandbox or offset is None:
        return None
    ahead = goal_ahead(work)
    goal_on = oslo_date(house.clock.now() + ahead) if ahead else None
    return DemoClock(house.clock.today(), offset().days, goal_on, house.settings.sandbox_url)
