"""A bureau's first morning: its companies' whole books read from the simulated Tripletex over HTTP, one company after the other."""

from __future__ import annotations

import base64
import multiprocessing
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from measured import books
from measured.intake import NEIGHBOUR, peak_mib
from measured.night import fresh_database
from sqlalchemy import func, select

from app.db.engine import owner_engine
from app.db.scope import SYSTEM, BureauScope, PlatformScope
from app.ledgers import connections, sync
from app.ledgers.doors import Ledgers
from app.ledgers.jobs import doorway
from app.ledgers.models import CompanyLink
from app.receivables.models import OpenItem
from app.settings import read_settings
from app.tenants.models import Bureau
from app.values.clock import SystemClock
from app.wiring import build_house

ITEMS_PER_CUSTOMER = 5
POSTED_AT_ONCE = 500


def measure(server: str, companies: int, items: int) -> dict[str, Any]:
    """Seconds for all of them, with the simulator in a process of its own on the same machine, and our process's highest memory."""
    with fresh_database(server) as url, _sandbox() as (port, control):
        owner = owner_engine(url)
        books.fill(owner, NEIGHBOUR)
        owner.dispose()
        keys = [_book(control, number, items) for number in range(companies)]
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            seconds, rss = pool.submit(_first_syncs, url, port, keys, items).result()
    return {
        "onboarding": [companies, items],
        "onboarding_seconds": sum(seconds),
        "onboarding_seconds_each": [round(one, 1) for one in seconds],
        "onboarding_items_per_second": companies * items / sum(seconds),
        "onboarding_rss_mb": rss,
    }


@contextmanager
def _sandbox() -> Iterator[tuple[int, httpx.Client]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "--port", str(port)], stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}/control", trust_env=False, timeout=60) as control:
            for _ in range(300):
                try:
                    control.put("/tripletex/limits", json={"rate_limit": 100_000}).raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield port, control
    finally:
        process.terminate()
        process.wait()


def _book(control: httpx.Client, number: int, items: int) -> str:
    """A company with that many unpaid invoices over three months. Gives the key to it."""

    def made(path: str, body: Any) -> Any:
        return control.post(path, json=body).raise_for_status().json()

    today = SystemClock().today()
    firm = {"vendor": "tripletex", "name": f"Fjordvik Handel {number} AS", "organisation_number": str(910_000_000 + number)}
    company = made("/books/companies", firm)["id"]
    customers = [
        made("/books/customers", {"company": company, "name": f"Kunde {n} AS", "email": f"kunde{n}@debtor.example"})["id"]
        for n in range(items // ITEMS_PER_CUSTOMER)
    ]
    invoices = []
    for n in range(items):
        due = today - timedelta(days=n % 90)
        customer = customers[n % len(customers)]
        issued = (due - timedelta(days=14)).isoformat()
        invoices.append({"customer": customer, "amount_ore": 100_000 + n, "issued_on": issued, "due_on": due.isoformat()})
    for start in range(0, items, POSTED_AT_ONCE):
        made("/books/invoices", invoices[start : start + POSTED_AT_ONCE])
    return str(made("/tripletex/keys", {"company": company})["token"])


def _first_syncs(url: str, port: int, keys: list[str], items: int) -> tuple[list[float], float]:
    with tempfile.TemporaryDirectory() as home:
        vault = base64.b64encode(b"k" * 32).decode()
        told = {"RESKONTRO_SANDBOX": "on", "RESKONTRO_SANDBOX_PORT": str(port), "RESKONTRO_DATA_DIR": str(Path(home))}
        house = build_house(read_settings({**told, "RESKONTRO_VAULT_KEYS": f"t1:{vault}", "RESKONTRO_SECRET_KEY": "s" * 40}), url)
        with house.database.begin(PlatformScope()) as work:
            bureau = Bureau(name="Byrået", organisation_number="910999999", created_at=work.now())
            work.session.add(bureau)
        door = connections.Door(house.database.begin, house.resources.of(Ledgers), house.vault)  # type: ignore[type-abstract]
        seconds = []
        for number, key in enumerate(keys):
            connection = connections.connect_with_secret(door, bureau.id, SYSTEM, "tripletex", f"Key {number}", {"employee_token": key})
            with house.database.begin(BureauScope(bureau.id)) as work:
                link = work.session.execute(select(CompanyLink.id).where(CompanyLink.connection_id == connection)).scalar_one()
                company_id = connections.tick(work, link)
            began = time.perf_counter()
            said = sync.sync_company(doorway(house.resources), bureau.id, company_id)
            seconds.append(time.perf_counter() - began)
            with house.database.begin(BureauScope(bureau.id)) as work:
                read = work.session.execute(select(func.count()).where(OpenItem.company_id == company_id)).scalar_one()
            if (said, read) != ("done", items):
                raise RuntimeError(f"the sync ended as {said} with {read} items")
        house.close()
    return seconds, peak_mib()
