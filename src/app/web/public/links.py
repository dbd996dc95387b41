"""The pages behind the links of the weekly list's e-mail: no login, one list, until its deadline. A GET shows; only a form acts."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning import queries, weekly_lists
from app.dunning.queries import ListedClaim, ShownList
from app.web.asked import OpenedLink, Work
from app.web.list_links import ListLink
from app.web.pages import Form, bare_page, see_other, text_of


@get("/l/{token:str}", sync_to_thread=True)
def show_list(work: Work, link: OpenedLink, token: FromPath[str]) -> Template:
    return bare_page("pages/links/list.html", weekly=queries.find_list(work, link.list_id), token=link.token)


@get("/l/{token:str}/stop/{entry_id:uuid}", sync_to_thread=True)
def ask_before_stopping(work: Work, link: OpenedLink, token: FromPath[str], entry_id: FromPath[uuid.UUID]) -> Template:
    """What the link in the e-mail opens: one invoice, and the question."""
    weekly, entry = _entry(work, link, entry_id)
    return bare_page("pages/links/stop.html", weekly=weekly, entry=entry, token=link.token)


@post("/l/{token:str}/stop/{entry_id:uuid}", sync_to_thread=True)
def stop(work: Work, link: OpenedLink, token: FromPath[str], entry_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    _entry(work, link, entry_id)
    weekly_lists.stop(work, entry_id, text_of(data, "note") or None)
    return see_other(f"/l/{link.token}", "stopped")


@post("/l/{token:str}/undo/{entry_id:uuid}", sync_to_thread=True)
def undo(work: Work, link: OpenedLink, token: FromPath[str], entry_id: FromPath[uuid.UUID]) -> Response[Any]:
    _entry(work, link, entry_id)
    weekly_lists.undo(work, entry_id)
    return see_other(f"/l/{link.token}", "put-back")


@post("/l/{token:str}/approve", sync_to_thread=True)
def approve(work: Work, link: OpenedLink, token: FromPath[str]) -> Response[Any]:
    count = weekly_lists.approve(work, link.list_id)
    return see_other(f"/l/{link.token}", "approved", count)


def _entry(work: UnitOfWork, link: ListLink, entry_id: uuid.UUID) -> tuple[ShownList, ListedClaim]:
    """The link opens this list only; an entry of another one does not exist."""
    weekly, entry = queries.list_of_entry(work, entry_id)
    if weekly.list_id != link.list_id:
        raise LookupError("not on this list")
    return weekly, entry


HANDLERS = [show_list, ask_before_stopping, stop, undo, approve]
