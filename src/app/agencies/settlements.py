"""Bringing the money home: payouts read once, the principal of each line posted once on its invoice, then marked as booked at the agency.

An agency pays out what it has collected (avregning; inkassoloven 1988 § 16 keeps it apart from its own money until then). The money goes to
the creditor's own account; what happens here is bookkeeping.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from app.agencies import known_money, vouchers
from app.agencies import obstacle_texts as texts
from app.agencies.doors import Agencies, Key, capabilities_of, key_of, payout_marks
from app.agencies.echoes import LedgerMoney, is_marked
from app.agencies.models import AgencyCase, Agreement, SettlementLineRow, SettlementRow
from app.agencies.ports import Settlement
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.jobs.models import Effect
from app.ledgers import postings
from app.ledgers.models import Posting
from app.ledgers.sync import NoLedgerError, find_link
from app.receivables import book
from app.receivables.models import OpenItem
from app.values.ids import new_id

KIND = "agencies.mark_booked"
REASON = "agency_settlement"
DONE, PENDING = "done", "pending"


def fetch(begin: Begin, agencies: Agencies, bureau_id: uuid.UUID, agreement_id: uuid.UUID) -> int:
    """Read the payouts that are not booked, and take them as far as they go. Returns how many were new. Outside trouble is raised."""
    scope = BureauScope(bureau_id)
    with begin(scope) as work:
        agreement = work.session.execute(select(Agreement).where(Agreement.id == agreement_id)).scalar_one()
        key, company_id = key_of(work, agreement_id), agreement.company_id
    found = agencies.open(key).settlements(key.creditor_ref)
    with begin(scope) as work:
        new = sum(_remember(work, agreement_id, settlement) for settlement in found)
    with begin(scope) as work:
        advance(work, agencies, company_id)
    return new


def advance(work: UnitOfWork, agencies: Agencies, company_id: uuid.UUID) -> None:
    """Take each of the company's unfinished payouts as far as it goes: match, post, and mark as booked when all of it is in the ledger."""
    unfinished = work.session.execute(
        select(SettlementRow, Agreement.agency)
        .join(Agreement, Agreement.id == SettlementRow.agreement_id)
        .where(SettlementRow.company_id == company_id, SettlementRow.state.in_(["read", "question", "proposal"]))
        .order_by(SettlementRow.settled_on, SettlementRow.id)
        .with_for_update(of=SettlementRow)
    ).all()
    for settlement, agency in unfinished:
        known = capabilities_of(agencies, agency)
        _advance(work, settlement, payout_marks(agencies, agency), tells=known is not None and known.marks_booked)


