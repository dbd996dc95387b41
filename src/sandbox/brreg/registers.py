"""What the two registers remember, and the shapes they answer in."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from sandbox.world import World

#: flags a unit always shows; a date comes only when it is known
DEFAULTS: dict[str, Any] = {
    "organisasjonsform": "AS",
    "registreringsdatoEnhetsregisteret": "2015-03-02",
    "stiftelsesdato": "2015-02-14",
    "registrertIMvaregisteret": True,
    "registrertIForetaksregisteret": True,
    "registrertIStiftelsesregisteret": False,
    "registrertIFrivillighetsregisteret": False,
    "konkurs": False,
    "underAvvikling": False,
    "underTvangsavviklingEllerTvangsopplosning": False,
    "maalform": "Bokmål",
}
FORM_NAMES = {
    "AS": "Aksjeselskap",
    "ASA": "Allmennaksjeselskap",
    "ENK": "Enkeltpersonforetak",
    "NUF": "Norskregistrert utenlandsk foretak",
    "SA": "Samvirkeforetak",
    "KOMM": "Kommune",
    "SÆR": "Annet foretak iflg. særskilt lov",
}
#: a year's accounts as the control API takes them, and where the register shows each figure; an absent figure is left out, never zero
FIGURES: dict[str, tuple[str, ...]] = {
    "revenue": ("resultatregnskapResultat", "driftsresultat", "driftsinntekter", "sumDriftsinntekter"),
    "operating_costs": ("resultatregnskapResultat", "driftsresultat", "driftskostnad", "sumDriftskostnad"),
    "operating_result": ("resultatregnskapResultat", "driftsresultat", "driftsresultat"),
    "net_finance": ("resultatregnskapResultat", "finansresultat", "nettoFinans"),
    "result": ("resultatregnskapResultat", "aarsresultat"),
    "assets": ("eiendeler", "sumEiendeler"),
    "current_assets": ("eiendeler", "omloepsmidler", "sumOmloepsmidler"),
    "fixed_assets": ("eiendeler", "anleggsmidler", "sumAnleggsmidler"),
    "cash": ("eiendeler", "sumBankinnskuddOgKontanter"),
    "receivables": ("eiendeler", "sumFordringer"),
    "stock": ("eiendeler", "sumVarer"),
    "equity": ("egenkapitalGjeld", "egenkapital", "sumEgenkapital"),
    "paid_in_equity": ("egenkapitalGjeld", "egenkapital", "innskuttEgenkapital", "sumInnskuttEgenkaptial"),
    "debt": ("egenkapitalGjeld", "gjeldOversikt", "sumGjeld"),
    "current_debt": ("egenkapitalGjeld", "gjeldOversikt", "kortsiktigGjeld", "sumKortsiktigGjeld"),
}
#: groups that stand there even when empty: a holding company has `driftsinntekter: {}`
GROUPS = tuple({path[:depth]: None for path in FIGURES.values() for depth in range(1, len(path))})


class Filing(msgspec.Struct, forbid_unknown_fields=True):
    """One year's accounts in whole units of the currency."""

    year: int
    kind: Literal["SELSKAP", "KONSERN"] = "SELSKAP"
    currency: str = "NOK"
    plan: Literal["smaa", "store", "oevrige"] = "store"
    audited: bool = True
    liquidation: bool = False
    figures: dict[str, int] = {}
    id: int | None = None


class Accounts(msgspec.Struct, forbid_unknown_fields=True):
    """`unsupported`: a bank's or insurer's plan, which the open register answers with 500."""

    filings: list[Filing] = []
    unsupported: bool = False


class Update(msgspec.Struct):
    id: int
    at: datetime
    organisation_number: str
    kind: Literal["Ny", "Endring", "Sletting", "Fjernet", "Ukjent"]
    changes: list[dict[str, Any]] = []


class Registers(msgspec.Struct):
    units: dict[str, dict[str, Any]] = {}
    #: removed by law: answered with 410
    removed: dict[str, str] = {}
    accounts: dict[str, Accounts] = {}
    updates: list[Update] = []
    next_update: int = 24_720_000
    next_filing: int = 1_200_000
    #: how many of the next calls to the accounts are answered with 429
    too_many: int = 0


