from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import httpx
import pytest

from app.ledgers.adapters.businesscentral import journal
from app.ledgers.adapters.businesscentral.ledger import DUNS, LIMITS
from app.ledgers.adapters.businesscentral.rows import live_of
from app.ledgers.adapters.businesscentral.wire import day_of, refusal_of
from app.ledgers.errors import AuthRevokedError, ConflictError, PermissionMissingError
from app.ledgers.oauth import StateMismatchError
from app.ledgers.ports import ItemKind, ItemState
from app.net.errors import RefusedError, UnknownOutcomeError, UnsupportedError
from app.net.http import Reply
from app.values.clock import FixedClock
from ledgers.adapters.contract import LedgerContract
from support.businesscentral import BusinessCentralDoor, businesscentral_door
from support.fiken import stored, visit
from support.ledger_door import NOW, TODAY, LedgerDoor, Story
from support.sandbox import borrowed_sandbox


@pytest.fixture(scope="module")
def still() -> Iterator[str]:
    with borrowed_sandbox(lambda: NOW) as sandbox:
        yield sandbox.url


@pytest.fixture
def desk(still: str) -> Iterator[BusinessCentralDoor]:
    with businesscentral_door(still) as made:
        yield made


@pytest.fixture
def story(desk: BusinessCentralDoor) -> Story:
    return Story(desk)


class TestBusinessCentral(LedgerContract):
    @pytest.fixture
    def door(self, desk: BusinessCentralDoor) -> LedgerDoor:
        return desk


def test_consent_is_given_on_microsofts_page_and_reaches_the_companies(desk: BusinessCentralDoor, story: Story) -> None:
    asked = desk.oauth.begin("http://127.0.0.1:8000/connections/businesscentral/callback")
    answer = visit(asked)
    with pytest.raises(StateMismatchError):
        desk.oauth.finish(asked, {**answer, "state": "forged"})
    ledger = desk.open(stored(desk.oauth.finish(asked, answer)))
    assert story.external in {company.external_id for company in ledger.list_companies()}


def test_only_the_companies_the_user_may_see_are_there(desk: BusinessCentralDoor, story: Story) -> None:
    other = Story(desk)
    ledger = story.connect()
    assert [company.external_id for company in ledger.list_companies()] == [story.external]
    assert not ledger.probe(other.external).ok
    with pytest.raises(RefusedError):
        list(ledger.fetch_open_items(other.external, TODAY))
    for forged in ("../../../admin", f"{story.external})/items(", story.external.replace("Production", "a/b")):
        with pytest.raises(RefusedError):
            list(ledger.fetch_open_items(forged, TODAY))


def test_the_probe_says_what_the_interface_does_not_tell(desk: BusinessCentralDoor, story: Story) -> None:
    ledger = story.connect()
    assert ledger.probe(story.external).problems == (LIMITS,)
    desk.control.put(f"/businesscentral/companies/{story.company}/payment-journal", {"made": False})
    story.control.post("/books/reminders", {"invoice": story.invoice()["id"], "on": "2026-11-01", "charge_ore": 3_500})
    probe = ledger.probe(story.external)
    assert (probe.ok, probe.problems, probe.own_dunning) == (True, (LIMITS, journal.NO_PATTERN, DUNS), ("reminders",))
    order = story.order(next(iter(story.items(ledger).values())))
    with pytest.raises(RefusedError, match="RESKONTRO"):
        ledger.register_payment(story.external, order)


