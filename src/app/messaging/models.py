"""Tables of what was sent on the roads: documents, deliveries and their receipts, and the answers. Documents are frozen once written."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, within_bureau


class Document(CompanyRow, Base):
    """A file as it was sent or received (bokføringsloven § 13: kept five years when it documents a fee)."""

    __tablename__ = "documents"
    kind: Mapped[str] = mapped_column(String(30))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(80))
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    __table_args__ = (within_bureau("company_id", "companies"),)


class Delivery(CompanyRow, Base):
    """One try to reach somebody on one road. `purpose` names what it carries (`notice`, `weekly_list`, ...), `purpose_id` which one.

    `grounds`: why the road was a safe one on the day it was taken, frozen.
    """

    __tablename__ = "deliveries"
    purpose: Mapped[str] = mapped_column(String(30))
    purpose_id: Mapped[uuid.UUID]
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(String(300))
    message_id: Mapped[str | None] = mapped_column(String(200))
    bounce_token: Mapped[str | None] = mapped_column(String(60))
    document_id: Mapped[uuid.UUID | None]
    grounds: Mapped[list[Any] | None]
    state: Mapped[str] = mapped_column(String(12), default="planned", server_default="planned")
    problem: Mapped[str | None] = mapped_column(Text)
    peer_ref: Mapped[str | None] = mapped_column(String(300))
    planned_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("document_id", "documents"),
        UniqueConstraint("bureau_id", "purpose", "purpose_id", "channel", "address"),
        CheckConstraint("channel in ('email','letter','sms')", name="channel"),
        CheckConstraint(
            "state in ('planned','sent','printed','posted','delivered','bounced','returned','refused','unknown','review','cancelled')",
            name="state",
        ),
        Index("ix_deliveries_purpose", "bureau_id", "purpose_id"),
        Index("ix_deliveries_bounce_token", "bureau_id", "bounce_token"),
        Index("ix_deliveries_sms_address", "bureau_id", "address", postgresql_where=text("channel = 'sms'")),
    )


class Receipt(CompanyRow, Base):
    """What a channel told us about a delivery: accepted, printed, posted, bounced, returned. Append-only."""

    __tablename__ = "receipts"
    delivery_id: Mapped[uuid.UUID]
    state: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    text_: Mapped[str] = mapped_column("text", Text)
    evidence: Mapped[dict[str, Any] | None]
    external_id: Mapped[str | None] = mapped_column(String(200))
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("delivery_id", "deliveries"),
        UniqueConstraint("bureau_id", "delivery_id", "state", "external_id", postgresql_nulls_not_distinct=True),
    )


class SmsStop(CompanyRow, Base):
    """A debtor's STOP: no text messages from this company to the number. Ended by his START, or by a person with a reason."""

    __tablename__ = "sms_stops"
    number: Mapped[str] = mapped_column(String(20))
    stopped_at: Mapped[datetime]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(200))
    lift_reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        within_bureau("company_id", "companies"),
        CheckConstraint("(lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null)", name="lifted"),
        Index("uq_sms_stops_active", "bureau_id", "company_id", "number", unique=True, postgresql_where=text("lifted_at is null")),
    )


class MailSenderRow(CompanyRow, Base):
    """As whom a company's mails are sent: names, and its own domain with the keys it signs with (DKIM, RFC 6376), sealed.

    `waiting`: its DNS has not been read yet. `passed`: mails go out from it. `failed`: the house's own address is used. `findings` is
    what was found of each record. The next key takes over once its record stands; what `retired_selector` names may then be deleted.
    """

    __tablename__ = "mail_senders"
    name: Mapped[str | None] = mapped_column(String(100))
    grave_name: Mapped[str | None] = mapped_column(String(100))
    domain: Mapped[str | None] = mapped_column(String(253))
    local_part: Mapped[str | None] = mapped_column(String(64))
    grave_local_part: Mapped[str | None] = mapped_column(String(64))
    selector: Mapped[str | None] = mapped_column(String(63))
    public_key: Mapped[str | None] = mapped_column(Text)
    private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    next_selector: Mapped[str | None] = mapped_column(String(63))
    next_public_key: Mapped[str | None] = mapped_column(Text)
    next_private_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    retired_selector: Mapped[str | None] = mapped_column(String(63))
    keys_made: Mapped[int] = mapped_column(default=0, server_default="0")
    state: Mapped[str] = mapped_column(String(10))
    findings: Mapped[list[Any]]
    checked_at: Mapped[datetime | None]
    passed_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        UniqueConstraint("bureau_id", "company_id"),
        CheckConstraint("state in ('none','waiting','passed','failed')", name="state"),
        CheckConstraint("(state = 'none') = (domain is null)", name="domain"),
        CheckConstraint(
            "domain is null or (local_part is not null and selector is not null and public_key is not null and private_key is not null)",
            name="address",
        ),
    )


class InboundMail(CompanyRow, Base):
    """Somebody's answer by e-mail (svar), as it was read. `about` and `answered` are what its addresses and headers name.

    `purpose_id` is the claim it was found to be about. new -> open (a person must handle it) | unmatched (a person must say what it is
    about) -> handled.
    """

    __tablename__ = "inbound_mails"
    fingerprint: Mapped[str] = mapped_column(String(64))
    message_id: Mapped[str] = mapped_column(String(300))
    from_address: Mapped[str] = mapped_column(String(254))
    from_name: Mapped[str] = mapped_column(String(200))
    to_address: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(300))
    text_: Mapped[str] = mapped_column("text", Text)
    about_kind: Mapped[str] = mapped_column(String(10))
    about_id: Mapped[uuid.UUID]
    answered: Mapped[list[Any]]
    enclosures: Mapped[list[Any]]
    left_out: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    purpose_id: Mapped[uuid.UUID | None]
    received_at: Mapped[datetime]
    handled_by: Mapped[str | None] = mapped_column(String(200))
    handled_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        within_bureau("company_id", "companies"),
        UniqueConstraint("bureau_id", "fingerprint"),
        CheckConstraint("state in ('new','open','unmatched','handled')", name="state"),
        CheckConstraint("about_kind in ('delivery','company')", name="about_kind"),
        Index("ix_inbound_mails_purpose", "bureau_id", "purpose_id"),
        Index("ix_inbound_mails_waiting", "bureau_id", "state", postgresql_where=text("state <> 'handled'")),
    )
