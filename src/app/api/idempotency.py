"""`Idempotency-Key` on POST: the same key with the same request gives the same answer and acts once; with another request it is refused.

The key is written in the transaction that acts. A second request with the same key waits for the first: if that committed it is answered
alike, and if it rolled back nothing was done and it acts itself. So a refusal is never remembered, and there is no half-done state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import HeaderParameter, SkipValidation
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.api.problems import KEY_REUSED, ProblemError
from app.db.scope import BureauScope
from app.db.unit_of_work import Database, UnitOfWork
from app.tenants.identity import Identity
from app.tenants.models import IdempotencyKey

Answer = TypeVar("Answer")
KEPT_FOR = timedelta(hours=24)
KEY_PATTERN = r"^[!-~]{1,100}$(?!\n)"
REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True, slots=True)
class Idempotency:
    """The key of one request, if it has one, and what it was used for."""

    key: str | None
    credential: str
    request_hash: bytes
    database: Database

    def once(self, work: UnitOfWork, status: int, act: Callable[[], Answer]) -> Response[Answer]:
        """Act and answer with `status`, or give the answer of the first time again. 409 when the key was used for something else."""
        if self.key is None:
            return _response(status, _written(act()))
        with self._kept_where(work) as keys:
            known = self._claim(keys)
            if known is not None:
                return _response(*known, replayed=True)
            body = _written(act())
            keys.session.execute(update(IdempotencyKey).where(*self._mine()).values(status=status, body=body))
            return _response(status, body)

    def _claim(self, keys: UnitOfWork) -> tuple[int, bytes] | None:
        """None: the key is ours to use. Otherwise what was answered before."""
        fresh = {"request_hash": self.request_hash, "status": None, "body": None, "created_at": keys.now()}
        row = insert(IdempotencyKey).values(bureau_id=keys.bureau_id, credential=self.credential, key=self.key, **fresh)
        if keys.session.execute(row.on_conflict_do_nothing().returning(IdempotencyKey.id)).first() is not None:
            return None
        known = keys.session.execute(select(IdempotencyKey).where(*self._mine()).with_for_update()).scalar_one()
        if known.created_at <= keys.now() - KEPT_FOR:
            keys.session.execute(update(IdempotencyKey).where(IdempotencyKey.id == known.id).values(**fresh))
            return None
        if known.request_hash != self.request_hash or known.status is None or known.body is None:
            raise ProblemError(KEY_REUSED, "Use a new Idempotency-Key for a new request.")
        return known.status, known.body

    def _mine(self) -> tuple[Any, ...]:
        return IdempotencyKey.credential == self.credential, IdempotencyKey.key == self.key

    @contextmanager
    def _kept_where(self, work: UnitOfWork) -> Iterator[UnitOfWork]:
        """The keys are the bureau's, and out of a company's own sight: its answers are remembered in a transaction beside its own.
        A company can only calculate by POST, so nothing is lost when one of the two fails."""
        if isinstance(work.scope, BureauScope):
            yield work
        else:
            with self.database.begin(BureauScope(work.bureau_id), work.actor) as keys:
                yield keys


#: a handler's parameter `idempotency: Repeatable`
Repeatable = NamedDependency[SkipValidation[Idempotency]]


async def provide_idempotency(
    request: Request[Identity, Any, State],
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key", pattern=KEY_PATTERN,
            description="At most 100 visible ASCII characters, chosen by you. The answer is kept for 24 hours.",
        ),
    ] = None,
) -> Idempotency:  # fmt: skip
    told = (request.method, request.url.path, request.url.query or "")
    digest = hashlib.sha256("\0".join(told).encode() + b"\0" + await request.body())
    return Idempotency(idempotency_key, str(request.user.api_key_id), digest.digest(), request.app.state.database)


def _written(answer: object) -> bytes:
    return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)


def _response(status: int, body: bytes, *, replayed: bool = False) -> Response[Any]:
    headers = {REPLAYED: "true"} if replayed else {}
    return Response(body, status_code=status, media_type="application/json", headers=headers)
