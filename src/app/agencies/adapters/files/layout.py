"""Rows to bytes and back, as a profile says: CSV or XML, their decimal sign, their dates. Pure.

What is written and read here is text by our own words: amounts in whole øre, dates as ISO. A row that cannot be read is a named problem,
and the others are read; its words are not repeated, because the folder may hold several creditors' rows.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from lxml import etree

from app.agencies.adapters.files.profile import AMOUNTS, DATE_FORMATS, DATES, NEEDED, FileKind, Profile
from app.values.money import ore_from_decimal

ROWS_MAX = 50_000
#: what an empty cell of these means
OPTIONAL_ZERO = frozenset({"interest", "fees", "withheld", "withheld_vat"})
#: what can be kept; longer is no number of a case, and one such row must not stand in the way of the others
LENGTHS: Mapping[str, int] = {"creditor": 60, "case": 60, "reference": 60, "settlement": 60, "bank_reference": 100, "currency": 3}
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")

Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class Read:
    """What a file says. `whole` is False while it may be half written. `problems` name line and column, in English."""

    rows: tuple[Row, ...]
    problems: tuple[str, ...]
    whole: bool = True


def write(profile: Profile, kind: FileKind, rows: Sequence[Mapping[str, str]]) -> bytes:
    columns = profile.files[kind].columns
    shown = [{ours: _shown(profile, ours, row.get(ours, "")) for ours in columns} for row in rows]
    if profile.format == "xml":
        return _xml(profile, columns, shown)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=profile.separator, lineterminator="\r\n")
    writer.writerow(columns.values())
    writer.writerows([row[ours] for ours in columns] for row in shown)
    return _encoded(text.getvalue(), profile.encoding)


def read(profile: Profile, kind: FileKind, content: bytes, *, settled: bool = False) -> Read:
    """`settled`: the file has not changed since it was seen before, so its last line is its last even without an end."""
    try:
        cells = _xml_rows(profile, kind, content) if profile.format == "xml" else _csv_rows(profile, kind, content)
    except _NotAFileError as fault:
        return Read((), (str(fault),), whole=settled)
    ends = profile.format == "xml" or settled or content.endswith((b"\n", b"\r")) or not content
    if not ends:
        return Read((), ("the last line has no end: the file may be half written, and is read when it stays as it is",), whole=False)
    rows: list[Row] = []
    problems: list[str] = []
    for line, cell in cells:
        try:
            rows.append(_row(profile, kind, cell))
        except _NotARowError as fault:
            problems.append(f"line {line}: {fault}")
    if kind is FileKind.SETTLEMENTS:
        rows = _whole_settlements(rows, problems)
    return Read(tuple(rows), tuple(problems))


class _NotAFileError(Exception):
    pass


class _NotARowError(Exception):
    pass


def _csv_rows(profile: Profile, kind: FileKind, content: bytes) -> list[tuple[int, dict[str, str]]]:
    reader = csv.reader(io.StringIO(_decoded(profile, content), newline=""), delimiter=profile.separator, strict=True)
    try:
        lines = [(reader.line_num, line) for line in reader if any(cell.strip() for cell in line)]
    except csv.Error as fault:
        raise _NotAFileError(f"the file is no CSV: {fault}") from fault
    if not lines:
        return []
    head = [cell.strip().casefold() for cell in lines[0][1]]
    columns = profile.files[kind].columns
    places = {ours: head.index(theirs.casefold()) for ours, theirs in columns.items() if theirs.casefold() in head}
    lacking = [columns[ours] for ours in NEEDED[kind] if ours not in places]
    if lacking:
        raise _NotAFileError(f"the first line does not name {', '.join(lacking)}")
    if len(lines) > ROWS_MAX:
        raise _NotAFileError(f"the file has more than {ROWS_MAX} lines")
    width = len(head)
    found = []
    for number, cells in lines[1:]:
        # too many or too few cells: nobody can tell which is which
        shown = {ours: cells[place].strip() for ours, place in places.items()} if len(cells) == width else {}
        found.append((number, shown))
    return found


def _xml_rows(profile: Profile, kind: FileKind, content: bytes) -> list[tuple[int, dict[str, str]]]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        raise _NotAFileError("the file is no XML, or only half of one") from fault
    if b"<!DOCTYPE" in content:
        raise _NotAFileError("the file declares a document type, which is not read")
    columns = profile.files[kind].columns
    found = []
    for element in root.iter(f"{{*}}{profile.row}"):
        paths = {ours: "/".join(f"{{*}}{part}" for part in theirs.split("/")) for ours, theirs in columns.items()}
        shown = {ours: (element.findtext(path) or "").strip() for ours, path in paths.items()}
        found.append((int(str(element.sourceline or 0)), shown))
    return found


def _row(profile: Profile, kind: FileKind, cells: Mapping[str, str]) -> Row:
    columns = profile.files[kind].columns
    if not cells:
        raise _NotARowError("it has not as many columns as the first line")
    found: Row = {}
    for ours, shown in cells.items():
        if not shown:
            # a receipt that says no has no case yet
            if ours in NEEDED[kind] and not (kind is FileKind.RECEIPTS and ours == "case"):
                raise _NotARowError(f"{columns[ours]} is empty")
            found[ours] = "0" if ours in OPTIONAL_ZERO else ""
            continue
        if len(shown) > LENGTHS.get(ours, 2000) or CONTROL.search(shown) is not None:
            raise _NotARowError(f"{columns[ours]} is too long, or holds what is no letter")
        try:
            found[ours] = _plain(profile, ours, shown)
        except (ValueError, ArithmeticError) as fault:
            what = "an amount" if ours in AMOUNTS else "a date"
            raise _NotARowError(f"{columns[ours]} is not {what} as it is written there") from fault
    return found


def _plain(profile: Profile, ours: str, shown: str) -> str:
    if ours in AMOUNTS:
        return str(_ore(profile.decimal, shown))
    if ours in DATES:
        pattern = DATE_FORMATS[profile.dates]
        found = datetime.strptime(shown, pattern)  # noqa: DTZ007 - a date, no instant
        if found.strftime(pattern) != shown:
            raise ValueError("not a date as it is written there")
        return found.date().isoformat()
    return shown


def _ore(decimal: str, shown: str) -> int:
    """Only with the sign that was agreed on: 12.50 read with a decimal comma would be a hundred times too much."""
    if decimal == "":
        if re.fullmatch(r"-?\d{1,15}", shown) is None:
            raise ValueError("not whole øre")
        return int(shown)
    if re.fullmatch(rf"-?\d{{1,13}}({re.escape(decimal)}\d{{1,2}})?", shown) is None:
        raise ValueError("not an amount")
    return ore_from_decimal(Decimal(shown.replace(decimal, ".")))


def _shown(profile: Profile, ours: str, plain: str) -> str:
    if not plain:
        return ""
    if ours in AMOUNTS:
        ore = int(plain)
        whole, part = divmod(abs(ore), 100)
        return plain if profile.decimal == "" else f"{'-' if ore < 0 else ''}{whole}{profile.decimal}{part:02d}"
    if ours in DATES:
        return datetime.fromisoformat(plain).strftime(DATE_FORMATS[profile.dates])
    return " ".join(CONTROL.sub("", plain).split())


def _whole_settlements(rows: list[Row], problems: list[str]) -> list[Row]:
    """A payout is believed when its parts make up what is paid out. Where no total is told, a row that cannot be read spoils them all."""
    if problems and not all(row.get("total") for row in rows):
        problems.append("payouts are told without a total, so none is taken in while a line cannot be read")
        return []
    kept: list[Row] = []
    for number in dict.fromkeys(row["settlement"] for row in rows):
        mine = [row for row in rows if row["settlement"] == number]
        totals = {row.get("total", "") for row in mine}
        if totals != {""} and totals != {str(sum(paid_out_ore(row) for row in mine))}:
            problems.append("a payout's parts do not add up to what is paid out: it is not taken in")
            continue
        kept.extend(mine)
    return kept


def paid_out_ore(row: Row) -> int:
    parts = [int(row.get(name) or 0) for name in ("principal", "interest", "fees")]
    return sum(parts) - int(row.get("withheld") or 0) - int(row.get("withheld_vat") or 0)


def _xml(profile: Profile, columns: Mapping[str, str], rows: Sequence[Row]) -> bytes:
    root = etree.Element(profile.root)
    for row in rows:
        element = etree.SubElement(root, profile.row)
        for ours, theirs in columns.items():
            place = element
            *parents, last = theirs.split("/")
            for parent in parents:
                known = place.find(parent)
                place = etree.SubElement(place, parent) if known is None else known
            etree.SubElement(place, last).text = row[ours]
    return bytes(etree.tostring(root, xml_declaration=True, encoding=profile.encoding, pretty_print=True))  # type: ignore[arg-type]


def _decoded(profile: Profile, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig" if profile.encoding == "utf-8" else profile.encoding)
    except UnicodeDecodeError as fault:
        raise _NotAFileError(f"the file is not written in {profile.encoding}") from fault


def _encoded(text: str, encoding: str) -> bytes:
    """Letters the agency's encoding does not know lose their marks (Š becomes S); what then is left over becomes a question mark."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        plain = "".join(one if _fits(one, encoding) else unicodedata.normalize("NFKD", one)[0] for one in text)
        return plain.encode(encoding, "replace")


def _fits(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
