"""Why a wish cannot be followed, and the nearest one that can: one sentence per code (English message ids for gettext)."""

from __future__ import annotations


def N_(msgid: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return msgid


CLAMP_TEXTS: dict[str, str] = {
    "due_notice_after_due": N_("A due notice goes out on the due date or before it. Use a reminder for the time after."),
    "before_due": N_("This comes after the due date: use day {lawful} or later. Before it there is the due notice."),
    "warning_too_early": N_("A collection warning is lawful from day {lawful} after the due date ({source}). Use {lawful} or more."),
    "deadline_short": N_("The law asks for at least {lawful} days ({source}). Use {lawful} or more."),
    "no_days": N_("Use {lawful} or more."),
    "out_of_order": N_("The steps come one after another: use day {lawful} or later, or move the step before."),
    "kind_out_of_order": N_("A milder notice makes no sense after a graver one: take the step away, or put it earlier."),
    "kind_twice": N_("One such step is enough: take this one away."),
    "warning_is_the_agencys": N_("Only an agency may send the collection warning ({source}). Let the agency take over from it."),
    "demand_needs_own_collection": N_("The agency sends its own payment demand. Choose your own collection, or take this step away."),
    "demand_is_the_agencys": N_("Only an agency may send the payment demand ({source}). Take this step away."),
    "demand_needs_missed_deadline": N_(
        "A payment demand comes after a missed deadline of at least 14 days ({source}). Put a warning with one before it."
    ),
    "handover_needs_warning": N_(
        "The agency may go on only after a collection warning ({source}). Add one, or leave the warning to the agency."
    ),
    "no_steps": N_("Nothing would ever be sent: add a step."),
    "no_channel": N_("Choose at least one way to send it."),
    "grave_needs_writing": N_("It must be sent in a safe way in writing ({source}). Choose e-mail or letter as well."),
    "never_charged": N_("Nothing may be charged for this step ({source})."),
    "fee_not_under_act": N_("The act sets no fee for a creditor's own notices ({source}). Send it without a fee."),
    "fee_too_early": N_("A notice may bear a fee from the 14th day after the due date ({source}). Send it then, or without a fee."),
    "fee_ladder_used": N_(
        "At most two notices before the payment demand may bear a fee, and none after a warning with one ({source}). Send it without a fee."
    ),
    "fee_first_deadline_short": N_(
        "A second fee needs a deadline of at least 14 days in the first reminder ({source}). Lengthen that one, or send this without a fee."
    ),
    "fee_demand_needs_missed_deadline": N_(
        "A payment demand bears a fee only after a missed deadline of at least 14 days ({source}). Send it without a fee."
    ),
    "weekday_closed": N_("Notices never go out on Sundays and holidays ({source}). Take the day away."),
    "saturday_closed": N_("On Saturdays notices go out between 9 and 15 only ({source}). Take Saturday away, or choose other hours."),
    "no_weekday": N_("Choose at least one day to send on."),
    "hour_early": N_("Notices go out from {lawful} o'clock at the earliest ({source}). Use {lawful} or later."),
    "hour_late": N_("Notices go out until {lawful} o'clock at the latest ({source}). Use {lawful} or earlier."),
    "no_hours": N_("The last hour must come after the first. Use {lawful} or later."),
    "grace_short": N_("A payment made on the last day must have time to arrive ({source}). Use {lawful} bank days or more."),
}
