"""Several SAF-T documents of one company into one set of books: each transaction once, the first opening and the last closing balance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from app.ledgers.ports import LedgerCompany, LedgerCustomer
from app.ledgers.saft.elements import Header
from app.ledgers.saft.reading import SaftFile
from app.ledgers.saft.records import AccountBalance, BalanceDifference, SaftCustomer, SaftError, SaftLine


@dataclass(frozen=True, slots=True)
class Books:
    """One company's receivables over the whole period. `lines` holds receivables lines only, per customer, in file order."""

    company: LedgerCompany
    period_start: date
    period_end: date
    version: str
    customers: tuple[SaftCustomer, ...]
    lines: dict[str, list[SaftLine]]
    unknowns: tuple[str, ...]
    differences: tuple[BalanceDifference, ...]


@dataclass(frozen=True, slots=True)
class _Statement:
    """What one file states about one customer's accounts, for that file's period."""

    start: date
    end: date
    balances: tuple[AccountBalance, ...]


def merge_files(files: Sequence[SaftFile]) -> Books:
    """Raises `SaftError` for different companies, transactions present twice, and balances that contradict each other."""
    headers = [_header(file) for file in files]
    _check_one_company(files, headers)
    _check_no_overlap(files)
    spans = [_span_of(file, header) for file, header in zip(files, headers, strict=True)]
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    statements, cards = _collect_customers(files, spans)
    accounts = _receivable_accounts(files, statements)
    lines = _receivable_lines(files, accounts)
    customers = tuple(_with_balances(cards[key], statements[key], lines.get(key, []), start, end) for key in cards)
    strangers = tuple(_stranger(key) for key in lines if key not in cards)
    return Books(
        company=headers[-1].company,
        period_start=start,
        period_end=end,
        version=" + ".join(sorted({_version_of(file, header) for file, header in zip(files, headers, strict=True)})),
        customers=customers + strangers,
        lines=lines,
        unknowns=tuple(_unknowns(files, headers, spans, strangers)),
        differences=tuple(_account_differences(files, spans, statements)),
    )


def _header(file: SaftFile) -> Header:
    if file.header is None:
        raise SaftError("The file has no header, so it names no company.", file=file.name)
    return file.header


def _check_one_company(files: Sequence[SaftFile], headers: Sequence[Header]) -> None:
    first = headers[0].company.external_id
    for file, header in zip(files, headers, strict=True):
        if header.company.external_id != first:
            raise SaftError(f"The file belongs to {header.company.external_id}, but {files[0].name} to {first}.", file=file.name)


def _check_no_overlap(files: Sequence[SaftFile]) -> None:
    for index, file in enumerate(files):
        for other in files[:index]:
            common = len(file.transactions & other.transactions)
            if common:
                raise SaftError(f"{common} transactions are in {other.name} as well; they would be counted twice.", file=file.name)


def _span_of(file: SaftFile, header: Header) -> tuple[date, date]:
    """The stated period, widened to the transactions where the selection is missing."""
    start, end = header.period_start or file.first_on, header.period_end or file.last_on
    if start is None or end is None:
        raise SaftError("The file states no period and has no transactions to take it from.", file=file.name)
    if end < start:
        raise SaftError(f"The period ends ({end}) before it begins ({start}).", file=file.name)
    return start, end


def _collect_customers(
    files: Sequence[SaftFile], spans: Sequence[tuple[date, date]]
) -> tuple[dict[str, list[_Statement]], dict[str, SaftCustomer]]:
    statements: dict[str, list[_Statement]] = defaultdict(list)
    cards: dict[str, SaftCustomer] = {}
    newest: dict[str, date] = {}
    for file, (start, end) in zip(files, spans, strict=True):
        seen_here: set[str] = set()
        for read in file.customers:
            key = read.customer.card.external_id
            if key in seen_here:
                raise SaftError(f"Customer {key} stands twice in the customer list.", file=file.name)
            seen_here.add(key)
            if key not in cards or end >= newest[key]:
                cards[key], newest[key] = read.customer, end
            statement = _Statement(start, end, read.balances)
            if any((s.start, s.end) == (start, end) and s.balances != read.balances for s in statements[key]):
                raise SaftError(f"The files state different balances of customer {key} for the same period.", file=file.name)
            if statement not in statements[key]:
                statements[key].append(statement)
    return statements, cards


