from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.ledgers.errors import AuthRevokedError, RateLimitedError
from app.ledgers.oauth import (
    Authorisation,
    ConsentDeniedError,
    ConsentExpiredError,
    OAuthClient,
    OAuthEndpoints,
    StateMismatchError,
    check_state,
)
from app.ledgers.ports import Credential
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient
from app.values.clock import FixedClock, SystemClock
from support.fiken import CLIENT_ID, REDIRECT_URI, oauth_client, stored, visit
from support.sandbox import Control, borrowed_sandbox

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ELSEWHERE = OAuthEndpoints(
    "https://vendor.example/authorize", "https://vendor.example/token", "https://vendor.example/revoke", scope="ledger"
)


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with borrowed_sandbox() as sandbox:
        yield sandbox.url


@pytest.fixture
def control(base: str) -> Iterator[Control]:
    made = Control(base)
    made.client.patch("/fiken/settings", json={"rotate_refresh_tokens": False}).raise_for_status()
    yield made
    made.delete("/faults")
    made.close()


def _connected(base: str) -> tuple[OAuthClient, Credential]:
    oauth = oauth_client(base)
    asked = oauth.begin(REDIRECT_URI)
    return oauth, oauth.exchange(asked, oauth.read_callback(asked, visit(asked)))


def _works(base: str, credential: Credential) -> bool:
    bearer = {"authorization": f"Bearer {credential.values['access_token']}"}
    return httpx.get(f"{base}/fiken/api/v2/user", headers=bearer, trust_env=False).status_code == 200


def _vendor(
    answer: httpx.Response | httpx.TransportError, seen: list[httpx.Request] | None = None, endpoints: OAuthEndpoints = ELSEWHERE
) -> OAuthClient:
    """A vendor that gives the same answer to everything."""

    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    http = HttpClient("https://vendor.example", transport=httpx.MockTransport(handle))
    return OAuthClient(http, endpoints, FixedClock(NOON), client_id="us", client_secret="a secret: with a colon")


def test_a_user_who_allows_gives_tokens_that_work(base: str, control: Control) -> None:
    _, credential = _connected(base)
    assert _works(base, credential)
    assert credential.expires_at is not None
    assert timedelta(hours=23) < credential.expires_at - SystemClock().now() < timedelta(hours=24)


def test_a_user_who_rejects_gives_no_code(base: str, control: Control) -> None:
    oauth = oauth_client(base)
    asked = oauth.begin(REDIRECT_URI)
    with pytest.raises(ConsentDeniedError):
        oauth.read_callback(asked, visit(asked, allow=False))


def test_every_attempt_has_a_state_of_its_own(base: str) -> None:
    oauth = oauth_client(base)
    states = {oauth.begin(REDIRECT_URI).state for _ in range(20)}
    assert len(states) == 20 and all(len(s) >= 32 for s in states)


def test_an_answer_to_somebody_elses_question_is_refused(base: str, control: Control) -> None:
    oauth = oauth_client(base)
    mine, theirs = oauth.begin(REDIRECT_URI), oauth.begin(REDIRECT_URI)
    with pytest.raises(StateMismatchError):
        oauth.read_callback(mine, visit(theirs))


def test_a_rejection_with_a_foreign_state_is_a_mismatch_not_a_rejection(base: str) -> None:
    oauth = oauth_client(base)
    with pytest.raises(StateMismatchError):
        oauth.read_callback(oauth.begin(REDIRECT_URI), {"error": "access_denied", "state": "forged"})


@pytest.mark.parametrize(("expected", "received"), [("abc", None), ("abc", ""), ("abc", "abd"), ("", ""), ("abc", "æøå")])
def test_only_the_same_state_passes(expected: str, received: str | None) -> None:
    check_state("abc", "abc")
    with pytest.raises(StateMismatchError):
        check_state(expected, received)


def test_an_answer_from_another_issuer_is_refused() -> None:
    oauth = _vendor(httpx.Response(200), endpoints=OAuthEndpoints("https://a.example", "https://a.example/t", issuer="https://a.example"))
    asked = oauth.begin(REDIRECT_URI)
    with pytest.raises(StateMismatchError):
        oauth.read_callback(asked, {"code": "c", "state": asked.state, "iss": "https://b.example"})


def test_a_code_works_once(base: str, control: Control) -> None:
    oauth = oauth_client(base)
    asked = oauth.begin(REDIRECT_URI)
    code = oauth.read_callback(asked, visit(asked))
    oauth.exchange(asked, code)
    with pytest.raises(ConsentExpiredError):
        oauth.exchange(asked, code)


def test_a_code_is_bound_to_state_and_address(base: str, control: Control) -> None:
    oauth = oauth_client(base)
    asked = oauth.begin(REDIRECT_URI)
    code = oauth.read_callback(asked, visit(asked))
    with pytest.raises(ConsentExpiredError):
        oauth.exchange(Authorisation(asked.url, REDIRECT_URI + "/other", asked.state), code)


