"""Connecting a ledger in the browser, against the simulated vendors: wizard, consent, ticks, first fetch, and when it breaks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from app.jobs.job import run_now
from app.ledgers.models import CompanyLink, Connection, LedgerHook
from app.ledgers.oauth import Authorisation
from app.receivables.models import OpenItem
from support import make, poweroffice
from support.fiken import visit
from support.office import Office
from support.pages import Browser, words_of
from support.town import Outside


def clients(outside: Outside, count: int, vendor: str = "tripletex") -> list[dict[str, Any]]:
    """Companies in the vendor's books, each with one customer and one overdue invoice."""
    made = []
    for number in range(count):
        firm = {"vendor": vendor, "name": f"Klient {'ABC'[number]} AS", "organisation_number": make.organisation_number()}
        company = outside.control.post("/books/companies", firm)
        customer = outside.control.post("/books/customers", {"company": company["id"], "name": f"Kunde {number} AS"})
        invoice = {"customer": customer["id"], "amount_ore": 123_450, "issued_on": "2026-10-01", "due_on": "2026-10-15"}
        outside.control.post("/books/invoices", invoice)
        made.append(company)
    return made


def bureau_key(outside: Outside, firms: list[dict[str, Any]]) -> str:
    """An accountant's key: the bureau's own company holds it, the clients are ticked for it."""
    own = outside.control.post(
        "/books/companies", {"vendor": "tripletex", "name": "Byrået selv AS", "organisation_number": make.organisation_number()}
    )
    body = {"company": own["id"], "clients": [firm["id"] for firm in firms]}
    return str(outside.control.post("/tripletex/keys", body)["token"])


def connect(browser: Browser, key: str) -> httpx.Response:
    return browser.submit("/connections/new/tripletex", label="Byråets nøkkel", employee_token=key)


def link_ids(page: str) -> dict[str, str]:
    """Name of the company to the value of its tick."""
    rows = re.findall(r'name="link" value="([^"]+)"[^>]*aria-label="([^"]+)"', page)
    return {label.removeprefix("Følg opp "): value for value, label in rows}


def items_in(office: Office) -> list[OpenItem]:
    with office.house.database.begin(office.scope) as work:
        return list(work.session.execute(select(OpenItem)).scalars())


def test_an_accountants_key_shows_its_clients_and_the_ticked_ones_are_fetched(office: Office):
    firms = clients(office.outside, 3)
    key = bureau_key(office.outside, firms)
    answer = connect(office.browser, key)
    assert answer.status_code == 303, words_of(answer.text)
    where = answer.headers["location"].split("?")[0]
    page = office.browser.get(where).text
    ticks = link_ids(page)
    assert {firm["name"] for firm in firms} <= ticks.keys()

    answer = office.browser.submit(f"{where}/companies", link=[ticks[firms[0]["name"]], ticks[firms[1]["name"]]])
    assert answer.status_code == 303
    office.work_off()

    page = office.browser.get(where).text
    assert firms[2]["name"] in link_ids(page)
    assert firms[0]["name"] not in link_ids(page)
    assert [item.remaining_ore for item in items_in(office)] == [123_450, 123_450]
    followed = re.search(r'href="(/companies/[^"]+/sync)"', page)
    assert followed is not None
    words = words_of(office.browser.get(followed[1]).text)
    assert "Siste henting" in words
    assert "1 nye" in words
    assert key not in page


def test_a_login_to_24sevenoffice_shows_its_companies_and_the_ticked_one_is_fetched(office: Office):
    firms = clients(office.outside, 2, "twentyfoursevenoffice")
    user = office.outside.control.post("/twentyfoursevenoffice/users", {"companies": [firm["id"] for firm in firms]})
    there, wrong = "/connections/new/twentyfoursevenoffice", {**user, "password": "feil"}
    refused = office.browser.submit(there, label="Byrået", **wrong)
    assert refused.status_code == 422 and "godtar ikke dette brukernavnet og passordet" in words_of(refused.text)
    assert f'value="{user["username"]}"' in refused.text and 'value="feil"' not in refused.text
    assert 'aria-describedby="password-hint password-error"' in refused.text
    answer = office.browser.submit(there, label="Byrået", **user)
    assert answer.status_code == 303, words_of(answer.text)
    where = answer.headers["location"].split("?")[0]
    ticks = link_ids(office.browser.get(where).text)
    office.browser.submit(f"{where}/companies", link=ticks[firms[0]["name"]])
    office.work_off()
    assert [item.remaining_ore for item in items_in(office)] == [123_450]
    assert user["password"] not in office.browser.get(where).text


