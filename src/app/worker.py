"""The worker process: takes jobs off every queue and runs them in threads. Any number may run; one ends by finishing what it holds."""

from __future__ import annotations

import gc
import logging
import threading

import dramatiq

from app import heartbeat
from app.wiring import House

log = logging.getLogger(__name__)
#: what is still running after this is left to its lease, and taken up by another worker
FINISH_MILLISECONDS = 60_000
#: with RabbitMQ a poisonous message takes the ones fetched beside it along
PREFETCH_RABBITMQ = 2


def run(house: House, stop: threading.Event) -> None:
    """Work until `stop`, then finish the jobs in hand (at most a minute)."""
    worker = dramatiq.Worker(house.broker(), worker_threads=house.settings.worker_threads)
    if house.settings.broker_url:
        worker.queue_prefetch = PREFETCH_RABBITMQ
    settle()
    worker.start()
    log.info("the worker is running, %s threads", house.settings.worker_threads)
    try:
        with heartbeat.beating(house.database, heartbeat.WORKER):
            stop.wait()
    finally:
        log.info("the worker finishes what it holds")
        worker.stop(timeout=FINISH_MILLISECONDS)


def settle() -> None:
    """What has been loaded by now stays as long as the process: the garbage collector need not look through it again and again."""
    gc.collect()
    gc.freeze()
