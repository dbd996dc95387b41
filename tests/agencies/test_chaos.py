"""Workers killed and answers lost around handover and settlement, counted at the simulators.

No claim is there twice, none is lost, and each line of a payout stands in the ledger once.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.agencies import handover, vouchers
from app.agencies.models import AgencyCase, SettlementRow
from app.db.unit_of_work import Database
from app.db.vault import Vault, new_key
from app.jobs.effects import Performers
from app.jobs.models import Effect
from app.jobs.resources import Resources
from app.ledgers import sync
from app.ledgers.doors import Ledgers
from app.ledgers.models import Posting
from app.receivables.models import OpenItem
from app.values.clock import ShiftedClock, SystemClock
from support import make
from support.agency_crew import Crew
from support.agency_desk import Desk, connect_tripletex, desk, kravia, package, plain
from support.sandbox import Control, borrowed_sandbox

CLAIMS = 6
WORKERS = 2
CREDITOR = "7"
#: killed in each of the three stretches: while cases are handed over, while money is posted, while it is marked as booked
KILLS = (3, 3, 1)
SETTLES_WITHIN_SECONDS = 90.0
KILL_EVERY_SECONDS = 0.6
#: faults of one call each, at the agency's and the ledger's doors
TROUBLE = (("/invoice/register", "drop_after"), ("/invoice/register", "drop_before"))
LATER_TROUBLE = ((":payment", "drop_after"), ("/bookkeep", "drop_after"), ("/settlements", "drop_before"))


class Street:
    """A company with several claims, and the simulators around it. Parent, workers and simulators live on the same day."""

    def __init__(self, database: Database, database_url: str) -> None:
        self.ahead = timedelta(0)
        self.clock = ShiftedClock(SystemClock(), lambda: self.ahead)
        self.resources = Resources(Database(database.engine, self.clock), self.clock)
        self.resources.provide(Performers, Performers())
        self.luck = random.Random(26)
        self.database_url = database_url

    def move_in(self, url: str, control: Control) -> None:
        keys = new_key()
        self.control = control
        self.at: Desk = desk(self.resources, kravia(url), base=url, creditor_ref=CREDITOR)
        self.resources.provide(Vault, Vault(keys))
        control.put(f"/kravia/creditors/{CREDITOR}", {"name": self.at.company.name})
        first = control.get(f"/books/invoices/{connect_tripletex(self.at, control)}")
        for number in range(1, CLAIMS):
            control.post("/books/invoices", {
                "customer": first["customer"], "amount_ore": 100_000 + number, "issued_on": first["issued_on"], "due_on": first["due_on"],
            })  # fmt: skip
        door = sync.Doorway(self.resources.begin, self.resources.of(Ledgers), self.resources.of(Vault))  # type: ignore[type-abstract]
        assert sync.sync_company(door, self.at.bureau.id, self.at.company.id) == "done"
        self.items = self.at.read(OpenItem, company_id=self.at.company.id, state="open")
        assert len(self.items) == CLAIMS
        with self.at.work() as work:
            work.session.execute(text("delete from outbox"))
        self.crew = Crew(WORKERS, self.database_url, url, keys)

    def hand_over_all(self) -> None:
        for item in self.items:
            claim = self.at.claim if item.id == self.at.item.id else make.claim(self.at.database, item)
            with self.at.work() as work:
                handover.plan(work, claim_id=claim.id, item=item, package=plain(package(item, self.at.debtor)))

    def ring(self, name: str, **ids: object) -> None:
        with self.at.work() as work:
            work.enqueue(name, bureau_id=str(self.at.bureau.id), **{key: str(value) for key, value in ids.items()})

    def a_day_later(self) -> None:
        self.ahead += timedelta(days=1)
        self.crew.move_clock(timedelta(days=1))

    def cases(self) -> list[AgencyCase]:
        found: list[AgencyCase] = self.at.read(AgencyCase, company_id=self.at.company.id)
        return found

    def claims_there(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control.get("/kravia/claims")
        return found

    def payouts(self) -> list[SettlementRow]:
        found: list[SettlementRow] = self.at.read(SettlementRow, company_id=self.at.company.id)
        return found

    def until(self, done: Callable[[], bool], what: str, *, kills: int, again: Callable[[], None] | None = None) -> None:
        """Wait, kill somebody now and then, and ring `again` as the clock would."""
        deadline, killed, rung = time.monotonic() + SETTLES_WITHIN_SECONDS, time.monotonic(), time.monotonic()
        enough = self.crew.kills + kills
        while not done():
            acts = [(one.kind, one.state, one.reason) for one in self.at.read(Effect, company_id=self.at.company.id) if one.state != "sent"]
            assert time.monotonic() < deadline, f"{what}: {acts} after {self.crew.kills} kills"
            if time.monotonic() - killed > KILL_EVERY_SECONDS and self.crew.kills < enough:
                self.crew.kill_one(self.luck)
                killed = time.monotonic()
            if again is not None and time.monotonic() - rung > 1:
                again()
                rung = time.monotonic()
            time.sleep(0.05)


@pytest.fixture
def street(clean: None, database: Database, database_url: str) -> Iterator[Street]:
    made = Street(database, database_url)
    with borrowed_sandbox(made.clock.now) as running:
        control = Control(running.url)
        made.move_in(running.url, control)
        try:
            yield made
        finally:
            made.crew.dismiss()
            control.close()


def test_no_claim_is_there_twice_none_is_lost_and_each_line_is_posted_once(street: Street) -> None:
    for path, kind in TROUBLE:
        street.control.fault(path, kind)
    street.hand_over_all()
    street.until(lambda: all(one.state == "registered" for one in street.cases()), "handed over", kills=KILLS[0])
    there = Counter(claim["invoice"]["accountingInvoiceId"] for claim in street.claims_there())
    assert there == Counter({str(one.id): 1 for one in street.cases()})

    for claim in street.claims_there():
        street.control.post(f"/kravia/claims/{claim['invoice']['invoiceId']}/pay", {})
    street.a_day_later()
    for path, kind in LATER_TROUBLE:
        street.control.fault(path, kind)

    def poll() -> None:
        street.ring("agencies.poll_agreement", agreement_id=street.at.agreement.id)

    poll()
    street.until(lambda: [one.state for one in street.payouts()] == ["proposal"], "posted", kills=KILLS[1], again=poll)
    [payout] = street.payouts()
    with street.at.work() as work:
        vouchers.confirm(work, payout.id, booked_on=work.today())
    street.until(lambda: [one.state for one in street.payouts()] == ["booked"], "booked", kills=KILLS[2], again=poll)

    postings = street.at.read(Posting, company_id=street.at.company.id)
    assert Counter(one.open_item_id for one in postings) == Counter({item.id: 1 for item in street.items})
    for item in street.items:
        book = street.control.get(f"/books/invoices/{item.invoice_external_id or item.external_id}")
        assert [line["amount_ore"] for line in book["lines"] if line["kind"] == "payment"] == [-item.remaining_ore]
        assert book["remaining_ore"] == 0
    [told] = street.control.get("/kravia/settlements")
    assert told["internalAccountingId"] == str(payout.id)
    assert street.crew.kills >= sum(KILLS[:2]), "nobody was killed: this proves nothing"
