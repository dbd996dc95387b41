"""Lifting a debtor's STOP to text messages, with the reason why."""

from __future__ import annotations

import uuid
from typing import Any

from litestar import Response, post
from litestar.params import FromPath

from app.dunning import addresses
from app.messaging import sms_stops
from app.receivables import queries
from app.tenants.permissions import Permission
from app.web.access import requires
from app.web.asked import Work
from app.web.pages import Form, see_other, text_of


@post("/debtors/{debtor_id:uuid}/texts/allow", guards=[requires(Permission.HOLD)], sync_to_thread=True)
def allow_texts(work: Work, debtor_id: FromPath[uuid.UUID], data: Form) -> Response[Any]:
    debtor = queries.find_debtor(work, debtor_id)
    number = addresses.reached_now(work, debtor).mobile
    try:
        changed = number is not None and sms_stops.lift(work, debtor.company_id, number, text_of(data, "reason"))
    except ValueError:
        return see_other(f"/debtors/{debtor_id}", "texts-need-reason")
    return see_other(f"/debtors/{debtor_id}", "texts-allowed" if changed else "saved")


HANDLERS = [allow_texts]
