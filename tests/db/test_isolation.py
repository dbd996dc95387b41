from __future__ import annotations

import concurrent.futures
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from app.db.base import Base
from app.db.engine import APP_ROLE, app_engine
from app.db.scope import BureauScope, CompanyScope, PlatformScope
from app.db.unit_of_work import Database
from app.dunning.models import Claim, Hold
from app.receivables.models import Debtor, OpenItem
from app.tenants.models import AuditEntry, Company
from app.values.clock import FixedClock
from support import catalogue, make

if TYPE_CHECKING:
    from support.neighbour import Neighbour

TENANT_TABLES = sorted(name for name in Base.metadata.tables if name not in catalogue.PLATFORM_TABLES)


def test_every_table_but_the_named_platform_tables_has_forced_row_level_security(owner: Engine) -> None:
    with owner.connect() as connection:
        assert catalogue.unforced(connection) == catalogue.PLATFORM_TABLES, (
            "a tenant table needs `isolate(...)` in its migration; a platform table must be argued for in tests/support/catalogue.py"
        )


def test_every_tenant_table_has_one_policy_that_narrows_reading_and_writing_to_the_bureau(owner: Engine) -> None:
    with owner.connect() as connection:
        policies = catalogue.policies(connection)
        tenant_tables = catalogue.tables(connection) - catalogue.PLATFORM_TABLES
    assert set(policies) == tenant_tables
    for table, found in policies.items():
        assert len(found) == 1, f"{table}: a second policy would widen the first, since policies are joined by OR"
        command, using, check = found[0]
        assert command == "ALL", table
        for rule in (using, check):
            assert "bureau_id = ( SELECT app_bureau()" in rule, f"{table}: {rule}"
            assert "app_company()" in rule, f"{table} does not say what a company's own user sees of it: {rule}"


def test_a_tenant_table_with_a_company_shows_a_companys_user_only_its_own_rows_or_none(owner: Engine) -> None:
    with owner.connect() as connection:
        policies = catalogue.policies(connection)
    for table in TENANT_TABLES:
        _, using, _ = policies[table][0]
        column = "id" if table == "companies" else "company_id"
        own_only = f"({column} = ( SELECT app_company()" in using
        own_only |= table == "absences" and "(m.company_id = ( SELECT app_company()" in using  # they are about a person of the company
        nothing = " OR " not in using
        assert own_only or nothing, f"{table}: {using}"


def test_every_foreign_key_of_a_tenant_table_to_another_holds_the_bureau(owner: Engine) -> None:
    with owner.connect() as connection:
        loose = [
            name
            for name, table, target, columns in catalogue.foreign_keys(connection)
            if target not in catalogue.PLATFORM_TABLES and "bureau_id" not in columns
        ]
    assert loose == [], "foreign-key checks ignore row-level security: without the bureau in the key a row can point at a neighbour's"


def test_every_unique_index_of_a_tenant_table_starts_with_the_bureau(owner: Engine) -> None:
    with owner.connect() as connection:
        loose = {
            name
            for name, table, first in catalogue.unique_indexes(connection)
            if table not in catalogue.PLATFORM_TABLES and first != "bureau_id"
        }
    assert loose == set(catalogue.UNIQUE_ACROSS_BUREAUS), "'duplicate key' would tell one bureau what another has"


def test_the_application_role_owns_nothing_and_cannot_get_round_the_policies(owner: Engine) -> None:
    with owner.connect() as connection:
        role = connection.execute(
            text("select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolcanlogin from pg_roles where rolname = :role"),
            {"role": APP_ROLE},
        ).one()
        owned = connection.scalar(
            text("select count(*) from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname = :role"), {"role": APP_ROLE}
        )
        member_of = connection.scalar(
            text("select count(*) from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = :role"), {"role": APP_ROLE}
        )
        around = (
            connection.execute(
                text(
                    "select proname::text from pg_proc where pronamespace = 'public'::regnamespace and prosecdef"
                    " union all select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')"
                )
            )
            .scalars()
            .all()
        )
    assert tuple(role) == (False, False, False, False, False)
    assert owned == 0
    assert member_of == 0
    assert around == [], "views, materialised views and security definer functions see every bureau"


