"""Against the tax authority's own schemas and example (folder in VENDOR_SPECS)."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest
from lxml import etree

from app.ledgers.ports import Confidence
from app.ledgers.saft import Doubt, dry_run_json, read_saft
from app.ledgers.saft.elements import NAMESPACE
from ledgers.saft.books import Party, Period, balanced, complete_rows, credit_note, file_of, invoice, payment

N = f"{{{NAMESPACE}}}"


def test_every_customer_of_the_official_example_sums_to_his_closing_balance(official_example: Path) -> None:
    stated = {}
    for customer in etree.parse(official_example).iter(f"{N}Customer"):
        debit, credit = customer.findtext(f"{N}ClosingDebitBalance") or "0", customer.findtext(f"{N}ClosingCreditBalance") or "0"
        stated[customer.findtext(f"{N}CustomerID")] = round(float(debit) * 100) - round(float(credit) * 100)
    sums: dict[str, int] = defaultdict(int)
    for item in json.loads(dry_run_json([official_example])):
        sums[item["customer_id"]] += item["remaining_ore"]
    assert len(stated) == 6
    assert {key: sums[key] for key in stated} == stated


def test_the_official_example_yields_what_a_bookkeeper_would_read_out_of_it(official_example: Path) -> None:
    result = read_saft([official_example])
    assert [(i.customer_id, i.document_number, i.remaining_ore, i.proposed_due) for i in result.items] == [
        ("1001", None, 200_000, None),
        ("1001", "14", 26_350_000, date(2017, 5, 9)),
        ("1003", "234", -14_000_000, None),
        ("1004", "78", 1_000_000, date(2017, 5, 30)),
    ]
    assert {i.confidence for i in result.items} == {Confidence.LOW}
    assert {i.due for i in result.items} == {None}
    assert result.items[0].doubts == (Doubt.OPENING,)
    assert (result.version, result.period_start, result.period_end) == ("1.10", date(2017, 1, 1), date(2017, 4, 30))
    assert (result.company.name, result.organisation_number) == ("Tøyen Lekefabrikk AS", "888888888")


def test_the_official_example_s_ledger_account_differs_from_its_customers_and_that_is_told(official_example: Path) -> None:
    (difference,) = read_saft([official_example]).differences
    assert (difference.account, difference.stated_ore, difference.derived_ore) == ("1500", 10_370_000, 13_550_000)


@pytest.mark.parametrize("version", ["1.10", "1.30"])
def test_generated_files_of_every_completeness_are_valid(version: str, tmp_path: Path, schemas: dict[str, etree.XMLSchema]) -> None:
    complete = complete_rows()
    bare = [invoice("1", 5000, date(2025, 3, 1), source="14"), payment("1", 2000, date(2025, 3, 2), source="15")]
    foreign = [invoice("1", 11_500, date(2025, 3, 1), reference="5", currency=("EUR", 1000), due=date(2025, 3, 15))]
    parties = [balanced(f"C{n}", 0, complete, free_month=True) for n in range(3)]
    files = [
        file_of(tmp_path / "all.xml", parties, complete, version=version),
        file_of(tmp_path / "bare.xml", [balanced("1", 0, bare, registration=None)], bare, version=version),
        file_of(tmp_path / "opening.xml", [Party("1", (("1500", 5000, 5000),))], [], version=version),
        file_of(tmp_path / "foreign.xml", [balanced("1", 0, foreign)], foreign, version=version),
        file_of(tmp_path / "wrong.xml", [Party("1", (("1500", 0, -1),))], bare, version=version, period=Period()),
        file_of(tmp_path / "credit.xml", [], [credit_note("1", 10, date(2025, 3, 1), cross="9")], version=version, encoding="ISO-8859-1"),
    ]
    if version == "1.30":
        files.append(file_of(tmp_path / "two.xml", [Party("1", (("1500", 1, 1), ("1510", -2, -2)))], [], version=version))
    for path in files:
        schemas[version].assertValid(etree.parse(path))
    other = {"1.10": "1.30", "1.30": "1.10"}[version]
    assert not schemas[other].validate(etree.parse(files[0])), "the two shapes must really differ"
