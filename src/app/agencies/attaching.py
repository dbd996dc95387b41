"""The documents of a case. A case without its documents is a case; a document that is there twice does no harm, one that lacks does."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable

from sqlalchemy import select

from app.agencies import packages
from app.agencies.doors import Agencies, key_of
from app.agencies.models import AgencyCase
from app.agencies.ports import Agency, Attachment
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin
from app.messaging.deliveries import sending_stopped
from app.net.errors import OutsideError

log = logging.getLogger(__name__)


def try_all(agency: Agency, external_id: str, documents: Iterable[tuple[str, Attachment]]) -> list[str]:
    """Attach what can be attached and return those ids: the case stands already, so trouble here must not make it look undone."""
    done: list[str] = []
    for document_id, attachment in documents:
        try:
            agency.attach(external_id, attachment)
        except OutsideError as fault:
            log.warning("document %s did not reach the agency: %s", document_id, fault)
            continue
        done.append(document_id)
    return done


def attach_missing(begin: Begin, agencies: Agencies, bureau_id: uuid.UUID, case_id: uuid.UUID) -> int:
    """Bring what is missing to the agency, each remembered as it gets there. Returns how many; an outside trouble is raised."""
    scope = BureauScope(bureau_id)
    with begin(scope) as work:
        case = work.session.execute(select(AgencyCase).where(AgencyCase.id == case_id)).scalar_one_or_none()
        if case is None or case.external_id is None or sending_stopped(work) is not None:
            return 0
        waiting, external_id, key = packages.missing(work, case), case.external_id, key_of(work, case.agreement_id)
    if not waiting:
        return 0
    agency = agencies.open(key)
    for document_id, attachment in waiting:
        agency.attach(external_id, attachment)
        with begin(scope) as work:
            case = work.session.execute(select(AgencyCase).where(AgencyCase.id == case_id).with_for_update()).scalar_one()
            packages.mark_attached(case, [document_id])
    return len(waiting)
