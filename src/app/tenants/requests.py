"""What both doors give a handler: the asker's unit of work, and the question whether he may.

A door resolves the asker first (a session or an API key) and leaves an `Identity` as `request.user`; the application keeps its `Database`
as `app.state.database`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.exceptions import PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import SkipValidation

from app.db.unit_of_work import Database, UnitOfWork
from app.tenants.identity import Identity
from app.tenants.permissions import Permission

#: a handler's parameter `work: Work`, provided by `provide_unit_of_work` under the name `work`
Work = NamedDependency[SkipValidation[UnitOfWork]]


def provide_unit_of_work(request: Request[Identity, object, State]) -> Iterator[UnitOfWork]:
    """One transaction per request, in the asker's scope and name: a handler that returns commits, one that raises rolls back.

    The one generator dependency there may be: the framework would clean up two of them at the same time.
    """
    database: Database = request.app.state.database
    with database.begin(request.user.scope, request.user.actor) as work:
        yield work


@dataclass(frozen=True, slots=True)
class requires:  # noqa: N801 - reads as a word where it is used: guards=[requires(Permission.HOLD)]
    """A guard: 403 unless the asker has the permission. What he may not see is not its business; that does not exist for him."""

    permission: Permission

    def __call__(self, connection: ASGIConnection[object, Identity, object, State], _: BaseRouteHandler) -> None:
        if not connection.user.may(self.permission):
            raise PermissionDeniedException(f"this needs the permission to {self.permission.value}")
