"""What was uploaded, by its kind: read and shown without taking anything, then taken, once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from app.db.unit_of_work import Begin, UnitOfWork
from app.ledgers.file_intake import Origin, take_bank_file
from app.ledgers.files.camt import read_camt
from app.ledgers.files.cells import date_of
from app.ledgers.files.ehf import read_ehf
from app.ledgers.files.kinds import kind_of
from app.ledgers.files.ocr import read_ocr
from app.ledgers.files.open_list import read_open_list
from app.ledgers.files.records import BankFile, FileError, FileKind
from app.ledgers.invoice_documents import open_by_number, take_invoices
from app.ledgers.list_import import ListRefusedError, import_open_list, remembered_layout, standing
from app.ledgers.saft import SaftError, SaftImport, read_saft
from app.ledgers.saft_import import SaftRefusedError, import_saft
from app.receivables import bank_money
from app.tenants import companies
from app.tenants.identity import Identity
from app.web.bureau.bank_preview import bank_preview
from app.web.bureau.invoice_preview import invoice_preview
from app.web.bureau.list_preview import list_preview
from app.web.bureau.saft_preview import preview_of
from app.web.bureau.upload_room import Upload
from app.web.house import House
from app.web.i18n import gettext
from app.web.pages import text_of

BANK_READERS = {FileKind.OCR: read_ocr, FileKind.CAMT054: read_camt}


class UploadError(Exception):
    """Files that cannot be previewed. `field` is where to look; `detail` the reader's own words, with file and line."""

    def __init__(self, field: str, text: str, detail: str | None = None) -> None:
        super().__init__(text)
        self.field = field
        self.detail = detail


def read_upload(house: House, identity: Identity, paths: Sequence[Path], chosen: str) -> tuple[uuid.UUID, dict[str, Any]]:
    """The company the files are of, and what the preview shows. No transaction is open while files are read."""
    try:
        kinds = {kind_of(path) for path in paths}
        if len(kinds) > 1:
            raise UploadError("files", gettext("The files are of different kinds. Upload each kind by itself."))
        kind = kinds.pop()
        if kind is FileKind.SAFT:
            return _read_saft(house, identity, paths, chosen)
        if kind in BANK_READERS:
            return _read_bank(house, identity, kind, paths, chosen)
        if kind is FileKind.OPEN_ITEMS:
            company_id = chosen_company(house, identity, chosen)
            return company_id, read_list(house, identity, company_id, paths)
        return _read_invoices(house, identity, paths, chosen)
    except FileError as fault:
        raise upload_error(fault) from fault


def read_list(
    house: House, identity: Identity, company_id: uuid.UUID, paths: Sequence[Path], told: Sequence[str] | None = None
) -> dict[str, Any]:
    """The preview of an open item list, with the columns as a person tells now, as remembered for the company, or as recognised."""
    if len(paths) > 1:
        raise UploadError("files", gettext("Upload one list at a time: each must show everything that is open."))
    with house.database.begin(identity.scope, identity.actor) as work:
        layout = remembered_layout(work, company_id)
    try:
        result = read_open_list(paths[0], layout, told)
    except FileError as fault:
        raise upload_error(fault) from fault
    with house.database.begin(identity.scope, identity.actor) as work:
        return list_preview(result, standing(work, company_id, result), paths[0].name, work.today())


def take_upload(house: House, identity: Identity, kept: Upload, form: Mapping[str, Any]) -> tuple[str, int]:
    """Take in what was shown. Returns what to say afterwards, and its number."""
    begin: Begin = partial(house.database.begin, actor=identity.actor)
    kind = FileKind(kept.preview.get("kind", FileKind.SAFT))
    try:
        if kind is FileKind.SAFT:
            return "imported", import_saft(begin, identity.bureau_id, kept.company_id, saft_of(kept.paths)).items
        if kind is FileKind.OPEN_ITEMS:
            return "imported", _take_list(begin, identity, kept, form)
        if kind is FileKind.EHF:
            invoices = [read_ehf(path) for path in kept.paths]
            return "invoices-kept", take_invoices(begin, identity.bureau_id, kept.company_id, invoices, Origin.of(kept.paths)).new
        new = 0
        for path in kept.paths:
            file = BANK_READERS[kind](path)
            new += take_bank_file(begin, identity.bureau_id, kept.company_id, file, Origin.of([path])).new
        return "payments-read", new
    except SaftRefusedError as fault:
        raise UploadError("files", gettext("The file must not become this company's book. Nothing was imported."), str(fault)) from fault
    except ListRefusedError as fault:
        text = gettext(fault.why) % fault.named if fault.named else gettext(fault.why)
        raise UploadError("files", text) from fault
    except FileError as fault:
        raise upload_error(fault) from fault


