"""What a source of credit facts can be asked: the port that adapters implement. Amounts are whole øre in the stated currency."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class Insolvency(StrEnum):
    """Insolvenstilstand as the register shows it."""

    NONE = "none"
    BANKRUPT = "bankrupt"  # konkurs
    COMPULSORY_LIQUIDATION = "compulsory_liquidation"  # tvangsavvikling/-oppløsning
    LIQUIDATION = "liquidation"  # under avvikling
    DELETED = "deleted"  # slettet
    REMOVED = "removed"  # HTTP 410: removed by law, caches must purge


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """A unit in Enhetsregisteret (enhetsregisterloven; data.brreg.no)."""

    organisation_number: str
    name: str
    form: str
    insolvency: Insolvency
    insolvency_on: date | None
    founded_on: date | None
    registered_on: date | None
    vat_registered: bool | None
    employees: int | None
    industry: str | None
    address_lines: tuple[str, ...]
    postal_code: str | None
    city: str | None
    fetched_at: datetime
    email: str | None = None
    country: str = "NO"

    @property
    def is_sole_proprietor(self) -> bool:
        """Enkeltpersonforetak: treated as a natural person in credit law (kredittopplysningsloven §§ 14, 18)."""
        return self.form == "ENK"

    @property
    def industry_code(self) -> str | None:
        """The NACE code (næringskode) alone, such as 41.200."""
        first = (self.industry or "").split(" ", 1)[0]
        return first[:10] if first[:1].isdigit() else None


@dataclass(frozen=True, slots=True)
class AnnualAccounts:
    """One year of filed accounts (Regnskapsregisteret). An absent figure is None, never zero."""

    filing_id: str
    kind: str  # SELSKAP | KONSERN
    period_to: date
    currency: str
    audited: bool | None
    revenue: int | None
    operating_result: int | None
    result: int | None
    assets: int | None
    current_assets: int | None
    cash: int | None
    equity: int | None
    debt: int | None
    current_debt: int | None


@dataclass(frozen=True, slots=True)
class AccountsAnswer:
    """`available` is False where the open register cannot answer (banks, insurers: HTTP 500): "not in open API" is not "none"."""

    accounts: tuple[AnnualAccounts, ...]
    available: bool
    note: str | None
    fetched_at: datetime


class CreditRegister(Protocol):
    def entry(self, organisation_number: str) -> RegisterEntry | None:
        """None: no such unit. A removed unit is an entry with `Insolvency.REMOVED`."""
        ...

    def accounts(self, organisation_number: str) -> AccountsAnswer: ...

    def close(self) -> None: ...
