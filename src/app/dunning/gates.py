"""What every step outwards passes: the weekly list, the sending day, a fresh ledger, one voice, a road to the debtor; and its fee."""

from __future__ import annotations

from datetime import date

from app.dunning import consent, guarding
from app.dunning.case import DAY, LOOK_AGAIN, Answer, Case, ask
from app.dunning.charges import interest_runs_after, late_payment_compensation
from app.dunning.facts import WRITING, Channel, ListedStep, ListState, NoticeKind
from app.dunning.fees import FeeQuestion, allowed_fee
from app.dunning.policy import HandoverConsent, PolicyStep, StepKind
from app.dunning.reasons import Reason, because
from app.dunning.sending_times import is_sending_day, next_sending_day
from app.dunning.statutes.rates import Figure, FigureNotConfirmedError
from app.dunning.steps import HandOver, Question, SendDueNotice, SendNotice, SendReminder, Step


def outward(case: Case, step: consent.Outward, *reasons: Reason) -> Answer:
    """A step that leaves the house asks for a fresh ledger, one voice and the yes a company wants; a notice also for
    its day and a road to the debtor."""
    if isinstance(step, SendNotice) and not is_sending_day(case.today, case.rules.followed.send_weekdays, case.calendar):
        next_on = next_sending_day(case.today + DAY, case.rules.followed.send_weekdays, case.calendar)
        return case.wait(next_on, because("no_sending_day", next_on=next_on))
    unfit = unfit_book(case)
    if unfit is not None:
        return unfit
    stopped = _texts_stopped(case, step)
    if isinstance(step, SendNotice) and not case.facts.reachable:
        return ask(Question.NO_CHANNEL, *stopped, because("no_channel"))
    if isinstance(step, SendNotice) and not _ways(step) & set(case.facts.roads):
        return ask(Question.NO_CHANNEL, *stopped, because("no_channel_of_step"))
    question, said = consent.gate(case, step)
    asked, why = question or (step, ())
    return asked, (*why, *reasons, *said, *stopped, *guarding.remarks(case), *_restrictions(case, step))


def _ways(step: SendNotice) -> set[Channel]:
    """The ways that count: what later steps rest on must be in writing, and a text message only goes beside it."""
    ways = set(step.channels)
    return ways if isinstance(step, SendReminder | SendDueNotice) else ways & WRITING


def _texts_stopped(case: Case, step: consent.Outward) -> tuple[Reason, ...]:
    """A way of the step that the debtor has closed; the others are open."""
    stopped_on = case.facts.texts_stopped_on
    if stopped_on is None or not isinstance(step, SendNotice) or Channel.SMS not in step.channels:
        return ()
    return (because("texts_stopped", stopped_on=stopped_on),)


def unfit_book(case: Case) -> Answer | None:
    """The ledger must have been read lately and be up to date, and must not send reminders of its own."""
    synced = case.facts.ledger_synced_on
    if synced is None:
        return case.wait(case.today + DAY, because("ledger_never_read"))
    if (case.today - synced).days > case.rules.wishes.ledger_age_days_max:
        return case.wait(case.today + DAY, because("ledger_stale", synced_on=synced))
    kept = guarding.keeps_back(case)
    if kept is not None:
        return kept
    if case.facts.ledger_duns and not case.rules.wishes.accept_ledger_dunning:
        return ask(Question.LEDGER_DUNS_TOO, because("ledger_duns_too"))
    return None


def unconfirmed_law(case: Case, step: PolicyStep) -> Answer | None:
    """A figure that a grave notice would charge by, and that nobody has confirmed for today. A year whose rates are not confirmed may also
    be a year with another act, under which our grave notices are void."""
    rates = case.rules.rates
    if not rates.knows(Figure.COLLECTION_RATE, case.today):
        return ask(Question.CONFIRM_FIGURES, because("warning_figures_unknown", missing_on=case.today))
    if step.interest and not rates.knows(Figure.LATE_INTEREST, case.today):
        return ask(Question.CONFIRM_FIGURES, because("interest_not_confirmed", missing_on=case.today))
    try:
        _compensation(case)
    except FigureNotConfirmedError as error:
        return ask(Question.CONFIRM_FIGURES, because("compensation_not_confirmed", missing_on=error.on))
    return None


def handover_list(case: Case) -> Answer | None:
    """What the weekly list still keeps back of a handover, where the company wants it to stand there."""
    by_list = case.rules.handover_consent is HandoverConsent.WEEKLY_LIST
    return list_gate(case, ListedStep.HANDOVER) if by_list else None


def list_gate(case: Case, step: ListedStep) -> Answer | None:
    """What the weekly list still keeps back. None when it has let this step go on."""
    verdict = case.facts.weekly_list
    state = verdict.state if verdict.step is step else ListState.NONE
    match state:
        case ListState.RELEASED:
            return None
        case ListState.LISTED:
            deadline = verdict.deadline_on or case.today
            return case.wait(deadline, because("on_list", deadline_on=deadline))
        case ListState.STOPPED:
            return _stopped(case, verdict.until) or _ready_for_list(case, step)
        case ListState.NONE:
            return _ready_for_list(case, step)


def fee_of(kind: NoticeKind, case: Case, *, wished: bool) -> tuple[int, Reason]:
    """The fee of a notice sent today. An unconfirmed rate makes it free of charge, with that as the reason."""
    if not case.rules.statute.creditor_fees:
        return 0, because("fee_not_under_act")
    if not wished:
        return 0, because("fee_not_wished")
    facts = case.facts
    try:
        question = FeeQuestion(
            case.due_on, case.today, facts.remaining_ore, facts.notices, _compensation(case), facts.objected, facts.restarted_on,
            facts.earlier_fees,
        )  # fmt: skip
        answer = allowed_fee(kind, question, case.rules.statute, case.rules.rates)
    except FigureNotConfirmedError as error:
        compensation = error.figure is Figure.LATE_PAYMENT_COMPENSATION
        return 0, because("fee_compensation_not_confirmed" if compensation else "fee_not_confirmed", missing_on=error.on)
    return answer.fee_ore, answer.reason


def _stopped(case: Case, until: date | None) -> Answer | None:
    if until is None:
        return case.wait(case.today + LOOK_AGAIN, because("list_stopped_open"))
    return case.wait(until + DAY, because("list_stopped", until_on=until)) if until >= case.today else None


def _ready_for_list(case: Case, step: ListedStep) -> Answer:
    list_on = case.rules.next_list_on(case.today)
    if step is ListedStep.COLLECTION_WARNING:
        return case.wait(list_on, because("ready_for_list_warning", days=case.days_overdue, list_on=list_on))
    return case.wait(list_on, because("ready_for_list_handover", list_on=list_on))


def _restrictions(case: Case, step: Step) -> tuple[Reason, ...]:
    """Which of the company's wishes the law changed for this very step."""
    about = step.kind.value if isinstance(step, SendNotice) else StepKind.COLLECTION_WARNING.value
    return tuple(
        because("wish_restricted", field=one.field, wished=one.wished, lawful=one.lawful or "–")
        for one in case.rules.clamps
        if one.kind == about or (isinstance(step, HandOver) and one.field == "takeover") or one.field == "grace_business_days"
    )


def _compensation(case: Case) -> int:
    facts = case.facts
    if not case.rules.wishes.claim_compensation:
        return 0
    runs_after = interest_runs_after(case.due_on, facts.due_date_agreed, facts.demand_sent_on)
    return late_payment_compensation(
        facts.original_ore, case.due_on, runs_after, case.today, facts.payments, facts.debtor_kind, case.rules.rates
    )
