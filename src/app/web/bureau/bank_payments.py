"""Payments at the bank that a person must look at: which invoice one is for, or why it keeps nothing back. And what a file left out."""

from __future__ import annotations

import uuid

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import select

from app.db.unit_of_work import UnitOfWork
from app.portfolio.file_imports import find_file
from app.receivables import bank_money
from app.receivables.file_models import BankPayment
from app.receivables.models import OpenItem
from app.tenants import audit
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import PageFrame, Work
from app.web.i18n import gettext
from app.web.pages import Form, page, refuse, see_other, text_of

GUARDS = [requires(Permission.IMPORT)]
HERE = "/imports#payments"


@get("/imports/files/{file_id:uuid}", guards=GUARDS, sync_to_thread=True)
def show_file(file_id: FromPath[uuid.UUID], work: Work, frame: PageFrame) -> Template:
    """What came of a file, with every line that was left out and why."""
    return page("pages/imports/file.html", frame, line=find_file(work, file_id))


@get("/imports/payments/{bank_payment_id:uuid}", guards=GUARDS, sync_to_thread=True)
def show_payment(bank_payment_id: FromPath[uuid.UUID], work: Work, frame: PageFrame) -> Template:
    payment = _find(work, bank_payment_id)
    return page("pages/imports/payment.html", frame, payment=payment, values={}, errors={})


@post("/imports/payments/{bank_payment_id:uuid}/invoice", guards=GUARDS, sync_to_thread=True)
def tie_payment(bank_payment_id: FromPath[uuid.UUID], data: Form, work: Work, frame: PageFrame) -> Redirect:
    """Say which invoice it is for: until the ledger shows the payment, nothing is sent about that one."""
    payment = _find(work, bank_payment_id)
    number = text_of(data, "invoice")
    items = _items(work, payment.company_id, number)
    if len(items) != 1:
        several = gettext("Several open invoices of the company have this number or KID. Give the KID of the one it is for.")
        none = gettext("The company has no open invoice with this number or KID. Look it up in the ledger.")
        raise refuse(
            work, "pages/imports/payment.html", frame, payment=payment, values={"invoice": number},
            errors={"invoice": several if items else none},
        )  # fmt: skip
    bank_money.tie(work, bank_payment_id, items[0].id)
    _done(work, payment, "bank_payment.tied", items[0].document_number or items[0].external_id)
    return see_other(HERE, "payment-tied")


@post("/imports/payments/{bank_payment_id:uuid}/aside", guards=[requires(Permission.APPROVE)], sync_to_thread=True)
def put_payment_aside(bank_payment_id: FromPath[uuid.UUID], data: Form, work: Work, frame: PageFrame) -> Redirect:
    """Say why it keeps nothing back: notices about the invoice may go out again."""
    payment = _find(work, bank_payment_id)
    reason = text_of(data, "reason")
    if not reason:
        raise refuse(
            work, "pages/imports/payment.html", frame, payment=payment, values={},
            errors={"reason": gettext("Say why: it is in the ledger, or what else it is for.")},
        )  # fmt: skip
    bank_money.put_aside(work, bank_payment_id, reason[:1000])
    _done(work, payment, "bank_payment.put_aside", reason[:200])
    return see_other(HERE, "payment-put-aside")


def _find(work: UnitOfWork, payment_id: uuid.UUID) -> BankPayment:
    row = work.session.execute(select(BankPayment).where(BankPayment.id == payment_id)).scalar_one_or_none()
    if row is None:
        raise LookupError("no such payment")
    return row


def _items(work: UnitOfWork, company_id: uuid.UUID, number: str) -> list[OpenItem]:
    if not number:
        return []
    named = (OpenItem.document_number == number) | (OpenItem.kid == number)
    query = select(OpenItem).where(OpenItem.company_id == company_id, named, OpenItem.state.in_(["open", "unexplained"]))
    return list(work.session.execute(query.limit(2)).scalars())


def _done(work: UnitOfWork, payment: BankPayment, action: str, what: str) -> None:
    audit.record(work, action, "bank_payment", payment.id, payment.company_id, amount_ore=payment.amount_ore, about=what)
    work.enqueue("dunning.evaluate_company", bureau_id=str(work.bureau_id), company_id=str(payment.company_id))


HANDLERS = [show_file, show_payment, tie_payment, put_payment_aside]
