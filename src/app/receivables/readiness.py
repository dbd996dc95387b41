"""Is a company's book up to date enough to follow debtors up from it (klar bok)? Pure: what the ledger told in, a light and findings out.

A ledger that does not tell something is *unknown*: shown as such and never green by guess. A person may say it instead, with a day: that
counts as the ledger's own word on the bank does, and goes stale as that would. Red keeps everything in the house, because a
debtor who has paid must not be dunned for what nobody has posted yet (god inkassoskikk, inkassoloven 1988 § 8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from enum import StrEnum

#: an account not matched for so long is out of use, unless there is no other
DORMANT_AFTER = timedelta(days=400)


class Light(StrEnum):
    """The worst first. Red holds sending and handover, amber warns."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class Check(StrEnum):
    """What is looked at."""

    SYNC = "sync"
    BANK = "bank"
    UNPOSTED = "unposted"
    UNALLOCATED = "unallocated"
    CREDIT_NOTES = "credit_notes"


@dataclass(frozen=True, slots=True)
class BankMatch:
    """A bank account money comes in on, and the day through which its movements are matched. None: it never was."""

    account: str
    matched_on: date | None


@dataclass(frozen=True, slots=True)
class Confirmed:
    """`by` said on `on` that bank and vouchers are booked through `through_on`."""

    through_on: date
    by: str
    on: date


@dataclass(frozen=True, slots=True)
class BookFacts:
    """What is known of one company's book. `banks` and `unposted` are None where the ledger does not tell; `confirmed` is for those alone.

    `unallocated_*`: money in that nobody has tied to an invoice. `credit_note_*`: credit notes tied to none.
    """

    read_on: date | None = None
    banks: tuple[BankMatch, ...] | None = None
    unposted: int | None = None
    unposted_since: date | None = None
    unallocated_count: int = 0
    unallocated_ore: int = 0
    credit_note_count: int = 0
    credit_note_ore: int = 0
    overdue_ore: int = 0
    confirmed: Confirmed | None = None


@dataclass(frozen=True, slots=True)
class ReadinessLimits:
    """From how many days, payments and per cent on a check turns amber or red. A bureau may set its own."""

    sync_amber_days: int = 2
    sync_red_days: int = 4
    bank_amber_days: int = 6
    bank_red_days: int = 15
    unposted_red_days: int = 8
    unallocated_red_count: int = 3
    unallocated_red_percent: int = 25

    @staticmethod
    def from_json(stored: Mapping[str, object]) -> ReadinessLimits:
        """What is not mentioned is standard; what is not known any more is left out."""
        known = {one.name for one in fields(ReadinessLimits)}
        return ReadinessLimits(**{name: value for name, value in stored.items() if name in known and isinstance(value, int)})

    def __post_init__(self) -> None:
        for one in fields(self):
            if not 1 <= getattr(self, one.name) <= 365:
                raise ValueError(one.name)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer. `code` has a sentence and a remedy in `readiness_texts`; the rest is what they speak of."""

    check: Check
    light: Light
    code: str
    on: date | None = None
    days: int = 0
    number: int = 0
    amount_ore: int = 0
    account: str = ""
    by: str = ""
    said_on: date | None = None

    @property
    def is_unknown(self) -> bool:
        return self.code.endswith("_unknown")

    def as_json(self) -> dict[str, object]:
        return {
            "check": self.check.value, "light": self.light.value, "code": self.code, "on": None if self.on is None else self.on.isoformat(),
            "days": self.days, "number": self.number, "amount_ore": self.amount_ore, "account": self.account, "by": self.by,
            "said_on": None if self.said_on is None else self.said_on.isoformat(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Readiness:
    """The light of a company's book, with one finding for each check, worst first."""

    light: Light
    findings: tuple[Finding, ...]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """What keeps everything in the house."""
        return tuple(one for one in self.findings if one.light is Light.RED)

    @property
    def remarks(self) -> tuple[Finding, ...]:
        """Whatever is not as it should be."""
        return tuple(one for one in self.findings if one.light is not Light.GREEN)


