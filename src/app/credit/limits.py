"""How much may be open with a customer at one time, from filed figures, by a rule anybody can recompute. Pure; amounts in øre.

The limit is the smaller of 10 % of the equity and 25 % of the net current assets (current assets less current debt), in whole thousands of
kroner, and never above 500 000 kr from open registers alone. A weak basis (negative equity, current debt above current assets, no accounts
yet or none filed in time, less than a year old) gives at most 10 000 kr. It is a rule of caution, not a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.credit.ports import AnnualAccounts

EQUITY_PERCENT = 10
LIQUIDITY_PERCENT = 25
CAP_ORE = 500_000_00
LOW_ORE = 10_000_00
THOUSAND_ORE = 1_000_00

Said = tuple[str, dict[str, str | int | date], date | None]


@dataclass(frozen=True, slots=True)
class Limit:
    """`is_low`: the basis is weak, whatever the figure. `said`: the steps of the calculation as (code, parameters, date of the figures)."""

    limit_ore: int
    is_low: bool
    said: tuple[Said, ...]


def limit_of(newest: AnnualAccounts | None, *, is_weak: bool) -> Limit:
    """The limit by these accounts, which state the equity in NOK. `is_weak`: something outside the figures speaks for caution already."""
    if newest is None or newest.equity is None:
        return Limit(LOW_ORE, True, (("low_limit", {"limit_ore": LOW_ORE}, None),))
    on = newest.period_to
    if newest.equity < 0:
        said: tuple[Said, ...] = (("negative_equity", {"equity_ore": newest.equity}, on), ("low_limit", {"limit_ore": LOW_ORE}, on))
        return Limit(LOW_ORE, True, said)
    share = newest.equity * EQUITY_PERCENT // 100
    steps: list[Said] = [
        ("limit_by_equity", {"percent": EQUITY_PERCENT, "equity_ore": newest.equity, "share_ore": share}, on),
        _by_liquidity(newest),
    ]
    liquidity = _liquidity(newest)
    if liquidity is not None and liquidity >= 0:
        share = min(share, liquidity * LIQUIDITY_PERCENT // 100)
    weak = is_weak or (liquidity is not None and liquidity < 0)
    if weak and share > LOW_ORE:
        share = LOW_ORE
        steps.append(("low_limit", {"limit_ore": LOW_ORE}, on))
    if share > CAP_ORE:
        share = CAP_ORE
        steps.append(("limit_cap", {"cap_ore": CAP_ORE}, None))
    return Limit(whole_thousands(share), weak, tuple(steps))


def upfront(order_ore: int, excess_ore: int, *, at_least_half: bool) -> int:
    """What to ask for before delivery: the part above the limit; half of the order at least where the basis is weak."""
    half = (order_ore + 1) // 2 if at_least_half else 0
    return min(order_ore, max(excess_ore, half, 0))


def whole_thousands(amount_ore: int) -> int:
    """Rounded down to whole thousands of kroner."""
    return amount_ore - amount_ore % THOUSAND_ORE


def _by_liquidity(newest: AnnualAccounts) -> Said:
    liquidity, on = _liquidity(newest), newest.period_to
    if liquidity is None:
        return "liquidity_unknown", {}, on
    if liquidity < 0:
        return "weak_liquidity", {"gap_ore": -liquidity}, on
    share = liquidity * LIQUIDITY_PERCENT // 100
    return "limit_by_liquidity", {"percent": LIQUIDITY_PERCENT, "liquidity_ore": liquidity, "share_ore": share}, on


def _liquidity(newest: AnnualAccounts) -> int | None:
    if newest.current_assets is None or newest.current_debt is None:
        return None
    return newest.current_assets - newest.current_debt