def test_the_page_says_when_a_company_was_last_heard_of_and_why_not(office: Office):
    firms = clients(office.outside, 2)
    there = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    ticks = link_ids(office.browser.get(there).text)
    office.browser.submit(f"{there}/companies", link=[ticks[firm["name"]] for firm in firms])
    office.work_off()
    office.outside.control.put("/tripletex/events", {"hold": True})
    office.outside.control.fault("event/subscription/list", "status", status=403)
    run_now(office.house.resources, "ledgers.keep_bureau_hooks", bureau_id=str(office.scope.bureau_id))
    office.work_off()
    told = office.outside.control.get("/tripletex/subscriptions")
    assert len({one["company"] for one in told} & {firm["id"] for firm in firms}) == 1, "one client's, in its own name"
    with office.house.database.begin(office.scope) as work:
        heard = work.session.execute(select(LedgerHook).where(LedgerHook.state == "active")).scalar_one()
        heard.last_heard_at = work.now()
    words = words_of(office.browser.get(there).text)
    assert words.count("Hørt fra regnskapssystemet") == 1
    assert words.count("Regnskapssystemet varsler ikke endringer selv") == 1


def test_the_page_says_why_changes_could_not_be_read_and_when_that_was_tried(office: Office):
    firms = clients(office.outside, 1)
    there = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    office.browser.submit(f"{there}/companies", link=list(link_ids(office.browser.get(there).text).values())[:1])
    office.work_off()
    assert "Spurte etter endringer" not in words_of(office.browser.get(there).text)
    with office.house.database.begin(office.scope) as work:
        link = work.session.execute(select(CompanyLink).where(CompanyLink.company_id.is_not(None))).scalar_one()
        link.changes_tried_at, link.changes_problem = work.now(), "503: closed for the moment"
    for page in (there, f"/companies/{link.company_id}/sync"):
        words = words_of(office.browser.get(page).text)
        assert "Det som er endret siden siste henting, lot seg ikke lese" in words
        assert "503: closed for the moment" in words
    assert "Spurte etter endringer" in words_of(office.browser.get(there).text)


def test_a_fetch_is_polled_until_it_is_done_and_then_no_more(office: Office):
    firms = clients(office.outside, 1)
    where = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    office.browser.submit(f"{where}/companies", link=link_ids(office.browser.get(where).text)[firms[0]["name"]])
    office.work_off()
    with office.house.database.begin(office.scope) as work:
        company_id = work.session.execute(select(CompanyLink.company_id).where(CompanyLink.company_id.is_not(None))).scalar_one()
    office.clock.move(timedelta(minutes=5))
    answer = office.browser.submit(f"/companies/{company_id}/sync")
    assert answer.status_code == 303
    since = answer.headers["location"].split("since=")[1].split("&")[0]

    waiting = office.browser.fragment(f"/companies/{company_id}/sync/progress?since={since}").text
    assert 'hx-trigger="every 2s"' in waiting
    office.clock.move(timedelta(seconds=1))
    office.work_off()
    done = office.browser.fragment(f"/companies/{company_id}/sync/progress?since={since}").text
    assert "hx-trigger" not in done
    assert "Siste henting" in words_of(done)


def test_a_key_that_does_not_work_is_refused_at_its_field_and_is_never_shown_again(office: Office):
    answer = connect(office.browser, "no-such-key-4711")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert 'aria-describedby="employee_token-hint employee_token-error"' in answer.text
    assert "no-such-key-4711" not in answer.text
    assert 'value="Byråets nøkkel"' in answer.text
    assert "no-such-key-4711" not in office.browser.get("/connections").text


def test_an_empty_key_is_asked_for(office: Office):
    answer = connect(office.browser, "  ")
    assert answer.status_code == 422
    assert "Fyll ut dette." in words_of(answer.text)


