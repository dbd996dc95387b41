"""SAF-T by upload: a preview that imports nothing, then the import, once. Uncertain items wait here for a person's yes."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from app.db.unit_of_work import UnitOfWork
from app.ledgers.saft import SaftError, SaftImport, read_saft
from app.ledgers.saft_import import SaftRefusedError, import_saft
from app.portfolio.file_imports import imports, uncertain_items
from app.receivables import book
from app.receivables.queries import find_open_item
from app.tenants import audit, companies
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.tenants.sessions import token_hash
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.bureau.saft_preview import ITEMS_SHOWN, preview_of
from app.web.bureau.upload_room import UploadRoom
from app.web.dependencies import frame_of
from app.web.house import House
from app.web.htmx import VARY
from app.web.i18n import gettext
from app.web.pages import FormError, page, see_other, text_of

MEGABYTE = 1024 * 1024
UPLOAD_MAX_MB = 200
GUARDS = [requires(Permission.IMPORT)]
Parts = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


class UploadError(Exception):
    """Files that cannot be previewed. `field` is where to look; `detail` the reader's own words, with file and line."""

    def __init__(self, field: str, text: str, detail: str | None = None) -> None:
        super().__init__(text)
        self.field = field
        self.detail = detail


@get("/imports", guards=GUARDS, sync_to_thread=True)
def show_imports(work: Work, frame: PageFrame) -> Template:
    return page("pages/imports/index.html", frame, **_index(work))


def too_large(request: Request[Any, Any, Any], _: Exception) -> Template:
    """Nothing was read of it. (The page of the error needs no database.)"""
    text = gettext("The files are larger than %(size)d MB together. Zip them, or upload one year at a time.") % {"size": UPLOAD_MAX_MB}
    return Template("errors/422.html", context={"detail": text}, status_code=413, headers={"Vary": VARY})


@post(
    "/imports", guards=GUARDS, sync_to_thread=True, request_max_body_size=UPLOAD_MAX_MB * MEGABYTE,
    exception_handlers={HTTP_413_REQUEST_ENTITY_TOO_LARGE: too_large},
)  # fmt: skip
def upload(data: Parts, request: Request[Any, Any, Any], identity: Asker, house: TheHouse) -> Redirect:
    """Read the files and show what they would bring. Nothing is imported, and no transaction is open meanwhile."""
    room = room_of(request, house)
    room.tidy(house.clock.now())
    files = [one for one in _listed(data.get("files")) if isinstance(one, UploadFile) and one.filename]
    token = ""
    try:
        if not files:
            raise UploadError("files", gettext("Choose at least one file."))
        token, paths = room.put([(one.filename, one.file) for one in files])
        result = _read(paths)
        company_id = _company_of(house, identity, result, text_of(data, "company"))
        room.describe(token, company_id, preview_of(result, [path.name for path in paths]), house.clock.now())
    except UploadError as fault:
        if token:
            room.drop(token)
        raise _again(house, identity, fault, text_of(data, "company")) from fault
    return see_other(f"/imports/{token}")


@get("/imports/{upload_token:str}", guards=GUARDS, sync_to_thread=True)
def show_preview(
    upload_token: FromPath[str], request: Request[Any, Any, Any], work: Work, frame: PageFrame,
    house: TheHouse,
) -> Template:  # fmt: skip
    kept = room_of(request, house).find(upload_token)
    company = companies.find(work, kept.company_id)
    return page("pages/imports/preview.html", frame, token=upload_token, company=company, preview=kept.preview, most=ITEMS_SHOWN)


