"""The mail to an approver: what waits for his yes, what the waiting costs, and the one link that opens the page to answer on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.dunning.wording import fill, wording_document
from app.messaging.letters.notation import amount_text, kroner_text, short_date_text
from app.messaging.mail_layout import MailCell, MailContent, MailLink, MailTable, mail_bodies

_WORDS = {
    "nb": {
        "one": "1 faktura",
        "many": "{} fakturaer",
        "columns": ("Faktura", "Beløp (kr)"),
        "detail": "Faktura {number}, {step}",
        "due": "forfalt {due}",
        "days": "ventet {days} dager, {cost}",
        "day": "ventet 1 dag, {cost}",
        "instead": "for {owner}",
        "steps": {"send_reminder": "purring", "send_collection_warning": "inkassovarsel", "hand_over": "oversendelse til inkasso"},
        "sum": "Sum",
    },
    "en": {
        "one": "1 invoice",
        "many": "{} invoices",
        "columns": ("Invoice", "Amount (NOK)"),
        "detail": "Invoice {number}, {step}",
        "due": "due {due}",
        "days": "waited {days} days, {cost}",
        "day": "waited 1 day, {cost}",
        "instead": "for {owner}",
        "steps": {"send_reminder": "reminder", "send_collection_warning": "collection warning", "hand_over": "handover to collection"},
        "sum": "Total",
    },
}


@dataclass(frozen=True, slots=True)
class AskedInvoice:
    """One question. Øre; `lost_ore` is what the waiting has cost so far. `instead_of`: whose yes it would be if he were here."""

    number: str
    debtor_name: str
    step: str
    due_on: date | None
    remaining_ore: int
    days: int
    lost_ore: int
    instead_of: str | None = None


@dataclass(frozen=True, slots=True)
class ApprovalMail:
    """All that waits for one person in one company. `again`: he has been told before. `url` opens a page that asks before it acts."""

    to_name: str
    company_name: str
    bureau_name: str
    again: bool
    url: str
    invoices: tuple[AskedInvoice, ...]
    per_day_ore: int


def approval_mail(mail: ApprovalMail, *, language: str = "nb", version: int | None = None) -> tuple[str, str, str]:
    """Subject, plain text and HTML. ValueError without invoices or for a link that is not http(s)."""
    if not mail.invoices:
        raise ValueError("a mail that asks nothing is not sent")
    words, count = _WORDS[language], len(mail.invoices)
    total = sum(one.remaining_ore for one in mail.invoices)
    filled = fill(
        wording_document("approval", language=language, version=version),
        {
            "company": mail.company_name, "bureau": mail.bureau_name, "name": mail.to_name,
            "count": str(words["one"]) if count == 1 else str(words["many"]).format(count), "total": kroner_text(total, language),
            "per_day": kroner_text(mail.per_day_ore, language) if mail.per_day_ore else "", "again": "1" if mail.again else "",
        },
    )  # fmt: skip
    content = MailContent(
        language=language, title=filled.title, sender_name=mail.bureau_name, heading=filled.heading, paragraphs=filled.paragraphs,
        action=MailLink(filled.action or filled.heading, mail.url), table=_table(mail, language, total), footer=filled.footer,
    )  # fmt: skip
    text, html = mail_bodies(content)
    return filled.subject, text, html


def _table(mail: ApprovalMail, language: str, total: int) -> MailTable:
    words = _WORDS[language]
    rows = []
    for one in mail.invoices:
        said = [str(words["detail"]).format(number=one.number, step=words["steps"].get(one.step, one.step))]  # type: ignore[attr-defined]
        if one.due_on is not None:
            said.append(str(words["due"]).format(due=short_date_text(one.due_on, language)))
        if one.days:
            said.append(str(words["day" if one.days == 1 else "days"]).format(days=one.days, cost=kroner_text(one.lost_ore, language)))
        if one.instead_of:
            said.append(str(words["instead"]).format(owner=one.instead_of))
        rows.append((MailCell(one.debtor_name, ", ".join(said)), MailCell(amount_text(one.remaining_ore, language))))
    return MailTable(
        columns=tuple(words["columns"]), rows=tuple(rows), total=(MailCell(str(words["sum"])), MailCell(amount_text(total, language)))
    )
