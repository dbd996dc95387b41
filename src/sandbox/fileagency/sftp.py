"""The SFTP side: each account has folders of its own, made anew at every login from what the agency's desk has."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox.fileagency.desk import Account, Lying, catch_up, desk_of, finish_files
from sandbox.fileagency.styles import STYLES
from sandbox.looping import LoopServer
from sandbox.world import World


def start_agencyfiles(world: World, host: str, port: int) -> LoopServer:
    """Listen in a thread of its own until `.stop()`. OSError where the port is taken."""
    return LoopServer("agencyfiles", partial(_listening, world, host, port))


@asynccontextmanager
async def _listening(world: World, host: str, port: int) -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory(prefix="fileagency-") as name:

        def counter(channel: asyncssh.SSHServerChannel[bytes]) -> Counter:
            return Counter(channel, world, Path(name))

        async with await asyncssh.listen(
            host, port, server_factory=partial(Doorkeeper, world), server_host_keys=[host_key()], sftp_factory=counter, allow_scp=False
        ):
            yield


def host_key() -> asyncssh.SSHKey:
    """The same at every start, so that it can be pinned. It protects nothing."""
    secret = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"the file agency in the sandbox").digest())
    text = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    return asyncssh.import_private_key(text)


class Doorkeeper(asyncssh.SSHServer):
    def __init__(self, world: World) -> None:
        self._desk = desk_of(world)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        known = self._desk.accounts.get(username)
        return known is not None and known.password == password


class Counter(asyncssh.SFTPServer):
    """One session. A fault's `path` is looked for in "SFTP ACCOUNT/FOLDER/NAME", the moment a file gets its name."""

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], world: World, folder: Path) -> None:
        self._name = str(channel.get_extra_info("username"))
        self._world, self._folder = world, folder / self._name
        desk = desk_of(world)
        with world.lock:
            catch_up(world)
            lay_out(desk.accounts[self._name], self._folder)
            # whoever comes next finds it whole
            finish_files(world)
        super().__init__(channel, chroot=str(self._folder).encode())

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        path = PurePosixPath(newpath.decode().lstrip("/"))
        desk = desk_of(self._world)
        account = desk.accounts[self._name]
        style = STYLES[account.style]
        handed_over = str(path.parent) == style.lands
        fault = self._world.take_fault(f"SFTP {self._name}/{path}") if handed_over else None
        if fault is not None and fault.kind != "drop_after":
            if fault.kind == "drop_before":
                self.connection.abort()
            raise asyncssh.SFTPFailure("ordered by the sandbox's fault control")
        super().posix_rename(oldpath, newpath)
        with self._world.lock:
            if handed_over:
                account.lying[path.name] = Lying((self._folder / path).read_bytes(), self._world.now())
            elif str(path.parent) == style.documents:
                account.documents.append(path.name)
            self._world.save()
        if fault is not None:
            self.connection.abort()


def lay_out(account: Account, folder: Path) -> None:
    """The folders as the desk has them: what was taken lies in the archive, what is told in the folder for it."""
    style = STYLES[account.style]
    for part in (style.lands, style.taken, style.tells, style.documents):
        (folder / part).mkdir(parents=True, exist_ok=True)
    lying = {name: one.content for name, one in account.lying.items()}
    for place, files in ((style.tells, account.tells), (style.taken, account.taken), (style.lands, lying)):
        for name, content in files.items():
            at = folder / place / name
            if not at.exists() or at.read_bytes() != content:
                at.write_bytes(content)
        for left in (folder / place).iterdir():
            if left.is_file() and left.name not in files:
                left.unlink()
