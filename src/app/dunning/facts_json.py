"""Facts as plain JSON and back again, so that a decision can be made once more years later. Pure.

Kept is what is otherwise than usual: a fact with its default is not written, and a field that did not exist when the facts were stored has
its default, too: "not known then" and "not so" are the same to the engine. So a default is for ever. A field that no longer exists cannot
be read, and says so.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import msgspec

from app.dunning.facts import ClaimFacts

#: facts of earlier releases that nothing could ever set: with this value they say nothing
RETIRED = {"handover_approved": False}


class FactsError(ValueError):
    """Stored facts that cannot be read back. The text says which part."""


def as_json(facts: ClaimFacts) -> dict[str, Any]:
    """Frozen facts as plain JSON, without those that say nothing."""
    said = {name: value for name, usual in _USUAL if (value := getattr(facts, name)) != usual}
    found: dict[str, Any] = msgspec.to_builtins(said)
    return found


def from_json(stored: Mapping[str, Any]) -> ClaimFacts:
    """The facts of `as_json`, of this release or an older one. FactsError names what cannot be read."""
    known = {one.name for one in dataclasses.fields(ClaimFacts)}
    said = {name: value for name, value in stored.items() if name not in RETIRED or value != RETIRED[name]}
    if unknown := sorted(set(said) - known):
        raise FactsError(f"no fact is called {', '.join(unknown)}")
    try:
        return msgspec.convert(said, ClaimFacts)
    except msgspec.ValidationError as fault:
        raise FactsError(str(fault)) from fault


#: what a fact is where nothing is said of it; one without a default is always said
_USUAL = tuple((one.name, one.default) for one in dataclasses.fields(ClaimFacts))
