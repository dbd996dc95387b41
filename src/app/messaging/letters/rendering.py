"""A letter as PDF/A-2a and PDF/UA-1: archived for years, read aloud by a screen reader, and the same bytes whenever it is made again."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from app.messaging.letters.content import LetterContent, LetterRow, PaymentBox, SenderBlock, TotalLine
from app.messaging.letters.glyphs import FONT_FOLDER, printable
from app.messaging.letters.labels import LABELS, Labels
from app.messaging.letters.notation import amount_text, date_text, kroner_text, organisation_number_text, short_date_text
from app.values.account_number import format_account_number

_LAYOUT = Path(__file__).parent / "letter.typ"
_STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]
# the compiler holds the inputs of its latest letter, so threads take turns; more letters a second come from more processes
_turn = threading.Lock()


def render_letter(letter: LetterContent, *, issued_at: datetime) -> bytes:
    """The letter as PDF, A4. `issued_at` is the instant kept with the record: with it the bytes are the same at every rendering.

    Text is passed as data and never as markup, so nothing written by a user can change the layout. ValueError for a naive instant.
    """
    if issued_at.tzinfo is None:
        raise ValueError("issued_at must carry its zone")
    inputs = {"letter": json.dumps(_printed(_view(letter)), ensure_ascii=False)}
    with _turn:
        pdf = _compiler().compile(format="pdf", sys_inputs=inputs, pdf_standards=_STANDARDS, timestamp=int(issued_at.timestamp()))
    if not isinstance(pdf, bytes):
        raise TypeError("a letter is one document")
    return pdf


@lru_cache(maxsize=1)
def _compiler() -> typst.Compiler:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONT_FOLDER])
    return typst.Compiler(input=_LAYOUT, root=_LAYOUT.parent, font_paths=fonts)


def _view(letter: LetterContent) -> dict[str, Any]:
    words = LABELS[letter.language]
    dated = date_text(letter.dated_on, letter.language)
    return {
        "language": letter.language,
        "title": letter.title,
        "sender": _sender(letter.sender, words),
        "recipient": list(letter.recipient_lines),
        "dated": f"{letter.place}, {dated}" if letter.place else dated,
        "particulars": [[words.reference, letter.reference]]
        + ([[words.your_reference, letter.your_reference]] if letter.your_reference else []),
        "heading": letter.heading,
        "paragraphs": list(letter.paragraphs),
        "claim_heading": words.claim,
        "columns": [words.item, words.dated, words.due, words.amount],
        "rows": [_row(row, letter.language) for row in letter.rows],
        "totals": [_total(line, letter.language) for line in letter.totals],
        "sum": [words.to_pay, amount_text(letter.payment.amount_ore, letter.language)],
        "payment_heading": words.how_to_pay,
        "payment": payment_lines(letter.payment, letter.language),
        "info": [[block.heading, block.text] for block in letter.info],
        "footer": letter.footer,
        "page_of": words.page_of,
        "running": f"{letter.sender.name} · {letter.title} · {words.reference.lower()} {letter.reference}",
    }


def payment_lines(payment: PaymentBox, language: str) -> list[tuple[str, str]]:
    """Label and value of each line of the payment box. The KID is unspaced, so that it can be copied into a bank as it stands."""
    words = LABELS[language]
    lines = [
        (words.amount_to_pay, kroner_text(payment.amount_ore, language)),
        (words.deadline, date_text(payment.deadline_on, language)),
        (words.account, format_account_number(payment.account_number).replace(" ", "\u00a0")),
    ]
    if payment.kid:
        lines.append((words.kid, payment.kid))
    elif payment.message:
        lines.append((words.message, payment.message))
    if payment.iban:
        lines.append(("IBAN", payment.iban))
    if payment.bic:
        lines.append(("BIC", payment.bic))
    return lines


def _sender(sender: SenderBlock, words: Labels) -> dict[str, Any]:
    contact = []
    if sender.organisation_number:
        contact.append([words.organisation_number, organisation_number_text(sender.organisation_number)])
    if sender.phone:
        contact.append([words.phone, sender.phone])
    if sender.email:
        contact.append([words.email, sender.email])
    return {"name": sender.name, "address": [*sender.address_lines, *([sender.website] if sender.website else [])], "contact": contact}


def _row(row: LetterRow, language: str) -> dict[str, str | None]:
    return {
        "label": row.label,
        "detail": row.detail,
        "dated": short_date_text(row.dated_on, language) if row.dated_on else "",
        "due": short_date_text(row.due_on, language) if row.due_on else "",
        "amount": amount_text(row.amount_ore, language),
    }


def _total(line: TotalLine, language: str) -> dict[str, str | None]:
    return {"label": line.label, "detail": line.detail, "amount": amount_text(line.amount_ore, language)}


def _printed(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {key: _printed(part) for key, part in value.items()}
    return [_printed(part) for part in value] if isinstance(value, list | tuple) else value
