"""What a page says once after a form: a code in the address, a sentence from this table, never text that came with the request."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass

from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


@dataclass(frozen=True, slots=True)
class Message:
    """Shown at the top of the page. Colours as in `components/notices.html`."""

    text: str
    color: str = "success"


SAYINGS: dict[str, str] = {
    "stopped": N_("Stopped. It stays on the list until the deadline, and can be put back."),
    "put-back": N_("Put back on the list."),
    "reason-kept": N_("The reason is saved."),
    "approved": N_("Approved: %(count)s. They go out at the deadline and can be called back until then."),
    "stopped-many": N_("Stopped: %(count)s."),
    "deadline-passed": N_("The deadline of this list has passed, so nothing was changed."),
    "nothing-chosen": N_("Choose at least one row first."),
    "answered-yes": N_("Yes to %(count)s: they go on now."),
    "answered-no": N_("No to %(count)s: the claims are stopped with your reason."),
    "absence-recorded": N_("The absence is recorded. Open questions find their way to the backup."),
    "absence-ended": N_("Back again. Open questions come back too."),
    "agreed": N_("The agreement is recorded. The follow-up waits for its dates."),
    "agreement-withdrawn": N_("The agreement is taken back. The follow-up goes on."),
    "held-all": N_("Everything here is stopped."),
    "lifted-all": N_("Everything here goes on, but what is stopped by itself."),
    "hold-needs-reason": N_("Nothing was stopped: say why."),
    "hold-needs-day": N_("Nothing was stopped: write the last day as dd.mm.yyyy, today or later."),
    "held": N_("The claim is stopped."),
    "lifted": N_("The claim goes on."),
    "disputed": N_("The objection is recorded. Nothing more is sent until it is decided."),
    "called": N_("The call is noted."),
    "begun-anew": N_("The follow-up begins anew. What was said before counts no more."),
    "evidence-added": N_("The file stands beside the objection."),
    "dispute-decided": N_("The objection is decided."),
    "item-confirmed": N_("The invoice is confirmed and is followed up from now on."),
    "address-corrected": N_("The address is used from now on. What reached nobody is said again, with a new deadline."),
    "texts-allowed": N_("Text messages may go to the number again."),
    "texts-need-reason": N_("Nothing was changed: say why text messages may go again."),
    "book-confirmed": N_("Confirmed. It counts until it is too old, or is taken back."),
    "saved": N_("Saved."),
    "policy-saved": N_("The new rules are saved and used from now on."),
    "rules-cleared": N_("Cleared. What is inherited holds from now on."),
    "text-given-up": N_("The standard text is used from now on."),
    "segment-ended": N_("The segment is ended. Nobody is in it any more."),
    "rules-of-many": N_("The new rules are saved for %(count)s companies and used from now on."),
    "sender-checking": N_("The records are being looked up. Load this page again in a moment."),
    "sender-key-made": N_("The next key is made. Set its record: it takes over by itself once it is found."),
    "company-left": N_("The company is no longer followed up here."),
    "move-withdrawn": N_("The offer is taken back. Its code no longer works."),
    "company-received": N_("The company is here. Connect its ledger: what was said before is counted as soon as its invoices show."),
    "started": N_("Follow-up has started."),
    "ended": N_("Follow-up is switched off. Nothing more is sent for this company."),
    "sending-stopped": N_("Everything that would be sent for the bureau now waits."),
    "sending-allowed": N_("Sending is on again."),
    "password-changed": N_("The password is changed, and you are logged out everywhere else."),
    "others-out": N_("You are logged out everywhere else."),
    "key-revoked": N_("The key is revoked and opens nothing any more."),
    "connected": N_("Connected. Tick the companies to follow up."),
    "followed-up": N_("Companies followed up from now on: %(count)s. The first fetch has begun."),
    "discovered": N_("Companies the key covers: %(count)s."),
    "ledger-silent": N_("The ledger did not let us look. See below what it said."),
    "disconnected": N_("Disconnected. The key is forgotten."),
    "difference-accepted": N_("Noted. It is not told again unless it becomes another."),
    "difference-moved": N_("The difference is another by now. Look at it once more."),
    "reversal-asked": N_("The payment is taken back in the ledger. The invoice then stands open again."),
    "reversal-reason": N_("Nothing was taken back: write why."),
    "reversal-not-there": N_("Only a payment that is booked in the ledger can be taken back."),
    "fetching": N_("The fetch begins as soon as a worker is free."),
    "imported": N_("Open items imported: %(count)s."),
    "payments-read": N_("New payments read from the bank's file: %(count)s."),
    "invoices-kept": N_("New invoices kept beside the book: %(count)s."),
    "payment-tied": N_("The payment is tied to the invoice: nothing is sent about it until the ledger shows it."),
    "payment-put-aside": N_("The payment no longer keeps anything back."),
    "upload-dropped": N_("The files are deleted. Nothing was imported."),
    "agreement-saved": N_("The agreement is saved."),
    "access-saved": N_("The access is saved. The agency is asked with it from now on."),
    "agreement-ended": N_("The agreement is ended. Nothing more is handed over; cases that are there are followed to their end."),
    "agency-asked": N_("The agency is asked. What the case is afterwards, the agency says."),
    "payout-booked": N_("The payout is booked."),
    "accounts-saved": N_("The accounts are saved."),
    "act-done": N_("Noted as done."),
    "act-again": N_("It is done again at once."),
    "act-give-up": N_("It is let be."),
    "act-taken-back": N_("It waits for a decision again."),
    "act-settled-already": N_("Somebody has settled this already."),
    "reply-handled": N_("The answer is handled. The claim goes on, unless something else stops it."),
    "reply-attached": N_("The answer belongs to this claim now, and the claim rests until it is handled."),
    "offered-again": N_("The claim is on its way to the agency again."),
    "not-offered": N_("The claim is not handed over just now. See below why."),
    "clock-moving": N_("The demo clock is on its way."),
    "figure-confirmed": N_("The figure is confirmed. Claims that waited for it are decided tonight."),
    "act-date-set": N_("The day is recorded, and holds for every bureau."),
    "conflict-accepted": N_("Both may write to the company's debtors. Fees of both count together."),
    "conflict-not-accepted": N_("Claims are kept back where the ledger writes by itself."),
    "run-released": N_("The run is let go: each step is decided anew and goes on."),
    "run-cancelled": N_("The run is called off. Nothing of it is sent."),
    "run-decided-already": N_("Somebody has decided on this run already."),
    "logged-out": N_("You are logged out."),
}
_BAD = frozenset(
    {
        "hold-needs-reason",
        "hold-needs-day",
        "deadline-passed",
        "nothing-chosen",
        "ledger-silent",
        "act-settled-already",
        "not-offered",
        "texts-need-reason",
        "run-decided-already",
    }
)


_current: ContextVar[Message | None] = ContextVar("said", default=None)


def hear(code: str | None, number: str | None) -> None:
    """Take the code that came with this request; one we do not know says nothing."""
    if code not in SAYINGS:
        _current.set(None)
        return
    count = number if number is not None and number.isascii() and number.isdigit() and len(number) < 7 else "0"
    _current.set(Message(gettext(SAYINGS[code]).replace("%(count)s", count), "warning" if code in _BAD else "success"))


def current_message() -> Message | None:
    """What this request's page should say, in the reader's language."""
    return _current.get()
