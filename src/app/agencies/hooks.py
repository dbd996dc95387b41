"""Webhooks of agencies: a reason to ask, never data. What one names is only held against our own cases: is it about one of them?

Each agreement has an address of its own. Its last part names bureau and hook and ends in a secret, of which only the hash is kept: the
bureau's own scope is all that is needed to find the row, and a token with another bureau's name in it finds nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.agencies.doors import Agencies, Key, key_of
from app.agencies.hook_models import AgencyHook
from app.agencies.models import AgencyCase, Agreement
from app.agencies.vendors import AgencyHooks, Hint
from app.db.scope import BureauScope
from app.db.unit_of_work import Begin, UnitOfWork
from app.db.vault import Vault
from app.net.errors import BrokenError, OutsideError
from app.values.ids import new_id

log = logging.getLogger(__name__)
PATH = "/api/inbound/agencies"
#: what is heard in between is asked about in one go
PAUSE = timedelta(minutes=1)
CHECKED_EVERY = timedelta(hours=20)
IDS_BYTES, SECRET_BYTES = 32, 24
KEYS_KEPT, KEY_LENGTH_MAX = 200, 120
#: cases whose number at the agency we may not have heard yet
UNNUMBERED = ("planned", "awaiting", "in_doubt")


class UnknownDoorError(LookupError):
    """Nobody listens at that address, or not any more."""


@dataclass(frozen=True, slots=True)
class AgencyDoorway:
    """What this file works with. `public_url` is the product's own address, without a slash at its end."""

    begin: Begin
    agencies: Agencies
    vault: Vault
    public_url: str

    def url(self, token: str) -> str:
        return f"{self.public_url}{PATH}/{token}"


@dataclass(frozen=True, slots=True)
class Written:
    """What a person writes down at an agency that cannot be asked from here."""

    url: str
    secret: str


def due(work: UnitOfWork, telling: Sequence[str]) -> list[uuid.UUID]:
    """Agreements with an agency that tells, whose hook is missing or has not been looked at for a day, or is there although it is over."""
    checked = AgencyHook.checked_at
    unchecked = or_(checked.is_(None), checked <= work.now() - CHECKED_EVERY, checked > work.now())
    over = Agreement.valid_until.is_not(None)
    rows = (
        select(Agreement.id)
        .outerjoin(AgencyHook, AgencyHook.agreement_id == Agreement.id)
        .where(Agreement.agency.in_(telling))
        .where(or_(and_(~over, unchecked), and_(over, AgencyHook.state != "ended", ~_unfinished(), unchecked)))
        .order_by(Agreement.id)
    )
    return list(work.session.execute(rows).scalars())


def keep(door: AgencyDoorway, bureau_id: uuid.UUID, agreement_id: uuid.UUID) -> str:
    """Let the agency send, as it should. Returns the hook's state, or `none` where the agency does not tell."""
    with door.begin(BureauScope(bureau_id)) as work:
        agreement = work.session.execute(select(Agreement).where(Agreement.id == agreement_id)).scalar_one()
        vendor, key = door.agencies.hooks(agreement.agency), key_of(work, agreement_id)
        if vendor is None:
            return "none"
        hook = _hook_of(work, agreement_id)
        unfinished = work.session.execute(select(Agreement.id).where(Agreement.id == agreement_id, _unfinished())).first() is not None
        is_over = agreement.valid_until is not None and not unfinished
        if hook is None and is_over:
            return "none"
        if hook is None or (hook.state == "ended" and not is_over):
            hook = _open_door(work, door.vault, agreement_id, hook)
        if not is_over and not vendor.asks:
            hook.state, hook.problem, hook.checked_at = "by_hand", None, work.now()
            return "by_hand"
        opened = door.vault.open(hook.secret, _binding(bureau_id, hook.id)) if hook.secret is not None else {}
    try:
        _ask(door, vendor, key, opened, is_over=is_over)
    except OutsideError as fault:
        return _note(door, bureau_id, hook.id, "ended" if is_over else "failing", str(fault))
    return _note(door, bureau_id, hook.id, "ended" if is_over else "active", None)


def written(work: UnitOfWork, door: AgencyDoorway, agreement_id: uuid.UUID) -> Written | None:
    """The address and the key as a person writes them down at the agency; None where there is nothing to write down."""
    hook = _hook_of(work, agreement_id)
    if hook is None or hook.state != "by_hand" or hook.secret is None:
        return None
    known = door.vault.open(hook.secret, _binding(work.bureau_id, hook.id))
    return Written(door.url(known["token"]), known["secret"])


def hear(door: AgencyDoorway, token: str, headers: Mapping[str, str], body: bytes) -> None:
    """Somebody knocks. `UnknownDoorError`: nobody listens there. `RefusedError`: the agency has not signed it, and nothing changes.

    Said twice, late or about nothing of ours it does no harm.
    """
    bureau_id, hook_id = _named(token)
    with door.begin(BureauScope(bureau_id)) as work:
        row = work.session.execute(
            select(AgencyHook, Agreement)
            .join(Agreement, Agreement.id == AgencyHook.agreement_id)
            .where(AgencyHook.id == hook_id, AgencyHook.state != "ended")
            .with_for_update(of=AgencyHook)
        ).one_or_none()
        if row is None or not hmac.compare_digest(row.AgencyHook.token_hash, _hashed(token)):
            raise UnknownDoorError("no such address")
        hook, agreement = row.AgencyHook, row.Agreement
        vendor = door.agencies.hooks(agreement.agency)
        if vendor is None or hook.secret is None:
            raise UnknownDoorError("no such address")
        secret = door.vault.open(hook.secret, _binding(bureau_id, hook_id))["secret"]
        try:
            hint = vendor.read(secret, key_of(work, agreement.id).setup, headers, body)
        except BrokenError as fault:
            log.warning("a webhook of %s is signed and makes no sense: %s", agreement.agency, fault)
            return
        if hint.key[:KEY_LENGTH_MAX] in hook.heard_keys:
            return
        hook.heard_keys = [*hook.heard_keys, hint.key[:KEY_LENGTH_MAX]][-KEYS_KEPT:]
        hook.last_heard_at = work.now()
        if _is_ours(work, agreement, hint):
            hook.wanted_at = hook.wanted_at or work.now()
        work.session.flush()
        ring(work)


