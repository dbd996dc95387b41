"""The web process: pages, API and the health page in one application. A composition root: it puts together and decides nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar import Litestar, Request, Response, get
from litestar.config.compression import CompressionConfig
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from sqlalchemy import text

from app.agencies.doors import Agencies
from app.agencies.hooks import AgencyDoorway
from app.api.inbound.mail import inbound_routes
from app.api.openapi import openapi_config
from app.api.problems import answer_problem, is_under_api
from app.api.routes import api_routes
from app.db.scope import PlatformScope
from app.dunning.law_book import LawBook
from app.ledgers.doors import Ledgers
from app.ledgers.sync import Doorway
from app.messaging.ports import Texter
from app.messaging.senders import MailHouse
from app.net.errors import OutsideError
from app.net.http import HttpClient
from app.web.errors import page_exception_handlers
from app.web.router import web_routes
from app.web.security import security_headers
from app.web.templating import template_config
from app.wiring import House

#: a process that has given no sign of life for so long is down
SILENT_AFTER = timedelta(seconds=30)
PAGE_BODY_MAX = 220 * 1024 * 1024


def create_app(house: House) -> Litestar:
    """The application of one house."""
    house.broker()  # commits ring the broker at once from here on
    return Litestar(
        route_handlers=[health_route(house), api_routes(), inbound_routes(), *web_routes(house)],
        state=State(
            {
                "database": house.database,
                "ledger_doorway": Doorway(house.database.begin, house.resources.of(Ledgers), house.vault),  # type: ignore[type-abstract]
                "agency_doorway": house.resources.of(AgencyDoorway),
                "law_book": house.resources.of(LawBook),
                "inbound_mail_secret": house.settings.inbound_mail_secret,
                "mail_house": house.resources.of(MailHouse),
                "agencies": house.resources.of(Agencies),  # type: ignore[type-abstract]
                "sms_report_secret": house.settings.link_report_secret,
                "texter": house.resources.of(Texter),  # type: ignore[type-abstract]
            }
        ),
        template_config=template_config(),
        openapi_config=openapi_config(),
        before_send=[security_headers(https=house.settings.secure_cookies)],
        compression_config=CompressionConfig(backend="gzip", minimum_size=1_000),
        exception_handlers={HTTPException: answer_fault, Exception: answer_fault},
        request_max_body_size=PAGE_BODY_MAX,
        logging_config=None,
        debug=False,
    )


def answer_fault(request: Request[Any, Any, Any], fault: Exception) -> Any:
    """What no route has handled: an unknown path, a wrong method. The API answers in problems, the rest in pages."""
    if is_under_api(request):
        return answer_problem(request, fault)
    handlers = page_exception_handlers()
    kind = next(kind for kind in type(fault).__mro__ if kind in handlers)
    return handlers[kind](request, fault)


def health_route(house: House) -> Any:
    """200 when all is up, else 503 with what is not. Says nothing that a stranger could use."""
    outside = HttpClient(house.settings.sandbox_url, timeout_seconds=2.0) if house.settings.sandbox else None

    @get("/health", sync_to_thread=True, include_in_schema=False, opt={"public": True})
    def health() -> Response[dict[str, str]]:
        found = {"web": "up", **_processes(house)}
        if outside is not None:
            found["sandbox"] = _sandbox(outside)
        whole = all(state == "up" for state in found.values())
        return Response({"status": "up" if whole else "down", **found}, status_code=200 if whole else 503)

    return health


def _processes(house: House) -> dict[str, str]:
    silent = text("select process, clock_timestamp() - at < :limit as alive from heartbeats where process in ('worker', 'clock')")
    try:
        with house.database.begin(PlatformScope()) as work:
            signs = {row.process: row.alive for row in work.session.execute(silent, {"limit": SILENT_AFTER})}
    except Exception:
        return {"database": "down"}
    return {"database": "up", **{name: "up" if signs.get(name) else "down" for name in ("worker", "clock")}}


def _sandbox(outside: HttpClient) -> str:
    try:
        return "up" if outside.request("GET", "/health").status == 200 else "down"
    except OutsideError:
        return "down"
