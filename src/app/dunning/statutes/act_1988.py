"""lov 1988-05-13 nr. 26 (inkassoloven 1988) with inkassoforskriften (FOR-1989-07-14-562)."""

from __future__ import annotations

from app.dunning.statutes.act import Statute, WarningSender

ACT_1988 = Statute(
    code="act_1988",
    name="inkassoloven 1988",
    warning_sender=WarningSender.CREDITOR_OR_AGENCY,
    warning_source="inkassoloven 1988 § 9",
    warning_after_due_days=1,
    deadline_days_min=14,
    creditor_fees=True,
    creditor_may_demand=True,
    demand_source="inkassoloven 1988 § 10; inkassoforskriften § 1-2 tredje ledd",
    fee_source="inkassoforskriften § 1-2",
    fee_after_due_days=14,
    fee_reset_months=6,
    heavy_after_days=28,
    grace_business_days=3,
)
