"""The registers' endpoints under `/brreg`, and the control that fills them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, Router, get, put
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from sandbox.brreg.registers import FIGURES, Accounts, Registers, Update, enhet, put_accounts, put_unit, registers_of, regnskap
from sandbox.world import Fidelity, World

UNITS = "/brreg/enhetsregisteret/api"
ACCOUNTS = "/brreg/regnskapsregisteret/regnskap"
#: the register's bound on page * size
DEPTH_MAX = 10_000
YEARS_MAX = 3
Json = dict[str, Any]
FIDELITY: dict[str, Fidelity] = {
    f"GET {UNITS}/enheter": "spec",
    f"GET {UNITS}/enheter/{{orgnr}}": "spec",
    f"GET {UNITS}/oppdateringer/enheter": "example",
    f"GET {ACCOUNTS}/{{orgnr}}": "spec",
}


def routes(world: World) -> Router:
    world.fidelity.update(FIDELITY)

    def the_world() -> World:
        return world

    def the_registers() -> Registers:
        return registers_of(world)

    return Router(
        "/",
        route_handlers=[
            Router(UNITS, route_handlers=[search, updates, unit]),
            Router(ACCOUNTS, route_handlers=[accounts]),
            Router("/control/brreg", route_handlers=[set_unit, set_accounts, set_limit, read_all]),
        ],
        dependencies={
            "world": Provide(the_world, sync_to_thread=False),
            "registers": Provide(the_registers, sync_to_thread=False),
        },
    )


@get("/enheter", sync_to_thread=True)
def search(
    request: Request[Any, Any, Any],
    registers: NamedDependency[Registers],
    navn: FromQuery[str] = "",
    organisasjonsnummer: FromQuery[str] = "",
    page: FromQuery[int] = 0,
    size: FromQuery[int] = 20,
) -> Json:
    """By part of the name, by a comma-separated list of numbers, or both. Deleted units are found by number only."""
    if (page + 1) * size > DEPTH_MAX:
        raise HTTPException("Max dybde (page*size) er 10 000", status_code=400)
    wanted = [number.strip() for number in organisasjonsnummer.split(",") if number.strip()]
    found = [
        enhet(row, number, _base(request))
        for number, row in sorted(registers.units.items())
        if (number in wanted if wanted else "slettedato" not in row) and navn.lower() in str(row["navn"]).lower()
    ]
    return _paged("enheter", found, page, size)


@get("/enheter/{orgnr:str}", sync_to_thread=True)
def unit(orgnr: FromPath[str], request: Request[Any, Any, Any], registers: NamedDependency[Registers]) -> Response[Any]:
    if orgnr in registers.removed:
        return Response({"organisasjonsnummer": orgnr, "slettedato": registers.removed[orgnr]}, status_code=410)
    if orgnr not in registers.units:
        return Response(None, status_code=404)
    return Response(enhet(registers.units[orgnr], orgnr, _base(request)), status_code=200)


@get("/oppdateringer/enheter", sync_to_thread=True)
def updates(
    request: Request[Any, Any, Any],
    registers: NamedDependency[Registers],
    dato: FromQuery[datetime | None] = None,
    oppdateringsid: FromQuery[int] = 1,
    organisasjonsnummer: FromQuery[str] = "",
    includeChanges: FromQuery[bool] = False,  # noqa: N803 - the register's name
    page: FromQuery[int] = 0,
    size: FromQuery[int] = 20,
) -> Json:
    """Oldest first; `_embedded` is absent when nothing is found."""
    wanted = [number.strip() for number in organisasjonsnummer.split(",") if number.strip()]
    found = [
        _told(update, _base(request), includeChanges)
        for update in registers.updates
        if update.id >= oppdateringsid and (dato is None or update.at >= dato) and (not wanted or update.organisation_number in wanted)
    ]
    return _paged("oppdaterteEnheter", found, page, size)


@get("/{orgnr:str}", sync_to_thread=True)
def accounts(
    orgnr: FromPath[str],
    request: Request[Any, Any, Any],
    world: NamedDependency[World],
    registers: NamedDependency[Registers],
    year: Annotated[int | None, QueryParameter(name="år")] = None,
    regnskapstype: FromQuery[str | None] = None,
) -> Response[Any]:
    """Up to three years of each kind, the group's before the company's own, years ascending."""
    with world.lock:
        if registers.too_many > 0:
            registers.too_many -= 1
            return Response("Rate limit exceeded", status_code=429, media_type="text/plain", headers={"x-rate-limit-remaining": "0"})
    filed = registers.accounts.get(orgnr, Accounts())
    if filed.unsupported:
        return Response(_server_error(world, request.url.path), status_code=500)
    rows = []
    for kind in ("KONSERN", "SELSKAP"):
        newest = sorted((f for f in filed.filings if f.kind == kind and regnskapstype in (None, kind)), key=lambda f: f.year)[-YEARS_MAX:]
        rows += [regnskap(registers, orgnr, filing) for filing in newest if year in (None, filing.year)]
    return Response(rows or None, status_code=200 if rows else 404, headers={"x-rate-limit-remaining": "29"})


@put("/units/{orgnr:str}", sync_to_thread=True)
def set_unit(orgnr: FromPath[str], data: JSONBody[Json], world: NamedDependency[World]) -> Json:
    _check_number(orgnr)
    with world.lock:
        put_unit(world, orgnr, data)
        return registers_of(world).units.get(orgnr, {"fjernet": True})


@put("/accounts/{orgnr:str}", sync_to_thread=True)
def set_accounts(orgnr: FromPath[str], data: JSONBody[Accounts], world: NamedDependency[World]) -> Accounts:
    _check_number(orgnr)
    unknown = {name for filing in data.filings for name in filing.figures} - set(FIGURES)
    if unknown:
        raise HTTPException(f"no such figure: {', '.join(sorted(unknown))}; known: {', '.join(FIGURES)}", status_code=400)
    with world.lock:
        put_accounts(world, orgnr, data)
        return data


@put("/limit", sync_to_thread=True)
def set_limit(data: JSONBody[dict[str, int]], world: NamedDependency[World], registers: NamedDependency[Registers]) -> Json:
    """`{"too_many": n}`: the next n calls to the accounts are answered with 429."""
    with world.lock:
        registers.too_many = data["too_many"]
        return {"too_many": registers.too_many}


@get("/units", sync_to_thread=True)
def read_all(registers: NamedDependency[Registers]) -> Json:
    return {"units": registers.units, "removed": registers.removed, "accounts": registers.accounts}


def _told(update: Update, base: str, with_changes: bool) -> Json:
    told: Json = {
        "oppdateringsid": update.id,
        "dato": f"{update.at:%Y-%m-%dT%H:%M:%S}.{update.at.microsecond // 1000:03d}Z",
        "organisasjonsnummer": update.organisation_number,
        "endringstype": update.kind,
    }
    if with_changes:
        told["endringer"] = update.changes
    if update.kind != "Fjernet":
        told["_links"] = {"enhet": {"href": f"{base}/enheter/{update.organisation_number}"}}
    return told


def _paged(name: str, found: list[Json], page: int, size: int) -> Json:
    rows = found[page * size : (page + 1) * size]
    numbers = {"size": size, "totalElements": len(found), "totalPages": -(-len(found) // max(size, 1)), "number": page}
    return {**({"_embedded": {name: rows}} if rows else {}), "page": numbers}


def _server_error(world: World, path: str) -> Json:
    return {
        "timestamp": f"{world.now():%Y-%m-%dT%H:%M:%S.000+0000}",
        "status": "500",
        "error": "Internal Server Error",
        "message": "Regnskap med denne oppstillingsplanen er ikke tilgjengelig",
        "path": path.removeprefix("/brreg"),
        "trace": "5631709a-6e3e-4b72-94e7-fcbf6341272a",
    }


def _base(request: Request[Any, Any, Any]) -> str:
    return f"{request.base_url}".rstrip("/") + UNITS


def _check_number(orgnr: str) -> None:
    if not (orgnr.isascii() and orgnr.isdecimal() and len(orgnr) == 9):
        raise HTTPException("an organisation number has nine digits", status_code=400)
