"""What each finding about a book says, what is to be done, and where in the ledger: English message ids for gettext."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from app.receivables.readiness import Finding
from app.values.money import format_ore


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


SAYS: dict[str, str] = {
    "sync_fresh": N_("The book was read on {on}."),
    "sync_old": N_("The book was last read on {on}, {days} days ago."),
    "sync_unknown": N_("It is not known when the book was last read."),
    "bank_matched": N_("The bank is matched through {on}."),
    "bank_old": N_("Bank account {account} is matched through {on} only, {days} days ago."),
    "bank_unknown": N_("The ledger does not tell how far the bank is matched."),
    "bank_never_unknown": N_("The ledger shows no bank reconciliation: how far the bank is matched is not known."),
    "unposted_none": N_("No voucher that touches customers or bank waits to be posted."),
    "unposted_some": N_("{number} vouchers that touch customers or bank are not posted; the oldest is of {on}."),
    "unposted_unknown": N_("The ledger does not tell whether vouchers wait to be posted."),
    "bank_confirmed": N_("The ledger does not tell; {by} confirmed on {said_on} that the bank is booked through {on}."),
    "bank_confirmed_old": N_("{by} confirmed on {said_on} that the bank is booked through {on} only, {days} days ago."),
    "unposted_confirmed": N_("The ledger does not tell; {by} confirmed on {said_on} that all vouchers are booked through {on}."),
    "unposted_confirmed_old": N_("{by} confirmed on {said_on} that vouchers are booked through {on} only, {days} days ago."),
    "unallocated_none": N_("Every payment is tied to an invoice."),
    "unallocated_some": N_("{number} payments of {amount_ore} kr in all are tied to no invoice."),
    "credit_notes_none": N_("Every credit note is tied to an invoice."),
    "credit_notes_some": N_("{number} credit notes of {amount_ore} kr in all are tied to no invoice."),
}

REMEDIES: dict[str, str] = {
    "sync_old": N_("Read the ledger again, or import a new file."),
    "sync_unknown": N_("Read the ledger, or import a file."),
    "bank_old": N_("Fetch the bank's movements and match them in the ledger."),
    "bank_unknown": N_("See in the ledger for yourself that the payments of the last days are posted, and confirm it."),
    "bank_never_unknown": N_(
        "Reconcile the bank account in the ledger once; from then on it can be told. Or confirm how far the bank is booked."
    ),
    "unposted_some": N_("Post them in the ledger, or throw them away there."),
    "unposted_unknown": N_("See in the ledger for yourself that nothing waits to be posted, and confirm it."),
    "bank_confirmed_old": N_("Book the bank's movements in the ledger, and confirm anew how far they are booked."),
    "unposted_confirmed_old": N_("Book the vouchers in the ledger, and confirm anew how far they are booked."),
    "unallocated_some": N_("Tie each payment to the invoice it pays, in the customer ledger."),
    "credit_notes_some": N_("Tie each credit note to its invoice, or pay it back."),
}

#: where in the ledger, in the names of its own menus
PLACES: dict[str, dict[str, str]] = {
    "tripletex": {
        "bank_old": "Bank > Bankavstemming", "bank_never_unknown": "Bank > Bankavstemming", "unposted_some": "Regnskap > Bilagsmottak",
        "unallocated_some": "Regnskap > Reskontro > Kunde", "credit_notes_some": "Regnskap > Reskontro > Kunde",
    },
    "fiken": {
        "bank_old": "Bank > Bankavstemming", "bank_never_unknown": "Bank > Bankavstemming", "unallocated_some": "Salg > Kundeoversikt",
        "credit_notes_some": "Salg > Kreditnotaer",
    },
}  # fmt: skip


def say(finding: Finding, translate: Callable[[str], str] = str) -> str:
    """The finding as one sentence."""
    shown = {
        "on": _day(finding.on), "days": finding.days, "number": finding.number, "amount_ore": format_ore(finding.amount_ore),
        "account": finding.account, "by": finding.by, "said_on": _day(finding.said_on),
    }  # fmt: skip
    return translate(SAYS[finding.code]).format_map(shown)


def remedy(finding: Finding, translate: Callable[[str], str] = str) -> str:
    """What puts it right; nothing where nothing is wrong."""
    text = REMEDIES.get(finding.code)
    return "" if text is None else translate(text)


def place(finding: Finding, ledger: str) -> str:
    """The way through the ledger's own menus, where it is known."""
    return PLACES.get(ledger, {}).get(finding.code, "")


def _day(on: date | None) -> str:
    return "–" if on is None else on.strftime("%d.%m.%Y")
