"""The layout of an e-mail: one column of at most 600 px and the same words as plain text.

Nothing is fetched from anywhere and nobody is counted: no remote image, no style sheet, no tracking. Amounts and dates come as text and are
shown as they came.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import css_inline
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.messaging.letters.content import InfoBlock, LetterContent, LetterRow
from app.messaging.letters.labels import LABELS
from app.messaging.letters.notation import amount_text, organisation_number_text, short_date_text
from app.messaging.letters.rendering import payment_lines

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)


@dataclass(frozen=True, slots=True)
class MailLink:
    """`aloud` is what a screen reader says where the label alone would not tell links apart. Only http and https; else ValueError."""

    label: str
    url: str
    aloud: str | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("a link in a mail is http or https")


@dataclass(frozen=True, slots=True)
class MailCell:
    text: str
    detail: str | None = None
    link: MailLink | None = None


@dataclass(frozen=True, slots=True)
class MailTable:
    """The first column is text and everything after it figures or links, set to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[MailCell, ...], ...]
    total: tuple[MailCell, ...] | None = None


@dataclass(frozen=True, slots=True)
class MailContent:
    """What a mail says, from top to bottom. `facts` are label and value in a box, `facts_heading` above them."""

    language: str
    title: str
    sender_name: str
    heading: str
    paragraphs: tuple[str, ...]
    action: MailLink | None = None
    table: MailTable | None = None
    facts_heading: str | None = None
    facts: tuple[tuple[str, str], ...] = ()
    info: tuple[InfoBlock, ...] = ()
    imprint: tuple[str, ...] = ()
    footer: str | None = None


def mail_bodies(content: MailContent) -> tuple[str, str]:
    """Plain text and HTML of a mail, saying the same."""
    html = _PAGES.get_template("mail_layout.html.j2").render(mail=content)
    return _plain(content), _INLINER.inline(html)


def notice_mail(letter: LetterContent, *, subject: str, action: MailLink | None = None) -> tuple[str, str, str]:
    """Subject, plain text and HTML of the e-mail that carries a letter: its words, its lines and its payment box, unchanged.

    The letter itself goes along as PDF. The whole notice also stands in the mail, so that it has been said in writing (inkassoloven § 3 a)
    to a reader who never opens an enclosure.
    """
    words = LABELS[letter.language]
    table = MailTable(
        columns=(words.item, words.amount),
        rows=tuple((_invoice_cell(row, letter.language), MailCell(amount_text(row.amount_ore, letter.language))) for row in letter.rows)
        + tuple((MailCell(line.label, line.detail), MailCell(amount_text(line.amount_ore, letter.language))) for line in letter.totals),
        total=(MailCell(words.to_pay), MailCell(amount_text(letter.payment.amount_ore, letter.language))),
    )
    content = MailContent(
        language=letter.language,
        title=letter.title,
        sender_name=letter.sender.name,
        heading=letter.heading,
        paragraphs=letter.paragraphs,
        action=action,
        table=table,
        facts_heading=words.how_to_pay,
        facts=tuple(payment_lines(letter.payment, letter.language)),
        info=letter.info,
        imprint=_imprint(letter),
        footer=letter.footer,
    )
    text, html = mail_bodies(content)
    return " ".join(subject.split()), text, html


def _invoice_cell(row: LetterRow, language: str) -> MailCell:
    words = LABELS[language]
    said = [row.detail] if row.detail else []
    if row.dated_on:
        said.append(f"{words.dated} {short_date_text(row.dated_on, language)}")
    if row.due_on:
        said.append(f"{words.due} {short_date_text(row.due_on, language)}")
    return MailCell(row.label, " · ".join(said) or None)


def _imprint(letter: LetterContent) -> tuple[str, ...]:
    words = LABELS[letter.language]
    sender = letter.sender
    lines = [", ".join((sender.name, *sender.address_lines))]
    if sender.organisation_number:
        lines.append(f"{words.organisation_number} {organisation_number_text(sender.organisation_number)}")
    lines.append(f"{words.reference} {letter.reference}")
    return tuple(lines)


def _plain(content: MailContent) -> str:
    parts = [content.heading.upper(), *content.paragraphs]
    if content.action:
        parts.append(f"{content.action.label}:\n{content.action.url}")
    if content.table:
        parts.append("\n".join(_plain_row(row) for row in content.table.rows))
        if content.table.total:
            parts[-1] += "\n\n" + _plain_row(content.table.total)
    if content.facts:
        lines = [f"{label}: {value}" for label, value in content.facts]
        parts.append("\n".join([content.facts_heading.upper(), *lines] if content.facts_heading else lines))
    parts += [f"{block.heading}\n{block.text}" for block in content.info]
    if content.imprint:
        parts.append("\n".join(content.imprint))
    if content.footer:
        parts.append(content.footer)
    return "\n\n".join(parts) + "\n"


def _plain_row(row: tuple[MailCell, ...]) -> str:
    first, *others = row
    line = f"{first.text}: {'  '.join(cell.text for cell in others if cell.text)}"
    lines = [line, *([f"  {first.detail}"] if first.detail else [])]
    lines += [f"  {cell.link.label}: {cell.link.url}" for cell in row if cell.link]
    return "\n".join(lines)
