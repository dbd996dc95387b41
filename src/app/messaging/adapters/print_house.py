"""A print house over SFTP: each letter is dropped as a PDF and a manifest under our key, and receipts are picked up from a folder.

No Norwegian print house publishes an interface; files over SFTP are what they ask for, and this is our own format (`letters.v2`, described
in `docs/print-house.md`). A file is written beside its name and moved there when it is whole, the manifest last: what the house sees is
finished. The same letter dropped again is the same letter, because the house goes by our key.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.messaging.ports import Accepted, LetterReceipt, PrintJob
from app.net.errors import RefusedError, TryLaterError
from app.net.sftp import OUR_OWN_FAULT, TIMEOUT_SECONDS, Files, SftpAccount, SftpServer

FORMAT = "letters.v2"
KEY = re.compile(r"[A-Za-z0-9._:-]{1,200}")
RECEIPT_NAME = re.compile(r"[A-Za-z0-9._:-]{1,240}\.json")
EVENTS = frozenset({"accepted", "rejected", "printed", "posted", "returned"})
RECEIPTS_MAX = 500
RECEIPT_BYTES_MAX = 20_000


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
        account = SftpAccount(host, port, username, host_key, password, client_key, timeout_seconds=timeout_seconds)
        self._server = SftpServer(account, "the print house")

    def submit(self, job: PrintJob) -> Accepted:
        """Drop one letter. Until the manifest is moved to its name, nothing has been handed over."""
        if KEY.fullmatch(job.our_key) is None:
            raise RefusedError("the letter's key cannot be a file's name")
        manifest = json.dumps(manifest_of(job), ensure_ascii=False, indent=1).encode()

        async def drop(house: Files) -> None:
            await house.put(f"in/{job.our_key}.pdf", job.pdf)
            await house.hand_over(f"in/{job.our_key}.json", manifest)

        self._server.visit(drop, hurry=True)
        return Accepted(job.our_key, f"in/{job.our_key}.pdf, {len(job.pdf)} bytes, sha256 {hashlib.sha256(job.pdf).hexdigest()}")

    def receipts(self, take: Callable[[LetterReceipt], bool]) -> int:
        """Give every waiting receipt to `take`, oldest first. A file is moved away only after that: a crash in between shows it again."""

        async def collect(house: Files) -> int:
            waiting = sorted(name for name in await house.names("out") if RECEIPT_NAME.fullmatch(name))[:RECEIPTS_MAX]
            for name in waiting:
                said = _receipt(await house.read(f"out/{name}", RECEIPT_BYTES_MAX))
                known = said is not None and take(said)
                await house.move(f"out/{name}", f"out/{'done' if known else 'unknown'}/{name}")
            return len(waiting)

        return self._server.visit(collect)


def manifest_of(job: PrintJob) -> dict[str, Any]:
    """What stands beside the PDF: the key, the file and its SHA-256, the sender's name, and the lines of the window address, top first."""
    return {
        "format": FORMAT, "key": job.our_key, "file": f"{job.our_key}.pdf", "bytes": len(job.pdf),
        "sha256": hashlib.sha256(job.pdf).hexdigest(), "sender_name": job.sender_name, "recipient_lines": list(job.recipient_lines),
    }  # fmt: skip


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