@post("/imports/{upload_token:str}", guards=GUARDS, sync_to_thread=True)
def import_upload(upload_token: FromPath[str], request: Request[Any, Any, Any], identity: Asker, house: TheHouse) -> Response[Any]:
    """Once: the files are taken out of the room before anything is done with them, and gone afterwards."""
    room = room_of(request, house)
    kept = room.take(upload_token)
    try:
        begin = partial(house.database.begin, actor=identity.actor)
        done = import_saft(begin, identity.bureau_id, kept.company_id, _read(kept.paths))
    except SaftRefusedError as fault:
        refused = UploadError("files", gettext("The file must not become this company's book. Nothing was imported."), str(fault))
        raise _again(house, identity, refused, str(kept.company_id)) from fault
    except UploadError as fault:
        raise _again(house, identity, fault, str(kept.company_id)) from fault
    finally:
        room.drop(upload_token)
    return see_other("/imports", "imported", done.items)


@post("/imports/{upload_token:str}/drop", guards=GUARDS, sync_to_thread=True)
def drop_upload(upload_token: FromPath[str], request: Request[Any, Any, Any], house: TheHouse) -> Redirect:
    room_of(request, house).drop(upload_token)
    return see_other("/imports", "upload-dropped")


@post("/imports/items/{item_id:uuid}/approval", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def approve_uncertain(item_id: FromPath[uuid.UUID], work: Work) -> Redirect:
    """A person's yes. It holds as long as amount and due date are what was said yes to."""
    item = find_open_item(work, item_id)
    if not book.approve_item(work, item_id):
        raise LookupError("the item is no longer open")
    audit.record(work, "item.confirmed", "open_item", item_id, item.company_id, invoice=item.document_number or item.external_id)
    work.enqueue("dunning.evaluate_item", bureau_id=str(work.bureau_id), open_item_id=str(item_id))
    return see_other("/imports#uncertain", "item-confirmed")


def room_of(request: Request[Any, Any, Any], house: House) -> UploadRoom:
    return UploadRoom(house.settings.data_dir, token_hash(request.state.token))


def _read(paths: tuple[Any, ...]) -> SaftImport:
    try:
        return read_saft(paths)
    except SaftError as fault:
        raise UploadError("files", _where(fault), str(fault)) from fault


def _where(fault: SaftError) -> str:
    if fault.file and fault.line:
        text = gettext("%(file)s cannot be used: something is wrong in line %(line)d. Nothing was imported.")
        return text % {"file": fault.file, "line": fault.line}
    if fault.file:
        return gettext("%(file)s cannot be used. Nothing was imported.") % {"file": fault.file}
    return gettext("The files cannot be used together. Nothing was imported.")


def _company_of(house: House, identity: Identity, result: SaftImport, chosen: str) -> uuid.UUID:
    """The company the file names, which must be the one that was chosen, if one was."""
    with house.database.begin(identity.scope, identity.actor) as work:
        known = companies.find_by_organisation_number(work, result.organisation_number)
    named = {"name": result.company.name, "number": result.organisation_number}
    if known is None:
        raise UploadError("company", gettext("The file is the book of %(name)s (%(number)s), which is not among your companies.") % named)
    if chosen and chosen != str(known.id):
        raise UploadError("company", gettext("The file is the book of %(name)s (%(number)s), not of the company you chose.") % named)
    return known.id


def _index(work: UnitOfWork) -> dict[str, Any]:
    choices = [(str(one.id), one.name) for one in companies.all_open(work)]
    return {
        "companies": choices, "runs": imports(work), "uncertain": uncertain_items(work), "values": {}, "errors": {}, "detail": None,
        "max_mb": UPLOAD_MAX_MB,
    }  # fmt: skip


def _again(house: House, identity: Identity, fault: UploadError, chosen: str) -> FormError:
    with house.database.begin(identity.scope, identity.actor) as work:
        context = _index(work) | {"errors": {fault.field: str(fault)}, "detail": fault.detail, "values": {"company": chosen}}
        frame = frame_of(house, identity, work)
    return FormError("pages/imports/index.html", {"frame": frame, **context})


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


HANDLERS = [show_imports, upload, show_preview, import_upload, drop_upload, approve_uncertain]
