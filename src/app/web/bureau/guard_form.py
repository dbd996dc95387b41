"""The form of the guards' limits: whole numbers, each with its bounds; what comes back wrong keeps what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from app.dunning.blast_radius import BlastLimits
from app.receivables.readiness import ReadinessLimits
from app.web.i18n import gettext
from app.web.pages import text_of


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


BOOK_FIELDS: dict[str, str] = {
    "sync_amber_days": N_("Days since the book was read: warning"),
    "sync_red_days": N_("Days since the book was read: hold"),
    "bank_amber_days": N_("Days the bank is behind: warning"),
    "bank_red_days": N_("Days the bank is behind: hold"),
    "unposted_red_days": N_("Days a voucher may wait to be posted"),
    "unallocated_red_count": N_("Loose payments: hold from so many"),
    "unallocated_red_percent": N_("Loose payments: and from so many per cent of what is overdue"),
}
RUN_FIELDS: dict[str, str] = {
    "company_count": N_("Steps a day for a company without history"),
    "company_kroner": N_("Kroner a day for a company without history"),
    "bureau_count": N_("Steps a day for the bureau without history"),
    "bureau_kroner": N_("Kroner a day for the bureau without history"),
    "weeks_min": N_("Weeks that make a history"),
    "factor": N_("Times the usual largest day of a week"),
    "floor_count": N_("Never hold below so many steps"),
    "floor_kroner": N_("Never hold below so many kroner"),
    "good_percent": N_("Per cent of good payers"),
    "good_above": N_("Per cent above the usual share of good payers"),
    "good_count_min": N_("Steps before the share of good payers counts"),
    "spread": N_("Companies after one debtor on one day"),
}
KINDS: dict[str, tuple[dict[str, str], type[ReadinessLimits] | type[BlastLimits], int]] = {
    "readiness": (BOOK_FIELDS, ReadinessLimits, 365),
    "blast_radius": (RUN_FIELDS, BlastLimits, 1_000_000_000),
}


@dataclass(frozen=True, slots=True)
class GuardForm:
    """What is in the fields, what it means, and what is wrong, by field."""

    values: Mapping[str, str]
    limits: Mapping[str, int]
    errors: Mapping[str, str]


def shown(limits: ReadinessLimits | BlastLimits) -> GuardForm:
    return GuardForm({name: str(value) for name, value in asdict(limits).items()}, {}, {})


def labels(guard: str) -> list[tuple[str, str]]:
    """Field and what it is called, in the reader's language."""
    return [(name, gettext(text)) for name, text in KINDS[guard][0].items()]


def read(form: Mapping[str, Any], guard: str) -> GuardForm:
    names, _, most = KINDS[guard]
    values = {name: text_of(form, name).replace(" ", "").replace("\u00a0", "") for name in names}
    limits = {name: int(text) for name, text in values.items() if text.isascii() and text.isdigit() and len(text) <= 10}
    wrong = gettext("Choose from %(low)s to %(high)s.").replace("%(low)s", "1").replace("%(high)s", str(most))
    errors = {name: wrong for name in names if not 1 <= limits.get(name, 0) <= most}
    for amber, red in (("sync_amber_days", "sync_red_days"), ("bank_amber_days", "bank_red_days")):
        if guard == "readiness" and not errors and limits[amber] > limits[red]:
            errors[red] = gettext("The warning must not come after the hold.")
    return GuardForm(values, limits, errors)