def test_a_wrong_client_secret_is_our_fault_and_not_the_users(base: str, control: Control) -> None:
    _, credential = _connected(base)
    with pytest.raises(RefusedError, match="invalid_client") as caught:
        oauth_client(base, secret="wrong").refresh(credential)
    assert not isinstance(caught.value, AuthRevokedError)


def test_a_refresh_without_rotation_keeps_the_refresh_token(base: str, control: Control) -> None:
    oauth, before = _connected(base)
    after = oauth.refresh(before)
    assert after.values["refresh_token"] == before.values["refresh_token"]
    assert after.values["access_token"] != before.values["access_token"] and _works(base, after)


def test_a_rotated_refresh_token_works_once(base: str, control: Control) -> None:
    control.client.patch("/fiken/settings", json={"rotate_refresh_tokens": True}).raise_for_status()
    oauth, before = _connected(base)
    after = oauth.refresh(before)
    assert after.values["refresh_token"] != before.values["refresh_token"]
    with pytest.raises(AuthRevokedError):
        oauth.refresh(before)
    assert _works(base, oauth.refresh(after))


def test_two_workers_refresh_a_rotating_token_exactly_once(base: str, control: Control) -> None:
    control.client.patch("/fiken/settings", json={"rotate_refresh_tokens": True}).raise_for_status()
    oauth, stale = _connected(base)
    store, start = stored(stale), threading.Barrier(2)
    before = control.get("/fiken/state")["granted"].get("refresh_token", 0)

    def work(_: int) -> Credential:
        start.wait(5)
        return store.renew(stale, oauth.refresh)

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(work, range(2))
    assert control.get("/fiken/state")["granted"]["refresh_token"] == before + 1
    assert one.values == other.values and _works(base, one)


