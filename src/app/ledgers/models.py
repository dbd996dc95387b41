"""Tables of connections, syncs and postings."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, CompanyRow, TenantRow, within_bureau

#: where a book comes from that no ledger is asked for
FILE_SOURCES = ("saft", "open_items")


class Connection(TenantRow, Base):
    """One credential at one ledger. May cover many companies (an accountant's key). The secret is sealed, bound to bureau and row."""

    __tablename__ = "connections"
    ledger: Mapped[str] = mapped_column(String(30))
    label: Mapped[str] = mapped_column(String(200))
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    credential_version: Mapped[int] = mapped_column(default=0, server_default="0")
    state: Mapped[str] = mapped_column(String(12), default="working", server_default="working")
    problem: Mapped[str | None] = mapped_column(Text)
    connected_at: Mapped[datetime]
    checked_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    #: when what the user gave stops working: as the vendor tells, and the last day as the bureau has noted it
    ends_at: Mapped[datetime | None]
    ends_on: Mapped[date | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        CheckConstraint("state in ('working','reconnect','failing','revoked')", name="state"),
        Index("ix_connections_bureau_id_ledger", "bureau_id", "ledger"),
    )


class CompanyLink(TenantRow, Base):
    """A company found behind a connection; `company_id` is set once the bureau has ticked it."""

    __tablename__ = "company_links"
    connection_id: Mapped[uuid.UUID]
    company_id: Mapped[uuid.UUID | None]
    external_id: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    organisation_number: Mapped[str | None] = mapped_column(String(9))
    found_at: Mapped[datetime]
    lost_at: Mapped[datetime | None]
    synced_at: Mapped[datetime | None]
    customers_since: Mapped[datetime | None]
    #: where the ledger's list of changes was read to, and when
    cursor: Mapped[str | None] = mapped_column(Text)
    changes_read_at: Mapped[datetime | None]
    #: when the list of changes was last asked for, and why that failed, if it did
    changes_tried_at: Mapped[datetime | None]
    changes_problem: Mapped[str | None] = mapped_column(Text)
    #: a fetch that waits for its credential to be free
    waits_since: Mapped[datetime | None]
    #: when a missed mirroring was rung for again
    tried_at: Mapped[datetime | None]
    #: the sum of the open items less the account at the last fetch, since when it is another than a person has accepted, and that
    difference_ore: Mapped[int | None] = mapped_column(BigInteger)
    differs_since: Mapped[datetime | None]
    accepted_difference_ore: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str | None] = mapped_column(Text)
    warnings: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    __table_args__ = (
        within_bureau("connection_id", "connections"),
        within_bureau("company_id", "companies"),
        UniqueConstraint("bureau_id", "connection_id", "external_id"),
        UniqueConstraint("bureau_id", "company_id"),
    )


class LedgerHook(TenantRow, Base):
    """Where a ledger tells that something happened in one company: an address of its own, and what the ledger signs with.

    `active`: the ledger sends. `failing`: it could not be asked to, or has stopped; tried again daily. `ended`: the address is closed.
    """

    __tablename__ = "ledger_hooks"
    link_id: Mapped[uuid.UUID]
    #: the vendor's own ids of what we subscribe to
    external_ids: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    #: the address and the key of its signatures, sealed
    secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(10))
    problem: Mapped[str | None] = mapped_column(Text)
    checked_at: Mapped[datetime | None]
    last_heard_at: Mapped[datetime | None]
    #: something was heard that nobody has read yet, and when a reading was last rung for
    wanted_at: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("link_id", "company_links"),
        UniqueConstraint("bureau_id", "link_id"),
        CheckConstraint("state in ('active','failing','ended')", name="state"),
    )


