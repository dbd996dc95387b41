"""What people have confirmed of the law, as a `Law`: looked up once per unit of work, built anew only after a recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select, union_all

from app.db.scope import PlatformScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.dunning.law import Law
from app.dunning.models import ActDate, ConfirmedFigure
from app.dunning.statutes.rates import Figure

#: which recording is the last one, and when it was made
Stamp = tuple[int, datetime | None]
NOTHING: Stamp = (0, None)


@dataclass(frozen=True, slots=True)
class Recordings:
    """Everything recorded, oldest first."""

    figures: Sequence[ConfirmedFigure] = ()
    dates: Sequence[ActDate] = ()

    def law(self, released: Law, through: int | None = None) -> Law:
        """The released law with what had been recorded up to and including that number (None: everything)."""
        law, stamp = released, 0
        for row in self.figures:
            if through is None or row.number <= through:
                rates = law.rates.with_confirmed(Figure(row.figure), row.effective_from, row.known_through, row.value, row.source)
                law, stamp = replace(law, rates=rates), max(stamp, row.number)
        for date_row in self.dates:
            if through is None or date_row.number <= through:
                in_force = law.act_2026.with_dates({date_row.provision: date_row.in_force_from})
                law, stamp = replace(law, act_2026=in_force), max(stamp, date_row.number)
        return replace(law, stamp=stamp)


class LawBook:
    """The law for whoever has a unit of work. `released` is what this release knows, with the setting RESKONTRO_ACT_2026_FROM."""

    def __init__(self, released: Law) -> None:
        self.released = released
        self._known: tuple[Stamp, Law] = (NOTHING, released)

    def read(self, work: UnitOfWork) -> Law:
        """The law as known in this transaction. One small query, unless somebody has recorded something since."""
        stamp = _stamp(work)
        known = self._known
        if known[0] != stamp:
            known = self._known = (stamp, recordings(work).law(self.released))
        return known[1]

    def at_hand(self, begin: Begin) -> Law:
        """For what opens its units of work itself."""
        with begin(PlatformScope()) as work:
            return self.read(work)


def recordings(work: UnitOfWork) -> Recordings:
    figures = work.session.execute(select(ConfirmedFigure).order_by(ConfirmedFigure.number)).scalars().all()
    dates = work.session.execute(select(ActDate).order_by(ActDate.number)).scalars().all()
    return Recordings(figures, dates)


def _stamp(work: UnitOfWork) -> Stamp:
    last_figure = select(ConfirmedFigure.number, ConfirmedFigure.confirmed_at.label("at")).order_by(ConfirmedFigure.number.desc()).limit(1)
    last_date = select(ActDate.number, ActDate.set_at.label("at")).order_by(ActDate.number.desc()).limit(1)
    both = union_all(select(last_figure.subquery()), select(last_date.subquery())).subquery()
    row = work.session.execute(select(both.c.number, both.c.at).order_by(both.c.number.desc()).limit(1)).one_or_none()
    return NOTHING if row is None else (row.number, row.at)
