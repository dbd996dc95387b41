"""Connecting ledgers: the list with lights, the wizard, the companies behind a key, and the way out. No secret is ever written back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from litestar import Request, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from app.db.unit_of_work import UnitOfWork
from app.db.vault import Vault
from app.ledgers import connections, endings
from app.ledgers.capabilities import Capabilities
from app.ledgers.connections import ConnectError, Door
from app.ledgers.doors import Ledgers
from app.ledgers.endings import EndingError
from app.net.errors import OutsideError
from app.portfolio.ledger_overview import candidates, connection_health, find_health
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.tenants.sessions import token_hash
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.bureau.connection_words import notes_end, secret_label, shown, shown_candidate, why_not
from app.web.bureau.outside_words import in_words
from app.web.dependencies import frame_of
from app.web.house import House
from app.web.i18n import gettext
from app.web.pages import Form, FormError, page, refuse, see_other, text_of, texts_of
from app.web.typed import parse_day

GUARDS = [requires(Permission.CONNECT)]
#: where the vendor sends the user back to, below the product's public address
RETURN_PATH = "/connections/{ledger}/return"


@get("/connections", guards=GUARDS, sync_to_thread=True)
def list_connections(work: Work, frame: PageFrame, house: TheHouse) -> Template:
    every = [shown(one, ledgers_of(house)) for one in connection_health(work)]
    return page(
        "pages/connections/index.html", frame, lines=[one for one in every if one.state != "revoked"],
        closed=[one for one in every if one.state == "revoked"], now=work.now(),
    )  # fmt: skip


@get("/connections/new", guards=GUARDS, sync_to_thread=True)
def choose_ledger(frame: PageFrame, house: TheHouse) -> Template:
    return page("pages/connections/choose.html", frame, known=ledgers_of(house).offered())


@get("/connections/new/{ledger:str}", guards=GUARDS, sync_to_thread=True)
def show_connect_form(
    ledger: FromPath[str], work: Work, frame: PageFrame, house: TheHouse,
    instead_of: FromQuery[uuid.UUID | None] = None,
) -> Template:  # fmt: skip
    return page("pages/connections/new.html", frame, **_form(work, house, capabilities_of(house, ledger), instead_of))


@post("/connections/new/{ledger:str}", guards=GUARDS, sync_to_thread=True)
def connect(data: Form, ledger: FromPath[str], identity: Asker, house: TheHouse) -> Redirect:
    """No transaction of ours is open while the ledger is asked. A ledger that is connected by consent takes no secret (404)."""
    wanted = capabilities_of(house, ledger)
    if wanted.credential_kind.by_consent:
        raise LookupError("this ledger is connected by consent")
    secret = {one.name: text_of(data, one.name) for one in wanted.fields}
    label = text_of(data, "label") or wanted.label
    try:
        ends_on = _end_in(data, house.database.clock.today())
        connection_id = connections.connect_with_secret(
            door_of(house), identity.bureau_id, identity.actor, ledger, label[:200], secret, ends_on
        )  # fmt: skip
    except (ConnectError, EndingError) as fault:
        raise _form_again(house, identity, wanted, data, fault) from fault
    return see_other(f"/connections/{connection_id}", "connected")


@post("/connections/{ledger:str}/consent", guards=GUARDS, sync_to_thread=True)
def ask_consent(request: Request[Any, Any, Any], ledger: FromPath[str], identity: Asker, house: TheHouse, frame: PageFrame) -> Template:
    """On to the vendor's page by a page of our own: a browser holds every redirect after a form against `form-action`, and vendors send on.

    Some vendors make the address only when asked for it, and may not answer.
    """
    wanted = capabilities_of(house, ledger)
    try:
        url = connections.begin_consent(door_of(house), identity.bureau_id, session_of(request), ledger, return_address(house, ledger))
    except OutsideError as fault:
        return _not_connected(house, identity, ledger, in_words(fault))
    answer = page("pages/connections/on_the_way.html", frame, ledger=wanted, url=url)
    answer.headers["refresh"] = f"0; url={url}"
    return answer


@get("/connections/{ledger:str}/return", guards=GUARDS, sync_to_thread=True)
def come_back(request: Request[Any, Any, Any], ledger: FromPath[str], identity: Asker, house: TheHouse) -> Redirect | Template:
    """A GET by the nature of OAuth: it can only finish what this very session began, once."""
    capabilities_of(house, ledger)
    answer = {name: str(value) for name, value in request.query_params.items()}
    try:
        connection_id = connections.finish_consent(
            door_of(house), identity.bureau_id, identity.actor, session_of(request), ledger, answer, return_address(house, ledger)
        )
    except (ConnectError, OutsideError) as fault:
        return _not_connected(house, identity, ledger, _words(fault))
    return see_other(f"/connections/{connection_id}", "connected")


@get("/connections/{connection_id:uuid}", guards=GUARDS, sync_to_thread=True)
def show_connection(connection_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Template:
    return page("pages/connections/show.html", frame, **_companies(work, house, connection_id))


@post("/connections/{connection_id:uuid}/companies", guards=GUARDS, sync_to_thread=True)
def follow_up_companies(
    data: Form, connection_id: FromPath[uuid.UUID], work: Work, frame: PageFrame,
    house: TheHouse,
) -> Redirect:  # fmt: skip
    """All of the ticked ones or none. A company of another connection is none of these (404)."""
    behind = {str(one.link.id): one for one in candidates(work, connection_id)}
    ticked = texts_of(data, "link")
    if not ticked:
        return see_other(f"/connections/{connection_id}", "nothing-chosen")
    for link_id in ticked:
        if link_id not in behind:
            raise LookupError("no such company behind this connection")
        try:
            connections.tick(work, behind[link_id].link.id)
        except ConnectError as fault:
            errors = {f"link-{link_id}": why_not(fault, behind[link_id].link.name)}
            shown_again = _companies(work, house, connection_id) | {"errors": errors}
            raise refuse(work, "pages/connections/show.html", frame, **shown_again) from fault
    return see_other(f"/connections/{connection_id}", "followed-up", len(ticked))


@post("/connections/{connection_id:uuid}/end-day", guards=GUARDS, sync_to_thread=True)
def note_end(data: Form, connection_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Redirect:
    """The last day of a key that was made for a time, or none."""
    seen = shown(find_health(work, connection_id), ledgers_of(house))
    if not seen.notes_end:
        raise LookupError("this connection's end is not for us to note")
    try:
        endings.note(work, connection_id, _end_in(data, work.today()))
    except EndingError as fault:
        wrong = {"errors": {"ends_on": gettext(str(fault))}, "typed_end": text_of(data, "ends_on")}
        raise refuse(work, "pages/connections/show.html", frame, **_companies(work, house, connection_id) | wrong) from fault
    return see_other(f"/connections/{connection_id}", "saved")


@post("/connections/{connection_id:uuid}/discovery", guards=GUARDS, sync_to_thread=True)
def look_again(connection_id: FromPath[uuid.UUID], identity: Asker, house: TheHouse) -> Redirect:
    with house.database.begin(identity.scope, identity.actor) as work:
        find_health(work, connection_id)
    try:
        found = connections.discover(door_of(house), identity.bureau_id, connection_id)
    except (OutsideError, ConnectError):
        return see_other(f"/connections/{connection_id}", "ledger-silent")
    return see_other(f"/connections/{connection_id}", "discovered", found)


@get("/connections/{connection_id:uuid}/end", guards=GUARDS, sync_to_thread=True)
def ask_to_disconnect(connection_id: FromPath[uuid.UUID], work: Work, frame: PageFrame, house: TheHouse) -> Template:
    return page("pages/connections/end.html", frame, connection=shown(find_health(work, connection_id), ledgers_of(house)))


@post("/connections/{connection_id:uuid}/end", guards=GUARDS, sync_to_thread=True)
def disconnect(connection_id: FromPath[uuid.UUID], identity: Asker, house: TheHouse) -> Redirect:
    connections.disconnect(door_of(house), identity.bureau_id, identity.actor, connection_id)
    return see_other("/connections", "disconnected")


def ledgers_of(house: House) -> Ledgers:
    return house.resources.of(Ledgers)  # type: ignore[type-abstract]


def door_of(house: House) -> Door:
    return Door(house.database.begin, ledgers_of(house), house.resources.of(Vault))


def capabilities_of(house: House, ledger: str) -> Capabilities:
    """LookupError for a ledger there is no adapter for."""
    for known in ledgers_of(house).known():
        if known.ledger == ledger:
            return known
    raise LookupError("no such ledger")


def return_address(house: House, ledger: str) -> str:
    return house.settings.public_url + RETURN_PATH.format(ledger=ledger)


def session_of(request: Request[Any, Any, Any]) -> bytes:
    """What binds a consent to the browser that began it."""
    return token_hash(request.state.token)


def _form(work: UnitOfWork, house: House, wanted: Capabilities, instead_of: uuid.UUID | None) -> dict[str, Any]:
    old = None if instead_of is None else shown(find_health(work, instead_of), ledgers_of(house))
    labels = {one.name: secret_label(wanted.ledger, one.name) for one in wanted.fields}
    return {
        "ledger": wanted, "values": {}, "errors": {}, "instead_of": old, "secret_labels": labels,
        "notes_end": notes_end(ledgers_of(house), wanted.ledger),
    }  # fmt: skip


def _form_again(
    house: House, identity: Identity, wanted: Capabilities, data: Mapping[str, Any], fault: ConnectError | EndingError
) -> FormError:
    """With what was typed, never with the secret."""
    kept = ["label", "ends_on", *(one.name for one in wanted.fields if not one.secret)]
    secrets = [one.name for one in wanted.fields if one.secret]
    if isinstance(fault, EndingError):
        field, words = "ends_on", gettext(str(fault))
    else:
        field = fault.field if fault.field in {*kept, *secrets} else next(iter(secrets), "label")
        words = _words(fault)
    with house.database.begin(identity.scope, identity.actor) as work:
        context = _form(work, house, wanted, _id_of(text_of(data, "instead_of")))
        frame = frame_of(house, identity, work)
    return FormError(
        "pages/connections/new.html",
        {"frame": frame, **context, "values": {name: text_of(data, name) for name in kept}, "errors": {field: words}},
    )


def _end_in(data: Mapping[str, Any], today: date) -> date | None:
    """`EndingError` for what is no day, or a past one."""
    typed = text_of(data, "ends_on").strip()
    try:
        last = parse_day(typed, today) if typed else None
    except ValueError as fault:
        raise EndingError("Write the day as dd.mm.yyyy, or leave the field empty.") from fault
    endings.check(last, today)
    return last


def _words(fault: ConnectError | OutsideError) -> str:
    """What the ledger said weighs more than what we made of it."""
    cause = fault if isinstance(fault, OutsideError) else fault.__cause__
    return in_words(cause) if isinstance(cause, OutsideError) else why_not(cast("ConnectError", fault))


def _not_connected(house: House, identity: Identity, ledger: str, words: str) -> Template:
    wanted = capabilities_of(house, ledger)
    with house.database.begin(identity.scope, identity.actor) as work:
        context = _form(work, house, wanted, None)
        frame = frame_of(house, identity, work)
    return page("pages/connections/new.html", frame, status=422, **{**context, "errors": {"consent": words}})


def _companies(work: UnitOfWork, house: House, connection_id: uuid.UUID) -> dict[str, Any]:
    health = find_health(work, connection_id)
    links = [shown_candidate(one) for one in candidates(work, connection_id)]
    return {
        "connection": shown(health, ledgers_of(house)), "links": links, "may_connect": health.line.state != "revoked", "errors": {},
        "typed_end": None, "now": work.now(),
    }  # fmt: skip


def _id_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


HANDLERS = [
    list_connections, choose_ledger, show_connect_form, connect, ask_consent, come_back, show_connection, follow_up_companies, look_again,
    ask_to_disconnect, disconnect, note_end,
]  # fmt: skip
