"""Claims over HTTP: the list, one claim with its why, and what a person does about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.dunning import claims, holds
from app.dunning.law import Law
from app.dunning.models import Dispute, Hold
from app.dunning.reasons import because
from app.receivables.models import OpenItem
from support import make
from support.pages import words_of


def test_the_list_is_filtered_by_its_address(browse, scene, database):
    other = make.debtor(database, scene.company, name="Bø Bygg AS")
    make.claim(database, make.open_item(database, other))
    browser = browse(scene.admin)
    assert "Bø Bygg AS" in browser.get("/claims").text
    narrow = browser.get("/claims?q=Elektro&state=ready").text
    assert "Østfold Elektro AS" in narrow
    assert "Bø Bygg AS" not in narrow
    assert 'value="Elektro"' in narrow
    assert "Ingen treff" in browser.get("/claims?q=finnesikke").text
    for wrong in ("state=x", "sort=x", "age=x", "cursor=x", "company=x"):
        assert browser.get(f"/claims?{wrong}").status_code == 404


def test_htmx_gets_the_list_alone(browse, scene):
    answer = browse(scene.admin).fragment("/claims?q=Elektro", "div#claims")
    assert "<html" not in answer.text
    assert "Østfold Elektro AS" in answer.text


def test_a_claim_says_what_comes_next_why_and_what_it_costs_today(browse, scene, database):
    letter = make.document(database, scene.company, content=b"%PDF-1.7 the very letter")
    notice = make.notice(database, scene.claim, document_id=letter.id)
    make.delivery(database, notice, state="delivered", settled_at=database.clock.now())
    browser = browse(scene.admin)
    page = browser.get(f"/claims/{scene.claim.id}").text
    text = words_of(page)
    for words in (
        "Dette skjer videre",
        "Inkassovarsel",
        "klart for ukelisten",
        "Hovedkrav 12 345,67 kr",
        "Purring sendt",
        "Renten øker med",
    ):
        assert words in text
    assert text.index("Dette skjer videre") < text.index("Det som har skjedd")
    assert f'href="/documents/{letter.id}"' in page
    pdf = browser.get(f"/documents/{letter.id}")
    assert (pdf.content, pdf.headers["content-type"]) == (b"%PDF-1.7 the very letter", "application/pdf")
    assert pdf.headers["cache-control"] == "no-store"


def test_a_question_to_a_person_is_explained_with_what_to_do(browse, scene, database):
    item = make.open_item(database, scene.debtor, confidence="low", doubts=["Forfallsdatoen er gjettet"])
    claim = make.claim(database, item, step="ask_person", reasons=[because("uncertain_item").as_json()])
    browser = browse(scene.admin)
    text = words_of(browser.get(f"/claims/{claim.id}").text)
    assert "Dette kan du gjøre" in text
    assert "Forfallsdatoen er gjettet" in text
    assert browser.submit(f"/claims/{claim.id}/confirm-item").status_code == 303
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(OpenItem.approved_by).where(OpenItem.id == item.id)).scalar_one() == scene.admin.name


def test_a_stop_needs_a_reason_and_keeps_what_was_typed(browse, scene, database):
    browser = browse(scene.admin)
    path = f"/claims/{scene.claim.id}"
    missing = browser.submit(f"{path}/hold", reason=" ", until="01.12.2026")
    assert missing.status_code == 422
    assert "Skriv hvorfor kravet stanses." in missing.text
    assert 'value="01.12.2026"' in missing.text
    assert 'aria-invalid="true"' in missing.text
    assert "Skriv datoen" in browser.submit(f"{path}/hold", reason="x", until="i morgen").text
    assert browser.submit(f"{path}/hold", reason="x", until="01.01.2020").status_code == 422
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(Hold)).first() is None
    assert browser.submit(f"{path}/hold", reason="Betaler fredag", until="27.11.26").status_code == 303
    assert "Betaler fredag" in browser.get(path).text
    assert browser.submit(f"{path}/lift").status_code == 303
    assert "La det gå videre" not in browser.get(path).text


def test_an_objection_is_recorded_and_decided_with_a_reason(browse, scene, database):
    browser = browse(scene.admin)
    path = f"/claims/{scene.claim.id}"
    assert browser.submit(f"{path}/dispute", text="").status_code == 422
    assert browser.submit(f"{path}/dispute", text="Varen kom aldri").status_code == 303
    assert "Varen kom aldri" in browser.get(path).text
    undecided = browser.submit(f"{path}/dispute/decide", decision="upheld", decision_text="")
    assert undecided.status_code == 422
    assert 'id="decision_text-error"' in undecided.text
    assert browser.submit(f"{path}/dispute/decide", decision="rejected", decision_text="Kvittert mottatt").status_code == 303
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(Dispute.decision)).scalar_one() == "rejected"


@pytest.mark.parametrize("act", ["", "/panel", "/hold", "/lift", "/dispute", "/dispute/decide", "/confirm-item", "/restart"])
def test_the_neighbours_claim_does_not_exist(browse, scene, neighbour, act):
    browser = browse(scene.admin)
    path = f"/claims/{neighbour.claim.id}{act}"
    answer = (
        browser.get(path) if act in {"", "/panel"} else browser.submit(path, reason="x", text="x", decision="upheld", decision_text="x")
    )
    assert answer.status_code == 404
    assert "NABO" not in answer.text


def test_what_happens_next_is_shown_for_a_day_without_doing_it(browse, scene, database):
    browser = browse(scene.admin)
    page = browser.get("/what-happens?date=24.12.2026&step=wait").text
    assert "torsdag 24.12.2026" in page
    assert "Skriv datoen som dd.mm.åååå." in browser.get("/what-happens?date=snart").text


def test_every_overdue_invoice_is_explained_and_chosen_by_its_explanation(browse, scene, database):
    other = make.debtor(database, scene.company, name="Bø Bygg AS")
    before = database.clock.now() - timedelta(days=1)
    later = database.clock.today() + timedelta(days=8)
    item = make.open_item(database, other, document_number="70707", changed_at=before)
    make.claim(database, item, reasons=[because("below_minimum", remaining_ore=9_000, minimum_ore=10_000).as_json()], next_action_on=later)
    credit = make.open_item(database, other, document_number="80808", original_ore=-500, remaining_ore=-500, kind="credit_note")
    browser = browse(scene.admin)
    page = words_of(browser.get("/why").text)
    for words in (
        "Bare 90,00 kr står åpent, mindre enn klientens grense på 100,00 kr.", "01.12.2026",
        "Dette er skyldnerens tilgode: det knyttes til en faktura i regnskapet og følges aldri opp.", "Ingenting av seg selv.",
    ):  # fmt: skip
        assert words in page
    chosen = browser.get(f"/why?company={scene.company.id}&reason=below_minimum").text
    assert "70707" in chosen
    assert str(credit.document_number) not in chosen
    assert "/why" in browser.get("/claims").text
    for wrong in ("reason=x", "company=x", f"company={credit.id}"):
        assert browser.get(f"/why?{wrong}").status_code == 404


def test_a_follow_up_is_begun_anew_with_a_reason_and_an_upheld_objection_says_what_to_do(browse, scene, database):
    claim = make.claim(database, make.open_item(database, scene.debtor), reasons=[because("reminder_due", days=9).as_json()])
    make.notice(database, claim, fee_ore=38_00)
    browser = browse(scene.admin)
    refused = browser.submit(f"/claims/{claim.id}/restart", restart_reason=" ")
    assert (refused.status_code, "Skriv hvorfor oppfølgingen begynner på nytt" in refused.text) == (422, True)
    assert browser.submit(f"/claims/{claim.id}/restart", restart_reason="Feil adresse").status_code == 303
    text = words_of(browser.get(f"/claims/{claim.id}").text)
    assert "Avgjøres på nytt om et øyeblikk" in text and "38,00 kr kreves ikke lenger" in text
    with database.begin(make.scope(claim)) as work:
        holds.object_to(work, claim.id, "Varen kom aldri")
        holds.decide_dispute(work, claim.id, "upheld", "Stemmer")
        claims.evaluate(work, [claim.id], Law())
    text = words_of(browser.get(f"/claims/{claim.id}").text)
    assert "Avgjøres på nytt" not in text and "Krediter fakturaen i regnskapet" in text
