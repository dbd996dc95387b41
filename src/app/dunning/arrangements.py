"""Agreeing about payment: a promise, an extension or an instalment plan, made by a person and taken back by one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from app.agencies import handover
from app.db.unit_of_work import UnitOfWork
from app.dunning import claims, confirming, notices
from app.dunning.arrangement_models import ArrangementRow, InstalmentRow
from app.dunning.facts import ArrangementKind
from app.dunning.models import Claim
from app.receivables.models import OpenItem
from app.tenants import audit
from app.values.ids import new_id

LAST = timedelta(days=730)
#: more than this is unusual for a claim that is not with an agency, and is said so on the page
MANY = 4


class ArrangementError(ValueError):
    """An agreement that cannot be recorded. `field` names what to change; the text is an English message id."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Term:
    """A date, and how much is paid by then, in øre."""

    due_on: date
    amount_ore: int


def agree(work: UnitOfWork, claim_id: uuid.UUID, kind: ArrangementKind, terms: Sequence[Term], note: str = "") -> ArrangementRow:
    """Record what was agreed; an agreement in force is replaced. Time given and plans are confirmed to the debtor in writing.

    An extension and a plan are about everything that is open; a promise may be about less. ArrangementError names the field.
    """
    claim, item = _claimed(work, claim_id)
    if claim.state != "active" or item.remaining_ore <= 0:
        raise ArrangementError("kind", "Nothing is open on this claim.")
    _check(work, kind, terms, item.remaining_ore)
    current = in_force(work, claim_id)
    if current is not None:
        current.outcome, current.ended_by, current.ended_at = "replaced", work.actor.name, work.now()
        work.session.flush()
    row = ArrangementRow(
        bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, claim_id=claim.id, kind=kind.value,
        agreed_ore=item.remaining_ore, note=note.strip() or None, made_by=work.actor.name, made_at=work.now(),
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    for position, term in enumerate(terms, 1):
        work.session.add(
            InstalmentRow(
                bureau_id=claim.bureau_id, id=new_id(), company_id=claim.company_id, arrangement_id=row.id, position=position,
                due_on=term.due_on, amount_ore=term.amount_ore,
            )
        )  # fmt: skip
    work.session.flush()
    notices.give_up_planned(work, [claim_id], "the debtor has been given time")
    handover.call_off(work, claim_id, "the debtor has been given time")
    if kind is not ArrangementKind.PROMISE:
        row.confirmation = confirming.plan(work, row)
    audit.record(work, "arrangement.made", "claim", claim_id, claim.company_id, kind=kind.value, terms=len(terms))
    claims.touch(work, claim_id)
    return row


def withdraw(work: UnitOfWork, claim_id: uuid.UUID) -> bool:
    """A person takes it back: the follow-up goes on as if nothing had been agreed. False: nothing is agreed."""
    claim, _ = _claimed(work, claim_id)
    current = in_force(work, claim_id)
    if current is None:
        return False
    current.outcome, current.ended_by, current.ended_at = "withdrawn", work.actor.name, work.now()
    work.session.flush()
    audit.record(work, "arrangement.withdrawn", "claim", claim_id, claim.company_id, kind=current.kind)
    claims.touch(work, claim_id)
    return True


def in_force(work: UnitOfWork, claim_id: uuid.UUID) -> ArrangementRow | None:
    query = select(ArrangementRow).where(ArrangementRow.claim_id == claim_id, ArrangementRow.ended_at.is_(None))
    return work.session.execute(query).scalar_one_or_none()


def _check(work: UnitOfWork, kind: ArrangementKind, terms: Sequence[Term], remaining_ore: int) -> None:
    if not terms:
        raise ArrangementError("terms", "Give at least one date and amount.")
    days = [term.due_on for term in terms]
    if days != sorted(set(days)) or days[0] < work.today():
        raise ArrangementError("terms", "The dates must be today or later, each after the one before.")
    if days[-1] > work.today() + LAST:
        raise ArrangementError("terms", "The last date must be within two years.")
    total = sum(term.amount_ore for term in terms)
    if any(term.amount_ore <= 0 for term in terms):
        raise ArrangementError("terms", "Every amount must be more than zero.")
    if kind is not ArrangementKind.PLAN and len(terms) > 1:
        raise ArrangementError("terms", "A promise and an extension have one date. Choose an instalment plan for several.")
    if kind is ArrangementKind.PROMISE and total > remaining_ore:
        raise ArrangementError("terms", "The promise is about more than what is open.")
    if kind is not ArrangementKind.PROMISE and total != remaining_ore:
        raise ArrangementError("terms", "The amounts must add up to what is open on the claim.")


def _claimed(work: UnitOfWork, claim_id: uuid.UUID) -> tuple[Claim, OpenItem]:
    row = work.session.execute(
        select(Claim, OpenItem)
        .join(OpenItem, OpenItem.id == Claim.open_item_id)
        .where(Claim.id == claim_id)
        .with_for_update(of=Claim, key_share=True)
    ).one_or_none()
    if row is None:
        raise LookupError("no such claim")
    return row[0], row[1]
