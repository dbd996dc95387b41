"""As whom a company's mails go out: its names, its own address, and the DNS records that let us use it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal, cast

import msgspec
from litestar import Request, get, put
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from app.api.problems import INVALID, FieldProblem, ProblemError
from app.api.v1.words import PLAIN_PATTERN, Id
from app.db.unit_of_work import UnitOfWork
from app.messaging import senders
from app.messaging.domain_records import Finding, Wanted
from app.messaging.senders import MailHouse, SenderError
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Companies"
SenderState = Literal["none", "waiting", "passed", "failed"]
RecordWord = Literal["spf", "dkim", "next_dkim", "dmarc"]
StandingWord = Literal["right", "missing", "wrong"]
Name = Annotated[str, Meta(max_length=senders.NAME_MAX, pattern=PLAIN_PATTERN)]
Address = Annotated[str, Meta(max_length=254, pattern=PLAIN_PATTERN)]


class SenderIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of it: what is left out or empty is not wished. `grave_*`: for warnings and payment demands, else as the usual; both
    addresses are in the same domain."""

    name: Name = ""
    grave_name: Name = ""
    address: Address = ""
    grave_address: Address = ""


class RecordOut(msgspec.Struct, frozen=True):
    """A TXT record to be set, and what was found there when it was last looked for; null: it has not been yet."""

    record: RecordWord
    name: str
    value: str
    standing: StandingWord | None
    found: list[str]


class SenderOut(msgspec.Struct, frozen=True):
    """`none`: no domain of its own. `waiting`: not looked at yet. `passed`: mails go out from `address`. `failed`: a record is missing or
    wrong, and they go out from `house_address` with the company's name."""

    company_id: uuid.UUID
    name: str
    grave_name: str
    address: str
    grave_address: str
    house_address: str
    state: SenderState
    checked_at: datetime | None
    records: list[RecordOut]


@get(
    "/companies/{company_id:uuid}/sender", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="getSender", tags=[TAG]
)
def get_sender(work: Work, request: Request[Any, Any, State], company_id: Id) -> SenderOut:
    """As whom the company's mails go out, with the records to set in its DNS."""
    companies.find(work, company_id)
    return _sender(work, request, company_id)


@put(
    "/companies/{company_id:uuid}/sender", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="setSender", tags=[TAG]
)
def set_sender(work: Work, request: Request[Any, Any, State], company_id: Id, data: JSONBody[SenderIn]) -> SenderOut:
    """Say as whom. Another domain gets keys of its own, and is used once its records have been found."""
    companies.find(work, company_id)
    house: MailHouse = request.app.state.mail_house
    try:
        wishes = senders.wishes_of(data.name, data.grave_name, data.address, data.grave_address, house.domain)
    except SenderError as fault:
        raise ProblemError(INVALID, str(fault), [FieldProblem(field, problem) for field, problem in fault.problems.items()]) from None
    senders.save(work, house.vault, company_id, wishes)
    return _sender(work, request, company_id)


@put(
    "/companies/{company_id:uuid}/sender/check", status_code=202, sync_to_thread=True, guards=[requires(Permission.SETTINGS)],
    operation_id="checkSender", tags=[TAG],
)  # fmt: skip
def check_sender(work: Work, request: Request[Any, Any, State], company_id: Id) -> SenderOut:
    """Look for the records now. Answered before it is done: read the sender again in a moment, and see `checked_at`."""
    companies.find(work, company_id)
    row = senders.find(work, company_id)
    if row is not None:
        senders.ask_for_check(work, row)
    return _sender(work, request, company_id)


def _sender(work: UnitOfWork, request: Request[Any, Any, State], company_id: uuid.UUID) -> SenderOut:
    house: MailHouse = request.app.state.mail_house
    row, told = senders.find(work, company_id), senders.entered(senders.find(work, company_id))
    found = {} if row is None else senders.findings_of(row)
    records = [] if row is None else senders.wanted_records(row, house.domain)
    return SenderOut(
        company_id=company_id, **told, house_address=house.address,
        state=cast("SenderState", "none" if row is None else row.state), checked_at=None if row is None else row.checked_at,
        records=[_record(one, found.get(one.record)) for one in records],
    )  # fmt: skip


def _record(wanted: Wanted, found: Finding | None) -> RecordOut:
    if found is None:
        return RecordOut(wanted.record.value, wanted.name, wanted.value, None, [])
    return RecordOut(wanted.record.value, wanted.name, wanted.value, found.standing.value, list(found.found))


HANDLERS = (get_sender, set_sender, check_sender)
