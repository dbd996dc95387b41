"""What a domain must say of itself in the DNS before mail goes out in its name, and whether it says so. Pure.

SPF (RFC 7208) names the house among those who may send for the domain; DKIM (RFC 6376) shows the key its mails are signed with; DMARC
(RFC 7489) tells receivers what to make of mail without either. Our envelope sender is our own (VERP), so it is the signature, made for the
very domain in From, by which a mail of ours passes DMARC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Texts = Callable[[str], tuple[str, ...]]
#: RFC 1035 § 3.3.14: a TXT record is made of parts of at most 255 characters
PART_MAX = 255
FOUND_MAX, FOUND_CHARACTERS = 5, 600
POLICIES = frozenset({"none", "quarantine", "reject"})


class Record(StrEnum):
    SPF = "spf"
    DKIM = "dkim"
    #: of the key that takes over once its record stands
    NEXT_DKIM = "next_dkim"
    DMARC = "dmarc"


class Standing(StrEnum):
    RIGHT = "right"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A TXT record to be set: under which name, with what value."""

    record: Record
    name: str
    value: str

    @property
    def parts(self) -> str:
        """As zone files want a value that is longer than one part: in quoted parts, which DNS puts together again."""
        return " ".join(f'"{self.value[at : at + PART_MAX]}"' for at in range(0, len(self.value), PART_MAX))


@dataclass(frozen=True, slots=True)
class Finding:
    """What the DNS says where `record` was looked for."""

    record: Record
    standing: Standing
    found: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {"record": self.record.value, "standing": self.standing.value, "found": list(self.found)}


def finding_of(said: dict[str, Any]) -> Finding:
    return Finding(Record(said["record"]), Standing(said["standing"]), tuple(said["found"]))


def dkim_record(record: Record, domain: str, selector: str, public_key: str) -> Wanted:
    return Wanted(record, f"{selector}._domainkey.{domain}", f"v=DKIM1; k=rsa; p={public_key}")


def spf_record(domain: str, house_domain: str) -> Wanted:
    return Wanted(Record.SPF, domain, f"v=spf1 include:{house_domain} ~all")


def dmarc_record(domain: str) -> Wanted:
    return Wanted(Record.DMARC, f"_dmarc.{domain}", "v=DMARC1; p=none")


def look_for_spf(texts: Texts, domain: str, house_domain: str) -> Finding:
    """One record that includes the house before its `all`. Two records are an error by themselves (RFC 7208 § 4.5)."""
    found = tuple(text for text in texts(domain) if re.match(r"v=spf1( |$)", text, re.IGNORECASE))
    if not found:
        return _finding(Record.SPF, Standing.MISSING, found)
    wanted = {f"include:{house_domain}", f"+include:{house_domain}"}
    terms = [term.lower() for term in found[0].split()]
    ends = next((at for at, term in enumerate(terms) if term.lstrip("+-~?") == "all"), len(terms))
    right = len(found) == 1 and bool(wanted & set(terms[:ends]))
    return _finding(Record.SPF, Standing.RIGHT if right else Standing.WRONG, found)


def look_for_dkim(texts: Texts, wanted: Wanted) -> Finding:
    """Exactly our key. An empty `p` is a key taken back (RFC 6376 § 3.6.1)."""
    found = texts(wanted.name)
    if not found:
        return _finding(wanted.record, Standing.MISSING, found)
    key = tags_of(wanted.value)["p"]
    said = tags_of(found[0])
    right = (
        len(found) == 1
        and said.get("p", "").replace(" ", "") == key
        and said.get("v", "DKIM1") == "DKIM1"
        and said.get("k", "rsa") == "rsa"
    )
    return _finding(wanted.record, Standing.RIGHT if right else Standing.WRONG, found)


def look_for_dmarc(texts: Texts, domain: str) -> Finding:
    """At the domain itself, or at the nearest domain above it that has one. Two records count as none (RFC 7489 § 6.6.3)."""
    for above in _upwards(domain):
        found = tuple(text for text in texts(f"_dmarc.{above}") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text))
        if found:
            right = len(found) == 1 and tags_of(found[0]).get("p", "").lower() in POLICIES
            return _finding(Record.DMARC, Standing.RIGHT if right else Standing.WRONG, found)
    return _finding(Record.DMARC, Standing.MISSING, ())


def tags_of(text: str) -> dict[str, str]:
    """`a=b; c=d` as DKIM and DMARC write it."""
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _upwards(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    for at in range(max(1, len(labels) - 1)):
        yield ".".join(labels[at:])


def _finding(record: Record, standing: Standing, found: tuple[str, ...]) -> Finding:
    """What stands there is a stranger's: so much of it is kept as a person can compare."""
    return Finding(record, standing, tuple(text[:FOUND_CHARACTERS] for text in found[:FOUND_MAX]))
