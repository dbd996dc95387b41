"""What a person knows of a debtor reaches the engine, stops what was planned, and is answered by a person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from app.dunning import circumstances, recording_circumstances
from app.dunning.circumstances import Kind
from app.dunning.recording_circumstances import CircumstanceError
from support.town import Town


@pytest.fixture
def reminded(town: Town) -> tuple[Town, dict[str, object]]:
    """A claim whose reminder is planned and has not left yet."""
    invoice = town.invoice(town.customer(), overdue=5)
    town.sync("dunning.issue_notice")
    return town, invoice


def explanation(town: Town, invoice: dict[str, object]) -> tuple[str, str]:
    town.work_off("dunning.issue_notice")
    town.ring("dunning.evaluate_claim", "dunning.issue_notice", claim_id=str(town.claim(invoice).id))
    claim = town.claim(invoice)
    return claim.step, claim.reasons[0]["code"]


def say(town: Town, invoice: dict[str, object], kind: Kind, since: date | None = None, note: str = "") -> object:
    with town.begin() as work:
        return recording_circumstances.record(work, town.claim(invoice).debtor_id, kind.value, since, note).id


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (Kind.DECEASED, "debtor_deceased"),
        (Kind.MINOR, "debtor_minor"),
        (Kind.CONSIDERATE, "debtor_needs_consideration"),
        (Kind.BANKRUPT, "debtor_bankrupt"),
        (Kind.RECONSTRUCTION, "debtor_in_reconstruction"),
    ],
)
def test_each_circumstance_reaches_the_engine_and_calls_off_what_was_planned(reminded, kind: Kind, code: str) -> None:
    town, invoice = reminded
    say(town, invoice, kind)
    assert explanation(town, invoice) == ("ask_person", code)
    assert {notice.state for notice in town.notices(invoice)} == {"cancelled"}
    with town.begin() as work:
        actions = work.session.execute(text("select action from audit_trail where action like 'debtor.%'")).scalars().all()
    assert actions == ["debtor.circumstance_recorded"]


def test_the_answer_lets_the_claim_go_on_or_rest_and_the_end_takes_both_away(reminded) -> None:
    town, invoice = reminded
    known = say(town, invoice, Kind.DECEASED, town.clock.today())
    debtor = town.claim(invoice).debtor_id
    with town.begin() as work:
        recording_circumstances.answer(work, debtor, known, "rest", "Boet tar kontakt", town.clock.today() + timedelta(days=10))
    assert explanation(town, invoice) == ("wait", "rests")
    assert town.claim(invoice).next_action_on == town.clock.today() + timedelta(days=11)
    with town.begin() as work:
        recording_circumstances.answer(work, debtor, known, "rest", "Boet tar kontakt", None)
    assert explanation(town, invoice) == ("wait", "rests_open")
    with town.begin() as work:
        recording_circumstances.answer(work, debtor, known, "go_on", "Boets representant er varslet", None)
    assert explanation(town, invoice) == ("send_reminder", "reminder_due")
    with town.begin() as work:
        recording_circumstances.end(work, debtor, known)
        assert circumstances.active(work, debtor) == []
    with pytest.raises(LookupError), town.begin() as work:
        recording_circumstances.end(work, debtor, known)


def test_debt_settlement_rests_for_four_months_by_itself_and_then_asks(reminded) -> None:
    town, invoice = reminded
    opened = town.clock.today() - timedelta(days=3)
    say(town, invoice, Kind.DEBT_SETTLEMENT, opened)
    assert explanation(town, invoice) == ("wait", "rests")
    assert town.claim(invoice).next_action_on == date(2027, 3, 21), "four months from 20 November, and the day after"
    town.move_to(date(2027, 3, 21))
    assert explanation(town, invoice) == ("ask_person", "debtor_in_debt_settlement")


def test_what_cannot_be_is_refused_at_its_field(reminded) -> None:
    town, invoice = reminded
    debtor, today = town.claim(invoice).debtor_id, town.clock.today()
    wrong = [
        (("blind", None, ""), "kind"),
        (("considerate", None, "alvorlig syk"), "note"),
        (("deceased", today + timedelta(days=1), ""), "since_on"),
        (("debt_settlement", None, ""), "since_on"),
    ]  # fmt: skip
    for (kind, since, note), field in wrong:
        with pytest.raises(CircumstanceError) as refused, town.begin() as work:
            recording_circumstances.record(work, debtor, kind, since, note)
        assert refused.value.field == field
    known = say(town, invoice, Kind.BANKRUPT)
    answers = [
        (("go_on", "Vi prøver", None), "answer"), (("hm", "Vi prøver", None), "answer"), (("rest", " ", None), "reason"),
        (("rest", "Meldt", today - timedelta(days=1)), "rest_until"), (("rest", "Meldt", date(9999, 12, 31)), "rest_until"),
    ]  # fmt: skip
    for (what, reason, until), field in answers:
        with pytest.raises(CircumstanceError) as refused, town.begin() as work:
            recording_circumstances.answer(work, debtor, known, what, reason, until)
        assert refused.value.field == field
    with pytest.raises(CircumstanceError), town.begin() as work:
        recording_circumstances.record(work, debtor, "bankrupt", None, "")
