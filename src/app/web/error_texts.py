"""The refusals of the rooms below, which speak in English message ids: listed here, so that each has a translation."""

from __future__ import annotations

from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


KNOWN = (
    N_("The company is no longer followed up here."),
    N_("There is no such offer. The code may be mistyped, used, taken back or more than fourteen days old."),
    N_("The company is with your own bureau already."),
    N_("Something is just being sent for the company. Try again in some minutes."),
    N_("Say why the claim is stopped."),
    N_("The last day of the stop must be today or later."),
    N_("Nothing is open on this claim."),
    N_("Give at least one date and amount."),
    N_("The dates must be today or later, each after the one before."),
    N_("The last date must be within two years."),
    N_("Every amount must be more than zero."),
    N_("A promise and an extension have one date. Choose an instalment plan for several."),
    N_("The promise is about more than what is open."),
    N_("The amounts must add up to what is open on the claim."),
    N_("Choose what has been agreed."),
    N_("Write an amount in kroner, such as 1 234,50."),
    N_("the debtor has been given time"),
    N_("the agreement is over"),
    N_("Say why not: the reason stands on the claim."),
    N_("The last day must not be before the first."),
    N_("The last day must be today or later."),
    N_("Choose one of the people here."),
    N_("Nobody is his own backup."),
    N_("The backup must be somebody else."),
    N_("Write the date as dd.mm.yyyy."),
    N_("Write what the debtor objects to."),
    N_("There is an objection on this claim already."),
    N_("There is no open objection on this claim."),
    N_("Choose what came of the call."),
    N_("No call is asked for on this claim now."),
    N_("Give the day and the amount that were promised."),
    N_("Say why the follow-up begins anew."),
    N_("The claim is closed: there is nothing to begin anew."),
    N_("There is an objection on this claim: decide it first."),
    N_("The last day is past. Write the day the new key ends, or leave the field empty."),
    N_("Write the day as dd.mm.yyyy, or leave the field empty."),
    N_("The objection was upheld: credit the invoice in the ledger, and the claim closes by itself."),
    N_("The agency has had this claim and closed its case: the follow-up cannot begin anew."),
    N_("The claim is with the agency: withdraw it there first."),
    N_("Nobody knows whether the last notice went out: find out first, and say so on the work list."),
    N_("A notice is on its way: wait until it has gone out, or stop the claim, which calls it off."),
    N_("the follow-up began anew"),
    N_("Choose a file that is not empty."),
    N_("The file is larger than 5 MB."),
    N_("Only PDF, PNG and JPEG files are taken."),
    N_("There are 20 files beside this objection already."),
    N_("Choose whether the objection is upheld or rejected."),
    N_("Give the reason for the decision."),
    N_("An objection that is upheld is not groundless."),
    N_("The deadline of this list has passed."),
    N_("The company has no bank account number: add it in the settings."),
    N_("The company has no e-mail, phone or address the debtor could answer to: add one in the settings."),
    N_("There is neither an e-mail nor a postal address for the debtor in the ledger."),
    N_("Somebody has handled this answer already."),
    N_("the facts changed before it was sent"),
    N_("stopped by a person"),
    N_("the debtor has objected"),
    N_("nobody can tell whether this went out"),
    N_("it reached nobody on any road"),
)


def said_of(fault: Exception) -> str:
    """A refusal in the reader's language."""
    return gettext(str(fault))
