"""The world around the house: companies, debtors with their habits, invoices, what happens day by day, and what the ledger shows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from app.dunning.facts import AgencyStanding, Approval, DebtorKind, Hold, Insolvency, ListVerdict, PastNotice
from app.dunning.policy import Policy, PolicyStep, StepKind, Takeover
from app.dunning.ready_made import READY_MADE
from app.simulation.statute_book import Debt, bank_days_after

_DAY = timedelta(days=1)
DEMAND = PolicyStep(StepKind.PAYMENT_DEMAND, 40, 14, fee=True, interest=True)
#: what companies want: the ready-made, and some that want more than they may
WISHES: tuple[dict[str, object], ...] = (
    {},
    {"reminder_after_days": 3, "reminder_deadline_days": 7},
    {"reminder_after_days": 14, "reminder_deadline_days": 14, "warning_after_days": 30},
    {"reminder_after_days": 13, "reminder_deadline_days": 10},
    {"reminder_after_days": 20, "reminders_max": 2, "reminder_deadline_days": 14, "warning_after_days": 45},
    {"reminder": False, "warning_after_days": 1, "warning_deadline_days": 3, "grace_business_days": 0},
    {"reminder_after_days": 0, "reminder_deadline_days": 0, "reminders_max": 3, "warning_after_days": 0, "warning_deadline_days": 0},
    {"charge_fee": False, "charge_interest": False, "minimum_ore": 50_000},
    {"claim_compensation": True, "handover_consent": "weekly_list"},
    {"handover_consent": "person", "warning_weekday": 3},
    {"hand_over": False, "reminders_max": 2, "tolerance_ore": 2_000},
    {"approval": "both", "approval_silence": "go_on"},
    {"approval": "manager", "reminder_after_days": 5},
    {"accept_ledger_dunning": True, "reminder_after_days": 10},
    {"accept_ledger_dunning": True, "reminder": False, "warning_after_days": 21},
    READY_MADE["gentle"].as_json(),
    READY_MADE["strict"].as_json(),
    replace(READY_MADE["strict"], steps=(*READY_MADE["strict"].steps, DEMAND), takeover=Takeover.OWN_COLLECTION).as_json(),
)


class Habit(StrEnum):
    """How a debtor pays."""

    PROMPT = "prompt"
    LATE = "late"
    LAST_DAY = "last_day"
    BIT_BY_BIT = "bit_by_bit"
    NEVER = "never"


@dataclass(slots=True)
class Debtor:
    kind: DebtorKind
    habit: Habit
    insolvency: Insolvency = Insolvency.NONE
    deceased: bool = False
    minor: bool = False


@dataclass(slots=True)
class Creditor:
    """A company with its wishes. `ledger_duns`: its ledger sends reminders of its own; `ledger_down`: the ledger cannot be read today;
    `mail_down`: nothing leaves by mail."""

    number: int
    policy: Policy
    debtors: list[Debtor]
    ledger_duns: bool = False
    synced_on: date | None = None
    ledger_down: bool = False
    mail_down: bool = False


@dataclass(slots=True)
class Arrival:
    """Money: ordered on `paid_on`, in the ledger from `seen_on` on: in the morning, or (`midday`) after that day's decisions."""

    paid_on: date
    seen_on: date
    midday: bool
    amount_ore: int


@dataclass(slots=True)
class Invoice:
    """An invoice with everything that has happened to it. `debt` is the truth, as the debtor would tell it; `mirror` what we have read."""

    number: int
    creditor: Creditor
    debtor: Debtor
    issued_on: date
    debt: Debt
    arrivals: list[Arrival] = field(default_factory=list)
    mirror: list[Arrival] = field(default_factory=list)
    notices: list[PastNotice] = field(default_factory=list)
    hold: Hold | None = None
    doubt: PastNotice | None = None
    disputed: bool = False
    objected: bool = False
    upheld: bool = False
    extended_to: date | None = None
    listed: ListVerdict = field(default_factory=ListVerdict)
    agency: AgencyStanding = AgencyStanding.NONE
    approvals: list[Approval] = field(default_factory=list)
    next_on: date | None = None
    closed: bool = False
    stirred: bool = True

    @property
    def due_on(self) -> date:
        return self.debt.due_on

    def paid_in_truth(self) -> int:
        return sum(one.amount_ore for one in self.arrivals)

    def seen_ore(self) -> int:
        return self.debt.original_ore - sum(one.amount_ore for one in self.mirror)

    def read(self, day: date, *, midday: bool) -> None:
        """What the ledger shows of it now."""
        seen = [one for one in self.arrivals if one.seen_on < day or (one.seen_on == day and (midday or not one.midday))]
        if len(seen) != len(self.mirror):
            self.mirror, self.stirred = seen, True


