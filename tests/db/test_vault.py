"""Secrets at rest: they open in their own row, under a key that is in the ring, and nowhere else."""

from __future__ import annotations

import base64
import re

import pytest

from app.db.vault import Vault, VaultError, new_key

SECRET = {"employee_token": "hemmelig-æøå", "session_token": "x"}
OLD, NEW = (f"{name}:{base64.b64encode(name.encode() * 16).decode()}" for name in ("k1", "k2"))


def test_what_is_sealed_opens_in_its_own_row() -> None:
    vault = Vault(OLD)
    assert vault.open(vault.seal(SECRET, "a|connections|credential|1"), "a|connections|credential|1") == SECRET


@pytest.mark.parametrize("binding", ["b|connections|credential|1", "a|connections|credential|2", "a|users|credential|1", ""])
def test_a_secret_moved_to_another_bureau_table_or_row_does_not_open(binding: str) -> None:
    vault = Vault(OLD)
    with pytest.raises(VaultError):
        vault.open(vault.seal(SECRET, "a|connections|credential|1"), binding)


def test_the_same_secret_is_never_sealed_alike_and_does_not_show() -> None:
    vault = Vault(OLD)
    one, other = vault.seal(SECRET, "x"), vault.seal(SECRET, "x")
    assert one != other
    assert b"hemmelig" not in one + other


def test_keys_rotate_the_newest_seals_and_the_older_still_open() -> None:
    sealed = Vault(OLD).seal(SECRET, "x")
    ring = Vault(f"{NEW}, {OLD}")
    assert ring.open(sealed, "x") == SECRET
    again = ring.seal(SECRET, "x")
    assert Vault(NEW).open(again, "x") == SECRET
    with pytest.raises(VaultError, match="k1"):
        Vault(NEW).open(sealed, "x")


@pytest.mark.parametrize("place", range(0, 60, 7))
def test_a_changed_byte_anywhere_is_noticed(place: int) -> None:
    sealed = bytearray(Vault(OLD).seal(SECRET, "x"))
    sealed[place] ^= 1
    with pytest.raises(VaultError):
        Vault(OLD).open(bytes(sealed), "x")


@pytest.mark.parametrize("sealed", [b"", b"\x00", b"\x02k1", b"\xff" * 20])
def test_what_is_no_sealed_secret_is_said_to_be_none(sealed: bytes) -> None:
    with pytest.raises(VaultError):
        Vault(OLD).open(sealed, "x")


@pytest.mark.parametrize("keys", ["", " , ", "k1:notbase64!", "k1:c2hvcnQ=", f":{OLD[3:]}", f"{'k' * 33}:{OLD[3:]}", f"ø:{OLD[3:]}"])
def test_a_key_ring_that_cannot_be_used_is_refused(keys: str) -> None:
    with pytest.raises(VaultError):
        Vault(keys)


def test_a_new_key_can_be_used_and_no_key_shows() -> None:
    key = new_key()
    vault = Vault(key)
    assert vault.open(vault.seal(SECRET, "x"), "x") == SECRET
    assert key.split(":")[1] not in repr(vault) + str(vars(vault))
    assert re.fullmatch(r"k[0-9a-f]{6}:.{44}", key)