def registers_of(world: World) -> Registers:
    return world.part("brreg", Registers)


def put_unit(world: World, number: str, given: dict[str, Any]) -> None:
    """Create a unit or change what is given, under the register's own names; `fjernet: true` removes it. The update feed hears of it."""
    registers = registers_of(world)
    if given.get("fjernet"):
        registers.units.pop(number, None)
        registers.removed[number] = world.today().isoformat()
        _tell(world, number, "Fjernet", [])
        return
    before = registers.units.get(number)
    after = {**(DEFAULTS if before is None else before), **{k: v for k, v in given.items() if k != "fjernet"}}
    after.setdefault("navn", f"FORETAK {number}")
    registers.removed.pop(number, None)
    registers.units[number] = {name: value for name, value in after.items() if value is not None}
    if before is None:
        _tell(world, number, "Ny", [])
        return
    changed = [
        {"op": "replace" if name in before else "add", "path": f"/{name}", "value": value}
        for name, value in after.items()
        if before.get(name) != value
    ]
    if changed:
        _tell(world, number, "Sletting" if any(c["path"] == "/slettedato" for c in changed) else "Endring", changed)


def put_accounts(world: World, number: str, accounts: Accounts) -> None:
    """Replace a company's filed accounts. Each filing gets an id of its own; a year filed again gets a new one."""
    registers = registers_of(world)
    for filing in accounts.filings:
        if filing.id is None:
            registers.next_filing += 1
            filing.id = registers.next_filing
    registers.accounts[number] = accounts


def enhet(unit: dict[str, Any], number: str, base: str) -> dict[str, Any]:
    """A unit as Enhetsregisteret shows it. Fewer than five employees are not told."""
    form = str(unit["organisasjonsform"])
    shown = {
        "organisasjonsnummer": number,
        **unit,
        "organisasjonsform": {
            "kode": form,
            "beskrivelse": FORM_NAMES.get(form, form),
            "_links": {"self": {"href": f"{base}/organisasjonsformer/{form}"}},
        },
        "_links": {"self": {"href": f"{base}/enheter/{number}"}},
    }
    employees = unit.get("antallAnsatte")
    if employees is not None:
        shown["harRegistrertAntallAnsatte"] = True
        if employees < 5:
            del shown["antallAnsatte"]
    return shown


def regnskap(registers: Registers, number: str, filing: Filing) -> dict[str, Any]:
    """One filing as Regnskapsregisteret shows it."""
    whole: dict[str, Any] = {
        "id": filing.id,
        "journalnr": f"{filing.year + 1}{int(number) % 1_000_000:06d}",
        "regnskapstype": filing.kind,
        "virksomhet": {
            "organisasjonsnummer": number,
            "organisasjonsform": str(registers.units.get(number, DEFAULTS)["organisasjonsform"]),
            "morselskap": filing.kind == "KONSERN",
        },
        "regnskapsperiode": {"fraDato": f"{filing.year}-01-01", "tilDato": f"{filing.year}-12-31"},
        "valuta": filing.currency,
        "avviklingsregnskap": filing.liquidation,
        "oppstillingsplan": filing.plan,
        "revisjon": {"ikkeRevidertAarsregnskap": not filing.audited, "fravalgRevisjon": not filing.audited},
        "regnkapsprinsipper": {"smaaForetak": filing.plan == "smaa", "regnskapsregler": "regnskapslovenAlminneligRegler"},
    }
    for group in GROUPS:
        _inner(whole, group)
    for name, amount in filing.figures.items():
        path = FIGURES[name]
        _inner(whole, path[:-1])[path[-1]] = amount
    return whole


def _inner(whole: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    for name in path:
        whole = whole.setdefault(name, {})
    return whole


def _tell(world: World, number: str, kind: Literal["Ny", "Endring", "Sletting", "Fjernet"], changes: list[dict[str, Any]]) -> None:
    registers = registers_of(world)
    registers.next_update += 1
    registers.updates.append(Update(registers.next_update, world.now(), number, kind, changes))
