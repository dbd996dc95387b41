"""Counterparts of outward acts, in memory: one that honours our key (K), one that can be looked up (L), one that can do neither (N)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs.effects import Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.net.errors import RefusedError, TryLaterError, UnknownOutcomeError

#: what the world may do to one call
ANSWERS = ("ok", "lost_answer", "never_arrived", "busy", "refused")


@dataclass(slots=True)
class World:
    """The outside: how often each act was done there, and what the next calls run into (then all goes well)."""

    done: Counter[str] = field(default_factory=Counter)
    answers: list[str] = field(default_factory=list)
    calls: int = 0

    def do(self, key: str, *, honours_key: bool) -> str:
        """One call. Whether it was done and whether we hear of it are two things."""
        self.calls += 1
        answer = self.answers.pop(0) if self.answers else "ok"
        if answer == "busy":
            raise TryLaterError("503", timedelta(seconds=30))
        if answer == "refused" and not self.done[key]:
            raise RefusedError("422: no such address")
        if answer != "never_arrived" and not (honours_key and self.done[key]):
            self.done[key] += 1
        if answer in {"lost_answer", "never_arrived"}:
            raise UnknownOutcomeError("no answer within a second")
        return f"peer-{key}"


@dataclass(slots=True)
class Act:
    """A performer over that world. What a test wants to know, it writes down; what a test wants to happen in between, `meanwhile` does."""

    counterpart: Counterpart
    world: World
    call_seconds: int = 1
    verdict: Go | Stop | Later = field(default_factory=lambda: Go({"letter": 1}))
    recorded: list[tuple[str, str]] = field(default_factory=list)
    refresh_fails: Exception | None = None
    look_up_fails: Exception | None = None
    meanwhile: Callable[[str], None] = lambda moment: None

    def refresh(self, begin: Begin, intent: Intent) -> None:
        self.meanwhile("refresh")
        if self.refresh_fails is not None:
            raise self.refresh_fails

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        return self.verdict

    def call(self, intent: Intent, package: Any) -> Sent:
        self.meanwhile("before the call")
        reference = self.world.do(intent.business_key, honours_key=self.counterpart is Counterpart.KEYED)
        self.meanwhile("after the call")
        return Sent(reference, {"answer": "ok"})

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        if self.look_up_fails is not None:
            raise self.look_up_fails
        return Sent(f"peer-{intent.business_key}") if self.world.done[intent.business_key] else NotThere()

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        self.recorded.append((intent.business_key, state))
