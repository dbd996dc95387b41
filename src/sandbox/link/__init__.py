"""LINK Mobility's SMS gateway (document 1.6): takes messages, shows them on a page, and reports to a gate what became of them.

How the gateway retries a report, and whether it signs it, is not documented: it is posted once, unsigned. Messages from telephones are not
in the document at all: they are posted to the same gate, by the names it uses for those to them.
"""

from __future__ import annotations

import base64
import re
import threading
from datetime import datetime
from html import escape
from typing import Any

import httpx
import msgspec
from litestar import MediaType, Request, Response, Router, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from sandbox.world import OSLO, Fidelity, World

Json = dict[str, Any]
FIDELITY: dict[str, Fidelity] = {
    "POST /link/sms/send": "spec",
    "delivery report (JSON)": "spec",
    "message from a telephone (JSON)": "assumed",
}
ACCOUNT = ("reskontro", "link-sandbox-password", "COMMON_API", "12345")
OUR_NUMBER = "26300"
KEPT_MAX = 2_000
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #ccc;"
    "vertical-align:top}td:nth-child(4){white-space:pre-wrap}"
)


class Behaviour(msgspec.Struct, forbid_unknown_fields=True):
    """What a number does: the code of its report (1001 delivered, 2104 unknown subscriber, …), or null for no report."""

    code: int | None = 1001


class Message(msgspec.Struct):
    id: int
    at: datetime
    source: str
    destination: str
    text: str
    ref_id: str
    code: int | None = None


class Gateway(msgspec.Struct):
    gate: str | None = None
    #: how long after a message its report is posted
    report_after_seconds: float = 0.0
    next_id: int = 1
    messages: list[Message] = []
    behaviours: dict[str, Behaviour] = {}


class Send(msgspec.Struct):
    source: str
    destination: str
    userData: str  # noqa: N815 - the vendor's names
    platformId: str = ""  # noqa: N815
    platformPartnerId: str = ""  # noqa: N815
    sourceTON: str = "ALPHANUMERIC"  # noqa: N815
    destinationTON: str = "MSISDN"  # noqa: N815
    dcs: str = "TEXT"
    refId: str = ""  # noqa: N815
    useDeliveryReport: bool = True  # noqa: N815
    ignoreResponse: bool = True  # noqa: N815


def routes(world: World) -> Router:
    world.fidelity.update(FIDELITY)

    def the_world() -> World:
        return world

    def the_gateway() -> Gateway:
        return world.part("link", Gateway)

    return Router(
        "/",
        route_handlers=[
            Router("/link/sms", route_handlers=[send]),
            Router("/sms", route_handlers=[index, messages]),
            Router("/control/link", route_handlers=[set_gate, set_behaviour, write]),
        ],
        dependencies={"world": Provide(the_world, sync_to_thread=False), "gateway": Provide(the_gateway, sync_to_thread=False)},
    )


def report_to(world: World, url: str, after_seconds: float = 2.0) -> None:
    """Post reports there, after the sender has had its answer."""
    gateway = world.part("link", Gateway)
    gateway.gate, gateway.report_after_seconds = url, after_seconds


@post("/send", status_code=200)
async def send(request: Request[Any, Any, Any], world: NamedDependency[World], gateway: NamedDependency[Gateway]) -> Response[Json]:
    known = base64.b64encode(":".join(ACCOUNT[:2]).encode()).decode()
    if request.headers.get("authorization") != f"Basic {known}":
        return Response({"resultCode": 106100, "description": "Authentication failed"}, status_code=401)
    try:
        wanted = msgspec.json.decode(await request.body(), type=Send)
    except msgspec.DecodeError as fault:
        return _refused(106000, str(fault))
    if (wanted.platformId, wanted.platformPartnerId) != ACCOUNT[2:]:
        return _refused(106200, "Unknown platform")
    if wanted.sourceTON == "ALPHANUMERIC" and re.fullmatch(r"[\x20-\x7e]{1,11}", wanted.source) is None:
        return _refused(3000, "Source is not alphanumeric, or too long")
    if re.fullmatch(r"\+[1-9]\d{6,14}", wanted.destination) is None:
        return _refused(2106, "Destination is no number")
    with world.lock:
        message = Message(gateway.next_id, world.now(), wanted.source, wanted.destination, wanted.userData, wanted.refId)
        gateway.next_id += 1
        gateway.messages.append(message)
        del gateway.messages[:-KEPT_MAX]
        message.code = gateway.behaviours.get(message.destination, Behaviour()).code
    if message.code is not None and gateway.gate and wanted.useDeliveryReport:
        timer = threading.Timer(gateway.report_after_seconds, _report, args=(gateway.gate, message))
        timer.daemon = True
        timer.start()
    return Response({"messageId": f"Dcs{message.id:08d}", "resultCode": 1005, "description": "Queued", "smsCount": 1})


