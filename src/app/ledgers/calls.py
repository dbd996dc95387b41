"""Asking a vendor over HTTP with a credential that runs out: renewed once, told to wait, and every refusal in our words.

What vendors share; how they sign, what their refusals mean and how they page is each adapter's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

from app.ledgers.ports import Credential, CredentialStore, RenewCall
from app.net.errors import OutsideError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply, backoff
from app.values.clock import Clock

RENEW_BEFORE = timedelta(minutes=2)
#: how often a call that is told to wait is tried again
TRIES = 5

Pause = Callable[[int, timedelta | None], None]
#: what an answer of 400 and above means; `write` tells whether it may have been acted on
Refusal = Callable[[Reply, str, bool], OutsideError]
Sign = Callable[[Credential], Mapping[str, str]]
#: how long to wait, None where the vendor does not say; raises nothing
Wait = Callable[[Reply], timedelta | None]


def retry_after(reply: Reply) -> timedelta | None:
    """The standard header in seconds, where there is one."""
    asked = reply.headers.get("retry-after", "")
    return timedelta(seconds=int(asked)) if asked.isdigit() else None


class Calls:
    """Requests on behalf of one connection.

    `renew` makes a new credential from an old one (None: it never runs out); `turn` is entered around each request, for vendors that
    count what is under way; `throttled` recognises an answer that means "wait", also where its status does not.
    """

    def __init__(
        self,
        http: HttpClient,
        store: CredentialStore,
        clock: Clock,
        *,
        sign: Sign,
        refusal: Refusal,
        renew: RenewCall | None = None,
        turn: Callable[[], AbstractContextManager[object]] = nullcontext,
        throttled: Callable[[Reply], bool] = lambda reply: reply.status == 429,
        wait: Wait = retry_after,
        pause: Pause = backoff,
    ) -> None:
        self._http, self._store, self._clock = http, store, clock
        self._sign, self._refusal, self._renew_call = sign, refusal, renew
        self._turn, self._throttled, self._wait, self._pause = turn, throttled, wait, pause

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        json_body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        write: bool | None = None,
    ) -> Reply:
        """One request, answered below 400. A 401 is tried once more with a fresh credential, "wait" a few times after waiting."""
        credential, renewed, waited = self.credential(), False, 0
        while True:
            with self._turn():
                signed = {**(headers or {}), **self._sign(credential)}
                reply = self._http.request(method, path, params=params, json_body=json_body, content=content, headers=signed, write=write)
            if reply.status == 401 and not renewed and self._renew_call is not None:
                credential, renewed = self._fresh(credential, self._renew_call), True
            elif self._throttled(reply) and waited < TRIES:
                waited += 1
                self._pause(waited, self._wait(reply))
                credential = self.credential()
            elif reply.status >= 400 or self._throttled(reply):
                raise self._refusal(reply, f"{method} {path.split('?', maxsplit=1)[0]}", method != "GET" if write is None else write)
            else:
                return reply

    def credential(self) -> Credential:
        """The one that is kept, renewed when it is about to run out."""
        current = self._store.load()
        runs_out = current.expires_at is not None and current.expires_at - RENEW_BEFORE <= self._clock.now()
        return self._fresh(current, self._renew_call) if runs_out and self._renew_call is not None else current

    def _fresh(self, stale: Credential, renew: RenewCall) -> Credential:
        try:
            return self._store.renew(stale, renew)
        except UnknownOutcomeError as fault:
            # what is unknown is the token's fate, not that of the caller's act, which has not been sent
            raise TryLaterError("the ledger did not answer when the access was to be renewed; the old one is kept") from fault
