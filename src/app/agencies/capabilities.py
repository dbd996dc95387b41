"""What a collection agency can and cannot do, as data: pages, jobs and tests ask here, never by the agency's name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Access(StrEnum):
    """How we are let in. PARTNER: the house has one key for all creditors, an agreement only says which one. OWN: the bureau or the company
    has keys of its own. FILES: a folder on a server, with keys of its own."""

    PARTNER = "partner"
    OWN = "own"
    FILES = "files"


class ReportKind(StrEnum):
    """What is told about money that came by us. CORRECTION: the claim was too high from the start."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    CORRECTION = "correction"


class OrderKind(StrEnum):
    """What we may ask an agency to do with a case. WITHDRAW takes it back for good. LEGAL_YES and LEGAL_NO answer whether the agency may
    go to the authorities (forliksråd, namsmann), ANSWER any other question. RELEASE and STOP answer an agency's own list of claims that are
    about to go on."""

    PAUSE = "pause"
    RESUME = "resume"
    WITHDRAW = "withdraw"
    MESSAGE = "message"
    ANSWER = "answer"
    LEGAL_YES = "legal_yes"
    LEGAL_NO = "legal_no"
    RELEASE = "release"
    STOP = "stop"


class QuestionKind(StrEnum):
    """What an agency asks for. LIST: may this claim go on? LEGAL: may it go to the authorities?"""

    ADDRESS = "address"
    DOCUMENT = "document"
    OBJECTION = "objection"
    LEGAL = "legal"
    LIST = "list"
    OTHER = "other"


class Takeover(StrEnum):
    """From where on the agency acts. WARNING: it sends the collection warning (inkassovarsel) itself. PAYMENT_DEMAND: it begins with the
    payment demand (betalingsoppfordring, inkassoloven 1988 § 10), after our warning."""

    WARNING = "warning"
    PAYMENT_DEMAND = "payment_demand"


@dataclass(frozen=True, slots=True)
class AccessField:
    """One box of the form in which access is written down. What is not `secret` may be shown again."""

    name: str
    secret: bool = False
    needed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencyCapabilities:
    """What an agency can and cannot do. `answers_later`: whether it takes a case is heard by a later reading. `orders` and `reports`:
    what it may be asked and told. `payout_marks`: how its payouts look on the creditor's bank account or ledger; they are never reported
    back. `free_withdrawal_days`: what its public terms say, where they do; an agreement may say otherwise."""

    agency: str
    label: str
    access: Access
    fields: tuple[AccessField, ...] = ()
    answers_later: bool = False
    takeovers: frozenset[Takeover] = frozenset({Takeover.PAYMENT_DEMAND})
    attaches: bool = False
    lists_book: bool = False
    reports: frozenset[ReportKind] = frozenset()
    orders: frozenset[OrderKind] = frozenset()
    finds_orders: bool = False
    settles: bool = False
    marks_booked: bool = False
    tells_losses: bool = False
    provisions: bool = False
    payout_marks: tuple[str, ...] = ()
    free_withdrawal_days: int | None = None
