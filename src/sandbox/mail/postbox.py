"""Messages taken in, how addresses behave, and what comes back: delivery reports (RFC 3464) and answers, in the senders' own mailbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import partial
from hashlib import sha256
from html import escape
from typing import Any, Literal

import msgspec

from sandbox.mail.signatures import judged
from sandbox.nameserver import texts_at
from sandbox.world import World

Mode = Literal["accept", "reject", "try_later", "bounce", "drop_after_data"]
#: how many messages are kept; the oldest go first
KEPT_MAX = 2_000


class Behaviour(msgspec.Struct, forbid_unknown_fields=True):
    """What happens to mail for one address, or for all with the address `*`.

    reject: 550 at RCPT. try_later: 451 at RCPT. bounce: accepted, and `delay_seconds` later a delivery report with the status `status`.
    drop_after_data: the message is taken, and the connection is cut before the sender hears so.
    """

    mode: Mode
    status: str = "5.1.1"
    delay_seconds: int = 0


class Message(msgspec.Struct):
    id: int
    received_at: datetime
    envelope_from: str
    envelope_to: list[str]
    raw: bytes
    #: what its DKIM signature was worth when it came: "" where there was none
    dkim: str = ""


class Arrival(msgspec.Struct):
    """A message for the mailbox that is read over IMAP. `at` is when it gets there, `to` the envelope's recipient."""

    id: int
    at: datetime
    to: str
    raw: bytes


class Postbox(msgspec.Struct):
    next_id: int = 1
    messages: dict[int, Message] = {}
    behaviours: dict[str, Behaviour] = {}
    #: whose mail lies in the mailbox; delivery reports go to their envelope sender in any case
    hosted: list[str] = msgspec.field(default_factory=lambda: ["post.reskontro.example"])
    next_arrival: int = 1
    arrivals: list[Arrival] = []


def postbox_of(world: World) -> Postbox:
    return world.part("mail", Postbox)


def behaviour_of(box: Postbox, address: str) -> Behaviour:
    return box.behaviours.get(address.lower()) or box.behaviours.get("*") or Behaviour("accept")


def take(world: World, envelope_from: str, envelope_to: list[str], raw: bytes) -> Message:
    """Keep one message, and write the delivery report of each address that bounces."""
    with world.lock:
        box = postbox_of(world)
        message = Message(box.next_id, world.now(), envelope_from, envelope_to, raw, judged(raw, partial(texts_at, world)))
        box.next_id += 1
        box.messages[message.id] = message
        for old in sorted(box.messages)[:-KEPT_MAX]:
            del box.messages[old]
        for address in envelope_to:
            behaviour = behaviour_of(box, address)
            if behaviour.mode == "bounce" and envelope_from:
                at = message.received_at + timedelta(seconds=behaviour.delay_seconds)
                _arrive(box, at, "", envelope_from, _report(message, address, behaviour.status, at).encode())
            if address.rpartition("@")[2].lower() in box.hosted:
                _arrive(box, message.received_at, envelope_from, address, raw)
        world.save()
        return message


def arrived(box: Postbox, now: datetime) -> list[Arrival]:
    """What has reached the mailbox by now, oldest first."""
    return sorted((one for one in box.arrivals if one.at <= now), key=lambda one: (one.at, one.id))


def answer(world: World, message: Message, text: str, *, automatic: bool = False, html: bool = False) -> Message:
    """Somebody answers a message as a mail program does: to Reply-To, naming the message, the original quoted below."""
    original = parsed(message)
    reply = EmailMessage()
    reply["From"] = str(original.get("to", "")) or message.envelope_to[0]
    reply["To"] = str(original.get("reply-to") or original.get("from", ""))
    reply["Subject"] = ("Automatisk svar: " if automatic else "SV: ") + str(original.get("subject", ""))
    reply["Date"] = format_datetime(world.now())
    reply["Message-ID"] = f"<{message.id}.{len(text)}.{world.now().timestamp():.0f}@{message.envelope_to[0].rpartition('@')[2]}>"
    reply["In-Reply-To"] = reply["References"] = str(original.get("message-id", ""))
    if automatic:
        reply["Auto-Submitted"] = "auto-replied"
    quoted = "\n".join(f"> {line}" for line in (body_of(original, "plain") or "").splitlines()[:40])
    if html:
        reply.set_content(
            f"<html><body><p>{escape(text)}</p><blockquote><pre>{escape(quoted)}</pre></blockquote></body></html>", subtype="html"
        )
    else:
        reply.set_content(f"{text}\n\n{quoted}\n")
    to = parseaddr(str(reply["To"]))[1]
    return take(world, "" if automatic else message.envelope_to[0], [to], reply.as_bytes())


