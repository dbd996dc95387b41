"""Brønnøysund's open registers: Enhetsregisteret (who a unit is and whether it still stands) and Regnskapsregisteret (its filed accounts).

Open data (NLOD 2.0), no key. The accounts API calls itself temporary and describes less than it sends: names are misspelt and stay so,
an absent figure means "not stated", and status 500 means "a kind of accounts I do not publish".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from app.credit.ports import AccountsAnswer, AnnualAccounts, Insolvency, RegisterEntry
from app.net.errors import BrokenError, OutsideError, RefusedError, TryLaterError
from app.net.http import HttpClient, Reply, backoff
from app.values.clock import Clock

UNIT_PATH = "/enhetsregisteret/api/enheter/"
ACCOUNTS_PATH = "/regnskapsregisteret/regnskap/"
#: first that applies wins: the register may set several; each with the fields that may carry its date
STANDING: tuple[tuple[str, Insolvency, tuple[str, ...]], ...] = (
    ("slettedato", Insolvency.DELETED, ("slettedato",)),
    ("konkurs", Insolvency.BANKRUPT, ("konkursdato",)),
    (
        "underTvangsavviklingEllerTvangsopplosning",
        Insolvency.COMPULSORY_LIQUIDATION,
        ("underTvangsavviklingEllerTvangsopplosningDato", "tvangsopplostPgaManglendeDagligLederDato"),
    ),
    ("underAvvikling", Insolvency.LIQUIDATION, ("underAvviklingDato",)),
)


class BrregRegister:
    """`http` has the base address of both registers (https://data.brreg.no). `pause` waits before the one repeat after a 429."""

    def __init__(self, http: HttpClient, clock: Clock, pause: Callable[[int], None] = backoff) -> None:
        self._http = http
        self._clock = clock
        self._pause = pause

    def entry(self, organisation_number: str) -> RegisterEntry | None:
        number = _nine_digits(organisation_number)
        answer = self._get(UNIT_PATH + number)
        if answer.status == 404:
            return None
        if answer.status == 410:
            return self._removed(number)
        if answer.status != 200:
            raise _trouble(answer)
        unit = answer.json()
        if not isinstance(unit, dict) or unit.get("organisasjonsnummer") != number:
            raise BrokenError("Enhetsregisteret answered with something else than the unit asked for")
        return self._entry(unit)

    def accounts(self, organisation_number: str) -> AccountsAnswer:
        """All filings the open register shows, newest year first, the company before its group; øre of the currency."""
        answer = self._get(ACCOUNTS_PATH + _nine_digits(organisation_number))
        if answer.status == 404:
            return AccountsAnswer((), True, "no accounts filed", self._clock.now())
        if answer.status == 500:
            return AccountsAnswer((), False, "not in the open register (bank, insurer or another special plan)", self._clock.now())
        if answer.status != 200:
            raise _trouble(answer)
        rows = answer.json()
        if not isinstance(rows, list):
            raise BrokenError("Regnskapsregisteret answered with something else than a list")
        filings = sorted((_annual(row) for row in rows), key=lambda filing: (-filing.period_to.toordinal(), filing.kind != "SELSKAP"))
        return AccountsAnswer(tuple(filings), True, None, self._clock.now())

    def close(self) -> None:
        self._http.close()

    def _get(self, path: str) -> Reply:
        """One repeat after "too many", which the register has also been seen to say inside a 200."""
        answer = self._http.request("GET", path, headers={"accept": "application/json"})
        if _is_too_many(answer):
            self._pause(0)
            answer = self._http.request("GET", path, headers={"accept": "application/json"})
            if _is_too_many(answer):
                raise TryLaterError("the register says: too many requests")
        return answer

    def _removed(self, number: str) -> RegisterEntry:
        return RegisterEntry(number, "", "", Insolvency.REMOVED, None, None, None, None, None, None, (), None, None, self._clock.now())

    def _entry(self, unit: Mapping[str, Any]) -> RegisterEntry:
        insolvency, insolvency_on = _standing(unit)
        address = unit.get("postadresse") or unit.get("forretningsadresse") or {}
        industry = unit.get("naeringskode1") or {}
        return RegisterEntry(
            organisation_number=str(unit["organisasjonsnummer"]),
            name=str(unit.get("navn") or ""),
            form=str((unit.get("organisasjonsform") or {}).get("kode") or ""),
            insolvency=insolvency,
            insolvency_on=insolvency_on,
            # the register's own description says stiftelsedato, its answers say stiftelsesdato
            founded_on=_date(unit.get("stiftelsesdato") or unit.get("stiftelsedato")),
            registered_on=_date(unit.get("registreringsdatoEnhetsregisteret")),
            vat_registered=unit.get("registrertIMvaregisteret"),
            employees=unit.get("antallAnsatte"),
            industry=" ".join(str(industry[part]) for part in ("kode", "beskrivelse") if industry.get(part)) or None,
            address_lines=tuple(str(line) for line in address.get("adresse") or () if line),
            postal_code=address.get("postnummer"),
            city=address.get("poststed"),
            fetched_at=self._clock.now(),
            email=unit.get("epostadresse"),
            country=str(address.get("landkode") or "NO"),
        )


def _standing(unit: Mapping[str, Any]) -> tuple[Insolvency, date | None]:
    for flag, insolvency, dates in STANDING:
        if unit.get(flag):
            return insolvency, next((_date(unit[name]) for name in dates if unit.get(name)), None)
    return Insolvency.NONE, None


def _annual(row: Any) -> AnnualAccounts:
    period_to = _date(_leaf(row, "regnskapsperiode", "tilDato"))
    currency, kind = _leaf(row, "valuta"), _leaf(row, "regnskapstype")
    if period_to is None or not currency or not kind:
        raise BrokenError("a filing lacks its period, its currency or its kind")
    unaudited = _leaf(row, "revisjon", "ikkeRevidertAarsregnskap")
    income = ("resultatregnskapResultat", "driftsresultat")
    return AnnualAccounts(
        filing_id=str(row.get("id")),
        kind=str(kind),
        period_to=period_to,
        currency=str(currency),
        audited=None if unaudited is None else not unaudited,
        revenue=_ore(row, *income, "driftsinntekter", "sumDriftsinntekter"),
        operating_result=_ore(row, *income, "driftsresultat"),
        result=_ore(row, "resultatregnskapResultat", "aarsresultat"),
        assets=_ore(row, "eiendeler", "sumEiendeler"),
        current_assets=_ore(row, "eiendeler", "omloepsmidler", "sumOmloepsmidler"),
        cash=_ore(row, "eiendeler", "sumBankinnskuddOgKontanter"),
        equity=_ore(row, "egenkapitalGjeld", "egenkapital", "sumEgenkapital"),
        debt=_ore(row, "egenkapitalGjeld", "gjeldOversikt", "sumGjeld"),
        current_debt=_ore(row, "egenkapitalGjeld", "gjeldOversikt", "kortsiktigGjeld", "sumKortsiktigGjeld"),
    )


def _leaf(row: Any, *path: str) -> Any:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def _ore(row: Any, *path: str) -> int | None:
    """The register counts in whole kroner (or other currency), and sometimes with decimals."""
    found = _leaf(row, *path)
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int | Decimal):
        raise BrokenError(f"{path[-1]} is no number")
    return int((Decimal(found) * 100).to_integral_value())


def _date(text: Any) -> date | None:
    try:
        return None if text is None else date.fromisoformat(str(text)[:10])
    except ValueError as fault:
        raise BrokenError("a date in the register is no date") from fault


def _is_too_many(answer: Reply) -> bool:
    if answer.status == 200 and len(answer.body) < 500:
        return not answer.body.lstrip().startswith((b"{", b"[")) and b"rate limit" in answer.body.lower()
    return answer.status == 429


def _trouble(answer: Reply) -> OutsideError:
    if answer.status >= 500 or answer.status == 408:
        return TryLaterError(f"the register answered with status {answer.status}")
    return RefusedError(f"the register answered with status {answer.status}")


def _nine_digits(number: str) -> str:
    if not (number.isascii() and number.isdecimal() and len(number) == 9):
        raise RefusedError(f"not an organisation number: {number[:40]!r}")
    return number
