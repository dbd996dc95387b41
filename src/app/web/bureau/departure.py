"""A company leaves: take its data along, end the follow-up, or move to another bureau that is here; and receiving one that comes."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template

from app.db.unit_of_work import UnitOfWork
from app.db.vault import Vault
from app.dunning import moving
from app.ledgers import connections
from app.portfolio.export import export_company
from app.portfolio.leaving import left_behind
from app.tenants import companies, moves
from app.tenants.moves import MoveError
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of

GUARDS = [requires(Permission.SETTINGS)]
IN_MEMORY_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 64 * 1024


@get("/companies/{company_id:uuid}/leave", guards=GUARDS, sync_to_thread=True)
def show_leaving(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID]) -> Template:
    return page("pages/companies/leave.html", frame, **_context(work, company_id))


@get("/companies/{company_id:uuid}/export", guards=GUARDS, sync_to_thread=True)
def download_export(work: Work, company_id: FromPath[uuid.UUID]) -> Stream:
    """The whole zip is written before the first byte is sent: a fault shows as one, not as a torn file."""
    company = companies.find(work, company_id)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the answer closes it when it has been read
    export_company(work, company_id, file)
    file.seek(0)
    name = f"{company.name} {work.today().isoformat()}.zip"
    return Stream(
        _pieces(file), media_type="application/zip", headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    )


@post("/companies/{company_id:uuid}/leave", guards=GUARDS, sync_to_thread=True)
def end_following_up(
    data: Form, company_id: FromPath[uuid.UUID], identity: Asker, house: TheHouse, work: Work, frame: PageFrame
) -> Response[Any]:
    """The bureau works for it no longer. A credential that served it alone is given back after our own transaction."""
    company = companies.find(work, company_id)
    if text_of(data, "name").strip().casefold() != company.name.strip().casefold():
        wrong = {"name": gettext("Write the company's name as it stands here, to confirm.")}
        raise refuse(work, "pages/companies/leave.html", frame, **{**_context(work, company_id), "errors": wrong})
    companies.change(work, company_id, active_from=None)
    companies.close(work, company_id)
    moves.withdraw(work, company_id)
    for connection_id in connections.leave(work, company_id):
        work.enqueue("ledgers.disconnect", bureau_id=str(identity.bureau_id), connection_id=str(connection_id))
    return see_other("/", "company-left")


@post("/companies/{company_id:uuid}/move", guards=GUARDS, sync_to_thread=True)
def offer_move(work: Work, frame: PageFrame, company_id: FromPath[uuid.UUID]) -> Template:
    """The code stands on this one answer and nowhere else."""
    try:
        code = moves.offer(work, company_id)
    except MoveError as fault:
        raise refuse(
            work, "pages/companies/leave.html", frame, **{**_context(work, company_id), "errors": {"move": gettext(str(fault))}}
        ) from fault
    return page("pages/companies/leave.html", frame, **{**_context(work, company_id), "code": code})


@post("/companies/{company_id:uuid}/move/withdraw", guards=GUARDS, sync_to_thread=True)
def withdraw_move(work: Work, company_id: FromPath[uuid.UUID]) -> Redirect:
    companies.find(work, company_id)
    moves.withdraw(work, company_id)
    return see_other(f"/companies/{company_id}/leave", "move-withdrawn")


@get("/companies/receive", guards=GUARDS, sync_to_thread=True)
def show_receiving(frame: PageFrame) -> Template:
    return page("pages/companies/receive.html", frame, offered=None, code="", errors={})


@post("/companies/receive", guards=GUARDS, sync_to_thread=True)
def receive(data: Form, identity: Asker, house: TheHouse, work: Work, frame: PageFrame) -> Response[Any]:
    """First what would come, then, confirmed, the company itself."""
    code = text_of(data, "code")
    try:
        offered = moves.find(work, code)
        if text_of(data, "confirmed") != "yes":
            return page("pages/companies/receive.html", frame, offered=offered, code=code, errors={})
        vault: Vault = house.resources.of(Vault)
        company_id = moving.take(house.database.begin, vault, code, identity.bureau_id, identity.actor)
    except MoveError as fault:
        wrong = {"code": gettext(str(fault))}
        raise refuse(work, "pages/companies/receive.html", frame, offered=None, code=code, errors=wrong) from fault
    return see_other(f"/companies/{company_id}", "company-received")


def _context(work: UnitOfWork, company_id: uuid.UUID) -> dict[str, Any]:
    return {
        "company": companies.find(work, company_id), "left": left_behind(work, company_id), "offer": moves.standing(work, company_id),
        "code": None, "errors": {},
    }  # fmt: skip


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece


HANDLERS = [show_leaving, download_export, end_following_up, offer_move, withdraw_move, show_receiving, receive]