def ring(work: UnitOfWork) -> int:
    """Ring for the agreements of which something was heard: each at most once in a minute. Returns how many.

    What is heard meanwhile is kept, and rung for by the next call: the last word is never lost.
    """
    now = work.now()
    rested = or_(AgencyHook.rung_at.is_(None), AgencyHook.rung_at <= now - PAUSE, AgencyHook.rung_at > now)
    ready = select(AgencyHook.id).where(AgencyHook.wanted_at.is_not(None), rested).with_for_update(skip_locked=True)
    rung = update(AgencyHook).where(AgencyHook.id.in_(ready)).values(wanted_at=None, rung_at=now).returning(AgencyHook.agreement_id)
    wanted = list(work.session.execute(rung.execution_options(synchronize_session=False)).scalars())
    for agreement_id in wanted:
        work.enqueue("agencies.poll_agreement", bureau_id=str(work.bureau_id), agreement_id=str(agreement_id))
    return len(wanted)


def _is_ours(work: UnitOfWork, agreement: Agreement, hint: Hint) -> bool:
    """About a case under this agreement, or one whose number we may not have heard yet: a webhook may overtake the answer."""
    if hint.creditor not in (None, agreement.creditor_ref):
        return False
    about: list[ColumnElement[bool]] = [AgencyCase.state.in_(UNNUMBERED)]
    if hint.case is not None:
        about.append(AgencyCase.external_id == hint.case)
    if hint.consignment is not None:
        about.append(AgencyCase.consignment == hint.consignment)
    found = select(AgencyCase.id).where(AgencyCase.agreement_id == agreement.id, or_(*about)).limit(1)
    return work.session.execute(found).first() is not None


def _unfinished() -> ColumnElement[bool]:
    open_case = AgencyCase.state.not_in(["refused", "cancelled", "withdrawn", "paid", "closed"])
    return select(AgencyCase.id).where(AgencyCase.agreement_id == Agreement.id, open_case).exists()


def _hook_of(work: UnitOfWork, agreement_id: uuid.UUID) -> AgencyHook | None:
    return work.session.execute(select(AgencyHook).where(AgencyHook.agreement_id == agreement_id).with_for_update()).scalar_one_or_none()


def _open_door(work: UnitOfWork, vault: Vault, agreement_id: uuid.UUID, known: AgencyHook | None) -> AgencyHook:
    """A new address. It is written down before the agency hears of it: an answer that is lost leaves nothing we cannot find again."""
    hook = known or AgencyHook(bureau_id=work.bureau_id, id=new_id(), agreement_id=agreement_id)
    token = _new_token(work.bureau_id, hook.id)
    hook.token_hash, hook.state, hook.heard_keys = _hashed(token), "failing", []
    hook.secret = vault.seal({"token": token, "secret": secrets.token_urlsafe(32)}, _binding(work.bureau_id, hook.id))
    work.session.add(hook)
    work.session.flush()
    return hook


def _ask(door: AgencyDoorway, vendor: AgencyHooks, key: Key, opened: Mapping[str, str], *, is_over: bool) -> None:
    if not vendor.asks:
        return
    agency = door.agencies.open(key)
    try:
        if is_over:
            vendor.unsubscribe(agency, key.creditor_ref)
        else:
            vendor.subscribe(agency, key.creditor_ref, door.url(opened["token"]), opened["secret"])
    finally:
        agency.close()


def _note(door: AgencyDoorway, bureau_id: uuid.UUID, hook_id: uuid.UUID, state: str, problem: str | None) -> str:
    """An address that is over is closed here in any case: what an agency still sends finds nobody."""
    values: dict[str, object] = {"state": state, "problem": problem}
    if state == "ended":
        values |= {"secret": None, "wanted_at": None}
    with door.begin(BureauScope(bureau_id)) as work:
        work.session.execute(update(AgencyHook).where(AgencyHook.id == hook_id).values(**values, checked_at=work.now()))
    return state


def _new_token(bureau_id: uuid.UUID, hook_id: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(bureau_id.bytes + hook_id.bytes + secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")


def _named(token: str) -> tuple[uuid.UUID, uuid.UUID]:
    try:
        told = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise UnknownDoorError("no such address") from None
    if len(told) != IDS_BYTES + SECRET_BYTES:
        raise UnknownDoorError("no such address")
    return uuid.UUID(bytes=told[:16]), uuid.UUID(bytes=told[16:IDS_BYTES])


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _binding(bureau_id: uuid.UUID, hook_id: uuid.UUID) -> str:
    return f"{bureau_id}|agency_hooks|secret|{hook_id}"
