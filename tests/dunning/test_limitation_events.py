"""What interrupts a claim's limitation is recorded, withdrawn and audited; the radar shows what is barred soon, and only that."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import text

from app.db.unit_of_work import Database
from app.dunning import limitation_events
from app.dunning.limitation_events import LimitationError
from app.dunning.models import Claim
from app.tenants.models import Company
from support import make


@pytest.fixture
def company(database: Database) -> Company:
    return make.company(database, make.bureau(database))


def claim(database: Database, company: Company, due: date, **columns: object) -> Claim:
    item = make.open_item(database, make.debtor(database, company), due_on=due, document_number=due.isoformat())
    return make.claim(database, item, **columns)


def radar(database: Database, company: Company) -> list[tuple[str, date | None]]:
    with database.begin(make.scope(company)) as work:
        return [(one.invoice, one.limitation.last_day) for one in limitation_events.radar(work)]


def test_the_radar_shows_what_is_barred_within_six_months_the_first_to_go_first(database: Database, company: Company) -> None:
    for due in (date(2024, 5, 24), date(2023, 12, 1), date(2024, 5, 21), date(2026, 1, 5), date(2022, 3, 1)):
        claim(database, company, due)
    claim(database, company, date(2023, 12, 15), state="closed")
    assert radar(database, company) == [
        ("2022-03-01", date(2025, 3, 3)),  # barred already; 1 March 2025 was a Saturday
        ("2023-12-01", date(2026, 12, 1)),
        ("2024-05-21", date(2027, 5, 21)),
    ]  # fmt: skip


def test_an_acknowledgement_takes_a_claim_off_the_radar_and_its_withdrawal_puts_it_back(database: Database, company: Company) -> None:
    old = claim(database, company, date(2023, 12, 1))
    with database.begin(make.scope(company)) as work:
        event = limitation_events.record(work, old.id, "acknowledgement", date(2026, 11, 2), "E-post 2. november")
    assert radar(database, company) == []
    with database.begin(make.scope(company)) as work:
        assert limitation_events.limitation_of(work, old.id).last_day == date(2029, 11, 2)
        assert limitation_events.withdraw(work, old.id, event.id)
        assert not limitation_events.withdraw(work, old.id, event.id)
    assert radar(database, company) == [("2023-12-01", date(2026, 12, 1))]
    with database.begin(make.scope(company)) as work:
        said = work.session.execute(text("select action from audit_trail where action like 'limitation.%' order by at, action")).scalars()
        assert list(said) == ["limitation.recorded", "limitation.withdrawn"]
        assert len(limitation_events.events(work, old.id, withdrawn=True)) == 1


def test_a_step_whose_outcome_is_awaited_stays_on_the_radar(database: Database, company: Company) -> None:
    young = claim(database, company, date(2026, 6, 1))
    with database.begin(make.scope(company)) as work:
        limitation_events.record(work, young.id, "legal_step", date(2026, 11, 2), "Forliksrådet 26-123")
    assert radar(database, company) == [("2026-06-01", None)]


def test_reminders_and_warnings_move_nothing(database: Database, company: Company) -> None:
    old = claim(database, company, date(2023, 12, 1))
    make.notice(database, old)
    assert radar(database, company) == [("2023-12-01", date(2026, 12, 1))]


@pytest.mark.parametrize(
    ("kind", "evidence", "until", "field"),
    [("poem", "E-post", None, "kind"), ("acknowledgement", " ", None, "evidence"), ("extension", "Avtale", None, "until_on"),
     ("judgment", "Tingretten", None, "on")],
)  # fmt: skip
def test_what_cannot_be_recorded_names_its_field(
    database: Database, company: Company, kind: str, evidence: str, until: date | None, field: str
) -> None:
    old = claim(database, company, date(2023, 12, 1))
    with pytest.raises(LimitationError) as refused, database.begin(make.scope(company)) as work:
        limitation_events.record(work, old.id, kind, date(2026, 11, 2), evidence, until)
    assert refused.value.field == field
