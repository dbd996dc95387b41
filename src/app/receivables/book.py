"""Writing the mirror: debtors, open items and payments as the ledger shows them, set-based and safe to repeat."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import ColumnElement, case, false, func, literal, or_, select, text, update

from app.db.many_rows import insert_rows
from app.db.unit_of_work import UnitOfWork
from app.receivables.models import MISSED_BEFORE_ASKING, Debtor, OpenItem, Payment
from app.values.ids import new_id
from app.values.sort_key import sort_key


@dataclass(frozen=True, slots=True)
class DebtorFacts:
    """A customer card in our words. `kind` is a proposal: what a register or a person has said stands."""

    external_id: str
    number: str | None
    name: str
    kind: str
    organisation_number: str | None
    email: str | None
    phone: str | None
    address_lines: tuple[str, ...]
    postal_code: str | None
    city: str | None
    country: str
    language: str
    own_dunning: tuple[str, ...]
    version: str | None


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """A notice the ledger sent by itself; None is what it does not tell. `kind` is a word of `ledgers.ports.LedgerNoticeKind`."""

    on: date | None
    kind: str
    fee_ore: int | None
    deadline_on: date | None


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """A row of the open post list in our words. Amounts in øre, signed."""

    external_id: str
    invoice_external_id: str | None
    debtor_external_id: str
    kind: str
    document_number: str | None
    kid: str | None
    issued_on: date | None
    due_on: date | None
    proposed_due_on: date | None
    original_ore: int
    remaining_ore: int
    currency: str
    confidence: str
    doubts: tuple[str, ...]
    ledger_notices: tuple[NoticeFacts, ...]
    version: str | None


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    external_id: str
    source: str
    kind: str
    paid_on: date
    amount_ore: int
    text: str | None = None


def mirror_debtors(work: UnitOfWork, company_id: uuid.UUID, facts: Sequence[DebtorFacts], seen_at: datetime) -> None:
    """Insert or update. A kind learnt elsewhere (sole proprietor, public) is not overwritten by the ledger's coarser one.

    Where a card has changed in a way that may change a decision, the debtor's open items count as changed.
    """
    if not facts:
        return
    _stir_items(work, company_id, {f.external_id: f for f in facts})
    rows = [
        {
            "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "external_id": f.external_id, "number": f.number,
            "name": f.name, "sort_key": sort_key(f.name), "kind": f.kind, "organisation_number": f.organisation_number, "email": f.email,
            "phone": f.phone, "address_lines": list(f.address_lines), "postal_code": f.postal_code, "city": f.city,
            "country": f.country, "language": f.language, "own_dunning": list(f.own_dunning), "version": f.version, "seen_at": seen_at,
            "insolvency": "none",
        }
        for f in {f.external_id: f for f in facts}.values()
    ]  # fmt: skip
    new = insert_rows(Debtor, rows)
    kept = ("bureau_id", "id", "company_id", "external_id", "insolvency", "kind")
    changes: dict[str, Any] = {name: new.excluded[name] for name in rows[0] if name not in kept}
    changes["kind"] = case((Debtor.kind.in_(["sole_proprietor", "public"]), Debtor.kind), else_=new.excluded.kind)
    changes["email_bad_reason"] = case((Debtor.email.is_not_distinct_from(new.excluded.email), Debtor.email_bad_reason), else_=None)
    work.session.execute(new.on_conflict_do_update(index_elements=["bureau_id", "company_id", "external_id"], set_=changes))


def mirror_items(
    work: UnitOfWork, company_id: uuid.UUID, facts: Sequence[ItemFacts], seen_at: datetime,
    payments: Mapping[str, Sequence[PaymentFacts]] = MappingProxyType({}),
) -> tuple[int, int]:  # fmt: skip
    """Insert or update a page of the open post list, with the payments seen on it by the items' ids in the ledger. Returns (new, changed).

    Items of unknown debtors are a `LookupError`. What was there before is not asked for: only the unique key finds a row in a book the
    database has no statistics of yet, and a first reading of such a book would read all of it again at every page.
    """
    if not facts:
        return 0, 0
    debtors = _debtor_ids(work, company_id, {f.debtor_external_id for f in facts})
    missing = {f.debtor_external_id for f in facts} - set(debtors)
    if missing:
        raise LookupError(f"open items belong to customers the ledger did not list: {', '.join(sorted(missing)[:5])}")
    now = work.now()
    rows = [_item_row(work, company_id, debtors[f.debtor_external_id], f, seen_at, now) for f in {f.external_id: f for f in facts}.values()]
    _keep_first_seen(work, company_id, rows)
    new = insert_rows(OpenItem, rows)
    kept = ("bureau_id", "id", "company_id", "external_id", "first_seen_at")
    changes: dict[str, Any] = {name: new.excluded[name] for name in rows[0] if name not in kept}
    # a person's yes to a doubtful item holds only as long as the item is what he said yes to
    same = (OpenItem.remaining_ore == new.excluded.remaining_ore) & OpenItem.due_on.is_not_distinct_from(new.excluded.due_on)
    steady = (
        same
        & (OpenItem.state == "open")
        & (OpenItem.confidence == new.excluded.confidence)
        & (OpenItem.ledger_notices == new.excluded.ledger_notices)
    )
    # the list may be older than an answer the ledger has given about this very item since: the answer stands
    answered = func.coalesce(OpenItem.read_live_at > seen_at, false())
    for name in ("state", "closed_at", "remaining_ore", "due_on", "version"):
        changes[name] = case((answered, getattr(OpenItem, name)), else_=new.excluded[name])
    changes["missed_runs"] = case((answered, OpenItem.missed_runs), else_=0)
    changes["changed_at"] = case((steady | answered, OpenItem.changed_at), else_=new.excluded.changed_at)
    changes["approved_by"] = case((same, OpenItem.approved_by), else_=None)
    changes["approved_at"] = case((same, OpenItem.approved_at), else_=None)
    told = (OpenItem.external_id, OpenItem.id, OpenItem.changed_at == now)
    upsert = new.on_conflict_do_update(index_elements=["bureau_id", "company_id", "external_id"], set_=changes).returning(*told)
    written = {external_id: (item_id, moved) for external_id, item_id, moved in work.session.execute(upsert).all()}
    mirror_payments_of(work, company_id, {written[external_id][0]: paid for external_id, paid in payments.items()})
    before = [moved for row in rows for item_id, moved in (written[row["external_id"]],) if item_id != row["id"]]
    return len(rows) - len(before), sum(before)


def unknown_debtors(work: UnitOfWork, company_id: uuid.UUID, external_ids: Collection[str]) -> set[str]:
    """Those of them that the mirror has no card of."""
    wanted = set(external_ids)
    return wanted - set(_debtor_ids(work, company_id, wanted))


def mirror_payments(work: UnitOfWork, company_id: uuid.UUID, open_item_id: uuid.UUID, facts: Sequence[PaymentFacts]) -> int:
    """Remember payments seen on an item; each once. Returns how many were new."""
    return mirror_payments_of(work, company_id, {open_item_id: facts})


def mirror_payments_of(work: UnitOfWork, company_id: uuid.UUID, facts: Mapping[uuid.UUID, Sequence[PaymentFacts]]) -> int:
    """The same for several items at once."""
    rows = [
        {
            "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "open_item_id": open_item_id,
            "external_id": f.external_id, "source": f.source, "kind": f.kind, "paid_on": f.paid_on, "amount_ore": f.amount_ore,
            "text_": f.text, "seen_at": work.now(),
        }
        for open_item_id, paid in facts.items() for f in paid
    ]  # fmt: skip
    if not rows:
        return 0
    made = work.session.execute(insert_rows(Payment, rows).on_conflict_do_nothing().returning(Payment.id))
    return len(made.all())


def gone_since(work: UnitOfWork, company_id: uuid.UUID, snapshot_at: datetime) -> list[OpenItem]:
    """Items we hold open that the whole snapshot did not show: the reason must be looked up, never assumed."""
    return list(
        work.session.execute(
            select(OpenItem).where(
                OpenItem.company_id == company_id, OpenItem.state.in_(["open", "unexplained"]), OpenItem.seen_at < snapshot_at
            )
        ).scalars()
    )


def asked_about(work: UnitOfWork, company_id: uuid.UUID) -> int:
    """How many have gone without an explanation, and not been missed often enough to trouble a person."""
    gone = select(func.count()).where(
        OpenItem.company_id == company_id, text("open_items.state = 'unexplained'"), OpenItem.missed_runs < MISSED_BEFORE_ASKING
    )
    return int(work.session.execute(gone).scalar_one())


def known_since(work: UnitOfWork, item_id: uuid.UUID, asked_at: datetime) -> str | None:
    """The item's state, where the ledger was asked about it later than that and has answered. Keeps the item until the work is done."""
    row = select(OpenItem.state, OpenItem.read_live_at).where(OpenItem.id == item_id).with_for_update()
    state, read_live_at = work.session.execute(row).one()
    return state if read_live_at is not None and read_live_at > asked_at else None


