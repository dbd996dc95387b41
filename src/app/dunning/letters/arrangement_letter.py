"""The confirmation of an agreement about payment as a letter: each date with its amount, and where to pay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.dunning.wording import fill, wording_document
from app.messaging.letters.content import InfoBlock, LetterContent, LetterRow, PaymentBox, SenderBlock
from app.messaging.letters.notation import date_text, kroner_text

_NAMES = {
    "nb": {"one": "Faktura {}", "instalment": "Avdrag {} av {}", "message": "Faktura {}", "or": "eller", "phone": "tlf. {}"},
    "nn": {"one": "Faktura {}", "instalment": "Avdrag {} av {}", "message": "Faktura {}", "or": "eller", "phone": "tlf. {}"},
    "en": {"one": "Invoice {}", "instalment": "Instalment {} of {}", "message": "Invoice {}", "or": "or", "phone": "tel. {}"},
}


@dataclass(frozen=True, slots=True)
class AgreedTerm:
    """A date, and how much is to be paid by then. Øre."""

    due_on: date
    amount_ore: int


@dataclass(frozen=True, slots=True)
class ArrangementContent:
    """Everything the confirmation says."""

    sender: SenderBlock
    recipient_lines: tuple[str, ...]
    dated_on: date
    place: str | None
    invoice: str
    terms: tuple[AgreedTerm, ...]
    account_number: str
    kid: str | None = None
    bureau_name: str | None = None
    language: str = "nb"


def arrangement_letter(content: ArrangementContent, *, version: int | None = None) -> tuple[LetterContent, str]:
    """The letter and the mail's subject. ValueError without a term."""
    if not content.terms:
        raise ValueError("an agreement has at least one date")
    names, language = _NAMES[content.language], content.language
    total, last, count = sum(term.amount_ore for term in content.terms), content.terms[-1].due_on, len(content.terms)
    phone = names["phone"].format(content.sender.phone) if content.sender.phone else None
    contact = f" {names['or']} ".join(part for part in (content.sender.email, phone) if part)
    filled = fill(
        wording_document("arrangement", language=language, version=version),
        {
            "creditor": content.sender.name, "bureau": content.bureau_name or "", "contact": contact, "invoice_number": content.invoice,
            "amount": kroner_text(total, language), "last_on": date_text(last, language), "count": str(count),
            "several": "1" if count > 1 else "", "one": "1" if count == 1 else "",
        },
    )  # fmt: skip
    rows = tuple(
        LetterRow(
            names["instalment"].format(number, count) if count > 1 else names["one"].format(content.invoice), term.amount_ore,
            due_on=term.due_on,
        )
        for number, term in enumerate(content.terms, 1)
    )  # fmt: skip
    letter = LetterContent(
        language=language, title=filled.title, sender=content.sender, recipient_lines=content.recipient_lines, place=content.place,
        dated_on=content.dated_on, reference=content.invoice, heading=filled.heading, paragraphs=filled.paragraphs, rows=rows, totals=(),
        payment=PaymentBox(
            content.account_number, total, last, kid=content.kid, message=None if content.kid else names["message"].format(content.invoice)
        ),
        info=tuple(InfoBlock(heading, text) for heading, text in filled.info), footer=filled.footer,
    )  # fmt: skip
    return letter, filled.subject
