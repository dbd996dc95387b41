"""The simulated year: lawful, the same by seed, and full of things; and a witness who sees every fault that is planted in the engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from click.testing import CliRunner

from app.cli import main
from app.dunning.facts import AgencyStanding, ClaimFacts, Insolvency
from app.dunning.one_letter import OneLetter, Part, gather
from app.dunning.policy import ApprovalMode, Policy, Rules, StepKind
from app.dunning.statutes import ACT_1988, Statute
from app.dunning.statutes.rates import RATES, Figure, Rates
from app.dunning.steps import Decision, SendCollectionWarning, SendReminder, Wait
from app.simulation.house import Engine, real_engine, rules_of_law
from app.simulation.year import Outcome, simulate
from app.values import calendar

DAYS, COMPANIES, SEED = 400, 18, 1
#: enough of a year for a planted fault to show
DAYS_OF_A_FAULT = 100
RulesOf = Callable[[Policy, date], Rules]


@pytest.fixture(scope="module")
def year() -> Outcome:
    return simulate(DAYS, COMPANIES, SEED)


def test_a_year_of_everything_breaks_no_law(year: Outcome) -> None:
    assert year.wrong == ()


def test_a_year_in_which_nothing_happens_would_show_nothing(year: Outcome) -> None:
    rare = {name: count for name, count in year.counts.items() if count < 10}
    assert rare == {}


def test_the_same_seed_is_the_same_year_to_the_letter() -> None:
    first, again, other = (simulate(60, 4, seed) for seed in (7, 7, 8))
    assert first == again
    assert first.digest != other.digest


def under(statute: Statute, rates: Rates = RATES) -> RulesOf:
    return lambda policy, day: policy.within(statute, rates)


def greedy(statute: Statute) -> RulesOf:
    """A fee wished for at every step, and nothing of it refused beforehand: what is charged is up to the ladder of fees alone."""

    def rules(policy: Policy, day: date) -> Rules:
        lawful = policy.within(statute, RATES)
        steps = tuple(replace(step, fee=step.kind is not StepKind.PHONE_CALL) for step in lawful.steps)
        return replace(lawful, followed=replace(lawful.followed, steps=steps))

    return rules


def with_facts(**changes: object) -> Engine:
    """The real engine, which is told something else than what is."""
    return lambda facts, rules, today: real_engine(replace(facts, **changes), rules, today)  # type: ignore[arg-type]


def with_forgotten_fees(facts: ClaimFacts, rules: Rules, today: date) -> Decision:
    return real_engine(replace(facts, notices=tuple(replace(one, fee_ore=0) for one in facts.notices)), rules, today)


def charging_from(day: int) -> Engine:
    """A fee on every notice from that day after due on."""

    def engine(facts: ClaimFacts, rules: Rules, today: date) -> Decision:
        decision = real_engine(facts, rules, today)
        if facts.due_on is None or not isinstance(decision.step, SendReminder | SendCollectionWarning):
            return decision
        late = (today - calendar.next_business_day(facts.due_on)).days
        return replace(decision, step=replace(decision.step, fee_ore=35_00)) if late >= day else decision

    return engine


def with_a_blind_eye_for_payments(facts: ClaimFacts, rules: Rules, today: date) -> Decision:
    return real_engine(replace(facts, remaining_ore=facts.original_ore), rules, today)


def asleep(facts: ClaimFacts, rules: Rules, today: date) -> Decision:
    decision = real_engine(facts, rules, today)
    if isinstance(decision.step, Wait):
        late = decision.step.until + timedelta(days=10)
        return Decision(Wait(late), decision.reasons, late)
    return decision


def standing_still(facts: ClaimFacts, rules: Rules, today: date) -> Decision:
    decision = real_engine(facts, rules, today)
    return Decision(Wait(today), decision.reasons, today) if isinstance(decision.step, Wait) else decision


def asking_nobody(policy: Policy, day: date) -> Rules:
    return rules_of_law(replace(policy, approval=ApprovalMode.NONE), day)


def charging_early(policy: Policy, day: date) -> Rules:
    """Interest at twice the rate."""
    rates = RATES
    for first, last in (
        (date(2025, 7, 1), date(2025, 12, 31)),
        (date(2026, 1, 1), date(2026, 6, 30)),
        (date(2026, 7, 1), date(2026, 12, 31)),
    ):
        rates = rates.with_confirmed(Figure.LATE_INTEREST, first, last, Decimal(24), "a mistake")
    return policy.within(ACT_1988, rates)


#: what is wrong, the engine or the rules it is wrong with, and a word of what the witness must say
FAULTS: dict[str, tuple[Engine, RulesOf, str]] = {
    "fees from day 13": (charging_from(13), rules_of_law, "a fee of"),
    "ten days to pay": (real_engine, under(replace(ACT_1988, deadline_days_min=10)), "less than fourteen days"),
    "no days of grace": (real_engine, under(replace(ACT_1988, grace_business_days=0)), "before a payment of its last day"),
    "every notice has a fee": (charging_from(14), rules_of_law, "a fee of"),
    "fees are forgotten": (with_forgotten_fees, greedy(ACT_1988), "a fee of"),
    "objections do not count": (with_facts(disputed=False), rules_of_law, "although the debtor has objected"),
    "stops do not count": (with_facts(hold=None), rules_of_law, "although somebody has stopped"),
    "promises do not count": (with_facts(extended_to=None), rules_of_law, "before the day the debtor was given"),
    "payments do not count": (with_a_blind_eye_for_payments, rules_of_law, "who has paid"),
    "bankruptcies do not count": (with_facts(insolvency=Insolvency.NONE), rules_of_law, "insolvent"),
    "the agency is forgotten": (with_facts(agency=AgencyStanding.NONE), rules_of_law, "with the agency"),
    "the day to act is named too late": (asleep, rules_of_law, "was to rest until"),
    "a wait that does not pass": (standing_still, rules_of_law, "waits for a day that has passed"),
    "nobody is asked first": (real_engine, asking_nobody, "approvals"),
    "interest at twice the rate": (real_engine, charging_early, "has run"),
    "the rate of next year": (
        real_engine,
        under(ACT_1988, RATES.with_confirmed(Figure.COLLECTION_RATE, date(2025, 1, 1), date(2025, 12, 31), Decimal(750), "a mistake")),
        "a fee of",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_witness_sees_a_planted_fault(fault: str) -> None:
    engine, rules_of, word = FAULTS[fault]
    wrong = simulate(DAYS_OF_A_FAULT, COMPANIES, SEED, engine=engine, rules_of=rules_of).wrong
    assert any(word in line for line in wrong), f"of {len(wrong)} faults seen none says {word!r}: {wrong[:3]}"


class ChargedForEach(OneLetter[int]):
    """A letter whose every invoice is charged for."""

    @property
    def fees(self) -> dict[int, int]:
        return {part.key: part.step.fee_ore for part in self.parts if part.step.fee_ore}


def charging_for_each(asked: Part[int], others: Sequence[Part[int]]) -> OneLetter[int]:
    letter = gather(asked, others)
    return ChargedForEach(letter.parts, letter.fee_ore, letter.payment_deadline)


def test_the_witness_sees_a_letter_charged_for_once_for_each_of_its_invoices() -> None:
    wrong = simulate(DAYS_OF_A_FAULT, COMPANIES, SEED, together=charging_for_each).wrong
    assert any("in one letter where" in line for line in wrong), wrong[:3]


def test_the_witness_sees_a_shared_fee_that_is_forgotten() -> None:
    def forgetful(facts: ClaimFacts, rules: Rules, today: date) -> Decision:
        return real_engine(replace(facts, notices=tuple(replace(one, fee_elsewhere=False) for one in facts.notices)), rules, today)

    wrong = simulate(DAYS, COMPANIES, SEED, engine=forgetful, rules_of=greedy(ACT_1988)).wrong
    assert any("a fee of" in line for line in wrong), wrong[:3]


def test_the_command_tells_programs_and_people() -> None:
    asked = CliRunner().invoke(main, ["simulate", "--days", "90", "--companies", "3", "--seed", "5", "--json"])
    assert asked.exit_code == 0, asked.output
    told = json.loads(asked.stdout)
    assert told["violations"] == 0
    assert (told["seed"], told["days"], told["companies"]) == (5, 90, 3)
    assert {"notices", "handovers", "payments", "disputes", "postings", "digest"} <= set(told)
    assert told["notices"] > 0
    in_words = CliRunner().invoke(main, ["simulate", "--days", "90", "--companies", "3", "--seed", "5"]).stdout
    assert "Nothing was unlawful." in in_words
    assert told["digest"] in in_words
