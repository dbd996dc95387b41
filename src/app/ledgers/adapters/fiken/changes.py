"""What Fiken says has changed since a day: the rows as they stand now, and the day to ask from next time. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from app.ledgers.adapters.fiken.rows import CREDIT_NOTE, CreditNoteRow, SaleRow
from app.ledgers.errors import CursorExpiredError
from app.ledgers.ports import Changes, LedgerItem


def cursor_day(cursor: str) -> date:
    try:
        return date.fromisoformat(cursor)
    except ValueError:
        raise CursorExpiredError("the mark of the last reading makes no sense; the whole book is read instead") from None


def day_before(on: date) -> date:
    return on - timedelta(days=1)


def changes_of(sales: Iterable[SaleRow], notes: Iterable[CreditNoteRow], since: date) -> Changes:
    """A sale that was deleted, written off or ticked off by hand is no more; a person is told why by asking about it alone."""
    items: list[LedgerItem] = []
    gone: list[str] = []
    newest = since
    told = set()
    for note in notes:
        newest = max(newest, day_before(note.last_modified_date or since))
        if note.own_sale is not None:
            told.add(note.own_sale.sale_id)
        if note.remaining:
            items.append(note.ours())
        else:
            gone.append(CREDIT_NOTE + str(note.credit_note_id))
    for sale in sales:
        newest = max(newest, day_before(sale.last_modified_date or since))
        if sale.sale_id in told or sale.gross < 0:
            continue
        if sale.is_open:
            items.append(sale.ours())
        else:
            gone.append(str(sale.sale_id))
    return Changes(newest.isoformat(), tuple(items), tuple(gone))
