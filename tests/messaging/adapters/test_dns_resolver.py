"""The DNS adapter against a real name server on this machine, over UDP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.messaging.adapters.dns_resolver import DnsResolver
from app.net.errors import TryLaterError
from sandbox.nameserver import NameServer, start_dns, zone_of
from sandbox.world import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def server(world: World) -> Iterator[NameServer]:
    server = start_dns(world, "127.0.0.1", 0)
    yield server
    server.stop()


def test_a_long_record_comes_in_parts_and_is_whole_again(world: World, server: NameServer) -> None:
    long = "v=DKIM1; k=rsa; p=" + "A" * 400
    zone_of(world).texts["r1._domainkey.fjord.example"] = [long]
    zone_of(world).texts["fjord.example"] = ["v=spf1 mx ~all", 'said "so" \\ here']
    resolver = DnsResolver("127.0.0.1", server.port)
    assert resolver.texts("r1._domainkey.FJORD.example") == (long,)
    assert sorted(resolver.texts("fjord.example")) == ['said "so" \\ here', "v=spf1 mx ~all"]


def test_a_name_that_is_not_there_says_nothing(server: NameServer) -> None:
    assert DnsResolver("127.0.0.1", server.port).texts("nobody.example") == ()


def test_a_server_that_does_not_answer_is_no_missing_record(world: World, server: NameServer) -> None:
    zone_of(world).silent = 50
    with pytest.raises(TryLaterError):
        DnsResolver("127.0.0.1", server.port, lifetime_seconds=0.3).texts("fjord.example")


@pytest.mark.parametrize("name", ["", "a..b", "x" * 70 + ".example"])
def test_what_is_no_name_is_no_crash(server: NameServer, name: str) -> None:
    with pytest.raises(TryLaterError):
        DnsResolver("127.0.0.1", server.port).texts(f"{name}.")
