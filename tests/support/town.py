"""A bureau with one company whose book lies in the simulated Tripletex: the house over real counterparts, on a clock the test moves."""

from __future__ import annotations

import base64
import itertools
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select, text

from app.agencies import agreements
from app.db.scope import SYSTEM, BureauScope, PlatformScope
from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.models import Claim, ListEntry, Notice, WeeklyList
from app.dunning.tiers import Place
from app.jobs import performing
from app.jobs.effects import Performers
from app.jobs.job import run_now
from app.jobs.models import Effect
from app.jobs.resources import Resources
from app.ledgers import connections, sync
from app.ledgers.doors import Ledgers
from app.ledgers.jobs import doorway
from app.ledgers.models import CompanyLink
from app.receivables.models import OpenItem
from app.settings import read_settings
from app.tenants.models import Bureau, Company
from app.values.calendar import OSLO
from app.values.clock import FixedClock
from app.wiring import House, build_house
from sandbox.main import SERVERS
from sandbox.world import World
from support import make
from support.drain import drain
from support.sandbox import Control, borrowed_sandbox, running_server

_numbers = itertools.count(1)
#: what a day is made of, each stage worked off before the next
DAY = (
    "ledgers.sync_bureau", "dunning.evaluate_bureau", "dunning.chase_bureau_approvals",
    "dunning.close_bureau_lists", "dunning.make_bureau_lists", "effects.sweep_bureau",
    "dunning.sweep_bureau", "agencies.poll_bureau",
)  # fmt: skip


@dataclass(slots=True)
class Outside:
    """The sandbox, its control, and what its counterparts have received."""

    world: World
    url: str
    ports: dict[str, int]
    control: Control
    client: httpx.Client

    @property
    def settings(self) -> dict[str, str]:
        """Where its servers are, in the house's words."""
        return {f"RESKONTRO_SANDBOX_{name.upper()}_PORT": str(port) for name, port in self.ports.items()}

    def mails(self, to: str) -> list[dict[str, Any]]:
        """Oldest first."""
        found: list[dict[str, Any]] = self.client.get("/mail/messages", params={"to": to}).json()
        return found[::-1]

    def letters(self, name: str) -> list[dict[str, Any]]:
        """Letters to a recipient of that name."""
        from sandbox.printhouse.shop import Shop

        return [{"key": one.key} for one in self.world.part("print", Shop).letters.values() if one.recipient_lines[0] == name]

    def cases(self, name: str) -> list[dict[str, Any]]:
        """The agency's cases against a debtor of that name."""
        found: list[dict[str, Any]] = self.control.get("/kravia/claims")
        return [case for case in found if case["debtorName"] == name]


@contextmanager
def outside_world(clock: FixedClock) -> Iterator[Outside]:
    """Everything that is not the house, on the test's clock."""
    with ExitStack() as open_:
        sandbox = open_.enter_context(borrowed_sandbox(clock.now))
        ports = {name: open_.enter_context(running_server(sandbox.world, name)) for name in SERVERS}
        client = open_.enter_context(httpx.Client(base_url=sandbox.url, trust_env=False, verify=False, timeout=30))
        control = Control(sandbox.url)
        open_.callback(control.close)
        control.put("/tripletex/limits", {"rate_limit": 100_000})
        yield Outside(sandbox.world, sandbox.url, ports, control, client)


@contextmanager
def house_in(outside: Outside, database_url: str, engine: Engine, clock: FixedClock, data_dir: Path) -> Iterator[House]:
    """The house as wiring builds it, its vendors' addresses the simulators'."""
    port = int(outside.url.rsplit(":", 1)[1])
    key = base64.b64encode(b"k" * 32).decode()
    settings = read_settings(
        {
            "RESKONTRO_SANDBOX": "on", "RESKONTRO_SANDBOX_PORT": str(port), **outside.settings,
            "RESKONTRO_DATA_DIR": str(data_dir), "RESKONTRO_VAULT_KEYS": f"t1:{key}", "RESKONTRO_SECRET_KEY": "s" * 40,
        }
    )  # fmt: skip
    house = build_house(settings, database_url, clock=clock, engine=engine)
    try:
        yield house
    finally:
        house.close()


