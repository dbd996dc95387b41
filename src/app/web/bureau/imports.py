"""Files by upload, of whatever kind: a preview that takes nothing, then the import, once. What is uncertain waits here for a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE

from app.db.unit_of_work import UnitOfWork
from app.ledgers.files.columns import Field
from app.portfolio.file_imports import file_lines, imports, uncertain_items, waiting_payments
from app.receivables import book
from app.receivables.queries import find_open_item
from app.tenants import audit, companies
from app.tenants.identity import Identity
from app.tenants.models import Company
from app.tenants.permissions import Permission
from app.tenants.sessions import token_hash
from app.web.access import requires
from app.web.asked import Asker, PageFrame, TheHouse, Work
from app.web.bureau.import_kinds import UploadError, read_list, read_upload, take_upload
from app.web.bureau.list_preview import form_errors
from app.web.bureau.saft_preview import ITEMS_SHOWN
from app.web.bureau.upload_room import Upload, UploadRoom
from app.web.dependencies import frame_of
from app.web.house import House
from app.web.htmx import VARY
from app.web.i18n import gettext
from app.web.pages import Form, FormError, page, see_other, text_of

MEGABYTE = 1024 * 1024
UPLOAD_MAX_MB = 200
PAGES = {
    "saft": "pages/imports/preview.html", "ocr": "pages/imports/bank.html", "camt054": "pages/imports/bank.html",
    "open_items": "pages/imports/list.html", "ehf": "pages/imports/invoices.html",
}  # fmt: skip
GUARDS = [requires(Permission.IMPORT)]
Parts = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]


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
        company_id, preview = read_upload(house, identity, paths, text_of(data, "company"))
        room.describe(token, company_id, preview, house.clock.now())
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
    return page(_page_of(kept), frame, **_shown(kept, company))


@post("/imports/{upload_token:str}", guards=GUARDS, sync_to_thread=True)
def import_upload(
    upload_token: FromPath[str], data: Form, request: Request[Any, Any, Any], identity: Asker, house: TheHouse
) -> Response[Any]:
    """Once: the files are taken out of the room before anything is done with them, and gone afterwards."""
    room = room_of(request, house)
    _check_form(house, identity, room.find(upload_token), data)
    kept = room.take(upload_token)
    try:
        said, count = take_upload(house, identity, kept, data)
    except UploadError as fault:
        raise _again(house, identity, fault, str(kept.company_id)) from fault
    finally:
        room.drop(upload_token)
    return see_other("/imports", said, count)


@post("/imports/{upload_token:str}/columns", guards=GUARDS, sync_to_thread=True)
def tell_columns(upload_token: FromPath[str], data: Form, request: Request[Any, Any, Any], identity: Asker, house: TheHouse) -> Redirect:
    """Read the list again with the columns as a person has told. They are remembered for the company once the list is taken in."""
    room = room_of(request, house)
    kept = room.find(upload_token)
    if kept.preview.get("kind") != "open_items":
        raise LookupError("this upload has no columns")
    told = [text_of(data, f"column_{place}") for place in range(len(kept.preview["columns"]))]
    try:
        preview = read_list(house, identity, kept.company_id, kept.paths, told)
    except UploadError as fault:
        raise _again(house, identity, fault, str(kept.company_id)) from fault
    room.describe(upload_token, kept.company_id, preview, house.clock.now())
    return see_other(f"/imports/{upload_token}")


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


def _page_of(kept: Upload) -> str:
    return PAGES[kept.preview.get("kind", "saft")]


def _shown(kept: Upload, company: Company) -> dict[str, Any]:
    return {
        "token": kept.token, "company": company, "preview": kept.preview, "most": ITEMS_SHOWN, "fields": list(Field), "values": {},
        "errors": {},
    }  # fmt: skip


def _check_form(house: House, identity: Identity, kept: Upload, data: Mapping[str, Any]) -> None:
    """Before the files are taken out of the room: a form that is wrong can be sent again."""
    errors = form_errors(kept.preview, data) if kept.preview.get("kind") == "open_items" else {}
    if errors:
        with house.database.begin(identity.scope, identity.actor) as work:
            shown = _shown(kept, companies.find(work, kept.company_id))
            frame = frame_of(house, identity, work)
            work.session.expunge_all()
        raise FormError(_page_of(kept), {"frame": frame, **shown, "values": dict(data), "errors": errors})


def _index(work: UnitOfWork) -> dict[str, Any]:
    choices = [(str(one.id), one.name) for one in companies.all_open(work)]
    return {
        "companies": choices, "runs": imports(work), "uncertain": uncertain_items(work), "values": {}, "errors": {}, "detail": None,
        "files": file_lines(work), "payments": waiting_payments(work),
        "max_mb": UPLOAD_MAX_MB,
    }  # fmt: skip


def _again(house: House, identity: Identity, fault: UploadError, chosen: str) -> FormError:
    with house.database.begin(identity.scope, identity.actor) as work:
        context = _index(work) | {"errors": {fault.field: str(fault)}, "detail": fault.detail, "values": {"company": chosen}}
        frame = frame_of(house, identity, work)
    return FormError("pages/imports/index.html", {"frame": frame, **context})


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


HANDLERS = [show_imports, upload, show_preview, import_upload, tell_columns, drop_upload, approve_uncertain]
