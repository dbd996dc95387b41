"""What a creditor may charge for a notice of his own (inkassoforskriften chapter 1): when, how much, how often.

The ladder of § 1-3 first paragraph is either two reminders and a later payment demand, or a reminder, a later collection warning
and a later payment demand. The second of the small fees asks that the debtor missed a deadline of at least 14 days in the first
reminder. After more than six months since the last notice with a fee, the ladder begins anew (second paragraph). History counts,
whoever sent it.

A follow-up that a person has begun anew is charged for as one that has never run: the fees of before are given up, so they do not count,
and the fourteen days are counted once more from that day, for the debtor may not have known of the claim until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from app.dunning.facts import NoticeKind, PastNotice
from app.dunning.reasons import Reason, because
from app.dunning.statutes import Statute
from app.dunning.statutes.rates import FEE_ROUNDED_FROM, Figure, Rates, fee_fractions
from app.values.calendar import add_months
from app.values.money import round_half_up

#: the notices a creditor may charge for at all
CHARGEABLE = (NoticeKind.REMINDER, NoticeKind.COLLECTION_WARNING, NoticeKind.PAYMENT_DEMAND)
_DAY = timedelta(days=1)
_SMALL_FEES_MAX = 2


@dataclass(frozen=True, slots=True)
class Fee:
    """The most that may be charged, in whole øre, and why so much or so little."""

    fee_ore: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class FeeQuestion:
    """One claim on one day. `due_on` is already moved to a business day; notices sent after `on` are ignored.

    `remaining_ore` is the principal unpaid on that day; `compensation_ore` what is claimed under forsinkelsesrenteloven § 3 a, which is
    deducted (inkassoforskriften §§ 1-5, 2-6). `objected`: the debtor has objected, and nobody found it obviously groundless. `anew_on`: the
    day the follow-up began anew; `charged`: notices of before it whose fee is asked for all the same.
    """

    due_on: date
    on: date
    remaining_ore: int
    history: Sequence[PastNotice]
    compensation_ore: int = 0
    objected: bool = False
    anew_on: date | None = None
    charged: Sequence[PastNotice] = ()

    @property
    def counted_from(self) -> date:
        return self.due_on if self.anew_on is None else max(self.due_on, self.anew_on)


def allowed_fee(kind: NoticeKind, question: FeeQuestion, statute: Statute, rates: Rates) -> Fee:
    """What may be charged for a notice of that kind sent on `question.on`. `FigureNotConfirmedError` without a rate for that day."""
    obstacle = obstacle_to_fee(kind, question, statute)
    if obstacle is not None:
        return Fee(0, obstacle)
    full = _regulated_fee_ore(question.on, rates) if statute.fee_regulated else _full_fee_ore(kind, question.due_on, question.on, rates)
    left = max(0, full - question.compensation_ore)
    if left < full:
        return Fee(left, because("fee_less_compensation", full_ore=full, fee_ore=left, compensation_ore=question.compensation_ore))
    return Fee(full, because("fee_allowed", fee_ore=full))


def next_small_fee_on(due_on: date, history: Sequence[PastNotice], statute: Statute) -> date | None:
    """The first day on which the next reminder or warning may bear a fee. None when the act gives the creditor none."""
    if not statute.creditor_fees:
        return None
    gate = statute.earliest_fee_on(due_on)
    ladder = _ladder(history, statute)
    if not ladder:
        return gate
    if statute.fee_regulated:
        return None
    anew = add_months(ladder[-1].sent_on, statute.fee_reset_months) + _DAY
    first = ladder[0]
    if (
        len(ladder) == 1
        and first.kind is NoticeKind.REMINDER
        and _sets_full_deadline(first, statute)
        and first.payment_deadline is not None
    ):
        return max(gate, min(first.payment_deadline + _DAY, anew))
    return max(gate, anew)


def obstacle_to_fee(kind: NoticeKind, question: FeeQuestion, statute: Statute) -> Reason | None:
    """Why no fee at all may be charged, or None."""
    if kind not in CHARGEABLE:
        return because("fee_not_before_due")
    if not statute.creditor_fees:
        return because("fee_not_under_act")
    if question.remaining_ore <= 0:
        return because("fee_nothing_owed")
    if statute.costs_stop_on_objection and question.objected:
        return because("fee_objection")
    past = [notice for notice in question.history if notice.sent_on <= question.on]
    if statute.fee_regulated:
        return _obstacle_to_regulated_fee(kind, question, past, statute)
    ladder = _ladder([*past, *question.charged], statute)
    if ladder and question.on > add_months(ladder[-1].sent_on, statute.fee_reset_months):
        ladder = []
    if any(notice.kind is NoticeKind.PAYMENT_DEMAND for notice in ladder):
        return because("fee_ladder_used")
    if kind is NoticeKind.PAYMENT_DEMAND:
        return None if full_deadline_missed(past, question.due_on, question.on, statute) else because("fee_demand_needs_missed_deadline")
    return _obstacle_to_small_fee(question, ladder, statute)


def _obstacle_to_small_fee(question: FeeQuestion, ladder: list[PastNotice], statute: Statute) -> Reason | None:
    too_early = _too_early(question, statute)
    if too_early is not None:
        return too_early
    if not ladder:
        return None
    first = ladder[0]
    # nothing follows a warning but the payment demand: the other ladder is a reminder and a *later* warning
    if len(ladder) >= _SMALL_FEES_MAX or first.kind is not NoticeKind.REMINDER:
        return because("fee_ladder_used")
    if not _sets_full_deadline(first, statute):
        return because("fee_first_deadline_short", sent_on=first.sent_on)
    if not _is_missed(first, question.on):
        return because("fee_first_deadline_runs", sent_on=first.sent_on, deadline_on=first.payment_deadline or question.on)
    return None


def _obstacle_to_regulated_fee(kind: NoticeKind, question: FeeQuestion, past: list[PastNotice], statute: Statute) -> Reason | None:
    """One letter of the creditor's own, fourteen days after due at the earliest: no more is known to be lawful."""
    if kind is not NoticeKind.REMINDER:
        return because("fee_not_under_act")
    too_early = _too_early(question, statute)
    if too_early is not None:
        return too_early
    return because("fee_ladder_used") if any(notice.bears_fee for notice in (*past, *question.charged)) else None


