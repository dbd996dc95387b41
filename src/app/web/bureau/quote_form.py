"""The calculator's form: what was typed, in the words of the calculator's contract, and its complaints back at their fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.dunning.quote_input import QuoteInputError
from app.values.money import parse_kroner
from app.web.i18n import gettext
from app.web.typed import parse_day

PAYMENT_ROWS = 3
NOTICE_ROWS = 4
TICKS = ("due_date_agreed", "creditor_vat_liable", "claim_compensation")
_DAYS = ("due_date", "as_of", "demand_sent_on", "delivered_on")
_PLACE = re.compile(r"(payments|notices)\[(\d+)\]\.(\w+)")


@dataclass(frozen=True, slots=True)
class QuoteForm:
    """What was typed (`values`, by field name), the claim as the calculator wants it, and what is wrong (`errors`, by field name)."""

    values: Mapping[str, str]
    claim: Mapping[str, Any]
    errors: Mapping[str, str]


def empty_form(today: date) -> QuoteForm:
    """Before anything is typed: a business, an agreed due date, and today."""
    values = {"as_of": f"{today:%d.%m.%Y}", "debtor_kind": "business", "due_date_agreed": "on", "creditor_vat_liable": "on"}
    return QuoteForm(values, {}, {})


def read_form(typed: Mapping[str, str], today: date) -> QuoteForm:
    """Amounts and days in any Norwegian way of writing; rows without a day are left out."""
    errors: dict[str, str] = {}
    claim: dict[str, Any] = {name: name in typed for name in TICKS}
    claim["debtor_kind"] = typed.get("debtor_kind", "")
    claim["principal"] = _kroner(typed, "principal", errors)
    for name in _DAYS:
        day = _day(typed, name, today, errors, must=name in {"due_date", "as_of"})
        if day is not None:
            claim[name] = day
    claim["payments"] = _payments(typed, today, errors)
    claim["notices"] = _notices(typed, today, errors)
    return QuoteForm(dict(typed), claim, errors)


def complaint(fault: QuoteInputError, typed: Mapping[str, str]) -> dict[str, str]:
    """What the calculator itself cannot use, at the field it stands in."""
    place = _PLACE.fullmatch(fault.field)
    name = fault.field
    if place is not None:
        rows = _used(typed, "payment_date_", PAYMENT_ROWS) if place[1] == "payments" else _used(typed, "notice_sent_on_", NOTICE_ROWS)
        name = f"{place[1].removesuffix('s')}_{place[3]}_{rows[int(place[2])]}"
    if name.startswith("notice_payment_deadline"):
        return {name: gettext("The deadline must not be before the day the notice was sent.")}
    return {name: gettext("This value cannot be used here.")}


def _payments(typed: Mapping[str, str], today: date, errors: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "date": _day(typed, f"payment_date_{row}", today, errors, must=True),
            "amount": _kroner(typed, f"payment_amount_{row}", errors),
        }
        for row in _used(typed, "payment_date_", PAYMENT_ROWS)
    ]


def _notices(typed: Mapping[str, str], today: date, errors: dict[str, str]) -> list[dict[str, Any]]:
    found = []
    for row in _used(typed, "notice_sent_on_", NOTICE_ROWS):
        notice: dict[str, Any] = {
            "kind": typed.get(f"notice_kind_{row}", ""),
            "sent_on": _day(typed, f"notice_sent_on_{row}", today, errors, must=True),
            "payment_deadline": _day(typed, f"notice_payment_deadline_{row}", today, errors, must=False),
        }
        if typed.get(f"notice_fee_ore_{row}", "").strip():
            notice["fee_ore"] = _ore(typed, f"notice_fee_ore_{row}", errors)
        found.append(notice)
    return found


def _used(typed: Mapping[str, str], prefix: str, rows: int) -> list[int]:
    return [row for row in range(rows) if typed.get(f"{prefix}{row}", "").strip()]


def _kroner(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> str:
    ore = _ore(typed, name, errors)
    return f"{ore // 100}.{ore % 100:02d}" if ore >= 0 else "0"


def _ore(typed: Mapping[str, str], name: str, errors: dict[str, str]) -> int:
    try:
        ore = parse_kroner(typed.get(name, ""))
    except ValueError:
        errors[name] = gettext("Write an amount in kroner, such as 1 234,50.")
        return 0
    if ore < 0 or (ore == 0 and not name.startswith("notice_fee")):
        errors[name] = gettext("The amount must be more than zero.")
    return ore


def _day(typed: Mapping[str, str], name: str, today: date, errors: dict[str, str], *, must: bool) -> str | None:
    text = typed.get(name, "").strip()
    if not text:
        if must:
            errors[name] = gettext("Write a date.")
        return None
    try:
        return parse_day(text, today).isoformat()
    except ValueError:
        errors[name] = gettext("Write the date as dd.mm.yyyy.")
        return None
