"""Handing a claim over to the agency: planned with the decision, asked about once more right before it leaves, never there twice.

Only the bare principal leaves: fees and interest are the agency's to claim by its own rules (Prop. 3 L (2025-2026) 12.5.5). What happens
to the debtor from here on is the agency's doing under inkassoloven 1988; our own notices stop.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.agencies import agreements, attaching, completeness, packages, terms
from app.agencies import obstacle_texts as texts
from app.agencies.doors import Agencies, Key, key_of
from app.agencies.models import AgencyCase, Agreement
from app.agencies.ports import CaseReceipt, CaseState, HandoverPackage
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs import effects
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.jobs.reviews import ReviewError
from app.ledgers.live import read_live
from app.ledgers.sync import Doorway
from app.receivables.models import OpenItem

KIND = "agencies.register_case"
#: a case the agency refused is offered again, unchanged, no sooner than this
OFFER_AGAIN_AFTER = timedelta(days=7)
NOT_LIVE = ("refused", "cancelled", "withdrawn")
NOT_THERE = {"refused": "refused", "unknown": "in_doubt", "review": "in_doubt", "cancelled": "cancelled", "planned": "planned"}
#: the claim's room is asked: why must it not leave (disputed, held, insolvent ...), or None
StillWanted = Callable[[UnitOfWork, uuid.UUID], str | None]


def plan(
    work: UnitOfWork,
    *,
    claim_id: uuid.UUID,
    item: OpenItem,
    package: HandoverPackage | Mapping[str, Any],
    attachments: Sequence[Mapping[str, Any]] = (),
    insist: bool = False,
) -> uuid.UUID | None:
    """Decide one handover and return the case's id, which is our reference at the agency.

    None, and nothing is sent: the claim has a case already, `agreements.obstacle` says why not, the agency refused exactly this within
    the last week (a person who wants to try all the same says `insist`), or `completeness.faults` finds the package wanting: then a case
    that never left says why. `attachments` are `{"document_id", "kind"}`. `ValueError` when the package is of another form or its
    principal is not what the ledger shows open.
    """
    agreement = agreements.current(work, item.company_id)
    if agreement is None or agreements.obstacle(work, item.company_id, work.today()) is not None:
        return None
    key = _business_key(work, claim_id, coming=1)
    # our reference at the agency, under which it can be found after a restore that has forgotten it
    case_id = effects.act_id(work, KIND, key)
    kept = packages.to_keep(package, str(case_id), agreement.creditor_ref, attachments)
    packages.check_documents(work, kept)
    if kept["principal_ore"] != item.remaining_ore:
        raise ValueError("the principal of a handover is what the ledger shows open, without fees and interest")
    if not insist and _was_refused(work, claim_id, kept):
        return None
    row = insert(AgencyCase).values(
        bureau_id=work.bureau_id, id=case_id, company_id=item.company_id, agreement_id=agreement.id, open_item_id=item.id,
        claim_id=claim_id, state="planned", principal_ore=item.remaining_ore, package=kept, planned_at=work.now(),
    )  # fmt: skip
    # the live case of a claim is unique: whoever comes second finds the first one's
    made = work.session.execute(row.on_conflict_do_nothing().returning(AgencyCase.id)).scalar_one_or_none()
    if made is None:
        return None
    lacking = completeness.faults(packages.as_package(kept))
    if lacking:
        _keep_back(work, case_id, lacking)
        return None
    effects.plan(work, KIND, key, item.company_id, {"case_id": str(case_id)})
    return case_id


def wanting(package: Mapping[str, Any]) -> tuple[str, ...]:
    """All that a package lacks before it may leave (English message ids)."""
    return completeness.faults(packages.as_package({**package, "our_reference": "", "creditor_id": ""}))


def call_off(work: UnitOfWork, claim_id: uuid.UUID, reason: str) -> bool:
    """Take back a handover that has not begun. False: there is none, or it is being done or done."""
    case = work.session.execute(
        select(AgencyCase).where(AgencyCase.claim_id == claim_id, AgencyCase.state == "planned").with_for_update()
    ).scalar_one_or_none()
    if case is None or not effects.cancel(work, KIND, _business_key(work, claim_id), reason):
        return False
    case.state, case.problem, case.closed_at = "cancelled", reason, work.now()
    work.session.flush()
    return True


@dataclass(frozen=True, slots=True)
class _Parcel:
    key: Key
    package: HandoverPackage
    document_ids: tuple[str, ...]


@dataclass(slots=True)
class CaseRegistrar:
    """Performs a handover. Agencies honour no key of ours, but find a case by our reference (class L)."""

    door: Doorway
    agencies: Agencies
    still_wanted: StillWanted
    counterpart: Counterpart = Counterpart.LOOKED_UP
    call_seconds: int = 120

    def refresh(self, begin: Begin, intent: Intent) -> None:
        with begin(BureauScope(intent.bureau_id)) as work:
            open_item_id = case_of(work, intent).open_item_id
        read_live(self.door, intent.bureau_id, open_item_id)

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        case = case_of(work, intent, lock=True)
        agreement = work.session.execute(select(Agreement).where(Agreement.id == case.agreement_id)).scalar_one()
        reason = self._obstacle(work, case, agreement)
        if reason is not None:
            return Stop(reason)
        try:
            package, document_ids = packages.with_attachments(work, case)
        except LookupError:
            return Stop(texts.DOCUMENT_GONE)
        packages.mark_facts(case, work.now())
        return Go(_Parcel(key_of(work, agreement.id), package, document_ids))

    def call(self, intent: Intent, package: _Parcel) -> Sent:
        agency = self.agencies.open(package.key)
        receipt = agency.register(package.package)
        if not agency.capabilities.attaches:
            # what takes no documents afterwards has got them with the case
            return _sent(receipt, list(package.document_ids), package.document_ids)
        if receipt.state is CaseState.AWAITING:
            return _sent(receipt, [], package.document_ids)
        pairs = zip(package.document_ids, package.package.attachments, strict=True)
        attached = attaching.try_all(agency, receipt.external_id, pairs)
        return _sent(receipt, attached, package.document_ids)

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        with begin(BureauScope(intent.bureau_id)) as work:
            case = case_of(work, intent)
            key, creditor_id = key_of(work, case.agreement_id), case.package["creditor_id"]
            document_ids = tuple(document["document_id"] for document in case.package["documents"])
        agency = self.agencies.open(key)
        found = agency.find(creditor_id, str(case.id), intent.planned_at)
        return NotThere() if found is None else _sent(found, [] if agency.capabilities.attaches else list(document_ids), document_ids)

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        case = case_of(work, intent, lock=True)
        if sent is not None and not sent.peer_ref:
            raise ReviewError("reference", texts.NUMBER_NEEDED)
        if sent is not None:
            self._arrived(work, case, sent)
        elif case.external_id is None:
            # a case that polling has found at the agency meanwhile is there, whatever became of our own call
            case.state, case.problem = NOT_THERE[state], reason
            case.closed_at = work.now() if case.state in NOT_LIVE else None
        work.session.flush()
        work.enqueue("dunning.evaluate_item", bureau_id=str(work.bureau_id), open_item_id=str(case.open_item_id))

    def _arrived(self, work: UnitOfWork, case: AgencyCase, sent: Sent) -> None:
        """It is there, or on its way to be looked at: then its number is only the consignment's, unless a reading has found it
        meanwhile."""
        # a person who has looked it up brings the number alone: the next poll tells the rest
        found = CaseState(sent.evidence.get("state", CaseState.REGISTERED))
        packages.mark_attached(case, sent.evidence.get("attached", []))
        case.problem = None
        if found is CaseState.AWAITING:
            case.consignment = sent.peer_ref
            case.state = "awaiting" if case.external_id is None else case.state
            return
        case.state = "registered" if found is CaseState.UNKNOWN else found.value
        case.external_id, case.agency_text = sent.peer_ref, str(sent.evidence.get("agency_text", ""))[:200] or None
        terms.mark_taken(work, case)
        if not packages.is_complete(case):
            work.enqueue("agencies.attach_missing", bureau_id=str(work.bureau_id), case_id=str(case.id))

    def _obstacle(self, work: UnitOfWork, case: AgencyCase, agreement: Agreement) -> str | None:
        item = work.session.execute(select(OpenItem).where(OpenItem.id == case.open_item_id)).scalar_one()
        if item.state != "open":
            return texts.NOT_OPEN
        if item.remaining_ore != case.principal_ore:
            return texts.AMOUNT_CHANGED
        if agreement.valid_until is not None:
            return texts.OTHER_AGREEMENT
        return agreements.obstacle(work, case.company_id, work.today()) or self.still_wanted(work, case.claim_id)


def case_of(work: UnitOfWork, intent: Intent, *, lock: bool = False) -> AgencyCase:
    query = select(AgencyCase).where(AgencyCase.id == uuid.UUID(intent.payload["case_id"]))
    return work.session.execute(query.with_for_update() if lock else query).scalar_one()


def _sent(receipt: CaseReceipt, attached: list[str], document_ids: tuple[str, ...]) -> Sent:
    evidence = {
        "state": receipt.state.value, "agency_text": receipt.agency_text, "attached": attached,
        "missing": [one for one in document_ids if one not in attached],
    }  # fmt: skip
    return Sent(receipt.external_id, evidence)


def _keep_back(work: UnitOfWork, case_id: uuid.UUID, lacking: Sequence[str]) -> None:
    """Refused by ourselves, before it leaves: it is shown and offered again as what an agency refuses is."""
    case = work.session.execute(select(AgencyCase).where(AgencyCase.id == case_id)).scalar_one()
    case.state, case.problem, case.closed_at = "refused", lacking[0], work.now()
    packages.mark_wanting(case, lacking)
    work.session.flush()


def _business_key(work: UnitOfWork, claim_id: uuid.UUID, *, coming: int = 0) -> str:
    """The claim's latest case, or with `coming` its next one. Rounds after the first exist because the one before was refused, called
    off or withdrawn."""
    known = work.session.scalar(select(func.count()).select_from(AgencyCase).where(AgencyCase.claim_id == claim_id)) or 0
    cases = known + coming
    return f"handover:{claim_id}" if cases <= 1 else f"handover:{claim_id}:{cases}"


def _was_refused(work: UnitOfWork, claim_id: uuid.UUID, package: Mapping[str, Any]) -> bool:
    """Without this, an agency that says no would be asked again as often as the claim is looked at."""
    last = work.session.execute(
        select(AgencyCase)
        .where(AgencyCase.claim_id == claim_id)
        .order_by(AgencyCase.planned_at.desc(), AgencyCase.closed_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    if last is None or last.state != "refused" or last.closed_at is None:
        return False
    return last.closed_at > work.now() - OFFER_AGAIN_AFTER and packages.is_same(last.package, package)
