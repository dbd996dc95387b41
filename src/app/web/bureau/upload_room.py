"""Where an uploaded file waits between preview and import: on disk, for one browser session, once, and not for long."""

from __future__ import annotations

import json
import re
import secrets
import shutil
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

KEPT_FOR = timedelta(hours=2)
NAME_LENGTH_MAX = 100
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,60}")
_FACTS = "facts.json"


@dataclass(frozen=True, slots=True)
class Upload:
    """Files on disk, in the order they were chosen, with what was found out about them."""

    token: str
    company_id: uuid.UUID
    paths: tuple[Path, ...]
    preview: Mapping[str, Any]


class UploadRoom:
    """One browser session's files below the data directory; `session` is the hash of its token, so the folder's name opens nothing."""

    def __init__(self, data_dir: Path, session: bytes) -> None:
        self._all = data_dir / "uploads"
        self._mine = self._all / session.hex()

    def put(self, files: Sequence[tuple[str, IO[bytes]]]) -> tuple[str, tuple[Path, ...]]:
        """Copy the files to disk; returns their token and paths. Each keeps its name, so that an error can name it."""
        token = secrets.token_urlsafe(24)
        folder = self._mine / token
        self._all.mkdir(parents=True, exist_ok=True, mode=0o700)
        paths = []
        for place, (name, source) in enumerate(files):
            path = folder / f"{place:03}" / plain_name(name)
            path.parent.mkdir(parents=True, mode=0o700)
            with path.open("wb") as target:
                shutil.copyfileobj(source, target, 1024 * 1024)
            paths.append(path)
        return token, tuple(paths)

    def describe(self, token: str, company_id: uuid.UUID, preview: Mapping[str, Any], now: datetime) -> None:
        """Keep what the preview shows; from now on `find` and `take` know the token."""
        facts = {"company_id": str(company_id), "kept_at": now.isoformat(), "preview": preview}
        (self._mine / token / _FACTS).write_text(json.dumps(facts, ensure_ascii=False))

    def find(self, token: str) -> Upload:
        """LookupError for a token of another session, a used one, or one that is too old."""
        return self._read(self._folder(token), token)

    def take(self, token: str) -> Upload:
        """As `find`, and nobody finds it again: a second click comes too late. `drop` it when done."""
        folder = self._folder(token)
        taken = folder.with_name(f"{token}.taken")
        try:
            folder.rename(taken)
        except OSError:
            raise LookupError("this upload is used") from None
        return self._read(taken, token)

    def drop(self, token: str) -> None:
        """Forget the files, taken or not."""
        for folder in (self._folder(token), self._folder(token).with_name(f"{token}.taken")):
            shutil.rmtree(folder, ignore_errors=True)

    def tidy(self, now: datetime) -> None:
        """Drop what nobody came back for, of any session."""
        for folder in self._all.glob("*/*"):
            try:
                kept_at = datetime.fromisoformat(json.loads((folder / _FACTS).read_text())["kept_at"])
            except (OSError, ValueError, KeyError):
                continue
            if kept_at < now - KEPT_FOR:
                shutil.rmtree(folder, ignore_errors=True)

    def _folder(self, token: str) -> Path:
        if _TOKEN.fullmatch(token) is None:
            raise LookupError("no such upload")
        return self._mine / token

    def _read(self, folder: Path, token: str) -> Upload:
        try:
            facts = json.loads((folder / _FACTS).read_text())
        except OSError:
            raise LookupError("no such upload") from None
        return Upload(token, uuid.UUID(facts["company_id"]), tuple(sorted(folder.glob("*/*"))), facts["preview"])


def plain_name(name: str) -> str:
    """A file name without folders and without what a file system may trip over; never empty."""
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(letter for letter in base if letter.isprintable()).strip(". ")
    return kept[-NAME_LENGTH_MAX:].encode()[-200:].decode(errors="ignore") or "saf-t.xml"
