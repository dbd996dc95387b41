"""A print house over SFTP: each letter is dropped as a PDF and a manifest under our key, and receipts are picked up from a folder.

No Norwegian print house publishes an interface; files over SFTP are what they ask for, and this is our own format (`letters.v2`, described
in `docs/print-house.md`). A file is written beside its name and moved there when it is whole, the manifest last: what the house sees is
finished. The same letter dropped again is the same letter, because the house goes by our key.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from app.messaging.ports import Accepted, LetterReceipt, PrintJob
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError

if TYPE_CHECKING:
    from asyncssh import SFTPClient

Answer = TypeVar("Answer")
FORMAT = "letters.v2"
KEY = re.compile(r"[A-Za-z0-9._:-]{1,200}")
RECEIPT_NAME = re.compile(r"[A-Za-z0-9._:-]{1,240}\.json")
EVENTS = frozenset({"accepted", "rejected", "printed", "posted", "returned"})
RECEIPTS_MAX = 500
RECEIPT_BYTES_MAX = 20_000
TIMEOUT_SECONDS = 30.0
#: wrong settings of ours: a person must look, and trying often does not help
OUR_OWN_FAULT = timedelta(minutes=30)


class NoPrintHouse:
    """No print house is set up: letters wait."""

    def submit(self, job: PrintJob) -> Accepted:
        raise TryLaterError("no print house is set up (PRINT_SFTP_HOST)", OUR_OWN_FAULT)

    def receipts(self, take: Callable[[LetterReceipt], bool]) -> int:
        return 0


class SftpPrintHouse:
    """One account at one house. The server must show exactly `host_key` (`ssh-ed25519 AAAA…`); `password` or `client_key` opens it."""

    def __init__(
        self, host: str, port: int, *, username: str, host_key: str, password: str | None = None, client_key: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:  # fmt: skip
        self._address = (host, port)
        self._username = username
        self._host_key = host_key
        self._password = password
        self._client_key = client_key
        self._timeout = timeout_seconds

    def submit(self, job: PrintJob) -> Accepted:
        """Drop one letter. Until the manifest is moved to its name, nothing has been handed over."""
        if KEY.fullmatch(job.our_key) is None:
            raise RefusedError("the letter's key cannot be a file's name")
        return _run(self._submit(job))

    def receipts(self, take: Callable[[LetterReceipt], bool]) -> int:
        """Give every waiting receipt to `take`, oldest first. A file is moved away only after that: a crash in between shows it again."""
        return _run(self._receipts(take))

    async def _submit(self, job: PrintJob) -> Accepted:
        manifest = json.dumps(manifest_of(job), ensure_ascii=False, indent=1).encode()
        handing_over = False
        try:
            async with asyncio.timeout(self._timeout), self._session() as house:
                await _put(house, f"in/{job.our_key}.pdf", job.pdf)
                await _write(house, f"in/{job.our_key}.json.part", manifest)
                handing_over = True
                await house.posix_rename(f"in/{job.our_key}.json.part", f"in/{job.our_key}.json")
        except Exception as fault:
            raise _trouble(fault, handing_over) from fault
        return Accepted(job.our_key, f"in/{job.our_key}.pdf, {len(job.pdf)} bytes, sha256 {hashlib.sha256(job.pdf).hexdigest()}")

    async def _receipts(self, take: Callable[[LetterReceipt], bool]) -> int:
        taken = 0
        try:
            async with self._session() as house:
                waiting = sorted(name for name in map(str, await house.listdir("out")) if RECEIPT_NAME.fullmatch(name))
                for name in waiting[:RECEIPTS_MAX]:
                    said = _receipt(await _read(house, f"out/{name}"))
                    known = said is not None and take(said)
                    await house.posix_rename(f"out/{name}", f"out/{'done' if known else 'unknown'}/{name}")
                    taken += 1
        except _outside() as fault:
            raise _trouble(fault, handing_over=False) from fault
        return taken

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[SFTPClient]:
        import asyncssh

        trusted = asyncssh.import_public_key(self._host_key)
        keys = [asyncssh.import_private_key(self._client_key)] if self._client_key else None
        host, port = self._address
        async with (
            asyncssh.connect(
                host, port, username=self._username, password=self._password, client_keys=keys, known_hosts=([trusted], [], []),
                agent_path=None, config=None, connect_timeout=self._timeout, login_timeout=self._timeout,
            ) as connection,
            connection.start_sftp_client() as house,
        ):  # fmt: skip
            yield house


def manifest_of(job: PrintJob) -> dict[str, Any]:
    """What stands beside the PDF: the key, the file and its SHA-256, the sender's name, and the lines of the window address, top first."""
    return {
        "format": FORMAT, "key": job.our_key, "file": f"{job.our_key}.pdf", "bytes": len(job.pdf),
        "sha256": hashlib.sha256(job.pdf).hexdigest(), "sender_name": job.sender_name, "recipient_lines": list(job.recipient_lines),
    }  # fmt: skip


async def _put(house: SFTPClient, path: str, content: bytes) -> None:
    await _write(house, f"{path}.part", content)
    await house.posix_rename(f"{path}.part", path)


async def _write(house: SFTPClient, path: str, content: bytes) -> None:
    async with house.open(path, "wb") as file:
        await file.write(content)


async def _read(house: SFTPClient, path: str) -> bytes:
    async with house.open(path, "rb") as file:
        content: Any = await file.read(RECEIPT_BYTES_MAX)  # bytes, as it was opened; the library says text
    return bytes(content)


def _receipt(content: bytes) -> LetterReceipt | None:
    """What a receipt says; None for a file that is none."""
    try:
        body = json.loads(content)
        if body["format"] != FORMAT or body["event"] not in EVENTS:
            return None
        return LetterReceipt(
            our_key=str(body["key"])[:200], event=str(body["event"]), at=datetime.fromisoformat(str(body["at"])),
            reference=str(body.get("reference", ""))[:200], detail=str(body.get("proof") or body.get("reason") or "")[:300],
        )  # fmt: skip
    except (ValueError, KeyError, TypeError):
        return None


def _outside() -> tuple[type[Exception], ...]:
    import asyncssh

    return (OSError, TimeoutError, asyncssh.Error)


def _trouble(fault: Exception, handing_over: bool) -> Exception:
    """Before the manifest had its name nothing was handed over; whether the last step was heard, nobody can tell."""
    import asyncssh

    if not isinstance(fault, _outside()):
        return fault
    if isinstance(fault, asyncssh.SFTPError) and not isinstance(fault, asyncssh.SFTPConnectionLost | asyncssh.SFTPNoConnection):
        return TryLaterError(f"the print house's server does not take the file: {fault.reason[:200]}")
    if handing_over:
        return UnknownOutcomeError("the connection was lost while the letter was handed over")
    if isinstance(fault, asyncssh.HostKeyNotVerifiable):
        return TryLaterError("the print house's server does not show the key we know it by", OUR_OWN_FAULT)
    if isinstance(fault, asyncssh.PermissionDenied):
        return TryLaterError("the print house's server does not let us in", OUR_OWN_FAULT)
    return TryLaterError("no connection to the print house")


def _run(work: Coroutine[Any, Any, Answer]) -> Answer:
    """To its end, on a loop and in a thread of its own: whoever asks may stand in a loop already."""
    with ThreadPoolExecutor(1, thread_name_prefix="print-house") as alone:
        return alone.submit(asyncio.run, work).result()
