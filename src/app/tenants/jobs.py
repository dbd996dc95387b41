"""Jobs of the tenants' room: forgetting what is no longer needed."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import delete

from app.db.scope import BureauScope, PlatformScope
from app.jobs.job import job
from app.jobs.jobs import for_each_bureau
from app.jobs.queues import Queue
from app.jobs.resources import Resources
from app.tenants import rate_limits, sessions
from app.tenants.models import IdempotencyKey, OAuthState

ANSWERS_KEPT_FOR = timedelta(days=2)


@job("tenants.tidy", queue=Queue.DEFAULT, retries=1, seconds=120)
def tidy(resources: Resources) -> None:
    """Old sessions, counters and consents; and per bureau its old answers to integrators."""
    with resources.begin(PlatformScope()) as work:
        sessions.forget_old(work)
        rate_limits.forget_old(work)
        work.session.execute(delete(OAuthState).where(OAuthState.expires_at < work.now()))
    for_each_bureau(resources, "tenants.tidy_bureau")


@job("tenants.tidy_bureau", queue=Queue.DEFAULT, retries=1, seconds=120)
def tidy_bureau(resources: Resources, bureau_id: str) -> None:
    with resources.begin(BureauScope(uuid.UUID(bureau_id))) as work:
        work.session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < work.now() - ANSWERS_KEPT_FOR))
        work.enqueue("dunning.tidy_bureau", bureau_id=bureau_id)
