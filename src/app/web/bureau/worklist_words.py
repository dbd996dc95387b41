"""The work list in words: what each thing is, what exactly to do about it, and where."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from app.agencies import direct_payments, handover, orders, settlements
from app.dunning import confirming, notices, thanking
from app.jobs.reviews import Verdict
from app.ledgers import postings
from app.messaging import deliveries
from app.portfolio.unsettled_acts import UnsettledAct
from app.portfolio.worklist import Kind, WorkRow
from app.web.formats import date_short, date_time, kroner
from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


KINDS: dict[Kind, str] = {
    Kind.SENDING_STOPPED: N_("Sending is stopped"),
    Kind.HELD_RUN: N_("Held run"),
    Kind.REVIEW: N_("Not known whether it happened"),
    Kind.CONNECTION: N_("Ledger connection"),
    Kind.REFUSED_CASE: N_("Handover refused"),
    Kind.REFUSED: N_("Refused"),
    Kind.SETTLEMENT: N_("Payout from the agency"),
    Kind.CASE_DIFFERENCE: N_("Ledger, us and agency"),
    Kind.REPLY: N_("Answer from a debtor"),
    Kind.BLOCKED_NOTICE: N_("Notice that cannot be written"),
    Kind.AUTHORITY: N_("Agreement or authority missing"),
    Kind.APPROVAL: N_("Waiting for a yes"),
    Kind.QUESTION: N_("Claim with a question"),
    Kind.STUCK: N_("Does not get through"),
    Kind.POSTING: N_("Payment in the ledger"),
    Kind.UNEXPLAINED: N_("Gone from the ledger"),
    Kind.UNCERTAIN: N_("Uncertain invoice"),
    Kind.DIFFERENCE: N_("Open items and account"),
    Kind.SENDER: N_("Own sender domain"),
    Kind.BANK_PAYMENT: N_("Payment at the bank"),
    Kind.JOB: N_("Background job that gave up"),
}
ACTS: dict[str, str] = {
    deliveries.MAIL_KIND: N_("E-mail to your own people"),
    confirming.MAIL_KIND: N_("Confirmation of an agreement by e-mail"),
    confirming.LETTER_KIND: N_("Confirmation of an agreement by letter"),
    thanking.MAIL_KIND: N_("Thanks to the debtor for a payment"),
    notices.MAIL_KIND: N_("Notice to the debtor by e-mail"),
    notices.LETTER_KIND: N_("Notice to the debtor by letter"),
    notices.SMS_KIND: N_("Text message to the debtor"),
    postings.KIND: N_("Payment to be posted in the ledger"),
    postings.REVERSAL_KIND: N_("Payment to be taken back in the ledger"),
    handover.KIND: N_("Case to be registered at the agency"),
    settlements.KIND: N_("Word to the agency that its payout is booked"),
    direct_payments.KIND: N_("Word to the agency about a direct payment"),
    orders.KIND: N_("Order to the agency about a case"),
}
#: how a person finds out what became of an act
WHERE_TO_LOOK: dict[str, str] = {
    deliveries.MAIL_KIND: N_("Ask the recipient, or look in the mail server's log for the message id below."),
    thanking.MAIL_KIND: N_("Look in the mail server's log for the message id below. It is not sent again by itself."),
    notices.MAIL_KIND: N_("Look in the mail server's log for the message id below, or ask the debtor. The claim stays stopped until then."),
    notices.SMS_KIND: N_("Look in the gateway's log for our reference below, or ask the debtor."),
    notices.LETTER_KIND: N_("Ask the print house for our reference below. The claim stays stopped until then."),
    postings.KIND: N_("Open the invoice in the ledger and look for a payment of this amount on this day."),
    postings.REVERSAL_KIND: N_("Open the invoice in the ledger and look whether the payment still counts on it."),
    handover.KIND: N_("Look at the agency's pages for our reference below, or ask the agency. Note the case number there."),
    settlements.KIND: N_("Look at the agency's pages whether the payout is marked as booked."),
    orders.KIND: N_("Ask the agency whether it has done what was asked for."),
    direct_payments.KIND: N_("Look at the case at the agency whether the payment has been taken off."),
}
VERDICTS: dict[Verdict, tuple[str, str]] = {
    Verdict.DONE: (N_("It happened"), N_("It counts as done, and is not done again.")),
    Verdict.AGAIN: (N_("It certainly did not happen: do it now"), N_("It is done at once. If you are wrong, it happens twice.")),
    Verdict.GIVE_UP: (N_("Let it be"), N_("It is not done. This can be taken back.")),
}
#: by the engine's reason: what is the matter, and what to do
QUESTIONS: dict[str, tuple[str, str]] = {
    "debtor_bankrupt": (N_("The debtor is bankrupt"), N_("File the claim with the estate.")),
    "debtor_in_reconstruction": (N_("The debtor is in reconstruction"), N_("Ask the reconstructor how the claim is registered.")),
    "debtor_in_debt_settlement": (N_("The debtor has debt settlement proceedings"), N_("Report the claim to the enforcement officer.")),
    "debtor_dissolved": (N_("The debtor is dissolved"), N_("Find out whether anybody else is liable, or write the invoice off.")),
    "debtor_deceased": (N_("The debtor is dead"), N_("Find the estate's representative.")),
    "debtor_needs_consideration": (N_("The debtor is to be met with consideration"), N_("Decide how under the debtor's circumstances.")),
    "debtor_minor": (N_("The debtor is a minor"), N_("Speak with the guardian.")),
    "disputed": (N_("The debtor has objected"), N_("Decide the objection.")),
    "returned_by_agency": (N_("The agency gave the claim back unpaid"), N_("Agree with the company whether to go on or write it off.")),
    "no_due_date": (N_("The due date is missing"), N_("Enter the due date in the ledger.")),
    "foreign_currency": (N_("The claim is in another currency"), N_("Follow it up by hand, or stop it with a reason.")),
    "ledger_duns_too": (N_("The ledger sends reminders of its own"), N_("Switch them off there, or stop the claim here.")),
    "ledger_collected": (
        N_("The ledger gave it to an agency"),
        N_("Let the agency there go on and stop the claim here, or withdraw it there."),
    ),
    "no_channel": (N_("There is no way to reach the debtor"), N_("Find the right address in the register, or add it in the ledger.")),
    "no_channel_of_step": (N_("The ways chosen for the step do not reach the debtor"), N_("Add such an address, or choose another way.")),
    "call_due": (N_("A phone call to the debtor"), N_("Call, and note what was said.")),
    "demand_needs_missed_deadline": (N_("No payment demand may be sent yet"), N_("Agree with the company on what to do.")),
    "demand_deadline_missed": (N_("The payment demand was not paid"), N_("Agree with the company on what to do.")),
    "warning_figures_unknown": (N_("The rates of the day are not confirmed"), N_("Have an administrator confirm them.")),
    "no_handover_wished": (N_("The warning was not paid, and nothing is handed over"), N_("Agree with the company on what to do.")),
    "other": (N_("A claim cannot go on by itself"), N_("See on its page why.")),
}
#: what ledger, we and agency may disagree on (`app.agencies.reconciliation.Kind`), in the words of its page
DIFFERENCES: dict[str, str] = {
    "not_there": N_("The agency does not have the case"), "unknown_here": N_("A case nobody here has handed over"),
    "twice": N_("Two cases of one claim"), "principal": N_("The sums differ"),
    "paid_in_ledger": N_("Paid in the ledger, demanded by the agency"),
    "paid_at_agency": N_("Paid at the agency, open in the ledger"), "state": N_("Ended here, open at the agency"),
}  # fmt: skip
_CONNECTIONS = {
    "reconnect": N_("%(name)s must be connected anew"),
    "failing": N_("%(name)s does not answer"),
    "ending": N_("%(name)s works until %(day)s"),
    "ending_soon": N_("%(name)s works only until %(day)s"),
    "ended": N_("%(name)s was to end on %(day)s"),
}
_ENDING = {
    "ending": N_("Connect it again before that day: then nothing stops."),
    "ending_soon": N_("Connect it again now: after that day no book is read and nothing is sent for its companies."),
    "ended": N_("Connect it again, or note the new day if the key has been given one."),
}
_WHAT_TO_DO: dict[Kind, str] = {
    Kind.SENDING_STOPPED: N_("Look through what is planned, then allow sending in the settings."),
    Kind.HELD_RUN: N_("Compare some of it with the ledger, then let it go or call it off."),
    Kind.REVIEW: N_("Find out what became of it, and say so."),
    Kind.CONNECTION: N_("Connect it again: until then no book is read and nothing is sent for its companies."),
    Kind.REFUSED_CASE: N_("Put right what is missing or complained of, then offer it again."),
    Kind.REFUSED: N_("Put the cause right and do it again, or let it be."),
    Kind.SETTLEMENT: N_("Book what the payout's page shows and say so, or put right what is in the way: then it goes on by itself."),
    Kind.CASE_DIFFERENCE: N_("Compare the three books, and ask whoever has to move."),
    Kind.REPLY: N_("Read it, do what it asks for, and say so: the claim rests until then."),
    Kind.BLOCKED_NOTICE: N_("Put it right: the notice goes out by itself afterwards."),
    Kind.AUTHORITY: N_("Record the agreement and the written authority: the claims then go on by themselves."),
    Kind.APPROVAL: N_("Say yes or no, or see who is asked and remind them."),
    Kind.STUCK: N_("It is tried again every hour. See whether the other side is down, or a key has ended."),
    Kind.POSTING: N_("Look at the voucher in the ledger: let it through its queue, or tie it to the invoice."),
    Kind.UNEXPLAINED: N_("Look in the ledger what became of it. The next fetch puts it right here."),
    Kind.UNCERTAIN: N_("Compare with the ledger and confirm: nothing is sent before."),
    Kind.DIFFERENCE: N_("Find the cause in the ledger and put it right there, or say that you know it. It stops nothing."),
    Kind.SENDER: N_("Mails go out from our own address until the records are right again. Look which one is wrong."),
    Kind.BANK_PAYMENT: N_("Say which invoice it is for, or why it keeps nothing back."),
    Kind.JOB: N_("It is tried again by itself. If it is here tomorrow too, tell whoever runs the system."),
}
#: the other side's own words are shown under these
_QUOTED = frozenset({Kind.SENDING_STOPPED, Kind.CONNECTION, Kind.REFUSED_CASE, Kind.REFUSED, Kind.STUCK, Kind.REPLY})


@dataclass(frozen=True, slots=True)
class Told:
    """A row as it is shown. `quote` is the other side's own words; `offered_again`: the claim a button offers to the agency once more."""

    row: WorkRow
    kind: str
    title: str
    todo: str
    href: str
    link: str
    quote: str | None
    offered_again: uuid.UUID | None


