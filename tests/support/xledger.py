"""The contract's door to the Xledger simulator."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from graphql import parse
from graphql.language import FieldNode, OperationDefinitionNode, SelectionSetNode

from app.ledgers.adapters.xledger import XledgerLedger
from app.net.http import HttpClient
from support.ledger_door import LedgerDoor, MemoryStore
from support.sandbox import Control
from support.vendor_specs import ENVIRONMENT, Recorder

#: fields that the saved templates leave out and other published integrations ask for in production
SEEN = {
    # https://github.com/Bostads-AB-Mimer/onecore, services/economy: arTransactions and customers
    "arTransactions": {"slTransactionType_name"},
    # the same, and for country and collection https://github.com/omniboost/go-xledger, types.go
    "customers": {
        "phone", "address_streetAddress", "address_zipCode", "address_place", "address_country_code", "collection_dbId",
    },
    # the vendor's own samples read deltas so, https://github.com/xledger/graphql-samples
    "arTransaction_deltas": {"dbId", "mutationType"},
}  # fmt: skip


class OperationControl(Control):
    """There is one address for everything, so trouble is ordered by what is asked for."""

    def fault(self, path: str, kind: str, times: int = 1, **facts: Any) -> None:
        self.post("/xledger/faults", {"operation": path, "kind": kind, "times": times, **facts})


class XledgerDoor(LedgerDoor):
    vendor = "xledger"
    payment_call = "addGLImportItems"
    list_call = "arTransactions"
    page_size = 5000

    def __init__(self, base_url: str) -> None:
        super().__init__(base_url)
        self.control = OperationControl(base_url)
        self.pauses: list[timedelta | None] = []
        self.token = ""
        self.store = MemoryStore({})

    def external(self, company: int) -> str:
        return str(company)

    def connect(
        self,
        companies: list[int],
        *,
        page_size: int | None = None,
        before: Callable[[httpx.Request, int], None] | None = None,
        **token: Any,
    ) -> XledgerLedger:
        self.token = self.control.post("/xledger/tokens", {"company": companies[0], "below": companies[1:], **token})["token"]
        self.store = MemoryStore({"api_token": self.token})
        return self.open(page_size=page_size, before=before)

    def open(self, *, page_size: int | None = None, before: Callable[[httpx.Request, int], None] | None = None) -> XledgerLedger:
        self.recorders.append(Recorder(before))
        http = HttpClient(f"{self.base_url}/xledger", transport=self.recorders[-1])
        size = page_size or self.page_size
        return XledgerLedger(http, self.store, self.clock, page_size=size, pause=lambda _attempt, after: self.pauses.append(after))

    def revoke(self) -> None:
        self.control.delete(f"/xledger/tokens/{self.token}")

    def expire(self) -> None:
        """Nothing is renewed here: a token works until it is taken back."""

    def throttle(self, times: int) -> None:
        self.control.put("/xledger/throttle", {"times": times})

    def is_later_page(self, request: httpx.Request) -> bool:
        query = query_of(request)
        return "arTransactions(" in query and "after:" in query

    def settle(self) -> None:
        self.control.post("/xledger/queue/processing", None)

    def behave(self, **settings: Any) -> None:
        self.control.client.patch("/xledger/settings", json=settings).raise_for_status()


def query_of(request: httpx.Request) -> str:
    return str(json.loads(request.content)["query"])


def templates() -> Path:
    """The folder with the published template of each operation, or a loud skip."""
    folder = Path(ENVIRONMENT.get("VENDOR_SPECS", "")) / "xledger"
    if not (folder / "arTransactions").exists():
        reason = "VENDOR_SPECS names no folder with xledger: nothing is checked against its published operations"
        warnings.warn(reason, stacklevel=2)
        pytest.skip(reason)
    return folder


def unknown_fields(requests: Iterable[httpx.Request], folder: Path) -> set[str]:
    """What was asked for, or sent, that the published templates of the vendor's operations do not have."""
    found: set[str] = set()
    for request in requests:
        body = json.loads(request.content)
        for operation in parse(body["query"]).definitions:
            assert isinstance(operation, OperationDefinitionNode)
            for root in operation.selection_set.selections:
                assert isinstance(root, FieldNode)
                if root.name.value == "addGLImportItems":
                    sent = {path for one in body["variables"]["inputs"] for path in _sent(one["node"])}
                    found |= {f"sent {path}" for path in sent - _fields(folder / "glImportItems" / "create")}
                    continue
                asked = {path.removeprefix("edges_node_") for path in _paths(root.selection_set) if path.startswith("edges_node_")}
                known = _fields(folder / root.name.value / "read") | SEEN.get(root.name.value, set())
                found |= {f"{root.name.value} {path}" for path in asked - known}
    return found


def _paths(selections: SelectionSetNode | None) -> Iterator[str]:
    for field in selections.selections if selections else ():
        assert isinstance(field, FieldNode)
        if field.selection_set is None:
            yield field.name.value
        yield from (f"{field.name.value}_{path}" for path in _paths(field.selection_set))


def _sent(node: dict[str, Any]) -> Iterator[str]:
    for name, value in node.items():
        yield from (f"{name}_{path}" for path in value) if isinstance(value, dict) else [name]


def _fields(operation: Path) -> set[str]:
    path = operation / "metadata.json"
    return {field["name"] for field in json.loads(path.read_text())["fields"]} if path.exists() else set()


@contextmanager
def xledger_door(base_url: str) -> Iterator[XledgerDoor]:
    """A door to a simulator whose queue waits for `settle`, and that is set back to how it behaves by default."""
    made = XledgerDoor(base_url)
    made.behave(auto_match=True, queue_seconds=None, by_place=False, owner_filter=True, credits_left=None)
    made.throttle(0)
    yield made
    made.control.delete("/xledger/faults")
    made.control.delete("/xledger/queue")
    made.close()
