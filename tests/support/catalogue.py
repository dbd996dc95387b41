"""What the database says about itself, as plain rows for tests of isolation."""

from __future__ import annotations

from sqlalchemy import Connection, text

#: the whole list of tables without row-level security: what a request is resolved from, and the house's own plumbing
PLATFORM_TABLES = frozenset(
    {
        "outbox", "failed_jobs", "demo_clock", "heartbeats", "bureaus", "users", "memberships", "sessions", "api_keys", "oauth_states",
        "company_moves", "rate_counters", "creditor_numbers", "confirmed_figures", "act_dates", "platform_staff", "ledger_turns",
        "opened_books",
        "alembic_version",
    }
)  # fmt: skip
#: unique across bureaus on purpose, with the reason
UNIQUE_ACROSS_BUREAUS: dict[str, str] = {}
#: what was said or decided is never changed, and nothing but housekeeping is ever deleted
RIGHTS = {
    "outbox": "DELETE INSERT SELECT UPDATE", "failed_jobs": "INSERT SELECT", "demo_clock": "SELECT UPDATE",
    "heartbeats": "INSERT SELECT UPDATE", "ledger_turns": "DELETE INSERT SELECT UPDATE",
    "opened_books": "DELETE INSERT SELECT UPDATE",
    "sessions": "DELETE INSERT SELECT UPDATE", "oauth_states": "DELETE INSERT SELECT", "rate_counters": "DELETE INSERT SELECT UPDATE",
    "idempotency_keys": "DELETE INSERT SELECT UPDATE", "audit_trail": "INSERT SELECT", "documents": "INSERT SELECT",
    "receipts": "INSERT SELECT", "policies": "INSERT SELECT", "routines": "INSERT SELECT",
    "dispute_evidence": "INSERT SELECT", "phone_calls": "INSERT SELECT", "restarts": "INSERT SELECT",
    "invoice_documents": "INSERT SELECT", "case_events": "INSERT SELECT",
    "wordings": "INSERT SELECT", "approvals": "INSERT SELECT", "instalments": "INSERT SELECT",
    "book_readings": "DELETE INSERT SELECT", "guard_limits": "INSERT SELECT", "held_steps": "INSERT SELECT",
    "outward_days": "DELETE INSERT SELECT UPDATE",
    "creditor_numbers": "INSERT SELECT", "confirmed_figures": "INSERT SELECT", "act_dates": "INSERT SELECT",
    "decisions": "INSERT SELECT", "alembic_version": "",
}  # fmt: skip
USUAL_RIGHTS = "INSERT SELECT UPDATE"


def tables(owner: Connection) -> set[str]:
    return set(owner.execute(text("select tablename from pg_tables where schemaname = 'public'")).scalars())


def unforced(owner: Connection) -> set[str]:
    """Tables without both ENABLE and FORCE ROW LEVEL SECURITY."""
    return set(
        owner.execute(
            text(
                "select relname from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace"
                " and not (relrowsecurity and relforcerowsecurity)"
            )
        ).scalars()
    )


def policies(owner: Connection) -> dict[str, list[tuple[str, str, str]]]:
    """Per table: command, USING and WITH CHECK of each policy."""
    rows = owner.execute(text("select tablename, cmd, coalesce(qual, ''), coalesce(with_check, '') from pg_policies")).all()
    found: dict[str, list[tuple[str, str, str]]] = {}
    for table, command, using, check in rows:
        found.setdefault(table, []).append((command, using, check))
    return found


def foreign_keys(owner: Connection) -> list[tuple[str, str, str, list[str]]]:
    """Name, table, table pointed at, and the columns on our side."""
    return [
        tuple(row)
        for row in owner.execute(
            text(
                "select c.conname, c.conrelid::regclass::text, c.confrelid::regclass::text,"
                " array(select a.attname from unnest(c.conkey) k join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k)::text[]"
                " from pg_constraint c where c.contype = 'f' and c.connamespace = 'public'::regnamespace"
            )
        )
    ]  # type: ignore[misc]


def unique_indexes(owner: Connection) -> list[tuple[str, str, str]]:
    """Name, table and first column of every unique index."""
    return [
        tuple(row)
        for row in owner.execute(
            text(
                "select i.indexrelid::regclass::text, i.indrelid::regclass::text, a.attname::text from pg_index i"
                " join pg_class t on t.oid = i.indrelid and t.relnamespace = 'public'::regnamespace"
                " join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] where i.indisunique"
            )
        )
    ]  # type: ignore[misc]


def rights(owner: Connection, role: str) -> dict[str, str]:
    """Per table, what the role may do with it, in alphabetical order."""
    rows = owner.execute(
        text(
            "select t.tablename, coalesce(string_agg(p.privilege, ' ' order by p.privilege), '') as granted from pg_tables t"
            " left join (values ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE'), ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) p(privilege)"
            "   on has_table_privilege(:role, format('public.%I', t.tablename), p.privilege)"
            " where t.schemaname = 'public' group by t.tablename"
        ),
        {"role": role},
    )
    return {row.tablename: row.granted for row in rows}
