"""A connection's secrets: sealed in their own row, renewed by one worker at a time."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db.vault import VaultError
from app.ledgers.credentials import StoredCredential, mark
from app.ledgers.errors import AuthRevokedError
from app.ledgers.models import Connection
from app.ledgers.ports import Credential
from support import make
from support.town import Town, settle_in


def store(town: Town) -> StoredCredential:
    return StoredCredential(town.door.begin, town.door.vault, town.bureau.id, town.connection_id)


def row(town: Town) -> Connection:
    with town.begin() as work:
        found: Connection = work.session.execute(select(Connection)).scalar_one()
        return found


def fresh(values: Mapping[str, str]) -> Credential:
    return Credential({**values, "session_token": "a new one"})


def test_two_workers_that_find_a_token_stale_fetch_one(town: Town) -> None:
    stale, fetched, found = store(town).load(), [], []
    before = row(town).credential_version
    start = threading.Barrier(2)

    def fetch(current: Credential) -> Credential:
        fetched.append(1)
        threading.Event().wait(0.3)
        return fresh(current.values)

    def renew() -> None:
        start.wait()
        found.append(store(town).renew(stale, fetch))

    workers = [threading.Thread(target=renew) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert len(fetched) == 1
    assert [one.values["session_token"] for one in found] == ["a new one"] * 2
    assert row(town).credential_version == before + 1


def test_a_new_token_is_kept_before_it_is_used(town: Town) -> None:
    expires = town.clock.now() + timedelta(days=1)
    store(town).renew(store(town).load(), lambda current: Credential({**current.values, "session_token": "kept"}, expires))
    assert store(town).load().values["session_token"] == "kept"
    assert row(town).expires_at == expires


def test_a_renewal_that_fails_keeps_what_was(town: Town) -> None:
    before = store(town).load()

    def refuse(_current: Credential) -> Credential:
        raise AuthRevokedError("the key was deleted")

    with pytest.raises(AuthRevokedError):
        store(town).renew(before, refuse)
    assert (row(town).state, row(town).problem) == ("reconnect", "the key was deleted")
    assert dict(store(town).load().values) == dict(before.values)


def test_a_closed_connection_gives_nothing_and_stays_closed(town: Town) -> None:
    with town.begin() as work:
        work.session.execute(select(Connection)).scalar_one().state = "revoked"
    with pytest.raises(AuthRevokedError):
        store(town).load()
    mark(town.door.begin, town.bureau.id, town.connection_id, "working", None)
    assert row(town).state == "revoked"


def test_a_secret_moved_to_another_row_or_bureau_does_not_open(town: Town) -> None:
    other = settle_in(town.outside, town.house, town.clock)
    with other.begin() as work:
        stolen = work.session.execute(select(Connection.credential)).scalar_one()
    with town.begin() as work:
        work.session.execute(select(Connection)).scalar_one().credential = stolen
    with pytest.raises(VaultError):
        store(town).load()


def test_another_bureaus_connection_does_not_exist(town: Town) -> None:
    stranger = make.bureau(town.house.database)
    with pytest.raises(AuthRevokedError):
        StoredCredential(town.door.begin, town.door.vault, stranger.id, town.connection_id).load()


def test_no_secret_shows_when_a_credential_is_printed_or_lies_in_the_database(town: Town) -> None:
    credential = store(town).load()
    assert town.key in credential.values.values()
    assert town.key not in repr(credential)
    assert town.key.encode() not in (row(town).credential or b"")
