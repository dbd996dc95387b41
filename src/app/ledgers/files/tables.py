"""A table as a ledger exports it: CSV in whatever encoding and with whatever separator, or the first sheet of a workbook with rows in it.

Cells keep what a workbook knows (numbers, dates); text stays text. Line numbers are those a person sees when the file is opened.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.ledgers.files.records import FILE_MAX_BYTES, N_, FileError

ROWS_MAX = 200_000
COLUMNS_MAX = 200
#: an honest workbook packs about 1:10; a bomb reaches 1:1000
UNPACKED_MAX_BYTES = 400 * 1024**2
RATIO_MAX = 150
DELIMITERS = (";", "\t", ",", "|")
_SAMPLE_LINES = 60
_REFUSED = N_("The workbook holds something that a list never needs; it was refused.")
Cell = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row: its number in the file, and its cells."""

    number: int
    cells: tuple[Cell, ...]

    @property
    def is_blank(self) -> bool:
        return not any(cell is not None and str(cell).strip() for cell in self.cells)

    def text(self, place: int | None) -> str:
        """The cell as text; empty where there is none. A whole number has no decimals, however the workbook stores it."""
        cell = self.cells[place] if place is not None and place < len(self.cells) else None
        return " ".join(str(cell).replace("\u00a0", " ").split()) if cell is not None else ""

    def cell(self, place: int | None) -> Cell:
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def __str__(self) -> str:
        return " | ".join(str(cell) for cell in self.cells if cell is not None and str(cell).strip())


def read_lines(path: Path, score: Callable[[list[Line]], int]) -> list[Line]:
    """Every row that is not blank. `score` says how much of a table's head it recognises in some first rows: it chooses the separator."""
    if path.stat().st_size > FILE_MAX_BYTES:
        raise FileError(N_("The file is too large."), file=path.name)
    with path.open("rb") as stream:
        head = stream.read(4)
    lines: list[Line] = []
    for line in _workbook(path) if head.startswith(b"PK") else _csv(path, score):
        if line.is_blank:
            continue
        if len(lines) >= ROWS_MAX or len(line.cells) > COLUMNS_MAX:
            raise FileError(N_("The list has more rows or columns than any open item list. Export open items only."), file=path.name)
        lines.append(line)
    if not lines:
        raise FileError(N_("The file is empty."), file=path.name)
    return lines


def decoded(raw: bytes) -> str:
    """The text of a CSV: by its byte order mark, else UTF-8 where it is that, else UTF-16 by its zero bytes, else Windows-1252."""
    for mark, encoding in ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    if b"\0" in raw[:2000]:
        return raw.decode("utf-16-le" if raw[1:2] == b"\0" else "utf-16-be", errors="replace")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")


def _csv(path: Path, score: Callable[[list[Line]], int]) -> Iterator[Line]:
    text = decoded(path.read_bytes())
    sample = "\n".join(text.splitlines()[:_SAMPLE_LINES])
    best = max(DELIMITERS, key=lambda mark: (score(list(_rows(sample, mark, path.name))), sample.count(mark)))
    yield from _rows(text, best, path.name)


def _rows(text: str, delimiter: str, name: str) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        before = 0
        for cells in reader:
            # a quoted cell may hold line breaks: a row is known by the line it begins on
            yield Line(before + 1, tuple(cells))
            before = reader.line_num
    except csv.Error as error:
        raise FileError(N_("The file cannot be read as a table from here on."), file=name, line=reader.line_num) from error


def _workbook(path: Path) -> Iterator[Line]:
    _check_workbook(path)
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError, SyntaxError, TypeError) as error:
        raise FileError(N_("The workbook is damaged. Save it again in Excel, or as CSV."), file=path.name) from error
    try:
        for sheet in book.worksheets:
            found = False
            for number, cells in enumerate(sheet.iter_rows(values_only=True, max_row=ROWS_MAX + 100, max_col=COLUMNS_MAX + 1), 1):
                line = Line(number, tuple(_cell(value) for value in _trimmed(cells)))
                found = found or not line.is_blank
                yield line
            if found:
                return
    except (KeyError, ValueError, SyntaxError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise FileError(N_("The workbook is damaged. Save it again in Excel, or as CSV."), file=path.name) from error
    finally:
        book.close()


def _check_workbook(path: Path) -> None:
    """Sizes before anything is unpacked, and no document type in any part."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            packed = sum(part.compress_size for part in parts)
            if unpacked > UNPACKED_MAX_BYTES or (unpacked > 8 * 1024**2 and unpacked > RATIO_MAX * max(packed, 1)) or len(parts) > 2000:
                raise FileError(_REFUSED, file=path.name)
            for part in parts:
                if part.flag_bits & 0x1:
                    raise FileError(N_("The file is protected by a password. Save it without one."), file=path.name)
                if part.filename.endswith((".xml", ".rels")):
                    _check_part(archive, part, path.name)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
        raise FileError(N_("The zip file is damaged or incomplete."), file=path.name) from error


def _check_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    tail = b""
    with archive.open(part) as stream:
        while chunk := stream.read(1024 * 1024):
            seen = (tail + chunk).replace(b"\0", b"")
            if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                raise FileError(_REFUSED, file=name)
            tail = chunk[-32:]


def _trimmed(cells: tuple[object, ...]) -> list[object]:
    kept = list(cells)
    while kept and kept[-1] is None:
        kept.pop()
    return kept


def _cell(value: object) -> Cell:
    """A workbook's value. Its numbers are binary fractions: what stands beyond the sixth decimal is noise."""
    match value:
        case None | bool():
            return None if value is None else str(value)
        case datetime():
            return value.date()
        case date():
            return value
        case int():
            return value
        case float() if math.isfinite(value) and abs(value) < 1e15:
            told = Decimal(repr(value)).quantize(Decimal("0.000001"))
            return int(told) if told == told.to_integral_value() else told.normalize()
        case _:
            return str(value)
