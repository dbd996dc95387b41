"""lov 2026-05-22 nr. 19 (inkassoloven 2026). Adopted; in force from the day the King decides (§ 55).

The collection warning and the payment demand are the agency's own (§§ 20, 21), and no regulation under § 19 has set what a creditor may
charge for his own letters, so the amount is nothing until one does. Then `Law` makes it the statute with `fee_regulated`: the figure, once
a person has confirmed it, is what one letter costs, and one such letter per claim is charged for, since what the regulation says of more
is not known here.
"""

from __future__ import annotations

from app.dunning.statutes.act import Statute, WarningSender

ACT_2026 = Statute(
    code="act_2026",
    name="inkassoloven 2026",
    warning_sender=WarningSender.AGENCY_ONLY,
    warning_source="inkassoloven 2026 § 20",
    warning_after_due_days=1,
    deadline_days_min=14,
    creditor_fees=False,
    creditor_may_demand=False,
    demand_source="inkassoloven 2026 § 21",
    fee_source="inkassoloven 2026 § 19",
    fee_after_due_days=14,
    fee_reset_months=6,
    heavy_after_days=28,
    grace_business_days=3,
    costs_stop_on_objection=True,
    considers_vulnerable=True,
    collects_together=True,
)
