"""The import queue: lines are taken in, and posted later as a voucher, or kept with an error. And the list of what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sandbox.book_rows import BooksError, Posting
from sandbox.books import Books
from sandbox.xledger.connection import Row, XledgerError
from sandbox.xledger.memory import Delta, ImportFault, ImportItem, Seen, XledgerMemory
from sandbox.xledger.rows import CURRENCIES, RECEIVABLES, Rows

NODES_MAX = 500
KEPT = timedelta(days=3)
SOURCES = ("AR", "SO", "OS", "OCR", "BA", "BAA", "GL")


def take_in(books: Books, memory: XledgerMemory, reach: Sequence[int], default_owner: int, inputs: Sequence[Mapping[str, Any]]) -> Row:
    """Names are looked up at once; whether the voucher can be posted is found out later."""
    if len(inputs) > NODES_MAX:
        raise XledgerError(f"Too many nodes: at most {NODES_MAX}.", "BAD_REQUEST", code="INVALID_VALUE")
    nodes = [_checked(books, dict(one["node"]), reach, default_owner) for one in inputs]
    edges = []
    for one, (owner, node) in zip(inputs, nodes, strict=True):
        item = ImportItem(id=memory.next_id(), owner=owner, node=node, created_at=books.world.now())
        memory.queue[item.id] = item
        edges.append({"clientId": one.get("clientId"), "node": {"dbId": str(item.id)}})
    return {"edges": edges}


def process(books: Books, memory: XledgerMemory, *, now: bool = False) -> None:
    """Post what has waited long enough, voucher by voucher; `now`: everything. What has an error waits for a hand."""
    wait = memory.settings.queue_seconds
    if not now and wait is None:
        return
    ripe = books.world.now() - timedelta(seconds=0 if now or wait is None else wait)
    failed = {one.item for one in memory.errors.values()}
    vouchers: dict[tuple[int, int], list[ImportItem]] = {}
    for item in memory.queue.values():
        if item.created_at <= ripe and item.id not in failed:
            vouchers.setdefault((item.owner, item.node.get("trRegNumber") or item.id), []).append(item)
    for lines in vouchers.values():
        try:
            _post(books, memory, lines)
        except (BooksError, XledgerError) as fault:
            message = "The period is closed." if isinstance(fault, BooksError) and fault.code == "locked" else str(fault)
            for item in lines:
                made = ImportFault(id=memory.next_id(), owner=item.owner, item=item.id, message=message, created_at=books.world.now())
                memory.errors[made.id] = made
        else:
            for item in lines:
                del memory.queue[item.id]


def note_changes(books: Books, memory: XledgerMemory, rows: Rows) -> None:
    """Compare the customers' accounts with what was seen last, and forget what is older than the list is kept."""
    now = books.world.now()
    memory.deltas = [one for one in memory.deltas if one.at > now - KEPT]
    alive: set[int] = set()
    for company in books.companies("xledger"):
        for row in rows.receivables(company.id):
            number, digest = int(row["dbId"]), repr(sorted(row.items(), key=lambda part: part[0]))
            alive.add(number)
            before = memory.seen.get(number)
            if before is None or before.digest != digest:
                memory.seen[number] = Seen(company.id, digest)
                _note(memory, number, company.id, "ADDED" if before is None else "UPDATED", books)
    for number in memory.seen.keys() - alive:
        _note(memory, number, memory.seen.pop(number).owner, "DELETED", books)


def _note(memory: XledgerMemory, row: int, owner: int, kind: str, books: Books) -> None:
    memory.deltas.append(Delta(id=memory.next_id(), row=row, owner=owner, kind=kind, at=books.world.now()))


def _checked(books: Books, node: dict[str, Any], reach: Sequence[int], default_owner: int) -> tuple[int, dict[str, Any]]:
    owner = int((node.get("owner") or {}).get("dbId") or default_owner)
    if owner not in reach:
        raise _invalid("owner")
    if (node.get("transactionSource") or {}).get("code") not in SOURCES:
        raise _invalid("transactionSource")
    account = int((node.get("account") or {}).get("dbId") or 0)
    banks = {one.id for one in books.bank_accounts(owner)}
    if account != RECEIVABLES and account not in banks:
        raise _invalid("account")
    customer = int((node.get("subledger") or {}).get("dbId") or 0)
    if (account == RECEIVABLES) != (customer in {one.id for one in books.customers(owner)}):
        raise _invalid("subledger")
    if int((node.get("currency") or {}).get("dbId") or 0) not in CURRENCIES.values():
        raise _invalid("currency")
    return owner, node


def _post(books: Books, memory: XledgerMemory, lines: list[ImportItem]) -> None:
    amounts = [Decimal(str(one.node.get("amount") or 0)) for one in lines]
    if sum(amounts) != 0:
        raise XledgerError("The voucher does not balance.")
    credits = [one for one in lines if int(one.node["account"]["dbId"]) == RECEIVABLES]
    debits = [one for one in lines if one not in credits]
    if len(credits) != 1 or len(debits) != 1:
        raise XledgerError("The sandbox posts vouchers of one customer line and one bank line.")
    node, bank = credits[0].node, int(debits[0].node["account"]["dbId"])
    ore, on = int(-Decimal(str(node["amount"])) * 100), date.fromisoformat(node["postedDate"][:10])
    target = _named(books, credits[0]) if memory.settings.auto_match else None
    if target is not None:
        books.pay(target, ore, on, "BANK", bank_account=bank, text=node.get("text"), reference=node.get("extIdentifier"))
        return
    line: Posting = books.pay_unmatched(int(node["subledger"]["dbId"]), ore, on, "BANK", node.get("text") or "Innbetaling")
    line.reference = node.get("extIdentifier")


def _named(books: Books, item: ImportItem) -> int | None:
    """The open invoice of the customer whose number the line carries."""
    customer, number = int(item.node["subledger"]["dbId"]), str(item.node.get("invoiceNumber"))
    mine = (one for one in books.invoices(item.owner) if one.customer == customer and str(one.number) == number and one.credits is None)
    return next((one.id for one in mine if books.remaining(one.id) > 0), None)


def _invalid(name: str) -> XledgerError:
    return XledgerError(f'Argument "inputs" has invalid value: "{name}" was not found.', "BAD_REQUEST", code="INVALID_VALUE")