def test_the_application_role_has_exactly_the_rights_each_table_needs(owner: Engine) -> None:
    with owner.connect() as connection:
        found = catalogue.rights(connection, APP_ROLE)
    assert found == {table: catalogue.RIGHTS.get(table, catalogue.USUAL_RIGHTS) for table in found}


@pytest.mark.parametrize(
    "statement", ["update audit_trail set action = 'x'", "delete from audit_trail", "truncate audit_trail", "drop table audit_trail"]
)
def test_the_audit_trail_can_only_grow(database: Database, statement: str) -> None:
    bureau = make.bureau(database)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), database.begin(BureauScope(bureau.id)) as work:
        work.session.execute(text(statement))


def test_the_neighbour_has_a_row_in_every_tenant_table(database: Database, neighbour: Neighbour) -> None:
    with database.begin(make.scope(neighbour.bureau)) as work:
        empty = [table for table in TENANT_TABLES if not work.session.scalar(text(f"select count(*) from {table}"))]
    assert empty == [], "give the neighbour in tests/support/neighbour.py a row, or nothing can be seen leaking"


@pytest.mark.usefixtures("neighbour")
def test_without_a_tenant_every_tenant_table_is_empty(database: Database) -> None:
    with database.begin(PlatformScope()) as work:
        seen = {table: work.session.scalar(text(f"select count(*) from {table}")) for table in TENANT_TABLES}
    assert seen == dict.fromkeys(TENANT_TABLES, 0)


def test_a_bureau_sees_none_of_its_neighbours_rows_in_any_table(database: Database, neighbour: Neighbour) -> None:
    bureau = make.bureau(database)
    with database.begin(BureauScope(bureau.id)) as work:
        seen = {table: work.session.scalar(text(f"select count(*) from {table}")) for table in TENANT_TABLES}
    assert seen == dict.fromkeys(TENANT_TABLES, 0)
    with database.begin(make.scope(neighbour.bureau)) as work:
        assert all(work.session.scalar(text(f"select count(*) from {table}")) for table in TENANT_TABLES)


def test_a_row_cannot_be_written_into_another_bureau(database: Database, neighbour: Neighbour) -> None:
    bureau = make.bureau(database)
    with pytest.raises(DBAPIError, match="row-level security"), database.begin(BureauScope(bureau.id)) as work:
        work.session.add(
            AuditEntry(
                bureau_id=neighbour.bureau.id, at=work.now(), actor_kind="user", actor_name="x", action="x", subject_kind="x", detail={}
            )
        )


def test_a_row_cannot_be_moved_into_another_bureau(database: Database, neighbour: Neighbour) -> None:
    company = make.company(database, make.bureau(database))
    debtor = make.debtor(database, company)
    with pytest.raises(DBAPIError, match="row-level security"), database.begin(make.scope(company)) as work:
        work.session.execute(
            text("update debtors set bureau_id = :theirs where id = :id"), {"theirs": neighbour.bureau.id, "id": debtor.id}
        )


def test_a_neighbours_rows_are_neither_changed_nor_deleted(database: Database, neighbour: Neighbour) -> None:
    bureau = make.bureau(database)
    with database.begin(BureauScope(bureau.id)) as work:
        changed = work.session.execute(text("update claims set step = 'x' where id = :id returning id"), {"id": neighbour.claim.id}).all()
        gone = work.session.execute(text("delete from idempotency_keys returning id")).all()
    assert changed == gone == []


def test_a_foreign_key_cannot_reach_a_neighbours_row(database: Database, neighbour: Neighbour) -> None:
    company = make.company(database, make.bureau(database))
    item = make.open_item(database, make.debtor(database, company))
    with pytest.raises(IntegrityError, match="fk_claims_bureau_id_debtor_id"):
        make.claim(database, item, debtor_id=neighbour.debtor.id)
    with pytest.raises(IntegrityError, match="fk_holds_bureau_id_claim_id"), database.begin(make.scope(company)) as work:
        work.session.add(
            Hold(
                bureau_id=company.bureau_id, company_id=company.id, claim_id=neighbour.claim.id, reason="x", placed_by="x",
                placed_at=work.now(),
            )
        )  # fmt: skip


