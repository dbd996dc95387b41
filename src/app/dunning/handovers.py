"""What goes with a claim to the agency: dates, notices with channel and deadline, interest basis, fee history, the letters themselves.

inkassoloven 1988 §§ 9, 10 and inkassoforskriften § 2-1: the agency needs each of these to compute lawful costs.
"""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from app.agencies import agreements, handover
from app.db.unit_of_work import UnitOfWork
from app.dunning import assurance, loading, policies
from app.dunning.charges import effective_due_on, late_interest
from app.dunning.deciding import decision_for
from app.dunning.facts import RunHold
from app.dunning.fees import CHARGEABLE
from app.dunning.law import Law
from app.dunning.loading import Loaded
from app.dunning.models import Notice
from app.dunning.policy import Rules
from app.dunning.restart_facts import still_counts
from app.dunning.steps import HandOver
from app.messaging.models import Delivery
from app.tenants import audit
from app.tenants.models import Company


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


NOT_RIPE = N_("The claim is not to be handed over just now: see on its page why.")
THERE_ALREADY = N_("The claim has a case already.")


class OfferError(ValueError):
    """A handover that cannot be offered again; the text is an English message id."""


def plan(work: UnitOfWork, one: Loaded, rules: Rules, *, insist: bool = False) -> uuid.UUID | None:
    """Plan the case, once per claim. The agency room says on the claim what is missing. `insist`: although it said no lately."""
    package = package_of(work, one, rules)
    return handover.plan(work, claim_id=one.claim.id, item=one.item, package=package, attachments=_attachments(work, one), insist=insist)


def offer_again(work: UnitOfWork, law: Law, claim_id: uuid.UUID) -> uuid.UUID:
    """A person has put right what the agency complained of and offers the claim once more. The id of the new case.

    The engine must still want the handover: a person may hurry it, not decide it. LookupError when the claim does not exist in this scope,
    OfferError when it may not be handed over.
    """
    found = loading.load(work, [claim_id], lock=True)
    if not found:
        raise LookupError("no such claim")
    one = found[0]
    rules = law.rules(policies.for_claims(work, [one])[claim_id].policy, work.today())
    decision = decision_for(one, rules, work.today(), work.now())
    if one.claim.state != "active" or not isinstance(decision.step, HandOver):
        raise OfferError(NOT_RIPE)
    obstacle = agreements.obstacle(work, one.claim.company_id, work.today())
    if obstacle is not None:
        raise OfferError(obstacle)
    wanting = handover.wanting(package_of(work, one, rules))
    if wanting:
        raise OfferError(wanting[0])
    made = plan(work, one, rules, insist=True)
    if made is None:
        raise OfferError(THERE_ALREADY)
    audit.record(work, "claim.offered_again", "claim", claim_id, one.claim.company_id, case=made)
    return made


def still_wanted(work: UnitOfWork, claim_id: uuid.UUID) -> str | None:
    """Asked right before the case leaves: why it must not, or None. Paid or not is asked of the ledger, elsewhere."""
    one = loading.load(work, [claim_id])[0]
    facts = one.facts
    if not one.follow_up.is_on(work.now()):
        return "the follow-up is not switched on for the company"
    if facts.disputed:
        return "the debtor has objected"
    if facts.hold is not None and (facts.hold.until is None or facts.hold.until >= work.today()):
        return "somebody has stopped the claim"
    if facts.insolvency.value != "none":
        return "the debtor is insolvent"
    if facts.bank_paid_ore > 0:
        return "the bank shows a payment that the ledger does not show yet"
    if facts.book_faults or facts.unallocated_covers:
        return "the company's book is not up to date"
    if facts.run_hold in (RunHold.HELD, RunHold.CANCELLED):
        return "the run it belongs to looked wrong and is held for a person"
    if _warning_failed(work, claim_id):
        return "the collection warning did not reach the debtor"
    return None


