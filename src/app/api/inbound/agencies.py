"""What an agency posts to the address of one agreement: that something happened. Nothing it says is taken as data."""

from __future__ import annotations

from typing import Any

from litestar import Request, post
from litestar.concurrency import sync_to_thread
from litestar.params import FromPath

from app.agencies import hooks
from app.agencies.hooks import AgencyDoorway
from app.api.problems import NOT_FOUND, UNAUTHENTICATED, ProblemError
from app.net.errors import RefusedError

BODY_MAX = 1_000_000


@post("/agencies/{door_token:str}", status_code=204, request_max_body_size=BODY_MAX)
async def take_agency_word(request: Request[Any, Any, Any], door_token: FromPath[str]) -> None:
    """204 for every signed word, also one said before or about nothing of ours: the agency is asked later, by a job."""
    doorway: AgencyDoorway = request.app.state.agency_doorway
    body = await request.body()
    try:
        await sync_to_thread(hooks.hear, doorway, door_token, dict(request.headers), body)
    except hooks.UnknownDoorError:
        raise ProblemError(NOT_FOUND) from None
    except RefusedError:
        raise ProblemError(UNAUTHENTICATED, "The signature does not fit.") from None
