"""The front page over HTTP."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event

from support import make
from support.pages import words_of


def test_a_row_tells_how_a_company_stands(browse, scene, database):
    make.sync_run(database, scene.company)
    text = words_of(browse(scene.admin).get("/").text)
    assert "Ærlig Handel AS" in text
    assert "12 345,67" in text
    assert "Gå gjennom 1 faktura" in text
    assert "i 1 klient" in text


def test_every_state_of_the_list_is_in_the_address(browse, scene, database):
    for number in range(30):
        make.company(database, scene.bureau, name=f"Klient {number:02}")
    browser = browse(scene.admin)
    page = browser.get("/?q=klient&sort=name&size=25&page=2").text
    rows = page.split('id="companies"')[1]
    assert "Klient 25" in rows
    assert "Klient 24" not in rows
    assert 'value="klient"' in page
    assert 'aria-sort="ascending"' in page
    assert browser.get("/?sort=nonsense").status_code == 404
    assert "Klient 29" in browser.get("/?size=25&page=99&sort=name").text


def test_htmx_gets_the_rows_alone(browse, scene):
    answer = browse(scene.admin).fragment("/?q=lig", "div#companies")
    assert "<html" not in answer.text
    assert "Ærlig Handel AS" in answer.text


def test_the_page_costs_the_same_number_of_queries_however_many_companies(browse, scene, database):
    browser = browse(scene.admin)
    counted = []
    for _ in range(2):
        with Statements(database) as seen:
            assert browser.get("/").status_code == 200
        counted.append(len(seen))
        for _ in range(20):
            make.company(database, scene.bureau)
    assert counted[0] == counted[1]
    assert counted[1] <= 8  # who is asking, the scope, three of the frame, whether the law has changed, two of the page


class Statements:
    def __init__(self, database):
        self.engine, self.seen = database.engine, []

    def __enter__(self):
        event.listen(self.engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_):
        event.remove(self.engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, statement, *_):
        if not statement.startswith("select set_config"):
            self.seen.append(statement)


def test_a_figure_that_runs_out_within_thirty_days_is_told_in_portfolio_and_work_list(browse, scene, database, clock):
    browser = browse(scene.admin)
    for path in ("/", "/worklist"):
        assert "Lovens satser utløper" not in browser.get(path).text
    clock.move(timedelta(days=8))  # 1 December: the figures are known through the year
    again = browse(scene.admin)
    for path in ("/", "/worklist"):
        assert "Forsinkelsesrente: ikke kjent fra 01.01.2027" in words_of(again.get(path).text)
    assert "Lovens satser" not in browse(make.member(database, scene.bureau, company=scene.company)).get("/own").text


def test_the_light_of_each_book_is_shown_and_the_list_narrowed_to_it(browse, scene, database):
    held = make.company(database, scene.bureau, name="Bakpå Bygg AS")
    make.book_reading(database, held, banks=[["1920", "2026-10-01"]])
    make.book_reading(database, scene.company)
    browser = browse(scene.admin)
    page = words_of(browser.get("/").text)
    assert "1 klient holdes tilbake fordi boken ikke er à jour" in page
    rows = browser.get("/?book=red").text.split('id="companies"')[1]
    assert "Bakpå Bygg AS" in rows
    assert "Ærlig Handel AS" not in rows
    assert browser.get("/?book=purple").status_code == 404


def test_what_the_ledger_does_not_tell_is_confirmed_by_a_person_and_taken_back(browse, scene, database):
    make.book_reading(database, scene.company, source="fiken", unposted=None)
    browser, path = browse(scene.admin), f"/companies/{scene.company.id}/readiness"
    tomorrow = (database.clock.today() + timedelta(days=1)).strftime("%d.%m.%Y")
    for wrong in (tomorrow, "i går"):
        assert browser.submit(f"{path}/confirm", through_on=wrong).status_code == 422
    assert browser.submit(f"{path}/confirm", through_on=database.clock.today().strftime("%d.%m.%Y")).status_code == 303
    text = words_of(browser.get(path).text)
    assert "bekreftet 23.11.2026 at alle bilag er bokført til og med 23.11.2026." in text
    assert "Ikke kjent" not in text
    assert browser.submit(f"{path}/take-back").status_code == 303
    assert "Regnskapet forteller ikke om bilag venter på bokføring." in words_of(browser.get(path).text)


def test_a_companys_book_is_told_check_by_check_with_what_puts_it_right(browse, scene, database):
    link = "https://fiken.no/foretak/aerlig-handel-as"
    make.book_reading(database, scene.company, source="fiken", banks=[["1920:10001", "2026-10-01"]], unposted=None, link=link)
    make.open_item(database, scene.debtor, kind="payment", original_ore=-5_000_00, document_number=None)
    page = browse(scene.admin).get(f"/companies/{scene.company.id}/readiness").text
    text = words_of(page)
    assert "Bankkonto 1920:10001 er bare avstemt til og med 01.10.2026, for 53 dager siden." in text
    assert "Hent bankens bevegelser og avstem dem i regnskapet. Bank > Bankavstemming" in text
    assert f'href="{link}"' in page
    assert "Bilag bokført Ikke kjent : Regnskapet forteller ikke om bilag venter på bokføring." in text
    assert "−5 000,00 kr" in text
    company = words_of(browse(scene.admin).get(f"/companies/{scene.company.id}").text)
    assert "Boken er ikke à jour: ingenting sendes eller oversendes for denne klienten." in company
    ready = words_of(browse(scene.admin).get("/ready").text)
    assert "Boken til Ærlig Handel AS er ikke à jour. Listen står" in ready
