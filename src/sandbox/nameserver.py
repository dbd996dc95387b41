"""The sandbox's DNS: a real server over UDP (RFC 1035) that knows only what was put into it, and a page on which to do so.

It has TXT records only. A name nobody entered does not exist. An answer is never cut: on this machine a packet may be long.
"""

from __future__ import annotations

import socketserver
import threading
from html import escape
from typing import Annotated

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import msgspec
from litestar import MediaType, Response, Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, JSONBody
from litestar.response import Redirect

from sandbox.world import Fidelity, World

FIDELITY: dict[str, Fidelity] = {"DNS": "spec"}
TTL_SECONDS = 60
PART_MAX = 255
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #ccc;"
    "vertical-align:top}td:last-child{overflow-wrap:anywhere}label{display:block;font-weight:600}input,textarea{width:100%;font:inherit}"
)


class Zone(msgspec.Struct):
    """TXT records by name, lower case and without the last dot."""

    texts: dict[str, list[str]] = msgspec.field(
        default_factory=lambda: {"post.reskontro.example": ["v=spf1 ip4:127.0.0.1 -all"]}
    )  # fmt: skip
    #: the next questions get no answer at all
    silent: int = 0


class Texts(msgspec.Struct, forbid_unknown_fields=True):
    texts: list[str]


class Silence(msgspec.Struct, forbid_unknown_fields=True):
    questions: int


def zone_of(world: World) -> Zone:
    return world.part("dns", Zone)


def texts_at(world: World, name: str) -> list[str]:
    """The TXT records of a name as they stand now."""
    with world.lock:
        return list(zone_of(world).texts.get(name.rstrip(".").lower(), []))


class NameServer:
    """Listens in a thread of its own from `start_dns` until `stop`."""

    def __init__(self, world: World, host: str, port: int) -> None:
        class Asked(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                packet, line = self.request
                said = answer(world, packet)
                if said is not None:
                    line.sendto(said, self.client_address)

        self._server = socketserver.ThreadingUDPServer((host, port), Asked)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="dns", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


def start_dns(world: World, host: str, port: int) -> NameServer:
    """OSError where the port is taken."""
    return NameServer(world, host, port)


def answer(world: World, packet: bytes) -> bytes | None:
    """The answer to one packet; None for what is no question, and while the server is told to be silent."""
    try:
        question = dns.message.from_wire(packet)
    except dns.exception.DNSException:
        return None
    with world.lock:
        zone = zone_of(world)
        if zone.silent > 0:
            zone.silent -= 1
            return None
    said = dns.message.make_response(question, recursion_available=True)
    said.flags |= dns.flags.AA
    for asked in question.question:
        texts = texts_at(world, asked.name.to_text())
        if not texts:
            said.set_rcode(dns.rcode.NXDOMAIN)
        elif asked.rdtype == dns.rdatatype.TXT:
            said.answer.append(dns.rrset.from_text_list(asked.name, TTL_SECONDS, "IN", "TXT", [_quoted(text) for text in texts]))
    return said.to_wire(max_size=65_535)


def routes(world: World) -> Router:
    world.fidelity.update(FIDELITY)

    def the_world() -> World:
        return world

    return Router(
        "/",
        route_handlers=[Router("/dns", route_handlers=[index, enter]), Router("/control/dns", route_handlers=[set_texts, remove, hush])],
        dependencies={"world": Provide(the_world, sync_to_thread=False)},
    )


@get("/", media_type=MediaType.HTML, sync_to_thread=True)
def index(world: NamedDependency[World]) -> Response[str]:
    with world.lock:
        known = sorted(zone_of(world).texts.items())
    rows = "".join(f"<tr><td>{escape(name)}<td>TXT<td>{escape(text)}" for name, texts in known for text in texts)
    whole = (
        '<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>DNS</title>'
        f"<style>{STYLE}</style><main><h1>DNS i sandkassen</h1><table><thead><tr><th>Navn<th>Type<th>Verdi<tbody>{rows}</table>"
        '<h2>Sett en TXT-post</h2><p>Den erstatter det som står på navnet. En tom verdi fjerner den.</p><form method="post" action="/dns">'
        '<p><label for="name">Navn</label><input id="name" name="name" required>'
        '<p><label for="text">Verdi</label><textarea id="text" name="text" rows="4"></textarea>'
        "<p><button>Lagre</button></form></main></html>"
    )
    return Response(whole, media_type=MediaType.HTML, headers={"content-security-policy": POLICY})


@post("/", sync_to_thread=True)
def enter(data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)], world: NamedDependency[World]) -> Redirect:
    """A person plays whoever keeps the domain."""
    _set(world, data.get("name", "").strip(), [text] if (text := data.get("text", "").strip()) else [])
    return Redirect("/dns", status_code=303)


@put("/names/{name:str}", sync_to_thread=True)
def set_texts(name: FromPath[str], data: JSONBody[Texts], world: NamedDependency[World]) -> Texts:
    """The TXT records of a name, instead of what stood there."""
    _set(world, name, data.texts)
    return data


@delete("/names/{name:str}", sync_to_thread=True)
def remove(name: FromPath[str], world: NamedDependency[World]) -> None:
    _set(world, name, [])


@put("/silence", sync_to_thread=True)
def hush(data: JSONBody[Silence], world: NamedDependency[World]) -> Silence:
    """The next questions get no answer, as when the server is away."""
    with world.lock:
        zone_of(world).silent = data.questions
    return data


def _set(world: World, name: str, texts: list[str]) -> None:
    with world.lock:
        zone = zone_of(world)
        zone.texts.pop(name.rstrip(".").lower(), None)
        if name and texts:
            zone.texts[name.rstrip(".").lower()] = texts
        world.save()


def _quoted(text: str) -> str:
    """As zone files write it, in parts (RFC 1035 § 3.3.14)."""
    escaped = [text[at : at + PART_MAX].replace("\\", "\\\\").replace('"', '\\"') for at in range(0, len(text), PART_MAX)]
    return " ".join(f'"{part}"' for part in escaped)
