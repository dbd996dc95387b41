"""A planned notice is said: the ledger is asked again, the engine decides anew, and only if the answer is still the same notice are text,
amounts and dates written, the PDF made and its deliveries planned, all in one transaction.

Notices of one debtor in one company that are to be said at the same time go in one letter with one fee (`one_letter`), where the policy
wants it. Each invoice is asked about and decided on by itself: whatever keeps one of them back leaves it out, and the others go.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from app.db.scope import BureauScope
from app.db.unit_of_work import UnitOfWork
from app.dunning import assurance, loading, notice_content, policies
from app.dunning.deciding import decision_for
from app.dunning.facts import Channel
from app.dunning.known_addresses import known_address
from app.dunning.law import RULE_VERSION, Law
from app.dunning.letter_language import language_of
from app.dunning.letters.notice_letter import IncompleteNoticeError, compose_notice
from app.dunning.letters.notice_sms import notice_sms
from app.dunning.loading import Loaded
from app.dunning.models import Claim, Notice
from app.dunning.notices import LETTER_KIND, MAIL_KIND, SMS_KIND
from app.dunning.one_letter import Part, gather
from app.dunning.policy import Rules, StepKind
from app.dunning.reasons import Reason, because
from app.dunning.sending_times import opens_in
from app.dunning.steps import Decision, SendNotice
from app.ledgers.live import read_live
from app.ledgers.sync import Doorway
from app.messaging import deliveries
from app.messaging.letters.rendering import render_letter
from app.messaging.mail_layout import notice_mail
from app.tenants.models import Bureau, Company

#: how the enclosed letter is called in the reader's language
FILE_NAMES = {
    "nb": {
        "due_notice": "forfallsvarsel",
        "reminder": "betalingspaminnelse",
        "collection_warning": "inkassovarsel",
        "payment_demand": "betalingsoppfordring",
    },
    "nn": {
        "due_notice": "forfallsvarsel",
        "reminder": "betalingspaminning",
        "collection_warning": "inkassovarsel",
        "payment_demand": "betalingsoppfordring",
    },
    "en": {
        "due_notice": "due-notice",
        "reminder": "payment-reminder",
        "collection_warning": "collection-warning",
        "payment_demand": "payment-demand",
    },
}
#: a letter with a fee that may have reached its reader
_SAID_TODAY = ("issued", "sent", "review")


def issue(door: Doorway, law: Law, bureau_id: uuid.UUID, notice_id: uuid.UUID) -> str:
    """Say it, if it is still right to, with those that go with it. Returns the notice's state. Raises the ledger's own errors when it
    cannot be re-read."""
    scope = BureauScope(bureau_id)
    with door.begin(scope) as work:
        state, letter = _letter(work, law, notice_id)
        asked_about = {one.notice.id: one.one.item.id for one in letter}
    if not letter:
        return state
    for open_item_id in asked_about.values():
        read_live(door, bureau_id, open_item_id)
    with door.begin(scope) as work:
        state, letter = _letter(work, law, notice_id, among=asked_about)
        if letter:
            _say(work, letter)
            state = next(one.notice.state for one in letter if one.notice.id == notice_id)
        return state


def put_off(work: UnitOfWork, notice_id: uuid.UUID, problem: str) -> None:
    """Why a planned notice has not been said yet, for people who look."""
    work.session.execute(update(Notice).where(Notice.id == notice_id, Notice.state == "planned").values(problem=problem))


@dataclass(frozen=True, slots=True)
class _Found:
    """A notice with its claim, both ours until the transaction ends, and what the engine says of it now."""

    notice: Notice
    one: Loaded
    rules: Rules
    decision: Decision
    language: str

    @property
    def step(self) -> SendNotice:
        if not isinstance(self.decision.step, SendNotice):
            raise TypeError("not a decision to send a notice")
        return self.decision.step

    @property
    def part(self) -> Part[uuid.UUID]:
        item, roads = self.one.item, self.one.roads
        return Part(self.one.claim.id, item.due_on or self.step.payment_deadline, self.step, (self.language, roads))


def _letter(work: UnitOfWork, law: Law, notice_id: uuid.UUID, among: Collection[uuid.UUID] | None = None) -> tuple[str, list[_Found]]:
    """The notice's state and, if it is to be said now, it and those that may go with it (of `among` only), the asked one first.

    Called off where the engine no longer wants it; left planned, with the obstacle named, where it cannot be said yet.
    """
    waiting = _waiting_with(work, notice_id)
    if among is not None:
        waiting = {one: claim_id for one, claim_id in waiting.items() if one in among}
    found = _claimed(work, law, waiting)
    state = work.session.execute(select(Notice.state).where(Notice.id == notice_id)).scalar_one_or_none()
    asked = next((one for one in found if one.notice.id == notice_id), None)
    if asked is None:
        return state or "gone", []
    company = work.session.execute(select(Company).where(Company.id == asked.notice.company_id)).scalar_one()
    wanted = [one for one in found if _is_wanted(work, one)]
    if asked not in wanted or not _may_go_now(work, asked, company):
        return asked.notice.state, []
    others = [one for one in wanted if one is not asked and one.rules.wishes.group_invoices and asked.rules.wishes.group_invoices]
    return asked.notice.state, [asked, *others]


def _waiting_with(work: UnitOfWork, notice_id: uuid.UUID) -> dict[uuid.UUID, uuid.UUID]:
    """The planned notices of the same kind to the same debtor of the same company, this one among them, with their claims."""
    asked, its = aliased(Notice), aliased(Claim)
    rows = (
        select(Notice.id, Notice.claim_id)
        .join(Claim, Claim.id == Notice.claim_id)
        .join(its, (its.debtor_id == Claim.debtor_id) & (its.company_id == Claim.company_id))
        .join(asked, (asked.claim_id == its.id) & (asked.kind == Notice.kind) & (asked.company_id == Notice.company_id))
        .where(asked.id == notice_id, Notice.state == "planned")
    )
    return {row.id: row.claim_id for row in work.session.execute(rows).all()}


def _claimed(work: UnitOfWork, law: Law, waiting: dict[uuid.UUID, uuid.UUID]) -> list[_Found]:
    """Ours now, and still planned: whoever was there before us may have said one of them."""
    loaded = loading.load(work, list(waiting.values()), lock=True)
    query = select(Notice).where(Notice.id.in_(waiting), Notice.state == "planned").order_by(Notice.id)
    notices = work.session.execute(query.with_for_update().execution_options(populate_existing=True)).scalars()
    by_claim = {one.claim.id: one for one in loaded}
    wishes = policies.for_claims(work, loaded)
    found = []
    for notice in notices:
        one = by_claim[notice.claim_id]
        resolved = wishes[notice.claim_id]
        rules, language = law.rules(resolved.policy, work.today()), language_of(resolved, one.debtor.language)
        found.append(_Found(notice, one, rules, decision_for(one, rules, work.today(), work.now()), language))
    return found


def _is_wanted(work: UnitOfWork, found: _Found) -> bool:
    step, notice = found.decision.step, found.notice
    if isinstance(step, SendNotice) and step.kind.value == notice.kind:
        return True
    notice.state, notice.problem = "cancelled", "the facts changed before it was sent"
    notice.reasons = [reason.as_json() for reason in found.decision.reasons]
    work.enqueue("dunning.evaluate_claim", bureau_id=str(work.bureau_id), claim_id=str(notice.claim_id))
    return False


def _may_go_now(work: UnitOfWork, found: _Found, company: Company) -> bool:
    if opens_in(work.now(), found.rules.followed) is not None:
        # nothing is wrong: the sweep rings again, and what is said then has that day's deadline
        found.notice.problem = None
        return False
    stopped = deliveries.sending_stopped(work)
    # a notice written now and sent when sending is allowed again would have too short a deadline
    problem = notice_content.obstacle(company, found.one) if stopped is None else f"sending is stopped for the bureau: {stopped}"
    found.notice.problem = problem
    return problem is None


def _say(work: UnitOfWork, found: list[_Found]) -> None:
    """One letter, kept on each of its notices; the first carries it."""
    asked, *others = found
    charged_today = asked.rules.wishes.group_invoices and _charged_today(work, asked)
    letter = gather(asked.part, [one.part for one in others], charged_today=charged_today)
    of_claim = {one.one.claim.id: one for one in found}
    told = [of_claim[part.key] for part in letter.parts]
    carrier = told[0]
    step = replace(carrier.step, fee_ore=letter.fee_ore, payment_deadline=letter.payment_deadline)
    company = work.session.execute(select(Company).where(Company.id == carrier.notice.company_id)).scalar_one()
    bureau = work.session.execute(select(Bureau).where(Bureau.id == work.bureau_id)).scalar_one()
    shares = [notice_content.share(one.one, one.step, one.rules, work.today()) for one in told]
    pairs = [(one.one, share) for one, share in zip(told, shares, strict=True)]
    content = notice_content.build(work, carrier.notice.round, pairs, step, carrier.rules, company, bureau, language=carrier.language)
    try:
        composed = compose_notice(content)
    except IncompleteNoticeError as fault:
        for one in told:
            one.notice.problem = str(fault)
        return
    pdf = render_letter(composed.letter, issued_at=work.now())
    name = f"{FILE_NAMES[content.language][carrier.notice.kind]}-{shares[0].invoice.number}.pdf"
    document_id = deliveries.keep_document(work, company.id, carrier.notice.kind, name, "application/pdf", pdf)
    subject, text, html = notice_mail(composed.letter, subject=composed.subject)
    for one, share in zip(told, shares, strict=True):
        notice, fee_ore = one.notice, letter.fee_ore if one is carrier else 0
        notice.statute, notice.rule_version, notice.wording = one.rules.statute.code, RULE_VERSION, composed.wording
        notice.language, notice.tone = content.language, content.tone
        notice.issued_on, notice.issued_at, notice.payment_deadline = content.issued_on, work.now(), content.deadline_on
        notice.principal_ore, notice.fee_ore, notice.total_ore = share.principal_ore, fee_ore, share.total_ore + fee_ore
        notice.interest_ore = 0 if share.interest is None else share.interest.amount_ore
        notice.subject, notice.body, notice.problem, notice.document_id = subject, text, None, document_id
        notice.carried_by = None if one is carrier else carrier.notice.id
        notice.reasons = [reason.as_json() for reason in _reasons(one, carrier, len(told), charged_today=charged_today)]
        notice.state = "issued"
    work.session.flush()
    _plan_deliveries(work, carrier.notice, carrier.one, step, text, html, notice_sms(content, composed.letter))


def _charged_today(work: UnitOfWork, found: _Found) -> bool:
    """Has the debtor had a letter of this kind with a fee today? Then this one could have gone with it."""
    claim, notice = found.one.claim, found.notice
    said = (
        select(func.count())
        .select_from(Notice)
        .join(Claim, Claim.id == Notice.claim_id)
        .where(
            Claim.debtor_id == claim.debtor_id, Claim.company_id == claim.company_id, Notice.kind == notice.kind,
            Notice.issued_on == work.today(), Notice.fee_ore > 0, Notice.state.in_(_SAID_TODAY),
        )
    )  # fmt: skip
    return work.session.execute(said).scalar_one() > 0


def _reasons(one: _Found, carrier: _Found, count: int, *, charged_today: bool) -> tuple[Reason, ...]:
    """Why it was sent, and where its fee stands if not on itself."""
    reasons, charges = one.decision.reasons, one.step.fee_ore > 0
    if charged_today and charges:
        reasons = (*_but_the_fee(reasons), because("fee_charged_today"))
    elif one is not carrier:
        item = carrier.one.item
        said = because("fee_on_other_invoice", invoice=item.document_number or item.external_id) if carrier.step.fee_ore else None
        reasons = (*_but_the_fee(reasons), said) if said is not None else reasons
    return reasons if count == 1 else (*reasons, because("one_letter", count=count))


def _but_the_fee(reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
    return tuple(reason for reason in reasons if not reason.code.startswith("fee_"))


def _plan_deliveries(work: UnitOfWork, notice: Notice, one: Loaded, step: SendNotice, text: str, html: str, sms: str) -> None:
    """A mild notice takes the first of its step's ways that works; what later steps rest on goes by all of them."""
    addresses = {Channel.EMAIL: one.roads.mail, Channel.LETTER: one.roads.letter, Channel.SMS: one.roads.sms}
    ways = [(channel, address) for channel in step.channels if (address := addresses.get(channel)) is not None]
    subject = notice.subject or ""
    for channel, address in ways if StepKind(notice.kind).is_grave else ways[:1]:
        kind, document_id = LETTER_KIND, notice.document_id
        if channel is Channel.EMAIL:
            kind, document_id = MAIL_KIND, deliveries.keep_mail(work, notice.company_id, subject, text, html)
        elif channel is Channel.SMS:
            kind, document_id = SMS_KIND, deliveries.keep_mail(work, notice.company_id, subject, sms, None)
        safe = assurance.grounds(channel.value, known_address(work, one.debtor, channel.value, address, one.reached.corrected.get(channel)))
        deliveries.plan(
            work, kind, notice.company_id, "notice", notice.id, channel.value, address, subject, document_id=document_id, grounds=safe
        )
