"""The weekly lists: what goes on at the deadline unless somebody stops it. The forms are shared with the companies' own pages."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import queries, weekly_lists
from app.dunning.queries import ClaimDetail, ShownList
from app.receivables import book_state
from app.receivables.readiness import Light
from app.tenants import companies
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.web.access import Place, requires
from app.web.asked import Asker, HxRequest, PageFrame, Work
from app.web.bureau.book_words import ToldBook, told_book
from app.web.htmx import Hx
from app.web.i18n import gettext, ngettext
from app.web.pages import Form, fragment, page, safe_path, see_other, text_of, texts_of


@get("/ready", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_ready(work: Work, frame: PageFrame, claim: FromQuery[uuid.UUID | None] = None) -> Template:
    """Every list that is open; `claim` is the one shown beside them."""
    return page(
        "pages/ready/index.html",
        frame,
        lists=queries.open_lists(work),
        company=None,
        base="/ready",
        now=work.now(),
        held=_held(work),
        **_aside(work, claim),
    )


@get("/companies/{company_id:uuid}/list", guards=[requires(Permission.VIEW)], sync_to_thread=True)
def show_company_list(
    work: Work,
    frame: PageFrame,
    company_id: FromPath[uuid.UUID],
    claim: FromQuery[uuid.UUID | None] = None,
) -> Template:
    """One company's list: the open one, or what became of the last."""
    company = companies.find(work, company_id)
    newest = queries.latest_list(work, company_id)
    return page(
        "pages/ready/index.html", frame, lists=[] if newest is None else [newest], company=company, base=f"/companies/{company_id}/list",
        now=work.now(), held=_held(work, [company_id]), **_aside(work, claim),
    )  # fmt: skip


