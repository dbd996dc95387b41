"""From files to open items: confidence, dates, several files, stable identity."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.ledgers.ports import Confidence, ItemKind, LedgerItem
from app.ledgers.saft import Doubt, SaftError, SaftItem, dry_run_json, items_as_json, read_saft, to_ledger_items
from ledgers.saft.books import Party, Period, Row, balanced, complete_rows, credit_note, file_of, invoice, payment

MARCH = date(2025, 3, 3)
APRIL = date(2025, 4, 4)
HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


def items_of(path: Path, rows: list[Row], opening: int = 0, **card: object) -> list[SaftItem]:
    file_of(path / "x.xml", [balanced("7", opening, rows, **card)], rows)
    return list(read_saft([path / "x.xml"]).items)


@pytest.mark.parametrize("version", ["1.10", "1.30"])
def test_a_complete_file_yields_high_confidence_with_the_files_own_dates(version: str, tmp_path: Path) -> None:
    rows = complete_rows(customers=2)
    path = file_of(tmp_path / "a.xml", [balanced("C0", 0, rows), balanced("C1", 0, rows)], rows, version=version)
    result = read_saft([path])
    assert items_as_json(result)[:3] == [
        {"customer_id": "C0", "document_number": "1000", "kid": "10007", "due": "2025-02-17", "remaining_ore": 100_000, "currency": "NOK",
         "confidence": "high"},
        {"customer_id": "C0", "document_number": "1002", "kid": "10027", "due": "2025-03-03", "remaining_ore": 62_500, "currency": "NOK",
         "confidence": "high"},
        {"customer_id": "C0", "document_number": "1003", "kid": "10037", "due": "2025-03-10", "remaining_ore": 135_000, "currency": "NOK",
         "confidence": "medium"},
    ]  # fmt: skip
    assert result.version == version
    assert result.customers[0].payment_terms_days == 14
    assert result.customers[0].card.organisation_number == "923609016"
    assert [p.kind for i in result.items for p in i.payments][:2] == [ItemKind.PAYMENT, ItemKind.CREDIT_NOTE]


def test_a_due_date_from_payment_terms_is_kept_apart_and_is_null_in_the_answer(tmp_path: Path) -> None:
    rows = [invoice("7", 1000, date(2025, 1, 20), reference="1")]
    (item,) = items_of(tmp_path, rows, days=30, free_month=True)
    assert (item.due, item.proposed_due, item.confidence) == (None, date(2025, 3, 2), MEDIUM)
    assert json.loads(dry_run_json([tmp_path / "x.xml"]))[0]["due"] is None
    assert [i.due_on for i in to_ledger_items(read_saft([tmp_path / "x.xml"]))] == [None]


def test_without_due_date_and_terms_nothing_is_proposed(tmp_path: Path) -> None:
    (item,) = items_of(tmp_path, [invoice("7", 1000, MARCH, reference="1")], days=None)
    assert (item.proposed_due, item.confidence, item.doubts) == (None, LOW, (Doubt.NO_DUE_DATE,))


def test_without_references_everything_is_low_and_payments_meet_equal_amounts(tmp_path: Path) -> None:
    rows = [
        invoice("7", 5000, MARCH, source="14"),
        invoice("7", 8000, MARCH, source="15"),
        invoice("7", 3000, MARCH, source="14", transaction="9"),
        payment("7", 8000, APRIL, source="B1"),
        payment("7", 1000, APRIL, source="B2"),
    ]
    items = items_of(tmp_path, rows)
    assert sorted((i.document_number, i.remaining_ore, i.confidence) for i in items) == [("14", 3000, LOW), ("14", 4000, LOW)]


def test_a_payment_may_not_settle_an_invoice_that_came_later(tmp_path: Path) -> None:
    items = items_of(tmp_path, [payment("7", 900, MARCH, source="B"), invoice("7", 900, APRIL, source="F")])
    assert sorted(i.remaining_ore for i in items) == [-900, 900]


def test_a_nameless_payment_leaves_known_invoices_alone_but_lowers_their_confidence(tmp_path: Path) -> None:
    rows = [
        invoice("7", 5000, MARCH, reference="1", due=APRIL),
        invoice("7", 6000, APRIL, reference="2", due=APRIL),
        payment("7", 700, APRIL, source="B"),
    ]
    items = {i.document_number: i for i in items_of(tmp_path, rows)}
    assert [(items[k].remaining_ore, items[k].confidence) for k in ("1", "2", "B")] == [(5000, LOW), (6000, MEDIUM), (-700, LOW)]


def test_an_unallocated_credit_note_is_listed_signed_and_casts_no_doubt(tmp_path: Path) -> None:
    rows = [invoice("7", 5000, MARCH, reference="1", due=APRIL), credit_note("7", 700, APRIL, reference="K1")]
    items = {i.document_number: i for i in items_of(tmp_path, rows)}
    assert (items["1"].confidence, items["K1"].remaining_ore, items["K1"].kind) == (HIGH, -700, ItemKind.CREDIT_NOTE)


@pytest.mark.parametrize("marks", [{"kid": "17"}, {"cross": "1"}, {"reference": "17"}, {"reference": "BET9", "cross": "1"}])
def test_payments_find_their_invoice_by_kid_or_cross_reference(marks: dict[str, str], tmp_path: Path) -> None:
    rows = [invoice("7", 5000, MARCH, reference="1", kid="17", due=APRIL), payment("7", 700, APRIL, **marks)]
    (item,) = items_of(tmp_path, rows)
    assert (item.remaining_ore, item.confidence, item.payments[0].amount_ore) == (4300, MEDIUM, 700)


def test_a_kid_shared_by_several_invoices_makes_all_of_them_uncertain(tmp_path: Path) -> None:
    rows = [invoice("7", 1000 * n, date(2025, 3, n), reference=str(n), kid="17", due=APRIL) for n in (1, 2, 3)]
    items = items_of(tmp_path, [*rows, payment("7", 2000, APRIL, kid="17"), payment("7", 500, APRIL, kid="17")])
    assert [(i.document_number, i.remaining_ore, i.confidence) for i in items] == [("1", 500, LOW), ("3", 3000, LOW)]


def test_payments_of_documents_from_before_the_period_meet_the_opening_balance(tmp_path: Path) -> None:
    (item,) = items_of(tmp_path, [payment("7", 700, APRIL, reference="2024-9")], opening=1000)
    assert (item.remaining_ore, item.original_ore, item.due, item.proposed_due, item.confidence) == (300, 1000, None, None, LOW)


def test_a_file_with_opening_balances_only_gives_undated_low_items(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.xml", [Party("1", (("1500", 5000, 5000),)), Party("2", (("1500", -300, -300),))], [], version="1.10")
    assert [(i.remaining_ore, i.issued_on, i.confidence) for i in read_saft([path]).items] == [(5000, None, LOW), (-300, None, LOW)]


@pytest.mark.parametrize(("closing", "confidence"), [(5500, MEDIUM), (4900, LOW)])
def test_a_wrong_closing_balance_becomes_an_item_of_its_own(closing: int, confidence: Confidence, tmp_path: Path) -> None:
    rows = [invoice("7", 5000, MARCH, reference="1", due=APRIL)]
    result = read_saft([file_of(tmp_path / "a.xml", [Party("7", (("1500", 0, closing),))], rows)])
    assert [i.remaining_ore for i in result.items] == [5000, closing - 5000]
    assert [i.confidence for i in result.items] == [confidence, LOW]
    assert [(d.customer_id, d.stated_ore, d.derived_ore) for d in result.differences if d.customer_id] == [("7", closing, 5000)]


def test_several_receivables_accounts_of_a_customer_are_summed_and_other_accounts_left_out(tmp_path: Path) -> None:
    rows = [
        invoice("7", 5000, MARCH, reference="1", due=APRIL),
        invoice("7", 200, MARCH, reference="2", due=APRIL, account="1510"),
        invoice("7", 99_900, MARCH, reference="3", due=APRIL, account="2900"),
    ]
    result = read_saft([file_of(tmp_path / "a.xml", [Party("7", (("1500", 0, 5000), ("1510", 0, 200)))], rows)])
    assert [(i.document_number, i.confidence) for i in result.items] == [("1", HIGH), ("2", HIGH)]
    assert not [d for d in result.differences if d.customer_id]


def test_a_customer_missing_from_the_list_is_imported_with_doubts(tmp_path: Path) -> None:
    rows = [invoice("7", 5000, MARCH, reference="1", due=APRIL)]
    result = read_saft([file_of(tmp_path / "a.xml", [], rows)])
    assert [(i.customer_id, i.confidence) for i in result.items] == [("7", MEDIUM)]
    assert any("missing from the customer list" in sentence for sentence in result.unknowns)


def test_foreign_documents_are_in_kroner_with_their_currency_named(tmp_path: Path) -> None:
    rows = [
        invoice("7", 115_000, MARCH, reference="1", due=APRIL, currency=("EUR", 10_000)),
        payment("7", 57_000, APRIL, reference="1", currency=("EUR", -5_000)),
        invoice("7", 115_000, MARCH, reference="2", due=APRIL, currency=("EUR", 10_000)),
        payment("7", 114_000, APRIL, reference="2", currency=("EUR", -10_000)),
    ]
    items = items_of(tmp_path, rows)
    assert [(i.document_number, i.remaining_ore, i.currency, i.confidence) for i in items] == [
        ("1", 58_000, "EUR", HIGH),
        ("2", 1_000, "EUR", LOW),
    ]
    assert Doubt.EXCHANGE_DIFFERENCE in items[1].doubts


def test_a_birth_number_of_a_private_customer_is_not_kept(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.xml", [Party("7", (("1500", 1, 1),), registration="01019012345", kind="Private")], [])
    (customer,) = read_saft([path]).customers
    assert (customer.card.is_person, customer.card.organisation_number) == (True, None)
    assert "01019012345" not in repr(read_saft([path]))


def test_files_split_by_period_give_the_same_as_one_file(tmp_path: Path) -> None:
    rows = complete_rows(customers=2, invoices=8)
    cut = date(2025, 3, 1)
    early, late = [r for r in rows if r.on < cut], [r for r in rows if r.on >= cut]
    both = ["C0", "C1"]
    whole = file_of(tmp_path / "whole.xml", [balanced(c, 500, rows) for c in both], early + late)
    first = [balanced(c, 500, early) for c in both]
    second = [balanced(p.number, p.balances[0][2] or 0, late) for p in first]
    a = file_of(tmp_path / "1.xml", first, early, period=Period(date(2025, 1, 1), date(2025, 2, 28)))
    b = file_of(tmp_path / "2.xml", second, late, period=Period(cut, date(2025, 12, 31)), first_transaction=len(early) + 1)
    assert read_saft([b, a]).items == read_saft([whole]).items
    packed = tmp_path / "split.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(b, "del/2.xml")
        archive.write(a, "del/1.xml")
        archive.writestr("les meg.txt", "hei")
    assert read_saft([packed]).items == read_saft([whole]).items


def test_files_of_one_period_may_repeat_the_customer_list(tmp_path: Path) -> None:
    rows = complete_rows(customers=1)
    party = [balanced("C0", 0, rows)]
    a = file_of(tmp_path / "1.xml", party, rows[:3])
    b = file_of(tmp_path / "2.xml", party, rows[3:], first_transaction=4)
    assert read_saft([a, b]).items == read_saft([file_of(tmp_path / "whole.xml", party, rows)]).items


def test_identity_survives_another_order_and_more_data(tmp_path: Path) -> None:
    rows = [invoice("7", 1000 + n, MARCH, source="14", transaction=f"T{n}") for n in range(4)]
    rows.append(invoice("7", 9, APRIL, reference="88"))
    once = {i.external_id: i.remaining_ore for i in _ledger_items(tmp_path, rows)}
    more = {i.external_id: i.remaining_ore for i in _ledger_items(tmp_path, [invoice("7", 5, APRIL, source="14"), *reversed(rows)])}
    assert len(once) == 5
    assert once.items() <= more.items()


def test_the_same_file_twice_is_refused(tmp_path: Path) -> None:
    rows = complete_rows(customers=1)
    a = file_of(tmp_path / "a.xml", [balanced("C0", 0, rows)], rows)
    copy = tmp_path / "copy.xml"
    copy.write_bytes(a.read_bytes())
    with pytest.raises(SaftError, match="given twice"):
        read_saft([a, tmp_path / "." / "a.xml"])
    with pytest.raises(SaftError, match=r"copy\.xml.*same as a\.xml"):
        read_saft([a, copy])


def test_files_that_share_transactions_are_refused(tmp_path: Path) -> None:
    rows = complete_rows(customers=1)
    a = file_of(tmp_path / "a.xml", [balanced("C0", 0, rows)], rows)
    b = file_of(tmp_path / "b.xml", [balanced("C0", 0, rows)], rows[:2])
    with pytest.raises(SaftError, match="counted twice"):
        read_saft([a, b])


def test_files_of_different_companies_are_refused(tmp_path: Path) -> None:
    a = file_of(tmp_path / "a.xml", [], [])
    b = file_of(tmp_path / "b.xml", [], [], company="923609016")
    with pytest.raises(SaftError, match="belongs to 923609016"):
        read_saft([a, b])


def test_contradicting_balances_for_one_period_are_refused(tmp_path: Path) -> None:
    a = file_of(tmp_path / "a.xml", [Party("7", (("1500", 0, 5),))], [])
    b = file_of(tmp_path / "b.xml", [Party("7", (("1500", 0, 6),))], [])
    with pytest.raises(SaftError, match="different balances"):
        read_saft([a, b])


def test_the_shape_decides_when_the_stated_version_is_wrong(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.xml", [Party("7", (("1500", 5, 5),))], [], version="1.30", stated_version="1.0")
    result = read_saft([path])
    assert result.version == "1.30"
    assert any("built like 1.30" in sentence for sentence in result.unknowns)


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "UTF-16", "windows-1252"])
def test_other_encodings_are_read(encoding: str, tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.xml", [Party("7", (("1500", 5, 5),), name="Bjørn & Åse")], [], encoding=encoding)
    assert read_saft([path]).customers[0].card.name == "Bjørn & Åse"


def test_a_difference_to_the_ledger_account_is_told(tmp_path: Path) -> None:
    path = file_of(tmp_path / "a.xml", [Party("7", (("1500", 5, 5),))], [], gl_closing=8)
    assert [(d.account, d.stated_ore, d.derived_ore) for d in read_saft([path]).differences] == [("1500", 8, 5)]


def test_reminders_already_sent_are_named_as_unknown(tmp_path: Path) -> None:
    assert "reminders" in read_saft([file_of(tmp_path / "a.xml", [], [])]).unknowns[0]


def _ledger_items(folder: Path, rows: list[Row]) -> list[LedgerItem]:
    numbered = [replace(row, transaction=row.transaction or f"X{row.ore}") for row in rows]
    return list(to_ledger_items(read_saft([file_of(folder / "id.xml", [balanced("7", 0, rows)], numbered)])))
