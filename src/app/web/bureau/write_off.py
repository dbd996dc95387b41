"""Claims that may be finally lost: by which ground, and which proofs are there and which are missing."""

from __future__ import annotations

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.dunning.loss_candidates import candidates
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.pages import page


@get("/write-off", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_candidates(work: Work, frame: PageFrame, company: FromQuery[str] = "") -> Template:
    """All companies, or one."""
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    chosen = next((company_id for company_id, _ in choices if str(company_id) == company), None)
    return page("pages/write_off.html", frame, lines=candidates(work, chosen), companies=choices, company=chosen)


HANDLERS = [show_candidates]
