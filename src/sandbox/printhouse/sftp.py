"""The SFTP side: one account with the folders `in` and `out`. What is dropped is taken at once; receipts lie there at the next log-in."""

from __future__ import annotations

import hashlib
import itertools
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox.looping import LoopServer
from sandbox.printhouse.shop import Shop, receipts_due, take
from sandbox.world import World

USER = "reskontro"
PASSWORD = "print-sandbox-password"  # noqa: S105 - made up, opens nothing


def start_sftp(world: World, host: str, port: int) -> LoopServer:
    """Listen in a thread of its own until `.stop()`. OSError where the port is taken."""
    return LoopServer("sftp", partial(_listening, world, host, port))


@asynccontextmanager
async def _listening(world: World, host: str, port: int) -> AsyncIterator[None]:
    with tempfile.TemporaryDirectory(prefix="printhouse-") as name:
        folder = Path(name)
        for part in ("in", "out", "out/done", "out/unknown"):
            (folder / part).mkdir()
        for letter in world.part("print", Shop).letters.values():
            letter.told = []  # the folder is new at every start: what may have been lost is told again

        def counter(channel: asyncssh.SSHServerChannel[bytes]) -> Counter:
            return Counter(channel, world, folder)

        async with await asyncssh.listen(
            host, port, server_factory=Doorkeeper, server_host_keys=[host_key()], sftp_factory=counter, allow_scp=False
        ):
            yield


def host_key() -> asyncssh.SSHKey:
    """The same at every start, so that it can be pinned. It protects nothing."""
    secret = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"the print house in the sandbox").digest())
    text = secret.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
    return asyncssh.import_private_key(text)


class Doorkeeper(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


class Counter(asyncssh.SFTPServer):
    """One session at the counter. A fault's `path` is looked for in "SFTP in/KEY.json", the moment a letter is handed over."""

    _numbers = itertools.count(1)

    def __init__(self, channel: asyncssh.SSHServerChannel[bytes], world: World, folder: Path) -> None:
        super().__init__(channel, chroot=str(folder).encode())
        self._world = world
        self._folder = folder
        for receipt in receipts_due(world):
            name = f"{receipt['at'][:19].replace(':', '')}-{next(self._numbers):06d}.json"
            (folder / "out" / name).write_text(json.dumps(receipt, ensure_ascii=False))

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> Any:
        path = newpath.decode().lstrip("/")
        handed_over = path.startswith("in/") and path.endswith(".json")
        fault = self._world.take_fault(f"SFTP {path}") if handed_over else None
        if fault is not None and fault.kind != "drop_after":
            if fault.kind == "drop_before":
                self.connection.abort()
            raise asyncssh.SFTPFailure("ordered by the sandbox's fault control")
        super().posix_rename(oldpath, newpath)
        if handed_over:
            self._take(Path(path).stem)
        if fault is not None:
            self.connection.abort()

    def _take(self, key: str) -> None:
        manifest, pdf = self._folder / "in" / f"{key}.json", self._folder / "in" / f"{key}.pdf"
        take(self._world, key, manifest.read_bytes(), pdf.read_bytes() if pdf.exists() else None)
        manifest.unlink()
        pdf.unlink(missing_ok=True)
