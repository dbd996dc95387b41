"""Why something happened, and why nothing happens yet: a code, its parameters and the provision it rests on.

A reason is kept with the decision and read aloud years later, so codes are never reused for something else. Texts are English message
ids for gettext; `explain` fills them in after translation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

from app.dunning.reason_texts import REASON_SOURCES, REASON_TEXTS
from app.values.money import format_ore

__all__ = ["REASON_TEXTS", "Reason", "because", "explain"]

Translate = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Reason:
    """`params` holds plain JSON values: dates as ISO text under names ending in `_on`, money in øre under names ending in `_ore`."""

    code: str
    source: str = ""
    params: Mapping[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        return {"code": self.code, "source": self.source, "params": dict(self.params)}

    @staticmethod
    def from_json(stored: Mapping[str, object]) -> Reason:
        """A reason as `as_json` wrote it; ValueError when it is none."""
        code, source, params = stored.get("code"), stored.get("source", ""), stored.get("params", {})
        if not isinstance(code, str) or not isinstance(source, str) or not isinstance(params, Mapping):
            raise ValueError("not a stored reason")
        return Reason(code, source, dict(params))


def because(code: str, **params: str | int | date) -> Reason:
    """A reason with its source from the table. KeyError on a code that has no text."""
    _ = REASON_TEXTS[code]
    plain = {name: value.isoformat() if isinstance(value, date) else value for name, value in params.items()}
    return Reason(code, REASON_SOURCES.get(code, ""), plain)


def explain(reason: Reason, translate: Translate = str) -> str:
    """The reason as one sentence; dates as dd.mm.yyyy, money as kroner. A code of an older release without a text is shown as it is."""
    text = REASON_TEXTS.get(reason.code)
    if text is None:
        return reason.code
    return translate(text).format_map({name: _shown(name, value) for name, value in reason.params.items()})


def _shown(name: str, value: str | int) -> str:
    if name.endswith("_on") and isinstance(value, str):
        return date.fromisoformat(value).strftime("%d.%m.%Y")
    if name.endswith("_ore") and isinstance(value, int):
        return format_ore(value)
    return str(value)
