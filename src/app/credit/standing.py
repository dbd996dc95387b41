"""Where debtors stand in the register: bankrupt, wound up, deleted; and which of them are people in business or public bodies.

Only what the open register shows of the unit itself, as far as following up its debt needs it (konkursloven §§ 78, 109: a claim on a
bankrupt goes to the estate). No figures are watched: credit monitoring is for legal persons only (kredittopplysningsloven § 14).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, select

from app.credit.ports import CreditRegister, Insolvency, RegisterEntry
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.net.errors import RefusedError
from app.receivables.models import Debtor, OpenItem

#: debtors per run: a page's work stays short, and a killed run loses little
PAGE_DEBTORS = 100
#: the register is free for all: do not crowd it
PAUSE_SECONDS = 0.1
OLD_AFTER = timedelta(hours=24)
#: nothing may be sent to these: their claims go to an estate, or nobody is there
STOPPING = frozenset({Insolvency.BANKRUPT, Insolvency.COMPULSORY_LIQUIDATION, Insolvency.DELETED, Insolvency.REMOVED})
#: kommune, fylkeskommune, staten, organisasjonsledd
PUBLIC_FORMS = frozenset({"KOMM", "FYLK", "STAT", "ORGL"})
#: what this register can say; anything else was said by a person or a court and stays
REGISTER_SAYS = frozenset(one.value for one in Insolvency)

Pause = Callable[[float], None]


def check_new(
    begin: Begin,
    register: CreditRegister,
    bureau_id: uuid.UUID,
    company_id: uuid.UUID,
    *,
    pause: Pause = time.sleep,
    page: int = PAGE_DEBTORS,
) -> bool:
    """Look up debtors that nobody has looked up. Returns whether more are waiting."""
    return _check(begin, register, bureau_id, company_id, Debtor.standing_checked_at.is_(None), pause, page)


def check_again(
    begin: Begin,
    register: CreditRegister,
    bureau_id: uuid.UUID,
    company_id: uuid.UUID,
    *,
    pause: Pause = time.sleep,
    page: int = PAGE_DEBTORS,
) -> bool:
    """Look up debtors with open items whose standing is more than a day old. Returns whether more are waiting."""
    with begin(BureauScope(bureau_id)) as work:
        old = Debtor.standing_checked_at <= work.now() - OLD_AFTER
    owing = select(OpenItem.id).where(OpenItem.debtor_id == Debtor.id, OpenItem.state == "open", OpenItem.remaining_ore > 0).exists()
    return _check(begin, register, bureau_id, company_id, old & owing, pause, page)


def to_watch(work: UnitOfWork) -> list[uuid.UUID]:
    """The bureau's companies that somebody with an organisation number owes."""
    rows = (
        select(OpenItem.company_id)
        .join(Debtor, Debtor.id == OpenItem.debtor_id)
        .where(OpenItem.state == "open", Debtor.organisation_number.is_not(None))
        .distinct()
    )
    return list(work.session.execute(rows).scalars())


def _check(
    begin: Begin, register: CreditRegister, bureau_id: uuid.UUID, company_id: uuid.UUID, which: ColumnElement[bool], pause: Pause, page: int
) -> bool:
    """One page. A register that says "too many" or is away ends the run with what is done so far kept; the error is raised."""
    scope = BureauScope(bureau_id)
    with begin(scope) as work:
        waiting = work.session.execute(
            select(Debtor.id, Debtor.organisation_number)
            .where(Debtor.company_id == company_id, Debtor.organisation_number.is_not(None), which)
            .order_by(Debtor.standing_checked_at.nulls_first(), Debtor.id)
            .limit(page + 1)
        ).all()
    chosen = [(debtor_id, number) for debtor_id, number in waiting[:page] if number is not None]
    answers: dict[str, RegisterEntry | None] = {}
    for debtor_id, number in chosen:
        if number not in answers:
            if answers:
                pause(PAUSE_SECONDS)
            answers[number] = _look_up(register, number)
        with begin(scope) as work:
            if _remember(work, debtor_id, number, answers[number]):
                work.enqueue("dunning.evaluate_company", bureau_id=str(bureau_id), company_id=str(company_id))
    return len(waiting) > page


def _look_up(register: CreditRegister, number: str) -> RegisterEntry | None:
    """A number the register refuses is nobody's number; it must not stop the others."""
    try:
        return register.entry(number)
    except RefusedError:
        return None


def _remember(work: UnitOfWork, debtor_id: uuid.UUID, number: str, entry: RegisterEntry | None) -> bool:
    """Returns whether the debtor's standing changed so that claims must be decided anew."""
    debtor = work.session.execute(select(Debtor).where(Debtor.id == debtor_id).with_for_update()).scalar_one()
    if debtor.organisation_number != number:
        return False
    debtor.standing_checked_at = work.now()
    if entry is None:
        return False
    was = (debtor.insolvency, debtor.kind, debtor.industry_code)
    if debtor.insolvency in REGISTER_SAYS:
        debtor.insolvency, debtor.insolvency_on = entry.insolvency.value, entry.insolvency_on
    if entry.insolvency is not Insolvency.REMOVED:
        debtor.kind = _kind(debtor.kind, entry)
        debtor.industry_code = entry.industry_code
    return was != (debtor.insolvency, debtor.kind, debtor.industry_code)


def _kind(known: str, entry: RegisterEntry) -> str:
    """The form decides, except that whoever the ledger calls a private person keeps a consumer's protection."""
    if known == "consumer":
        return known
    if entry.is_sole_proprietor:
        return "sole_proprietor"
    return "public" if entry.form in PUBLIC_FORMS else "business"
