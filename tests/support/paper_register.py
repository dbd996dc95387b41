"""A register in memory, for tests that need no HTTP."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from app.credit.ports import AccountsAnswer, AnnualAccounts, Insolvency, RegisterEntry
from app.net.errors import OutsideError
from app.values.clock import Clock


@dataclass
class PaperRegister:
    """Knows the units it was told of. `asked` lists every question; `trouble` is raised instead of an answer."""

    clock: Clock
    units: dict[str, RegisterEntry] = field(default_factory=dict)
    filings: dict[str, tuple[AnnualAccounts, ...]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    trouble: OutsideError | None = None

    def put(self, number: str, **changes: object) -> None:
        plain = RegisterEntry(
            number, "NORDLYS BYGG AS", "AS", Insolvency.NONE, None, date(2015, 2, 14), date(2015, 3, 2), True, 12, None, (), None, None,
            self.clock.now(),
        )  # fmt: skip
        self.units[number] = replace(plain, **changes)  # type: ignore[arg-type]

    def file(self, number: str, *, equity: int, current_assets: int, current_debt: int, period_to: date = date(2025, 12, 31)) -> None:
        year = AnnualAccounts(
            f"{number}1", "SELSKAP", period_to, "NOK", True, None, None, None, None, current_assets, None, equity, None, current_debt
        )
        self.filings[number] = (year,)

    def entry(self, organisation_number: str) -> RegisterEntry | None:
        self._answer(organisation_number)
        return self.units.get(organisation_number)

    def accounts(self, organisation_number: str) -> AccountsAnswer:
        self._answer(f"accounts {organisation_number}")
        return AccountsAnswer(self.filings.get(organisation_number, ()), True, None, self.clock.now())

    def close(self) -> None:
        return

    def _answer(self, question: str) -> None:
        self.asked.append(question)
        if self.trouble is not None:
            raise self.trouble
