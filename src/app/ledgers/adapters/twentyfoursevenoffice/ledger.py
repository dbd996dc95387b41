"""24SevenOffice as a `Ledger`: one user's login, the companies he may look into, and the lines on their receivables accounts.

Its newer REST interface knows lines, too, but neither which of them are open nor what belongs together; so it is the SOAP services that are
spoken (https://developer.24sevenoffice.com), which do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from app.ledgers.adapters.twentyfoursevenoffice import links, payments
from app.ledgers.adapters.twentyfoursevenoffice.rows import CARD_FIELDS, Line, customer_of, lines_of, organisation_number
from app.ledgers.adapters.twentyfoursevenoffice.soap import COMPANY, TRANSACTION, Fields, Node
from app.ledgers.adapters.twentyfoursevenoffice.wire import Ask, Wire, reading
from app.ledgers.calls import Pause
from app.ledgers.capabilities import Capabilities, CredentialField, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import CursorExpiredError
from app.ledgers.ports import (
    Changes,
    CredentialStore,
    ItemState,
    Ledger,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LiveItem,
    PaymentOrder,
    PostingReceipt,
    Probe,
    SupplierItem,
)
from app.ledgers.vendors import Vendor
from app.net.errors import BrokenError, RefusedError, TryLaterError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.calendar import OSLO
from app.values.clock import Clock

#: the accounts customers and suppliers stand on in the Norwegian chart of accounts
RECEIVABLES, PAYABLES = (1500, 1529), (2400, 2429)
FIRST_YEAR = 2000
#: so many years are asked for one by one, and all before them at once: a whole book in one answer may be too large for the vendor
YEARS_APART = 3
#: an invoice may be dated ahead of the day it is made on
AHEAD = timedelta(days=366)
#: what is changed is asked for from so much earlier: clocks differ
OVERLAP = timedelta(minutes=15)
#: the vendor does not say in which zone a card's change is dated: this is too much rather than too little
ZONE_UNKNOWN = timedelta(hours=2)
READINGS_MAX = 3
#: a year's lines come in one answer
TIMEOUT_SECONDS = 90.0
CARDS_AT_ONCE = 200
#: from here on the whole list costs fewer calls than asking for each customer
CUSTOMERS_MAX = 100


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """24SevenOffice as wired: our own application's id, and a user's e-mail and password."""
    app = apps["twentyfoursevenoffice"]
    http = HttpClient(app.api_url, timeout_seconds=TIMEOUT_SECONDS)

    def opened(store: CredentialStore) -> Ledger:
        return TwentyFourSevenOfficeLedger(http, store, clock, application_id=app.keys["application_id"])

    return (Vendor(TwentyFourSevenOfficeLedger.capabilities, opened, offered=app.registered),)


class TwentyFourSevenOfficeLedger(Ledger):
    """One user. A company is named by the vendor's client id, an item by its voucher's number and its line's own id."""

    capabilities = Capabilities(
        ledger="twentyfoursevenoffice", label="24SevenOffice", credential_kind=CredentialKind.PASTED_SECRET, multi_company=True,
        max_concurrency=2, open_items=OpenItems.CURRENT, payment_write=PaymentWrite.VOUCHER, finding=Finding.OUR_KEY,
        reads_own_reminders=False, fields=(CredentialField("username", secret=False), CredentialField("password")),
        customers_since=Since.INSTANT, changes=Since.INSTANT, supplier_items=True,
    )  # fmt: skip

    def __init__(
        self, http: HttpClient, store: CredentialStore, clock: Clock, *, application_id: str, pause: Pause = backoff,
        cards_at_once: int = CARDS_AT_ONCE,
    ) -> None:  # fmt: skip
        self._wire, self._clock, self._cards_at_once = Wire(http, store, clock, application_id, pause), clock, cards_at_once

    def list_companies(self) -> list[LedgerCompany]:
        """Each is entered in turn: only from inside does a company tell its organisation number."""
        found: dict[str, LedgerCompany] = {}
        for identity, card in self._wire.companies():
            with reading("companies"):
                company = identity.needed("Client/Id")
            if company not in found or not found[company].has_api_access:
                found[company] = _company(company, identity.text("Client/Name") or "", card)
        return list(found.values())

    def probe(self, company: str) -> Probe:
        """May we read the receivables and the cards? Whether 24SevenOffice reminds by itself is not told."""
        today = self._clock.now().astimezone(OSLO).date()
        try:
            self._wire.read(company, lambda ask: (_lines(ask, {"DateStart": today, "DateEnd": today + timedelta(days=1)}), _cards(ask, 1)))
        except RefusedError as refusal:
            return Probe(False, (str(refusal),))
        return Probe(True)

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        """The vendor's way: first a list of ids, page by page, then the cards behind them."""
        since = None if changed_since is None else (changed_since - ZONE_UNKNOWN).astimezone(UTC).replace(tzinfo=None)
        yield from self._wire.read(company, lambda ask: self._customers(ask, since))

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        yield from links.items_of(self._wire.read(company, lambda ask: self._open(ask, as_of, RECEIVABLES)), as_of)

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """The cursor is an instant of our own clock. What was deleted is not told: the next snapshot finds it."""
        now = self._clock.now()
        if cursor is None:
            return Changes(_moment(now - OVERLAP))
        try:
            since = datetime.fromisoformat(cursor).astimezone(UTC)
        except ValueError as fault:
            raise BrokenError("that is not a cursor of ours") from fault
        items = self._wire.read(company, lambda ask: _changed_items(ask, since, now))
        return Changes(_moment(now - OVERLAP), tuple(items))

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        def told(ask: Ask) -> list[SupplierItem]:
            groups = self._open(ask, as_of, PAYABLES)
            cards = self._cards_of(ask, sorted({line.customer for group in groups for line in group if line.customer}))
            with reading("suppliers"):
                return links.supplier_items(groups, {card.needed("Id"): card.needed("Name") for card in cards})

        yield from self._wire.read(company, told)

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        found = self._wire.read(company, lambda ask: _with_link(ask, item))
        return LiveItem(ItemState.GONE, 0, None) if found is None else links.live_of(*found)

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        earlier = self.find_payment(company, order)
        if earlier is not None:
            return earlier
        found = self._wire.read(company, lambda ask: _with_link(ask, order.invoice_id))
        if found is None:
            raise RefusedError("The invoice is no longer in 24SevenOffice.")
        return payments.post_payment(self._wire, company, order, *found)

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        return payments.find_payment(self._wire, company, order, _lines)

    def close(self) -> None:
        """The HTTP client is shared by all openings and belongs to whoever made it."""

    def _open(self, ask: Ask, as_of: date, accounts: tuple[int, int]) -> list[list[Line]]:
        """Open lines, link by link, each link whole. Read in parts, so that what changes meanwhile is looked for and read again."""
        for _ in range(READINGS_MAX):
            begun = self._clock.now()
            lines = {line.id: line for asked in _windows(as_of) for line in _lines(ask, {**asked, "ShowOpenEntries": True}, accounts)}
            changed = _changed(ask, begun - OVERLAP, self._clock.now(), accounts)
            if all(lines.get(line.id) == line if line.open else line.id not in lines for line in changed if _is_within(line, as_of)):
                return _linked(ask, list(lines.values()), accounts)
        raise TryLaterError("the list in 24SevenOffice kept changing while it was read")

    def _customers(self, ask: Ask, since: datetime | None) -> list[LedgerCustomer]:
        active: dict[str, bool] = {}
        page = pages = 1
        while page <= pages:
            listed = _cards(ask, page, since)
            with reading("customers"):
                pages = 0 if listed is None else int(listed.text("TotalPages") or 0)
                rows = [] if listed is None else list(listed.each("Items/SyncCompany"))
                active.update((row.needed("CompanyId"), row.is_true("Active")) for row in rows)
            page += 1
        cards = self._cards_of(ask, list(active))
        with reading("customers"):
            told = {card.needed("Id"): customer_of(card, active[card.needed("Id")]) for card in cards}
        # a card that has been deleted is told of by its id alone, and may still owe something
        return [told.get(one) or LedgerCustomer(one, one, one, None, None, inactive=True) for one in active]

    def _cards_of(self, ask: Ask, ids: Sequence[str]) -> list[Node]:
        found: list[Node] = []
        for start in range(0, len(ids), self._cards_at_once):
            wanted = {"searchParams": {"CompanyIds": {"int": list(ids[start : start + self._cards_at_once])}}}
            told = ask(COMPANY, "GetCompanies", {**wanted, "returnProperties": {"string": list(CARD_FIELDS)}})
            found += [] if told is None else told.each("Company")
        return found