@post("/entries/{entry_id:uuid}/stop", guards=[requires(Permission.STOP, Place.BOTH)], sync_to_thread=True)
def stop_entry(
    work: Work,
    identity: Asker,
    hx: HxRequest,
    entry_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[bytes]:
    """Take one invoice off the list. It stays there, struck out, with a way back and a place for the reason."""
    weekly_lists.stop(work, entry_id, text_of(data, f"note-{entry_id}") or None)
    return _answer(work, identity, hx, entry_id, data, "stopped")


@post("/entries/{entry_id:uuid}/undo", guards=[requires(Permission.STOP, Place.BOTH)], sync_to_thread=True)
def undo_entry(
    work: Work,
    identity: Asker,
    hx: HxRequest,
    entry_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[bytes]:
    weekly_lists.undo(work, entry_id)
    return _answer(work, identity, hx, entry_id, data, "put-back")


@post("/entries/{entry_id:uuid}/reason", guards=[requires(Permission.STOP, Place.BOTH)], sync_to_thread=True)
def keep_reason(
    work: Work,
    identity: Asker,
    hx: HxRequest,
    entry_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[bytes]:
    """The reason for a stop, given afterwards."""
    weekly_lists.undo(work, entry_id)
    weekly_lists.stop(work, entry_id, text_of(data, f"note-{entry_id}") or None)
    return _answer(work, identity, hx, entry_id, data, "reason-kept")


@post("/entries/{entry_id:uuid}/approve", guards=[requires(Permission.APPROVE, Place.BOTH)], sync_to_thread=True)
def approve_entry(
    work: Work,
    identity: Asker,
    hx: HxRequest,
    entry_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[bytes]:
    shown, _ = queries.list_of_entry(work, entry_id)
    weekly_lists.approve(work, shown.list_id, [entry_id])
    return _answer(work, identity, hx, entry_id, data, "approved", 1)


@post("/lists/{list_id:uuid}/approve", guards=[requires(Permission.APPROVE, Place.BOTH)], sync_to_thread=True)
def approve_list(
    work: Work,
    identity: Asker,
    hx: HxRequest,
    list_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[bytes]:
    """Say yes to the rows that are ticked, or with the field `all` to the whole list."""
    chosen = None if "all" in data else _ids(data)
    count = weekly_lists.approve(work, list_id, chosen) if chosen is None or chosen else 0
    return _answer_list(work, identity, hx, list_id, data, "approved" if count or chosen != [] else "nothing-chosen", count)


@post("/lists/{list_id:uuid}/stop", guards=[requires(Permission.STOP, Place.BOTH)], sync_to_thread=True)
def stop_chosen(
    work: Work,
    identity: Asker,
    hx: HxRequest,
    list_id: FromPath[uuid.UUID],
    data: Form,
) -> Response[bytes]:
    """Take the ticked rows off the list."""
    chosen = set(_ids(data))
    on_it = [entry.entry_id for entry in queries.find_list(work, list_id).entries if entry.entry_id in chosen]
    for entry_id in on_it:
        weekly_lists.stop(work, entry_id, None)
    return _answer_list(work, identity, hx, list_id, data, "stopped-many" if on_it else "nothing-chosen", len(on_it))


@post("/ready/approve", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def approve_everything(work: Work) -> Response[bytes]:
    """Say yes to all that is not stopped, on every open list."""
    count = sum(weekly_lists.approve(work, one.list_id) for one in queries.open_lists(work))
    return see_other("/ready", "approved", count)


def _held(work: UnitOfWork, company_ids: list[uuid.UUID] | None = None) -> dict[uuid.UUID, ToldBook]:
    """The books of companies whose lists are made and held, because what was paid may not be seen yet."""
    told = {one: told_book(standing, one) for one, standing in book_state.standings(work, company_ids).items()}
    return {one: book for one, book in told.items() if book.light is Light.RED}


def _aside(work: UnitOfWork, claim_id: uuid.UUID | None) -> dict[str, Any]:
    detail: ClaimDetail | None = queries.claim_detail(work, claim_id) if claim_id is not None else None
    return {"detail": detail, "events": [] if detail is None else queries.timeline(detail)}


def _answer(
    work: UnitOfWork, identity: Identity, hx: Hx, entry_id: uuid.UUID, form: Form, said: str, count: int | None = None
) -> Response[bytes]:
    """The row anew for htmx, with the figures above it; else back to the page the form stood on."""
    if not hx.fragment:
        return see_other(_back(identity, form), said, count)
    shown, entry = queries.list_of_entry(work, entry_id)
    words = {
        "stopped": gettext("Stopped: invoice %(invoice)s"), "put-back": gettext("Back on the list: invoice %(invoice)s"),
        "reason-kept": gettext("The reason is saved."), "approved": gettext("Approved: invoice %(invoice)s"),
    }[said]  # fmt: skip
    return fragment(
        "pages/ready/_row.html", toast=words.replace("%(invoice)s", entry.invoice), entry=entry, weekly=shown, after=said,
        base=_back(identity, form), own=identity.company_id is not None, alone=True, selected=None,
    )  # fmt: skip


def _answer_list(work: UnitOfWork, identity: Identity, hx: Hx, list_id: uuid.UUID, form: Form, said: str, count: int) -> Response[bytes]:
    if not hx.fragment:
        return see_other(_back(identity, form), said, count)
    shown: ShownList = queries.find_list(work, list_id)
    words = {
        "approved": ngettext("%(num)d invoice approved", "%(num)d invoices approved", count) % {"num": count},
        "stopped-many": ngettext("%(num)d invoice stopped", "%(num)d invoices stopped", count) % {"num": count},
        "nothing-chosen": gettext("Choose at least one row first."),
    }[said]
    return fragment(
        "pages/ready/_list.html", toast=words, weekly=shown, base=_back(identity, form), own=identity.company_id is not None,
        alone=True, selected=None, after=said, now=work.now(), company=None,
    )  # fmt: skip


def _back(identity: Identity, form: Form) -> str:
    return safe_path(text_of(form, "back"), "/own" if identity.company_id is not None else "/ready")


def _ids(form: Form) -> list[uuid.UUID]:
    found = []
    for text in texts_of(form, "entry"):
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


HANDLERS = [
    show_ready, show_company_list, stop_entry, undo_entry, keep_reason, approve_entry, approve_list, stop_chosen, approve_everything,
]  # fmt: skip
