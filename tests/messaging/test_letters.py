"""The letter as a printer, an archive and a screen reader meet it."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from html import unescape
from typing import Any

import pypdf
import pypdfium2
import pytest

from app.messaging.letters.content import InfoBlock, LetterContent, LetterRow, PaymentBox, SenderBlock, TotalLine
from app.messaging.letters.glyphs import covered, printable
from app.messaging.letters.notation import amount_text, date_text, percent_text, short_date_text
from app.messaging.letters.rendering import render_letter
from app.messaging.mail_layout import MailLink, notice_mail

ISSUED_AT = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)
KID = "1002500000123456789012347"
MM = 72 / 25.4


def letter(**changes: Any) -> LetterContent:
    short = LetterContent(
        language="nb",
        title="Inkassovarsel",
        sender=SenderBlock("Bø & Sønner AS", ("Storgata 12", "6004 Ålesund"), "912345678", "post@boogsonner.example", "70 12 34 56"),
        recipient_lines=("Ærlig Håndverk ANS", "v/ Åse Øverås", "Fjærevegen 7 B", "2900 Fagernes"),
        place="Ålesund",
        dated_on=date(2026, 11, 21),
        reference="10025-2",
        heading="Inkassovarsel",
        paragraphs=("Hvis kravet ikke er betalt innen fristen, vil det bli sendt til inkasso.",),
        rows=(LetterRow("Faktura 10025", 1245000, "Tømrerarbeid", date(2026, 9, 5), date(2026, 10, 5)),),
        totals=(TotalLine("Forsinkelsesrente", 19640, "12,25 % per år"), TotalLine("Purregebyr", 3800)),
        payment=PaymentBox("12345678903", 1268440, date(2026, 12, 7), KID),
        info=(InfoBlock("Er du uenig i kravet?", "Gi oss beskjed."), InfoBlock("Kontakt", "tlf. 70 12 34 56")),
        footer="Sendt på vegne av Bø & Sønner AS av Fjord Regnskap AS.",
    )
    return replace(short, **changes)


def long_letter(invoices: int) -> LetterContent:
    rows = tuple(
        LetterRow(f"Faktura {20000 + n}", 10000 * n, "Varelevering" if n % 3 else None, date(2026, 8, 1), date(2026, 9, 1))
        for n in range(1, invoices + 1)
    )
    total = sum(row.amount_ore for row in rows)
    return letter(rows=rows, totals=(), payment=PaymentBox("12345678903", total, date(2026, 12, 7), KID))


@lru_cache(maxsize=16)
def pdf_of(content: LetterContent) -> bytes:
    return render_letter(content, issued_at=ISSUED_AT)


def read(content: LetterContent) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(pdf_of(content)))


def text_of(content: LetterContent) -> str:
    return "\n".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf_of(content))).replace("\r\n", "\n")


def characters(content: LetterContent, page: int = 0) -> list[tuple[str, float, float, float, float]]:
    """Each visible character with left, top, right, bottom in millimetres from the page's upper left corner."""
    sheet = pypdfium2.PdfDocument(pdf_of(content))[page]
    height, words = sheet.get_height(), sheet.get_textpage()
    seen = []
    for index in range(words.count_chars()):
        character = words.get_text_range(index, 1)
        if character.strip("\u200b").strip():
            left, bottom, right, top = words.get_charbox(index)
            seen.append((character, left / MM, (height - top) / MM, right / MM, (height - bottom) / MM))
    return seen


def test_a_letter_about_one_invoice_is_one_tagged_page_in_its_language() -> None:
    pdf = read(letter())
    assert len(pdf.pages) == 1
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in pdf.trailer["/Root"]
    assert pdf.trailer["/Root"]["/Lang"].startswith("nb")
    assert pdf.metadata is not None and pdf.metadata.title == "Inkassovarsel" and pdf.metadata.author == "Bø & Sønner AS"
    assert read(letter(language="en")).trailer["/Root"]["/Lang"].startswith("en")


