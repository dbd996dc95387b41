"""Whose words a notice is written in: the company's, else the bureau's, else the house's; and what was written stays on file."""

from __future__ import annotations

import pytest

from app.db.scope import BureauScope, CompanyScope
from app.db.unit_of_work import Database
from app.dunning import own_wordings
from app.dunning.own_wordings import Which, WordingRefusedError
from app.dunning.wording import wording_text
from support import make
from support.town import Town

REMINDER = Which("reminder", "nb", "friendly")
HOUSE = wording_text("reminder", "nb", "friendly")
BUREAUS = HOUSE.replace("Vi kan ikke se at faktura", "Byrået ser ikke at faktura")
COMPANYS = HOUSE.replace("Vi kan ikke se at faktura", "Hos oss er ikke faktura")


def test_the_company_speaks_before_the_bureau_and_the_bureau_before_the_house(database: Database) -> None:
    bureau = make.bureau(database)
    company, other = make.company(database, bureau), make.company(database, bureau)
    with database.begin(BureauScope(bureau.id)) as work:
        assert own_wordings.document(work, company.id, REMINDER) is None
        assert own_wordings.text_of(work, company.id, REMINDER) == HOUSE
        own_wordings.save(work, None, REMINDER, BUREAUS)
        assert own_wordings.text_of(work, company.id, REMINDER) == BUREAUS
        own_wordings.save(work, company.id, REMINDER, COMPANYS)
        words = own_wordings.document(work, company.id, REMINDER)
        assert words is not None and words.name == "reminder.nb.company1.friendly"
        assert own_wordings.text_of(work, other.id, REMINDER) == BUREAUS
        assert own_wordings.give_up(work, company.id, REMINDER)
        assert own_wordings.text_of(work, company.id, REMINDER) == BUREAUS
        assert not own_wordings.give_up(work, company.id, REMINDER)
        assert [(one.version, one.text is None) for one in own_wordings.versions(work, company.id, REMINDER)] == [(2, True), (1, False)]


def test_words_the_law_does_not_allow_are_not_kept(database: Database) -> None:
    bureau = make.bureau(database)
    with database.begin(BureauScope(bureau.id)) as work:
        with pytest.raises(WordingRefusedError) as refused:
            own_wordings.save(work, None, REMINDER, HOUSE.replace("{amount}", "{belop}"))
        assert [(one.code, one.detail) for one in refused.value.faults] == [("unknown_field", "belop")]
        assert own_wordings.versions(work, None, REMINDER) == []


def test_a_companys_own_people_read_the_bureaus_words_and_not_a_neighbours(database: Database) -> None:
    bureau, neighbour = make.bureau(database), make.bureau(database)
    company, other = make.company(database, bureau), make.company(database, bureau)
    with database.begin(BureauScope(neighbour.id)) as work:
        own_wordings.save(work, None, REMINDER, HOUSE.replace("Vi kan", "NABO kan"))
    with database.begin(BureauScope(bureau.id)) as work:
        own_wordings.save(work, other.id, REMINDER, COMPANYS)
        own_wordings.save(work, None, REMINDER, BUREAUS)
    with database.begin(CompanyScope(bureau.id, company.id)) as work:
        assert own_wordings.text_of(work, company.id, REMINDER) == BUREAUS
        assert own_wordings.own(work, other.id) == {}


def test_a_reminder_goes_out_in_the_companys_own_words_and_remembers_which(town: Town) -> None:
    with town.begin() as work:
        own_wordings.save(work, town.company.id, REMINDER, COMPANYS)
    customer = town.customer()
    invoice = town.invoice(customer, overdue=5)
    town.sync()
    (mail,) = town.outside.mails(customer["email"])
    assert "Hos oss er ikke faktura" in mail["text"]
    (notice,) = town.notices(invoice)
    assert notice.wording == "reminder.nb.company1.friendly"
    with town.begin() as work:
        own_wordings.give_up(work, town.company.id, REMINDER)
    (notice,) = town.notices(invoice)
    assert "Hos oss er ikke faktura" in (notice.body or ""), "what was said stays as it was said"
