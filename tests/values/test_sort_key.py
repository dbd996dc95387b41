from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.values.sort_key import sort_key

IN_ORDER = [
    "",
    "10 Brødre",
    "2 Brødre",
    "Alm",
    "Alm Bygg",
    "Almberg",
    "Émile",
    "Eva",
    "Ühl",
    "Ynde",
    "Zorn",
    "Ærlig",
    "Östby",
    "Østen",
    "Ål",
    "Aasen",
    "Åsheim",
]


def test_names_stand_in_norwegian_order() -> None:
    backwards = IN_ORDER[::-1]
    assert sorted(backwards, key=sort_key) == IN_ORDER


def test_case_accents_and_punctuation_do_not_matter() -> None:
    assert sort_key("ÅSE & Sønn AS") == sort_key("aase - sønn  as.") == sort_key("A\u030ase Sønn AS")


@given(st.text(max_size=60))
def test_a_key_is_digits_only_and_never_longer_than_twice_the_name(name: str) -> None:
    key = sort_key(name)
    assert key == "" or (key.isascii() and key.isdigit())
    assert len(key) <= 2 * len(name)
    assert len(key) % 2 == 0
