"""Files beside an objection, put there by the bureau or by the company itself."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from litestar import Response, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath

from app.dunning import evidence
from app.dunning.holds import HoldError
from app.tenants.permissions import Permission
from app.web.access import Place, requires
from app.web.asked import Asker, PageFrame, Work
from app.web.bureau.claims import claim_context
from app.web.error_texts import said_of
from app.web.pages import refuse, see_other

Parts = Annotated[dict[str, Any], Body(media_type=RequestEncodingType.MULTI_PART)]
#: more than a file may have, so that one that is somewhat too large is told so
BODY_MAX = 4 * evidence.BYTES_MAX


@post(
    "/claims/{claim_id:uuid}/dispute/evidence", guards=[requires(Permission.STOP, Place.BOTH)], sync_to_thread=True,
    request_max_body_size=BODY_MAX,
)  # fmt: skip
def add_evidence(work: Work, frame: PageFrame, identity: Asker, claim_id: FromPath[uuid.UUID], data: Parts) -> Response[Any]:
    """A file beside the open objection."""
    own = identity.company_id is not None
    context = claim_context(work, claim_id)
    file = data.get("file")
    name, content = (file.filename, file.file.read(evidence.BYTES_MAX + 1)) if isinstance(file, UploadFile) else ("", b"")
    try:
        evidence.add(work, claim_id, name, content)
    except HoldError as fault:
        template = "pages/own/claim.html" if own else "pages/claims/claim.html"
        raise refuse(work, template, frame, message=None, **context | {"errors": {"file": said_of(fault)}}) from None
    return see_other(f"/own/claims/{claim_id}" if own else f"/claims/{claim_id}", "evidence-added")


HANDLERS = [add_evidence]
