"""What a channel can be asked: the port that adapters implement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class ChannelKind(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    LETTER = "letter"


@dataclass(frozen=True, slots=True)
class Enclosure:
    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class DkimKey:
    """What a mail is signed with (DKIM, RFC 6376): RSA, `private_key` as a PKCS #1 PEM. Its other half stands in the domain's DNS."""

    domain: str
    selector: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Mail:
    """One e-mail. `message_id` is made by us before the act and stays the same on every look at it."""

    message_id: str
    sender_name: str
    sender_address: str
    bounce_address: str
    reply_to: str | None
    to_address: str
    to_name: str | None
    subject: str
    text: str
    html: str | None
    language: str = "nb"
    enclosures: tuple[Enclosure, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    dkim: DkimKey | None = None


@dataclass(frozen=True, slots=True)
class PrintJob:
    """One letter to be printed and posted: PDF/A plus the recipient's window address, under our id."""

    our_key: str
    pdf: bytes = field(repr=False)
    recipient_lines: tuple[str, ...] = ()
    sender_name: str = ""


@dataclass(frozen=True, slots=True)
class Sms:
    """One text message in GSM's alphabet (`sms_text`), under our id. `sender` is at most 11 plain letters, digits and spaces."""

    our_key: str
    sender: str
    to_number: str
    text: str


@dataclass(frozen=True, slots=True)
class SmsReceipt:
    """What the gateway says of a message: delivered (to the handset, which is not read), failed, or undecided."""

    our_key: str
    state: str
    code: int
    reference: str


@dataclass(frozen=True, slots=True)
class SmsAnswer:
    """A text message that came in. Unsigned: it may say less than it seems to."""

    from_number: str
    text: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The channel took it over; it is not yet delivered."""

    external_id: str
    evidence: str


class Mailer(Protocol):
    """SMTP: neither key nor look-up, so at most once (class N)."""

    def send(self, mail: Mail) -> Accepted: ...


class Texter(Protocol):
    """A text message: neither key nor look-up, so at most once (class N)."""

    def send(self, sms: Sms) -> Accepted: ...

    def read_report(self, body: Any) -> SmsReceipt | None:
        """What the gateway has posted to us about a message; None for what is no report of its."""
        ...

    def read_answer(self, body: Any) -> SmsAnswer | None:
        """A message that the gateway has taken from a telephone and posted to us; None for anything else."""
        ...


@dataclass(frozen=True, slots=True)
class LetterReceipt:
    """What the print house says of a letter: accepted, rejected, printed, posted (`detail`: the proof) or returned (`detail`: why)."""

    our_key: str
    event: str
    at: datetime
    reference: str
    detail: str


class Printer(Protocol):
    """Print and post: honours our key (class K)."""

    def submit(self, job: PrintJob) -> Accepted: ...

    def receipts(self, take: Callable[[LetterReceipt], bool]) -> int:
        """Give every waiting receipt to `take`; one it answers False to is put aside as nobody's. Returns how many there were."""
        ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """A mail as it stands on the wire, and its envelope where whoever delivered it tells. `key` names it in a log."""

    key: str
    raw: bytes = field(repr=False)
    envelope_to: str | None = None
    envelope_from: str | None = None


class Inbox(Protocol):
    """Where mail to our own addresses arrives. A mail is put away only after `take` has returned: a crash in between shows it again."""

    def read(self, take: Callable[[Arrived], bool]) -> int:
        """Give every waiting mail to `take`; what it answers False to is put aside as nobody's. Returns how many there were."""
        ...


class Resolver(Protocol):
    """The domain name system (RFC 1035), asked for what a domain says of itself."""

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, each with its parts put together; none where there are none. TryLaterError: nobody answered."""
        ...
