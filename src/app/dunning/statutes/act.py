"""What every collection act answers. An act is data; the questions are the same for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.values.calendar import Calendar


class WarningSender(StrEnum):
    """Who may send the collection warning (inkassovarsel)."""

    CREDITOR_OR_AGENCY = "creditor_or_agency"
    AGENCY_ONLY = "agency_only"


@dataclass(frozen=True, slots=True)
class Statute:
    """One collection act (inkassolov). Days are calendar days, grace is business days; `*_source` names the provision.

    Deadlines that the act sets as a minimum do not move for holidays; a deadline we suggest does, since a bank pays on business days.
    """

    code: str
    name: str
    warning_sender: WarningSender
    warning_source: str
    #: the first day after the due date on which a collection warning is lawful
    warning_after_due_days: int
    #: the sending day is not counted (domstolloven § 148 first paragraph)
    deadline_days_min: int
    #: may a creditor charge the standard fees of inkassoforskriften chapter 1 for notices of his own?
    creditor_fees: bool
    #: may the creditor send a payment demand (betalingsoppfordring) of his own?
    creditor_may_demand: bool
    demand_source: str
    fee_source: str
    #: the first day after the due date on which a notice may bear a fee
    fee_after_due_days: int
    #: after more than this many months since the last notice with a fee, the ladder of fees begins anew
    fee_reset_months: int
    #: a payment demand missed by more than this many days makes a case heavy
    heavy_after_days: int
    #: a payment handed to the bank on the last day is in time; so long we wait for it to arrive
    grace_business_days: int
    #: a regulation sets what the creditor's own letter costs, in kroner (inkassoloven 2026 § 19)
    fee_regulated: bool = False
    #: no costs once the debtor has objected, unless the objection is obviously groundless (inkassoloven 2026 § 18)
    costs_stop_on_objection: bool = False
    #: whoever collects adapts to a debtor he knows to be in special difficulty (inkassoloven 2026 § 14)
    considers_vulnerable: bool = False
    #: the agency collects one creditor's claims on one debtor together (inkassoloven 2026 § 22)
    collects_together: bool = False
    #: the sections of the act of 2026 in force, where only some of them are
    provisions: tuple[str, ...] = ()

    @property
    def creditor_may_warn(self) -> bool:
        return self.warning_sender is WarningSender.CREDITOR_OR_AGENCY

    def earliest_warning_on(self, due_on: date) -> date:
        """The first day a collection warning may be sent for a claim due on that day."""
        return due_on + timedelta(days=self.warning_after_due_days)

    def earliest_fee_on(self, due_on: date) -> date:
        """The first day a notice may bear a fee, as far as the due date alone decides."""
        return due_on + timedelta(days=self.fee_after_due_days)

    def minimum_deadline(self, sent_on: date) -> date:
        """The earliest last day to pay that a collection warning sent on that day may set. Not moved for holidays."""
        return sent_on + timedelta(days=self.deadline_days_min)

    def suggested_deadline(self, sent_on: date, days: int, calendar: Calendar) -> date:
        """The deadline we print: never under the minimum, and moved to a business day."""
        return calendar.next_business_day(sent_on + timedelta(days=max(days, self.deadline_days_min)))

    def waits_through(self, payment_deadline: date, grace_business_days: int, calendar: Calendar) -> date:
        """The last day on which we still wait for a payment made on its last day."""
        return calendar.add_business_days(payment_deadline, max(grace_business_days, self.grace_business_days))

    def heavy_from(self, payment_deadline: date) -> date:
        """The first day on which a payment demand's deadline is missed by more than `heavy_after_days`."""
        return payment_deadline + timedelta(days=self.heavy_after_days + 1)
