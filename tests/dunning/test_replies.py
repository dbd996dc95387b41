"""Answers by e-mail: matched to their claim, which rests until a person has handled them; what is not certain waits for a person."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from app.db.paging import Position
from app.db.scope import Actor
from app.dunning import holds, replies, reply_view
from app.dunning.models import Hold
from app.dunning.replies import ReplyError
from app.messaging import tokens
from app.messaging.deliveries import read_document
from app.messaging.models import InboundMail
from app.messaging.tokens import Thing
from support.town import Town, settle_in

KARI = Actor("user", uuid.uuid4(), "Kari")


@pytest.fixture
def reminded(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A debtor who has got a reminder by e-mail."""
    customer = town.customer()
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    return customer, invoice


def mails(town: Town) -> list[InboundMail]:
    with town.begin() as work:
        return list(work.session.execute(select(InboundMail).order_by(InboundMail.id)).scalars())


def active_hold(town: Town, invoice: dict[str, Any]) -> Hold | None:
    claim = town.claim(invoice)
    with town.begin() as work:
        return work.session.execute(select(Hold).where(Hold.claim_id == claim.id, Hold.lifted_at.is_(None))).scalar_one_or_none()


def write(town: Town, sender: str, text: str, to: str | None = None, **headers: str) -> None:
    """A mail of its own, to the company's address for answers."""
    address = to or tokens.reply_address(town.bureau.id, Thing.COMPANY, town.company.id, "post.reskontro.example")
    head = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    raw = f"From: {sender}\nTo: {address}\nSubject: Faktura\nMessage-ID: <{uuid.uuid4()}@x>\n{head}\n{text}\n"
    town.outside.control.post("/mail/arrivals", {"to": address, "raw": raw, "envelope_from": sender})
    town.read_inbox()


def test_an_answer_stops_its_claim_until_somebody_has_handled_it(town: Town, reminded: Any) -> None:
    customer, invoice = reminded
    town.answer(customer["email"], "Kan jeg betale i neste uke?")
    (mail,) = mails(town)
    assert (mail.state, mail.purpose_id, mail.from_address) == ("open", town.claim(invoice).id, customer["email"])
    assert mail.text_.startswith("Kan jeg betale i neste uke?")
    assert active_hold(town, invoice) is not None
    for _ in range(3):
        town.monday()
    assert [notice.kind for notice in town.notices(invoice)] == ["reminder"]
    assert all(town.claim(invoice).id not in town.entries(weekly) for weekly in town.lists())
    with town.house.database.begin(town.scope, KARI) as work:
        replies.handle(work, mail.id, "Avtalt betaling i neste uke")
    town.work_off()
    assert active_hold(town, invoice) is None
    (done,) = mails(town)
    assert (done.state, done.handled_by, done.note) == ("handled", "Kari", "Avtalt betaling i neste uke")
    town.monday()
    assert town.claim(invoice).id in town.entries(town.lists()[-1])
    with town.house.database.begin(town.scope, KARI) as work, pytest.raises(ReplyError):
        replies.handle(work, mail.id, "")


def test_the_same_mail_again_changes_nothing(town: Town, reminded: Any) -> None:
    customer, _ = reminded
    town.answer(customer["email"], "Hei")
    with town.outside.world.lock:
        box = town.outside.world._parts["mail"]
        again = box.arrivals[-1].raw  # type: ignore[attr-defined]
    town.outside.control.post(
        "/mail/arrivals", {"to": mails(town)[0].to_address, "raw": again.decode(), "envelope_from": customer["email"]}
    )
    town.read_inbox()
    assert len(mails(town)) == 1


def test_a_machines_answer_stops_nothing(town: Town, reminded: Any) -> None:
    customer, invoice = reminded
    town.answer(customer["email"], "Jeg er på ferie", automatic=True)
    assert (mails(town), active_hold(town, invoice)) == ([], None)


def test_an_answer_that_lost_its_address_is_known_by_what_it_answers(town: Town, reminded: Any) -> None:
    customer, invoice = reminded
    sent = town.outside.mails(customer["email"])[-1]["message_id"]
    write(town, "en.annen@nordlys.example", "Dette er betalt.", In_Reply_To=sent)
    assert [(mail.state, mail.purpose_id) for mail in mails(town)] == [("open", town.claim(invoice).id)]


