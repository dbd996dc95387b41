from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from app.ledgers.adapters.twentyfoursevenoffice import soap
from app.ledgers.adapters.twentyfoursevenoffice.links import NAMED, SHARED, items_of, live_of
from app.ledgers.adapters.twentyfoursevenoffice.rows import Line, day_of
from app.ledgers.adapters.twentyfoursevenoffice.wire import FaultError, refusal_of, refused_in_words
from app.ledgers.errors import PeriodLockedError, PermissionMissingError, RateLimitedError
from app.ledgers.ports import Confidence, ItemKind, ItemState
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import Reply
from support.ledger_door import TODAY


def _line(row: str, amount_ore: int, *, kind: str = "InvoiceCustomer", **facts: Any) -> Line:
    plain = Line(
        id=row, transaction="1", account=1500, on=date(2026, 10, 1), due_on=date(2026, 10, 15) if amount_ore > 0 else None,
        amount_ore=amount_ore, currency="NOK", link=0, number=None, kid=None, kind=kind, customer="10001", comment="", open=True,
        changed="",
    )  # fmt: skip
    return replace(plain, **facts)


def test_money_in_a_link_goes_to_the_invoice_it_names_and_else_a_person_looks() -> None:
    first, second = _line("a", 10_000, number="1"), _line("b", 20_000, number="2", due_on=date(2026, 11, 1))
    named = items_of([[first, second, _line("c", -15_000, kind="Payment", number="2")]], TODAY)
    assert [(i.document_number, i.remaining_ore, i.confidence) for i in named] == [
        ("1", 10_000, Confidence.HIGH), ("2", 5_000, Confidence.HIGH),
    ]  # fmt: skip
    guessed = items_of([[second, first, _line("c", -12_000, kind="Payment")]], TODAY)
    assert [(i.document_number, i.remaining_ore, i.doubts) for i in guessed] == [("2", 18_000, (SHARED,))]
    over = items_of([[first, _line("c", -6_000, kind="Payment"), _line("d", -10_000, kind="CreditnoteCustomer")]], TODAY)
    assert [(i.kind, i.remaining_ore) for i in over] == [(ItemKind.CREDIT_NOTE, -6_000)]


def test_a_bounced_payment_is_taken_off_the_payments_and_other_money_stays() -> None:
    lines = [
        _line("a", 10_000), _line("b", -4_000, kind="Payment", on=date(2026, 10, 20)),
        _line("c", -3_000, kind="Payment", on=date(2026, 10, 21)),
        _line("d", 4_000, kind="Payment", on=date(2026, 10, 25)),
    ]  # fmt: skip
    (item,) = items_of([lines], TODAY)
    assert (item.remaining_ore, [p.amount_ore for p in item.payments]) == (7_000, [3_000])
    (alone,) = items_of([[_line("d", 4_000, kind="Payment")]], TODAY)
    assert (alone.kind, alone.remaining_ore, alone.confidence) == (ItemKind.OTHER, 4_000, Confidence.LOW)


@pytest.mark.parametrize(
    ("kinds", "state"),
    [
        ({"Payment": -10_000}, ItemState.PAID),
        ({"CreditnoteCustomer": -10_000}, ItemState.CREDITED),
        ({"Payment": -6_000, "CreditnoteCustomer": -4_000}, ItemState.PAID),
        ({"Payment": -6_000, "InvoiceLoss": -4_000}, ItemState.GONE),
        ({"Miscellaneous": -10_000}, ItemState.GONE),
        ({"Payment": -9_999}, ItemState.OPEN),
    ],
)
def test_paid_is_only_what_money_has_paid(kinds: dict[str, int], state: ItemState) -> None:
    invoice = _line("a", 10_000)
    assert live_of(invoice, [invoice, *(_line(kind, amount, kind=kind) for kind, amount in kinds.items())]).state is state


def test_what_is_nobodys_or_dated_ahead_is_not_claimed() -> None:
    assert items_of([[_line("a", 10_000, customer=None)], [_line("b", 10_000, on=TODAY + timedelta(days=1))]], TODAY) == []


@pytest.mark.parametrize(
    ("told", "on"),
    [
        ("2026-10-25T00:00:00", date(2026, 10, 25)),
        ("2026-10-24T22:00:00Z", date(2026, 10, 25)),
        ("2026-10-25T23:00:00", date(2026, 10, 26)),
        ("2026-10-25T00:00:00+02:00", date(2026, 10, 25)),
        ("0001-01-01T00:00:00", None),
        (None, None),
    ],
)
def test_a_moment_is_a_norwegian_day(told: str | None, on: date | None) -> None:
    assert day_of(told) == on


FAULT = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><s:Fault><faultstring>{}</faultstring></s:Fault></s:Body></s:Envelope>"


@pytest.mark.parametrize(
    ("status", "words", "write", "told"),
    [
        (500, "Not authenticated", False, FaultError),
        (500, "Limit exceeded by 1. Request is blocked. Quarantine ends at 2026-11-20 12:00", False, RateLimitedError),
        (500, "Timeout expired", True, UnknownOutcomeError),
        (503, "", False, TryLaterError),
        (404, "", False, RefusedError),
        (429, "", True, RateLimitedError),
    ],
)
def test_refusals_are_told_apart(status: int, words: str, write: bool, told: type[OutsideError]) -> None:
    body = FAULT.format(words).encode() if words else b"<html>"
    assert type(refusal_of(Reply(status, {}, body), "POST /x", write)) is told


def test_words_of_an_act_that_was_not_done_are_understood() -> None:
    assert isinstance(refused_in_words("Perioden er stengt for bilagsføring"), PeriodLockedError)
    assert isinstance(refused_in_words("You have no access to this module"), PermissionMissingError)
    assert type(refused_in_words("The customer does not exist")) is RefusedError


def test_xml_that_fetches_or_grows_is_refused_and_what_xml_cannot_hold_is_left_out() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'
    with pytest.raises(BrokenError):
        soap.answer(bomb, "GetIdentity")
    written = soap.envelope(soap.ACCOUNT, "SaveBundleList", {"Comment": "Oppgj\u00f8r \x00\x0b<&>"})
    assert "Oppgjør &lt;&amp;&gt;" in written.decode()


def test_loose_money_that_names_an_invoice_is_a_doubt() -> None:
    named = [[_line("a", 10_000, number="17")], [_line("b", -5_000, kind="Payment", number="17")]]
    invoice = next(i for i in items_of(named, TODAY) if i.kind is ItemKind.INVOICE)
    assert (invoice.remaining_ore, invoice.confidence, invoice.doubts) == (10_000, Confidence.LOW, (NAMED,))
