"""What has happened to a claim, newest first: facts from the ledger, notices and their receipts, people's decisions, the agency. Pure."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from app.dunning.claim_list import as_reasons
from app.dunning.claim_view import ClaimDetail, ListLine, NoticeLine
from app.dunning.reasons import Reason
from app.messaging.sms_stops import THE_DEBTOR
from app.values.calendar import OSLO

Fact = str | int | date | None
#: so much of an answer stands in the history; the rest is on its own page
EXCERPT = 240


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `at` is an instant, or a date where only the day is known. Each door puts `code` into words with `facts`.

    Facts: amounts in øre under names ending in `_ore`, dates under `_on`. `mood`: good warn bad quiet or empty.
    """

    at: date
    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)
    actor: str | None = None
    document_id: uuid.UUID | None = None
    mood: str = ""
    reasons: tuple[Reason, ...] = ()
    reply_id: uuid.UUID | None = None
    grounds: tuple[Mapping[str, Any], ...] = ()


def timeline(detail: ClaimDetail) -> list[Event]:
    """Newest first. Within a day, events that have only a date come last."""
    events = [
        *_ledger(detail),
        *_notices(detail),
        *_people(detail),
        *_calls(detail),
        *_texts(detail),
        *_restarts(detail),
        *_thanks(detail),
        *_replies(detail),
        *_approvals(detail),
        *_lists(detail),
        *_agency(detail),
        *_decisions(detail),
    ]
    return sorted(events, key=lambda event: _instant(event.at), reverse=True)


def _ledger(detail: ClaimDetail) -> Iterator[Event]:
    item = detail.item
    if item.issued_on is not None:
        yield Event(item.issued_on, "invoiced", {"amount_ore": item.original_ore}, mood="quiet")
    if item.due_on is not None and item.due_on <= detail.amounts.on:
        yield Event(item.due_on, "fell_due", {"amount_ore": item.original_ore})
    for day in item.ledger_reminders:
        yield Event(day, "ledger_reminded")
    for payment in detail.payments:
        # the same money twice: told by the agency when it is paid there, and by the ledger when it has arrived
        code = "paid_at_agency" if payment.source == "agency" else f"seen_{payment.kind}"
        yield Event(payment.paid_on, code, {"amount_ore": payment.amount_ore}, mood="good")
    if item.approved_at is not None:
        yield Event(item.approved_at, "item_approved", actor=item.approved_by)
    if detail.claim.closed_at is not None:
        yield Event(detail.claim.closed_at, "closed", {"why": detail.claim.close_reason}, mood="good")


def _notices(detail: ClaimDetail) -> Iterator[Event]:
    for line in detail.notices:
        notice = line.notice
        if notice.issued_at is not None:
            facts: dict[str, Fact] = {
                "total_ore": notice.total_ore, "fee_ore": notice.fee_ore, "deadline_on": notice.payment_deadline,
                "beside": ", ".join(line.beside), "fee_on": line.fee_on,
            }  # fmt: skip
            yield Event(notice.issued_at, f"{notice.kind}_issued", facts, document_id=notice.document_id)
        elif notice.state == "planned":
            yield Event(
                notice.planned_at, f"{notice.kind}_planned", {"problem": notice.problem}, mood="warn" if notice.problem else "quiet"
            )
        else:
            yield Event(notice.planned_at, f"{notice.kind}_{notice.state}", {"problem": notice.problem}, mood="quiet")
        yield from _deliveries(line)


def _deliveries(line: NoticeLine) -> Iterator[Event]:
    moods = {"bounced": "bad", "returned": "bad", "refused": "bad", "unknown": "warn", "review": "warn", "delivered": "good"}
    for one in line.deliveries:
        delivery = one.delivery
        facts: dict[str, Fact] = {
            "channel": delivery.channel, "address": delivery.address.replace("\n", ", "), "notice": line.notice.kind,
            "problem": delivery.problem,
        }  # fmt: skip
        told = {receipt.state for receipt in one.receipts}
        for receipt in one.receipts:
            safe = tuple(_with_day(one) for one in delivery.grounds or ()) if receipt.state == "sent" else ()
            yield Event(receipt.at, f"delivery_{receipt.state}", facts, mood=moods.get(receipt.state, ""), grounds=safe)
        if delivery.state not in told and delivery.state not in {"planned", "cancelled"}:
            yield Event(delivery.settled_at or delivery.planned_at, f"delivery_{delivery.state}", facts, mood=moods.get(delivery.state, ""))


def _with_day(ground: Mapping[str, Any]) -> dict[str, Any]:
    return {**ground, "on": date.fromisoformat(ground["on"]) if ground["on"] else None}


