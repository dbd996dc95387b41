"""Files beside an objection: what the debtor, the company or the bureau puts forward before it is decided. Frozen like every document."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath

from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.dunning.holds import HoldError
from app.dunning.models import Dispute, DisputeEvidence
from app.messaging import deliveries
from app.messaging.models import Document
from app.tenants import audit
from app.values.ids import new_id

#: the kind of these documents: they came from outside, and no browser opens them in a window of ours
KIND = "evidence"
BYTES_MAX = 5_000_000
FILES_MAX = 20
NAME_MAX = 120
#: what a file is by its first bytes; its name and what the sender called it decide nothing
_BEGINNINGS = {b"%PDF-": ("application/pdf", ".pdf"), b"\x89PNG\r\n\x1a\n": ("image/png", ".png"), b"\xff\xd8\xff": ("image/jpeg", ".jpg")}


@dataclass(frozen=True, slots=True)
class Evidence:
    """One file beside an objection."""

    dispute_id: uuid.UUID
    document_id: uuid.UUID
    name: str
    media_type: str
    added_by: str
    added_at: datetime


def add(work: UnitOfWork, claim_id: uuid.UUID, name: str, content: bytes) -> Evidence:
    """Put a file beside the claim's open objection; HoldError for what cannot be taken. The same bytes again are the same file."""
    dispute = work.session.execute(
        select(Dispute).where(Dispute.claim_id == claim_id, Dispute.decided_at.is_(None)).with_for_update()
    ).scalar_one_or_none()
    if dispute is None:
        raise HoldError("file", "There is no open objection on this claim.")
    if not content:
        raise HoldError("file", "Choose a file that is not empty.")
    if len(content) > BYTES_MAX:
        raise HoldError("file", "The file is larger than 5 MB.")
    kind = next((known for beginning, known in _BEGINNINGS.items() if content.startswith(beginning)), None)
    if kind is None:
        raise HoldError("file", "Only PDF, PNG and JPEG files are taken.")
    there = _rows(work, [dispute.id])
    digest = hashlib.sha256(content).digest()
    known = next((one for one, sha256 in there if sha256 == digest), None)
    if known is not None:
        return known
    if len(there) >= FILES_MAX:
        raise HoldError("file", "There are 20 files beside this objection already.")
    media_type, ending = kind
    document_id = deliveries.keep_document(work, dispute.company_id, KIND, _safe_name(name, ending), media_type, content)
    row = DisputeEvidence(
        bureau_id=dispute.bureau_id, id=new_id(), company_id=dispute.company_id, dispute_id=dispute.id, document_id=document_id,
        added_by=work.actor.name, added_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    audit.record(work, "dispute.evidence_added", "claim", claim_id, company_id=dispute.company_id, document_id=str(document_id))
    return Evidence(dispute.id, document_id, _safe_name(name, ending), media_type, row.added_by, row.added_at)


def of_claim(work: UnitOfWork, claim_id: uuid.UUID) -> list[Evidence]:
    """Beside all the claim's objections, the oldest first. One query."""
    disputes = select(Dispute.id).where(Dispute.claim_id == claim_id)
    return [one for one, _ in _rows(work, list(work.session.execute(disputes).scalars()))]


def read(work: UnitOfWork, claim_id: uuid.UUID, document_id: uuid.UUID) -> tuple[str, str, bytes]:
    """(name, media type, content) of a file beside an objection to this claim. LookupError for anything else."""
    if document_id not in {one.document_id for one in of_claim(work, claim_id)}:
        raise LookupError("no such file")
    return deliveries.read_document(work, document_id)


def _rows(work: UnitOfWork, dispute_ids: list[uuid.UUID]) -> list[tuple[Evidence, bytes]]:
    query = (
        select(DisputeEvidence, Document.name, Document.media_type, Document.sha256)
        .join(Document, Document.id == DisputeEvidence.document_id)
        .where(DisputeEvidence.dispute_id.in_(dispute_ids))
        .order_by(DisputeEvidence.id)
    )
    return [
        (Evidence(row.dispute_id, row.document_id, name, media_type, row.added_by, row.added_at), sha256)
        for row, name, media_type, sha256 in work.session.execute(query).all()
    ]


def _safe_name(name: str, ending: str) -> str:
    """The file's own name without any path or sign that steers a screen, ending as what the file is."""
    last = PurePosixPath(name.replace("\\", "/")).name
    stem = "".join(sign for sign in PurePosixPath(last).stem if sign.isprintable()).strip(" .")
    return f"{stem[:NAME_MAX] or 'evidence'}{ending}"
