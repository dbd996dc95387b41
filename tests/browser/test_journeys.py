"""What people come to do, in their own words, from the first click to what came of it outside."""

from __future__ import annotations

import re
import uuid
from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page, expect
from pypdf import PdfReader

from app.dunning import queries
from app.seeding import ADMIN
from app.tenants import companies
from browser.conftest import Open
from ledgers.saft.books import COMPANY, balanced, complete_rows, file_of, invoice
from support import make
from support.browser import PHONE
from support.served import Served

TAB_STOPS_MAX = 80


def test_the_bureau_stops_one_and_the_rest_are_warned_at_the_deadline(served: Served, open_window: Open, tmp_path: Path) -> None:
    weekly = served.open_list()
    desk = open_window(accept_downloads=True)
    page = desk.log_in(ADMIN)
    expect(page.get_by_role("heading", name="Portefølje")).to_be_visible()
    page.get_by_role("link", name=re.compile("Klar for varsel")).first.click()
    section = page.locator(f"#list-{weekly.list_id}")

    # one is stopped, put back, and stopped again with its reason
    spared, *others = weekly.waiting
    row = page.locator(f"#entry-{spared.entry_id}")
    row.get_by_role("button", name="Stopp").click()
    expect(row).to_contain_text("Stoppet")
    row.get_by_role("button", name="Angre").click()
    expect(row).to_contain_text("Klar for varsel")
    row.get_by_role("button", name="Stopp").click()
    row.get_by_label("Hvorfor stoppes den?").fill("Vi har en avtale")
    row.get_by_role("button", name="Lagre").click()
    expect(row).to_contain_text("Vi har en avtale")

    section.get_by_role("button", name=re.compile("Godkjenn alle")).click()
    for entry in others:
        expect(page.locator(f"#entry-{entry.entry_id}")).to_contain_text("Godkjent")
    expect(row).to_contain_text("Stoppet")

    # the days pass until the deadline is over
    while served.house.clock.now() < weekly.deadline_at:
        page.get_by_role("button", name="+1 dag").click()
        expect(page.get_by_text("På vei til")).to_be_visible()
        served.arrive()
        expect(page.get_by_text("På vei til")).to_be_hidden()

    desk.go(f"/claims/{others[0].claim_id}")
    expect(page.get_by_text("Inkassovarsel sendt").first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Åpne brevet (PDF)").first.click(modifiers=["Alt"])
    saved.value.save_as(tmp_path / "letter.pdf")
    letter = " ".join(one.extract_text() for one in PdfReader(tmp_path / "letter.pdf").pages)
    assert "Inkassovarsel" in letter
    assert others[0].invoice in letter
    desk.go(f"/claims/{spared.claim_id}")
    expect(page.get_by_text("Stoppet på listen").first).to_be_visible()
    assert page.get_by_text("Inkassovarsel sendt").count() == 0
    assert desk.complaints == []


def test_the_companys_own_user_stops_one_on_the_phone_from_the_mail_in_three_taps(served: Served, open_window: Open) -> None:
    weekly = served.open_list()
    spared = weekly.waiting[-1]
    phone = open_window(size=PHONE, has_touch=True, is_mobile=True)
    phone.page.goto(f"{served.outside.url}/mail/{newest_mail(served, weekly.company_id)}")

    taps = 1
    phone.page.locator(f'a[href$="/stop/{spared.entry_id}"]').first.tap()
    expect(phone.page.get_by_role("heading", name=f"Stopp faktura {spared.invoice}?")).to_be_visible()
    assert state_of(served, spared.entry_id) == "ready", "opening the link must change nothing"
    taps += 1
    phone.page.get_by_role("button", name="Stopp varselet").tap()
    expect(phone.page.get_by_text("Stoppet").first).to_be_visible()
    assert taps <= 3
    assert state_of(served, spared.entry_id) == "stopped"
    button = phone.page.get_by_role("button", name=f"Angre: Faktura {spared.invoice}")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    button.tap()
    expect(button).to_be_hidden()
    assert state_of(served, spared.entry_id) == "ready"
    assert phone.complaints == []


def test_a_ledger_is_connected_by_consent_after_a_no(served: Served, open_window: Open) -> None:
    desk = open_window()
    page = desk.log_in(ADMIN)
    page.get_by_role("link", name="Tilkoblinger").first.click()
    page.get_by_role("link", name="Koble til et regnskapssystem").click()
    page.get_by_role("link", name="Koble til Fiken").click()
    page.get_by_role("button", name="Gå til Fiken").click()
    expect(page.get_by_role("heading", name="Vil du gi appen tilgang?")).to_be_visible()
    page.get_by_role("button", name="Avvis").click()
    expect(page.get_by_role("heading", name="Koble til Fiken")).to_be_visible()
    expect(page.locator(".ds-error-summary, [role=alert]").first).to_be_visible()

    page.get_by_role("button", name="Gå til Fiken").click()
    page.get_by_role("button", name="Godta").click()
    expect(page).to_have_url(re.compile(r"/connections/[0-9a-f-]{36}"))
    page.get_by_label(re.compile("Solsiden Design AS")).check()
    page.get_by_role("button", name=re.compile("Følg opp")).click()
    expect(page.get_by_role("row", name=re.compile("Solsiden Design AS"))).to_contain_text("Følges opp")
    served.work_off()
    page.get_by_role("link", name="Solsiden Design AS").click()
    expect(page.get_by_role("heading", name="Solsiden Design AS")).to_be_visible()


def test_a_file_is_looked_at_before_it_is_imported(served: Served, open_window: Open, tmp_path: Path) -> None:
    make.company(served.house.database, served.bureau, name="Bø & Sønner AS", organisation_number=COMPANY)
    rows = [*complete_rows(customers=2, invoices=4), invoice("C0", 77_700, date(2025, 5, 2))]
    parties = [balanced(f"C{one}", 0, rows, name=f"Kunde {one} AS", registration=None) for one in (0, 1)]
    file = file_of(tmp_path / "regnskap.xml", parties, rows)
    desk = open_window()
    page = desk.log_in(ADMIN)
    page.get_by_role("link", name="Filer", exact=True).first.click()
    page.get_by_label("Filer", exact=True).set_input_files(file)
    page.get_by_role("button", name="Les og vis").click()
    expect(page.get_by_role("heading", name="Forhåndsvisning av importen for Bø & Sønner AS")).to_be_visible()
    expect(page.get_by_text("Ingenting er importert ennå").first).to_be_visible()
    button = page.get_by_role("button", name=re.compile(r"Importer \d+ poster"))
    count = int(re.findall(r"\d+", button.inner_text())[0])
    button.click()
    expect(page.get_by_text(f"Åpne poster importert: {count}.")).to_be_visible()
    expect(page.get_by_role("region", name="Usikre poster")).to_contain_text("Kunde 0 AS")
    assert desk.complaints == []


def test_a_customer_is_checked_before_the_sale_and_the_answer_says_why(served: Served, open_window: Open) -> None:
    desk = open_window()
    page = desk.log_in(ADMIN)
    page.get_by_role("link", name="Kredittsjekk").first.click()
    page.get_by_role("link", name="Ny kredittsjekk").first.click()
    page.get_by_label("Hvilken klient selger").select_option(label="Brattli Rørservice AS")
    page.get_by_label("Kundens organisasjonsnummer").fill("971 032 081")
    page.get_by_label(re.compile("Ordrebeløp")).fill("25 000")
    page.get_by_label(re.compile("Saklig behov")).fill("Ordre 4711 med 30 dagers kreditt")
    page.get_by_role("button", name="Sjekk nå").click()
    expect(page.get_by_role("heading", name=re.compile("Fjordgløtt Hotell AS"))).to_be_visible()
    advice = page.locator("section.next")
    expect(advice.locator("li").first).to_be_visible()
    expect(advice).to_contain_text(re.compile(r"per \d\d\.\d\d\.\d{4}|Enhetsregisteret|Regnskapsregisteret"))
    expect(page.get_by_role("row", name=re.compile("31.12.2025"))).to_be_visible()
    assert desk.complaints == []


def test_the_weekly_list_is_decided_with_the_keyboard_alone(served: Served, open_window: Open) -> None:
    weekly = served.open_list()
    entry = weekly.waiting[0]
    desk = open_window()
    page = desk.log_in(ADMIN)
    desk.go(f"/companies/{weekly.company_id}/list")
    tab_to(page, page.get_by_role("button", name=f"Stopp: Faktura {entry.invoice}"))
    assert outlined(page), "the focus must be seen"
    page.keyboard.press("Enter")
    row = page.locator(f"#entry-{entry.entry_id}")
    undo = row.get_by_role("button", name="Angre")
    expect(undo).to_be_focused()
    expect(page.locator("#live")).to_contain_text(f"Stoppet: faktura {entry.invoice}")
    page.keyboard.press("Enter")
    expect(row.get_by_role("button", name="Stopp")).to_be_focused()
    assert state_of(served, entry.entry_id) == "ready"
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox").first).to_be_focused()


def test_without_javascript_an_invoice_is_stopped_and_put_back(served: Served, open_window: Open) -> None:
    weekly = served.open_list()
    entry = weekly.waiting[0]
    desk = open_window(java_script_enabled=False)
    page = desk.log_in(ADMIN)
    desk.go(f"/companies/{weekly.company_id}/list")
    row = page.locator(f"#entry-{entry.entry_id}")
    row.get_by_role("button", name="Stopp").click()
    expect(row).to_contain_text("Stoppet")
    assert state_of(served, entry.entry_id) == "stopped"
    row.get_by_role("button", name="Angre").click()
    expect(row.get_by_role("button", name="Stopp")).to_be_visible()
    assert state_of(served, entry.entry_id) == "ready"


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(TAB_STOPS_MAX):
        page.keyboard.press("Tab")
        if wanted.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError("the Tab key never gets there")


def outlined(page: Page) -> bool:
    return bool(page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2"))


def state_of(served: Served, entry_id: uuid.UUID) -> str:
    with served.begin() as work:
        return queries.list_of_entry(work, entry_id)[1].state


def newest_mail(served: Served, company_id: uuid.UUID) -> int:
    """The newest mail to that company, by its number in the sandbox's mailbox."""
    with served.begin() as work:
        address = companies.find(work, company_id).email
    assert address is not None
    return int(served.outside.mails(address)[-1]["id"])
