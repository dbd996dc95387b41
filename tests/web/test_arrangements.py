"""Agreeing about payment, and stopping a debtor or a company, in the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.scope import BureauScope
from app.dunning import wide_holds
from app.dunning.arrangement_models import ArrangementRow, InstalmentRow
from app.messaging.models import Delivery
from support import make
from support.pages import words_of


@pytest.fixture
def form(database: Any) -> dict[str, str]:
    today = database.clock.today()
    return {
        "agreed": "plan", "due_1": (today + timedelta(days=10)).strftime("%d.%m.%Y"), "pay_1": "5 000",
        "agreement_note": "Avtalt på telefon",
        "due_2": (today + timedelta(days=40)).strftime("%d.%m.%Y"), "pay_2": "7 345,67",
    }  # fmt: skip


def test_an_instalment_plan_is_recorded_confirmed_and_shown_with_what_is_left(browse, scene, form, database):
    desk, path = browse(scene.admin), f"/claims/{scene.claim.id}"
    assert desk.submit(f"{path}/arrangement", **form).headers["location"] == f"{path}?said=agreed"
    with database.begin(BureauScope(scene.bureau.id)) as work:
        terms = work.session.execute(select(InstalmentRow.amount_ore).order_by(InstalmentRow.position)).scalars().all()
        (delivery,) = work.session.execute(select(Delivery).where(Delivery.purpose == "arrangement")).scalars()
        row = work.session.execute(select(ArrangementRow)).scalar_one()
    assert (list(terms), delivery.channel, row.confirmation) == ([500_000, 734_567], "email", "planned")
    text = words_of(desk.get(path).text)
    for words in ("Avdragsordning", "Gjelder", "5 000,00", "7 345,67", "Avtalt på telefon", "Den skriftlige bekreftelsen (PDF)"):
        assert words in text
    assert desk.get(f"/documents/{row.document_id}").content.startswith(b"%PDF")
    assert desk.submit(f"{path}/arrangement/withdraw").status_code == 303
    assert "Trukket tilbake" in words_of(desk.get(path).text)


def test_what_cannot_be_agreed_comes_back_with_its_reason_and_everything_typed(browse, scene, form, database):
    desk, path = browse(scene.admin), f"/claims/{scene.claim.id}/arrangement"
    for wrong, words in (
        ({"pay_2": "1"}, "Beløpene må til sammen være det som er ubetalt på kravet."),
        ({"due_2": "snart"}, "dd.mm.åååå"),
        ({"pay_2": "mye"}, "1 234,50"),
        ({"agreed": "gave"}, "Velg hva som er avtalt."),
    ):
        answer = desk.submit(path, **form | wrong)
        assert answer.status_code == 422
        assert words in words_of(answer.text)
        assert 'value="Avtalt på telefon"' in answer.text
    with database.begin(BureauScope(scene.bureau.id)) as work:
        assert work.session.execute(select(ArrangementRow)).first() is None


def test_a_debtor_and_a_company_are_stopped_and_let_go_where_one_sees_them(browse, scene, database):
    desk = browse(scene.admin)
    for path, key in ((f"/debtors/{scene.debtor.id}", scene.debtor.id), (f"/companies/{scene.company.id}", None)):
        assert desk.submit(f"{path}/hold", reason="", until="").headers["location"].endswith("said=hold-needs-reason")
        assert desk.submit(f"{path}/hold", reason="Vent", until="i går").headers["location"].endswith("said=hold-needs-day")
        assert desk.submit(f"{path}/hold", reason="Vi snakker med dem", until="").headers["location"].endswith("said=held-all")
        assert "Vi snakker med dem" in words_of(desk.get(path).text)
        assert "Vi snakker med dem" in words_of(desk.get(f"/claims/{scene.claim.id}").text)
        with database.begin(BureauScope(scene.bureau.id)) as work:
            assert wide_holds.standing(work, scene.company.id, key) is not None
        assert desk.submit(f"{path}/lift").headers["location"].endswith("said=lifted-all")
        assert "Vi snakker med dem" not in words_of(desk.get(path).text)
    reader = browse(make.member(database, scene.bureau, role="reader"))
    assert reader.submit(f"/debtors/{scene.debtor.id}/hold", reason="Nei").status_code == 403
