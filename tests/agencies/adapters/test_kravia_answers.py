"""What the Kravia adapter makes of answers the simulator does not give: garbage, holes, and every status."""

from __future__ import annotations

import json
from datetime import date

import httpx
import pytest

from app.agencies.adapters.kravia import KraviaAgency
from app.agencies.ports import CaseState, DebtorDetails, HandoverPackage
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient

TOKEN = "kravia-sandbox-token"
CREDITOR = "7"
PACKAGE = HandoverPackage(
    our_reference="018f",
    creditor_id=CREDITOR,
    debtor=DebtorDetails("Øst Bygg AS", "10042", False, "974760673", "post@ost.example", None, "Storgata 1", "0155", "Oslo"),
    invoice_number="2041",
    invoice_date=date(2026, 9, 1),
    due_date=date(2026, 9, 15),
    principal_ore=1_234_567,
    original_ore=2_000_000,
    currency="NOK",
    kid="20411",
    description="Faktura 2041",
    notices=(),
    interest_from=date(2026, 9, 16),
    interest_ore=12_300,
    claims_compensation=False,
    creditor_vat_liable=True,
)


def test_a_settlement_that_does_not_add_up_is_not_believed() -> None:
    short = {
        "items": [
            {
                "settlementId": 1,
                "creditorId": 7,
                "settlementDate": "2026-11-20",
                "currencyCode": "NOK",
                "amount": 100.01,
                "bookkeepingSuggestion": [
                    {"invoiceId": 5, "invoiceNo": "1", "principal": 100.0, "interest": 0, "fees": 0, "paymentDate": "2026-11-19"}
                ],
            }
        ]
    }
    with pytest.raises(BrokenError):
        _answering(200, json.dumps(short)).settlements(CREDITOR)


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (401, RefusedError, RefusedError),
        (404, RefusedError, RefusedError),
        (429, TryLaterError, TryLaterError),
        (500, TryLaterError, UnknownOutcomeError),
        (502, TryLaterError, UnknownOutcomeError),
        (503, TryLaterError, TryLaterError),
    ],
)
def test_each_status_is_told_in_our_words(status: int, reading: type[Exception], writing: type[Exception]) -> None:
    agency = _answering(status, "{}")
    with pytest.raises(reading):
        agency.settlements(CREDITOR)
    with pytest.raises(writing):
        agency.register(PACKAGE)


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"status": "Registered"}'])
def test_an_acceptance_that_names_no_case_must_be_looked_up(body: str) -> None:
    with pytest.raises(UnknownOutcomeError):
        _answering(200, body).register(PACKAGE)


def test_an_unknown_word_for_a_status_is_kept_and_not_guessed() -> None:
    receipt = _answering(200, '{"invoiceId": 3, "status": "SomethingNew"}').register(PACKAGE)
    assert (receipt.state, receipt.agency_text) == (CaseState.UNKNOWN, "SomethingNew")


def test_an_unreachable_agency_is_a_definite_no() -> None:
    with pytest.raises(TryLaterError):
        KraviaAgency(HttpClient("http://127.0.0.1:9/api"), TOKEN).register(PACKAGE)


def test_a_case_id_cannot_reach_another_path() -> None:
    with pytest.raises(RefusedError):
        _answering(200, "{}").mark_booked("1/../../creditor", "x")


class Canned(httpx.BaseTransport):
    """A counterpart with one answer."""

    def __init__(self, status: int, body: str) -> None:
        self._status = status
        self._body = body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(self._status, text=self._body)


def _answering(status: int, body: str) -> KraviaAgency:
    return KraviaAgency(HttpClient("https://agency.example", transport=Canned(status, body)), TOKEN)
