"""Taking a company over from another bureau with what has been said and agreed: nobody is charged a fee twice or warned anew because his
creditor changed bureau, and who was left in peace stays so.

Debtors and invoices do not travel: the ledger is the truth and is connected anew (a book that our own key opens is the new bureau's from
then on). What travels waits here for its invoice.
"""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import func, insert, or_, select, update

from app.agencies.models import AgencyCase
from app.agencies.queries import OPEN_STATES
from app.db.scope import Actor, BureauScope, PlatformScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.db.vault import Vault
from app.dunning.carried_models import CarriedHistory
from app.dunning.models import ArrangementRow, Circumstance, Claim, Dispute, Hold, Notice
from app.dunning.restart_facts import still_counts
from app.jobs.models import Effect
from app.ledgers import opened_books
from app.ledgers.models import CompanyLink
from app.receivables.models import OpenItem
from app.tenants import audit, companies, moves
from app.tenants.models import Bureau, CompanyMove
from app.tenants.moves import MoveError
from app.values.ids import new_id

#: what a company is besides its ledger; who looks after it is the new bureau's affair
TRAVELS = (
    "name", "email", "phone", "address_line", "postal_code", "city", "account_number", "vat_liable", "list_weekday", "list_hour",
    "list_deadline_days",
)  # fmt: skip
#: what reached somebody, or may have
SAID = ("sent", "issued", "review")


def take(begin: Begin, vault: Vault, code: str, bureau_id: uuid.UUID, actor: Actor) -> uuid.UUID:
    """Take the company with this code into the bureau. Returns its id here. Once begun, the same code ends it after any interruption.

    `MoveError`: no such offer, one's own company, or something is leaving the house for it at this moment.
    """
    with begin(PlatformScope()) as work:
        move = moves.find(work, code)
        if move.from_bureau_id == bureau_id:
            raise MoveError("The company is with your own bureau already.")
        if move.to_bureau_id not in (None, bureau_id):
            raise MoveError("There is no such offer. The code may be mistyped, used, taken back or more than fourteen days old.")
        source, to = move.from_bureau_id, work.session.execute(select(Bureau.name).where(Bureau.id == bureau_id)).scalar_one()
    with begin(BureauScope(source), Actor("system", None, f"{actor.name}, {to}")) as work:
        move = moves.find(work, code, lock=True)
        if move.state == "offered":
            move.to_bureau_id, move.taken_by, move.taken_at = bureau_id, actor.name, work.now()
            _pack(work, move, vault, bureau_id)
    with begin(BureauScope(bureau_id), actor) as work:
        move = moves.find(work, code, lock=True)
        company_id = _unpack(work, move, vault)
        move.state, move.package = "received", None
        return company_id


def tie(work: UnitOfWork, company_id: uuid.UUID) -> int:
    """What waits finds its invoice: by number and amount, or by KID. Call after claims are opened. Returns how many were tied."""
    same = (CarriedHistory.company_id == OpenItem.company_id) & or_(
        (CarriedHistory.document_number == OpenItem.document_number) & (CarriedHistory.original_ore == OpenItem.original_ore),
        CarriedHistory.kid.is_not(None) & (CarriedHistory.kid == OpenItem.kid),
    )
    found = work.session.execute(
        select(CarriedHistory, OpenItem, Claim.id)
        .join(OpenItem, same)
        .join(Claim, Claim.open_item_id == OpenItem.id)
        .where(CarriedHistory.company_id == company_id, CarriedHistory.open_item_id.is_(None))
        .order_by(CarriedHistory.id, OpenItem.id)
    ).all()
    held = set(
        work.session.execute(
            select(Hold.claim_id).where(Hold.claim_id.in_([claim_id for _, _, claim_id in found]), Hold.lifted_at.is_(None))
        ).scalars()
    )
    tied: set[uuid.UUID] = set()
    for history, item, claim_id in found:
        if history.open_item_id is not None or item.id in tied:
            continue
        tied.add(item.id)
        history.open_item_id, history.tied_at = item.id, work.now()
        item.carried_notices, item.changed_at = history.notices, work.now()
        if history.stops and claim_id not in held:
            work.session.add(_stop(history, claim_id))
    work.session.flush()
    return len(tied)


def waiting(work: UnitOfWork, company_id: uuid.UUID) -> int:
    """Histories whose invoice the mirror has not shown yet."""
    query = select(func.count()).where(CarriedHistory.company_id == company_id, CarriedHistory.open_item_id.is_(None))
    return int(work.session.execute(query).scalar_one())


def _pack(work: UnitOfWork, move: CompanyMove, vault: Vault, to_bureau_id: uuid.UUID) -> None:
    company = companies.find(work, move.company_id)
    leaving = (Effect.company_id == company.id, Effect.state.in_(["sending", "unknown"]))
    if work.session.execute(select(Effect.id).where(*leaving).limit(1)).first() is not None:
        raise MoveError("Something is just being sent for the company. Try again in some minutes.")
    own_name = work.session.execute(select(Bureau.name).where(Bureau.id == work.bureau_id)).scalar_one()
    package = {
        "company": {name: getattr(company, name) for name in TRAVELS},
        "came_from": own_name,
        "histories": _histories(work, company.id),
    }
    move.package = vault.seal({"package": json.dumps(package)}, _binding(move))
    move.state = "packed"
    companies.change(work, company.id, active_from=None)
    companies.close(work, company.id)
    opened_books.hand_over(work, company.id, to_bureau_id)
    work.session.execute(update(CompanyLink).where(CompanyLink.company_id == company.id).values(company_id=None))
    audit.record(work, "company.moved_away", "company", company.id, company.id)


