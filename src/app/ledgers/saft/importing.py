"""SAF-T files in, open items out: the whole way, without any database. A file that is wrong anywhere yields an error and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.ledgers.ports import Confidence, LedgerItem
from app.ledgers.saft.deriving import derive_items
from app.ledgers.saft.files import Chunks, Limits, find_sources
from app.ledgers.saft.merging import merge_files
from app.ledgers.saft.reading import SaftFile, read_document
from app.ledgers.saft.records import BalanceDifference, Doubt, SaftError, SaftImport, SaftItem

_DEFAULT_LIMITS = Limits()


def read_saft(paths: Sequence[Path], *, progress: Callable[[int], None] | None = None, limits: Limits = _DEFAULT_LIMITS) -> SaftImport:
    """Read one company's SAF-T Financial files (XML or zip, versions 1.10 to 1.30, one or split) and derive its open items.

    `progress` is called with the number of unpacked bytes of each piece as it is read. Raises `SaftError` for anything malformed,
    hostile, cut off, repeated or belonging to another company; nothing half-read is ever returned.
    """
    books = merge_files(_read_all(paths, limits, progress))
    items: list[SaftItem] = []
    differences: list[BalanceDifference] = []
    for customer in books.customers:
        derived = derive_items(customer, books.lines.get(customer.card.external_id, []), books.period_start)
        items.extend(derived.items)
        if derived.difference:
            differences.append(derived.difference)
    return SaftImport(
        company=books.company,
        period_start=books.period_start,
        period_end=books.period_end,
        version=books.version,
        customers=books.customers,
        items=tuple(items),
        unknowns=books.unknowns + tuple(_doubts_counted(items)),
        differences=tuple(differences) + books.differences,
    )


def items_as_json(result: SaftImport) -> list[dict[str, Any]]:
    """One object per open item. `remaining_ore` is signed NOK; `due` is the file's own ISO date, null where it could only be guessed."""
    return [
        {
            "customer_id": item.customer_id,
            "document_number": item.document_number,
            "kid": item.kid,
            "due": item.due.isoformat() if item.due else None,
            "remaining_ore": item.remaining_ore,
            "currency": item.currency,
            "confidence": item.confidence.value,
        }
        for item in result.items
    ]


def to_ledger_items(result: SaftImport) -> Iterator[LedgerItem]:
    """The items in the words of the ledger port. A guessed due date is left out: it must not start anything."""
    for item in result.items:
        yield LedgerItem(
            external_id=item.key,
            customer_id=item.customer_id,
            kind=item.kind,
            document_number=item.document_number,
            kid=item.kid,
            issued_on=item.issued_on,
            due_on=item.due,
            original_ore=item.original_ore,
            remaining_ore=item.remaining_ore,
            currency=item.currency,
            confidence=item.confidence,
            doubts=tuple(doubt.value for doubt in item.doubts),
            payments=item.payments,
            account=item.account,
        )


def dry_run_json(paths: Sequence[Path], *, progress: Callable[[int], None] | None = None) -> str:
    """The derived items as a JSON list; imports nothing. Raises `SaftError` as `read_saft` does."""
    return json.dumps(items_as_json(read_saft(paths, progress=progress)), ensure_ascii=False, indent=2)


def _read_all(paths: Sequence[Path], limits: Limits, progress: Callable[[int], None] | None) -> list[SaftFile]:
    sources = find_sources(paths, limits)
    digests: dict[bytes, str] = {}
    files: list[SaftFile] = []
    budget = limits.total_bytes
    for source in sources:
        chunks = Chunks(source, limits, budget)
        files.append(read_document(source.name, chunks, remember_transactions=len(sources) > 1, progress=progress))
        budget -= chunks.read_bytes
        if chunks.digest in digests:
            raise SaftError(f"The file is the same as {digests[chunks.digest]}; it would be counted twice.", file=source.name)
        digests[chunks.digest] = source.name
    return files


def _doubts_counted(items: Sequence[SaftItem]) -> Iterator[str]:
    """What could not be known about the items, each kind once with its count."""
    low = sum(item.confidence is Confidence.LOW for item in items)
    if low:
        yield f"{low} of {len(items)} open items are uncertain and need a person's yes before anything is sent."
    for doubt in Doubt:
        count = sum(doubt in item.doubts for item in items)
        if count:
            yield f"{count} items: {doubt.value}"
