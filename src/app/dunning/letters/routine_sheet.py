"""A kept routine as PDF: the words of `routine_text`, laid out by the letters' own room."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app.dunning.letters.routine_text import routine_text
from app.messaging.letters.sheet import Sheet, SheetBlock, render_sheet
from app.values.calendar import oslo_date


def routine_pdf(said: Mapping[str, Any], language: str, version: int | None, made_at: datetime) -> bytes:
    """The same bytes for the same version and language."""
    text = routine_text(said, language, version, oslo_date(made_at))
    blocks = [SheetBlock(one.heading, one.sentences, one.table) for one in text.blocks]
    return render_sheet(Sheet(language, text.title, text.subtitle, str(said["bureau"]), blocks, text.footer), made_at=made_at)
