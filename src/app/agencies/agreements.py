"""Which agency works for a company, and who has given the bureau the right to hand claims over to it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.agencies import obstacle_texts as texts
from app.agencies.models import Agreement, AgreementDecline, CreditorNumber
from app.agencies.terms import NAMES as TERM_NAMES
from app.db.unit_of_work import UnitOfWork
from app.tenants import audit
from app.tenants.companies import find as find_company
from app.values.ids import new_id

REFERENCE_LENGTH_MAX = 60
COMMISSION_MAX_BP, FREE_DAYS_MAX = 10_000, 3_650


class AgreementError(ValueError):
    """Terms that cannot stand. `field` names what to change, the text says how."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed. `creditor_ref` is the company's number at the agency.

    The authority (fullmakt, regnskapsførerloven § 5-2 second paragraph) must be in writing when a bureau acts for a company towards others:
    `authority_by` is who signed for the company, from and to the last day inclusive; without `authority_until` it runs on.
    """

    agency: str
    creditor_ref: str
    authority_by: str | None = None
    authority_from: date | None = None
    authority_until: date | None = None
    authority_scope: str | None = None
    #: what the company has agreed for itself (see `models.TermsColumns`); None: as the bureau's agreement has it, or not known
    commission_bp: int | None = None
    free_withdrawal_days: int | None = None
    late_withdrawal_ore: int | None = None
    vat: str | None = None
    takeover: str | None = None


def set_agreement(work: UnitOfWork, company_id: uuid.UUID, terms: Terms) -> uuid.UUID:
    """Agree, or change what is agreed. Another agency or creditor number ends the old agreement today and begins a new one.

    `AgreementError` names a field that cannot stand, `LookupError` means the company does not exist for this scope.
    """
    _check(terms)
    find_company(work, company_id)
    known = work.session.execute(
        select(Agreement).where(Agreement.company_id == company_id, Agreement.valid_until.is_(None)).with_for_update()
    ).scalar_one_or_none()
    if known is not None and (known.agency, known.creditor_ref) != (terms.agency, terms.creditor_ref.strip()):
        known.valid_until = work.today()
        work.session.flush()
        known = None
    _claim_number(work, company_id, terms)
    if known is None:
        known = Agreement(
            bureau_id=work.bureau_id, id=new_id(), company_id=company_id, agency=terms.agency, creditor_ref=terms.creditor_ref.strip(),
            valid_from=work.today(),
        )  # fmt: skip
        work.session.add(known)
    known.authority_by = (terms.authority_by or "").strip() or None
    known.authority_from, known.authority_until = terms.authority_from, terms.authority_until
    known.authority_scope = (terms.authority_scope or "").strip() or None
    for name in TERM_NAMES:
        setattr(known, name, getattr(terms, name))
    work.session.flush()
    audit.record(
        work, "agreement.set", "agreement", known.id, company_id, agency=known.agency, creditor_ref=known.creditor_ref,
        authority_by=known.authority_by, authority_from=known.authority_from, authority_until=known.authority_until,
        authority_scope=known.authority_scope, **{name: getattr(terms, name) for name in TERM_NAMES},
    )  # fmt: skip
    return known.id


def end_agreement(work: UnitOfWork, company_id: uuid.UUID) -> bool:
    """Nothing more is handed over from now on; cases that are there are followed to their end. False: there was none."""
    known = current(work, company_id)
    if known is None:
        return False
    known.valid_until = work.today()
    work.session.flush()
    audit.record(work, "agreement.ended", "agreement", known.id, company_id, agency=known.agency)
    return True


def current(work: UnitOfWork, company_id: uuid.UUID) -> Agreement | None:
    """The agreement in force, with or without a written authority."""
    return work.session.execute(
        select(Agreement).where(Agreement.company_id == company_id, Agreement.valid_until.is_(None))
    ).scalar_one_or_none()


def has_declined(work: UnitOfWork, company_id: uuid.UUID) -> bool:
    """Has the company said that it follows none of its bureau's agreements?"""
    standing = select(AgreementDecline.id).where(AgreementDecline.company_id == company_id, AgreementDecline.ended_at.is_(None))
    return work.session.execute(standing).first() is not None


def obstacle(work: UnitOfWork, company_id: uuid.UUID, today: date) -> str | None:
    """Why nothing may be handed over for this company today (an English message id), or None."""
    agreement = current(work, company_id)
    if agreement is None:
        return texts.DECLINED if has_declined(work, company_id) else texts.NO_AGREEMENT
    if agreement.frozen_from is not None and agreement.frozen_from <= today:
        return texts.FROZEN
    if agreement.authority_by is None or agreement.authority_from is None:
        return texts.NO_AUTHORITY
    if agreement.authority_from > today:
        return texts.AUTHORITY_LATER
    if agreement.authority_until is not None and agreement.authority_until < today:
        return texts.AUTHORITY_EXPIRED
    return None


def _claim_number(work: UnitOfWork, company_id: uuid.UUID, terms: Terms) -> None:
    """A creditor number belongs to the first company that takes it: nobody may reach another's cases and payouts by typing its number."""
    number = {"agency": terms.agency, "creditor_ref": terms.creditor_ref.strip()}
    taken = insert(CreditorNumber).values(**number, bureau_id=work.bureau_id, company_id=company_id)
    work.session.execute(taken.on_conflict_do_nothing())
    owner = work.session.execute(select(CreditorNumber.bureau_id, CreditorNumber.company_id).filter_by(**number)).one()
    if tuple(owner) != (work.bureau_id, company_id):
        raise AgreementError("creditor_ref", "is taken by another company; ask the agency for this company's own number")


def _check(terms: Terms) -> None:
    if not terms.agency.strip():
        raise AgreementError("agency", "must be chosen")
    if not terms.creditor_ref.strip() or len(terms.creditor_ref.strip()) > REFERENCE_LENGTH_MAX:
        raise AgreementError("creditor_ref", "must be the company's number at the agency")
    if terms.commission_bp is not None and not 0 <= terms.commission_bp <= COMMISSION_MAX_BP:
        raise AgreementError("commission", "must be from 0 to 100 percent")
    if terms.free_withdrawal_days is not None and not 0 <= terms.free_withdrawal_days <= FREE_DAYS_MAX:
        raise AgreementError("free_withdrawal_days", "must be a number of days, at most ten years")
    if terms.late_withdrawal_ore is not None and terms.late_withdrawal_ore < 0:
        raise AgreementError("late_withdrawal", "must not be below zero")
    if (terms.authority_by or "").strip() and terms.authority_from is None:
        raise AgreementError("authority_from", "must be filled in when somebody has given the authority")
    if terms.authority_from is not None and terms.authority_until is not None and terms.authority_until < terms.authority_from:
        raise AgreementError("authority_until", "must not be before the first day")
