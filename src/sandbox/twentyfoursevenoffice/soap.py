"""SOAP 1.1 from the service's side: a call read into plain fields, and answers and faults written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
Fields = dict[str, Any]


def call_of(text: bytes) -> tuple[str, str, Fields]:
    """The name of the call, its namespace, and its fields by local names; an element that stands several times becomes a list."""
    root = etree.fromstring(text, etree.XMLParser(resolve_entities=False, no_network=True))
    body = root.find(f"{{{ENVELOPE}}}Body")
    if body is None or len(body) != 1:
        raise ValueError("no call in the envelope")
    name = etree.QName(body[0])
    return name.localname, name.namespace or "", _read(body[0]) or {}


def each(fields: Any, name: str) -> list[Any]:
    """The members of an array, whether there is none, one or many."""
    found = (fields or {}).get(name, [])
    return found if isinstance(found, list) else [found]


def answered(call: str, namespace: str, result: Any) -> bytes:
    """`result` None: the call gave nothing back, as for an empty list."""
    root, body = _envelope()
    response = etree.SubElement(body, f"{{{namespace}}}{call}Response", nsmap={None: namespace})  # type: ignore[dict-item]
    if result is not None:
        _write(response, namespace, {f"{call}Result": result})
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def faulted(words: str) -> bytes:
    root, body = _envelope()
    fault = etree.SubElement(body, f"{{{ENVELOPE}}}Fault")
    etree.SubElement(fault, "faultcode").text = "soap:Server"
    etree.SubElement(fault, "faultstring").text = words
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _envelope() -> tuple[etree._Element, etree._Element]:
    root = etree.Element(f"{{{ENVELOPE}}}Envelope", nsmap={"soap": ENVELOPE})
    return root, etree.SubElement(root, f"{{{ENVELOPE}}}Body")


def _read(element: etree._Element) -> Any:
    if len(element) == 0:
        return element.text
    fields: Fields = {}
    for child in element:
        name, value = etree.QName(child).localname, _read(child)
        if name not in fields:
            fields[name] = value
        else:
            fields[name] = [*(fields[name] if isinstance(fields[name], list) else [fields[name]]), value]
    return fields


def _write(parent: etree._Element, namespace: str, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            if one is None:
                continue
            made = etree.SubElement(parent, f"{{{namespace}}}{name}")
            if isinstance(one, Mapping):
                _write(made, namespace, one)
            else:
                made.text = ("true" if one else "false") if isinstance(one, bool) else str(one)
