"""What to advise before a sale on credit: open credit, part payment, prepayment, decline, or ask a person. Pure.

The rules are few and stand here in the open; there is no score (kredittopplysningsloven § 3 makes disclosing one a business of its own).
A unit is judged by its own figures only (§ 12), and by how it has paid *this* company; a sole proprietor is a person and is never declined
by a rule. A figure that is absent is not zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from app.credit import limits
from app.credit.ports import AccountsAnswer, AnnualAccounts, Insolvency, RegisterEntry
from app.credit.reason_texts import REASON_SOURCES, REASON_TEXTS
from app.values.calendar import oslo_date
from app.values.money import format_ore

#: figures older than this, counted from the end of their year, are no basis
STALE_MONTHS = 18
#: accounts are due seven months after the year's end (regnskapsloven §§ 3-1, 8-2)
FILING_MONTHS = 7
#: a first accounting year may last this long (regnskapsloven § 1-7)
FIRST_YEAR_MONTHS = 18
YOUNG_MONTHS = 12
#: who must file: other forms may have nothing to file and are left to a person
FILING_FORMS = frozenset({"AS", "ASA", "SE", "SA", "BA", "STI", "BBL", "SPA"})
#: the company's own experience: later than this on average, or overdue by more than this now, is late
LATE_DAYS = 14

Translate = Callable[[str], str]


class Advised(StrEnum):
    OPEN_CREDIT = "open_credit"
    PART_PAYMENT = "part_payment"
    PREPAYMENT = "prepayment"
    DECLINE = "decline"
    ASK_PERSON = "ask_person"


@dataclass(frozen=True, slots=True)
class History:
    """How this customer has paid this company, and what it owes now; disputed invoices are left out. Øre and days.

    `as_of` is the day it was counted. `average_delay_days` may be negative (paid before due) and is None without paid invoices.
    """

    as_of: date
    paid_count: int = 0
    average_delay_days: int | None = None
    open_ore: int = 0
    overdue_ore: int = 0
    overdue_count: int = 0
    oldest_overdue_days: int = 0


@dataclass(frozen=True, slots=True)
class Reason:
    """`params` holds plain values: dates as ISO text under `_on`, øre under `_ore`. `figure_on` is the date the figure speaks of."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    source: str = ""
    figure_on: date | None = None

    def as_json(self) -> dict[str, object]:
        shown_on = None if self.figure_on is None else self.figure_on.isoformat()
        return {"code": self.code, "params": dict(self.params), "source": self.source, "figure_on": shown_on}


@dataclass(frozen=True, slots=True)
class Advice:
    """`limit_ore`: what may be open at one time, this order included; None where a person must set it. `upfront_ore`: to be paid first."""

    advice: Advised
    limit_ore: int | None
    upfront_ore: int | None
    reasons: tuple[Reason, ...]


def advise(entry: RegisterEntry | None, accounts: AccountsAnswer | None, history: History, order_ore: int, today: date) -> Advice:
    """Advice on an order of `order_ore`. `accounts` is None where they were not asked for, because the unit alone decides.

    The first of these that applies decides: no such unit -> decline; a sole proprietor -> a person; insolvent -> decline; being wound up ->
    prepayment; no basis to judge by -> a person; a weak basis, late payments or too much exposure -> part payment (prepayment, where the
    part is the whole order); else open credit up to the limit.
    """
    if entry is None:
        return Advice(Advised.DECLINE, 0, order_ore, (_because("no_such_unit", figure_on=today),))
    seen_on = oslo_date(entry.fetched_at)
    standing = _standing(entry, seen_on)
    if entry.is_sole_proprietor:
        person = _because("sole_proprietor", figure_on=seen_on)
        return Advice(Advised.ASK_PERSON, None, None, (*standing, person, *_experience(history)))
    if entry.insolvency in (Insolvency.BANKRUPT, Insolvency.COMPULSORY_LIQUIDATION, Insolvency.DELETED, Insolvency.REMOVED):
        return Advice(Advised.DECLINE, 0, order_ore, standing)
    if entry.insolvency is Insolvency.LIQUIDATION:
        return Advice(Advised.PREPAYMENT, 0, order_ore, (*standing, *_experience(history)))
    age = None if (born := entry.founded_on or entry.registered_on) is None else months_between(born, today)
    young = (_because("young", figure_on=seen_on, months=age),) if age is not None and age < YOUNG_MONTHS else ()
    newest, basis, has_basis = _basis(entry, accounts, age, today)
    if not has_basis:
        return Advice(Advised.ASK_PERSON, None, None, (*young, *basis, *_experience(history)))
    return _by_limit(newest, (*young, *basis), history, order_ore)


def explain(code: str, params: Mapping[str, str | int], translate: Translate = str) -> str:
    """A stored reason as one sentence; dates as dd.mm.yyyy, money as kroner. A code without a text is shown as it is."""
    text = REASON_TEXTS.get(code)
    return code if text is None else translate(text).format_map({name: _shown(name, value) for name, value in params.items()})


def months_between(first: date, last: date) -> int:
    """Whole months from one day to another."""
    return (last.year - first.year) * 12 + last.month - first.month - (last.day < first.day)


def add_months(day: date, months: int) -> date:
    """The last day of the month that many months after the month of `day`: how filing deadlines are counted from a year's end."""
    year, month = divmod(day.year * 12 + day.month - 1 + months + 1, 12)
    return date.fromordinal(date(year, month + 1, 1).toordinal() - 1)


