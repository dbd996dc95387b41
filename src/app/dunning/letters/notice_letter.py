"""From what a notice says in figures to the letter and the e-mail that say it in words: one content for both roads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.dunning.wording import FilledWording, Shortfall, check_content, fill, wording_document
from app.dunning.wording_form import WordingDocument
from app.messaging.letters.content import InfoBlock, LetterContent, LetterRow, PaymentBox, SenderBlock, TotalLine
from app.messaging.letters.notation import date_text, kroner_text, organisation_number_text, percent_text
from app.values.account_number import format_account_number

# names of lines; as frozen as the texts: another word here is another version of them
_NAMES = {
    "nb": {
        "invoice": "Faktura {}",
        "invoice_in_text": "faktura {}",
        "invoices_in_text": "{}\u00a0fakturaer",
        "paid": "Innbetalt",
        "interest": "Forsinkelsesrente",
        "interest_of": "rente {amount} fra {start}",
        "oldest": "{} (eldste faktura)",
        "term": "{rate} per år fra {start}",
        "and": "og",
        "span": "{rate} per år fra {start} til og med {end}",
        "spans": "Fra {start} til og med {end}",
        "reminder": "Purregebyr",
        "collection_warning": "Gebyr for inkassovarsel",
        "payment_demand": "Gebyr for betalingsoppfordring",
        "fee_basis": "Inkassoforskriften § 1-2, brev {}",
        "compensation": "Standardkompensasjon for sen betaling",
        "compensation_basis": "Forsinkelsesrenteloven § 3 a",
        "or": "eller",
        "phone": "tlf. {}",
    },
    "nn": {
        "invoice": "Faktura {}",
        "invoice_in_text": "faktura {}",
        "invoices_in_text": "{}\u00a0fakturaer",
        "paid": "Innbetalt",
        "interest": "Forseinkingsrente",
        "interest_of": "rente {amount} frå {start}",
        "oldest": "{} (eldste faktura)",
        "term": "{rate} per år frå {start}",
        "and": "og",
        "span": "{rate} per år frå {start} til og med {end}",
        "spans": "Frå {start} til og med {end}",
        "reminder": "Purregebyr",
        "collection_warning": "Gebyr for inkassovarsel",
        "payment_demand": "Gebyr for betalingsoppfordring",
        "fee_basis": "Inkassoforskrifta § 1-2, brev {}",
        "compensation": "Standardkompensasjon for sein betaling",
        "compensation_basis": "Forseinkingsrentelova § 3 a",
        "or": "eller",
        "phone": "tlf. {}",
    },
    "en": {
        "invoice": "Invoice {}",
        "invoice_in_text": "invoice {}",
        "invoices_in_text": "{}\u00a0invoices",
        "paid": "Payments received",
        "interest": "Late payment interest",
        "interest_of": "interest {amount} from {start}",
        "oldest": "{} (oldest invoice)",
        "term": "{rate} a year from {start}",
        "and": "and",
        "span": "{rate} a year from {start} to {end}",
        "spans": "From {start} to {end}",
        "reminder": "Reminder fee",
        "collection_warning": "Fee for the notice of debt collection",
        "payment_demand": "Fee for the payment demand",
        "fee_basis": "Debt Collection Regulations section 1-2, letter of {}",
        "compensation": "Compensation for late payment",
        "compensation_basis": "Late Payment Interest Act section 3 a",
        "or": "or",
        "phone": "tel. {}",
    },
}


#: heading and line about what stands to the debtor's credit, by language
CREDIT_LINE = {
    "nb": (
        "Til gode",
        "Du har {credit} til gode som ikke er knyttet til noen faktura. Gjelder det denne, ta kontakt, så trekkes det fra.",
    ),
    "nn": (
        "Til gode",
        "Du har {credit} til gode som ikkje er knytte til nokon faktura. Gjeld det denne, ta kontakt, så blir det trekt frå.",
    ),
    "en": (
        "To your credit",
        "You have {credit} to your credit that is tied to no invoice. If it is for this one, contact us and it will be deducted.",
    ),
}


@dataclass(frozen=True, slots=True)
class NoticeInvoice:
    """One invoice. `original_ore` less `paid_ore` (payments and credits, as a positive figure) is what remains of the principal, in øre.

    `kid` is the invoice's own; it is shown on its line where the notice as a whole has none (several invoices, one KID each). So is its
    own late interest among several.
    """

    number: str
    due_on: date
    original_ore: int
    paid_ore: int = 0
    invoiced_on: date | None = None
    subject: str | None = None
    kid: str | None = None
    interest: NoticeInterest | None = None


@dataclass(frozen=True, slots=True)
class NoticeFee:
    """A fee for one letter (inkassoforskriften § 1-2): for an earlier one still unpaid, or for this one. Øre."""

    kind: str
    charged_on: date
    amount_ore: int


@dataclass(frozen=True, slots=True)
class InterestTerm:
    """A rate, per cent a year, and the first day it was used (inkassoloven 1988 § 10 asks for both)."""

    from_on: date
    rate_percent: Decimal


@dataclass(frozen=True, slots=True)
class NoticeInterest:
    """Late interest to and including `until_on` (forsinkelsesrenteloven §§ 2, 3), in øre. `rate_percent` only when one rate held; `terms`
    are all of them."""

    amount_ore: int
    from_on: date
    until_on: date
    rate_percent: Decimal | None = None
    terms: tuple[InterestTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class NoticeContent:
    """Everything one notice says, in figures. `kind` is a `NoticeKind`'s value; `statute` carries its year; dates are Oslo's.

    `own_words` stand in the place of the house's. `reference` is ours, shown to the debtor; `paid_until` the day payments are known to;
    `reminded_on` the day of the last reminder.
    `credit_ore`: what stands to the debtor's credit tied to no invoice: told, and taken off nothing.
    """

    kind: str
    statute: str
    sender: SenderBlock
    recipient_lines: tuple[str, ...]
    issued_on: date
    deadline_on: date
    reference: str
    invoices: tuple[NoticeInvoice, ...]
    account_number: str
    kid: str | None = None
    iban: str | None = None
    bic: str | None = None
    fees: tuple[NoticeFee, ...] = ()
    interest: NoticeInterest | None = None
    compensation_ore: int = 0
    paid_until: date | None = None
    reminded_on: date | None = None
    place: str | None = None
    your_reference: str | None = None
    bureau_name: str | None = None
    bureau_organisation_number: str | None = None
    language: str = "nb"
    tone: str = "neutral"
    wording_version: int | None = None
    credit_ore: int = 0
    own_words: WordingDocument | None = None


@dataclass(frozen=True, slots=True)
class ComposedNotice:
    """The words, ready to be frozen. `wording` names the text and its version; `subject` is the e-mail's; øre."""

    letter: LetterContent
    wording: str
    subject: str
    principal_ore: int
    total_ore: int