def set_state(
    work: UnitOfWork, item_id: uuid.UUID, state: str, *, remaining_ore: int | None = None, due_on: date | None = None,
    notices: Sequence[NoticeFacts] = (), asked_at: datetime | None = None, missed_runs: int = 0,
) -> None:  # fmt: skip
    """What the ledger says about one item. `notices`: those of its own, where it told any. `asked_at`: when it was asked about it.

    `missed_runs`: as how many readings without an explanation this one counts; a person is asked after `MISSED_BEFORE_ASKING`.
    """
    missed = OpenItem.missed_runs + missed_runs if state == "unexplained" else literal(0)
    asks = (OpenItem.missed_runs < MISSED_BEFORE_ASKING) & (missed >= MISSED_BEFORE_ASKING)
    moved = case((_differs(state, remaining_ore, due_on) | asks, work.now()), else_=OpenItem.changed_at)
    values: dict[str, Any] = {"state": state, "changed_at": moved, "missed_runs": missed}
    if notices:
        known = work.session.execute(select(OpenItem.ledger_notices).where(OpenItem.id == item_id)).scalar_one()
        values["ledger_notices"] = _dated_as_before(notices_as_json(notices, work.today()), known)
        values["ledger_reminders"] = _days(notices)
    if remaining_ore is not None:
        values["remaining_ore"] = remaining_ore
    if due_on is not None:
        values["due_on"] = due_on
    if asked_at is not None:
        values["read_live_at"] = asked_at
    values["closed_at"] = None if state in {"open", "unexplained"} else func.coalesce(OpenItem.closed_at, work.now())
    work.session.execute(update(OpenItem).where(OpenItem.id == item_id).values(**values))


