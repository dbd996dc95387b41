"""The demo clock's banner: there while the sandbox is on, and an address that does not exist otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from app.db.demo_clock import DAYS_MAX, DemoClock, goal_ahead, set_goal
from app.db.scope import PlatformScope
from app.db.unit_of_work import Database
from app.settings import read_settings
from support import make
from support.pages import Browser, browser_of, house_of, words_of


@pytest.fixture
def moving(engine: Engine, owner: Engine) -> Iterator[Database]:
    """A database on the demo clock, which is set back afterwards."""
    yield Database(engine, DemoClock(engine))
    with owner.begin() as connection:
        connection.execute(text("update demo_clock set offset_seconds = 0, goal_seconds = 0"))


def browser_at(database: Database, *, sandbox: bool, role: str = "reader") -> Browser:
    settings = read_settings({"RESKONTRO_SANDBOX": "on" if sandbox else "off", "RESKONTRO_SANDBOX_PORT": "8001"})
    return browser_of(house_of(database, settings=settings), make.member(database, make.bureau(database), role=role))


def test_a_week_ahead_is_asked_for_and_polled_until_it_is_reached(moving: Database, owner: Engine):
    browser = browser_at(moving, sandbox=True)
    assert "+7 dager" in words_of(browser.get("/quote").text)
    answer = browser.post(
        "/demo-clock", data={"_csrf": browser.token, "days": "7"}, headers={"Referer": "http://testserver.local/quote?x=1"}
    )
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/quote?")

    banner = browser.fragment("/demo-clock").text
    goal = moving.clock.today() + timedelta(days=7)
    assert 'hx-trigger="every 2s"' in banner
    assert f"På vei til {goal:%d.%m.%Y}" in words_of(banner)
    with owner.begin() as connection:
        connection.execute(text("update demo_clock set offset_seconds = goal_seconds"))
    arrived = browser.fragment("/demo-clock").text
    assert "hx-trigger" not in arrived
    assert "På vei" not in words_of(arrived)
    assert 'href="http://127.0.0.1:8001/mail"' in arrived


def test_without_the_sandbox_there_is_no_clock_to_move(moving: Database):
    browser = browser_at(moving, sandbox=False)
    assert browser.get("/demo-clock").status_code == 404
    assert browser.submit("/demo-clock", days="7").status_code == 404
    assert "demo-clock" not in browser.get("/quote").text
    with moving.begin(PlatformScope()) as work:
        assert goal_ahead(work) == timedelta(0)


@pytest.mark.parametrize("days", ["", "0", "-1", "8", "9999999", "x"])
def test_only_the_steps_on_the_page_can_be_asked_for(moving: Database, days: str):
    assert browser_at(moving, sandbox=True).submit("/demo-clock", days=days).status_code == 404


def test_a_foreign_address_to_come_back_to_is_not_followed(moving: Database):
    browser = browser_at(moving, sandbox=True)
    answer = browser.post("/demo-clock", data={"_csrf": browser.token, "days": "1"}, headers={"Referer": "https://evil.example/x"})
    assert answer.headers["location"].startswith("/?")


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=-1), timedelta(days=DAYS_MAX + 1)])
def test_the_clock_moves_ahead_and_not_too_far(moving: Database, ahead: timedelta):
    with pytest.raises(ValueError), moving.begin(PlatformScope()) as work:
        set_goal(work, ahead)
