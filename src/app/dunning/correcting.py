"""A person puts another address in the place of one that failed. Audited; the debtor's claims are decided on anew, and what is said again
has a deadline of its own. The ledger's address is the ledger's: it is corrected there, and takes over once it shows another."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import ColumnElement, func, literal, select, update

from app.credit.ports import Insolvency, RegisterEntry
from app.db.unit_of_work import UnitOfWork
from app.dunning.addresses import DEAD_ENDS, CorrectedWay, in_ledger
from app.dunning.call_facts import Outcome
from app.dunning.holds import HoldError
from app.dunning.models import Claim, CorrectedAddress, Notice, PhoneCall
from app.messaging.models import Delivery
from app.messaging.receipts import NOT_DELIVERED
from app.messaging.sms_text import mobile_number
from app.receivables.models import Debtor
from app.tenants import audit
from app.values.ids import new_id

Source = Literal["register", "person"]
LINES_MAX = 3
LINE_MAX = 60
CITY_MAX = 40
EMAIL_MAX = 254
_POSTAL_CODE = re.compile(r"[0-9]{4}", re.ASCII)
_WORD = r"[^\s@<>,;:\"\\()\[\]\x00-\x1f\x7f]+"
_PHONE = re.compile(r"\+?[0-9][0-9 ]{6,18}[0-9]", re.ASCII)
_EMAIL = re.compile(rf"{_WORD}@{_WORD}\.{_WORD}")
#: such a unit is reached by nobody at the address the register still shows
_GONE = (Insolvency.DELETED, Insolvency.REMOVED)


class AddressError(HoldError):
    """An address that cannot be taken. `field` names what to change; the text is an English message id."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An address at which a notice reached nobody, when that was told, and in the counterpart's words. `address` of a letter: the window's
    lines."""

    channel: str
    address: str
    state: str
    told_at: datetime | None
    said: str | None


@dataclass(frozen=True, slots=True)
class Post:
    """A Norwegian postal address, below the name."""

    lines: tuple[str, ...]
    postal_code: str
    city: str

    @property
    def text(self) -> str:
        return "\n".join((*self.lines, f"{self.postal_code} {self.city}"))


def failed(work: UnitOfWork, debtor_id: uuid.UUID) -> list[Failed]:
    """Each address that failed for this debtor in his company, as it was last told, the newest first."""
    rows = work.session.execute(
        select(Delivery.channel, Delivery.address, Delivery.state, Delivery.settled_at, Delivery.problem)
        .join(Notice, Notice.id == Delivery.purpose_id)
        .join(Claim, Claim.id == Notice.claim_id)
        .where(Claim.debtor_id == debtor_id, Delivery.purpose == "notice", Delivery.state.in_(DEAD_ENDS))
        .order_by(Delivery.id.desc())
    ).all()
    found: dict[tuple[str, str], Failed] = {}
    for channel, address, state, told_at, said in rows:
        found.setdefault((channel, address), Failed(channel, address, state, told_at, _theirs(said)))
    return list(found.values())


def post_in(entry: RegisterEntry) -> Post | None:
    """Where the register says that a letter reaches the unit; None where it is gone, or has no Norwegian address."""
    if entry.insolvency in _GONE or entry.country != "NO" or not entry.city or not _POSTAL_CODE.fullmatch(entry.postal_code or ""):
        return None
    return Post(tuple(line[:LINE_MAX] for line in entry.address_lines[:LINES_MAX]), entry.postal_code or "", entry.city)


def mail_in(entry: RegisterEntry) -> str | None:
    """The unit's own e-mail address in the register, where it is one."""
    return entry.email if entry.insolvency not in _GONE and entry.email and _EMAIL.fullmatch(entry.email) else None


def correct_post(
    work: UnitOfWork, debtor_id: uuid.UUID, lines: Sequence[str], postal_code: str, city: str, source: Source = "person"
) -> CorrectedAddress:  # fmt: skip
    """Letters go here instead. AddressError names `address_lines`, `postal_code` or `city`; LookupError: no such debtor."""
    kept = tuple(line for one in lines if (line := " ".join(one.split())))
    if len(kept) > LINES_MAX or any(len(line) > LINE_MAX for line in kept):
        raise AddressError("address_lines", N_("At most three lines of 60 characters."))
    code, place = postal_code.replace(" ", ""), " ".join(city.split())
    if not _POSTAL_CODE.fullmatch(code):
        raise AddressError("postal_code", N_("A Norwegian postcode has four digits, such as 5003."))
    if not 1 <= len(place) <= CITY_MAX:
        raise AddressError("city", N_("Give the place that belongs to the postcode."))
    debtor, post = _debtor(work, debtor_id), Post(kept, code, place)
    _check(work, debtor, "letter", f"{debtor.name}\n{post.text}", "address_lines")
    return _put(work, debtor, "letter", source, address_lines=list(kept), postal_code=code, city=place)


