"""The acts of this room, by kind: what `wiring` hands to the job that performs."""

from __future__ import annotations

from app.agencies import direct_payments, handover, orders, settlements
from app.agencies.doors import Agencies
from app.agencies.handover import StillWanted
from app.jobs.effects import Performer
from app.ledgers.sync import Doorway


def agency_performers(door: Doorway, agencies: Agencies, still_wanted: StillWanted) -> dict[str, Performer]:
    """`door` re-reads the ledger before a handover; `still_wanted` asks the claim's room why it must not leave, or None."""
    return {
        handover.KIND: handover.CaseRegistrar(door, agencies, still_wanted),
        direct_payments.KIND: direct_payments.PaymentReporter(agencies),
        settlements.KIND: settlements.BookingMarker(agencies),
        orders.KIND: orders.OrderGiver(agencies),
    }
