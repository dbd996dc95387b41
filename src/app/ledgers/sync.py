"""Mirroring one company's book: customers, then the whole open post list, then an explanation for whatever left it.

Committed page by page, so that a killed run is taken up by the next one (`runs`); memory is one page. An item that is gone from the list
is asked about live: paid, credited, or *unexplained*, which is a data issue for a person and never "paid".
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import func, select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.db.vault import Vault
from app.ledgers import balance, runs, turns
from app.ledgers.capabilities import Since
from app.ledgers.credentials import StoredCredential, mark
from app.ledgers.doors import Ledgers
from app.ledgers.errors import AuthRevokedError, CursorExpiredError
from app.ledgers.facts import debtor_facts, item_facts, notice_facts, payment_facts, told_of
from app.ledgers.invoice_completion import complete_cards, complete_items
from app.ledgers.models import CompanyLink, Connection
from app.ledgers.ports import ItemState, Ledger, LedgerItem, LiveItem, OpenPage
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError
from app.receivables import bank_money, book, book_state
from app.receivables.models import OpenItem
from app.receivables.settled import mirror_settled

log = logging.getLogger(__name__)
PAGE_ROWS = 500
OVERLAP = timedelta(minutes=15)
#: so many single items are asked about between two signs of life
RENEW_EVERY = 20
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Doorway:
    """What a sync needs besides ids."""

    begin: Begin
    ledgers: Ledgers
    vault: Vault


@dataclass(frozen=True, slots=True)
class LinkedCompany:
    """Which company, behind which connection, by which name there."""

    bureau_id: uuid.UUID
    company_id: uuid.UUID
    link_id: uuid.UUID
    connection_id: uuid.UUID
    ledger: str
    external_id: str
    customers_since: datetime | None
    state: str
    cursor: str | None = None


class NoLedgerError(LookupError):
    """The company has no live connection: its book comes from files, or it was disconnected."""


def find_link(work: UnitOfWork, company_id: uuid.UUID) -> LinkedCompany:
    row = work.session.execute(
        select(CompanyLink, Connection.ledger, Connection.state)
        .join(Connection, Connection.id == CompanyLink.connection_id)
        .where(CompanyLink.company_id == company_id, Connection.state != "revoked")
    ).one_or_none()
    if row is None:
        raise NoLedgerError("the company is not connected to a ledger")
    link, ledger, state = row
    return LinkedCompany(
        work.bureau_id, company_id, link.id, link.connection_id, ledger, link.external_id, link.customers_since, state, link.cursor
    )


def open_ledger(door: Doorway, linked: LinkedCompany, turn: turns.Turn | None = None) -> Ledger:
    """With a turn that is to be kept by the calls made."""
    store = StoredCredential(door.begin, door.vault, linked.bureau_id, linked.connection_id)
    if turn is not None:
        store.on_use = turn.sign
    return door.ledgers.open(linked.ledger, store)


def sync_company(door: Doorway, bureau_id: uuid.UUID, company_id: uuid.UUID) -> str:
    """Mirror one company. Returns `done`, `later` (worth another try soon), `failed` (not by itself), `busy` (another run is at it) or
    `waiting`: its credential or vendor has no place free, and it is rung again when one is.
    """
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        linked = find_link(work, company_id)
    turn = turns.Turn(door.begin)
    ledger = open_ledger(door, linked, turn)
    try:
        with turns.taken(door.begin, ledger.capabilities, linked.connection_id, turn):
            said = _sync(Run(door, scope, linked, ledger, turn))
    except turns.TakenError:
        with door.begin(scope) as work:
            waits = func.coalesce(CompanyLink.waits_since, work.now())
            work.session.execute(update(CompanyLink).where(CompanyLink.id == linked.link_id).values(waits_since=waits))
        return "waiting"
    finally:
        ledger.close()
    with door.begin(scope) as work:
        call_waiting(work, most=1, connection_id=linked.connection_id)
    return said


def call_waiting(work: UnitOfWork, most: int, connection_id: uuid.UUID | None = None) -> int:
    """Ring for the companies that have waited longest, perhaps behind one credential: there may be a place now. Returns how many."""
    longest = select(CompanyLink.id).where(CompanyLink.waits_since.is_not(None), CompanyLink.company_id.is_not(None))
    if connection_id is not None:
        longest = longest.where(CompanyLink.connection_id == connection_id)
    called = work.session.execute(
        update(CompanyLink)
        .where(CompanyLink.id.in_(longest.order_by(CompanyLink.waits_since).limit(most).with_for_update(skip_locked=True)))
        .values(waits_since=None)
        .returning(CompanyLink.company_id)
    ).scalars()
    ids = [{"bureau_id": str(work.bureau_id), "company_id": str(company_id)} for company_id in called]
    work.enqueue_many("ledgers.sync_company", ids)
    return len(ids)


@dataclass(frozen=True, slots=True)
class Run:
    """One reading of a company's book, and the place it holds at its vendor."""

    door: Doorway
    scope: BureauScope
    linked: LinkedCompany
    ledger: Ledger
    turn: turns.Turn


