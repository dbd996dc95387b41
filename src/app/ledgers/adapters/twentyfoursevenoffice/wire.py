"""24SevenOffice on the wire: sessions, and what its refusals mean.

A session belongs to one login and looks into one company at a time; which one is kept by the vendor and can be changed. So each company has
a session of its own here, and a reading counts only when the same session says afterwards that it still is of that company: what is
answered to a session that has ended is not documented, and an empty list must never be taken for a company where nothing is owed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol, TypeVar

from app.ledgers.adapters.twentyfoursevenoffice import soap
from app.ledgers.adapters.twentyfoursevenoffice.soap import AUTHENTICATE, CLIENT, Fields, Node, Service
from app.ledgers.calls import Calls, Pause, retry_after
from app.ledgers.errors import LoginRefusedError, PeriodLockedError, PermissionMissingError, RateLimitedError
from app.ledgers.ports import Credential, CredentialStore
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError, UnknownOutcomeError
from app.net.http import HttpClient, Reply, backoff
from app.values.clock import Clock

Told = TypeVar("Told")
COOKIE = "ASP.NET_SessionId"
#: an hour's calls are used up; the vendor's own words
QUARANTINE = "Quarantine ends"
RIGHTS = re.compile(r"access|permission|not allowed|rights|tilgang|rettighet", re.IGNORECASE)
LOGIN = re.compile(r"credential|password|user ?name|blocked|passord|brukernavn", re.IGNORECASE)
LOCKED = re.compile(r"(period|year|periode|år).{0,60}(closed|locked|not open|lukket|stengt|låst|sperret)", re.IGNORECASE)
CLIENT_ID = re.compile(r"[0-9]{1,19}")
#: others renew sessions of other companies in the same credential meanwhile
RENEWALS_MAX = 8
LOGIN_REFUSED = "24SevenOffice no longer accepts this e-mail and password. Connect again with those of a user that may log in."


class FaultError(RefusedError):
    """The service refused, in its own words."""


class Ask(Protocol):
    """One call that changes nothing, in the session at hand."""

    def __call__(self, service: Service, call: str, fields: Fields | None = None) -> Node | None: ...


class Wire:
    """Calls in a session of the company they are about."""

    def __init__(self, http: HttpClient, store: CredentialStore, clock: Clock, application_id: str, pause: Pause = backoff) -> None:
        self._store, self._application_id = store, application_id
        self._calls = Calls(http, store, clock, sign=lambda _: {}, refusal=refusal_of, pause=pause)
        self._sessions: dict[str, str] = {}

    def read(self, company: str, reading: Callable[[Ask], Told]) -> Told:
        """What `reading` gives, all of it from one session that is the company's, before and after."""
        session = self._session(company)
        for _ in range(2):
            trouble: OutsideError | None = None
            try:
                told = reading(self._asker(session))
            except RateLimitedError:
                raise
            except OutsideError as caught:
                trouble = caught
            if self._is_of(session, company):
                if trouble is None:
                    return told
                raise _meant(trouble)
            session = self._renewed(company, session)
        raise TryLaterError("24SevenOffice ended the session while it was read")

    def write(self, company: str, service: Service, call: str, fields: Fields) -> Node:
        """An act, in a session that has just said it is the company's. A refusal that does not say whether it acted is unknown."""
        session = self._session(company)
        if not self._is_of(session, company):
            session = self._renewed(company, session)
        told = soap.answer(self._send(session, service, call, fields, write=True).body, call)
        if told is None:
            raise UnknownOutcomeError(f"{call}: 24SevenOffice did not say what it did")
        return told

    def companies(self) -> Iterator[tuple[Node, Node | None]]:
        """Each identity of the user's, and what its company says of itself (None: it does not let us in), from a session of its own."""
        ask = self._asker(self._log_in(self._store.load()))
        for identity in self._identities(ask):
            try:
                card = ask(CLIENT, "GetClientInformation") if _enter(ask, identity) else None
            except FaultError:
                card = None
            yield identity, card

    def _identities(self, ask: Ask) -> list[Node]:
        """What the user may look into: one of his identities for each company."""
        told = ask(AUTHENTICATE, "GetIdentities")
        return [] if told is None else [one for one in told.each("Identity") if not one.is_true("IsDisabled") and one.text("Client/Id")]

    def _asker(self, session: str) -> Ask:
        def ask(service: Service, call: str, fields: Fields | None = None) -> Node | None:
            return soap.answer(self._send(session, service, call, fields or {}, write=False).body, call)

        return ask

    def _send(self, session: str | None, service: Service, call: str, fields: Fields, *, write: bool) -> Reply:
        headers = {
            "content-type": "text/xml; charset=utf-8", "soapaction": f'"{service.action(call)}"',
            **({} if session is None else {"cookie": f"{COOKIE}={session}"}),
        }  # fmt: skip
        body = soap.envelope(service, call, fields)
        reply = self._calls.send("POST", service.path, content=body, headers=headers, write=write)
        if soap.fault(reply.body) is not None:
            raise refusal_of(reply, f"POST {service.path}", write)
        return reply

    def _session(self, company: str) -> str:
        if not CLIENT_ID.fullmatch(company):
            raise PermissionMissingError("that is no company in 24SevenOffice")
        if company not in self._sessions:
            kept = self._store.load().values.get(_key(company))
            self._sessions[company] = self._renewed(company, None) if kept is None else kept
        return self._sessions[company]

    def _renewed(self, company: str, stale: str | None) -> str:
        """A new session, or the one that somebody else has made meanwhile."""
        current = self._store.load()
        for _ in range(RENEWALS_MAX):
            kept = current.values.get(_key(company))
            if kept is not None and kept != stale:
                self._sessions[company] = kept
                return kept
            current = self._store.renew(current, lambda credential: self._begin(credential, company))
        raise TryLaterError("the sessions in 24SevenOffice kept changing")

    def _begin(self, current: Credential, company: str) -> Credential:
        """A session that looks into this company, beside those of the others."""
        session = self._log_in(current)
        ask = self._asker(session)
        mine = next((one for one in self._identities(ask) if one.text("Client/Id") == company), None)
        if mine is None or not (mine.is_true("IsCurrent") or _enter(ask, mine)):
            raise PermissionMissingError("The user has no access to this company in 24SevenOffice.")
        return Credential({**current.values, _key(company): session})

    def _log_in(self, current: Credential) -> str:
        """The identity is left to the vendor's default: which companies there are is only told afterwards."""
        credential = {
            "ApplicationId": self._application_id, "Password": current.values.get("password", ""),
            "Username": current.values.get("username", "").strip(),
        }  # fmt: skip
        try:
            told = soap.answer(self._send(None, AUTHENTICATE, "Login", {"credential": credential}, write=False).body, "Login")
        except FaultError as refusal:
            raise (LoginRefusedError(LOGIN_REFUSED) if LOGIN.search(str(refusal)) else TryLaterError(str(refusal))) from refusal
        if told is None or told.own is None:
            raise LoginRefusedError(LOGIN_REFUSED)
        return told.own

    def _is_of(self, session: str, company: str) -> bool:
        try:
            told = self._asker(session)(AUTHENTICATE, "GetIdentity")
        except FaultError:
            return False
        return told is not None and told.text("Client/Id") == company