def test_a_letter_declares_both_the_archive_and_the_accessibility_standard() -> None:
    described = read(letter()).trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2<" in described and "<pdfaid:conformance>A<" in described
    assert "<pdfuaid:part>1<" in described


def test_every_font_is_embedded() -> None:
    fonts = [font for page in read(letter()).pages for font in page["/Resources"]["/Font"].values()]
    descriptors = [font.get_object()["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert descriptors
    assert all({"/FontFile2", "/FontFile3"} & descriptor.keys() for descriptor in descriptors)
    assert all("Inter" in descriptor["/FontName"] for descriptor in descriptors)


def test_kid_is_unspaced_and_amounts_hold_together() -> None:
    text = text_of(letter())
    assert KID in text
    assert "1234\u00a056\u00a078903" in text
    assert "12\u00a0450,00" in text and "12\u00a0684,40\u00a0kr" in text
    assert "7.\u00a0desember\u00a02026" in text
    assert "05.09.2026" in text and "05.10.2026" in text


@pytest.mark.parametrize(
    "recipient",
    [
        ("Ærlig Håndverk ANS", "v/ Åse Øverås", "Fjærevegen 7 B", "2900 Fagernes"),
        (
            "Nordnorsk Entreprenør- og Anleggsmaskinutleie Holding Eiendom Invest Konsern AS",
            "Att. Åse-Kristine Øverås-Ælversætherbråthen, økonomi- og administrasjonsavdelingen",
            "c/o Kontorfellesskapet Sørøst",
            "Fjærevegen 7 B, oppgang Ø, 4. etasje",
            "PB 1234 Sentrum",
            "2900 Fagernes",
            "Norge",
        ),
        ("Æ" * 120, "Gate 1", "0001 Oslo"),
    ],
)
def test_the_address_stays_in_the_window_and_the_window_stays_clear(recipient: tuple[str, ...]) -> None:
    near = [box for box in characters(letter(recipient_lines=recipient)) if box[1] < 120 and 40 < box[2] < 84]
    inside = [box for box in near if box[1] >= 20 and box[3] <= 105.1 and box[2] >= 48 and box[4] <= 76]
    assert inside == near
    shown = "".join(box[0] for box in inside)
    assert shown == "".join("".join(recipient).split())


def test_nothing_stands_in_the_printers_barcode_zone_or_at_the_edge() -> None:
    for content in (letter(), long_letter(40)):
        for page in range(len(read(content).pages)):
            assert all(
                left >= 18 and right <= 192 and top >= 10 and bottom <= 290 for _, left, top, right, bottom in characters(content, page)
            )


def test_the_same_record_gives_the_same_bytes_and_another_instant_does_not() -> None:
    again = render_letter(letter(), issued_at=ISSUED_AT)
    assert again == render_letter(letter(), issued_at=ISSUED_AT)
    render_letter(letter(heading="Noe annet"), issued_at=ISSUED_AT)
    assert again == render_letter(letter(), issued_at=ISSUED_AT)
    assert again != render_letter(letter(), issued_at=ISSUED_AT.replace(hour=9))


def test_what_a_user_wrote_never_becomes_markup() -> None:
    hostile = '#panic(1) *fet* $x^2$ \\ <a> @ref = tittel // nei "sitat" #read("/etc/passwd")'
    text = text_of(letter(heading=hostile, paragraphs=(hostile,), recipient_lines=(hostile[:30],), footer=hostile))
    assert (
        text.replace("\n", " ").replace("  ", " ").count('#panic(1) *fet* $x^2$ \\ <a> @ref = tittel // nei "sitat" #read("/etc/passwd")')
        >= 3
    )


def test_names_in_any_script_leave_a_letter_that_can_be_sent() -> None:
    text = text_of(letter(recipient_lines=("Łukasz Čapek", "Νίκος Ивáнов", "山田 😀", "a\u202eb\tc")))
    assert "Łukasz Čapek" in text and "Νίκος" in text
    assert "□□ □" in text
    assert "ab c" in text


def test_the_list_of_shown_characters_is_true() -> None:
    shown = "".join(sorted(character for character in covered() if character.isprintable() and not character.isspace()))
    passages = tuple(" ".join(shown[start : start + 30]) for start in range(0, len(shown), 30))
    assert render_letter(letter(paragraphs=passages), issued_at=ISSUED_AT).startswith(b"%PDF")
    assert printable("\u200f山") == "□"


def test_forty_invoices_keep_payment_on_the_first_page_and_repeat_the_head_of_the_table() -> None:
    content = long_letter(40)
    pages = pypdfium2.PdfDocument(pdf_of(content))
    texts = [page.get_textpage().get_text_bounded() for page in pages]
    assert len(texts) >= 2
    assert KID in texts[0] and "Er du uenig i kravet?" in texts[0]
    assert all("Fakturadato" in text and f"Side {number} av {len(texts)}" in text for number, text in enumerate(texts, start=1))
    assert all("Bø & Sønner AS · Inkassovarsel · vår referanse 10025-2" in text for text in texts[1:])
    assert all(sum(f"Faktura {20000 + n}" in text for text in texts) == 1 for n in range(1, 41))
    assert "Side" not in text_of(letter())


def test_without_a_kid_the_payer_is_told_what_to_write() -> None:
    text = text_of(letter(payment=PaymentBox("12345678903", 1268440, date(2026, 12, 7), None, "Faktura 10025")))
    assert "Merk betalingen\nFaktura 10025" in text
    assert "KID" not in text


def test_a_letter_whose_figures_disagree_is_refused() -> None:
    with pytest.raises(ValueError, match="sum to 1268440"):
        letter(payment=PaymentBox("12345678903", 1268439, date(2026, 12, 7)))
    with pytest.raises(ValueError, match="address"):
        letter(recipient_lines=())
    with pytest.raises(ValueError, match="zone"):
        render_letter(letter(), issued_at=ISSUED_AT.replace(tzinfo=None))


def test_the_mail_says_what_the_letter_says() -> None:
    subject, text, html = notice_mail(letter(), subject="Inkassovarsel:\r\nBcc: x@y.example")
    assert "\n" not in subject and "\r" not in subject
    for body in (text, unescape(html)):
        assert all(
            part in body
            for part in (KID, "12\u00a0684,40\u00a0kr", "7.\u00a0desember\u00a02026", "196,40", "38,00", "Er du uenig i kravet?")
        )
        assert "vil det bli sendt til inkasso" in body
    assert '<html lang="nb">' in html


def test_a_mail_fetches_nothing_and_its_markup_cannot_be_written_by_others() -> None:
    _, _, html = notice_mail(
        letter(heading='<img src="https://x.example/p.gif">'), subject="x", action=MailLink("Se kravet", "https://r.example/k/1")
    )
    assert "<img" not in html and "&lt;img" in html
    assert not any(word in html for word in ("<script", "<link", "url(", "@import"))
    assert re.findall(r'<[^>]*(?:src|href|background)="?([^" >]*)', html) == ["https://r.example/k/1"]
    assert 'style="' in html and "@media" in html
    with pytest.raises(ValueError, match="http"):
        MailLink("Se kravet", "javascript:alert(1)")


def test_amounts_and_dates_are_written_as_each_language_writes_them() -> None:
    assert amount_text(-123450, "nb") == "\u22121\u00a0234,50" and amount_text(123450, "en") == "1\u00a0234.50"
    assert date_text(date(2026, 3, 1), "nb") == "1.\u00a0mars\u00a02026" and date_text(date(2026, 3, 1), "en") == "1\u00a0March\u00a02026"
    assert short_date_text(date(2026, 3, 1), "nb") == "01.03.2026" and short_date_text(date(2026, 3, 1), "en") == "1\u00a0Mar\u00a02026"
    assert percent_text(Decimal("12.25"), "nb") == "12,25\u00a0%" and percent_text(Decimal("12"), "en") == "12.00%"
