"""Seeing to it that questions are answered: they go to whoever is there, to the backup when nobody answers, and are reminded of by mail."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import Select, select

from app.db.unit_of_work import UnitOfWork
from app.dunning import approval_view, claims, owners, policies
from app.dunning.approval_models import ApprovalRequest
from app.dunning.approval_view import WaitingApproval
from app.dunning.facts import Approver
from app.dunning.letters.approval_mail import ApprovalMail, AskedInvoice, approval_mail
from app.dunning.models import Claim
from app.dunning.owners import Responsible
from app.dunning.policy import Silence
from app.messaging import deliveries
from app.receivables.models import Debtor, OpenItem
from app.tenants import absences, audit
from app.tenants.models import Bureau, User
from app.values.calendar import OSLO, add_business_days, is_business_day, oslo_date
from app.values.ids import new_id

#: business days between two mails about the same question
REMIND_AFTER = 2
#: colleagues are written to when they are at work
HOURS = (time(7), time(17))
LINK_LIVES = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class ApprovalLinks:
    """Makes the link of the mail: one person's questions in one company, until an instant. It opens a page that asks before it acts."""

    url: Callable[[uuid.UUID, uuid.UUID, uuid.UUID, datetime], str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """An open question with what it is about."""

    request: ApprovalRequest
    claim: Claim
    item: OpenItem
    debtor: Debtor


def chase(work: UnitOfWork, links: ApprovalLinks) -> int:
    """Everything that is open in a bureau: to the right person, and told to him. Returns how many mails were planned."""
    rows = [_Asked(request, claim, item, debtor) for request, claim, item, debtor in work.session.execute(_open()).all()]
    people = owners.responsible_for(work, list({one.debtor.id for one in rows}))
    away = absences.away_on(work, work.today())
    wishes = policies.for_claims(work, rows)
    for one in rows:
        policy = wishes[one.claim.id].policy
        escalates = policy.approval_silence is Silence.ESCALATE
        _send_on(work, one.request, people[one.debtor.id], away, max(1, policy.approval_silence_days) if escalates else None)
    work.session.flush()
    return _write_to_them(work, [one.request for one in rows], links)


def _open() -> Select[ApprovalRequest, Claim, OpenItem, Debtor]:
    return (
        select(ApprovalRequest, Claim, OpenItem, Debtor)
        .join(Claim, Claim.id == ApprovalRequest.claim_id)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .join(Debtor, Debtor.id == Claim.debtor_id)
        .where(ApprovalRequest.closed_at.is_(None))
        .order_by(ApprovalRequest.claim_id, ApprovalRequest.id)
        .with_for_update(of=ApprovalRequest, skip_locked=True)
    )


def _send_on(work: UnitOfWork, request: ApprovalRequest, people: Responsible, away: absences.Away, patience: int | None) -> None:
    """To the owner or whoever stands in for him; after `patience` business days of silence to the backup, and there it stays."""
    owner = people.owner(Approver(request.approver))
    right = absences.stand_in(owner, away, people.backup)
    backup = absences.stand_in(people.backup, away)
    if request.escalated_at is not None:
        right = backup if backup is not None else request.asked_id
    elif patience is not None and backup not in (None, right) and work.today() >= add_business_days(oslo_date(request.asked_at), patience):
        right, request.escalated_at = backup, work.now()
    if (owner, right) == (request.owner_id, request.asked_id):
        return
    audit.record(
        work, "approval.rerouted", "claim", request.claim_id, request.company_id, was=request.asked_id, asked=right,
        escalated=request.escalated_at is not None,
    )  # fmt: skip
    if right != request.asked_id:
        request.mailed_at = None
    request.owner_id, request.asked_id = owner, right
    claims.touch(work, request.claim_id)


def _write_to_them(work: UnitOfWork, requests: list[ApprovalRequest], links: ApprovalLinks) -> int:
    """One mail per person and company, about all that waits for him there, when something is new or has waited long."""
    now = work.now().astimezone(OSLO)
    if not is_business_day(now.date()) or not HOURS[0] <= now.time() < HOURS[1]:
        return 0
    groups: dict[tuple[uuid.UUID, uuid.UUID], list[ApprovalRequest]] = defaultdict(list)
    for request in requests:
        if request.asked_id is not None:
            groups[(request.company_id, request.asked_id)].append(request)
    count = 0
    for (company_id, user_id), found in groups.items():
        if not any(request.mailed_at is None or _is_late(request, work) for request in found):
            continue
        user = work.session.execute(select(User).where(User.id == user_id, User.disabled_at.is_(None))).scalar_one_or_none()
        shown = [one for one in approval_view.waiting(work, company_id=company_id) if one.request.asked_id == user_id]
        if user is None or not shown:
            continue
        _write(work, user, company_id, shown, links)
        for request in found:
            request.mailed_at, request.mails = work.now(), request.mails + 1
        count += 1
    return count


def _is_late(request: ApprovalRequest, work: UnitOfWork) -> bool:
    return request.mailed_at is not None and add_business_days(oslo_date(request.mailed_at), REMIND_AFTER) <= work.today()


def _write(work: UnitOfWork, user: User, company_id: uuid.UUID, shown: list[WaitingApproval], links: ApprovalLinks) -> None:
    bureau = work.session.execute(select(Bureau.name).where(Bureau.id == work.bureau_id)).scalar_one()
    again = any(one.request.mails for one in shown)
    mail = ApprovalMail(
        to_name=user.name, company_name=shown[0].company_name, bureau_name=bureau, again=again,
        url=links.url(work.bureau_id, company_id, user.id, work.now() + LINK_LIVES),
        invoices=tuple(
            AskedInvoice(
                one.invoice, one.debtor_name, one.request.step, one.due_on, one.remaining_ore, one.days, one.lost_ore,
                one.owner_name if one.request.owner_id != one.request.asked_id else None,
            )
            for one in shown
        ),
        per_day_ore=sum(one.per_day_ore for one in shown),
    )  # fmt: skip
    subject, text, html = approval_mail(mail, language=user.locale if user.locale in ("nb", "en") else "nb")
    deliveries.plan_mail(work, company_id, "approval", new_id(), user.email, subject, text, html)
