"""One search box over companies, debtors, invoices and KID."""

from __future__ import annotations

from litestar import get
from litestar.params import FromQuery
from litestar.response import Template

from app.portfolio.search import Found, search
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.pages import page

TEXT_LENGTH_MAX = 100


@get("/search", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_search(work: Work, frame: PageFrame, q: FromQuery[str] = "") -> Template:
    text = " ".join(q.split())[:TEXT_LENGTH_MAX]
    found = search(work, text) if text else Found(too_short=True)
    return page("pages/search/index.html", frame, q=text, found=found)


HANDLERS = [show_search]
