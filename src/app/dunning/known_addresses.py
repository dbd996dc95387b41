"""What is known of an address a notice goes to: when the debtor wrote from it, what has arrived there, when the ledger showed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select

from app.db.unit_of_work import UnitOfWork
from app.dunning.address_models import CorrectedAddress
from app.dunning.assurance import KnownAddress
from app.messaging.models import Delivery, InboundMail
from app.receivables.models import Debtor
from app.values.calendar import oslo_date

#: a report about a dead address comes within days (RFC 5321 § 4.5.4.1: servers try for four or five)
SILENT_FOR = timedelta(days=5)


def known_address(work: UnitOfWork, debtor: Debtor, channel: str, address: str, corrected: CorrectedAddress | None = None) -> KnownAddress:
    """As it stands now; `corrected` where it stands in for the ledger's. An address counts for its company alone: what another company
    knows is not used."""
    known = KnownAddress(oslo_date(debtor.seen_at))
    if corrected is not None:
        known = KnownAddress(corrected_on=oslo_date(corrected.recorded_at), from_register=corrected.source == "register")
    if channel != "email":
        return known
    written_at = work.session.execute(
        select(func.max(InboundMail.received_at)).where(
            InboundMail.company_id == debtor.company_id, func.lower(InboundMail.from_address) == address.lower()
        )
    ).scalar_one()
    arrived, arrived_at = work.session.execute(
        select(func.count(), func.max(Delivery.sent_at)).where(
            Delivery.company_id == debtor.company_id, Delivery.channel == "email", Delivery.address == address,
            Delivery.state.in_(["sent", "delivered"]), Delivery.sent_at < work.now() - SILENT_FOR,
        )
    ).one()  # fmt: skip
    return replace(
        known, written_on=None if written_at is None else oslo_date(written_at), arrived=arrived,
        arrived_on=None if arrived_at is None else oslo_date(arrived_at),
    )  # fmt: skip