def refusal_of(reply: Reply, where: str, write: bool) -> OutsideError:
    words = soap.fault(reply.body)
    if reply.status == 429:
        return RateLimitedError("24SevenOffice asks for a pause", retry_after(reply))
    if words is not None and QUARANTINE in words:
        return RateLimitedError(f"24SevenOffice: {words}", timedelta(hours=1))
    if write:
        return UnknownOutcomeError(f"{where}: 24SevenOffice failed ({words or reply.status})")
    if words is not None or reply.status in (401, 403):
        return FaultError(f"24SevenOffice: {words or reply.status}")
    if reply.status >= 500:
        return TryLaterError(f"{where}: 24SevenOffice failed (status {reply.status})")
    return RefusedError(f"24SevenOffice: {reply.status}")


def refused_in_words(words: str) -> RefusedError:
    """What an answer means that says that nothing was done, and why."""
    said = f"24SevenOffice: {words}"
    return PeriodLockedError(said) if LOCKED.search(words) else PermissionMissingError(said) if RIGHTS.search(words) else RefusedError(said)


@contextmanager
def reading(what: str) -> Iterator[None]:
    """What we cannot make sense of inside becomes a `BrokenError` that names what was read, not what it held."""
    try:
        yield
    except (KeyError, TypeError, ValueError, ArithmeticError, IndexError) as odd:
        raise BrokenError(f"{what}: {type(odd).__name__} in what 24SevenOffice answered") from odd


def _meant(trouble: OutsideError) -> OutsideError:
    """A fault of a living session: a right that is missing, else something that may pass."""
    if not isinstance(trouble, FaultError):
        return trouble
    words = str(trouble)
    return PermissionMissingError(words) if RIGHTS.search(words) else TryLaterError(words)


def _enter(ask: Ask, identity: Node) -> bool:
    told = ask(AUTHENTICATE, "SetIdentityById", {"identityId": identity.text("Id")})
    return told is not None and told.own == "true"


def _key(company: str) -> str:
    return f"session:{company}"
