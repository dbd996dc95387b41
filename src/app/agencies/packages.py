"""A handover as it is kept: the package in plain JSON, beside it the documents that go along and what has reached the agency."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from app.agencies.models import AgencyCase
from app.agencies.ports import Attachment, HandoverPackage
from app.db.unit_of_work import UnitOfWork
from app.messaging.deliveries import read_document
from app.messaging.models import Document

#: what is ours to remember beside the package, and not part of what the agency is told
OURS = ("documents", "attached", "facts_at", "wanting")
#: what may differ between two tries to hand over the same thing
CHANGES_BY_ITSELF = (*OURS, "our_reference", "interest_ore")


def to_keep(
    package: HandoverPackage | Mapping[str, Any], our_reference: str, creditor_id: str, documents: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What is stored with a case. `msgspec.ValidationError` (a ValueError) when the package lacks something."""
    plain = dict(package) if isinstance(package, Mapping) else msgspec.to_builtins(package)
    plain |= {"our_reference": our_reference, "creditor_id": creditor_id, "attachments": []}
    whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(msgspec.convert(plain, HandoverPackage)))
    listed = [{"document_id": str(document["document_id"]), "kind": str(document["kind"])} for document in documents]
    return whole | {"documents": listed, "attached": [], "facts_at": None}


def check_documents(work: UnitOfWork, kept: Mapping[str, Any]) -> None:
    """`ValueError` when a document does not exist for this scope."""
    ids = {uuid.UUID(document["document_id"]) for document in kept["documents"]}
    if ids and len(work.session.execute(select(Document.id).where(Document.id.in_(ids))).all()) != len(ids):
        raise ValueError("a document of the handover does not exist")


def is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Would the agency be told the same? Interest grows by itself and does not count."""
    return _told(one) == _told(other)


def package_of(case: AgencyCase) -> HandoverPackage:
    """The package without its attachments."""
    return as_package(case.package)


def as_package(kept: Mapping[str, Any]) -> HandoverPackage:
    return msgspec.convert({name: value for name, value in kept.items() if name not in OURS}, HandoverPackage)


def with_attachments(work: UnitOfWork, case: AgencyCase) -> tuple[HandoverPackage, tuple[str, ...]]:
    """The package with its documents read, and their ids in the same order. `LookupError` when one is gone."""
    ids = tuple(document["document_id"] for document in case.package["documents"])
    return replace(package_of(case), attachments=tuple(_read(work, document) for document in case.package["documents"])), ids


def missing(work: UnitOfWork, case: AgencyCase) -> list[tuple[str, Attachment]]:
    """The documents that have not reached the agency, with their ids."""
    waiting = [document for document in case.package.get("documents", []) if document["document_id"] not in case.package["attached"]]
    return [(document["document_id"], _read(work, document)) for document in waiting]


def mark_attached(case: AgencyCase, document_ids: Sequence[str]) -> None:
    known = case.package.get("attached", [])
    case.package = {**case.package, "attached": [*known, *(one for one in document_ids if one not in known)]}


def is_complete(case: AgencyCase) -> bool:
    """Has every document reached the agency?"""
    return len(case.package.get("attached", [])) >= len(case.package.get("documents", []))


def mark_facts(case: AgencyCase, now: datetime) -> None:
    """The instant whose facts the principal rests on: money seen later is not in it."""
    case.package = {**case.package, "facts_at": now.isoformat()}


def mark_wanting(case: AgencyCase, faults: Sequence[str]) -> None:
    """What kept it from leaving (English message ids of `completeness`)."""
    case.package = {**case.package, "wanting": list(faults)}


def facts_at(case: AgencyCase) -> datetime | None:
    stamped = case.package.get("facts_at")
    return case.handed_over_at if stamped is None else datetime.fromisoformat(stamped)


def _read(work: UnitOfWork, document: Mapping[str, Any]) -> Attachment:
    name, media_type, content = read_document(work, uuid.UUID(document["document_id"]))
    return Attachment(name, media_type, content, document["kind"])


def _told(package: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in package.items() if name not in CHANGES_BY_ITSELF}
