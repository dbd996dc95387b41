"""The weekly list as an e-mail to the company: what is ready for the collection warning, and what happens by itself at the deadline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.dunning.facts import BookFault
from app.dunning.wording import fill, wording_document
from app.messaging.letters.notation import amount_text, date_text, kroner_text, short_date_text
from app.messaging.mail_layout import MailCell, MailContent, MailLink, MailTable, mail_bodies
from app.values.calendar import OSLO

_WORDS = {
    "nb": {
        "one": "1 faktura",
        "many": "{} fakturaer",
        "columns": ("Faktura", "Beløp (kr)", "Handling"),
        "detail": "Faktura {number}, forfalt {due} ({days} dager siden)",
        "detail_one": "Faktura {number}, forfalt {due} (1 dag siden)",
        "stop": "Stans",
        "stop_aloud": "Stans faktura {number} til {debtor}",
        "sum": "Sum",
        "weekdays": ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag"),
        "moment": "{weekday} {day} kl. {hour:02d}.{minute:02d}",
        "left_out": "faktura {number} til {debtor} ({reason})",
    },
    "en": {
        "one": "1 invoice",
        "many": "{} invoices",
        "columns": ("Invoice", "Amount (NOK)", "Action"),
        "detail": "Invoice {number}, due {due} ({days} days ago)",
        "detail_one": "Invoice {number}, due {due} (1 day ago)",
        "stop": "Stop",
        "stop_aloud": "Stop invoice {number} to {debtor}",
        "sum": "Total",
        "weekdays": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "moment": "{weekday} {day} at {hour:02d}:{minute:02d}",
        "left_out": "invoice {number} to {debtor} ({reason})",
    },
}

#: what keeps everything in the house, by the code of the finding
_HELD = {
    "nb": {
        "sync_old": "regnskapet ble sist lest {on}",
        "bank_old": "banken er avstemt bare til og med {on}",
        "bank_confirmed_old": "banken er bekreftet bokført bare til og med {on}",
        "unposted_confirmed_old": "bilagene er bekreftet bokført bare til og med {on}",
        "unposted_some": "{number} bilag som gjelder kunder eller bank, er ikke bokført",
        "unallocated_some": "{number} innbetalinger er ikke knyttet til noen faktura",
    },
    "en": {
        "sync_old": "the book was last read on {on}",
        "bank_old": "the bank is matched through {on} only",
        "bank_confirmed_old": "the bank is confirmed as booked through {on} only",
        "unposted_confirmed_old": "vouchers are confirmed as booked through {on} only",
        "unposted_some": "{number} vouchers that touch customers or bank are not posted",
        "unallocated_some": "{number} payments are tied to no invoice",
    },
}


@dataclass(frozen=True, slots=True)
class ListedInvoice:
    """One invoice ready for the warning. `stop_url` opens a page that asks before it acts. Øre; days since the due date."""

    number: str
    debtor_name: str
    due_on: date
    days_overdue: int
    remaining_ore: int
    stop_url: str


@dataclass(frozen=True, slots=True)
class LeftOutInvoice:
    """One that was on its way to the list and is not on it; `reason` is in the reader's language ("betalt 17.11.2026")."""

    number: str
    debtor_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class WeeklyListContent:
    """A company's list for one ISO week. `decide_before` is the instant everything not stopped goes on; shown in Oslo's time. `held`: what
    is so wrong with the book that nothing goes on before it is put right."""

    company_name: str
    week: int
    decide_before: datetime
    list_url: str
    invoices: tuple[ListedInvoice, ...]
    left_out: tuple[LeftOutInvoice, ...] = ()
    bureau_name: str | None = None
    held: tuple[BookFault, ...] = ()


def weekly_list_mail(weekly: WeeklyListContent, *, language: str = "nb", version: int | None = None) -> tuple[str, str, str]:
    """Subject, plain text and HTML. ValueError without invoices, for a naive deadline, or for a link that is not http(s)."""
    if not weekly.invoices:
        raise ValueError("an empty list is not sent")
    if weekly.decide_before.tzinfo is None:
        raise ValueError("decide_before must carry its zone")
    words = _WORDS[language]
    total_ore = sum(one.remaining_ore for one in weekly.invoices)
    count = len(weekly.invoices)
    filled = fill(
        wording_document("weekly_list", language=language, version=version),
        {
            "company": weekly.company_name,
            "bureau": weekly.bureau_name or "",
            "week": str(weekly.week),
            "count": str(words["one"]) if count == 1 else str(words["many"]).format(count),
            "total": kroner_text(total_ore, language),
            "decide_before": _moment(weekly.decide_before, language),
            "left_out": "; ".join(
                str(words["left_out"]).format(number=one.number, debtor=one.debtor_name, reason=one.reason) for one in weekly.left_out
            ),
            "held": "; ".join(_fault(one, language) for one in weekly.held),
        },
    )
    content = MailContent(
        language=language,
        title=filled.title,
        sender_name=weekly.company_name,
        heading=filled.heading,
        paragraphs=filled.paragraphs,
        action=MailLink(filled.action or filled.heading, weekly.list_url),
        table=_table(weekly, language, total_ore),
        footer=filled.footer,
    )
    text, html = mail_bodies(content)
    return filled.subject, text, html


def _table(weekly: WeeklyListContent, language: str, total_ore: int) -> MailTable:
    words = _WORDS[language]
    rows = []
    for one in weekly.invoices:
        detail = str(words["detail_one" if one.days_overdue == 1 else "detail"])
        said = detail.format(number=one.number, due=short_date_text(one.due_on, language), days=one.days_overdue)
        stop = MailLink(str(words["stop"]), one.stop_url, str(words["stop_aloud"]).format(number=one.number, debtor=one.debtor_name))
        rows.append((MailCell(one.debtor_name, said), MailCell(amount_text(one.remaining_ore, language)), MailCell("", link=stop)))
    total = (MailCell(str(words["sum"])), MailCell(amount_text(total_ore, language)), MailCell(""))
    return MailTable(columns=tuple(words["columns"]), rows=tuple(rows), total=total)


def _fault(fault: BookFault, language: str) -> str:
    on = "–" if fault.on is None else date_text(fault.on, language)
    return _HELD[language][fault.code].format(on=on, number=fault.number)


def _moment(instant: datetime, language: str) -> str:
    words = _WORDS[language]
    local = instant.astimezone(OSLO)
    weekday = words["weekdays"][local.weekday()]
    return str(words["moment"]).format(weekday=weekday, day=date_text(local.date(), language), hour=local.hour, minute=local.minute)
