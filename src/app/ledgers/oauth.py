"""OAuth 2.0 by authorisation code (RFC 6749, PKCE RFC 7636), spoken by Authlib over the one HTTP client.

Nothing here touches the database: who keeps `state`, verifier and tokens is the caller's business. A call to the token endpoint is a
write: it spends a code or a refresh token, so an answer that is lost is `UnknownOutcomeError` and the old token must be kept.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from authlib.oauth2.base import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from app.ledgers.errors import AuthRevokedError, RateLimitedError
from app.ledgers.ports import Credential
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply
from app.values.clock import Clock

STATE_BYTES = 32
ANSWER_HEADERS = {"accept": "application/json"}
CLIENT_REFUSED = frozenset({"invalid_client", "unauthorized_client"})


class ConsentDeniedError(RefusedError):
    """The user was asked and said no (`access_denied`)."""


class ConsentExpiredError(RefusedError):
    """The code was too old, used before, or not for us: connect again from the start."""


class StateMismatchError(RefusedError):
    """The answer does not belong to the question this user asked: somebody else's code, or a forged link. Never exchanged."""


@dataclass(frozen=True, slots=True)
class OAuthEndpoints:
    """Where and how one vendor speaks OAuth. The flags are departures from, or options of, the standard."""

    authorize_url: str
    token_url: str
    revoke_url: str | None = None
    scope: str | None = None
    issuer: str | None = None
    pkce: bool = True
    #: the vendor wants `state` once more when the code is exchanged
    state_with_code: bool = False
    #: "bearer": the access token to be revoked authenticates the call; "rfc7009": the client does, and names the token
    revoke_style: Literal["bearer", "rfc7009"] = "rfc7009"
    #: the client's secret is what the user gave us: a client that is refused has been taken back by him
    secret_is_consent: bool = False
    #: a refresh token that nobody uses for so long dies; each use brings a fresh one. None: the vendor names no end
    unused_for: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Authorisation:
    """One question put to the user: send him to `url`; keep the rest, single use, until he comes back."""

    url: str
    redirect_uri: str
    state: str = field(repr=False)
    code_verifier: str | None = field(default=None, repr=False)


