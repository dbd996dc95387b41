"""Any past decision can be made again: facts can be read back whole, and the rules remember what they answered."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.dunning.facts import ClaimFacts
from app.dunning.facts_json import FactsError, as_json, from_json
from app.dunning.law import RULE_VERSION, Law
from app.dunning.replay import StoredDecision, Verdict, replay
from support.replay_corpus import FILE

HINTS = get_type_hints(ClaimFacts)
#: defaults that stored facts rely on, beside nothing, none and no
USUAL = {
    "currency": "NOK", "due_date_agreed": True, "confidence": "high", "debtor_kind": "business", "insolvency": "none", "agency": "none",
    "weekly_list": {"state": "none", "step": "collection_warning", "deadline_on": None, "until": None}, "reachable": True,
    "roads": ["email", "letter"], "run_hold": "none",
}  # fmt: skip
ANY_FACTS = st.builds(ClaimFacts, **{name: st.from_type(kind) for name, kind in HINTS.items()})


def stored(row: dict[str, Any], version: str) -> StoredDecision:
    return StoredDecision(date.fromisoformat(row["decided_on"]), row["step"], row["reasons"], row["facts"], row["rules"], version)


@settings(max_examples=200, deadline=None)
@given(ANY_FACTS)
def test_facts_that_were_stored_can_be_read_back_whole(facts: ClaimFacts) -> None:
    kept = json.loads(json.dumps(as_json(facts)))
    assert from_json(kept) == facts, "a fact that cannot be read back makes every decision that rests on it impossible to prove"


@pytest.mark.parametrize("name", [one.name for one in dataclasses.fields(ClaimFacts)])
def test_every_single_fact_is_stored_and_read_back(name: str) -> None:
    values = st.from_type(HINTS[name])
    plain = ClaimFacts(1, 1, None)

    @settings(max_examples=30, deadline=None, database=None)
    @given(values)
    def kept(value: Any) -> None:
        assert getattr(from_json(as_json(dataclasses.replace(plain, **{name: value}))), name) == value

    kept()


def test_facts_of_an_older_release_have_what_was_not_known_then_as_not_so() -> None:
    assert from_json({"remaining_ore": 1, "original_ore": 2, "due_on": None}) == ClaimFacts(1, 2, None)


def test_a_fact_that_says_nothing_is_not_stored() -> None:
    plain = {"remaining_ore": 1, "original_ore": 2, "due_on": None}
    assert as_json(ClaimFacts(1, 2, None)) == plain
    assert as_json(ClaimFacts(1, 2, None, disputed=True, currency="EUR")) == {**plain, "disputed": True, "currency": "EUR"}


def test_what_a_fact_is_where_nothing_is_said_of_it_never_changes() -> None:
    defaults = {one.name: one.default for one in dataclasses.fields(ClaimFacts) if one.default is not dataclasses.MISSING}
    told = {name: json.loads(msgspec.json.encode(value)) for name, value in defaults.items() if value not in (None, (), False)}
    assert told == USUAL, (
        "stored decisions leave out what was usual when they were made, so another default would change their facts: a fact that is new"
        " says nothing by None, () or False, and one that is old keeps its default"
    )


@pytest.mark.parametrize("wrong", [{"due_on": "soon"}, {"remaining_ore": "much"}, {"colour": "red"}, {"notices": [{"kind": "poem"}]}])
def test_facts_that_cannot_be_read_say_which(wrong: dict[str, Any]) -> None:
    with pytest.raises(FactsError, match=r"due_on|remaining_ore|colour|kind"):
        from_json({"remaining_ore": 1, "original_ore": 2, "due_on": None, **wrong})


def test_the_rules_answer_as_they_did_or_have_another_version() -> None:
    corpus = json.loads(FILE.read_text(encoding="utf-8"))
    remedy = "raise RULE_VERSION in app/dunning/law.py and write the corpus anew: (cd tests && python -m support.replay_corpus)"
    assert corpus["rule_version"] == RULE_VERSION, f"the rules have a new version: {remedy}"
    answers = {row["about"]: replay(stored(row, RULE_VERSION), lambda _: Law()) for row in corpus["decisions"]}
    assert len(answers) > 100
    changed = {about: (one.was, one.now, one.problem) for about, one in answers.items() if one.verdict is not Verdict.SAME}
    assert changed == {}, f"the same facts and rules are answered otherwise than before. If that is meant, {remedy}"