def approve_item(work: UnitOfWork, item_id: uuid.UUID) -> bool:
    """A person's yes to an item we are not sure about. False: no such open item."""
    done = work.session.execute(
        update(OpenItem)
        .where(OpenItem.id == item_id, OpenItem.state == "open")
        .values(approved_by=work.actor.name, approved_at=work.now(), changed_at=work.now())
        .returning(OpenItem.id)
    )
    return done.scalar_one_or_none() is not None


def _stir_items(work: UnitOfWork, company_id: uuid.UUID, facts: dict[str, DebtorFacts]) -> None:
    known = work.session.execute(
        select(
            Debtor.id, Debtor.external_id, Debtor.own_dunning, Debtor.email, Debtor.address_lines, Debtor.postal_code, Debtor.city,
            Debtor.organisation_number,
        ).where(Debtor.company_id == company_id, Debtor.external_id.in_(facts))
    ).all()  # fmt: skip
    changed = [debtor_id for debtor_id, external_id, *card in known if card != _card(facts[external_id])]
    if changed:
        work.session.execute(
            update(OpenItem).where(OpenItem.debtor_id.in_(changed), OpenItem.state == "open").values(changed_at=work.now())
        )


def _card(f: DebtorFacts) -> list[Any]:
    return [list(f.own_dunning), f.email, list(f.address_lines), f.postal_code, f.city, f.organisation_number]


