"""What stands in the way of a handover, a report or a posting, in English.

Message ids for gettext: stored as they are, translated when shown.
"""

from __future__ import annotations


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


NO_AGREEMENT = N_("The company has no agreement with a collection agency.")
DECLINED = N_("The company has said no to handing claims over to a collection agency.")
FROZEN = N_("Nothing new is handed over under this agreement: it is running off.")
NO_AUTHORITY = N_("No written authority to hand over claims for the company is recorded.")
AUTHORITY_LATER = N_("The written authority to hand over claims is not in force yet.")
AUTHORITY_EXPIRED = N_("The written authority to hand over claims has expired.")
OTHER_AGREEMENT = N_("The agreement with the agency has ended since the handover was decided.")
NOT_OPEN = N_("The ledger no longer shows the invoice as open.")
AMOUNT_CHANGED = N_("The amount open has changed since the handover was decided.")
DOCUMENT_GONE = N_("A document that belongs to the case is gone.")
CALLED_OFF_BUT_THERE = N_("The agency has this case although it was called off: a person must look.")
NUMBER_NEEDED = N_("Write the case's number at the agency: without it nothing can be followed there.")
CASE_NOT_OPEN = N_("The case is no longer open at the agency.")
IS_PAYOUT = N_("The payment is the agency's own payout.")

REST_TO_BOOK = N_("Interest, fees and costs of a payout are to be booked.")
LINE_UNKNOWN_CASE = N_("A line of the payout belongs to no case that was handed over from here.")
LINE_TAKEN_BACK = N_("The agency takes back money it had paid out: a person must book it.")
LINE_OTHER_CURRENCY = N_("The payout is in another currency than the invoice: a person must book it.")
LINE_NO_LEDGER = N_("The company's ledger is not connected: a person must book the payout.")
LINE_NOT_POSTED = N_("The ledger did not take the payment: a person must look.")