def _receivable_accounts(files: Sequence[SaftFile], statements: dict[str, list[_Statement]]) -> frozenset[str]:
    """The accounts that customers' balances stand on; where no customer names one, group 15 of the chart of accounts (kundefordringer)."""
    named = {b.account for stated in statements.values() for s in stated for b in s.balances if b.account}
    if named:
        return frozenset(named)
    codes = {account: code for file in files for account, code in file.account_codes.items()}
    used = {line.account for file in files for line in file.lines} | set(codes)
    return frozenset(account for account in used if codes.get(account, account).startswith("15"))


def _receivable_lines(files: Sequence[SaftFile], accounts: frozenset[str]) -> dict[str, list[SaftLine]]:
    lines: dict[str, list[SaftLine]] = defaultdict(list)
    for file in files:
        for line in file.lines:
            if line.account in accounts:
                lines[line.customer_id].append(line)
    return dict(lines)


def _with_balances(card: SaftCustomer, statements: list[_Statement], lines: list[SaftLine], start: date, end: date) -> SaftCustomer:
    """A balance from inside the whole period counts only if no line of this customer lies between it and the period's edge."""
    first, last = min(statements, key=lambda s: s.start), max(statements, key=lambda s: s.end)
    opening = _sum([b.opening_ore for b in first.balances])
    closing = _sum([b.closing_ore for b in last.balances])
    if first.start > start and any(line.on < first.start for line in lines):
        opening = None
    if last.end < end and any(line.on > last.end for line in lines):
        closing = None
    return replace(card, opening_ore=opening, closing_ore=closing)


def _sum(amounts: list[int | None]) -> int | None:
    stated = [amount for amount in amounts if amount is not None]
    return sum(stated) if stated else None


def _stranger(key: str) -> SaftCustomer:
    return SaftCustomer(LedgerCustomer(key, key, key, organisation_number=None, is_person=None))


def _version_of(file: SaftFile, header: Header) -> str:
    """ "1.10" (which 1.20 shares) or "1.30": by structure where it shows, for the stated number is often not kept up."""
    if file.is_1_30 is None:
        return "1.30" if header.stated_version.startswith("1.3") else "1.10"
    return "1.30" if file.is_1_30 else "1.10"


def _unknowns(
    files: Sequence[SaftFile], headers: Sequence[Header], spans: Sequence[tuple[date, date]], strangers: Sequence[SaftCustomer]
) -> list[str]:
    found = ["SAF-T does not tell which reminders and collection warnings were already sent, nor what was disputed."]
    for file, header in zip(files, headers, strict=True):
        if file.is_1_30 is not None and header.stated_version.startswith("1.3") != file.is_1_30:
            shape = "1.30" if file.is_1_30 else "1.10"
            found.append(f"{file.name} says version {header.stated_version} but is built like {shape}; it was read as {shape}.")
        if header.period_start is None:
            found.append(f"{file.name} states no period; it was taken from the dates of its transactions.")
    ordered = sorted(spans)
    for (_, end), (start, _) in pairwise(ordered):
        if start > end + timedelta(days=1):
            found.append(f"No file covers the time from {end + timedelta(days=1)} to {start - timedelta(days=1)}.")
    unusable = len({read.customer.card.external_id for file in files for read in file.customers if read.unusable_number})
    if unusable:
        found.append(f"{unusable} customers have a registration number that is not a Norwegian organisation number; it was left out.")
    if strangers:
        found.append(f"{len(strangers)} customers have transactions but are missing from the customer list; name and address are unknown.")
    if not any(file.customers for file in files):
        found.append("The files have no customer list.")
    if not any(file.lines for file in files):
        found.append("The files have no transactions with customers: only balances are known, not what they consist of.")
    return found


def _account_differences(
    files: Sequence[SaftFile], spans: Sequence[tuple[date, date]], statements: dict[str, list[_Statement]]
) -> list[BalanceDifference]:
    """The general ledger's closing balance against the sum of its customers', per receivables account, for the last period."""
    end = max(span[1] for span in spans)
    stated: dict[str, int] = {}
    for file, span in zip(files, spans, strict=True):
        if span[1] == end:
            stated.update({account: balance for account, balance in file.gl_balances.items() if balance is not None})
    sums: dict[str, int] = defaultdict(int)
    for of_customer in statements.values():
        for balance in max(of_customer, key=lambda s: s.end).balances:
            if balance.account and balance.closing_ore is not None:
                sums[balance.account] += balance.closing_ore
    return [
        BalanceDifference(None, account, stated[account], derived)
        for account, derived in sorted(sums.items())
        if account in stated and stated[account] != derived
    ]
