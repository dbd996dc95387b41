"""Reading a stranger's mail: reports, machines' answers, words without markup, and files."""

from __future__ import annotations

import uuid
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging import incoming, tokens
from app.messaging.incoming import read_mail
from app.messaging.tokens import Thing

TO = tokens.reply_address(uuid.uuid4(), Thing.DELIVERY, uuid.uuid4(), "post.reskontro.example")
REPORT = b"""Return-Path: <>
Delivered-To: %s
From: MAILER-DAEMON@mx.kunde.example
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

Sorry.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kunde.example

Final-Recipient: rfc822; first@kunde.example
Action: delayed
Status: 4.4.1

Original-Recipient: rfc822; second@kunde.example
Final-Recipient: rfc822; forwarded@elsewhere.example
Action: failed
Status: 5.1.1 (bad destination)
Diagnostic-Code: smtp; 550 5.1.1 no
 such user
--x--
""".replace(b"%s", TO.encode())


def written(text: str = "Hei", **headers: str) -> bytes:
    made = EmailMessage()
    usual: dict[str, Any] = {"From": "Kari <kari@kunde.example>", "To": TO, "Subject": "SV: Påminnelse"}
    for name, value in {**usual, **headers}.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    return made.as_bytes()


def test_the_recipient_that_failed_for_good_is_what_a_report_says() -> None:
    found = read_mail(REPORT).report
    assert found is not None
    assert (found.status, found.recipient, found.permanent) == ("5.1.1", "second@kunde.example", True)
    assert found.diagnosis == "smtp; 550 5.1.1 no such user"
    assert read_mail(REPORT).about == tokens.read_address(TO)


def test_a_vacation_notice_to_the_bounce_address_is_no_report() -> None:
    found = read_mail(written("Borte til mandag", Auto_Submitted="auto-replied"))
    assert (found.report, found.automatic) == (None, True)


@pytest.mark.parametrize(
    ("headers", "automatic"),
    [
        ({"Auto_Submitted": "auto-replied"}, True),
        ({"Auto_Submitted": "auto-generated; owner=x"}, True),
        ({"Auto_Submitted": "no"}, False),
        ({"X_Autoreply": "yes"}, True), ({"Precedence": "bulk"}, True), ({"Precedence": "first-class"}, False),
        ({"Return_Path": "<>"}, True), ({"Return_Path": "<kari@kunde.example>"}, False), ({}, False),
    ],
)  # fmt: skip
def test_a_machines_answer_is_known_by_what_it_says_of_itself(headers: dict[str, str], automatic: bool) -> None:
    assert read_mail(written(**headers)).automatic is automatic


def test_an_empty_envelope_sender_told_by_the_provider_is_a_machine() -> None:
    assert read_mail(written(), TO, "").automatic
    assert not read_mail(written(), TO, "kari@kunde.example").automatic


def test_html_is_read_without_its_markup_and_scripts() -> None:
    made = EmailMessage()
    made["From"], made["To"] = "kari@kunde.example", TO
    made.set_content(
        "<html><head><style>p{color:red}</style></head><body><p>Vi betaler <b>1 &lt; 2</b> dager</p><script>steal()</script>"
        "<img src=x onerror=steal()>Hilsen<br>Kari &amp; co</body></html>",
        subtype="html",
    )
    assert read_mail(made.as_bytes()).text == "Vi betaler 1 < 2 dager\nHilsen\nKari & co"


def test_files_are_kept_up_to_a_limit_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "ENCLOSURE_BYTES_MAX", 100)
    made = EmailMessage()
    made["From"], made["To"] = "kari@kunde.example", TO
    made.set_content("Se vedlegg")
    made.add_attachment(b"x" * 50, maintype="application", subtype="pdf", filename="../../kvittering.pdf")
    made.add_attachment(b"x" * 101, maintype="application", subtype="pdf", filename="stor.pdf")
    found = read_mail(made.as_bytes())
    assert ([name for name, _, _ in found.enclosures], found.left_out) == ([".._.._kvittering.pdf"], 1)


def test_the_same_mail_by_two_ways_has_one_fingerprint() -> None:
    direct = written("Hei", Message_ID="<1@kunde.example>")
    by_mailbox = b"Return-Path: <kari@kunde.example>\nDelivered-To: " + TO.encode() + b"\nReceived: from x\n" + direct
    assert read_mail(direct, TO, "kari@kunde.example").fingerprint == read_mail(by_mailbox).fingerprint


def test_an_unknown_character_set_is_read_as_well_as_can_be() -> None:
    raw = f"From: a@b.no\nTo: {TO}\nContent-Type: text/plain; charset=klingon\n\nHei\n".encode()
    assert read_mail(raw).text == "Hei"


@given(st.binary(max_size=600))
def test_whatever_a_stranger_writes_is_read_or_refused_but_never_hangs(noise: bytes) -> None:
    found = read_mail(b"From: a@b.no\n" + noise)
    assert len(found.text) <= incoming.TEXT_MAX
    assert "\x00" not in found.text + found.subject + found.from_address
