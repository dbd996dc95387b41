"""Why a road was safe: kept with the delivery as it was known that day, shown on the claim, and told to the agency."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.dunning.assurance import Ground, KnownAddress, grounds, sentences
from app.dunning.known_addresses import known_address
from app.messaging.models import Delivery
from app.receivables.models import Debtor
from support.town import Town

TODAY = date(2026, 11, 26)


def codes(kept: list[dict[str, Any]]) -> list[str]:
    return [one["code"] for one in kept]


@pytest.mark.parametrize(
    ("channel", "known", "expected"),
    [
        ("letter", KnownAddress(TODAY, TODAY, 9, TODAY), [Ground.BY_POST]),
        ("email", KnownAddress(TODAY), [Ground.IN_LEDGER]),
        ("email", KnownAddress(TODAY, arrived=2, arrived_on=TODAY), [Ground.ARRIVED_BEFORE, Ground.IN_LEDGER]),
        ("email", KnownAddress(TODAY, TODAY, 2, TODAY), [Ground.WRITTEN_FROM, Ground.ARRIVED_BEFORE, Ground.IN_LEDGER]),
        ("sms", KnownAddress(TODAY), [Ground.ALONGSIDE, Ground.IN_LEDGER]),
    ],
)
def test_the_strongest_ground_stands_first(channel: str, known: KnownAddress, expected: list[Ground]) -> None:
    assert codes(grounds(channel, known)) == expected


def test_every_ground_is_said_to_the_agency() -> None:
    kept = [one for channel in ("email", "letter", "sms") for one in grounds(channel, KnownAddress(TODAY, TODAY, 2, TODAY))]
    said = sentences(kept)
    assert "Skyldneren skrev selv fra adressen 26.11.2026." in said
    assert "2 tidligere e-poster til adressen er ikke kommet i retur, den siste 26.11.2026." in said
    assert len(said) == len(kept)


def test_what_was_known_is_frozen_with_the_delivery(town: Town) -> None:
    customer = town.customer()
    town.invoice(customer, overdue=5)
    town.sync()
    with town.begin() as work:
        first = work.session.execute(select(Delivery)).scalar_one()
    assert first.grounds == [{"code": "in_ledger", "on": town.clock.today().isoformat()}]
    town.answer(customer["email"], "Jeg betaler snart")
    town.clock.move(timedelta(days=6))
    with town.begin() as work:
        debtor = work.session.execute(select(Debtor)).scalar_one()
        known = known_address(work, debtor, "email", customer["email"].upper())
        assert known.written_on is not None
        known = known_address(work, debtor, "email", customer["email"])
        assert (known.arrived, known.arrived_on) == (1, known.written_on)
        assert work.session.execute(select(Delivery)).scalar_one().grounds == first.grounds


def test_a_mail_just_sent_has_not_arrived_yet_and_one_that_came_back_never_did(town: Town) -> None:
    customer = town.customer()
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "bounce"})
    town.invoice(customer, overdue=5)
    town.sync()
    with town.begin() as work:
        debtor = work.session.execute(select(Debtor)).scalar_one()
        assert known_address(work, debtor, "email", customer["email"]).arrived == 0
    town.read_inbox()
    town.clock.move(timedelta(days=9))
    with town.begin() as work:
        assert known_address(work, debtor, "email", customer["email"]).arrived == 0