def test_a_number_counts_only_together_with_the_debtors_own_address(town: Town, reminded: Any) -> None:
    customer, invoice = reminded
    write(town, "en.annen@nordlys.example", f"Gjelder faktura {invoice['number']}")
    write(town, customer["email"].upper(), f"Gjelder faktura {invoice['number']}.")
    write(town, customer["email"], f"Gjelder faktura {invoice['number']}7")
    assert [mail.state for mail in mails(town)] == ["unmatched", "open", "unmatched"]
    assert mails(town)[1].purpose_id == town.claim(invoice).id


def test_two_invoices_named_are_a_persons_question_and_he_answers_it(town: Town, reminded: Any) -> None:
    customer, invoice = reminded
    second = town.invoice(customer, overdue=6)
    town.sync()
    write(town, customer["email"], f"Gjelder {invoice['number']} og {second['number']}")
    (mail,) = mails(town)
    assert mail.state == "unmatched"
    with town.begin() as work:
        suggested = {about.claim_id for about in reply_view.suggestions(work, mail)}
        assert suggested == {town.claim(invoice).id, town.claim(second).id}
        assert replies.find_claim(work, mail, f" {second['number']} ") == town.claim(second).id
        replies.attach(work, mail.id, town.claim(second).id)
    assert (active_hold(town, invoice), active_hold(town, second) is not None) == (None, True)
    with town.begin() as work:
        replies.attach(work, mail.id, town.claim(invoice).id)
    assert (active_hold(town, invoice) is not None, active_hold(town, second)) == (True, None)


def test_a_persons_own_stop_stays_as_it_was(town: Town, reminded: Any) -> None:
    customer, invoice = reminded
    with town.house.database.begin(town.scope, KARI) as work:
        holds.place(work, town.claim(invoice).id, "Venter på kreditnota", None)
    town.answer(customer["email"], "Hei")
    with town.begin() as work:
        replies.handle(work, mails(town)[0].id, "")
    hold = active_hold(town, invoice)
    assert hold is not None
    assert (hold.reason, hold.placed_by) == ("Venter på kreditnota", "Kari")


def test_a_claim_goes_on_only_when_its_last_answer_is_handled(town: Town, reminded: Any) -> None:
    customer, invoice = reminded
    town.answer(customer["email"], "Første")
    town.answer(customer["email"], "Andre, og lenger")
    first, second = mails(town)
    with town.begin() as work:
        replies.handle(work, first.id, "")
    assert active_hold(town, invoice) is not None
    with town.begin() as work:
        replies.handle(work, second.id, "")
    assert active_hold(town, invoice) is None


def test_what_was_enclosed_is_kept_as_it_came(town: Town, reminded: Any) -> None:
    address = tokens.reply_address(town.bureau.id, Thing.COMPANY, town.company.id, "post.reskontro.example")
    raw = (
        f"From: kari@x.example\nTo: {address}\nSubject: Kvittering\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=y\n\n"
        "--y\nContent-Type: text/plain\n\nSe vedlegg\n--y\nContent-Type: application/pdf\n"
        "Content-Disposition: attachment; filename=kvittering.pdf\n\n%PDF-1.7 kvittering\n--y--\n"
    )
    town.outside.control.post("/mail/arrivals", {"to": address, "raw": raw, "envelope_from": "kari@x.example"})
    town.read_inbox()
    (mail,) = mails(town)
    assert [(one["name"], one["bytes"]) for one in mail.enclosures] == [("kvittering.pdf", 19)]
    with town.begin() as work:
        name, kind, content = read_document(work, uuid.UUID(mail.enclosures[0]["document_id"]))
    assert (name, kind, content) == ("kvittering.pdf", "application/pdf", b"%PDF-1.7 kvittering")


def test_mail_to_another_bureau_or_to_nobody_is_not_ours(town: Town, reminded: Any) -> None:
    other = settle_in(town.outside, town.house, town.clock)
    write(town, "x@y.example", "Hei", to=tokens.reply_address(other.bureau.id, Thing.COMPANY, town.company.id, "post.reskontro.example"))
    write(town, "x@y.example", "Hei", to=tokens.reply_address(uuid.uuid4(), Thing.COMPANY, town.company.id, "post.reskontro.example"))
    write(town, "x@y.example", "Hei", to="post@post.reskontro.example")
    assert mails(town) == []
    with other.begin() as work:
        assert reply_view.replies(work, Position()).rows == ()
