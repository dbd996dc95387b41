"""The broker behind the jobs: PostgreSQL itself by default, RabbitMQ when BROKER_URL says so. Both carry doorbells only.

RabbitMQ runs with publisher confirms and quorum queues with a delivery limit: without confirms an acknowledged `send` can be lost when the
broker dies, and without a limit a message that kills its worker comes back for ever.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.middleware import AgeLimit, Callbacks, Middleware, Pipelines, Retries, ShutdownNotifications, TimeLimit
from sqlalchemy import text

from app.db.engine import libpq_url
from app.jobs.job import JOBS, Job
from app.jobs.resources import Resources
from app.values.ids import new_id

log = logging.getLogger(__name__)
DELIVERY_LIMIT = 5
BACKOFF_MIN_MS = 2_000
BACKOFF_MAX_MS = 300_000


class QuorumBroker(RabbitmqBroker):
    """RabbitMQ with quorum queues: replicated, and a poisonous message is set aside after a few deliveries."""

    def _build_queue_arguments(self, queue_name: str) -> dict[str, Any]:
        inherited = super()._build_queue_arguments(queue_name)  # type: ignore[no-untyped-call]
        return {**inherited, "x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT}


class FailedJobs(Middleware):
    """Writes a row when a job has given up, so that a person sees it."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def after_process_message(
        self, broker: dramatiq.Broker, message: Any, *, result: Any = None, exception: BaseException | None = None
    ) -> None:
        if exception is None or not message.failed:
            return
        with self._resources.database.engine.begin() as connection:
            connection.execute(
                text(
                    "insert into failed_jobs (id, job, arguments, error, failed_at, bureau_id)"
                    " values (:id, :job, cast(:arguments as jsonb), :error, clock_timestamp(), cast(:bureau as uuid))"
                ),
                {
                    "id": new_id(),
                    "job": message.actor_name,
                    "arguments": json.dumps(message.kwargs, default=str),
                    "error": f"{type(exception).__name__}: {exception}"[:2000],
                    "bureau": message.kwargs.get("bureau_id"),
                },
            )


def make_broker(broker_url: str | None, database_url: str, resources: Resources) -> dramatiq.Broker:
    """The broker with every declared job as an actor on it."""
    middleware: list[Middleware] = [
        # what comes after a job runs from the last to the first: Retries must have given up before FailedJobs looks
        FailedJobs(resources), AgeLimit(), TimeLimit(), ShutdownNotifications(), Callbacks(), Pipelines(),
        Retries(min_backoff=BACKOFF_MIN_MS, max_backoff=BACKOFF_MAX_MS),
    ]  # fmt: skip
    broker: dramatiq.Broker
    if broker_url:
        broker = QuorumBroker(url=broker_url, confirm_delivery=True, middleware=middleware)
    else:
        from dramatiq_postgres import PostgresBroker

        broker = PostgresBroker(
            url=libpq_url(database_url), results=False, middleware=middleware,
            poll_interval=0.5, heartbeat_interval=5, heartbeat_ttl=30, maintenance_interval=10,
        )  # fmt: skip
    dramatiq.set_broker(broker)
    for declared in JOBS.values():
        _declare(declared, broker, resources)
    return broker


def send(broker: dramatiq.Broker, job_name: str, arguments: dict[str, Any]) -> None:
    """Ring one job."""
    actor = broker.get_actor(job_name)
    broker.enqueue(actor.message_with_options(kwargs=arguments))


def _declare(declared: Job, broker: dramatiq.Broker, resources: Resources) -> None:
    def run(**ids: Any) -> None:
        declared.run(resources, **ids)

    run.__name__ = declared.name.replace(".", "_")
    dramatiq.actor(
        actor_name=declared.name, queue_name=declared.queue.value, broker=broker, max_retries=declared.retries,
        time_limit=declared.seconds * 1000, throws=declared.throws or None,
    )(run)  # fmt: skip
