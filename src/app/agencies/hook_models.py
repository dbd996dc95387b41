"""Table of the addresses at which agencies tell that something happened."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, TenantRow, within_bureau


class AgencyHook(TenantRow, Base):
    """Where an agency tells that something happened under one agreement: an address of its own, and the key of the agency's signatures.

    `active`: the agency has been asked to send. `by_hand`: it cannot be asked from here, a person writes the address down there. `failing`:
    it could not be asked; tried again daily. `ended`: the address is closed.
    """

    __tablename__ = "agency_hooks"
    agreement_id: Mapped[uuid.UUID]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    #: the address and the key of its signatures, sealed
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(Text)
    #: the newest keys of what has been heard: told again it is passed over
    heard_keys: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    checked_at: Mapped[datetime | None]
    last_heard_at: Mapped[datetime | None]
    #: something was heard that nobody has asked about yet, and when asking was last rung for
    wanted_at: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("agreement_id", "agreements"),
        UniqueConstraint("bureau_id", "agreement_id"),
        CheckConstraint("state in ('active','by_hand','failing','ended')", name="state"),
    )
