"""The thank-you for a payment as a mail: that it has arrived, and that nothing more is to be done. It asks for nothing."""

from __future__ import annotations

from app.dunning.wording import FilledWording, Tone, fill, wording_document
from app.dunning.wording_form import WordingDocument
from app.messaging.letters.content import InfoBlock, SenderBlock
from app.messaging.mail_layout import MailContent, mail_bodies

_OR = {"nb": ("eller", "tlf."), "nn": ("eller", "tlf."), "en": ("or", "tel.")}


def thanks_words(
    sender: SenderBlock, bureau_name: str | None, invoice: str, *, language: str = "nb", own_words: WordingDocument | None = None
) -> FilledWording:
    """What it says, in the creditor's or the bureau's own words where they have some."""
    either, phone = _OR[language]
    contact = f" {either} ".join(part for part in (sender.email, f"{phone} {sender.phone}" if sender.phone else None) if part)
    return fill(
        own_words or wording_document("thanks", language=language, tone=Tone.FRIENDLY),
        {"creditor": sender.name, "bureau": bureau_name or "", "contact": contact, "invoice_number": invoice},
    )


def thanks_mail(
    sender: SenderBlock, bureau_name: str | None, invoice: str, *, language: str = "nb", own_words: WordingDocument | None = None
) -> tuple[str, str, str]:
    """Subject, plain text and HTML."""
    filled = thanks_words(sender, bureau_name, invoice, language=language, own_words=own_words)
    text, html = mail_bodies(
        MailContent(
            language=language, title=filled.title, sender_name=sender.name, heading=filled.heading, paragraphs=filled.paragraphs,
            info=tuple(InfoBlock(heading, words) for heading, words in filled.info),
            imprint=(", ".join((sender.name, *sender.address_lines)),), footer=filled.footer,
        )
    )  # fmt: skip
    return filled.subject, text, html
