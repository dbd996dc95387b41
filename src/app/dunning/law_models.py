"""Tables of the law as people have recorded it: confirmed figures, and the day an act enters into force."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base


class ConfirmedFigure(Base):
    """A figure of the law that a person has confirmed for a period, with its source. A platform table: the law is the same for every
    bureau. Append-only; of two rows with the same first day the later one holds. `number` runs through this table and `act_dates`."""

    __tablename__ = "confirmed_figures"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    figure: Mapped[str] = mapped_column(String(40))
    effective_from: Mapped[date]
    known_through: Mapped[date]
    value: Mapped[Decimal] = mapped_column(Numeric(12, 4))
    source: Mapped[str] = mapped_column(String(300))
    confirmed_by: Mapped[str] = mapped_column(String(200))
    confirmed_at: Mapped[datetime]
    __table_args__ = (CheckConstraint("known_through >= effective_from", name="period"),)


class ActDate(Base):
    """The day lov 2026-05-22 nr. 19, or one of its sections, enters into force (§ 55); without a day it is taken back. Append-only: the
    latest row of a provision holds."""

    __tablename__ = "act_dates"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    provision: Mapped[str] = mapped_column(String(10))
    in_force_from: Mapped[date | None]
    source: Mapped[str] = mapped_column(String(300))
    set_by: Mapped[str] = mapped_column(String(200))
    set_at: Mapped[datetime]
