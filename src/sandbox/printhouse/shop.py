"""A print house: takes letters as files over SFTP, honours the sender's key, prints the same day and posts on the next business day.

No Norwegian print house publishes an interface, so the files are assumed; `docs/print-house.md` describes them.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, time, timedelta
from html import escape
from typing import Any

import holidays
import msgspec
from litestar import MediaType, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, JSONBody

from sandbox.world import OSLO, Fidelity, World

Json = dict[str, Any]
FORMAT = "letters.v2"
PRINTED_AFTER = timedelta(hours=1)
NORWAY = holidays.country_holidays("NO")
FIDELITY: dict[str, Fidelity] = {
    "SFTP": "spec",
    "SFTP in/KEY.pdf, in/KEY.json, out/*.json": "assumed",
}
STATUS_WORDS = {"received": "mottatt", "printed": "trykket", "posted": "postlagt", "returned": "i retur"}
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .8rem .4rem 0;border-bottom:1px solid #ccc;"
    "vertical-align:top}"
)


class Letter(msgspec.Struct):
    id: int
    key: str
    received_at: datetime
    sender_name: str
    recipient_lines: list[str]
    pdf: bytes
    fingerprint: str
    returned_on: date | None = None
    return_reason: str | None = None
    told: list[str] = []


class Rejected(msgspec.Struct):
    key: str
    at: datetime
    reason: str


class Shop(msgspec.Struct):
    next_id: int = 40_001
    letters: dict[str, Letter] = {}
    rejected: list[Rejected] = []


class ManifestLetter(msgspec.Struct):
    format: str
    key: str
    file: str
    sha256: str
    sender_name: str
    recipient_lines: list[str]


class Return(msgspec.Struct):
    reason: str = "Ukjent adressat"


def routes(world: World) -> Router:
    world.fidelity.update(FIDELITY)

    def the_world() -> World:
        return world

    def the_shop() -> Shop:
        return world.part("print", Shop)

    return Router(
        "/",
        route_handlers=[Router("/print", route_handlers=[index, download]), Router("/control/print", route_handlers=[send_back])],
        dependencies={"world": Provide(the_world, sync_to_thread=False), "shop": Provide(the_shop, sync_to_thread=False)},
    )


def status_of(letter: Letter, now: datetime) -> str:
    """Printed an hour after receipt and at the latest by the day's end, posted on the next business day, until the post brings it back."""
    received_on, today = letter.received_at.astimezone(OSLO).date(), now.astimezone(OSLO).date()
    if letter.returned_on is not None and letter.returned_on <= today:
        return "returned"
    if today >= next_posting_day(received_on):
        return "posted"
    return "printed" if today > received_on or now >= letter.received_at + PRINTED_AFTER else "received"


def next_posting_day(received_on: date) -> date:
    day = received_on + timedelta(days=1)
    while day.weekday() >= 5 or day in NORWAY:
        day += timedelta(days=1)
    return day


@get("/", media_type=MediaType.HTML, sync_to_thread=True)
def index(world: NamedDependency[World], shop: NamedDependency[Shop]) -> Response[str]:
    with world.lock:
        letters = sorted(shop.letters.values(), key=lambda letter: -letter.id)
    rows = "".join(
        f"<tr><td>{letter.received_at.astimezone(OSLO):%d.%m.%Y %H:%M}<td>{escape(letter.sender_name)}"
        f"<td>{'<br>'.join(escape(line) for line in letter.recipient_lines)}<td>{STATUS_WORDS[status_of(letter, world.now())]}"
        f'<td><a href="/print/pdf/{letter.id}">PDF</a>'
        for letter in letters
    )
    table = (
        f"<table><thead><tr><th>Mottatt<th>Avsender<th>Mottaker<th>Status<th>Brev<tbody>{rows}</table>" if rows else "<p>Ingen brev ennå."
    )
    whole = (
        f'<!doctype html><html lang="nb"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Trykkeri</title>'
        f"<style>{STYLE}</style><main><h1>Trykkeriet i sandkassen</h1><p>{len(letters)} brev, nyeste først.</p>{table}</main></html>"
    )
    return Response(whole, media_type=MediaType.HTML, headers={"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"})


@get("/pdf/{letter_id:int}", sync_to_thread=True)
def download(letter_id: FromPath[int], shop: NamedDependency[Shop]) -> Response[bytes]:
    letter = next((found for found in shop.letters.values() if found.id == letter_id), None)
    if letter is None:
        raise NotFoundException("No such letter")
    name = f"brev-{letter.id}.pdf"
    return Response(letter.pdf, media_type="application/pdf", headers={"content-disposition": f'attachment; filename="{name}"'})


