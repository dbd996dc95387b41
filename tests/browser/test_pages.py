"""Every page there is: readable by anybody (WCAG A and AA, light and dark), on any width, without a complaint from the browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from litestar.handlers import HTTPRouteHandler
from playwright.sync_api import Browser
from sqlalchemy import select

from app.dunning.models import Claim
from app.seeding import ADMIN, OWN_USER, PASSWORD
from app.tenants import platform_staff
from app.tenants.models import Membership, User
from app.web.access import Place, Requires, RequiresStaff
from app.web.router import PAGES
from support.belongings import Belongings, belongings, filled
from support.browser import COLOUR_RULES, DESK, Desk, axe_violations, sideways, twice, window
from support.demo_rows import demo_rows
from support.neighbour import Neighbour
from support.served import Served

NARROW = (390, 320)
NOBODY = ""
STAFF = "drift@reskontro.example"
#: where a page is shown as more than its bare address would
QUERIES = {"/search": "?q=hansen", "/ready": "?claim={claim_id}", "/credit-checks/new": "?company={company_id}"}
#: answers that are no pages: a part of one, a file, and the end of a consent that nobody began
NO_PAGES = {
    "/claims/{claim_id:uuid}/panel", "/companies/{company_id:uuid}/sync/progress", "/documents/{document_id:uuid}", "/demo-clock",
    "/companies/{company_id:uuid}/routine/document",
    "/connections/{ledger:str}/return", "/companies/{company_id:uuid}/export", "/payouts/{payout_id:uuid}/voucher.csv",
}  # fmt: skip
WEIGHT_MAX = 150 * 1024
REQUESTS_MAX = 12


def pages() -> Iterator[tuple[str, str]]:
    """Who opens which page: from the handlers themselves, so that a new page is looked at by itself."""
    for handler in PAGES:
        assert isinstance(handler, HTTPRouteHandler)
        if "GET" not in handler.http_methods:
            continue
        place = next((guard.place for guard in handler.guards or () if isinstance(guard, Requires)), None)
        for path in sorted(handler.paths - NO_PAGES):
            if place in {Place.BUREAU, Place.BOTH}:
                yield ADMIN, path
            if place in {Place.COMPANY, Place.BOTH}:
                yield OWN_USER, path
            if any(isinstance(guard, RequiresStaff) for guard in handler.guards or ()):
                yield STAFF, path
            elif place is None:
                yield ADMIN if path == "/places" else NOBODY, path


@pytest.fixture(scope="module")
def rows(served: Served) -> Neighbour:
    return demo_rows(served)


@pytest.fixture(scope="module")
def desks(browser: Browser, served: Served) -> Iterator[dict[str, Desk]]:
    """A window for each person, logged in once."""
    platform_staff.appoint(served.house.database, STAFF, "Solveig Drift", PASSWORD)
    with ExitStack() as stack:
        admin, own, staff, nobody = (stack.enter_context(window(browser, served.url)) for _ in range(4))
        admin.log_in(ADMIN)
        own.log_in(OWN_USER)
        staff.log_in(STAFF)
        yield {ADMIN: admin, OWN_USER: own, STAFF: staff, NOBODY: nobody}


@pytest.fixture(scope="module")
def values(served: Served, rows: Neighbour, desks: dict[str, Desk]) -> dict[str, Belongings]:
    """What stands in the addresses of each person's pages. The open list may be another company's than the own user's."""
    (cookie,) = (one for one in desks[ADMIN].page.context.cookies() if one["name"] == "rk")
    theirs = belongings(served.house, rows, cookie["value"])
    with served.begin() as work:
        his = select(Membership.company_id).join(User, User.id == Membership.user_id).where(User.email == OWN_USER)
        claim_id = work.session.execute(select(Claim.id).where(Claim.company_id.in_(his)).limit(1)).scalar_one()
    return {ADMIN: theirs, STAFF: theirs, NOBODY: theirs, OWN_USER: {**theirs, "claim_id": str(claim_id)}}


@pytest.mark.parametrize(("who", "path"), list(pages()), ids=lambda one: str(one).split("@")[0] or "nobody")
def test_a_page_is_for_everybody(desks: dict[str, Desk], values: dict[str, Belongings], who: str, path: str) -> None:
    desk = desks[who]
    desk.complaints.clear()
    desk.page.set_viewport_size(DESK)
    desk.page.emulate_media(color_scheme="light")
    page = desk.go(filled(path + QUERIES.get(path, ""), values[who]))
    assert desk.answer is not None and desk.answer.status == 200
    faults = [f"light: {one}" for one in axe_violations(page)]
    page.emulate_media(color_scheme="dark")
    faults += [f"dark: {one}" for one in axe_violations(page, COLOUR_RULES)]
    faults += [one for width in NARROW for one in sideways(page, width)]
    faults += [f"the id {one} stands twice" for one in twice(page)]
    faults += desk.complaints
    assert faults == [], "\n".join(faults)


@pytest.mark.parametrize("path", ["/login", "/", "/ready"])
def test_a_first_visit_is_light(desks: dict[str, Desk], browser: Browser, served: Served, path: str) -> None:
    """Nothing is cached, all of it counts: what went over the wire, compressed."""
    with window(browser, served.url, storage_state=desks[ADMIN].page.context.storage_state() if path != "/login" else None) as desk:
        answers = []
        desk.page.on("requestfinished", lambda request: answers.append(request))  # noqa: PLW0108 - Playwright marks its listeners
        desk.go(path)
        desk.page.wait_for_load_state("networkidle")
        sizes = [request.sizes() for request in answers]
    assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) <= WEIGHT_MAX
    assert 3 < len(sizes) <= REQUESTS_MAX


def test_the_action_of_a_row_is_in_sight_at_a_desk(desks: dict[str, Desk], values: dict[str, Belongings]) -> None:
    page = desks[ADMIN].go(filled("/ready?claim={claim_id}", values[ADMIN]))
    for width in (1440, 1280, 1024):
        page.set_viewport_size({"width": width, "height": 900})
        button = page.get_by_role("button", name="Stopp: Faktura").first
        box = button.bounding_box()
        frame = page.locator(".scroll").first.bounding_box()
        assert box is not None and frame is not None
        assert box["x"] + box["width"] <= frame["x"] + frame["width"], f"cut off at {width} px"
