"""The print house over real SFTP: whole files only, our key honoured, the server's key pinned, receipts taken once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import asyncssh
import httpx
import pytest

from app.messaging.adapters.print_house import NoPrintHouse, SftpPrintHouse
from app.messaging.ports import LetterReceipt, PrintJob
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError
from app.settings import SANDBOX_HOST_KEY
from sandbox.printhouse.shop import Shop, next_posting_day
from sandbox.world import Fault, World
from support.sandbox import Control, borrowed_sandbox, free_port, running_server

FRIDAY_MORNING = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
JOB = PrintJob("warning:018f:1", b"%PDF-1.7\n\xe2\xe3 brev", ("Kari Østby", "Storgata 1", "0155 OSLO"), "Bø & Sønner AS")


@dataclass
class Played:
    world: World
    base: str
    port: int
    control: Control
    said: list[LetterReceipt] = field(default_factory=list)

    def house(self, **changes: str | None) -> SftpPrintHouse:
        account = {"username": "reskontro", "password": "print-sandbox-password", "host_key": SANDBOX_HOST_KEY} | changes
        return SftpPrintHouse("127.0.0.1", self.port, timeout_seconds=5, **account)  # type: ignore[arg-type]

    def fault(self, kind: str) -> None:
        self.world.faults.append(Fault("SFTP in/", kind))  # type: ignore[arg-type]

    def time_passes(self, **step: float) -> None:
        self.world.move_clock(self.world._offset + timedelta(**step))

    @property
    def letters(self) -> list[bytes]:
        return [letter.pdf for letter in self.world.part("print", Shop).letters.values()]

    def take(self, said: LetterReceipt) -> bool:
        self.said.append(said)
        return True

    def events(self) -> list[str]:
        self.said.clear()
        self.house().receipts(self.take)
        return [one.event for one in self.said]


@pytest.fixture
def played() -> Iterator[Played]:
    with borrowed_sandbox(lambda: FRIDAY_MORNING) as sandbox, running_server(sandbox.world, "sftp") as port:
        control = Control(sandbox.url)
        yield Played(sandbox.world, sandbox.url, port, control)
        control.close()


def test_a_letter_is_printed_the_same_day_and_posted_on_the_next_business_day_with_its_proof(played: Played) -> None:
    accepted = played.house().submit(JOB)
    assert hashlib.sha256(JOB.pdf).hexdigest() in accepted.evidence
    assert played.letters == [JOB.pdf]
    assert (played.events(), played.events()) == (["accepted"], [])
    played.time_passes(hours=2)
    assert played.events() == ["printed"]
    played.time_passes(days=2)
    assert played.events() == []
    played.time_passes(days=1)
    assert played.events() == ["posted"]
    assert (played.said[0].our_key, played.said[0].reference, played.said[0].detail) == (JOB.our_key, "L40001", "Posten 20261123-40001")
    played.control.post(f"/print/letters/{JOB.our_key}/return", {"reason": "Ukjent adressat"})
    played.time_passes(days=1)
    assert played.events() == ["returned"]
    assert played.said[0].detail == "Ukjent adressat"


def test_no_post_leaves_on_christmas_day() -> None:
    assert next_posting_day(date(2026, 12, 24)) == date(2026, 12, 28)


def test_the_same_key_again_prints_one_letter(played: Played) -> None:
    played.house().submit(JOB)
    played.time_passes(hours=3)
    played.house().submit(JOB)
    assert played.letters == [JOB.pdf]


@pytest.mark.parametrize("changes", [{"pdf": b"%PDF-1.7 another"}, {"recipient_lines": ("Ola Østby", "Storgata 1", "0155 OSLO")}])
def test_another_letter_under_the_same_key_is_rejected_and_not_printed(played: Played, changes: dict) -> None:
    played.house().submit(JOB)
    played.house().submit(replace(JOB, **changes))
    assert "rejected" in played.events()
    assert played.letters == [JOB.pdf]


@pytest.mark.parametrize("changes", [{"pdf": b"no pdf"}, {"recipient_lines": ("Bare navn",)}])
def test_what_cannot_be_printed_is_rejected_by_receipt(played: Played, changes: dict) -> None:
    played.house().submit(replace(JOB, **changes))
    assert (played.events(), played.letters) == (["rejected"], [])


def test_a_key_that_is_no_file_name_is_refused_before_anything_is_sent(played: Played) -> None:
    with pytest.raises(RefusedError):
        played.house().submit(replace(JOB, our_key="../a"))


@pytest.mark.parametrize(("kind", "printed"), [("drop_after", 1), ("drop_before", 0)])
def test_a_connection_lost_at_the_last_step_is_unknown_and_the_key_makes_again_safe(played: Played, kind: str, printed: int) -> None:
    played.fault(kind)
    with pytest.raises(UnknownOutcomeError):
        played.house().submit(JOB)
    assert len(played.letters) == printed
    played.house().submit(JOB)
    assert len(played.letters) == 1


def test_a_house_that_does_not_take_the_file_is_tried_later(played: Played) -> None:
    played.fault("status")
    with pytest.raises(TryLaterError):
        played.house().submit(JOB)
    assert played.letters == []


def test_a_server_with_another_key_gets_neither_password_nor_letter(played: Played) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    with pytest.raises(TryLaterError, match="the key we know it by"):
        played.house(host_key=other).submit(JOB)
    assert played.letters == []


def test_a_wrong_password_and_a_house_that_is_away_are_tried_later(played: Played) -> None:
    with pytest.raises(TryLaterError, match="let us in"):
        played.house(password="feil").submit(JOB)
    with pytest.raises(TryLaterError, match="no connection"):
        SftpPrintHouse("127.0.0.1", free_port(), username="x", password="x", host_key=SANDBOX_HOST_KEY).receipts(played.take)
    with pytest.raises(TryLaterError, match="PRINT_SFTP_HOST"):
        NoPrintHouse().submit(JOB)


def test_a_crash_while_a_receipt_is_handled_shows_it_again(played: Played) -> None:
    played.house().submit(JOB)

    def crash(_: LetterReceipt) -> bool:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        played.house().receipts(crash)
    assert played.events() == ["accepted"]


def test_the_page_shows_letters_and_gives_the_pdf(played: Played) -> None:
    played.house().submit(replace(JOB, sender_name="<b>Bø</b>"))
    page = httpx.get(f"{played.base}/print")
    assert "&lt;b&gt;Bø&lt;/b&gt;" in page.text
    assert "Kari Østby<br>Storgata 1" in page.text
    link = page.text.split('href="')[1].split('"')[0]
    assert httpx.get(played.base + link).content == JOB.pdf
