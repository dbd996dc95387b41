"""A company's own pages, a phone first: what waits for its yes or no, its claims, and its cases at the agency."""

from __future__ import annotations

import uuid
from typing import Annotated

from litestar import get
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Template

from app.agencies import queries as agencies
from app.dunning import queries
from app.dunning.queries import ClaimFilter
from app.portfolio.overview import overview
from app.tenants.permissions import Permission
from app.web.access import Place, requires
from app.web.asked import Asker, PageFrame, Work
from app.web.bureau.claims import claim_context, read_claims
from app.web.pages import page

STATES = ("active", "overdue", "reminded", "warned", "handed_over", "closed", "all")


@get("/own", guards=[requires(Permission.VIEW, Place.COMPANY)], sync_to_thread=True)
def show_own_list(work: Work, frame: PageFrame, identity: Asker) -> Template:
    newest = queries.latest_list(work, identity.company_id) if identity.company_id is not None else None
    line = next(iter(overview(work, identity.company_id)), None)
    return page("pages/own/index.html", frame, weekly=newest, line=line, base="/own", now=work.now(), company_id=identity.company_id)


@get("/own/claims", guards=[requires(Permission.VIEW, Place.COMPANY)], sync_to_thread=True)
def show_own_claims(
    work: Work, frame: PageFrame, standing: Annotated[str, QueryParameter(name="state")] = "active", q: FromQuery[str] = "",
    sort: FromQuery[str] = "due", cursor: FromQuery[str | None] = None,
) -> Template:  # fmt: skip
    view = read_claims(work, ClaimFilter(state=standing, text=q[:200], sort=sort), cursor, "/own/claims")
    return page("pages/own/claims.html", frame, view=view, states=STATES)


@get("/own/claims/{claim_id:uuid}", guards=[requires(Permission.VIEW, Place.COMPANY)], sync_to_thread=True)
def show_own_claim(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/own/claim.html", frame, **claim_context(work, claim_id))


@get("/own/cases", guards=[requires(Permission.VIEW, Place.COMPANY)], sync_to_thread=True)
def show_own_cases(work: Work, frame: PageFrame, cursor: FromQuery[uuid.UUID | None] = None) -> Template:
    found = agencies.cases(work, cursor=None if cursor is None else str(cursor))
    return page("pages/own/cases.html", frame, found=found)


HANDLERS = [show_own_list, show_own_claims, show_own_claim, show_own_cases]
