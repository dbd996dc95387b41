"""How the rest of the house gets at an agency: chosen by `wiring`, one door per agency."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import select

from app.agencies.capabilities import AgencyCapabilities
from app.agencies.models import Agreement, BureauAgreement
from app.agencies.ports import Agency
from app.agencies.vendors import AgencyHooks
from app.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Key:
    """What opens an agency for one agreement, as it is stored: settings in the open, secrets sealed and bound to the row they stand in."""

    agency: str
    creditor_ref: str
    setup: dict[str, Any]
    sealed: bytes | None = None
    sealed_in: str = ""
    #: (bureau, agreement): where what is read under it is remembered
    kept_under: tuple[uuid.UUID, uuid.UUID] | None = None


class Agencies(Protocol):
    """Opens agencies. An unknown name is a `KeyError`."""

    def known(self) -> tuple[AgencyCapabilities, ...]: ...

    def hooks(self, agency: str) -> AgencyHooks | None:
        """The agency's webhooks, where it has them; None also for an agency there is no adapter for (any more)."""
        ...

    def open(self, key: Key) -> Agency:
        """The agency, over connections that all openings share: they belong to whoever made this door. `RefusedError` when the secrets do
        not open or something that is needed has not been written down."""
        ...


def key_of(work: UnitOfWork, agreement_id: uuid.UUID) -> Key:
    """Read in a transaction, used outside it. The company's own access, or else that of the bureau's agreement it follows."""
    own, whole = work.session.execute(
        select(Agreement, BureauAgreement)
        .outerjoin(BureauAgreement, BureauAgreement.id == Agreement.bureau_agreement_id)
        .where(Agreement.id == agreement_id)
    ).one()
    setup = {**({} if whole is None else whole.setup), **own.setup}
    if own.credential is not None or whole is None:
        return Key(own.agency, own.creditor_ref, setup, own.credential, binding(own), (own.bureau_id, own.id))
    return Key(own.agency, own.creditor_ref, setup, whole.credential, binding(whole), (own.bureau_id, own.id))


def binding(row: Agreement | BureauAgreement) -> str:
    """The row a sealed secret belongs to: moved to another one it does not open."""
    return f"{row.bureau_id}/{row.__tablename__}/{row.id}"


def capabilities_of(agencies: Agencies, agency: str) -> AgencyCapabilities | None:
    """None for an agency there is no adapter for (any more)."""
    return next((known for known in agencies.known() if known.agency == agency), None)


def payout_marks(agencies: Agencies, agency: str) -> tuple[str, ...]:
    """How this agency's payouts look in a ledger; none for an agency we do not know."""
    known = capabilities_of(agencies, agency)
    return () if known is None else known.payout_marks
