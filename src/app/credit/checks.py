"""One credit check before a sale: asked with a reason, answered from open registers and the company's own ledger, kept as answered."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from app.credit.advice import Advice, History, advise
from app.credit.history import history_of
from app.credit.models import CreditCheck
from app.credit.ports import AccountsAnswer, CreditRegister, Insolvency, RegisterEntry
from app.credit.reason_texts import ACCOUNTS, LEDGER, UNITS
from app.db.scope import SYSTEM, Actor, BureauScope, TenantScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.net.errors import OutsideError
from app.receivables.models import Debtor
from app.tenants.companies import find as find_company
from app.values.ids import new_id
from app.values.money import AMOUNT_MAX_ORE
from app.values.organisation_number import parse_organisation_number

NEED_LENGTH_MIN = 10
NEED_LENGTH_MAX = 2000
#: where the unit itself decides, its accounts are not asked for
ACCOUNTS_BESIDE_THE_POINT = (Insolvency.BANKRUPT, Insolvency.COMPULSORY_LIQUIDATION, Insolvency.DELETED, Insolvency.REMOVED)


class CheckError(ValueError):
    """A check that cannot be made. `field` names what to change, the text says how."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Found:
    """What the registers said. `accounts` is None where they were not asked for."""

    entry: RegisterEntry | None
    accounts: AccountsAnswer | None


def request_check(
    work: UnitOfWork, company_id: uuid.UUID, organisation_number: str, order_ore: int, legitimate_need: str,
    debtor_id: uuid.UUID | None = None,
) -> uuid.UUID:  # fmt: skip
    """Write down who asks about whom, for which order (øre), and why he may (saklig behov, kredittopplysningsloven § 14). Not answered yet.

    `CheckError` names a field that cannot stand, `LookupError` means the company does not exist for this scope.
    """
    number = _number(organisation_number)
    if not 0 <= order_ore <= AMOUNT_MAX_ORE:
        raise CheckError("order_ore", "must be an amount in øre, not below zero")
    need = legitimate_need.strip()
    if not NEED_LENGTH_MIN <= len(need) <= NEED_LENGTH_MAX:
        raise CheckError("legitimate_need", f"must say why, in {NEED_LENGTH_MIN} to {NEED_LENGTH_MAX} characters")
    company = find_company(work, company_id)
    if debtor_id is not None:
        _check_debtor(work, company_id, debtor_id, number)
    check_id = new_id()
    work.session.add(
        CreditCheck(
            bureau_id=work.bureau_id, id=check_id, company_id=company.id, organisation_number=number, debtor_id=debtor_id,
            legitimate_need=need, order_ore=order_ore, requested_by=work.actor.name, requested_at=work.now(), state="running",
        )
    )  # fmt: skip
    work.session.flush()
    return check_id


def run_check(begin: Begin, register: CreditRegister, bureau_id: uuid.UUID, check_id: uuid.UUID) -> str:
    """Ask the registers, no transaction open, and keep the answer; idempotent. Returns `done`, or `failed` for any trouble outside."""
    return _run(begin, BureauScope(bureau_id), SYSTEM, register, check_id)


def check_now(
    begin: Begin, scope: TenantScope, actor: Actor, register: CreditRegister, company_id: uuid.UUID, organisation_number: str,
    order_ore: int, legitimate_need: str, debtor_id: uuid.UUID | None = None,
) -> uuid.UUID:  # fmt: skip
    """Request and answer in one go, in the asker's own scope, for page and API. Takes seconds; raises what `request_check` raises."""
    with begin(scope, actor) as work:
        check_id = request_check(work, company_id, organisation_number, order_ore, legitimate_need, debtor_id)
    _run(begin, scope, actor, register, check_id)
    return check_id


