"""The neighbour: a second bureau with look-alike data whose every text contains NABO. Whatever shows that word has leaked.

The same household under another mark, or in the reader's own bureau, is what a reader has himself or may not see beside his own.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import insert

from app.agencies.file_models import AgencyFileRow
from app.agencies.hook_models import AgencyHook
from app.agencies.models import (
    AgencyCase,
    Agreement,
    AgreementDecline,
    BureauAgreement,
    CaseEventRow,
    CaseOrderRow,
    CaseQuestionRow,
    DirectPaymentRow,
    SettlementLineRow,
    SettlementRow,
)
from app.agencies.reconciliation_models import CaseDifference, Reconciliation
from app.agencies.voucher_models import PostingAccountsRow, SettlementVoucher
from app.credit.models import CreditCheck
from app.db.unit_of_work import Database
from app.dunning.carried_models import CarriedHistory
from app.dunning.models import (
    ApprovalRequest,
    ApprovalVerdict,
    ArrangementRow,
    Circumstance,
    Claim,
    CorrectedAddress,
    DebtorOwner,
    DecisionRow,
    Dispute,
    DisputeEvidence,
    Hold,
    InstalmentRow,
    LimitationEvent,
    ListEntry,
    Notice,
    PhoneCall,
    PolicyRow,
    Restart,
    RoutineRow,
    WeeklyList,
    WordingRow,
)
from app.dunning.run_models import HeldRun, HeldStep, OutwardDay
from app.dunning.wording import wording_text
from app.jobs.models import Effect
from app.ledgers.models import CompanyLink, Connection, LedgerHook, Posting, SyncRun
from app.messaging.models import Delivery, Document, InboundMail, MailSenderRow, Receipt, SmsStop
from app.receivables.file_models import BankPayment, FileImport, InvoiceDocument
from app.receivables.models import BookConfirmation, BookReading, Debtor, GuardLimits, OpenItem, Payment
from app.tenants.models import Absence, AuditEntry, Bureau, Company, IdempotencyKey, Membership, User
from app.values.ids import new_id
from support import make

MARK = "NABO"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One row of each kind, for tests that try to reach them from outside."""

    bureau: Bureau
    user: User
    membership: Membership
    company: Company
    debtor: Debtor
    open_item: OpenItem
    payment: Payment
    claim: Claim
    notice: Notice
    weekly_list: WeeklyList
    list_entry: ListEntry
    hold: Hold
    dispute: Dispute
    policy: PolicyRow
    segment: PolicyRow
    connection: Connection
    company_link: CompanyLink
    sync_run: SyncRun
    posting: Posting
    document: Document
    delivery: Delivery
    reply: InboundMail
    agreement: Agreement
    agency_case: AgencyCase
    credit_check: CreditCheck
    approval_request: ApprovalRequest
    absence: Absence
    circumstance: Circumstance
    limitation_event: LimitationEvent
    held_run: HeldRun
    file: FileImport
    bank_payment: BankPayment
    settlement: SettlementRow

    def ids(self) -> dict[str, str]:
        """Every id by the name a path parameter would carry: `claim_id`, `company_id`, ..."""
        return {f"{field.name}_id": str(getattr(self, field.name).id) for field in fields(self)}


def move_in(database: Database, mark: str = MARK, bureau: Bureau | None = None) -> Neighbour:
    """Make the neighbour and everything he has, in every tenant table; in a new bureau unless one is given."""
    bureau = bureau or make.bureau(database, mark=mark)
    user = make.user(database, mark=mark)
    company = make.company(database, bureau, mark=mark)
    debtor = make.debtor(database, company, mark=mark)
    item = make.open_item(database, debtor, mark=mark)
    claim = make.claim(database, item, mark=mark)
    document = make.document(database, company, mark=mark)
    notice = make.notice(database, claim, mark=mark, document_id=document.id)
    week = make.weekly_list(database, company, left_out=[{"claim_id": None, "number": mark, "debtor": mark, "reasons": []}])
    connection = make.connection(database, bureau, mark=mark)
    agreement = make.agreement(database, company, mark=mark)
    file = make.file_import(database, company, mark=mark)
    his = Neighbour(
        bureau, user, make.membership(database, user, bureau), company, debtor, item,
        make.payment(database, item, 1_00, mark=mark), claim, notice, week,
        make.list_entry(database, week, claim, item, mark=mark), make.hold(database, claim, mark=mark),
        make.dispute(database, claim, mark=mark), make.policy(database, company, mark=mark),
        make.segment(database, company, mark=mark), connection,
        make.company_link(database, connection, company, mark=mark), make.sync_run(database, company, mark=mark),
        make.posting(database, item, mark=mark), document,
        make.delivery(database, notice, mark=mark), make.inbound_mail(database, claim, mark=mark), agreement,
        make.agency_case(database, agreement, claim, mark=mark), make.credit_check(database, company, mark=mark),
        make.approval_request(database, claim, asked=user), make.absence(database, bureau, user, mark=mark),
        make.circumstance(database, debtor, mark=mark), make.limitation_event(database, claim, mark=mark),
        make.held_run(database, company, mark=mark), file, make.bank_payment(database, file, mark=mark),
        make.settlement(database, agreement, mark=mark),
    )  # fmt: skip
    _fill_the_rest(database, his, mark)
    return his


