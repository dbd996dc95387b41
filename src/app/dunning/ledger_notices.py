"""The ledger's own notices as the fee caps and the ladder must see them. Pure.

Caps count whoever sent a notice (inkassoforskriften § 1-3). Where a ledger does not tell what it charged, the full lawful fee is taken as
charged: we then charge less than we might, never more. Where it does not tell when, the day we first saw it counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from app.dunning.facts import NoticeKind, PastNotice, Sender

#: the words of `ledgers.ports.LedgerNoticeKind`, and what another bureau may have sent besides
KINDS = {
    "soft_reminder": NoticeKind.REMINDER, "reminder": NoticeKind.REMINDER, "collection_warning": NoticeKind.COLLECTION_WARNING,
    "payment_demand": NoticeKind.PAYMENT_DEMAND,
}  # fmt: skip
COLLECTED = "collection"


def past_notices(stored: Iterable[Mapping[str, Any]], days: Iterable[date]) -> tuple[PastNotice, ...]:
    """`stored`: notices with kind, fee and deadline; `days`: those of which only the day is known, from an earlier release's readings."""
    told = [_past(one) for one in stored if one["kind"] in KINDS]
    known = {one.sent_on for one in told}
    bare = [PastNotice(NoticeKind.REMINDER, on, None, 0, Sender.LEDGER, fee_assumed=True) for on in sorted(set(days) - known)]
    return tuple(sorted([*told, *bare], key=lambda one: one.sent_on))


def collected_on(stored: Iterable[Mapping[str, Any]]) -> date | None:
    """The day the ledger itself gave the invoice to an agency, if it did."""
    return max((date.fromisoformat(one["on"] or one["seen_on"]) for one in stored if one["kind"] == COLLECTED), default=None)


def _past(one: Mapping[str, Any]) -> PastNotice:
    fee = one.get("fee_ore")
    deadline = one.get("deadline_on")
    return PastNotice(
        KINDS[one["kind"]], date.fromisoformat(one["on"] or one["seen_on"]), date.fromisoformat(deadline) if deadline else None,
        int(fee or 0), Sender.LEDGER, fee_assumed=fee is None,
    )  # fmt: skip