def test_the_same_organisation_number_in_two_bureaus_is_nobodys_business(database: Database, neighbour: Neighbour) -> None:
    mine = make.company(database, make.bureau(database), organisation_number=neighbour.company.organisation_number)
    assert mine.organisation_number == neighbour.company.organisation_number


def test_a_companys_own_user_sees_that_company_and_nothing_of_the_bureaus_own(database: Database) -> None:
    bureau = make.bureau(database)
    mine, other = make.company(database, bureau), make.company(database, bureau)
    for company in (mine, other):
        make.claim(database, make.open_item(database, make.debtor(database, company)))
    connection = make.connection(database, bureau)
    make.company_link(database, connection, mine)
    with database.begin(CompanyScope(bureau.id, mine.id)) as work:
        assert work.session.execute(select(Company.id)).scalars().all() == [mine.id]
        for table in (Claim, Debtor, OpenItem):
            assert set(work.session.execute(select(table.company_id)).scalars()) == {mine.id}
        for table_name in ("connections", "company_links", "idempotency_keys"):
            assert work.session.scalar(text(f"select count(*) from {table_name}")) == 0
    with database.begin(BureauScope(bureau.id)) as work:
        assert work.session.scalar(select(func.count()).select_from(Claim)) == 2


def test_a_companys_own_user_cannot_write_for_another_company(database: Database) -> None:
    bureau = make.bureau(database)
    mine, other = make.company(database, bureau), make.company(database, bureau)
    claim = make.claim(database, make.open_item(database, make.debtor(database, other)))
    with pytest.raises(DBAPIError, match="row-level security"), database.begin(CompanyScope(bureau.id, mine.id)) as work:
        work.session.add(Hold(bureau_id=bureau.id, company_id=other.id, claim_id=claim.id, reason="x", placed_by="x", placed_at=work.now()))


@pytest.fixture
def narrow(database_url: str, clock: FixedClock) -> Iterator[Database]:
    """A pool of one connection: whatever stays on it, the next one gets."""
    engine = app_engine(database_url, pool_size=1)
    engine.pool._max_overflow = 0  # type: ignore[attr-defined]
    yield Database(engine, clock)
    engine.dispose()


def test_a_scope_does_not_stay_on_the_pooled_connection(narrow: Database) -> None:
    company = make.company(narrow, make.bureau(narrow))
    with narrow.begin(make.scope(company)) as work:
        assert work.session.scalar(select(func.count()).select_from(Company)) == 1
    with narrow.begin(PlatformScope()) as work:
        assert work.session.scalar(select(func.count()).select_from(Company)) == 0
    with narrow.engine.connect() as connection:
        assert connection.scalar(text("select count(*) from companies")) == 0
        assert connection.scalar(text("select current_user")) == APP_ROLE


def test_a_scope_does_not_stay_after_an_error(narrow: Database) -> None:
    company = make.company(narrow, make.bureau(narrow))
    with pytest.raises(ProgrammingError), narrow.begin(make.scope(company)) as work:
        work.session.execute(text("select nonsense from companies"))
    with narrow.begin(PlatformScope()) as work:
        assert work.session.scalar(select(func.count()).select_from(Company)) == 0


def test_interleaved_work_of_many_bureaus_over_one_connection_never_mixes(narrow: Database) -> None:
    companies = [make.company(narrow, make.bureau(narrow)) for _ in range(4)]

    def look(turn: int) -> tuple[uuid.UUID, list[uuid.UUID]]:
        company = companies[turn % len(companies)]
        with narrow.begin(make.scope(company)) as work:
            return company.id, list(work.session.execute(select(Company.id)).scalars())

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for wanted, seen in pool.map(look, range(80)):
            assert seen == [wanted]


def test_resetting_the_role_stays_within_the_applications_role(database: Database) -> None:
    with database.begin(PlatformScope()) as work:
        work.session.execute(text("reset role"))
        assert work.session.scalar(text("select current_user")) == APP_ROLE
        assert work.session.scalar(text("select current_setting('is_superuser')")) in {"on", "off"}
        assert work.session.scalar(text("select count(*) from companies")) == 0
