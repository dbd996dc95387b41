"""A case, a payment, a receipt, a payout: from and to rows of text by our own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from app.agencies.adapters.files.layout import Row, paid_out_ore
from app.agencies.adapters.files.profile import FileKind, Profile
from app.agencies.ports import CaseState, CaseUpdate, DirectPayment, HandoverPackage, KeptFile, Settlement, SettlementLine

NOTICE_WORDS: Mapping[str, str] = {
    "due_notice": "Forfallsvarsel",
    "reminder": "Purring",
    "collection_warning": "Inkassovarsel",
    "payment_demand": "Betalingsoppfordring",
}
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def case_row(profile: Profile, package: HandoverPackage, documents: Sequence[str]) -> Row:
    """The bare claim with what it rests on. `principal` is what is open, without fees and interest."""
    debtor = package.debtor
    return {
        "creditor": package.creditor_id, "reference": package.our_reference,
        "debtor_kind": profile.person if debtor.is_person else profile.business, "debtor_name": debtor.name,
        "debtor_number": debtor.number or "", "organisation_number": debtor.organisation_number or "", "email": debtor.email or "",
        "phone": debtor.phone or "", "address": debtor.address_line, "postal_code": debtor.postal_code, "city": debtor.city,
        "country": debtor.country, "invoice_number": package.invoice_number, "invoice_date": package.invoice_date.isoformat(),
        "due_date": package.due_date.isoformat(), "principal": str(package.principal_ore), "original": str(package.original_ore),
        "currency": package.currency, "kid": package.kid or "", "description": package.description,
        **_notices(package), "interest_from": package.interest_from.isoformat(), "interest": str(package.interest_ore),
        "compensation": profile.yes if package.claims_compensation else profile.no,
        "vat_liable": profile.yes if package.creditor_vat_liable else profile.no, "documents": " ".join(documents),
    }  # fmt: skip


def documents_of(profile: Profile, package: HandoverPackage) -> list[tuple[str, bytes]]:
    """Copies of invoices and notices by name; none where the agency takes none."""
    if profile.documents is None:
        return []
    return [
        (f"{UNSAFE.sub('-', package.our_reference)}-{place}-{UNSAFE.sub('-', one.name) or one.kind}", one.content)
        for place, one in enumerate(package.attachments, start=1)
    ]


def report_row(profile: Profile, payment: DirectPayment) -> Row:
    return {
        "creditor": payment.creditor_id, "reference": payment.our_reference, "case": payment.external_id, "key": payment.our_key,
        "kind": profile.report_kinds[payment.kind.value], "date": payment.paid_on.isoformat(), "amount": str(payment.amount_ore),
        "text": payment.text,
    }  # fmt: skip


def updates_of(profile: Profile, read: Iterable[KeptFile], creditor_id: str) -> list[CaseUpdate]:
    """Each case once, in its newest state, oldest first. A case without a number of the agency's is known by our reference."""
    found: dict[str, CaseUpdate] = {}
    for file in read:
        for row in file.rows:
            if row.get("creditor") != creditor_id:
                continue
            if file.kind == FileKind.RECEIPTS:
                said = _receipt(profile, row, file)
            elif file.kind == FileKind.STATUS:
                said = _status(profile, row, file.read_at)
            else:
                continue
            before = found.pop(said.external_id, None)
            told = (said.our_reference or before.our_reference) if before is not None else said.our_reference
            # a receipt that comes after a status has nothing newer to say than the case's number
            stands = before is not None and file.kind == FileKind.RECEIPTS and before.state is not CaseState.REGISTERED
            found[said.external_id] = _with_reference(before if stands and before is not None else said, told)
    return list(found.values())


def settlements_of(read: Iterable[KeptFile], creditor_id: str) -> list[Settlement]:
    """One payout told in two files is one: the newer file's."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for file in read:
        mine = [row for row in file.rows if row.get("creditor") == creditor_id]
        for number in dict.fromkeys(row["settlement"] for row in mine):
            found[number] = [row for row in mine if row["settlement"] == number]
    return [_settlement(number, mine) for number, mine in found.items()]


def _receipt(profile: Profile, row: Mapping[str, str], file: KeptFile) -> CaseUpdate:
    reference, case, outcome = row["reference"], row.get("case", ""), row.get("outcome", "")
    if outcome in profile.refusals and outcome:
        # the consignment is the file, whose name the case's own reference finds
        return CaseUpdate(f"{file.path}#{reference}"[-60:], reference, CaseState.REFUSED, row.get("reason") or outcome, None, file.read_at)
    text = row.get("reason") or outcome or "Mottatt"
    return CaseUpdate(case or reference, reference, CaseState.REGISTERED, text, None, file.read_at)


def _status(profile: Profile, row: Mapping[str, str], read_at: datetime) -> CaseUpdate:
    word = row["status"]
    known = profile.statuses.get(word)
    text = row.get("text") or word
    return CaseUpdate(
        external_id=row["case"], our_reference=row.get("reference") or None,
        state=CaseState.UNKNOWN if known is None else CaseState(known), agency_text=text, outstanding_ore=_ore(row, "outstanding"),
        updated_at=read_at, principal_ore=_ore(row, "principal"),
    )  # fmt: skip


def _with_reference(said: CaseUpdate, reference: str | None) -> CaseUpdate:
    return CaseUpdate(
        said.external_id, reference, said.state, said.agency_text, said.outstanding_ore, said.updated_at, said.principal_ore
    )  # fmt: skip


def _settlement(number: str, mine: Sequence[Mapping[str, str]]) -> Settlement:
    first = mine[0]
    lines = tuple(
        SettlementLine(
            external_case_id=row["case"], invoice_number=row.get("invoice") or None, principal_ore=int(row["principal"]),
            interest_ore=_ore(row, "interest") or 0, fees_ore=_ore(row, "fees") or 0,
            paid_on=date.fromisoformat(row.get("paid_on") or row["settled_on"]), withheld_ore=_ore(row, "withheld") or 0,
            withheld_vat_ore=_ore(row, "withheld_vat") or 0,
        )
        for row in mine
    )  # fmt: skip
    return Settlement(
        external_id=number[:60], settled_on=date.fromisoformat(first["settled_on"]),
        total_ore=sum(paid_out_ore(dict(row)) for row in mine), currency=first.get("currency") or "NOK",
        bank_reference=first.get("bank_reference") or None, lines=lines,
    )  # fmt: skip


def _ore(row: Mapping[str, str], name: str) -> int | None:
    shown = row.get(name, "")
    return int(shown) if shown else None


def _notices(package: HandoverPackage) -> Row:
    """What was sent before (inkassoloven 1988 §§ 9, 17): the last reminder and warning by themselves, and all of it in words."""
    last = {notice.kind: notice for notice in sorted(package.notices, key=lambda one: one.sent_on)}
    warning, reminder = last.get("collection_warning"), last.get("reminder")
    told = [f"{NOTICE_WORDS.get(one.kind, one.kind)} {one.sent_on.isoformat()} ({one.channel})" for one in package.notices]
    return {
        "reminder_on": "" if reminder is None else reminder.sent_on.isoformat(),
        "warning_on": "" if warning is None else warning.sent_on.isoformat(),
        "warning_deadline": "" if warning is None or warning.payment_deadline is None else warning.payment_deadline.isoformat(),
        "notices": ", ".join(told),
    }