def test_a_revoked_key_asks_to_be_connected_again_and_the_new_one_takes_over(office: Office):
    firms = clients(office.outside, 2)
    key = bureau_key(office.outside, firms)
    where = connect(office.browser, key).headers["location"].split("?")[0]
    ticks = link_ids(office.browser.get(where).text)
    office.browser.submit(f"{where}/companies", link=[ticks[firm["name"]] for firm in firms])
    office.work_off()
    office.outside.control.delete(f"/tripletex/keys/{key}")
    office.outside.control.delete("/tripletex/sessions")
    assert office.browser.submit(f"{where}/discovery").status_code == 303

    listed = office.browser.get("/connections").text
    again = re.search(r'href="(/connections/new/tripletex\?instead_of=[^"]+)"', listed)
    assert again is not None
    assert "Koble til på nytt" in words_of(listed)
    assert "må kobles til på nytt" in words_of(office.browser.get("/worklist").text)
    assert "Byråets nøkkel" in words_of(office.browser.get(again[1]).text)

    fresh = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    page = office.browser.get(fresh).text
    assert page.count(" checked") == 2
    ticked = {name: value for name, value in link_ids(page).items() if name in {firm["name"] for firm in firms}}
    assert office.browser.submit(f"{fresh}/companies", link=list(ticked.values())).status_code == 303
    served = office.browser.get(fresh).text
    assert served.count("Følges opp") >= 2
    assert "må kobles til på nytt" not in words_of(office.browser.get("/worklist").text)


def test_a_company_served_through_a_working_connection_cannot_be_ticked_twice(office: Office):
    firms = clients(office.outside, 1)
    where = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    office.browser.submit(f"{where}/companies", link=link_ids(office.browser.get(where).text)[firms[0]["name"]])
    second = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    page = office.browser.get(second).text
    assert firms[0]["name"] not in link_ids(page)
    assert "Følges opp gjennom en annen tilkobling som virker." in words_of(page)
    with office.house.database.begin(office.scope) as work:
        forced = work.session.execute(
            select(CompanyLink.id).where(CompanyLink.name == firms[0]["name"], CompanyLink.company_id.is_(None))
        ).scalar_one()
    answer = office.browser.submit(f"{second}/companies", link=str(forced))
    assert answer.status_code == 422
    assert f'href="#link-{forced}"' in answer.text


def test_disconnecting_asks_first_and_forgets_the_key(office: Office):
    firms = clients(office.outside, 1)
    where = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    assert "Koble fra" in words_of(office.browser.get(f"{where}/end").text)
    assert office.browser.submit(f"{where}/end").status_code == 303
    with office.house.database.begin(office.scope) as work:
        row = work.session.execute(select(Connection)).scalar_one()
    assert (row.state, row.credential) == ("revoked", None)
    assert "1 avsluttet tilkobling" in words_of(office.browser.get("/connections").text)


def begin_consent(browser: Browser) -> Authorisation:
    answer = browser.submit("/connections/fiken/consent")
    return Authorisation(sent_on(answer), "http://localhost:8000/connections/fiken/return", "")


def sent_on(answer: httpx.Response) -> str:
    """Where the page sends its reader by itself."""
    assert answer.status_code in (200, 201), words_of(answer.text)
    return answer.headers["refresh"].removeprefix("0; url=")


def come_back(browser: Browser, answer: dict[str, str]) -> httpx.Response:
    return browser.get("/connections/fiken/return", params=answer)


def test_a_consent_goes_to_the_vendor_and_comes_back_connected(office: Office):
    firms = clients(office.outside, 2, "fiken")
    answer = come_back(office.browser, visit(begin_consent(office.browser), companies=[firm["id"] for firm in firms]))
    assert answer.status_code == 303, words_of(answer.text)
    page = office.browser.get(answer.headers["location"]).text
    assert {firm["name"] for firm in firms} <= link_ids(page).keys()
    assert "Tilkoblet" in words_of(page)


def test_nothing_but_the_page_on_the_way_leads_out_of_the_house(office: Office):
    """No form of ours may: a browser holds each redirect of a vendor's against the page that sent the form."""
    answer = office.browser.submit("/connections/fiken/consent")
    assert sent_on(answer).startswith(f"{office.outside.url}/fiken/oauth/authorize?")
    for page in (answer, office.browser.get("/connections/new/fiken")):
        assert "form-action 'self';" in page.headers["content-security-policy"]


def test_saying_no_connects_nothing_and_says_so(office: Office):
    clients(office.outside, 1, "fiken")
    answer = come_back(office.browser, visit(begin_consent(office.browser), allow=False))
    assert answer.status_code == 422
    assert "Du sa nei" in words_of(answer.text)
    with office.house.database.begin(office.scope) as work:
        assert work.session.execute(select(Connection)).all() == []


def test_a_consent_begun_in_another_session_is_not_finished_here(office: Office):
    firms = clients(office.outside, 1, "fiken")
    theirs = visit(begin_consent(office.enter()), companies=[firms[0]["id"]])
    answer = come_back(office.browser, theirs)
    assert answer.status_code == 422
    assert "ikke begynt her" in words_of(answer.text)
    assert come_back(office.browser, {"code": "x", "state": "made-up"}).status_code == 422
    with office.house.database.begin(office.scope) as work:
        assert work.session.execute(select(Connection)).all() == []


