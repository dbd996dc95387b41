"""A mailbox read over IMAP (RFC 3501, with MOVE of RFC 6851 or what it stands for).

The folder is the queue: what has been handled is moved out of it, page by page, so a look costs what is new and not what was ever
received. A mail is moved after it has been handled; a crash between the two shows it again, and handling it again changes nothing.
"""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from app.messaging.ports import Arrived
from app.net.errors import BrokenError, TryLaterError

TIMEOUT_SECONDS = 30.0
PAGE = 50
MAIL_BYTES_MAX = 30 * 1024 * 1024
DONE = "Reskontro-Done"
NOBODYS = "Reskontro-Unknown"
_UID = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class NoInbox:
    """No mailbox is set up: nothing ever arrives."""

    def read(self, take: Callable[[Arrived], bool]) -> int:
        return 0


class ImapInbox:
    """One folder of one mailbox. With `tls` the connection is encrypted from the first byte and the certificate checked."""

    def __init__(
        self, host: str, port: int, *, username: str, password: str, tls: bool, folder: str = "INBOX",
        timeout_seconds: float = TIMEOUT_SECONDS, context: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self._address = (host, port)
        self._login = (username, password)
        self._tls = tls
        self._folder = folder
        self._timeout = timeout_seconds
        self._context = context

    def read(self, take: Callable[[Arrived], bool]) -> int:
        """Every mail that waited when we came, oldest first. TryLaterError when the server is away or does not let us in."""
        number = 0
        with self._session() as server:
            waiting = _numbers(_answer(server.uid("SEARCH", "ALL"), "search"))
            for start in range(0, len(waiting), PAGE):
                page = waiting[start : start + PAGE]
                sizes = _sizes(_answer(server.uid("FETCH", _list(page), "(UID RFC822.SIZE)"), "sizes"))
                fate: dict[str, list[int]] = {DONE: [], NOBODYS: [uid for uid in page if sizes.get(uid, 0) > MAIL_BYTES_MAX]}
                try:
                    for uid in page:
                        if uid in sizes and sizes[uid] <= MAIL_BYTES_MAX:
                            fate[DONE if take(_fetched(server, uid)) else NOBODYS].append(uid)
                finally:
                    for folder, uids in fate.items():
                        _move(server, uids, folder)
                number += len(page)
        return number

    @contextmanager
    def _session(self) -> Iterator[imaplib.IMAP4]:
        server: imaplib.IMAP4 | None = None
        try:
            server = self._connected()
            server.login(*self._login)
            _answer(server.select(_quoted(self._folder)), "folder")
            for folder in (DONE, NOBODYS):
                server.create(folder)  # refused when it is there already
            yield server
        except (OSError, imaplib.IMAP4.error) as fault:
            raise TryLaterError(f"the mailbox cannot be read: {_safe(fault)}") from fault
        finally:
            if server is not None:
                with suppress(OSError, imaplib.IMAP4.error):
                    server.logout()

    def _connected(self) -> imaplib.IMAP4:
        host, port = self._address
        if self._tls:
            return imaplib.IMAP4_SSL(host, port, ssl_context=self._context or ssl.create_default_context(), timeout=self._timeout)
        return imaplib.IMAP4(host, port, timeout=self._timeout)


def _fetched(server: imaplib.IMAP4, uid: int) -> Arrived:
    """The whole mail, without marking it as read."""
    for part in _answer(server.uid("FETCH", str(uid), "(UID BODY.PEEK[])"), "mail"):
        if isinstance(part, tuple) and len(part) == 2:
            return Arrived(f"IMAP {uid}", part[1])
    raise BrokenError("the mail server announced a mail and does not hand it out")


def _move(server: imaplib.IMAP4, uids: list[int], folder: str) -> None:
    if not uids:
        return
    if "MOVE" in server.capabilities:
        _answer(server.uid("MOVE", _list(uids), folder), "move")
        return
    _answer(server.uid("COPY", _list(uids), folder), "copy")
    _answer(server.uid("STORE", _list(uids), "+FLAGS.SILENT", r"(\Deleted)"), "delete")
    server.expunge()


def _answer(answer: tuple[str, Sequence[object]], what: str) -> list[object]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"{what}: {status}")
    return list(data)


def _numbers(data: list[object]) -> list[int]:
    return [int(number) for line in data if isinstance(line, bytes) for number in line.split()]


def _sizes(data: list[object]) -> dict[int, int]:
    found = {}
    for line in data:
        text = line if isinstance(line, bytes) else b""
        uid, size = _UID.search(text), _SIZE.search(text)
        if uid is not None and size is not None:
            found[int(uid[1])] = int(size[1])
    return found


def _list(uids: list[int]) -> str:
    return ",".join(str(uid) for uid in uids)


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _safe(fault: Exception) -> str:
    """Never what was sent: a server may repeat it."""
    return type(fault).__name__ if not isinstance(fault, OSError) else f"{type(fault).__name__} {fault.errno or ''}".strip()
