"""Plain factories: each writes one row as the application would, and returns it. Anything may be said by name; the rest is plausible.

Every factory takes `mark`, put into each free text: the neighbour's rows say NABO everywhere.
"""

from __future__ import annotations

import itertools
import secrets
import uuid
from datetime import date, timedelta
from functools import cache
from typing import Any, TypeVar

from argon2 import PasswordHasher

from app.agencies.models import AgencyCase, Agreement, SettlementRow
from app.credit.models import CreditCheck
from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Database
from app.dunning.models import (
    ApprovalRequest,
    Circumstance,
    Claim,
    Dispute,
    Hold,
    LimitationEvent,
    ListEntry,
    Notice,
    PhoneCall,
    PolicyRow,
    WeeklyList,
)
from app.dunning.run_models import HeldRun, HeldStep
from app.ledgers.models import CompanyLink, Connection, Posting, SyncRun
from app.messaging.models import Delivery, Document, InboundMail
from app.receivables.file_models import BankPayment, FileImport
from app.receivables.models import BookReading, Debtor, OpenItem, Payment
from app.tenants import sessions
from app.tenants.models import Absence, Bureau, Company, Membership, User
from app.values.kid import kid_with_check_digit
from app.values.sort_key import sort_key

Row = TypeVar("Row")
PASSWORD = "riktig hest batteri stift"
_numbers = itertools.count(1)
_firms = itertools.count(1_000_000)


def bureau(database: Database, *, mark: str = "", **columns: Any) -> Bureau:
    facts = {"name": f"Byrået {mark or next(_numbers)}", "organisation_number": organisation_number(), "created_at": database.clock.now()}
    return _save_platform(database, Bureau(**facts | columns))


def company(database: Database, bureau: Bureau, *, mark: str = "", **columns: Any) -> Company:
    name = columns.pop("name", f"Fjordvik Handel {mark or next(_numbers)} AS")
    facts = {
        "bureau_id": bureau.id, "name": name, "sort_key": sort_key(name), "organisation_number": organisation_number(),
        "email": f"post{mark}@fjordvik.example", "phone": f"+47 22 00 00 00{mark}", "address_line": f"Storgata 1 {mark}".strip(),
        "postal_code": "0155", "city": f"Oslo{mark}", "account_number": "12345678903", "created_at": database.clock.now(),
        "active_from": database.clock.now(),
    }  # fmt: skip
    return _save(database, Company(**facts | columns))


def user(database: Database, *, mark: str = "", **columns: Any) -> User:
    """A person whose password is `make.PASSWORD`."""
    facts = {
        "email": f"kari{mark.lower()}.{secrets.token_hex(5)}@byraa.example", "name": f"Kari Nordmann {mark}".strip(),
        "password_hash": _cheap_hash(), "created_at": database.clock.now(),
    }  # fmt: skip
    return _save_platform(database, User(**facts | columns))


def membership(database: Database, user: User, bureau: Bureau, *, role: str = "admin", company: Company | None = None) -> Membership:
    """A place in a bureau; give `company` for a company's own user."""
    row = Membership(
        user_id=user.id, bureau_id=bureau.id, company_id=company.id if company else None, role="company" if company else role,
        created_at=database.clock.now(),
    )  # fmt: skip
    return _save_platform(database, row)


def member(database: Database, bureau: Bureau, *, role: str = "admin", company: Company | None = None, **columns: Any) -> User:
    """A new user with a place in the bureau."""
    person = user(database, **columns)
    membership(database, person, bureau, role=role, company=company)
    return person


def session(database: Database, user: User) -> str:
    """The token of a logged-in browser, in the user's first place."""
    return sessions.start(database, user.id)