def test_nothing_of_ours_is_left_lying_after_a_posting_or_a_refusal(desk: BusinessCentralDoor, story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    story.control.put(f"/books/companies/{story.company}/lock", {"until": TODAY.isoformat()})
    with pytest.raises(RefusedError):
        ledger.register_payment(story.external, order)
    assert desk.journals(story.company) == []
    story.control.put(f"/books/companies/{story.company}/lock", {"until": None})
    ledger.register_payment(story.external, order)
    assert (desk.journals(story.company), story.remaining(invoice)) == ([], 85_000)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before"])
@pytest.mark.parametrize("step", ["customerPaymentJournals", "customerPayments", "Microsoft.NAV.post"])
def test_a_step_whose_answer_was_lost_is_taken_again_and_pays_once(desk: BusinessCentralDoor, story: Story, step: str, kind: str) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    path = f"/businesscentral/v2.0/{story.external.split(':')[0]}/Production/api/v2.0/companies({story.external.split(':')[2]})"
    call = {"customerPaymentJournals": f"POST {path}/customerPaymentJournals"}.get(step, step)
    if step == "customerPayments":
        # the line is read before it is written: the fault is for the second call
        ledger = story.connect(before=lambda request, _: _fault_on_post(desk, request, kind))
    else:
        desk.control.fault(call, kind)
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(story.external, order)
    desk.control.delete("/faults")
    receipt = story.connect().register_payment(story.external, order)
    assert (story.remaining(invoice), receipt.posted_on) == (85_000, TODAY)
    assert story.connect().find_payment(story.external, order) == receipt
    assert desk.journals(story.company) == []


def test_a_draft_changed_by_hand_is_not_posted(desk: BusinessCentralDoor, story: Story) -> None:
    invoice, ledger = story.invoice(), story.connect()
    order = story.order(story.items(ledger)[str(invoice["number"])])
    desk.control.fault("Microsoft.NAV.post", "drop_before")
    with pytest.raises(UnknownOutcomeError):
        ledger.register_payment(story.external, order)
    with pytest.raises(ConflictError, match="changed by hand"):
        ledger.register_payment(story.external, type(order)(**{f: getattr(order, f) for f in order.__slots__} | {"amount_ore": 50_000}))
    assert story.remaining(invoice) == 125_000


def test_a_foreign_invoice_is_not_paid_from_here(story: Story) -> None:
    invoice, ledger = story.invoice(10_000, currency="EUR", rate="11.5"), story.connect()
    with pytest.raises(UnsupportedError):
        ledger.register_payment(story.external, story.order(story.items(ledger)[str(invoice["number"])]))


def test_credit_that_is_left_over_is_the_customers(story: Story) -> None:
    invoice = story.invoice(90_000)
    story.pay(invoice, 60_000)
    story.control.post("/books/credit-notes", {"invoice": invoice["id"], "amount_ore": 90_000, "on": "2026-11-03"})
    ledger = story.connect()
    (item,) = ledger.fetch_open_items(story.external, TODAY)
    assert (item.kind, item.remaining_ore, len(item.doubts)) == (ItemKind.CREDIT_NOTE, -90_000, 1)
    assert ledger.read_item(story.external, item.external_id, None).state is ItemState.OPEN


def test_what_is_settled_by_money_and_what_by_credit_is_told_apart(story: Story) -> None:
    invoice = story.invoice()
    story.control.post("/books/credit-notes", {"invoice": invoice["id"], "amount_ore": 25_000, "on": "2026-11-02"})
    story.pay(invoice, 40_000)
    ledger = story.connect()
    item = story.items(ledger)[str(invoice["number"])]
    assert [(p.kind, p.amount_ore, p.paid_on) for p in item.payments] == [(ItemKind.CREDIT_NOTE, 25_000, date(2026, 11, 2))]
    assert (item.settled_ore, item.remaining_ore) == (40_000, 60_000)
    story.pay(invoice, 60_000)
    assert ledger.read_item(story.external, item.external_id, None).state is ItemState.PAID


@pytest.mark.parametrize(("status", "state"), [("Paid", ItemState.PAID), ("Canceled", ItemState.CREDITED), ("Corrective", ItemState.GONE)])
def test_what_is_closed_without_a_word_for_it_is_gone_never_paid(status: str, state: ItemState) -> None:
    row = {"lastModifiedDateTime": "2026-11-20T10:00:00Z", "status": status, "dueDate": "2026-10-15"}
    live = live_of({**row, "totalAmountIncludingTax": 1250, "remainingAmount": 0}, ())
    assert (live.state, live.settled_ore) == (state, None if state is ItemState.GONE else 125_000)


def test_a_draft_is_not_owed(story: Story) -> None:
    story.invoice(charged=False)
    assert story.items(story.connect()) == {}


def test_the_token_is_sent_nowhere_but_where_we_ask(story: Story) -> None:
    for n in range(1, 6):
        story.invoice(1_000 * n)
    asked: list[httpx.Request] = []
    list(story.connect(page_size=2, before=lambda request, _: asked.append(request)).fetch_open_items(story.external, TODAY))
    assert len({request.url.netloc for request in asked}) == 1 and len(asked) > 3


@pytest.mark.parametrize(
    ("status", "write", "said", "expected"),
    [
        (504, True, "", UnknownOutcomeError),
        (408, True, "", UnknownOutcomeError),
        (412, True, "Another user has already changed the record.", ConflictError),
        (400, False, "Sorry, the current permissions prevented the action. (TableData 17 G/L Entry Read)", PermissionMissingError),
    ],
)
def test_refusals_are_named(status: int, write: bool, said: str, expected: type[Exception]) -> None:
    body = b'{"error": {"code": "x", "message": "%s"}}' % said.encode()
    assert type(refusal_of(Reply(status, {}, body), "GET /x", write)) is expected


def test_an_empty_date_is_none() -> None:
    assert (day_of("0001-01-01"), day_of("2026-11-20")) == (None, date(2026, 11, 20))


def _fault_on_post(desk: BusinessCentralDoor, request: httpx.Request, kind: str) -> None:
    if request.method == "POST" and request.url.path.endswith("/customerPayments"):
        desk.control.fault("POST", kind)


def test_a_consent_dies_unused_after_ninety_days_and_that_is_known(desk: BusinessCentralDoor) -> None:
    asked = desk.oauth.begin("http://127.0.0.1:8000/connections/businesscentral/callback")
    given = desk.oauth.finish(asked, visit(asked))
    assert given.ends_at == NOW + timedelta(days=90)
    desk.clock.move(timedelta(days=30))
    assert desk.oauth.refresh(given).ends_at == NOW + timedelta(days=120)


def test_a_refresh_token_that_lay_unused_too_long_is_refused() -> None:
    clock = FixedClock(NOW)
    with borrowed_sandbox(clock.now) as sandbox, businesscentral_door(sandbox.url) as desk:
        asked = desk.oauth.begin("http://127.0.0.1:8000/connections/businesscentral/callback")
        given = desk.oauth.finish(asked, visit(asked))
        clock.move(timedelta(days=89))
        given = desk.oauth.refresh(given)
        clock.move(timedelta(days=90))
        with pytest.raises(AuthRevokedError):
            desk.oauth.refresh(given)
