"""Follow-ups begun anew: why, by whom, and what is no longer claimed."""

from __future__ import annotations

import uuid
from datetime import datetime

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from app.api.idempotency import Repeatable
from app.api.v1.words import Id, Ore, Words
from app.dunning import queries, restarting
from app.dunning.restart_models import Restart
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Claims"


class RestartIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the follow-up begins anew: a wrong address, notices sent by mistake."""

    reason: Words


class RestartOut(msgspec.Struct, frozen=True):
    """A follow-up begun anew. `waived_ore`: the fees of the notices before, which are not claimed any more."""

    id: uuid.UUID
    claim_id: uuid.UUID
    reason: str
    waived_ore: Ore
    restarted_by: str
    restarted_at: datetime


@get(
    "/claims/{claim_id:uuid}/restarts", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listRestarts", tags=[TAG]
)  # fmt: skip
def list_restarts(work: Work, claim_id: Id) -> list[RestartOut]:
    """Newest first."""
    return [_out(row) for row in queries.claim_detail(work, claim_id).restarts]


@post(
    "/claims/{claim_id:uuid}/restarts", status_code=201, sync_to_thread=True, guards=[requires(Permission.HOLD)],
    operation_id="restartClaim", tags=[TAG],
)  # fmt: skip
def restart_claim(work: Work, idempotency: Repeatable, claim_id: Id, data: JSONBody[RestartIn]) -> Response[RestartOut]:
    """Begin the claim's follow-up anew. What was said before counts no more, and its fees are not claimed.

    422 while the claim is with the agency or disputed, or a notice is on its way.
    """
    return idempotency.once(work, 201, lambda: _out(restarting.restart(work, claim_id, data.reason)))


def _out(row: Restart) -> RestartOut:
    return RestartOut(row.id, row.claim_id, row.reason, row.waived_ore, row.restarted_by, row.restarted_at)


HANDLERS = (list_restarts, restart_claim)
