"""Who may open a page. Every route says so with `requires(...)`; the few for people without a login stand in `PUBLIC_ROUTES`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler

from app.tenants import requests
from app.tenants.identity import Identity
from app.tenants.permissions import Permission

#: routes without a permission: login, and the signed pages of the weekly list and of approvals, whose key is their address
PUBLIC_ROUTES = frozenset(
    {
        "/login", "/logout", "/places", "/l/{token:str}", "/l/{token:str}/approve", "/l/{token:str}/stop/{entry_id:uuid}",
        "/l/{token:str}/undo/{entry_id:uuid}", "/a/{approval:str}",
    }
)  # fmt: skip


class Place(StrEnum):
    """Whose pages: the bureau's people, a company's own user, or both."""

    BUREAU = "bureau"
    COMPANY = "company"
    BOTH = "both"


#: where the platform's own people work
PLATFORM = "/platform"


class LoginNeededError(Exception):
    """Nobody is logged in. The answer leads to the login and back again."""


class ElsewhereError(Exception):
    """What is asked for stands at another address for this reader."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location


@dataclass(frozen=True, slots=True)
class Requires(requests.requires):
    """The pages' guard: besides the permission it asks whose page it is, and leads strangers to the login."""

    place: Place

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        identity: Identity | None = connection.scope["state"].get("identity")
        if identity is None:
            raise LoginNeededError
        here = Place.BUREAU if identity.company_id is None else Place.COMPANY
        if self.place not in {here, Place.BOTH}:
            if connection.scope["path"] == "/":
                raise ElsewhereError("/own")
            raise NotFoundException
        if not identity.may(self.permission):
            raise PermissionDeniedException(f"this needs the permission to {self.permission.value}")


@dataclass(frozen=True, slots=True)
class RequiresStaff(requests.requires):
    """The guard of the platform's own pages: they do not exist (404) for anybody of a bureau, whatever his role."""

    def __call__(self, connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
        state = connection.scope["state"]
        if state.get("staff") is None:
            if state.get("identity") is None:
                raise LoginNeededError
            raise NotFoundException


#: `VIEW` is what the shape asks for: staff have no role, and no permission of a bureau opens these pages
staff_only = RequiresStaff(Permission.VIEW)


def requires(permission: Permission, place: Place = Place.BUREAU) -> Requires:
    """The guard of a route: the permission asked for, and whose page it is. Somebody else's page does not exist (404)."""
    return Requires(permission, place)
