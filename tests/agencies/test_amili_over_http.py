"""The whole way to Amili and back over HTTP: Tripletex's and Amili's simulators, one clock, every job run as a worker would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.agencies import handover, orders, settlements, vouchers
from app.agencies.adapters.amili import AmiliAgency
from app.agencies.adapters.amili.wire import Tokens
from app.agencies.capabilities import OrderKind
from app.agencies.models import AgencyCase, CaseQuestionRow, DirectPaymentRow, SettlementRow
from app.agencies.ports import CaseOrder
from app.jobs import performing
from app.jobs.effects import Performers
from app.jobs.resources import Resources
from app.ledgers.models import Posting
from app.net.http import HttpClient
from app.receivables.models import OpenItem
from app.values.clock import Clock, FixedClock
from app.values.ids import new_id
from support import agency_desk, make
from support.agency_desk import Desk, connect_tripletex, desk, plain
from support.sandbox import Control, borrowed_sandbox

ORG = "0e0a2a4c-6f0e-4d0a-9d0c-5f1f2b3c4d5e"


@dataclass
class Street:
    at: Desk
    control: Control
    clock: FixedClock
    agency: AmiliAgency

    def settings(self, **changed: object) -> None:
        self.control._done(self.control.client.patch("/amili/settings", json=changed))

    def days_pass(self, days: int) -> None:
        self.clock.move(timedelta(days=days))

    def plan(self) -> None:
        with self.at.work() as work:
            assert handover.plan(work, claim_id=self.at.claim.id, item=self.at.item, package=plain(self.at.package())) is not None

    def poll(self) -> None:
        self.at.ring("agencies.poll_bureau")

    def there(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control.get(f"/amili/cases?reference={self.at.the_case().id}")
        return found


@pytest.fixture
def street(resources: Resources, clock: FixedClock) -> Iterator[Street]:
    with borrowed_sandbox(clock.now) as sandbox:
        control = Control(sandbox.url)
        control.put(f"/amili/organisations/{ORG}", {"name": "Fjordvik Handel AS"})
        agency = amili(sandbox.url, clock)
        yield Street(desk(resources, agency, base=sandbox.url, creditor_ref=ORG), control, clock, agency)
        control.close()


def amili(base: str, clock: Clock) -> AmiliAgency:
    tokens = Tokens(HttpClient(f"{base}/amili/auth", timeout_seconds=5), clock)
    client = ("amili-sandbox-client", "amili-sandbox-secret")
    return AmiliAgency(HttpClient(f"{base}/amili/collection/v1", timeout_seconds=5), tokens, client, clock)


def test_from_handover_over_the_batch_and_the_list_to_a_payout_posted_once(street: Street) -> None:
    at = street.at
    invoice = connect_tripletex(at, street.control)
    street.settings(hold_batches=True)
    street.plan()
    at.run()
    awaiting = at.the_case()
    assert (awaiting.state, awaiting.external_id, awaiting.handed_over_at) == ("awaiting", None, None)
    street.poll()
    assert at.the_case().state == "awaiting"

    street.settings(hold_batches=False)
    street.poll()
    taken = at.the_case()
    [there] = street.there()
    assert (taken.state, taken.external_id) == ("registered", str(there["caseNumber"]))
    assert taken.handed_over_at is not None
    assert there["given"]["originalInvoiceAmount"] == 10_000

    street.days_pass(1)
    street.poll()
    street.poll()
    [question] = at.read(CaseQuestionRow, agency_case_id=taken.id)
    assert (question.kind, question.external_id) == ("list", f"list:{taken.external_id}")
    released = CaseOrder(
        str(new_id()), OrderKind.RELEASE, ORG, str(taken.external_id), str(taken.id), "Ja", street.clock.now(), question.external_id
    )  # fmt: skip
    street.agency.order(released)
    street.poll()
    assert at.the_case().state == "in_collection"

    street.control.post(f"/amili/cases/{taken.external_id}/pay", {})
    street.days_pass(1)
    for _ in range(3):
        street.poll()
    lines = street.control.get(f"/books/invoices/{invoice}")["lines"]
    assert [line["amount_ore"] for line in lines if line["kind"] == "payment"] == [-1_000_000]
    assert (at.the_case().state, at.read(OpenItem, id=at.item.id)[0].state) == ("paid", "paid")
    [payout] = at.read(SettlementRow, company_id=at.company.id)
    with at.work() as work:
        vouchers.confirm(work, payout.id, booked_on=work.today())
    at.run()
    street.poll()
    assert at.read(SettlementRow, company_id=at.company.id)[0].state == "booked"
    assert len(at.read(Posting, company_id=at.company.id)) == 1
    at.ring("ledgers.sync_company", company_id=str(at.company.id))
    at.ring("agencies.watch_payments", company_id=str(at.company.id))
    assert at.read(DirectPaymentRow, company_id=at.company.id) == [], "our own posting must not be echoed back"
    assert [one["kind"] for one in street.there()[0]["money"]] == ["agency"]


def test_of_a_partial_batch_one_case_is_taken_and_the_other_refused_with_its_reason(street: Street) -> None:
    at = street.at
    street.settings(hold_batches=True, pool_batches=True)
    street.plan()
    item = make.open_item(at.database, at.debtor)
    claim = make.claim(at.database, item)
    lacking = plain(agency_desk.package(item, at.debtor))
    # who lives abroad has no Norwegian number: we let the claim go, this agency does not
    lacking["debtor"] = {**lacking["debtor"], "country": "SE", "organisation_number": None}
    with at.work() as work:
        assert handover.plan(work, claim_id=claim.id, item=item, package=lacking) is not None
    at.run()
    both = at.read(AgencyCase, company_id=at.company.id)
    assert {case.state for case in both} == {"awaiting"}
    assert len({case.consignment for case in both}) == 1
    street.control.post("/amili/batches/finish", {})
    street.poll()
    assert at.the_case().state == "registered"
    [refused] = at.read(AgencyCase, claim_id=claim.id)
    assert (refused.state, refused.external_id) == ("refused", None)
    assert "organizationNumber" in (refused.problem or "")
    [batch] = street.control.get("/amili/batches")
    assert (batch["status"], batch["rows"]) == ("PARTIAL", 2)


@pytest.mark.parametrize(("lost", "states"), [("drop_after", ["unknown", "sent"]), ("drop_before", ["unknown", "planned", "sent"])])
def test_whatever_is_lost_the_case_is_there_once(street: Street, lost: str, states: list[str]) -> None:
    at = street.at
    street.plan()
    street.control.fault("POST /amili/collection", lost)
    [effect] = at.effects(handover.KIND)
    performers = at.resources.of(Performers)
    assert [performing.perform(at.database.begin, performers, at.bureau.id, effect.id, pause=lambda _: None) for _ in states] == states
    street.poll()
    [there] = street.there()
    assert (at.the_case().state, at.the_case().external_id) == ("registered", str(there["caseNumber"]))


def test_a_payment_to_the_creditor_is_told_once_and_counts_when_its_batch_says_so(street: Street) -> None:
    at = street.at
    invoice = connect_tripletex(at, street.control)
    street.plan()
    at.run()
    street.poll()
    street.days_pass(1)
    street.control.post("/books/payments", {"invoice": invoice, "amount_ore": 400_000, "on": str(street.clock.today())})
    for _ in range(2):
        at.ring("ledgers.sync_company", company_id=str(at.company.id))
        at.ring("agencies.watch_payments", company_id=str(at.company.id))
    [row] = at.read(DirectPaymentRow, company_id=at.company.id)
    [told] = street.there()[0]["money"]
    assert (row.state, told["kind"], told["amount_ore"], told["key"]) == ("reported", "direct", 400_000, str(row.id))
    street.poll()
    assert at.the_case().agency_principal_ore == 600_000
    with at.work() as work:
        assert work.session.execute(select(SettlementRow.id)).all() == []
    assert settlements.fetch(at.database.begin, at.agencies, at.bureau.id, at.agreement.id) == 0


def test_a_pause_whose_answer_is_lost_is_found_and_not_asked_for_twice(street: Street) -> None:
    at = street.at
    street.plan()
    at.run()
    street.poll()
    street.control.fault("/pause", "drop_after")
    with at.work() as work:
        orders.give(work, at.agencies, at.the_case().id, OrderKind.PAUSE, "Kunden har fått utsettelse")
    [effect] = at.effects(orders.KIND)
    performers = at.resources.of(Performers)
    states = [performing.perform(at.database.begin, performers, at.bureau.id, effect.id, pause=lambda _: None) for _ in range(2)]
    assert states == ["unknown", "sent"]
    at.run()
    assert at.the_case().state == "paused"
    assert street.there()[0]["asked"] == [["pause", "Kunden har fått utsettelse"]]
