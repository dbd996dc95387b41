"""Rules that say which claims a segment's wishes are for. Ordered, and the first that fits is followed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from app.dunning.facts import DebtorKind
from app.dunning.policy import AMOUNT_MAX_ORE, DAYS_MAX

INDUSTRY_LENGTH_MAX = 8


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule may ask of a claim. None: not known, and then no condition on it holds.

    `industry_code` is the register's NACE code, such as 41.200. `days_late` is the median over the debtor's last paid invoices to this
    company alone: what a debtor does elsewhere is nobody's business here, since handing on payment behaviour across creditors is credit
    information business (kredittopplysningsloven § 3).
    """

    debtor_kind: DebtorKind | None = None
    industry_code: str | None = None
    amount_ore: int | None = None
    days_late: int | None = None


@dataclass(frozen=True, slots=True)
class SegmentRule:
    """Every condition that is set must hold. Amounts are the invoice's own, in øre; both ends count. ValueError: a rule that cannot fit.

    `industries` are beginnings of NACE codes: 41 is all of the building of buildings.
    """

    debtor_kinds: tuple[DebtorKind, ...] = ()
    industries: tuple[str, ...] = ()
    amount_from_ore: int | None = None
    amount_to_ore: int | None = None
    days_late_from: int | None = None
    days_late_to: int | None = None

    def __post_init__(self) -> None:
        if all(getattr(self, one.name) in ((), None) for one in fields(self)):
            raise ValueError("a segment needs a condition: without one it is everybody")
        for code in self.industries:
            digits = code.replace(".", "", 1)
            if not (digits.isascii() and digits.isdigit() and len(code) <= INDUSTRY_LENGTH_MAX):
                raise ValueError(f"industries: {code!r} is no NACE code")
        _in_order("amount", self.amount_from_ore, self.amount_to_ore, 0, AMOUNT_MAX_ORE)
        _in_order("days_late", self.days_late_from, self.days_late_to, -DAYS_MAX, DAYS_MAX)

    @property
    def asks_history(self) -> bool:
        return self.days_late_from is not None or self.days_late_to is not None

    def fits(self, subject: Subject) -> bool:
        if self.debtor_kinds and subject.debtor_kind not in self.debtor_kinds:
            return False
        if self.industries and not (subject.industry_code or "").startswith(self.industries):
            return False
        return _between(subject.amount_ore, self.amount_from_ore, self.amount_to_ore) and _between(
            subject.days_late, self.days_late_from, self.days_late_to
        )

    def as_json(self) -> dict[str, object]:
        """Only what is set."""
        found: dict[str, object] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value not in ((), None):
                found[one.name] = list(value) if isinstance(value, tuple) else value
        return found

    @staticmethod
    def from_json(rule: Mapping[str, object]) -> SegmentRule:
        """ValueError names an unknown condition or a wrong value."""
        known = {one.name for one in fields(SegmentRule)}
        unknown = sorted(set(rule) - known)
        if unknown:
            raise ValueError(f"unknown condition: {unknown[0]}")
        kinds, industries = _texts(rule, "debtor_kinds"), _texts(rule, "industries")
        return SegmentRule(
            debtor_kinds=tuple(DebtorKind(one) for one in kinds),
            industries=industries,
            **{name: _number(rule, name) for name in known - {"debtor_kinds", "industries"}},
        )


def _between(value: int | None, low: int | None, high: int | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or low <= value) and (high is None or value <= high)


def _in_order(name: str, low: int | None, high: int | None, least: int, most: int) -> None:
    if any(one is not None and not least <= one <= most for one in (low, high)):
        raise ValueError(f"{name} is out of bounds")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{name}: the lower end is above the upper")


def _texts(rule: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = rule.get(name, [])
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} must be a list of texts")
    return tuple(value)


def _number(rule: Mapping[str, object], name: str) -> int | None:
    value = rule.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise ValueError(f"{name} must be a whole number")
    return value
