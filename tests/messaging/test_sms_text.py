"""Text messages in GSM's alphabet: lengths as the standard counts them, nothing that cannot be shown, and amounts never cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging import sms_text
from app.messaging.sms_text import TooLongError


@pytest.mark.parametrize(
    ("text", "length", "number"),
    [
        ("", 0, 1), ("æøåÆØÅ", 6, 1), ("€", 2, 1), ("[]{}~\\|^", 16, 1), ("a" * 160, 160, 1), ("a" * 161, 161, 2), ("a" * 306, 306, 2),
        ("a" * 307, 307, 3), ("€" * 80, 160, 1), ("a" * 152 + "€" * 5, 162, 2), (("a" * 152 + "€") * 2, 308, 3),
    ],
)  # fmt: skip
def test_lengths_and_parts_are_the_standards(text: str, length: int, number: int) -> None:
    assert (sms_text.septets(text), sms_text.parts(text)) == (length, number)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("«Bø & Sønner» – 1 000,00\u00a0kr …", '"Bø & Sønner" - 1 000,00 kr ...'), ("Šime Ćosić", "Sime Cosic"), ("漢字 ok", "?? ok"),
        ("linje\r\nlinje", "linje\nlinje"), ("to\u0301 e\u0301", "to é"), ("a\x1bb", "a?b"),
    ],
)  # fmt: skip
def test_what_the_alphabet_lacks_is_said_another_way(text: str, shown: str) -> None:
    assert sms_text.plain(text) == shown


@given(st.text(max_size=300))
def test_whatever_is_written_can_be_shown_afterwards(text: str) -> None:
    shown = sms_text.plain(text)
    shown.encode("gsm03.38")
    assert sms_text.plain(shown) == shown


@given(st.text(max_size=900), st.integers(1, 4))
def test_an_amount_and_a_kid_are_never_cut(lead: str, parts_max: int) -> None:
    must = "Kr 1 234,50 til 1234 56 78903, KID 1234567890123"
    text = sms_text.compose(lead, must, parts_max)
    assert text.endswith(must)
    assert sms_text.parts(text) <= parts_max


def test_what_must_be_said_and_does_not_fit_is_refused() -> None:
    with pytest.raises(TooLongError):
        sms_text.compose("Hei", "1" * 500)


@pytest.mark.parametrize(
    ("name", "sender"),
    [
        ("Fjordvik Handel AS", "Fjordvik"), ("Ærlig Hage & Anlegg AS", "Aerlig Hage"), ("Supermarkedkjeden", "Supermarked"),
        ("24 7 Øl", "24 7 Ol"), ("Bø", "Bo"),
    ],
)  # fmt: skip
def test_a_sender_is_at_most_eleven_plain_letters(name: str, sender: str) -> None:
    assert sms_text.sender_id(name) == sender
    assert len(sender) <= 11


@pytest.mark.parametrize("name", ["", "123", "漢字"])
def test_a_name_without_a_letter_is_no_sender(name: str) -> None:
    with pytest.raises(ValueError, match="telephone"):
        sms_text.sender_id(name)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("900 00 000", "+4790000000"), ("0047 41234567", "+4741234567"), ("+47 (91) 23-45.67", "+4791234567"), 
        ("22 00 00 00", None), ("+4722000000", None), ("+46 70 123 45 67", "+46701234567"), ("post@x.no", None), ("", None), ("1881", None),
    ],
)  # fmt: skip
def test_only_mobiles_get_messages(text: str, number: str | None) -> None:
    assert sms_text.mobile_number(text) == number
