"""Headings, sentences and tables as PDF/A-2a and PDF/UA-1, in the letters' own type: the same bytes whenever it is made again."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import typst

from app.messaging.letters.glyphs import FONT_FOLDER, printable
from app.messaging.letters.labels import LABELS

_LAYOUT = Path(__file__).parent / "sheet.typ"
_STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
_turn = threading.Lock()


@dataclass(frozen=True, slots=True)
class SheetBlock:
    """A heading with sentences, and perhaps a table whose first row are its headings."""

    heading: str
    sentences: Sequence[str] = ()
    table: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on it; `author` is whose document it is."""

    language: str
    title: str
    subtitle: str
    author: str
    blocks: Sequence[SheetBlock]
    footer: str


def render_sheet(sheet: Sheet, *, made_at: datetime) -> bytes:
    """The document as PDF, A4. Text is passed as data and never as markup. ValueError for a naive instant."""
    if made_at.tzinfo is None:
        raise ValueError("made_at must carry its zone")
    view = {
        "language": sheet.language, "title": printable(sheet.title), "subtitle": printable(sheet.subtitle),
        "author": printable(sheet.author), "footer": printable(sheet.footer), "page_of": LABELS[sheet.language].page_of,
        "blocks": [
            {
                "heading": printable(one.heading), "sentences": [printable(text) for text in one.sentences],
                "table": [[printable(cell) for cell in row] for row in one.table],
            }
            for one in sheet.blocks
        ],
    }  # fmt: skip
    inputs = {"sheet": json.dumps(view, ensure_ascii=False)}
    with _turn:
        pdf = _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=_STANDARDS, timestamp=int(made_at.timestamp()))
    if not isinstance(pdf, bytes):
        raise TypeError("a sheet is one document")
    return pdf


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONT_FOLDER])
    return typst.Compiler(input=_LAYOUT, root=_LAYOUT.parent, font_paths=fonts)
