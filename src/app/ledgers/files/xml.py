"""XML from outside: no document type, no entities, nothing fetched, a limit on size. Elements by their local names."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO

from lxml import etree

from app.ledgers.files.records import FILE_MAX_BYTES, N_, FileError
from app.values.money import ore_from_decimal

_HEAD = 64 * 1024
_REFUSED = N_("The file declares a document type or entities, which it never needs; it was refused.")
_MALFORMED = N_("The file is not well-formed or is cut off.")


def root_name(path: Path) -> tuple[str, str] | None:
    """Namespace and local name of the root element, or None when this is no XML. A document type is refused here."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    plain = head.replace(b"\0", b"")
    if not plain.lstrip(b"\xef\xbb\xbf\xfe\xff \t\r\n").startswith(b"<"):
        return None
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise FileError(_REFUSED, file=path.name)
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        parser.feed(head)
        for _, element in parser.read_events():
            if isinstance(element, etree._Element):
                name = etree.QName(element)
                return name.namespace or "", name.localname
    except etree.XMLSyntaxError as error:
        raise FileError(_MALFORMED, file=path.name, line=error.lineno) from error
    raise FileError(_MALFORMED, file=path.name)


def elements(path: Path, *names: str) -> Iterator[etree._Element]:
    """Finished elements of these local names, as a stream. The reader clears what it has done with."""
    if path.stat().st_size > FILE_MAX_BYTES:
        raise FileError(N_("The file is too large."), file=path.name)
    root_name(path)
    try:
        with path.open("rb") as stream:
            yield from _elements(stream, names)
    except etree.XMLSyntaxError as error:
        raise FileError(_MALFORMED, file=path.name, line=error.lineno) from error
    except FileError as fault:
        raise FileError(fault.why, file=path.name, line=fault.line) from fault


def _elements(stream: IO[bytes], names: tuple[str, ...]) -> Iterator[etree._Element]:
    tags = [f"{{*}}{name}" for name in names]
    for _, element in etree.iterparse(
        stream, events=("end",), tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    ):
        root = element.getroottree()
        if root.docinfo.internalDTD is not None or root.docinfo.externalDTD is not None:
            raise FileError(_REFUSED)
        yield element


def text(element: etree._Element, path: str) -> str | None:
    """The stripped text at a path of local names ("Refs/AcctSvcrRef"), whatever the namespace; None when missing or empty."""
    found = element.findtext("/".join(f"{{*}}{part}" for part in path.split("/")))
    return found.strip() or None if found else None


def within(element: etree._Element, path: str) -> list[etree._Element]:
    return element.findall("/".join(f"{{*}}{part}" for part in path.split("/")))


def ore(amount: str | None) -> int | None:
    """Øre of an xs:decimal; None when it is none or has more than two decimals."""
    try:
        return None if amount is None else ore_from_decimal(Decimal(amount))
    except (InvalidOperation, ValueError):
        return None


def day(told: str | None) -> date | None:
    """The date of an xs:date or xs:dateTime as it is written; None when it is none."""
    try:
        return None if told is None else date.fromisoformat(told[:10])
    except ValueError:
        return None
