"""SOAP 1.1 as 24SevenOffice's services speak it: an envelope around one call, and answers read by local names. Pure.

The service reads fields in the order of its description and passes over what comes too late, so whoever writes them keeps that order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from lxml import etree

from app.net.errors import BrokenError

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
COMMON = "http://24sevenOffice.com/webservices"
ACCOUNTING = "http://24sevenoffice.com/webservices/economy/accounting/"
#: fields of a call; a list is written as one element for each of its members, None is left out
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Service:
    """One of the vendor's services: all its calls are posted to one path."""

    path: str
    namespace: str = COMMON

    def action(self, call: str) -> str:
        return f"{self.namespace.rstrip('/')}/{call}"


AUTHENTICATE = Service("/authenticate/v001/authenticate.asmx")
CLIENT = Service("/Client/V001/ClientService.asmx")
COMPANY = Service("/CRM/Company/V001/CompanyService.asmx")
TRANSACTION = Service("/Economy/Accounting/V001/TransactionService.asmx", ACCOUNTING)
ACCOUNT = Service("/Economy/Account/V004/Accountservice.asmx")


class Node:
    """One element of an answer."""

    __slots__ = ("_element",)

    def __init__(self, element: etree._Element) -> None:
        self._element = element

    @property
    def own(self) -> str | None:
        return _plain(self._element.text)

    def text(self, path: str) -> str | None:
        """The text at that path of names ("Client/Id"); None where there is no such element, or nothing in it."""
        found = self._element.find(path)
        return None if found is None else _plain(found.text)

    def needed(self, path: str) -> str:
        """The text at that path; KeyError where there is none."""
        found = self.text(path)
        if found is None:
            raise KeyError(path)
        return found

    def is_true(self, path: str) -> bool:
        return self.text(path) == "true"

    def each(self, path: str) -> Iterator[Node]:
        for element in self._element.findall(path):
            yield Node(element)


def envelope(service: Service, call: str, fields: Fields) -> bytes:
    """The body of one call, as bytes of UTF-8."""
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    body = etree.SubElement(root, f"{{{ENVELOPE}}}Body")
    asked = etree.SubElement(body, f"{{{service.namespace}}}{call}", nsmap={None: service.namespace})  # type: ignore[dict-item]
    _write(asked, service.namespace, fields)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def answer(body: bytes, call: str) -> Node | None:
    """What the call gave back; None where it gave nothing, such as a list that is empty. `BrokenError` for anything else."""
    found = _body(body).find(f"{call}Response")
    if found is None:
        raise BrokenError(f"24SevenOffice answered {call} with something else")
    result = found.find(f"{call}Result")
    return None if result is None else Node(result)


def fault(body: bytes) -> str | None:
    """The words of a refusal, None where the answer is none."""
    try:
        found = _body(body).find("Fault")
    except BrokenError:
        return None
    return None if found is None else " ".join((found.findtext("faultstring") or "no reason given").split())[:300]


def _body(text: bytes) -> etree._Element:
    if b"<!DOCTYPE" in text[:2000] or b"<!ENTITY" in text[:2000]:
        raise BrokenError("24SevenOffice's answer declares a document type, which it never needs")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        raise BrokenError("24SevenOffice's answer is not XML") from broken
    for element in root.iter():
        element.tag = etree.QName(element).localname
    found = root.find("Body")
    if found is None:
        raise BrokenError("24SevenOffice's answer is no SOAP envelope")
    return found


def _write(parent: etree._Element, namespace: str, fields: Fields) -> None:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if one is None:
                continue
            made = etree.SubElement(parent, f"{{{namespace}}}{name}")
            if isinstance(one, Mapping):
                _write(made, namespace, one)
            else:
                made.text = _written(one)


def _written(value: str | int | Decimal | date) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    # what XML cannot hold is left out: a control character in a text must not cost a payment
    return "".join(char for char in str(value) if char in "\t\n\r" or char >= " ")


def _plain(text: str | None) -> str | None:
    return (text.strip() or None) if text else None
