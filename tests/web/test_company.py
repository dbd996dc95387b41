"""A company in the bureau's hands, and the same company on its own phone."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app.agencies.ports import CaseState
from app.dunning.models import Hold, ListEntry, PolicyRow
from app.settings import read_settings
from app.tenants.models import Company
from support import make
from support.pages import words_of


@pytest.fixture
def owner_of(database, scene):
    return make.member(database, scene.bureau, company=scene.company)


RULES = {
    "steps-0-kind": "reminder", "steps-0-after_days": "3", "steps-0-deadline_days": "7", "steps-0-tone": "neutral", "steps-0-email": "on",
    "steps-0-letter": "on", "steps-1-kind": "collection_warning", "steps-1-after_days": "14", "steps-1-deadline_days": "14",
    "steps-1-tone": "neutral", "steps-1-email": "on", "steps-1-letter": "on", "steps-1-fee": "on", "minimum": "100", "tolerance": "1",
    "grace_business_days": "3", "takeover": "agency_from_demand", "handover_consent": "weekly_list", "send_0": "on", "send_2": "on",
    "approval_silence_days": "3", "send_from_hour": "8", "send_until_hour": "17",
}  # fmt: skip
FACTS = {"name": "Ærlig Handel AS", "account_number": "1234 56 78903", "list_weekday": "3", "list_hour": "9", "list_deadline_days": "2"}


def test_a_companys_page_says_how_it_stands(browse, scene):
    text = words_of(browse(scene.admin).get(f"/companies/{scene.company.id}").text)
    for words in ("Ærlig Handel AS", "12 345,67 kr", "Østfold Elektro AS", "Ukens liste", "Alder på forfalt"):
        assert words in text


def test_the_companys_facts_are_checked_field_by_field(browse, scene, database):
    browser = browse(scene.admin)
    path = f"/companies/{scene.company.id}/settings"
    wrong = browser.submit(path, **FACTS | {"account_number": "1234 56 78900", "email": "nei", "list_hour": "25"})
    assert wrong.status_code == 422
    for field in ("account_number", "email", "list_hour"):
        assert f'id="{field}-error"' in wrong.text
    assert 'value="1234 56 78900"' in wrong.text
    assert browser.submit(path, **FACTS).status_code == 303
    with database.begin(make.scope(scene.bureau)) as work:
        company = work.session.execute(select(Company)).scalar_one()
    assert (company.account_number, company.list_weekday, company.vat_liable) == ("12345678903", 3, False)


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        (
            {"steps-1-deadline_days": "3"},
            "steps-1-deadline_days",
            "Loven krever minst 14 dager (inkassoloven 1988 § 9). Bruk 14 eller mer.",
        ),
        ({"steps-0-after_days": "0"}, "steps-0-after_days", "bruk dag 1 eller senere"),
        ({"steps-0-fee": "on"}, "steps-0-fee", "gebyr fra og med 14. dag etter forfall (inkassoforskriften § 1-2"),
        ({"steps-0-email": "", "steps-0-letter": ""}, "steps-0-channels", "Velg minst én måte"),
        ({"steps-1-kind": "payment_demand"}, "steps-1-kind", "Velg egen innkreving"),
        ({"send_until_hour": "22"}, "send_until_hour", "senest kl. 21 (inkassoloven 2026 § 15)"),
        ({"send_0": "", "send_2": ""}, "send_weekdays", "Velg minst én dag"),
        ({"grace_business_days": "0"}, "grace_business_days", "Bruk 3 bankdager"),
        ({"steps-1-kind": ""}, "add_kind", "inkassovarsel"),
        ({"minimum": "mye"}, "minimum", "Skriv et beløp"),
        ({"steps-1-after_days": "-1"}, "steps-1-after_days", "Skriv et helt tall"),
    ],
)
def test_an_unlawful_wish_is_refused_at_its_field_with_the_nearest_lawful_value(browse, scene, database, typed, field, message):
    rules = {name: value for name, value in (RULES | typed).items() if value}
    answer = browse(scene.admin).submit(f"/companies/{scene.company.id}/policy", **rules)
    assert answer.status_code == 422
    at = answer.text.index(f'id="{field}-error"')
    assert message in words_of(answer.text[at - 200 : at + 400])
    assert f'id="{field}"' in answer.text, "the summary's link leads to the field"
    if field in rules:
        assert f'value="{rules[field]}"' in answer.text
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(PolicyRow)).first() is None


def test_rules_are_saved_as_a_new_version(browse, scene, database):
    browser = browse(scene.admin)
    path = f"/companies/{scene.company.id}/policy"
    assert browser.submit(path, **RULES).status_code == 303
    assert browser.submit("/settings/policy", **RULES | {"steps-0-tone": "firm"}).status_code == 303
    with database.begin(make.scope(scene.bureau)) as work:
        rows = work.session.execute(select(PolicyRow.company_id, PolicyRow.version, PolicyRow.wishes)).all()
    wishes = {row.company_id: row.wishes for row in rows}
    first, second = wishes[scene.company.id]["steps"]
    assert (first["tone"], first["interest"], first["fee"], second["fee"]) == ("neutral", False, False, True)
    assert (wishes[scene.company.id]["send_weekdays"], wishes[scene.company.id]["send_until_hour"]) == ([0, 2], 17)
    assert wishes[None]["steps"][0]["tone"] == "firm"
    assert "Versjon 1" in words_of(browser.get(f"/companies/{scene.company.id}/settings").text)


def test_steps_are_put_in_and_taken_away_without_losing_what_was_typed_and_without_saving(browse, scene, database):
    browser = browse(scene.admin)
    path = f"/companies/{scene.company.id}/policy"
    typed = RULES | {"minimum": "777", "steps-0-after_days": "6"}
    longer = browser.submit(path, **typed, act="add", add_kind="phone_call")
    assert longer.status_code == 200
    assert 'value="777"' in longer.text
    assert 'name="steps-2-kind" value="phone_call"' in longer.text
    shorter = browser.submit(path, **typed, act="remove-0")
    assert 'name="steps-0-kind" value="collection_warning"' in shorter.text
    assert "steps-1-kind" not in shorter.text
    early = browser.submit(path, **typed, act="add", add_kind="due_notice")
    assert 'name="steps-0-kind" value="due_notice"' in early.text
    gentle = browser.submit(path, **typed, act="ready-gentle")
    assert 'name="steps-4-kind" value="collection_warning"' in gentle.text
    assert "Ikke lagret ennå" in gentle.text
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(PolicyRow)).first() is None


def test_a_step_typed_out_of_order_finds_its_place_by_its_day(browse, scene, database):
    before = {"steps-2-kind": "due_notice", "steps-2-after_days": "4", "steps-2-tone": "friendly", "steps-2-email": "on"}
    call = {"steps-3-kind": "phone_call", "steps-3-after_days": "12", "steps-3-deadline_days": "4"}
    assert browse(scene.admin).submit(f"/companies/{scene.company.id}/policy", **RULES | before | call).status_code == 303
    with database.begin(make.scope(scene.bureau)) as work:
        wishes = work.session.execute(select(PolicyRow.wishes)).scalar_one()
    assert [(step["kind"], step["after_days"]) for step in wishes["steps"]] == [
        ("due_notice", -4), ("reminder", 3), ("phone_call", 12), ("collection_warning", 14),
    ]  # fmt: skip


def test_starting_tells_how_many_old_invoices_there_are_and_leaves_them_alone(browse, scene, database):
    company = make.company(database, scene.bureau, active_from=None)
    debtor = make.debtor(database, company)
    for _ in range(3):
        make.open_item(database, debtor)
    browser = browse(scene.admin)
    assert "3 fakturaer er forfalt i dag" in words_of(browser.get(f"/companies/{company.id}").text)
    assert browser.submit(f"/companies/{company.id}/start", old="leave").status_code == 303
    with database.begin(make.scope(scene.bureau)) as work:
        assert work.session.execute(select(func.count()).select_from(Hold).where(Hold.company_id == company.id)).scalar_one() == 3
    assert "På siden" in words_of(browser.get(f"/companies/{company.id}").text)
    assert browser.submit(f"/companies/{company.id}/stop").status_code == 303
    assert "Av: ingenting sendes" in words_of(browser.get(f"/companies/{company.id}").text)


def test_the_big_switch_needs_a_reason(browse, scene):
    browser = browse(scene.admin)
    assert browser.submit("/settings/sending", sending="off", reason="").status_code == 422
    assert browser.submit("/settings/sending", sending="off", reason="Feil i satsene").status_code == 303
    assert "Feil i satsene" in browser.get("/settings").text
    assert browser.submit("/settings/sending", sending="on").status_code == 303


def test_a_companys_own_user_sees_its_own_pages_and_no_other(browse, scene, owner_of, database, neighbour):
    sister = make.company(database, scene.bureau, name="Søster AS")
    item = make.open_item(database, make.debtor(database, sister, name="Søsterens Kunde AS"))
    hers = make.claim(database, item)
    browser = browse(owner_of)
    assert browser.get("/").headers["location"] == "/own"
    for path in ("/own", "/own/claims", f"/own/claims/{scene.claim.id}", "/own/cases", "/own/why", "/account"):
        page = browser.get(path)
        assert page.status_code == 200, path
        assert "Søster" not in page.text
        assert "NABO" not in page.text
    for path in ("/ready", "/claims", f"/claims/{scene.claim.id}", f"/companies/{scene.company.id}", "/settings", "/what-happens", "/why"):
        assert browser.get(path).status_code == 404, path
    routine = f"/companies/{scene.company.id}/routine/document"
    assert f'href="{routine}?language=nb"' in browser.get("/own").text
    assert browser.get(f"{routine}?language=nb").content.startswith(b"%PDF")
    assert browser.get(f"/companies/{sister.id}/routine/document").status_code == 404
    assert browser.get(f"/own/claims/{hers.id}").status_code == 404
    assert browse(scene.admin).get("/own").status_code == 404


def test_it_stops_takes_back_and_approves_on_its_own(browse, scene, owner_of, database):
    browser = browse(owner_of)
    assert "Østfold Elektro AS" in browser.get("/own").text
    answer = browser.submit(f"/entries/{scene.entry.id}/stop", **{f"note-{scene.entry.id}": "Betalt kontant"})
    assert answer.headers["location"] == "/own?said=stopped"
    with database.begin(make.scope(scene.bureau)) as work:
        row = work.session.execute(select(ListEntry)).scalar_one()
    assert (row.state, row.note, row.decided_by) == ("stopped", "Betalt kontant", owner_of.name)
    browser.submit(f"/entries/{scene.entry.id}/undo")
    browser.submit(f"/lists/{scene.weekly.id}/approve", all="1")
    assert "Godkjent" in browser.get("/own").text
    assert browser.submit(f"/claims/{scene.claim.id}/hold", reason="x").status_code == 404


def test_its_cases_are_shown_with_number_and_state(browse, scene, owner_of, database):
    make.agency_case(database, make.agreement(database, scene.company), scene.claim, external_id="K-77")
    text = words_of(browse(owner_of).get("/own/cases").text)
    assert "K-77" in text
    assert "Under innkreving" in text or "In collection" in text or "inkasso" in text.lower()


@pytest.mark.parametrize("state", [*(one.value for one in CaseState if one is not CaseState.UNKNOWN), "planned", "in_doubt", "cancelled"])
def test_a_case_in_any_state_has_a_word(browse, scene, owner_of, database, state):
    case = make.agency_case(database, make.agreement(database, scene.company), scene.claim, external_id="K-77", state=state)
    assert browse(owner_of).get("/own/cases").status_code == 200
    assert state not in words_of(browse(owner_of).get("/own/cases").text).replace(str(case.id), "")


@pytest.mark.parametrize("act", ["stop", "undo", "reason", "approve"])
def test_the_neighbours_entry_does_not_exist(browse, scene, neighbour, act, owner_of):
    for user in (scene.admin, owner_of):
        assert browse(user).submit(f"/entries/{neighbour.list_entry.id}/{act}").status_code == 404


@pytest.mark.parametrize("path", ["/companies/{}", "/companies/{}/list", "/companies/{}/settings"])
def test_the_neighbours_company_does_not_exist(browse, scene, neighbour, path):
    answer = browse(scene.admin).get(path.format(neighbour.company.id))
    assert answer.status_code == 404
    assert "NABO" not in answer.text


def test_the_neighbours_letter_does_not_exist(browse, scene, neighbour, owner_of):
    for user in (scene.admin, owner_of):
        assert browse(user).get(f"/documents/{neighbour.document.id}").status_code == 404


def test_a_key_is_shown_once_and_revoked_for_good(browse, scene, database):
    browser = browse(scene.admin)
    assert browser.submit("/account/keys", name="", role="reader").status_code == 422
    made = browser.submit("/account/keys", name="Kobling", role="reader").text
    key = made.split('<code id="key">')[1].split("<")[0]
    assert key.startswith("rk_")
    page = browser.get("/account").text
    assert key not in page
    key_id = page.split("/account/keys/")[1].split("/")[0]
    assert browser.submit(f"/account/keys/{key_id}/revoke").status_code == 303
    assert "Trukket tilbake" in browser.get("/account").text
    assert browser.submit(f"/account/keys/{key_id}/revoke").status_code == 404
    reader = browse(make.member(database, scene.bureau, role="reader"))
    assert reader.submit("/account/keys", name="x", role="admin").status_code == 403
    assert "API-nøkler" not in reader.get("/account").text


def test_changing_the_password_asks_for_the_old_one_and_ends_other_sessions(browse, scene):
    here, there = browse(scene.admin), browse(scene.admin)
    assert here.submit("/account/password", old="feil", new="et helt nytt passord 77").status_code == 422
    easy = here.submit("/account/password", old=make.PASSWORD, new="kort")
    assert easy.status_code == 422
    assert 'id="new-error"' in easy.text
    assert here.submit("/account/password", old=make.PASSWORD, new="et helt nytt passord 77").status_code == 303
    assert there.get("/").status_code == 303
    assert here.get("/").status_code == 200
    assert browse().log_in(scene.admin.email).status_code == 422
    assert browse().log_in(scene.admin.email, "et helt nytt passord 77").status_code == 303


def test_text_messages_are_offered_only_where_a_gateway_is_set_up(browse, scene, house):
    path = f"/companies/{scene.company.id}/settings"
    browser = browse(scene.admin)
    assert 'name="steps-0-sms"' not in browser.get(path).text
    house.settings = read_settings({"RESKONTRO_SANDBOX": "off", "LINK_SMS_URL": "https://no.linkmobility.io/sms"})
    assert 'name="steps-0-sms"' in browser.get(path).text


def test_a_way_that_was_chosen_can_be_taken_away_also_without_a_gateway(browse, scene):
    browser = browse(scene.admin)
    path = f"/companies/{scene.company.id}"
    assert browser.submit(f"{path}/policy", **RULES | {"steps-0-sms": "on"}).status_code == 303
    assert 'name="steps-0-sms"' in browser.get(f"{path}/settings").text