class IncompleteNoticeError(Exception):
    """The notice does not say all the law asks for, or says what it must not: it may not be sent as it is."""

    def __init__(self, shortfalls: list[Shortfall]) -> None:
        super().__init__("; ".join(f"{fault.explanation} ({fault.law})" for fault in shortfalls))
        self.shortfalls = tuple(shortfalls)


def compose_notice(notice: NoticeContent) -> ComposedNotice:
    """The letter a notice becomes, its words chosen, filled and checked.

    IncompleteNoticeError when the law's content is not all there, `WordingError` when there is no such text, ValueError without invoices.
    """
    if not notice.invoices:
        raise ValueError("a notice is about at least one invoice")
    total_ore = _total_ore(notice)
    words = notice.own_words or wording_document(notice.kind, language=notice.language, tone=notice.tone, version=notice.wording_version)
    filled = fill(words, _fields(notice, total_ore))
    if shortfalls := check_content(notice.kind, notice.statute, filled):
        raise IncompleteNoticeError(shortfalls)
    return ComposedNotice(
        letter=_letter(notice, filled, total_ore),
        wording=filled.name,
        subject=filled.subject,
        principal_ore=_principal_ore(notice),
        total_ore=total_ore,
    )


def _letter(notice: NoticeContent, filled: FilledWording, total_ore: int) -> LetterContent:
    return LetterContent(
        language=notice.language,
        title=filled.title,
        sender=notice.sender,
        recipient_lines=notice.recipient_lines,
        place=notice.place,
        dated_on=notice.issued_on,
        reference=notice.reference,
        your_reference=notice.your_reference,
        heading=filled.heading,
        paragraphs=filled.paragraphs,
        rows=tuple(_row(one, notice) for one in notice.invoices),
        totals=_totals(notice),
        payment=PaymentBox(
            account_number=notice.account_number,
            amount_ore=total_ore,
            deadline_on=notice.deadline_on,
            kid=notice.kid,
            message=_payment_message(notice),
            iban=notice.iban,
            bic=notice.bic,
        ),
        info=(*(InfoBlock(heading, text) for heading, text in filled.info), *_credit(notice)),
        footer=filled.footer,
    )


def _credit(notice: NoticeContent) -> tuple[InfoBlock, ...]:
    """Money or a credit note of the debtor's that nobody has tied to an invoice: he is told, so that he need not pay twice."""
    if notice.credit_ore <= 0:
        return ()
    heading, text = CREDIT_LINE.get(notice.language, CREDIT_LINE["nb"])
    return (InfoBlock(heading, text.format(credit=kroner_text(notice.credit_ore, notice.language))),)


def _row(one: NoticeInvoice, notice: NoticeContent) -> LetterRow:
    said = [part for part in (one.subject, f"KID {one.kid}" if one.kid and not notice.kid else None, _own_interest(one, notice)) if part]
    label = _NAMES[notice.language]["invoice"].format(one.number)
    return LetterRow(label, one.original_ore, " · ".join(said) or None, one.invoiced_on, one.due_on)