@dataclass(slots=True)
class Town:
    """One bureau, one company, its book, and the days that pass."""

    outside: Outside
    house: House
    clock: FixedClock
    bureau: Bureau
    company: Company
    book: int
    key: str
    connection_id: uuid.UUID
    creditor: int
    ran: Counter[str] = field(default_factory=Counter)

    @property
    def company_email(self) -> str:
        """Where the weekly list goes."""
        with self.begin() as work:
            return str(work.session.execute(select(Company.email).where(Company.id == self.company.id)).scalar_one())

    @property
    def resources(self) -> Resources:
        return self.house.resources

    @property
    def scope(self) -> BureauScope:
        return BureauScope(self.bureau.id)

    @property
    def door(self) -> sync.Doorway:
        return doorway(self.resources)

    @property
    def law(self) -> Law:
        return self.resources.of(LawBook).at_hand(self.resources.begin)

    def customer(self, name: str | None = None, **facts: Any) -> dict[str, Any]:
        number = next(_numbers)
        body = {
            "company": self.book, "name": name or f"Nordlys Bygg {number} AS", "organisation_number": make.organisation_number(),
            "email": f"faktura{number}@nordlys.example", "address_lines": ["Bryggen 7"], "postal_code": "5003", "city": "Bergen",
        }  # fmt: skip
        made: dict[str, Any] = self.outside.control.post("/books/customers", body | facts)
        return made

    def invoice(self, customer: dict[str, Any], *, overdue: int, amount_ore: int = 1_000_000, **facts: Any) -> dict[str, Any]:
        """An invoice that is `overdue` days past due today."""
        due = self.clock.today() - timedelta(days=overdue)
        body = {
            "customer": customer["id"], "amount_ore": amount_ore, "issued_on": (due - timedelta(days=14)).isoformat(),
            "due_on": due.isoformat(),
        }  # fmt: skip
        made: dict[str, Any] = self.outside.control.post("/books/invoices", body | facts)
        return made

    def pay(self, invoice: dict[str, Any], amount_ore: int | None = None, **facts: Any) -> dict[str, Any]:
        body = {"invoice": invoice["id"], "amount_ore": amount_ore or invoice["amount_ore"], "on": self.clock.today().isoformat()}
        made: dict[str, Any] = self.outside.control.post("/books/payments", body | facts)
        return made

    def ring(self, job: str, *leaving: str, **ids: Any) -> Any:
        """One job of this bureau, and everything it rings except `leaving`. It takes its time."""
        self.clock.move(timedelta(seconds=20))
        said = run_now(self.resources, job, bureau_id=str(self.bureau.id), **ids)
        self.work_off(*leaving)
        return said

    def work_off(self, *leaving: str) -> None:
        """Everything that has been rung, and what that rings; doorbells named in `leaving` are lost."""
        self.ran += drain(self.resources, leaving=frozenset(leaving))

    def sync(self, *leaving: str) -> str:
        self.clock.move(timedelta(seconds=20))
        said = sync.sync_company(self.door, self.bureau.id, self.company.id)
        self.work_off(*leaving)
        return said

    def day(self) -> None:
        """Everything the clock rings in a day, now."""
        for job in DAY:
            self.ring(job)
        self.follow_letters()
        self.read_inbox()

    def follow_letters(self) -> int:
        """The print house's receipts, and everything they ring."""
        number: int = run_now(self.resources, "messaging.follow_letters")
        self.work_off()
        return number

    def read_inbox(self) -> int:
        """Bounces and answers, and everything they ring."""
        number: int = run_now(self.resources, "messaging.read_inbox")
        self.work_off()
        return number

    def answer(self, to: str, text: str, **how: Any) -> None:
        """The recipient of the newest mail to this address answers it, and the answer is read."""
        self.outside.control.post(f"/mail/messages/{self.outside.mails(to)[-1]['id']}/answer", {"text": text, **how})
        self.read_inbox()

    def monday(self) -> None:
        """To the next Monday morning, the weekly list's day, and through it."""
        self.next_day(7 - self.clock.today().weekday())
        self.day()

    def move_to(self, day: date, at: time = time(9, 0)) -> None:
        instant = datetime.combine(day, at, tzinfo=OSLO)
        self.clock.move(instant - self.clock.now())

    def next_day(self, days: int = 1, at: time = time(9, 0)) -> None:
        self.move_to(self.clock.today() + timedelta(days=days), at)

    def live_until(self, last: date) -> None:
        """Through every day on which something falls due, at nine in the morning and at one, after the weekly lists' deadline."""
        while self.clock.today() < last:
            self.next_due_day(last)
            self.day()
            if self.open_lists():
                self.move_to(self.clock.today(), time(13, 0))
                self.ring("dunning.close_bureau_lists")

    def next_due_day(self, last: date) -> None:
        """To the next morning on which a claim is to be looked at or a weekly list is made, or to `last`.

        On the days between the nightly run finds nothing; that every day may be one of many is tried in journeys/.
        """
        tomorrow = self.clock.today() + timedelta(days=1)
        next_list = tomorrow + timedelta(days=(self.company.list_weekday - tomorrow.isoweekday()) % 7)
        with self.begin() as work:
            waiting = select(func.min(Claim.next_action_on)).where(Claim.state == "active")
            wanted = work.session.execute(waiting).scalar_one() or last
        self.move_to(min(max(wanted, tomorrow), next_list, last))

    def begin(self) -> Any:
        return self.house.database.begin(self.scope)

    def item_of(self, work: UnitOfWork, invoice: dict[str, Any]) -> OpenItem:
        return work.session.execute(
            select(OpenItem).where(OpenItem.company_id == self.company.id, OpenItem.document_number == str(invoice["number"]))
        ).scalar_one()

    def claim(self, invoice: dict[str, Any]) -> Claim:
        with self.begin() as work:
            item = self.item_of(work, invoice)
            found: Claim = work.session.execute(select(Claim).where(Claim.open_item_id == item.id)).scalar_one()
            return found

    def notices(self, invoice: dict[str, Any]) -> list[Notice]:
        claim = self.claim(invoice)
        with self.begin() as work:
            return list(work.session.execute(select(Notice).where(Notice.claim_id == claim.id).order_by(Notice.id)).scalars())

    def lists(self) -> list[WeeklyList]:
        with self.begin() as work:
            return list(
                work.session.execute(
                    select(WeeklyList).where(WeeklyList.company_id == self.company.id).order_by(WeeklyList.made_at)
                ).scalars()
            )

    def open_lists(self) -> list[WeeklyList]:
        return [weekly for weekly in self.lists() if weekly.state == "open"]

    def straight_to_the_list(self) -> None:
        """The company wants no reminder before the collection warning."""
        with self.begin() as work:
            overrides.put(work, Place(self.company.id), {"reminder": False})

    def make_list(self) -> WeeklyList:
        """Today's weekly list, which must have something on it."""
        self.ring("dunning.make_bureau_lists")
        (weekly,) = self.open_lists()
        return weekly

    def until_listed(self) -> WeeklyList:
        """Monday by Monday, until there is a list to decide on."""
        for _ in range(8):
            if self.open_lists():
                break
            self.monday()
        (weekly,) = self.open_lists()
        return weekly

    def close_list(self, *leaving: str) -> None:
        """To the open list's deadline, and past it."""
        (weekly,) = self.open_lists()
        self.clock.move(weekly.deadline_at + timedelta(minutes=5) - self.clock.now())
        self.ring("dunning.close_bureau_lists", *leaving)

    def entries(self, weekly: WeeklyList) -> dict[uuid.UUID, ListEntry]:
        """By claim."""
        with self.begin() as work:
            rows = work.session.execute(select(ListEntry).where(ListEntry.list_id == weekly.id)).scalars()
            return {row.claim_id: row for row in rows}

    def effects(self, kind: str | None = None) -> list[Effect]:
        with self.begin() as work:
            query = select(Effect).order_by(Effect.planned_at, Effect.business_key)
            return list(work.session.execute(query if kind is None else query.where(Effect.kind == kind)).scalars())

    def perform(self, effect: Effect) -> str:
        """One act now, without waits."""
        return performing.perform(
            self.resources.begin, self.resources.of(Performers), self.bureau.id, effect.id, pause=lambda _seconds: None
        )

    def change_company(self, **columns: Any) -> None:
        with self.begin() as work:
            row = work.session.execute(select(Company).where(Company.id == self.company.id)).scalar_one()
            for name, value in columns.items():
                setattr(row, name, value)


