"""The mailbox over IMAP, against a real IMAP server that shares the simulated post."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from app.messaging.adapters import imap_inbox
from app.messaging.adapters.imap_inbox import ImapInbox
from app.messaging.ports import Arrived
from app.net.errors import TryLaterError
from sandbox.mail import postbox
from sandbox.world import World
from support.sandbox import free_port, running_server

PASSWORD = "imap-sandbox-password"
ADDRESS = "svar+x@post.reskontro.example"


@dataclass
class Played:
    world: World
    port: int
    got: list[Arrived] = field(default_factory=list)

    def inbox(self, password: str = PASSWORD) -> ImapInbox:
        return ImapInbox("127.0.0.1", self.port, username="post", password=password, tls=False, timeout_seconds=5)

    def send(self, number: int) -> None:
        postbox.take(self.world, "kari@kunde.example", [ADDRESS], f"Subject: nr {number}\nMessage-ID: <{number}@x>\n\nHei".encode())

    def take(self, mail: Arrived) -> bool:
        self.got.append(mail)
        return True


@pytest.fixture
def played() -> Iterator[Played]:
    world = World()
    with running_server(world, "imap") as port:
        yield Played(world, port)


def test_every_mail_is_given_once_whole_and_in_order_over_several_pages(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_inbox, "PAGE", 3)
    for number in range(7):
        played.send(number)
    assert [played.inbox().read(played.take), played.inbox().read(played.take)] == [7, 0]
    assert [line for mail in played.got for line in mail.raw.split(b"\r\n") if line.startswith(b"Subject")] == [
        f"Subject: nr {number}".encode() for number in range(7)
    ]
    assert played.got[0].raw.startswith(b"Return-Path: <kari@kunde.example>\r\nDelivered-To: " + ADDRESS.encode())


def test_a_crash_while_a_mail_is_handled_shows_that_mail_again_and_no_other(played: Played) -> None:
    for number in range(3):
        played.send(number)

    def crash_at_the_second(mail: Arrived) -> bool:
        if b"nr 1" in mail.raw:
            raise ZeroDivisionError
        return played.take(mail)

    with pytest.raises(ZeroDivisionError):
        played.inbox().read(crash_at_the_second)
    assert played.inbox().read(played.take) == 2
    assert [b"nr 0" in mail.raw for mail in played.got] == [True, False, False]


def test_what_is_nobodys_is_put_aside_and_not_shown_again(played: Played) -> None:
    played.send(1)
    assert played.inbox().read(lambda _: False) == 1
    assert played.inbox().read(played.take) == 0


def test_a_mail_that_is_too_large_is_put_aside_without_being_fetched(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap_inbox, "MAIL_BYTES_MAX", 10)
    played.send(1)
    assert played.inbox().read(played.take) == 1
    assert played.got == []
    assert played.inbox().read(played.take) == 0


def test_a_report_on_its_way_arrives_when_its_time_has_come(played: Played) -> None:
    with played.world.lock:
        box = postbox.postbox_of(played.world)
        box.behaviours["kari@kunde.example"] = postbox.Behaviour("bounce", delay_seconds=3600)
    postbox.take(played.world, ADDRESS, ["kari@kunde.example"], b"Subject: hei\n\nHei")
    assert played.inbox().read(played.take) == 0
    played.world.move_clock(timedelta(hours=2))
    assert played.inbox().read(played.take) == 1
    assert b"multipart/report" in played.got[0].raw


def test_a_wrong_password_and_a_server_that_is_away_are_tried_later(played: Played) -> None:
    with pytest.raises(TryLaterError):
        played.inbox("feil").read(played.take)
    with pytest.raises(TryLaterError):
        ImapInbox("127.0.0.1", free_port(), username="post", password=PASSWORD, tls=False).read(played.take)


def test_a_server_that_answers_nonsense_is_tried_later_and_its_words_are_not_repeated() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def play() -> None:
        peer, _ = listener.accept()
        peer.sendall(b"* OK hi\r\n")
        while line := peer.recv(1000):
            tag = line.split()[0]
            answer = b" OK\r\n" if b"LOGIN" in line or b"CAPABILITY" in line else b" NO your password hemmelig is odd\r\n"
            peer.sendall((b"* CAPABILITY IMAP4rev1\r\n" if b"CAPABILITY" in line else b"") + tag + answer)

    threading.Thread(target=play, daemon=True).start()
    with pytest.raises(TryLaterError) as caught:
        ImapInbox("127.0.0.1", listener.getsockname()[1], username="post", password="hemmelig", tls=False, timeout_seconds=3).read(
            lambda _: True
        )
    assert "hemmelig" not in str(caught.value)
    listener.close()
