"""One SAF-T document as a stream: every record is handed over and let go, so that memory follows the customers' lines, not the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from sys import intern

from lxml import etree

from app.ledgers.ports import ItemKind
from app.ledgers.saft.elements import (
    NAMESPACE,
    Header,
    N,
    ReadCustomer,
    customer_of,
    date_of,
    header_of,
    line_of,
    ore_of,
    stated_balance,
    text_of,
)
from app.ledgers.saft.records import SaftError, SaftLine

_RECORDS = (
    "Header", "Account", "Taxonomy", "Customer", "Supplier", "TaxTableEntry", "UOMTableEntry", "AnalysisTypeTableEntry",
    "MovementTypeTableEntry", "Product", "PhysicalStockEntry", "Owner", "Asset", "Transaction", "Invoice", "Payment",
    "StockMovement", "AssetTransaction",
)  # fmt: skip
_TAGS = [f"{N}{name}" for name in ("Journal", *_RECORDS)]
#: so many bytes without one whole record: not bookkeeping any more, but an attempt to fill the memory
_RECORD_LIMIT = 64 * 1024**2
_PROLOG_LIMIT = 1024**2


@dataclass(slots=True)
class SaftFile:
    """Everything one document says that matters here. `gl_balances` are the closing balances in øre of all accounts."""

    name: str
    header: Header | None = None
    customers: list[ReadCustomer] = field(default_factory=list)
    lines: list[SaftLine] = field(default_factory=list)
    account_codes: dict[str, str] = field(default_factory=dict)
    gl_balances: dict[str, int | None] = field(default_factory=dict)
    transactions: set[int] = field(default_factory=set)
    is_1_30: bool | None = None
    first_on: date | None = None
    last_on: date | None = None


def read_document(
    name: str, chunks: Iterable[bytes], *, remember_transactions: bool, progress: Callable[[int], None] | None = None
) -> SaftFile:
    """Read one XML document to its end or raise `SaftError`; `progress` gets the size in bytes of each piece read.

    `remember_transactions` keeps a fingerprint of every voucher, needed only when there are more files to compare with.
    """
    reader = _Reader(SaftFile(name), remember_transactions)
    try:
        reader.read(chunks, progress)
    except SaftError as error:
        if error.file is not None:
            raise
        raise SaftError(str(error), file=name, line=error.line) from error
    except etree.XMLSyntaxError as error:
        raise SaftError(f"The file is not well-formed or is cut off ({error.msg}).", file=name, line=error.lineno) from error
    return reader.file


class _Reader:
    def __init__(self, file: SaftFile, remember_transactions: bool) -> None:
        self.file = file
        self._remember = remember_transactions
        self._journal: str | None = None

    def read(self, chunks: Iterable[bytes], progress: Callable[[int], None] | None) -> None:
        parser = etree.XMLPullParser(
            events=("start", "end"), tag=_TAGS, resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
            huge_tree=False, remove_comments=True, remove_pis=True,
        )  # fmt: skip
        since_record = 0
        for chunk in _checked_prolog(chunks):
            parser.feed(chunk)
            since_record += len(chunk)
            if self._take_all(parser):
                since_record = 0
            if since_record > _RECORD_LIMIT:
                raise SaftError("One single record is larger than 64 MB.")
            if progress:
                progress(len(chunk))
        root = parser.close()
        self._take_all(parser)
        _refuse_document_type(root)
        if self.file.header is None:
            raise SaftError("The file has no header, so it names no company.")

    def _take_all(self, parser: etree.XMLPullParser) -> bool:
        """Handle the records that became complete; tells whether there was any."""
        found = False
        for event, element in parser.read_events():
            if isinstance(element, etree._Element):
                found = True
                self._take(event, element)
        return found

    def _take(self, event: str, element: etree._Element) -> None:
        name = element.tag.removeprefix(N)
        if event == "start":
            if name == "Journal":
                self._journal = None
            return
        parent = element.getparent()
        if name == "Header":
            self.file.header = header_of(element)
        elif name == "Account" and parent is not None and parent.tag == f"{N}GeneralLedgerAccounts":
            self._take_account(element)
        elif name == "Customer" and parent is not None and parent.tag == f"{N}Customers":
            self._take_customer(element)
        elif name == "Transaction" and parent is not None and parent.tag == f"{N}Journal":
            self._take_transaction(element, parent)
        if name != "Header":
            _let_go(element, parent)

    def _take_account(self, element: etree._Element) -> None:
        account = text_of(element, "AccountID")
        if account is None:
            return
        account = intern(account)
        code = text_of(element, "StandardAccountID") or text_of(element, "GroupingCode")
        if code:
            self.file.account_codes[account] = intern(code)
        self.file.gl_balances[account] = stated_balance(element, "Closing")

    def _take_customer(self, element: etree._Element) -> None:
        customer = customer_of(element)
        if element.find(f"{N}BalanceAccount") is not None:
            self.file.is_1_30 = True
        elif customer.balances:
            self.file.is_1_30 = False
        self.file.customers.append(customer)

    def _take_transaction(self, element: etree._Element, journal: etree._Element) -> None:
        if self._journal is None:
            self._journal = intern(text_of(journal, "JournalID") or "")
        number = text_of(element, "TransactionID") or ""
        on = date_of(text_of(element, "TransactionDate"), element)
        self.file.first_on = min(self.file.first_on or on, on)
        self.file.last_on = max(self.file.last_on or on, on)
        if self._remember:
            self.file.transactions.add(hash((self._journal, number, on, text_of(element, "PeriodYear"))))
        rows = element.findall(f"{N}Line")
        if any(row.find(f"{N}CustomerID") is not None for row in rows):
            codes = self.file.account_codes
            groups = {codes.get(account, account)[:2] for row in rows if (account := text_of(row, "AccountID"))}
            self.file.lines.extend(line for row in rows if (line := self._line_of(row, number, on, groups)))

    def _line_of(self, row: etree._Element, number: str, on: date, groups: set[str]) -> SaftLine | None:
        values = {child.tag.removeprefix(N): child for child in row}
        customer = _text(values, "CustomerID")
        account = _text(values, "AccountID")
        if customer is None or account is None:
            return None
        side = values.get("DebitAmount", values.get("CreditAmount"))
        if side is None:
            raise SaftError("A line has neither a debit nor a credit amount.", line=line_of(row))
        sign = 1 if "DebitAmount" in values else -1
        amount = sign * ore_of(side.findtext(f"{N}Amount"), side)
        currency = text_of(side, "CurrencyCode") or "NOK"
        in_currency = text_of(side, "CurrencyAmount") if currency != "NOK" else None
        due = values.get("DueDate")
        return SaftLine(
            customer_id=intern(customer),
            account=intern(account),
            journal=self._journal or "",
            transaction=number,
            on=on,
            amount_ore=amount,
            kind=_kind_of(amount, groups, due is not None),
            currency=intern(currency),
            foreign=sign * ore_of(in_currency, side) if in_currency else None,
            reference=_text(values, "ReferenceNumber"),
            kid=_text(values, "CID"),
            cross=_text(values, "CrossReference"),
            source=_text(values, "SourceDocumentID"),
            due_on=date_of(due.text, due) if due is not None and (due.text or "").strip() else None,
        )


def _text(values: dict[str, etree._Element], name: str) -> str | None:
    element = values.get(name)
    return (element.text or "").strip() or None if element is not None else None


def _kind_of(amount_ore: int, groups: set[str], has_due_date: bool) -> ItemKind:
    """By the accounts on the voucher's other side (NS 4102): class 3 is a sale, 19 is money."""
    sale = any(group.startswith("3") for group in groups)
    if amount_ore >= 0:
        return ItemKind.INVOICE if sale or has_due_date else ItemKind.OTHER
    if "19" in groups:
        return ItemKind.PAYMENT
    return ItemKind.CREDIT_NOTE if sale else ItemKind.OTHER


