from __future__ import annotations

import pytest

from app.db.scope import Actor, BureauScope
from app.db.unit_of_work import Database
from app.tenants import bureaus, companies, queries
from app.tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from app.tenants.rate_limits import RateLimitError, spend
from app.values.clock import FixedClock
from support import make


def test_a_company_is_known_by_its_organisation_number_once(database: Database) -> None:
    bureau = make.bureau(database)
    number = make.organisation_number()
    with database.begin(BureauScope(bureau.id)) as work:
        made = companies.create(work, "  Fjordvik AS ", f"NO {number[:3]} {number[3:6]} {number[6:]} MVA", account_number="1234 56 78903")
        assert (made.name, made.organisation_number, made.account_number) == ("Fjordvik AS", number, "12345678903")
    with pytest.raises(companies.CompanyExistsError) as caught, database.begin(BureauScope(bureau.id)) as work:
        companies.create(work, "Another name", number)
    assert caught.value.company_id == made.id


@pytest.mark.parametrize(("name", "number"), [("", None), ("X", "123456789"), ("X", "")])
def test_a_company_needs_a_name_and_a_true_number(database: Database, name: str, number: str | None) -> None:
    with pytest.raises(ValueError), database.begin(BureauScope(make.bureau(database).id)) as work:
        companies.create(work, name, make.organisation_number() if number is None else number)


def test_companies_come_in_norwegian_order(database: Database) -> None:
    bureau = make.bureau(database)
    for name in ("Ås Bil", "Aasen Bygg", "Alfa", "Ærfugl", "Zeta", "Østby", "3 Brødre", "alfa 2"):
        make.company(database, bureau, name=name)
    with database.begin(BureauScope(bureau.id)) as work:
        names = [company.name for company in companies.all_open(work)]
    assert names == ["3 Brødre", "Alfa", "alfa 2", "Zeta", "Ærfugl", "Østby", "Ås Bil", "Aasen Bygg"]


def test_a_change_keeps_what_it_was_and_who_did_it(database: Database) -> None:
    company = make.company(database, make.bureau(database), name="Før AS")
    kari = Actor("user", None, "Kari")
    with database.begin(make.scope(company), kari) as work:
        companies.change(work, company.id, name="Etter AS", list_weekday=3)
        companies.change(work, company.id, list_weekday=3)
    with database.begin(make.scope(company)) as work:
        [line] = queries.audit_lines(work, subject_id=company.id)
        assert (line.action, line.actor_name, line.detail) == ("company.changed", "Kari", {"was": {"name": "Før AS", "list_weekday": 1}})
        assert companies.find(work, company.id).sort_key < companies.find(work, company.id).sort_key + "0"
        with pytest.raises(TypeError, match="bureau_id"):
            companies.change(work, company.id, bureau_id=make.bureau(database).id)


def test_another_bureaus_company_does_not_exist(database: Database) -> None:
    theirs = make.company(database, make.bureau(database))
    with pytest.raises(LookupError), database.begin(BureauScope(make.bureau(database).id)) as work:
        companies.find(work, theirs.id)


def test_stopping_everything_needs_a_reason_and_is_audited(database: Database) -> None:
    bureau = make.bureau(database)
    with pytest.raises(ValueError), database.begin(BureauScope(bureau.id)) as work:
        bureaus.stop_sending(work, " ")
    with database.begin(BureauScope(bureau.id)) as work:
        bureaus.stop_sending(work, "restored")
        assert bureaus.current(work).sending_stopped_reason == "restored"
        bureaus.allow_sending(work)
        work.session.expire_all()
        assert bureaus.current(work).sending_stopped_reason is None
        assert [line.action for line in queries.audit_lines(work)][::-1] == ["bureau.sending_stopped", "bureau.sending_allowed"]


def test_a_bureau_is_born_with_somebody_who_can_invite_the_rest(database: Database) -> None:
    made = bureaus.create_with_admin(
        database, "Byrået", make.organisation_number(), f"{make.organisation_number()}@byraa.example", "Kari", make.PASSWORD
    )
    with database.begin(BureauScope(made.id)) as work:
        assert [(member.name, member.role) for member in queries.members(work)] == [("Kari", Role.ADMIN)]


def test_only_an_administrator_may_everything() -> None:
    assert ROLE_PERMISSIONS[Role.ADMIN] == frozenset(Permission)
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(Permission.VIEW in granted for granted in ROLE_PERMISSIONS.values())
    assert ROLE_PERMISSIONS[Role.READER] == {Permission.VIEW}
    assert not ROLE_PERMISSIONS[Role.COMPANY] & {
        Permission.HAND_OVER,
        Permission.CONNECT,
        Permission.MEMBERS,
        Permission.KEYS,
        Permission.SETTINGS,
    }


def test_a_rate_limit_counts_tries_of_rolled_back_work_too(database: Database, clock: FixedClock) -> None:
    who = make.organisation_number()
    for _ in range(3):
        spend(database, "test", who, limit=3, window=make.timedelta(minutes=1))
    with pytest.raises(RateLimitError):
        spend(database, "test", who, limit=3, window=make.timedelta(minutes=1))
    spend(database, "test", who + "x", limit=3, window=make.timedelta(minutes=1))
    clock.move(make.timedelta(minutes=1))
    spend(database, "test", who, limit=3, window=make.timedelta(minutes=1))
