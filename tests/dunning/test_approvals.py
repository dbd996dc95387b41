"""A person's yes before a step: asked once, by mail and on the page, answered, refused, passed on, and never waited for in vain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.scope import Actor
from app.dunning import approval_view, approvals, holds, overrides, owners
from app.dunning.approval_models import ApprovalRequest, ApprovalVerdict
from app.dunning.approvals import ApprovalError, Voice
from app.dunning.models import Hold
from app.dunning.policies import STANDARD
from app.dunning.policy import ApprovalMode, HandoverConsent, Policy, Silence, StepKind
from app.dunning.tiers import Place
from app.tenants import absences
from app.tenants.models import AuditEntry, User
from app.values.ids import new_id
from support import make
from support.town import Town

STRICT = replace(STANDARD, approval=ApprovalMode.MANAGER)


@pytest.fixture
def seller(town: Town) -> User:
    """The company's own account manager."""
    return make.member(town.house.database, town.bureau, company=town.company, name="Siv Selger")


@pytest.fixture
def bookkeeper(town: Town) -> User:
    return make.member(town.house.database, town.bureau, role="manager", name="Rolf Reskontro")


@pytest.fixture
def stand_in(town: Town) -> User:
    return make.member(town.house.database, town.bureau, role="manager", name="Vera Vikar")


@pytest.fixture
def named(town: Town, seller: User, bookkeeper: User, stand_in: User) -> None:
    town.next_day(0 if town.clock.today().weekday() < 4 else 7 - town.clock.today().weekday())
    with town.begin() as work:
        overrides.save(work, Place(town.company.id), STRICT)
        owners.name_company(work, town.company.id, account_manager=seller.id, ledger_owner=bookkeeper.id, backup=stand_in.id)
    town.work_off()


@pytest.fixture
def invoice(town: Town, named: None) -> dict[str, Any]:
    """Ripe for its reminder on the first day."""
    made = town.invoice(town.customer(), overdue=5)
    town.sync()
    town.day()
    return made


def requests(town: Town) -> list[ApprovalRequest]:
    with town.begin() as work:
        return list(work.session.execute(select(ApprovalRequest).order_by(ApprovalRequest.id)).scalars())


def verdicts(town: Town) -> list[str]:
    with town.begin() as work:
        return list(work.session.execute(select(ApprovalVerdict.verdict).order_by(ApprovalVerdict.id)).scalars())


def say(town: Town, who: User, *, yes: bool, reason: str = "", **more: Any) -> int:
    ids = [one.id for one in requests(town) if one.closed_at is None]
    with town.house.database.begin(town.scope, Actor("user", who.id, who.name)) as work:
        count = approvals.answer(work, Voice(who.id), ids, yes=yes, reason=reason, **more)
    town.work_off()
    return count


def business_days(town: Town, count: int) -> None:
    for _ in range(count):
        town.next_day(1 if town.clock.today().weekday() < 4 else 7 - town.clock.today().weekday())
        town.day()


def test_a_reminder_waits_for_the_account_manager_who_is_asked_once_and_by_mail(town: Town, invoice: dict[str, Any], seller: User) -> None:
    claim = town.claim(invoice)
    assert (claim.step, [reason["code"] for reason in claim.reasons][:2]) == ("ask_person", ["approval_waits", "approval_asked_manager"])
    town.day()
    assert [(one.step, one.approver, one.asked_id) for one in requests(town)] == [("send_reminder", "manager", seller.id)]
    (mail,) = town.outside.mails(seller.email)
    assert "Venter på ditt ja" in mail["subject"]
    assert town.notices(invoice) == []


def test_a_yes_lets_it_go_and_the_notice_says_by_whom(town: Town, invoice: dict[str, Any], seller: User) -> None:
    assert say(town, seller, yes=True) == 1
    assert say(town, seller, yes=True) == 0, "an answer is given once"
    town.day()
    (notice,) = town.notices(invoice)
    assert (notice.state, notice.kind) == ("sent", "reminder")
    given = next(reason for reason in notice.reasons if reason["code"] == "approval_given")
    assert given["params"]["who"] == "Siv Selger"
    assert verdicts(town) == ["yes"]