def test_an_answer_of_the_vendor_works_once(office: Office):
    firms = clients(office.outside, 1, "fiken")
    answer = visit(begin_consent(office.browser), companies=[firms[0]["id"]])
    assert come_back(office.browser, answer).status_code == 303
    assert come_back(office.browser, answer).status_code == 422


def test_one_onboarding_in_poweroffice_connects_several_clients_and_belongs_to_the_session_that_began_it(office: Office):
    firms = clients(office.outside, 2, "poweroffice")
    begun = office.browser.submit("/connections/poweroffice/consent")
    asked = Authorisation(sent_on(begun), "http://localhost:8000/connections/poweroffice/return", "")
    answer = poweroffice.visit(asked, [firm["id"] for firm in firms])
    assert answer.keys() == {"state", "status", "token"}
    assert office.enter().get("/connections/poweroffice/return", params=answer).status_code == 422
    back = office.browser.get("/connections/poweroffice/return", params=answer)
    assert back.status_code == 303, words_of(back.text)
    assert {firm["name"] for firm in firms} <= link_ids(office.browser.get(back.headers["location"]).text).keys()


def test_a_vendor_that_gives_no_page_to_go_to_is_said_so(office: Office):
    office.outside.control.fault("/Onboarding/Initiate", "status", times=9, status=503)
    assert office.browser.get("/connections/new/poweroffice").status_code == 200
    assert office.browser.submit("/connections/poweroffice/consent").status_code == 422
    office.outside.control.delete("/faults")


def test_no_page_shows_a_secret(office: Office, owner: Any):
    firms = clients(office.outside, 1)
    key = bureau_key(office.outside, firms)
    where = connect(office.browser, key).headers["location"].split("?")[0]
    fiken = clients(office.outside, 1, "fiken")
    consent = visit(begin_consent(office.browser), companies=[fiken[0]["id"]])
    other = come_back(office.browser, consent).headers["location"].split("?")[0]
    with office.house.database.begin(office.scope) as work:
        opened = [
            office.house.vault.open(row.credential, f"{office.bureau.id}|connections|credential|{row.id}")
            for row in work.session.execute(select(Connection)).scalars()
        ]
    secrets = {value for credential in opened for name, value in credential.items() if name.endswith("token")} | {consent["code"]}
    assert key in secrets and len(secrets) >= 3
    shown = "".join(
        office.browser.get(path).text
        for path in ("/connections", where, other, f"{where}/end", "/connections/new/tripletex", "/connections/new/fiken", "/settings")
    )
    assert [secret for secret in secrets if secret in shown] == []
    with owner.connect() as connection:
        trail = str(connection.execute(text("select detail from audit_trail where bureau_id = :id"), {"id": office.bureau.id}).all())
    assert [secret for secret in secrets if secret in trail] == []


def test_readers_may_not_connect_and_neighbours_do_not_exist(office: Office):
    firms = clients(office.outside, 1)
    where = connect(office.browser, bureau_key(office.outside, firms)).headers["location"].split("?")[0]
    reader = office.enter("reader")
    assert reader.get("/connections").status_code == 403
    assert reader.submit(f"{where}/end").status_code == 403
    stranger = office.enter(bureau=make.bureau(office.house.database))
    for path in (where, f"{where}/end"):
        assert stranger.get(path).status_code == 404
    for path in (f"{where}/end", f"{where}/discovery", f"{where}/companies"):
        assert stranger.submit(path, link="x").status_code == 404


def tenant_connected(office: Office, browser: Browser, tenant: str) -> httpx.Response:
    return browser.submit("/connections/new/vismanet", label="Visma.net", tenant_id=tenant)


