"""Claims: one per open item, decided as often as one likes, and only what differs is written down."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import func, select

from app.dunning import claims
from app.dunning.models import Claim, DecisionRow
from app.receivables.models import OpenItem
from support.town import Town


def decisions(town: Town) -> int:
    with town.begin() as work:
        return work.session.scalar(select(func.count()).select_from(DecisionRow)) or 0


def test_every_debt_gets_one_claim_also_when_two_workers_open_them(town: Town) -> None:
    for _ in range(3):
        town.invoice(town.customer(), overdue=5)
    town.sync("dunning.evaluate_company")
    start, made = threading.Barrier(2), []

    def open_them() -> None:
        start.wait()
        with town.begin() as work:
            made.append(claims.open_claims(work, town.company.id))

    workers = [threading.Thread(target=open_them) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert sum(made) == 3
    with town.begin() as work:
        assert work.session.scalar(select(func.count()).select_from(Claim)) == 3


def test_deciding_again_on_the_same_facts_writes_nothing_down(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=1)
    town.sync()
    before = decisions(town)
    for _ in range(3):
        town.ring("dunning.evaluate_claim", claim_id=str(town.claim(invoice).id))
    assert decisions(town) == before
    with town.begin() as work:
        row = work.session.execute(select(DecisionRow)).scalars().first()
        assert row is not None
        assert (row.facts["remaining_ore"], row.rules["tiers"][0]["tier"]) == (invoice["amount_ore"], "house")


def test_a_paid_claim_is_closed_and_a_payment_taken_back_opens_it_again(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=1)
    town.sync()
    paid = town.pay(invoice)
    town.sync()
    closed = town.claim(invoice)
    assert (closed.state, closed.step, closed.close_reason) == ("closed", "close", "settled")
    town.outside.control.post(f"/books/payments/{paid['id']}/reversal", {"on": town.clock.today().isoformat()})
    town.clock.move(timedelta(minutes=5))
    town.sync()
    again = town.claim(invoice)
    assert (again.state, again.closed_at, again.close_reason) == ("active", None, None)


def test_what_a_company_owes_its_customer_is_no_claim(town: Town) -> None:
    customer = town.customer()
    town.outside.control.post("/books/payments", {"customer": customer["id"], "amount_ore": 50_000, "on": town.clock.today().isoformat()})
    town.sync()
    with town.begin() as work:
        assert work.session.execute(select(OpenItem.remaining_ore)).scalars().all() == [-50_000]
        assert work.session.execute(select(Claim)).scalars().all() == []


def test_a_planned_notice_is_called_off_by_the_decision_that_no_longer_wants_it(town: Town) -> None:
    invoice = town.invoice(town.customer(), overdue=5)
    town.sync("dunning.issue_notice")
    town.pay(invoice)
    town.clock.move(timedelta(minutes=5))
    town.sync("dunning.issue_notice")
    (notice,) = town.notices(invoice)
    assert (notice.state, notice.problem) == ("cancelled", "the facts changed before it was sent")
