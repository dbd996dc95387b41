"""The rules of one tier as a form: a line for each field, empty where the tier has no word of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.db.unit_of_work import UnitOfWork
from app.dunning import overrides
from app.dunning.law import Law
from app.dunning.policies import OF_THE_LIST
from app.dunning.policy import Policy
from app.dunning.policy_view import TierView
from app.dunning.tiers import Origin
from app.dunning.unlawful_wishes import unlawful_wishes
from app.web.bureau import rule_words
from app.web.bureau.rule_words import Field, Kind
from app.web.i18n import gettext
from app.web.pages import text_of


@dataclass(frozen=True, slots=True)
class Line:
    """One field: what is typed for this tier, what would hold without it, and what holds."""

    field: Field
    label: str
    typed: str
    inherited: str
    holds: str
    origin: Origin
    origin_text: str
    own: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class RuleForm:
    """`wishes` are what the tier names once this is saved."""

    lines: tuple[Line, ...]
    wishes: Mapping[str, object]
    errors: Mapping[str, str]


def shown(view: TierView) -> RuleForm:
    return _form(view, {name: rule_words.typed(name, value) for name, value in view.wishes.items()}, view.wishes, {})


def read(form: Mapping[str, Any], work: UnitOfWork, view: TierView, law: Law, today: date) -> RuleForm:
    """What was typed; an empty line is inherited, and what the form cannot hold stays as it was."""
    lines = rule_words.editable()
    wishes = {name: value for name, value in view.wishes.items() if name not in {one.name for one in lines}}
    texts, errors = {one.name: text_of(form, one.name) for one in lines}, {}
    for one in lines:
        try:
            if texts[one.name]:
                wishes[one.name] = rule_words.understood(one, texts[one.name])
        except ValueError as fault:
            errors[one.name] = str(fault)
    try:
        policy = overrides.check(overrides.at(work, view.place)[0], view.place, wishes)
        errors = unlawful(policy, wishes, law, today, view.inherited.policy) | errors
    except ValueError as fault:
        name = next((name for name in wishes if str(fault).startswith(name)), "reminder_after_days")
        errors.setdefault(name, gettext("That is out of bounds."))
    return _form(view, texts, wishes, errors)


def unlawful(policy: Policy, wishes: Mapping[str, object], law: Law, today: date, inherited: Policy | None = None) -> dict[str, str]:
    """The law's own no to what this tier names, or to what comes of it together with what it inherits, with the nearest lawful value."""
    found = unlawful_wishes(policy, wishes, law.statute_on(today), inherited)
    return {name: clamp.sentence(gettext) for name, clamp in found.items()}


def _form(view: TierView, texts: Mapping[str, str], wishes: Mapping[str, object], errors: Mapping[str, str]) -> RuleForm:
    inherited, holds = view.inherited.policy.said(), view.effective.policy.said()
    lines = tuple(
        Line(
            one, rule_words.label(one.name), texts.get(one.name, ""), rule_words.said(one.name, inherited[one.name]),
            rule_words.said(one.name, holds[one.name]), view.effective.trace[one.name],
            rule_words.origin_said(view.effective.trace[one.name]), one.name in view.wishes, errors.get(one.name),
        )
        for one in rule_words.fields()
        if one.name != OF_THE_LIST or view.place.company_id is not None
    )  # fmt: skip
    return RuleForm(lines, wishes, errors)


def is_editable(line: Line) -> bool:
    return line.field.kind is not Kind.WHOLE
