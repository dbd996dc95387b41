"""Held runs in the browser: seen on the work list, looked at, let go or called off; and the limits that hold them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.db.unit_of_work import Database
from app.dunning import held_runs as guard
from app.dunning.run_models import HeldRun
from app.receivables import book_state
from support import make
from support.pages import words_of


@pytest.fixture
def run(database: Database, scene) -> HeldRun:
    held = make.held_run(database, scene.company)
    make.held_step(database, held, scene.claim, amount_ore=12_345_67, good_payer=True)
    return held


def state_of(database: Database, run: HeldRun) -> tuple[str, str | None]:
    with database.begin(make.scope(run)) as work:
        row = work.session.execute(select(HeldRun).where(HeldRun.id == run.id)).scalar_one()
        return row.state, row.note


def test_a_held_run_stands_first_on_the_work_list(browse, scene, run):
    text = words_of(browse(scene.admin).get("/worklist").text)
    assert "Dagens kjøring ligner ikke dagene før" in text
    assert "Sammenlign noe av den med regnskapet" in text


def test_it_is_shown_with_figures_reasons_and_examples(browse, scene, run):
    browser = browse(scene.admin)
    assert "60 steg på én dag; høyst 50 så lenge for få uker er kjent." in words_of(browser.get("/held-runs").text)
    text = words_of(browser.get(f"/held-runs/{run.id}").text)
    assert "20 %" in text
    assert "Østfold Elektro AS" in text
    assert "Stort sett i tide" in text


@pytest.mark.parametrize(("word", "state"), [("release", "released"), ("cancel", "cancelled")])
def test_a_person_decides_with_a_reason(browse, scene, run, database, word, state):
    browser = browse(scene.admin)
    wrong = browser.submit(f"/held-runs/{run.id}", word=word, note="")
    assert wrong.status_code == 422
    assert "Si hvordan du fant det ut" in wrong.text
    assert state_of(database, run) == ("held", None)
    assert browser.submit(f"/held-runs/{run.id}", word=word, note="Sett på regnskapet").status_code == 303
    assert state_of(database, run) == (state, "Sett på regnskapet")
    again = browser.submit(f"/held-runs/{run.id}", word="release", note="Igjen")
    assert again.headers["location"].endswith("said=run-decided-already")


def test_a_reader_may_look_and_not_decide(browse, scene, run, database):
    reader = browse(make.member(database, scene.bureau, role="reader"))
    assert reader.get(f"/held-runs/{run.id}").status_code == 200
    assert reader.submit(f"/held-runs/{run.id}", word="release", note="x").status_code == 403
    own = browse(make.member(database, scene.bureau, company=scene.company))
    assert own.get(f"/held-runs/{run.id}").status_code in (403, 404)


def test_the_limits_are_the_bureaus_own(browse, scene, database):
    browser = browse(scene.admin)
    assert "Dager banken ligger etter: hold tilbake" in browser.get("/settings/guards").text
    with database.begin(make.scope(scene.bureau)) as work:
        book = {name: str(getattr(book_state.limits(work), name)) for name in book_state.limits(work).__slots__}
        run = {name: str(getattr(guard.limits(work), name)) for name in guard.limits(work).__slots__}
    wrong = browser.submit("/settings/guards/readiness", **(book | {"bank_red_days": "0"}))
    assert (wrong.status_code, "Velg fra 1 til 365." in wrong.text) == (422, True)
    early = browser.submit("/settings/guards/readiness", **(book | {"bank_amber_days": "30"}))
    assert "Advarselen kan ikke komme etter at det holdes tilbake." in early.text
    assert browser.submit("/settings/guards/readiness", **(book | {"bank_red_days": "40"})).status_code == 303
    assert (
        browser.submit("/settings/guards/blast_radius", **(run | {"company_count": "75", "bureau_kroner": "30 000 000"})).status_code == 303
    )
    assert browser.submit("/settings/guards/other", **(run)).status_code == 404
    with database.begin(make.scope(scene.bureau)) as work:
        assert book_state.limits(work).bank_red_days == 40
        assert (guard.limits(work).company_count, guard.limits(work).bureau_kroner) == (75, 30_000_000)