def told(row: WorkRow) -> Told:
    """A row in the reader's language."""
    href, link = _way(row)
    again = row.claim_id if row.kind is Kind.REFUSED_CASE else None
    quote = row.reason if row.kind in _QUOTED and row.what not in _ENDING else None
    if quote and row.kind is Kind.REFUSED_CASE:
        # what we found wanting ourselves is a text of ours
        quote = gettext(quote)
    return Told(row, gettext(KINDS[row.kind]), title_of(row), todo_of(row), href, link, quote, again)


def title_of(row: WorkRow) -> str:
    """What is the matter, in a few words."""
    match row.kind:
        case Kind.REVIEW | Kind.REFUSED | Kind.STUCK:
            return act_name(row.what)
        case Kind.CONNECTION:
            words = gettext(_CONNECTIONS[row.what]).replace("%(name)s", row.subject or "")
            return words.replace("%(day)s", date_short(date.fromisoformat(row.reason))) if row.what in _ENDING and row.reason else words
        case Kind.QUESTION:
            return gettext(QUESTIONS.get(row.what, QUESTIONS["other"])[0])
        case Kind.BLOCKED_NOTICE | Kind.AUTHORITY | Kind.SETTLEMENT:
            return gettext(row.what or KINDS[row.kind])
        case Kind.CASE_DIFFERENCE:
            return gettext(DIFFERENCES.get(row.what, KINDS[row.kind]))
        case Kind.SENDING_STOPPED:
            return gettext("Nothing leaves the house")
        case Kind.HELD_RUN:
            return gettext("The day's run looks unlike the days before it")
        case Kind.REFUSED_CASE:
            return gettext("The claim could not be handed over")
        case Kind.REPLY:
            return gettext("The debtor has answered by e-mail") if row.claim_id else gettext("An answer that belongs to no claim yet")
        case Kind.APPROVAL:
            return gettext("Steps that wait for a yes")
        case Kind.UNEXPLAINED:
            return gettext("The ledger no longer shows the invoice, and does not say why")
        case Kind.UNCERTAIN:
            return gettext("The ledger does not show for sure that the invoice is open")
        case Kind.POSTING if row.what == "accepted":
            return gettext("The payment still waits in the ledger's own queue")
        case Kind.POSTING:
            return gettext("The payment is booked, but not tied to the invoice")
        case Kind.DIFFERENCE:
            return gettext("The open items do not add up to the receivables account")
        case Kind.SENDER:
            return gettext("%(domain)s no longer lets us send in its name").replace("%(domain)s", row.what)
        case Kind.BANK_PAYMENT:
            return gettext("Payments that no invoice is known for, or that the ledger does not show")
        case Kind.JOB:
            return row.what