@get("/messages", sync_to_thread=True)
def messages(gateway: NamedDependency[Gateway], to: FromQuery[str | None] = None) -> list[Message]:
    """Oldest first; `to` keeps those for one number."""
    return [one for one in gateway.messages if to is None or one.destination == to]


@get("/", media_type=MediaType.HTML, sync_to_thread=True)
def index(gateway: NamedDependency[Gateway]) -> Response[str]:
    rows = "".join(
        f"<tr><td>{one.at.astimezone(OSLO):%d.%m.%Y %H:%M}<td>{escape(one.source)}<td>{escape(one.destination)}<td>{escape(one.text)}"
        for one in reversed(gateway.messages)
    )
    table = f"<table><thead><tr><th>Sendt<th>Fra<th>Til<th>Tekst<tbody>{rows}</table>" if rows else "<p>Ingen SMS ennå.</p>"
    whole = (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>SMS</title>'
        f"<style>{STYLE}</style><main><h1>SMS i sandkassen</h1><p>{len(gateway.messages)} meldinger, nyeste først.</p>{table}</main></html>"
    )
    return Response(whole, media_type=MediaType.HTML, headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"})


class Gate(msgspec.Struct, forbid_unknown_fields=True):
    url: str | None


@put("/gate", sync_to_thread=True)
def set_gate(data: JSONBody[Gate], gateway: NamedDependency[Gateway]) -> Gate:
    """Where reports are posted."""
    gateway.gate = data.url
    return data


@put("/numbers/{number:str}", sync_to_thread=True)
def set_behaviour(number: FromPath[str], data: JSONBody[Behaviour], gateway: NamedDependency[Gateway]) -> Behaviour:
    gateway.behaviours[number] = data
    return data


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What somebody writes on a telephone."""

    source: str
    text: str


@post("/answers", status_code=202, sync_to_thread=True)
def write(data: JSONBody[Answer], world: NamedDependency[World], gateway: NamedDependency[Gateway]) -> Json:
    """A message to our number: posted to the gate before this answers."""
    posted = answer_of(data, world.now())
    if gateway.gate:
        _post(gateway.gate, posted)
    return posted


def answer_of(answer: Answer, at: datetime) -> Json:
    return {
        "id": f"Mo{at:%Y%m%d%H%M%S}", "source": answer.source, "sourceTON": "MSISDN", "destination": OUR_NUMBER,
        "destinationTON": "SHORTNUMBER", "userData": answer.text, "operator": "no.telenor",
        "timestamp": at.isoformat(timespec="seconds"),
    }  # fmt: skip


def report_of(message: Message) -> Json:
    """As the gateway writes it."""
    at = message.at.isoformat(timespec="seconds")
    return {
        "refId": message.ref_id, "id": f"Dcs{message.id:08d}", "operator": "no.telenor", "sentTimestamp": at, "timestamp": at,
        "resultCode": message.code, "operatorResultCode": "0", "segments": 1, "gateCustomParameters": {}, "customParameters": {},
    }  # fmt: skip


def _report(gate: str, message: Message) -> None:
    _post(gate, report_of(message))


def _post(gate: str, body: Json) -> None:
    """One try only: the vendor publishes no retry policy."""
    try:
        httpx.post(gate, json=body, timeout=5, trust_env=False)
    except httpx.HTTPError:
        return


def _refused(code: int, text: str) -> Response[Json]:
    return Response({"resultCode": code, "description": text}, status_code=400)