def parsed(message: Message) -> EmailMessage:
    return message_from_bytes(message.raw, policy=policy.default)


def body_of(mail: EmailMessage, kind: Literal["plain", "html"]) -> str | None:
    part = mail.get_body((kind,))
    return None if part is None else str(part.get_content()).replace("\r\n", "\n")


def enclosures_of(mail: EmailMessage) -> list[tuple[str, str, bytes]]:
    """Name, media type and content of each enclosure."""
    return [
        (part.get_filename() or "vedlegg", part.get_content_type(), content)
        for part in mail.iter_attachments()
        if isinstance(content := part.get_payload(decode=True), bytes)
    ]


def as_json(message: Message) -> dict[str, Any]:
    mail = parsed(message)
    return {
        "id": message.id,
        "received_at": message.received_at.isoformat(),
        "envelope_from": message.envelope_from,
        "envelope_to": message.envelope_to,
        "message_id": str(mail.get("message-id", "")),
        "from": str(mail.get("from", "")),
        "to": str(mail.get("to", "")),
        "subject": str(mail.get("subject", "")),
        "dkim": message.dkim,
        "headers": [[name, str(value)] for name, value in mail.items()],
        "text": body_of(mail, "plain"),
        "html": body_of(mail, "html"),
        "enclosures": [
            {"name": name, "media_type": kind, "bytes": len(content), "url": f"/mail/{message.id}/enclosures/{number}"}
            for number, (name, kind, content) in enumerate(enclosures_of(mail))
        ],
    }


def _arrive(box: Postbox, at: datetime, envelope_from: str, to: str, raw: bytes) -> None:
    """As the last mail server on the way does it: the envelope is written down on top of the message."""
    head = f"Return-Path: <{envelope_from}>\r\nDelivered-To: {to}\r\n".encode()
    box.arrivals.append(Arrival(box.next_arrival, at, to, head + raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")))
    box.next_arrival += 1
    box.arrivals = sorted(box.arrivals, key=lambda one: one.id)[-KEPT_MAX:]


def _report(message: Message, address: str, status: str, at: datetime) -> str:
    """A delivery status notification as mail servers write it: a readable part, the status, and the original's headers."""
    stamp = format_datetime(at)
    original = message.raw.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0].decode("utf-8", "replace")
    action = "failed" if status.startswith("5") else "delayed"
    return "\r\n".join(
        [
            "From: Mail Delivery System <mailer-daemon@post.example>",
            f"To: {message.envelope_from}",
            "Subject: Undelivered Mail Returned to Sender",
            f"Date: {stamp}",
            f"Message-ID: <report.{message.id}.{sha256(address.encode()).hexdigest()[:12]}@post.example>",
            "Auto-Submitted: auto-replied",
            "MIME-Version: 1.0",
            f'Content-Type: multipart/report; report-type=delivery-status; boundary="report-{message.id}"',
            "",
            f"--report-{message.id}",
            "Content-Type: text/plain; charset=us-ascii",
            "",
            f"Your message could not be delivered to <{address}>.",
            "",
            f"--report-{message.id}",
            "Content-Type: message/delivery-status",
            "",
            "Reporting-MTA: dns; post.example",
            f"Arrival-Date: {format_datetime(message.received_at)}",
            "",
            f"Final-Recipient: rfc822; {address}",
            f"Action: {action}",
            f"Status: {status}",
            f"Diagnostic-Code: smtp; 550 {status} mailbox unavailable",
            "",
            f"--report-{message.id}",
            "Content-Type: text/rfc822-headers",
            "",
            *original.split("\n"),
            "",
            f"--report-{message.id}--",
            "",
        ]
    )