def _own_interest(one: NoticeInvoice, notice: NoticeContent) -> str | None:
    """Among several, each invoice's own interest and the day it runs from (inkassoloven 1988 § 10)."""
    if len(notice.invoices) == 1 or one.interest is None or not one.interest.amount_ore:
        return None
    amount, start = kroner_text(one.interest.amount_ore, notice.language), date_text(one.interest.from_on, notice.language)
    return _NAMES[notice.language]["interest_of"].format(amount=amount, start=start)


def _totals(notice: NoticeContent) -> tuple[TotalLine, ...]:
    names = _NAMES[notice.language]
    lines = []
    if paid := sum(one.paid_ore for one in notice.invoices):
        lines.append(TotalLine(names["paid"], -paid))
    if notice.interest is not None and notice.interest.amount_ore:
        lines.append(TotalLine(names["interest"], notice.interest.amount_ore, _span(notice.interest, notice)))
    if notice.compensation_ore:
        lines.append(TotalLine(names["compensation"], notice.compensation_ore, names["compensation_basis"]))
    for fee in notice.fees:
        if fee.amount_ore:
            basis = names["fee_basis"].format(date_text(fee.charged_on, notice.language))
            lines.append(TotalLine(names[fee.kind], fee.amount_ore, basis))
    return tuple(lines)


def _span(interest: NoticeInterest, notice: NoticeContent) -> str:
    language = notice.language
    start, end = _start(interest.from_on, notice), date_text(interest.until_on, language)
    if interest.rate_percent is None:
        return _NAMES[language]["spans"].format(start=start, end=end)
    return _NAMES[language]["span"].format(rate=percent_text(interest.rate_percent, language), start=start, end=end)


def _start(from_on: date, notice: NoticeContent) -> str:
    """The day interest began to run; among several invoices it is the oldest one's, and each other's stands on its line."""
    text, names = date_text(from_on, notice.language), _NAMES[notice.language]
    others = {one.interest.from_on for one in notice.invoices if one.interest is not None} - {from_on}
    first = notice.interest is not None and from_on == notice.interest.from_on
    return names["oldest"].format(text) if others and first else text


def _fields(notice: NoticeContent, total_ore: int) -> dict[str, str]:
    def money(ore: int) -> str:
        return kroner_text(ore, notice.language) if ore else ""

    def day(on: date | None) -> str:
        return date_text(on, notice.language) if on else ""

    names = _NAMES[notice.language]
    numbers = [one.number for one in notice.invoices]
    single = numbers[0] if len(numbers) == 1 else ""
    return {
        "creditor": notice.sender.name,
        "bureau": notice.bureau_name if notice.bureau_name and notice.bureau_organisation_number else "",
        "bureau_number": organisation_number_text(notice.bureau_organisation_number or ""),
        "contact": _contact(notice),
        "reference": notice.reference,
        "account": format_account_number(notice.account_number),
        "payment_reference": notice.kid or _payment_message(notice),
        "concerning": names["invoice_in_text"].format(single) if single else names["invoices_in_text"].format(len(numbers)),
        "invoice_number": single,
        "due_on": day(min(one.due_on for one in notice.invoices)),
        "deadline": day(notice.deadline_on),
        "paid_until": day(notice.paid_until),
        "reminded_on": day(notice.reminded_on),
        "amount": money(total_ore),
        "principal": money(_principal_ore(notice)),
        "paid": money(sum(one.paid_ore for one in notice.invoices)),
        "fee": money(sum(fee.amount_ore for fee in notice.fees)),
        "interest": money(notice.interest.amount_ore if notice.interest else 0),
        "interest_terms": _terms(notice),
        "compensation": money(notice.compensation_ore),
    }


def _terms(notice: NoticeContent) -> str:
    """Every rate used and from which day; empty where no interest is charged."""
    if notice.interest is None or not notice.interest.amount_ore:
        return ""
    names, interest = _NAMES[notice.language], notice.interest
    terms = interest.terms or ((InterestTerm(interest.from_on, interest.rate_percent),) if interest.rate_percent is not None else ())
    said = [names["term"].format(rate=percent_text(one.rate_percent, notice.language), start=_start(one.from_on, notice)) for one in terms]
    return f" {names['and']} ".join(said)


def _payment_message(notice: NoticeContent) -> str:
    first = notice.invoices[0].number
    return _NAMES[notice.language]["invoice"].format(first) if len(notice.invoices) == 1 else notice.reference


def _contact(notice: NoticeContent) -> str:
    names = _NAMES[notice.language]
    ways = [names["phone"].format(notice.sender.phone)] if notice.sender.phone else []
    ways += [notice.sender.email] if notice.sender.email else []
    return f" {names['or']} ".join(ways) or ", ".join(notice.sender.address_lines)


def _principal_ore(notice: NoticeContent) -> int:
    return sum(one.original_ore - one.paid_ore for one in notice.invoices)


def _total_ore(notice: NoticeContent) -> int:
    interest = notice.interest.amount_ore if notice.interest else 0
    return _principal_ore(notice) + interest + notice.compensation_ore + sum(fee.amount_ore for fee in notice.fees)
