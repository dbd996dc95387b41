"""The sandbox as one web application: all simulators, the control API, and a page that says what is simulated and how well it is known."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import uvicorn
from litestar import Litestar, MediaType, Router, get
from litestar.types import ASGIApp

from sandbox.control import control_routes
from sandbox.faults import FaultyWire
from sandbox.link import report_to
from sandbox.world import World

#: every simulator is a module of this package with `routes(world) -> Router`
SIMULATORS = {
    "tripletex": "Regnskapssystem: Tripletex",
    "xledger": "Regnskapssystem: Xledger",
    "fiken": "Regnskapssystem: Fiken (OAuth2)",
    "poweroffice": "Regnskapssystem: PowerOffice Go",
    "unimicro": "Regnskapssystem: Unimicro (Uni Economy, DNB, SpareBank 1, Eika, Azets)",
    "eaccounting": "Regnskapssystem: Visma eAccounting (OAuth2)",
    "conta": "Regnskapssystem: Conta",
    "businesscentral": "Regnskapssystem: Business Central (Entra OAuth2)",
    "vismanet": "Regnskapssystem: Visma.net ERP",
    "twentyfoursevenoffice": "Regnskapssystem: 24SevenOffice",
    "kravia": "Inkassoforetak: Kravia",
    "amili": "Inkassoforetak: Amili AutoCollect",
    "fileagency": "Inkassoforetak over SFTP: Intrum, Retrieve og et som vil ha XML",
    "brreg": "Brønnøysundregistrene",
    "mail": "Postkasse: alt som sendes på e-post",
    "nameserver": "DNS: det domenene sier om seg selv",
    "link": "SMS-port: LINK Mobility",
    "printhouse": "Trykkeri: alt som sendes som brev",
}
#: protocols beside HTTP, and whose they are
SERVERS = {"smtp": "mail", "imap": "mail", "sftp": "printhouse", "dns": "nameserver", "agencyfiles": "fileagency"}
MEANING = {
    "spec": "lest i leverandørens egen spesifikasjon",
    "example": "sett i et publisert eller opptatt eksempel",
    "assumed": "ikke offentlig dokumentert; en antakelse",
}
#: where people can look at what came in
PAGES = {"mail": "/mail", "nameserver": "/dns", "link": "/sms", "printhouse": "/print"}


def create_app(world: World) -> Litestar:
    """All simulators that are installed, behind one wire that can be told to fail."""
    modules = {name: importlib.import_module(f"sandbox.{name}") for name in SIMULATORS if find_spec(f"sandbox.{name}") is not None}
    found = [name for name, module in modules.items() if hasattr(module, "routes")]
    routers: list[Router] = [modules[name].routes(world) for name in found]

    def faulty(app: ASGIApp) -> ASGIApp:
        return FaultyWire(app, world)

    return Litestar(
        [*routers, control_routes(world), *_pages(world, found)], middleware=[faulty], openapi_config=None, logging_config=None
    )  # fmt: skip


def run(
    host: str, port: int, state_file: Path | None = None, *, ports: Mapping[str, int] | None = None, sms_reports: str | None = None
) -> None:
    """Serve until stopped. `ports`: where `smtp` takes mail, `imap` hands out what came back, `sftp` takes letters,
    `dns` answers for the domains and `agencyfiles` is where agencies take files.

    What is not named stays closed. `sms_reports`: where the SMS gateway posts what became of a message.
    """
    world = World(state_file)
    app = create_app(world)
    if sms_reports is not None:
        report_to(world, sms_reports)
    servers = [start_server(world, name, host, at) for name, at in (ports or {}).items()]
    try:
        uvicorn.run(app, host=host, port=port, log_level="warning")
    finally:
        for server in servers:
            server.stop()


def start_server(world: World, name: str, host: str, port: int) -> Any:
    """A server that speaks something else than HTTP, in a thread of its own until `.stop()`."""
    return getattr(importlib.import_module(f"sandbox.{SERVERS[name]}"), f"start_{name}")(world, host, port)


def _pages(world: World, found: list[str]) -> list[Any]:
    @get("/health", sync_to_thread=False)
    def health() -> dict[str, Any]:
        return {"status": "up", "today": world.today(), "simulators": found}

    @get("/fidelity", sync_to_thread=False)
    def fidelity() -> dict[str, str]:
        return dict(sorted(world.fidelity.items(), key=lambda mark: mark[0].split(" ", 1)[::-1]))

    @get("/", media_type=MediaType.HTML, sync_to_thread=False)
    def index() -> str:
        return _index(world, found)

    return [health, fidelity, index]


def _index(world: World, found: list[str]) -> str:
    marks = sorted(world.fidelity.items(), key=lambda mark: mark[0].split(" ", 1)[::-1])
    rows = "".join(f"<tr><td><code>{escape(at)}</code><td>{mark}<td>{MEANING[mark]}" for at, mark in marks)
    links = "".join(f'<li><a href="{PAGES[name]}">{escape(SIMULATORS[name])}</a>' for name in found if name in PAGES)
    names = "".join(f"<li>{escape(SIMULATORS[name])}" for name in found if name not in PAGES)
    return (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><title>Sandkasse</title>'
        f"<h1>Sandkassen</h1><p>Verden utenfor, simulert. I dag er det {world.today().isoformat()}.</p><ul>{links}{names}"
        '<li><a href="/fidelity">Troverdighet som JSON</a><li><a href="/control/state">Tilstand</a></ul>'
        f"<table><caption>Hvor godt hvert endepunkt er kjent</caption><tr><th>Endepunkt<th>Kilde<th>Betyr{rows}</table></html>"
    )
