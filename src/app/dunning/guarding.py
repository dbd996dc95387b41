"""What keeps an outward step in the house although its day has come: a book that is behind, money nobody has tied to an invoice, a run
that looks wrong. Pure; asked by the ladder of every step that leaves the house.
"""

from __future__ import annotations

from app.dunning.case import DAY, Answer, Case, ask
from app.dunning.facts import BookFault, RunHold
from app.dunning.reasons import Reason, because
from app.dunning.steps import Question

#: reasons that a later reading of the company's book takes away
BOOK_REASONS = (
    "book_sync_old", "book_bank_old", "book_bank_confirmed_old", "book_unposted", "book_vouchers_confirmed_old", "book_unallocated",
    "unallocated_money", "bank_shows_payment",
)  # fmt: skip

#: reasons that a person's word about a run takes away
RUN_REASONS = ("run_held", "run_cancelled")


def keeps_back(case: Case) -> Answer | None:
    """Wait until tomorrow with what must be put right first, ask a person, or None."""
    collected_on = case.facts.ledger_collected_on
    if collected_on is not None:
        return ask(Question.LEDGER_DUNS_TOO, because("ledger_collected", sent_on=collected_on))
    seen_on = case.facts.bank_paid_on
    if case.facts.bank_paid_ore > 0 and seen_on is not None:
        return case.wait(case.today + DAY, because("bank_shows_payment", paid_ore=case.facts.bank_paid_ore, paid_on=seen_on))
    faults = case.facts.book_faults
    if faults:
        return case.wait(case.today + DAY, *(_fault(one) for one in faults))
    money = case.facts.unallocated_ore
    if money > 0 and case.facts.unallocated_covers:
        return case.wait(case.today + DAY, because("unallocated_money", money_ore=money))
    return _run(case)


def remarks(case: Case) -> tuple[Reason, ...]:
    """What does not stop a step, and is said beside it: credits are shown and netted as advice, never silently."""
    facts = case.facts
    found: list[Reason] = []
    credit = facts.credit_note_ore + facts.unallocated_ore
    if credit > 0:
        found.append(because("credit_open", credit_ore=credit, net_ore=max(0, facts.remaining_ore - credit)))
    assumed = max((one.sent_on for one in facts.notices if one.fee_assumed), default=None)
    if assumed is not None:
        found.append(because("ledger_fee_assumed", sent_on=assumed))
    return tuple(found)


def _run(case: Case) -> Answer | None:
    facts = case.facts
    match facts.run_hold:
        case RunHold.HELD:
            return case.wait(case.today + DAY, because("run_held", held_on=facts.run_held_on or case.today))
        case RunHold.CANCELLED if facts.run_until is not None and case.today < facts.run_until:
            return case.wait(facts.run_until, because("run_cancelled", until_on=facts.run_until))
        case _:
            return None


def _fault(fault: BookFault) -> Reason:
    match fault.code:
        case "sync_old":
            return because("book_sync_old", read_on=fault.on or "")
        case "bank_old":
            return because("book_bank_old", matched_on=fault.on or "")
        case "bank_confirmed_old":
            return because("book_bank_confirmed_old", through_on=fault.on or "")
        case "unposted_confirmed_old":
            return because("book_vouchers_confirmed_old", through_on=fault.on or "")
        case "unposted_some":
            return because("book_unposted", number=fault.number, since_on=fault.on or "")
        case _:
            return because("book_unallocated", number=fault.number, amount_ore=fault.amount_ore)