@pytest.mark.usefixtures("database")
def test_a_book_that_our_own_key_opens_serves_one_bureau_and_moves_with_the_company(office: Office):
    (firm,) = clients(office.outside, 1, "vismanet")
    tenant = office.outside.control.get(f"/vismanet/companies/{firm['id']}")["tenant"]
    there = tenant_connected(office, office.browser, tenant).headers["location"].split("?")[0]
    office.browser.submit(f"{there}/companies", link=list(link_ids(office.browser.get(there).text).values()))
    office.work_off()
    assert len(items_in(office)) == 1
    assert tenant_connected(office, office.browser, tenant.upper()).status_code == 303, "the bureau itself may connect it anew"
    other = make.bureau(office.house.database)
    newcomer = office.enter(bureau=other)
    refused = tenant_connected(office, newcomer, tenant)
    words = words_of(refused.text)
    assert refused.status_code == 422
    assert "Et annet byrå her er koblet til denne klienten" in words and "kode" in words
    assert office.bureau.name not in refused.text and firm["name"] not in refused.text and tenant not in refused.text
    with office.house.database.begin(make.scope(other)) as work:
        (kept,) = work.session.execute(select(Connection)).scalars()
        assert (kept.state, kept.credential) == ("revoked", None)
        assert work.session.execute(select(CompanyLink)).scalars().all() == []

    with office.house.database.begin(office.scope) as work:
        company_id = work.session.execute(select(CompanyLink.company_id).where(CompanyLink.company_id.is_not(None))).scalar_one()
    offer = office.browser.submit(f"/companies/{company_id}/move").text
    code = re.findall(r'<code class="key">([^<]+)</code>', offer)[0]
    assert newcomer.submit("/companies/receive", code=code, confirmed="yes").status_code == 303
    with office.house.database.begin(office.scope) as work:
        assert {(row.state, row.credential) for row in work.session.execute(select(Connection)).scalars()} == {("revoked", None)}
    assert tenant_connected(office, newcomer, tenant).status_code == 303
    assert tenant_connected(office, office.browser, tenant).status_code == 422, "it is the other bureau's now"


@pytest.mark.usefixtures("database")
def test_a_book_that_is_given_up_may_be_opened_by_another_bureau(office: Office):
    (firm,) = clients(office.outside, 1, "vismanet")
    tenant = office.outside.control.get(f"/vismanet/companies/{firm['id']}")["tenant"]
    first, second = (tenant_connected(office, office.browser, tenant).headers["location"].split("?")[0] for _ in range(2))
    newcomer = office.enter(bureau=make.bureau(office.house.database))
    office.browser.submit(f"{first}/end")
    assert tenant_connected(office, newcomer, tenant).status_code == 422, "the other connection still covers it"
    office.browser.submit(f"{second}/end")
    assert tenant_connected(office, newcomer, tenant).status_code == 303


def test_a_key_with_a_last_day_warns_and_a_new_one_takes_over_while_the_old_one_works(office: Office):
    firms = clients(office.outside, 1)
    key = bureau_key(office.outside, firms)

    def connected(label: str, last: str) -> httpx.Response:
        return office.browser.submit("/connections/new/tripletex", label=label, employee_token=key, ends_on=last)

    for wrong, words in (("31.02", "Skriv dagen som dd.mm.åååå"), ("01.01.2020", "Siste dag er passert")):
        answer = connected("Byråets nøkkel", wrong)
        assert answer.status_code == 422 and words in words_of(answer.text)
        assert f'value="{wrong}"' in answer.text and 'value="Byråets nøkkel"' in answer.text and key not in answer.text
    last = office.clock.today() + timedelta(days=10)
    where = connected("Byråets nøkkel", f"{last:%d.%m.%Y}").headers["location"].split("?")[0]
    assert "Siste dag den virker" not in words_of(office.browser.get(where).text), "nobody is read through it yet"
    office.browser.submit(f"{where}/companies", link=[link_ids(office.browser.get(where).text)[firms[0]["name"]]])
    office.work_off()
    for page in (where, "/connections"):
        words = words_of(office.browser.get(page).text)
        assert f"Siste dag den virker, er {last:%d.%m.%Y}" in words and "Opphører snart" in words and "Koble til på nytt" in words
    worklist = words_of(office.browser.get("/worklist").text)
    assert f"Byråets nøkkel virker til {last:%d.%m.%Y}" in worklist and last.isoformat() not in worklist
    answer = office.browser.submit(f"{where}/end-day", ends_on="i morgen")
    assert answer.status_code == 422 and 'value="i morgen"' in answer.text
    assert "Skriv dagen som dd.mm.åååå" in words_of(answer.text)
    fresh = connected("Ny nøkkel", "").headers["location"].split("?")[0]
    ticks = link_ids(office.browser.get(fresh).text)
    assert office.browser.submit(f"{fresh}/companies", link=[ticks[firms[0]["name"]]]).status_code == 303
    assert "Opphører snart" not in words_of(office.browser.get("/connections").text)
    assert office.browser.submit(f"{fresh}/end-day", ends_on=f"{last:%d.%m.%Y}").status_code == 303
    assert "Opphører snart" in words_of(office.browser.get("/connections").text)
    assert office.browser.submit(f"{fresh}/end-day", ends_on="").status_code == 303
    assert "Opphører snart" not in words_of(office.browser.get("/connections").text)
