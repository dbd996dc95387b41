from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import httpx
import pytest

from app.ledgers.adapters.fiken import FikenLedger, UserQueue, user_queue
from app.ledgers.errors import AuthRevokedError, PermissionMissingError, RateLimitedError
from app.ledgers.ports import Credential
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError
from support.fiken import Book, Recording, connected, fiken_book, order
from support.sandbox import borrowed_sandbox

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with borrowed_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def book(base: str) -> Iterator[Book]:
    with fiken_book(base) as made:
        yield made


@pytest.fixture
def ledger(book: Book) -> Iterator[FikenLedger]:
    made, _ = connected(book.base, companies=[book.company])
    yield made
    made.close()


def test_a_token_that_has_run_out_is_renewed_before_use(book: Book) -> None:
    ledger, store = connected(book.base, companies=[book.company], spend=_run_out)
    assert len(ledger.list_companies()) == 1
    assert store.renewals == 1


def test_a_token_refused_midway_is_renewed_once_and_the_call_repeated(book: Book) -> None:
    ledger, store = connected(book.base, companies=[book.company])
    sale = book.invoice()
    book.control.delete("/fiken/access-tokens")
    ledger.register_payment(book.slug, order(sale))
    assert store.renewals == 1
    assert len(ledger.read_item(book.slug, sale, None).payments) == 1


def test_a_withdrawn_consent_stops_and_does_not_loop(book: Book) -> None:
    seen: list[httpx.Request] = []
    ledger, store = connected(book.base, companies=[book.company], transport=Recording(seen))
    book.control.delete("/fiken/consents")
    with pytest.raises(AuthRevokedError):
        ledger.list_companies()
    assert len(seen) == 1 and store.renewals == 0


def test_a_token_refused_even_when_fresh_is_a_withdrawn_access(book: Book) -> None:
    seen: list[httpx.Request] = []
    ledger, _ = connected(book.base, companies=[book.company], transport=Recording(seen))
    book.control.fault("/fiken/api/v2", "status", times=5, status=401)
    with pytest.raises(AuthRevokedError):
        ledger.list_companies()
    assert len(seen) == 2


def test_two_workers_over_one_store_renew_a_rotating_token_once(book: Book) -> None:
    book.control.client.patch("/fiken/settings", json={"rotate_refresh_tokens": True}).raise_for_status()
    ledger, store = connected(book.base, companies=[book.company], spend=_run_out)
    before, start = book.control.get("/fiken/state")["granted"].get("refresh_token", 0), threading.Barrier(2)

    def work(_: int) -> int:
        start.wait(5)
        return len(ledger.list_companies())

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, range(2))) == [1, 1]
    assert book.control.get("/fiken/state")["granted"]["refresh_token"] == before + 1
    assert store.renewals == 1


def test_an_act_whose_token_renewal_was_lost_is_certainly_not_done(book: Book) -> None:
    ledger, store = connected(book.base, companies=[book.company], spend=_run_out)
    sale = book.invoice()
    book.control.fault("/fiken/oauth/token", "drop_after")
    with pytest.raises(TryLaterError):
        ledger.register_payment(book.slug, order(sale))
    assert store.renewals == 0
    assert ledger.find_payment(book.slug, order(sale)) is None


def test_one_user_is_served_one_request_at_a_time(book: Book) -> None:
    book.control.client.patch("/fiken/settings", json={"latency_seconds": 0.05}).raise_for_status()
    queue = UserQueue(spacing_seconds=0.0)
    ledgers = [connected(book.base, companies=[book.company], queue=queue)[0] for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert [len(found) for found in pool.map(lambda one: one.list_companies(), ledgers)] == [1, 1, 1, 1]
    assert book.control.get("/fiken/state")["collisions"] == {}


def test_without_a_common_queue_fiken_refuses_and_we_wait_and_come_through(book: Book) -> None:
    book.control.client.patch("/fiken/settings", json={"latency_seconds": 0.2}).raise_for_status()
    pauses: list[float] = []
    start = threading.Barrier(2)
    ledgers = [connected(book.base, companies=[book.company], queue=_noting(pauses))[0] for _ in range(2)]

    def work(one: FikenLedger) -> int:
        start.wait(5)
        return len(one.list_companies())

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(work, ledgers)) == [1, 1]
    assert sum(book.control.get("/fiken/state")["collisions"].values()) >= 1
    assert max(pauses) > 0.5


def test_who_collides_too_often_is_banned_and_told_so(book: Book, ledger: FikenLedger) -> None:
    book.control.client.patch("/fiken/settings", json={"latency_seconds": 0.2, "ban_after": 1}).raise_for_status()
    token = book.control.post("/fiken/consents", {"companies": [book.company]})["access_token"]
    ask = lambda _: httpx.get(f"{book.base}/fiken/api/v2/user", headers={"authorization": f"Bearer {token}"}, trust_env=False)  # noqa: E731
    with ThreadPoolExecutor(2) as pool:
        assert sorted(a.status_code for a in pool.map(ask, range(2))) == [200, 429]
    with pytest.raises(PermissionMissingError, match="banned"):
        ledger.list_companies()
    book.control.delete("/fiken/bans")
    assert len(ledger.list_companies()) == 1


