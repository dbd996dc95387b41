"""What Visma remembers beside the books: tokens, who has approved us, draft payments, and what is known of documents alone."""

from __future__ import annotations

import uuid
from datetime import date, datetime

import msgspec


class Draft(msgspec.Struct, kw_only=True):
    """A payment that is made and not released: it moves nothing."""

    number: int
    company: int
    customer: int
    invoice: int
    amount_ore: int
    on: date
    reference: str
    text: str


class Access(msgspec.Struct, kw_only=True):
    company: int
    expires_at: datetime


class VismaMemory(msgspec.Struct):
    client_id: str = "isv_reskontro"
    client_secret: str = "visma-sandbox-secret"  # noqa: S105 - the sandbox guards nothing
    page_size_max: int = 500
    access: dict[str, Access] = {}
    drafts: dict[int, Draft] = {}
    last_draft: int = 900_000
    #: the number a released payment was made with, by its line in the books
    numbers: dict[int, int] = {}
    #: companies that have withdrawn their approval, and those without the interface
    withdrawn: list[int] = []
    unlicensed: list[int] = []
    #: invoices with a case at Visma's own collection
    collected: list[int] = []


def tenant_of(company: int) -> str:
    return str(uuid.UUID(int=(0x15 << 120) | company))


def company_of(tenant: str) -> int:
    try:
        return max(0, uuid.UUID(tenant).int - (0x15 << 120))
    except ValueError:
        return 0
