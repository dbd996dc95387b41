"""The one way to a file server (SFTP): its key is pinned, what is laid down is whole, and trouble is told in our own words.

A file is written beside its name and moved there when it is whole: whoever reads the folder never sees half of one. Until that move nothing
has been handed over; whether a move was heard when the connection breaks on it, nobody can tell.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from app.net.errors import BrokenError, TryLaterError, UnknownOutcomeError

if TYPE_CHECKING:
    from asyncssh import SFTPClient

Answer = TypeVar("Answer")
TIMEOUT_SECONDS = 30.0
UNFINISHED = ".part"
#: wrong settings of ours: a person must look, and trying often does not help
OUR_OWN_FAULT = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class SftpAccount:
    """One account at one server, which must show exactly `host_key` (`ssh-ed25519 AAAA…`); `password` or `client_key` opens it.

    `public_only`: the address was typed by a tenant, so nothing but a public one is spoken to.
    """

    host: str
    port: int
    username: str
    host_key: str
    password: str | None = field(default=None, repr=False)
    client_key: str | None = field(default=None, repr=False)
    public_only: bool = False
    timeout_seconds: float = TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in a folder. `changed`: its time of change by the server's clock, in seconds."""

    name: str
    size: int
    changed: int


class Files:
    """The server while it is open. Paths are relative to where the account begins."""

    def __init__(self, server: SFTPClient) -> None:
        self._server = server
        #: the last move of `hand_over` has been sent
        self.handing_over = False

    async def put(self, path: str, content: bytes) -> None:
        """Lay a file down whole."""
        await self._write(f"{path}{UNFINISHED}", content)
        await self.move(f"{path}{UNFINISHED}", path)

    async def hand_over(self, path: str, content: bytes) -> None:
        """As `put`, and from the move on the outcome of trouble is unknown: the last thing done with the server."""
        await self._write(f"{path}{UNFINISHED}", content)
        self.handing_over = True
        await self.move(f"{path}{UNFINISHED}", path)

    async def move(self, path: str, to: str) -> None:
        await self._server.posix_rename(path, to)

    async def names(self, folder: str) -> list[str]:
        """All that lies there, in no order."""
        return [str(name) for name in await self._server.listdir(folder)]

    async def listing(self, folder: str) -> list[Entry]:
        """The plain files that lie there whole, oldest first."""
        found = []
        for one in await self._server.readdir(folder):
            name, seen = str(one.filename), one.attrs
            if seen.type not in (None, 1) or name.startswith(".") or name.endswith(UNFINISHED):
                continue
            found.append(Entry(name, int(seen.size or 0), int(seen.mtime or 0)))
        return sorted(found, key=lambda one: (one.changed, one.name))

    async def read(self, path: str, bytes_max: int) -> bytes:
        """Its first bytes, that many at most."""
        async with self._server.open(path, "rb") as file:
            content: Any = await file.read(bytes_max)  # bytes, as it was opened; the library says text
        return bytes(content)

    async def _write(self, path: str, content: bytes) -> None:
        async with self._server.open(path, "wb") as file:
            await file.write(content)


class SftpServer:
    """A server to do something at. `whose` names it in what is told of trouble, e.g. "the print house"."""

    def __init__(self, account: SftpAccount, whose: str) -> None:
        self._account, self._whose = account, whose

    def visit(self, errand: Callable[[Files], Awaitable[Answer]], *, hurry: bool = False) -> Answer:
        """Log in, do it, log out. With `hurry` the whole visit ends in time. Raises the errors of `app.net.errors`."""
        return _run(self._visit(errand, self._account.timeout_seconds if hurry else None))

    async def _visit(self, errand: Callable[[Files], Awaitable[Answer]], seconds: float | None) -> Answer:
        handed = False
        try:
            async with asyncio.timeout(seconds), self._session() as server:
                files = Files(server)
                try:
                    return await errand(files)
                finally:
                    handed = files.handing_over
        except Exception as fault:
            told = self._trouble(fault, handed)
            if told is fault:
                raise
            raise told from fault

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[SFTPClient]:
        import asyncssh

        given = self._account
        trusted = asyncssh.import_public_key(given.host_key)
        keys = [asyncssh.import_private_key(given.client_key)] if given.client_key else None
        host = await _public_address(given.host, given.port) if given.public_only else given.host
        async with (
            asyncssh.connect(
                host, given.port, username=given.username, password=given.password, client_keys=keys,
                known_hosts=([trusted], [], []), agent_path=None, config=None, connect_timeout=given.timeout_seconds,
                login_timeout=given.timeout_seconds,
            ) as connection,
            connection.start_sftp_client() as server,
        ):  # fmt: skip
            yield server

    def _trouble(self, fault: Exception, handed: bool) -> Exception:
        import asyncssh

        if isinstance(fault, asyncssh.KeyImportError):
            return TryLaterError(f"the key for {self._whose}'s server cannot be read: {str(fault)[:100]}", OUR_OWN_FAULT)
        if not isinstance(fault, OSError | TimeoutError | asyncssh.Error):
            return fault
        if isinstance(fault, asyncssh.SFTPError) and not isinstance(fault, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
            return TryLaterError(f"{self._whose}'s server does not do it: {fault.reason[:200]}")
        if handed:
            return UnknownOutcomeError("the connection was lost while a file was handed over")
        if isinstance(fault, asyncssh.HostKeyNotVerifiable):
            return TryLaterError(f"{self._whose}'s server does not show the key we know it by", OUR_OWN_FAULT)
        if isinstance(fault, asyncssh.PermissionDenied):
            return TryLaterError(f"{self._whose}'s server does not let us in", OUR_OWN_FAULT)
        return TryLaterError(f"no connection to {self._whose}")


def is_key(text: str) -> bool:
    """Can this be a server's public key?"""
    import asyncssh

    try:
        asyncssh.import_public_key(text)
    except (asyncssh.KeyImportError, ValueError):
        return False
    return True


async def _public_address(host: str, port: int) -> str:
    """The address to connect to: looked up once, so that what was checked is what is spoken to."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(one[4][0]) for one in found]
    if not addresses or not all(ipaddress.ip_address(address.split("%")[0]).is_global for address in addresses):
        raise BrokenError("the server's address is not a public one")
    return addresses[0]


def _run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """To its end, on a loop and in a thread of its own: whoever asks may stand in a loop already."""
    with ThreadPoolExecutor(1, thread_name_prefix="sftp") as alone:
        return alone.submit(asyncio.run, work).result()
