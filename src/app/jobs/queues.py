"""The queues: one per kind of counterpart, so that one slow vendor stops nobody else."""

from __future__ import annotations

from enum import StrEnum


class Queue(StrEnum):
    DEFAULT = "default"
    DECISIONS = "decisions"
    LEDGERS = "ledgers"
    MESSAGES = "messages"
    AGENCIES = "agencies"
    CREDIT = "credit"
