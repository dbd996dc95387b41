"""Why a road to the debtor was a safe one (betryggende måte, inkassoloven 1988 § 3 a; 2026 § 15). Pure.

The act names no list. Its preparatory works and practice count an address the debtor has used towards the creditor himself, one at which
earlier mail has arrived, and one he has given; a letter to the postal address has always been safe. What was known is kept with each
delivery as it was on that day, so that it can be shown later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Ground(StrEnum):
    """One thing that speaks for a road."""

    WRITTEN_FROM = "written_from"
    ARRIVED_BEFORE = "arrived_before"
    IN_LEDGER = "in_ledger"
    FROM_REGISTER = "from_register"
    BY_PERSON = "by_person"
    BY_POST = "by_post"
    ALONGSIDE = "alongside"


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """What is known of an address on the day it is used. `arrived`: mails to it that did not come back, the newest on `arrived_on`.
    `corrected_on`: the day it took the place of the ledger's own, from the register or by a person's word."""

    in_ledger_on: date | None = None
    written_on: date | None = None
    arrived: int = 0
    arrived_on: date | None = None
    corrected_on: date | None = None
    from_register: bool = False


#: as an agency reads it, in the language in which such things are written here
_SENTENCES = {
    Ground.WRITTEN_FROM: "Skyldneren skrev selv fra adressen {on}.",
    Ground.ARRIVED_BEFORE: "{count} tidligere e-poster til adressen er ikke kommet i retur, den siste {on}.",
    Ground.IN_LEDGER: "Adressen sto på kunden i regnskapet {on}.",
    Ground.FROM_REGISTER: "Adressen ble hentet i Enhetsregisteret {on}.",
    Ground.BY_PERSON: "Adressen ble rettet av en saksbehandler {on}.",
    Ground.BY_POST: "Brev med posten til adressen i regnskapet {on}.",
    Ground.ALONGSIDE: "SMS: alene bærer den ikke noe varsel.",
}


def grounds(channel: str, known: KnownAddress) -> list[dict[str, Any]]:
    """What speaks for this road today, the strongest first, as it is kept with the delivery."""
    source = _ground(Ground.IN_LEDGER, known.in_ledger_on)
    if known.corrected_on is not None:
        source = _ground(Ground.FROM_REGISTER if known.from_register else Ground.BY_PERSON, known.corrected_on)
    if channel == "letter":
        return [_ground(Ground.BY_POST, known.in_ledger_on) if known.corrected_on is None else source]
    if channel == "sms":
        return [_ground(Ground.ALONGSIDE, None), source]
    found = []
    if known.written_on is not None:
        found.append(_ground(Ground.WRITTEN_FROM, known.written_on))
    if known.arrived:
        found.append(_ground(Ground.ARRIVED_BEFORE, known.arrived_on, count=known.arrived))
    return [*found, source]


def sentences(kept: Sequence[Mapping[str, Any]]) -> list[str]:
    """The grounds of a delivery for whoever takes the claim over."""
    return [_SENTENCES[Ground(one["code"])].format(on=_day(one.get("on")), count=one.get("count", "")) for one in kept]


def _ground(code: Ground, on: date | None, **more: int) -> dict[str, Any]:
    return {"code": code.value, "on": None if on is None else on.isoformat(), **more}


def _day(text: str | None) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}" if text else "uten kjent dato"
