"""ISO 20022 camt.054: a bank's notification of credits (kreditvarsel). Versions .02 and .08 differ in little, and both are read.

Norwegian usage: the KID is the structured creditor reference (`RmtInf/Strd/CdtrRefInf/Ref`); without one the payer's own words stand in
`Ustrd`. Only booked credits count: what is pending or reversed is left out, and said.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lxml import etree

from app.ledgers.files import xml
from app.ledgers.files.records import N_, BankFile, FileError, FileKind, LeftOut
from app.receivables.bank_money import BankPaymentFacts

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.054.001."
_NORWEGIAN_IBAN = re.compile(r"NO[0-9]{2}([0-9]{11})")
_KID = re.compile(r"[0-9]{1,24}[0-9-]")
NOT_BOOKED = N_("The bank has not booked it yet. Upload the next file when it has.")
REVERSED = N_("The bank has reversed it. Look at it in the bank.")
FOREIGN = N_("Not in Norwegian kroner. Look for it in the ledger.")
NO_AMOUNT = N_("The bank does not tell what part of the sum this is. Look at it in the bank.")
NO_DATE = N_("The bank gives no day. Look at it in the bank.")


def read_camt(path: Path) -> BankFile:
    """The booked credits of every notification in the file. FileError when the file is no camt.054, or broken."""
    root = xml.root_name(path)
    if root is None or not root[0].startswith(NAMESPACE):
        raise FileError(N_("The file is no camt.054."), file=path.name)
    account, accounts = "", dict[str, None]()
    payments: list[BankPaymentFacts] = []
    left_out: list[LeftOut] = []
    keys: Counter[str] = Counter()
    for element in xml.elements(path, "Acct", "Ntry"):
        if etree.QName(element).localname == "Acct":
            parent = element.getparent()
            if parent is not None and etree.QName(parent).localname == "Ntfctn":
                account = _account_of(element)
                accounts[account] = None
            continue
        for one in _Entry(element, account).lines():
            if isinstance(one, LeftOut):
                left_out.append(one)
                continue
            keys[one.key] += 1
            payments.append(one if keys[one.key] == 1 else replace(one, key=f"{one.key}#{keys[one.key]}"))
        element.clear()
    return BankFile(FileKind.CAMT054, tuple(payments), tuple(left_out), tuple(accounts))


@dataclass(frozen=True, slots=True)
class _Entry:
    """One booked sum with the payments it consists of."""

    element: etree._Element
    account: str

    def lines(self) -> Iterator[BankPaymentFacts | LeftOut]:
        """A debit is somebody else's payment and no concern of ours; every credit comes out."""
        entry = self.element
        if xml.text(entry, "CdtDbtInd") != "CRDT":
            return
        if (xml.text(entry, "Sts/Cd") or xml.text(entry, "Sts") or "BOOK") != "BOOK":
            yield self._left_out("Sts", entry, NOT_BOOKED)
            return
        if xml.text(entry, "RvslInd") in {"true", "1"}:
            yield self._left_out("RvslInd", entry, REVERSED)
            return
        details = xml.within(entry, "NtryDtls/TxDtls")
        for one in details or [entry]:
            yield from self._payments(one, alone=len(details) <= 1)

    def _payments(self, one: etree._Element, *, alone: bool) -> Iterator[BankPaymentFacts | LeftOut]:
        if (xml.text(one, "CdtDbtInd") or "CRDT") != "CRDT":
            return
        amount = self._amount(one, alone=alone)
        ore = xml.ore(None if amount is None else amount.text)
        paid_on = xml.day(xml.text(self.element, "BookgDt/Dt") or xml.text(self.element, "BookgDt/DtTm"))
        paid_on = paid_on or xml.day(xml.text(self.element, "ValDt/Dt") or xml.text(self.element, "ValDt/DtTm"))
        if amount is None or ore is None or ore <= 0:
            yield self._left_out("Amt", one, NO_AMOUNT)
            return
        if amount.get("Ccy") != "NOK":
            yield self._left_out("Ccy", one, FOREIGN)
            return
        if paid_on is None:
            yield self._left_out("BookgDt", one, NO_DATE)
            return
        payer = xml.text(one, "RltdPties/Dbtr/Pty/Nm") or xml.text(one, "RltdPties/Dbtr/Nm")
        whole = BankPaymentFacts(
            self._key(one, ore), self.account, paid_on, ore, text=self._words(one), payer=payer[:200] if payer else None
        )
        yield from _by_kid(whole, one)

    def _amount(self, one: etree._Element, *, alone: bool) -> etree._Element | None:
        for path in ("Amt", "AmtDtls/TxAmt/Amt"):
            if found := xml.within(one, path):
                return found[0]
        whole = xml.within(self.element, "Amt") if alone else []
        return whole[0] if whole else None

    def _key(self, one: etree._Element, ore: int) -> str:
        """The same for the same payment in any later file: the bank's own reference, its booking day and amount."""
        own = [xml.text(one, f"Refs/{name}") for name in ("AcctSvcrRef", "EndToEndId", "TxId", "InstrId")]
        of_entry = [xml.text(self.element, name) for name in ("AcctSvcrRef", "NtryRef")]
        booked = xml.text(self.element, "BookgDt/Dt") or xml.text(self.element, "BookgDt/DtTm")
        marks = [self.account, own[0] or of_entry[0], own[1], own[2], own[3], booked and booked[:10], str(ore), *_refs(one)]
        if not any((*own, of_entry[0])):
            marks += [of_entry[1], self._words(one)]
        return hashlib.sha256("\x1f".join(mark or "" for mark in marks).encode()).hexdigest()

    def _words(self, one: etree._Element) -> str | None:
        words = [(part.text or "").strip() for part in xml.within(one, "RmtInf/Ustrd")]
        words += [xml.text(one, "AddtlTxInf") or ""]
        return " ".join(word for word in words if word)[:1000] or None

    def _left_out(self, field: str, one: etree._Element, why: str) -> LeftOut:
        line: object = one.sourceline
        shown = [xml.text(one, "Amt") or xml.text(self.element, "Amt"), xml.text(one, "Refs/AcctSvcrRef"), *_refs(one), self._words(one)]
        return LeftOut(line if isinstance(line, int) else None, field, " ".join(part for part in shown if part), why)