def package_of(work: UnitOfWork, one: Loaded, rules: Rules) -> dict[str, object]:
    """The hand-over package as plain JSON (see `agencies.ports.HandoverPackage`); the principal holds neither fees nor interest."""
    item, debtor = one.item, one.debtor
    company = work.session.execute(select(Company).where(Company.id == one.claim.company_id)).scalar_one()
    due_on = effective_due_on(item.due_on or work.today())
    interest = late_interest(max(item.original_ore, item.remaining_ore), due_on, work.today(), one.facts.payments, rules.rates)
    return {
        "debtor": {
            "name": debtor.name, "number": debtor.number, "is_person": one.facts.debtor_kind.is_consumer,
            "organisation_number": debtor.organisation_number, "phone": one.reached.phone, **_address(one),
        },
        "invoice_number": item.document_number or item.external_id,
        "invoice_date": (item.issued_on or due_on).isoformat(),
        "due_date": (item.due_on or due_on).isoformat(),
        "principal_ore": item.remaining_ore,
        "original_ore": item.original_ore,
        "currency": item.currency,
        "kid": item.kid,
        "description": f"Faktura {item.document_number or item.external_id}",
        "notices": _notices(work, one),
        "interest_from": due_on.isoformat(),
        "interest_ore": interest.total_ore,
        "claims_compensation": rules.wishes.claim_compensation and not one.facts.debtor_kind.is_consumer,
        "creditor_vat_liable": company.vat_liable,
    }  # fmt: skip


def _address(one: Loaded) -> dict[str, str | None]:
    """Where the debtor was reached: the ledger's address, or what a person has put in its place."""
    debtor, corrected = one.debtor, one.reached.corrected
    by_mail, by_letter = corrected.get("email"), corrected.get("letter")
    place = debtor if by_letter is None else by_letter
    return {
        "email": debtor.email if by_mail is None else by_mail.email, "address_line": ", ".join(place.address_lines),
        "postal_code": place.postal_code or "", "city": place.city or "", "country": debtor.country if by_letter is None else "NO",
    }  # fmt: skip


def _warning_failed(work: UnitOfWork, claim_id: uuid.UUID) -> bool:
    """A warning came back after the handover was planned, and no other one stands (inkassoloven 1988 § 9)."""
    states = work.session.execute(
        select(Notice.state).where(
            Notice.claim_id == claim_id, Notice.kind == "collection_warning", Notice.issued_on.is_not(None), still_counts(Notice)
        )
    ).scalars()
    found = set(states)
    return bool(found) and "sent" not in found


def _notices(work: UnitOfWork, one: Loaded) -> list[dict[str, Any]]:
    """What was said since the claim fell due, and since its follow-up began: a notice before that is no part of a collection."""
    rows = work.session.execute(
        select(Notice, Delivery.channel, Delivery.grounds)
        .join(Delivery, (Delivery.purpose == "notice") & (Delivery.purpose_id == Notice.letter_id))
        .where(
            Notice.claim_id == one.claim.id,
            Notice.kind.in_(CHARGEABLE),
            Notice.state == "sent",
            Delivery.state.in_(["sent", "printed", "posted", "delivered"]),
            still_counts(Notice),
        )
        .order_by(Notice.issued_on, Notice.id, Delivery.channel)
    ).all()
    said: dict[uuid.UUID, dict[str, Any]] = {}
    for notice, channel, grounds in rows:
        known = said.get(notice.id)
        if known is not None:
            known["channel"] = f"{known['channel']}+{channel}"
            known["grounds"] = [*known["grounds"], *assurance.sentences(grounds or ())]
            continue
        said[notice.id] = {
            "kind": notice.kind, "sent_on": None if notice.issued_on is None else notice.issued_on.isoformat(), "channel": channel,
            "fee_ore": notice.fee_ore, "grounds": assurance.sentences(grounds or ()),
            "payment_deadline": None if notice.payment_deadline is None else notice.payment_deadline.isoformat(),
        }  # fmt: skip
    return list(said.values())


def _attachments(work: UnitOfWork, one: Loaded) -> list[dict[str, str]]:
    rows = work.session.execute(
        select(Notice.kind, Notice.document_id)
        .where(
            Notice.claim_id == one.claim.id, Notice.kind.in_(CHARGEABLE), Notice.state == "sent", Notice.document_id.is_not(None),
            still_counts(Notice),
        )
        .order_by(Notice.issued_on, Notice.id)
    ).all()  # fmt: skip
    return [{"kind": kind, "document_id": str(document_id)} for kind, document_id in rows]
