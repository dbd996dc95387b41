"""A tenant table and its policy are born together. The application's role owns nothing, and gets only what a table needs.

The scope functions are plain SQL in scalar subqueries, so that the planner evaluates them once per statement, and empty means nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from alembic import op

APP_ROLE = "reskontro_app"
Rights = Literal["select", "insert", "update", "delete"]
Narrow = Literal["column", "self", "bureau_only", "person"]

FUNCTIONS = """
create function app_bureau() returns uuid language sql stable parallel safe as
$$ select nullif(current_setting('app.bureau_id', true), '')::uuid $$;
create function app_company() returns uuid language sql stable parallel safe as
$$ select nullif(current_setting('app.company_id', true), '')::uuid $$;
"""


def isolate(table: str, *, company: Narrow = "column", rights: tuple[Rights, ...] = ("select", "insert", "update")) -> None:
    """Force row-level security on `table`.

    `column`: rows of the scope's bureau and, for a company's own user, of that company. `self`: the table is `companies`.
    `bureau_only`: a company's own user sees nothing of it. `person`: he sees what is about his company's own users.
    """
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    admit(table, company)
    share(table, rights)


def admit(table: str, company: Narrow) -> None:
    """The table's one rule, in place of the one it may have."""
    narrow = {
        "column": "((select app_company()) is null or company_id = (select app_company()))",
        "self": "((select app_company()) is null or id = (select app_company()))",
        "bureau_only": "(select app_company()) is null",
        "person": "((select app_company()) is null or user_id in (select m.user_id from memberships m"
        " where m.bureau_id = (select app_bureau()) and m.company_id = (select app_company()) and m.ended_at is null))",
    }[company]
    rule = f"bureau_id = (select app_bureau()) and {narrow}"
    op.execute(f"drop policy if exists {table}_scope on {table}")
    op.execute(f"create policy {table}_scope on {table} using ({rule}) with check ({rule})")


@contextmanager
def unforced(*tables: str) -> Iterator[None]:
    """While a foreign key of rows that are there already is made: PostgreSQL reads them as their owner, who must see them all."""
    for table in tables:
        op.execute(f"alter table {table} no force row level security")
    yield
    for table in tables:
        op.execute(f"alter table {table} force row level security")


def share(table: str, rights: tuple[Rights, ...] = ("select", "insert", "update")) -> None:
    """Give the application's role these rights, and no others, on a table."""
    op.execute(f"grant {', '.join(rights)} on {table} to {APP_ROLE}")
