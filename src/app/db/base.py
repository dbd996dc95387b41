"""What every table shares: UUIDv7 keys made by us, UTC instants, and for tenant tables a key that starts with the bureau."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, ForeignKey, ForeignKeyConstraint, MetaData, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from app.values.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcInstant(TypeDecorator[datetime]):
    """An instant. Refuses naive values on the way in; always UTC on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        return value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: UtcInstant(), uuid.UUID: Uuid(), dict[str, Any]: JSONB(), list[Any]: JSONB()}  # noqa: RUF012


class TenantRow:
    """A row that belongs to a bureau. `bureau_id` leads the key, so that foreign keys can never point into another bureau."""

    bureau_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("bureaus.id"), primary_key=True)
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)


class CompanyRow(TenantRow):
    """A row that belongs to one of a bureau's companies, and is visible to that company's own users."""

    company_id: Mapped[uuid.UUID]


class ManyRow(CompanyRow):
    """Such a row where thousands are written at once: that the bureau exists is said by its company's key, and is not asked once more."""

    bureau_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)


def within_bureau(column: str, table: str) -> ForeignKeyConstraint:
    """A composite foreign key: foreign-key checks ignore row-level security, so the bureau must be part of the key itself."""
    return ForeignKeyConstraint(["bureau_id", column], [f"{table}.bureau_id", f"{table}.id"])
