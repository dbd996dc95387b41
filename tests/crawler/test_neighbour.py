"""From door to door with the neighbour's ids: made from the application's own list of routes, so that a new one is tried by itself."""

from __future__ import annotations

import inspect
import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from litestar.routes import HTTPRoute
from sqlalchemy.exc import NoResultFound

from app.jobs.job import JOBS
from app.tenants.requests import requires
from app.web.access import PUBLIC_ROUTES
from support.belongings import COMMON, Belongings, UnknownParameterError, filled, names_in
from support.drain import declare_jobs
from support.neighbour import MARK, Neighbour
from support.street import OURS, SISTER, STATELESS, Caller, Street, leaks

CALLERS = (
    "admin", "manager", "reader", "company's own user", "another bureau's admin", "admin's key", "reader's key", "company's key"
)  # fmt: skip
#: what does not exist, or what this caller may not do whoever's it is
REFUSED = {401, 403, 404}
#: forgetting an upload answers alike for any token, and looks into the asking session's own folder only
ALIKE = {"/imports/{upload_token:str}/drop": {303}}
#: parameters that say whose door it is, so that going through with another's is the sender's good right
KEYS = {"token", "approval"}
#: bodies with which a route would act, by the end of its path; with others the form itself would be refused first
BODIES: dict[str, dict[str, object]] = {
    "calls": {"outcome": "reached"},
    "restarts": {"reason": "ok"},
    "evidence": {"name": "ok.pdf", "content": "JVBERi0xLjc="},
    "hold": {"reason": "ok"}, "dispute": {"text": "no"}, "decision": {"decision": "upheld", "text": "yes"}, "stop": {}, "approval": {},
    "limitation-events": {"kind": "acknowledgement", "on": "2026-11-02", "evidence": "ok"}, "circumstances": {"kind": "deceased"},
    "answer": {"answer": "rest", "reason": "ok"},
    "sync-runs": {}, "confirmation": {"through_on": "2026-11-01"}, "sender": {},
    "letter": {"postal_code": "5010", "city": "Bergen"}, "email": {"email": "a@b.no"}, "phone": {"phone": "900 00 000"},
    "claim": {"claim_id": "01a00000-0000-7000-8000-000000000000"}, "handled": {}, "reversal": {"reason": "Feil sak"},
    "arrangement": {"kind": "promise", "terms": [{"due_on": "2099-01-01", "amount_ore": 1}]},
    "verdict": {"answer": "no", "reason": "ok"},
    "booking": {"booked_on": "2026-11-02"}, "orders": {"kind": "message", "text": "ok"}, "posting-accounts": {},
    "outcome": {"outcome": "release", "note": "ok"},
    "policy": {"wishes": {}}, "follow-up": {"leave_old": True},
    "{segment_id:uuid}": {"name": "ok", "position": 1, "conditions": {"amount_from_ore": 1}},
}  # fmt: skip
#: doors that ask for a signature in place of a key
SIGNED = {
    "/api/inbound/mail", "/api/inbound/sms/{report_secret:str}", "/api/inbound/ledgers/{door_token:str}",
    "/api/inbound/agencies/{door_token:str}",
}  # fmt: skip
FORM = {
    "reason": "ok",
    "restart_reason": "ok",
    "text": "ok",
    "decision": "upheld",
    "decision_text": "ok",
    "word": "release",
    "note": "ok",
    "all": "1",
    "sending": "on",
    "confirm": "yes",
    "role": "reader",
    "answer": "no",
}
#: filters of the API's lists
API_FILTERS = ("company_id", "debtor_id", "claim_id", "open_item_id", "list_id")
#: names under which a query or a form may carry an id, besides those of the path parameters
QUERY_NAMES = {"company": "company_id", "claim": "claim_id", "debtor": "debtor_id", "entry": "entry_id", "link": "company_link_id",
               "instead_of": "connection_id", "agreement": "agreement_id", "old": "list_id"}  # fmt: skip


@pytest.mark.parametrize("name", CALLERS)
def test_what_is_the_neighbours_does_not_exist(street: Street, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "app")
    caller, his = street.callers[name], street.neighbour
    values, before = theirs(street, caller, his), street.snapshot(his)
    faults, refusals = knock(street, caller, values, MARK)
    assert faults == [], "\n".join(faults)
    assert refusals[404] > 5, f"nothing was tried: {refusals}"
    assert street.snapshot(his) == before, "something of the neighbour's was changed"
    assert street.has_upload(values["upload_token"]), "the neighbour's upload is gone"
    assert not [one.getMessage() for one in caplog.records if MARK in one.getMessage() or MARK in (one.exc_text or "")]
    assert not said_about(street.rung(), his), "a bell was rung for the neighbour"