def correct_mail(work: UnitOfWork, debtor_id: uuid.UUID, email: str, source: Source = "person") -> CorrectedAddress:
    """E-mails go here instead. AddressError names `email`; LookupError: no such debtor."""
    address = email.strip()
    if len(address) > EMAIL_MAX or not _EMAIL.fullmatch(address):
        raise AddressError("email", N_("Write one e-mail address, such as faktura@firma.no."))
    debtor = _debtor(work, debtor_id)
    _check(work, debtor, "email", address, "email")
    return _put(work, debtor, "email", source, email=address)


def correct_phone(work: UnitOfWork, debtor_id: uuid.UUID, phone: str) -> CorrectedAddress:
    """This number is called, and written to where it is a mobile's. AddressError names `phone`; LookupError: no such debtor."""
    number = " ".join(phone.split())
    if not _PHONE.fullmatch(number):
        raise AddressError("phone", N_("Write one phone number, such as 900 00 000, or +46 and the number for one abroad."))
    debtor = _debtor(work, debtor_id)
    _check(work, debtor, "sms", mobile_number(number) or number, "phone")
    return _put(work, debtor, "sms", "person", phone=number)


def end(work: UnitOfWork, debtor_id: uuid.UUID, channel: str) -> None:
    """The ledger's own address holds again. LookupError: nothing is put in its place."""
    debtor = _debtor(work, debtor_id)
    if not _end(work, debtor, channel):
        raise LookupError("no such correction")
    audit.record(work, "debtor.address_correction_ended", "debtor", debtor.id, company_id=debtor.company_id, channel=channel)
    _decide_again(work, debtor)


def _theirs(problem: str | None) -> str | None:
    """The counterpart's own words, without ours before them."""
    for ours in NOT_DELIVERED.values():
        problem = None if problem == ours else problem and problem.removeprefix(f"{ours}: ")
    return problem


def _check(work: UnitOfWork, debtor: Debtor, channel: CorrectedWay, address: str, field: str) -> None:
    """It must be needed, and must not be one that failed."""
    dead = {one.address.casefold() for one in failed(work, debtor.id) if one.channel == channel}
    if address.casefold() in dead:
        raise AddressError(field, N_("This is an address that failed. Give another."))
    standing = select(CorrectedAddress.id).where(*_standing(debtor, channel))
    own, (known, works) = in_ledger(debtor, channel), _ledgers_own(work, debtor, channel)
    if own and works and known.casefold() not in dead and work.session.execute(standing).first() is None:
        raise AddressError(field, N_("Nothing has come back from the ledger's own address. If it is wrong, correct it in the ledger."))


def _ledgers_own(work: UnitOfWork, debtor: Debtor, channel: CorrectedWay) -> tuple[str, bool]:
    """The ledger's address as a delivery would have it, and whether nothing is known against it."""
    own = in_ledger(debtor, channel)
    match channel:
        case "email":
            return own, debtor.email_bad_reason is None
        case "sms":
            wrong = select(PhoneCall.id).join(Claim, Claim.id == PhoneCall.claim_id)
            wrong = wrong.where(Claim.debtor_id == debtor.id, PhoneCall.outcome == Outcome.WRONG_NUMBER)
            return mobile_number(own) or own, mobile_number(own) is not None and work.session.execute(wrong).first() is None
    return f"{debtor.name}\n{own}", bool(debtor.postal_code and debtor.city)


def _put(work: UnitOfWork, debtor: Debtor, channel: CorrectedWay, source: Source, **address: object) -> CorrectedAddress:
    _end(work, debtor, channel)
    row = CorrectedAddress(
        bureau_id=debtor.bureau_id, id=new_id(), company_id=debtor.company_id, debtor_id=debtor.id, channel=channel,
        instead_of=in_ledger(debtor, channel), source=source, recorded_by=work.actor.name, recorded_at=work.now(), **address,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    audit.record(work, "debtor.address_corrected", "debtor", debtor.id, company_id=debtor.company_id, channel=channel, source=source)
    _decide_again(work, debtor)
    return row


def _end(work: UnitOfWork, debtor: Debtor, channel: str) -> bool:
    ended = update(CorrectedAddress).where(*_standing(debtor, channel)).values(ended_at=work.now(), ended_by=work.actor.name)
    return bool(work.session.execute(ended.returning(CorrectedAddress.id)).all())


def _standing(debtor: Debtor, channel: str) -> tuple[ColumnElement[bool], ...]:
    return CorrectedAddress.debtor_id == debtor.id, CorrectedAddress.channel == channel, CorrectedAddress.ended_at.is_(None)


def _decide_again(work: UnitOfWork, debtor: Debtor) -> None:
    due = update(Claim).where(Claim.debtor_id == debtor.id, Claim.state == "active")
    work.session.execute(due.values(next_action_on=func.least(Claim.next_action_on, literal(work.today()))))
    work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(debtor.company_id))


def _debtor(work: UnitOfWork, debtor_id: uuid.UUID) -> Debtor:
    """Locked, so that of two corrections at once the later one holds."""
    debtor = work.session.execute(select(Debtor).where(Debtor.id == debtor_id).with_for_update(key_share=True)).scalar_one_or_none()
    if debtor is None:
        raise LookupError("no such debtor")
    return debtor


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid
