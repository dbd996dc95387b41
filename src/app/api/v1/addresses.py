"""Where a debtor is reached: the ledger's addresses, what stands in for one that failed, and what came back."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Literal, cast

import msgspec
from litestar import delete, get, put
from litestar.params import JSONBody
from msgspec import Meta

from app.api.v1.words import PLAIN_PATTERN, Id
from app.db.unit_of_work import UnitOfWork
from app.dunning import addresses, correcting
from app.receivables import queries
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Debtors"
Way = Literal["email", "letter", "sms"]
Line = Annotated[str, Meta(max_length=200, pattern=PLAIN_PATTERN)]


class LetterIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Norwegian postal address, below the name: at most three lines of 60 characters, four digits, and the place."""

    postal_code: Annotated[str, Meta(max_length=10, pattern=PLAIN_PATTERN)]
    city: Annotated[str, Meta(max_length=100, pattern=PLAIN_PATTERN)]
    address_lines: Annotated[list[Line], Meta(max_length=10)] = []


class EmailIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One e-mail address."""

    email: Annotated[str, Meta(max_length=300, pattern=PLAIN_PATTERN)]


class PhoneIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One phone number; text messages go to it where it is a mobile's."""

    phone: Annotated[str, Meta(max_length=40, pattern=PLAIN_PATTERN)]


class UsedOut(msgspec.Struct, frozen=True):
    """What is used on a way: the ledger's own, or what stands in for it, from the register or by a person's word, since `recorded_at`."""

    way: Way
    lines: list[str]
    source: Literal["ledger", "register", "person"]
    recorded_by: str | None
    recorded_at: datetime | None


class FailedOut(msgspec.Struct, frozen=True):
    """An address at which a notice reached nobody, and what the counterpart said of it. A letter's begins with the name."""

    way: Way
    lines: list[str]
    state: str
    told_at: datetime | None
    said: str | None


class AddressOut(msgspec.Struct, frozen=True):
    """A debtor's addresses. Ways on which nothing is known are left out of `used`; what failed is not used again for the same claim."""

    debtor_id: uuid.UUID
    used: list[UsedOut]
    failed: list[FailedOut]


@get("/debtors/{debtor_id:uuid}/address", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getAddress", tags=[TAG])
def get_address(work: Work, debtor_id: Id) -> AddressOut:
    """Where the debtor is reached, and what came back."""
    return _address(work, debtor_id)


@put(
    "/debtors/{debtor_id:uuid}/address/letter",
    sync_to_thread=True,
    guards=[requires(Permission.HOLD)],
    operation_id="correctLetter",
    tags=[TAG],
)
def correct_letter(work: Work, debtor_id: Id, data: JSONBody[LetterIn]) -> AddressOut:
    """Letters go here instead, until the ledger shows another address. What reached nobody is said again, with a new deadline.

    Refused where nothing is wrong with the ledger's own: that is corrected there.
    """
    correcting.correct_post(work, debtor_id, data.address_lines, data.postal_code, data.city)
    return _address(work, debtor_id)


@put(
    "/debtors/{debtor_id:uuid}/address/email",
    sync_to_thread=True,
    guards=[requires(Permission.HOLD)],
    operation_id="correctEmail",
    tags=[TAG],
)
def correct_email(work: Work, debtor_id: Id, data: JSONBody[EmailIn]) -> AddressOut:
    """E-mails go here instead, by the same rules."""
    correcting.correct_mail(work, debtor_id, data.email)
    return _address(work, debtor_id)


@put(
    "/debtors/{debtor_id:uuid}/address/phone",
    sync_to_thread=True,
    guards=[requires(Permission.HOLD)],
    operation_id="correctPhone",
    tags=[TAG],
)
def correct_phone(work: Work, debtor_id: Id, data: JSONBody[PhoneIn]) -> AddressOut:
    """This number is used instead, by the same rules; a number that somebody called in vain counts as wrong."""
    correcting.correct_phone(work, debtor_id, data.phone)
    return _address(work, debtor_id)


@delete(
    "/debtors/{debtor_id:uuid}/address/letter",
    sync_to_thread=True,
    guards=[requires(Permission.HOLD)],
    operation_id="endLetter",
    tags=[TAG],
)
def end_letter(work: Work, debtor_id: Id) -> None:
    """The ledger's postal address holds again. 404 where nothing stands in for it."""
    correcting.end(work, debtor_id, "letter")


@delete(
    "/debtors/{debtor_id:uuid}/address/email", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="endEmail", tags=[TAG]
)
def end_email(work: Work, debtor_id: Id) -> None:
    """The ledger's e-mail address holds again. 404 where nothing stands in for it."""
    correcting.end(work, debtor_id, "email")


@delete(
    "/debtors/{debtor_id:uuid}/address/phone", sync_to_thread=True, guards=[requires(Permission.HOLD)], operation_id="endPhone", tags=[TAG]
)
def end_phone(work: Work, debtor_id: Id) -> None:
    """The ledger's phone number holds again. 404 where nothing stands in for it."""
    correcting.end(work, debtor_id, "sms")


def _address(work: UnitOfWork, debtor_id: uuid.UUID) -> AddressOut:
    debtor = queries.find_debtor(work, debtor_id)
    corrected = addresses.reached_now(work, debtor).corrected
    used = []
    for way in ("letter", "email", "sms"):
        row = corrected.get(way)
        if row is not None:
            source = cast("Literal['register', 'person']", row.source)
            used.append(UsedOut(way, list(addresses.lines_of(row)), source, row.recorded_by, row.recorded_at))
        elif own := addresses.in_ledger(debtor, way):
            used.append(UsedOut(way, own.splitlines(), "ledger", None, None))
    failed = [
        FailedOut(cast("Way", one.channel), one.address.splitlines(), one.state, one.told_at, one.said)
        for one in correcting.failed(work, debtor_id)
    ]
    return AddressOut(debtor_id, used, failed)


HANDLERS = (get_address, correct_letter, correct_email, correct_phone, end_letter, end_email, end_phone)
