"""What a person here asks the agency to do with a case: pause, go on, take it back, a message. Once, as every outward act.

An agency that takes no such order from a program is told by telephone or e-mail; then it is recorded here that a person did so. What the
case is afterwards, the agency says: an order changes nothing in our own book.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app.agencies import story
from app.agencies.capabilities import OrderKind
from app.agencies.cases import LIVE
from app.agencies.doors import Agencies, Key, capabilities_of, key_of
from app.agencies.models import AgencyCase, Agreement, CaseOrderRow
from app.agencies.ports import CaseOrder
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.net.errors import UnknownOutcomeError
from app.tenants import audit
from app.values.ids import new_id

KIND = "agencies.order"
TEXT_MAX = 2000
#: what a person may ask for by himself; the others answer a question of the agency's
BY_A_PERSON = (OrderKind.PAUSE, OrderKind.RESUME, OrderKind.WITHDRAW, OrderKind.MESSAGE)
STATES = {
    "sent": "sent", "refused": "refused", "unknown": "unknown", "review": "review", "cancelled": "cancelled", "planned": "planned",
}  # fmt: skip


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


NOT_THERE = N_("The agency does not work on the case now: there is nothing to ask of it.")
NO_TEXT = N_("Write why, or what the agency is to know: it is sent to the agency.")
TOO_LONG = N_("At most two thousand characters.")
PAUSED_ALREADY = N_("The case is paused already.")
NOT_PAUSED = N_("The case is not paused.")
ASKED_ALREADY = N_("This has been asked for already, and no answer has come yet.")
BY_HAND = N_("This agency takes no such order from here. Tell it by telephone or e-mail, and tick that it has been told.")


class OrderError(ValueError):
    """An order that cannot be given. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def takes(agencies: Agencies, agency: str) -> frozenset[OrderKind]:
    """What this agency takes from a program; the rest is told by a person."""
    known = capabilities_of(agencies, agency)
    return frozenset() if known is None else known.orders


def give(work: UnitOfWork, agencies: Agencies, case_id: uuid.UUID, kind: OrderKind, text: str, *, told_by_hand: bool = False) -> uuid.UUID:
    """Ask for it, or record with `told_by_hand` that a person has. The order's id.

    `LookupError` when the case does not exist for this scope, `OrderError` for what cannot be asked.
    """
    case, agency = _case(work, case_id)
    _check(case, kind, text.strip())
    by_program = kind in takes(agencies, agency)
    if not by_program and not told_by_hand:
        raise OrderError("told_by_hand", BY_HAND)
    row = CaseOrderRow(
        bureau_id=work.bureau_id, id=new_id(), company_id=case.company_id, agency_case_id=case.id, kind=kind.value, text_=text.strip(),
        ordered_by=work.actor.name, state="planned" if by_program else "sent", planned_at=work.now(),
        done_at=None if by_program else work.now(),
    )  # fmt: skip
    try:
        with work.session.begin_nested():
            work.session.add(row)
            work.session.flush()
    except IntegrityError as fault:
        raise OrderError("", ASKED_ALREADY) from fault
    story.add(work, case, "ordered", f"{kind.value}: {row.text_}", work.now())
    if by_program:
        effects.plan(work, KIND, f"order:{row.id}", case.company_id, {"order_id": str(row.id)})
    audit.record(work, "case.ordered", "agency_case", case.id, case.company_id, kind=kind.value, by_hand=not by_program)
    return row.id


def orders_of(work: UnitOfWork, case_id: uuid.UUID) -> list[CaseOrderRow]:
    """Newest first."""
    rows = select(CaseOrderRow).where(CaseOrderRow.agency_case_id == case_id).order_by(CaseOrderRow.id.desc())
    return list(work.session.execute(rows).scalars())


@dataclass(slots=True)
class OrderGiver:
    """Performs an order. Agencies tell what was asked of them, or they do not: then a person finds out (never asked twice)."""

    agencies: Agencies
    counterpart: Counterpart = Counterpart.LOOKED_UP
    call_seconds: int = 30

    def refresh(self, begin: Begin, intent: Intent) -> None:
        return None

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        row = _row_of(work, intent)
        case, _agency = _case(work, row.agency_case_id)
        if case.state not in LIVE:
            return Stop(NOT_THERE)
        key = key_of(work, case.agreement_id)
        return Go((key, _order(row, case, key)))

    def call(self, intent: Intent, package: tuple[Key, CaseOrder]) -> Sent:
        key, order = package
        return Sent(self.agencies.open(key).order(order))

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        with begin(BureauScope(intent.bureau_id)) as work:
            row = _row_of(work, intent)
            case, _agency = _case(work, row.agency_case_id)
            key = key_of(work, case.agreement_id)
            order = _order(row, case, key)
        agency = self.agencies.open(key)
        if not agency.capabilities.finds_orders:
            raise UnknownOutcomeError("the agency does not tell what was asked of it: ask it")
        found = agency.find_order(order)
        return NotThere() if found is None else Sent(found)

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        row = _row_of(work, intent)
        row.state, row.problem = STATES[state], None if state == "sent" else reason
        if sent is not None:
            row.external_id, row.done_at = sent.peer_ref[:120] or None, work.now()
            case, _agency = _case(work, row.agency_case_id)
            work.enqueue("agencies.poll_agreement", bureau_id=str(work.bureau_id), agreement_id=str(case.agreement_id))
        work.session.flush()


def _check(case: AgencyCase, kind: OrderKind, text: str) -> None:
    if case.state not in LIVE or case.external_id is None:
        raise OrderError("", NOT_THERE)
    if kind not in BY_A_PERSON:
        raise OrderError("kind", NOT_THERE)
    if not text:
        raise OrderError("text", NO_TEXT)
    if len(text) > TEXT_MAX:
        raise OrderError("text", TOO_LONG)
    if kind is OrderKind.PAUSE and case.state == "paused":
        raise OrderError("kind", PAUSED_ALREADY)
    if kind is OrderKind.RESUME and case.state != "paused":
        raise OrderError("kind", NOT_PAUSED)


def _case(work: UnitOfWork, case_id: uuid.UUID) -> tuple[AgencyCase, str]:
    row = work.session.execute(
        select(AgencyCase, Agreement.agency).join(Agreement, Agreement.id == AgencyCase.agreement_id).where(AgencyCase.id == case_id)
    ).one_or_none()
    if row is None:
        raise LookupError("no such case")
    return row[0], row[1]


def _row_of(work: UnitOfWork, intent: Intent) -> CaseOrderRow:
    return work.session.execute(select(CaseOrderRow).where(CaseOrderRow.id == uuid.UUID(intent.payload["order_id"]))).scalar_one()


def _order(row: CaseOrderRow, case: AgencyCase, key: Key) -> CaseOrder:
    return CaseOrder(str(row.id), OrderKind(row.kind), key.creditor_ref, case.external_id or "", str(case.id), row.text_, row.planned_at)