def _lines(ask: Ask, asked: Fields, accounts: tuple[int, int] = RECEIVABLES) -> list[Line]:
    """Lines between two moments. The service wants its fields in this order, and both moments always."""
    fields = {
        "DateSearchParameters": asked.get("DateSearchParameters", "EntryDate"), "ShowOpenEntries": asked.get("ShowOpenEntries"),
        "LinkId": asked.get("LinkId"), "DateStart": asked.get("DateStart", date(FIRST_YEAR, 1, 1)),
        "DateEnd": asked.get("DateEnd", date(2999, 1, 1)), "CustomerId": asked.get("CustomerId"), "AccountNoStart": accounts[0],
        "AccountNoEnd": accounts[1],
        "TransactionNoStart": asked.get("TransactionNo"), "TransactionNoEnd": asked.get("TransactionNo"),
    }  # fmt: skip
    told = ask(TRANSACTION, "GetTransactions", {"searchParams": fields})
    with reading("lines"):
        return [] if told is None else lines_of(told.each("Transaction"))


def _windows(as_of: date) -> Iterator[Fields]:
    """Moments that follow each other without a gap, in UTC as the vendor dates its lines."""
    last = as_of + AHEAD
    years = [date(FIRST_YEAR, 1, 1), *(date(year, 1, 1) for year in range(as_of.year - YEARS_APART, last.year + 1))]
    for begins, ends in zip(years, [*years[1:], date(last.year + 1, 1, 1)], strict=True):
        yield {"DateStart": begins, "DateEnd": datetime.combine(ends - timedelta(days=1), time(23, 59, 59))}


