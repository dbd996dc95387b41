"""The demo clock: asks for a later "today" while the sandbox is on. Without the sandbox these addresses do not exist."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.exceptions import NotFoundException
from litestar.response import Redirect

from app.db.demo_clock import set_goal
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import TheHouse, Work
from app.web.dependencies import demo_clock_of
from app.web.pages import Form, fragment, safe_path, see_other, text_of

STEPS = ("1", "7")


@get("/demo-clock", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_clock(work: Work, house: TheHouse) -> Response[Any]:
    """What the banner polls while the clock is on its way; the last answer does not ask to be polled again."""
    clock = demo_clock_of(house, work)
    if clock is None:
        raise NotFoundException
    return fragment("pages/demo_clock/_banner.html", clock=clock)


@post("/demo-clock", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def move_clock(data: Form, request: Request[Any, Any, Any], work: Work, house: TheHouse) -> Redirect:
    """The clock process walks there a day at a time; back to the page the button stood on."""
    days = text_of(data, "days")
    if demo_clock_of(house, work) is None or days not in STEPS:
        raise NotFoundException
    set_goal(work, timedelta(days=int(days)))
    return see_other(safe_path(_came_from(request)), "clock-moving")


def _came_from(request: Request[Any, Any, Any]) -> str | None:
    """The path of the page before, when it was one of ours; its query is left behind."""
    referer = request.headers.get("referer", "")
    here = f"{request.url.scheme}://{request.url.netloc}/"
    return referer[len(here) - 1 :].split("?")[0] if referer.startswith(here) else None


HANDLERS = [show_clock, move_clock]
