"""Xledger as a `Ledger`: the rows on customers' accounts with what remains of each, a list of changes kept three days, an import queue.

A token is made on one entity and reaches all below it: a bureau's token on a group reaches its clients.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from app.ledgers.adapters.xledger import items, queue
from app.ledgers.adapters.xledger.customers import CUSTOMER_FIELDS, companies_of, customer_of
from app.ledgers.adapters.xledger.wire import PAGE_SIZE, Row, Wire, day_of, key_of, modified_since, ore_of, reading
from app.ledgers.calls import Pause
from app.ledgers.capabilities import Capabilities, CredentialField, CredentialKind, Finding, OpenItems, PaymentWrite, Since
from app.ledgers.errors import CursorExpiredError
from app.ledgers.ports import (
    BankBalance,
    Changes,
    CredentialStore,
    ItemState,
    Ledger,
    LedgerCompany,
    LedgerCustomer,
    LedgerItem,
    LiveItem,
    OpenPage,
    PaymentOrder,
    PostingReceipt,
    Probe,
    SupplierItem,
)
from app.ledgers.vendors import Vendor
from app.net.errors import BrokenError, RefusedError
from app.net.http import HttpClient, backoff
from app.settings import LedgerApp
from app.values.clock import Clock

KEPT = timedelta(days=3)
#: with a list that is about to be cut, nobody can tell what has been cut already
KEPT_MARGIN = timedelta(hours=1)
OPEN = [{"invoiceRemaining_gt": 0}, {"invoiceRemaining_lt": 0}]
ENTITY_FIELDS = "code description toDate company { companyNumber } currency { dbId }"
BANK_FIELDS = "code description accountNumber toDate account { dbId } currency { dbId }"


def vendor(apps: Mapping[str, LedgerApp], clock: Clock) -> tuple[Vendor, ...]:
    """Xledger as wired: opened by a pasted API token; nothing of ours is registered there."""
    app = apps["xledger"]
    http = HttpClient(app.api_url)

    def opened(store: CredentialStore) -> Ledger:
        return XledgerLedger(http, store, clock)

    return (Vendor(XledgerLedger.capabilities, opened, offered=app.registered),)


class XledgerLedger(Ledger):
    """One API token (`api_token`), which does not run out but dies with the user who made it.

    A payment is not reversed: the opposite voucher would leave it to Xledger whether the invoice opens again.
    """

    capabilities = Capabilities(
        ledger="xledger",
        label="Xledger",
        credential_kind=CredentialKind.PASTED_SECRET,
        multi_company=True,
        max_concurrency=2,
        open_items=OpenItems.CURRENT,
        payment_write=PaymentWrite.QUEUE,
        finding=Finding.OUR_KEY,
        reads_own_reminders=True,
        fields=(CredentialField("api_token"),),
        customers_since=Since.INSTANT,
        changes=Since.DELTAS,
        changes_kept=KEPT,
        resumes=True,
        supplier_items=True,
        bank_balances=True,
        receivables_balance=True,
    )

    def __init__(
        self, http: HttpClient, store: CredentialStore, clock: Clock, *, page_size: int = PAGE_SIZE, pause: Pause = backoff
    ) -> None:
        self._wire = Wire(http, store, clock, page_size, pause)
        self._clock = clock
        self._is_test = "demo.xledger" in http.base_url
        self._codes: dict[str, str] | None = None
        self._found: dict[str, Row] | None = None

    def list_companies(self) -> list[LedgerCompany]:
        """The entity the token was made on and all below it, but for those that are closed."""
        self._found = None
        with reading("entities"):
            open_ones = [row for row in self._entities().values() if not self._is_over(row)]
        return companies_of(open_ones, self._currencies(), self._is_test)

    def probe(self, company: str) -> Probe:
        problems: list[str] = []
        routines: set[str] = set()
        try:
            self._bank(company)
            self._wire.edges("arTransactions", "ownerDbId", first=1, filter={"ownerDbId": int(company)})
            for customer in self.fetch_customers(company):
                routines.update(customer.own_dunning)
        except RefusedError as refusal:
            problems.append(str(refusal))
        if routines:
            problems.append("Some customers have a collection code in Xledger, which makes it send reminders of its own: remove it there")
        return Probe(ok=not problems, problems=tuple(problems), own_dunning=tuple(sorted(routines)))

    def fetch_customers(self, company: str, changed_since: datetime | None = None) -> Iterator[LedgerCustomer]:
        where = {} if changed_since is None else {"modifiedAt_gte": modified_since(changed_since)}
        today = self._clock.today()
        for row in self._wire.owned(company, "customers", CUSTOMER_FIELDS, **where):
            yield customer_of(row, today)

    def fetch_open_items(self, company: str, as_of: date) -> Iterator[LedgerItem]:
        """As it stands now: Xledger tells no earlier day."""
        rows = self._wire.owned(company, "arTransactions", items.FIELDS, OR=OPEN)
        yield from self._items(company, rows)

    def fetch_open_pages(self, company: str, as_of: date, after: str | None) -> Iterator[OpenPage]:
        for rows, place, begins in self._wire.owned_pages(company, "arTransactions", items.FIELDS, after, OR=OPEN):
            yield OpenPage(tuple(self._items(company, rows)), place, begins)

    def fetch_changes(self, company: str, cursor: str | None) -> Changes:
        """`arTransaction_deltas` names rows of everything the token reaches; those of the company are then read as they stand now."""
        now = self._clock.now()
        if cursor is None:
            edges, _ = self._wire.edges("arTransaction_deltas", "mutationType", last=1)
            return Changes(_cursor(edges[-1]["cursor"] if edges else None, now))
        after, at = _begun(cursor)
        if now - at > KEPT - KEPT_MARGIN:
            raise CursorExpiredError("Xledger keeps its list of changes for three days")
        changed: dict[str, str] = {}
        more = True
        while more:
            edges, more = self._wire.edges("arTransaction_deltas", "mutationType", first=1000, after=after)
            with reading("arTransaction_deltas"):
                changed |= {str(edge["node"]["dbId"]): str(edge["node"]["mutationType"]) for edge in edges}
            if more and not edges:
                raise BrokenError("arTransaction_deltas: a page without rows, and more to come")
            after = edges[-1]["cursor"] if edges else after
        alive = [row for row, how in changed.items() if how != "DELETED"]
        rows = list(self._wire.owned_in(company, "arTransactions", items.FIELDS, "dbId", alive))
        gone = tuple(row for row, how in changed.items() if how == "DELETED")
        return Changes(_cursor(after, now), tuple(self._items(company, rows)), gone)

    def receivables_balance(self, company: str, as_of: date) -> int:
        """The sum of every row on the customers' accounts, settled or not."""
        rows = self._wire.owned(company, "arTransactions", "amount transactionHeader { postedDate }")
        with reading("arTransactions"):
            return sum(ore_of(row["amount"]) for row in rows if _posted_by(row["transactionHeader"], as_of))

    def fetch_supplier_items(self, company: str, as_of: date) -> Iterator[SupplierItem]:
        fields = "invoiceNumber dueDate invoiceRemaining subledgerDbId currency { dbId }"
        rows = self._wire.owned(company, "apTransactions", fields, OR=OPEN)
        currencies = self._currencies()
        with reading("apTransactions"):
            wanted = sorted({str(row["subledgerDbId"]) for row in rows})
        suppliers = self._wire.owned_in(company, "suppliers", "description", "dbId", wanted)
        with reading("suppliers"):
            names = {str(row["dbId"]): str(row["description"]) for row in suppliers}
        with reading("apTransactions"):
            found = [
                SupplierItem(
                    str(row["dbId"]), names.get(str(row["subledgerDbId"]), ""), row["invoiceNumber"] or None, day_of(row["dueDate"]),
                    -ore_of(row["invoiceRemaining"]), currencies[str(row["currency"]["dbId"])],
                )
                for row in rows
            ]  # fmt: skip
        yield from found

    def bank_balances(self, company: str, as_of: date) -> tuple[BankBalance, ...]:
        """The sum of what is posted on each bank account's ledger account."""
        accounts = [row for row in self._bank_accounts(company) if key_of((row["account"] or {}).get("dbId"))]
        currencies, base = self._currencies(), self._base_of(company)
        fields = "amount invoiceAmount accountDbId header { postedDate }"
        wanted = [str(row["account"]["dbId"]) for row in accounts]
        lines = list(self._wire.owned_in(company, "transactions", fields, "accountDbId", wanted))
        found = []
        with reading("transactions"):
            for row in accounts:
                own, currency = str(row["account"]["dbId"]), str(row["currency"]["dbId"])
                field = "amount" if currency == base else "invoiceAmount"
                moved = [one for one in lines if str(one["accountDbId"]) == own and _posted_by(one["header"], as_of)]
                balance = sum(ore_of(one[field]) for one in moved)
                number = row["accountNumber"] or row["code"]
                found.append(BankBalance(str(number), str(row["description"] or number), balance, as_of, currencies[currency]))
        return tuple(found)

    def read_item(self, company: str, item: str, invoice_id: str | None) -> LiveItem:
        row = self._row(company, item)
        if row is None:
            return LiveItem(ItemState.GONE, 0, None)
        return items.live_of(row, items.tied_to(row, self._tied(company, [row])))

    def register_payment(self, company: str, order: PaymentOrder) -> PostingReceipt:
        """A voucher in the import queue. Only in the company's own currency: Xledger would have to choose the rate."""
        row = self._row(company, order.invoice_id)
        if row is None:
            raise RefusedError("the invoice is no longer in Xledger")
        base = self._base_of(company)
        with reading("the invoice to pay"):
            if str(row["currency"]["dbId"]) != base or self._currencies()[base] != order.currency:
                raise RefusedError("the invoice is in a foreign currency: register the payment in Xledger")
        return queue.put_in_queue(self._wire, company, order, row, self._bank(company))

    def find_payment(self, company: str, order: PaymentOrder) -> PostingReceipt | None:
        return queue.find(self._wire, company, order)

    def posting_status(self, company: str, order: PaymentOrder, receipt: PostingReceipt) -> PostingReceipt:
        return queue.follow(self._wire, company, order)

    def close(self) -> None:
        """Nothing is held but the shared client."""

    def _items(self, company: str, rows: Sequence[Row]) -> Iterator[LedgerItem]:
        """The rows as items, with what each is tied to read beside them."""
        tied, currencies = self._tied(company, rows), self._currencies()
        groups: dict[str, list[Row]] = {}
        with reading("arTransactions"):
            for row in tied:
                groups.setdefault(str(row["matchId"]), []).append(row)
        for row in rows:
            yield items.item_of(row, items.tied_to(row, groups.get(str(row["matchId"]), ())), currencies)

    def _tied(self, company: str, rows: Sequence[Row]) -> list[Row]:
        with reading("arTransactions"):
            matches = sorted({match for row in rows if (match := key_of(row["matchId"])) is not None})
        return list(self._wire.owned_in(company, "arTransactions", items.FIELDS, "matchId", matches))

    def _row(self, company: str, item: str) -> Row | None:
        found = list(self._wire.owned_in(company, "arTransactions", items.FIELDS, "dbId", [item]))
        return found[0] if found else None

    def _bank(self, company: str) -> Row:
        return queue.bank_for(self._bank_accounts(company), self._base_of(company))

    def _bank_accounts(self, company: str) -> list[Row]:
        rows = self._wire.owned(company, "entityBankAccounts", BANK_FIELDS)
        with reading("entityBankAccounts"):
            return [row for row in rows if not self._is_over(row)]

    def _base_of(self, company: str) -> str:
        """The id of the company's own currency."""
        entity = self._entities().get(company)
        if entity is None:
            raise RefusedError("the token no longer reaches this company in Xledger")
        with reading("entities"):
            return str(entity["currency"]["dbId"])

    def _entities(self) -> dict[str, Row]:
        if self._found is None:
            self._found = {str(row["dbId"]): row for row in self._wire.all("entities", ENTITY_FIELDS)}
        return self._found

    def _currencies(self) -> dict[str, str]:
        """Codes by id."""
        if self._codes is None:
            rows = self._wire.all("currencies", "code")
            with reading("currencies"):
                self._codes = {str(row["dbId"]): str(row["code"]) for row in rows}
        return self._codes

    def _is_over(self, row: Row) -> bool:
        until = day_of(row["toDate"])
        return until is not None and until < self._clock.today()


def _posted_by(header: Row, as_of: date) -> bool:
    on = day_of(header["postedDate"])
    return on is not None and on <= as_of


def _cursor(after: str | None, at: datetime) -> str:
    return json.dumps([after, at.isoformat()])


def _begun(cursor: str) -> tuple[str | None, datetime]:
    try:
        after, at = json.loads(cursor)
        return after, datetime.fromisoformat(at)
    except (ValueError, TypeError) as fault:
        raise CursorExpiredError("the cursor cannot be read") from fault