@post("/letters/{key:str}/return", sync_to_thread=True)
def send_back(key: FromPath[str], data: JSONBody[Return], world: NamedDependency[World], shop: NamedDependency[Shop]) -> Json:
    """The post brings the letter back today."""
    with world.lock:
        letter = _letter(shop, key)
        letter.returned_on, letter.return_reason = world.today(), data.reason
        return _told(letter, world.now())


def take(world: World, key: str, manifest: bytes, pdf: bytes | None) -> None:
    """One dropped letter. A key seen before is the same letter; with other content, or without what the manifest says, it is rejected."""
    shop = world.part("print", Shop)
    with world.lock:
        problem, entry = _problem(key, manifest, pdf)
        known = shop.letters.get(key)
        if entry is None or pdf is None or problem:
            shop.rejected.append(Rejected(key, world.now(), problem))
        elif known is None:
            shop.letters[key] = Letter(
                shop.next_id, key, world.now(), entry.sender_name, entry.recipient_lines, pdf, _fingerprint(entry, pdf)
            )  # fmt: skip
            shop.next_id += 1
        elif known.fingerprint != _fingerprint(entry, pdf):
            shop.rejected.append(Rejected(key, world.now(), "the key was used for another letter"))
        world.save()


def receipts_due(world: World) -> list[Json]:
    """Every event that has happened by now and was not told before, in the order of time."""
    shop = world.part("print", Shop)
    with world.lock:
        found = [_receipt(one.key, "rejected", one.at, "", reason=one.reason) for one in shop.rejected]
        shop.rejected.clear()
        for letter in shop.letters.values():
            for event, at in events_of(letter, world.now()):
                if event not in letter.told:
                    letter.told.append(event)
                    proof = f"Posten {at:%Y%m%d}-{letter.id}" if event == "posted" else ""
                    reason = letter.return_reason or "" if event == "returned" else ""
                    found.append(_receipt(letter.key, event, at, f"L{letter.id}", proof=proof, reason=reason))
        world.save()
        return sorted(found, key=lambda one: one["at"])


def events_of(letter: Letter, now: datetime) -> list[tuple[str, datetime]]:
    """What has happened to it, each with its time."""
    noon = time(14, 0, tzinfo=OSLO)
    posted_at = datetime.combine(next_posting_day(letter.received_at.astimezone(OSLO).date()), noon)
    times = {"accepted": letter.received_at, "printed": letter.received_at + PRINTED_AFTER, "posted": posted_at}
    if letter.returned_on is not None:
        times["returned"] = max(datetime.combine(letter.returned_on, noon), posted_at + timedelta(seconds=1))
    reached = list(STATUS_WORDS).index(status_of(letter, now))
    return list(times.items())[: reached + 1]


def _receipt(key: str, event: str, at: datetime, reference: str, **more: str) -> Json:
    told = {"format": FORMAT, "key": key, "event": event, "at": at.isoformat(timespec="seconds"), "reference": reference}
    return told | {name: value for name, value in more.items() if value}


def _problem(key: str, manifest: bytes, pdf: bytes | None) -> tuple[str, ManifestLetter | None]:
    try:
        entry = msgspec.json.decode(manifest, type=ManifestLetter)
    except msgspec.DecodeError as fault:
        return f"the manifest cannot be read: {fault}", None
    if entry.format != FORMAT or entry.key != key:
        return "unknown format, or another key than the file's name", entry
    if pdf is None or not pdf.startswith(b"%PDF-") or hashlib.sha256(pdf).hexdigest() != entry.sha256:
        return f"{entry.file} is not the PDF the manifest describes", entry
    return ("", entry) if 2 <= len(entry.recipient_lines) <= 6 else ("two to six address lines are required", entry)


def _fingerprint(entry: ManifestLetter, pdf: bytes) -> str:
    address = json.dumps([entry.sender_name, entry.recipient_lines])
    return hashlib.sha256(pdf + address.encode()).hexdigest()


def _letter(shop: Shop, key: str) -> Letter:
    if key not in shop.letters:
        raise NotFoundException("No such letter")
    return shop.letters[key]


def _told(letter: Letter, now: datetime) -> Json:
    return {"key": letter.key, "letterId": f"L{letter.id}", "status": status_of(letter, now), "returnReason": letter.return_reason}