def settle_in(outside: Outside, house: House, clock: FixedClock, **columns: Any) -> Town:
    """A bureau that has connected its company's Tripletex, with an agreement at the agency, followed up from now on."""
    number = next(_numbers)
    organisation_number = make.organisation_number()
    firm = {"vendor": "tripletex", "name": f"Fjordvik Handel {number} AS", "organisation_number": organisation_number}
    book = outside.control.post("/books/companies", firm)["id"]
    key = outside.control.post("/tripletex/keys", {"company": book})["token"]
    creditor = 70_000 + number
    outside.control.put(f"/kravia/creditors/{creditor}", {"name": firm["name"], "organizationNumber": organisation_number})
    with house.database.begin(PlatformScope()) as work:
        bureau = Bureau(name=f"Byrået {number}", organisation_number=make.organisation_number(), created_at=clock.now())
        work.session.add(bureau)
    connection_id = connect(house, bureau.id, key)
    with house.database.begin(BureauScope(bureau.id)) as work:
        link_id = work.session.execute(select(CompanyLink.id).where(CompanyLink.connection_id == connection_id)).scalar_one()
        company_id = connections.tick(work, link_id)
        company = work.session.execute(select(Company).where(Company.id == company_id)).scalar_one()
        facts = {
            "account_number": "12345678903", "email": f"post{number}@fjordvik.example", "phone": "22 00 00 00", "city": "Oslo",
            "address_line": "Storgata 1", "postal_code": "0155", "list_weekday": 1, "list_hour": 8, "active_from": clock.now(),
        }  # fmt: skip
        for name, value in (facts | columns).items():
            setattr(company, name, value)
        agreements.set_agreement(
            work, company_id,
            agreements.Terms("kravia", str(creditor), authority_by="Daglig leder", authority_from=clock.today()),
        )  # fmt: skip
    return Town(outside, house, clock, bureau, company, book, key, connection_id, creditor)


def connect(house: House, bureau_id: uuid.UUID, key: str) -> uuid.UUID:
    door = connections.Door(house.database.begin, house.resources.of(Ledgers), house.vault)  # type: ignore[type-abstract]
    return connections.connect_with_secret(door, bureau_id, SYSTEM, "tripletex", "Tripletex", {"employee_token": key})


@pytest.fixture
def outside(clock: FixedClock) -> Iterator[Outside]:
    with outside_world(clock) as made:
        yield made


@pytest.fixture
def house(outside: Outside, database_url: str, engine: Engine, owner: Engine, clock: FixedClock, tmp_path: Path) -> Iterator[House]:
    with owner.begin() as connection:
        connection.execute(text("delete from outbox"))
    with house_in(outside, database_url, engine, clock, tmp_path) as made:
        yield made


@pytest.fixture
def town(outside: Outside, house: House, clock: FixedClock) -> Town:
    return settle_in(outside, house, clock)
