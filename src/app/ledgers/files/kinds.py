"""Which kind of file this is, by its content: a name or a browser's word for it proves nothing."""

from __future__ import annotations

import zipfile
from pathlib import Path

from app.ledgers.files import camt, xml
from app.ledgers.files.records import N_, FileError, FileKind
from app.ledgers.saft.elements import NAMESPACE as SAFT

UBL = {
    ("urn:oasis:names:specification:ubl:schema:xsd:Invoice-2", "Invoice"),
    ("urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2", "CreditNote"),
}
UNKNOWN = N_("The file is none of those that can be read: SAF-T, open items as CSV or Excel, OCR giro, camt.054, EHF.")


def kind_of(path: Path) -> FileKind:
    """FileError for an empty file, and for XML of a kind that nobody here reads. What is nothing else is taken for a list."""
    with path.open("rb") as stream:
        head = stream.read(4096)
    if not head.strip():
        raise FileError(N_("The file is empty."), file=path.name)
    if head.startswith(b"PK"):
        return _of_zip(path)
    if head.lstrip(b"\xef\xbb\xbf\r\n").startswith(b"NY000010"):
        return FileKind.OCR
    root = xml.root_name(path)
    if root is None:
        if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FileError(UNKNOWN, file=path.name)
        return FileKind.OPEN_ITEMS
    if root in UBL:
        return FileKind.EHF
    if root[0].startswith(camt.NAMESPACE):
        return FileKind.CAMT054
    if root[0].startswith("urn:StandardAuditFile") or root[0] == SAFT or root[1] == "AuditFile":
        return FileKind.SAFT
    raise FileError(UNKNOWN, file=path.name)


def _of_zip(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise FileError(N_("The zip file is damaged or incomplete."), file=path.name) from error
    return FileKind.OPEN_ITEMS if "xl/workbook.xml" in names else FileKind.SAFT
