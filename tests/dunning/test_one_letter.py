"""A debtor's invoices in one letter with one fee: each decided on by itself, told together, charged for once."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.dunning import holds, notices, overrides, policies
from app.dunning.claim_view import claim_detail
from app.dunning.facts import Channel, NoticeKind, PastNotice
from app.dunning.fees import FeeQuestion, allowed_fee
from app.dunning.models import Hold, Notice
from app.dunning.one_letter import INVOICES_MAX, Part, gather
from app.dunning.policy import StepKind
from app.dunning.statutes import ACT_1988
from app.dunning.statutes.rates import RATES
from app.dunning.steps import SendReminder
from app.dunning.tiers import Place
from support.town import Town

ISSUE, SEND = "dunning.issue_notice", "effects.perform_dunning"


@pytest.fixture
def charging(town: Town) -> Town:
    """A company whose reminder comes on day 14 with a fee, and then nothing for a long time."""
    with town.begin() as work:
        policy = policies.STANDARD.with_step(StepKind.REMINDER, after_days=14, deadline_days=14, fee=True)
        overrides.save(work, Place(town.company.id), policy.with_step(StepKind.COLLECTION_WARNING, after_days=60))
    return town


def several(town: Town, *overdue: int, **facts: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    customer = town.customer(**facts)
    return customer, [town.invoice(customer, overdue=days, amount_ore=100_000 * (n + 1)) for n, days in enumerate(overdue)]


def last(town: Town, invoice: dict[str, Any]) -> Notice:
    return town.notices(invoice)[-1]


def test_three_invoices_of_a_debtor_go_in_one_letter_with_one_fee(charging: Town) -> None:
    town = charging
    customer, invoices = several(town, 30, 20, 16)
    town.sync()
    (mail,) = town.outside.mails(customer["email"])
    for invoice in invoices:
        assert f"Faktura {invoice['number']}" in mail["text"]
    assert mail["text"].count("Purregebyr:") == 1
    told = [last(town, invoice) for invoice in invoices]
    assert [one.state for one in told] == ["sent"] * 3
    assert [one.fee_ore for one in told] == [38_00, 0, 0], "the oldest carries it"
    assert [one.carried_by for one in told] == [None, told[0].id, told[0].id]
    assert len({(one.document_id, one.payment_deadline, one.body) for one in told}) == 1
    asked_for = re.search(r"Å betale: ([\d\xa0]+),(\d\d)", mail["text"])
    assert asked_for is not None
    assert sum(one.total_ore for one in told) == int(re.sub(r"\D", "", "".join(asked_for.groups())))
    assert len(town.effects("dunning.notice_by_mail")) == 1
    reasons = [[reason["code"] for reason in one.reasons] for one in told]
    assert "fee_allowed" in reasons[0] and "fee_on_other_invoice" in reasons[1] and "fee_allowed" not in reasons[1]
    assert all("one_letter" in codes for codes in reasons)


def test_ringing_again_says_nothing_twice(charging: Town) -> None:
    town = charging
    customer, invoices = several(town, 30, 20)
    town.sync(ISSUE)
    for _ in range(2):
        for invoice in invoices:
            town.ring(ISSUE, notice_id=str(last(town, invoice).id))
        town.ring("dunning.evaluate_bureau")
        town.ring("dunning.sweep_bureau")
        town.ring("effects.sweep_bureau")
    assert len(town.outside.mails(customer["email"])) == 1
    assert [len(town.notices(invoice)) for invoice in invoices] == [1, 1]


def test_every_invoice_says_in_its_history_what_it_went_with(charging: Town) -> None:
    town = charging
    _, (old, new) = several(town, 30, 20)
    town.sync()
    with town.begin() as work:
        (first,), (second,) = (claim_detail(work, town.claim(one).id).notices for one in (old, new))
    assert (first.beside, first.fee_on) == ((str(new["number"]),), None)
    assert (second.beside, second.fee_on) == ((str(old["number"]),), str(old["number"]))
    assert [len(one.deliveries) for one in (first, second)] == [1, 1]


@pytest.mark.parametrize("what", ["paid", "stopped", "disputed"])
def test_what_keeps_one_back_before_the_letter_is_written_leaves_only_that_one_out(charging: Town, what: str) -> None:
    town = charging
    customer, (kept, other) = several(town, 30, 20)
    town.sync(ISSUE)
    claim = town.claim(kept)
    if what == "paid":
        town.pay(kept)
    else:
        with town.begin() as work:
            holds.place(work, claim.id, "Avtale", None) if what == "stopped" else holds.object_to(work, claim.id, "Varen kom aldri")
    town.ring("dunning.sweep_bureau")
    (mail,) = town.outside.mails(customer["email"])
    assert f"Faktura {kept['number']}" not in mail["text"]
    assert (last(town, kept).state, last(town, other).state) == ("cancelled", "sent")
    assert last(town, other).fee_ore == 38_00, "the one fee stands on the one that went"


@pytest.mark.parametrize("what", ["paid", "stopped", "disputed"])
def test_what_keeps_one_back_after_the_letter_is_written_has_it_written_anew_without_that_one(charging: Town, what: str) -> None:
    town = charging
    customer, (kept, *others) = several(town, 30, 20, 16)
    town.sync(SEND)
    assert last(town, kept).state == "issued"
    claim = town.claim(kept)
    if what == "paid":
        town.pay(kept)
    else:
        with town.begin() as work:
            holds.place(work, claim.id, "Avtale", None) if what == "stopped" else holds.object_to(work, claim.id, "Varen kom aldri")
    town.ring("effects.sweep_bureau")
    (mail,) = town.outside.mails(customer["email"])
    assert f"Faktura {kept['number']}" not in mail["text"]
    assert [last(town, one).state for one in (kept, *others)] == ["cancelled", "sent", "sent"]
    assert [(one.round, one.state, one.fee_ore) for one in town.notices(others[0])] == [(1, "cancelled", 0), (2, "sent", 38_00)]
    assert sum(last(town, one).fee_ore for one in others) == 38_00


def test_a_company_that_wants_a_letter_for_each_invoice_gets_that(charging: Town) -> None:
    town = charging
    with town.begin() as work:
        standing = policies.for_companies(work, [town.company.id])[town.company.id].policy
        overrides.save(work, Place(town.company.id), replace(standing, group_invoices=False))
    customer, invoices = several(town, 30, 20)
    town.sync()
    assert len(town.outside.mails(customer["email"])) == 2
    assert [last(town, one).fee_ore for one in invoices] == [38_00, 38_00]


def test_two_debtors_never_share_a_letter(charging: Town) -> None:
    town = charging
    (first, (one,)), (second, (other,)) = several(town, 30), several(town, 30)
    town.sync()
    assert [len(town.outside.mails(customer["email"])) for customer in (first, second)] == [1, 1]
    assert [last(town, invoice).carried_by for invoice in (one, other)] == [None, None]


def test_an_invoice_that_comes_later_the_same_day_is_told_of_without_a_second_fee(charging: Town) -> None:
    town = charging
    customer, (early,) = several(town, 30)
    town.sync()
    late = town.invoice(customer, overdue=20)
    town.sync()
    assert (last(town, early).fee_ore, last(town, late).fee_ore) == (38_00, 0)
    assert "fee_charged_today" in [reason["code"] for reason in last(town, late).reasons]


def test_what_falls_due_between_two_sending_days_goes_together(charging: Town) -> None:
    town = charging
    with town.begin() as work:
        standing = policies.for_companies(work, [town.company.id])[town.company.id].policy
        overrides.save(work, Place(town.company.id), replace(standing, send_weekdays=(town.clock.today().weekday(),)))
    town.next_day()
    customer, (first, second) = several(town, 14, 10)
    town.sync()
    assert town.outside.mails(customer["email"]) == []
    assert town.claim(first).reasons[0]["code"] == "no_sending_day"
    town.next_day(6)
    town.day()
    (mail,) = town.outside.mails(customer["email"])
    assert all(f"Faktura {one['number']}" in mail["text"] for one in (first, second))
    deadlines = [last(town, one).payment_deadline for one in (first, second)]
    assert all(on is not None and (on - town.clock.today()).days >= 14 for on in deadlines)


def test_nobody_knows_whether_a_letter_went_and_every_invoice_of_it_waits_for_one_answer(charging: Town) -> None:
    town = charging
    customer, invoices = several(town, 30, 20, address_lines=[], postal_code=None, city=None)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "drop_after_data"})
    town.sync()
    assert [last(town, one).state for one in invoices] == ["review", "review"]
    with town.begin() as work:
        assert len(work.session.execute(select(Hold).where(Hold.lifted_at.is_(None))).scalars().all()) >= 2
        notices.settle_doubt(work, last(town, invoices[1]).id, went=True)
    town.work_off()
    assert [last(town, one).state for one in invoices] == ["sent", "sent"]
    assert [town.claim(one).reasons[0]["code"] for one in invoices] == ["inside_deadline"] * 2


def test_a_letter_that_bounces_is_written_to_all_of_them_anew(charging: Town) -> None:
    town = charging
    customer, invoices = several(town, 30, 20)
    town.outside.control.put(f"/mail/addresses/{customer['email']}", {"mode": "reject"})
    town.sync()
    assert [[one.state for one in town.notices(invoice)] for invoice in invoices] == [["undeliverable", "sent"]] * 2
    assert len(town.outside.letters(customer["name"])) == 1
    assert sum(last(town, one).fee_ore for one in invoices) == 38_00


def test_an_answer_to_the_letter_stops_each_of_its_invoices_until_it_is_handled(charging: Town) -> None:
    from app.dunning import replies
    from app.messaging.models import InboundMail

    town = charging
    customer, invoices = several(town, 30, 20)
    town.sync()
    town.answer(customer["email"], "Dette stemmer ikke.")
    assert [town.claim(one).reasons[0]["code"] for one in invoices] == ["on_hold_open"] * 2
    with town.begin() as work:
        mail = work.session.execute(select(InboundMail).where(InboundMail.company_id == town.company.id)).scalar_one()
        replies.handle(work, mail.id, "Ringt")
    town.work_off()
    assert [town.claim(one).reasons[0]["code"] for one in invoices] == ["inside_deadline"] * 2


def test_the_agency_is_told_of_the_one_fee_once(town: Town) -> None:
    customer, invoices = several(town, 40, 30)
    town.straight_to_the_list()
    town.sync()
    town.until_listed()
    town.close_list()
    town.live_until(town.clock.today() + timedelta(days=30))
    cases = town.outside.cases(customer["name"])
    assert len(cases) == 2
    told = [last(town, one) for one in invoices]
    assert [one.kind for one in told] == ["collection_warning"] * 2
    assert sorted(one.fee_ore for one in told) == [0, 38_00]
    assert len(town.outside.letters(customer["name"])) == 1
    with town.begin() as work:
        from app.agencies.models import AgencyCase

        packages = work.session.execute(select(AgencyCase.package).where(AgencyCase.company_id == town.company.id)).scalars().all()
    assert sum(notice["fee_ore"] for package in packages for notice in package["notices"]) == 38_00
    assert all(package["notices"] for package in packages), "each case shows the letter"


# --- never more than the lawful sum ---------------------------------------------------------------------------------------------------

_TODAY = date(2026, 11, 2)
_AGES = st.integers(1, 90)
_PASTS = st.lists(st.tuples(st.integers(1, 250), st.sampled_from([7, 14, 21]), st.booleans()), max_size=3)


def _history(told: list[tuple[int, int, bool]]) -> tuple[PastNotice, ...]:
    """Letters of earlier days about this invoice; where one bore a fee, it stands here or on another invoice of the letter."""
    return tuple(
        PastNotice(NoticeKind.REMINDER, _TODAY - timedelta(days=ago), _TODAY - timedelta(days=ago - days), 38_00 if here else 0,
                   fee_elsewhere=not here)
        for ago, days, here in told
    )  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(_AGES, _PASTS), min_size=1, max_size=6))
def test_a_letter_never_costs_more_than_one_of_its_invoices_alone_may_be_charged(invoices: list[tuple[int, Any]]) -> None:
    parts, lawful = [], []
    for key, (age, past) in enumerate(invoices):
        due_on = _TODAY - timedelta(days=age)
        fee = allowed_fee(NoticeKind.REMINDER, FeeQuestion(due_on, _TODAY, 100_00, _history(past)), ACT_1988, RATES).fee_ore
        lawful.append(fee)
        parts.append(Part(key, due_on, SendReminder(1, _TODAY + timedelta(days=14 + key), fee)))
    letter = gather(parts[-1], parts[:-1])
    assert letter.fee_ore <= max(lawful)
    assert letter.fee_ore == letter.parts[0].step.fee_ore, "it stands on an invoice that may bear it"
    assert letter.payment_deadline >= max(part.step.payment_deadline for part in letter.parts)
    assert {letter} == {gather(one, parts) for one in parts}, "whoever rings first, the letter is the same"
    assert gather(parts[0], parts, charged_today=True).fee_ore == 0


@settings(deadline=None, max_examples=100)
@given(_PASTS.filter(bool))
def test_a_fee_on_another_invoice_of_the_letter_counts_in_the_caps_as_its_own_would(past: Any) -> None:
    def fee(elsewhere: bool) -> int:
        history = _history([(ago, days, not elsewhere) for ago, days, _ in past])
        return allowed_fee(NoticeKind.REMINDER, FeeQuestion(_TODAY - timedelta(days=300), _TODAY, 100_00, history), ACT_1988, RATES).fee_ore

    assert fee(elsewhere=True) == fee(elsewhere=False)


def test_only_the_same_kind_of_notice_goes_along() -> None:
    asked = Part(1, _TODAY, SendReminder(1, _TODAY, tone="friendly"), "road")
    firm = Part(2, _TODAY, SendReminder(2, _TODAY, tone="firm"), "road")
    by_letter = Part(3, _TODAY, SendReminder(1, _TODAY, tone="friendly", channels=(Channel.LETTER,)), "road")
    elsewhere = Part(4, _TODAY, SendReminder(1, _TODAY, tone="friendly"), "another road")
    free_of_interest = Part(5, _TODAY, SendReminder(1, _TODAY, tone="friendly", interest=False), "road")
    assert gather(asked, [firm, by_letter, elsewhere, free_of_interest]).parts == (asked,)


def test_a_letter_has_an_end() -> None:
    parts = [Part(n, _TODAY - timedelta(days=n), SendReminder(1, _TODAY)) for n in range(INVOICES_MAX + 5)]
    letter = gather(parts[0], parts)
    assert len(letter.parts) == INVOICES_MAX and parts[0] in letter.parts
    assert parts[-1] in letter.parts, "the oldest go first"


def test_written_in_the_evening_the_whole_letter_is_tomorrows(charging: Town) -> None:
    town = charging
    customer, invoices = several(town, 30, 20)
    town.move_to(town.clock.today(), time(20, 55))
    town.sync(SEND)
    town.next_day(at=time(8, 10))
    town.ring("effects.sweep_bureau")
    assert [[one.state for one in town.notices(invoice)] for invoice in invoices] == [["cancelled", "sent"]] * 2
    assert len(town.outside.mails(customer["email"])) == 1
