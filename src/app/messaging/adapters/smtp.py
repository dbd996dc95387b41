"""E-mail over SMTP (RFC 5321): no key, no look-up, so at most once.

Until the message's text is on its way everything is a definite no; after that only the server's own answer is. A lost connection in between
is `UnknownOutcomeError`, and nobody may send again by themselves.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY

import dkim

from app.messaging.ports import Accepted, DkimKey, Mail
from app.net.errors import OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.values.clock import Clock

TIMEOUT_SECONDS = 30.0
#: a mail may carry headers of its own, but none that would change who gets it or what it claims to be
OWN_HEADERS = re.compile(r"X-[A-Za-z0-9-]+|In-Reply-To|References|Precedence", re.IGNORECASE)
ADDRESS = re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x1f\x7f]+@[^\s@<>,;:\"\\()\[\]\x00-\x1f\x7f]+")
#: an answer to RCPT that speaks of us and not of the address: security and policy (RFC 3463, X.7.X), such as relaying denied
ABOUT_US = re.compile(r"\b[45]\.7\.\d+\b|relay", re.IGNORECASE)
#: wrong settings of ours: a person must look, and trying often does not help
OUR_OWN_FAULT = timedelta(minutes=30)
#: what a signature covers beside the text: whoever changes one of these breaks it, and From can neither be changed nor added
SIGNED = (
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to", b"references", b"auto-submitted", b"mime-version",
    b"content-type", b"content-transfer-encoding", b"content-language",
)  # fmt: skip
CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


class SmtpMailer:
    """One server. With `starttls` the certificate is checked and nothing is sent in the clear; `context` replaces the machine's trust."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        clock: Clock,
        username: str | None = None,
        password: str | None = None,
        starttls: bool,
        timeout_seconds: float = TIMEOUT_SECONDS,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._clock = clock
        self._username = username
        self._password = password
        self._starttls = starttls
        self._timeout_seconds = timeout_seconds
        self._context = context

    def send(self, mail: Mail) -> Accepted:
        """Hand one mail to the server. Raises `TryLaterError` or `RefusedError` when it certainly was not taken."""
        content = _unfolded(self._compose(mail).as_bytes())
        if mail.dkim is not None:
            content = _signed(content, mail.dkim)
        server = self._connected()
        try:
            self._address(server, mail)
            evidence = self._hand_over(server, content)
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            return Accepted(_message_id(mail), evidence)
        finally:
            server.close()

    def _connected(self) -> smtplib.SMTP:
        server: smtplib.SMTP | None = None
        try:
            server = smtplib.SMTP(self._host, self._port, timeout=self._timeout_seconds)
            server.ehlo_or_helo_if_needed()
            if self._starttls:
                server.starttls(context=self._context or ssl.create_default_context())
                server.ehlo()
            if self._username is not None:
                server.login(self._username, self._password or "")
        except (OSError, smtplib.SMTPException) as fault:
            if server is not None:
                server.close()
            raise _no_session(fault) from fault
        return server

    def _address(self, server: smtplib.SMTP, mail: Mail) -> None:
        """The envelope. Bounces go to an address of their own, so that a report can be told from a reply (VERP)."""
        sender, recipient = _wire_address(mail.bounce_address), _wire_address(mail.to_address)
        options = []
        if not (sender + recipient).isascii():
            if not server.has_extn("smtputf8"):
                raise RefusedError("the mail server takes no address with letters like æ, ø or å before the @")
            options = ["SMTPUTF8", "BODY=8BITMIME"]
        try:
            code, reply = server.mail(sender, options)
            if code != 250:
                raise _our_fault("sender", code, reply)
            code, reply = server.rcpt(recipient)
            if code not in (250, 251):
                raise _refusal("recipient", code, reply)
        except (OSError, smtplib.SMTPException) as fault:
            raise TryLaterError("the mail server hung up before it got the message") from fault

    def _hand_over(self, server: smtplib.SMTP, content: bytes) -> str:
        try:
            code, reply = server.data(content)
        except smtplib.SMTPDataError as fault:
            # the server answered DATA with a refusal: not one byte of the message was sent
            raise _refusal("message", fault.smtp_code, fault.smtp_error) from fault
        except (OSError, smtplib.SMTPException) as fault:
            raise UnknownOutcomeError("the connection was lost after the message had begun; it may have been taken") from fault
        if code != 250:
            raise _refusal("message", code, reply)
        return f"{code} {reply.decode('utf-8', 'replace')}"[:500]

    def _compose(self, mail: Mail) -> EmailMessage:
        plain = (mail.to_address + mail.sender_address + (mail.reply_to or "")).isascii()
        message = EmailMessage(policy=SMTP_POLICY.clone(utf8=not plain))
        message["From"] = _mailbox(mail.sender_name, mail.sender_address)
        message["To"] = _mailbox(mail.to_name or "", mail.to_address)
        if mail.reply_to is not None:
            message["Reply-To"] = _mailbox("", mail.reply_to)
        message["Subject"] = _one_line(mail.subject)
        message["Message-ID"] = _message_id(mail)
        message["Date"] = self._clock.now()
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers:
            if OWN_HEADERS.fullmatch(name) is None:
                raise RefusedError(f"a mail may not set the header {name[:40]!r}")
            message[name] = _one_line(value)
        # quoted-printable throughout: no server on the way needs 8BITMIME, and none rewrites the text
        message.set_content(mail.text, cte="quoted-printable")
        if mail.html is not None:
            message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
        for enclosure in mail.enclosures:
            main, _, sub = enclosure.media_type.partition("/")
            message.add_attachment(enclosure.content, maintype=main, subtype=sub, filename=_one_line(enclosure.name))
        # last, because building the parts moves every Content-* header into the first of them
        message["Content-Language"] = _one_line(mail.language)
        return message


