"""The control API of the agencies that work in files: accounts, cases, what happens to them, and what goes wrong next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Router, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery, JSONBody

from sandbox.fileagency.desk import Account, Case, FileDesk, catch_up, change, desk_of, pay
from sandbox.fileagency.styles import STYLES
from sandbox.world import Fidelity, World

FIDELITY: dict[str, Fidelity] = {
    "SFTP til/LS*.csv, til/RD*.csv (Intrum: the letters, not what stands in them)": "example",
    "SFTP fra/KV*.csv, fra/AV*.csv (Intrum)": "assumed",
    "SFTP inn/*.csv, ut/*.csv (Retrieve)": "assumed",
    "SFTP in/*.xml, out/*.xml (an agency that wants XML)": "assumed",
}


class AccountBody(msgspec.Struct, forbid_unknown_fields=True):
    style: str
    creditors: list[str]
    password: str = "fileagency-sandbox-password"  # noqa: S105 - made up, opens nothing


class StateBody(msgspec.Struct, forbid_unknown_fields=True):
    state: str


def routes(world: World) -> Router:
    world.fidelity.update(FIDELITY)

    def the_world() -> World:
        return world

    handlers = [keep_account, read_account, list_cases, pay_case, change_case, night, set_switches]
    return Router("/control/fileagency", route_handlers=handlers, dependencies={"world": Provide(the_world, sync_to_thread=False)})


@put("/accounts/{name:str}", sync_to_thread=True)
def keep_account(name: FromPath[str], data: JSONBody[AccountBody], world: NamedDependency[World]) -> dict[str, Any]:
    if data.style not in STYLES:
        raise NotFoundException(f"styles are {', '.join(STYLES)}")
    with world.lock:
        accounts = desk_of(world).accounts
        known = accounts.get(name)
        if known is None:
            accounts[name] = Account(data.style, data.password, list(data.creditors))
        else:
            known.style, known.password, known.creditors = data.style, data.password, list(data.creditors)
        return _shown(accounts[name])


@get("/accounts/{name:str}", sync_to_thread=True)
def read_account(name: FromPath[str], world: NamedDependency[World]) -> dict[str, Any]:
    catch_up(world)
    return _shown(desk_of(world).accounts[name])


@get("/cases", sync_to_thread=True)
def list_cases(world: NamedDependency[World], reference: FromQuery[str | None] = None) -> list[Case]:
    catch_up(world)
    return [one for one in desk_of(world).cases.values() if reference in (None, one.reference)]


@post("/cases/{number:str}/pay", sync_to_thread=True)
def pay_case(number: FromPath[str], world: NamedDependency[World]) -> Case:
    with world.lock:
        case = _case(desk_of(world), number)
        pay(world, case, world.today())
        return case


@post("/cases/{number:str}/state", sync_to_thread=True)
def change_case(number: FromPath[str], data: JSONBody[StateBody], world: NamedDependency[World]) -> Case:
    with world.lock:
        case = _case(desk_of(world), number)
        change(world, case, data.state)
        return case


@post("/night", sync_to_thread=True)
def night(world: NamedDependency[World]) -> dict[str, int]:
    """The night's files are laid down now."""
    catch_up(world, now=world.now() + timedelta(days=1))
    return {"files": sum(len(one.tells) for one in desk_of(world).accounts.values())}


@patch("/switches", sync_to_thread=True)
def set_switches(data: JSONBody[dict[str, bool]], world: NamedDependency[World]) -> dict[str, bool]:
    switches = desk_of(world).switches
    for name, on in data.items():
        if name not in switches.__struct_fields__:
            raise NotFoundException(f"no switch {name}")
        setattr(switches, name, on)
    return msgspec.structs.asdict(switches)


def _shown(account: Account) -> dict[str, Any]:
    return {
        "style": account.style, "creditors": account.creditors, "lying": sorted(account.lying), "taken": sorted(account.taken),
        "tells": sorted(account.tells), "documents": account.documents, "problems": account.problems,
    }  # fmt: skip


def _case(desk: FileDesk, number: str) -> Case:
    if number not in desk.cases:
        raise NotFoundException("No such case")
    return desk.cases[number]