@dataclass(slots=True)
class World:
    """All of it, and the chance that moves it."""

    chance: random.Random
    creditors: list[Creditor]
    invoices: list[Invoice] = field(default_factory=list)

    @staticmethod
    def of(seed: int, companies: int) -> World:
        chance = random.Random(seed)
        creditors = [
            Creditor(
                number, Policy.from_json(wishes := WISHES[number % len(WISHES)]), [_debtor(chance) for _ in range(8)],
                ledger_duns=wishes.get("accept_ledger_dunning") is True,
            )
            for number in range(companies)
        ]  # fmt: skip
        return World(chance, creditors)

    def open_invoices(self) -> Iterator[Invoice]:
        return (one for one in self.invoices if not one.closed)

    def weather(self) -> None:
        """Which doors are shut today."""
        for creditor in self.creditors:
            creditor.ledger_down = self.chance.random() < (0.6 if creditor.ledger_down else 0.03)
            creditor.mail_down = self.chance.random() < (0.5 if creditor.mail_down else 0.03)

    def invoice_some(self, day: date) -> None:
        for creditor in self.creditors:
            if self.chance.random() < 0.35:
                due = day + timedelta(days=self.chance.choice((0, 10, 14, 14, 30)))
                debtor = self.chance.choice(creditor.debtors)
                debt = Debt(due, self.chance.randint(50, 40_000) * 100 + self.chance.choice((0, 0, 50, 1)), debtor.kind.is_consumer)
                self.invoices.append(Invoice(len(self.invoices), creditor, debtor, day, debt))

    def pay(self, invoice: Invoice, day: date, amount_ore: int) -> None:
        """The debtor's bank has the order today; the ledger shows it today or after one or two bank days."""
        seen = bank_days_after(day, self.chance.choice((0, 1, 1, 2)))
        invoice.arrivals.append(Arrival(day, seen, self.chance.random() < 0.5, amount_ore))
        invoice.debt.paid.append((day, amount_ore))

    def debtor_acts(self, invoice: Invoice, day: date) -> int:
        """Pays or not, by habit and by what he was told. Returns how many payments he made."""
        left = invoice.debt.original_ore - invoice.paid_in_truth()
        if left <= 0 or invoice.agency is AgencyStanding.OPEN or invoice.debtor.insolvency is not Insolvency.NONE:
            return 0
        chance, late = self.chance.random(), (day - invoice.due_on).days
        letters = invoice.debt.letters
        deadline = letters[-1].deadline if letters else None
        match invoice.debtor.habit:
            case Habit.PROMPT:
                amount = left if late >= -2 and chance < 0.4 else 0
            case Habit.LATE:
                amount = left if late > 0 and chance < 0.06 else 0
            case Habit.LAST_DAY:
                amount = left if (deadline == day and chance < 0.7) or (deadline is None and late == 20 and chance < 0.1) else 0
            case Habit.BIT_BY_BIT:
                amount = min(left, max(100, left // self.chance.choice((1, 2, 3, 5)))) if late > 0 and chance < 0.05 else 0
            case Habit.NEVER:
                amount = left + 5_00 if chance < 0.0008 else 0
        if amount:
            self.pay(invoice, day, amount)
        return 1 if amount else 0


def _debtor(chance: random.Random) -> Debtor:
    kind = chance.choice((DebtorKind.BUSINESS, DebtorKind.BUSINESS, DebtorKind.CONSUMER, DebtorKind.SOLE_PROPRIETOR, DebtorKind.PUBLIC))
    return Debtor(kind, chance.choice(list(Habit)))
