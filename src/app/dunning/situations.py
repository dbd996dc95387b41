"""What a decision on a claim rests on, as one fingerprint made in the database: claims with the same fingerprint are decided once.

Everything that the loader reads is in it, column by column from the tables themselves, so a column added later is part of it without a
word here. Left out is only what `Reading.but` names, and tests change each of these to see that no decision follows. The amounts of an
open item above every limit in its bureau's wishes are left out too: the engine compares them with limits, and with payments, which are in.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from app.agencies.models import AgencyCase
from app.db.base import Base
from app.db.unit_of_work import UnitOfWork
from app.dunning import book_facts, loading, policies
from app.dunning.addresses import DEAD_ENDS
from app.dunning.loading import MAY_HAVE_ARRIVED
from app.dunning.models import Claim, Dispute, Hold, ListEntry, Notice
from app.dunning.tiers import Place
from app.receivables.models import Debtor, OpenItem
from app.receivables.models import Payment as SeenPayment

_KEYS = frozenset({"bureau_id", "id", "company_id"})


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table's rows go into the fingerprint: every column but those in `but`, `instead` of a column an expression over the row `x`.

    `by` names the column that leads here from the claim (`claim_id`, `open_item_id`, `company_id`), `beside` a table joined to it, `also`
    what else is said of a row. The alias of the row is `x` everywhere.
    """

    model: type[Base]
    but: frozenset[str]
    by: str = ""
    beside: str = ""
    instead: Mapping[str, str] = field(default_factory=dict)
    also: tuple[str, ...] = ()
    order: str = "null::timestamptz"

    @property
    def row(self) -> str:
        names = [column.name for column in self.model.__table__.columns if column.name not in self.but | {self.by}]
        return f"row({', '.join((*(self.instead.get(name, f'x.{name}') for name in names), *self.also))})::text"

    @property
    def rows(self) -> str:
        """Its rows for the claims of tonight, each as one text, in the order in which they are read."""
        return (
            f"select t.claim_id, {self.order} as at, x.id, '{self.model.__tablename__}' || {self.row} as said"
            f" from {self.model.__tablename__} x {self.beside} join tonight t on t.{self.by} = x.{self.by}"
        )


def _words(values: tuple[str, ...]) -> str:
    return ", ".join(f"'{value}'" for value in values)


#: yesterday's answer decides nothing today
CLAIM = Reading(
    Claim,
    _KEYS
    | {
        "open_item_id", "debtor_id", "state", "step", "reasons", "awaits_list", "awaits_decision", "next_action_on", "decided_on",
        "decided_at", "opened_at", "closed_at", "close_reason",
    },
)  # fmt: skip
ITEM = Reading(
    OpenItem,
    _KEYS
    | {
        "debtor_id", "external_id", "invoice_external_id", "document_number", "kid", "proposed_due_on", "doubts", "approved_by",
        "closed_at", "version", "first_seen_at", "changed_at", "seen_at", "read_live_at",
    },
    instead={
        "approved_at": "x.approved_at is not null",
        "original_ore": "case when not b.large then x.original_ore end",
        "remaining_ore": "case when not b.large then x.remaining_ore end",
    },
)  # fmt: skip
DEBTOR = Reading(
    Debtor,
    _KEYS
    | {
        "external_id", "number", "name", "sort_key", "organisation_number", "phone", "address_lines", "country", "language",
        "insolvency_on", "standing_checked_at", "version", "seen_at",
    },
    instead={
        "email": "x.email <> ''", "email_bad_reason": "x.email_bad_reason is null", "postal_code": "x.postal_code <> ''",
        "city": "x.city <> ''", "own_dunning": "x.own_dunning <> '{}'",
    },
)  # fmt: skip
SIDES = (
    Reading(
        SeenPayment, _KEYS | {"external_id", "text", "evidence", "seen_at"}, by="open_item_id", order="x.paid_on"
    ),
    Reading(
        Notice,
        _KEYS
        | {
            "statute", "rule_version", "wording", "language", "tone", "principal_ore", "interest_ore", "total_ore", "subject", "body",
            "document_id", "reasons", "problem", "planned_at", "issued_at", "carried_by",
        },
        by="claim_id",
        also=(
            "case when x.state = 'issued' then exists (select from deliveries way where way.purpose = 'notice'"
            f" and way.purpose_id = coalesce(x.carried_by, x.id) and way.state in ({_words(MAY_HAVE_ARRIVED)})) end",
            # whose letter it went in decides nothing, but whether that letter was charged for does
            "(select carrier.fee_ore > 0 from notices carrier where carrier.id = x.carried_by)",
            # a road that has ended is a matter of addresses: such a claim is looked at by itself
            "(select row(x.claim_id, pg_current_xact_id())::text from deliveries way where way.purpose = 'notice'"
            f" and way.purpose_id = coalesce(x.carried_by, x.id) and way.state in ({_words(DEAD_ENDS)}) limit 1)",
        ),
        order="x.issued_on",
    ),
    Reading(
        Hold,
        _KEYS | {"reason", "placed_by", "placed_at", "lifted_by"},
        by="claim_id",
        instead={"lifted_at": "x.lifted_at is null"},
    ),
    Reading(
        Dispute,
        _KEYS | {"text", "raised_by", "raised_at", "decision_text", "decided_by"},
        by="claim_id",
        instead={"decided_at": "x.decided_at is null"},
    ),
    Reading(
        ListEntry,
        _KEYS | {"list_id", "remaining_ore", "due_on", "reasons", "note", "decided_by", "decided_at"},
        by="claim_id",
        beside="join weekly_lists week on week.id = x.list_id",
        also=("(week.deadline_at at time zone 'Europe/Oslo')::date",),
        order="week.made_at",
    ),
    Reading(
        AgencyCase,
        _KEYS
        | {
            "agreement_id", "open_item_id", "external_id", "agency_text", "principal_ore", "package", "problem", "planned_at",
            "handed_over_at", "updated_at", "closed_at",
        },
        by="claim_id",
        instead={"outstanding_ore": "x.outstanding_ore = 0"},
    ),
)  # fmt: skip