def test_a_no_needs_a_reason_and_stops_the_claim_until_it_is_let_go_and_asked_again(
    town: Town, invoice: dict[str, Any], seller: User
) -> None:
    with pytest.raises(ApprovalError) as refused:
        say(town, seller, yes=False)
    assert refused.value.field == "reason"
    until = town.clock.today() + timedelta(days=10)
    say(town, seller, yes=False, reason="Vi møter kunden på mandag", until=until)
    claim = town.claim(invoice)
    assert claim.reasons[0]["code"] == "on_hold"
    with town.begin() as work:
        hold = work.session.execute(select(Hold)).scalar_one()
        assert (hold.reason, hold.until, hold.placed_by) == ("Vi møter kunden på mandag", until, "Siv Selger")
        assert holds.lift(work, claim.id)
    town.work_off()
    assert [(one.turn, one.closed_at is None) for one in requests(town)] == [(1, False), (2, True)]
    with town.begin() as work:
        said = work.session.execute(select(AuditEntry.action).where(AuditEntry.action.like("approval.%"))).scalars().all()
    assert list(said) == ["approval.refused"]


def test_nobody_answers_for_somebody_else(town: Town, invoice: dict[str, Any], bookkeeper: User) -> None:
    (request,) = requests(town)
    with town.begin() as work:
        with pytest.raises(PermissionError):
            approvals.answer(work, Voice(bookkeeper.id, for_bureau=True), [request.id], yes=True)
        assert approvals.answer(work, Voice(None, for_bureau=True, for_anybody=True), [request.id], yes=True) == 1


def test_what_is_paid_or_stopped_is_not_asked_about_any_more(town: Town, invoice: dict[str, Any], seller: User) -> None:
    with town.begin() as work:
        holds.place(work, town.claim(invoice).id, "Vent", None)
    town.work_off()
    assert [one.closed_at is None for one in requests(town)] == [False]
    assert say(town, seller, yes=True) == 0


def test_whoever_is_away_is_stood_in_for_and_has_his_question_back_when_he_returns(
    town: Town, invoice: dict[str, Any], seller: User, stand_in: User
) -> None:
    with town.begin() as work:
        away = absences.place(work, seller.id, town.clock.today(), town.clock.today() + timedelta(days=30), None)
    town.day()
    assert [one.asked_id for one in requests(town)] == [stand_in.id]
    assert "Siv Selger" in town.outside.mails(stand_in.email)[0]["text"]
    assert town.claim(invoice).reasons[1]["params"]["who"] == "Vera Vikar"
    with town.begin() as work:
        absences.end(work, away.id)
    town.day()
    assert [one.asked_id for one in requests(town)] == [seller.id]


def test_a_new_question_goes_to_the_stand_in_at_once(town: Town, named: None, seller: User, bookkeeper: User) -> None:
    with town.begin() as work:
        absences.place(work, seller.id, town.clock.today(), town.clock.today() + timedelta(days=30), bookkeeper.id)
    town.invoice(town.customer(), overdue=5)
    town.sync()
    assert [(one.owner_id, one.asked_id) for one in requests(town)] == [(seller.id, bookkeeper.id)]


def test_two_who_stand_in_for_each_other_are_nobody() -> None:
    kari, ola, per = (new_id() for _ in range(3))
    assert absences.stand_in(kari, {}) == kari
    assert absences.stand_in(kari, {kari: ola, ola: per}) == per
    assert absences.stand_in(kari, {kari: ola, ola: kari}) is None
    assert absences.stand_in(kari, {kari: None}, per) == per
    assert absences.stand_in(kari, {kari: None}) is None


@pytest.mark.parametrize("rule", [Silence.GO_ON, Silence.HOLD])
def test_silence_goes_on_or_holds_as_the_company_chose(town: Town, invoice: dict[str, Any], rule: Silence, seller: User) -> None:
    with town.begin() as work:
        overrides.save(work, Place(town.company.id), replace(STRICT, approval_silence=rule, approval_silence_days=3))
    town.work_off()
    business_days(town, 2)
    assert town.notices(invoice) == []
    business_days(town, 1)
    sent = [notice.state for notice in town.notices(invoice)]
    assert sent == (["sent"] if rule is Silence.GO_ON else [])
    assert verdicts(town) == (["silence"] if rule is Silence.GO_ON else [])
    assert len(town.outside.mails(seller.email)) == 2, "he has been reminded once"


