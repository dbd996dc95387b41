"""Claims that may be finally lost."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Literal

import msgspec
from litestar import get

from app.api.v1.words import OfCompany, Ore
from app.dunning.loss_candidates import candidates
from app.dunning.write_off import Finding
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

Ground = Literal["collection_in_vain", "reminded", "no_cover", "otherwise_clear"]
Proof = Literal[
    "closed_by_agency", "six_months", "three_reminders", "proceedings", "filed", "estate_shows_no_cover", "gone_from_register",
    "no_successor", "not_disputed", "not_at_agency",
]  # fmt: skip


class LossGroundOut(msgspec.Struct, frozen=True):
    """A ground of FMVA § 4-7-1 that something speaks for. It carries a write-off only when nothing is `missing`."""

    ground: Ground
    there: list[Proof]
    missing: list[Proof]


class LossCandidateOut(msgspec.Struct, frozen=True):
    """An open claim that may be finally lost. `proven`: at least one ground has all its proofs. `reminders` are those that count."""

    claim_id: uuid.UUID
    company_id: uuid.UUID
    debtor_id: uuid.UUID
    debtor_name: str
    invoice: str
    due_on: date | None
    remaining_ore: Ore
    reminders: int
    proven: bool
    grounds: list[LossGroundOut]


@get("/write-off-candidates", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listLossCandidates", tags=["Claims"])
def list_loss_candidates(work: Work, company_id: OfCompany = None) -> list[LossCandidateOut]:
    """Open claims that may be lost, those with a proven ground first; at most 500. Nothing is written off by itself."""
    return [
        LossCandidateOut(
            one.claim_id, one.company_id, one.debtor_id, one.debtor, one.invoice, one.due_on, one.remaining_ore, one.reminders, one.proven,
            [_ground_of(found) for found in one.findings],
        )
        for one in candidates(work, company_id)
    ]  # fmt: skip


def _ground_of(found: Finding) -> LossGroundOut:
    return LossGroundOut(found.ground.value, [one.value for one in found.there], [one.value for one in found.missing])


HANDLERS = (list_loss_candidates,)
