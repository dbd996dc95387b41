"""Writing the mirror: safe to repeat, and what people or registers have said stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.unit_of_work import Database
from app.receivables import book
from app.receivables.book import DebtorFacts, ItemFacts, PaymentFacts
from app.receivables.models import Debtor, OpenItem, Payment
from app.tenants.models import Company
from app.values.clock import FixedClock
from support import make

CARD = DebtorFacts(
    "c1", "10001", "Ærlig Bygg AS", "business", None, "post@aerlig.example", None, ("Bryggen 7",), "5003", "Bergen", "NO", "nb", (), "1"
)
ITEM = ItemFacts(
    "p1", "f1", "c1", "invoice", "20001", None, date(2026, 10, 1), date(2026, 10, 15), None, 100_000, 100_000, "NOK", "high", (), (), "1"
)


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database))


def debtor(database: Database, company: Company) -> Debtor:
    with database.begin(make.scope(company)) as work:
        found: Debtor = work.session.execute(select(Debtor)).scalar_one()
        return found


def item(database: Database, company: Company) -> OpenItem:
    with database.begin(make.scope(company)) as work:
        found: OpenItem = work.session.execute(select(OpenItem)).scalar_one()
        return found


def mirror(database: Database, company: Company, *items: ItemFacts, card: DebtorFacts = CARD) -> tuple[int, int]:
    with database.begin(make.scope(company)) as work:
        book.mirror_debtors(work, company.id, [card], work.now())
    with database.begin(make.scope(company)) as work:
        return book.mirror_items(work, company.id, items, work.now())


def change(database: Database, company: Company, what: type[Any], **columns: Any) -> None:
    with database.begin(make.scope(company)) as work:
        row = work.session.execute(select(what)).scalar_one()
        for name, value in columns.items():
            setattr(row, name, value)


def test_mirroring_again_makes_nothing_new_and_says_what_changed(database: Database, company: Company, clock: FixedClock) -> None:
    assert mirror(database, company, ITEM) == (1, 0)
    first = item(database, company)
    clock.move(timedelta(hours=1))
    assert mirror(database, company, ITEM) == (0, 0)
    assert item(database, company).changed_at == first.changed_at
    assert item(database, company).seen_at == clock.now()
    assert mirror(database, company, replace(ITEM, remaining_ore=40_000)) == (0, 1)
    assert (item(database, company).changed_at, item(database, company).id) == (clock.now(), first.id)


@pytest.mark.parametrize("known", ["sole_proprietor", "public"])
def test_a_kind_learnt_elsewhere_is_not_overwritten_by_the_ledgers_coarser_one(database: Database, company: Company, known: str) -> None:
    mirror(database, company, ITEM)
    change(database, company, Debtor, kind=known)
    mirror(database, company, ITEM)
    assert debtor(database, company).kind == known


def test_the_ledgers_own_change_of_kind_is_followed(database: Database, company: Company) -> None:
    mirror(database, company, ITEM)
    mirror(database, company, ITEM, card=replace(CARD, kind="consumer"))
    assert debtor(database, company).kind == "consumer"


def test_a_dead_address_is_dead_until_the_ledger_has_another(database: Database, company: Company) -> None:
    mirror(database, company, ITEM)
    change(database, company, Debtor, email_bad_reason="5.1.1")
    mirror(database, company, ITEM)
    assert debtor(database, company).email_bad_reason == "5.1.1"
    mirror(database, company, ITEM, card=replace(CARD, email="ny@aerlig.example"))
    assert debtor(database, company).email_bad_reason is None


def test_a_register_s_word_on_insolvency_stands(database: Database, company: Company) -> None:
    mirror(database, company, ITEM)
    change(database, company, Debtor, insolvency="bankrupt")
    mirror(database, company, ITEM)
    assert debtor(database, company).insolvency == "bankrupt"


@pytest.mark.parametrize("card", [replace(CARD, own_dunning=("reminder",)), replace(CARD, city="Os"), replace(CARD, email=None)])
def test_a_card_that_may_change_a_decision_counts_as_a_change_of_its_items(
    database: Database, company: Company, clock: FixedClock, card: DebtorFacts
) -> None:
    mirror(database, company, ITEM)
    clock.move(timedelta(hours=1))
    mirror(database, company, card=replace(CARD, phone="22 22 22 22"))
    assert item(database, company).changed_at < clock.now()
    mirror(database, company, card=card)
    assert item(database, company).changed_at == clock.now()


def test_a_persons_yes_holds_as_long_as_the_item_is_what_he_said_yes_to(database: Database, company: Company) -> None:
    doubtful = replace(ITEM, confidence="low")
    mirror(database, company, doubtful)
    with database.begin(make.scope(company)) as work:
        assert book.approve_item(work, item(database, company).id)
    mirror(database, company, doubtful)
    assert item(database, company).approved_at is not None
    mirror(database, company, replace(doubtful, remaining_ore=90_000))
    assert item(database, company).approved_at is None


def test_an_item_that_is_open_again_is_no_longer_closed(database: Database, company: Company, clock: FixedClock) -> None:
    mirror(database, company, ITEM)
    with database.begin(make.scope(company)) as work:
        book.set_state(work, work.session.execute(select(OpenItem.id)).scalar_one(), "paid", remaining_ore=0)
    assert item(database, company).closed_at is not None
    clock.move(timedelta(minutes=1))
    mirror(database, company, ITEM)
    again = item(database, company)
    assert (again.state, again.closed_at, again.remaining_ore, again.changed_at) == ("open", None, 100_000, clock.now())


def test_items_of_customers_nobody_knows_are_refused_whole(database: Database, company: Company) -> None:
    with pytest.raises(LookupError, match="c9"):
        mirror(database, company, ITEM, replace(ITEM, external_id="p2", debtor_external_id="c9"))
    with database.begin(make.scope(company)) as work:
        assert work.session.execute(select(OpenItem)).scalars().all() == []
        assert book.unknown_debtors(work, company.id, ["c1", "c9"]) == {"c9"}


def test_a_payment_is_remembered_once(database: Database, company: Company) -> None:
    mirror(database, company, ITEM)
    paid = PaymentFacts("b1", "ledger", "payment", date(2026, 11, 2), 50_000)
    for new in (1, 0):
        with database.begin(make.scope(company)) as work:
            assert book.mirror_payments(work, company.id, item(database, company).id, [paid]) == new
    with database.begin(make.scope(company)) as work:
        assert [one.amount_ore for one in work.session.execute(select(Payment)).scalars()] == [50_000]


def test_what_a_snapshot_did_not_show_is_found_and_nothing_of_others(database: Database, company: Company, clock: FixedClock) -> None:
    with database.begin(make.scope(company)) as work:
        bureau = work.bureau_id
    other = make.open_item(database, make.debtor(database, make.company(database, make.bureau(database), name="Nabo AS")))
    assert other.bureau_id != bureau
    mirror(database, company, ITEM, replace(ITEM, external_id="p2", document_number="20002"))
    clock.move(timedelta(hours=1))
    mirror(database, company, ITEM)
    with database.begin(make.scope(company)) as work:
        assert [one.document_number for one in book.gone_since(work, company.id, work.now())] == ["20002"]
