"""The fields of the rules in words: what each is called, how its value reads, and how a typed one is understood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.dunning.policies import OF_THE_LIST, STANDARD
from app.dunning.tiers import Level, Origin
from app.values.money import parse_kroner
from app.web import formats
from app.web.i18n import gettext


def N_(message: str) -> str:  # noqa: N802 - the name by which message extraction finds a text that is translated later
    return message


class Kind(StrEnum):
    SWITCH = "switch"
    NUMBER = "number"
    KRONER = "kroner"
    CHOICE = "choice"
    #: more than one line of a form can hold: shown here, changed elsewhere
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Field:
    """One wish. `options` are the values of a choice, with their words as message ids."""

    name: str
    kind: Kind
    options: tuple[tuple[str, str], ...] = ()


TONES = (("friendly", N_("Friendly")), ("neutral", N_("Neutral")), ("firm", N_("Firm")))
CONSENTS = (
    ("automatic", N_("Nothing more is asked")),
    ("weekly_list", N_("It stands on the weekly list first")), ("person", N_("A person says yes")),
)  # fmt: skip
APPROVALS = (
    ("none", N_("Nobody: it goes by itself")), ("manager", N_("The account manager")), ("bureau", N_("The bureau")), ("both", N_("Both")),
)  # fmt: skip
SILENCES = (
    ("go_on", N_("It goes on by itself")), ("hold", N_("It waits until somebody answers")), ("escalate", N_("The backup is asked")),
)  # fmt: skip
TAKEOVERS = (
    ("agency_from_demand", N_("The agency takes over after your own collection warning")),
    ("agency_from_warning", N_("The agency sends the collection warning itself")),
    ("own_collection", N_("Nothing is handed over: a person decides")),
)  # fmt: skip
LANGUAGES = (
    ("ledger", N_("As the ledger says of the debtor")), ("nb", N_("Bokmål")), ("nn", N_("Nynorsk")), ("en", N_("English")),
)  # fmt: skip
STEPS: Mapping[str, str] = {
    "due_notice": N_("Notice before the due date"),
    "reminder": N_("Reminder"),
    "collection_warning": N_("Collection warning"),
    "payment_demand": N_("Payment demand"),
    "phone_call": N_("Phone call"),
}
LABELS: Mapping[str, str] = {
    "reminder": N_("Send a reminder first"),
    "reminder_after_days": N_("Reminder: days after the due date"),
    "reminder_deadline_days": N_("Reminder: days to pay"),
    "reminders_max": N_("Reminders at most"),
    "tone": N_("Tone"),
    "minimum_ore": N_("Smallest amount to follow up"),
    "tolerance_ore": N_("A rest so small counts as paid"),
    "warning_after_days": N_("Collection warning: days after the due date"),
    "warning_deadline_days": N_("Collection warning: days to pay"),
    "warning_weekday": N_("Weekday of the weekly list"),
    "takeover": N_("When nothing helps"),
    "hand_over": N_("Hand over what is not paid after the warning"),
    "send_weekdays": N_("Days on which notices go out"),
    "send_from_hour": N_("Notices go out from (hour)"),
    "send_until_hour": N_("Notices go out until (hour)"),
    "handover_consent": N_("Before a handover"),
    "grace_business_days": N_("Business days of grace after the deadline"),
    "charge_fee": N_("Charge the fee the law allows"),
    "charge_interest": N_("Charge late interest"),
    "claim_compensation": N_("Claim the late payment compensation from businesses"),
    "accept_ledger_dunning": N_("Follow up although the ledger reminds too"),
    "group_invoices": N_("A debtor's invoices in one letter with one fee"),
    "letter_language": N_("Language of letters"),
    "ledger_age_days_max": N_("Days since the book was read, at most"),
    "approval": N_("Who must say yes first"),
    "approval_silence": N_("When nobody answers"),
    "approval_silence_days": N_("Business days before silence counts"),
    "thank_on_payment": N_("Thank debtors who pay after a notice"),
    "steps": N_("The steps of the follow-up"),
}
OPTIONS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "tone": TONES, "takeover": TAKEOVERS, "handover_consent": CONSENTS, "approval": APPROVALS, "approval_silence": SILENCES,
    "letter_language": LANGUAGES,
}  # fmt: skip
WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
LEVELS: Mapping[Level, str] = {
    Level.HOUSE: N_("The standard of the house"),
    Level.BUREAU: N_("The bureau's standard"),
    Level.COMPANY: N_("The company"),
    Level.SEGMENT: N_("Segment"),
    Level.DEBTOR: N_("The debtor"),
    Level.CLAIM: N_("The invoice"),
}


def fields() -> tuple[Field, ...]:
    """Every field of a policy, the ladder also in short wishes, in the order in which the policy names them."""
    return tuple(_field(name, value) for name, value in STANDARD.said().items())


def editable() -> tuple[Field, ...]:
    """The fields a line of a form can hold. The weekday of the list is set with the list."""
    return tuple(one for one in fields() if one.kind is not Kind.WHOLE and one.name != OF_THE_LIST)


def label(name: str) -> str:
    return gettext(LABELS[name]) if name in LABELS else name.replace("_", " ").capitalize()


def said(name: str, value: object) -> str:
    """A value as it is read; None is what is inherited."""
    if value is None:
        return gettext("as inherited")
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if name == OF_THE_LIST and isinstance(value, int):
        return gettext(WEEKDAYS[value])
    if name.endswith("_ore") and isinstance(value, int):
        return formats.kroner(value, unit=True)
    if name == "send_weekdays" and isinstance(value, list | tuple):
        return ", ".join(gettext(WEEKDAYS[day]) for day in value)
    if name == "steps" and isinstance(value, list | tuple):
        return " · ".join(_step_said(step) for step in value)
    return next((gettext(text) for code, text in OPTIONS.get(name, ()) if code == value), str(value))


def _step_said(step: Mapping[str, object]) -> str:
    days = gettext("day %(days)s").replace("%(days)s", str(step["after_days"]))
    return f"{gettext(STEPS[str(step['kind'])])} {days}"


def typed(name: str, value: object) -> str:
    """A value as it stands in its field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return formats.kroner(value) if name.endswith("_ore") and isinstance(value, int) else str(value)


