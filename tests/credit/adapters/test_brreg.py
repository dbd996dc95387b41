"""The register adapter against its simulator, and the simulator against the registers' own descriptions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_schema_validator import OAS30Validator

from app.credit.adapters.brreg import BrregRegister
from app.credit.ports import Insolvency
from app.net.errors import BrokenError, RefusedError, TryLaterError
from app.net.http import HttpClient
from app.values.clock import FixedClock
from support.sandbox import Control, borrowed_sandbox

NUMBER = "974760673"
NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
UNIT = {
    "navn": "ØST BYGG AS",
    "antallAnsatte": 12,
    "naeringskode1": {"kode": "41.200", "beskrivelse": "Oppføring av bygninger"},
    "forretningsadresse": {"adresse": ["Storgata 1"], "postnummer": "0155", "poststed": "OSLO", "landkode": "NO"},
}
FIGURES = {
    "revenue": 10_000_000,
    "operating_result": 900_000,
    "result": 650_000,
    "assets": 5_000_000,
    "equity": -200_000,
    "debt": 5_200_000,
}


@dataclass
class Played:
    base: str
    control: Control
    register: BrregRegister
    pauses: list[int]


@pytest.fixture
def played() -> Iterator[Played]:
    with borrowed_sandbox() as sandbox:
        control = Control(sandbox.url)
        pauses: list[int] = []
        register = BrregRegister(HttpClient(f"{sandbox.url}/brreg", timeout_seconds=3), FixedClock(NOW), pauses.append)
        yield Played(sandbox.url, control, register, pauses)
        register.close()
        control.close()


def test_a_unit_is_read_with_name_form_address_and_the_instant_of_the_look(played: Played) -> None:
    played.control.put(f"/brreg/units/{NUMBER}", UNIT)
    entry = played.register.entry(NUMBER)
    assert entry is not None
    assert (entry.name, entry.form, entry.insolvency) == ("ØST BYGG AS", "AS", Insolvency.NONE)
    assert (entry.address_lines, entry.postal_code, entry.city) == (("Storgata 1",), "0155", "OSLO")
    assert (entry.employees, entry.vat_registered) == (12, True)
    assert (entry.founded_on, entry.registered_on) == (date(2015, 2, 14), date(2015, 3, 2))
    assert entry.industry == "41.200 Oppføring av bygninger"
    assert entry.fetched_at == NOW


@pytest.mark.parametrize(
    ("given", "expected", "on"),
    [
        ({"konkurs": True, "konkursdato": "2026-11-02"}, Insolvency.BANKRUPT, date(2026, 11, 2)),
        ({"underAvvikling": True}, Insolvency.LIQUIDATION, None),
        ({"underTvangsavviklingEllerTvangsopplosning": True}, Insolvency.COMPULSORY_LIQUIDATION, None),
        ({"slettedato": "2026-10-01"}, Insolvency.DELETED, date(2026, 10, 1)),
        ({"konkurs": True, "slettedato": "2026-10-01"}, Insolvency.DELETED, date(2026, 10, 1)),
        ({"konkurs": True, "underAvvikling": True}, Insolvency.BANKRUPT, None),
        ({"fjernet": True}, Insolvency.REMOVED, None),
    ],
)
def test_each_kind_of_trouble_is_told(played: Played, given: dict[str, Any], expected: Insolvency, on: date | None) -> None:
    played.control.put(f"/brreg/units/{NUMBER}", UNIT)
    played.control.put(f"/brreg/units/{NUMBER}", given)
    entry = played.register.entry(NUMBER)
    assert entry is not None
    assert (entry.insolvency, entry.insolvency_on) == (expected, on)


def test_an_unknown_number_is_none(played: Played) -> None:
    assert played.register.entry(NUMBER) is None


def test_a_sole_proprietor_is_known_as_one_and_has_no_accounts(played: Played) -> None:
    played.control.put(f"/brreg/units/{NUMBER}", {"navn": "KARI NORDMANN", "organisasjonsform": "ENK", "antallAnsatte": 2})
    entry = played.register.entry(NUMBER)
    assert entry is not None
    assert entry.is_sole_proprietor
    assert entry.employees is None
    answer = played.register.accounts(NUMBER)
    assert (answer.accounts, answer.available) == ((), True)


def test_an_absent_figure_is_none_and_never_zero(played: Played) -> None:
    played.control.put(f"/brreg/accounts/{NUMBER}", {"filings": [{"year": 2025, "figures": {"result": 0}}]})
    [filing] = played.register.accounts(NUMBER).accounts
    assert filing.result == 0
    assert (filing.revenue, filing.equity, filing.current_debt, filing.cash) == (None, None, None, None)


def test_figures_are_ore_of_the_stated_currency(played: Played) -> None:
    played.control.put(f"/brreg/accounts/{NUMBER}", {"filings": [{"year": 2025, "currency": "USD", "audited": False, "figures": FIGURES}]})
    [filing] = played.register.accounts(NUMBER).accounts
    assert (filing.currency, filing.audited, filing.period_to) == ("USD", False, date(2025, 12, 31))
    assert (filing.revenue, filing.equity, filing.debt) == (1_000_000_000, -20_000_000, 520_000_000)
    assert filing.operating_result == 90_000_000


def test_three_years_of_each_kind_come_newest_first_with_the_company_before_its_group(played: Played) -> None:
    filings = [{"year": year, "kind": kind} for year in (2022, 2023, 2024, 2025) for kind in ("SELSKAP", "KONSERN")]
    played.control.put(f"/brreg/accounts/{NUMBER}", {"filings": filings})
    raw = httpx.get(f"{played.base}/brreg/regnskapsregisteret/regnskap/{NUMBER}").json()
    assert [(row["regnskapstype"], row["regnskapsperiode"]["tilDato"][:4]) for row in raw] == [
        *(("KONSERN", year) for year in ("2023", "2024", "2025")),
        *(("SELSKAP", year) for year in ("2023", "2024", "2025")),
    ]
    answer = played.register.accounts(NUMBER)
    assert [(f.period_to.year, f.kind) for f in answer.accounts][:3] == [(2025, "SELSKAP"), (2025, "KONSERN"), (2024, "SELSKAP")]
    one = httpx.get(f"{played.base}/brreg/regnskapsregisteret/regnskap/{NUMBER}", params={"år": 2024, "regnskapstype": "SELSKAP"}).json()
    assert [row["regnskapsperiode"]["fraDato"] for row in one] == ["2024-01-01"]


def test_a_bank_is_not_in_the_open_register_which_is_not_the_same_as_no_accounts(played: Played) -> None:
    played.control.put(f"/brreg/accounts/{NUMBER}", {"unsupported": True})
    answer = played.register.accounts(NUMBER)
    assert not answer.available
    assert answer.note is not None


def test_too_many_is_repeated_once_and_then_put_off(played: Played) -> None:
    played.control.put(f"/brreg/accounts/{NUMBER}", {"filings": [{"year": 2025}]})
    played.control.put("/brreg/limit", {"too_many": 1})
    assert len(played.register.accounts(NUMBER).accounts) == 1
    assert played.pauses == [0]
    played.control.put("/brreg/limit", {"too_many": 2})
    with pytest.raises(TryLaterError):
        played.register.accounts(NUMBER)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_lost_answer_is_tried_later(played: Played, kind: str) -> None:
    played.control.fault("/enheter/", kind)
    with pytest.raises(TryLaterError):
        played.register.entry(NUMBER)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, "<html>", BrokenError),
        (200, "[]", BrokenError),
        (200, '{"organisasjonsnummer": "999999999"}', BrokenError),
        (200, "API rate limit exceeded", TryLaterError),
        (502, "", TryLaterError),
        (400, "", RefusedError),
    ],
)
def test_each_strange_answer_is_told_in_our_words(status: int, body: str, expected: type[Exception]) -> None:
    register = BrregRegister(HttpClient("https://register.example", transport=Canned(status, body)), FixedClock(NOW), lambda _: None)
    with pytest.raises(expected):
        register.entry(NUMBER)


def test_only_nine_digits_are_asked_for() -> None:
    register = BrregRegister(HttpClient("https://register.example", transport=Canned(200, "{}")), FixedClock(NOW))
    for wrong in ("", "97476067", "../roller", "９７４７６０６７３"):
        with pytest.raises(RefusedError):
            register.entry(wrong)


def test_the_feed_tells_what_changed_and_leaves_embedded_out_when_nothing_did(played: Played) -> None:
    feed = f"{played.base}/brreg/enhetsregisteret/api/oppdateringer/enheter"
    assert "_embedded" not in httpx.get(feed).json()
    played.control.put(f"/brreg/units/{NUMBER}", UNIT)
    played.control.put(f"/brreg/units/{NUMBER}", {"konkurs": True})
    played.control.put(f"/brreg/units/{NUMBER}", {"slettedato": "2026-11-20"})
    played.control.put(f"/brreg/units/{NUMBER}", {"fjernet": True})
    rows = httpx.get(feed, params={"includeChanges": "true"}).json()["_embedded"]["oppdaterteEnheter"]
    assert [row["endringstype"] for row in rows] == ["Ny", "Endring", "Sletting", "Fjernet"]
    assert rows[1]["endringer"] == [{"op": "replace", "path": "/konkurs", "value": True}]
    assert "_links" in rows[2]
    assert "_links" not in rows[3]
    later = httpx.get(feed, params={"oppdateringsid": rows[2]["oppdateringsid"]}).json()
    assert later["page"]["totalElements"] == 2


def test_units_are_found_by_name_and_by_number(played: Played) -> None:
    search = f"{played.base}/brreg/enhetsregisteret/api/enheter"
    played.control.put(f"/brreg/units/{NUMBER}", UNIT)
    played.control.put("/brreg/units/123456785", {"navn": "VEST AS"})
    assert [row["navn"] for row in httpx.get(search, params={"navn": "øst"}).json()["_embedded"]["enheter"]] == ["ØST BYGG AS"]
    assert httpx.get(search, params={"organisasjonsnummer": f"{NUMBER},123456785"}).json()["page"]["totalElements"] == 2
    assert "_embedded" not in httpx.get(search, params={"navn": "finnes ikke"}).json()
    assert httpx.get(search, params={"page": 10, "size": 1000}).status_code == 400


def test_what_the_simulator_says_fits_the_registers_own_descriptions(played: Played) -> None:
    folder = os.environ.get("VENDOR_SPECS")  # noqa: TID251 - where the descriptions are is the test run's to say
    if not folder:
        pytest.skip("VENDOR_SPECS is not set: the registers' own descriptions were NOT checked")
    units = json.loads((Path(folder) / "brreg/enhetsregisteret.json").read_text())
    accounts = yaml.safe_load((Path(folder) / "brreg/regnskapsregister.yaml").read_text())
    played.control.put(f"/brreg/units/{NUMBER}", UNIT)
    played.control.put(f"/brreg/accounts/{NUMBER}", {"filings": [{"year": 2025, "figures": FIGURES}]})
    unit = httpx.get(f"{played.base}/brreg/enhetsregisteret/api/enheter/{NUMBER}").json()
    _check(units, "Enhet", unit, {"stiftelsesdato", "harRegistrertAntallAnsatte", "forretningsadresse"})
    [filing] = httpx.get(f"{played.base}/brreg/regnskapsregisteret/regnskap/{NUMBER}").json()
    _check(accounts, "Regnskap", filing, set())
    played.control.put(f"/brreg/accounts/{NUMBER}", {"unsupported": True})
    _check(accounts, "ServerErrorRespons", httpx.get(f"{played.base}/brreg/regnskapsregisteret/regnskap/{NUMBER}").json(), set())


class Canned(httpx.BaseTransport):
    """A counterpart with one answer."""

    def __init__(self, status: int, body: str) -> None:
        self._status = status
        self._body = body

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(self._status, text=self._body)


def _check(spec: dict[str, Any], name: str, shown: Any, undescribed: set[str]) -> None:
    """Against the schema, and no name that the description lacks except those the live register is known to add."""
    OAS30Validator({**spec, "$ref": f"#/components/schemas/{name}"}).validate(shown)
    assert _names(shown) - _described(spec, {"$ref": f"#/components/schemas/{name}"}) <= {(field,) for field in undescribed} | {
        path for path in _names(shown) if path[0] in undescribed
    }


def _names(shown: Any, path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if not isinstance(shown, dict):
        return set()
    return {(*path, name) for name in shown} | {deep for name, value in shown.items() for deep in _names(value, (*path, name))}


def _described(spec: dict[str, Any], schema: dict[str, Any], path: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    if "$ref" in schema:
        schema = spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    fields = schema.get("properties", {})
    return {(*path, name) for name in fields} | {deep for name, inner in fields.items() for deep in _described(spec, inner, (*path, name))}
