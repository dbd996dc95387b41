"""Secrets at rest: AES-256-GCM with a key that is not in the database, bound to the very row they belong to.

The binding (tenant, table, row) is authenticated data: a sealed secret moved to another tenant's row does not open. Keys rotate by
putting a new one first; older ones still open what they sealed.
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
KEY_BYTES = 32


class VaultError(ValueError):
    """A key ring that cannot be used, or a secret that does not open here."""


class Vault:
    """Seals and opens small maps of strings. `keys` is `id:base64[,id:base64...]`, the first one seals."""

    def __init__(self, keys: str) -> None:
        self._keys: dict[str, AESGCM] = {}
        for part in filter(None, (piece.strip() for piece in keys.split(","))):
            key_id, _, encoded = part.partition(":")
            try:
                raw = base64.b64decode(encoded, validate=True)
            except ValueError as fault:
                raise VaultError(f"the vault key {key_id!r} is not base64") from fault
            if len(raw) != KEY_BYTES or not key_id.isascii() or not 0 < len(key_id) <= 32:
                raise VaultError(f"the vault key {key_id!r} must be 32 bytes in base64, under a short id")
            self._keys[key_id] = AESGCM(raw)
        if not self._keys:
            raise VaultError("no vault key: set RESKONTRO_VAULT_KEYS")
        self._current = next(iter(self._keys))

    def seal(self, values: Mapping[str, str], binding: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        head = self._current.encode()
        closed = self._keys[self._current].encrypt(nonce, json.dumps(dict(values)).encode(), _bound(binding, self._current))
        return bytes([len(head)]) + head + nonce + closed

    def open(self, sealed: bytes, binding: str) -> dict[str, str]:
        """Raises `VaultError` when the key is gone, the secret belongs to another row, or it is no sealed secret at all."""
        length = sealed[0] if sealed else 0
        if len(sealed) <= 1 + length + NONCE_BYTES:
            raise VaultError("this is not a sealed secret")
        key_id = sealed[1 : 1 + length].decode("ascii", "replace")
        nonce, closed = sealed[1 + length : 1 + length + NONCE_BYTES], sealed[1 + length + NONCE_BYTES :]
        if key_id not in self._keys:
            raise VaultError(f"the vault key {key_id!r} is not in the key ring")
        try:
            opened: dict[str, str] = json.loads(self._keys[key_id].decrypt(nonce, closed, _bound(binding, key_id)))
        except InvalidTag as fault:
            raise VaultError("this secret does not belong to this row, or was changed") from fault
        return opened


def new_key() -> str:
    """A fresh key in the form of RESKONTRO_VAULT_KEYS."""
    return f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def _bound(binding: str, key_id: str) -> bytes:
    return f"{binding}|{key_id}".encode()
