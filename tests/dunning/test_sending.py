"""Sending a notice: what each road's counterpart can do decides how trouble ends, and nothing reaches anybody twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from app.dunning import notices
from app.messaging.models import Delivery
from app.tenants import bureaus
from support.town import Town

SEND = "effects.perform_dunning"


@pytest.fixture
def warning(town: Town) -> tuple[dict[str, Any], dict[str, Any]]:
    """A warning that has been issued, and is on neither of its two roads yet."""
    town.straight_to_the_list()
    customer = town.customer()
    invoice = town.invoice(customer, overdue=21)
    town.sync()
    town.make_list()
    town.close_list(SEND)
    assert [effect.state for effect in town.effects() if effect.kind != "messaging.mail"] == ["planned", "planned"]
    return customer, invoice


Warning_ = tuple[dict[str, Any], dict[str, Any]]


def arrived(town: Town, customer: dict[str, Any]) -> tuple[int, int]:
    return len(town.outside.mails(customer["email"])), len(town.outside.letters(customer["name"]))


def by_letter(town: Town) -> Any:
    return town.effects(notices.LETTER_KIND)[0]


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
def test_a_letter_whose_answer_was_lost_is_asked_for_again_with_its_key(town: Town, warning: Warning_, kind: str) -> None:
    town.outside.control.fault("SFTP in/", kind)
    assert [town.perform(by_letter(town)) for _ in range(3)] == ["unknown", "planned", "sent"]
    assert arrived(town, warning[0]) == (0, 1)


def test_a_print_house_that_is_busy_is_asked_later(town: Town, warning: Warning_) -> None:
    town.outside.control.fault("SFTP in/", "status")
    assert town.perform(by_letter(town)) == "planned"
    assert by_letter(town).called_at is None
    assert arrived(town, warning[0]) == (0, 0)


def test_a_ledger_that_cannot_be_asked_keeps_the_notice_at_home(town: Town, warning: Warning_) -> None:
    town.outside.control.fault("GET /tripletex/v2/invoice", "status", times=40, status=500)
    town.ring("effects.sweep_bureau")
    assert arrived(town, warning[0]) == (0, 0)
    assert {effect.state for effect in town.effects() if effect.kind != "messaging.mail"} == {"planned"}


def test_a_revoked_key_keeps_it_at_home_and_in_no_doubt(town: Town, warning: Warning_) -> None:
    town.outside.control.delete(f"/tripletex/keys/{town.key}")
    town.outside.control.delete("/tripletex/sessions")
    town.ring("effects.sweep_bureau")
    assert arrived(town, warning[0]) == (0, 0)
    assert town.notices(warning[1])[-1].state == "issued"


def test_while_a_bureau_has_stopped_sending_nothing_leaves(town: Town, warning: Warning_) -> None:
    with town.begin() as work:
        bureaus.stop_sending(work, "prøve")
    town.ring("effects.sweep_bureau")
    assert arrived(town, warning[0]) == (0, 0)
    with town.begin() as work:
        bureaus.allow_sending(work)
    town.ring("effects.sweep_bureau")
    assert arrived(town, warning[0]) == (1, 1)


def test_the_mail_carries_the_very_letter_that_is_posted(town: Town, warning: Warning_) -> None:
    town.ring("effects.sweep_bureau")
    (mail,) = town.outside.mails(warning[0]["email"])
    (key,) = town.outside.letters(warning[0]["name"])
    posted = town.outside.world._parts["print"].letters[key["key"]].pdf  # type: ignore[attr-defined]
    (enclosed,) = mail["enclosures"]
    assert town.outside.client.get(enclosed["url"]).content == posted
    assert "inkassovarsel" in mail["subject"].lower()
    assert mail["from"].startswith(town.company.name)
    with town.begin() as work:
        sent = work.session.execute(
            select(Delivery.channel, Delivery.state).where(Delivery.purpose == "notice").order_by(Delivery.channel)
        ).all()
    assert [tuple(row) for row in sent] == [("email", "sent"), ("letter", "sent")]