def judge(book: BookFacts, today: date, limits: ReadinessLimits = ReadinessLimits()) -> Readiness:
    """The light of a book on that day."""
    found = (
        _sync(book, today, limits),
        _bank(book, today, limits),
        _vouchers(book, today, limits),
        _unallocated(book, limits),
        _credits(book),
    )
    ranked = tuple(sorted(found, key=lambda one: _RANK[one.light]))
    return Readiness(ranked[0].light, ranked)


def worst(lights: Sequence[Light]) -> Light:
    return min(lights, key=_RANK.__getitem__, default=Light.GREEN)


_RANK = {light: place for place, light in enumerate(Light)}


def _sync(book: BookFacts, today: date, limits: ReadinessLimits) -> Finding:
    if book.read_on is None:
        return Finding(Check.SYNC, Light.AMBER, "sync_unknown")
    days = (today - book.read_on).days
    light = _by_days(days, limits.sync_amber_days, limits.sync_red_days)
    return Finding(Check.SYNC, light, "sync_fresh" if light is Light.GREEN else "sync_old", on=book.read_on, days=days)


def _bank(book: BookFacts, today: date, limits: ReadinessLimits) -> Finding:
    """The account least far along decides; one that was never matched says nothing of the others."""
    if book.banks is None:
        return _confirmed(Check.BANK, book, today, limits) or Finding(Check.BANK, Light.AMBER, "bank_unknown")
    dated = [(one.matched_on, one.account) for one in book.banks if one.matched_on is not None]
    in_use = [one for one in dated if one[0] > today - DORMANT_AFTER] or dated
    if not in_use:
        return _confirmed(Check.BANK, book, today, limits) or Finding(Check.BANK, Light.AMBER, "bank_never_unknown")
    on, account = min(in_use)
    days = (today - on).days
    light = _by_days(days, limits.bank_amber_days, limits.bank_red_days)
    return Finding(Check.BANK, light, "bank_matched" if light is Light.GREEN else "bank_old", on=on, days=days, account=account)


def _vouchers(book: BookFacts, today: date, limits: ReadinessLimits) -> Finding:
    if book.unposted is None:
        return _confirmed(Check.UNPOSTED, book, today, limits) or Finding(Check.UNPOSTED, Light.AMBER, "unposted_unknown")
    if book.unposted == 0:
        return Finding(Check.UNPOSTED, Light.GREEN, "unposted_none")
    days = 0 if book.unposted_since is None else (today - book.unposted_since).days
    light = Light.RED if days >= limits.unposted_red_days else Light.AMBER
    return Finding(Check.UNPOSTED, light, "unposted_some", on=book.unposted_since, days=days, number=book.unposted)


def _confirmed(check: Check, book: BookFacts, today: date, limits: ReadinessLimits) -> Finding | None:
    """A person's word in place of the ledger's, as old as the day it is about."""
    said = book.confirmed
    if said is None:
        return None
    days = (today - said.through_on).days
    light = _by_days(days, limits.bank_amber_days, limits.bank_red_days)
    code = f"{check}_confirmed" if light is Light.GREEN else f"{check}_confirmed_old"
    return Finding(check, light, code, on=said.through_on, days=days, by=said.by, said_on=said.on)


def _unallocated(book: BookFacts, limits: ReadinessLimits) -> Finding:
    """One loose payment is a slip and holds its debtor alone; several that make up much of what is overdue say that nobody matches."""
    if book.unallocated_count == 0:
        return Finding(Check.UNALLOCATED, Light.GREEN, "unallocated_none")
    much = book.unallocated_ore * 100 >= book.overdue_ore * limits.unallocated_red_percent
    light = Light.RED if much and book.unallocated_count >= limits.unallocated_red_count else Light.AMBER
    return Finding(Check.UNALLOCATED, light, "unallocated_some", number=book.unallocated_count, amount_ore=book.unallocated_ore)


def _credits(book: BookFacts) -> Finding:
    if book.credit_note_count == 0:
        return Finding(Check.CREDIT_NOTES, Light.GREEN, "credit_notes_none")
    return Finding(Check.CREDIT_NOTES, Light.AMBER, "credit_notes_some", number=book.credit_note_count, amount_ore=book.credit_note_ore)


def _by_days(days: int, amber: int, red: int) -> Light:
    if days >= red:
        return Light.RED
    return Light.AMBER if days >= amber else Light.GREEN
