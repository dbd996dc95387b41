"""A person's browser: Debian's chromium, in Norwegian, with everything it complains about written down."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Page, Response, ViewportSize, expect, sync_playwright

from app.seeding import PASSWORD

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))  # noqa: TID251 - a test run is set up this way
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-dev-shm-usage", "--lang=nb",
]  # fmt: skip
DESK = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=800)
PATIENCE_MS = 15_000
AXE = Path(__file__).parents[1] / "browser" / "axe.min.js"
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
#: what depends on colours, and so on light and dark
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
STICKS_OUT = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const out = [...document.querySelectorAll('main *, header *')].filter(it => it.getBoundingClientRect().right > width + 0.5);
  const name = it => `<${it.tagName.toLowerCase()} class="${it.className}"> ${it.textContent.trim().slice(0, 40)}`;
  return ['the page', ...out.slice(0, 6).map(name)];
}"""
FIND = "axe.run(document, {{runOnly: {{type: '{kind}', values: {values}}}, resultTypes: ['violations']}})"


@dataclass(slots=True)
class Desk:
    """One browser window. `complaints` are its console's errors, blocked resources and failed scripts."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    answer: Response | None = None

    def go(self, path: str) -> Page:
        self.answer = self.page.goto(self.url + path)
        return self.page

    def log_in(self, email: str, password: str = PASSWORD) -> Page:
        page = self.go("/login")
        page.get_by_label("E-post").fill(email)
        page.get_by_label("Passord").fill(password)
        page.get_by_role("button", name="Logg inn").click()
        expect(page).not_to_have_url(self.url + "/login")
        return page


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, url: str, *, size: ViewportSize | None = None, **facts: Any) -> Iterator[Desk]:
    """A window of its own, without anybody's cookies."""
    context = browser.new_context(viewport=size or DESK, locale="nb-NO", timezone_id="Europe/Oslo", reduced_motion="reduce", **facts)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    desk = Desk(context.new_page(), url)
    desk.page.on("console", lambda message: _note(desk, message))
    desk.page.on("pageerror", lambda error: desk.complaints.append(f"script: {error}"))
    try:
        yield desk
    finally:
        context.close()


def axe_violations(page: Page, rules: list[str] | None = None) -> list[str]:
    """What axe finds on the page: WCAG A and AA, or the given rules only. One line a finding, with what to look at."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    kind, values = ("rule", rules) if rules else ("tag", AXE_TAGS)
    found = page.evaluate(FIND.format(kind=kind, values=values))
    return [f"{one['id']}: {node['target']} {node.get('failureSummary', '')[:200]}" for one in found["violations"] for node in one["nodes"]]


def sideways(page: Page, width: int) -> list[str]:
    """What sticks out of a window of that width, so that the page has to be moved sideways; nothing when it fits."""
    page.set_viewport_size({"width": width, "height": 800})
    return [f"{width} px: {one} sticks out" for one in page.evaluate(STICKS_OUT)]


def twice(page: Page) -> list[str]:
    """Ids that more than one element has: a label, a link or an answer would find the wrong one."""
    ids: list[str] = page.evaluate("[...document.querySelectorAll('[id]')].map(it => it.id)")
    return sorted({one for one in ids if ids.count(one) > 1})


def _note(desk: Desk, message: ConsoleMessage) -> None:
    if message.type == "error":
        desk.complaints.append(f"{desk.page.url}: {message.text}")
