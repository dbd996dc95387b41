"""The written routine: what the settings say, a version when they say something else, and the same words on paper."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pypdf
import pytest
from sqlalchemy import select

from app.db.scope import CompanyScope
from app.db.unit_of_work import Database
from app.dunning import overrides, routine, routines
from app.dunning.facts import DebtorKind
from app.dunning.law import Law
from app.dunning.letters.routine_labels import WORDS
from app.dunning.letters.routine_sheet import routine_pdf
from app.dunning.letters.routine_text import LANGUAGES, routine_text
from app.dunning.models import RoutineRow
from app.dunning.segments import SegmentRule
from app.dunning.tiers import Place
from app.tenants import companies
from app.tenants.models import Company
from support import make
from support.asked import statements

MADE_AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def company(database: Database) -> Company:
    bureau = make.bureau(database)
    manager = make.member(database, bureau, name="Åse Øverås")
    return make.company(database, bureau, name="Ærlig Hage AS", list_weekday=4, list_hour=9, account_manager_id=manager.id)


def said_of(database: Database, company: Company) -> dict[str, Any]:
    with database.begin(make.scope(company)) as work:
        return routines.live(work, Law(), company.id)


def keep(database: Database, company: Company) -> int:
    with database.begin(make.scope(company)) as work:
        return routines.keep(work, Law())


def words_of(said: dict[str, Any], language: str = "nb") -> str:
    text = routine_text(said, language, 3, date(2026, 11, 26))
    return " ".join([text.title, *(" ".join([one.heading, *one.sentences, *(" ".join(row) for row in one.table)]) for one in text.blocks)])


def test_it_says_the_days_the_people_and_what_silence_means(database: Database, company: Company) -> None:
    words = words_of(said_of(database, company))
    for part in (
        "Hver torsdag kl. 09.00", "Purring 3 dager etter forfall 7 dager e-post, ellers brev vennlig rente Ærlig Hage AS",
        "Inkassovarsel 14 dager etter forfall 14 dager e-post og brev nøytral gebyr + rente", "inkassoforetaket (ikke satt)",
        "Det som ikke er stanset når listens frist er ute, går videre av seg selv.", "Kundeansvarlig Åse Øverås", "Stedfortreder ikke satt",
        "Fakturaer under 100,00 kr følges ikke opp.",
    ):  # fmt: skip
        assert part in words.replace("\u00a0", " ")


def test_the_next_lists_stand_there_with_their_deadlines_past_weekends_and_holidays(database: Database, company: Company) -> None:
    text = routine_text(said_of(database, company), "nb", 1, date(2026, 12, 17))
    assert [tuple(cell.replace("\u00a0", " ") for cell in row) for row in text.blocks[0].table[1:]] == [
        ("24. desember 2026", "29. desember 2026"), ("31. desember 2026", "5. januar 2027"), ("7. januar 2027", "11. januar 2027"),
        ("14. januar 2027", "18. januar 2027"),
    ]  # fmt: skip


def test_a_version_is_made_when_the_settings_say_something_else_and_only_then(database: Database, company: Company) -> None:
    assert [keep(database, company), keep(database, company)] == [1, 0]
    with database.begin(make.scope(company)) as work:
        overrides.put(work, Place(), {"tone": "firm"})
    assert keep(database, company) == 1
    with database.begin(make.scope(company)) as work:
        overrides.put(work, Place(company.id), {"tone": "friendly"})
        overrides.put_segment(
            work, None, company.id, "Store", 1, SegmentRule((DebtorKind.BUSINESS,), amount_from_ore=100), {"tone": "firm"}
        )
    assert keep(database, company) == 1
    with database.begin(make.scope(company)) as work:
        kept = routines.versions(work, company.id)
        assert [one.version for one in kept] == [3, 2, 1]
        assert [one.content["steps"][0]["tone"] for one in kept] == ["friendly", "firm", "friendly"]
        assert all(one.content_hash == routine.fingerprint(one.content) for one in kept)
        assert routines.find(work, company.id, 2).content["exceptions"] == []
    assert "Store bedrifter; fakturaer fra 1,00 kr tone: bestemt" in words_of(kept[0].content).replace("\u00a0", " ")


def test_it_says_whose_yes_is_waited_for_and_who_steps_in(database: Database, company: Company) -> None:
    with database.begin(make.scope(company)) as work:
        backup = make.member(database, type("B", (), {"id": work.bureau_id})(), name="Per Reserve")
        companies.change(work, company.id, backup_id=backup.id)
        overrides.put(work, Place(company.id), {"approval": "both", "approval_silence": "escalate", "approval_silence_days": 2})
    words = words_of(said_of(database, company))
    assert "Hvert steg venter på ja fra både kundeansvarlig og byrået." in words
    assert "Svarer ingen innen 2 virkedager, spørres stedfortrederen." in words
    assert "Stedfortreder Per Reserve" in words
    assert "Reskontroansvarlig ikke satt" in words


def test_a_step_the_law_forbids_or_bounds_is_said_as_it_is_done(database: Database, company: Company) -> None:
    with database.begin(make.scope(company)) as work:
        overrides.put(work, Place(company.id), {"warning_deadline_days": 3, "reminder": False, "hand_over": False})
    words = words_of(said_of(database, company))
    assert "Inkassovarsel 14 dager etter forfall 14 dager" in words
    assert "Purring" not in words
    assert "Ingenting sendes til inkasso etter inkassovarselet." in words


def test_the_pdf_holds_the_same_words_is_archivable_and_the_same_bytes_each_time(database: Database, company: Company) -> None:
    said = said_of(database, company)
    for language in LANGUAGES:
        pdf = routine_pdf(said, language, 3, MADE_AT)
        assert pdf == routine_pdf(said, language, 3, MADE_AT)
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        text = " ".join(" ".join(one.extract_text() for one in reader.pages).split())
        for one in routine_text(said, language, 3, date(2026, 11, 26)).blocks:
            assert one.heading in text
        assert "Ærlig Hage AS" in text
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert "pdfaid" in (reader.xmp_metadata.stream.get_data().decode() if reader.xmp_metadata else "")


def test_a_written_name_stays_text_and_never_becomes_layout(database: Database, company: Company) -> None:
    said = said_of(database, company) | {"company": '#sys.inputs "[*A*]" $x$ <b>'}
    text = " ".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(routine_pdf(said, "nb", 1, MADE_AT))).pages)
    assert '#sys.inputs "[*A*]" $x$ <b>' in " ".join(text.split())


def test_both_languages_have_every_word() -> None:
    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(part) for name, part in value.items()}
        return len(value) if isinstance(value, tuple) else 1

    assert shape(dict(WORDS["nb"])) == shape(dict(WORDS["en"]))


def test_many_companies_take_as_many_statements_as_one(database: Database, company: Company) -> None:
    with database.begin(make.scope(company)) as work, statements(database.engine) as few:
        assert routines.keep(work, Law()) == 1
    for _ in range(7):
        with database.begin(make.scope(company)) as work:
            bureau_id = work.bureau_id
        make.company(database, type("B", (), {"id": bureau_id})())
    with database.begin(make.scope(company)) as work, statements(database.engine) as many:
        assert routines.keep(work, Law()) == 7
    assert len(many) == len(few)


def test_a_company_reads_its_own_and_no_sisters_routine(database: Database, company: Company) -> None:
    with database.begin(make.scope(company)) as work:
        bureau_id = work.bureau_id
    sister = make.company(database, type("B", (), {"id": bureau_id})())
    keep(database, company)
    with database.begin(CompanyScope(company.bureau_id, company.id)) as work:
        assert set(work.session.execute(select(RoutineRow.company_id)).scalars()) == {company.id}
        with pytest.raises(LookupError):
            routines.live(work, Law(), sister.id)
        assert routines.live(work, Law(), company.id)["owners"][0]["name"] == "Åse Øverås"
