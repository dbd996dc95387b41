"""Between two mirrorings: changes are followed where the ledger tells of them, in turns, and the list is held against the account."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.jobs.job import run_now
from app.ledgers import balance, changes, queries, sync, turns
from app.ledgers.adapters.tripletex import TripletexLedger
from app.ledgers.capabilities import Since
from app.ledgers.errors import CursorExpiredError
from app.ledgers.models import CompanyLink, Connection, LedgerTurn, SyncRun
from app.ledgers.ports import Changes
from app.portfolio import worklist
from app.portfolio.waiting_shape import Kind
from app.receivables.models import OpenItem
from support.town import Town

LIST = "GET /tripletex/v2/ledger/posting/openPost"


def link_of(town: Town) -> CompanyLink:
    with town.begin() as work:
        found: CompanyLink = work.session.execute(select(CompanyLink).where(CompanyLink.company_id == town.company.id)).scalar_one()
        return found


def state_of(town: Town, invoice: dict[str, Any]) -> tuple[str, int]:
    with town.begin() as work:
        item = town.item_of(work, invoice)
        return item.state, item.remaining_ore


class Telling:
    """The town's ledger, as if it kept a list of changes: the whole open list each time, and what a test says is over."""

    today: Any = None

    def __init__(self, inner: Any, over: list[str]) -> None:
        self.inner, self.over = inner, over
        self.capabilities = replace(TripletexLedger.capabilities, changes=Since.DELTAS)
        self.expired = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        if cursor is None:
            return Changes("1")
        if self.expired:
            raise CursorExpiredError("too long ago")
        told = tuple(self.inner.fetch_open_items(company, self.today))
        return Changes(str(int(cursor) + 1), told, tuple(self.over))


class TellingLedgers:
    def __init__(self, town: Town) -> None:
        self.town, self.inner = town, town.door.ledgers
        self.over: list[str] = []
        self.expired = False

    def open(self, ledger: str, store: Any) -> Any:
        made = Telling(self.inner.open(ledger, store), self.over)
        made.today, made.expired = self.town.clock.today(), self.expired
        return made

    def known(self) -> Any:
        return (self.open("tripletex", None).capabilities,)


@pytest.fixture
def telling(town: Town) -> TellingLedgers:
    return TellingLedgers(town)


@pytest.fixture
def door(town: Town, telling: TellingLedgers) -> sync.Doorway:
    made = town.door
    return sync.Doorway(made.begin, telling, made.vault)  # type: ignore[arg-type]


