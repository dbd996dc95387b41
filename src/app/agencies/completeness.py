"""Is a handover package whole, and does it agree with itself? Asked before it leaves: an agency that lacks an element sends it back, or
claims costs it may not.

inkassoloven 1988 §§ 9 and 10 and inkassoforskriften § 2-1 name what a payment demand rests on: who owes, how much of the bare claim is
left, since when, and what was said before. Texts are English message ids: translated when shown.
"""

from __future__ import annotations

from app.agencies.ports import HandoverPackage, NoticeRecord
from app.values.organisation_number import is_organisation_number


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


NO_NAME = N_("The customer's name is missing. Write it in the ledger, then offer the claim again.")
NO_STREET = N_("The customer's postal address is missing. Write it on the customer's page or in the ledger, then offer the claim again.")
NO_POSTAL_CODE = N_("The customer's postal code is missing or has not four digits. Put the address right, then offer the claim again.")
NO_CITY = N_("The customer's town is missing. Put the address right, then offer the claim again.")
NO_ORGANISATION_NUMBER = N_(
    "The customer's organisation number is missing or wrong. Write it in the ledger, or say that the customer is a consumer, then offer"
    " the claim again."
)
NO_INVOICE_NUMBER = N_("The invoice has no number. Give it the number the customer knows in the ledger, then offer the claim again.")
DUE_BEFORE_INVOICE = N_("The invoice falls due before its own date. Put the dates right in the ledger, then offer the claim again.")
NOTHING_OWED = N_("Nothing is left to pay of the invoice. Fetch the book again: the claim then ends by itself.")
MORE_THAN_INVOICED = N_(
    "More is open than the invoice was for. Fees and interest must not be part of what is handed over: put the invoice right in the"
    " ledger, then offer the claim again."
)
INTEREST_TOO_EARLY = N_(
    "Interest would run from before the invoice fell due. Put the due date right in the ledger, then offer the claim again."
)
INTEREST_NEGATIVE = N_("The interest is less than nothing. Look at the payments of the invoice in the ledger, then offer the claim again.")
COMPENSATION_FROM_CONSUMER = N_(
    "Standard compensation for late payment is never claimed from a consumer. Say what kind of customer it is, then offer the claim again."
)
NOTICE_BEFORE_DUE = N_(
    "A notice was sent before the invoice fell due, as the due date stands now. Put the due date right, or send the notice anew."
)
DEADLINE_BEFORE_NOTICE = N_(
    "A notice's deadline is before the day it was sent. The debtor must get a new notice before the claim is offered again."
)
FEE_NEGATIVE = N_("A notice's fee is less than nothing. See the notices on the claim's page before it is offered again.")


def faults(package: HandoverPackage) -> tuple[str, ...]:
    """Everything that is missing or contradictory, in the order a person puts it right; empty when the package may leave."""
    found = {
        **_who(package),
        NO_INVOICE_NUMBER: not package.invoice_number.strip(),
        DUE_BEFORE_INVOICE: package.due_date < package.invoice_date,
        NOTHING_OWED: package.principal_ore <= 0,
        # Prop. 3 L (2025-2026) 12.5.5: what is handed over is the bare claim
        MORE_THAN_INVOICED: package.principal_ore > package.original_ore,
        INTEREST_TOO_EARLY: package.interest_from < package.due_date,
        INTEREST_NEGATIVE: package.interest_ore < 0,
        # forsinkelsesrenteloven § 3 a: between businesses only
        COMPENSATION_FROM_CONSUMER: package.claims_compensation and package.debtor.is_person,
        NOTICE_BEFORE_DUE: any(notice.sent_on < package.due_date for notice in package.notices),
        DEADLINE_BEFORE_NOTICE: any(_ends_before_it_begins(notice) for notice in package.notices),
        FEE_NEGATIVE: any(notice.fee_ore < 0 for notice in package.notices),
    }
    return tuple(text for text, is_so in found.items() if is_so)


def _who(package: HandoverPackage) -> dict[str, bool]:
    """Whoever lives abroad has another kind of postal code, and no Norwegian organisation number."""
    debtor, postal_code = package.debtor, package.debtor.postal_code.strip()
    at_home = debtor.country == "NO"
    return {
        NO_NAME: not debtor.name.strip(),
        NO_STREET: not debtor.address_line.strip(),
        NO_POSTAL_CODE: not (len(postal_code) == 4 and postal_code.isdecimal()) if at_home else not postal_code,
        NO_CITY: not debtor.city.strip(),
        NO_ORGANISATION_NUMBER: at_home and not debtor.is_person and not is_organisation_number(debtor.organisation_number or ""),
    }


def _ends_before_it_begins(notice: NoticeRecord) -> bool:
    return notice.payment_deadline is not None and notice.payment_deadline < notice.sent_on
