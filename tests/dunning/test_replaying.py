"""A bureau's record is proven: every decision it holds comes out the same from what was stored beside it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine, text

from app.db.scope import Actor, PlatformScope
from app.dunning import holds
from app.dunning.law_book import LawBook
from app.dunning.law_recording import FigureGiven, confirm_figure, set_act_date
from app.dunning.replay import Verdict
from app.dunning.replaying import PAGE, Difference, Tally, how_many, replay_bureau
from app.dunning.statutes.rates import Figure
from support.town import Town

pytestmark = pytest.mark.usefixtures("released_law")
STAFF = Actor("staff", None, "Solveig")


@pytest.fixture
def lived(town: Town) -> Town:
    """A winter with a reminder, a list, warnings, an objection, a payment, a pause, two confirmed figures and an act that takes over."""
    for overdue in (1, 6, 20):
        town.invoice(town.customer(), overdue=overdue)
    paid = town.invoice(town.customer(), overdue=2)
    town.sync()
    town.until_listed()
    town.close_list()
    town.pay(paid, 4_000_00)
    with town.begin() as work:
        holds.object_to(work, town.claim(paid).id, "Varen kom aldri")
    town.change_company(paused_reason="Ferie")
    town.next_day()
    town.day()
    town.change_company(paused_reason=None)
    town.move_to(date(2027, 1, 4))
    town.day()
    with town.house.database.begin(PlatformScope(), STAFF) as work:
        for figure, through, value in ((Figure.COLLECTION_RATE, date(2027, 12, 31), 760), (Figure.LATE_INTEREST, date(2027, 6, 30), 12)):
            confirm_figure(work, FigureGiven(figure, date(2027, 1, 1), through, Decimal(value), "FOR-2026-12-17-9999"))
    town.next_day()
    town.day()
    with town.house.database.begin(PlatformScope(), STAFF) as work:
        set_act_date(work, "20", date(2027, 1, 6), "kgl. res. 2026-12-20")
    town.invoice(town.customer(), overdue=21)
    town.next_day()
    town.day()
    return town


def proof(town: Town, *, since: date | None = None, book: LawBook | None = None, page: int = PAGE) -> tuple[Tally, list[Difference], int]:
    tally = Tally()
    pages = list(replay_bureau(town.house.database.begin, book or town.resources.of(LawBook), town.bureau.id, since, tally, page))
    return tally, [one for page in pages for one in page], len(pages)


def test_a_winter_of_decisions_comes_out_the_same_byte_for_byte(lived: Town) -> None:
    tally, differences, _ = proof(lived)
    assert [(one.decided_on, one.replayed) for one in differences] == []
    assert tally.is_proven
    assert tally.current[Verdict.SAME] == how_many(lived.house.database.begin, lived.bureau.id, None) > 15
    with lived.begin() as work:
        rows = work.session.execute(text("select step, rules->>'statute', (rules->'law'->>'stamp')::int from decisions")).all()
    assert {row[0] for row in rows} >= {"send_reminder", "wait", "ask_person", "send_collection_warning"}
    assert {row[1] for row in rows} == {"act_1988", "act_1988_2026"}
    assert {row[2] for row in rows} == {0, 2, 3}
    late = proof(lived, since=date(2027, 1, 5))[0]
    assert 0 < late.current.total() < tally.current.total(), "only what was decided since a day"
    assert proof(lived, page=7)[2] == -(-tally.current.total() // 7) > 2, "page by page"

    book = lived.resources.of(LawBook)
    later = book.released.rates.with_confirmed(Figure.COLLECTION_RATE, date(2027, 1, 1), date(2027, 12, 31), Decimal(800), "a release")
    later = later.with_confirmed(Figure.LATE_INTEREST, date(2027, 1, 1), date(2027, 6, 30), Decimal(13), "a release")
    assert proof(lived, book=LawBook(replace(book.released, rates=later)))[1] == [], (
        "a later release knows more: it changes no past decision"
    )


@contextmanager
def tampered(owner: Engine, town: Town, change: str, which: str) -> Iterator[None]:
    """Rows changed behind the application's back, and put right again."""
    here = {"bureau": town.bureau.id}
    with owner.begin() as connection:
        connection.execute(text("create table untouched as select * from decisions where bureau_id = :bureau"), here)
        changed = connection.execute(text(f"update decisions set {change} where bureau_id = :bureau and {which}"), here)
        assert changed.rowcount > 0
    try:
        yield
    finally:
        with owner.begin() as connection:
            connection.execute(text("delete from decisions where bureau_id = :bureau"), here)
            connection.execute(text("insert into decisions select * from untouched"))
            connection.execute(text("drop table untouched"))


def test_a_record_that_somebody_has_changed_is_found_and_an_older_one_is_read(lived: Town, owner: Engine) -> None:
    first = "id = (select id from decisions where step = 'wait' and bureau_id = :bureau order by id limit 1)"
    with tampered(owner, lived, "step = 'close'", first):
        tally, (difference,), _ = proof(lived)
        assert (tally.is_proven, difference.replayed.verdict) == (False, Verdict.DIFFERS)
        assert '"step":"close"' in difference.replayed.was
        assert '"step":"wait"' in difference.replayed.now
    with tampered(owner, lived, 'facts = facts || \'{"colour": "red"}\'', "step = 'ask_person'"):
        tally, differences, _ = proof(lived)
        assert not tally.is_proven
        assert {one.replayed.verdict for one in differences} == {Verdict.UNREADABLE}
        assert "colour" in differences[0].replayed.problem
    with tampered(owner, lived, "rule_version = '2025-01', step = 'close'", "step = 'send_reminder'"):
        tally, differences, _ = proof(lived)
        assert tally.is_proven, "decisions under earlier rules are counted apart"
        assert tally.earlier["2025-01"][Verdict.DIFFERS] == len(differences) > 0
    with tampered(owner, lived, "rules = rules - 'followed_up' - 'law'", "decided_on < date '2027-01-01'"):
        assert proof(lived)[1] == [], "rows of a release that stored neither stamp nor follow-up"