def _take_list(begin: Begin, identity: Identity, kept: Upload, form: Mapping[str, Any]) -> int:
    result = read_open_list(kept.paths[0], None, [column["field"] for column in kept.preview["columns"]])
    book_on = date_of(text_of(form, "book_on")) or date.fromisoformat(kept.preview["today"])
    return import_open_list(begin, identity.bureau_id, kept.company_id, result, Origin.of(kept.paths), book_on).items


def upload_error(fault: FileError) -> UploadError:
    """The reader's sentence in the user's language, with file and line."""
    named = {"file": fault.file or "", "line": fault.line or 0, "why": gettext(fault.why)}
    text = gettext("%(file)s cannot be used, line %(line)d: %(why)s") if fault.line else gettext("%(file)s cannot be used: %(why)s")
    return UploadError("files", text % named)


def saft_of(paths: Sequence[Path]) -> SaftImport:
    try:
        return read_saft(paths)
    except SaftError as fault:
        raise UploadError("files", _where(fault), str(fault)) from fault


def chosen_company(house: House, identity: Identity, chosen: str) -> uuid.UUID:
    """The one chosen in the form; these files do not name the company themselves."""
    if not chosen:
        raise UploadError("company", gettext("Choose the company: this kind of file does not name it."))
    with house.database.begin(identity.scope, identity.actor) as work:
        try:
            return companies.find(work, uuid.UUID(chosen)).id
        except (ValueError, LookupError) as fault:
            raise UploadError("company", gettext("Choose one of your companies.")) from fault


def _read_bank(house: House, identity: Identity, kind: FileKind, paths: Sequence[Path], chosen: str) -> tuple[uuid.UUID, dict[str, Any]]:
    company_id = chosen_company(house, identity, chosen)
    files: list[BankFile] = [BANK_READERS[kind](path) for path in paths]
    with house.database.begin(identity.scope, identity.actor) as work:
        account = companies.find(work, company_id).account_number
        mine = [file.of_account(account) for file in files]
        marks = [bank_money.Marks(one.kid, one.text, one.amount_ore) for file in mine for one in file.payments]
        found = bank_money.find_items(work, company_id, marks)
        return company_id, bank_preview(kind, mine, found, [path.name for path in paths], account)


def _read_invoices(house: House, identity: Identity, paths: Sequence[Path], chosen: str) -> tuple[uuid.UUID, dict[str, Any]]:
    """The seller is the company: the files name it themselves, and all must name the same."""
    invoices = [read_ehf(path) for path in paths]
    sellers = {one.seller: one.seller_name for one in invoices}
    if len(sellers) > 1:
        raise UploadError("files", gettext("The invoices are of different companies. Upload those of each by themselves."))
    ((number, name),) = sellers.items()
    with house.database.begin(identity.scope, identity.actor) as work:
        company_id = _named_company(work, number, name, chosen)
        return company_id, invoice_preview(invoices, open_by_number(work, company_id, [one.number for one in invoices]), names_of(paths))


def names_of(paths: Sequence[Path]) -> list[str]:
    return [path.name for path in paths]


def _named_company(work: UnitOfWork, number: str, name: str, chosen: str) -> uuid.UUID:
    """The company a file names, which must be the one that was chosen, if one was."""
    known = companies.find_by_organisation_number(work, number)
    named = {"name": name, "number": number}
    if known is None:
        raise UploadError("company", gettext("The file is of %(name)s (%(number)s), which is not among your companies.") % named)
    if chosen and chosen != str(known.id):
        raise UploadError("company", gettext("The file is of %(name)s (%(number)s), not of the company you chose.") % named)
    return known.id


def _read_saft(house: House, identity: Identity, paths: Sequence[Path], chosen: str) -> tuple[uuid.UUID, dict[str, Any]]:
    """The company the file names, which must be the one that was chosen, if one was."""
    result = saft_of(paths)
    with house.database.begin(identity.scope, identity.actor) as work:
        known = companies.find_by_organisation_number(work, result.organisation_number)
    named = {"name": result.company.name, "number": result.organisation_number}
    if known is None:
        raise UploadError("company", gettext("The file is the book of %(name)s (%(number)s), which is not among your companies.") % named)
    if chosen and chosen != str(known.id):
        raise UploadError("company", gettext("The file is the book of %(name)s (%(number)s), not of the company you chose.") % named)
    return known.id, preview_of(result, [path.name for path in paths])


def _where(fault: SaftError) -> str:
    if fault.file and fault.line:
        text = gettext("%(file)s cannot be used: something is wrong in line %(line)d. Nothing was imported.")
        return text % {"file": fault.file, "line": fault.line}
    if fault.file:
        return gettext("%(file)s cannot be used. Nothing was imported.") % {"file": fault.file}
    return gettext("The files cannot be used together. Nothing was imported.")