def _sync(run: Run) -> str:
    door, scope, linked = run.door, run.scope, run.linked
    with door.begin(scope) as work:
        begun = runs.begin(work, linked.company_id, linked.ledger, run.turn.holder)
    if begun is None:
        return "busy"
    try:
        _mirror(run, begun)
    except OutsideError as fault:
        _fail(door, scope, linked, begun.id, fault)
        # a place that is no longer known is no fault of the ledger's: the next run begins at the beginning
        return "later" if isinstance(fault, TryLaterError | CursorExpiredError) else "failed"
    except Exception as fault:
        _end_run(door, scope, linked, begun.id, f"the book could not be mirrored ({type(fault).__name__})")
        raise
    mark(door.begin, scope.bureau_id, linked.connection_id, "working", None)
    return "done"


def _mirror(run: Run, begun: runs.Begun) -> None:
    linked, ledger = run.linked, run.ledger
    reading = begun.reading
    if reading is None:
        reading = _start(run)
        since = None if linked.customers_since is None else linked.customers_since - OVERLAP
        mirror_customers(run, since, reading.snapshot_at, begun.id)
    else:
        # all customers of that moment have been read
        since = reading.snapshot_at - OVERLAP
    reading = _mirror_open(run, begun.id, reading, since)
    closed, unexplained = _explain_gone(run, reading.snapshot_at)
    probe = ledger.probe(linked.external_id)
    told = ledger.read_book(linked.external_id, reading.as_of)
    holds = None if reading.held_ore is None else balance.account_ore(ledger, linked.external_id, reading.as_of)
    with run.door.begin(run.scope) as work:
        book_state.remember(work, linked.company_id, linked.ledger, told_of(told))
        balance.remember(work, begun.id, linked.link_id, reading.listed, reading.held_ore, holds)
        work.session.execute(
            update(CompanyLink)
            .where(CompanyLink.id == linked.link_id)
            .values(
                synced_at=work.now(), customers_since=reading.snapshot_at, problem=None, warnings=[*probe.problems, *probe.own_dunning],
                cursor=reading.cursor, changes_read_at=None if reading.cursor is None else reading.snapshot_at, changes_problem=None,
            )
        )  # fmt: skip
        asked_again = book.asked_about(work, linked.company_id)
        runs.progress(work, begun.id, "done", closed=closed, unexplained=max(0, unexplained - asked_again), asked_again=asked_again)
        runs.end(work, begun.id, None)
        announce(work, linked.company_id)


def _start(run: Run) -> runs.Reading:
    """What changes while the list is read is among the changes since now."""
    with run.door.begin(run.scope) as work:
        snapshot_at, today = work.now(), work.today()
    ledger, company = run.ledger, run.linked.external_id
    cursor = ledger.fetch_changes(company, None).cursor if ledger.capabilities.changes is not Since.NONE else None
    return runs.Reading(snapshot_at, today, cursor, balance.account_ore(ledger, company, today), balance.Listed())


def _mirror_open(run: Run, run_id: uuid.UUID, reading: runs.Reading, since: datetime | None) -> runs.Reading:
    """The open post list, each page written with the place after it. Returns the reading with the sum of the list."""
    for told in _open_pages(run, reading):
        if told.begins:
            reading = replace(reading, listed=balance.Listed())
        chunks = list(pages(told.items))
        for number, items in enumerate(chunks, 1):
            run.turn.renew()
            if mirror_missing(run, items, reading.snapshot_at, run_id, since):
                since = None
            reading.listed.add(items)
            placed = told.place if number == len(chunks) else None
            with run.door.begin(run.scope) as work:
                opened, changed = written(work, run.linked.company_id, items, reading.snapshot_at)
                reading = reading if placed is None else reading.at(placed)
                runs.progress(
                    work, run_id, "open_items", reading if placed else None, done=len(items), opened=opened, changed=changed
                )  # fmt: skip
    return reading


def _open_pages(run: Run, reading: runs.Reading) -> Iterator[OpenPage]:
    company = run.linked.external_id
    if run.ledger.capabilities.resumes:
        return run.ledger.fetch_open_pages(company, reading.as_of, reading.place)
    return (OpenPage(tuple(items)) for items in pages(run.ledger.fetch_open_items(company, reading.as_of)))


def _explain_gone(run: Run, snapshot_at: datetime) -> tuple[int, int]:
    """Ask about each item that has left the list. Returns how many are closed, how many unexplained."""
    door, scope, linked = run.door, run.scope, run.linked
    with door.begin(scope) as work:
        gone = [(item.id, item.external_id, item.invoice_external_id) for item in book.gone_since(work, linked.company_id, snapshot_at)]
    states = []
    for number, (item_id, external_id, invoice_id) in enumerate(gone):
        if number % RENEW_EVERY == 0:
            run.turn.renew()
        live = run.ledger.read_item(linked.external_id, external_id, invoice_id)
        with door.begin(scope) as work:
            states.append(remember_live(work, linked.company_id, item_id, live, snapshot_at, missed_runs=1))
    return sum(state in {"paid", "credited"} for state in states), states.count("unexplained")


