"""Telling the agency what the debtor paid to the creditor instead: each payment once, and never the agency's own payouts.

Until it is told, the agency demands money that is paid already. Payments and credit notes count against the principal only.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.agencies import known_money, settlements
from app.agencies import obstacle_texts as texts
from app.agencies.capabilities import ReportKind
from app.agencies.cases import LIVE
from app.agencies.doors import Agencies, Key, key_of, payout_marks
from app.agencies.models import AgencyCase, Agreement, DirectPaymentRow
from app.agencies.ports import DirectPayment
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.receivables.models import Payment
from app.values.ids import new_id

KIND = "agencies.report_payment"
STATES = {
    "sent": "reported", "refused": "refused", "unknown": "unknown", "review": "review", "cancelled": "cancelled", "planned": "planned",
}  # fmt: skip
#: what the agency reads about the money (it works in Norwegian)
WORDS = {"payment": "Innbetaling direkte til fordringshaver", "credit_note": "Kreditnota fra fordringshaver"}


def watch(begin: Begin, agencies: Agencies, bureau_id: uuid.UUID, company_id: uuid.UUID) -> int:
    """Find what came into the ledger on cases at an agency, and plan to report it. Returns how many reports were planned.

    The agency is asked for its newest payouts first; if it cannot be asked (raised), nothing is reported.
    """
    scope = BureauScope(bureau_id)
    with begin(scope) as work:
        waiting: dict[uuid.UUID, list[uuid.UUID]] = defaultdict(list)
        for case in _live_cases(work, company_id):
            if known_money.since_handover(work, case):
                waiting[case.agreement_id].append(case.id)
    planned = 0
    for agreement_id, case_ids in waiting.items():
        settlements.fetch(begin, agencies, bureau_id, agreement_id)
        for case_id in case_ids:
            with begin(scope) as work:
                planned += _plan(work, agencies, case_id)
    with begin(scope) as work:
        settlements.advance(work, agencies, company_id)
    return planned


def _live_cases(work: UnitOfWork, company_id: uuid.UUID) -> list[AgencyCase]:
    there = select(AgencyCase).where(AgencyCase.company_id == company_id, AgencyCase.state.in_(LIVE), AgencyCase.external_id.is_not(None))
    return list(work.session.execute(there.order_by(AgencyCase.id)).scalars())


def _plan(work: UnitOfWork, agencies: Agencies, case_id: uuid.UUID) -> int:
    case, agency = _locked(work, case_id)
    payments = known_money.since_handover(work, case)
    echoes = known_money.echoes(work, case, payments, payout_marks(agencies, agency))
    return sum(_plan_one(work, case, payment) for payment in payments if payment.id not in echoes)


def _plan_one(work: UnitOfWork, case: AgencyCase, payment: Payment) -> bool:
    row = insert(DirectPaymentRow).values(
        bureau_id=work.bureau_id, id=new_id(), company_id=case.company_id, agency_case_id=case.id, payment_id=payment.id,
        amount_ore=payment.amount_ore, paid_on=payment.paid_on, state="planned", planned_at=work.now(),
    )  # fmt: skip
    made = work.session.execute(row.on_conflict_do_nothing().returning(DirectPaymentRow.id)).scalar_one_or_none()
    if made is None:
        return False
    effects.plan(work, KIND, f"direct_payment:{payment.id}", case.company_id, {"direct_payment_id": str(made)})
    return True


@dataclass(slots=True)
class PaymentReporter:
    """Performs a report. The agency keeps our key with the payment, so that an unknown outcome can be looked up (class L)."""

    agencies: Agencies
    counterpart: Counterpart = Counterpart.LOOKED_UP
    call_seconds: int = 30

    def refresh(self, begin: Begin, intent: Intent) -> None:
        return None

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        row = _row_of(work, intent)
        case, agency = _locked(work, row.agency_case_id)
        if case.state not in LIVE:
            return Stop(texts.CASE_NOT_OPEN)
        payments = known_money.since_handover(work, case, but_also=row.payment_id)
        if row.payment_id in known_money.echoes(work, case, payments, payout_marks(self.agencies, agency)):
            return Stop(texts.IS_PAYOUT)
        key = key_of(work, case.agreement_id)
        return Go((key, _payment(work, row, case, key.creditor_ref)))

    def call(self, intent: Intent, package: tuple[Key, DirectPayment]) -> Sent:
        key, payment = package
        self.agencies.open(key).report_payment(payment)
        return Sent(payment.our_key)

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        with begin(BureauScope(intent.bureau_id)) as work:
            row = _row_of(work, intent)
            case, _agency = _locked(work, row.agency_case_id)
            key = key_of(work, case.agreement_id)
            payment = _payment(work, row, case, key.creditor_ref)
        found = self.agencies.open(key).find_payment(payment)
        return Sent(payment.our_key) if found else NotThere()

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        row = _row_of(work, intent)
        row.state, row.problem = STATES[state], None if state == "sent" else reason
        work.session.flush()


def _row_of(work: UnitOfWork, intent: Intent) -> DirectPaymentRow:
    return work.session.execute(
        select(DirectPaymentRow).where(DirectPaymentRow.id == uuid.UUID(intent.payload["direct_payment_id"]))
    ).scalar_one()


def _locked(work: UnitOfWork, case_id: uuid.UUID) -> tuple[AgencyCase, str]:
    row = work.session.execute(
        select(AgencyCase, Agreement.agency)
        .join(Agreement, Agreement.id == AgencyCase.agreement_id)
        .where(AgencyCase.id == case_id)
        .with_for_update(of=AgencyCase)
    ).one()
    return row[0], row[1]


def _payment(work: UnitOfWork, row: DirectPaymentRow, case: AgencyCase, creditor_ref: str) -> DirectPayment:
    kind = work.session.execute(select(Payment.kind).where(Payment.id == row.payment_id)).scalar_one()
    return DirectPayment(
        str(row.id), case.external_id or "", row.paid_on, row.amount_ore, WORDS[kind], ReportKind(kind), str(case.id),
        creditor_ref,
    )  # fmt: skip