def debtor(database: Database, company: Company, *, mark: str = "", **columns: Any) -> Debtor:
    name = columns.pop("name", f"Nordlys Bygg {mark or next(_numbers)} AS")
    facts = {
        "external_id": f"{mark}k{next(_numbers)}", "number": f"{mark}1{next(_numbers):04}", "name": name, "sort_key": sort_key(name),
        "kind": "business", "organisation_number": organisation_number(), "email": f"faktura{mark}@nordlys.example",
        "phone": f"+47 55 00 00 00{mark}", "address_lines": [f"Bryggen 7 {mark}".strip()], "postal_code": "5003", "city": f"Bergen{mark}",
        "seen_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Debtor(**_of_company(company) | facts | columns))


def open_item(database: Database, debtor: Debtor, *, mark: str = "", **columns: Any) -> OpenItem:
    """An invoice of 10 000 kroner, issued 44 and due 30 days ago, unless said otherwise. `remaining_ore` follows `original_ore`."""
    number, today = next(_numbers), database.clock.today()
    amount = columns.get("original_ore", 1_000_000)
    facts = {
        "debtor_id": debtor.id, "external_id": f"{mark}p{number}", "invoice_external_id": f"{mark}f{number}", "kind": "invoice",
        "document_number": f"{mark}{20_000 + number}", "kid": kid_with_check_digit(f"{number:07}"), "issued_on": today - timedelta(days=44),
        "due_on": today - timedelta(days=30), "original_ore": amount, "remaining_ore": amount, "currency": "NOK", "confidence": "high",
        "first_seen_at": database.clock.now(), "changed_at": database.clock.now(), "seen_at": database.clock.now(),
        "read_live_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, OpenItem(**_beside(debtor) | facts | columns))


def payment(database: Database, item: OpenItem, amount_ore: int, *, mark: str = "", **columns: Any) -> Payment:
    facts = {
        "open_item_id": item.id, "external_id": f"{mark}b{next(_numbers)}", "source": "ledger", "kind": "payment",
        "paid_on": database.clock.today(), "amount_ore": amount_ore, "text_": f"Innbetaling {mark}".strip(),
        "seen_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Payment(**_beside(item) | facts | columns))


def claim(database: Database, item: OpenItem, *, mark: str = "", **columns: Any) -> Claim:
    facts = {
        "open_item_id": item.id, "debtor_id": item.debtor_id, "step": "wait", "reasons": _reasons(mark),
        "next_action_on": database.clock.today(), "decided_on": database.clock.today(), "decided_at": database.clock.now(),
        "opened_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Claim(**_beside(item) | facts | columns))


def notice(database: Database, claim: Claim, *, mark: str = "", sent_on: date | None = None, **columns: Any) -> Notice:
    """A reminder of 10 000 kroner, sent today with a fortnight to pay."""
    sent = sent_on or database.clock.today()
    facts = {
        "claim_id": claim.id, "kind": "reminder", "round": 1, "state": "sent", "statute": "1988", "rule_version": "1988.2026",
        "wording": "reminder.nb.v1", "language": "nb", "tone": "plain", "issued_on": sent, "payment_deadline": sent + timedelta(days=14),
        "principal_ore": 1_000_000,
        "fee_ore": 0, "interest_ore": 0, "total_ore": 1_000_000, "subject": f"Påminnelse {mark}".strip(),
        "body": f"Vi kan ikke se at fakturaen er betalt. {mark}".strip(), "reasons": _reasons(mark), "planned_at": database.clock.now(),
        "issued_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Notice(**_beside(claim) | facts | columns))


def approval_request(database: Database, claim: Claim, *, asked: User | None = None, **columns: Any) -> ApprovalRequest:
    """A yes asked for before the first reminder, of the account manager, now."""
    facts = {
        "claim_id": claim.id, "step": "send_reminder", "round": 1, "turn": 1, "approver": "manager",
        "owner_id": None if asked is None else asked.id, "asked_id": None if asked is None else asked.id, "principal_ore": 1_000_000,
        "asked_at": database.clock.now(), "mails": 0,
    }  # fmt: skip
    return _save(database, ApprovalRequest(**_beside(claim) | facts | columns))


def absence(database: Database, bureau: Bureau, user: User, *, mark: str = "", **columns: Any) -> Absence:
    """Away for a week that lies ahead."""
    begin = database.clock.today() + timedelta(days=30)
    facts = {
        "bureau_id": bureau.id, "user_id": user.id, "from_on": begin, "to_on": begin + timedelta(days=6), "backup_id": None,
        "made_by": mark or "Kari Nordmann", "made_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Absence(**facts | columns))


def weekly_list(database: Database, company: Company, **columns: Any) -> WeeklyList:
    now = database.clock.now()
    year, week, _ = database.clock.today().isocalendar()
    facts = {"week": f"{year}-W{week:02}", "made_at": now, "deadline_at": now + timedelta(days=2), "left_out": []}
    return _save(database, WeeklyList(**_of_company(company) | facts | columns))


def list_entry(database: Database, week: WeeklyList, claim: Claim, item: OpenItem, *, mark: str = "", **columns: Any) -> ListEntry:
    facts = {
        "list_id": week.id, "claim_id": claim.id, "remaining_ore": item.remaining_ore, "due_on": item.due_on, "reasons": _reasons(mark),
        "note": mark or None,
    }  # fmt: skip
    return _save(database, ListEntry(**_beside(claim) | facts | columns))


def held_run(database: Database, company: Company | None, *, bureau: Bureau | None = None, mark: str = "", **columns: Any) -> HeldRun:
    """A run that waits for a person: sixty steps where fifty are the most. Without a company (give `bureau`) it is the whole bureau's."""
    bureau_id = company.bureau_id if company is not None else bureau.id  # type: ignore[union-attr]
    facts = {
        "bureau_id": bureau_id, "company_id": None if company is None else company.id, "ran_on": database.clock.today(), "count": 60,
        "amount_ore": 60_000_00, "good_count": 12, "spread": 1, "held_at": database.clock.now(), "note": mark or None,
        "excesses": [{"measure": "count", "value": 60, "limit": 50, "usual": None}],
    }  # fmt: skip
    return _save(database, HeldRun(**facts | columns))


def held_step(database: Database, run: HeldRun, claim: Claim, **columns: Any) -> HeldStep:
    facts = {"run_id": run.id, "claim_id": claim.id, "step": "send_reminder", "amount_ore": 1_000_000, "good_payer": False}
    return _save(database, HeldStep(**_beside(claim) | facts | columns))


def hold(database: Database, claim: Claim, *, mark: str = "", **columns: Any) -> Hold:
    facts = {
        "claim_id": claim.id, "reason": f"Avtale om betaling {mark}".strip(), "placed_by": f"Kari {mark}".strip(),
        "placed_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Hold(**_beside(claim) | facts | columns))


def dispute(database: Database, claim: Claim, *, mark: str = "", **columns: Any) -> Dispute:
    facts = {
        "claim_id": claim.id, "text_": f"Varen kom aldri {mark}".strip(), "raised_by": f"Skyldneren {mark}".strip(),
        "raised_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Dispute(**_beside(claim) | facts | columns))


def phone_call(database: Database, claim: Claim, *, mark: str = "", **columns: Any) -> PhoneCall:
    facts = {
        "claim_id": claim.id, "outcome": "reached", "called_on": database.clock.today(), "note": f"Ringte {mark}".strip(),
        "called_by": "Kari", "called_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, PhoneCall(**_beside(claim) | facts | columns))


def file_import(database: Database, company: Company, *, mark: str = "", **columns: Any) -> FileImport:
    facts = {
        "kind": "ocr", "names": [f"ocr{mark}.txt"], "digest": "0" * 64, "imported_by": f"Kari {mark}".strip(),
        "imported_at": database.clock.now(), "taken": 1, "left_out": [],
    }  # fmt: skip
    return _save(database, FileImport(**_of_company(company) | facts | columns))


def bank_payment(database: Database, file: FileImport, *, mark: str = "", **columns: Any) -> BankPayment:
    """Tied to nothing, unless said otherwise."""
    number = next(_numbers)
    facts = {
        "file_id": file.id, "source": "ocr", "key": f"{mark}{number}", "account": "12345678903", "paid_on": database.clock.today(),
        "amount_ore": 1_00, "kid": f"{mark}{number}", "kid_key": f"{mark}{number}", "text_": mark, "payer": f"Betaler {mark}".strip(),
        "seen_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, BankPayment(**_beside(file) | facts | columns))


def policy(database: Database, company: Company, *, mark: str = "", **columns: Any) -> PolicyRow:
    facts = {
        "bureau_id": company.bureau_id, "company_id": company.id, "version": 1, "wishes": {}, "made_by": f"Kari {mark}".strip(),
        "made_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, PolicyRow(**facts | columns))


def segment(database: Database, company: Company, *, mark: str = "", **columns: Any) -> PolicyRow:
    """A segment of the company for all invoices, in its first version; the row's own id is the segment's."""
    row_id = uuid.uuid4()
    rule = {"name": f"Store fakturaer {mark}".strip(), "position": 1, "when": {"amount_from_ore": 1}}
    return policy(database, company, mark=mark, **{"id": row_id, "segment_id": row_id, "rule": rule} | columns)


def connection(database: Database, bureau: Bureau, *, mark: str = "", **columns: Any) -> Connection:
    facts = {
        "bureau_id": bureau.id, "ledger": "tripletex", "label": f"Tripletex {mark}".strip(), "connected_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Connection(**facts | columns))


def company_link(database: Database, connection: Connection, company: Company, *, mark: str = "", **columns: Any) -> CompanyLink:
    facts = {
        "bureau_id": company.bureau_id, "connection_id": connection.id, "company_id": company.id, "external_id": f"{mark}{next(_numbers)}",
        "name": company.name, "organisation_number": company.organisation_number, "found_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, CompanyLink(**facts | columns))


def sync_run(database: Database, company: Company, *, mark: str = "", **columns: Any) -> SyncRun:
    now = database.clock.now()
    facts = {"state": "done", "step": f"done {mark}".strip(), "source": f"tripletex{mark}", "started_at": now, "finished_at": now}
    return _save(database, SyncRun(**_of_company(company) | facts | columns))


def book_reading(database: Database, company: Company, **columns: Any) -> BookReading:
    """A well-kept book, read now, unless said otherwise. The stored light is that of the day; what is shown is judged anew."""
    now, today = database.clock.now(), database.clock.today()
    facts = {
        "read_at": now, "source": "tripletex", "book_on": today, "banks": [["1920", today.isoformat()]], "unposted": 0,
        "unallocated_count": 0, "unallocated_ore": 0, "credit_note_count": 0, "credit_note_ore": 0, "overdue_ore": 0, "light": "green",
        "findings": [],
    }  # fmt: skip
    return _save(database, BookReading(**_of_company(company) | facts | columns))


def posting(database: Database, item: OpenItem, *, mark: str = "", **columns: Any) -> Posting:
    facts = {
        "open_item_id": item.id, "reason": "settlement", "business_key": f"{mark}settlement:{next(_numbers)}", "amount_ore": 100_00,
        "currency": "NOK", "paid_on": database.clock.today(), "text_": f"Avregning {mark}".strip(), "planned_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Posting(**_beside(item) | facts | columns))


def document(database: Database, company: Company, *, mark: str = "", **columns: Any) -> Document:
    facts = {
        "kind": "notice", "name": f"purring{mark}.pdf", "media_type": "application/pdf", "content": f"%PDF-1.7 {mark}".encode(),
        "sha256": secrets.token_bytes(32), "made_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Document(**_of_company(company) | facts | columns))


def delivery(database: Database, notice: Notice, *, mark: str = "", **columns: Any) -> Delivery:
    facts = {
        "purpose": "notice", "purpose_id": notice.id, "channel": "email", "address": f"faktura{mark}@nordlys.example",
        "subject": notice.subject or "Påminnelse", "state": "sent", "planned_at": database.clock.now(), "sent_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Delivery(**_beside(notice) | facts | columns))


def inbound_mail(database: Database, claim: Claim, *, mark: str = "", **columns: Any) -> InboundMail:
    facts = {
        "fingerprint": secrets.token_hex(32), "message_id": f"<{next(_numbers)}{mark}@nordlys.example>", "purpose_id": claim.id,
        "from_address": f"faktura{mark}@nordlys.example", "from_name": f"Nordlys {mark}".strip(), "to_address": "svar@post.example",
        "subject": f"SV: Påminnelse {mark}".strip(), "text_": f"Vi betaler i morgen. {mark}".strip(), "about_kind": "company",
        "about_id": claim.company_id, "answered": [], "enclosures": [], "left_out": 0, "state": "open",
        "received_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, InboundMail(**_beside(claim) | facts | columns))


def agreement(database: Database, company: Company, *, mark: str = "", **columns: Any) -> Agreement:
    today = database.clock.today()
    facts = {
        "agency": "kravia", "creditor_ref": f"{mark}{next(_numbers)}", "authority_by": f"Daglig leder {mark}".strip(),
        "authority_from": today - timedelta(days=30), "valid_from": today - timedelta(days=30),
    }  # fmt: skip
    return _save(database, Agreement(**_of_company(company) | facts | columns))


def agency_case(database: Database, agreement: Agreement, claim: Claim, *, mark: str = "", **columns: Any) -> AgencyCase:
    facts = {
        "agreement_id": agreement.id, "open_item_id": claim.open_item_id, "claim_id": claim.id, "external_id": f"{mark}{next(_numbers)}",
        "state": "in_collection", "agency_text": f"Under inkasso {mark}".strip(), "principal_ore": 1_000_000, "outstanding_ore": 1_000_000,
        "package": {}, "planned_at": database.clock.now(), "handed_over_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, AgencyCase(**_beside(claim) | facts | columns))


def settlement(database: Database, agreement: Agreement, *, mark: str = "", **columns: Any) -> SettlementRow:
    facts = {
        "agreement_id": agreement.id, "external_id": f"{mark}{next(_numbers)}", "settled_on": database.clock.today(), "total_ore": 100_00,
        "currency": "NOK", "bank_reference": mark or None, "state": "read", "read_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, SettlementRow(**_beside(agreement) | facts | columns))


def credit_check(database: Database, company: Company, *, mark: str = "", **columns: Any) -> CreditCheck:
    facts = {
        "organisation_number": organisation_number(), "subject_name": f"Nordlys Bygg {mark}".strip(),
        "legitimate_need": f"Ordre {mark}".strip(),
        "order_ore": 50_000_00, "requested_by": f"Kari {mark}".strip(), "requested_at": database.clock.now(), "state": "done",
        "advice": "open_credit", "limit_ore": 50_000_00, "reasons": _reasons(mark), "answered_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, CreditCheck(**_of_company(company) | facts | columns))


def circumstance(database: Database, debtor: Debtor, *, mark: str = "", **columns: Any) -> Circumstance:
    facts = {
        "debtor_id": debtor.id, "kind": "reconstruction", "note": f"Tingretten {mark}".strip(), "recorded_by": f"Kari {mark}".strip(),
        "recorded_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, Circumstance(**_beside(debtor) | facts | columns))


def limitation_event(database: Database, claim: Claim, *, mark: str = "", **columns: Any) -> LimitationEvent:
    facts = {
        "claim_id": claim.id, "kind": "acknowledgement", "on": database.clock.today(), "evidence": f"E-post {mark}".strip(),
        "recorded_by": f"Kari {mark}".strip(), "recorded_at": database.clock.now(),
    }  # fmt: skip
    return _save(database, LimitationEvent(**_beside(claim) | facts | columns))


def organisation_number() -> str:
    """The next number with a right check digit, given to nobody else in this process: a bureau's must be its own."""
    for number in _firms:
        digits = f"8{number:07}"
        check = (11 - sum(int(digit) * weight for digit, weight in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11) % 11
        if check < 10:
            return digits + str(check)
    raise AssertionError("the numbers do not end")


def scope(row: Bureau | Company | Any) -> BureauScope:
    """The bureau a row belongs to."""
    return BureauScope(row.id if isinstance(row, Bureau) else row.bureau_id)


def _of_company(company: Company) -> dict[str, uuid.UUID]:
    return {"bureau_id": company.bureau_id, "company_id": company.id}


def _beside(row: Any) -> dict[str, uuid.UUID]:
    return {"bureau_id": row.bureau_id, "company_id": row.company_id}


def _reasons(mark: str) -> list[dict[str, str]]:
    return [{"code": "waiting", "text": f"Venter {mark}".strip()}]


def _save(database: Database, row: Row) -> Row:
    with database.begin(BureauScope(row.bureau_id)) as work:  # type: ignore[attr-defined]
        work.session.add(row)
    return row


def _save_platform(database: Database, row: Row) -> Row:
    with database.begin(PlatformScope()) as work:
        work.session.add(row)
    return row


@cache
def _cheap_hash() -> str:
    # the real cost would make every test pay for every user
    return PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