def test_a_lost_refresh_answer_is_unknown_and_the_old_token_is_kept(base: str, control: Control) -> None:
    oauth, before = _connected(base)
    store = stored(before)
    control.fault("/fiken/oauth/token", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        store.renew(before, oauth.refresh)
    assert store.load() == before
    assert _works(base, store.renew(before, oauth.refresh))


def test_a_lost_answer_of_a_rotating_refresh_ends_in_connect_again(base: str, control: Control) -> None:
    control.client.patch("/fiken/settings", json={"rotate_refresh_tokens": True}).raise_for_status()
    oauth, before = _connected(base)
    control.fault("/fiken/oauth/token", "drop_after")
    with pytest.raises(UnknownOutcomeError):
        oauth.refresh(before)
    with pytest.raises(AuthRevokedError):
        oauth.refresh(before)


def test_a_revoked_consent_cannot_be_refreshed(base: str, control: Control) -> None:
    oauth, credential = _connected(base)
    oauth.revoke(credential)
    assert not _works(base, credential)
    with pytest.raises(AuthRevokedError):
        oauth.refresh(credential)


def test_revoking_what_is_already_revoked_succeeds(base: str, control: Control) -> None:
    oauth, credential = _connected(base)
    oauth.revoke(credential)
    oauth.revoke(credential)


def test_revoking_with_an_expired_access_token_renews_it_first(base: str, control: Control) -> None:
    oauth, credential = _connected(base)
    control.delete("/fiken/access-tokens")
    oauth.revoke(credential)
    with pytest.raises(AuthRevokedError):
        oauth.refresh(credential)


def test_pkce_is_sent_where_the_vendor_knows_it_and_left_out_where_not(base: str) -> None:
    seen: list[httpx.Request] = []
    oauth = _vendor(httpx.Response(200, json={"access_token": "a", "token_type": "Bearer"}), seen)
    asked = oauth.begin(REDIRECT_URI)
    query = parse_qs(urlsplit(asked.url).query)
    assert query["code_challenge_method"] == ["S256"] and query["scope"] == ["ledger"]
    oauth.exchange(asked, "code")
    sent = parse_qs(seen[0].content.decode())
    assert sent["code_verifier"] == [asked.code_verifier] and query["code_challenge"] != sent["code_verifier"] and "state" not in sent
    fiken = oauth_client(base).begin(REDIRECT_URI)
    assert fiken.code_verifier is None and "code_challenge" not in fiken.url


def test_the_client_authenticates_by_basic_and_puts_no_secret_in_the_body() -> None:
    seen: list[httpx.Request] = []
    _vendor(httpx.Response(200, json={"access_token": "a"}), seen).refresh(Credential({"refresh_token": "r"}))
    assert seen[0].headers["authorization"].startswith("Basic ")
    assert b"secret" not in seen[0].content and b"client_secret" not in str(seen[0].url).encode()


def test_what_else_was_kept_in_the_credential_survives_a_refresh() -> None:
    oauth = _vendor(httpx.Response(200, json={"access_token": "new", "expires_in": 60}))
    after = oauth.refresh(Credential({"access_token": "old", "refresh_token": "r", "user": "kari"}))
    assert after.values == {"access_token": "new", "refresh_token": "r", "user": "kari"}
    assert after.expires_at == NOON + timedelta(seconds=60)


def test_when_a_consent_ends_is_known_where_the_vendor_tells_and_moves_with_each_fresh_token() -> None:
    quiet = Credential({"refresh_token": "r"}, ends_at=NOON + timedelta(days=2))
    fresh = {"access_token": "a", "refresh_token": "s"}
    unused = replace(ELSEWHERE, unused_for=timedelta(days=90))

    def after(endpoints: OAuthEndpoints, told: dict[str, object]) -> datetime | None:
        return _vendor(httpx.Response(200, json=told), endpoints=endpoints).refresh(quiet).ends_at

    assert after(ELSEWHERE, fresh) == quiet.ends_at
    assert after(unused, fresh) == NOON + timedelta(days=90)
    assert after(unused, fresh | {"refresh_token_expires_in": 3600}) == NOON + timedelta(hours=1)
    assert after(ELSEWHERE, fresh | {"refresh_token_expires_in": "soon"}) == quiet.ends_at
    assert after(unused, {"access_token": "a"}) == quiet.ends_at, "the old token is kept, and ends when it did"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(429, headers={"retry-after": "7"}), RateLimitedError),
        (httpx.Response(503), TryLaterError),
        (httpx.Response(500), UnknownOutcomeError),
        (httpx.Response(400, json={"error": "invalid_grant"}), AuthRevokedError),
        (httpx.Response(400, json={"error": "temporarily_unavailable"}), TryLaterError),
        (httpx.Response(400, json={"error": "unauthorized_client"}), RefusedError),
        (httpx.Response(403, text="<html>gateway</html>"), BrokenError),
        (httpx.Response(200, text="<html>welcome</html>"), BrokenError),
        (httpx.Response(200, json=["a"]), BrokenError),
        (httpx.Response(200, json={"token_type": "bearer"}), BrokenError),
        (httpx.Response(200, json={"access_token": "a", "token_type": "mac"}), BrokenError),
        (httpx.Response(302, headers={"location": "http://169.254.169.254/"}), BrokenError),
        (httpx.ConnectError("refused"), TryLaterError),
        (httpx.ReadTimeout("silence"), UnknownOutcomeError),
    ],
    ids=lambda value: getattr(value, "__name__", None) or repr(value)[:40],
)
def test_each_answer_of_the_token_endpoint_has_its_meaning(
    answer: httpx.Response | httpx.TransportError, error: type[OutsideError]
) -> None:
    seen: list[httpx.Request] = []
    with pytest.raises(error) as caught:
        _vendor(answer, seen).refresh(Credential({"access_token": "a", "refresh_token": "r-secret"}))
    assert len(seen) == 1, "a token request must never be repeated or redirected by itself"
    assert "r-secret" not in str(caught.value)


def test_a_vendors_own_words_are_not_repeated_in_an_error() -> None:
    told = httpx.Response(400, json={"error": "<script>x</script>", "error_description": "token r-secret is bad"})
    with pytest.raises(RefusedError) as caught:
        _vendor(told).refresh(Credential({"refresh_token": "r-secret"}))
    assert "script" not in str(caught.value) and "r-secret" not in str(caught.value)


def test_without_a_refresh_token_the_user_must_connect_again() -> None:
    with pytest.raises(AuthRevokedError):
        _vendor(httpx.Response(200)).refresh(Credential({"access_token": "a"}))


def test_the_standard_revocation_names_the_refresh_token() -> None:
    seen: list[httpx.Request] = []
    _vendor(httpx.Response(200), seen).revoke(Credential({"access_token": "a", "refresh_token": "r"}))
    assert parse_qs(seen[0].content.decode()) == {"token": ["r"], "token_type_hint": ["refresh_token"]}


def test_no_secret_is_shown_when_an_authorisation_or_credential_is_printed() -> None:
    asked = Authorisation("https://a.example", REDIRECT_URI, "the-state", "the-verifier")
    assert "the-state" not in repr(asked) and "the-verifier" not in repr(asked)
    assert "the-token" not in repr(Credential({"access_token": "the-token"}))


def test_an_unknown_app_is_stopped_on_the_page_and_not_sent_on(base: str) -> None:
    asked = oauth_client(base).begin(REDIRECT_URI)
    page = httpx.get(asked.url.replace(CLIENT_ID, "somebody"), trust_env=False)
    assert page.status_code == 400 and "location" not in page.headers
