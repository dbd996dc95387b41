"""Connections and what is behind them in the reader's words."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from app.ledgers.capabilities import CredentialKind
from app.ledgers.connections import ConnectError
from app.ledgers.doors import Ledgers
from app.portfolio.ledger_overview import Candidate, ConnectionHealth, Obstacle
from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


_STATES = {
    "reconnect": N_("The key or the consent no longer works. Nothing is sent for its companies until it is connected again."),
    "failing": N_("The last fetch did not come to its end. It is tried again by itself."),
    "revoked": N_("The connection is ended."),
}
_OBSTACLES = {
    Obstacle.NO_ORGANISATION_NUMBER: N_("The ledger has no organisation number for this company. Enter it there, then look again."),
    Obstacle.NO_API_ACCESS: N_("The company has not switched on API access in the ledger. Do that, then look again."),
    Obstacle.SERVED_ELSEWHERE: N_("Followed up through another connection that works."),
    Obstacle.LOST: N_("The key no longer covers this company. Tick it for the key in the ledger, then look again."),
    Obstacle.FETCH_FAILED: N_("The last fetch did not come to its end. It is tried again by itself."),
}
_FIELDS = {
    "state": N_("This consent was not begun here, or took more than ten minutes. Start again."),
    "book": N_(
        "Another bureau here is connected to this company. If the company is moving to you, have that bureau make a code for the move, and"
        " receive the company with it: its book comes along. If the bureau works for it no longer, it has to end the follow-up first."
    ),
    "organisation_number": N_("%(name)s has no organisation number in the ledger. Enter it there, then look again."),
    "company": N_("%(name)s is already followed up through another connection that works."),
}
_SECRETS = {
    ("tripletex", "employee_token"): N_("API user key from Tripletex"),
    ("xledger", "api_token"): N_("API token from Xledger"),
    ("vismanet", "tenant_id"): N_("The company's tenant ID from Visma.net"),
    ("conta", "api_key"): N_("API key from Conta"),
    ("twentyfoursevenoffice", "username"): N_("The user's e-mail address in 24SevenOffice"),
    ("twentyfoursevenoffice", "password"): N_("Its password"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A connection as the pages show it; `words` say what its state means, `problem` is what the ledger said."""

    id: uuid.UUID
    ledger: str
    ledger_label: str
    label: str
    state: str
    light: str
    words: str | None
    problem: str | None
    connected_at: datetime
    synced_at: datetime | None
    found: int
    ticked: int
    #: the last day it works, as far as it is near, and the one the bureau has noted; whether it may note one
    last_day: date | None
    ending: str | None
    ends_on: date | None
    notes_end: bool


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A company behind a key as the page shows it."""

    id: uuid.UUID
    name: str
    organisation_number: str | None
    company_id: uuid.UUID | None
    company_name: str | None
    lost_at: datetime | None
    synced_at: datetime | None
    words: str | None
    problem: str | None
    warned: bool
    choosable: bool
    proposed: bool
    running: bool
    difference_ore: int | None
    heard_at: datetime | None
    deaf: str | None
    changes_tried_at: datetime | None
    changes_problem: str | None


def shown(health: ConnectionHealth, ledgers: Ledgers) -> Shown:
    line = health.line
    words = gettext(_STATES[line.state]) if line.state in _STATES else None
    return Shown(
        line.id, line.ledger, ledger_name(ledgers, line.ledger), line.label, line.state, health.light.value, words,
        line.problem, line.connected_at, health.synced_at, line.found, line.ticked,
        line.last_day if health.ending else None, health.ending and health.ending.value, line.ends_on,
        line.state != "revoked" and notes_end(ledgers, line.ledger),
    )  # fmt: skip


def shown_candidate(candidate: Candidate) -> ShownCandidate:
    link = candidate.link
    words = None if candidate.obstacle is None else gettext(_OBSTACLES[candidate.obstacle])
    problem = link.problem if candidate.obstacle is Obstacle.FETCH_FAILED else None
    return ShownCandidate(
        link.id, link.name, link.organisation_number, link.company_id, link.company_name, link.lost_at, link.synced_at, words, problem,
        bool(link.warnings), candidate.choosable, candidate.proposed, candidate.running,
        link.difference_ore if link.differs and link.company_id is not None else None, link.heard_at, link.deaf,
        link.changes_tried_at, link.changes_problem,
    )  # fmt: skip


def ledger_name(ledgers: Ledgers, ledger: str) -> str:
    """What people call it; the short name for one there is no adapter for any more."""
    return next((known.label for known in ledgers.known() if known.ledger == ledger), ledger)


def notes_end(ledgers: Ledgers, ledger: str) -> bool:
    """A key that somebody has made may have an end that only he knows."""
    return any(one.ledger == ledger and one.credential_kind is CredentialKind.PASTED_SECRET for one in ledgers.known())


def why_not(fault: ConnectError, name: str = "") -> str:
    """A connection or tick that was refused; anything else is a field that was left empty."""
    text = gettext(_FIELDS[fault.field]) if fault.field in _FIELDS else gettext("Fill this in.")
    return text.replace("%(name)s", name)


def secret_label(ledger: str, name: str) -> str:
    label = _SECRETS.get((ledger, name))
    return gettext(label) if label else name
