"""A company's own user says when he is away, and who is asked instead."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from app.db.unit_of_work import UnitOfWork
from app.dunning.owners import OwnerError
from app.tenants import absences
from app.tenants.absences import AbsenceError
from app.tenants.identity import Identity
from app.tenants.permissions import Permission
from app.web.access import Place, requires
from app.web.asked import Asker, PageFrame, Work
from app.web.bureau.people import days_of, person_of
from app.web.error_texts import said_of
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of

HERE = "/own/away"


@get(HERE, guards=[requires(Permission.VIEW, Place.COMPANY)], sync_to_thread=True)
def show_own_absences(work: Work, frame: PageFrame, identity: Asker) -> Template:
    return page("pages/people/own.html", frame, **_context(work, identity))


@post(HERE, guards=[requires(Permission.APPROVE, Place.COMPANY)], sync_to_thread=True)
def record_own_absence(work: Work, frame: PageFrame, identity: Asker, data: Form) -> Response[Any]:
    """From the first day to the last, what he is asked goes to the backup he names, or to the company's."""
    typed = {name: text_of(data, name) for name in ("from_on", "to_on", "backup_id")}
    try:
        backup = person_of("backup_id", typed["backup_id"])
        absences.place(work, _self(identity), *days_of(typed, work.today()), backup, company_id=identity.company_id)
    except (AbsenceError, OwnerError) as fault:
        context = _context(work, identity) | {"typed": typed, "errors": {fault.field: said_of(fault)}}
        raise refuse(work, "pages/people/own.html", frame, message=None, **context) from fault
    work.enqueue("dunning.chase_bureau_approvals", bureau_id=str(work.bureau_id))
    return see_other(HERE, "absence-recorded")


@post(HERE + "/{absence_id:uuid}/end", guards=[requires(Permission.APPROVE, Place.COMPANY)], sync_to_thread=True)
def end_own_absence(work: Work, identity: Asker, absence_id: FromPath[uuid.UUID]) -> Response[Any]:
    absences.end(work, absence_id, of=_self(identity), company_id=identity.company_id)
    work.enqueue("dunning.chase_bureau_approvals", bureau_id=str(work.bureau_id))
    return see_other(HERE, "absence-ended")


def _context(work: UnitOfWork, identity: Identity) -> dict[str, Any]:
    colleagues = {} if identity.company_id is None else absences.own_users(work, identity.company_id)
    people = [("", gettext("Nobody")), *((str(one), name) for one, name in colleagues.items() if one != identity.user_id)]
    return {"lines": absences.upcoming(work), "people": people, "me": identity.user_id, "typed": {}, "errors": {}, "today": work.today()}


def _self(identity: Identity) -> uuid.UUID:
    if identity.user_id is None:
        raise LookupError("an API key is never away")
    return identity.user_id


HANDLERS = [show_own_absences, record_own_absence, end_own_absence]
