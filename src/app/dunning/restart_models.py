"""The table of follow-ups that were begun anew."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class Restart(CompanyRow, Base):
    """A claim's follow-up begun anew by a person (ny start på purreløpet), with the reason. Append-only.

    `set_aside`: the ids of what counted until then and counts no more: notices, places on weekly lists, phone calls, requests for a yes,
    released steps of held runs, agreements that have ended, cases withdrawn from the agency. They are named one by one, not by their
    time: two clocks never agree on what came first. `waived_ore`: fees of those notices, which are not claimed any more. They must be
    given up, for the notices to come are charged as if nothing had been said, and a debtor pays for one ladder only: it begins anew
    beside earlier fees first six months after the last of them (inkassoforskriften § 1-3).
    """

    __tablename__ = "restarts"
    claim_id: Mapped[uuid.UUID]
    reason: Mapped[str] = mapped_column(Text)
    set_aside: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    waived_ore: Mapped[int] = mapped_column(BigInteger)
    restarted_by: Mapped[str] = mapped_column(String(200))
    restarted_at: Mapped[datetime]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("claim_id", "claims"),
        Index("ix_restarts_claim", "bureau_id", "claim_id"),
    )