def _by_kid(whole: BankPaymentFacts, one: etree._Element) -> Iterator[BankPaymentFacts]:
    """One line for each KID, where a payer paid several at once and the bank tells what part each got."""
    parts = [
        (ref, xml.ore(xml.text(strd, "RfrdDocAmt/RmtdAmt")))
        for strd in xml.within(one, "RmtInf/Strd")
        if (ref := xml.text(strd, "CdtrRefInf/Ref"))
    ]
    refs = list(dict.fromkeys(ref for ref, _ in parts))
    if len(refs) == 1 and _KID.fullmatch(refs[0]):
        yield replace(whole, kid=refs[0])
    elif len(refs) > 1 and sum(ore or 0 for _, ore in parts) == whole.amount_ore and all(ore and ore > 0 for _, ore in parts):
        for place, (ref, ore) in enumerate(parts):
            yield replace(whole, key=f"{whole.key}/{place}", kid=ref[:35], amount_ore=ore or 0)
    else:
        yield replace(whole, text=" ".join([*refs, whole.text or ""]).strip()[:1000] or None)


def _refs(one: etree._Element) -> list[str]:
    return [ref for strd in xml.within(one, "RmtInf/Strd") if (ref := xml.text(strd, "CdtrRefInf/Ref"))]


def _account_of(element: etree._Element) -> str:
    told = (xml.text(element, "Id/IBAN") or xml.text(element, "Id/Othr/Id") or "").replace(" ", "")
    norwegian = _NORWEGIAN_IBAN.fullmatch(told)
    return norwegian[1] if norwegian else told[:34]
