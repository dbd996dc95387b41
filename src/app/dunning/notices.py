"""Reminders, warnings and the other notices: planned by a decision, said once the ledger has been asked again (`issuing`), then followed.

Planning is a row with no words. What is issued is never changed: afterwards only its deliveries tell what became of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.db.scope import SYSTEM
from app.db.unit_of_work import UnitOfWork
from app.dunning.facts import Channel
from app.dunning.loading import Loaded
from app.dunning.models import Claim, Hold, Notice
from app.dunning.policy import StepKind
from app.dunning.steps import Decision
from app.messaging.models import Delivery
from app.tenants import audit
from app.values.ids import new_id

MAIL_KIND = "dunning.notice_by_mail"
LETTER_KIND = "dunning.notice_by_letter"
SMS_KIND = "dunning.notice_by_sms"
ENDED_BADLY = {"bounced", "returned", "refused", "cancelled"}
#: the reason of the house's own stop, in the language in which people write theirs
IN_DOUBT = {
    "due_notice": "Det er uvisst om forfallsvarselet ble sendt. Finn ut av det før kravet går videre.",
    "reminder": "Det er uvisst om purringen ble sendt. Finn ut av det før kravet går videre.",
    "collection_warning": "Det er uvisst om inkassovarselet ble sendt. Finn ut av det før kravet går videre.",
    "payment_demand": "Det er uvisst om betalingsoppfordringen ble sendt. Finn ut av det før kravet går videre.",
}


def plan(work: UnitOfWork, one: Loaded, kind: str, decision: Decision) -> None:
    """A row to be issued. Under the claim's lock, so that one claim has at most one unissued notice of a kind."""
    claim = one.claim
    known = list(
        work.session.execute(select(Notice).where(Notice.claim_id == claim.id, Notice.kind == kind).order_by(Notice.round)).scalars()
    )
    waiting = [notice for notice in known if notice.issued_on is None]
    if waiting:
        notice = waiting[-1]
        notice.state, notice.reasons, notice.problem = "planned", [reason.as_json() for reason in decision.reasons], None
    else:
        notice = Notice(
            bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim.id, kind=kind, round=len(known) + 1,
            state="planned", statute="", rule_version="", wording="", language=one.debtor.language, tone="", principal_ore=0, fee_ore=0,
            interest_ore=0, total_ore=0, reasons=[reason.as_json() for reason in decision.reasons], planned_at=work.now(),
        )  # fmt: skip
        work.session.add(notice)
        work.session.flush()
    work.enqueue("dunning.issue_notice", bureau_id=str(work.bureau_id), notice_id=str(notice.id))


def follow(work: UnitOfWork, notice_id: uuid.UUID) -> None:
    """What its deliveries mean for the notice that carries a letter, and for all it carries: sent when one road took it, undeliverable
    when all failed, else a person's question."""
    letter = _letter(work, notice_id)
    roads = select(Delivery.state).where(Delivery.purpose == "notice", Delivery.purpose_id == notice_id)
    if StepKind(letter[0].kind).is_grave:
        # a text message beside it carries no warning: it neither makes it sent nor unsent
        roads = roads.where(Delivery.channel != Channel.SMS)
    states = set(work.session.execute(roads).scalars())
    settled = [notice for notice in letter if _follow_one(work, notice, states)]
    work.session.flush()
    for notice in settled:
        work.enqueue("dunning.evaluate_claim", bureau_id=str(work.bureau_id), claim_id=str(notice.claim_id))


def _follow_one(work: UnitOfWork, notice: Notice, states: set[str]) -> bool:
    """Is there an outcome to decide on?"""
    doubted = notice.state == "review"
    if states & {"sent", "printed", "posted", "delivered"}:
        notice.state, notice.problem = "sent", None
        if doubted:
            _let_go(work, notice)
    elif states & {"planned", "unknown"}:
        if doubted and "review" not in states:
            # a person has found that it did not go out, and sends it again
            notice.state, notice.problem = "issued", None
            _let_go(work, notice)
        return False
    elif states & {"review"}:
        notice.state, notice.problem = "review", "nobody can tell whether this went out"
        _keep_back(work, notice)
    elif states and states <= ENDED_BADLY:
        called_off = states == {"cancelled"}
        notice.state, notice.problem = ("cancelled", None) if called_off else ("undeliverable", "it reached nobody on any road")
    return True


