"""Questions about the claim itself, before any ladder: is it settled, may nobody touch it, is it not ripe yet?

Each answers with a step and its reasons, or None: then the next question is asked.
"""

from __future__ import annotations

from app.dunning.case import ASK_AGAIN, DAY, LOOK_AGAIN, Answer, Case, ask
from app.dunning.facts import AgencyStanding, Confidence, Insolvency, NoticeKind, Reach
from app.dunning.reasons import Reason, because
from app.dunning.steps import Close, CloseWhy, Question

_HOME_CURRENCY = "NOK"


def is_settled(case: Case) -> Answer | None:
    left = case.facts.remaining_ore
    if left <= 0:
        return Close(CloseWhy.SETTLED), (because("settled"),)
    if case.facts.currency == _HOME_CURRENCY and left <= case.rules.wishes.tolerance_ore:
        return Close(CloseWhy.WITHIN_TOLERANCE), (because("within_tolerance", remaining_ore=left),)
    return None


def is_insolvent(case: Case) -> Answer | None:
    code = {
        Insolvency.BANKRUPT: "debtor_bankrupt",
        Insolvency.RECONSTRUCTION: "debtor_in_reconstruction",
        Insolvency.DEBT_SETTLEMENT: "debtor_in_debt_settlement",
        Insolvency.DISSOLVED: "debtor_dissolved",
    }.get(case.facts.insolvency)
    return None if code is None else ask(Question.INSOLVENT_DEBTOR, because(code))


def is_at_rest(case: Case) -> Answer | None:
    """What a person has decided about the debtor's circumstances: until that day, or until further notice, nothing is asked again."""
    rest = case.facts.rest
    if rest is None:
        return None
    if rest.until is None:
        return case.wait(case.today + LOOK_AGAIN, because("rests_open"))
    return case.wait(rest.until + DAY, because("rests", until_on=rest.until)) if rest.until >= case.today else None


def is_deceased(case: Case) -> Answer | None:
    return ask(Question.DECEASED_DEBTOR, because("debtor_deceased")) if case.facts.debtor_deceased else None


def is_minor(case: Case) -> Answer | None:
    return ask(Question.MINOR_DEBTOR, because("debtor_minor")) if case.facts.debtor_minor else None


def needs_consideration(case: Case) -> Answer | None:
    return ask(Question.VULNERABLE_DEBTOR, because("debtor_needs_consideration")) if case.facts.considerate else None


def is_disputed(case: Case) -> Answer | None:
    if not case.facts.disputed:
        return None
    return ask(Question.DISPUTED, because("dispute_upheld" if case.facts.upheld else "disputed"))


def is_on_hold(case: Case) -> Answer | None:
    hold = case.facts.hold
    if hold is None:
        return None
    code = {Reach.CLAIM: "on_hold", Reach.DEBTOR: "debtor_on_hold", Reach.COMPANY: "company_on_hold"}[hold.reach]
    if hold.until is None:
        return case.wait(case.today + LOOK_AGAIN, because(f"{code}_open"))
    return case.wait(hold.until + DAY, because(code, until_on=hold.until)) if hold.until >= case.today else None


def is_at_agency(case: Case) -> Answer | None:
    match case.facts.agency:
        case AgencyStanding.OPEN:
            return case.wait(case.today + ASK_AGAIN, because("at_agency"))
        case AgencyStanding.RETURNED:
            return ask(Question.RETURNED_BY_AGENCY, because("returned_by_agency"))
        case AgencyStanding.NONE:
            return None


def asks_for_due_date(case: Case) -> Answer | None:
    return ask(Question.NO_DUE_DATE, because("no_due_date")) if case.facts.due_on is None else None


def is_uncertain(case: Case) -> Answer | None:
    if case.facts.asked_about:
        return case.wait(case.today + DAY, because("item_asked_about"))
    uncertain = case.facts.confidence is Confidence.LOW and not case.facts.person_approved
    return ask(Question.UNCERTAIN_ITEM, because("uncertain_item")) if uncertain else None


def is_foreign(case: Case) -> Answer | None:
    currency = case.facts.currency
    return None if currency == _HOME_CURRENCY else ask(Question.FOREIGN_CURRENCY, because("foreign_currency", currency=currency))


def is_not_due(case: Case) -> Answer | None:
    return case.wait(case.due_on + DAY, because("not_due", due_on=case.due_on)) if case.days_overdue <= 0 else None


def is_too_small(case: Case) -> Answer | None:
    left, minimum = case.facts.remaining_ore, case.rules.wishes.minimum_ore
    if left >= minimum:
        return None
    return case.wait(case.today + LOOK_AGAIN, because("below_minimum", remaining_ore=left, minimum_ore=minimum))


def is_extended(case: Case) -> Answer | None:
    until = case.facts.extended_to
    if until is None:
        return None
    through = case.rules.statute.waits_through(until, case.rules.grace_business_days, case.calendar)
    return case.wait(through + DAY, because("extended", until_on=until)) if case.today <= through else None


def is_inside_a_deadline(case: Case) -> Answer | None:
    """The longest wait any notice asks for, a notice without a printed deadline counting as one with the lawful minimum. A notice sent
    before the claim was due sets no deadline of its own."""
    longest: Answer | None = None
    latest = case.today
    for notice in case.facts.notices:
        through = case.waits_through(notice)
        if notice.kind is not NoticeKind.DUE_NOTICE and notice.sent_on <= case.today <= through and through >= latest:
            latest = through
            deadline = notice.payment_deadline or case.rules.statute.minimum_deadline(notice.sent_on)
            reason = because("inside_deadline", sent_on=notice.sent_on, deadline_on=deadline, through_on=through)
            longest = case.wait(through + DAY, reason)
    return longest


def remarks(case: Case) -> tuple[Reason, ...]:
    """Why an old claim is followed up as if nothing had been said."""
    anew_on = case.facts.restarted_on
    return () if anew_on is None else (because("begun_anew", anew_on=anew_on),)
