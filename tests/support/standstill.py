"""A bureau in which one of everything waits for a person: for the work list, its page and its pictures."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, text

from app.agencies.models import SettlementLineRow, SettlementRow
from app.agencies.reconciliation_models import CaseDifference
from app.db.unit_of_work import Database
from app.dunning.models import Claim
from app.jobs.models import Effect
from app.messaging.models import MailSenderRow
from app.portfolio.standstills import POSTING_WAITS_LONG
from app.receivables.models import OpenItem
from app.tenants.models import Bureau, Company
from app.values.ids import new_id
from support import make


@dataclass(frozen=True, slots=True)
class Standstill:
    """What waits where. `effects` by the act's kind."""

    company: Company
    started: Company
    effects: dict[str, uuid.UUID]
    refused_claim: Claim
    asked: Claim


def effect(database: Database, company: Company, kind: str, key: str, payload: dict[str, Any], **columns: Any) -> uuid.UUID:
    """An act as the ledger of acts holds it; in review unless said otherwise."""
    now = database.clock.now()
    made = new_id()
    facts = {
        "bureau_id": company.bureau_id, "id": made, "company_id": company.id, "kind": kind, "business_key": key, "payload": payload,
        "payload_hash": b"", "state": "review", "reason": "it cannot be told whether this was sent", "not_before": now, "attempts": 1,
        "planned_at": now - timedelta(hours=2), "called_at": now - timedelta(hours=2), "settled_at": now - timedelta(hours=1),
    }  # fmt: skip
    with database.begin(make.scope(company)) as work:
        work.session.execute(insert(Effect).values(facts | columns))
    return made


def notice_in_doubt(database: Database, company: Company, *, mark: str = "") -> tuple[uuid.UUID, Claim]:
    """A collection warning whose mail may or may not have gone."""
    item = make.open_item(database, make.debtor(database, company, mark=mark), mark=mark)
    claim = make.claim(database, item, mark=mark)
    notice = make.notice(database, claim, kind="collection_warning", state="review", mark=mark)
    delivery = make.delivery(database, notice, state="review", mark=mark)
    made = effect(database, company, "dunning.notice_by_mail", f"notice:{notice.id}:email", {"delivery_id": str(delivery.id)})
    return made, claim


def posting_in_doubt(database: Database, item: OpenItem, company: Company, **columns: Any) -> uuid.UUID:
    state = columns.get("state", "review")
    posting = make.posting(database, item, state=state, amount_ore=420_000)
    return effect(database, company, "ledgers.post_payment", posting.business_key, {"open_item_id": str(item.id)}, **columns)


