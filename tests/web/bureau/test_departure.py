"""A company leaves the bureau, or moves to another that is here, in the browser."""

from __future__ import annotations

import io
import re
import zipfile

from sqlalchemy import text

from app.tenants.models import Company
from support import make
from support.office import Office
from support.pages import words_of


def test_everything_is_taken_along_in_one_file(office: Office) -> None:
    company = make.company(office.house.database, office.bureau, name="Åpent Hav AS")
    make.debtor(office.house.database, company, name="Kari Kunde")
    answer = office.browser.get(f"/companies/{company.id}/export")
    assert answer.headers["content-type"] == "application/zip"
    assert "%C3%85pent%20Hav%20AS" in answer.headers["content-disposition"]
    assert "Kari Kunde" in zipfile.ZipFile(io.BytesIO(answer.content)).read("debtors.csv").decode("utf-8-sig")


def test_ending_asks_for_the_name_and_then_logs_its_users_out(office: Office) -> None:
    company = make.company(office.house.database, office.bureau, name="Åpent Hav AS")
    its_own = office.enter(company=company)
    assert its_own.get("/own").status_code == 200
    wrong = office.browser.submit(f"/companies/{company.id}/leave", name="Noe annet")
    assert wrong.status_code == 422 and "for å bekrefte" in words_of(wrong.text)
    done = office.browser.submit(f"/companies/{company.id}/leave", name="åpent hav as")
    assert done.status_code == 303
    with office.house.database.begin(office.scope) as work:
        assert work.session.get_one(Company, (office.bureau.id, company.id)).closed_at is not None
    assert its_own.get("/own").status_code != 200


def test_a_company_moves_with_a_code_and_both_sides_act(office: Office) -> None:
    company = make.company(office.house.database, office.bureau, name="Åpent Hav AS")
    offered = office.browser.submit(f"/companies/{company.id}/move")
    (code,) = re.findall(r'<code class="key">([\w-]+)</code>', offered.text)
    assert code not in office.browser.get(f"/companies/{company.id}/leave").text, "shown once"
    there = make.bureau(office.house.database)
    other = office.enter(bureau=there)
    assert "Det finnes ikke noe slikt tilbud" in words_of(other.submit("/companies/receive", code="feil").text)
    seen = other.submit("/companies/receive", code=code)
    assert "Åpent Hav AS" in words_of(seen.text) and office.bureau.name not in seen.text
    taken = other.submit("/companies/receive", code=code, confirmed="yes")
    assert taken.status_code == 303
    assert "Åpent Hav AS" in words_of(other.get(taken.headers["location"]).text)
    with office.house.database.begin(office.scope) as work:
        assert work.session.get_one(Company, (office.bureau.id, company.id)).closed_at is not None


def test_an_offer_can_be_taken_back(office: Office) -> None:
    company = make.company(office.house.database, office.bureau)
    (code,) = re.findall(r'<code class="key">([\w-]+)</code>', office.browser.submit(f"/companies/{company.id}/move").text)
    office.browser.submit(f"/companies/{company.id}/move/withdraw")
    other = office.enter(bureau=make.bureau(office.house.database))
    assert other.submit("/companies/receive", code=code, confirmed="yes").status_code == 422
    with office.house.database.begin(office.scope) as work:
        assert work.session.execute(text("select closed_at from companies where id = :c"), {"c": company.id}).scalar_one() is None


def test_only_who_may_change_settings(office: Office) -> None:
    company = make.company(office.house.database, office.bureau)
    manager = office.enter("manager")
    assert manager.get(f"/companies/{company.id}/leave").status_code == 403
    assert manager.get(f"/companies/{company.id}/export").status_code == 403
