"""Books to measure on: bureaus of one size with companies, debtors, invoices, payments, notices and claims, written in bulk as the owner.

One claim in two is overdue without a notice so far, others have had a reminder or a warning, some are part-paid, stopped or disputed: a
night's ordinary mixture, the same for every size.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine, text

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shape:
    """`due` claims of each bureau are due today, `resting` are not; five invoices to a debtor. Bureaus are numbered from `first`."""

    bureaus: int
    due: int
    resting: int = 0
    companies: int = 5
    first: int = 1


#: a bureau with a few claims of every kind, on which a process warms up before anything is measured
WARMING_UP = Shape(1, 180, first=0)

#: an id made of what it is for, so that rows can point to each other without being read back
_IDS = """
create or replace function bench_id(kind int, bureau int, number int) returns uuid language sql immutable parallel safe as
$$ select ('0199' || lpad(to_hex(kind), 4, '0') || '-0000-7' || lpad(to_hex(bureau % 4096), 3, '0') || '-8000-'
           || lpad(to_hex(bureau / 4096), 4, '0') || lpad(to_hex(number), 8, '0'))::uuid $$
"""
_BUREAUS = """
insert into bureaus (id, name, organisation_number, created_at, decided_through)
select bench_id(1, b, 0), 'Bureau ' || b, lpad((100000000 + b)::text, 9, '0'), :now, :before
from generate_series(cast(:first as int), :last) b
"""
_COMPANIES = """
insert into companies (bureau_id, id, name, sort_key, organisation_number, created_at, active_from, account_number, email)
select bench_id(1, b, 0), bench_id(2, b, c), 'Company ' || c, 'company ' || c, lpad((200000000 + b * 100 + c)::text, 9, '0'), :now, :now,
       '12345678903', 'post@company.example'
from generate_series(cast(:first as int), :last) b, generate_series(0, :companies - 1) c
"""
_CONNECTIONS = """
insert into connections (bureau_id, id, ledger, label, connected_at)
select bench_id(1, b, 0), bench_id(3, b, 0), 'tripletex', 'key', :now from generate_series(cast(:first as int), :last) b
"""
_LINKS = """
insert into company_links (bureau_id, id, connection_id, company_id, external_id, name, found_at, synced_at)
select bench_id(1, b, 0), bench_id(4, b, c), bench_id(3, b, 0), bench_id(2, b, c), c::text, 'Company ' || c, :now, :now
from generate_series(cast(:first as int), :last) b, generate_series(0, :companies - 1) c
"""
_DEBTORS = """
insert into debtors (bureau_id, id, company_id, external_id, number, name, sort_key, kind, email, address_lines, postal_code, city,
                     seen_at, organisation_number)
select bench_id(1, b, 0), bench_id(5, b, d), bench_id(2, b, d % :companies), 'd' || d, d::text, 'Debtor ' || d, 'debtor ' || d,
       (array['consumer', 'business', 'business', 'sole_proprietor'])[1 + d % 4], 'd' || d || '@debtor.example',
       array['Street ' || d], '0155', 'Oslo', :now,
       case when d % 4 > 0 then lpad((300000000 + b * 100000 + d / 2)::text, 9, '0') end
from generate_series(cast(:first as int), :last) b, generate_series(0, (:due + :resting) / 5) d
"""
_ITEMS = """
insert into open_items (bureau_id, id, company_id, debtor_id, external_id, invoice_external_id, kind, document_number, kid, issued_on,
                        due_on, original_ore, remaining_ore, currency, confidence, first_seen_at, changed_at, seen_at)
select bench_id(1, b, 0), bench_id(6, b, i), bench_id(2, b, (i / 5) % :companies), bench_id(5, b, i / 5), 'i' || i, 'f' || i, 'invoice',
       i::text, i::text, cast(:today as date) - (i % 90) - 15, cast(:today as date) - (i % 90) - 1, 100000 + i,
       case when i % 50 = 7 then 50 when i % 10 = 3 then 60000 + i else 100000 + i end, 'NOK', 'high', :changed, :changed, :before
from generate_series(cast(:first as int), :last) b, generate_series(0, :due + :resting - 1) i
"""
_PAYMENTS = """
insert into payments (bureau_id, id, company_id, open_item_id, external_id, source, kind, paid_on, amount_ore, seen_at)
select bench_id(1, b, 0), bench_id(7, b, i), bench_id(2, b, (i / 5) % :companies), bench_id(6, b, i), 'p' || i, 'ledger', 'payment',
       :today - 2, 40000, :before
from generate_series(cast(:first as int), :last) b, generate_series(3, :due + :resting - 1, 10) i
"""
#: one debtor in seven has paid three invoices on the day before they fell due: the guard over the day's run calls him a good payer
_PAID = """
insert into open_items (bureau_id, id, company_id, debtor_id, external_id, invoice_external_id, kind, document_number, kid, issued_on,
                        due_on, original_ore, remaining_ore, currency, confidence, state, closed_at, first_seen_at, changed_at, seen_at)
select bench_id(1, b, 0), bench_id(13, b, d * 3 + n), bench_id(2, b, d % :companies), bench_id(5, b, d), 'paid' || d * 3 + n,
       'p' || d * 3 + n, 'invoice', 'p' || d * 3 + n, null,
       :today - 150, :today - 130, 90000, 0, 'NOK', 'high', 'paid', :changed, :changed, :changed, :before
