"""As whom a company's mails are sent: saved by people, proven by the domain's own DNS, and asked for by whoever sends.

A domain counts as the company's once a key that only we hold stands in its DNS. Until then, and again from the day a record is gone,
mails go out from the house's own address with the company's name and answer address.
"""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import select

from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.db.vault import Vault
from app.messaging.deliveries import Sender
from app.messaging.domain_records import (
    Finding,
    Record,
    Standing,
    Wanted,
    dkim_record,
    dmarc_record,
    finding_of,
    look_for_dkim,
    look_for_dmarc,
    look_for_spf,
    spf_record,
)
from app.messaging.models import MailSenderRow
from app.messaging.ports import DkimKey, Resolver
from app.tenants import audit
from app.tenants.models import Company
from app.values.ids import new_id

KEY_BITS = 2048
NAME_MAX = 100
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
DOMAIN = re.compile(rf"(?=.{{4,200}}$)(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
LOCAL_PART = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class MailHouse:
    """What the house itself brings: its sending domain, whether answers reach us there, and what opens the keys."""

    domain: str
    answers_here: bool
    vault: Vault

    @property
    def address(self) -> str:
        """What mails go out from where a company has no proven domain of its own."""
        return f"post@{self.domain}"


@dataclass(frozen=True, slots=True)
class SenderWishes:
    """What a person enters. Without a `domain` there are only names; `grave` is for warnings and payment demands, else as the usual."""

    name: str | None = None
    grave_name: str | None = None
    domain: str | None = None
    local_part: str | None = None
    grave_local_part: str | None = None


class SenderError(ValueError):
    """Wishes that cannot be kept. `problems`: what is wrong, by field; the texts are English message ids."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = problems


def wishes_of(name: str, grave_name: str, address: str, grave_address: str, house_domain: str) -> SenderWishes:
    """What was entered, where all of it can be used; SenderError names `name`, `grave_name`, `address` or `grave_address`."""
    names = {"name": name, "grave_name": grave_name}
    problems = {field: N_("Use at most 100 letters.") for field, text in names.items() if len(text) > NAME_MAX}
    parts: dict[str, tuple[str, str]] = {}
    for field, text in (("address", address), ("grave_address", grave_address)):
        if text:
            parts[field], problem = _taken_apart(text, house_domain)
            problems |= {} if problem is None else {field: problem}
    if "grave_address" in parts and "grave_address" not in problems:
        if "address" not in parts:
            problems["address"] = N_("Write the usual address too.")
        elif parts["address"][1] != parts["grave_address"][1]:
            problems["grave_address"] = N_("Both addresses must be in the same domain.")
    if problems:
        raise SenderError(problems)
    (local, domain), (grave, _) = (parts.get(field, ("", "")) for field in ("address", "grave_address"))
    return SenderWishes(name or None, grave_name or None, domain or None, local or None, grave or None)


def _taken_apart(address: str, house_domain: str) -> tuple[tuple[str, str], str | None]:
    """(what stands before the @, the domain), and what is wrong with the address."""
    local, _, written = address.lower().rpartition("@")
    try:
        domain = domain_of(written)
    except ValueError:
        local = domain = ""
    if LOCAL_PART.fullmatch(local) is None:
        return (local, domain), N_("Write an address such as faktura@firma.no, with plain letters before the @.")
    if domain == house_domain or domain.endswith(f".{house_domain}"):
        return (local, domain), N_("This domain is our own. Write an address in the company's domain, or leave the field empty.")
    return (local, domain), None


def entered(row: MailSenderRow | None) -> dict[str, str]:
    """What was entered, by field, its domain with its letters as people write them."""
    if row is None:
        return dict.fromkeys(("name", "grave_name", "address", "grave_address"), "")
    domain = readable(row.domain or "")
    address, grave = (f"{local}@{domain}" if local and domain else "" for local in (row.local_part, row.grave_local_part))
    return {"name": row.name or "", "grave_name": row.grave_name or "", "address": address, "grave_address": grave}


def readable(domain: str) -> str:
    """A domain with its letters as people write them."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


def domain_of(text: str) -> str:
    """A domain as the DNS knows it: lower case, its letters in ASCII (IDNA). ValueError for what is none."""
    try:
        domain = text.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError("this is no domain") from None
    if DOMAIN.fullmatch(domain) is None:
        raise ValueError("this is no domain")
    return domain


def find(work: UnitOfWork, company_id: uuid.UUID) -> MailSenderRow | None:
    return work.session.execute(select(MailSenderRow).where(MailSenderRow.company_id == company_id)).scalar_one_or_none()


def sender_for(work: UnitOfWork, house: MailHouse, company: Company, *, grave: bool) -> Sender:
    """As whom a notice of the company goes out right now. VaultError when its key no longer opens."""
    row = find(work, company.id)
    if row is None:
        return Sender(company.name, house.domain, company.email, house.answers_here)
    name = (row.grave_name if grave else None) or row.name or company.name
    if row.state != "passed" or row.domain is None or row.selector is None or row.private_key is None:
        return Sender(name, house.domain, company.email, house.answers_here)
    local_part = (row.grave_local_part if grave else None) or row.local_part
    opened = house.vault.open(row.private_key, _binding(row, row.selector))["private_key"]
    own = f"{local_part}@{row.domain}"
    return Sender(name, house.domain, company.email, house.answers_here, own, DkimKey(row.domain, row.selector, opened))


def save(work: UnitOfWork, vault: Vault, company_id: uuid.UUID, wishes: SenderWishes) -> MailSenderRow:
    """Keep the wishes. Another domain gets keys of its own and has to show its records before it is used."""
    row = find(work, company_id)
    if row is None:
        row = MailSenderRow(
            bureau_id=work.bureau_id, id=new_id(), company_id=company_id, state="none", findings=[], keys_made=0
        )  # fmt: skip
        work.session.add(row)
    row.name, row.grave_name = wishes.name, wishes.grave_name
    row.local_part, row.grave_local_part = wishes.local_part, wishes.grave_local_part
    if row.domain != wishes.domain:
        _begin(row, vault, wishes.domain)
    work.session.flush()
    audit.record(work, "sender.saved", "company", company_id, company_id, domain=wishes.domain, local_part=wishes.local_part)
    ask_for_check(work, row)
    return row


def ask_for_check(work: UnitOfWork, row: MailSenderRow) -> None:
    """The DNS is read by a job: nothing is open while it is asked."""
    if row.domain is not None:
        work.enqueue("messaging.check_sender", bureau_id=str(row.bureau_id), company_id=str(row.company_id))


def make_next_key(work: UnitOfWork, vault: Vault, company_id: uuid.UUID) -> None:
    """Begin a change of keys: the next one takes over by itself once its record stands. LookupError without a domain of its own."""
    row = find(work, company_id)
    if row is None or row.domain is None:
        raise LookupError("the company has no domain of its own")
    row.next_selector, row.next_public_key, row.next_private_key = _new_key(row, vault)
    row.retired_selector = None
    audit.record(work, "sender.key_made", "company", company_id, company_id, selector=row.next_selector)


def wanted_records(row: MailSenderRow, house_domain: str) -> list[Wanted]:
    """The records to be set, in the order in which they are shown."""
    if row.domain is None:
        return []
    wanted = [spf_record(row.domain, house_domain), *_dkim_records(row), dmarc_record(row.domain)]
    return wanted


def findings_of(row: MailSenderRow) -> dict[Record, Finding]:
    return {finding.record: finding for finding in map(finding_of, row.findings)}


def check(begin: Begin, resolver: Resolver, bureau_id: uuid.UUID, company_id: uuid.UUID, house_domain: str) -> str:
    """Read the domain's DNS and write down what it says. TryLaterError: nobody answered, and what was known stands.

    Returns the state: a domain that was changed while we looked is left to the check that its change asked for.
    """
    with begin(BureauScope(bureau_id)) as work:
        row = find(work, company_id)
        if row is None or row.domain is None:
            return "none"
        domain, selector, records = row.domain, row.selector, _dkim_records(row)
    keys = [look_for_dkim(resolver.texts, record) for record in records]
    others = [look_for_spf(resolver.texts, domain, house_domain), look_for_dmarc(resolver.texts, domain)]
    with begin(BureauScope(bureau_id)) as work:
        row = work.session.execute(
            select(MailSenderRow).where(MailSenderRow.company_id == company_id).with_for_update()
        ).scalar_one_or_none()
        if row is None:
            return "none"
        if (row.domain, row.selector) == (domain, selector):
            _write_down(work, row, keys, others, {record.record: record.name for record in records})
        return row.state


def _write_down(work: UnitOfWork, row: MailSenderRow, keys: list[Finding], others: list[Finding], names: dict[Record, str]) -> None:
    found = {finding.record: finding for finding in keys}
    following = found.get(Record.NEXT_DKIM)
    if following is not None and following.standing is Standing.RIGHT and names[Record.NEXT_DKIM].startswith(f"{row.next_selector}."):
        row.retired_selector = row.selector
        row.selector, row.public_key, row.private_key = row.next_selector, row.next_public_key, row.next_private_key
        row.next_selector = row.next_public_key = row.next_private_key = None
        audit.record(work, "sender.key_changed", "company", row.company_id, row.company_id, selector=row.selector)
        found = {Record.DKIM: Finding(Record.DKIM, Standing.RIGHT, following.found)}
    passed = all(finding.standing is Standing.RIGHT for finding in (found[Record.DKIM], *others))
    was, row.state = row.state, "passed" if passed else "failed"
    row.findings = [finding.as_json() for finding in (*found.values(), *others)]
    row.checked_at = work.now()
    if passed:
        row.passed_at, row.failed_at = work.now(), None
    elif was != "failed":
        row.failed_at = work.now()
    if was != row.state:
        audit.record(work, f"sender.{row.state}", "company", row.company_id, row.company_id, domain=row.domain)


def _begin(row: MailSenderRow, vault: Vault, domain: str | None) -> None:
    row.domain, row.state, row.findings = domain, "none" if domain is None else "waiting", []
    row.checked_at = row.passed_at = row.failed_at = row.retired_selector = None
    row.selector = row.public_key = row.private_key = row.next_selector = row.next_public_key = row.next_private_key = None
    if domain is not None:
        row.selector, row.public_key, row.private_key = _new_key(row, vault)


def _new_key(row: MailSenderRow, vault: Vault) -> tuple[str, str, bytes]:
    """(selector, public half as DNS shows it, private half sealed). The selector is this company's alone, also in a shared domain."""
    row.keys_made += 1
    selector = f"reskontro{row.keys_made}-{row.id.hex[-10:]}"
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    sealed = vault.seal({"private_key": private.decode()}, _binding(row, selector))
    return selector, base64.b64encode(public).decode(), sealed


def _dkim_records(row: MailSenderRow) -> list[Wanted]:
    kinds = ((Record.DKIM, row.selector, row.public_key), (Record.NEXT_DKIM, row.next_selector, row.next_public_key))
    return [dkim_record(kind, row.domain or "", selector, key) for kind, selector, key in kinds if selector is not None and key is not None]


def _binding(row: MailSenderRow, selector: str) -> str:
    return f"{row.bureau_id}|mail_senders|private_key|{row.id}|{selector}"


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid
