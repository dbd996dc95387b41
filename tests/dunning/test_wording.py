"""The words of notices: what the law wants is there, in every tone and language, and what was sent stays as it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from lxml.html import document_fromstring

from app.dunning.facts import NoticeKind
from app.dunning.letters.notice_letter import (
    IncompleteNoticeError,
    InterestTerm,
    NoticeContent,
    NoticeFee,
    NoticeInterest,
    NoticeInvoice,
    compose_notice,
)
from app.dunning.letters.thanks_mail import thanks_mail
from app.dunning.letters.weekly_list import LeftOutInvoice, ListedInvoice, WeeklyListContent, weekly_list_mail
from app.dunning.wording import Tone, check_content, fill, wording_document
from app.dunning.wording_form import (
    FIELDS_OF_KIND,
    MissingFieldError,
    UnknownFieldError,
    UnknownWordingError,
    WordingError,
    parse_wording,
)
from app.messaging.letters.content import SenderBlock
from app.messaging.letters.rendering import render_letter
from app.messaging.mail_layout import notice_mail

GOLDEN = Path(__file__).parent / "letters"
ACT_1988, ACT_2026 = "inkassoloven-1988", "inkassoloven-2026"
NOTICES = [(kind.value, language, tone) for kind in NoticeKind for language in ("nb", "nn", "en") for tone in Tone]

FULL = NoticeContent(
    kind="collection_warning",
    statute=ACT_1988,
    sender=SenderBlock("Bø & Sønner AS", ("Storgata 12", "6004 Ålesund"), "912345678", "post@boogsonner.example", "70 12 34 56"),
    recipient_lines=("Ærlig Håndverk ANS", "Fjærevegen 7 B", "2900 Fagernes"),
    issued_on=date(2026, 11, 21),
    deadline_on=date(2026, 12, 7),
    reference="10025-2",
    invoices=(NoticeInvoice("10025", date(2026, 10, 5), 1245000, 200000, date(2026, 9, 5), "Tømrerarbeid"),),
    account_number="12345678903",
    kid="1002500000123",
    fees=(NoticeFee("reminder", date(2026, 10, 20), 3800), NoticeFee("collection_warning", date(2026, 11, 21), 3800)),
    interest=NoticeInterest(19640, date(2026, 10, 6), date(2026, 11, 21), Decimal("12.25")),
    paid_until=date(2026, 11, 20),
    reminded_on=date(2026, 10, 20),
    place="Ålesund",
    bureau_name="Fjord Regnskap AS",
    bureau_organisation_number="987654321",
)
SEVERAL = tuple(NoticeInvoice(str(100 + n), date(2026, 10, n), 50000, 0, date(2026, 9, n)) for n in range(1, 4))
WEEKLY = WeeklyListContent(
    company_name="Bø & Sønner AS",
    week=47,
    decide_before=datetime(2026, 11, 26, 11, 0, tzinfo=UTC),
    list_url="https://reskontro.example/lists/1",
    invoices=(
        ListedInvoice("10025", "Ærlig Håndverk ANS", date(2026, 10, 5), 47, 1245000, "https://reskontro.example/lists/1/a/stop"),
        ListedInvoice("10031", "Kari <b>Nordmann</b>", date(2026, 11, 20), 1, 99900, "https://reskontro.example/lists/1/b/stop"),
    ),
    left_out=(LeftOutInvoice("10011", "Sjøbris AS", "betalt 17.11.2026"),),
    bureau_name="Fjord Regnskap AS",
)


def notice_of(kind: str, language: str, tone: str) -> NoticeContent:
    differs = {
        "due_notice": {
            "fees": (), "interest": None, "reminded_on": None, "issued_on": date(2026, 10, 2), "deadline_on": date(2026, 10, 5),
            "paid_until": date(2026, 10, 1),
        },
        "reminder": {"fees": FULL.fees[:1], "reminded_on": None},
        "payment_demand": {"fees": (*FULL.fees[1:], NoticeFee("payment_demand", date(2026, 11, 21), 11300))},
    }  # fmt: skip
    return replace(FULL, kind=kind, language=language, tone=tone, **differs.get(kind, {}))


def text_of(notice: NoticeContent) -> str:
    composed = compose_notice(notice)
    subject, text, _ = notice_mail(composed.letter, subject=composed.subject)
    return f"{composed.wording}\n{subject}\n\n{text}"


def golden(name: str, said: str) -> None:
    kept = (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert said == kept, f"{name} has been sent as it stands in {GOLDEN.name}/: a changed sentence is a new version, not an edit"


@pytest.mark.parametrize(("kind", "language", "tone"), NOTICES)
def test_a_text_that_has_been_sent_never_changes(kind: str, language: str, tone: str) -> None:
    golden(f"{kind}.{language}.v1.{tone}", text_of(notice_of(kind, language, tone)))


@pytest.mark.parametrize(("kind", "language", "tone"), NOTICES)
def test_a_text_about_several_invoices_never_changes_either(kind: str, language: str, tone: str) -> None:
    bundled = replace(notice_of(kind, language, tone), invoices=SEVERAL, kid=None, fees=(), interest=None, reminded_on=None)
    golden(f"{kind}.{language}.v1.{tone}.several", text_of(bundled))


@pytest.mark.parametrize("language", ["nb", "en"])
def test_the_weekly_list_mail_never_changes_unseen(language: str) -> None:
    subject, text, _ = weekly_list_mail(WEEKLY, language=language)
    golden(f"weekly_list.{language}.v1.neutral", f"{subject}\n\n{text}")


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_thanks_for_a_payment_never_change_unseen(language: str) -> None:
    subject, text, _ = thanks_mail(FULL.sender, FULL.bureau_name, "10025", language=language)
    golden(f"thanks.{language}.v1.friendly", f"{subject}\n\n{text}")


@pytest.mark.parametrize(("kind", "language", "tone"), NOTICES)
def test_every_text_has_all_the_law_asks_for(kind: str, language: str, tone: str) -> None:
    letter = compose_notice(notice_of(kind, language, tone)).letter
    assert render_letter(letter, issued_at=datetime(2026, 11, 21, 8, tzinfo=UTC)).startswith(b"%PDF")


@pytest.mark.parametrize("language", ["nb", "nn", "en"])
def test_the_tone_never_reaches_the_sentences_of_the_law(language: str) -> None:
    cores = {compose_notice(notice_of("collection_warning", language, tone)).letter.paragraphs[1] for tone in Tone}
    openings = {compose_notice(notice_of("collection_warning", language, tone)).letter.paragraphs[0] for tone in Tone}
    assert len(cores) == 1
    assert len(openings) == 3


def test_principal_payments_interest_and_each_fee_have_their_own_line() -> None:
    composed = compose_notice(FULL)
    assert [(line.label, line.amount_ore) for line in composed.letter.totals] == [
        ("Innbetalt", -200000),
        ("Forsinkelsesrente", 19640),
        ("Purregebyr", 3800),
        ("Gebyr for inkassovarsel", 3800),
    ]
    assert (composed.principal_ore, composed.total_ore) == (1045000, 1072240)
    assert composed.letter.payment.amount_ore == 1072240
    assert composed.wording == "collection_warning.nb.v1.neutral"


def test_an_early_reminder_says_that_it_is_free() -> None:
    free = replace(notice_of("reminder", "nb", "neutral"), fees=(), interest=None)
    assert "Purringen er gebyrfri." in text_of(free)
    assert "gebyrfri" not in text_of(notice_of("reminder", "nb", "neutral"))


def test_several_invoices_without_a_common_kid_show_their_own() -> None:
    both = tuple(replace(one, kid=f"900{one.number}") for one in SEVERAL)
    letter = compose_notice(replace(FULL, invoices=both, kid=None)).letter
    assert [row.detail for row in letter.rows] == ["KID 900101", "KID 900102", "KID 900103"]
    assert letter.payment.kid is None and letter.payment.message == "10025-2"
    assert compose_notice(replace(FULL, invoices=both)).letter.rows[0].detail is None


def filled_warning(text: str | None = None, language: str = "nb", **fields: str):
    given = {
        "creditor": "Bø AS", "concerning": "faktura 7", "invoice_number": "7", "due_on": "5. oktober 2026", "amount": "100,00 kr",
        "principal": "100,00 kr", "deadline": "7. desember 2026", "account": "1234 56 78903", "payment_reference": "123455",
        "contact": "tlf. 1", "reference": "7-1", **fields,
    }  # fmt: skip
    document = wording_document("collection_warning", language=language)
    if text is not None:
        document = parse_wording(text, name="own", kind="collection_warning", language=language)
    return fill(document, given)


def elements(filled, kind: str = "collection_warning", statute: str = ACT_1988) -> set[str]:
    return {fault.element for fault in check_content(kind, statute, filled)}


OWN = "title: Brev\nheading: {heading}\nsubject: Brev\n\n== paragraph\n{body}\n== info: Uenig?\nMeld innsigelse til oss.\n"
BODY = "Betal {amount} innen {deadline}. "


def own(body: str, heading: str = "Inkassovarsel") -> str:
    return OWN.replace("{heading}", heading).replace("{body}", body)


@pytest.mark.parametrize(
    "missing", ["creditor", "concerning", "due_on", "principal", "amount", "deadline", "account", "payment_reference", "contact"]
)
def test_a_warning_without_a_mandatory_figure_is_found_out(missing: str) -> None:
    text = own("Kravet er ikke betalt. Hvis det ikke blir betalt, sendes det til inkasso.")
    assert missing in elements(filled_warning(text, **{missing: ""}))


@pytest.mark.parametrize(
    ("sentence", "clear"),
    [
        ("Hvis kravet ikke er betalt innen fristen, vil det bli sendt til inkasso.", True),
        ("Betales ikke kravet innen fristen, sender vi det til inkasso.", True),
        ("Uteblir betalingen, starter vi inkasso 8. desember 2026.", True),
        ("Hvis kravet ikke er betalt innen fristen, kan det bli sendt til inkasso.", False),
        ("Hvis kravet ikke er betalt, vil vi ikke sende det til inkasso.", False),
        ("Vi ber om rask betaling.", False),
        ("Inkasso er kjedelig.", False),
    ],
)
def test_a_warning_must_say_clearly_that_collection_follows(sentence: str, clear: bool) -> None:
    assert ("collection_statement" not in elements(filled_warning(own(BODY + sentence)))) is clear


def test_a_payment_notice_by_another_name_is_not_a_collection_warning() -> None:
    body = BODY + "Hvis kravet ikke er betalt innen fristen, vil det bli sendt til inkasso."
    assert elements(filled_warning(own(body, heading="Betalingsvarsel"))) == {"named"}
    assert elements(filled_warning(own(body))) == set()


@pytest.mark.parametrize(
    ("sentence", "element"),
    [
        ("Manglende betaling gir betalingsanmerkning.", "payment_remark"),
        ("Det vil påføre deg ekstra omkostninger.", "certain_cost"),
        ("Dette kommer til å koste mer.", "certain_cost"),
    ],
)
def test_what_a_notice_must_not_say_is_found_out(sentence: str, element: str) -> None:
    body = BODY + "Hvis kravet ikke er betalt innen fristen, vil det bli sendt til inkasso. " + sentence
    assert elements(filled_warning(own(body))) == {element}


def test_an_amount_that_differs_from_the_principal_must_be_split() -> None:
    assert elements(filled_warning(amount="138,00 kr")) == {"amounts_split"}
    assert elements(filled_warning(amount="138,00 kr", fee="38,00 kr")) == set()


def test_how_to_object_must_be_said() -> None:
    body = BODY + "Hvis kravet ikke er betalt innen fristen, vil det bli sendt til inkasso."
    text = own(body).replace("Uenig?", "Hjelp").replace("Meld innsigelse til oss.", "Ring oss.")
    assert elements(filled_warning(text)) == {"how_to_dispute"}


def test_under_the_2026_act_a_creditor_sends_no_collection_warning() -> None:
    assert elements(filled_warning(), statute=ACT_2026) == {"reserved_for_agencies"}
    with pytest.raises(IncompleteNoticeError, match="§ 20"):
        compose_notice(replace(FULL, statute=ACT_2026))
    assert compose_notice(replace(notice_of("reminder", "nb", "neutral"), statute=ACT_2026)).wording == "reminder.nb.v1.neutral"
    with pytest.raises(ValueError, match="statute"):
        check_content("collection_warning", "romerretten", filled_warning())


DEMAND = notice_of("payment_demand", "nb", "neutral")


@pytest.mark.parametrize("language", ["nb", "en"])
@pytest.mark.parametrize(
    ("said", "element"),
    [
        ("Dette er en betalingsoppfordring etter inkassoloven § 10 fra {creditor}.", "creditor_in_text"),
        ("Hovedkravet er {principal}.", "principal_in_text"),
        ("Gebyr er {fee}.", "fee_in_text"),
        ("Forsinkelsesrente er {interest}.", "interest_in_text"),
        ("Renten er beregnet med {interest_terms}, og løper videre til kravet er betalt.", "interest_terms"),
        ("Blir kravet ikke betalt, kan det føre til ytterligere kostnader og til rettslig inndriving.", "consequences"),
        ("Har du innsigelser mot kravet, må du gi oss beskjed innen samme frist.", "how_to_dispute"),
    ],
)
def test_each_thing_the_law_wants_in_a_payment_demand_is_missed_by_name(said: str, element: str, language: str) -> None:
    folder = Path(check_content.__code__.co_filename).parent / "letters"
    text = (folder / f"payment_demand.{language}.v1.neutral.txt").read_text("utf-8")
    sentence = said if language == "nb" else ENGLISH[element]
    assert sentence in text
    document = parse_wording(text.replace(sentence, "…"), name="own", kind="payment_demand", language=language)
    filled = fill(document, dict(fill(wording_document("payment_demand", language=language), FIELDS).fields))
    assert element in {one.element for one in check_content("payment_demand", ACT_1988, filled)}


FIELDS = {
    "creditor": "Bø AS", "concerning": "faktura 7", "invoice_number": "7", "due_on": "5. oktober 2026", "amount": "151,00 kr",
    "principal": "100,00 kr", "fee": "38,00 kr", "interest": "13,00 kr", "interest_terms": "12,25 % per år fra 6. oktober 2026",
    "deadline": "7. desember 2026", "account": "1234 56 78903", "payment_reference": "KID 7", "contact": "tlf. 1", "reference": "7-1",
}  # fmt: skip
ENGLISH = {
    "creditor_in_text": "under section 10 of the Norwegian Debt Collection Act from {creditor}.",
    "principal_in_text": "The principal is {principal}.",
    "fee_in_text": "Fees are {fee}.",
    "interest_in_text": "Late payment interest is {interest}.",
    "interest_terms": "It is calculated at {interest_terms}, and runs until the claim is paid.",
    "consequences": "If the claim is not paid, this may lead to further costs and to legal recovery.",
    "how_to_dispute": "If you have objections to the claim, you must let us know by the same date.",
}


def test_a_payment_demand_names_every_rate_with_the_day_it_was_used_from() -> None:
    terms = (InterestTerm(date(2026, 6, 6), Decimal("12.00")), InterestTerm(date(2026, 7, 1), Decimal("12.25")))
    both = replace(DEMAND, interest=NoticeInterest(19640, date(2026, 6, 6), date(2026, 11, 21), None, terms))
    assert "12,00 % per år fra 6. juni 2026 og 12,25 % per år fra 1. juli 2026, og løper videre" in text_of(both).replace("\u00a0", " ")
    assert "Det er ikke krevd forsinkelsesrente." in text_of(replace(DEMAND, interest=None))
    with pytest.raises(IncompleteNoticeError, match="at which rate"):
        compose_notice(replace(DEMAND, interest=NoticeInterest(19640, date(2026, 6, 6), date(2026, 11, 21))))


def test_under_the_2026_act_a_creditor_sends_no_payment_demand() -> None:
    with pytest.raises(IncompleteNoticeError, match="§ 21"):
        compose_notice(replace(DEMAND, statute=ACT_2026))


def test_before_the_due_date_nothing_is_charged_and_nobody_is_threatened() -> None:
    early = notice_of("due_notice", "nb", "neutral")
    with pytest.raises(IncompleteNoticeError, match="before the due date"):
        compose_notice(replace(early, fees=FULL.fees))
    filled = fill(wording_document("due_notice"), FIELDS | {"fee": "", "interest": "", "interest_terms": "", "amount": "100,00 kr"})
    assert not check_content("due_notice", ACT_2026, filled)
    worse = replace(filled, paragraphs=(*filled.paragraphs, "Ellers sender vi det til inkasso."))
    assert {one.element for one in check_content("due_notice", ACT_1988, worse)} == {"threat_before_due"}


def test_a_notice_nobody_can_answer_is_not_composed() -> None:
    with pytest.raises(MissingFieldError, match="contact"):
        compose_notice(replace(FULL, sender=SenderBlock("Bø & Sønner AS")))
    by_post = replace(FULL, sender=SenderBlock("Bø & Sønner AS", ("Storgata 12", "6004 Ålesund")))
    assert "Bø & Sønner AS, Storgata 12, 6004 Ålesund." in text_of(by_post)


def test_unknown_texts_fields_and_forms_are_errors() -> None:
    with pytest.raises(UnknownWordingError):
        wording_document("final_threat")
    with pytest.raises(UnknownWordingError):
        wording_document("reminder", version=99)
    with pytest.raises(UnknownWordingError):
        wording_document("reminder", language="../nb")
    with pytest.raises(UnknownFieldError, match="salary"):
        parse_wording(own("Hei {salary}"), name="own", kind="reminder", language="nb")
    with pytest.raises(UnknownFieldError, match="salary"):
        fill(wording_document("reminder"), {"salary": "1"})
    with pytest.raises(MissingFieldError, match="due_on"):
        fill(wording_document("reminder"), {"concerning": "faktura 7"})
    for broken in (
        own("Hei {amount"),
        "heading: x\n",
        own("Hei") + "== poem\nx\n",
        own("Hei") + "== info\nx\n",
        own("Hei").replace("subject", "emne"),
    ):
        with pytest.raises(WordingError):
            parse_wording(broken, name="own", kind="reminder", language="nb")


def test_what_stands_in_a_field_is_never_a_gap_itself() -> None:
    filled = filled_warning(own("Til {creditor}: " + BODY), creditor="{deadline} & Co", amount="{account}")
    assert filled.paragraphs == ("Til {deadline} & Co: Betal {account} innen 7. desember 2026.",)


def test_every_text_on_file_can_be_read() -> None:
    folder = Path(check_content.__code__.co_filename).parent / "letters"
    names = sorted(path.stem for path in folder.glob("*.txt"))
    assert {f"{kind}.{language}.v1.{tone}" for kind, language, tone in NOTICES} <= set(names)
    for name in names:
        kind, language, version, tone = name.split(".")
        document = wording_document(kind, language=language, tone=tone, version=int(version[1:]))
        assert document.name == name and document.kind in FIELDS_OF_KIND


def test_the_weekly_list_links_to_pages_that_ask_first_and_shows_what_was_left_out() -> None:
    subject, text, html = weekly_list_mail(WEEKLY)
    assert subject == "Klar for inkassovarsel – uke 47: 2 fakturaer, 13 449,00 kr"
    for body in (text, unescape(html)):
        assert all(one.stop_url in body for one in WEEKLY.invoices)
        assert "torsdag 26.\u00a0november\u00a02026 kl. 12.00" in body
        assert "faktura 10011 til Sjøbris AS (betalt 17.11.2026)" in body
    page = document_fromstring(html)
    assert page.xpath("//b") == [] and page.xpath("//form") == []
    assert page.xpath("//td/a/@aria-label") == [
        "Stans faktura 10025 til Ærlig Håndverk ANS",
        "Stans faktura 10031 til Kari <b>Nordmann</b>",
    ]
    assert page.xpath("//td/a/@href") == [one.stop_url for one in WEEKLY.invoices]
    assert "(1 dag siden)" in html
    with pytest.raises(ValueError, match="empty"):
        weekly_list_mail(replace(WEEKLY, invoices=()))
    with pytest.raises(ValueError, match="zone"):
        weekly_list_mail(replace(WEEKLY, decide_before=datetime(2026, 11, 26)))
