"""Files beside an objection: what was put forward, and by whom."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from app.api.idempotency import Repeatable
from app.api.v1.words import PLAIN_PATTERN, Id
from app.dunning import evidence, queries
from app.dunning.evidence import Evidence
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Holds and disputes"
#: a file of the largest size in base64, and its name
BODY_MAX = evidence.BYTES_MAX * 4 // 3 + 10_000


class EvidenceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A PDF, PNG or JPEG file of at most 5 MB. What it is is told by its first bytes, not by its name."""

    name: Annotated[str, Meta(min_length=1, max_length=200, pattern=PLAIN_PATTERN)]
    content: Annotated[bytes, Meta(max_length=evidence.BYTES_MAX, description="The bytes in base64.")]


class EvidenceOut(msgspec.Struct, frozen=True):
    """A file beside one of the claim's objections. Its bytes are at `…/evidence/{document_id}`."""

    document_id: uuid.UUID
    name: str
    media_type: str
    added_by: str
    added_at: datetime


@get(
    "/claims/{claim_id:uuid}/dispute/evidence", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listEvidence",
    tags=[TAG],
)  # fmt: skip
def list_evidence(work: Work, claim_id: Id) -> list[EvidenceOut]:
    """Beside all objections to the claim, the oldest first."""
    queries.claim_detail(work, claim_id)
    return [_out(one) for one in evidence.of_claim(work, claim_id)]


@get(
    "/claims/{claim_id:uuid}/dispute/evidence/{document_id:uuid}", sync_to_thread=True, guards=[requires(Permission.VIEW)],
    operation_id="getEvidence", tags=[TAG], media_type="application/octet-stream",
)  # fmt: skip
def get_evidence(work: Work, claim_id: Id, document_id: FromPath[uuid.UUID]) -> Response[bytes]:
    """The file as it was put there. It came from outside: treat it as such."""
    name, media_type, content = evidence.read(work, claim_id, document_id)
    shown = re.sub(r"[^A-Za-z0-9._-]", "_", name)
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{shown}"'})


@post(
    "/claims/{claim_id:uuid}/dispute/evidence", status_code=201, sync_to_thread=True, guards=[requires(Permission.STOP)],
    operation_id="addEvidence", tags=[TAG], request_max_body_size=BODY_MAX,
)  # fmt: skip
def add_evidence(work: Work, idempotency: Repeatable, claim_id: Id, data: JSONBody[EvidenceIn]) -> Response[EvidenceOut]:
    """Put a file beside the open objection. It stays there; the same bytes again are the same file."""
    queries.claim_detail(work, claim_id)
    return idempotency.once(work, 201, lambda: _out(evidence.add(work, claim_id, data.name, data.content)))


def _out(one: Evidence) -> EvidenceOut:
    return EvidenceOut(one.document_id, one.name, one.media_type, one.added_by, one.added_at)


HANDLERS = (list_evidence, get_evidence, add_evidence)
