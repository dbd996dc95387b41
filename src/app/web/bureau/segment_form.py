"""Who is in a segment, as a form: typed text to a rule, and what is wrong, by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.dunning.facts import DebtorKind
from app.dunning.overrides import NAME_LENGTH_MAX
from app.dunning.policies import Stored
from app.dunning.segments import SegmentRule
from app.values.money import format_ore, parse_kroner
from app.web.i18n import gettext
from app.web.pages import text_of, texts_of

AMOUNTS = ("amount_from_ore", "amount_to_ore")
DAYS = ("days_late_from", "days_late_to")
POSITION_MAX = 999


@dataclass(frozen=True, slots=True)
class SegmentForm:
    """What is in the fields, the rule they make, and what is wrong. Without a rule there is an error."""

    values: Mapping[str, str]
    kinds: frozenset[str]
    rule: SegmentRule | None
    errors: Mapping[str, str]

    @property
    def position(self) -> int:
        return int(self.values["position"])


def empty(position: int) -> SegmentForm:
    values = dict.fromkeys(("name", "industries", *AMOUNTS, *DAYS), "") | {"position": str(position)}
    return SegmentForm(values, frozenset(), None, {})


def shown(one: Stored) -> SegmentForm:
    rule = one.rule or SegmentRule(amount_from_ore=0)
    values = {"name": one.name, "position": str(one.position), "industries": ", ".join(rule.industries)}
    values |= {name: "" if getattr(rule, name) is None else format_ore(getattr(rule, name)) for name in AMOUNTS}
    values |= {name: "" if getattr(rule, name) is None else str(getattr(rule, name)) for name in DAYS}
    return SegmentForm(values, frozenset(kind.value for kind in rule.debtor_kinds), one.rule, {})


def read(form: Mapping[str, Any]) -> SegmentForm:
    values = {name: text_of(form, name) for name in ("name", "position", "industries", *AMOUNTS, *DAYS)}
    kinds = frozenset(texts_of(form, "debtor_kinds")) & {kind.value for kind in DebtorKind}
    errors: dict[str, str] = {}
    if not 0 < len(values["name"]) <= NAME_LENGTH_MAX:
        errors["name"] = gettext("Give the segment a name.")
    if not (values["position"].isascii() and values["position"].isdigit() and int(values["position"]) <= POSITION_MAX):
        errors["position"] = gettext("Write a whole number.")
    conditions: dict[str, object] = {
        "debtor_kinds": sorted(kinds), "industries": [one for one in re.split(r"[\s,;]+", values["industries"]) if one],
    }  # fmt: skip
    for name in AMOUNTS + DAYS:
        try:
            conditions[name] = _number(name, values[name])
        except ValueError:
            wrong = "Write an amount in kroner, such as 1 234,50." if name in AMOUNTS else "Write a whole number."
            errors[name] = gettext(wrong)
    return SegmentForm(values, kinds, *_rule(conditions, errors))


def _number(name: str, text: str) -> int | None:
    if not text:
        return None
    return parse_kroner(text) if name in AMOUNTS else int(text)


def _rule(conditions: dict[str, object], errors: dict[str, str]) -> tuple[SegmentRule | None, dict[str, str]]:
    if errors:
        return None, errors
    try:
        return SegmentRule.from_json(conditions), errors
    except ValueError as fault:
        text = str(fault)
    if text.startswith("industries"):
        return None, {"industries": gettext("Write NACE codes such as 41 or 41.200, with commas between.")}
    if text.startswith("amount"):
        return None, {"amount_to_ore": gettext("The upper end must be above the lower, and neither below zero.")}
    if text.startswith("days_late"):
        return None, {"days_late_to": gettext("The upper end must be above the lower, at most a year.")}
    return None, {"industries": gettext("Set at least one condition: without one everybody is in the segment.")}