class SyncRun(CompanyRow, Base):
    """One mirroring of a company's book, with its progress; what the page polls."""

    __tablename__ = "sync_runs"
    state: Mapped[str] = mapped_column(String(10))
    step: Mapped[str] = mapped_column(String(40))
    done: Mapped[int] = mapped_column(default=0, server_default="0")
    opened: Mapped[int] = mapped_column(default=0, server_default="0")
    changed: Mapped[int] = mapped_column(default=0, server_default="0")
    closed: Mapped[int] = mapped_column(default=0, server_default="0")
    #: gone without an explanation, and of these only once: asked about again before a person is
    unexplained: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_again: Mapped[int] = mapped_column(default=0, server_default="0")
    #: the sum of the open items and what the receivables account showed, in the company's currency; None is "not told"
    listed_ore: Mapped[int | None] = mapped_column(BigInteger)
    account_ore: Mapped[int | None] = mapped_column(BigInteger)
    problem: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    #: whose place at the ledger it runs on: while that is held, it lives
    holder: Mapped[uuid.UUID | None]
    #: where a later run may go on if this one does not come to its end
    resume: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    __table_args__ = (
        within_bureau("company_id", "companies"),
        CheckConstraint("state in ('running','done','failed')", name="state"),
        Index("ix_sync_runs_running", "bureau_id", postgresql_where=text("state = 'running'")),
        Index("ix_sync_runs_latest", "bureau_id", "company_id", "started_at"),
    )


class OpenedBook(Base):
    """Whose a book is that our own key opens: whoever names the company there gets in through us, so it may serve one bureau only.

    A platform table: the question "is it taken by somebody else?" cannot be asked from inside a tenant. It holds no name and no secret.
    """

    __tablename__ = "opened_books"
    ledger: Mapped[str] = mapped_column(String(30), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    bureau_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bureaus.id"))
    organisation_number: Mapped[str | None] = mapped_column(String(9))
    taken_at: Mapped[datetime]


class LedgerTurn(Base):
    """A place taken at a credential or a vendor while a book is read: nobody holds more places than the vendor allows at once.

    The platform's, because a vendor is shared by all bureaus; it names no company. A place whose holder died is free after `until`.
    """

    __tablename__ = "ledger_turns"
    scope: Mapped[str] = mapped_column(String(60), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[uuid.UUID]
    until: Mapped[datetime]


POSTING_STATES = "'planned','accepted','unmatched','posted','reversed','refused','unknown','review','cancelled'"


class Posting(CompanyRow, Base):
    """A payment we tell the ledger about: append-only intent; its fate is the effect's. Once per business fact.

    `accepted`: it waits in the ledger's own queue. `unmatched`: it is booked, but not tied to the invoice as far as the ledger tells.
    """

    __tablename__ = "postings"
    open_item_id: Mapped[uuid.UUID]
    reason: Mapped[str] = mapped_column(String(40))
    business_key: Mapped[str] = mapped_column(String(200))
    amount_ore: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    paid_on: Mapped[date]
    text_: Mapped[str] = mapped_column("text", Text)
    state: Mapped[str] = mapped_column(String(12), default="planned", server_default="planned")
    problem: Mapped[str | None] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(String(120))
    planned_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
    #: whether a person has asked for it to be taken back, how far that is, and why
    reversal: Mapped[str | None] = mapped_column(String(12))
    reversal_reason: Mapped[str | None] = mapped_column(Text)
    reversal_asked_by: Mapped[str | None] = mapped_column(String(200))
    #: when the ledger was last asked how far it has come
    asked_at: Mapped[datetime | None]
    __table_args__ = (
        within_bureau("company_id", "companies"),
        within_bureau("open_item_id", "open_items"),
        UniqueConstraint("bureau_id", "business_key"),
        CheckConstraint(f"state in ({POSTING_STATES})", name="state"),
        CheckConstraint("reversal is null or reversal in ('planned','done','refused','unknown','review','cancelled')", name="reversal"),
        Index("ix_postings_under_way", "bureau_id", "company_id", postgresql_where=text("state in ('accepted','unmatched')")),
    )