def test_silence_is_passed_on_to_the_backup_who_then_is_asked(town: Town, invoice: dict[str, Any], stand_in: User) -> None:
    with town.begin() as work:
        overrides.save(work, Place(town.company.id), replace(STRICT, approval_silence=Silence.ESCALATE, approval_silence_days=2))
    town.work_off()
    business_days(town, 2)
    assert [one.asked_id for one in requests(town)] == [stand_in.id]
    assert town.claim(invoice).reasons[1]["code"] == "approval_escalated"
    assert say(town, stand_in, yes=True) == 1
    town.day()
    assert [notice.state for notice in town.notices(invoice)] == ["sent"]


def test_a_debtor_may_have_people_of_its_own(town: Town, invoice: dict[str, Any], bookkeeper: User) -> None:
    with town.begin() as work:
        owners.name_debtor(work, town.claim(invoice).debtor_id, account_manager=bookkeeper.id, ledger_owner=None)
    town.work_off()
    assert [one.asked_id for one in requests(town)] == [bookkeeper.id]


def test_a_handover_that_needs_a_person_can_be_given_its_yes(town: Town, seller: User, bookkeeper: User) -> None:
    with town.begin() as work:
        overrides.save(work, Place(town.company.id), replace(Policy().without(StepKind.REMINDER), handover_consent=HandoverConsent.PERSON))
        owners.name_company(work, town.company.id, account_manager=seller.id, ledger_owner=bookkeeper.id, backup=None)
    customer = town.customer()
    town.invoice(customer, overdue=15)
    town.until_listed()
    town.live_until(town.clock.today() + timedelta(days=35))
    assert [(one.step, one.approver, one.asked_id) for one in requests(town)] == [("hand_over", "bureau", bookkeeper.id)]
    assert town.outside.cases(customer["name"]) == []
    assert say(town, bookkeeper, yes=True) == 1
    town.day()
    assert len(town.outside.cases(customer["name"])) == 1


def test_the_cost_of_waiting_is_days_times_principal_times_rate(town: Town, invoice: dict[str, Any], seller: User) -> None:
    asked_on = town.clock.today()
    business_days(town, 3)
    days = (town.clock.today() - asked_on).days
    with town.begin() as work:
        (waits,) = approval_view.waiting(work)
        by_company, by_person = approval_view.lost(work, asked_on)
    expected = round(1_000_000 * days * 0.1225 / 365) if asked_on >= date(2026, 7, 1) else None
    assert waits.days == days
    assert expected is None or waits.lost_ore == expected
    assert [(line.lost.days, line.lost.still_open, line.lost.ore) for line in by_company] == [(days, 1, waits.lost_ore)]
    assert [line.approver_name for line in by_person] == ["Siv Selger"]
    say(town, seller, yes=True)
    town.next_day(5)
    with town.begin() as work:
        ((line,), _) = approval_view.lost(work, asked_on)
    assert (line.lost.days, line.lost.still_open) == (days, 0), "an answer ends the waiting"


def test_companies_with_nobody_to_turn_to_are_flagged(town: Town, named: None, seller: User, bookkeeper: User, stand_in: User) -> None:
    with town.begin() as work:
        assert owners.uncovered(work) == []
        for person in (seller, bookkeeper, stand_in):
            absences.place(work, person.id, town.clock.today(), town.clock.today(), None)
        (flagged,) = owners.uncovered(work)
        assert (flagged.no_backup, flagged.all_away) == (False, True)
        owners.name_company(work, town.company.id, account_manager=None, ledger_owner=None, backup=None)
        (flagged,) = owners.uncovered(work)
        assert flagged.no_backup


def test_only_people_with_a_place_here_can_be_named(town: Town, named: None) -> None:
    stranger = make.member(town.house.database, make.bureau(town.house.database))
    with town.begin() as work:
        with pytest.raises(owners.OwnerError):
            owners.name_company(work, town.company.id, account_manager=stranger.id, ledger_owner=None, backup=None)
        with pytest.raises(absences.AbsenceError):
            absences.place(work, stranger.id, town.clock.today(), town.clock.today(), None)
