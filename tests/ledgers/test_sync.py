"""Mirroring a book: whole or not at all, taken up where it was killed, and what is gone is explained, never assumed paid."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from app.dunning import claims
from app.dunning.models import Claim
from app.ledgers import live, sync, turns
from app.ledgers.live import StaleBookError
from app.ledgers.models import CompanyLink, Connection, LedgerTurn, SyncRun
from app.ledgers.ports import ItemState, LiveItem
from app.net.errors import TryLaterError
from app.portfolio import worklist
from app.portfolio.waiting_shape import Kind
from app.receivables.models import Debtor, OpenItem, Payment
from support import make
from support.town import Town, settle_in

LIST = "GET /tripletex/v2/ledger/posting/openPost"


def runs(town: Town) -> list[SyncRun]:
    with town.begin() as work:
        return list(work.session.execute(select(SyncRun).order_by(SyncRun.started_at, SyncRun.id)).scalars())


def items(town: Town) -> dict[str, OpenItem]:
    with town.begin() as work:
        return {str(row.document_number): row for row in work.session.execute(select(OpenItem)).scalars()}


def connection(town: Town) -> Connection:
    with town.begin() as work:
        found: Connection = work.session.execute(select(Connection)).scalar_one()
        return found


def read(town: Town) -> str:
    """One mirroring alone, without what it rings."""
    town.clock.move(timedelta(minutes=5))
    return sync.sync_company(town.door, town.bureau.id, town.company.id)


def test_a_book_of_several_pages_is_mirrored_whole(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "PAGE_ROWS", 7)
    customer = town.customer()
    facts = {"customer": customer["id"], "amount_ore": 50_000, "issued_on": "2026-10-01", "due_on": "2026-10-15"}
    town.outside.control.post("/books/invoices", [facts] * 30)
    assert read(town) == "done"
    assert len(items(town)) == 30
    run = runs(town)[-1]
    assert (run.state, run.step, run.done, run.opened, run.changed) == ("done", "done", 31, 30, 0)
    assert read(town) == "done"
    assert (runs(town)[-1].opened, runs(town)[-1].changed) == (0, 0)


def test_a_run_that_dies_on_the_way_keeps_its_pages_and_the_next_one_ends_the_work(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "PAGE_ROWS", 4)
    for _ in range(10):
        town.invoice(town.customer(), overdue=5)

    class KilledError(BaseException):
        """As a kill would: nothing of ours gets to run."""

    pages = []
    mirror_page = sync.mirror_page

    def dies_on_the_second(*page: Any) -> tuple[int, int]:
        pages.append(page)
        if len(pages) == 2:
            raise KilledError
        return mirror_page(*page)

    with monkeypatch.context() as short:
        short.setattr(sync, "mirror_page", dies_on_the_second)
        with pytest.raises(KilledError):
            read(town)
    assert (runs(town)[0].state, len(items(town))) == ("running", 4)
    with town.begin() as work:
        # a true kill gives no place back
        work.session.add(LedgerTurn(scope="connection:x", place=1, holder=runs(town)[0].holder, until=work.now() + turns.KEPT_FOR))
    assert sync.sync_company(town.door, town.bureau.id, town.company.id) == "busy", "somebody may still be at it"
    town.clock.move(turns.KEPT_FOR)
    assert read(town) == "done"
    assert [run.state for run in runs(town)] == ["failed", "done"]
    assert len(items(town)) == 10


def test_a_run_that_was_given_up_writes_nothing_beside_the_one_that_took_its_place(town: Town) -> None:
    town.invoice(town.customer(), overdue=5)
    ledgers = town.door.ledgers

    class Slow:
        """The same ledger, so slow that the run is taken over while it lists what is open."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def fetch_open_items(self, company: str, as_of: Any) -> Any:
            yield from list(self.inner.fetch_open_items(company, as_of))
            town.clock.move(turns.KEPT_FOR)
            assert sync.sync_company(town.door, town.bureau.id, town.company.id) == "done"

    class SlowLedgers:
        def open(self, ledger: str, store: Any) -> Any:
            return Slow(ledgers.open(ledger, store))

    slow = sync.Doorway(town.door.begin, SlowLedgers(), town.door.vault)  # type: ignore[arg-type]
    assert sync.sync_company(slow, town.bureau.id, town.company.id) == "later"
    assert [(run.state, run.problem) for run in runs(town)] == [("failed", "stopped on the way; taken up by a later run"), ("done", None)]
    assert connection(town).state == "working"


