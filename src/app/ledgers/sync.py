"""Mirroring one company's book: customers, then the whole open post list, then an explanation for whatever left it.

Committed page by page, so that a killed run is taken up by the next one; memory is one page. An item that is gone from the list is asked
about live: paid, credited, or *unexplained*, which is a data issue for a person and never "paid".
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from sqlalchemy import select, update

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.db.vault import Vault
from app.ledgers.credentials import StoredCredential, mark
from app.ledgers.doors import Ledgers
from app.ledgers.errors import AuthRevokedError
from app.ledgers.models import CompanyLink, Connection, SyncRun
from app.ledgers.ports import BookState, ItemState, Ledger, LedgerCustomer, LedgerItem, LedgerNotice, LedgerPayment, LiveItem
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError
from app.receivables import book, book_state
from app.receivables.models import OpenItem
from app.receivables.readiness import BankMatch
from app.receivables.settled import mirror_settled
from app.values.ids import new_id

log = logging.getLogger(__name__)
PAGE_ROWS = 500
OVERLAP = timedelta(minutes=15)
#: a run that began this long ago and has not ended was killed, or is given up: the next may begin
STALE_AFTER = timedelta(minutes=20)
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


class RunTakenOverError(TryLaterError):
    """This run said nothing for so long that a later one has begun in its place."""


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
    return LinkedCompany(work.bureau_id, company_id, link.id, link.connection_id, ledger, link.external_id, link.customers_since, state)


def open_ledger(door: Doorway, linked: LinkedCompany) -> Ledger:
    return door.ledgers.open(linked.ledger, StoredCredential(door.begin, door.vault, linked.bureau_id, linked.connection_id))


def sync_company(door: Doorway, bureau_id: uuid.UUID, company_id: uuid.UUID) -> str:
    """Mirror one company. Returns `done`, `later` (worth another try soon), `failed` (not by itself) or `busy` (another run is at it)."""
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        linked = find_link(work, company_id)
        run_id = _begin_run(work, company_id, linked.ledger)
    if run_id is None:
        return "busy"
    ledger = open_ledger(door, linked)
    try:
        _mirror(door, scope, linked, ledger, run_id)
    except OutsideError as fault:
        _fail(door, scope, linked, run_id, fault)
        return "later" if isinstance(fault, TryLaterError) else "failed"
    except Exception as fault:
        _end_run(door, scope, linked, run_id, f"the book could not be mirrored ({type(fault).__name__})")
        raise
    finally:
        ledger.close()
    mark(door.begin, bureau_id, linked.connection_id, "working", None)
    return "done"


def _mirror(door: Doorway, scope: BureauScope, linked: LinkedCompany, ledger: Ledger, run_id: uuid.UUID) -> None:
    with door.begin(scope) as work:
        snapshot_at, today = work.now(), work.today()
    since = None if linked.customers_since is None else linked.customers_since - OVERLAP
    _mirror_customers(door, scope, linked, ledger, run_id, since, snapshot_at)
    for items in _pages(ledger.fetch_open_items(linked.external_id, today)):
        with door.begin(scope) as work:
            missing = book.unknown_debtors(work, linked.company_id, [i.customer_id for i in items])
        if missing and since is not None:
            # a card the ledger did not count as changed: read all of them, once
            since = None
            _mirror_customers(door, scope, linked, ledger, run_id, None, snapshot_at)
        with door.begin(scope) as work:
            try:
                opened, changed = mirror_page(work, linked.company_id, items, snapshot_at)
            except LookupError as fault:
                raise BrokenError(str(fault)) from fault
            _progress(work, run_id, "open_items", done=len(items), opened=opened, changed=changed)
    with door.begin(scope) as work:
        gone = [(item.id, item.external_id, item.invoice_external_id) for item in book.gone_since(work, linked.company_id, snapshot_at)]
    closed = unexplained = 0
    for item_id, external_id, invoice_id in gone:
        live = ledger.read_item(linked.external_id, external_id, invoice_id)
        with door.begin(scope) as work:
            state = remember_live(work, linked.company_id, item_id, live, snapshot_at)
        closed += state in {"paid", "credited"}
        unexplained += state == "unexplained"
    probe = ledger.probe(linked.external_id)
    told = ledger.read_book(linked.external_id, today)
    with door.begin(scope) as work:
        book_state.remember(work, linked.company_id, linked.ledger, told_of(told))
        work.session.execute(
            update(CompanyLink)
            .where(CompanyLink.id == linked.link_id)
            .values(synced_at=work.now(), customers_since=snapshot_at, problem=None, warnings=[*probe.problems, *probe.own_dunning])
        )
        _progress(work, run_id, "done", closed=closed, unexplained=unexplained)
        work.session.execute(update(SyncRun).where(SyncRun.id == run_id).values(state="done", finished_at=work.now()))
        announce(work, linked.company_id)


def _mirror_customers(
    door: Doorway, scope: BureauScope, linked: LinkedCompany, ledger: Ledger, run_id: uuid.UUID, since: datetime | None, seen_at: datetime
) -> None:
    for customers in _pages(ledger.fetch_customers(linked.external_id, since)):
        with door.begin(scope) as work:
            book.mirror_debtors(work, linked.company_id, [debtor_facts(c) for c in customers], seen_at)
            _progress(work, run_id, "customers", done=len(customers))


def mirror_page(work: UnitOfWork, company_id: uuid.UUID, items: list[LedgerItem], seen_at: datetime) -> tuple[int, int]:
    """One page of the open post list with the payments seen on it. Returns (new, changed)."""
    counts = book.mirror_items(work, company_id, [item_facts(i) for i in items], seen_at)
    with_payments = {i.external_id: i.payments for i in items if i.payments}
    if with_payments:
        known = work.session.execute(
            select(OpenItem.external_id, OpenItem.id).where(OpenItem.company_id == company_id, OpenItem.external_id.in_(with_payments))
        )
        for external_id, item_id in known.all():
            book.mirror_payments(work, company_id, item_id, [payment_facts(p) for p in with_payments[external_id]])
    mirror_settled(work, company_id, {i.external_id: i.settled_ore for i in items if i.settled_ore is not None}, seen_at)
    return counts


def remember_live(work: UnitOfWork, company_id: uuid.UUID, item_id: uuid.UUID, live: LiveItem, asked_at: datetime) -> str:
    """What the ledger said about one item when asked at that instant. Returns the item's state after it.

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
        work, item_id, state, remaining_ore=remaining, due_on=live.due_on, notices=notice_facts(live.own_notices), asked_at=asked_at
    )
    return state


