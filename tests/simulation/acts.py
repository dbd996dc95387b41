"""The outward act as the simulation's rooms perform it: re-read the ledger, ask whether it still may go, call, look up, write down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.db.unit_of_work import Begin, UnitOfWork
from app.jobs.effects import RETRY_AFTER, Counterpart, Go, Intent, Later, NotThere, Sent, Stop
from app.net.errors import BrokenError, RefusedError, TryLaterError, UnknownOutcomeError
from app.tenants import audit
from simulation.outside import CALL_SECONDS, Arrival
from simulation.scheduler import ON_THE_DOORSTEP

if TYPE_CHECKING:
    from simulation.house import House


@dataclass(slots=True)
class Act:
    """A performer of the real ledger of acts. It also is the witness: what it may not be asked to do, it tells the house."""

    house: House
    counterpart: Counterpart
    call_seconds: int = CALL_SECONDS
    #: what the mirror knows of a fact: when the ledger was asked, and whether it was paid then
    mirror: dict[str, tuple[int, bool]] = field(default_factory=dict)

    # --- before the call --------------------------------------------------------------------------------------------------------

    def refresh(self, begin: Begin, intent: Intent) -> None:
        house, fact = self.house, intent.payload["fact"]
        house.scheduler.boundary("ledger")
        asked, paid = house.tell("asks", fact), house.outside.ledger.is_paid(fact)
        house.asked[house.worker] = asked
        if house.outside.line_is_down():
            house.saw("ledger:down")
            raise TryLaterError("the ledger is down")
        house.scheduler.boundary("ledger answered")
        self.remember(fact, asked, paid)

    def remember(self, fact: str, asked: int, paid: bool) -> None:
        """An answer is as old as its question: what was asked later knows more."""
        known = self.mirror.get(fact)
        if known is None or known[0] <= asked:
            self.mirror[fact] = (asked, paid)

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        if self.mirror[intent.payload["fact"]][1]:
            return Stop("paid")
        if not self.house.outside.calm and self.house.chance.random() < 0.03:
            return Later("outside contact hours", RETRY_AFTER)
        return Go(intent.payload["fact"])

    # --- the call ---------------------------------------------------------------------------------------------------------------

    def call(self, intent: Intent, package: Any) -> Sent:
        house, peer, fact = self.house, self.house.outside.peers[self.counterpart], str(package)
        house.scheduler.boundary(ON_THE_DOORSTEP)
        house.witness_call(intent, fact)
        mood = house.outside.mood(self.counterpart)
        if mood == "refused" and peer.find(fact) is not None:
            mood = "well"
        house.saw(f"{self.counterpart.value}:{mood}")
        house.tell(f"calls ({mood})", fact)
        if mood in {"busy", "refused"}:
            house.scheduler.boundary("waiting")
        if mood == "busy":
            raise TryLaterError("503", RETRY_AFTER)
        if mood == "refused":
            raise RefusedError("422")
        if mood in {"drop_before", "late"}:
            if mood == "late":
                peer.on_the_way.append(
                    Arrival(house.clock.seconds + CALL_SECONDS + house.outside.late_by(), fact, self.key(intent)),
                )
            house.scheduler.boundary("waiting", CALL_SECONDS)
            raise UnknownOutcomeError("no answer in time")
        reference = peer.accept(fact, self.key(intent))
        if mood == "doubled":
            peer.accept(fact, self.key(intent))
        house.scheduler.boundary(
            "waiting", house.chance.uniform(CALL_SECONDS / 2, CALL_SECONDS - 1) if mood == "slow" else house.chance.uniform(0, 4)
        )
        if mood == "drop_after":
            raise UnknownOutcomeError("the line broke before the answer")
        return Sent(reference, {"answer": "201"})

    def key(self, intent: Intent) -> str:
        return str(intent.id)

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        house, fact = self.house, intent.payload["fact"]
        house.scheduler.boundary("look-up")
        if house.outside.line_is_down():
            house.saw("look-up:down")
            raise TryLaterError("the counterpart cannot be asked")
        if not house.outside.calm and house.chance.random() < 0.01:
            raise BrokenError("the answer makes no sense")
        found = house.outside.peers[self.counterpart].find(fact)
        house.saw(f"look-up:{'found' if found else 'not there'}")
        house.tell(f"looks up: {found}", fact)
        return NotThere() if found is None else Sent(found)

    def record(self, work: UnitOfWork, intent: Intent, state: str, sent: Sent | None, reason: str | None) -> None:
        """What a room writes of its own, in the transaction that settles the act: what the end of a history is checked against."""
        if state != "unknown":
            self.house.database.ending.add(intent.payload["fact"])
        audit.record(work, f"simulated.{state}", "effect", intent.id, intent.company_id, fact=intent.payload["fact"])


class Impatient(Act):
    """MUTANT: a timeout is taken for a failure, and the act is tried again."""

    def call(self, intent: Intent, package: Any) -> Sent:
        try:
            return Act.call(self, intent, package)
        except UnknownOutcomeError as fault:
            raise TryLaterError("timed out", RETRY_AFTER) from fault


class Resigned(Act):
    """MUTANT: a timeout is taken for a refusal."""

    def call(self, intent: Intent, package: Any) -> Sent:
        try:
            return Act.call(self, intent, package)
        except UnknownOutcomeError as fault:
            raise RefusedError("timed out") from fault


class Blind(Act):
    """MUTANT: no pre-flight. What was decided is sent, whatever has happened since."""

    def preflight(self, work: UnitOfWork, intent: Intent) -> Go | Stop | Later:
        return Go(intent.payload["fact"])


class Careless(Act):
    """MUTANT: an unknown is done again without looking."""

    def look_up(self, intent: Intent, begin: Begin) -> Sent | NotThere:
        return NotThere()


class Renamed(Act):
    """MUTANT: the key is that of the row, so that an act decided again after a restore is another one to the counterpart."""

    def key(self, intent: Intent) -> str:
        return f"{intent.id}-{intent.planned_at}"


class Keyless(Act):
    """MUTANT: another key at every attempt, so that the counterpart cannot know it is the same act."""

    def key(self, intent: Intent) -> str:
        return f"{intent.id}-{self.house.scheduler.steps}"
