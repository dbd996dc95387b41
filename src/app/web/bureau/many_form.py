"""One change for many companies as a form: who, which fields to set, and which to let go of."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.dunning.law import Law
from app.dunning.many_rules import Change, Plan
from app.web.bureau import rule_words
from app.web.bureau.rule_form import unlawful
from app.web.i18n import gettext
from app.web.pages import text_of, texts_of

WHO = ("picked", "deviating", "all")


@dataclass(frozen=True, slots=True)
class ManyForm:
    """`picked` are the companies that were ticked; `texts` what was typed by field; `change` what it means."""

    who: str
    picked: frozenset[uuid.UUID]
    texts: Mapping[str, str]
    reset: frozenset[str]
    change: Change
    errors: Mapping[str, str]

    def chosen(self, everybody: Sequence[uuid.UUID], deviating: frozenset[uuid.UUID]) -> list[uuid.UUID]:
        if self.who == "all":
            return list(everybody)
        return [one for one in everybody if one in (deviating if self.who == "deviating" else self.picked)]

    def lines(self) -> tuple[tuple[rule_words.Field, str, str, bool, str | None], ...]:
        """Each field with its label, what is typed, whether it is let go of, and what is wrong."""
        return tuple(
            (one, rule_words.label(one.name), self.texts.get(one.name, ""), one.name in self.reset, self.errors.get(one.name))
            for one in rule_words.editable()
        )


def asked(form: Mapping[str, Any]) -> ManyForm:
    """What is in the fields; nothing is checked but what each line says by itself."""
    who = text_of(form, "who") or "picked"
    fields = rule_words.editable()
    texts, wishes, errors = {one.name: text_of(form, one.name) for one in fields}, {}, {}
    reset = frozenset(texts_of(form, "reset")) & {one.name for one in rule_words.fields()}
    for one in fields:
        try:
            if texts[one.name]:
                wishes[one.name] = rule_words.understood(one, texts[one.name])
        except ValueError as fault:
            errors[one.name] = str(fault)
        if texts[one.name] and one.name in reset:
            errors[one.name] = gettext("Either set a value or go back to the standard, not both.")
    picked = frozenset(found for text in texts_of(form, "company") if (found := _id(text)) is not None)
    return ManyForm(who if who in WHO else "picked", picked, texts, reset, Change(wishes, reset), errors)


def complaints(form: ManyForm, planned: Plan | None, chosen: int, law: Law, today: Any) -> dict[str, str]:
    """What keeps the change from being made, by field."""
    found = dict(form.errors)
    if not chosen:
        found["who"] = gettext("Choose at least one company.")
    if not form.change.wishes and not form.reset and not form.errors:
        found["change"] = gettext("Set a value for at least one rule, or tick it to go back to the standard.")
    for one in () if planned is None else planned.companies:
        found |= unlawful(one.policy, form.change.wishes, law, today)
    return found


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