class OAuthClient:
    """One registered application at one vendor. Thread-safe: it holds no token."""

    def __init__(
        self,
        http: HttpClient,
        endpoints: OAuthEndpoints,
        clock: Clock,
        *,
        client_id: str,
        client_secret: str,
        random_text: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        self.endpoints = endpoints
        self._http = http
        self._clock = clock
        self._client_id = client_id
        self._client_secret = client_secret
        self._random_text = random_text

    def begin(self, redirect_uri: str) -> Authorisation:
        """The address to send the user to, with a fresh unguessable state and, where the vendor knows it, a PKCE challenge."""
        state = self._random_text(STATE_BYTES)
        verifier = self._random_text(STATE_BYTES + 16) if self.endpoints.pkce else None
        url, _ = self._client().create_authorization_url(
            self.endpoints.authorize_url, state=state, code_verifier=verifier, redirect_uri=redirect_uri
        )
        return Authorisation(url, redirect_uri, state, verifier)

    def read_callback(self, asked: Authorisation, answer: Mapping[str, str]) -> str:
        """The code in the answer (the query the user came back with).

        Raises `StateMismatchError`, `ConsentDeniedError`, or `RefusedError` for any other answer without a usable code.
        """
        check_state(asked.state, answer.get("state"))
        if self.endpoints.issuer is not None and answer.get("iss", self.endpoints.issuer) != self.endpoints.issuer:
            raise StateMismatchError("the answer comes from another authorisation server")
        fault = answer.get("error")
        if fault == "access_denied":
            raise ConsentDeniedError("access was not given")
        code = answer.get("code")
        if fault is not None or not code:
            raise RefusedError(f"the authorisation failed ({_plain(fault or 'no code')})")
        return code

    def exchange(self, asked: Authorisation, code: str) -> Credential:
        """Turn the code into tokens; `Credential.values` holds `access_token` and `refresh_token`.

        Raises `ConsentExpiredError` when the code no longer works, and `UnknownOutcomeError` when the answer is lost: start again then.
        """
        body = urlencode({"state": asked.state}) if self.endpoints.state_with_code else ""
        extra = {} if asked.code_verifier is None else {"code_verifier": asked.code_verifier}

        def ask(client: Any) -> Mapping[str, Any]:
            token: Mapping[str, Any] = client.fetch_token(
                self.endpoints.token_url, body, headers=dict(ANSWER_HEADERS), grant_type="authorization_code", code=code,
                redirect_uri=asked.redirect_uri, **extra,
            )  # fmt: skip
            return token

        return self._token(Credential({}), ask, ConsentExpiredError("the authorisation code is no longer valid"))

    def finish(self, asked: Authorisation, answer: Mapping[str, str]) -> Credential:
        """The user is back: read the code in the answer and exchange it."""
        return self.exchange(asked, self.read_callback(asked, answer))

    def own_token(self, kept: Mapping[str, str], **extra: str) -> Credential:
        """A token for ourselves (client credentials); `extra` goes into the form, e.g. whose company it is for. `kept` stays beside it.

        Raises `RefusedError` when the vendor does not let us in; asking again is harmless.
        """

        def ask(client: Any) -> Mapping[str, Any]:
            token: Mapping[str, Any] = client.fetch_token(
                self.endpoints.token_url, headers=dict(ANSWER_HEADERS), grant_type="client_credentials", **extra
            )
            return token

        return self._token(Credential(kept), ask, AuthRevokedError("the ledger does not let us in for this company"))

    def refresh(self, current: Credential) -> Credential:
        """New tokens for old; the refresh token may be a new one, so store the answer before using it. Fits `RenewCall`.

        Raises `AuthRevokedError` when the refresh token no longer works; on every other error the old one is still the best we have.
        """
        refresh_token = current.values.get("refresh_token")
        if not refresh_token:
            raise AuthRevokedError("the access has run out and there is no refresh token; connect again")

        def ask(client: Any) -> Mapping[str, Any]:
            token: Mapping[str, Any] = client.refresh_token(self.endpoints.token_url, refresh_token, headers=dict(ANSWER_HEADERS))
            return token

        return self._token(current, ask, AuthRevokedError("the access has been withdrawn; connect again"))

    def revoke(self, current: Credential) -> None:
        """Give the access back. Access that is already gone is a success; other refusals raise."""
        if self.endpoints.revoke_url is None:
            return
        if self.endpoints.revoke_style == "rfc7009":
            reply = self._client().revoke_token(
                self.endpoints.revoke_url, current.values["refresh_token"], "refresh_token", headers=dict(ANSWER_HEADERS)
            )
            _accepted(reply.status_code)
            return
        reply = self._revoke_by_bearer(self.endpoints.revoke_url, current)
        if reply.status == 401:
            try:
                current = self.refresh(current)
            except AuthRevokedError:
                return
            reply = self._revoke_by_bearer(self.endpoints.revoke_url, current)
        _accepted(reply.status)

    def _revoke_by_bearer(self, url: str, current: Credential) -> Reply:
        return self._http.request("POST", url, headers={"authorization": f"Bearer {current.values['access_token']}"})

    def _token(self, kept: Credential, ask: Callable[[Any], Mapping[str, Any]], dead: RefusedError) -> Credential:
        asked_at = self._clock.now()
        try:
            token = ask(self._client())
        except OAuth2Error as fault:
            if fault.error == "invalid_grant" or (self.endpoints.secret_is_consent and fault.error in CLIENT_REFUSED):
                raise dead from None
            if fault.error in ("temporarily_unavailable", "server_error", "slow_down"):
                raise TryLaterError(f"the token endpoint asks us to wait ({_plain(fault.error)})") from None
            raise RefusedError(f"the token endpoint refused ({_plain(fault.error)})") from None
        except ValueError as fault:
            raise BrokenError("the token endpoint answered without a token") from fault
        return _credential(kept, token, asked_at, self.endpoints.unused_for)

    def _client(self) -> Any:
        # a fresh one per call: Authlib's client remembers the last token it saw, which two threads must not share
        return OAuth2Client(
            _Session(self._http), self._client_id, self._client_secret, scope=self.endpoints.scope, code_challenge_method="S256"
        )


def check_state(expected: str, received: str | None) -> None:
    """Raise `StateMismatchError` unless the state that came back is the one that was sent (compared in constant time)."""
    if not expected or not hmac.compare_digest(expected.encode(), (received or "").encode()):
        raise StateMismatchError("the answer does not belong to this connection attempt")


class _Answer:
    """What Authlib wants to see of an HTTP response."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.status_code = reply.status

    def json(self) -> Any:
        return self._reply.json()

    def raise_for_status(self) -> None:
        raise BrokenError(f"the token endpoint answered without JSON (status {self.status_code})")


class _Session:
    """The session Authlib sends through: our own client, so that its timeouts, caps and refusals to follow redirects hold here too."""

    def __init__(self, http: HttpClient) -> None:
        self._http = http

    def post(self, url: str, *, data: Mapping[str, str], headers: Mapping[str, str], auth: Any) -> _Answer:
        url, signed, _ = auth.prepare("POST", url, dict(headers), "")
        reply = self._http.request("POST", url, form=data, headers=signed)
        if reply.status == 429:
            raise RateLimitedError("the token endpoint was asked too often", _wait(reply))
        if reply.status == 503:
            raise TryLaterError("the token endpoint is closed for the moment", _wait(reply))
        if reply.status >= 500:
            raise UnknownOutcomeError(f"the token endpoint failed (status {reply.status})")
        return _Answer(reply)


def _credential(kept: Credential, token: Mapping[str, Any], asked_at: datetime, unused_for: timedelta | None) -> Credential:
    access, refresh = token.get("access_token"), token.get("refresh_token")
    if not isinstance(access, str) or not access or (refresh is not None and not isinstance(refresh, str)):
        raise BrokenError("the token endpoint answered without a token")
    if str(token.get("token_type", "bearer")).lower() != "bearer":
        raise BrokenError("the token endpoint gave a kind of token we do not know")
    # no part of the standard, but told by some
    told = _seconds(token.get("refresh_token_expires_in"))
    lasts = told or unused_for
    # without a fresh token the old one is kept, and ends when it did (Authlib puts it in the answer)
    is_fresh = refresh and refresh != kept.values.get("refresh_token")
    ends_at = asked_at + lasts if is_fresh and lasts else kept.ends_at
    lives = _seconds(token.get("expires_in"))
    values = {**kept.values, "access_token": access, **({"refresh_token": refresh} if refresh else {})}
    return Credential(values, None if lives is None else asked_at + lives, ends_at)


def _seconds(told: Any) -> timedelta | None:
    return timedelta(seconds=int(told)) if isinstance(told, (int, str)) and str(told).isdigit() else None


def _accepted(status: int) -> None:
    if status >= 500:
        raise UnknownOutcomeError(f"the access could not be given back (status {status})")
    if status not in (200, 204):
        raise RefusedError(f"the access could not be given back (status {status})")


def _wait(reply: Reply) -> timedelta | None:
    asked = reply.headers.get("retry-after", "")
    return timedelta(seconds=int(asked)) if asked.isdigit() else None


def _plain(text: str) -> str:
    """An error code fit for a log: what a stranger wrote there is not repeated if it is anything but a code."""
    return text if re.fullmatch(r"[a-z_ ]{1,60}", text) else "unknown error"