def test_what_left_the_list_is_explained_and_a_disappearance_is_never_paid(town: Town) -> None:
    customer = town.customer()
    paid, credited, gone, left = (town.invoice(customer, overdue=20) for _ in range(4))
    town.sync()
    town.pay(paid)
    town.outside.control.post("/books/credit-notes", {"invoice": credited["id"], "on": town.clock.today().isoformat()})
    town.outside.control.delete(f"/books/invoices/{gone['id']}")

    def asked_of_people() -> int:
        with town.begin() as work:
            return sum(row.number for row in worklist.worklist(work) if row.kind is Kind.UNEXPLAINED)

    for step, code, people in (("wait", "item_asked_about", 0), ("ask_person", "uncertain_item", 1)):
        read(town)
        found = items(town)
        assert [found[str(one["number"])].state for one in (paid, credited, gone, left)] == ["paid", "credited", "unexplained", "open"]
        town.ring("dunning.evaluate_company", company_id=str(town.company.id))
        assert town.claim(left).step != "close"
        claim = town.claim(gone)
        assert (claim.step, claim.reasons[0]["code"], asked_of_people()) == (step, code, people)
    assert [(run.asked_again, run.unexplained) for run in runs(town)[-3:]] == [(0, 0), (1, 0), (0, 1)]
    assert runs(town)[-2].closed == 2


