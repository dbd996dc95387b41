"""Holding the open items against the receivables account: the sum of the list must be what the account shows.

A difference is a fact about the ledger (an entry on the account that belongs to no customer, a list that hides something), so it is shown
to the bureau and stops nothing. A person who has looked may accept it; another one is told again.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, update

from app.db.unit_of_work import UnitOfWork
from app.ledgers.models import CompanyLink, SyncRun
from app.ledgers.ports import Ledger, LedgerItem
from app.net.errors import RefusedError
from app.tenants import audit

HOME_CURRENCY = "NOK"


@dataclass(slots=True)
class Listed:
    """The sum of a list while it is read. A foreign item whose kroner the ledger does not tell leaves the sum unknown."""

    ore: int = 0
    known: bool = True

    def add(self, items: Iterable[LedgerItem]) -> None:
        for item in items:
            if item.base_remaining_ore is not None:
                self.ore += item.base_remaining_ore
            elif item.currency == HOME_CURRENCY:
                self.ore += item.remaining_ore
            else:
                self.known = False


def account_ore(ledger: Ledger, company: str, as_of: date) -> int | None:
    """What the account shows; None where the ledger does not tell, or not us."""
    if not (ledger.capabilities.receivables_balance and ledger.capabilities.loose_credits):
        return None
    try:
        return ledger.receivables_balance(company, as_of)
    except RefusedError:
        return None


def remember(work: UnitOfWork, run_id: uuid.UUID, link_id: uuid.UUID, listed: Listed, before: int | None, after: int | None) -> None:
    """On the run and on the company's link. An account that moved while the list was read cannot be compared."""
    comparable = listed.known and before is not None and before == after
    account = after if comparable else None
    work.session.execute(
        update(SyncRun).where(SyncRun.id == run_id).values(listed_ore=listed.ore if listed.known else None, account_ore=account)
    )
    if account is None:
        return
    link = work.session.execute(select(CompanyLink).where(CompanyLink.id == link_id).with_for_update()).scalar_one()
    difference = listed.ore - account
    if difference in (0, link.accepted_difference_ore):
        link.differs_since = None
    elif difference != link.difference_ore or link.differs_since is None:
        link.differs_since = work.now()
    link.difference_ore = difference
    work.session.flush()


def accept(work: UnitOfWork, company_id: uuid.UUID, difference_ore: int) -> bool:
    """A person has looked at this difference and knows where it comes from. False: it is another by now."""
    done = work.session.execute(
        update(CompanyLink)
        .where(CompanyLink.company_id == company_id, CompanyLink.difference_ore == difference_ore)
        .values(accepted_difference_ore=difference_ore, differs_since=None)
        .returning(CompanyLink.id)
    ).scalar_one_or_none()
    if done is None:
        return False
    audit.record(
        work, "ledger.difference_accepted", "company", company_id, company_id=company_id, link=str(done), difference_ore=difference_ore
    )
    return True