def _fill_the_rest(database: Database, his: Neighbour, mark: str) -> None:
    """Rows of the tables that no page shows by id."""
    now, today, reasons = database.clock.now(), database.clock.today(), [{"code": "waiting", "text": mark}]
    his_own: dict[str, Any] = {"bureau_id": his.bureau.id, "company_id": his.company.id}
    agreed = new_id()
    rows: list[tuple[Any, dict[str, Any]]] = [
        (DecisionRow, {
            **his_own, "claim_id": his.claim.id, "decided_on": today, "decided_at": now, "step": "wait", "reasons": reasons,
            "facts": {"text": mark}, "rules": {"text": mark}, "rule_version": mark,
        }),
        (WordingRow, {
            **his_own, "kind": "reminder", "language": "nb", "tone": "neutral", "version": 1, "made_by": f"Kari {mark}", "made_at": now,
            "text_": wording_text("reminder", "nb", "neutral").replace("Vi har ikke", f"{mark} har ikke"),
        }),
        (DisputeEvidence, {
            **his_own, "dispute_id": his.dispute.id, "document_id": his.document.id, "added_by": mark, "added_at": now,
        }),
        (CorrectedAddress, {
            **his_own, "debtor_id": his.debtor.id, "channel": "letter", "instead_of": f"{mark} 1", "address_lines": [f"{mark} 2"],
            "postal_code": "5003", "city": mark, "source": "person", "recorded_by": mark, "recorded_at": now,
        }),
        (CarriedHistory, {
            **his_own, "document_number": f"{mark}-0", "kid": None, "original_ore": 100_00, "issued_on": today, "notices": [],
            "stops": [f"stanset: {mark}"], "came_from": mark, "received_at": now,
        }),
        (InvoiceDocument, {
            **his_own, "file_id": his.file.id, "kind": "invoice", "number": mark, "payable_ore": 1_00, "currency": "NOK",
            "customer_name": mark, "customer": {"text": mark}, "read_at": now,
        }),
        (PhoneCall, {
            **his_own, "claim_id": his.claim.id, "outcome": "reached", "called_on": today, "note": mark, "called_by": mark,
            "called_at": now,
        }),
        (SmsStop, {
            **his_own, "number": mark, "stopped_at": now, "lifted_at": now, "lifted_by": mark, "lift_reason": mark,
        }),
        (Restart, {
            **his_own, "claim_id": his.claim.id, "reason": mark, "set_aside": [], "waived_ore": 0, "restarted_by": mark,
            "restarted_at": now,
        }),
        (Receipt, {
            **his_own, "delivery_id": his.delivery.id, "state": "accepted", "at": now, "text_": f"250 OK {mark}",
            "evidence": {"text": mark}, "external_id": mark,
        }),
        (SettlementLineRow, {
            **his_own, "settlement_id": his.settlement.id, "agency_case_id": his.agency_case.id, "external_case_id": f"{mark}1",
            "position": 1, "principal_ore": 100_00, "interest_ore": 0, "fees_ore": 0, "paid_on": today,
        }),
        (SettlementVoucher, {
            **his_own, "settlement_id": his.settlement.id, "state": "proposed", "lines": [[mark, "bank", 100, mark]], "proposed_at": now,
            "voucher_number": mark, "note": mark,
        }),
        (Reconciliation, {
            **his_own, "agreement_id": his.agreement.id, "on_day": today, "ledger_count": 1, "ledger_ore": 1, "our_count": 1, "our_ore": 1,
            "problem": mark, "made_at": now,
        }),
        (AgencyFileRow, {
            **his_own, "agreement_id": his.agreement.id, "path": mark, "kind": "receipts", "size": 1, "changed": 1, "mark": mark[:16],
            "whole": True, "rows_": [{"text": mark}], "problems": [mark], "read_at": now,
        }),
        (CaseDifference, {
            **his_own, "agreement_id": his.agreement.id, "agency_case_id": his.agency_case.id, "subject": mark, "external_id": mark,
            "kind": "not_there", "owner": "agency", "times": 2, "since": now, "seen_on": today,
        }),
        (PostingAccountsRow, {
            **his_own, "bank": mark, "receivables": mark, "interest_income": mark, "fee_income": mark, "collection_costs": mark,
            "input_vat": mark,
        }),
        (DirectPaymentRow, {
            **his_own, "agency_case_id": his.agency_case.id, "payment_id": his.payment.id, "amount_ore": 1_00, "paid_on": today,
            "problem": mark, "planned_at": now,
        }),
        (BureauAgreement, {
            "bureau_id": his.bureau.id, "agency": "kravia", "name": mark, "setup": {"text": mark}, "valid_from": today,
        }),
        (AgreementDecline, {**his_own, "reason": mark, "declined_by": mark, "declined_at": now}),
        (CaseEventRow, {**his_own, "agency_case_id": his.agency_case.id, "kind": "told", "text_": mark, "external_id": mark, "at": now}),
        (CaseQuestionRow, {
            **his_own, "agency_case_id": his.agency_case.id, "external_id": mark, "kind": "address", "text_": mark, "asked_at": now,
        }),
        (CaseOrderRow, {
            **his_own, "agency_case_id": his.agency_case.id, "kind": "message", "text_": mark, "ordered_by": mark, "planned_at": now,
        }),
        (BookReading, {
            **his_own, "read_at": now, "source": "tripletex", "link": f"https://ledger.example/{mark}", "book_on": today,
            "banks": [[mark, today.isoformat()]], "unposted": 0, "unallocated_count": 0, "unallocated_ore": 0, "credit_note_count": 0,
            "credit_note_ore": 0, "overdue_ore": 0, "light": "green", "findings": [{"text": mark}],
        }),
        (BookConfirmation, {
            **his_own, "through_on": today, "confirmed_by": mark, "confirmed_at": now,
        }),
        (HeldStep, {
            **his_own, "run_id": his.held_run.id, "claim_id": his.claim.id, "step": "send_reminder", "amount_ore": 100_00,
            "good_payer": True,
        }),
        (OutwardDay, {**his_own, "ran_on": today, "count": 1, "amount_ore": 100_00, "good_count": 0, "spread": 1}),
        (LedgerHook, {
            "bureau_id": his.bureau.id, "link_id": his.company_link.id, "external_ids": [mark], "token_hash": mark.encode(),
            "state": "failing", "problem": mark,
        }),
        (AgencyHook, {
            "bureau_id": his.bureau.id, "agreement_id": his.agreement.id, "token_hash": mark.encode(), "state": "failing", "problem": mark,
            "heard_keys": [mark],
        }),
        (GuardLimits, {
            "bureau_id": his.bureau.id, "guard": "readiness", "version": his.company.id.int % 1_000_000_000, "limits": {},
            "made_by": mark, "made_at": now,
        }),
        (ArrangementRow, {
            **his_own, "id": agreed, "claim_id": his.claim.id, "kind": "promise", "agreed_ore": 1_000_000, "note": mark, "made_by": mark,
            "made_at": now,
        }),
        (InstalmentRow, {**his_own, "arrangement_id": agreed, "position": 1, "due_on": today, "amount_ore": 1_00}),
        (ApprovalVerdict, {
            **his_own, "request_id": make.approval_request(database, his.claim, step="hand_over", closed_at=now).id,
            "claim_id": his.claim.id, "verdict": "no", "reason": mark, "given_by": mark, "given_at": now,
        }),
        (DebtorOwner, {**his_own, "debtor_id": his.debtor.id, "account_manager_id": his.user.id, "changed_by": mark, "changed_at": now}),
        (MailSenderRow, {
            **his_own, "name": mark, "domain": f"{mark.lower()}.example", "local_part": "post", "selector": mark.lower(),
            "public_key": mark, "private_key": b"", "state": "failed", "findings": [], "passed_at": now, "failed_at": now,
        }),
        (RoutineRow, {
            **his_own, "version": 1, "content": {"company": mark}, "content_hash": "0" * 64, "wording": "routine.v1", "made_at": now,
        }),
        (AuditEntry, {
            **his_own, "at": now, "actor_kind": "user", "actor_id": his.user.id, "actor_name": his.user.name,
            "action": f"claim.held.{mark}", "subject_kind": "claim", "subject_id": his.claim.id, "detail": {"text": mark},
        }),
        (IdempotencyKey, {
            "bureau_id": his.bureau.id, "key": mark, "credential": mark, "request_hash": b"", "status": 200, "body": mark.encode(),
            "created_at": now,
        }),
    ]  # fmt: skip
    with database.begin(make.scope(his.bureau)) as work:
        for table, facts in rows:
            work.session.execute(insert(table).values(facts))
        # settled, so that no sweep of a test ever performs it
        work.session.execute(insert(Effect).values({
            **his_own, "kind": "messaging.mail", "business_key": f"{mark}:{his.notice.id}", "payload": {"text": mark}, "payload_hash": b"",
            "state": "sent", "reason": mark, "not_before": now, "planned_at": now, "settled_at": now, "peer_ref": mark,
            "evidence": {"text": mark},
        }))  # fmt: skip
