"""What a letter holds: everything a reader will see, already decided and frozen; layout adds nothing of its own but labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

#: the languages a letter can be labelled in
LANGUAGES = ("nb", "nn", "en")
#: what the window of a Norwegian envelope holds, in lines
RECIPIENT_LINES_MAX = 7


@dataclass(frozen=True, slots=True)
class SenderBlock:
    """Whose letter it is: the creditor, not whoever writes on its behalf. `organisation_number` is nine digits."""

    name: str
    address_lines: tuple[str, ...] = ()
    organisation_number: str | None = None
    email: str | None = None
    phone: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One invoice of the claim. `detail` says what it is for; `amount_ore` is øre and may be negative (a credit note)."""

    label: str
    amount_ore: int
    detail: str | None = None
    dated_on: date | None = None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class TotalLine:
    """A line below the invoices: interest, a fee, a payment received (negative). Øre. `detail` is its basis, in small print."""

    label: str
    amount_ore: int
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentBox:
    """How to pay. `account_number` is eleven digits; without a KID, `message` is what the payer should write. `amount_ore` in øre."""

    account_number: str
    amount_ore: int
    deadline_on: date
    kid: str | None = None
    message: str | None = None
    iban: str | None = None
    bic: str | None = None


@dataclass(frozen=True, slots=True)
class InfoBlock:
    """A short paragraph with a heading: how to dispute, whom to reach."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class LetterContent:
    """A letter about money owed, complete: the same content gives the same PDF, byte for byte, and the same e-mail.

    The rows and totals must sum to the payment box; a letter whose own figures disagree is a ValueError, as is one without a recipient.
    """

    language: str
    title: str
    sender: SenderBlock
    recipient_lines: tuple[str, ...]
    place: str | None
    dated_on: date
    reference: str
    heading: str
    paragraphs: tuple[str, ...]
    rows: tuple[LetterRow, ...]
    totals: tuple[TotalLine, ...]
    payment: PaymentBox
    info: tuple[InfoBlock, ...]
    footer: str | None = None
    your_reference: str | None = None

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise ValueError(f"no letters in the language {self.language!r}")
        if not self.title.strip() or not self.heading.strip():
            raise ValueError("a letter needs a title and a heading")
        if not 1 <= len(self.recipient_lines) <= RECIPIENT_LINES_MAX or not all(line.strip() for line in self.recipient_lines):
            raise ValueError(f"an address has 1 to {RECIPIENT_LINES_MAX} lines, none of them blank")
        stated = sum(row.amount_ore for row in self.rows) + sum(line.amount_ore for line in self.totals)
        if stated != self.payment.amount_ore:
            raise ValueError(f"the lines sum to {stated} øre, the payment box says {self.payment.amount_ore}")
