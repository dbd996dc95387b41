"""The mail adapter against the sandbox's SMTP server: what arrives, and what is a definite no, a later try, or unknown."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.messaging.adapters.smtp import SmtpMailer
from app.messaging.ports import Enclosure, Mail
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError
from app.values.clock import FixedClock
from sandbox.mail.postbox import postbox_of
from sandbox.mail.smtp import Catcher
from sandbox.world import World
from support.sandbox import Control, borrowed_sandbox, free_port, running_sandbox, running_server

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PDF = b"%PDF-1.7\n\xe2\xe3\x00 varsel"
MAIL = Mail(
    message_id="018f-77@post.reskontro.example",
    sender_name="Bø & Sønner AS",
    sender_address="inkasso@byraa.example",
    bounce_address="b+tok.sig@bounce.example",
    reply_to="kontor@bo.example",
    to_address="kari@kunde.example",
    to_name="Kari Østby",
    subject="Inkassovarsel: faktura 2041",
    text="Beløpet er kr 1 234,50. Se https://krav.example/k/1?a=1&b=2\n" + "æøå " * 400,
    html="<html lang='nb'><p>Beløpet er kr 1 234,50</p></html>",
    enclosures=(Enclosure("varsel 2041 æ.pdf", "application/pdf", PDF),),
    headers=(("X-Reskontro-Notice", "42"), ("In-Reply-To", "<first@post.reskontro.example>")),
)


@dataclass
class Played:
    world: World
    base: str
    control: Control
    mailer: SmtpMailer

    def messages(self) -> list[dict[str, Any]]:
        return httpx.get(f"{self.base}/mail/messages").json()

    def tell(self, address: str, **behaviour: Any) -> None:
        self.control.put(f"/mail/addresses/{address}", behaviour)


@pytest.fixture
def played() -> Iterator[Played]:
    with borrowed_sandbox() as sandbox, running_server(sandbox.world, "smtp") as port:
        control = Control(sandbox.url)
        mailer = SmtpMailer("127.0.0.1", port, clock=FixedClock(NOW), starttls=False, timeout_seconds=5)
        yield Played(sandbox.world, sandbox.url, control, mailer)
        control.close()


def test_a_mail_arrives_whole_with_the_headers_of_an_automatic_letter(played: Played) -> None:
    accepted = played.mailer.send(MAIL)
    assert accepted.external_id == "<018f-77@post.reskontro.example>"
    assert accepted.evidence.startswith("250 ")
    [got] = played.messages()
    assert (got["envelope_from"], got["envelope_to"]) == ("b+tok.sig@bounce.example", ["kari@kunde.example"])
    headers = dict(got["headers"])
    assert headers["From"] == '"Bø & Sønner AS" <inkasso@byraa.example>' or headers["From"] == "Bø & Sønner AS <inkasso@byraa.example>"
    assert headers["To"] == "Kari Østby <kari@kunde.example>"
    assert headers["Reply-To"] == "kontor@bo.example"
    assert headers["Subject"] == MAIL.subject
    assert headers["Message-ID"] == accepted.external_id
    assert headers["Date"] == "Sat, 21 Nov 2026 09:00:00 +0000"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Content-Language"] == "nb"
    assert headers["X-Reskontro-Notice"] == "42"
    assert headers["In-Reply-To"] == "<first@post.reskontro.example>"
    assert got["text"].strip() == MAIL.text.strip()
    assert "1 234,50" in got["html"]
    [enclosure] = got["enclosures"]
    assert enclosure["name"] == "varsel 2041 æ.pdf"
    answer = httpx.get(played.base + enclosure["url"])
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"


def test_every_line_on_the_wire_is_short_ascii(played: Played) -> None:
    played.mailer.send(MAIL)
    raw = httpx.get(f"{played.base}/mail/1/raw").content
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998


def test_the_page_lists_mail_and_shows_it_without_anything_from_elsewhere(played: Played) -> None:
    played.mailer.send(replace(MAIL, subject="<script>alert(1)</script>"))
    played.mailer.send(replace(MAIL, message_id="2@x.example", subject="Nyest", text="Se https://krav.example/k/1?a=1&b=2"))
    listed = httpx.get(f"{played.base}/mail")
    assert "<script" not in listed.text
    assert listed.text.index("Nyest") < listed.text.index("&lt;script&gt;")
    assert "default-src 'none'" in listed.headers["content-security-policy"]
    shown = httpx.get(f"{played.base}/mail/2").text
    assert 'href="/mail/2/enclosures/0"' in shown
    assert '<a href="https://krav.example/k/1?a=1&amp;b=2">' in shown
    assert not re.search(r"src=|<link|<script", shown)
    assert re.findall(r'action="([^"]*)"', shown) == ["/mail/2/answer"]
    html = httpx.get(f"{played.base}/mail/2/html")
    assert "sandbox" in html.headers["content-security-policy"]


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "Varsel\r\nBcc: annen@ond.example"},
        {"to_name": "Kari\nBcc: annen@ond.example"},
        {"sender_name": "Bø\r\n\r\nHei"},
        {"headers": (("X-Note", "1\r\nBcc: annen@ond.example"),)},
        {"language": "nb\r\nBcc: annen@ond.example"},
        {"enclosures": (Enclosure("v.pdf\r\nBcc: annen@ond.example", "application/pdf", PDF),)},
    ],
)
def test_a_line_break_in_a_field_makes_no_new_header(played: Played, changes: dict[str, Any]) -> None:
    played.mailer.send(replace(MAIL, **changes))
    [got] = played.messages()
    assert got["envelope_to"] == ["kari@kunde.example"]
    names = [name.lower() for name, _ in got["headers"]]
    assert "bcc" not in names
    assert len(names) == len(set(names))
    assert got["text"].strip() == MAIL.text.strip()


@pytest.mark.parametrize(
    "changes",
    [
        {"to_address": "kari@kunde.example\r\nRCPT TO:<annen@ond.example>"},
        {"to_address": "kari@kunde.example, annen@ond.example"},
        {"to_address": "<kari@kunde.example>"},
        {"to_address": "ingen"},
        {"reply_to": "a@b.example\nBcc: x@y.example"},
        {"bounce_address": "b @bounce.example"},
        {"message_id": "uten krøll"},
        {"headers": (("Bcc", "annen@ond.example"),)},
        {"headers": (("From", "annen@ond.example"),)},
    ],
)
def test_what_is_no_plain_address_or_no_header_of_ours_is_refused_before_anything_is_sent(played: Played, changes: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        played.mailer.send(replace(MAIL, **changes))
    assert played.messages() == []


def test_a_norwegian_domain_is_written_in_ascii(played: Played) -> None:
    played.mailer.send(replace(MAIL, to_address="post@bøogsønner.example"))
    assert played.messages()[0]["envelope_to"] == ["post@" + "bøogsønner".encode("idna").decode() + ".example"]


def test_an_address_with_norwegian_letters_before_the_at_sign_is_sent_where_the_server_takes_it(played: Played) -> None:
    played.mailer.send(replace(MAIL, to_address="bjørn@kunde.example"))
    [got] = played.messages()
    assert got["envelope_to"] == ["bjørn@kunde.example"]
    assert dict(got["headers"])["To"] == "Kari Østby <bjørn@kunde.example>"


def test_an_unknown_address_is_refused_and_a_busy_one_is_tried_later(played: Played) -> None:
    played.tell(MAIL.to_address, mode="reject")
    with pytest.raises(RefusedError, match=r"550 5\.1\.1"):
        played.mailer.send(MAIL)
    played.tell(MAIL.to_address, mode="try_later")
    with pytest.raises(TryLaterError, match="451"):
        played.mailer.send(MAIL)
    assert played.messages() == []


def test_a_connection_lost_after_the_message_was_taken_is_unknown_and_it_was_taken_once(played: Played) -> None:
    played.tell(MAIL.to_address, mode="drop_after_data")
    with pytest.raises(UnknownOutcomeError):
        played.mailer.send(MAIL)
    assert [got["message_id"] for got in played.messages()] == ["<018f-77@post.reskontro.example>"]


def test_mail_survives_a_restart_of_the_sandbox(tmp_path: Path) -> None:
    with running_server(World(tmp_path / "world.json"), "smtp") as port:
        SmtpMailer("127.0.0.1", port, clock=FixedClock(NOW), starttls=False).send(MAIL)
    with running_sandbox(World(tmp_path / "world.json")) as base:
        [got] = httpx.get(f"{base}/mail/messages", params={"to": "KARI@kunde.example"}).json()
        assert got["subject"] == MAIL.subject


def test_no_server_is_tried_later() -> None:
    with pytest.raises(TryLaterError):
        SmtpMailer("127.0.0.1", free_port(), clock=FixedClock(NOW), starttls=False).send(MAIL)


def test_a_server_without_starttls_gets_nothing_where_it_is_demanded(played: Played) -> None:
    demanding = SmtpMailer("127.0.0.1", played.mailer._port, clock=FixedClock(NOW), starttls=True)
    with pytest.raises(TryLaterError):
        demanding.send(MAIL)
    assert played.messages() == []


def test_a_server_with_starttls_and_log_in_takes_mail_only_from_who_trusts_and_is_trusted(tmp_path: Path) -> None:
    world, port = World(), free_port()
    server_side, client_side = _certified(tmp_path)

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == (b"bo", b"hemmelig"), handled=False, auth_data=given)

    secure = Controller(
        Catcher(world), hostname="127.0.0.1", port=port, tls_context=server_side, authenticator=authenticate, auth_required=True
    )
    secure.start()

    def mailer(password: str, trust: ssl.SSLContext | None) -> SmtpMailer:
        return SmtpMailer("127.0.0.1", port, clock=FixedClock(NOW), username="bo", password=password, starttls=True, context=trust)

    try:
        with pytest.raises(TryLaterError, match="535"):
            mailer("feil", client_side).send(MAIL)
        with pytest.raises(TryLaterError, match="certificate"):
            mailer("hemmelig", None).send(MAIL)
        assert postbox_of(world).messages == {}
        mailer("hemmelig", client_side).send(MAIL)
        assert len(postbox_of(world).messages) == 1
    finally:
        secure.stop()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], TryLaterError),
        (["421 busy"], TryLaterError),
        (["554 go away"], TryLaterError),
        (["220 hi", "250 ok"], TryLaterError),
        (["220 hi", "250 ok", "250 ok"], TryLaterError),
        (["220 hi", "250 ok", "550 sender refused"], TryLaterError),
        (["220 hi", "250 ok", "250 ok", "554 5.7.1 relaying denied"], TryLaterError),
        (["220 hi", "250 ok", "250 ok", "530 5.7.0 log in first"], TryLaterError),
        (["220 hi", "250 ok", "250 ok", "550 5.1.1 no such user"], RefusedError),
        (["220 hi", "250 ok", "250 ok", "452 full"], TryLaterError),
        (["220 hi", "250 ok", "250 ok", "250 ok", "451 not now"], TryLaterError),
        (["220 hi", "250 ok", "250 ok", "250 ok"], UnknownOutcomeError),
        (["220 hi", "250 ok", "250 ok", "250 ok", "354 go on"], UnknownOutcomeError),
        (["220 hi", "250 ok", "250 ok", "250 ok", "354 go on", "554 spam"], RefusedError),
        (["220 hi", "250 ok", "250 ok", "250 ok", "354 go on", "451 later"], TryLaterError),
    ],
)
def test_where_the_server_stops_decides_what_is_known(lines: list[str], expected: type[Exception]) -> None:
    with _Scripted(lines) as port, pytest.raises(expected):
        SmtpMailer("127.0.0.1", port, clock=FixedClock(NOW), starttls=False, timeout_seconds=5).send(MAIL)


def test_a_server_that_falls_silent_after_the_message_is_unknown() -> None:
    with _Scripted(["220 hi", "250 ok", "250 ok", "250 ok", "354 go on"], then=lambda: threading.Event().wait(1.5)) as port:
        mailer = SmtpMailer("127.0.0.1", port, clock=FixedClock(NOW), starttls=False, timeout_seconds=0.5)
        with pytest.raises(UnknownOutcomeError):
            mailer.send(MAIL)


class _Scripted:
    """A server that says its lines, one for the greeting and one for each command, and hangs up."""

    def __init__(self, lines: list[str], then: Callable[[], object] = lambda: None) -> None:
        self._lines = lines
        self._then = then
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._play, daemon=True)

    def __enter__(self) -> int:
        self._thread.start()
        return self._listener.getsockname()[1]

    def __exit__(self, *_: object) -> None:
        self._thread.join(10)
        self._listener.close()

    def _play(self) -> None:
        peer, _ = self._listener.accept()
        with peer, peer.makefile("rb") as said:
            for number, line in enumerate(self._lines):
                if number > 0:
                    end = b".\r\n" if self._lines[number - 1].startswith("354") else None
                    while said.readline() != end and end is not None:
                        pass
                peer.sendall(f"{line}\r\n".encode())
            if self._lines and self._lines[-1][0] in "45":
                peer.settimeout(0.2)
            self._then()


def _certified(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's side with a certificate of its own for 127.0.0.1, and the only client's side that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    started = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(started)
        .not_valid_after(started + timedelta(days=365 * 60))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(pem)
    return server_side, ssl.create_default_context(cadata=certificate.public_bytes(Encoding.PEM).decode())
