"""What is wrong with words of one's own, said so that one can put it right."""

from __future__ import annotations

from app.dunning.wording_trial import WordingFault
from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


_FAULTS = {
    "empty": N_("Write the text, or go back to the standard one."),
    "too_long": N_("The text may have at most %(detail)s characters."),
    "unknown_field": N_("There is no field called {%(detail)s}. The fields you can use are listed beside the text."),
    "missing_field": N_("{%(detail)s} is not always there: write “if %(detail)s” on the line above the paragraph."),
    "form": N_("The text has another form than it must have, here: %(detail)s"),
    "creditor": N_("It must say who the creditor is."),
    "contact": N_("It must say whom to reach."),
    "amount_in_text": N_("The text must state the amount to pay: {amount}."),
    "deadline_in_text": N_("The text must state the payment deadline: {deadline}."),
    "amounts_split": N_("The amount differs from the principal, and nothing says by what."),
    "named": N_("The heading must call the letter by its legal name."),
    "collection_statement": N_("It must say clearly that the claim will be sent to debt collection if it is not paid."),
    "how_to_dispute": N_("It must say how to object."),
    "payment_remark": N_("It must not speak of payment remarks: a notice never leads to one."),
    "certain_cost": N_("It must not say that not paying is certain to cost more."),
    "creditor_in_text": N_("The text must name the creditor: {creditor}."),
    "concerning_in_text": N_("The text must say what the claim is for: {concerning}."),
    "principal_in_text": N_("The text must state the principal by itself: {principal}."),
    "fee_in_text": N_("The text must state the fee by itself: {fee}."),
    "interest_in_text": N_("The text must state the interest by itself: {interest}."),
    "compensation_in_text": N_("The text must state the compensation by itself: {compensation}."),
    "interest_terms": N_("The text must say at which rate and from which day interest is charged: {interest_terms}."),
    "no_interest": N_("Where no interest is charged, the text must say so."),
    "consequences": N_("It must say that not paying may bring further costs and legal recovery."),
    "charged_before_due": N_("Nothing may be charged before the due date."),
    "threat_before_due": N_("Before the due date it must not speak of fees, interest or debt collection."),
    "threat_in_thanks": N_("Thanks ask for nothing: they must not speak of fees, interest or debt collection."),
    "reserved_for_agencies": N_("Under the act in force only an agency may send this letter."),
}
_OTHER = N_("The text lacks something the law asks for: %(detail)s.")


def fault_text(fault: WordingFault) -> str:
    """One sentence, with the provision it rests on."""
    said = gettext(_FAULTS.get(fault.code, _OTHER)).replace("%(detail)s", fault.detail or fault.code)
    return f"{said} ({fault.law})" if fault.law else said