@pytest.mark.parametrize("name", ["company's own user", "company's key"])
def test_what_is_the_sister_companys_does_not_exist_for_the_companys_own_people(street: Street, name: str) -> None:
    caller, hers = street.callers[name], street.sister
    values, before = theirs(street, caller, hers), street.snapshot(hers)
    faults, refusals = knock(street, caller, values, SISTER)
    assert faults == [], "\n".join(faults)
    assert refusals[404] > 3, f"nothing was tried: {refusals}"
    assert street.snapshot(hers) == before


@pytest.mark.parametrize("name", CALLERS)
def test_what_is_ours_shows_nothing_of_the_neighbours_and_looking_changes_nothing(street: Street, name: str) -> None:
    caller = street.callers[name]
    mine = street.belongings(street.ours, caller)
    hidden = (MARK, SISTER) if name.startswith("company") else (MARK, OURS) if name.startswith("another") else (MARK,)
    before = [street.snapshot(one) for one in (street.ours, street.neighbour)]
    faults, seen = [], Counter[int]()
    for path in looks(street, caller):
        answer = caller.ask("GET", filled(path, mine))
        seen[answer.status_code] += 1
        shown = [] if path.startswith(("/l/{", "/a/{")) and name.startswith("another") else leaks(answer, *hidden)
        if shown or answer.status_code >= 500:
            faults.append(f"GET {path}: {answer.status_code} {shown}")
        if name in {"admin", "admin's key"} and answer.status_code not in {200, 303} and path not in NOT_FOR_ADMINS:
            faults.append(f"GET {path}: {answer.status_code} for its own admin")
    assert faults == [], "\n".join(faults)
    assert seen[200] > 3, f"nothing was seen: {seen}"
    assert [street.snapshot(one) for one in (street.ours, street.neighbour)] == before, "a GET has changed something"


@pytest.mark.parametrize("name", ["admin", "company's own user", "admin's key"])
def test_an_id_of_the_neighbours_in_a_query_finds_nothing(street: Street, name: str) -> None:
    caller = street.callers[name]
    values, mine = theirs(street, caller, street.neighbour), street.belongings(street.ours, caller)
    faults, seen = [], Counter[int]()
    for path in looks(street, caller):
        # the API refuses a parameter it does not know, so that each has to be asked by itself
        for query in [{name: values[name]} for name in API_FILTERS] if caller.is_program else [asked_about(values)]:
            answer = caller.ask("GET", filled(path, mine), **query)
            seen[answer.status_code] += 1
            if leaks(answer, MARK) or answer.status_code >= 500:
                faults.append(f"GET {path}?{'&'.join(query)}: {answer.status_code} {leaks(answer, MARK)}")
    assert faults == [], "\n".join(faults)
    assert seen[200] > 3, f"nothing was asked: {seen}"


@pytest.mark.parametrize("name", ["admin", "company's own user"])
def test_an_id_of_the_neighbours_in_a_form_does_nothing(street: Street, name: str) -> None:
    """Each form of ours, sent with every id it may carry replaced by one of the neighbour's."""
    caller, his = street.callers[name], street.neighbour
    form, mine = {**FORM, **asked_about(theirs(street, caller, his))}, street.belongings(street.ours, caller)
    before = street.snapshot(his)
    faults = []
    for method, path in street.doors():
        if method == "GET" or path.startswith("/api") or path in {"/logout", "/account/sessions/end"} or path.startswith(("/l/", "/a/")):
            continue
        answer = caller.ask(method, filled(path, mine), form)
        if answer.status_code >= 500 or leaks(answer, MARK):
            faults.append(f"{method} {path}: {answer.status_code} {leaks(answer, MARK)}")
    assert faults == [], "\n".join(faults)
    assert street.snapshot(his) == before
    assert not said_about(street.rung(), his)


