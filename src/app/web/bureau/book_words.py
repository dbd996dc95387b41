"""The state of a company's book in words: each finding with what puts it right, and where."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.ledgers.models import FILE_SOURCES
from app.receivables import readiness_texts
from app.receivables.book_state import Standing
from app.receivables.readiness import Check, Finding, Light
from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


CHECKS: dict[Check, str] = {
    Check.SYNC: N_("Book read"),
    Check.BANK: N_("Bank matched"),
    Check.UNPOSTED: N_("Vouchers posted"),
    Check.UNALLOCATED: N_("Payments tied to invoices"),
    Check.CREDIT_NOTES: N_("Credit notes tied to invoices"),
}


@dataclass(frozen=True, slots=True)
class ToldFinding:
    """`place` is the way through the ledger's own menus; `href` leads into the ledger where its address is known, else to our own page."""

    light: Light
    unknown: bool
    check: str
    says: str
    remedy: str
    place: str
    href: str
    link: str


@dataclass(frozen=True, slots=True)
class ToldBook:
    """A company's light and findings as they are shown, worst first."""

    light: Light
    findings: tuple[ToldFinding, ...]

    @property
    def remarks(self) -> tuple[ToldFinding, ...]:
        return tuple(one for one in self.findings if one.light is not Light.GREEN)


def told_book(standing: Standing, company_id: uuid.UUID) -> ToldBook:
    """In the reader's language."""
    return ToldBook(standing.readiness.light, tuple(_told(one, standing, company_id) for one in standing.readiness.findings))


def _told(finding: Finding, standing: Standing, company_id: uuid.UUID) -> ToldFinding:
    href, link = ("", "") if finding.light is Light.GREEN else _way(finding, standing, company_id)
    return ToldFinding(
        finding.light, finding.is_unknown, gettext(CHECKS[finding.check]), readiness_texts.say(finding, gettext),
        readiness_texts.remedy(finding, gettext), readiness_texts.place(finding, standing.source), href, link,
    )  # fmt: skip


def _way(finding: Finding, standing: Standing, company_id: uuid.UUID) -> tuple[str, str]:
    if finding.check is Check.SYNC:
        return (
            ("/imports", gettext("To the import"))
            if standing.source in FILE_SOURCES
            else (f"/companies/{company_id}/sync", gettext("Read now"))
        )
    if finding.said_on is not None:
        return f"/companies/{company_id}/readiness#confirmed", gettext("Confirm anew")
    if finding.check in (Check.UNALLOCATED, Check.CREDIT_NOTES):
        return f"/companies/{company_id}/readiness#loose", gettext("See which")
    if standing.link:
        return standing.link, gettext("Open in the ledger")
    return (f"/companies/{company_id}/readiness#confirmed", gettext("Confirm it")) if finding.is_unknown else ("", "")
