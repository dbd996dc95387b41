"""Where a debtor can be reached: the ledger's addresses, and what a person has put in the place of one that failed."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select

from app.db.among import among
from app.db.unit_of_work import UnitOfWork
from app.dunning.address_models import CorrectedAddress
from app.dunning.models import Notice
from app.messaging.models import Delivery
from app.messaging.sms_text import mobile_number
from app.receivables.models import Debtor

#: where a road has ended for a claim: the same address on it is not tried again
DEAD_ENDS = ("bounced", "returned", "refused")

CorrectedWay = Literal["email", "letter", "sms"]


@dataclass(frozen=True, slots=True)
class Reached:
    """`mail` is None where no address is known or it is known to be dead (inkassoloven 1988 § 3 a asks for a safe way). `window`: the
    lines of an envelope's window, name first; a letter goes there where `has_post`. `phone`: as it is written, for calls. `corrected`: what
    stands in, by channel."""

    mail: str | None
    window: tuple[str, ...]
    has_post: bool
    phone: str | None = None
    corrected: Mapping[str, CorrectedAddress] = field(default_factory=dict)

    @property
    def mobile(self) -> str | None:
        """The number that takes text messages, where it is one that does."""
        return mobile_number(self.phone or "")


def reached(debtor: Debtor, corrections: Sequence[CorrectedAddress] = ()) -> Reached:
    """By the ledger, except where it still shows the address that was corrected."""
    standing = {row.channel: row for row in corrections if row.instead_of == in_ledger(debtor, row.channel)}
    mail = debtor.email if debtor.email and debtor.email_bad_reason is None else None
    window, has_post = (debtor.name, *_place(debtor)), bool(debtor.postal_code and debtor.city)
    if (by_mail := standing.get("email")) is not None:
        mail = by_mail.email
    if (by_letter := standing.get("letter")) is not None:
        window, has_post = (debtor.name, *lines_of(by_letter)), True
    phone = debtor.phone if (by_phone := standing.get("sms")) is None else by_phone.phone
    return Reached(mail, window, has_post, phone, standing)


def reached_now(work: UnitOfWork, debtor: Debtor) -> Reached:
    """One debtor's."""
    return reached(debtor, corrections(work, [debtor.id]).get(debtor.id, ()))


def in_ledger(debtor: Debtor, channel: str) -> str:
    """The ledger's own address on a channel, without the name; empty where it has none."""
    match channel:
        case "email":
            return debtor.email or ""
        case "sms":
            return debtor.phone or ""
    return "\n".join(_place(debtor))


def lines_of(row: CorrectedAddress) -> tuple[str, ...]:
    """What was put in the place of the ledger's; a postal address as it stands below the name."""
    one = row.email or row.phone
    return (one,) if one is not None else (*row.address_lines, f"{row.postal_code} {row.city}")


def corrections(work: UnitOfWork, debtor_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[CorrectedAddress]]:
    """What has been put in the place of ledger addresses and not ended, by debtor. One query."""
    found: dict[uuid.UUID, list[CorrectedAddress]] = defaultdict(list)
    rows = select(CorrectedAddress).where(among(CorrectedAddress.debtor_id, debtor_ids), CorrectedAddress.ended_at.is_(None))
    for row in work.session.execute(rows).scalars():
        found[row.debtor_id].append(row)
    return found


def dead_ends(work: UnitOfWork, claim_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[tuple[str, str]]]:
    """Channel and address of what did not get through for each claim."""
    found: dict[uuid.UUID, set[tuple[str, str]]] = defaultdict(set)
    failed = (
        select(Notice.claim_id, Delivery.channel, Delivery.address)
        .join(Delivery, (Delivery.purpose == "notice") & (Delivery.purpose_id == Notice.letter_id))
        .where(among(Notice.claim_id, claim_ids), Delivery.state.in_(DEAD_ENDS))
    )
    for claim_id, channel, address in work.session.execute(failed).all():
        found[claim_id].add((channel, address))
    return found


def _place(debtor: Debtor) -> tuple[str, ...]:
    """Street, postal code and city, country where it is abroad."""
    place = " ".join(part for part in (debtor.postal_code, debtor.city) if part)
    country = debtor.country if debtor.country != "NO" else None
    return tuple(line for line in (*debtor.address_lines, place, country) if line and line.strip())
