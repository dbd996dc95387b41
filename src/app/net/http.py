"""The one HTTP client: timeouts, a size cap, decimals kept exact, and nothing secret in an error text.

A read that times out is `TryLaterError`; a *write* that times out or loses its answer is `UnknownOutcomeError`, because the
counterpart may have acted. Only a connection that was never made is a definite no.
"""

from __future__ import annotations

import json
import random
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from app.net.errors import BrokenError, OutsideError, TryLaterError, UnknownOutcomeError

BODY_BYTES_MAX = 64 * 1024 * 1024
TIMEOUT_SECONDS = 20.0
CONNECT_SECONDS = 5.0
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, whatever its status: adapters decide what a status means."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON with numbers as `Decimal`, never float: kroner must not lose an øre on the way in."""
        try:
            return json.loads(self.body, parse_float=Decimal)
        except ValueError as fault:
            raise BrokenError(f"the answer (status {self.status}) is not JSON") from fault

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


class HttpClient:
    """A connection to one counterpart. Thread-safe; keep one per base address. It keeps no cookies: one connection serves many tenants."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        body_bytes_max: int = BODY_BYTES_MAX,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._body_bytes_max = body_bytes_max
        self._client = httpx.Client(
            headers=dict(headers or {}),
            timeout=httpx.Timeout(timeout_seconds, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
            verify=_trusted(),
            transport=transport,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )

    def close(self) -> None:
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        content: bytes | None = None,
        auth: tuple[str, str] | None = None,
        write: bool | None = None,
    ) -> Reply:
        """Send one request; `content` is a body as it stands. `write` tells whether the counterpart may have acted on it; by default all
        but GET and HEAD may.

        Raises `TryLaterError` (certainly not acted on), `UnknownOutcomeError` (a write without an answer) or `BrokenError` (too large).
        """
        is_write = method not in SAFE_METHODS if write is None else write
        where = f"{method} {path.split('?', maxsplit=1)[0]}"
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        try:
            with self._client.stream(
                method,
                url,
                params=None if params is None else {k: v for k, v in params.items() if v is not None},
                headers={**({"content-type": "application/json"} if json_body is not None else {}), **(headers or {})},
                content=content if json_body is None else json.dumps(json_body, default=_exact).encode(),
                data=None if form is None else dict(form),
                files=None if files is None else dict(files),
                auth=auth,
            ) as answer:
                return Reply(answer.status_code, answer.headers, self._read(answer, where))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as fault:
            raise TryLaterError(f"{where}: no connection") from fault
        except (httpx.TransportError, httpx.DecodingError, OSError) as fault:
            raise _lost(where, is_write) from fault
        except BrokenError as fault:
            # too large an answer to a write: it may well have been done
            if is_write:
                raise UnknownOutcomeError(str(fault)) from fault
            raise

    def _read(self, answer: httpx.Response, where: str) -> bytes:
        body = bytearray()
        for chunk in answer.iter_bytes():
            body += chunk
            if len(body) > self._body_bytes_max:
                raise BrokenError(f"{where}: the answer is larger than {self._body_bytes_max} bytes")
        return bytes(body)


def backoff(attempt: int, after: timedelta | None = None, ceiling_seconds: float = 30.0) -> None:
    """Wait before another try: what the counterpart asked for, else growing with jitter."""
    seconds = after.total_seconds() if after is not None else min(ceiling_seconds, 0.5 * 2**attempt)
    time.sleep(min(ceiling_seconds, seconds) * (1 + random.random() / 4))  # noqa: S311 - jitter is no secret


def _lost(where: str, is_write: bool) -> OutsideError:
    if is_write:
        return UnknownOutcomeError(f"{where}: sent, but no answer came")
    return TryLaterError(f"{where}: no answer in time")


def _exact(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities we trust, read once: reading them takes fifty milliseconds, and there is a client per counterpart."""
    return httpx.create_ssl_context(trust_env=False)
