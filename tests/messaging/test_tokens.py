"""Our own addresses and message ids name a bureau and one of its things."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.messaging import tokens
from app.messaging.tokens import Thing, Token

DOMAIN = "post.reskontro.example"


@given(st.uuids(), st.uuids(), st.sampled_from(Thing))
def test_an_address_says_what_it_was_made_of_in_any_case(bureau: uuid.UUID, thing_id: uuid.UUID, thing: Thing) -> None:
    address = tokens.reply_address(bureau, thing, thing_id, DOMAIN)
    assert tokens.read_address(address) == tokens.read_address(address.upper()) == Token(bureau, thing, thing_id)
    assert len(address.partition("@")[0]) <= 64
    bounce = tokens.bounce_address(tokens.spell(bureau, thing_id), DOMAIN)
    assert tokens.read_address(bounce) == Token(bureau, Thing.DELIVERY, thing_id)


def test_the_message_ids_of_a_thread_are_found_among_strangers() -> None:
    bureau, first, second = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
    header = f"<a@b> <{tokens.spell(bureau, first)}@{DOMAIN}>\r\n <{tokens.spell(bureau, second)}@{DOMAIN}> <CAF9x@mail.gmail.com>"
    assert [token.id for token in tokens.read_message_ids(header)] == [first, second]


@pytest.mark.parametrize(
    "address", ["", "@", "b+@x", "svar+@x", "kari@kunde.no", f"b+{'a' * 51}@x", f"svar+q{'a' * 52}@x", f"b+d{'a' * 52}@x"]
)
def test_a_strangers_address_says_nothing(address: str) -> None:
    assert tokens.read_address(address) is None
