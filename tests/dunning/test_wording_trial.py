"""Words of one's own are tried before they are kept: what the law asks for cannot be written away, and no gap is left without a value."""

from __future__ import annotations

import pytest

from app.dunning.facts import NoticeKind
from app.dunning.wording import Tone, wording_text
from app.dunning.wording_trial import TEXT_MAX, faults, known_fields
from app.messaging.letters.content import LANGUAGES

HOUSE = [(kind.value, language, tone.value) for kind in NoticeKind for language in LANGUAGES for tone in Tone]


def codes(text: str, kind: str = "collection_warning", language: str = "nb") -> list[str]:
    return [one.code for one in faults(text, kind=kind, language=language, tone="neutral")]


def written(kind: str = "collection_warning", language: str = "nb") -> str:
    return wording_text(kind, language, "neutral")


@pytest.mark.parametrize(("kind", "language", "tone"), HOUSE)
def test_the_houses_own_texts_pass_the_trial(kind: str, language: str, tone: str) -> None:
    assert faults(wording_text(kind, language, tone), kind=kind, language=language, tone=tone) == ()


def test_a_field_that_no_notice_has_is_named() -> None:
    (fault,) = faults(written().replace("{deadline}", "{frist}"), kind="collection_warning", language="nb", tone="neutral")
    assert (fault.code, fault.detail) == ("unknown_field", "frist")
    assert "frist" not in known_fields("collection_warning")


@pytest.mark.parametrize(
    ("language", "said", "instead"),
    [
        ("nb", "vil det bli sendt til inkasso", "kan det hende at noe skjer"),
        ("nn", "vil det bli sendt til inkasso", "kan det hende at noko skjer"),
        ("en", "will be sent to debt collection", "may be looked at again"),
    ],
)
def test_a_warning_must_say_that_collection_follows(language: str, said: str, instead: str) -> None:
    text = written(language=language)
    assert said in text
    assert codes(text.replace(said, instead), language=language) == ["collection_statement"]


def test_a_gap_that_is_not_always_filled_must_stand_under_a_condition() -> None:
    text = written("reminder").replace("== continued if fee\n", "== continued\n", 1)
    (fault,) = faults(text, kind="reminder", language="nb", tone="neutral")
    assert (fault.code, fault.detail) == ("missing_field", "fee")


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty"), ("x" * (TEXT_MAX + 1), "too_long"), ("hei", "form"), ("title: A\nheading: B\nsubject: C\n\n== avsnitt\nHei\n", "form")],
)
def test_what_is_no_text_at_all_is_refused(text: str, code: str) -> None:
    assert codes(text) == [code]


def test_nobody_is_threatened_with_a_payment_remark() -> None:
    text = written().replace("== info: Kontakt", "== paragraph\nDu kan få betalingsanmerkning.\n== info: Kontakt")
    assert codes(text) == ["payment_remark"]