def _let_go(element: etree._Element, parent: etree._Element | None) -> None:
    """Free a finished record and what stood before it beside it."""
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


def _checked_prolog(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same chunks, the first only after the root element was seen to be SAF-T and nothing declared a document type before it."""
    stream = iter(chunks)
    head = b""
    for chunk in stream:
        head += chunk
        root = _root_of(head)
        if root is not None:
            break
        if len(head) > _PROLOG_LIMIT:
            raise SaftError("The file does not begin like XML.")
    else:
        raise SaftError("The file is not well-formed or is cut off.")
    _refuse_document_type(root)
    if root.tag != f"{N}AuditFile":
        raise SaftError(f"The file is not SAF-T Financial: its root element is {root.tag[:120]!r}, expected AuditFile in {NAMESPACE}.")
    yield head
    yield from stream


def _root_of(head: bytes) -> etree._Element | None:
    """The root element as far as these bytes go. A document type is refused before any parser sees it, in whatever encoding."""
    plain = head.replace(b"\0", b"")
    for mark in (b"<!DOCTYPE", b"<!ENTITY"):
        if mark in plain:
            raise SaftError("The file declares a document type or entities, which SAF-T never needs; it was refused.")
    sniffer = etree.XMLPullParser(
        events=("start",), resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    sniffer.feed(head)
    return next((element for _, element in sniffer.read_events() if isinstance(element, etree._Element)), None)


def _refuse_document_type(root: etree._Element) -> None:
    declared: tuple[object, object] = (root.getroottree().docinfo.internalDTD, root.getroottree().docinfo.externalDTD)
    if declared != (None, None):
        raise SaftError("The file declares a document type or entities, which SAF-T never needs; it was refused.")
