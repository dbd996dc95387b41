"""One row of each kind from the demo's own books, so that every page of the product has something to show."""

from __future__ import annotations

from typing import Any, get_type_hints

from sqlalchemy import select

from app.dunning.models import Claim, ListEntry, WeeklyList
from app.receivables.models import Debtor, OpenItem
from app.seeding import ADMIN
from app.tenants.models import Company, Membership, User
from support import make
from support.neighbour import Neighbour
from support.served import Served


def demo_rows(served: Served) -> Neighbour:
    """An open weekly list, its company, an invoice on it, and what belongs to that. What the demo does not have yet is made."""
    weekly = served.open_list(1)
    database = served.house.database
    with served.begin() as work:
        found: dict[str, Any] = {"bureau": served.bureau}
        entry = next(one for one in weekly.entries if one.state == "ready")
        keys = {WeeklyList: weekly.list_id, ListEntry: entry.entry_id, Claim: entry.claim_id, Debtor: entry.debtor_id}
        for name, model in get_type_hints(Neighbour).items():
            key = keys.get(model)
            query = select(model).limit(1)
            if model is Company:
                query = query.where(Company.id == weekly.company_id)
            elif key is not None:
                query = query.where(model.id == key)
            elif model is OpenItem:
                query = query.join(Claim, Claim.open_item_id == OpenItem.id).where(Claim.id == entry.claim_id)
            elif model is User:
                query = query.where(User.email == ADMIN)
            elif name == "segment":
                query = query.where(model.segment_id.is_not(None))
            elif model is Membership:
                query = query.join(User, User.id == Membership.user_id).where(User.email == ADMIN)
            elif hasattr(model, "company_id") and name != "bureau":
                query = query.where(model.company_id == weekly.company_id)
            if name not in found:
                found[name] = work.session.execute(query).scalars().first()
    item, claim, company = found["open_item"], found["claim"], found["company"]
    document = found["document"] or make.document(database, company)
    notice = found["notice"] or make.notice(database, claim, document_id=document.id)
    now = database.clock.now()
    makers: dict[str, Any] = {
        "payment": lambda: make.payment(database, item, 1_00),
        "notice": lambda: notice,
        "hold": lambda: make.hold(database, claim, lifted_at=now),
        "dispute": lambda: make.dispute(database, claim, decided_at=now, decision="rejected"),
        "policy": lambda: make.policy(database, company),
        "segment": lambda: make.segment(database, company),
        "file": lambda: make.file_import(database, company),
        "bank_payment": lambda: make.bank_payment(database, found["file"] or make.file_import(database, company)),
        "posting": lambda: make.posting(database, item),
        "document": lambda: document,
        "delivery": lambda: make.delivery(database, notice),
        "agency_case": lambda: make.agency_case(database, found["agreement"], claim),
        "credit_check": lambda: make.credit_check(database, company),
        "reply": lambda: make.inbound_mail(database, claim),
        "approval_request": lambda: make.approval_request(database, claim, asked=found["user"]),
        "absence": lambda: make.absence(database, served.bureau, found["user"]),
        "circumstance": lambda: make.circumstance(database, found["debtor"], kind="deceased", note="Datteren representerer boet"),
        "held_run": lambda: make.held_run(database, company),
        "limitation_event": lambda: make.limitation_event(database, claim),
        "settlement": lambda: make.settlement(database, found["agreement"]),
    }
    return Neighbour(**{name: row if row is not None else makers[name]() for name, row in found.items()})