def _unpack(work: UnitOfWork, move: CompanyMove, vault: Vault) -> uuid.UUID:
    package = json.loads(vault.open(move.package or b"", _binding(move))["package"])
    known = companies.find_by_organisation_number(work, move.organisation_number)
    if known is None:
        facts = dict(package["company"])
        known = companies.create(work, facts.pop("name"), move.organisation_number, **facts)
    rows = [
        {
            **history, "bureau_id": work.bureau_id, "id": new_id(), "company_id": known.id, "came_from": package["came_from"],
            "received_at": work.now(), "issued_on": history["issued_on"] and date.fromisoformat(history["issued_on"]),
        }
        for history in package["histories"]
    ]  # fmt: skip
    if rows:
        work.session.execute(insert(CarriedHistory), rows)
    audit.record(work, "company.moved_here", "company", known.id, known.id, came_from=package["came_from"], invoices=len(rows))
    tie(work, known.id)
    return known.id


def _histories(work: UnitOfWork, company_id: uuid.UUID) -> list[dict[str, Any]]:
    """Of every open invoice with a claim: what was said about it, and why it rests."""
    rows = work.session.execute(
        select(Claim.id, Claim.debtor_id, OpenItem)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .where(Claim.company_id == company_id, OpenItem.state.in_(["open", "unexplained"]), OpenItem.document_number.is_not(None))
        .order_by(Claim.id)
    ).all()
    said, stops = _said(work, company_id), _stops(work, company_id)
    return [
        {
            "document_number": item.document_number, "kid": item.kid, "original_ore": item.original_ore,
            "issued_on": item.issued_on and item.issued_on.isoformat(),
            "notices": [*item.carried_notices, *said[claim_id]],
            "stops": [*stops[claim_id], *stops[debtor_id], *stops[company_id]],
        }
        for claim_id, debtor_id, item in rows
    ]  # fmt: skip


def _said(work: UnitOfWork, company_id: uuid.UUID) -> dict[uuid.UUID, list[dict[str, Any]]]:
    found: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    notices = select(Notice).where(
        Notice.company_id == company_id, Notice.state.in_(SAID), Notice.issued_on.is_not(None), Notice.kind != "due_notice",
        still_counts(Notice),
    )  # fmt: skip
    for one in work.session.execute(notices.order_by(Notice.issued_on, Notice.id)).scalars():
        deadline = one.payment_deadline and one.payment_deadline.isoformat()
        found[one.claim_id].append(
            {"on": one.issued_on and one.issued_on.isoformat(), "kind": one.kind, "fee_ore": one.fee_ore, "deadline_on": deadline}
        )
    cases = select(AgencyCase.claim_id, AgencyCase.planned_at, AgencyCase.handed_over_at).where(
        AgencyCase.company_id == company_id, AgencyCase.state.in_(OPEN_STATES)
    )
    for claim_id, planned_at, handed_over_at in work.session.execute(cases).all():
        on = (handed_over_at or planned_at).date().isoformat()
        found[claim_id].append({"on": on, "kind": "collection", "fee_ore": None, "deadline_on": None})
    return found


def _stops(work: UnitOfWork, company_id: uuid.UUID) -> dict[uuid.UUID, list[str]]:
    """Why a claim, a debtor or the whole company rests, in words for whoever has to decide."""
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    held = select(Hold).where(Hold.company_id == company_id, Hold.lifted_at.is_(None), Hold.until.is_(None) | (Hold.until >= work.today()))
    for hold in work.session.execute(held).scalars():
        end = f" (til {hold.until:%d.%m.%Y})" if hold.until else ""
        found[hold.claim_id or hold.debtor_id or company_id].append(f"stanset: {hold.reason}{end}")
    disputed = select(Dispute).where(Dispute.company_id == company_id, Dispute.decided_at.is_(None) | (Dispute.decision == "upheld"))
    for dispute in work.session.execute(disputed).scalars():
        found[dispute.claim_id].append(f"innsigelse: {dispute.text_}")
    agreed = select(ArrangementRow).where(ArrangementRow.company_id == company_id, ArrangementRow.ended_at.is_(None))
    words = {"promise": "betalingsløfte", "extension": "betalingsutsettelse", "plan": "avdragsordning"}
    for row in work.session.execute(agreed).scalars():
        found[row.claim_id].append(f"{words[row.kind]} avtalt {row.made_at:%d.%m.%Y}")
    known = select(Circumstance).where(Circumstance.company_id == company_id, Circumstance.ended_at.is_(None))
    kinds = {
        "deceased": "skyldneren er død", "minor": "skyldneren er mindreårig", "considerate": "hensynsfull behandling",
        "bankrupt": "konkurs", "reconstruction": "rekonstruksjon", "debt_settlement": "gjeldsordning",
    }  # fmt: skip
    for one in work.session.execute(known).scalars():
        found[one.debtor_id].append(kinds[one.kind])
    doubtful = select(Notice.claim_id).where(Notice.company_id == company_id, Notice.state == "review")
    for claim_id in work.session.execute(doubtful).scalars():
        found[claim_id].append("uklart om et varsel kom fram")
    return found


def _stop(history: CarriedHistory, claim_id: uuid.UUID) -> Hold:
    reason = f"Fra {history.came_from}: {'; '.join(history.stops)}"
    return Hold(
        bureau_id=history.bureau_id, id=new_id(), company_id=history.company_id, claim_id=claim_id, reason=reason, until=None,
        placed_by=history.came_from, placed_at=history.tied_at,
    )  # fmt: skip


def _binding(move: CompanyMove) -> str:
    return f"company_moves|package|{move.id}"
