"""Nine weeks of a few claims with payments, objections, stops and broken wires at random: what must never happen, does not.

The seed is in the test's name: the same seed is the same nine weeks.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.dunning import holds, weekly_lists
from app.dunning.models import Claim, Dispute, Hold, Notice
from app.messaging.models import Delivery
from app.net.errors import OutsideError
from app.receivables.models import OpenItem
from app.values.calendar import OSLO, add_business_days, oslo_date
from app.values.clock import FixedClock
from support.town import DAY, Town

#: days from one look to the next
STRIDE = (1, 2, 4)
#: the last day whose rates are confirmed
LAST = date(2026, 12, 31)
WIRES = (
    ("SFTP in/", "drop_after"), ("SFTP in/", "drop_before"), ("GET /tripletex/v2/invoice", "drop_before"),
    ("GET /tripletex/v2/ledger", "status"), ("POST /kravia", "drop_after"), ("POST /kravia", "drop_before"),
)  # fmt: skip


@pytest.fixture
def clock() -> FixedClock:
    """A Monday morning early enough for the rates of the year to last."""
    return FixedClock(datetime(2026, 10, 26, 9, 0, tzinfo=OSLO))


@pytest.mark.parametrize("seed", [3])
def test_nine_weeks_at_random_break_no_law(town: Town, seed: int) -> None:
    chance = random.Random(seed)
    customers = [town.customer(f"Tilfeldig {seed}-{n} AS") for n in range(5)]
    invoices = [town.invoice(one, overdue=chance.randint(-3, 25), amount_ore=chance.randint(200, 90_000) * 100) for one in customers]
    paid_at: dict[int, Any] = {}
    while town.clock.today() < LAST:
        town.next_day(chance.choice(STRIDE))
        something_happens(town, chance, invoices, paid_at)
        for job in DAY:
            try_to(town, job)
        town.outside.control.delete("/faults")
        for weekly in town.open_lists():
            if weekly.deadline_at <= town.clock.now() + timedelta(hours=4):
                town.clock.move(max(timedelta(0), weekly.deadline_at - town.clock.now()) + timedelta(minutes=1))
                try_to(town, "dunning.close_bureau_lists")
    for job in DAY:
        town.ring(job)
    for customer, invoice in zip(customers, invoices, strict=True):
        keeps_the_law(town, customer, invoice, paid_at.get(invoice["id"]))
    assert sum(len(town.notices(invoice)) for invoice in invoices) > 3, "a simulation in which nothing happens shows nothing"


def something_happens(town: Town, chance: random.Random, invoices: list[dict[str, Any]], paid_at: dict[int, Any]) -> None:
    invoice = chance.choice(invoices)
    what = chance.choices(["nothing", "payment", "objection", "hold", "lift", "stop", "wire"], [6, 1, 0.5, 1, 2, 1, 3])[0]
    if what == "payment" and invoice["id"] not in paid_at:
        left = town.outside.control.get(f"/books/invoices/{invoice['id']}")["remaining_ore"]
        if left > 0:
            town.pay(invoice, left)
            paid_at[invoice["id"]] = town.clock.now()
    elif what == "wire":
        path, kind = chance.choice(WIRES)
        town.outside.control.fault(path, kind, times=chance.randint(1, 3))
    elif what == "stop" and town.open_lists():
        with town.begin() as work:
            for entry in town.entries(town.open_lists()[0]).values():
                if entry.state == "ready" and chance.random() < 0.5:
                    weekly_lists.stop(work, entry.id, None)
    elif what in {"objection", "hold", "lift"}:
        with town.begin() as work:
            claim = work.session.execute(select(Claim).where(Claim.open_item_id.in_(items_of(town, invoice)))).scalar_one_or_none()
            if claim is not None:
                person_acts(work, chance, what, claim)
    work_off(town)


def items_of(town: Town, invoice: dict[str, Any]) -> Any:
    return select(OpenItem.id).where(OpenItem.document_number == str(invoice["number"]), OpenItem.company_id == town.company.id)


def person_acts(work: Any, chance: random.Random, what: str, claim: Claim) -> None:
    undecided = select(Dispute).where(Dispute.claim_id == claim.id, Dispute.decided_at.is_(None))
    open_dispute = work.session.execute(undecided).scalar_one_or_none()
    if what == "hold":
        holds.place(work, claim.id, "Ringer", work.today() + timedelta(days=chance.randint(1, 9)))
    elif open_dispute is not None:
        holds.decide_dispute(work, claim.id, chance.choice(["rejected", "rejected", "upheld"]), "Sett på")
    elif what == "objection":
        holds.object_to(work, claim.id, "Uenig")
    else:
        holds.lift(work, claim.id)


def try_to(town: Town, job: str) -> None:
    """What trouble outside stops is rung again another day; what it had rung already is worked off all the same."""
    try:
        town.ring(job)
    except OutsideError:
        work_off(town)


def work_off(town: Town) -> None:
    for _ in range(20):
        try:
            town.work_off()
            return
        except OutsideError:
            town.clock.move(timedelta(seconds=30))
    raise AssertionError("the jobs never come to rest")


def keeps_the_law(town: Town, customer: dict[str, Any], invoice: dict[str, Any], paid_at: Any) -> None:
    said = [notice for notice in town.notices(invoice) if notice.state in {"sent", "review"}]
    with town.begin() as work:
        sent = work.session.execute(
            select(Delivery).where(Delivery.purpose_id.in_([notice.id for notice in town.notices(invoice)]))
        ).scalars().all()  # fmt: skip
        disputes = work.session.execute(select(Dispute).where(Dispute.claim_id == town.claim(invoice).id)).scalars().all()
        stops = work.session.execute(select(Hold).where(Hold.claim_id == town.claim(invoice).id)).scalars().all()
    for delivery in sent:
        if delivery.sent_at is None:
            continue
        assert paid_at is None or delivery.sent_at < paid_at, "nobody who has paid gets a notice"
        for dispute in disputes:
            over = dispute.decided_at if dispute.decision == "rejected" else None
            assert not (dispute.raised_at < delivery.sent_at and (over is None or delivery.sent_at < over)), (
                "nothing goes out while disputed"
            )
        for stop in stops:
            ended = stop.lifted_at is not None and stop.lifted_at <= delivery.sent_at
            ended = ended or (stop.until is not None and stop.until < oslo_date(delivery.sent_at))
            assert ended or stop.placed_at >= delivery.sent_at, "nothing goes out while stopped"
    fees = [notice.fee_ore for notice in said if notice.fee_ore]
    assert len(fees) <= 2 and all(fee == 38_00 for fee in fees), "at most two fees of a twentieth (inkassoforskriften § 1-3)"
    for notice in said:
        keeps_its_deadline(notice)
    roads = Counter((delivery.channel, delivery.purpose_id) for delivery in sent if delivery.sent_at is not None)
    assert set(roads.values()) <= {1}
    assert len(town.outside.mails(customer["email"])) == sum(1 for channel, _ in roads if channel == "email")
    assert len(town.outside.letters(customer["name"])) == sum(1 for channel, _ in roads if channel == "letter")
    cases = town.outside.cases(customer["name"])
    assert len(cases) <= 1
    if cases:
        registered = date.fromisoformat(cases[0]["timeline"][0]["time"][:10])
        deadline = max(n.payment_deadline for n in said if n.kind == "collection_warning" and n.payment_deadline is not None)
        assert registered > add_business_days(deadline, 2), "never before the deadline and the days of grace"


def keeps_its_deadline(notice: Notice) -> None:
    assert notice.issued_on is not None and notice.payment_deadline is not None
    days = (notice.payment_deadline - notice.issued_on).days
    assert days >= (14 if notice.kind == "collection_warning" else 1)
