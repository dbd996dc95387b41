"""Who is asking: an API key in `Authorization: Bearer`, and nothing else. A browser's cookie means nothing here, so neither does CSRF."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from app.api.problems import UNAUTHENTICATED, ProblemError
from app.db.unit_of_work import Database
from app.tenants import api_keys, rate_limits
from app.tenants.identity import Identity

SCHEME = "Bearer "
REQUESTS_MAX = 600
WINDOW = timedelta(minutes=1)


class ApiKeyMiddleware(AbstractAuthenticationMiddleware):
    """Resolves the key to an `Identity`, and counts the request against the key's limit."""

    async def authenticate_request(self, connection: ASGIConnection[Any, Any, Any, Any]) -> AuthenticationResult:
        database: Database = connection.app.state.database
        limit: int = connection.app.state.get("api_requests_max", REQUESTS_MAX)
        identity = await sync_to_thread(admit, database, connection.headers.get("authorization", ""), limit)
        return AuthenticationResult(user=identity, auth="api_key")


def admit(database: Database, header: str, limit: int = REQUESTS_MAX) -> Identity:
    """The holder of a live key. 401 for anything else, 429 when the key has asked more than `limit` times this minute."""
    key = header.removeprefix(SCHEME) if header.startswith(SCHEME) and header.isascii() and header.isprintable() else None
    identity = api_keys.resolve(database, key)
    if identity is None:
        raise ProblemError(UNAUTHENTICATED, headers={"WWW-Authenticate": 'Bearer realm="reskontro"'})
    rate_limits.spend(database, "api", str(identity.api_key_id), limit=limit, window=WINDOW)
    return identity