def test_changes_are_written_and_the_place_read_to_is_kept_only_afterwards(
    town: Town, door: sync.Doorway, telling: TellingLedgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid, kept = town.invoice(town.customer(), overdue=5), town.invoice(town.customer(), overdue=5)
    assert sync.sync_company(door, town.bureau.id, town.company.id) == "done"
    assert link_of(town).cursor == "1"
    town.clock.move(timedelta(minutes=20))
    town.pay(paid)
    fresh = town.invoice(town.customer(), overdue=1, amount_ore=77_700)
    with town.begin() as work:
        telling.over.append(town.item_of(work, paid).external_id)
        assert changes.due_for_changes(work, ["tripletex"]) == [town.company.id]
        assert changes.due_for_changes(work, ["fiken"]) == []

    class KilledError(BaseException):
        """As a kill would: nothing of ours gets to run."""

    def dies(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as short:
        short.setattr(changes, "_ask_why", dies)
        with pytest.raises(KilledError):
            changes.read_changes(door, town.bureau.id, town.company.id)
    assert link_of(town).cursor == "1"
    assert changes.read_changes(door, town.bureau.id, town.company.id) == "done"
    assert link_of(town).cursor == "2"
    assert (state_of(town, paid)[0], state_of(town, kept), state_of(town, fresh)) == ("paid", ("open", 1_000_000), ("open", 77_700))
    with town.begin() as work:
        assert changes.due_for_changes(work, ["tripletex"]) == []


def test_a_forgotten_cursor_means_the_whole_book(town: Town, door: sync.Doorway, telling: TellingLedgers) -> None:
    sync.sync_company(door, town.bureau.id, town.company.id)
    telling.expired = True
    assert changes.read_changes(door, town.bureau.id, town.company.id) == "expired"
    assert link_of(town).cursor is None
    town.work_off()
    assert town.ran["ledgers.sync_company"] >= 1


def test_why_changes_could_not_be_read_is_kept_until_they_are(town: Town, door: sync.Doorway, telling: TellingLedgers) -> None:
    sync.sync_company(door, town.bureau.id, town.company.id)
    town.clock.move(timedelta(minutes=20))
    town.outside.control.fault(LIST, "status", times=20, status=500)
    assert changes.read_changes(door, town.bureau.id, town.company.id) in ("later", "failed")
    link = link_of(town)
    assert (link.changes_tried_at, bool(link.changes_problem), link.problem) == (town.clock.now(), True, None)
    (line,) = queries_links(town)
    assert (line.changes_tried_at, line.changes_problem) == (link.changes_tried_at, link.changes_problem)
    town.outside.control.delete("/faults")
    town.clock.move(timedelta(minutes=15))
    assert changes.read_changes(door, town.bureau.id, town.company.id) == "done"
    assert (link_of(town).changes_tried_at, link_of(town).changes_problem) == (town.clock.now(), None)


def queries_links(town: Town) -> list[queries.LinkLine]:
    with town.begin() as work:
        return queries.links(work, town.connection_id)


def test_nobody_reads_changes_while_the_whole_book_is_read(town: Town, door: sync.Doorway) -> None:
    sync.sync_company(door, town.bureau.id, town.company.id)
    with town.begin() as work:
        work.session.add(
            SyncRun(
                bureau_id=town.bureau.id, company_id=town.company.id, state="running", step="customers", source="tripletex",
                started_at=work.now(),
            )
        )  # fmt: skip
    assert changes.read_changes(door, town.bureau.id, town.company.id) == "busy"


def test_a_busy_credential_postpones_and_the_one_that_ends_calls_it(town: Town) -> None:
    many = TripletexLedger.capabilities.max_concurrency
    with turns.taken(town.door.begin, TripletexLedger.capabilities, town.connection_id) as turn:
        with turns.taken(town.door.begin, TripletexLedger.capabilities, town.connection_id):
            assert many == 2
            assert town.sync() == "waiting"
            assert link_of(town).waits_since is not None
            with turns.taken(town.door.begin, TripletexLedger.capabilities, uuid.uuid4()) as other:
                assert other.holder != turn.holder, "another credential is let in"
        turn.renew()
        with town.begin() as work:
            assert sync.call_waiting(work, 5, connection_id=town.connection_id) == 1
        town.work_off()
    assert link_of(town).waits_since is None
    assert link_of(town).synced_at is not None


def test_a_place_whose_holder_died_is_free_after_a_while_and_a_vendor_never_has_all(town: Town) -> None:
    begin, vendor = town.door.begin, TripletexLedger.capabilities
    held = [turns.taken(begin, vendor, uuid.uuid4()) for _ in range(turns.VENDOR_MAX)]
    for one in held:
        one.__enter__()
    with pytest.raises(turns.TakenError), turns.taken(begin, vendor, uuid.uuid4()):
        pass
    town.clock.move(turns.KEPT_FOR + timedelta(seconds=1))
    with turns.taken(begin, vendor, uuid.uuid4()):
        pass
    for one in held:
        one.__exit__(None, None, None)
    with town.begin() as work:
        assert list(work.session.execute(select(LedgerTurn)).scalars()) == []


def test_a_lost_doorbell_is_rung_again_once_an_hour(town: Town) -> None:
    town.sync()
    with town.begin() as work:
        assert changes.missed(work) == []
    town.clock.move(changes.MISSED_AFTER + timedelta(minutes=1))
    with town.begin() as work:
        assert changes.missed(work) == [town.company.id]
        assert changes.missed(work) == []
    with town.begin() as work:
        work.session.execute(update(Connection).values(state="reconnect"))
    town.clock.move(timedelta(hours=2))
    with town.begin() as work:
        assert changes.missed(work) == []


def test_the_open_items_are_held_against_the_account(town: Town) -> None:
    town.invoice(town.customer(), overdue=5)
    town.invoice(town.customer(), overdue=5, amount_ore=10_000, currency="EUR", rate="11.5")
    town.sync("dunning.evaluate_company")
    with town.begin() as work:
        told = queries.balance(work, town.company.id)
        assert told is not None
        assert (told.listed_ore, told.account_ore, told.differs) == (1_115_000, 1_115_000, False)
        assert [row for row in worklist.worklist(work) if row.kind is Kind.DIFFERENCE] == []


def test_a_difference_is_told_until_somebody_knows_it_and_again_when_it_is_another(town: Town) -> None:
    town.invoice(town.customer(), overdue=5)
    off = [5_000]
    ledgers = town.door.ledgers

    class Off:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def receivables_balance(self, company: str, as_of: Any) -> int:
            return int(self.inner.receivables_balance(company, as_of)) - off[0]

    class OffLedgers:
        def open(self, ledger: str, store: Any) -> Any:
            return Off(ledgers.open(ledger, store))

    door = sync.Doorway(town.door.begin, OffLedgers(), town.door.vault)  # type: ignore[arg-type]

    def told() -> list[int | None]:
        town.clock.move(timedelta(minutes=5))
        assert sync.sync_company(door, town.bureau.id, town.company.id) == "done"
        with town.begin() as work:
            return [row.amount_ore for row in worklist.worklist(work) if row.kind is Kind.DIFFERENCE]

    assert told() == [5_000]
    since = link_of(town).differs_since
    assert told() == [5_000]
    assert link_of(town).differs_since == since
    with town.begin() as work:
        assert not balance.accept(work, town.company.id, 4_999)
        assert balance.accept(work, town.company.id, 5_000)
    assert told() == []
    off[0] = 7_000
    assert told() == [7_000]
    off[0] = 0
    assert told() == []


def test_the_day_rings_for_what_is_due(town: Town) -> None:
    town.sync()
    town.clock.move(changes.MISSED_AFTER + timedelta(minutes=1))
    before = link_of(town).synced_at
    run_now(town.resources, "ledgers.follow_bureau", bureau_id=str(town.bureau.id))
    town.work_off()
    after = link_of(town).synced_at
    assert before is not None and after is not None and after > before
    with town.begin() as work:
        assert work.session.execute(select(OpenItem.id)).all() == []