def _standing(entry: RegisterEntry, seen_on: date) -> tuple[Reason, ...]:
    since = entry.insolvency_on
    match entry.insolvency:
        case Insolvency.NONE:
            return ()
        case Insolvency.BANKRUPT if since is not None:
            return (_because("bankrupt_since", figure_on=seen_on, since_on=since),)
        case Insolvency.DELETED:
            return (_because("deleted", figure_on=seen_on, since_on=since or seen_on),)
        case other:
            return (_because(other.value, figure_on=seen_on),)


def _basis(
    entry: RegisterEntry, answer: AccountsAnswer | None, age: int | None, today: date
) -> tuple[AnnualAccounts | None, tuple[Reason, ...], bool]:
    """The accounts to judge by, what is said about them, and whether they are a basis. None with a basis: weak, at the low limit."""
    asked_on = today if answer is None else oslo_date(answer.fetched_at)
    if answer is None or not answer.available:
        return None, (_because("accounts_not_published", figure_on=asked_on),), False
    own = [filing for filing in answer.accounts if filing.kind == "SELSKAP"]
    if not own:
        return _without_accounts(entry, answer, age, asked_on, today)
    newest = max(own, key=lambda filing: filing.period_to)
    due_on = add_months(newest.period_to, 12 + FILING_MONTHS)
    overdue = (_because("accounts_overdue", figure_on=asked_on, due_on=due_on),) if due_on < today else ()
    old = months_between(newest.period_to, today)
    if months_between(newest.period_to, today - timedelta(days=1)) >= STALE_MONTHS:
        return None, (_because("stale", figure_on=newest.period_to, months=old), *overdue), False
    if newest.currency != "NOK":
        return None, (_because("foreign_currency", figure_on=newest.period_to, currency=newest.currency), *overdue), False
    if newest.equity is None:
        return None, (_because("equity_unknown", figure_on=newest.period_to), *overdue), False
    return newest, overdue, True


def _without_accounts(
    entry: RegisterEntry, answer: AccountsAnswer, age: int | None, asked_on: date, today: date
) -> tuple[AnnualAccounts | None, tuple[Reason, ...], bool]:
    if answer.accounts:
        return None, (_because("only_group_accounts", figure_on=asked_on),), False
    born = entry.founded_on or entry.registered_on
    if born is None or age is None:
        return None, (_because("no_accounts_age_unknown", figure_on=asked_on),), False
    if age < YOUNG_MONTHS:
        return None, (_because("no_accounts", figure_on=asked_on),), True
    due_on = add_months(born, FIRST_YEAR_MONTHS + FILING_MONTHS)
    if due_on < today and entry.form in FILING_FORMS:
        return None, (_because("accounts_overdue", figure_on=asked_on, due_on=due_on),), True
    return None, (_because("no_accounts", figure_on=asked_on),), False


def _by_limit(newest: AnnualAccounts | None, basis: tuple[Reason, ...], history: History, order_ore: int) -> Advice:
    limit = limits.limit_of(newest, is_weak=bool(basis))
    reasons = [*basis, *(_because(code, figure_on=figure_on, **params) for code, params, figure_on in limit.said)]
    experience, late, limit_ore = list(_experience(history)), is_late(history), limit.limit_ore
    if late:
        limit_ore = limits.whole_thousands(limit_ore // 2)
        experience.append(_because("limit_halved", figure_on=history.as_of, limit_ore=limit_ore))
    exposure = history.open_ore + order_ore
    over = exposure > limit_ore
    compared = _because("over_limit" if over else "within_limit", figure_on=history.as_of, exposure_ore=exposure, limit_ore=limit_ore)
    told = (*reasons, *experience, compared)
    if not (over or late or limit.is_low):
        return Advice(Advised.OPEN_CREDIT, limit_ore, 0, told)
    upfront = limits.upfront(order_ore, exposure - limit_ore, at_least_half=late or limit.is_low)
    whole = order_ore > 0 and upfront == order_ore
    return Advice(Advised.PREPAYMENT if whole else Advised.PART_PAYMENT, limit_ore, upfront, told)


def is_late(history: History) -> bool:
    """Late now, or late as a habit, with this company."""
    habit = history.average_delay_days is not None and history.average_delay_days > LATE_DAYS
    return habit or (history.overdue_ore > 0 and history.oldest_overdue_days > LATE_DAYS)


def _experience(history: History) -> tuple[Reason, ...]:
    told: list[Reason] = []
    if history.overdue_ore > 0:
        told.append(
            _because(
                "overdue_now", figure_on=history.as_of, count=history.overdue_count, overdue_ore=history.overdue_ore,
                days=history.oldest_overdue_days,
            )
        )  # fmt: skip
    if history.average_delay_days is None:
        told.append(_because("no_history", figure_on=history.as_of))
    else:
        code = "pays_late" if history.average_delay_days > LATE_DAYS else "pays_on_time"
        told.append(_because(code, figure_on=history.as_of, count=history.paid_count, days=max(history.average_delay_days, 0)))
    return tuple(told)


def _because(code: str, *, figure_on: date | None, **params: str | int | date | None) -> Reason:
    """A reason with its source from the table. KeyError on a code that has no text."""
    _ = REASON_TEXTS[code]
    plain = {
        name: value.isoformat() if isinstance(value, date) else value for name, value in params.items() if value is not None
    }  # fmt: skip
    return Reason(code, plain, REASON_SOURCES.get(code, ""), figure_on)


def _shown(name: str, value: str | int) -> str:
    if name.endswith("_on") and isinstance(value, str):
        return date.fromisoformat(value).strftime("%d.%m.%Y")
    return format_ore(value) if name.endswith("_ore") and isinstance(value, int) else str(value)
