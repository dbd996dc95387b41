"""The law as dated data: one act per file, one table per figure, and the question of which act governs a day.

May not hold a company's wishes (`policy`) nor decide anything (`engine`): it answers what is lawful on a given date.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from app.dunning.statutes.act import Statute, WarningSender
from app.dunning.statutes.act_1988 import ACT_1988
from app.dunning.statutes.act_2026 import ACT_2026
from app.dunning.statutes.provisions import NOT_IN_FORCE, InForce, Provision, sections

__all__ = ["ACT_1988", "ACT_2026", "NOT_IN_FORCE", "InForce", "Provision", "Statute", "WarningSender", "composed", "statute_on"]

MIXED = "act_1988_2026"
#: what of the act of 2026 stands or falls with each of its provisions; the name follows the warning, whose wording it governs
_FIELDS: dict[Provision, tuple[str, ...]] = {
    Provision.VULNERABLE_DEBTORS: ("considers_vulnerable",),
    Provision.COSTS_ON_OBJECTION: ("costs_stop_on_objection",),
    Provision.CREDITOR_LETTERS: ("creditor_fees", "fee_source"),
    Provision.AGENCY_WARNS: ("name", "warning_sender", "warning_source", "creditor_may_demand", "demand_source"),
    Provision.COORDINATION: ("collects_together",),
}


def statute_on(day: date, in_force: InForce | date | None = None) -> Statute:
    """The act that governs a notice sent on that day.

    lov 2026-05-22 nr. 19 enters into force when the King decides (§ 55), as a whole or in parts; until somebody has set the day, the act of
    1988 governs.
    """
    return composed(InForce.of(in_force).on(day))


def composed(provisions: Iterable[Provision]) -> Statute:
    """The act of 1988 with these provisions of the act of 2026 in their predecessors' place."""
    known = frozenset(provisions)
    if not known:
        return ACT_1988
    if known == frozenset(Provision):
        return ACT_2026
    changed: dict[str, Any] = {name: getattr(ACT_2026, name) for one in known for name in _FIELDS[one]}
    return replace(ACT_1988, code=MIXED, provisions=tuple(sections(known)), **changed)