def settle_doubt(work: UnitOfWork, notice_id: uuid.UUID, *, went: bool) -> None:
    """A person has found out whether a notice in doubt went out, and with it all that went in the same letter. If not, it is said again
    with a new deadline. ValueError: not in doubt."""
    letter_id = work.session.execute(select(Notice.letter_id).where(Notice.id == notice_id)).scalar_one()
    doubted = [notice for notice in _letter(work, letter_id) if notice.state == "review"]
    if notice_id not in {notice.id for notice in doubted}:
        raise ValueError("there is no doubt about this notice")
    for notice in doubted:
        notice.state, notice.problem = ("sent", None) if went else ("undeliverable", "a person found that it did not go out")
        _let_go(work, notice)
        audit.record(work, "notice.doubt_settled", "notice", notice.id, notice.company_id, went=went)
        work.enqueue("dunning.evaluate_claim", bureau_id=str(work.bureau_id), claim_id=str(notice.claim_id))


def planned(work: UnitOfWork) -> list[uuid.UUID]:
    """Notices waiting to be issued: what the sweep rings for again."""
    return list(work.session.execute(select(Notice.id).where(Notice.state == "planned").order_by(Notice.id)).scalars())


def give_up_planned(work: UnitOfWork, claim_ids: Sequence[uuid.UUID], why: str, *, but: str | None = None) -> None:
    """What was planned for these claims is no longer right, except a notice of the kind `but`."""
    if not claim_ids:
        return
    gone = update(Notice).where(Notice.claim_id.in_(claim_ids), Notice.state == "planned")
    work.session.execute((gone if but is None else gone.where(Notice.kind != but)).values(state="cancelled", problem=why))


def doubt_is_over(work: UnitOfWork, claim_id: uuid.UUID) -> None:
    """A person lets a claim go on without knowing whether a notice in doubt arrived: then it counts as not said, and is said again."""
    work.session.execute(
        update(Notice)
        .where(Notice.claim_id == claim_id, Notice.state == "review")
        .values(state="undeliverable", problem="nobody could tell whether it went out; it is said again")
    )


def _letter(work: UnitOfWork, notice_id: uuid.UUID) -> list[Notice]:
    """The notice that carries a letter, then those it carries; their claims first, all ours until the transaction ends."""
    within = (Notice.id == notice_id) | (Notice.carried_by == notice_id)
    claims = select(Notice.claim_id).where(within)
    work.session.execute(select(Claim.id).where(Claim.id.in_(claims)).order_by(Claim.id).with_for_update(key_share=True))
    query = select(Notice).where(within).order_by(Notice.id).with_for_update().execution_options(populate_existing=True)
    return sorted(work.session.execute(query).scalars(), key=lambda notice: notice.id != notice_id)


def _keep_back(work: UnitOfWork, notice: Notice) -> None:
    """Nothing is built on a notice that may not have arrived: the claim stays where it is until a person has looked."""
    made = work.session.execute(
        insert(Hold)
        .values(
            bureau_id=notice.bureau_id, id=new_id(), company_id=notice.company_id, claim_id=notice.claim_id, reason=IN_DOUBT[notice.kind],
            placed_by=SYSTEM.name, placed_at=work.now(),
        )
        .on_conflict_do_nothing()
        .returning(Hold.id)
    )  # fmt: skip
    if made.scalar_one_or_none() is not None:
        audit.record(work, "claim.held", "claim", notice.claim_id, notice.company_id, notice=notice.id)


def _let_go(work: UnitOfWork, notice: Notice) -> None:
    """The doubt is over, and with it the house's own stop; a person's stop stays."""
    ours = (Hold.placed_by == SYSTEM.name) & (Hold.reason == IN_DOUBT[notice.kind])
    work.session.execute(
        update(Hold)
        .where(Hold.claim_id == notice.claim_id, Hold.lifted_at.is_(None), ours)
        .values(lifted_at=work.now(), lifted_by=work.actor.name)
    )