def _too_early(question: FeeQuestion, statute: Statute) -> Reason | None:
    gate = statute.earliest_fee_on(question.counted_from)
    if question.on >= gate:
        return None
    if question.anew_on is not None and question.anew_on > question.due_on:
        return because("fee_too_early_anew", first_on=gate, anew_on=question.anew_on)
    return because("fee_too_early", first_on=gate)


def _ladder(history: Sequence[PastNotice], statute: Statute) -> list[PastNotice]:
    """The notices with a fee since the ladder last began anew, oldest first."""
    ladder: list[PastNotice] = []
    for notice in sorted((one for one in history if one.bears_fee), key=lambda one: one.sent_on):
        if ladder and notice.sent_on > add_months(ladder[-1].sent_on, statute.fee_reset_months):
            ladder = []
        ladder.append(notice)
    return ladder


def full_deadline_missed(past: Sequence[PastNotice], due_on: date, on: date, statute: Statute) -> bool:
    """Has the debtor missed a full deadline in a reminder or warning sent after the due date (inkassoforskriften § 1-2 third paragraph)?"""
    return any(
        notice.kind in (NoticeKind.REMINDER, NoticeKind.COLLECTION_WARNING)
        and notice.sent_on > due_on
        and _sets_full_deadline(notice, statute)
        and _is_missed(notice, on)
        for notice in past
    )


def _sets_full_deadline(notice: PastNotice, statute: Statute) -> bool:
    return notice.deadline_days is not None and notice.deadline_days >= statute.deadline_days_min


def _is_missed(notice: PastNotice, on: date) -> bool:
    """Paying on the last day is in time, so it is missed from the day after (inkassoforskriften § 1-2 third paragraph)."""
    return notice.payment_deadline is not None and on > notice.payment_deadline


def _regulated_fee_ore(sent_on: date, rates: Rates) -> int:
    return round_half_up(Fraction(rates.on(Figure.CREDITOR_LETTER_FEE, sent_on).value) * 100)


def _full_fee_ore(kind: NoticeKind, due_on: date, sent_on: date, rates: Rates) -> int:
    fractions = fee_fractions(due_on)
    fraction = fractions.payment_demand if kind is NoticeKind.PAYMENT_DEMAND else fractions.notice
    kroner = Fraction(rates.on(Figure.COLLECTION_RATE, sent_on).value) * fraction
    if sent_on >= FEE_ROUNDED_FROM:
        return round_half_up(kroner) * 100
    return round_half_up(kroner * 100)