def test_what_was_gone_for_one_reading_only_troubles_nobody(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=20)
    town.sync()
    ledgers = town.door.ledgers

    class Lagging:
        """The same ledger, answering from a copy that does not know the invoice yet."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def fetch_open_items(self, company: str, as_of: Any) -> Any:
            return iter(())

        def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
            return LiveItem(ItemState.GONE, 0, None)

    class LaggingLedgers:
        def open(self, ledger: str, store: Any) -> Any:
            return Lagging(ledgers.open(ledger, store))

    lagging = sync.Doorway(town.door.begin, LaggingLedgers(), town.door.vault)  # type: ignore[arg-type]
    for _ in range(2):
        town.clock.move(timedelta(minutes=5))
        assert sync.sync_company(lagging, town.bureau.id, town.company.id) == "done"
        assert items(town)[str(invoice["number"])].state == "unexplained"
        assert items(town)[str(invoice["number"])].is_asked_about
        assert read(town) == "done"
        found = items(town)[str(invoice["number"])]
        assert (found.state, found.remaining_ore, found.missed_runs) == ("open", 1_000_000, 0), "it counts from the beginning"


def test_payments_are_mirrored_once_and_a_part_payment_changes_the_item(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=20)
    read(town)
    town.pay(invoice, 300_000)
    read(town)
    read(town)
    item = items(town)[str(invoice["number"])]
    assert (item.state, item.remaining_ore) == ("open", 700_000)
    town.pay(invoice, 700_000)
    read(town)
    with town.begin() as work:
        assert sorted(p.amount_ore for p in work.session.execute(select(Payment)).scalars()) == [300_000, 700_000]


def test_only_what_is_due_or_has_changed_is_decided_again(town: Town) -> None:
    quiet = [town.invoice(town.customer(), overdue=-10) for _ in range(5)]
    moved = town.invoice(town.customer(), overdue=-10)
    town.sync()
    town.next_day()
    read(town)

    def due() -> list[Any]:
        with town.begin() as work:
            return claims.due_claims(work, town.company.id)

    assert len(due()) == 6, "what was decided in the very minute of its change is decided once more"
    town.work_off()
    read(town)
    assert due() == []
    town.pay(moved, 100_000)
    read(town)
    assert due() == [town.claim(moved).id]
    town.work_off()
    town.clock.move(timedelta(hours=1))
    town.ring("dunning.evaluate_bureau")
    town.next_day()
    assert due() == []
    town.outside.control.put(f"/books/customers/{quiet[0]['customer']}", {"city": "Stavanger"})
    read(town)
    assert due() == [town.claim(quiet[0]).id], "where a notice goes is part of what is decided"


def test_the_number_of_questions_to_the_database_does_not_follow_the_number_of_claims(town: Town) -> None:
    def questions(count: int) -> int:
        for _ in range(count):
            town.invoice(town.customer(), overdue=-10)
        town.sync()
        with town.begin() as work:
            ids = list(work.session.execute(select(Claim.id)).scalars())
        asked: list[str] = []
        note = lambda *call: asked.append(call[2])  # noqa: E731
        event.listen(town.house.engine, "before_cursor_execute", note)
        try:
            with town.begin() as work:
                claims.evaluate(work, ids, town.law)
        finally:
            event.remove(town.house.engine, "before_cursor_execute", note)
        return len(asked)

    assert questions(3) == questions(12)


def test_a_revoked_key_says_connect_again_and_is_not_asked_in_vain(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=5)
    read(town)
    town.outside.control.delete(f"/tripletex/keys/{town.key}")
    town.outside.control.delete("/tripletex/sessions")
    assert read(town) == "failed"
    assert connection(town).state == "reconnect"
    item = items(town)[str(invoice["number"])]
    town.outside.control.fault("/tripletex", "status", times=1, status=500)
    with pytest.raises(StaleBookError):
        live.read_live(town.door, town.bureau.id, item.id)
    assert len(town.outside.control.get("/faults")) == 1


def test_a_ledger_in_trouble_is_worth_another_try_and_a_refusal_is_the_companys_alone(town: Town) -> None:
    read(town)
    town.outside.control.fault(LIST, "status", times=20, status=500)
    assert read(town) == "later"
    assert connection(town).state == "failing"
    with pytest.raises(TryLaterError):
        town.ring("ledgers.sync_company", company_id=str(town.company.id))
    town.outside.control.delete("/faults")
    assert read(town) == "done"
    assert connection(town).state == "working"
    town.outside.control.put(f"/tripletex/companies/{town.book}/module", {"active": False})
    assert read(town) == "failed"
    assert connection(town).state == "working"
    with town.begin() as work:
        assert work.session.execute(select(CompanyLink.problem)).scalar_one()


def test_being_asked_to_slow_down_ends_in_a_whole_book(town: Town) -> None:
    town.invoice(town.customer(), overdue=5)
    town.outside.control.put("/tripletex/limits", {"throttle_next": 1})
    assert read(town) == "done"
    assert len(items(town)) == 1


def test_a_customer_the_ledger_did_not_call_changed_is_read_with_all_the_others(town: Town) -> None:
    customer = town.customer()
    read(town)
    with town.begin() as work:
        row = work.session.execute(select(Debtor).where(Debtor.external_id == str(customer["id"]))).scalar_one()
        row.external_id = "an-old-number"
    town.clock.move(timedelta(hours=2))
    invoice = town.invoice(customer, overdue=5)
    assert read(town) == "done"
    assert items(town)[str(invoice["number"])].state == "open"


def test_the_ledgers_own_reminders_are_a_question_before_ours(town: Town) -> None:
    customer = town.customer(own_dunning=["reminder"])
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    with town.begin() as work:
        debtor = work.session.execute(select(Debtor)).scalar_one()
    assert debtor.own_dunning
    assert town.claim(invoice).reasons[0]["code"] == "ledger_duns_too"
    town.outside.control.put(f"/books/customers/{customer['id']}", {"own_dunning": []})
    town.clock.move(timedelta(minutes=10))
    town.sync()
    assert len(town.outside.mails(customer["email"])) == 1


def test_another_bureaus_rows_are_not_touched(town: Town) -> None:
    other = settle_in(town.outside, town.house, town.clock)
    theirs = other.invoice(other.customer(), overdue=5)
    other.sync()

    def seen() -> list[Any]:
        with other.begin() as work:
            return [
                [(row.id, row.changed_at, row.seen_at, row.state) for row in work.session.execute(select(OpenItem)).scalars()],
                [(row.id, row.decided_at, row.step) for row in work.session.execute(select(Claim)).scalars()],
                [(row.id, row.seen_at) for row in work.session.execute(select(Debtor)).scalars()],
            ]

    before = seen()
    town.invoice(town.customer(), overdue=5)
    town.sync()
    town.day()
    assert seen() == before
    assert other.item_of is not None and theirs["number"]
    stranger = make.bureau(town.house.database)
    with town.house.database.begin(make.scope(stranger)) as work, pytest.raises(sync.NoLedgerError):
        sync.find_link(work, town.company.id)