def _is_within(line: Line, as_of: date) -> bool:
    return FIRST_YEAR <= line.on.year <= (as_of + AHEAD).year


def _changed(ask: Ask, since: datetime, until: datetime, accounts: tuple[int, int] = RECEIVABLES) -> list[Line]:
    moments = {"DateStart": _moment_in_utc(since), "DateEnd": _moment_in_utc(until + timedelta(days=1))}
    return _lines(ask, {**moments, "DateSearchParameters": "DateChangedUTC"}, accounts)


def _changed_items(ask: Ask, since: datetime, now: datetime) -> list[LedgerItem]:
    """All that stands with the customers something changed for, also with nothing remaining."""
    lines = {line.id: line for line in _changed(ask, since, now)}
    customers = sorted({line.customer for line in lines.values() if line.customer})
    if len(customers) > CUSTOMERS_MAX:
        raise CursorExpiredError("so much has changed that the whole list is the shorter way")
    for customer in customers:
        lines |= {line.id: line for line in _lines(ask, {"CustomerId": customer, "ShowOpenEntries": True})}
    return links.standing(_linked(ask, list(lines.values()), RECEIVABLES), now.astimezone(OSLO).date())


def _linked(ask: Ask, lines: Sequence[Line], accounts: tuple[int, int]) -> list[list[Line]]:
    """Loose lines by themselves; links whole, whatever of them is open."""
    groups = [[line] for line in lines if not line.link]
    for link in sorted({line.link for line in lines if line.link}):
        told = {line.id: line for line in _lines(ask, {"LinkId": link}, accounts)}
        mine = [line for line in lines if line.link == link]
        if any(line.id not in told for line in mine):
            raise TryLaterError("the links in 24SevenOffice changed while they were read")
        groups.append(list(told.values()))
    return groups


def _with_link(ask: Ask, item: str) -> tuple[Line, list[Line]] | None:
    """The line and all of its link, itself among them; None where it is no more."""
    transaction, _, own = item.partition(":")
    if not transaction.isdigit() or not own:
        raise RefusedError("that is not an item in 24SevenOffice")
    line = next((one for one in _lines(ask, {"TransactionNo": transaction}) if one.id == own), None)
    if line is None:
        return None
    return (line, [line]) if not line.link else (line, _linked(ask, [line], RECEIVABLES)[0])


def _cards(ask: Ask, page: int, since: datetime | None = None) -> Node | None:
    return ask(COMPANY, "GetCompanySyncList", {"syncSearchParameters": {"Page": page, "ChangedAfter": since}})


def _company(company: str, name: str, card: Node | None) -> LedgerCompany:
    if card is None:
        return LedgerCompany(company, name, None, has_api_access=False)
    number = organisation_number(card.text("OrganizationNumber"))
    return LedgerCompany(company, card.text("Name") or name, number, base_currency=card.text("DefaultCurrency") or "NOK")


def _moment_in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _moment(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="seconds")
