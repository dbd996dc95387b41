"""Re-reading one item right before a list, a notice or a handover: nobody who has paid may get a notice."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from sqlalchemy import select

from app.db.scope import BureauScope
from app.ledgers.credentials import mark
from app.ledgers.errors import AuthRevokedError
from app.ledgers.sync import Doorway, NoLedgerError, find_link, open_ledger, remember_live
from app.net.errors import TryLaterError
from app.receivables.models import OpenItem

#: a book that comes from files counts as fresh for this long; after that a new file is asked for before anything is sent
FILE_FRESH = timedelta(days=2)
NEW_FILE_WITHIN = timedelta(hours=6)
CONNECTED_WITHIN = timedelta(hours=1)


class StaleBookError(TryLaterError):
    """The company's book cannot be asked, and what we know of it is too old to act on: import a file, or connect the ledger again."""


def read_live(door: Doorway, bureau_id: uuid.UUID, open_item_id: uuid.UUID) -> str:
    """Ask the ledger about one item, now, and remember the answer. Returns its state.

    `StaleBookError`: the company's book comes from a file that is not fresh, or the ledger has shut us out; a ledger that has is not asked
    again before somebody connects it anew. Other troubles are the ledger's own.
    """
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        item = work.session.execute(select(OpenItem).where(OpenItem.id == open_item_id)).scalar_one()
        company_id, external_id, invoice_id = item.company_id, item.external_id, item.invoice_external_id
        asked_at = work.now()
        try:
            linked = find_link(work, company_id)
        except NoLedgerError:
            return _from_file(item, work.now())
        if linked.state == "reconnect":
            raise StaleBookError("the ledger has to be connected again", CONNECTED_WITHIN)
    ledger = open_ledger(door, linked)
    try:
        live = ledger.read_item(linked.external_id, external_id, invoice_id)
    except AuthRevokedError as fault:
        mark(door.begin, bureau_id, linked.connection_id, "reconnect", str(fault))
        raise StaleBookError(f"the ledger has to be connected again: {fault}", CONNECTED_WITHIN) from fault
    finally:
        ledger.close()
    with door.begin(scope) as work:
        return remember_live(work, company_id, open_item_id, live, asked_at)


def _from_file(item: OpenItem, now: datetime) -> str:
    if item.seen_at < now - FILE_FRESH:
        raise StaleBookError("the book comes from a file that is more than two days old: import a fresh one", NEW_FILE_WITHIN)
    return item.state