def _remember(work: UnitOfWork, agreement_id: uuid.UUID, settlement: Settlement) -> bool:
    """Keep a payout once, also where an ended and a new agreement name the same creditor."""
    agreement = work.session.execute(select(Agreement).where(Agreement.id == agreement_id)).scalar_one()
    siblings = select(Agreement.id).where(Agreement.company_id == agreement.company_id, Agreement.agency == agreement.agency)
    work.session.execute(siblings.order_by(Agreement.id).with_for_update())
    known = select(SettlementRow.id).where(
        SettlementRow.agreement_id.in_(siblings), SettlementRow.external_id == settlement.external_id
    )  # fmt: skip
    if work.session.execute(known).first() is not None:
        return False
    row = SettlementRow(
        bureau_id=work.bureau_id, id=new_id(), company_id=agreement.company_id, agreement_id=agreement.id,
        external_id=settlement.external_id, settled_on=settlement.settled_on, total_ore=settlement.total_ore, currency=settlement.currency,
        bank_reference=settlement.bank_reference, state="read", read_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    for position, line in enumerate(settlement.lines, start=1):
        work.session.add(
            SettlementLineRow(
                bureau_id=work.bureau_id, id=new_id(), company_id=row.company_id, settlement_id=row.id, position=position,
                external_case_id=line.external_case_id, principal_ore=line.principal_ore, interest_ore=line.interest_ore,
                fees_ore=line.fees_ore, withheld_ore=line.withheld_ore, withheld_vat_ore=line.withheld_vat_ore, paid_on=line.paid_on,
            )
        )  # fmt: skip
    work.session.flush()
    return True


def _advance(work: UnitOfWork, settlement: SettlementRow, marks: tuple[str, ...], *, tells: bool) -> None:
    """`tells`: the agency keeps a mark of what is booked and wants to hear of it."""
    lines = work.session.execute(
        select(SettlementLineRow).where(SettlementLineRow.settlement_id == settlement.id).order_by(SettlementLineRow.position)
    ).scalars()
    outcomes = [_advance_line(work, settlement, line, marks) for line in lines]
    problem = next((outcome for outcome in outcomes if outcome not in (DONE, PENDING)), None)
    by_hand = vouchers.is_booked(work, settlement.id)
    if problem is not None and not by_hand:
        vouchers.propose(work, settlement.id)
        settlement.state, settlement.problem = "question", problem
    elif PENDING in outcomes:
        settlement.state, settlement.problem = "read", None
    elif not by_hand and vouchers.propose(work, settlement.id):
        settlement.state, settlement.problem = "proposal", None
    elif not tells:
        settlement.state, settlement.problem, settlement.booked_at = "booked", None, work.now()
    elif not _marking_failed(work, settlement):
        settlement.state, settlement.problem = "posted", None
        payload = {"settlement_id": str(settlement.id)}
        effects.plan(work, KIND, _business_key(settlement), settlement.company_id, payload)
    work.session.flush()


def _advance_line(work: UnitOfWork, settlement: SettlementRow, line: SettlementLineRow, marks: tuple[str, ...]) -> str:
    """`DONE` when its principal is in the ledger (or it has none), `PENDING` while it is on its way, else a problem a person must solve."""
    case = _match(work, settlement, line)
    if case is None:
        return texts.LINE_UNKNOWN_CASE
    if line.principal_ore < 0:
        return texts.LINE_TAKEN_BACK
    if line.principal_ore == 0:
        return DONE
    if line.posting_id is not None:
        return _posting_outcome(work, case, line, marks)
    item = work.session.execute(select(OpenItem).where(OpenItem.id == case.open_item_id)).scalar_one()
    if item.currency != settlement.currency:
        return texts.LINE_OTHER_CURRENCY
    _tell_timeline(work, item, line)
    # the agency may have paid the invoice itself, with the creditor's KID: then its mark stands on a payment in the ledger already
    behind = _payments_behind(work, case, line, marks)
    if any(is_marked(money, marks) for money in behind):
        line.in_ledger = True
        return DONE
    try:
        find_link(work, item.company_id)
    except NoLedgerError:
        # a book that comes from files shows the payment in a later file, booked by hand
        line.in_ledger = bool(behind)
        return DONE if behind else texts.LINE_NO_LEDGER
    line.posting_id = _plan_posting(work, settlement, line, item)
    work.session.flush()
    return PENDING


def _match(work: UnitOfWork, settlement: SettlementRow, line: SettlementLineRow) -> AgencyCase | None:
    known = select(AgencyCase).where(AgencyCase.company_id == settlement.company_id)
    if line.agency_case_id is not None:
        return work.session.execute(known.where(AgencyCase.id == line.agency_case_id)).scalar_one()
    agency = select(Agreement.agency).where(Agreement.id == settlement.agreement_id).scalar_subquery()
    same_agency = select(Agreement.id).where(Agreement.company_id == settlement.company_id, Agreement.agency == agency)
    case = (
        work.session.execute(
            known.where(AgencyCase.external_id == line.external_case_id, AgencyCase.agreement_id.in_(same_agency)).order_by(AgencyCase.id)
        )
        .scalars()
        .first()
    )
    line.agency_case_id = None if case is None else case.id
    work.session.flush()
    return case


def _plan_posting(work: UnitOfWork, settlement: SettlementRow, line: SettlementLineRow, item: OpenItem) -> uuid.UUID:
    """Posted on the day the money reached the creditor's account, so that it meets the bank's line."""
    key = f"settlement:{settlement.agreement_id}:{settlement.external_id}:{line.position}"
    text = f"Inkassoavregning {settlement.external_id}, sak {line.external_case_id}"
    made = postings.plan_payment(work, item, line.principal_ore, settlement.settled_on, text, reason=REASON, business_key=key)
    if made is None:
        return work.session.execute(select(Posting.id).where(Posting.business_key == key)).scalar_one()
    return made


def _posting_outcome(work: UnitOfWork, case: AgencyCase, line: SettlementLineRow, marks: tuple[str, ...]) -> str:
    state = work.session.execute(select(Posting.state).where(Posting.id == line.posting_id)).scalar_one()
    if state in ("posted", "unmatched"):
        return DONE
    if state in ("planned", "accepted", "unknown"):
        return PENDING
    line.in_ledger = bool(_payments_behind(work, case, line, marks))
    return DONE if line.in_ledger else texts.LINE_NOT_POSTED


def _payments_behind(work: UnitOfWork, case: AgencyCase, line: SettlementLineRow, marks: tuple[str, ...]) -> list[LedgerMoney]:
    """The payment in the ledger, if any, that shows that this line is booked already."""
    payments = known_money.since_handover(work, case)
    found = known_money.echoes(work, case, payments, marks)
    return [
        LedgerMoney(one.id, one.external_id, one.paid_on, one.amount_ore, one.text_)
        for one in payments
        if one.id in found and found[one.id].known_id == line.id
    ]


def _tell_timeline(work: UnitOfWork, item: OpenItem, line: SettlementLineRow) -> None:
    """What the debtor paid the agency stands on the case's timeline; the ledger alone says what is paid."""
    fact = book.PaymentFacts(str(line.id), "agency", "payment", line.paid_on, line.principal_ore, f"Inkasso, sak {line.external_case_id}")
    book.mirror_payments(work, item.company_id, item.id, [fact])


def _marking_failed(work: UnitOfWork, settlement: SettlementRow) -> bool:
    """A person must look at it: planning it once more would change nothing."""
    state = work.session.execute(
        select(Effect.state).where(Effect.kind == KIND, Effect.business_key == _business_key(settlement))
    ).scalar_one_or_none()
    return state in ("refused", "review", "cancelled")


def _business_key(settlement: SettlementRow) -> str:
    return f"booked:{settlement.id}"


@dataclass(slots=True)
class BookingMarker:
    """Tells the agency that a payout is booked. The same call again changes nothing there (class K)."""

    agencies: Agencies
    counterpart: Counterpart = Counterpart.KEYED
    call_seconds: int = 30

    def refresh(self, begin: Begin, intent: Intent) -> None:
        return None

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        settlement = _settlement_of(work, intent)
        return Go((key_of(work, settlement.agreement_id), settlement.external_id, str(settlement.id)))

    def call(self, intent: Intent, package: tuple[Key, str, str]) -> Sent:
        key, external_id, our_reference = package
        self.agencies.open(key).mark_booked(external_id, our_reference)
        return Sent(external_id)

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        raise LookupError("marking is asked again with the same reference, not looked up")

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        settlement = _settlement_of(work, intent)
        if sent is not None:
            settlement.state, settlement.problem, settlement.booked_at = "booked", None, work.now()
        elif state == "planned":
            settlement.state, settlement.problem = "posted", None
        elif state != "unknown":
            settlement.state, settlement.problem = "question", reason
        work.session.flush()


def _settlement_of(work: UnitOfWork, intent: Intent) -> SettlementRow:
    return work.session.execute(
        select(SettlementRow).where(SettlementRow.id == uuid.UUID(intent.payload["settlement_id"])).with_for_update()
    ).scalar_one()
