"""The stop list: debtors stopped by insolvency, with what each company is owed and what is filed with the estate."""

from __future__ import annotations

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.dunning.stop_list import stop_list
from app.tenants import companies
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.pages import page


@get("/stop-list", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_stop_list(work: Work, frame: PageFrame, company: FromQuery[str] = "") -> Template:
    """All companies, or one."""
    choices = [(one.id, one.name) for one in companies.all_open(work)]
    chosen = next((company_id for company_id, _ in choices if str(company_id) == company), None)
    return page("pages/stop_list.html", frame, lines=stop_list(work, chosen), companies=choices, company=chosen)


HANDLERS = [show_stop_list]