def announce(work: UnitOfWork, company_id: uuid.UUID) -> None:
    """Something may have changed: ring those above by name. They re-read and decide."""
    for name in ("dunning.evaluate_company", "agencies.watch_payments", "credit.check_new_debtors"):
        work.enqueue(name, bureau_id=str(work.bureau_id), company_id=str(company_id))


def debtor_facts(customer: LedgerCustomer) -> book.DebtorFacts:
    """A ledger's customer card in our words. Who is not known to be a business is protected as a consumer."""
    business = customer.organisation_number is not None and customer.is_person is not True
    return book.DebtorFacts(
        external_id=customer.external_id, number=customer.number, name=customer.name, kind="business" if business else "consumer",
        organisation_number=customer.organisation_number, email=customer.email, phone=customer.phone,
        address_lines=customer.address.lines, postal_code=customer.address.postal_code, city=customer.address.city,
        country=customer.address.country, language=customer.language or "nb", own_dunning=customer.own_dunning, version=customer.version,
    )  # fmt: skip


def told_of(state: BookState) -> book_state.ToldOfBook:
    banks = None if state.banks is None else tuple(BankMatch(one.account, one.matched_on) for one in state.banks)
    return book_state.ToldOfBook(banks, state.unposted, state.unposted_since, state.link)


