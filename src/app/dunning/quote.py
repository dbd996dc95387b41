"""The claim calculator: late interest, allowed fees, ceilings and dates of one claim on one day, each with its reason.

Its input and answer are a fixed contract for integrators; money in the answer is whole øre, dates are ISO text, rates per cent as
decimal text. A figure nobody has confirmed is null, with a reason that names it; nothing is carried forward or guessed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.dunning.charges import (
    LateInterest,
    agency_cost_cap,
    effective_due_on,
    interest_runs_after,
    late_interest,
    late_payment_compensation,
    principal_left,
)
from app.dunning.facts import NoticeKind
from app.dunning.fees import CHARGEABLE, FeeQuestion, allowed_fee, next_small_fee_on
from app.dunning.law import Law
from app.dunning.quote_input import QuoteInput, QuoteInputError, parse_quote_input
from app.dunning.reasons import Reason, Translate, because, explain
from app.dunning.statutes import InForce, Statute
from app.dunning.statutes.rates import RATES, Figure, FigureNotConfirmedError, Rates
from app.values.calendar import add_months, next_business_day

__all__ = ["QuoteInputError", "quote", "run_quotes"]

_LIMITATION_MONTHS = 36
_WRONG_INPUT = 2


def quote(
    data: Mapping[str, Any], rates: Rates = RATES, entry_into_force: InForce | date | None = None, translate: Translate = str
) -> dict[str, Any]:
    """The answer for one claim as plain JSON values. `QuoteInputError` names the field that cannot be used.

    `entry_into_force` is the day lov 2026-05-22 nr. 19 takes effect, as a whole or by provision; None while it has none.
    """
    claim = parse_quote_input(data)
    sheet = _Sheet(claim, rates, Law(rates, InForce.of(entry_into_force)).statute_on(claim.as_of))
    interest = sheet.interest()
    compensation = sheet.compensation()
    fees = {kind.value: sheet.fee(kind, compensation) for kind in CHARGEABLE}
    return {
        "late_interest_ore": None if interest.missing_from else interest.total_ore,
        "interest_spans": _spans(interest),
        "allowed_fee_ore": fees,
        "earliest_fee_on": _iso(sheet.earliest_fee_on()),
        "earliest_collection_warning_on": _iso(sheet.earliest_warning_on()),
        "minimum_payment_deadline": _iso(sheet.statute.minimum_deadline(claim.as_of)),
        "compensation_ore": compensation,
        "agency_cost_cap_light_ore": sheet.cost_cap(heavy=False),
        "agency_cost_cap_heavy_ore": sheet.cost_cap(heavy=True),
        "heavy_from": _iso(sheet.heavy_from()),
        "limitation_on": _iso(sheet.limitation_on()),
        "statute": sheet.statute.code,
        "reasons": [{"code": one.code, "text": explain(one, translate), "source": one.source} for one in sheet.reasons],
    }


def run_quotes(
    text: str, rates: Rates = RATES, entry_into_force: InForce | date | None = None, translate: Translate = str
) -> tuple[str, int]:
    """Quotes for the command line: one JSON object or an array in, the same shape out, and the exit code (0, or 2 on wrong input).

    In an array a claim that cannot be used has a problem in its place, and the others are answered.
    """
    try:
        data = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return _json(_problem(QuoteInputError("", "is not valid JSON"))), _WRONG_INPUT
    if not isinstance(data, list):
        answer, wrong = _quote_or_problem(data, rates, entry_into_force, translate)
        return _json(answer), _WRONG_INPUT if wrong else 0
    answers = [_quote_or_problem(claim, rates, entry_into_force, translate) for claim in data]
    return _json([answer for answer, _ in answers]), _WRONG_INPUT if any(wrong for _, wrong in answers) else 0


@dataclass(slots=True)
class _Sheet:
    """One calculation in progress: every figure asked for adds its reason, once."""

    claim: QuoteInput
    rates: Rates
    statute: Statute
    reasons: list[Reason] = field(default_factory=list)

    @property
    def due_on(self) -> date:
        return effective_due_on(self.claim.due_on)

    @property
    def runs_after(self) -> date | None:
        return interest_runs_after(self.claim.due_on, self.claim.due_date_agreed, self.claim.demand_sent_on)

    @property
    def remaining_ore(self) -> int:
        return principal_left(self.claim.principal_ore, self.claim.payments, self.claim.as_of)

    def say(self, reason: Reason) -> None:
        if reason not in self.reasons:
            self.reasons.append(reason)

    def interest(self) -> LateInterest:
        claim, runs_after = self.claim, self.runs_after
        if self.due_on != claim.due_on:
            self.say(because("due_date_moved_for_interest", printed_on=claim.due_on, due_on=self.due_on))
        if runs_after is None:
            self.say(because("interest_needs_demand"))
        elif claim.due_date_agreed:
            self.say(because("interest_from_due_date", due_on=runs_after))
        elif claim.demand_sent_on is not None:
            self.say(because("interest_after_demand", demand_on=claim.demand_sent_on, due_on=runs_after))
        self._say_payments()
        found = late_interest(claim.principal_ore, runs_after, claim.as_of, claim.payments, self.rates)
        if found.missing_from is not None:
            self.say(because("interest_rate_missing", missing_on=found.missing_from))
        return found

    def compensation(self) -> int | None:
        claim = self.claim
        if not claim.claim_compensation:
            return 0
        if claim.debtor_kind.is_consumer:
            self.say(because("compensation_not_from_consumers"))
            return 0
        try:
            amount = late_payment_compensation(
                claim.principal_ore, claim.due_on, self.runs_after, claim.as_of, claim.payments, claim.debtor_kind, self.rates
            )
        except FigureNotConfirmedError as error:
            self._say_missing(error)
            return None
        if amount == 0:
            self.say(because("compensation_needs_interest"))
            return 0
        self.say(because("compensation_claimed", compensation_ore=amount))
        self.say(because("cap_includes_compensation"))
        return amount

    def fee(self, kind: NoticeKind, compensation_ore: int | None) -> int | None:
        """The fee of a notice of that kind sent on `as_of`; None when a figure it rests on is not confirmed."""
        claim = self.claim
        question = FeeQuestion(self.due_on, claim.as_of, self.remaining_ore, claim.notices, compensation_ore or 0)
        try:
            found = allowed_fee(kind, question, self.statute, self.rates)
        except FigureNotConfirmedError as error:
            self._say_missing(error)
            return None
        if found.fee_ore and compensation_ore is None:
            return None
        self.say(found.reason)
        return found.fee_ore

    def earliest_fee_on(self) -> date | None:
        if self.remaining_ore <= 0:
            return None
        for notice in self.claim.notices:
            if notice.sent_on > self.claim.as_of:
                self.say(because("notice_later", sent_on=notice.sent_on))
        history = [notice for notice in self.claim.notices if notice.sent_on <= self.claim.as_of]
        first_on = next_small_fee_on(self.due_on, history, self.statute)
        if first_on is not None:
            try:
                self.rates.on(Figure.COLLECTION_RATE, first_on)
            except FigureNotConfirmedError:
                self.say(because("fee_day_not_confirmed", missing_on=first_on))
        return first_on

    def earliest_warning_on(self) -> date:
        if not self.statute.creditor_may_warn:
            self.say(because("warning_is_the_agencys"))
        return self.statute.earliest_warning_on(self.due_on)

    def cost_cap(self, *, heavy: bool) -> int | None:
        claim = self.claim
        if self.remaining_ore <= 0:
            self.say(because("cap_nothing_owed"))
        try:
            return agency_cost_cap(
                self.remaining_ore,
                self.due_on,
                claim.as_of,
                claim.debtor_kind,
                self.rates,
                heavy=heavy,
                creditor_vat_liable=claim.creditor_vat_liable,
            )
        except FigureNotConfirmedError as error:
            self._say_missing(error)
            return None

    def heavy_from(self) -> date | None:
        demands = [notice for notice in self.claim.notices if notice.kind is NoticeKind.PAYMENT_DEMAND]
        if not demands:
            return None
        last = max(demands, key=lambda notice: notice.sent_on)
        if last.payment_deadline is None or (last.deadline_days or 0) < self.statute.deadline_days_min:
            self.say(because("heavy_demand_short", sent_on=last.sent_on))
            return None
        return self.statute.heavy_from(last.payment_deadline)

    def limitation_on(self) -> date | None:
        """The last day of three years, on a business day (foreldelsesloven §§ 2, 3, 29). The printed due date counts, not a moved one:
        that is the earlier and so the safer of the two."""
        claim = self.claim
        start = claim.due_on if claim.due_date_agreed else claim.delivered_on
        if start is None:
            self.say(because("limitation_unknown"))
            return None
        code = "limitation_from_due_date" if claim.due_date_agreed else "limitation_from_delivery"
        self.say(because(code, start_on=start))
        return next_business_day(add_months(start, _LIMITATION_MONTHS))

    def _say_payments(self) -> None:
        claim = self.claim
        if claim.payments:
            self.say(because("payment_to_principal"))
        for paid in claim.payments:
            if paid.paid_on > claim.as_of:
                self.say(because("payment_later", paid_on=paid.paid_on))
        over = sum(paid.amount_ore for paid in claim.payments if paid.paid_on <= claim.as_of) - claim.principal_ore
        if over > 0:
            self.say(because("payments_exceed_principal", over_ore=over))

    def _say_missing(self, error: FigureNotConfirmedError) -> None:
        self.say(because(f"{error.figure.value}_missing", missing_on=error.on))


def _spans(interest: LateInterest) -> list[dict[str, Any]]:
    return [
        {
            "from": span.from_on.isoformat(),
            "to": span.to_on.isoformat(),
            "days": span.days,
            "rate": f"{span.rate:.2f}",
            "principal_ore": span.principal_ore,
            "interest_ore": span.interest_ore,
        }
        for span in interest.spans
    ]


def _quote_or_problem(
    data: Any, rates: Rates, entry_into_force: InForce | date | None, translate: Translate
) -> tuple[dict[str, Any], bool]:
    try:
        return quote(data, rates, entry_into_force, translate), False
    except QuoteInputError as error:
        return _problem(error), True


def _problem(error: QuoteInputError) -> dict[str, Any]:
    """RFC 9457 problem details with the path of the field."""
    return {
        "type": "about:blank",
        "title": "The claim cannot be calculated",
        "status": 422,
        "detail": str(error),
        "field": error.field,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
