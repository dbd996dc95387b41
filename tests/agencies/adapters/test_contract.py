"""The contract over the agency in memory and over Kravia's simulator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from agencies.adapters.contract import AgencyBench, AgencyContract
from app.agencies.adapters.kravia import KraviaAgency
from app.agencies.ports import Agency, CaseState, Settlement, SettlementLine
from app.net.http import HttpClient
from sandbox.world import World
from support.agency_desk import PaperAgency
from support.sandbox import Control, borrowed_sandbox

TOKEN = "kravia-sandbox-token"


@dataclass
class PaperBench:
    """The agency in memory, which every test of the room uses: it must be as strict as a real one."""

    agency: PaperAgency = field(default_factory=PaperAgency)
    creditor: str = "7"
    other_creditor: str = "8"
    secrets: tuple[str, ...] = ()

    def open(self) -> Agency:
        return self.agency

    def count(self, our_reference: str) -> int:
        return sum(one.our_reference == our_reference for one in self.agency.cases.values())

    def acknowledge(self) -> None:
        return None

    def refuse_next(self) -> None:
        self.agency.refuses = "422: postal code missing"

    def lose_next_answer(self) -> None:
        self.agency.loses_next_answer = True

    def busy_once(self) -> None:
        self.agency.busy_once = True

    def debtor_pays(self, our_reference: str) -> int:
        [(number, case)] = [(n, one) for n, one in self.agency.cases.items() if one.our_reference == our_reference]
        self.agency.states[number] = CaseState.PAID
        line = SettlementLine(number, case.invoice_number, case.principal_ore, 5_000, 0, date(2026, 11, 23), 1_000, 250)
        self.agency.collected.append(Settlement("77", date(2026, 11, 24), line.paid_out_ore, "NOK", None, (line,)))
        return case.principal_ore

    def pay_out(self) -> None:
        self.agency.payouts.extend(self.agency.collected)
        self.agency.collected.clear()


@dataclass
class KraviaBench:
    world: World
    url: str
    control: Control
    creditor: str = "7"
    other_creditor: str = "8"
    secrets: tuple[str, ...] = (TOKEN,)

    def open(self) -> Agency:
        return KraviaAgency(HttpClient(f"{self.url}/kravia/api/v2", timeout_seconds=3), TOKEN)

    def count(self, our_reference: str) -> int:
        return len(self.control.get(f"/kravia/claims?accountingInvoiceId={our_reference}"))

    def acknowledge(self) -> None:
        return None

    def refuse_next(self) -> None:
        self.control.fault("/invoice/register", "status", status=422)

    def lose_next_answer(self) -> None:
        self.control.fault("POST /kravia", "drop_after")

    def busy_once(self) -> None:
        self.control.fault("POST /kravia", "status", status=503)

    def debtor_pays(self, our_reference: str) -> int:
        [case] = self.control.get(f"/kravia/claims?accountingInvoiceId={our_reference}")
        paid = self.control.post(f"/kravia/claims/{case['invoice']['invoiceId']}/pay", {})
        return round(paid["principal"] * 100)

    def pay_out(self) -> None:
        self.control.put("/clock", {"offset_seconds": timedelta(days=1).total_seconds()})


class TestPaper(AgencyContract):
    @pytest.fixture
    def bench(self) -> AgencyBench:
        return PaperBench()


class TestKravia(AgencyContract):
    @pytest.fixture
    def bench(self) -> Iterator[AgencyBench]:
        with borrowed_sandbox() as running:
            control = Control(running.url)
            for creditor in ("7", "8"):
                control.put(f"/kravia/creditors/{creditor}", {"name": f"Bø & Sønner {creditor} AS"})
            yield KraviaBench(running.world, running.url, control)
            control.close()
