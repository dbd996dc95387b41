"""The product with one safeguard missing, and the sound product. A simulation that does not find each of them soon is worth nothing.

No mutant is a patch: a safeguard that sits in a counterpart's performer is a subclass, one that sits in a parameter is another
parameter, and one that sits in the database (the fence, the unique business key) is taken away there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from simulation.acts import Act, Blind, Careless, Impatient, Keyless, Renamed, Resigned

#: the fence begins anew with every claim: a worker that was given up cannot be told from its successor
UNFENCED = (
    "create function simulated.unfence() returns trigger language plpgsql as"
    " $$ begin if new.state <> 'sending' then new.fence := 0; end if; return new; end $$",
    "create trigger unfenced before update on effects for each row execute function simulated.unfence()",
)
FENCED = ("drop trigger unfenced on effects", "drop function simulated.unfence()")
#: nobody remembers that the database was put back, so what it has forgotten is done without asking first
FORGETFUL = (
    "create function simulated.forget() returns trigger language plpgsql as $$ begin new.restored_at := null; return new; end $$",
    "create trigger forgetful before update on bureaus for each row execute function simulated.forget()",
)
MINDFUL = ("drop trigger forgetful on bureaus", "drop function simulated.forget()")
KEY = "uq_effects_bureau_id_kind_business_key"
#: two safeguards stand in the way of this, the key and the id that is made from it: neither is there
REPEATABLE = (
    f"alter table effects drop constraint {KEY}",
    "create function simulated.rename() returns trigger language plpgsql as $$ begin new.id := gen_random_uuid(); return new; end $$",
    "create trigger renamed before insert on effects for each row execute function simulated.rename()",
)
UNIQUE = (
    "drop trigger renamed on effects", "drop function simulated.rename()",
    "delete from effects", f"alter table effects add constraint {KEY} unique (bureau_id, kind, business_key)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Make:
    """How the product is put together for a history: the sound one, or one with a safeguard missing."""

    name: str
    act: Callable[..., Act] = Act
    pause: Callable[[float], None] | None = None
    monotonic: Callable[[], float] | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def _no_time_at_all(seconds: float) -> None:
    return None


SOUND = Make("sound")
MUTANTS = (
    Make("retry on timeout", act=Impatient),
    Make("a timeout is a refusal", act=Resigned),
    Make("no fence", before=UNFENCED, after=FENCED),
    Make("no look at the lease before the call", monotonic=lambda: 0.0),
    Make("no pre-flight", act=Blind),
    Make("no look-up", act=Careless),
    Make("no time to settle before the look-up", pause=_no_time_at_all),
    Make("a restore is not remembered", before=FORGETFUL, after=MINDFUL),
    Make("an id made anew after a restore", act=Renamed),
    Make("another key at every attempt", act=Keyless),
    Make("the same fact may be planned twice", before=REPEATABLE, after=UNIQUE),
)
