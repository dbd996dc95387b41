"""Words of one's own, tried before they are kept: every letter they could become must say what the law wants said. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.dunning.letters.notice_letter import (
    IncompleteNoticeError,
    InterestTerm,
    NoticeContent,
    NoticeFee,
    NoticeInterest,
    NoticeInvoice,
    compose_notice,
)
from app.dunning.letters.thanks_mail import thanks_words
from app.dunning.wording import check_thanks
from app.dunning.wording_form import FIELDS_OF_KIND, UnknownFieldError, WordingDocument, WordingError, parse_wording
from app.messaging.letters.content import SenderBlock

TEXT_MAX = 8_000
#: an act that leaves no letter of these kinds to the creditor has nothing to say about their words
_ACT = "inkassoloven 1988"
_SENDER = SenderBlock("Eksempel AS", ("Storgata 1", "0001 Oslo"), "999999999", "post@eksempel.example", None)
_SENT, _DEADLINE = date(2026, 3, 2), date(2026, 3, 17)


@dataclass(frozen=True, slots=True)
class WordingFault:
    """Why words cannot be kept. `code` is a stable name, `detail` the field or passage meant (or empty), `law` the provision (or empty)."""

    code: str
    detail: str = ""
    law: str = ""


def faults(text: str, *, kind: str, language: str, tone: str) -> tuple[WordingFault, ...]:
    """What is wrong with the words, first things first; nothing: they can be kept."""
    if not text.strip():
        return (WordingFault("empty"),)
    if len(text) > TEXT_MAX:
        return (WordingFault("too_long", str(TEXT_MAX)),)
    try:
        words = parse_wording(text, name="own", kind=kind, language=language)
    except UnknownFieldError as fault:
        return (WordingFault("unknown_field", str(fault).rpartition(": ")[2]),)
    except WordingError as fault:
        return (WordingFault("form", str(fault).removeprefix("own: ")),)
    return _thanks_faults(words) if kind == "thanks" else _shortfalls(words, kind=kind, language=language, tone=tone)


def known_fields(kind: str) -> tuple[str, ...]:
    """The names that may stand in braces."""
    return tuple(sorted(FIELDS_OF_KIND[kind]))


def _shortfalls(words: WordingDocument, *, kind: str, language: str, tone: str) -> tuple[WordingFault, ...]:
    found: dict[str, WordingFault] = {}
    for notice in _letters(kind, language, tone):
        try:
            compose_notice(replace(notice, own_words=words))
        except IncompleteNoticeError as fault:
            for one in fault.shortfalls:
                found.setdefault(one.element, WordingFault(one.element, law=one.law))
        except WordingError as fault:
            found.setdefault("missing_field", WordingFault("missing_field", str(fault).rpartition(" ")[2]))
    return tuple(found.values())


def _thanks_faults(words: WordingDocument) -> tuple[WordingFault, ...]:
    """Thanks by whoever can be reached, through a bureau, and by whoever cannot."""
    found: dict[str, WordingFault] = {}
    for sender, bureau in ((_SENDER, "Byrå AS"), (replace(_SENDER, email=None), None)):
        try:
            filled = thanks_words(sender, bureau, "10025", language=words.language, own_words=words)
        except WordingError as fault:
            found.setdefault("missing_field", WordingFault("missing_field", str(fault).rpartition(" ")[2]))
        else:
            for one in check_thanks(filled):
                found.setdefault(one.element, WordingFault(one.element, law=one.law))
    return tuple(found.values())


def _letters(kind: str, language: str, tone: str) -> Iterator[NoticeContent]:
    """The least and the most a notice of that kind can have to say: one invoice and several, with and without each addition."""
    invoice = NoticeInvoice("10025", date(2026, 2, 2), 1_245_000, 200_000, date(2026, 1, 19))
    bare = NoticeContent(
        kind=kind, statute=_ACT, sender=_SENDER,
        recipient_lines=("Ola Nordmann", "Gata 1", "0001 Oslo"), issued_on=_SENT, deadline_on=_DEADLINE, reference="10025-1",
        invoices=(replace(invoice, paid_ore=0),), account_number="12345678903", kid="1002500000123", language=language, tone=tone,
    )  # fmt: skip
    yield bare
    yield replace(bare, invoices=(invoice, replace(invoice, number="10026")), kid=None, paid_until=_SENT)
    if kind == "due_notice":
        return
    interest = NoticeInterest(12_300, date(2026, 2, 3), _SENT, Decimal("12.00"), (InterestTerm(date(2026, 2, 3), Decimal("12.00")),))
    full = replace(
        bare, fees=(NoticeFee(kind, _SENT, 3_800),), interest=interest, compensation_ore=46_000, reminded_on=date(2026, 2, 16),
        bureau_name="Byrå AS", bureau_organisation_number="999999999",
    )  # fmt: skip
    yield full
    yield replace(full, invoices=(replace(invoice, interest=interest), replace(invoice, number="10026", interest=interest)), kid=None)