def test_a_job_that_is_rung_with_the_neighbours_ids_does_nothing(street: Street) -> None:
    """A doorbell carries ids only: with a bureau and somebody else's ids it must find nothing."""
    declare_jobs()
    values = street.belongings(street.neighbour)
    before = [street.snapshot(one) for one in (street.ours, street.neighbour)]
    faults, tried = [], 0
    for name, job in sorted(JOBS.items()):
        wanted = [one for one in list(inspect.signature(job.run).parameters)[1:] if one.endswith("_id") and one != "bureau_id"]
        if not wanted or name.startswith("test."):
            continue
        tried += 1
        missing = [one for one in wanted if one not in values]
        assert not missing, f"{name} takes {missing}: register a factory in tests/support/belongings.py"
        try:
            job.run(street.house.resources, bureau_id=str(street.ours.bureau.id), **{one: values[one] for one in wanted})
        except (LookupError, NoResultFound, *job.throws):
            continue
        except Exception as fault:
            faults.append(f"{name}: {type(fault).__name__} {fault}")
    assert faults == [], "\n".join(faults)
    assert tried > 8
    assert [street.snapshot(one) for one in (street.ours, street.neighbour)] == before


def test_every_door_has_a_guard_or_is_known_to_be_open(street: Street) -> None:
    unguarded = set()
    for route in street.app.routes:
        if not isinstance(route, HTTPRoute) or route.path.startswith(STATELESS):
            continue
        for handler in route.route_handlers:
            if "OPTIONS" not in handler.http_methods and not any(isinstance(guard, requires) for guard in handler.guards or ()):
                unguarded.add(route.path)
    unguarded -= SIGNED
    assert unguarded <= PUBLIC_ROUTES, f"without requires(...) anybody may come in: {sorted(unguarded - PUBLIC_ROUTES)}"
    assert unguarded == PUBLIC_ROUTES, f"PUBLIC_ROUTES names what is not there: {sorted(PUBLIC_ROUTES - unguarded)}"


def test_a_parameter_that_nobody_has_registered_is_named(street: Street) -> None:
    with pytest.raises(UnknownParameterError, match="unheard_of_id"):
        filled("/claims/{claim_id:uuid}/{unheard_of_id:uuid}", street.belongings(street.ours))


def knock(street: Street, caller: Caller, values: Belongings, mark: str) -> tuple[list[str], Counter[int]]:
    """Try every door that carries an id; returns what was wrong, and how often each status came."""
    faults, refusals = [], Counter[int]()
    for method, path in street.doors():
        if not set(names_in(path)) - COMMON.keys() - KEYS or path.startswith("/api") != caller.is_program:
            continue
        body = BODIES.get(path.rsplit("/", 1)[-1], {"city": "Oslo"}) if caller.is_program else FORM
        answer = caller.ask(method, filled(path, values), body)
        refusals[answer.status_code] += 1
        if answer.status_code not in REFUSED | ALIKE.get(path, set()) or leaks(answer, mark):
            faults.append(f"{method} {path}: {answer.status_code} {leaks(answer, mark)} {answer.headers.get('location', '')}")
    return faults, refusals


def looks(street: Street, caller: Caller) -> Iterator[str]:
    """Every GET this kind of caller is meant for."""
    return (path for method, path in street.doors() if method == "GET" and path.startswith("/api") == caller.is_program)


def theirs(street: Street, caller: Caller, his: Neighbour) -> Belongings:
    """The neighbour's ids, with our own key where an address carries one."""
    mine = street.belongings(street.ours, caller)
    return {**street.belongings(his), **{name: mine[name] for name in KEYS}}


def asked_about(values: Belongings) -> dict[str, str]:
    ids = {name: value for name, value in values.items() if name.endswith("_id")}
    return ids | {short: values[name] for short, name in QUERY_NAMES.items()}


def said_about(rung: str, his: Neighbour) -> list[str]:
    """The neighbour's ids among what was rung."""
    return [name for name, value in his.ids().items() if value in rung]


#: pages that an administrator of a bureau is right not to see: the companies' own, and the end of a consent that nobody began
NOT_FOR_ADMINS: frozenset[str] = frozenset(
    {
        "/platform",
        "/platform/act-impact",
        "/connections/{ledger:str}/return",
        "/own",
        "/own/claims",
        "/own/claims/{claim_id:uuid}",
        "/own/cases",
        "/own/why",
        "/own/approvals",
        "/own/away",
        "/own/away/{absence_id:uuid}/end",
    }
)
