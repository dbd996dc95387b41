"""A notice as a text message: who, which invoice, how much, where to and by when. What is to be paid is never cut."""

from __future__ import annotations

from app.dunning.letters.notice_letter import NoticeContent
from app.messaging.letters.content import LetterContent
from app.messaging.letters.notation import kroner_text, short_date_text
from app.messaging.sms_text import compose

_LEADS = {
    "nb": {
        "due_notice": "{sender}: Faktura {number} forfaller {due}.",
        "reminder": "{sender}: Vi kan ikke se at faktura {number} er betalt. Den forfalt {due}.",
        "collection_warning": "{sender}: Vi har sendt deg et skriftlig inkassovarsel for faktura {number}. Les det.",
        "payment_demand": "{sender}: Vi har sendt deg en skriftlig betalingsoppfordring for faktura {number}. Les den.",
    },
    "nn": {
        "due_notice": "{sender}: Faktura {number} forfell {due}.",
        "reminder": "{sender}: Vi kan ikkje sjå at faktura {number} er betalt. Han forfall {due}.",
        "collection_warning": "{sender}: Vi har sendt deg eit skriftleg inkassovarsel for faktura {number}. Les det.",
        "payment_demand": "{sender}: Vi har sendt deg ei skriftleg betalingsoppfordring for faktura {number}. Les ho.",
    },
    "en": {
        "due_notice": "{sender}: Invoice {number} is due on {due}.",
        "reminder": "{sender}: We cannot see that invoice {number} has been paid. It was due on {due}.",
        "collection_warning": "{sender}: We have sent you a written collection warning for invoice {number}. Please read it.",
        "payment_demand": "{sender}: We have sent you a written demand for payment for invoice {number}. Please read it.",
    },
}
_LEADS_OF_SEVERAL = {
    "nb": {
        "due_notice": "{sender}: {count} fakturaer forfaller, den første {due}.",
        "reminder": "{sender}: Vi kan ikke se at {count} fakturaer er betalt. Den eldste forfalt {due}.",
        "collection_warning": "{sender}: Vi har sendt deg et skriftlig inkassovarsel for {count} fakturaer. Les det.",
        "payment_demand": "{sender}: Vi har sendt deg en skriftlig betalingsoppfordring for {count} fakturaer. Les den.",
    },
    "nn": {
        "due_notice": "{sender}: {count} fakturaer forfell, den første {due}.",
        "reminder": "{sender}: Vi kan ikkje sjå at {count} fakturaer er betalte. Den eldste forfall {due}.",
        "collection_warning": "{sender}: Vi har sendt deg eit skriftleg inkassovarsel for {count} fakturaer. Les det.",
        "payment_demand": "{sender}: Vi har sendt deg ei skriftleg betalingsoppfordring for {count} fakturaer. Les ho.",
    },
    "en": {
        "due_notice": "{sender}: {count} invoices fall due, the first on {due}.",
        "reminder": "{sender}: We cannot see that {count} invoices have been paid. The oldest was due on {due}.",
        "collection_warning": "{sender}: We have sent you a written collection warning for {count} invoices. Please read it.",
        "payment_demand": "{sender}: We have sent you a written demand for payment for {count} invoices. Please read it.",
    },
}
_TO_PAY = {
    "nb": "Betal {amount} til konto {account} innen {deadline}.",
    "nn": "Betal {amount} til konto {account} innan {deadline}.",
    "en": "Please pay {amount} to account {account} by {deadline}.",
}
_REFERENCE = {"nb": ("KID {kid}", "Merk: {message}"), "nn": ("KID {kid}", "Merk: {message}"), "en": ("KID {kid}", "Reference: {message}")}


def notice_sms(content: NoticeContent, letter: LetterContent) -> str:
    """In GSM's alphabet, at most three parts."""
    language = content.language if content.language in _LEADS else "nb"
    first, pay, count = min(content.invoices, key=lambda one: one.due_on), letter.payment, len(content.invoices)
    leads = _LEADS if count == 1 else _LEADS_OF_SEVERAL
    lead = leads[language][content.kind].format(
        sender=content.sender.name, number=first.number, count=count, due=short_date_text(first.due_on, language)
    )
    must = _TO_PAY[language].format(
        amount=kroner_text(pay.amount_ore, language), account=pay.account_number, deadline=short_date_text(pay.deadline_on, language)
    )
    by_kid, by_message = _REFERENCE[language]
    reference = by_kid.format(kid=pay.kid) if pay.kid else by_message.format(message=pay.message) if pay.message else ""
    return compose(lead, f"{must} {reference}".strip())
