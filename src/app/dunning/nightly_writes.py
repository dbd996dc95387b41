"""What was decided for a page of claims, written set by set: decisions, claims, notices and their doorbells.

The same rows as `claims.remember`, `claims.perform` and `notices.plan` write one by one. Works on the tables that `situations` makes for
the length of the transaction.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from secrets import token_hex
from typing import TYPE_CHECKING

from sqlalchemy import Row, text

from app.db.unit_of_work import UnitOfWork
from app.dunning.law import RULE_VERSION
from app.values.ids import new_id

if TYPE_CHECKING:
    from app.dunning.nightly import Answer


def _new_id(of: str) -> str:
    """An id as `new_id` makes it, made where the row is: the milliseconds first, then chance. One draw is enough for all rows that a
    statement writes, `of` tells them apart: asking the system for chance row by row costs more than anything else about an id."""
    return f"(:at || overlay(substr(md5(:chance || {of}::text), 14) placing '8' from 4 for 1))::uuid"


#: one document instead of an array for each column: escaping every quote of every text costs more than all the rest
CLEAR = "drop table if exists answers"
ANSWERS = """
create temp table answers on commit drop as
select decode(found.situation, 'hex') as situation, step, reasons, next_action_on, awaits_list, close_reason, notice, facts, followed
from jsonb_to_recordset(cast(:answers as jsonb)) as found(situation text, step text, reasons jsonb, next_action_on date,
  awaits_list boolean, close_reason text, notice text, facts jsonb, followed int)
"""
#: stands for the id of a claim's company in what was followed
COMPANY = "{company}"
#: a row in the record where the answer differs from the one before; the facts are each claim's own
REMEMBER = f"""
with used as materialized (
  select distinct a.followed as number, f.company_id from fingerprints f join answers a using (situation)
), followed as materialized (
  select used.number, used.company_id, replace(one.said::text, :company, used.company_id::text)::jsonb as rules
  from used join jsonb_array_elements(cast(:rules as jsonb)) with ordinality one(said, place) on one.place = used.number + 1
)
insert into decisions (bureau_id, id, company_id, claim_id, decided_on, decided_at, step, reasons, facts, rules, rule_version)
select :bureau_id, {_new_id("'decision' || t.claim_id")}, t.company_id, t.claim_id, :today, :now, a.step, a.reasons,
  case when f.large then a.facts || jsonb_build_object('remaining_ore', f.remaining_ore, 'original_ore', f.original_ore) else a.facts end,
  r.rules, :rule_version
