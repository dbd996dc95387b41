"""The mailbox to look at, as pages and as JSON. No scripts, nothing fetched from anywhere."""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import MediaType, Response, Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.enums import RequestEncodingType
from litestar.exceptions import NotFoundException
from litestar.params import Body, FromPath, FromQuery, JSONBody
from litestar.response import Redirect

from sandbox.mail.postbox import Behaviour, Message, Postbox, answer, as_json, body_of, enclosures_of, parsed, postbox_of, take
from sandbox.world import OSLO, Fidelity, World

Json = dict[str, Any]
FIDELITY: dict[str, Fidelity] = {
    "SMTP": "spec",
    "GET /mail/messages": "assumed",
    "IMAP": "spec",
    "DKIM": "spec",
}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #ccc;"
    "vertical-align:top}pre{white-space:pre-wrap;background:#f5f5f2;padding:1rem}dt{font-weight:600}dd{margin:0 0 .4rem}"
)
#: a mail's HTML is a stranger's: it may show itself and open links, nothing else
HTML_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-popups-to-escape-sandbox"
PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


class Inbound(msgspec.Struct, forbid_unknown_fields=True):
    to: str
    raw: str
    envelope_from: str = ""


class Answer(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    automatic: bool = False
    html: bool = False


def routes(world: World) -> Router:
    world.fidelity.update(FIDELITY)

    def the_world() -> World:
        return world

    def the_box() -> Postbox:
        return postbox_of(world)

    pages = [index, messages, message_page, message_html, message_raw, enclosure, answer_message]
    control = [set_behaviour, empty, arrive, answer_as]
    return Router(
        "/",
        route_handlers=[Router("/mail", route_handlers=pages), Router("/control/mail", route_handlers=control)],
        dependencies={"world": Provide(the_world, sync_to_thread=False), "box": Provide(the_box, sync_to_thread=False)},
    )


@get("/", media_type=MediaType.HTML, sync_to_thread=True)
def index(world: NamedDependency[World], box: NamedDependency[Postbox]) -> Response[str]:
    with world.lock:
        newest_first = sorted(box.messages.values(), key=lambda m: -m.id)
    rows = "".join(_row(message) for message in newest_first)
    table = f"<table><thead><tr><th>Tid<th>Til<th>Emne<th>Vedlegg<tbody>{rows}</table>" if rows else "<p>Ingen e-post ennå.</p>"
    return _page("E-post", f"<h1>E-post i sandkassen</h1><p>{len(newest_first)} meldinger, nyeste først.</p>{table}")


@get("/messages", sync_to_thread=True)
def messages(world: NamedDependency[World], box: NamedDependency[Postbox], to: FromQuery[str | None] = None) -> list[Json]:
    """Newest first; `to` keeps those for one address."""
    with world.lock:
        kept = [message for message in box.messages.values() if to is None or to.lower() in [a.lower() for a in message.envelope_to]]
        return [as_json(message) for message in sorted(kept, key=lambda m: -m.id)]


@get("/{message_id:int}", media_type=MediaType.HTML, sync_to_thread=True)
def message_page(message_id: FromPath[int], box: NamedDependency[Postbox]) -> Response[str]:
    message = _found(box, message_id)
    mail = parsed(message)
    subject = str(mail.get("subject", "")) or "(uten emne)"
    facts = {
        "Mottatt": _clock_text(message.received_at),
        "Fra": str(mail.get("from", "")),
        "Til": str(mail.get("to", "")),
        "Svar til": str(mail.get("reply-to", "")),
        "Konvolutt fra": message.envelope_from,
        "Konvolutt til": ", ".join(message.envelope_to),
        "Message-ID": str(mail.get("message-id", "")),
        "DKIM": message.dkim or "ikke signert",
    }
    listed = "".join(f"<dt>{name}<dd>{escape(value)}" for name, value in facts.items() if value)
    files = "".join(
        f'<li><a href="/mail/{message_id}/enclosures/{number}">{escape(name)}</a> ({len(content) // 1024 + 1} kB)'
        for number, (name, _, content) in enumerate(enclosures_of(mail))
    )
    enclosed = f"<h2>Vedlegg</h2><ul>{files}</ul>" if files else ""
    html = f'<p><a href="/mail/{message_id}/html">Vis HTML-utgaven</a>' if body_of(mail, "html") else ""
    return _page(
        subject,
        f'<p><a href="/mail">Alle meldinger</a><h1>{escape(subject)}</h1><dl>{listed}</dl>{enclosed}{html}'
        f"<pre>{_linked(body_of(mail, 'plain') or '')}</pre>"
        f'<p><a href="/mail/{message_id}/raw">Rå melding</a>'
        f'<h2>Svar som mottakeren</h2><form method="post" action="/mail/{message_id}/answer"><p><label for="text">Svaret</label><br>'
        '<textarea id="text" name="text" rows="5" cols="70" required></textarea><p><label>'
        '<input type="checkbox" name="automatic" value="1"> '
        "Send det som et automatisk svar</label><p><button>Send svaret</button></form>",
    )


@post("/{message_id:int}/answer", sync_to_thread=True)
def answer_message(
    message_id: FromPath[int], data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
    world: NamedDependency[World], box: NamedDependency[Postbox],
) -> Redirect:  # fmt: skip
    """A person plays the recipient."""
    answer(world, _found(box, message_id), data.get("text", ""), automatic="automatic" in data)
    return Redirect("/mail", status_code=303)


@get("/{message_id:int}/html", media_type=MediaType.HTML, sync_to_thread=True)
def message_html(message_id: FromPath[int], box: NamedDependency[Postbox]) -> Response[str]:
    html = body_of(parsed(_found(box, message_id)), "html")
    if html is None:
        raise NotFoundException("The message has no HTML part")
    return Response(html, media_type=MediaType.HTML, headers={"content-security-policy": HTML_POLICY})


@get("/{message_id:int}/raw", sync_to_thread=True)
def message_raw(message_id: FromPath[int], box: NamedDependency[Postbox]) -> Response[bytes]:
    return Response(_found(box, message_id).raw, media_type="text/plain; charset=utf-8", headers={"x-content-type-options": "nosniff"})


@get("/{message_id:int}/enclosures/{number:int}", sync_to_thread=True)
def enclosure(message_id: FromPath[int], number: FromPath[int], box: NamedDependency[Postbox]) -> Response[bytes]:
    files = enclosures_of(parsed(_found(box, message_id)))
    if not 0 <= number < len(files):
        raise NotFoundException("No such enclosure")
    name, kind, content = files[number]
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return Response(
        content,
        media_type=kind,
        headers={"content-disposition": f'attachment; filename="{plain}"', "x-content-type-options": "nosniff"},
    )


@put("/addresses/{address:str}", sync_to_thread=True)
def set_behaviour(
    address: FromPath[str], data: JSONBody[Behaviour], world: NamedDependency[World], box: NamedDependency[Postbox]
) -> Behaviour:
    """`*` stands for all addresses without a behaviour of their own."""
    with world.lock:
        box.behaviours[address.lower()] = data
        return data


@delete("/messages", sync_to_thread=True)
def empty(world: NamedDependency[World], box: NamedDependency[Postbox]) -> None:
    with world.lock:
        box.messages.clear()
        box.arrivals.clear()


@post("/arrivals", sync_to_thread=True)
def arrive(data: JSONBody[Inbound], world: NamedDependency[World]) -> Json:
    """A message as it stands on the wire, for an address."""
    return as_json(take(world, data.envelope_from, [data.to], data.raw.encode("utf-8", "surrogateescape")))


@post("/messages/{message_id:int}/answer", sync_to_thread=True)
def answer_as(message_id: FromPath[int], data: JSONBody[Answer], world: NamedDependency[World], box: NamedDependency[Postbox]) -> Json:
    """The recipient of a message answers it."""
    return as_json(answer(world, _found(box, message_id), data.text, automatic=data.automatic, html=data.html))


def _row(message: Message) -> str:
    mail = parsed(message)
    subject = escape(str(mail.get("subject", "")) or "(uten emne)")
    return (
        f"<tr><td>{_clock_text(message.received_at)}<td>{escape(', '.join(message.envelope_to))}"
        f'<td><a href="/mail/{message.id}">{subject}</a><td>{len(enclosures_of(mail)) or ""}'
    )


def _page(title: str, body: str) -> Response[str]:
    whole = (
        f'<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><main>{body}</main></html>"
    )
    return Response(whole, media_type=MediaType.HTML, headers={"content-security-policy": PAGE_POLICY})


def _linked(text: str) -> str:
    return re.sub(r"https?://[^\s<>&\"]+(?:&amp;[^\s<>&\"]+)*", lambda m: f'<a href="{m[0]}">{m[0]}</a>', escape(text, quote=False))


def _clock_text(at: datetime, zone: ZoneInfo = OSLO) -> str:
    return f"{at.astimezone(zone):%d.%m.%Y %H:%M}"


def _found(box: Postbox, message_id: int) -> Message:
    if message_id not in box.messages:
        raise NotFoundException("No such message")
    return box.messages[message_id]
