"""What keeps a step in the house although its day has come: the book, and money that nobody has tied to an invoice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from app.dunning.engine import decide
from app.dunning.facts import BookFault, ClaimFacts, ListState, ListVerdict, NoticeKind, PastNotice, Sender
from app.dunning.guarding import BOOK_REASONS
from app.dunning.ledger_notices import collected_on, past_notices
from app.dunning.policy import Policy
from app.dunning.reasons import explain
from app.dunning.statutes import ACT_1988
from app.dunning.statutes.rates import RATES
from app.dunning.steps import AskPerson, Decision, HandOver, Question, SendCollectionWarning, SendReminder, Wait
from app.values import calendar

ON = date(2026, 9, 17)
RIPE = ClaimFacts(remaining_ore=100_000, original_ore=100_000, due_on=date(2026, 9, 3), ledger_synced_on=ON)
BEHIND = BookFault("bank_old", date(2026, 8, 20))
RELEASED = ListVerdict(ListState.RELEASED)


def run(facts: ClaimFacts, on: date = ON, **wishes: object) -> Decision:
    return decide(replace(facts, ledger_synced_on=on), Policy.from_json(wishes).within(ACT_1988, RATES), calendar, on)


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


def test_a_book_that_is_behind_holds_a_reminder_and_says_what_to_put_right() -> None:
    assert isinstance(run(RIPE).step, SendReminder)
    held = run(replace(RIPE, book_faults=(BEHIND, BookFault("unposted_some", date(2026, 9, 1), number=4))))
    assert held.step == Wait(date(2026, 9, 18))
    assert codes(held) == ["book_bank_old", "book_unposted"]
    assert "20.08.2026" in explain(held.reasons[0])
    assert "4 vouchers" in explain(held.reasons[1])


def test_it_holds_a_released_warning_and_a_handover_too() -> None:
    warned = replace(RIPE, weekly_list=RELEASED)
    assert isinstance(run(warned, reminder=False).step, SendCollectionWarning)
    assert codes(run(replace(warned, book_faults=(BEHIND,)), reminder=False)) == ["book_bank_old"]
    expired = replace(RIPE, notices=(PastNotice(NoticeKind.COLLECTION_WARNING, ON, date(2026, 10, 1)),))
    late = date(2026, 10, 20)
    assert isinstance(run(expired, late).step, HandOver)
    assert codes(run(replace(expired, book_faults=(BEHIND,)), late)) == ["book_bank_old"]


def test_the_list_is_made_all_the_same() -> None:
    assert codes(run(replace(RIPE, book_faults=(BEHIND,)), reminder=False)) == ["ready_for_list_warning"]


def test_loose_money_that_could_pay_an_invoice_holds_the_debtors_claims() -> None:
    held = run(replace(RIPE, unallocated_ore=100_000, unallocated_covers=True))
    assert held.step == Wait(date(2026, 9, 18))
    assert codes(held) == ["unallocated_money"]


def test_a_smaller_credit_is_advice_and_never_taken_off_silently() -> None:
    decision = run(replace(RIPE, unallocated_ore=10_000, credit_note_ore=15_000))
    assert isinstance(decision.step, SendReminder)
    assert decision.reasons[-1].code == "credit_open"
    assert explain(decision.reasons[-1]).endswith("after it 750,00 kr is left.")


@pytest.mark.parametrize("code", ["sync_old", "bank_old", "bank_confirmed_old", "unposted_some", "unposted_confirmed_old"])
def test_every_fault_waits_for_the_next_reading(code: str) -> None:
    (reason,) = run(replace(RIPE, book_faults=(BookFault(code, ON, 3, 5_00),))).reasons
    assert reason.code in BOOK_REASONS
    assert reason.code == "book_unallocated" or "5,00" not in explain(reason)


def from_ledger(**facts: object) -> dict[str, object]:
    return {"on": "2026-09-10", "kind": "reminder", "fee_ore": 3_800, "deadline_on": "2026-09-24"} | facts


def test_a_fee_the_ledger_charged_counts_in_what_may_still_be_charged() -> None:
    late = date(2026, 10, 20)
    notices = past_notices([from_ledger()], [])
    assert notices == (PastNotice(NoticeKind.REMINDER, date(2026, 9, 10), date(2026, 9, 24), 3_800, Sender.LEDGER),)
    warned = replace(
        RIPE, notices=(*notices, *past_notices([from_ledger(on="2026-09-28", deadline_on="2026-10-12")], [])), weekly_list=RELEASED
    )
    step = run(warned, late, reminder=False).step
    assert isinstance(step, SendCollectionWarning)
    assert step.fee_ore == 0, "two small fees are the most (inkassoforskriften § 1-3)"
    assert isinstance(free := run(replace(warned, notices=()), late, reminder=False).step, SendCollectionWarning)
    assert free.fee_ore == 3_800


def test_an_unknown_fee_counts_as_the_full_lawful_one_and_says_so() -> None:
    notices = past_notices([from_ledger(fee_ore=None, deadline_on=None)], [])
    assert (notices[0].fee_ore, notices[0].fee_assumed) == (0, True)
    decision = run(replace(RIPE, notices=notices, weekly_list=RELEASED), date(2026, 10, 20), reminder=False)
    assert isinstance(decision.step, SendCollectionWarning)
    assert decision.step.fee_ore == 0
    assert [code for code in codes(decision) if code.startswith(("fee", "ledger"))] == ["fee_first_deadline_short", "ledger_fee_assumed"]
    known_free = past_notices([from_ledger(fee_ore=0, kind="soft_reminder")], [])
    free = run(replace(RIPE, notices=known_free, weekly_list=RELEASED), date(2026, 10, 20), reminder=False)
    assert isinstance(free.step, SendCollectionWarning)
    assert free.step.fee_ore == 3_800


def test_days_alone_of_an_earlier_reading_are_reminders_with_an_assumed_fee() -> None:
    told = past_notices([from_ledger()], [date(2026, 9, 10), date(2026, 8, 1)])
    assert [(one.sent_on, one.fee_assumed) for one in told] == [(date(2026, 8, 1), True), (date(2026, 9, 10), False)]


def test_a_notice_without_a_day_counts_from_when_it_was_first_seen() -> None:
    (one,) = past_notices([from_ledger(on=None, seen_on="2026-09-12", fee_ore=None)], [])
    assert (one.sent_on, one.fee_assumed) == (date(2026, 9, 12), True)


def test_a_warning_of_the_ledgers_own_opens_no_way_to_the_agency() -> None:
    theirs = past_notices([from_ledger(kind="collection_warning", on="2026-09-17", deadline_on="2026-10-01")], [])
    decision = run(replace(RIPE, notices=theirs), date(2026, 10, 20), reminder=False)
    assert codes(decision) == ["ready_for_list_warning"]


def test_an_invoice_the_ledger_gave_to_an_agency_is_a_persons_question() -> None:
    assert collected_on([from_ledger(kind="collection")]) == date(2026, 9, 10)
    decision = run(replace(RIPE, ledger_collected_on=date(2026, 9, 10)), accept_ledger_dunning=True)
    assert decision.step == AskPerson(Question.LEDGER_DUNS_TOO)
    assert codes(decision) == ["ledger_collected"]


def test_money_at_the_bank_holds_everything_until_the_ledger_shows_it() -> None:
    warned = replace(RIPE, weekly_list=RELEASED, notices=(PastNotice(NoticeKind.COLLECTION_WARNING, ON, date(2026, 10, 1)),))
    for facts, on in ((RIPE, ON), (warned, date(2026, 10, 20))):
        held = run(replace(facts, bank_paid_ore=10_000, bank_paid_on=date(2026, 9, 16)), on)
        assert isinstance(held.step, Wait)
        assert codes(held) == ["bank_shows_payment"]
        assert "100,00 kr" in explain(held.reasons[0])
        assert "16.09.2026" in explain(held.reasons[0])