def todo_of(row: WorkRow) -> str:
    """The exact thing to do."""
    if row.kind is Kind.QUESTION:
        return gettext(QUESTIONS.get(row.what, QUESTIONS["other"])[1])
    if row.kind is Kind.CONNECTION and row.what in _ENDING:
        return gettext(_ENDING[row.what])
    if row.kind is Kind.REFUSED and row.verdicts == (Verdict.GIVE_UP,):
        return gettext("Correct the address in the ledger: the claim goes on by itself. Then put this aside.")
    return gettext(_WHAT_TO_DO[row.kind])


def act_name(kind: str) -> str:
    return gettext(ACTS[kind]) if kind in ACTS else kind


def _way(row: WorkRow) -> tuple[str, str]:
    """Where it is done, and what the link there says."""
    company = f"/companies/{row.company_id}"
    match row.kind:
        case Kind.REVIEW | Kind.REFUSED:
            return f"/worklist/reviews/{row.target_id}", gettext("Settle")
        case Kind.HELD_RUN:
            return f"/held-runs/{row.target_id}", gettext("Look at it")
        case Kind.CONNECTION:
            return f"/connections/{row.target_id}", gettext("To the connection")
        case Kind.REFUSED_CASE:
            return f"/cases/{row.target_id}", gettext("To the case")
        case Kind.SETTLEMENT:
            return f"/payouts/{row.target_id}", gettext("To the payout")
        case Kind.CASE_DIFFERENCE:
            return f"/reconciliation?company={row.company_id}#difference-{row.target_id}", gettext("Compare the books")
        case Kind.REPLY:
            return f"/replies/{row.target_id}", gettext("Read the answer")
        case Kind.APPROVAL:
            return f"/approvals?{urlencode({'company': row.company_id})}", gettext("To the answers")
        case Kind.SENDING_STOPPED:
            return "/settings", gettext("To the settings")
        case Kind.BLOCKED_NOTICE if row.claim_id is None or row.what.startswith("The company"):
            return company, gettext("To the company")
        case Kind.AUTHORITY:
            return f"{company}/agreement", gettext("To the agreement")
        case Kind.UNCERTAIN if row.claim_id is None:
            return "/imports#uncertain", gettext("To the uncertain invoices")
        case Kind.STUCK:
            return f"{company}/sync" if row.what == postings.KIND else company, gettext("To the company")
        case Kind.QUESTION if row.what in ("ledger_duns_too", "ledger_collected"):
            return f"/conflicts#company-{row.company_id}", gettext("See what to switch off")
        case Kind.DIFFERENCE:
            return f"{company}/sync#balance", gettext("See the difference")
        case Kind.BANK_PAYMENT:
            return "/imports#payments", gettext("To the payments")
        case Kind.SENDER:
            return f"{company}/sender", gettext("To the sender")
        case Kind.JOB:
            return (company, gettext("To the company")) if row.company_id else ("/connections", gettext("To the connections"))
        case _ if row.claim_id is not None:
            return f"/claims/{row.claim_id}", gettext("To the claim")
        case _:
            standing = {"state": "disputed"} if row.what == "disputed" else {"state": "active", "step": "ask_person"}
            return f"/claims?{urlencode(standing | {'company': row.company_id})}", gettext("To the claims")


def facts_of(act: UnsettledAct) -> list[tuple[str, str]]:
    """What one needs at hand to find out what became of it: name and value."""
    known = (
        (gettext("Company"), act.company_name),
        (gettext("Debtor"), act.debtor_name),
        (gettext("Invoice"), act.invoice),
        (gettext("Payout"), act.payout),
        (
            gettext("Amount"),
            None if act.amount_ore is None else f"{kroner(act.amount_ore)} {'kr' if act.currency == 'NOK' else act.currency}",
        ),
        (gettext("Paid on"), None if act.paid_on is None else date_short(act.paid_on)),
        (gettext("Sent to"), None if act.address is None else act.address.replace("\n", ", ")),
        (gettext("Message id"), act.message_id),
        (gettext("Our reference"), act.reference),
        (gettext("Tried last"), None if act.row.called_at is None else date_time(act.row.called_at)),
    )
    return [(name, value) for name, value in known if value]