from tonight t join fingerprints f using (claim_id) join answers a using (situation)
join followed r on r.number = a.followed and r.company_id = t.company_id
where (t.step, t.reasons) is distinct from (a.step, a.reasons)
"""
#: and how many of each step
EXPLAIN = """
with explained as (update claims c set step = a.step, reasons = a.reasons, next_action_on = a.next_action_on, awaits_list = a.awaits_list,
  awaits_decision = false, decided_on = :today, decided_at = :now,
  state = case when a.close_reason is null then 'active' else 'closed' end,
  closed_at = case when a.close_reason is not null then coalesce(c.closed_at, :now) when c.state = 'closed' then null else c.closed_at end,
  close_reason = case when a.close_reason is not null then a.close_reason when c.state = 'closed' then null else c.close_reason end
from fingerprints f join answers a using (situation) where c.bureau_id = :bureau_id and c.id = f.claim_id returning a.step)
select step, count(*) from explained group by step
"""
#: what was planned before and is no longer right
CALL_OFF = """
update notices n set state = 'cancelled', problem = 'the facts changed before it was sent'
from fingerprints f join answers a using (situation)
where n.bureau_id = :bureau_id and n.claim_id = f.claim_id and n.state = 'planned' and n.kind is distinct from a.notice
"""
#: a notice that was planned once and never said is planned again; else the next round of its kind is
PLAN = f"""
with wanted as materialized (
  select f.claim_id, f.company_id, f.language, a.notice as kind, a.reasons from fingerprints f join answers a using (situation)
  where a.notice is not null
), before as materialized (
  select w.claim_id, count(*) as rounds, (array_agg(n.id order by n.round desc) filter (where n.issued_on is null))[1] as waiting
  from wanted w join notices n on n.bureau_id = :bureau_id and n.claim_id = w.claim_id and n.kind = w.kind group by w.claim_id
), again as (
  update notices n set state = 'planned', reasons = w.reasons, problem = null
  from before b join wanted w using (claim_id) where n.bureau_id = :bureau_id and n.id = b.waiting returning n.id
), made as (
  insert into notices (bureau_id, id, company_id, claim_id, kind, round, state, statute, rule_version, wording, language, tone,
                       principal_ore, fee_ore, interest_ore, total_ore, reasons, planned_at)
  select :bureau_id, {_new_id("'notice' || w.claim_id")}, w.company_id, w.claim_id, w.kind, coalesce(b.rounds, 0) + 1,
    'planned', '', '', '', w.language, '', 0, 0, 0, 0, w.reasons, :now
  from wanted w left join before b using (claim_id) where b.waiting is null returning id
), rung as (
  insert into outbox (id, job, arguments, queued_at)
  select {_new_id("'rung' || id")}, 'dunning.issue_notice', jsonb_build_object('bureau_id', :bureau_id, 'notice_id', id), clock_timestamp()
  from (select id from again union all select id from made) planned returning id
)
select count(*) from rung
"""
#: stands at the end of a situation that differs from another only in its run being held
HELD = b"\x01"
OUTWARD = """
select f.claim_id, f.company_id, t.debtor_id, w.step, f.remaining_ore
from fingerprints f join tonight t using (claim_id)
join unnest(cast(:situations as bytea[]), cast(:steps as text[])) w(situation, step) using (situation)
where t.step is distinct from w.step
"""
KEEP_BACK = """
with kept as (update fingerprints set situation = situation || :held where claim_id = any(:claims) returning situation, claim_id)
select distinct on (situation) claim_id, situation from kept order by situation, claim_id
"""


def outward(work: UnitOfWork, steps: Mapping[bytes, str]) -> Sequence[Row[uuid.UUID, uuid.UUID, uuid.UUID, str, int]]:
    """The claims of the page that take one of these steps and were not at it before, with company, debtor, step and øre."""
    return work.session.execute(text(OUTWARD), {"situations": list(steps), "steps": list(steps.values())}).all()


def keep_back(work: UnitOfWork, claim_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    """Give these claims of the page situations of their own. Returns one claim of each."""
    found = work.session.execute(text(KEEP_BACK), {"held": HELD, "claims": list(claim_ids)}).all()
    return {claim_id: bytes(situation) for claim_id, situation in found}


def set_aside(work: UnitOfWork, situations: Sequence[bytes]) -> list[uuid.UUID]:
    """Take the claims of these situations off the page. They are still ours."""
    gone = text("delete from fingerprints where situation = any(:situations) returning claim_id")
    return sorted(work.session.execute(gone, {"situations": list(situations)}).scalars())


def write(work: UnitOfWork, answers: Mapping[bytes, Answer]) -> dict[str, int]:
    """Write the answers down for every claim of the page. Returns how many of each step."""
    work.session.execute(text(CLEAR))
    rules = {rules: number for number, rules in enumerate({answer.rules for answer in answers.values()})}
    rows = (answer.row(situation, rules[answer.rules]) for situation, answer in answers.items())
    work.session.execute(text(ANSWERS), {"answers": f"[{','.join(rows)}]"})
    moment = {"bureau_id": work.bureau_id, "today": work.today(), "now": work.now(), **_chance()}
    followed = {"rules": f"[{','.join(rules)}]", "company": COMPANY, "rule_version": RULE_VERSION}
    work.session.execute(text(REMEMBER), moment | followed)
    counts = {str(step): int(count) for step, count in work.session.execute(text(EXPLAIN), moment).all()}
    work.session.execute(text(CALL_OFF), moment)
    work.enqueued += work.session.execute(text(PLAN), moment).scalar_one()
    return counts


def _chance() -> dict[str, str]:
    """How the ids of one page begin, and the chance in them."""
    return {"at": new_id().hex[:13], "chance": token_hex(16)}
