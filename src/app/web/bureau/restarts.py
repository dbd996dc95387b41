"""Beginning a claim's follow-up anew, with a reason."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from app.dunning import queries, restarting
from app.dunning.restarting import RestartError
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.bureau.claims import claim_context
from app.web.error_texts import said_of
from app.web.pages import Form, refuse, see_other, text_of


@post("/claims/{claim_id:uuid}/restart", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def begin_anew(work: Work, frame: PageFrame, claim_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    typed = {"restart_reason": text_of(data, "restart_reason")[:2000]}
    queries.claim_detail(work, claim_id)
    try:
        restarting.restart(work, claim_id, typed["restart_reason"])
    except RestartError as fault:
        context = claim_context(work, claim_id, typed, {f"restart_{fault.field}": said_of(fault)})
        raise refuse(work, "pages/claims/claim.html", frame, message=None, **context) from None
    return see_other(f"/claims/{claim_id}", "begun-anew")


HANDLERS = [begin_anew]