def _no_session(fault: OSError | smtplib.SMTPException) -> OutsideError:
    """Why there is no session to send in. It is never the recipient's doing, whatever the code (535 is a wrong password of ours): the mail
    stays planned, is tried rarely, and the work list shows it as what does not get through."""
    if isinstance(fault, smtplib.SMTPNotSupportedError):
        return TryLaterError(f"the mail server lacks what is required: {fault}", OUR_OWN_FAULT)
    if isinstance(fault, smtplib.SMTPResponseException):
        return _our_fault("greeting or log-in", fault.smtp_code, fault.smtp_error)
    if isinstance(fault, ssl.SSLCertVerificationError):
        return TryLaterError("the mail server's certificate is not trusted", OUR_OWN_FAULT)
    return TryLaterError("no connection to the mail server")


def _our_fault(stage: str, code: int, reply: bytes | str) -> OutsideError:
    """Refused for what we are, not for whom we write to."""
    return TryLaterError(_detail(stage, code, reply), OUR_OWN_FAULT if 500 <= code < 600 else None)


def _refusal(stage: str, code: int, reply: bytes | str) -> OutsideError:
    detail = _detail(stage, code, reply)
    if stage == "recipient" and (code == 530 or ABOUT_US.search(detail)):
        return _our_fault(stage, code, reply)
    return RefusedError(detail) if 500 <= code < 600 else TryLaterError(detail)


def _detail(stage: str, code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{stage}: {code} {_one_line(text)[:300]}"


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = _wire_address(address).rpartition("@")
    return Address(_one_line(name), local, domain)


def _wire_address(address: str) -> str:
    """The address as it stands on the wire, its domain in ASCII (IDNA). RefusedError for anything that is not one plain address."""
    if ADDRESS.fullmatch(address) is None:
        raise RefusedError("not an e-mail address")
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError as fault:
        raise RefusedError("not an e-mail address: its domain is no domain") from fault


def _message_id(mail: Mail) -> str:
    bare = mail.message_id.strip().removeprefix("<").removesuffix(">")
    if ADDRESS.fullmatch(bare) is None:
        raise RefusedError("not a message id")
    return f"<{bare}>"


def _unfolded(content: bytes) -> bytes:
    """A long Message-ID on the line of its name: folded away from it, as the library does, some readers see none."""
    return content.replace(b"\r\nMessage-ID:\r\n <", b"\r\nMessage-ID: <", 1)


def _signed(content: bytes, key: DkimKey) -> bytes:
    """With a DKIM signature on top (RFC 6376). What cannot be signed waits: nothing goes out unsigned in a company's name."""
    signer = dkim.DKIM(content, signature_algorithm=b"rsa-sha256")
    present = {name.lower() for name, _ in signer.headers}
    # named once more than it is there: a second From added on the way breaks the signature (§ 8.15)
    covered = [name for name in SIGNED if name in present] + [b"from"]
    try:
        signature: bytes = signer.sign(
            key.selector.encode(), key.domain.encode(), key.private_key.encode(), canonicalize=(b"relaxed", b"relaxed"),
            include_headers=covered,
        )  # fmt: skip
    except dkim.DKIMException as fault:
        raise TryLaterError(f"the mail cannot be signed for {key.domain}: {fault}", OUR_OWN_FAULT) from fault
    return signature + content


def _one_line(text: str) -> str:
    """A name or subject from a ledger may hold a line break; in a header that would start another header."""
    return CONTROLS.sub(" ", text).strip()
