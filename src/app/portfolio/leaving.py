"""What stands open when a company leaves: said before somebody ends the follow-up, so that nothing is forgotten."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, select

from app.agencies.models import AgencyCase
from app.agencies.queries import OPEN_STATES
from app.db.unit_of_work import UnitOfWork
from app.dunning.models import Claim
from app.jobs.models import Effect
from app.ledgers.models import CompanyLink, Connection


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """`under_way`: acts that wait or whose outcome is unknown. `connection`: the label of the credential it is read through."""

    claims: int
    at_agency: int
    under_way: int
    connection: str | None


def left_behind(work: UnitOfWork, company_id: uuid.UUID) -> LeftBehind:
    """One query."""

    def counted(model: type[Claim] | type[AgencyCase] | type[Effect], *states: str) -> ScalarSelect[int]:
        return select(func.count()).select_from(model).where(model.company_id == company_id, model.state.in_(states)).scalar_subquery()

    through = (
        select(Connection.label)
        .join(CompanyLink, CompanyLink.connection_id == Connection.id)
        .where(CompanyLink.company_id == company_id)
        .scalar_subquery()
    )
    row = work.session.execute(
        select(
            counted(Claim, "active"), counted(AgencyCase, *OPEN_STATES), counted(Effect, "planned", "sending", "unknown"), through
        )
    ).one()  # fmt: skip
    return LeftBehind(int(row[0]), int(row[1]), int(row[2]), row[3])
