"""The demo in a real browser. Without chromium these tests are skipped, and say so."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from support.browser import CHROMIUM, Desk, chromium, window
from support.postgres import fresh_database
from support.served import Served, served_demo

PICTURES = Path(__file__).parents[2] / "screenshots"
Open = Callable[..., Desk]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.browser)
        if not CHROMIUM.exists():
            item.add_marker(pytest.mark.skip(reason=f"no browser at {CHROMIUM}: apt-get install chromium, or set CHROMIUM"))
    if here and not CHROMIUM.exists():
        warnings.warn(f"{len(here)} browser tests are SKIPPED: there is no chromium at {CHROMIUM}", stacklevel=1)


@pytest.fixture(scope="session")
def served(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo a day later, when the first weekly list is open. Tests leave it usable for the next."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")  # noqa: TID251 - xdist tells us things this way
    with (
        fresh_database(server_url, f"reskontro_demo_{worker}_{os.getpid()}") as url,
        served_demo(url, tmp_path_factory.mktemp("demo")) as made,
    ):
        made.days(1)
        yield made


@pytest.fixture(scope="module")
def browser(served: Served) -> Iterator[Browser]:
    # not for the whole session: while Playwright runs, its event loop is in the way of tests that start their own
    with chromium() as made:
        yield made


@pytest.fixture
def open_window(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Windows that close with the test. If it fails, `screenshots/` keeps what was seen last."""
    with ExitStack() as windows:
        opened: list[Desk] = []

        def open_one(**facts: Any) -> Desk:
            opened.append(windows.enter_context(window(browser, served.url, **facts)))
            return opened[-1]

        yield open_one
        if getattr(request.node, "failed", False):
            PICTURES.mkdir(exist_ok=True)
            for number, desk in enumerate(opened):
                desk.page.screenshot(path=PICTURES / f"{request.node.name}-{number}.png".replace("/", "_"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report
