"""A debtor's STOP: his number gets no more text messages from a company until he writes START, or a person lifts it with a reason.

It stops a road, not a claim: what is to be said goes by e-mail or letter. A company's name stands as sender for all it writes, and cannot
be answered; an answer comes to the gateway's own number and does not tell which company is meant. So it counts for every one that has
written to the number.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from enum import StrEnum

from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.messaging.models import Delivery, SmsStop
from app.messaging.ports import SmsAnswer
from app.messaging.sms_text import mobile_number
from app.tenants import audit
from app.values.ids import new_id

#: who lifted it, where the debtor did by himself
THE_DEBTOR = "the debtor"
REASON_MAX = 500
_OPEN_BUREAUS = text("select id from bureaus where closed_at is null order by id")


class Word(StrEnum):
    """What an answer asks for. Anything else is nothing this house acts on."""

    STOP = "stop"
    START = "start"


_STOPS = frozenset({"stop", "stopp", "avmeld"})


def word_in(said: str) -> Word | None:
    """STOP counts as the first word, or the second after a keyword, whatever follows; START only where nothing else is said."""
    words = re.findall(r"[^\W\d_]+", said.casefold())
    if _STOPS & set(words[:2]):
        return Word.STOP
    return Word.START if words[-1:] == ["start"] and len(words) <= 2 else None


def take(begin: Begin, answer: SmsAnswer) -> int:
    """What one answer asks for, done in each bureau that has written to the number. The same again changes nothing. Returns how many
    companies it changed something for."""
    word, number = word_in(answer.text), mobile_number(answer.from_number)
    if word is None or number is None:
        return 0
    with begin(PlatformScope()) as work:
        bureaus: list[uuid.UUID] = list(work.session.execute(_OPEN_BUREAUS).scalars())
    changed = 0
    for bureau_id in bureaus:
        with begin(BureauScope(bureau_id)) as work:
            changed += _stop(work, number) if word is Word.STOP else _start(work, number)
    return changed


def standing(work: UnitOfWork, company_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Mapping[str, SmsStop]]:
    """The stops in force of these companies, by number. One query."""
    found: dict[uuid.UUID, dict[str, SmsStop]] = defaultdict(dict)
    rows = select(SmsStop).where(SmsStop.company_id.in_(company_ids), SmsStop.lifted_at.is_(None))
    for row in work.session.execute(rows).scalars():
        found[row.company_id][row.number] = row
    return found


def is_stopped(work: UnitOfWork, company_id: uuid.UUID, number: str) -> bool:
    """Asked again right before a message leaves."""
    return work.session.execute(select(SmsStop.id).where(*_in_force(number), SmsStop.company_id == company_id)).first() is not None


def of_numbers(work: UnitOfWork, company_id: uuid.UUID, numbers: Collection[str]) -> list[SmsStop]:
    """Every stop there has been on these numbers, newest first."""
    rows = select(SmsStop).where(SmsStop.company_id == company_id, SmsStop.number.in_(numbers)).order_by(SmsStop.id.desc())
    return list(work.session.execute(rows).scalars())


def lift(work: UnitOfWork, company_id: uuid.UUID, number: str, reason: str) -> bool:
    """A person lets text messages go to the number again, and says why. False: they are not stopped. ValueError without a reason."""
    kept = " ".join(reason.split())[:REASON_MAX]
    if not kept:
        raise ValueError("say why")
    return bool(_lift(work, number, work.actor.name, kept, SmsStop.company_id == company_id))


def _stop(work: UnitOfWork, number: str) -> int:
    written = select(Delivery.company_id).where(Delivery.channel == "sms", Delivery.address == number).distinct()
    rows = [
        {
            "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "number": number, "stopped_at": work.now(),
        }
        for company_id in work.session.execute(written).scalars()
    ]  # fmt: skip
    if not rows:
        return 0
    made = insert(SmsStop).on_conflict_do_nothing().returning(SmsStop.id, SmsStop.company_id)
    return _told(work, "sms.stopped", [(row.id, row.company_id) for row in work.session.execute(made, rows)])


def _start(work: UnitOfWork, number: str) -> int:
    return _lift(work, number, THE_DEBTOR, "START")


def _lift(work: UnitOfWork, number: str, who: str, reason: str, *within: ColumnElement[bool]) -> int:
    ended = update(SmsStop).where(*_in_force(number), *within).values(lifted_at=work.now(), lifted_by=who, lift_reason=reason)
    rows = work.session.execute(ended.returning(SmsStop.id, SmsStop.company_id)).all()
    return _told(work, "sms.allowed", [(row.id, row.company_id) for row in rows])


def _in_force(number: str) -> tuple[ColumnElement[bool], ...]:
    return SmsStop.number == number, SmsStop.lifted_at.is_(None)


def _told(work: UnitOfWork, action: str, changed: list[tuple[uuid.UUID, uuid.UUID]]) -> int:
    """What rests on the road is decided anew."""
    for stop_id, company_id in changed:
        audit.record(work, action, "sms_stop", stop_id, company_id)
        work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(company_id), everything=1)
    return len(changed)
