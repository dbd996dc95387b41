"""Books of any kind for the night: claims described by strategies and written as rows, with everything that a decision may look at."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from itertools import product
from typing import Any

from hypothesis import strategies as st

from app.db.unit_of_work import Database
from app.dunning.arrangement_models import ArrangementRow, InstalmentRow
from app.dunning.models import ApprovalVerdict, Claim
from app.dunning.run_models import OutwardDay
from app.receivables.models import GuardLimits
from app.tenants.models import Bureau, Company
from app.values.ids import new_id
from support import make

DAY = timedelta(days=1)
AMOUNTS = st.sampled_from([0, 50, 100, 101, 9_999, 10_000, 10_001, 20_000, 20_001, 250_000, 1_000_000])


@dataclass(frozen=True, slots=True)
class NoticeSpec:
    kind: str
    days_ago: int
    deadline_days: int | None
    fee_ore: int
    state: str
    way: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class ClaimSpec:
    """One claim in days from today. `rare`: which of the seldom things stand beside it."""

    due_days: int | None
    original_ore: int
    remaining_ore: int
    item: dict[str, Any]
    debtor: dict[str, Any]
    state: str
    payments: tuple[tuple[int, int], ...]
    notices: tuple[NoticeSpec, ...]
    rare: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class CompanySpec:
    followed: dict[str, Any]
    synced_days_ago: int | None
    wishes: dict[str, Any] | None
    segment: dict[str, Any] | None
    claims: tuple[ClaimSpec, ...]


@dataclass(frozen=True, slots=True)
class GuardSpec:
    """The guard over the day's run: the bureau's limits, and how many steps of each company went on one day of each week before."""

    limits: dict[str, int]
    before: tuple[int, ...]
    earlier_today: int


_mostly_nothing = st.just({})
ITEMS = st.one_of(
    _mostly_nothing, _mostly_nothing, _mostly_nothing, st.just({"currency": "EUR"}), st.just({"confidence": "low"}),
    st.just({"confidence": "low", "approved_by": "Kari"}), st.just({"ledger_reminders": [20, 3]}), st.just({"kind": "other"}),
    st.sampled_from([{"state": "paid"}, {"state": "credited"}, {"state": "unexplained"}]),
)  # fmt: skip
DEBTORS = st.one_of(
    st.sampled_from([{"kind": kind} for kind in ("consumer", "sole_proprietor", "business", "public")]),
    st.just({"email": None}), st.just({"email": "", "postal_code": None}), st.just({"email_bad_reason": "bounced", "city": None}),
    st.just({"industry_code": "41.200"}), st.just({"own_dunning": ["reminders"]}), st.just({"language": "en"}),
    st.sampled_from([{"insolvency": "bankrupt"}, {"insolvency": "compulsory_liquidation"}]),
    st.sampled_from([{"organisation_number": number} for number in ("923609016", "974760673")]),
)  # fmt: skip
STATES = st.sampled_from(["sent", "sent", "sent", "issued", "planned", "cancelled", "undeliverable", "review"])
WAYS = st.none() | st.tuples(st.sampled_from(["email", "letter"]), st.sampled_from(["sent", "bounced", "returned", "planned", "unknown"]))
NOTICES = st.builds(
    NoticeSpec, st.sampled_from(["reminder", "collection_warning"]), st.integers(0, 40), st.none() | st.sampled_from([5, 14, 15]),
    st.sampled_from([0, 3500]), STATES, WAYS,
)  # fmt: skip
RARE_THINGS = (
    "hold", "hold_open", "lifted", "dispute", "upheld", "rejected", "groundless", "listed", "case", "credit", "own_wishes",
    "debtors_wishes", "asked", "yes", "debtors_hold", "promise", "pays_on_time", "planned_today", "released", "called",
)  # fmt: skip
RARE = st.tuples(st.sampled_from(RARE_THINGS), st.integers(-10, 10))
CLAIMS = st.builds(
    ClaimSpec,
    due_days=st.none() | st.integers(-90, 5) | st.integers(-90, 5) | st.sampled_from([-40, -16, -4]),
    original_ore=AMOUNTS,
    remaining_ore=AMOUNTS,
    item=ITEMS,
    debtor=DEBTORS,
    state=st.sampled_from(["active", "active", "active", "closed"]),
    payments=st.lists(st.tuples(st.integers(0, 60), AMOUNTS), max_size=2).map(tuple) | st.just(()),
    notices=st.lists(NOTICES, max_size=3, unique_by=lambda one: one.kind + str(one.days_ago)).map(tuple) | st.just(()),
    rare=st.lists(RARE, max_size=1).map(tuple) | st.just(()) | st.just(()),
)
WISHES = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "reminder": st.booleans(), "claim_compensation": st.booleans(), "minimum_ore": st.sampled_from([5_000, 20_000]),
        "hand_over": st.booleans(), "handover_consent": st.sampled_from(["automatic", "weekly_list", "person"]),
        "charge_fee": st.booleans(), "accept_ledger_dunning": st.booleans(),
        "approval": st.sampled_from(["none", "none", "manager", "both"]), "approval_silence": st.sampled_from(["go_on", "hold"]),
    },
)  # fmt: skip
SEGMENTS = st.sampled_from(
    [{"amount_from_ore": 250_000}, {"amount_to_ore": 20_000}, {"debtor_kinds": ["consumer"]}, {"industries": ["41"]}, {"days_late_from": 3}]
)
#: two claims that differ in one thing, which must be seen where it counts
TWINS = st.builds(
    lambda one, other, name: (one, replace(one, **{name: getattr(other, name)})),
    CLAIMS,
    CLAIMS,
    st.sampled_from([one.name for one in fields(ClaimSpec)]),
)
COMPANIES = st.builds(
    CompanySpec,
    followed=st.sampled_from([{}, {}, {"paused_reason": "ferie"}, {"active_from": None}, {"list_weekday": 3}]),
    synced_days_ago=st.sampled_from([0, 0, 0, 5, None]),
    wishes=WISHES,
    segment=st.none() | st.none() | SEGMENTS,
    claims=st.lists(TWINS, min_size=1, max_size=4).map(lambda pairs: tuple(claim for pair in pairs for claim in pair)),
)
PLAIN = ClaimSpec(-20, 250_000, 250_000, {}, {}, "active", (), (), ())
#: a plain claim, and for each thing that may stand beside one a claim that differs from it in that alone
ONE_OF_EACH = (
    PLAIN,
    replace(PLAIN, original_ore=1_000_000, remaining_ore=900_000),
    *(replace(PLAIN, due_days=days) for days in (-21, -4, -3, 2, None)),
    *(replace(PLAIN, remaining_ore=amount) for amount in (0, 100, 101, 9_999, 10_000, 10_001)),
    *(
        replace(PLAIN, item=item)
        for item in (
            {"currency": "EUR"}, {"confidence": "low"}, {"confidence": "low", "approved_by": "Kari"}, {"state": "paid"},
            {"state": "unexplained"}, {"ledger_reminders": [3]},
        )
    ),
    *(
        replace(PLAIN, debtor=debtor)
        for debtor in (
            {"kind": "consumer"}, {"email": None}, {"email": None, "city": None}, {"email": "", "postal_code": None},
            {"email_bad_reason": "bounced", "city": None}, {"own_dunning": ["reminders"]}, {"insolvency": "bankrupt"},
        )
    ),
    replace(PLAIN, state="closed"),
    replace(PLAIN, payments=((3, 100_000),)),
    replace(PLAIN, payments=((3, 250_000),)),
    *(
        replace(PLAIN, notices=(NoticeSpec("reminder", days, 14, 0, state, way),), debtor=debtor)
        for days, state, way, debtor in (
            (18, "sent", None, {}), (1, "sent", None, {}), (1, "issued", None, {}), (1, "issued", ("email", "sent"), {}),
            (0, "issued", None, {}), (18, "review", None, {}), (18, "undeliverable", ("email", "bounced"), {"city": None}),
            (18, "undeliverable", None, {"city": None}), (18, "planned", None, {}), (18, "cancelled", None, {}),
        )
    ),
    *(replace(PLAIN, rare=((what, days),)) for what in RARE_THINGS for days in (range(-5, 5) if what == "listed" else (-3, 3))),
)  # fmt: skip
#: from a guard that holds nearly everything to one that lets nearly everything go
GUARDS = st.builds(
    GuardSpec,
    limits=st.fixed_dictionaries(
        {
            "company_count": st.sampled_from([1, 3, 1_000]), "bureau_count": st.sampled_from([2, 5, 1_000]), "factor": st.just(2),
            "floor_count": st.sampled_from([1, 5]), "floor_kroner": st.sampled_from([1, 10_000, 10_000_000]),
            "company_kroner": st.sampled_from([10_000, 10_000_000]), "good_percent": st.sampled_from([10, 60]),
            "good_count_min": st.sampled_from([1, 3, 1_000]), "spread": st.sampled_from([1, 2, 100]),
        }
    ),
    before=st.lists(st.integers(1, 9), max_size=6).map(tuple),
    earlier_today=st.sampled_from([0, 0, 2]),
)  # fmt: skip
BOOKS = st.lists(COMPANIES, min_size=1, max_size=2).map(tuple)


def write(database: Database, bureau: Bureau, book: tuple[CompanySpec, ...]) -> list[Claim]:
    """The rows. Returns the claims in the order of their ids."""
    connection = make.connection(database, bureau)
    found = []
    for spec in book:
        company = make.company(database, bureau, **spec.followed)
        synced = None if spec.synced_days_ago is None else database.clock.now() - spec.synced_days_ago * DAY
        make.company_link(database, connection, company, synced_at=synced)
        if spec.wishes is not None:
            make.policy(database, company, wishes=spec.wishes)
        if spec.segment is not None:
            rule = {"name": "Egne", "position": 1, "when": spec.segment}
            make.policy(database, company, wishes={"reminder_after_days": 9}, segment_id=new_id(), rule=rule)
        agreement = make.agreement(database, company)
        found += [_claim(database, company, agreement, one) for one in spec.claims]
    return sorted(found, key=lambda claim: claim.id)


def guard(database: Database, bureau: Bureau, spec: GuardSpec, companies: set[uuid.UUID]) -> None:
    """Its limits, and the days before."""
    with database.begin(make.scope(bureau)) as work:
        made = {"version": 1, "made_by": "Kari", "made_at": work.now()}
        work.session.add(GuardLimits(bureau_id=bureau.id, id=new_id(), guard="blast_radius", limits=spec.limits, **made))
        days = [(7 * week - 1, count) for week, count in enumerate(spec.before, start=1)] + [(0, spec.earlier_today)]
        for (days_ago, count), company_id in product(days, [None, *companies]):
            figures = {"count": count, "amount_ore": count * 250_000, "good_count": count // 3, "spread": 1}
            day = work.today() - days_ago * DAY
            work.session.add(OutwardDay(bureau_id=bureau.id, id=new_id(), company_id=company_id, ran_on=day, **figures))


def _claim(database: Database, company: Company, agreement: Any, spec: ClaimSpec) -> Claim:
    today, before = database.clock.today(), database.clock.now() - DAY
    due_on = None if spec.due_days is None else today + spec.due_days * DAY
    facts = dict(spec.item)
    facts["ledger_reminders"] = [today - days * DAY for days in facts.get("ledger_reminders", [])]
    if "approved_by" in facts:
        facts["approved_at"] = before
    debtor = make.debtor(database, company, **spec.debtor)
    item = make.open_item(
        database, debtor, due_on=due_on, original_ore=spec.original_ore, remaining_ore=spec.remaining_ore, changed_at=before, **facts
    )
    for days, amount in spec.payments:
        make.payment(database, item, amount, paid_on=today - days * DAY)
    closed = {"state": "closed", "closed_at": before, "close_reason": "settled", "next_action_on": None} if spec.state == "closed" else {}
    claim = make.claim(database, item, decided_at=before, decided_on=today - DAY, **closed)
    rounds: dict[str, int] = {}
    for one in sorted(spec.notices, key=lambda notice: -notice.days_ago):
        rounds[one.kind] = rounds.get(one.kind, 0) + 1
        _notice(database, claim, debtor, one, rounds[one.kind], today - one.days_ago * DAY)
    for what, days in spec.rare:
        _rare(database, company, agreement, claim, debtor, item, what, today + days * DAY)
    return claim


def _notice(database: Database, claim: Claim, debtor: Any, spec: NoticeSpec, number: int, day: date) -> None:
    said = spec.state not in {"planned", "cancelled"}
    deadline = None if spec.deadline_days is None or not said else day + spec.deadline_days * DAY
    notice = make.notice(
        database, claim, sent_on=day, kind=spec.kind, round=number, state=spec.state, fee_ore=spec.fee_ore, payment_deadline=deadline,
        **({} if said else {"issued_on": None, "issued_at": None}),
    )  # fmt: skip
    if spec.way is not None and said:
        channel, state = spec.way
        address = debtor.email if channel == "email" and debtor.email else "Nordlys Bygg AS\nBryggen 7\n5003 Bergen"
        make.delivery(database, notice, channel=channel, state=state, address=address)


def _rare(database: Database, company: Company, agreement: Any, claim: Claim, debtor: Any, item: Any, what: str, day: date) -> None:
    now = database.clock.now()
    match what:
        case "hold":
            make.hold(database, claim, until=day)
        case "debtors_hold":
            make.hold(database, claim, claim_id=None, debtor_id=claim.debtor_id, until=day)
        case "promise":
            _promise(database, company, claim, item, day)
        case "called":
            outcome = "reached" if day < database.clock.today() else "not_reached"
            make.phone_call(database, claim, outcome=outcome, called_on=min(day, database.clock.today()))
        case "hold_open":
            make.hold(database, claim)
        case "lifted":
            make.hold(database, claim, lifted_at=now, lifted_by="Kari")
        case "dispute":
            make.dispute(database, claim)
        case "credit":
            make.open_item(database, debtor, original_ore=-60_000, remaining_ore=-60_000, kind="payment" if day.day % 2 else "credit_note")
        case "asked" | "yes":
            said = what == "yes"
            asked = make.approval_request(database, claim, step="send_reminder", asked_at=now - 9 * DAY, closed_at=now if said else None)
            if said:
                with database.begin(make.scope(claim)) as work:
                    work.session.add(
                        ApprovalVerdict(
                            bureau_id=claim.bureau_id, company_id=company.id, request_id=asked.id, claim_id=claim.id, verdict="yes",
                            given_by="Kari", given_at=now,
                        )
                    )  # fmt: skip
        case "own_wishes":
            make.policy(database, company, wishes={"minimum_ore": 300_000}, claim_id=claim.id)
        case "debtors_wishes":
            make.policy(database, company, wishes={"reminder": False}, debtor_id=claim.debtor_id)
        case "groundless":
            make.dispute(
                database, claim, decision="rejected", decided_at=now, decided_by="Kari", decision_text="Ja", obviously_groundless=True
            )
        case "upheld" | "rejected":
            make.dispute(database, claim, decision=what, decided_at=now, decided_by="Kari", decision_text="Ja")
        case "listed":
            week = make.weekly_list(database, company, week=claim.id.hex[-8:], deadline_at=now + DAY)
            state = ("ready", "stopped", "released", "approved", "left_out")[day.toordinal() % 5]
            step = ("collection_warning", "handover")[day.toordinal() % 2]
            make.list_entry(
                database,
                week,
                claim,
                item,
                due_on=item.due_on or day,
                state=state,
                step=step,
                stopped_until=day if state == "stopped" else None,
            )
        case "pays_on_time":
            for days in (40, 70, 100):
                paid = make.open_item(database, debtor, due_on=database.clock.today() - days * DAY, state="paid", remaining_ore=0)
                make.payment(database, paid, 1_000_000, paid_on=database.clock.today() - days * DAY)
        case "planned_today":
            earlier = make.claim(database, make.open_item(database, debtor), step="send_reminder", decided_on=database.clock.today())
            make.notice(database, earlier, state="planned", issued_on=None, issued_at=None)
        case "released":
            make.held_step(database, make.held_run(database, company, state="released", decided_at=now), claim)
        case "case":
            state = ("in_collection", "withdrawn", "refused")[day.toordinal() % 3]
            make.agency_case(database, agreement, claim, state=state)


def _promise(database: Database, company: Company, claim: Claim, item: Any, day: date) -> None:
    whose = {"bureau_id": claim.bureau_id, "company_id": company.id}
    made = {"kind": "promise", "agreed_ore": max(1, item.remaining_ore), "made_by": "Kari", "made_at": database.clock.now()}
    with database.begin(make.scope(claim)) as work:
        promise = ArrangementRow(**whose, id=new_id(), claim_id=claim.id, **made)
        work.session.add(promise)
        work.session.flush()
        work.session.add(InstalmentRow(**whose, arrangement_id=promise.id, position=1, due_on=day, amount_ore=promise.agreed_ore))