def _run(begin: Begin, scope: TenantScope, actor: Actor, register: CreditRegister, check_id: uuid.UUID) -> str:
    with begin(scope, actor) as work:
        check = work.session.execute(select(CreditCheck).where(CreditCheck.id == check_id)).scalar_one()
        if check.state != "running":
            return check.state
        number = check.organisation_number
    try:
        found = _ask(register, number)
    except OutsideError as fault:
        problem, found = str(fault) or type(fault).__name__, None
    with begin(scope, actor) as work:
        check = work.session.execute(select(CreditCheck).where(CreditCheck.id == check_id).with_for_update()).scalar_one()
        if check.state != "running":
            return check.state
        if found is None:
            check.state, check.problem = "failed", problem
        else:
            _answer(work, check, found)
        check.answered_at = work.now()
        return check.state


def _ask(register: CreditRegister, number: str) -> Found:
    entry = register.entry(number)
    if entry is None or entry.is_sole_proprietor or entry.insolvency in ACCOUNTS_BESIDE_THE_POINT:
        return Found(entry, None)
    return Found(entry, register.accounts(number))


def _answer(work: UnitOfWork, check: CreditCheck, found: Found) -> None:
    history = history_of(work, check.company_id, check.organisation_number, check.debtor_id, work.today())
    advice: Advice = advise(found.entry, found.accounts, history, check.order_ore, work.today())
    check.state, check.problem = "done", None
    check.subject_name = None if found.entry is None else found.entry.name[:300] or None
    check.advice, check.limit_ore, check.upfront_ore = advice.advice.value, advice.limit_ore, advice.upfront_ore
    check.reasons = [reason.as_json() for reason in advice.reasons]
    check.figures = {"unit": _unit(found.entry), "accounts": _accounts(found.accounts), "history": _history(history)}


def _number(text: str) -> str:
    try:
        return parse_organisation_number(text)
    except ValueError as fault:
        raise CheckError("organisation_number", "must be an organisation number of nine digits") from fault


def _check_debtor(work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID, number: str) -> None:
    debtor = work.session.execute(
        select(Debtor.organisation_number).where(Debtor.id == debtor_id, Debtor.company_id == company_id)
    ).one_or_none()
    if debtor is None:
        raise CheckError("debtor_id", "must be one of the company's debtors")
    if debtor[0] not in (None, number):
        raise CheckError("debtor_id", "must have the organisation number that is checked")


def _unit(entry: RegisterEntry | None) -> dict[str, Any] | None:
    if entry is None:
        return None
    return {
        "source": UNITS, "fetched_at": entry.fetched_at.isoformat(), "name": entry.name, "form": entry.form,
        "insolvency": entry.insolvency.value, "insolvency_on": _iso(entry.insolvency_on), "founded_on": _iso(entry.founded_on),
        "registered_on": _iso(entry.registered_on), "vat_registered": entry.vat_registered, "employees": entry.employees,
        "industry": entry.industry,
    }  # fmt: skip


def _accounts(answer: AccountsAnswer | None) -> dict[str, Any] | None:
    """Every year with its date and currency; whole minor units. An absent figure stays null."""
    if answer is None:
        return None
    years = [
        {
            "filing_id": one.filing_id, "kind": one.kind, "figure_on": one.period_to.isoformat(), "currency": one.currency,
            "audited": one.audited, "revenue_ore": one.revenue, "operating_result_ore": one.operating_result, "result_ore": one.result,
            "assets_ore": one.assets, "current_assets_ore": one.current_assets, "cash_ore": one.cash, "equity_ore": one.equity,
            "debt_ore": one.debt, "current_debt_ore": one.current_debt,
        }
        for one in answer.accounts
    ]  # fmt: skip
    fetched_at = answer.fetched_at.isoformat()
    return {"source": ACCOUNTS, "fetched_at": fetched_at, "available": answer.available, "note": answer.note, "years": years}


def _history(history: History) -> dict[str, Any]:
    return {
        "source": LEDGER, "figure_on": history.as_of.isoformat(), "paid_count": history.paid_count,
        "average_delay_days": history.average_delay_days, "open_ore": history.open_ore, "overdue_ore": history.overdue_ore,
        "overdue_count": history.overdue_count, "oldest_overdue_days": history.oldest_overdue_days,
    }  # fmt: skip


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