def item_facts(item: LedgerItem) -> book.ItemFacts:
    return book.ItemFacts(
        external_id=item.external_id, invoice_external_id=item.invoice_id, debtor_external_id=item.customer_id, kind=item.kind.value,
        document_number=item.document_number, kid=item.kid, issued_on=item.issued_on, due_on=item.due_on, proposed_due_on=None,
        original_ore=item.original_ore, remaining_ore=item.remaining_ore, currency=item.currency, confidence=item.confidence.value,
        doubts=item.doubts, ledger_notices=notice_facts(item.own_notices), version=item.version,
    )  # fmt: skip


def notice_facts(notices: Iterable[LedgerNotice]) -> tuple[book.NoticeFacts, ...]:
    return tuple(book.NoticeFacts(one.on, one.kind.value, one.fee_ore, one.deadline_on) for one in notices)


def payment_facts(payment: LedgerPayment) -> book.PaymentFacts:
    kind = payment.kind.value if payment.kind.value in {"payment", "credit_note"} else "other"
    return book.PaymentFacts(payment.external_id, "ledger", kind, payment.paid_on, payment.amount_ore, payment.text)


def _begin_run(work: UnitOfWork, company_id: uuid.UUID, source: str) -> uuid.UUID | None:
    work.session.execute(select(CompanyLink.id).where(CompanyLink.company_id == company_id).with_for_update())
    running = work.session.execute(
        select(SyncRun).where(SyncRun.company_id == company_id, SyncRun.state == "running").order_by(SyncRun.started_at.desc())
    ).scalars()
    for other in running:
        if other.started_at > work.now() - STALE_AFTER:
            return None
        other.state, other.problem, other.finished_at = "failed", "stopped on the way; taken up by a later run", work.now()
    run_id = new_id()
    work.session.add(
        SyncRun(
            bureau_id=work.bureau_id, id=run_id, company_id=company_id, state="running", step="customers", source=source,
            started_at=work.now(),
        )
    )  # fmt: skip
    return run_id


def _progress(work: UnitOfWork, run_id: uuid.UUID, step: str, **more: int) -> None:
    """Note how far we are. A run that was given up must not write beside the one that took its place."""
    values = {name: getattr(SyncRun, name) + count for name, count in more.items()}
    ours = update(SyncRun).where(SyncRun.id == run_id, SyncRun.state == "running").values(step=step, **values).returning(SyncRun.id)
    if work.session.execute(ours).scalar_one_or_none() is None:
        raise RunTakenOverError("another run has taken over")


def _fail(door: Doorway, scope: BureauScope, linked: LinkedCompany, run_id: uuid.UUID, fault: OutsideError) -> None:
    log.warning("sync of %s failed: %s", linked.company_id, fault)
    _end_run(door, scope, linked, run_id, str(fault))
    if isinstance(fault, AuthRevokedError):
        mark(door.begin, scope.bureau_id, linked.connection_id, "reconnect", str(fault))
    elif not isinstance(fault, RefusedError | RunTakenOverError):
        # a refusal concerns this one company (a missing module, a missing right); the key serves the others
        mark(door.begin, scope.bureau_id, linked.connection_id, "failing", str(fault))


def _end_run(door: Doorway, scope: BureauScope, linked: LinkedCompany, run_id: uuid.UUID, problem: str) -> None:
    with door.begin(scope) as work:
        work.session.execute(
            update(SyncRun)
            .where(SyncRun.id == run_id, SyncRun.state == "running")
            .values(state="failed", problem=problem, finished_at=work.now())
        )
        work.session.execute(update(CompanyLink).where(CompanyLink.id == linked.link_id).values(problem=problem))


def _pages(rows: Iterable[Row]) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while page := list(islice(iterator, PAGE_ROWS)):
        yield page
