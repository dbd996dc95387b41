"""A company's written routine, and switching its follow-up on: what that would reach, and starting with the new invoices only."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, put
from litestar.datastructures import State
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from app.api.v1.words import Id, Ore
from app.db.unit_of_work import UnitOfWork
from app.dunning import routine, routines, starting
from app.dunning.law_book import LawBook
from app.dunning.letters.routine_sheet import routine_pdf
from app.dunning.letters.routine_text import routine_text
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires
from app.values.calendar import oslo_date

TAG = "Routines"
Language = Annotated[Literal["nb", "en"], QueryParameter(description="The language of the words.")]
OfVersion = Annotated[
    Annotated[int, Meta(ge=1, le=2_000_000_000)] | None,
    QueryParameter(name="version", description="That version; without it the routine as the settings are now."),
]


class RoutineBlock(msgspec.Struct, frozen=True):
    """A heading with its sentences, and perhaps a table whose first row are its headings."""

    heading: str
    sentences: list[str]
    table: list[list[str]]


class RoutineOut(msgspec.Struct, frozen=True):
    """The written routine. `version` is null while the settings say something that has not been kept as a version yet."""

    company_id: uuid.UUID
    version: int | None
    made_at: datetime
    content_hash: str
    title: str
    blocks: list[RoutineBlock]


class RoutineVersion(msgspec.Struct, frozen=True):
    """A version that was kept."""

    version: int
    made_at: datetime
    content_hash: str


class RoutineVersions(msgspec.Struct, frozen=True):
    """Every version, newest first."""

    items: list[RoutineVersion]


class FollowUpOut(msgspec.Struct, frozen=True):
    """Is the company followed up? `old_*`: invoices overdue today and not stopped, which switching on would reach at once."""

    company_id: uuid.UUID
    active_from: datetime | None
    paused_reason: str | None
    old_invoices: int
    old_remaining_ore: Ore


class FollowUpIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`leave_old`: stop what is overdue today until somebody lets it go on, and start with the new invoices."""

    leave_old: bool = True


@get("/companies/{company_id:uuid}/routine", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getRoutine", tags=[TAG])
def get_routine(
    work: Work, request: Request[Any, Any, State], company_id: Id, version: OfVersion = None, language: Language = "nb"
) -> RoutineOut:
    """The routine in words: what happens when, by whom, and what silence means."""
    said, kept = _wanted(work, request, company_id, version)
    made_at = work.now() if kept is None else kept.made_at
    text = routine_text(said, language, None if kept is None else kept.version, oslo_date(made_at))
    blocks = [RoutineBlock(one.heading, list(one.sentences), [list(row) for row in one.table]) for one in text.blocks]
    return RoutineOut(company_id, None if kept is None else kept.version, made_at, routine.fingerprint(said), text.title, blocks)


@get(
    "/companies/{company_id:uuid}/routine/versions", sync_to_thread=True, guards=[requires(Permission.VIEW)],
    operation_id="listRoutineVersions", tags=[TAG],
)  # fmt: skip
def list_versions(work: Work, company_id: Id) -> RoutineVersions:
    """The versions that were kept."""
    companies.find(work, company_id)
    return RoutineVersions([RoutineVersion(one.version, one.made_at, one.content_hash) for one in routines.versions(work, company_id)])


@get(
    "/companies/{company_id:uuid}/routine/document", sync_to_thread=True, guards=[requires(Permission.VIEW)],
    operation_id="getRoutineDocument", tags=[TAG], media_type="application/pdf",
)  # fmt: skip
def get_document(
    work: Work, request: Request[Any, Any, State], company_id: Id, version: OfVersion = None, language: Language = "nb"
) -> Response[bytes]:
    """The routine as PDF."""
    said, kept = _wanted(work, request, company_id, version)
    pdf = routine_pdf(said, language, None if kept is None else kept.version, work.now() if kept is None else kept.made_at)
    name = f"routine-{said['organisation_number']}.pdf"
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


@get(
    "/companies/{company_id:uuid}/follow-up", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getFollowUp",
    tags=[TAG],
)  # fmt: skip
def get_follow_up(work: Work, company_id: Id) -> FollowUpOut:
    """Is it switched on, and how many old invoices would starting reach?"""
    return _follow_up(work, company_id)


@put(
    "/companies/{company_id:uuid}/follow-up", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="startFollowUp",
    tags=[TAG],
)  # fmt: skip
def start_follow_up(work: Work, company_id: Id, data: JSONBody[FollowUpIn]) -> FollowUpOut:
    """Switch the follow-up on. Where it is on already nothing is done: what is followed up is not stopped again."""
    company = companies.find(work, company_id)
    if company.active_from is None or company.paused_reason is not None:
        starting.start(work, company_id, leave_old=data.leave_old)
        work.session.flush()
    return _follow_up(work, company_id)


@delete(
    "/companies/{company_id:uuid}/follow-up", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="endFollowUp",
    tags=[TAG],
)  # fmt: skip
def end_follow_up(work: Work, company_id: Id) -> None:
    """Switch it off. Nothing more is sent for the company."""
    companies.change(work, company_id, active_from=None)


def _wanted(
    work: UnitOfWork, request: Request[Any, Any, State], company_id: uuid.UUID, version: int | None
) -> tuple[dict[str, Any], routines.KeptRoutine | None]:
    book: LawBook = request.app.state.law_book
    return routines.wanted(work, book.read(work), company_id, version)


def _follow_up(work: UnitOfWork, company_id: uuid.UUID) -> FollowUpOut:
    company, old = companies.find(work, company_id), starting.old_invoices(work, company_id)
    return FollowUpOut(company_id, company.active_from, company.paused_reason, old.count, old.remaining_ore)


HANDLERS = (get_routine, list_versions, get_document, get_follow_up, start_follow_up, end_follow_up)
