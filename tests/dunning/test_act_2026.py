"""The act of 2026, whole and in parts: who warns, what may be charged, and what an objection costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from app.dunning.engine import decide
from app.dunning.facts import ClaimFacts, ListState, ListVerdict, NoticeKind, PastNotice
from app.dunning.fees import FeeQuestion, allowed_fee, next_small_fee_on
from app.dunning.law import Law
from app.dunning.policies import STANDARD
from app.dunning.quote import quote
from app.dunning.statutes import ACT_1988, ACT_2026, InForce, Provision, composed
from app.dunning.statutes.rates import RATES, Figure
from app.values import calendar

FROM = date(2026, 7, 1)
DUE = date(2026, 9, 1)
DAY_14 = DUE + timedelta(days=14)
REGULATED = RATES.with_confirmed(Figure.CREDITOR_LETTER_FEE, FROM, date(2026, 12, 31), Decimal("40"), "a regulation under § 19")
LAW = Law(REGULATED, InForce(FROM))
BASE = {"principal": "10000.00", "due_date": "2026-09-01", "as_of": "2026-09-15", "debtor_kind": "business"}


def fee(kind: NoticeKind, on: date, *history: PastNotice, law: Law = LAW, objected: bool = False) -> tuple[int, str]:
    question = FeeQuestion(DUE, on, 100_000, history, objected=objected)
    found = allowed_fee(kind, question, law.statute_on(on), law.rates)
    return found.fee_ore, found.reason.code


def test_until_a_regulation_is_entered_a_creditors_own_letter_is_free_of_charge() -> None:
    bare = Law(RATES, InForce(FROM))
    assert fee(NoticeKind.REMINDER, DAY_14, law=bare) == (0, "fee_not_under_act")
    assert not bare.statute_on(DAY_14).creditor_fees


def test_a_confirmed_regulation_lets_one_letter_bear_its_fee_from_day_fourteen() -> None:
    assert fee(NoticeKind.REMINDER, DAY_14 - timedelta(days=1)) == (0, "fee_too_early")
    assert fee(NoticeKind.REMINDER, DAY_14) == (40_00, "fee_allowed")
    charged = PastNotice(NoticeKind.REMINDER, DAY_14, DAY_14 + timedelta(days=14), 40_00)
    for on in (date(2026, 10, 1), date(2026, 12, 30)):
        assert fee(NoticeKind.REMINDER, on, charged) == (0, "fee_ladder_used"), "what the regulation says of a second one is not known"
    assert fee(NoticeKind.COLLECTION_WARNING, DAY_14) == fee(NoticeKind.PAYMENT_DEMAND, DAY_14) == (0, "fee_not_under_act")
    statute = LAW.statute_on(DAY_14)
    assert next_small_fee_on(DUE, (), statute) == DAY_14
    assert next_small_fee_on(DUE, (charged,), statute) is None


def test_the_regulated_fee_ends_with_the_day_it_is_known_through() -> None:
    assert LAW.statute_on(date(2026, 12, 31)).fee_regulated
    assert not LAW.statute_on(date(2027, 1, 1)).creditor_fees


def test_an_objection_ends_all_fees_under_section_18_and_only_there() -> None:
    assert fee(NoticeKind.REMINDER, DAY_14, objected=True) == (0, "fee_objection")
    only_18 = Law(act_2026=InForce(single=((Provision.COSTS_ON_OBJECTION, FROM),)))
    assert fee(NoticeKind.REMINDER, DAY_14, law=only_18) == (38_00, "fee_allowed")
    assert fee(NoticeKind.REMINDER, DAY_14, law=only_18, objected=True) == (0, "fee_objection")
    assert fee(NoticeKind.REMINDER, DAY_14, law=Law(), objected=True) == (38_00, "fee_allowed")


@pytest.mark.parametrize("provision", list(Provision))
def test_each_provision_changes_what_it_is_about_and_nothing_else(provision: Provision) -> None:
    mixed = composed({provision})
    assert (mixed.code, mixed.provisions) == ("act_1988_2026", (provision.value,))
    about = {
        Provision.VULNERABLE_DEBTORS: mixed.considers_vulnerable,
        Provision.COSTS_ON_OBJECTION: mixed.costs_stop_on_objection,
        Provision.CREDITOR_LETTERS: not mixed.creditor_fees,
        Provision.AGENCY_WARNS: not mixed.creditor_may_warn,
        Provision.COORDINATION: mixed.collects_together,
    }
    assert [one for one, changed in about.items() if changed] == [provision]
    assert ("2026" in mixed.name) == (provision is Provision.AGENCY_WARNS), "the name follows the warning, whose wording it governs"


def test_nothing_is_the_old_act_and_everything_is_the_new_one() -> None:
    assert composed(()) is ACT_1988
    assert composed(Provision) is ACT_2026


def test_a_provision_with_a_day_of_its_own_may_come_before_or_after_the_act() -> None:
    in_force = InForce(date(2027, 1, 1), ((Provision.AGENCY_WARNS, date(2027, 7, 1)), (Provision.VULNERABLE_DEBTORS, date(2026, 10, 1))))
    assert in_force.on(date(2026, 9, 30)) == frozenset()
    assert in_force.on(date(2026, 10, 1)) == {Provision.VULNERABLE_DEBTORS}
    assert in_force.on(date(2027, 1, 1)) == frozenset(Provision) - {Provision.AGENCY_WARNS}
    assert in_force.on(date(2027, 7, 1)) == frozenset(Provision)


def test_with_the_warning_alone_the_agencys_the_claim_goes_there_and_reminders_keep_their_fee() -> None:
    law = Law(act_2026=InForce(single=((Provision.AGENCY_WARNS, FROM),)))
    facts = ClaimFacts(100_000, 100_000, DUE, ledger_synced_on=date(2026, 10, 12), weekly_list=ListVerdict(ListState.NONE))
    reminded = PastNotice(NoticeKind.REMINDER, date(2026, 9, 4), date(2026, 9, 11), 0)
    decision = decide(replace(facts, notices=(reminded,)), law.rules(STANDARD, date(2026, 10, 12)), calendar, date(2026, 10, 12))
    assert [one.code for one in decision.reasons] == ["ready_for_list_handover"]
    assert fee(NoticeKind.REMINDER, DAY_14, law=law) == (38_00, "fee_allowed")


def test_the_calculator_knows_the_act_in_parts_and_the_regulated_fee() -> None:
    assert quote(BASE)["statute"] == "act_1988"
    parts = quote(BASE, RATES, InForce(single=((Provision.CREDITOR_LETTERS, FROM),)))
    assert (parts["statute"], parts["allowed_fee_ore"]["reminder"], parts["earliest_fee_on"]) == ("act_1988_2026", 0, None)
    regulated = quote(BASE, REGULATED, FROM)
    assert regulated["allowed_fee_ore"] == {"reminder": 40_00, "collection_warning": 0, "payment_demand": 0}
    assert regulated["statute"] == "act_2026"
