"""How one agency wants its files: what they are called, where they lie, and how what stands in them looks. Pure, checked when it is read.

A profile is JSON in an agreement's setup, or one of those that come with the house. Our words for what a file can say are `WRITTEN` and
`READ`; a profile gives each the name of a column (CSV) or the path of an element (XML).
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from app.agencies.ports import CaseState


class FileKind(StrEnum):
    """CASES and REPORTS (payments and corrections) go to the agency; RECEIPTS, STATUS (also closing) and SETTLEMENTS come from it."""

    CASES = "cases"
    REPORTS = "reports"
    RECEIPTS = "receipts"
    STATUS = "status"
    SETTLEMENTS = "settlements"


#: what can be written, by kind of file
WRITTEN: Mapping[FileKind, tuple[str, ...]] = {
    FileKind.CASES: (
        "creditor", "reference", "debtor_kind", "debtor_name", "debtor_number", "organisation_number", "email", "phone", "address",
        "postal_code", "city", "country", "invoice_number", "invoice_date", "due_date", "principal", "original", "currency", "kid",
        "description", "reminder_on", "warning_on", "warning_deadline", "notices", "interest_from", "interest", "compensation",
        "vat_liable", "documents",
    ),
    FileKind.REPORTS: ("creditor", "reference", "case", "key", "kind", "date", "amount", "text"),
}  # fmt: skip
#: what can be read, by kind of file
READ: Mapping[FileKind, tuple[str, ...]] = {
    FileKind.RECEIPTS: ("creditor", "reference", "case", "outcome", "reason"),
    FileKind.STATUS: ("creditor", "case", "reference", "status", "text", "outstanding", "principal"),
    FileKind.SETTLEMENTS: (
        "creditor", "settlement", "settled_on", "case", "invoice", "principal", "interest", "fees", "withheld", "withheld_vat", "paid_on",
        "total", "currency", "bank_reference",
    ),
}  # fmt: skip
#: without these a file of that kind says nothing
NEEDED: Mapping[FileKind, tuple[str, ...]] = {
    FileKind.CASES: ("reference", "debtor_name", "invoice_number", "due_date", "principal"),
    FileKind.REPORTS: ("case", "key", "date", "amount"),
    FileKind.RECEIPTS: ("reference", "case"),
    FileKind.STATUS: ("case", "status"),
    FileKind.SETTLEMENTS: ("settlement", "settled_on", "case", "principal"),
}
AMOUNTS = frozenset({"principal", "original", "interest", "amount", "outstanding", "fees", "withheld", "withheld_vat", "total"})
DATES = frozenset(
    {"invoice_date", "due_date", "reminder_on", "warning_on", "warning_deadline", "interest_from", "date", "settled_on", "paid_on"}
)
FORMATS = ("csv", "xml")
SEPARATORS = (";", ",", "\t", "|")
ENCODINGS = ("utf-8", "windows-1252", "iso-8859-1")
DECIMALS = (",", ".", "")
DATE_FORMATS: Mapping[str, str] = {
    "yyyy-mm-dd": "%Y-%m-%d", "dd.mm.yyyy": "%d.%m.%Y", "yyyymmdd": "%Y%m%d", "ddmmyyyy": "%d%m%Y", "dd/mm/yyyy": "%d/%m/%Y",
}  # fmt: skip
STATE_NAMES = tuple(one.value for one in CaseState if one is not CaseState.AWAITING)
REPORT_KINDS = ("payment", "credit_note", "correction")
ELEMENT = re.compile(r"[A-Za-zÆØÅæøå_][\wÆØÅæøå.-]{0,60}(/[A-Za-zÆØÅæøå_][\wÆØÅæøå.-]{0,60}){0,5}")
FOLDER = re.compile(r"(?!.*\.\.)[\w.-]+(/[\w.-]+)*")
NAME = re.compile(r"([\w.-]|\{(creditor|date|time|reference|key)\})+")
PATTERN = re.compile(r"[\w.*-]+")
COLUMN_LENGTH_MAX = 80
#: the name of the one field that holds our own reference of what is laid down, without which it could not be looked up
TRACE = {FileKind.CASES: "{reference}", FileKind.REPORTS: "{key}"}


class ProfileError(ValueError):
    """A profile that cannot be used. `field` is the path of what to change, the text (an English message id) says how."""

    def __init__(self, field_path: str, text: str) -> None:
        super().__init__(text)
        self.field = field_path


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


CHOOSE = N_("Choose one of these.")
FILL_IN = N_("Fill this in.")
BAD_FOLDER = N_("A folder is written as letters, digits, dots, dashes and slashes, without a slash at the ends.")
BAD_NAME = N_("A file's name is made of letters, digits, dots, dashes and {creditor}, {date}, {time}, {reference} or {key}.")
NO_TRACE = N_("The name must hold {reference} in files of cases and {key} in files of payments: else a lost answer cannot be looked up.")
BAD_PATTERN = N_("Names of files from the agency are letters, digits, dots, dashes and * for whatever changes.")
SAME_FILES = N_("Two kinds of files from the agency would be taken for each other: give them different folders or names.")
UNKNOWN_FIELD = N_("One of the words on the left is not known. The list of them stands below.")
TWICE = N_("The same column stands twice.")
LACKS = N_("The columns lack something that must be there. What must be there is marked in the list below.")
BAD_COLUMN = N_("A column's name is too long, or cannot be the name of an XML element.")
BAD_WORD = N_("One of the words on the right is not known. The list of them stands below.")


@dataclass(frozen=True, slots=True)
class FileShape:
    """One kind of file. `name`: what ours is called, or which of the agency's it is (`*` stands for anything). `columns`: our word and
    theirs, in the order they are written."""

    folder: str
    name: str
    columns: Mapping[str, str]

    def is_named(self, name: str) -> bool:
        return fnmatchcase(name, self.name)


@dataclass(frozen=True, slots=True)
class Profile:
    """One agency's files. `archive`: where the agency puts what it has taken from us; None: it does not show it. `documents`: the folder
    for copies of invoices and notices; None: it takes none. `decimal` "" means whole øre.

    `statuses`: their word for where a case stands, and our `CaseState`; `refusals`: their words in a receipt for no; `report_kinds`: our
    kind and their word, where one that is missing is not told. `assumed`: nobody has seen such files of this agency, the layout is our own.
    """

    files: Mapping[FileKind, FileShape]
    format: str = "csv"
    separator: str = ";"
    encoding: str = "utf-8"
    decimal: str = ","
    dates: str = "yyyy-mm-dd"
    root: str = "File"
    row: str = "Row"
    archive: str | None = None
    documents: str | None = None
    statuses: Mapping[str, str] = field(default_factory=dict)
    refusals: tuple[str, ...] = ()
    report_kinds: Mapping[str, str] = field(default_factory=dict)
    yes: str = "J"
    no: str = "N"
    person: str = "P"
    business: str = "F"
    assumed: bool = True

    @property
    def has_receipts(self) -> bool:
        return FileKind.RECEIPTS in self.files

    @property
    def mark(self) -> str:
        """Changes with everything that changes how a file is read."""
        return hashlib.sha256(json.dumps(as_json(self), sort_keys=True).encode()).hexdigest()[:16]


def as_json(profile: Profile) -> dict[str, Any]:
    plain = {name: getattr(profile, name) for name in _PLAIN}
    words = {"statuses": dict(profile.statuses), "refusals": list(profile.refusals), "report_kinds": dict(profile.report_kinds)}
    shapes = {kind.value: {"folder": one.folder, "name": one.name, "columns": dict(one.columns)} for kind, one in profile.files.items()}
    return {**plain, **words, "files": shapes}


def from_json(given: Mapping[str, Any]) -> Profile:
    """`ProfileError` names the first field that cannot stand."""
    texts = {name: _text(given, name, getattr(_STANDARD, name)) for name in _PLAIN if name != "assumed"}
    for name, choices in (("format", FORMATS), ("separator", SEPARATORS), ("encoding", ENCODINGS), ("decimal", DECIMALS),
                          ("dates", tuple(DATE_FORMATS))):  # fmt: skip
        if texts[name] not in choices:
            raise ProfileError(name, CHOOSE)
    if texts["format"] == "xml":
        for name in ("root", "row"):
            if ELEMENT.fullmatch(texts[name] or "") is None or "/" in (texts[name] or ""):
                raise ProfileError(name, BAD_COLUMN)
    for name in ("archive", "documents"):
        if texts[name] and FOLDER.fullmatch(texts[name] or "") is None:
            raise ProfileError(name, BAD_FOLDER)
    shapes = given.get("files")
    if not isinstance(shapes, Mapping):
        raise ProfileError("files", FILL_IN)
    files = {kind: _shape(kind, shapes[kind.value], texts["format"] == "xml") for kind in FileKind if shapes.get(kind.value)}
    if FileKind.CASES not in files:
        raise ProfileError("cases.columns", FILL_IN)
    _check_apart(files)
    statuses, kinds = _words(given, "statuses"), _words(given, "report_kinds")
    if not set(statuses.values()) <= set(STATE_NAMES):
        raise ProfileError("statuses", BAD_WORD)
    if FileKind.STATUS in files and not statuses:
        raise ProfileError("statuses", FILL_IN)
    if not set(kinds) <= set(REPORT_KINDS) or (FileKind.REPORTS in files and not kinds):
        raise ProfileError("report_kinds", BAD_WORD if kinds else FILL_IN)
    refusals = given.get("refusals") or ()
    if not isinstance(refusals, list | tuple):
        raise ProfileError("refusals", FILL_IN)
    return Profile(
        files, **{name: value or (None if name in ("archive", "documents") else "") for name, value in texts.items()},  # type: ignore[arg-type]
        statuses=statuses, refusals=tuple(str(one) for one in refusals), report_kinds=kinds, assumed=bool(given.get("assumed", False)),
    )  # fmt: skip


def _shape(kind: FileKind, given: Any, xml: bool) -> FileShape:
    if not isinstance(given, Mapping):
        raise ProfileError(f"{kind}.columns", FILL_IN)
    folder, name, columns = str(given.get("folder") or ""), str(given.get("name") or ""), given.get("columns")
    if FOLDER.fullmatch(folder) is None:
        raise ProfileError(f"{kind}.folder", BAD_FOLDER)
    if kind in WRITTEN:
        if NAME.fullmatch(name) is None:
            raise ProfileError(f"{kind}.name", BAD_NAME)
        if TRACE[kind] not in name:
            raise ProfileError(f"{kind}.name", NO_TRACE)
    elif PATTERN.fullmatch(name) is None:
        raise ProfileError(f"{kind}.name", BAD_PATTERN)
    if not isinstance(columns, Mapping) or not columns:
        raise ProfileError(f"{kind}.columns", FILL_IN)
    named = {str(ours): str(theirs).strip() for ours, theirs in columns.items()}
    if not set(named) <= set({**WRITTEN, **READ}[kind]):
        raise ProfileError(f"{kind}.columns", UNKNOWN_FIELD)
    if not set(NEEDED[kind]) <= set(named):
        raise ProfileError(f"{kind}.columns", LACKS)
    if len({one.casefold() for one in named.values()}) != len(named):
        raise ProfileError(f"{kind}.columns", TWICE)
    if any(not one or len(one) > COLUMN_LENGTH_MAX or (xml and ELEMENT.fullmatch(one) is None) for one in named.values()):
        raise ProfileError(f"{kind}.columns", BAD_COLUMN)
    return FileShape(folder, name, named)


def _check_apart(files: Mapping[FileKind, FileShape]) -> None:
    coming = [(kind, files[kind]) for kind in READ if kind in files]
    for place, (kind, one) in enumerate(coming):
        for _, other in coming[:place]:
            if one.folder == other.folder and (one.is_named(other.name) or other.is_named(one.name)):
                raise ProfileError(f"{kind}.name", SAME_FILES)


def _words(given: Mapping[str, Any], name: str) -> dict[str, str]:
    found = given.get(name) or {}
    if not isinstance(found, Mapping):
        raise ProfileError(name, FILL_IN)
    return {str(one).strip(): str(other).strip() for one, other in found.items()}


def _text(given: Mapping[str, Any], name: str, standard: Any) -> str | None:
    value = given.get(name, standard)
    if value is not None and not isinstance(value, str):
        raise ProfileError(name, FILL_IN)
    return value


_STANDARD = Profile({})
_PLAIN = (
    "format", "separator", "encoding", "decimal", "dates", "root", "row", "archive", "documents", "yes", "no", "person", "business",
    "assumed",
)  # fmt: skip
assert all(codecs.lookup(one) for one in ENCODINGS)  # noqa: S101 - a name that is none would be found first by a bureau
