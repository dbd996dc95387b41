"""Money the bank has shown keeps notices away until the ledger shows it: never twice, never too early, and nothing is posted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db.scope import BureauScope
from app.db.unit_of_work import Database
from app.dunning import loading
from app.dunning.models import Claim
from app.ledgers.file_intake import Origin, Taken, take_bank_file
from app.ledgers.files.camt import read_camt
from app.ledgers.files.ocr import read_ocr
from app.ledgers.models import Posting
from app.receivables import bank_money, book
from app.receivables.file_models import BankPayment, FileImport
from app.receivables.models import OpenItem
from app.tenants.models import Company
from support import make
from support.bank_files import Paid, camt, ocr

DAY = date(2026, 11, 2)


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database))


@pytest.fixture
def claim(database: Database, company: Company) -> Claim:
    item = make.open_item(database, make.debtor(database, company), kid="0012345", document_number="20001", original_ore=1000_00)
    return make.claim(database, item)


def take(database: Database, company: Company, folder: Path, paid: Sequence[Paid], *, how: str = "ocr", number: str = "0000001") -> Taken:
    path = folder / "innbetalinger.txt"
    path.write_text(ocr(paid, number=number) if how == "ocr" else camt(paid), encoding="latin-1")
    file = read_ocr(path) if how == "ocr" else read_camt(path)
    return take_bank_file(database.begin, company.bureau_id, company.id, file, Origin.of([path]))


def held_back(database: Database, claim: Claim) -> int:
    with database.begin(BureauScope(claim.bureau_id)) as work:
        return loading.load(work, [claim.id])[0].facts.bank_paid_ore


def seen(database: Database, company: Company) -> list[BankPayment]:
    with database.begin(BureauScope(company.bureau_id)) as work:
        return list(work.session.execute(select(BankPayment).order_by(BankPayment.id)).scalars())


def reread(database: Database, claim: Claim, *, remaining: int | None = None, paid: tuple[date, int] | None = None, state: str = "open"):
    """The ledger is read again and shows this."""
    with database.begin(BureauScope(claim.bureau_id)) as work:
        if paid is not None:
            facts = book.PaymentFacts(f"L{paid[0]}", "ledger", "payment", paid[0], paid[1])
            book.mirror_payments(work, claim.company_id, claim.open_item_id, [facts])
        book.set_state(work, claim.open_item_id, state, remaining_ore=remaining)
        bank_money.reconcile(work, claim.company_id)


@pytest.mark.parametrize("how", ["ocr", "camt"])
def test_whoever_has_paid_is_left_alone_until_the_ledger_shows_it(
    how: str, database: Database, company: Company, claim: Claim, tmp_path: Path
) -> None:
    assert held_back(database, claim) == 0
    assert take(database, company, tmp_path, [Paid("0012345", 1000_00)], how=how) == Taken(1, 0, 0)
    assert held_back(database, claim) == 1000_00
    with database.begin(BureauScope(company.bureau_id)) as work:
        item = work.session.execute(select(OpenItem)).scalar_one()
        assert (item.remaining_ore, item.state) == (1000_00, "open")
        assert work.session.execute(select(Posting)).first() is None
        assert work.session.execute(select(FileImport.taken)).scalar_one() == 1
    reread(database, claim, remaining=0, state="paid")
    assert held_back(database, claim) == 0


def test_the_same_file_twice_has_no_effect_nor_has_the_same_payment_in_the_other_format(
    database: Database, company: Company, claim: Claim, tmp_path: Path
) -> None:
    paid = [Paid("0012345", 400_00)]
    take(database, company, tmp_path, paid)
    assert take(database, company, tmp_path, paid) == Taken(0, 1, 0)
    assert take(database, company, tmp_path, paid, how="camt") == Taken(0, 1, 0)
    assert held_back(database, claim) == 400_00
    assert take(database, company, tmp_path, paid, number="0000009") == Taken(1, 0, 0)
    assert held_back(database, claim) == 800_00


def test_a_part_payment_counts_as_shown_once_the_ledger_names_it(
    database: Database, company: Company, claim: Claim, tmp_path: Path
) -> None:
    take(database, company, tmp_path, [Paid("0012345", 400_00)])
    reread(database, claim, remaining=900_00, paid=(DAY, 100_00))
    assert held_back(database, claim) == 400_00
    reread(database, claim, remaining=500_00, paid=(DAY + timedelta(days=1), 400_00))
    assert held_back(database, claim) == 0


def test_a_list_without_payments_shows_each_by_what_is_less_owed(
    database: Database, company: Company, claim: Claim, tmp_path: Path
) -> None:
    take(database, company, tmp_path, [Paid("0012345", 400_00)])
    take(database, company, tmp_path, [Paid("0012345", 300_00)], number="0000002")
    reread(database, claim, remaining=600_00)
    assert held_back(database, claim) == 300_00
    reread(database, claim, remaining=600_00)
    assert held_back(database, claim) == 300_00
    reread(database, claim, remaining=300_00)
    assert held_back(database, claim) == 0


def test_a_payment_seen_before_its_invoice_waits_for_it(database: Database, company: Company, tmp_path: Path) -> None:
    """Leading zeros are lost in spreadsheets, and a nightly run may come before the next comparison."""
    take(database, company, tmp_path, [Paid("0012345", 1000_00)])
    item = make.open_item(database, make.debtor(database, company), kid="12345", original_ore=1000_00)
    late = make.claim(database, item)
    assert held_back(database, late) == 1000_00


def test_a_kid_shared_by_two_invoices_holds_both_unless_the_amount_tells(database: Database, company: Company, tmp_path: Path) -> None:
    debtor = make.debtor(database, company)
    claims = [
        make.claim(database, make.open_item(database, debtor, kid="777", original_ore=ore, document_number=f"7000{ore}"))
        for ore in (500_00, 600_00)
    ]
    take(database, company, tmp_path, [Paid("777", 200_00)])
    assert [held_back(database, one) for one in claims] == [200_00, 200_00]
    take(database, company, tmp_path, [Paid("777", 600_00)], number="0000002")
    assert [held_back(database, one) for one in claims] == [200_00, 800_00]


def test_words_without_kid_find_the_invoice_only_with_its_whole_amount(
    database: Database, company: Company, claim: Claim, tmp_path: Path
) -> None:
    take(database, company, tmp_path, [Paid(None, 999_00, text="faktura 20001", ref="a")], how="camt")
    assert held_back(database, claim) == 0
    take(database, company, tmp_path, [Paid(None, 1000_00, text="faktura 20001", ref="b")], how="camt")
    assert held_back(database, claim) == 1000_00
    assert [one.matched_by for one in seen(database, company)] == [None, "number"]


def test_a_person_ties_a_loose_payment_or_puts_it_aside(database: Database, company: Company, claim: Claim, tmp_path: Path) -> None:
    take(database, company, tmp_path, [Paid("999", 50_00), Paid("998", 60_00)])
    first, second = seen(database, company)
    with database.begin(BureauScope(company.bureau_id)) as work:
        bank_money.tie(work, first.id, claim.open_item_id)
        bank_money.put_aside(work, second.id, "a deposit")
    assert held_back(database, claim) == 50_00
    with database.begin(BureauScope(company.bureau_id)) as work, pytest.raises(LookupError):
        bank_money.put_aside(work, second.id, "again")
    with database.begin(BureauScope(company.bureau_id)) as work:
        bank_money.put_aside(work, first.id, "the ledger has it")
    assert held_back(database, claim) == 0


def test_another_companys_invoice_with_the_same_kid_is_another_matter(database: Database, company: Company, tmp_path: Path) -> None:
    sister = make.company(database, make.bureau(database))
    theirs = make.claim(database, make.open_item(database, make.debtor(database, sister), kid="0012345"))
    take(database, company, tmp_path, [Paid("0012345", 1000_00)])
    assert held_back(database, theirs) == 0


def test_a_bank_file_rings_the_decisions_and_stops_what_was_about_to_leave(
    database: Database, company: Company, claim: Claim, tmp_path: Path
) -> None:
    from app.dunning import handovers
    from app.jobs.models import OutboxMessage

    take(database, company, tmp_path, [Paid("0012345", 1000_00)])
    with database.begin(BureauScope(company.bureau_id)) as work:
        assert handovers.still_wanted(work, claim.id) == "the bank shows a payment that the ledger does not show yet"
        assert "dunning.evaluate_company" in work.session.execute(select(OutboxMessage.job)).scalars().all()