def _differs(state: str, remaining_ore: int | None, due_on: date | None) -> ColumnElement[bool]:
    return or_(
        OpenItem.state != state,
        false() if remaining_ore is None else OpenItem.remaining_ore != remaining_ore,
        false() if due_on is None else OpenItem.due_on.is_distinct_from(due_on),
    )


def _item_row(
    work: UnitOfWork, company_id: uuid.UUID, debtor_id: uuid.UUID, f: ItemFacts, seen_at: datetime, now: datetime
) -> dict[str, Any]:
    return {
        "bureau_id": work.bureau_id, "id": new_id(), "company_id": company_id, "debtor_id": debtor_id, "external_id": f.external_id,
        "invoice_external_id": f.invoice_external_id, "kind": f.kind, "document_number": f.document_number, "kid": f.kid,
        "issued_on": f.issued_on, "due_on": f.due_on, "proposed_due_on": f.proposed_due_on, "original_ore": f.original_ore,
        "remaining_ore": f.remaining_ore, "currency": f.currency, "confidence": f.confidence, "doubts": list(f.doubts),
        "ledger_reminders": _days(f.ledger_notices), "ledger_notices": notices_as_json(f.ledger_notices, work.today()),
        "version": f.version, "state": "open", "closed_at": None,
        "first_seen_at": seen_at, "changed_at": now, "seen_at": seen_at,
    }  # fmt: skip


def notices_as_json(notices: Sequence[NoticeFacts], seen_on: date) -> list[dict[str, Any]]:
    """As they are stored: where the ledger does not tell the day, the day we first saw it stands beside."""
    return [
        {
            "on": one.on and one.on.isoformat(), "kind": one.kind, "fee_ore": one.fee_ore,
            "deadline_on": one.deadline_on and one.deadline_on.isoformat(),
        }
        | ({} if one.on else {"seen_on": seen_on.isoformat()})
        for one in notices
    ]  # fmt: skip


def _days(notices: Sequence[NoticeFacts]) -> list[date]:
    return [one.on for one in notices if one.on is not None]


def _keep_first_seen(work: UnitOfWork, company_id: uuid.UUID, rows: list[dict[str, Any]]) -> None:
    """A notice without a day keeps the day we first saw it, however often it is seen again."""
    undated = {row["external_id"]: row for row in rows if any("seen_on" in one for one in row["ledger_notices"])}
    if not undated:
        return
    known = select(OpenItem.external_id, OpenItem.ledger_notices).where(
        OpenItem.company_id == company_id, OpenItem.external_id.in_(undated)
    )
    for external_id, before in work.session.execute(known).all():
        undated[external_id]["ledger_notices"] = _dated_as_before(undated[external_id]["ledger_notices"], before)


def _dated_as_before(now: list[dict[str, Any]], before: list[dict[str, Any]]) -> list[dict[str, Any]]:
    seen = iter([one["seen_on"] for one in before if "seen_on" in one])
    return [one | {"seen_on": next(seen, one["seen_on"])} if "seen_on" in one else one for one in now]


def _debtor_ids(work: UnitOfWork, company_id: uuid.UUID, external_ids: set[str]) -> dict[str, uuid.UUID]:
    found = work.session.execute(
        select(Debtor.external_id, Debtor.id).where(Debtor.company_id == company_id, Debtor.external_id.in_(external_ids))
    )
    return {row.external_id: row.id for row in found}
