"""Claims that may be finally lost, with ground and proofs, across a bureau or of one company. Nothing is written off by itself."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Row, exists, or_, select

from app.agencies.models import AgencyCase
from app.agencies.queries import OPEN_STATES
from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning import circumstances, restart_facts
from app.dunning.circumstances import INSOLVENT
from app.dunning.facts import Insolvency, NoticeKind
from app.dunning.limitation import EventKind
from app.dunning.loading import INSOLVENCY
from app.dunning.models import Circumstance, Claim, Dispute, LimitationEvent, Notice
from app.dunning.write_off import MONTHS_UNPAID, Finding, LossFacts, findings, spaced
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Company
from app.values.calendar import add_months, oslo_date

ROWS_MAX = 500
#: what asks for payment after the due date (purring in the words of FMVA § 4-7-1); a due notice comes before it
ASKS = tuple(kind.value for kind in NoticeKind if kind is not NoticeKind.DUE_NOTICE)


@dataclass(frozen=True, slots=True)
class LossCandidate:
    """An open claim with every ground that something speaks for. `remaining_ore`: NOK, VAT included. `reminders`: how many count."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    company: str
    invoice: str
    debtor_id: uuid.UUID
    debtor: str
    due_on: date | None
    remaining_ore: int
    reminders: int
    findings: tuple[Finding, ...]

    @property
    def proven(self) -> bool:
        return any(one.proven for one in self.findings)


def candidates(work: UnitOfWork, company_id: uuid.UUID | None = None) -> list[LossCandidate]:
    """Those with a proven ground first, then the largest; at most `ROWS_MAX` claims are looked at, the oldest."""
    today, rows = work.today(), _rows(work, company_id)
    ids = [claim.id for claim, *_ in rows]
    cases, asked = _cases(work, ids), _asked(work, ids)
    disputed, filed = _disputed(work, ids), _filed(work, ids)
    known = circumstances.of_debtors(work, {claim.debtor_id for claim, *_ in rows})
    found: list[LossCandidate] = []
    for claim, item, debtor, company in rows:
        recorded = known[debtor.id].insolvency if debtor.id in known else Insolvency.NONE
        standing = INSOLVENCY.get(debtor.insolvency, recorded)
        facts = LossFacts(
            item.due_on, tuple(asked[claim.id]), disputed=claim.id in disputed,
            at_agency=any(state in OPEN_STATES for state, _ in cases[claim.id]),
            agency_closed_on=next((on for state, on in cases[claim.id] if state == "closed"), None),
            insolvent=standing not in (Insolvency.NONE, Insolvency.DISSOLVED), gone=standing is Insolvency.DISSOLVED,
            filed=claim.id in filed,
        )  # fmt: skip
        found.append(
            LossCandidate(
                claim.id, claim.company_id, company, item.document_number or item.external_id, debtor.id, debtor.name, item.due_on,
                item.remaining_ore, len(spaced(facts.reminded_on, item.due_on, today)), findings(facts, today),
            )
        )  # fmt: skip
    return sorted((one for one in found if one.findings), key=lambda one: (not one.proven, -one.remaining_ore, str(one.claim_id)))


def _rows(work: UnitOfWork, company_id: uuid.UUID | None) -> Sequence[Row[Claim, OpenItem, Debtor, str]]:
    recorded = exists().where(
        Circumstance.debtor_id == Debtor.id, Circumstance.ended_at.is_(None), Circumstance.kind.in_([kind.value for kind in INSOLVENT])
    )
    ended = exists().where(AgencyCase.claim_id == Claim.id, AgencyCase.state == "closed")
    old = OpenItem.due_on < add_months(work.today(), -MONTHS_UNPAID)
    query = (
        select(Claim, OpenItem, Debtor, Company.name)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .join(Company, Company.id == Claim.company_id)
        .where(Claim.state == "active", OpenItem.state == "open", OpenItem.remaining_ore > 0, OpenItem.currency == "NOK")
        .where(Company.closed_at.is_(None), or_(old, Debtor.insolvency.in_(INSOLVENCY), recorded, ended))
        .order_by(OpenItem.due_on, Claim.id)
        .limit(ROWS_MAX)
    )
    return work.session.execute(query if company_id is None else query.where(Claim.company_id == company_id)).all()


def _cases(work: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[tuple[str, date | None]]]:
    """State and day of ending of each claim's cases, the latest first."""
    found: dict[uuid.UUID, list[tuple[str, date | None]]] = defaultdict(list)
    columns = select(AgencyCase.claim_id, AgencyCase.state, AgencyCase.closed_at).where(among(AgencyCase.claim_id, ids))
    for claim_id, state, at in work.session.execute(columns.order_by(AgencyCase.id.desc())).all():
        found[claim_id].append((state, None if at is None else oslo_date(at)))
    return found


def _asked(work: UnitOfWork, ids: list[uuid.UUID]) -> dict[uuid.UUID, list[date]]:
    """Only what went out for certain: a letter in doubt, or one set aside when the follow-up began anew, proves nothing."""
    found: dict[uuid.UUID, list[date]] = defaultdict(list)
    sent = (among(Notice.claim_id, ids), Notice.state == "sent", Notice.kind.in_(ASKS), restart_facts.still_counts(Notice))
    for claim_id, day in work.session.execute(select(Notice.claim_id, Notice.issued_on).where(*sent)).all():
        if day is not None:
            found[claim_id].append(day)
    return found


def _disputed(work: UnitOfWork, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    standing = or_(Dispute.decided_at.is_(None), Dispute.decision == "upheld")
    return set(work.session.execute(select(Dispute.claim_id).where(among(Dispute.claim_id, ids), standing)).scalars())


def _filed(work: UnitOfWork, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    filing = (LimitationEvent.kind == EventKind.INSOLVENCY_FILING.value, LimitationEvent.withdrawn_at.is_(None))
    return set(work.session.execute(select(LimitationEvent.claim_id).where(among(LimitationEvent.claim_id, ids), *filing)).scalars())