def _people(detail: ClaimDetail) -> Iterator[Event]:
    for hold in detail.holds:
        yield Event(hold.placed_at, "held", {"text": hold.reason, "until_on": hold.until}, actor=hold.placed_by, mood="warn")
        if hold.lifted_at is not None:
            yield Event(hold.lifted_at, "hold_lifted", actor=hold.lifted_by)
    for dispute in detail.disputes:
        yield Event(dispute.raised_at, "disputed", {"text": dispute.text_}, actor=dispute.raised_by, mood="warn")
        if dispute.decided_at is not None:
            yield Event(dispute.decided_at, f"dispute_{dispute.decision}", {"text": dispute.decision_text}, actor=dispute.decided_by)


def _calls(detail: ClaimDetail) -> Iterator[Event]:
    for call in detail.calls:
        yield Event(call.called_at, f"called_{call.outcome}", {"text": call.note}, actor=call.called_by)


def _texts(detail: ClaimDetail) -> Iterator[Event]:
    for stop in detail.sms_stops:
        yield Event(stop.stopped_at, "texts_stopped", {"text": stop.number}, mood="warn")
        if stop.lifted_at is not None:
            by_debtor = stop.lifted_by == THE_DEBTOR
            yield Event(stop.lifted_at, "texts_allowed", {"text": stop.lift_reason}, actor=None if by_debtor else stop.lifted_by)


def _thanks(detail: ClaimDetail) -> Iterator[Event]:
    sent = detail.thanks
    if sent is not None and sent.state not in {"planned", "cancelled"}:
        yield Event(sent.settled_at or sent.planned_at, "thanked", {"text": sent.address}, mood="good" if sent.sent_at else "warn")


def _restarts(detail: ClaimDetail) -> Iterator[Event]:
    for one in detail.restarts:
        facts: dict[str, Fact] = {"text": one.reason, "waived_ore": one.waived_ore}
        yield Event(one.restarted_at, "begun_anew", facts, actor=one.restarted_by, mood="warn")


def _replies(detail: ClaimDetail) -> Iterator[Event]:
    for mail in detail.replies:
        said = " ".join(mail.text_.split())
        facts: dict[str, Fact] = {
            "from": mail.from_name or mail.from_address,
            "text": said if len(said) <= EXCERPT else f"{said[:EXCERPT]} …",
        }
        yield Event(mail.received_at, "replied", facts, mood="" if mail.state == "handled" else "warn", reply_id=mail.id)
        if mail.handled_at is not None:
            yield Event(mail.handled_at, "reply_handled", {"text": mail.note}, actor=mail.handled_by)


def _approvals(detail: ClaimDetail) -> Iterator[Event]:
    for line in detail.approvals:
        facts: dict[str, Fact] = {"step": line.request.step, "name": line.name, "approver": line.request.approver}
        yield Event(line.request.asked_at, "approval_asked", facts, mood="quiet")
        if line.verdict is not None:
            mood = {"yes": "good", "no": "warn"}.get(line.verdict.verdict, "")
            actor = None if line.verdict.verdict == "silence" else line.verdict.given_by
            yield Event(line.verdict.given_at, f"approval_{line.verdict.verdict}", {"text": line.verdict.reason}, actor=actor, mood=mood)


def _lists(detail: ClaimDetail) -> Iterator[Event]:
    for line in detail.lists:
        yield Event(line.made_at, "listed", {"week": line.week, "step": line.entry.step, "deadline_on": line.deadline_at})
        if line.entry.decided_at is not None and line.entry.state in {"approved", "stopped", "released"}:
            yield _verdict(line, line.entry.decided_at)


def _verdict(line: ListLine, at: datetime) -> Event:
    entry = line.entry
    by_itself = entry.decided_by == "the deadline"
    return Event(
        at, "list_went_on" if by_itself else f"list_{entry.state}", {"text": entry.note, "until_on": entry.stopped_until},
        actor=None if by_itself else entry.decided_by, mood="warn" if entry.state == "stopped" else "",
    )  # fmt: skip


def _agency(detail: ClaimDetail) -> Iterator[Event]:
    for case in detail.cases:
        facts: dict[str, Fact] = {"external_id": case.external_id, "text": case.agency_text, "problem": case.problem, "state": case.state}
        if case.handed_over_at is not None:
            yield Event(case.handed_over_at, "handed_over", facts | {"text": None})  # their word is of today
        else:
            yield Event(case.planned_at, "handover_planned", facts, mood="warn" if case.problem else "quiet")
        if case.closed_at is not None:
            yield Event(case.closed_at, "case_closed", facts, mood="good" if case.state == "paid" else "")


def _decisions(detail: ClaimDetail) -> Iterator[Event]:
    for decision in detail.decisions:
        yield Event(decision.decided_at, "decided", {"step": decision.step}, mood="quiet", reasons=as_reasons(decision.reasons))


def _instant(at: date) -> datetime:
    return at if isinstance(at, datetime) else datetime.combine(at, time.min, tzinfo=OSLO)
