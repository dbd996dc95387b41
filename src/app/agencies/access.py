"""Writing down what opens an agency for one company: settings in the open, secrets sealed and bound to the agreement they stand in."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from app.agencies.agreements import AgreementError
from app.agencies.capabilities import AccessField
from app.agencies.doors import Agencies, binding, capabilities_of
from app.agencies.models import Agreement, BureauAgreement
from app.db.unit_of_work import UnitOfWork
from app.db.vault import Vault, VaultError
from app.tenants import audit

VALUE_LENGTH_MAX = 500
MISSING = "must be filled in"


@dataclass(frozen=True, slots=True)
class Access:
    """What an agreement's agency wants written down, and what is there. `shown`: by field, but for secrets. `whole`: nothing is missing.

    `inherited`: the bureau's own agreement opens the agency for this company, too.
    """

    fields: tuple[AccessField, ...]
    shown: Mapping[str, str]
    whole: bool
    inherited: bool


def of_agreement(work: UnitOfWork, agencies: Agencies, vault: Vault, agreement: Agreement) -> Access | None:
    """None where the agency wants nothing written down, or is known no more."""
    known = capabilities_of(agencies, agreement.agency)
    if known is None or not known.fields:
        return None
    followed = work.session.execute(
        select(BureauAgreement).where(BureauAgreement.id == agreement.bureau_agreement_id)
    ).scalar_one_or_none()  # fmt: skip
    shown = {**({} if followed is None else followed.setup), **agreement.setup}
    inherited = agreement.credential is None and followed is not None and followed.credential is not None
    there = {**shown, **_secrets(vault, agreement)}
    whole = inherited or all(there.get(one.name) for one in known.fields if one.needed)
    return Access(known.fields, {one.name: str(shown.get(one.name) or "") for one in known.fields if not one.secret}, whole, inherited)


def write_down(work: UnitOfWork, agencies: Agencies, vault: Vault, company_id: uuid.UUID, given: Mapping[str, str]) -> None:
    """Write it down on the company's agreement in force. A secret that is left empty stays as it is.

    `AgreementError` names a field that is missing or too long, `LookupError` means that there is nothing to write down.
    """
    agreement = work.session.execute(
        select(Agreement).where(Agreement.company_id == company_id, Agreement.valid_until.is_(None)).with_for_update()
    ).scalar_one_or_none()
    known = None if agreement is None else capabilities_of(agencies, agreement.agency)
    if agreement is None or known is None or not known.fields:
        raise LookupError("there is no access to write down")
    secrets = _secrets(vault, agreement)
    setup = dict(agreement.setup)
    for one in known.fields:
        value, place = given.get(one.name, "").strip(), secrets if one.secret else setup
        if len(value) > VALUE_LENGTH_MAX:
            raise AgreementError(one.name, "is too long")
        if value or not one.secret:
            place[one.name] = value
        if one.needed and not place.get(one.name):
            raise AgreementError(one.name, MISSING)
    agreement.setup, agreement.credential = setup, vault.seal(secrets, binding(agreement))
    work.session.flush()
    work.enqueue("agencies.keep_hook", bureau_id=str(work.bureau_id), agreement_id=str(agreement.id))
    audit.record(work, "agreement.access_set", "agreement", agreement.id, company_id, agency=agreement.agency)


def _secrets(vault: Vault, agreement: Agreement) -> dict[str, str]:
    """What does not open (a key is gone) is as good as not there: it is written down anew."""
    try:
        return {} if agreement.credential is None else vault.open(agreement.credential, binding(agreement))
    except VaultError:
        return {}
