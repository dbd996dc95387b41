"""The invariant that everything rests on, over arbitrary books."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ledgers.ports import Confidence, ItemKind, LedgerCustomer
from app.ledgers.saft.deriving import derive_items, propose_due
from app.ledgers.saft.records import PaymentTerms, SaftCustomer, SaftLine

START = date(2025, 1, 1)
marks = st.sampled_from([None, None, "1", "2", "3"])
amounts = st.one_of(st.integers(-5, 5), st.integers(-1_000_000, 1_000_000))
days = st.integers(0, 20).map(lambda n: START + timedelta(days=n))
lines = st.lists(
    st.builds(
        SaftLine, customer_id=st.just("7"), account=st.just("1500"), journal=st.just("GL"), transaction=st.sampled_from("abcdef"), on=days,
        amount_ore=amounts, kind=st.sampled_from(ItemKind), currency=st.sampled_from(["NOK", "EUR"]),
        foreign=st.one_of(st.none(), amounts), reference=marks, kid=marks, cross=marks, source=marks, due_on=st.one_of(st.none(), days),
    ),
    max_size=25,
)  # fmt: skip
balances = st.one_of(st.none(), amounts)
terms = st.builds(PaymentTerms, st.one_of(st.none(), st.integers(0, 90)), st.one_of(st.none(), st.integers(0, 24)), st.booleans())


def customer(opening: int | None, closing: int | None, of: PaymentTerms = PaymentTerms()) -> SaftCustomer:
    return SaftCustomer(LedgerCustomer("7", "7", "Kunde", None, None), of, opening, closing)


@given(lines, balances, balances, terms)
def test_the_items_of_a_customer_sum_to_his_closing_balance(
    found: list[SaftLine], opening: int | None, closing: int | None, of: PaymentTerms
) -> None:
    items = derive_items(customer(opening, closing, of), found, START).items
    moved = (opening or 0) + sum(line.amount_ore for line in found)
    assert sum(item.remaining_ore for item in items) == (moved if closing is None else closing)


@given(lines, balances, balances, terms)
def test_items_are_never_zero_have_one_identity_each_and_are_high_only_with_reference_and_due_date(
    found: list[SaftLine], opening: int | None, closing: int | None, of: PaymentTerms
) -> None:
    derived = derive_items(customer(opening, closing, of), found, START)
    assert all(item.remaining_ore for item in derived.items)
    assert len({item.key for item in derived.items}) == len(derived.items)
    for item in derived.items:
        if item.confidence is Confidence.HIGH:
            assert item.document_number in {line.reference for line in found if line.reference}
            assert item.due or item.remaining_ore < 0
            assert derived.difference is None and closing is not None
        assert item.due is None or item.due in {line.due_on for line in found}
        assert item.due is None or item.proposed_due is None


@given(lines, st.randoms(use_true_random=False))
def test_the_order_of_the_file_changes_no_total_and_no_reconciliation(found: list[SaftLine], random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (derive_items(customer(0, 0), order, START) for order in (found, shuffled))
    assert one.difference == other.difference
    assert sum(i.remaining_ore for i in one.items) == sum(i.remaining_ore for i in other.items) == 0


@pytest.mark.parametrize(
    ("issued_on", "of", "expected"),
    [
        (date(2025, 1, 31), PaymentTerms(days=14), date(2025, 2, 14)),
        (date(2025, 1, 31), PaymentTerms(months=1), date(2025, 2, 28)),
        (date(2024, 12, 15), PaymentTerms(months=2, days=3), date(2025, 2, 18)),
        (date(2025, 2, 10), PaymentTerms(days=30, free_billing_month=True), date(2025, 3, 30)),
        (date(2025, 2, 10), PaymentTerms(months=1, free_billing_month=True), date(2025, 3, 31)),
        (date(2025, 2, 10), PaymentTerms(free_billing_month=True), date(2025, 2, 28)),
        (date(2025, 2, 10), PaymentTerms(days=0), date(2025, 2, 10)),
        (date(2025, 2, 10), PaymentTerms(), None),
    ],
)
def test_a_proposed_due_date_follows_the_terms(issued_on: date, of: PaymentTerms, expected: date | None) -> None:
    assert propose_due(issued_on, of) == expected
