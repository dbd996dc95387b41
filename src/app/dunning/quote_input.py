"""Reading a claim to be calculated from plain JSON values. Every error names the field, with its path inside lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from app.dunning.facts import DebtorKind, NoticeKind, PastNotice, Payment
from app.dunning.fees import CHARGEABLE
from app.values.money import ore_from_decimal

#: days outside this span are misprints, not claims
DAY_MIN = date(1980, 1, 1)
DAY_MAX = date(2099, 12, 31)
#: the largest principal and payment, in whole kroner, and the largest fee already charged, in øre
KRONER_MAX = 100_000_000_000
FEE_MAX_ORE = 100_000_000
#: how many payments and notices one claim may have
ENTRIES_MAX = 500

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?")
_Kind = TypeVar("_Kind", bound=StrEnum)
_Entry = TypeVar("_Entry")


class QuoteInputError(ValueError):
    """A field that cannot be used. `field` is its path (`notices[0].sent_on`; empty for the whole), `problem` what is wrong with it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}" if field else problem)
        self.field = field
        self.problem = problem


@dataclass(frozen=True, slots=True)
class QuoteInput:
    """A claim to be calculated, money in øre. Defaults are those of the contract."""

    principal_ore: int
    due_on: date
    as_of: date
    debtor_kind: DebtorKind
    due_date_agreed: bool = True
    demand_sent_on: date | None = None
    creditor_vat_liable: bool = True
    payments: tuple[Payment, ...] = ()
    notices: tuple[PastNotice, ...] = ()
    claim_compensation: bool = False
    delivered_on: date | None = None


def parse_quote_input(data: object) -> QuoteInput:
    """The claim in a decoded JSON object. `QuoteInputError` on the first field that is missing, unknown or wrong."""
    claim = _object(data, "")
    _no_others(claim, "", {"principal", "due_date", "as_of", "debtor_kind"}, _OPTIONAL)
    return QuoteInput(
        principal_ore=_amount(claim["principal"], "principal"),
        due_on=_day(claim["due_date"], "due_date"),
        as_of=_day(claim["as_of"], "as_of"),
        debtor_kind=_one_of(DebtorKind, claim["debtor_kind"], "debtor_kind"),
        due_date_agreed=_flag(claim.get("due_date_agreed", True), "due_date_agreed"),
        demand_sent_on=_day_or_none(claim.get("demand_sent_on"), "demand_sent_on"),
        creditor_vat_liable=_flag(claim.get("creditor_vat_liable", True), "creditor_vat_liable"),
        payments=_list(claim.get("payments", []), "payments", _payment),
        notices=_list(claim.get("notices", []), "notices", _notice),
        claim_compensation=_flag(claim.get("claim_compensation", False), "claim_compensation"),
        delivered_on=_day_or_none(claim.get("delivered_on"), "delivered_on"),
    )


_OPTIONAL = {
    "due_date_agreed",
    "demand_sent_on",
    "creditor_vat_liable",
    "payments",
    "notices",
    "claim_compensation",
    "delivered_on",
}


def _payment(data: object, path: str) -> Payment:
    entry = _object(data, path)
    _no_others(entry, path, {"date", "amount"}, set())
    return Payment(_day(entry["date"], f"{path}.date"), _amount(entry["amount"], f"{path}.amount"))


def _notice(data: object, path: str) -> PastNotice:
    entry = _object(data, path)
    _no_others(entry, path, {"kind", "sent_on"}, {"payment_deadline", "fee_ore"})
    sent_on = _day(entry["sent_on"], f"{path}.sent_on")
    deadline = _day_or_none(entry.get("payment_deadline"), f"{path}.payment_deadline")
    if deadline is not None and deadline < sent_on:
        raise QuoteInputError(f"{path}.payment_deadline", "must not be before the day the notice was sent")
    kind = _one_of(NoticeKind, entry["kind"], f"{path}.kind", CHARGEABLE)
    return PastNotice(kind, sent_on, deadline, _fee(entry.get("fee_ore", 0), f"{path}.fee_ore"))


def _object(data: object, path: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise QuoteInputError(path, "must be an object")
    return data


def _no_others(data: Mapping[str, Any], path: str, required: set[str], optional: set[str]) -> None:
    prefix = f"{path}." if path else ""
    for name in data:
        if name not in required and name not in optional:
            raise QuoteInputError(f"{prefix}{str(name)[:60]}", "is not a known field")
    for name in sorted(required):
        if name not in data:
            raise QuoteInputError(f"{prefix}{name}", "is required")


def _list(data: object, path: str, read: Callable[[object, str], _Entry]) -> tuple[_Entry, ...]:
    if not isinstance(data, list | tuple):
        raise QuoteInputError(path, "must be a list")
    if len(data) > ENTRIES_MAX:
        raise QuoteInputError(path, f"must have at most {ENTRIES_MAX} entries")
    return tuple(read(entry, f"{path}[{place}]") for place, entry in enumerate(data))


def _day(value: object, path: str) -> date:
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise QuoteInputError(path, "must be a date as YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise QuoteInputError(path, "is not a day of the calendar") from error
    if not DAY_MIN <= day <= DAY_MAX:
        raise QuoteInputError(path, f"must be between {DAY_MIN.isoformat()} and {DAY_MAX.isoformat()}")
    return day


def _day_or_none(value: object, path: str) -> date | None:
    return None if value is None else _day(value, path)


def _amount(value: object, path: str) -> int:
    if not isinstance(value, str) or _AMOUNT.fullmatch(value) is None:
        raise QuoteInputError(path, "must be a decimal string in kroner with at most two decimals, such as 1234.50")
    kroner = Decimal(value)
    if not 0 < kroner <= KRONER_MAX:
        raise QuoteInputError(path, f"must be more than 0 and at most {KRONER_MAX}")
    return ore_from_decimal(kroner)


def _fee(value: object, path: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= FEE_MAX_ORE:
        raise QuoteInputError(path, f"must be a whole number of øre from 0 to {FEE_MAX_ORE}")
    return value


def _flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise QuoteInputError(path, "must be true or false")
    return value


def _one_of(kinds: type[_Kind], value: object, path: str, among: Sequence[_Kind] | None = None) -> _Kind:
    known = [kind.value for kind in (kinds if among is None else among)]
    if not isinstance(value, str) or value not in known:
        raise QuoteInputError(path, f"must be one of {', '.join(known)}")
    return kinds(value)
