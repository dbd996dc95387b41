"""Words of one's own are tried before they are kept: what the law asks for cannot be written away, and no gap is left without a value."""

from __future__ import annotations

import pytest

from app.dunning import own_wordings
from app.dunning.wording import wording_text
from app.dunning.wording_trial import TEXT_MAX, faults, known_fields

HOUSE = [(one.kind, one.language, one.tone) for one in own_wordings.every()]


def codes(text: str, kind: str = "collection_warning", language: str = "nb") -> list[str]:
    return [one.code for one in faults(text, kind=kind, language=language, tone="neutral")]


def written(kind: str = "collection_warning", language: str = "nb") -> str:
    return wording_text(kind, language, "neutral")


@pytest.mark.parametrize(("kind", "language", "tone"), HOUSE)
def test_the_houses_own_texts_pass_the_trial(kind: str, language: str, tone: str) -> None:
    assert faults(wording_text(kind, language, tone), kind=kind, language=language, tone=tone) == ()


@pytest.mark.parametrize(
    ("language", "more"),
    [("nb", "Du slipper gebyr og inkasso."), ("nn", "Du slepp forseinkingsrente."), ("en", "There will be no late payment interest.")],
)
def test_thanks_press_nobody_who_has_paid(language: str, more: str) -> None:
    text = wording_text("thanks", language, "friendly")
    pressing = text.replace("== info", f"== continued\n{more}\n== info", 1)
    assert codes(pressing, "thanks", language) == ["threat_in_thanks"]
    assert codes(text.replace("{invoice_number}", "{amount}"), "thanks", language) == ["unknown_field"], "and ask for nothing"
    assert codes(text.replace(" if contact", ""), "thanks", language) == ["missing_field"], "not everybody can be reached"


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