def _of(reading: Reading, alias: str) -> str:
    return re.sub(r"\bx\.", f"{alias}.", reading.row)


#: the claims to decide on, ours until the transaction ends. Whoever waited for one reads everything else after it
TAKE = """
create temp table tonight on commit drop as
select x.id as claim_id, x.company_id, x.open_item_id, x.debtor_id, x.step, x.reasons
from claims x where x.id = any(:ids) order by x.id for no key update
"""
#: how many they are is what decides whether the database looks each up or reads the whole book beside them
KNOW_TONIGHT = "analyze tonight (claim_id, company_id, open_item_id, debtor_id)"
KNOW_FINGERPRINTS = "analyze fingerprints (claim_id, situation)"
#: what stands beside each claim in tables of its own
BESIDE = f"""
create temp table beside on commit drop as
select claim_id, string_agg(said, ',' order by said like 'payments%', at, id) as said, bool_or(said like 'payments%') as paid
from ({" union all ".join(side.rows for side in SIDES)}) one group by claim_id
"""
#: what makes a claim be looked at by itself, and anew in every transaction, for what is known of it is not in the fingerprint: a credit
#: tied to no invoice, a yes asked of a person, a step of a held run, a call that was made, a follow-up begun anew, an agreement on payment,
#: a stop of the whole debtor or company, money seen at the bank, what people know of a debtor, a corrected address, a STOP from what may be
#: his number (written as in the ledger, so by its last eight digits), wishes for one debtor or one claim
BY_ITSELF = (
    "exists (select from open_items credit where credit.debtor_id = t.debtor_id and credit.state = 'open' and credit.remaining_ore < 0)",
    "exists (select from approval_requests asked where asked.claim_id = t.claim_id)",
    "exists (select from held_steps held where held.claim_id = t.claim_id)",
    "exists (select from phone_calls made where made.claim_id = t.claim_id)",
    "exists (select from restarts begun where begun.claim_id = t.claim_id)",
    "exists (select from arrangements agreed where agreed.claim_id = t.claim_id)",
    """exists (select from holds stop where stop.claim_id is null and stop.lifted_at is null and stop.company_id = t.company_id
  and (stop.debtor_id is null or stop.debtor_id = t.debtor_id))""",
    """exists (select from bank_payments money where money.company_id = t.company_id and money.shown_at is null
  and money.put_aside_at is null and (money.open_item_id = t.open_item_id or (money.open_item_id is null
  and money.kid_key = (select ltrim(owed.kid, '0') from open_items owed where owed.id = t.open_item_id))))""",
    "exists (select from debtor_circumstances known where known.debtor_id = t.debtor_id)",
    "exists (select from corrected_addresses known where known.debtor_id = t.debtor_id)",
    """exists (select from sms_stops said join debtors d on d.id = t.debtor_id
  where said.company_id = t.company_id and said.lifted_at is null
  and right(regexp_replace(d.phone, '[^0-9]', '', 'g'), 8) = right(said.number, 8))""",
    "t.debtor_id in (select wish.debtor_id from policies wish where wish.debtor_id is not null)",
    "t.claim_id in (select wish.claim_id from policies wish where wish.claim_id is not null)",
)
#: each question is asked of all claims at once, so that the database may begin with what is few: the claims, or the answers
ALONE = " union all ".join(f"select t.claim_id from tonight t where {reason}" for reason in BY_ITSELF)
#: their fingerprints. Parameters: companies, what is said of each and whether its wishes ask how a debtor has paid, limit (`LARGEST_LIMIT`)
FINGERPRINTS = f"""
create temp table fingerprints on commit drop as
with alone as materialized ({ALONE})
select t.claim_id, t.company_id, d.language, b.large, i.remaining_ore, i.original_ore, sha256(convert_to(row(
  {_of(ITEM, "i")}, {_of(DEBTOR, "d")}, company.said, beside.said,
  case when company.asks_history then row(t.debtor_id, pg_current_xact_id())::text end,
  case when b.by_itself then row(t.claim_id, pg_current_xact_id())::text end
)::text, 'UTF8')) as situation
from tonight t join open_items i on i.id = t.open_item_id join debtors d on d.id = t.debtor_id
join unnest(cast(:companies as uuid[]), cast(:said as text[]), cast(:asking as boolean[])) company(id, said, asks_history)
  on company.id = t.company_id
left join beside on beside.claim_id = t.claim_id
cross join lateral (select t.claim_id in (select claim_id from alone) as by_itself offset 0) alone
cross join lateral (select alone.by_itself, i.state = 'open' and i.remaining_ore > :limit and i.original_ore > :limit
  and beside.paid is not true and not alone.by_itself as large offset 0) b
"""
#: the largest limit in kroner that any wish of the bureau names, whatever it is called and however deep it stands
LARGEST_LIMIT = """
select max(found::bigint) from policies x, jsonb_path_query(
  to_jsonb(x), '$.** ? (@.type() == "object").keyvalue() ? (@.key like_regex "_ore$" && @.value.type() == "number").value') found
"""


