"""A notice as it would read today, about a claim somebody has chosen: composed as the real one is, and kept nowhere."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning import loading, notice_content, policies
from app.dunning.case import Case
from app.dunning.facts import NoticeKind
from app.dunning.gates import fee_of
from app.dunning.law import Law
from app.dunning.letters.notice_letter import ComposedNotice, compose_notice
from app.dunning.letters.thanks_mail import thanks_words
from app.dunning.models import Claim
from app.dunning.own_wordings import Which
from app.dunning.steps import SendCollectionWarning, SendDueNotice, SendNotice, SendPaymentDemand, SendReminder
from app.dunning.wording import FilledWording
from app.dunning.wording_form import WordingDocument
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import Bureau, Company
from app.values import calendar

_STEPS: dict[str, type[SendNotice]] = {
    one.kind.value: one for one in (SendDueNotice, SendReminder, SendCollectionWarning, SendPaymentDemand)
}
#: where the policy has no such step: the shortest deadline that serves every kind (inkassoloven 1988 § 9)
_DEADLINE_DAYS = 14


@dataclass(frozen=True, slots=True)
class Choice:
    """A claim a notice can be read about. Øre."""

    claim_id: uuid.UUID
    number: str
    debtor: str
    remaining_ore: int
    due_on: date | None


def choices(work: UnitOfWork, company_id: uuid.UUID | None, most: int = 25) -> list[Choice]:
    """Claims being followed up, the oldest first: of one company, or of all the bureau's."""
    query = (
        select(Claim.id, OpenItem.document_number, OpenItem.external_id, Debtor.name, OpenItem.remaining_ore, OpenItem.due_on)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(Claim.state == "active", OpenItem.remaining_ore > 0, OpenItem.due_on.is_not(None))
        .order_by(OpenItem.due_on, Claim.id)
        .limit(most)
    )
    rows = work.session.execute(query if company_id is None else query.where(Claim.company_id == company_id)).all()
    return [
        Choice(claim_id, number or external_id, name, remaining, due_on) for claim_id, number, external_id, name, remaining, due_on in rows
    ]


def preview(work: UnitOfWork, law: Law, claim_id: uuid.UUID, which: Which, words: WordingDocument | None) -> ComposedNotice:
    """The notice in these words (None: the house's). LookupError when the claim does not exist in this scope; IncompleteNoticeError and
    `WordingError` when it could not be sent like that."""
    found = loading.load(work, [claim_id])
    if not found:
        raise LookupError("no such claim")
    one, today = found[0], work.today()
    rules = law.rules(policies.for_claims(work, found)[claim_id].policy, today)
    company = work.session.execute(select(Company).where(Company.id == one.claim.company_id)).scalar_one()
    bureau = work.session.execute(select(Bureau).where(Bureau.id == work.bureau_id)).scalar_one()
    case = Case.of(one.facts, rules, calendar, today)
    step = _step(case, which, len(case.sent(NoticeKind(which.kind))) + 1)
    content = notice_content.build(
        work, step.round, [(one, notice_content.share(one, step, rules, today))], step, rules, company, bureau, language=which.language
    )
    account = content.account_number or "00000000000"
    return compose_notice(replace(content, tone=which.tone, own_words=words, account_number=account))


def preview_thanks(work: UnitOfWork, claim_id: uuid.UUID, which: Which, words: WordingDocument | None) -> FilledWording:
    """The thanks for that claim's payment in these words, as they would read. LookupError when the claim does not exist in this scope."""
    rows = (
        select(OpenItem, Company, Bureau.name)
        .join(Claim, Claim.open_item_id == OpenItem.id)
        .join(Company, Company.id == Claim.company_id)
        .join(Bureau, Bureau.id == Claim.bureau_id)
    )
    found = work.session.execute(rows.where(Claim.id == claim_id)).one_or_none()
    if found is None:
        raise LookupError("no such claim")
    item, company, bureau = found
    invoice = item.document_number or item.external_id
    return thanks_words(notice_content.sender_of(company), bureau, invoice, language=which.language, own_words=words)


def _step(case: Case, which: Which, round_: int) -> SendNotice:
    """As the policy has it; where it has no such step, a plain one."""
    kind = NoticeKind(which.kind)
    step = next((step for step in case.rules.steps if step.kind.value == which.kind), None)
    made = _STEPS[which.kind]
    if kind is NoticeKind.DUE_NOTICE:
        return made(round_, case.due_on, 0, which.tone, interest=False)
    days = _DEADLINE_DAYS if step is None else step.deadline_days
    deadline = case.calendar.next_business_day(case.today + timedelta(days=days))
    fee = fee_of(kind, case, wished=step is not None and step.fee)[0]
    return made(round_, deadline, fee, which.tone, interest=step is None or step.interest)
