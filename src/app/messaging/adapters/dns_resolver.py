"""The DNS, asked over UDP and over TCP where an answer is too long (RFC 1035, RFC 6891), by dnspython."""

from __future__ import annotations

import dns.exception
import dns.resolver
from dns.rdtypes.ANY.TXT import TXT

from app.net.errors import TryLaterError

#: for one name, over all tries
LIFETIME_SECONDS = 8.0
#: what fits into one packet on any way (DNS flag day 2020)
UDP_BYTES = 1232


class DnsResolver:
    """`host` and `port`: the one server to ask; without a host, those the machine itself is set up with."""

    def __init__(self, host: str | None = None, port: int = 53, *, lifetime_seconds: float = LIFETIME_SECONDS) -> None:
        self._server = (host, port)
        self._lifetime = lifetime_seconds

    def texts(self, name: str) -> tuple[str, ...]:
        try:
            answer = self._resolver().resolve(f"{name}.", "TXT", lifetime=self._lifetime, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as fault:
            raise TryLaterError(f"the DNS does not answer for {name}: {type(fault).__name__}") from fault
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer if isinstance(record, TXT))

    def _resolver(self) -> dns.resolver.Resolver:
        """A new one each time: the machine's settings may have changed, and nothing old is remembered."""
        host, port = self._server
        resolver = dns.resolver.Resolver(configure=host is None)
        if host is not None:
            resolver.nameservers, resolver.port = [host], port
        resolver.use_edns(0, 0, UDP_BYTES)
        return resolver
