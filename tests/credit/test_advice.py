"""The advice: few rules, each with its figures; persons are never declined by a rule, and nothing absent counts as zero."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.credit.advice import Advice, Advised, History, advise, explain
from app.credit.ports import AccountsAnswer, AnnualAccounts, Insolvency, RegisterEntry
from app.credit.reason_texts import REASON_SOURCES, REASON_TEXTS

TODAY = date(2026, 11, 23)
SEEN = datetime(2026, 11, 23, 8, tzinfo=UTC)
ENTRY = RegisterEntry(
    "974760673", "ØST BYGG AS", "AS", Insolvency.NONE, None, date(2015, 2, 14), date(2015, 3, 2), True, 12, None, (), None, None, SEEN
)
YEAR = AnnualAccounts(
    "1", "SELSKAP", date(2025, 12, 31), "NOK", True, revenue=10_000_000_00, operating_result=900_000_00, result=650_000_00,
    assets=5_000_000_00, current_assets=3_000_000_00, cash=1_000_000_00, equity=2_000_000_00, debt=3_000_000_00, current_debt=2_200_000_00,
)  # fmt: skip
NOTHING = History(TODAY)
GOOD = History(TODAY, paid_count=12, average_delay_days=2)


def answer(*years: AnnualAccounts, available: bool = True) -> AccountsAnswer:
    return AccountsAnswer(years, available, None, SEEN)


def advice(
    entry: RegisterEntry | None = ENTRY, accounts: AccountsAnswer | None = None, history: History = NOTHING, order_ore: int = 50_000_00
) -> Advice:
    return advise(entry, answer(YEAR) if accounts is None else accounts, history, order_ore, TODAY)


def codes(given: Advice) -> list[str]:
    return [reason.code for reason in given.reasons]


def test_a_sound_company_gets_credit_up_to_the_smaller_share() -> None:
    given = advice()
    # 10 % of the equity is 200 000, 25 % of (3 000 000 - 2 200 000) is 200 000
    assert (given.advice, given.limit_ore, given.upfront_ore) == (Advised.OPEN_CREDIT, 200_000_00, 0)
    assert codes(given) == ["limit_by_equity", "limit_by_liquidity", "no_history", "within_limit"]


def test_the_smaller_of_the_two_shares_sets_the_limit() -> None:
    assert advice(accounts=answer(replace(YEAR, current_debt=2_600_000_00))).limit_ore == 100_000_00
    assert advice(accounts=answer(replace(YEAR, equity=1_239_999_99))).limit_ore == 123_000_00


def test_open_registers_alone_give_no_more_than_the_cap() -> None:
    rich = replace(YEAR, equity=90_000_000_00, current_assets=80_000_000_00)
    given = advice(accounts=answer(rich))
    assert given.limit_ore == 500_000_00
    assert "limit_cap" in codes(given)


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Insolvency.BANKRUPT, "bankrupt"),
        (Insolvency.COMPULSORY_LIQUIDATION, "compulsory_liquidation"),
        (Insolvency.DELETED, "deleted"),
        (Insolvency.REMOVED, "removed"),
    ],
)
def test_an_insolvent_or_gone_company_is_declined(standing: Insolvency, code: str) -> None:
    given = advise(replace(ENTRY, insolvency=standing), None, GOOD, 50_000_00, TODAY)
    assert (given.advice, given.limit_ore, codes(given)) == (Advised.DECLINE, 0, [code])


def test_a_number_that_belongs_to_nobody_is_declined() -> None:
    given = advise(None, None, NOTHING, 50_000_00, TODAY)
    assert (given.advice, codes(given)) == (Advised.DECLINE, ["no_such_unit"])


def test_a_company_its_owners_wind_up_pays_in_advance_whatever_its_figures() -> None:
    given = advice(replace(ENTRY, insolvency=Insolvency.LIQUIDATION))
    assert (given.advice, given.upfront_ore) == (Advised.PREPAYMENT, 50_000_00)


@pytest.mark.parametrize("standing", list(Insolvency))
def test_a_sole_proprietor_is_never_declined_by_a_rule(standing: Insolvency) -> None:
    given = advise(replace(ENTRY, form="ENK", insolvency=standing), None, NOTHING, 50_000_00, TODAY)
    assert (given.advice, given.limit_ore) == (Advised.ASK_PERSON, None)
    assert "sole_proprietor" in codes(given)


@pytest.mark.parametrize(
    ("accounts", "code"),
    [
        (answer(available=False), "accounts_not_published"),
        (answer(replace(YEAR, kind="KONSERN")), "only_group_accounts"),
        (answer(replace(YEAR, currency="USD")), "foreign_currency"),
        (answer(replace(YEAR, equity=None)), "equity_unknown"),
        (answer(replace(YEAR, period_to=date(2024, 12, 31))), "stale"),
        (answer(replace(YEAR, period_to=date(2025, 5, 22))), "stale"),
    ],
)
def test_without_a_basis_a_person_decides(accounts: AccountsAnswer, code: str) -> None:
    given = advice(accounts=accounts)
    assert (given.advice, given.limit_ore, given.upfront_ore) == (Advised.ASK_PERSON, None, None)
    assert code in codes(given)


def test_figures_of_eighteen_months_are_still_a_basis() -> None:
    assert "stale" not in codes(advice(accounts=answer(replace(YEAR, period_to=date(2025, 5, 31)))))


def test_negative_equity_means_part_payment_and_a_low_limit() -> None:
    given = advice(accounts=answer(replace(YEAR, equity=-200_000_00)))
    assert (given.advice, given.limit_ore, given.upfront_ore) == (Advised.PART_PAYMENT, 10_000_00, 40_000_00)
    assert codes(given)[:2] == ["negative_equity", "low_limit"]


def test_a_small_order_on_a_weak_basis_is_half_paid_at_signing() -> None:
    given = advice(accounts=answer(replace(YEAR, equity=-1)), order_ore=4_001)
    assert (given.advice, given.upfront_ore) == (Advised.PART_PAYMENT, 2_001)


def test_current_debt_above_current_assets_is_a_weak_basis() -> None:
    given = advice(accounts=answer(replace(YEAR, current_debt=3_100_000_00)))
    assert (given.advice, given.limit_ore) == (Advised.PART_PAYMENT, 10_000_00)
    assert "weak_liquidity" in codes(given)


def test_an_absent_figure_is_not_zero() -> None:
    given = advice(accounts=answer(replace(YEAR, current_assets=None)))
    assert (given.advice, given.limit_ore) == (Advised.OPEN_CREDIT, 200_000_00)
    assert "liquidity_unknown" in codes(given)


def test_a_company_of_less_than_a_year_pays_in_part() -> None:
    young = replace(ENTRY, founded_on=date(2025, 12, 1), registered_on=date(2025, 12, 9))
    given = advice(young, accounts=answer())
    assert (given.advice, given.limit_ore) == (Advised.PART_PAYMENT, 10_000_00)
    assert codes(given)[:2] == ["young", "no_accounts"]
    assert "young" not in codes(advice(replace(young, founded_on=date(2025, 11, 23))))


def test_a_company_that_never_filed_although_it_had_to_pays_in_part() -> None:
    given = advice(replace(ENTRY, founded_on=date(2022, 5, 1)), accounts=answer())
    assert given.advice is Advised.PART_PAYMENT
    [overdue] = [reason for reason in given.reasons if reason.code == "accounts_overdue"]
    assert overdue.params == {"due_on": "2024-06-30"}


def test_a_company_that_need_not_have_filed_yet_is_a_persons_question() -> None:
    given = advice(replace(ENTRY, founded_on=date(2025, 6, 1)), accounts=answer())
    assert (given.advice, codes(given)[0]) == (Advised.ASK_PERSON, "no_accounts")


def test_an_association_without_accounts_is_not_overdue() -> None:
    assert advice(replace(ENTRY, form="FLI"), accounts=answer()).advice is Advised.ASK_PERSON


def test_an_order_above_the_limit_is_paid_in_part_for_the_excess() -> None:
    given = advice(order_ore=260_000_00, history=replace(GOOD, open_ore=20_000_00))
    assert (given.advice, given.limit_ore, given.upfront_ore) == (Advised.PART_PAYMENT, 200_000_00, 80_000_00)


def test_an_order_when_the_limit_is_used_up_is_paid_in_advance() -> None:
    given = advice(order_ore=10_000_00, history=replace(GOOD, open_ore=300_000_00))
    assert (given.advice, given.upfront_ore) == (Advised.PREPAYMENT, 10_000_00)


@pytest.mark.parametrize(
    "late",
    [
        replace(GOOD, average_delay_days=15),
        replace(GOOD, open_ore=1_000_00, overdue_ore=1_000_00, overdue_count=1, oldest_overdue_days=15),
    ],
)
def test_who_pays_this_company_late_gets_half_the_limit_and_pays_in_part(late: History) -> None:
    given = advice(history=late)
    assert (given.advice, given.limit_ore, given.upfront_ore) == (Advised.PART_PAYMENT, 100_000_00, 25_000_00)


def test_a_fortnight_late_is_not_yet_late() -> None:
    assert advice(history=replace(GOOD, average_delay_days=14)).advice is Advised.OPEN_CREDIT


def test_the_newest_accounts_of_the_company_itself_count() -> None:
    old = replace(YEAR, period_to=date(2024, 12, 31), equity=-1)
    group = replace(YEAR, kind="KONSERN", equity=90_000_000_00)
    assert advice(accounts=answer(group, old, YEAR)).limit_ore == 200_000_00


def test_every_figure_has_its_date_and_source() -> None:
    for given in (advice(history=GOOD), advice(accounts=answer(replace(YEAR, equity=-1))), advice(accounts=answer())):
        for reason in given.reasons:
            assert reason.source or reason.code in ("low_limit", "limit_cap", "limit_halved", "within_limit", "over_limit")
    by_code = {reason.code: reason for reason in advice(history=GOOD).reasons}
    assert (by_code["limit_by_equity"].figure_on, by_code["limit_by_equity"].source) == (date(2025, 12, 31), "Regnskapsregisteret")
    assert by_code["pays_on_time"].figure_on == TODAY


def test_every_code_has_words_and_every_word_its_figures() -> None:
    assert set(REASON_SOURCES) <= set(REASON_TEXTS)
    for given in (advice(), advice(accounts=answer(replace(YEAR, equity=-1))), advice(replace(ENTRY, form="ENK"))):
        for reason in given.reasons:
            assert "{" not in explain(reason.code, reason.params)
    assert explain("negative_equity", {"equity_ore": -200_000_00}) == "The equity is negative: \u2212200\u00a0000,00 kr."
    assert explain("accounts_overdue", {"due_on": "2024-06-30"}) == "The accounts due on 30.06.2024 have not been filed."