def amounts_in(wishes: object) -> list[int]:
    """The amounts among wishes, as `LARGEST_LIMIT` finds them in those that are stored."""
    if isinstance(wishes, Mapping):
        here = [value for name, value in wishes.items() if str(name).endswith("_ore") and isinstance(value, int)]
        return here + [amount for value in wishes.values() for amount in amounts_in(value)]
    return [amount for part in wishes for amount in amounts_in(part)] if isinstance(wishes, list | tuple) else []


@dataclass(frozen=True, slots=True)
class CompanySaid:
    """What the decisions on a company's claims rest on besides the claims. `asks_history`: and on how the debtor has paid."""

    said: str
    asks_history: bool


def companies_said(work: UnitOfWork, company_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, CompanySaid]:
    """Read as the loader reads it, in words that tell companies apart where their claims may be decided on differently."""
    at, companies = work.now(), set(company_ids)
    synced, followed = loading.synced_on(work, companies), loading.follow_ups(work, companies)
    faults, held = book_facts.load(work, companies, ()).faults, policies.shelf(work, companies)
    found = {}
    for one in companies:
        tiers = [(tier.origin.level, tier.origin.version, tier.wishes) for tier in held.tiers(Place(one))]
        segments = (*held.segments.get(one, ()), *held.segments.get(None, ()))
        said = (synced.get(one), followed[one].is_on(at), faults.get(one), tiers, [(part.place, part.version) for part in segments])
        found[one] = CompanySaid(
            hashlib.sha256(repr(said).encode()).hexdigest(), any(part.rule is not None and part.rule.asks_history for part in segments)
        )
    return found
