"""What the readers have in common: a file that cannot be used, a line that is left out, and the bank's payments."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from app.net.errors import BrokenError
from app.receivables.bank_money import BankPaymentFacts


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


#: beyond this a file is no list of open items and no day's payments. Unpacked bytes
FILE_MAX_BYTES = 64 * 1024**2


class FileKind(StrEnum):
    """What a file is, told by its content alone."""

    SAFT = "saft"
    OPEN_ITEMS = "open_items"
    OCR = "ocr"
    CAMT054 = "camt054"
    EHF = "ehf"


class FileError(BrokenError):
    """A file that cannot be read, or must not be. `why` is an English message id without figures; the text names file and line."""

    def __init__(self, why: str, *, file: str | None = None, line: int | None = None) -> None:
        place = f"{file}, line {line}" if file and line else file or ""
        super().__init__(f"{place}: {why}" if place else why)
        self.why, self.file, self.line = why, file, line


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that was not taken: where it stands, which field, what stood there, and the way out as an English message id."""

    line: int | None
    field: str
    value: str
    why: str

    def as_json(self) -> dict[str, Any]:
        return {"line": self.line, "field": self.field, "value": self.value[:200], "why": self.why}


@dataclass(frozen=True, slots=True)
class BankFile:
    """Incoming payments of one file. `accounts`: the payee's accounts in it, eleven digits where Norwegian."""

    kind: FileKind
    payments: tuple[BankPaymentFacts, ...]
    left_out: tuple[LeftOut, ...] = ()
    accounts: tuple[str, ...] = field(default=())

    @property
    def total_ore(self) -> int:
        return sum(one.amount_ore for one in self.payments)

    def of_account(self, account: str | None) -> BankFile:
        """Only what came in on this account, where the file has it among others: a bank's file may cover several companies."""
        if account is None or account not in self.accounts or len(self.accounts) == 1:
            return self
        others = tuple(
            LeftOut(None, "account", f"{one.account} {one.amount_ore / 100:.2f} {one.kid or ''}".strip(), OTHER_ACCOUNT)
            for one in self.payments
            if one.account != account
        )
        mine = tuple(one for one in self.payments if one.account == account)
        return BankFile(self.kind, mine, self.left_out + others, (account,))


OTHER_ACCOUNT = N_("Paid to another account than the company's. Upload the file for that company too.")