def mirror_missing(run: Run, items: list[LedgerItem], seen_at: datetime, run_id: uuid.UUID | None, since: datetime | None) -> bool:
    """A card the ledger did not count as changed: all of them are read, once. Whether they were."""
    if since is None:
        return False
    with run.door.begin(run.scope) as work:
        missing = book.unknown_debtors(work, run.linked.company_id, [i.customer_id for i in items])
    if not missing:
        return False
    mirror_customers(run, None, seen_at, run_id)
    return True


def mirror_customers(run: Run, since: datetime | None, seen_at: datetime, run_id: uuid.UUID | None = None) -> None:
    for customers in pages(run.ledger.fetch_customers(run.linked.external_id, since)):
        run.turn.renew()
        with run.door.begin(run.scope) as work:
            cards = complete_cards(work, run.linked.company_id, [debtor_facts(c) for c in customers])
            book.mirror_debtors(work, run.linked.company_id, cards, seen_at)
            if run_id is not None:
                runs.progress(work, run_id, "customers", done=len(customers))


def written(work: UnitOfWork, company_id: uuid.UUID, items: list[LedgerItem], seen_at: datetime) -> tuple[int, int]:
    """One page, written down. `BrokenError` when it speaks of customers the ledger has not told of."""
    try:
        return mirror_page(work, company_id, items, seen_at)
    except LookupError as fault:
        raise BrokenError(str(fault)) from fault


def mirror_page(work: UnitOfWork, company_id: uuid.UUID, items: list[LedgerItem], seen_at: datetime) -> tuple[int, int]:
    """One page of the open post list with the payments seen on it. Returns (new, changed)."""
    paid = {i.external_id: [payment_facts(p) for p in i.payments] for i in items if i.payments}
    counts = book.mirror_items(work, company_id, complete_items(work, company_id, [item_facts(i) for i in items]), seen_at, paid)
    mirror_settled(work, company_id, {i.external_id: i.settled_ore for i in items if i.settled_ore is not None}, seen_at)
    return counts


def remember_live(
    work: UnitOfWork, company_id: uuid.UUID, item_id: uuid.UUID, live: LiveItem, asked_at: datetime, *, missed_runs: int = 0
) -> str:
    """What the ledger said about one item when asked at that instant. Returns the item's state after it. `missed_runs` is 1 where a
    reading of the book asked because it was not shown: a person is troubled only after a second one.

    An answer is as old as its question: whoever waited long for one does not write over what was asked later, or somebody who has paid
    would look like somebody who has not.
    """
    later = book.known_since(work, item_id, asked_at)
    if later is not None:
        return later
    book.mirror_payments(work, company_id, item_id, [payment_facts(p) for p in live.payments])
    if live.settled_ore is not None:
        external_id = work.session.execute(select(OpenItem.external_id).where(OpenItem.id == item_id)).scalar_one()
        mirror_settled(work, company_id, {external_id: live.settled_ore})
    state = {ItemState.OPEN: "open", ItemState.PAID: "paid", ItemState.CREDITED: "credited", ItemState.GONE: "unexplained"}[live.state]
    remaining = None if live.state is ItemState.GONE else live.remaining_ore
    book.set_state(
        work, item_id, state, remaining_ore=remaining, due_on=live.due_on, notices=notice_facts(live.own_notices), asked_at=asked_at,
        missed_runs=missed_runs,
    )  # fmt: skip
    return state


def announce(work: UnitOfWork, company_id: uuid.UUID) -> None:
    """Something may have changed: compare it with what the bank has shown, and ring those above by name. They re-read and decide."""
    bank_money.reconcile(work, company_id)
    for name in ("dunning.evaluate_company", "agencies.watch_payments", "credit.check_new_debtors"):
        work.enqueue(name, bureau_id=str(work.bureau_id), company_id=str(company_id))


def _fail(door: Doorway, scope: BureauScope, linked: LinkedCompany, run_id: uuid.UUID, fault: OutsideError) -> None:
    log.warning("sync of %s failed: %s", linked.company_id, fault)
    _end_run(door, scope, linked, run_id, str(fault), may_resume=isinstance(fault, TryLaterError))
    if isinstance(fault, AuthRevokedError):
        mark(door.begin, scope.bureau_id, linked.connection_id, "reconnect", str(fault))
    elif not isinstance(fault, RefusedError | runs.RunTakenOverError):
        # a refusal concerns this one company (a missing module, a missing right); the key serves the others
        mark(door.begin, scope.bureau_id, linked.connection_id, "failing", str(fault))


def _end_run(
    door: Doorway, scope: BureauScope, linked: LinkedCompany, run_id: uuid.UUID, problem: str, *, may_resume: bool = False
) -> None:
    with door.begin(scope) as work:
        runs.end(work, run_id, problem, may_resume=may_resume)
        work.session.execute(update(CompanyLink).where(CompanyLink.id == linked.link_id).values(problem=problem))


def pages(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while page := list(islice(iterator, PAGE_ROWS)):
        yield page
