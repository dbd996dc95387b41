"""The clients behind one onboarding: each has a key of its own, and a token of its own that lives for twenty minutes.

All lie in the connection's one credential, so renewing one client's token is a change of the whole; `ClientStore` is one client's view.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import msgspec

from app.ledgers.errors import AuthRevokedError, PermissionMissingError
from app.ledgers.ports import Credential, CredentialStore, RenewCall
from app.net.errors import BrokenError, TryLaterError

FIELD = "clients"
#: a client without a token has one that ran out long ago
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
#: how often others may come first while they renew their own tokens in the same credential
TRIES = 20
LOST = "PowerOffice Go no longer lets us in for this client. Onboard it again."


@dataclass(frozen=True, slots=True)
class Client:
    """`key` is the client key: whoever has it and our application key reads the books."""

    key: str = field(repr=False)
    name: str
    organisation_number: str | None = None
    token: str | None = field(default=None, repr=False)
    until: datetime | None = None

    @property
    def id(self) -> str:
        """What the house calls the company: a fingerprint, because the vendor's own name for it is the secret key."""
        return hashlib.sha256(f"poweroffice client {self.key.lower()}".encode()).hexdigest()[:24]

    def credential(self) -> Credential:
        token = {} if self.token is None else {"access_token": self.token}
        return Credential({"client_key": self.key, **token}, self.until or NEVER)


def packed(clients: Iterable[Client]) -> Credential:
    """One credential for all of them. It never runs out: the keys last until somebody in Go takes them back."""
    return Credential({FIELD: msgspec.json.encode(list(clients)).decode()})


def clients_of(values: Mapping[str, str]) -> list[Client]:
    try:
        return msgspec.json.decode(values[FIELD], type=list[Client])
    except (KeyError, msgspec.MsgspecError) as fault:
        raise BrokenError("the stored access to PowerOffice Go cannot be read; connect again") from fault


class ClientStore:
    """The part of a connection's credential that belongs to one client, as a store of its own."""

    def __init__(self, whole: CredentialStore, client: str) -> None:
        self._whole, self._client = whole, client

    @property
    def owner(self) -> str:
        return f"{self._whole.owner}/{self._client}"

    def load(self) -> Credential:
        return self._mine(self._whole.load()).credential()

    def renew(self, stale: Credential, fetch: RenewCall) -> Credential:
        for _ in range(TRIES):
            whole = self._whole.load()
            mine = self._mine(whole).credential()
            if mine.values == stale.values:
                mine = self._mine(self._whole.renew(whole, lambda current: self._renewed(current, fetch))).credential()
            if mine.values != stale.values:
                return mine
        raise TryLaterError("the accesses to PowerOffice Go are being renewed by others")

    def _renewed(self, whole: Credential, fetch: RenewCall) -> Credential:
        clients = clients_of(whole.values)
        mine = self._mine(whole)
        try:
            fresh = fetch(mine.credential())
        except AuthRevokedError as fault:
            if len(clients) > 1:
                # this client took its key back; the connection serves the others
                raise PermissionMissingError(LOST) from fault
            raise
        renewed = replace(mine, token=fresh.values["access_token"], until=fresh.expires_at)
        return packed(renewed if one.id == self._client else one for one in clients)

    def _mine(self, whole: Credential) -> Client:
        for one in clients_of(whole.values):
            if one.id == self._client:
                return one
        raise PermissionMissingError("this client is not among those that were onboarded in PowerOffice Go")
