"""Files as they come from outside: XML or zip, one or several, possibly hostile. Yields byte streams that stop at a limit."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.ledgers.saft.records import SaftError

_CHUNK = 256 * 1024
_MAGIC_ZIP = b"PK"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read before we stop believing it is a bookkeeping file. Sizes are unpacked bytes.

    Real SAF-T packs about 1:15 to 1:80; a deflate bomb reaches 1:1000. Small members may pack as well as they like.
    """

    members: int = 400
    total_bytes: int = 6 * 1024**3
    ratio: int = 250
    ratio_from_bytes: int = 8 * 1024**2


@dataclass(frozen=True, slots=True)
class Source:
    """One XML document: a file, or a member of a zip."""

    name: str
    path: Path
    member: zipfile.ZipInfo | None = None


def find_sources(paths: Sequence[Path], limits: Limits) -> list[Source]:
    """Every XML document behind the paths, in order. Raises `SaftError` for missing, repeated, empty or oversized files."""
    if not paths:
        raise SaftError("No file was given.")
    seen: set[Path] = set()
    sources: list[Source] = []
    for path in paths:
        resolved = path.resolve()
        if resolved in seen:
            raise SaftError("The same file was given twice.", file=path.name)
        seen.add(resolved)
        sources.extend(_sources_of(path, limits))
        if len(sources) > limits.members:
            raise SaftError(f"More than {limits.members} files.", file=path.name)
    declared = sum(s.member.file_size if s.member else s.path.stat().st_size for s in sources)
    if declared > limits.total_bytes:
        raise SaftError(f"The files unpack to more than {limits.total_bytes // 1024**2} MB.", file=paths[0].name)
    return sources


class Chunks:
    """The bytes of one source, piece by piece, with a running SHA-256. Never unpacks more than the limits allow."""

    def __init__(self, source: Source, limits: Limits, budget: int) -> None:
        self._source, self._limits, self._budget = source, limits, budget
        self._digest = hashlib.sha256()
        self.read_bytes = 0

    def __iter__(self) -> Iterator[bytes]:
        with _opened(self._source) as stream:
            while chunk := stream.read(_CHUNK):
                self.read_bytes += len(chunk)
                self._check_size()
                self._digest.update(chunk)
                yield chunk

    @property
    def digest(self) -> bytes:
        """Of everything read so far."""
        return self._digest.digest()

    def _check_size(self) -> None:
        if self.read_bytes > self._budget:
            raise SaftError(f"The files unpack to more than {self._limits.total_bytes // 1024**2} MB.", file=self._source.name)
        member = self._source.member
        if member and _is_bomb(self.read_bytes, member.compress_size, self._limits):
            raise SaftError("The zip file unpacks to suspiciously much and was refused.", file=self._source.name)


def _sources_of(path: Path, limits: Limits) -> list[Source]:
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
    except OSError as error:
        raise SaftError(f"The file cannot be read ({error.strerror}).", file=path.name) from error
    if not head:
        raise SaftError("The file is empty.", file=path.name)
    if head.startswith(_MAGIC_ZIP):
        return _members_of(path, limits)
    return [Source(path.name, path)]


def _members_of(path: Path, limits: Limits) -> list[Source]:
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise SaftError("The zip file is damaged or incomplete.", file=path.name) from error
    if len(infos) > limits.members:
        raise SaftError(f"The zip file has more than {limits.members} members.", file=path.name)
    sources = []
    for info in infos:
        name = f"{path.name}/{Path(info.filename).name}"
        if info.is_dir() or "__MACOSX" in info.filename or not info.filename.lower().endswith(".xml"):
            continue
        if info.flag_bits & 0x1:
            raise SaftError("The zip file is protected by a password.", file=name)
        if _is_bomb(info.file_size, info.compress_size, limits):
            raise SaftError("The zip file unpacks to suspiciously much and was refused.", file=name)
        sources.append(Source(name, path, info))
    if not sources:
        raise SaftError("The zip file contains no XML file.", file=path.name)
    return sources


def _is_bomb(unpacked: int, packed: int, limits: Limits) -> bool:
    return unpacked > limits.ratio_from_bytes and unpacked > limits.ratio * max(packed, 1)


@contextmanager
def _opened(source: Source) -> Iterator[IO[bytes]]:
    """The stream; every way in which a zip can be damaged becomes one clear error."""
    try:
        if source.member is None:
            with source.path.open("rb") as plain:
                yield plain
        else:
            with zipfile.ZipFile(source.path) as archive, archive.open(source.member) as packed:
                yield packed
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SaftError("The zip file is damaged or incomplete.", file=source.name) from error
    except OSError as error:
        raise SaftError(f"The file cannot be read ({error.strerror}).", file=source.name) from error