from generate_series(0, (:due + :resting) / 5, 7) d, generate_series(0, 2) n, generate_series(cast(:first as int), :last) b
"""
_PAID_BY = """
insert into payments (bureau_id, id, company_id, open_item_id, external_id, source, kind, paid_on, amount_ore, seen_at)
select i.bureau_id, i.id, i.company_id, i.id, 'paid', 'ledger', 'payment', i.due_on - 1, i.original_ore, i.seen_at
from generate_series(cast(:first as int), :last) b join open_items i on i.bureau_id = bench_id(1, b, 0) and i.state = 'paid'
"""
#: what went out on one day of each of the eight weeks before, of every company and of the bureau: tonight is as usual
_DAYS = """
insert into outward_days (bureau_id, id, company_id, ran_on, count, amount_ore, good_count, spread)
select bench_id(1, b, 0), bench_id(14, b, week * 1000 + coalesce(c, 999)), case when c is not null then bench_id(2, b, c) end,
       :today - week * 7, steps, steps * 95000, steps / 7, 2
from generate_series(cast(:first as int), :last) b, generate_series(1, 8) week,
     (select generate_series(0, :companies - 1) as c union all select null) whose,
     lateral (select cast(:due * 0.6 / case when c is null then 1 else :companies end as bigint)) usual(steps)
"""
_CLAIMS = """
insert into claims (bureau_id, id, company_id, open_item_id, debtor_id, state, step, reasons, awaits_list, next_action_on, decided_on,
                    decided_at, opened_at)
select bench_id(1, b, 0), bench_id(8, b, i), bench_id(2, b, (i / 5) % :companies), bench_id(6, b, i), bench_id(5, b, i / 5), 'active',
       'wait', '[{"code": "not_due", "source": "", "params": {"due_on": "2026-01-01"}}]', false,
       case when i < :due then :today else :today + 1 + i % 60 end, :today - 1, :before, :before
from generate_series(cast(:first as int), :last) b, generate_series(0, :due + :resting - 1) i
"""
_NOTICES = """
insert into notices (bureau_id, id, company_id, claim_id, kind, round, state, statute, rule_version, wording, language, tone, issued_on,
                     payment_deadline, principal_ore, fee_ore, interest_ore, total_ore, reasons, planned_at, issued_at)
select bench_id(1, b, 0), bench_id(kind, b, i), bench_id(2, b, (i / 5) % :companies), bench_id(8, b, i),
       (array['reminder', 'collection_warning'])[kind - 8], 1, 'sent', '1988', '2026-11', 'reminder.nb.v1', 'nb', 'friendly', issued,
       issued + 14, 100000, 0, 0, 100000, '[]', :before, :before
from generate_series(cast(:first as int), :last) b, generate_series(0, :due + :resting - 1) i, generate_series(9, 10) kind,
     lateral (select cast(:today as date) - case kind when 9 then (i % 90) - 3 else (i / 4) % 20 end) as said(issued)
where i % 90 > 20 and (i % 2 = 0 and kind = 9 and issued < cast(:today as date) - 15 or i % 4 = 0 and kind = 10)
"""
_HOLDS = """
insert into holds (bureau_id, id, company_id, claim_id, reason, until, placed_by, placed_at)
select bench_id(1, b, 0), bench_id(11, b, i), bench_id(2, b, (i / 5) % :companies), bench_id(8, b, i),
       'agreed', :today + 10, 'Kari', :before
from generate_series(cast(:first as int), :last) b, generate_series(11, :due + :resting - 1, 100) i
"""
_DISPUTES = """
insert into disputes (bureau_id, id, company_id, claim_id, text, raised_by, raised_at)
select bench_id(1, b, 0), bench_id(12, b, i), bench_id(2, b, (i / 5) % :companies), bench_id(8, b, i), 'not ours', 'Ola', :before
from generate_series(cast(:first as int), :last) b, generate_series(17, :due + :resting - 1, 200) i
"""
_FILL = (
    _IDS, _BUREAUS, _COMPANIES, _CONNECTIONS, _LINKS, _DEBTORS, _ITEMS, _PAYMENTS, _PAID, _PAID_BY, _DAYS, _CLAIMS, _NOTICES, _HOLDS,
    _DISPUTES,
)  # fmt: skip
FILLED = ("bureaus", "companies", "debtors", "open_items", "payments", "claims", "notices", "holds", "disputes")


def bureau_id(number: int) -> uuid.UUID:
    return uuid.UUID(f"01990001-0000-7{number:03x}-8000-000000000000")


def first_bureau() -> uuid.UUID:
    return bureau_id(1)


def company_id(bureau: int, number: int) -> uuid.UUID:
    return uuid.UUID(f"01990002-0000-7{bureau:03x}-8000-0000{number:08x}")


def fill(owner: Engine, shape: Shape) -> None:
    """Write the books. Constraints are not checked while seeding: the rows are ours, and point where they should."""
    values = {
        "first": shape.first, "last": shape.first + shape.bureaus - 1,
        "due": shape.due, "resting": shape.resting, "companies": shape.companies, "now": NOW,
        "today": NOW.date(), "before": datetime(2026, 11, 22, 3, 0, tzinfo=UTC), "changed": datetime(2026, 11, 18, 3, 0, tzinfo=UTC),
    }  # fmt: skip
    with owner.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        for statement in _FILL:
            wanted = {name: value for name, value in values.items() if f":{name}" in statement}
            connection.execute(text(statement), wanted)
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("vacuum analyze"))
        connection.execute(text("checkpoint"))
