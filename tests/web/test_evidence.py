"""Files beside an objection: who may put them there, what is taken, and how they are handed out again."""

from __future__ import annotations

import pytest

from app.dunning import holds
from support import make
from support.pages import words_of

PDF = b"%PDF-1.7 the delivery note"
HTML = b"<script>alert(1)</script>"


@pytest.fixture
def disputed(scene, database):
    with database.begin(make.scope(scene.bureau)) as work:
        holds.object_to(work, scene.claim.id, "Varene kom aldri frem")
    return scene.claim


def put(browser, claim, name: str, content: bytes):
    path = f"/claims/{claim.id}/dispute/evidence"
    return browser.post(path, data={"_csrf": browser.token}, files={"file": (name, content, "text/html")})


def document_of(page: str) -> str:
    return page.split("/documents/")[1].split('"', maxsplit=1)[0]


def test_a_file_is_put_beside_the_objection_and_handed_out_as_a_file_and_never_shown(browse, scene, disputed):
    browser = browse(scene.admin)
    before = words_of(browser.get(f"/claims/{disputed.id}").text)
    assert "Ingenting sendes eller gebyrlegges for dette kravet før noen har avgjort." in before
    assert put(browser, disputed, "..\\..\\følgeseddel\u202e.html", PDF).status_code == 303
    page = browser.get(f"/claims/{disputed.id}").text
    assert "følgeseddel.pdf" in page
    assert scene.admin.name in page
    answer = browser.get(f"/documents/{document_of(page)}")
    assert answer.content == PDF
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bilde.png", HTML, "Bare PDF-, PNG- og JPEG-filer tas imot."),
        ("faktura.pdf", b"", "Velg en fil som ikke er tom."),
        ("stor.pdf", PDF + b" " * 5_000_000, "Filen er større enn 5 MB."),
    ],
)
def test_what_is_no_evidence_is_refused_with_the_way_out(browse, scene, disputed, name, content, said):
    browser = browse(scene.admin)
    answer = put(browser, disputed, name, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert "/documents/" not in browser.get(f"/claims/{disputed.id}").text


def test_a_decided_objection_takes_no_more(browse, scene, disputed, database):
    browser = browse(scene.admin)
    with database.begin(make.scope(scene.bureau)) as work:
        holds.decide_dispute(work, disputed.id, "rejected", "Levert og kvittert")
    answer = put(browser, disputed, "a.pdf", PDF)
    assert answer.status_code == 422


def test_the_company_puts_its_own_file_there_and_no_other_company_reads_it(browse, scene, disputed, database):
    owner, sister = (make.member(database, scene.bureau, company=one) for one in (scene.company, make.company(database, scene.bureau)))
    browser = browse(owner)
    assert "Varene kom aldri frem" in browser.get(f"/own/claims/{disputed.id}").text
    assert put(browser, disputed, "kvittering.pdf", PDF).headers["location"].startswith(f"/own/claims/{disputed.id}")
    document = document_of(browser.get(f"/own/claims/{disputed.id}").text)
    assert browser.get(f"/documents/{document}").status_code == 200
    hers = browse(sister)
    hers.get("/own")
    assert hers.get(f"/documents/{document}").status_code == 404
    assert put(hers, disputed, "b.pdf", PDF).status_code == 404
    reader = browse(make.member(database, scene.bureau, role="reader"))
    reader.get("/claims")
    assert put(reader, disputed, "b.pdf", PDF).status_code == 403