def stand_still(database: Database, bureau: Bureau, *, mark: str = "") -> Standstill:
    """One of each kind in two companies: the second has no agreement with an agency."""
    now = database.clock.now()
    company = make.company(database, bureau, mark=mark)
    started = make.company(database, bureau, mark=mark)
    debtor = make.debtor(database, company, mark=mark)
    agreement = make.agreement(database, company, mark=mark)
    make.held_run(database, company, mark=mark)
    acts: dict[str, uuid.UUID] = {}
    acts["dunning.notice_by_mail"], _ = notice_in_doubt(database, company, mark=mark)
    item = make.open_item(database, debtor, mark=mark)
    acts["ledgers.post_payment"] = posting_in_doubt(database, item, company, state="refused", reason=f"422: no voucher type {mark}".strip())
    case_claim = make.claim(database, make.open_item(database, debtor, mark=mark), mark=mark, step="hand_over")
    doubtful = make.agency_case(database, agreement, case_claim, state="in_doubt", external_id=None, mark=mark)
    handed = {"case_id": str(doubtful.id)}
    acts["agencies.register_case"] = effect(database, company, "agencies.register_case", f"handover:{case_claim.id}", handed)
    refused_claim = make.claim(database, make.open_item(database, debtor, mark=mark), mark=mark, step="hand_over")
    make.agency_case(
        database, agreement, refused_claim, state="refused", external_id=None, problem=f"422: postal code missing {mark}".strip(),
        mark=mark, closed_at=now,
    )  # fmt: skip
    settlement_id = new_id()
    _rows(database, company, [
        (SettlementRow, {
            "id": settlement_id, "agreement_id": agreement.id, "external_id": f"{mark}9001", "settled_on": now.date(), "total_ore": 300_00,
            "currency": "NOK", "state": "question", "problem": "A line of the payout belongs to no case that was handed over from here.",
            "read_at": now,
        }),
        (SettlementLineRow, {
            "id": new_id(), "settlement_id": settlement_id, "external_case_id": f"{mark}77", "position": 1, "principal_ore": 300_00,
            "interest_ore": 0, "fees_ore": 0, "paid_on": now.date(),
        }),
    ])  # fmt: skip
    _rows(database, company, [
        (CaseDifference, {
            "id": new_id(), "agreement_id": agreement.id, "agency_case_id": doubtful.id, "subject": str(doubtful.id),
            "external_id": f"{mark}55", "kind": "not_there", "owner": "agency", "ledger_ore": 100_00, "times": 2, "since": now,
            "seen_on": now.date(),
        }),
    ])  # fmt: skip
    connection = make.connection(database, bureau, mark=mark, state="reconnect", problem=f"the consent has expired {mark}".strip())
    make.company_link(database, connection, company, mark=mark, differs_since=now, difference_ore=500_00)
    make.posting(database, item, mark=mark, state="accepted", posted_at=now - POSTING_WAITS_LONG - timedelta(days=1))
    make.bank_payment(database, make.file_import(database, company, mark=mark), mark=mark)
    blocked = make.claim(database, make.open_item(database, debtor, mark=mark), mark=mark, step="send_reminder")
    make.notice(
        database, blocked, state="planned", issued_on=None, issued_at=None, planned_at=now - timedelta(hours=3), mark=mark,
        problem="The company has no bank account number: add it in the settings.",
    )  # fmt: skip
    their = make.debtor(database, started, mark=mark)
    make.claim(database, make.open_item(database, their, mark=mark), mark=mark, step="hand_over")
    why = [{"code": "no_due_date", "facts": {}}]
    waits = make.claim(
        database,
        make.open_item(database, their, mark=mark),
        step="ask_person",
        reasons=[{"code": "approval_waits", "source": "", "params": {}}],
    )
    make.approval_request(database, waits)
    make.inbound_mail(database, waits, mark=mark)
    asked = make.claim(database, make.open_item(database, their, mark=mark), step="ask_person", reasons=why)
    make.open_item(database, their, mark=mark, state="unexplained", missed_runs=2)
    make.open_item(database, their, mark=mark, confidence="low")
    effect(
        database, started, "messaging.mail", f"list:{new_id()}", {}, state="planned", attempts=9, settled_at=None, called_at=None,
        reason=f"the mail server does not answer {mark}".strip(),
    )  # fmt: skip
    _rows(database, started, [
        (MailSenderRow, {
            "id": new_id(), "domain": f"{mark or 'fjord'}.example".lower(), "local_part": "faktura", "selector": "reskontro1",
            "public_key": mark or "fjord", "private_key": b"", "state": "failed", "findings": [], "passed_at": now, "failed_at": now,
        }),
    ])  # fmt: skip
    _fail_a_job(database, bureau, mark)
    return Standstill(company, started, acts, refused_claim, asked)


def _fail_a_job(database: Database, bureau: Bureau, mark: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "insert into failed_jobs (id, job, arguments, error, failed_at, bureau_id)"
                " values (:id, :job, '{}', 'ValueError: bad', clock_timestamp(), :bureau)"
            ),
            {"id": new_id(), "job": f"ledgers.sync_company{mark}", "bureau": bureau.id},
        )


def _rows(database: Database, company: Company, rows: list[tuple[Any, dict[str, Any]]]) -> None:
    with database.begin(make.scope(company)) as work:
        for table, facts in rows:
            work.session.execute(insert(table).values({"bureau_id": company.bureau_id, "company_id": company.id} | facts))