def test_fiken_slows_down_whoever_asks_too_often(book: Book) -> None:
    book.control.client.patch("/fiken/settings", json={"requests_a_second": 1, "slow_seconds": 0.01}).raise_for_status()
    ledger, _ = connected(book.base, companies=[book.company], queue=UserQueue(spacing_seconds=0.0))
    for _ in range(6):
        ledger.list_companies()
    assert sum(book.control.get("/fiken/state")["slowed"].values()) >= 1


def test_our_spacing_stays_below_four_requests_a_second() -> None:
    now, began = [0.0], []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    queue = UserQueue(monotonic=lambda: now[0], sleep=sleep)
    for _ in range(12):
        with queue.turn():
            began.append(now[0])
    assert all(fifth - first > 1 for first, fifth in zip(began, began[4:], strict=False))


def test_refused_again_and_again_the_pause_is_handed_upwards(book: Book) -> None:
    pauses: list[float] = []
    ledger, _ = connected(book.base, companies=[book.company], queue=_noting(pauses, really=False))
    book.control.fault("/fiken/api/v2", "status", times=10, status=429)
    with pytest.raises(RateLimitedError) as caught:
        ledger.list_companies()
    assert caught.value.after == timedelta(seconds=1)
    assert len(pauses) == 3 and pauses == sorted(pauses)


def test_a_queue_spaces_requests_and_is_shared_by_name() -> None:
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        now[0] += seconds

    queue = UserQueue(0.26, lambda: now[0], sleep)
    for _ in range(3):
        with queue.turn():
            now[0] += 0.1
    with queue.turn():
        queue.hold(2)
    with queue.turn():
        pass
    assert slept == [0.16, 0.16, 0.16, 2.0]
    assert user_queue("connection-1") is user_queue("connection-1") is not user_queue("connection-2")


@pytest.mark.parametrize(
    ("method", "status", "error"), [("read", 503, TryLaterError), ("read", 500, TryLaterError), ("write", 500, UnknownOutcomeError)]
)
def test_a_failing_fiken_is_a_later_try_for_a_read_and_unknown_for_a_write(
    book: Book, ledger: FikenLedger, method: str, status: int, error: type[Exception]
) -> None:
    sale = book.invoice()
    book.control.fault("GET /fiken/api/v2" if method == "read" else "POST /fiken/api/v2", "status", status=status)
    with pytest.raises(error):
        ledger.read_item(book.slug, sale, None) if method == "read" else ledger.register_payment(book.slug, order(sale))


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"saleId": 1}', b'{"saleId": "x", "outstandingBalance": 1}', b'{"saleId": 1, "outstandingBalance": 10.5}']
)
def test_an_answer_of_another_shape_is_broken_and_nothing_is_built_on_it(book: Book, body: bytes) -> None:
    ledger, _ = connected(book.base, companies=[book.company], transport=httpx.MockTransport(lambda _: httpx.Response(200, content=body)))
    with pytest.raises(BrokenError):
        ledger.read_item(book.slug, "1", None)


@pytest.mark.parametrize("item", ["", "..", "../../user"])
def test_an_id_cannot_lead_elsewhere(book: Book, ledger: FikenLedger, item: str) -> None:
    with pytest.raises(RefusedError):
        ledger.find_payment(book.slug, order(item)) if item == "" else ledger.register_payment(book.slug, order(item))


def test_closing_one_opening_leaves_the_shared_line_to_the_others(book: Book, ledger: FikenLedger) -> None:
    ledger.list_companies()
    ledger.close()
    assert len(ledger.list_companies()) == 1


def test_every_request_carries_an_id_and_the_token_only_in_its_header(book: Book) -> None:
    seen: list[httpx.Request] = []
    ledger, store = connected(book.base, companies=[book.company], transport=Recording(seen))
    ledger.list_companies()
    token = store.load().values["access_token"]
    assert seen[0].headers["authorization"] == f"Bearer {token}" and token not in str(seen[0].url)
    assert len({r.headers["x-request-id"] for r in seen}) == len(seen) and len(seen[0].headers["x-request-id"]) == 36


def _run_out(credential: Credential) -> Credential:
    return replace(credential, expires_at=datetime(2020, 1, 1, tzinfo=UTC))


def _noting(pauses: list[float], really: bool = True) -> UserQueue:
    """A queue that writes down how long it waits."""

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if really:
            time.sleep(seconds)

    return UserQueue(0.0, sleep=sleep)
