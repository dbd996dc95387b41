"""Three books about the same claims: the ledger's, ours and the agency's. What they do not agree on, and whose move it is. Pure.

The ledger is the truth about what is owed, the agency about what it is doing, and we about what was said between the two. Money travels by
itself and takes days, so a difference that only waits for it says so and is nobody's yet.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from app.agencies.ports import CaseState

#: a payout reaches the creditor's ledger within so long after the agency calls the case paid (inkassoloven 2026 § 26: two weeks)
MONEY_TRAVELS = timedelta(days=14)
#: our states of a case the agency should be working on
LIVE = frozenset({"registered", "in_collection", "legal", "paused"})
#: our states of a case that should not be there
NEVER_THERE = frozenset({"planned", "refused", "cancelled"})
#: our states of a case of which nobody knows whether it is there
UNCERTAIN = frozenset({"awaiting", "in_doubt"})
AT_ITS_END = frozenset({CaseState.PAID, CaseState.WITHDRAWN, CaseState.CLOSED, CaseState.REFUSED})


class Owner(StrEnum):
    """Whose move it is: the accountant in the ledger, us, the agency, or nobody while money is on its way."""

    LEDGER = "ledger"
    US = "us"
    AGENCY = "agency"
    TRAVELLING = "travelling"


class Kind(StrEnum):
    """What is not agreed on.

    NOT_THERE: we call it live, the agency's list has no such case. FOUND: the agency has a case of ours whose acknowledgement was lost.
    UNKNOWN_HERE: the agency has a case of the creditor's that nobody handed over from here. TWICE: it has two cases under one reference of
    ours. PRINCIPAL: the sums differ. PAID_IN_LEDGER: the ledger says settled, the agency still demands. PAID_AT_AGENCY: the other way
    round. STATE: it calls the case ended, or not, other than we do.
    """

    NOT_THERE = "not_there"
    FOUND = "found"
    UNKNOWN_HERE = "unknown_here"
    TWICE = "twice"
    PRINCIPAL = "principal"
    PAID_IN_LEDGER = "paid_in_ledger"
    PAID_AT_AGENCY = "paid_at_agency"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class OurCase:
    """A case as we and the ledger have it. Øre. `told_ore`: payments and credits reported to the agency; `telling_ore`: those on their way;
    `paid_out_ore`: principal in its payouts; `open_ore`: what the ledger shows open now."""

    id: uuid.UUID
    external_id: str | None
    state: str
    principal_ore: int
    open_ore: int
    told_ore: int = 0
    telling_ore: int = 0
    paid_out_ore: int = 0
    ended_on: date | None = None

    @property
    def expected_ore(self) -> int:
        """What the agency should still demand of the bare claim, by what it was told and has paid out."""
        return max(self.principal_ore - self.told_ore - self.paid_out_ore, 0)


@dataclass(frozen=True, slots=True)
class TheirCase:
    """A case as the agency lists it. `principal_ore`: what is open of the bare claim there, None where it does not say."""

    external_id: str
    our_reference: str | None
    state: CaseState
    principal_ore: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing not agreed on. The three sums are of the case, None where that book has no such case or no such sum."""

    kind: Kind
    owner: Owner
    external_id: str | None
    case_id: uuid.UUID | None
    ledger_ore: int | None = None
    ours_ore: int | None = None
    theirs_ore: int | None = None


@dataclass(frozen=True, slots=True)
class Totals:
    """How many live cases a book has, and their open principal in øre. The ledger's are those of our live cases it shows open."""

    ledger_count: int
    ledger_ore: int
    our_count: int
    our_ore: int
    their_count: int
    their_ore: int


def compare(ours: Sequence[OurCase], theirs: Iterable[TheirCase], today: date) -> tuple[Totals, tuple[Difference, ...]]:
    """`ours`: at least every case of the agreement that is live, uncertain or paid, and every one that `theirs` names; `theirs`: what the
    agency lists, of which only what is not at its end there counts."""
    listed = [one for one in theirs if one.state not in AT_ITS_END]
    by_number = {one.external_id: one for one in listed}
    by_reference: dict[str, list[TheirCase]] = {}
    for one in listed:
        if one.our_reference:
            by_reference.setdefault(one.our_reference, []).append(one)
    found: list[Difference] = []
    matched: set[str] = set()
    for case in ours:
        mine = by_reference.get(str(case.id), [])
        if not mine and case.external_id in by_number:
            mine = [by_number[case.external_id or ""]]
        matched.update(one.external_id for one in mine)
        found.extend(Difference(Kind.TWICE, Owner.AGENCY, one.external_id, case.id) for one in mine[1:])
        found.extend(_of_case(case, mine[0] if mine else None, today))
    strangers = [one for one in listed if one.external_id not in matched]
    found.extend(Difference(Kind.UNKNOWN_HERE, Owner.US, one.external_id, None, theirs_ore=one.principal_ore) for one in strangers)
    return _totals(ours, listed), tuple(found)


def _of_case(case: OurCase, there: TheirCase | None, today: date) -> Iterable[Difference]:
    def difference(kind: Kind, owner: Owner) -> Difference:
        theirs = None if there is None else there.principal_ore
        number = case.external_id if there is None else there.external_id
        return Difference(kind, owner, number, case.id, case.open_ore, case.expected_ore, theirs)

    if there is None:
        if case.state in LIVE:
            yield difference(Kind.NOT_THERE, Owner.AGENCY)
        elif case.state == "paid" and case.open_ore > 0:
            travelling = case.ended_on is not None and today <= case.ended_on + MONEY_TRAVELS
            yield difference(Kind.PAID_AT_AGENCY, Owner.TRAVELLING if travelling else Owner.AGENCY)
        return
    if case.state in UNCERTAIN or case.state in NEVER_THERE:
        yield difference(Kind.FOUND, Owner.US)
        return
    if case.state not in LIVE:
        yield difference(Kind.STATE, Owner.AGENCY)
        return
    if case.open_ore == 0:
        # what is on its way to the agency explains it until it has arrived
        telling = case.telling_ore > 0 or case.expected_ore == 0
        yield difference(Kind.PAID_IN_LEDGER, Owner.TRAVELLING if telling else Owner.US)
        return
    if there.principal_ore is None:
        return
    if there.principal_ore != case.expected_ore:
        yield difference(Kind.PRINCIPAL, Owner.TRAVELLING if case.telling_ore else Owner.AGENCY)
    elif case.expected_ore - case.telling_ore != case.open_ore:
        yield difference(Kind.PRINCIPAL, Owner.LEDGER if case.expected_ore < case.open_ore else Owner.US)


def _totals(ours: Sequence[OurCase], listed: Sequence[TheirCase]) -> Totals:
    live = [one for one in ours if one.state in LIVE]
    still = [one for one in live if one.open_ore > 0]
    return Totals(
        len(still), sum(one.open_ore for one in still), len(live), sum(one.expected_ore for one in live), len(listed),
        sum(one.principal_ore or 0 for one in listed),
    )  # fmt: skip
