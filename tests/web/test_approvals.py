"""Saying yes or no in the browser: in all companies at once, on the company's own page, and by the link of the mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.db.scope import BureauScope
from app.dunning import queries
from app.dunning.approval_models import ApprovalRequest, ApprovalVerdict, DebtorOwner
from app.dunning.models import Claim, Hold, PolicyRow
from app.dunning.reasons import because
from app.tenants.models import Absence, Company, User
from app.web.approval_links import PURPOSE
from app.web.list_links import seal
from support import make
from support.pages import words_of


@pytest.fixture
def seller(database: Any, scene: Any) -> User:
    return make.member(database, scene.bureau, company=scene.company, name="Siv Selger")


@pytest.fixture
def asked(database: Any, scene: Any, seller: User) -> ApprovalRequest:
    """A reminder that has waited for the seller for five days."""
    with database.begin(BureauScope(scene.bureau.id)) as work:
        claim = work.session.get(Claim, (scene.bureau.id, scene.claim.id))
        claim.step, claim.reasons = "ask_person", [because("approval_waits").as_json()]
    return make.approval_request(
        database, scene.claim, asked=seller, asked_at=database.clock.now() - timedelta(days=5), principal_ore=scene.item.remaining_ore
    )


def verdicts(database: Any, scene: Any) -> list[tuple[str, str | None, str]]:
    with database.begin(BureauScope(scene.bureau.id)) as work:
        return [(one.verdict, one.reason, one.given_by) for one in work.session.execute(select(ApprovalVerdict)).scalars()]


def test_the_bureau_sees_who_is_asked_since_when_and_what_the_waiting_costs(browse, scene, asked):
    desk = browse(scene.admin)
    text = words_of(desk.get("/approvals").text)
    for words in ("Venter på et ja", "Østfold Elektro AS", "Siv Selger", "kundeansvarlig", "Purring", "12 345,67"):
        assert words in text
    lost = words_of(desk.get("/approvals/lost").text)
    assert "Siv Selger" in lost
    assert "Hva ventingen koster" in lost
    assert f"/approvals?company={scene.company.id}" in desk.get("/worklist").text
    assert "Siv Selger" in words_of(desk.get(f"/claims/{scene.claim.id}").text)


def test_an_answer_of_the_administrator_goes_for_anybody_and_is_said_once(browse, scene, asked, database):
    desk = browse(scene.admin)
    answer = desk.submit("/approvals/answer", request=str(asked.id), answer="yes")
    assert (answer.status_code, answer.headers["location"]) == (303, "/approvals?said=answered-yes&n=1")
    assert desk.submit("/approvals/answer", request=str(asked.id), answer="no", reason="Nei").headers["location"].endswith("n=0")
    assert desk.submit("/approvals/answer", answer="yes").headers["location"] == "/approvals?said=nothing-chosen"
    assert verdicts(database, scene) == [("yes", None, scene.admin.name)]


def test_a_colleague_cannot_answer_for_the_account_manager(browse, scene, asked, database):
    colleague = browse(make.member(database, scene.bureau, role="manager"))
    assert "asked-" in colleague.get("/approvals").text
    assert colleague.submit("/approvals/answer", request=str(asked.id), answer="yes").status_code == 403
    assert (
        browse(make.member(database, scene.bureau, role="reader"))
        .submit("/approvals/answer", request=str(asked.id), answer="yes")
        .status_code
        == 403
    )
    assert verdicts(database, scene) == []


def test_the_seller_says_no_on_his_own_page_and_loses_nothing_typed(browse, scene, asked, seller, database):
    own = browse(seller)
    assert "Østfold Elektro AS" in words_of(own.get("/own/approvals").text)
    assert "Godkjenning" in words_of(own.get("/own").text)
    again = own.submit("/approvals/answer", request=str(asked.id), answer="no", until="31.02.2030")
    assert again.status_code == 422
    assert "Skriv hvorfor ikke" in words_of(again.text) or "dd.mm.åååå" in words_of(again.text)
    assert 'value="31.02.2030"' in again.text
    assert f'value="{asked.id}" id="request-{asked.id}"' in again.text.replace("\n", " ")
    done = own.submit("/approvals/answer", request=str(asked.id), answer="no", reason="Vi møter kunden på mandag")
    assert done.headers["location"] == "/own/approvals?said=answered-no&n=1"
    with database.begin(BureauScope(scene.bureau.id)) as work:
        hold = work.session.execute(select(Hold)).scalar_one()
        events = [event.code for event in queries.timeline(queries.claim_detail(work, scene.claim.id))]
    assert (hold.reason, hold.placed_by) == ("Vi møter kunden på mandag", "Siv Selger")
    assert {"approval_asked", "approval_no", "held"} <= set(events)


def test_the_link_of_the_mail_shows_and_only_its_form_acts(browse, house, scene, asked, seller, database):
    until = database.clock.now() + timedelta(days=14)
    token = seal(scene.bureau.id, scene.company.id, seller.id, until, house.app_secret, purpose=PURPOSE)
    stranger = browse()
    shown = stranger.get(f"/a/{token}")
    assert shown.status_code == 200
    assert "Østfold Elektro AS" in words_of(shown.text)
    assert verdicts(database, scene) == []
    csrf = stranger.get(f"/a/{token}").text.split('name="_csrf" value="')[1].split('"')[0]
    again = stranger.post(f"/a/{token}", data={"_csrf": csrf, "request": str(asked.id), "answer": "no"})
    assert again.status_code == 422
    done = stranger.post(f"/a/{token}", data={"_csrf": csrf, "request": str(asked.id), "answer": "yes"})
    assert (done.status_code, done.headers["location"]) == (303, f"/a/{token}?said=answered-yes&n=1")
    assert verdicts(database, scene) == [("yes", None, "Siv Selger (link)")]
    assert "Ingenting venter på deg her lenger." in words_of(stranger.get(f"/a/{token}").text)


def test_a_link_opens_nothing_for_another_purpose_person_or_time(browse, house, scene, asked, database):
    until = database.clock.now() + timedelta(days=14)
    nobody = make.member(database, scene.bureau, role="manager")
    stranger = browse()
    of_list = seal(scene.bureau.id, scene.company.id, nobody.id, until, house.app_secret)
    assert stranger.get(f"/a/{of_list}").status_code == 404
    late = seal(scene.bureau.id, scene.company.id, nobody.id, database.clock.now(), house.app_secret, purpose=PURPOSE)
    assert stranger.get(f"/a/{late}").status_code == 410
    theirs = seal(scene.bureau.id, scene.company.id, nobody.id, until, house.app_secret, purpose=PURPOSE)
    assert "Østfold Elektro AS" not in words_of(stranger.get(f"/a/{theirs}").text)
    csrf = "x"
    stranger.post(f"/a/{theirs}", data={"_csrf": csrf, "request": str(asked.id), "answer": "yes"})
    assert verdicts(database, scene) == []


def test_people_are_named_for_a_company_and_for_a_debtor(browse, scene, seller, database):
    desk = browse(scene.admin)
    people = {"account_manager_id": str(seller.id), "ledger_owner_id": str(scene.admin.id), "backup_id": ""}
    wrong = desk.submit(f"/companies/{scene.company.id}/people", **people | {"backup_id": str(seller.id)})
    assert wrong.status_code == 422
    assert "Reserven må være en annen." in words_of(wrong.text)
    assert desk.submit(f"/companies/{scene.company.id}/people", **people).status_code == 303
    assert desk.submit(f"/debtors/{scene.debtor.id}/people", account_manager_id=str(scene.admin.id), ledger_owner_id="").status_code == 303
    with database.begin(BureauScope(scene.bureau.id)) as work:
        company = work.session.execute(select(Company)).scalar_one()
        own = work.session.execute(select(DebtorOwner)).scalar_one()
    assert (company.account_manager_id, company.ledger_owner_id, company.backup_id) == (seller.id, scene.admin.id, None)
    assert (own.account_manager_id, own.ledger_owner_id) == (scene.admin.id, None)
    flagged = words_of(desk.get("/absences").text)
    assert "Ærlig Handel AS : ingen reserve er oppgitt" in flagged


def test_an_absence_is_recorded_and_ended(browse, scene, seller, database):
    desk = browse(scene.admin)
    today = database.clock.today()
    days = {"from_on": today.strftime("%d.%m.%Y"), "to_on": (today + timedelta(days=7)).strftime("%d.%m.%Y")}
    for wrong, words in (
        ({"user_id": ""}, "Velg en av personene her."),
        ({"to_on": "snart"}, "dd.mm.åååå"),
        ({"backup_id": str(seller.id)}, "sin egen"),
    ):
        answer = desk.submit("/absences", **{"user_id": str(seller.id), "backup_id": ""} | days | wrong)
        assert answer.status_code == 422
        assert words in words_of(answer.text)
    assert desk.submit("/absences", user_id=str(seller.id), backup_id="", **days).status_code == 303
    assert "Siv Selger" in words_of(desk.get("/absences").text)
    with database.begin(BureauScope(scene.bureau.id)) as work:
        row = work.session.execute(select(Absence)).scalar_one()
    assert desk.submit(f"/absences/{row.id}/end").status_code == 303
    assert desk.submit(f"/absences/{row.id}/end").status_code == 404


def test_a_companys_own_user_says_that_he_is_away_and_sees_only_his_own_companys_people(browse, scene, seller, database):
    colleague = make.member(database, scene.bureau, company=scene.company, name="Kai Kollega")
    other = make.company(database, scene.bureau)
    stranger = make.member(database, scene.bureau, company=other, name="Frida Fremmed")
    make.absence(database, scene.bureau, stranger)
    theirs = make.absence(database, scene.bureau, colleague)
    own, today = browse(seller), database.clock.today()
    days = {"from_on": today.strftime("%d.%m.%Y"), "to_on": (today + timedelta(days=7)).strftime("%d.%m.%Y")}
    for wrong, words in (
        ({"to_on": "snart"}, "dd.mm.åååå"), ({"backup_id": str(seller.id)}, "sin egen"),
        ({"backup_id": str(stranger.id)}, "Velg en av personene her."), ({"backup_id": "noen"}, "Velg en av personene her."),
    ):  # fmt: skip
        answer = own.submit("/own/away", **{"backup_id": ""} | days | wrong)
        assert answer.status_code == 422
        assert words in words_of(answer.text)
    assert own.submit("/own/away", backup_id=str(colleague.id), **days).status_code == 303
    shown = words_of(own.get("/own/away").text)
    assert "Siv Selger borte nå" in shown
    assert "Kai Kollega" in shown
    assert "Frida" not in shown
    with database.begin(BureauScope(scene.bureau.id)) as work:
        mine = work.session.execute(select(Absence).where(Absence.user_id == seller.id)).scalar_one()
    assert (mine.backup_id, mine.made_by) == (colleague.id, "Siv Selger")
    assert own.submit(f"/own/away/{theirs.id}/end").status_code == 404
    assert own.submit(f"/own/away/{mine.id}/end").status_code == 303


def test_the_rules_offer_the_yes_of_a_person(browse, scene, database):
    desk = browse(scene.admin)
    page = desk.get(f"/companies/{scene.company.id}/settings").text
    assert 'name="handover_consent" value="person"' in page
    from web.test_company import RULES

    wishes = RULES | {"handover_consent": "person", "approval": "both", "approval_silence": "escalate", "approval_silence_days": "2"}
    assert desk.submit(f"/companies/{scene.company.id}/policy", **wishes | {"approval_silence_days": "0"}).status_code == 422
    assert desk.submit(f"/companies/{scene.company.id}/policy", **wishes).status_code == 303
    with database.begin(BureauScope(scene.bureau.id)) as work:
        stored = work.session.execute(select(PolicyRow.wishes)).scalar_one()
    assert (stored["approval"], stored["approval_silence"], stored["approval_silence_days"], stored["handover_consent"]) == (
        "both", "escalate", 2, "person",
    )  # fmt: skip
