"""Reading a mail that came in: a delivery report, a machine's answer, or somebody's words. Pure; whatever stands in it is a stranger's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr

import nh3

from app.messaging import tokens
from app.messaging.tokens import Token

TEXT_MAX = 100_000
ENCLOSURES_MAX = 10
ENCLOSURE_BYTES_MAX = 10 * 1024 * 1024
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
#: tags after which a reader expects a new line
LINE_ENDS = re.compile(r"<\s*(?:br|/p|/div|/tr|/li|/h[1-6])\b[^>]*>", re.IGNORECASE)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&nbsp;": " ", "&amp;": "&"}
#: answers that a machine gives although it does not say so as RFC 3834 asks
AUTOMATIC_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
AUTOMATIC_HEADERS = ("x-autoreply", "x-autorespond")


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """RFC 3464: what became of a mail of ours. `status` is RFC 3463's, 5.x.x for good and 4.x.x for a delay."""

    status: str
    recipient: str
    diagnosis: str

    @property
    def permanent(self) -> bool:
        """5.x.x: the address does not work. 4.x.x reports are delays."""
        return self.status.startswith("5")


@dataclass(frozen=True, slots=True)
class Incoming:
    """One mail. `about` is what the address names that it came to, `answered` the deliveries it says it answers."""

    fingerprint: str
    message_id: str
    from_address: str
    from_name: str
    to_address: str
    subject: str
    text: str
    about: Token | None
    answered: tuple[Token, ...]
    report: DeliveryReport | None
    automatic: bool
    enclosures: tuple[tuple[str, str, bytes], ...] = field(repr=False, default=())
    left_out: int = 0


def read_mail(raw: bytes, envelope_to: str | None = None, envelope_from: str | None = None) -> Incoming:
    """What a mail says. The envelope comes from who delivered it, or else from the headers the last server put on top."""
    mail = message_from_bytes(raw, policy=policy.default)
    sender = envelope_from if envelope_from is not None else _return_path(mail)
    to_address = _recipient(mail, envelope_to)
    name, address = parseaddr(_header(mail, "from"))
    text = _text_of(mail)
    answers = f"{_header(mail, 'in-reply-to')} {_header(mail, 'references')}"
    message_id, subject = _header(mail, "message-id")[:300], _one_line(_header(mail, "subject"))[:300]
    kept, left_out = _enclosures(mail)
    said = "\x00".join((message_id, address, subject, text))
    return Incoming(
        fingerprint=hashlib.sha256(said.encode("utf-8", "replace")).hexdigest(), message_id=message_id, from_address=address[:254],
        from_name=_one_line(name)[:200], to_address=to_address[:254], subject=subject, text=text, about=tokens.read_address(to_address),
        answered=tuple(tokens.read_message_ids(answers)), report=_report(mail), automatic=_is_automatic(mail, sender),
        enclosures=kept, left_out=left_out,
    )  # fmt: skip


def _recipient(mail: EmailMessage, envelope_to: str | None) -> str:
    """The envelope's recipient as the last server wrote it down; the first of our own addresses in To or Cc where none did."""
    if envelope_to:
        return envelope_to
    written = [_header(mail, name) for name in ("delivered-to", "x-original-to", "envelope-to")]
    visible = [one for name in ("to", "cc") for one in re.findall(r"[^\s<>,;\"]+@[^\s<>,;\"]+", _header(mail, name))]
    found = [parseaddr(one)[1] for one in written if one] + visible
    return next((one for one in found if tokens.read_address(one) is not None), found[0] if found else "")


def _report(mail: EmailMessage) -> DeliveryReport | None:
    if mail.get_content_type() != "multipart/report" or str(mail.get_param("report-type") or "").lower() != "delivery-status":
        return None
    for part in mail.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = [block for block in part.get_payload() if isinstance(block, Message)]
        found = [_recipient_block(block) for block in blocks if block.get("status")]
        # several recipients: one that failed for good says more than one that is late
        return next((one for one in found if one.permanent), found[0] if found else None)
    return None


def _recipient_block(block: Message) -> DeliveryReport:
    status = re.match(r"\s*([245]\.\d{1,3}\.\d{1,3})", str(block.get("status", "")))
    recipient = str(block.get("original-recipient") or block.get("final-recipient") or "").partition(";")[2].strip()
    return DeliveryReport(status[1] if status else "", recipient[:254], _one_line(str(block.get("diagnostic-code", "")))[:300])


def _is_automatic(mail: EmailMessage, envelope_from: str | None) -> bool:
    """A machine's answer: RFC 3834 `Auto-Submitted`, what came before it, or no sender to answer to (RFC 5321 § 6.1)."""
    said = _header(mail, "auto-submitted").partition(";")[0].strip().lower()
    if said and said != "no":
        return True
    if any(mail.get(name) is not None for name in AUTOMATIC_HEADERS) or _header(mail, "precedence").lower() in AUTOMATIC_PRECEDENCE:
        return True
    return envelope_from is not None and envelope_from.strip("<> ") == ""


def _return_path(mail: EmailMessage) -> str | None:
    value = mail.get("return-path")
    return None if value is None else str(value)


def _text_of(mail: EmailMessage) -> str:
    """The words, never the markup: the plain part, or what is left of the HTML part without its tags."""
    part = mail.get_body(("plain", "html"))
    if part is None:
        return ""
    content = _decoded(part)
    if part.get_content_type() == "text/html":
        content = _without_markup(content)
    lines = CONTROLS.sub("", content.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return re.sub(r"\n{3,}", "\n\n", lines)[:TEXT_MAX]


def _without_markup(html: str) -> str:
    bare = nh3.clean(LINE_ENDS.sub("\n", html), tags=set(), clean_content_tags={"script", "style", "title"})
    for entity, character in ENTITIES.items():
        bare = bare.replace(entity, character)
    return "\n".join(" ".join(line.split()) for line in bare.split("\n"))


def _decoded(part: Message) -> str:
    """The text of a part, whatever its character set claims to be."""
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def _enclosures(mail: EmailMessage) -> tuple[tuple[tuple[str, str, bytes], ...], int]:
    """(name, media type, content) of what is small enough to keep, and how many were left out."""
    kept: list[tuple[str, str, bytes]] = []
    left_out = 0
    for name, kind, content in _attached(mail):
        if len(kept) < ENCLOSURES_MAX and len(content) <= ENCLOSURE_BYTES_MAX:
            kept.append((name, kind, content))
        else:
            left_out += 1
    return tuple(kept), left_out


def _attached(mail: EmailMessage) -> Iterator[tuple[str, str, bytes]]:
    if not mail.is_multipart():
        return
    for part in mail.iter_attachments():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes) and content:
            name = _one_line(part.get_filename() or "").replace("/", "_").replace("\\", "_")
            yield name[-200:] or "vedlegg", part.get_content_type()[:80], content


def _header(mail: EmailMessage, name: str) -> str:
    """A header's text. One that cannot be read says nothing."""
    try:
        return str(mail.get(name, ""))
    except (ValueError, IndexError, AttributeError, LookupError):
        return ""


def _one_line(text: str) -> str:
    return " ".join(CONTROLS.sub(" ", text).split())
