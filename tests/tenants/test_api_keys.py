from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db.scope import BureauScope, CompanyScope
from app.db.unit_of_work import Database
from app.tenants import api_keys, companies, queries
from app.tenants.models import Bureau
from app.tenants.permissions import Permission, Role
from app.values.clock import FixedClock
from support import make


def new_key(database: Database, bureau: Bureau, role: Role = Role.MANAGER, **how: object) -> api_keys.NewKey:
    with database.begin(BureauScope(bureau.id)) as work:
        return api_keys.create(work, "Ordresystemet", role, **how)  # type: ignore[arg-type]


def test_a_key_names_its_bureau_and_may_what_its_role_may(database: Database) -> None:
    bureau = make.bureau(database)
    made = new_key(database, bureau)
    assert made.key.startswith("rk_") and made.key.count("_") >= 2
    who = api_keys.resolve(database, made.key)
    assert who is not None
    assert (who.api_key_id, who.user_id, who.bureau_id, who.name, who.scope) == (
        made.id, None, bureau.id, "Ordresystemet", BureauScope(bureau.id),
    )  # fmt: skip
    assert (who.actor.kind, who.actor.id) == ("api_key", made.id)
    assert who.may(Permission.CHECK_CREDIT)
    assert not who.may(Permission.MEMBERS)


def test_a_companys_key_sees_that_company_only(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    who = api_keys.resolve(database, new_key(database, bureau, Role.COMPANY, company_id=company.id).key)
    assert who is not None and who.scope == CompanyScope(bureau.id, company.id)


def test_a_key_for_a_neighbours_company_cannot_be_made(database: Database) -> None:
    theirs = make.company(database, make.bureau(database))
    with pytest.raises(IntegrityError):
        new_key(database, make.bureau(database), Role.COMPANY, company_id=theirs.id)


def test_anything_else_than_the_whole_key_is_nobodys(database: Database) -> None:
    key = new_key(database, make.bureau(database)).key
    other = new_key(database, make.bureau(database)).key
    _, prefix, _ = key.split("_", 2)
    for wrong in (
        None,
        "",
        "rk",
        "rk__",
        key[:-1],
        key + "x",
        key.upper(),
        f"rk_{prefix}_",
        f"rk_{prefix}_{other.split('_', 2)[2]}",
        "x" * 10_000,
        "rk_å_ø",
    ):
        assert api_keys.resolve(database, wrong) is None, wrong


def test_the_secret_is_stored_nowhere(database: Database) -> None:
    bureau = make.bureau(database)
    secret = new_key(database, bureau).key.split("_", 2)[2]
    with database.begin(BureauScope(bureau.id)) as work:
        rows = [tuple(row) for table in ("api_keys", "audit_trail") for row in work.session.execute(text(f"select * from {table}"))]
    assert len(rows) >= 2
    assert not any(secret in str(row) for row in rows)


def test_a_key_ends_when_it_expires_or_is_revoked(database: Database, clock: FixedClock) -> None:
    bureau = make.bureau(database)
    short = new_key(database, bureau, expires_at=clock.now() + timedelta(days=1))
    long = new_key(database, bureau)
    clock.move(timedelta(days=1) - timedelta(seconds=1))
    assert api_keys.resolve(database, short.key) is not None
    clock.move(timedelta(seconds=1))
    assert api_keys.resolve(database, short.key) is None
    with database.begin(BureauScope(bureau.id)) as work:
        api_keys.revoke(work, long.id)
    assert api_keys.resolve(database, long.key) is None
    with pytest.raises(LookupError), database.begin(BureauScope(bureau.id)) as work:
        api_keys.revoke(work, long.id)


def test_another_bureaus_key_cannot_be_revoked_or_listed(database: Database) -> None:
    made = new_key(database, make.bureau(database))
    with database.begin(BureauScope(make.bureau(database).id)) as work:
        assert queries.api_keys(work) == []
        with pytest.raises(LookupError):
            api_keys.revoke(work, made.id)
    assert api_keys.resolve(database, made.key) is not None


def test_a_closed_companys_key_ends_with_it(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    made = new_key(database, bureau, Role.COMPANY, company_id=company.id)
    with database.begin(BureauScope(bureau.id)) as work:
        companies.close(work, company.id)
    assert api_keys.resolve(database, made.key) is None


def test_last_use_is_noted_every_few_minutes_only(database: Database, clock: FixedClock) -> None:
    bureau = make.bureau(database)
    made = new_key(database, bureau)
    noted = []
    for _ in range(4):
        api_keys.resolve(database, made.key)
        with database.begin(BureauScope(bureau.id)) as work:
            noted.append(queries.api_keys(work)[0].last_used_at)
        clock.move(timedelta(minutes=3))
    assert len(set(noted)) == 2


@pytest.mark.parametrize(("role", "company"), [(Role.COMPANY, False), (Role.ADMIN, True)])
def test_role_and_company_must_fit(database: Database, role: Role, company: bool) -> None:
    bureau = make.bureau(database)
    company_id = make.company(database, bureau).id if company else None
    with pytest.raises(ValueError, match="role"):
        new_key(database, bureau, role, company_id=company_id)