def understood(field: Field, text: str) -> object:
    """The value that was typed. ValueError with a sentence for the reader."""
    match field.kind:
        case Kind.SWITCH if text in {"yes", "no"}:
            return text == "yes"
        case Kind.CHOICE if text in {code for code, _ in field.options}:
            return text
        case Kind.NUMBER if text.isascii() and text.isdigit() and len(text) <= 4:
            return int(text)
        case Kind.NUMBER:
            raise ValueError(gettext("Write a whole number."))
        case Kind.KRONER:
            try:
                return parse_kroner(text)
            except ValueError:
                raise ValueError(gettext("Write an amount in kroner, such as 1 234,50.")) from None
        case _:
            raise ValueError(gettext("Choose one of the values."))


def origin_said(origin: Origin) -> str:
    """Where a value comes from, in a few words."""
    words = gettext(LEVELS[origin.level])
    return f"{words} «{origin.name}»" if origin.name else words


def _field(name: str, value: object) -> Field:
    if name in OPTIONS:
        return Field(name, Kind.CHOICE, OPTIONS[name])
    if isinstance(value, bool):
        return Field(name, Kind.SWITCH)
    if isinstance(value, StrEnum):
        return Field(name, Kind.CHOICE, tuple((one.value, one.value) for one in type(value)))
    if isinstance(value, int):
        return Field(name, Kind.KRONER if name.endswith("_ore") else Kind.NUMBER)
    return Field(name, Kind.WHOLE)
