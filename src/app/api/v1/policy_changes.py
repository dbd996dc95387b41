"""One change to the rules of many companies: what it would do first, and then, once that has been looked at, the doing."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from app.api.idempotency import Repeatable
from app.api.problems import CONFLICT, ProblemError, invalid
from app.api.v1.policies import Wishes
from app.db.unit_of_work import UnitOfWork
from app.dunning import many_rules
from app.dunning.law import Law
from app.dunning.law_book import LawBook
from app.dunning.many_rules import Change, Plan
from app.dunning.policies import OF_THE_LIST, STANDARD
from app.dunning.unlawful_wishes import unlawful_wishes
from app.tenants import companies
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Policies"
FIELDS = frozenset(STANDARD.said()) - {OF_THE_LIST}


class PolicyChangeIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For each of these companies: fields to set (`wishes`), and fields to let go of (`reset`), so that the standard holds again."""

    company_ids: Annotated[list[uuid.UUID], Meta(min_length=1, max_length=1000)]
    wishes: Wishes = {}
    reset: Annotated[list[str], Meta(max_length=50)] = []


class AgreedPolicyChangeIn(PolicyChangeIn, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The change whose preview was looked at, with the preview's `fingerprint`."""

    fingerprint: str


class PolicyMove(msgspec.Struct, frozen=True):
    """A field that gets another value, in so many companies."""

    field: str
    before: Any
    after: Any
    companies: int


class PolicyChangePreview(msgspec.Struct, frozen=True):
    """What would happen. `company_ids`: those whose own wishes change. Of their `claims` under way, `other_step` would get another step
    today and `other_day` the same step on another day. `fingerprint` differs when anything that counts has changed since.
    """

    company_ids: list[uuid.UUID]
    moves: list[PolicyMove]
    claims: int
    other_step: int
    other_day: int
    fingerprint: str


class PolicyChangeOut(msgspec.Struct, frozen=True):
    """The companies that got a new version of their wishes."""

    company_ids: list[uuid.UUID]


@post(
    "/policy-changes/preview", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="previewPolicyChange", tags=[TAG],
    status_code=200,
)  # fmt: skip
def preview_change(
    work: Work, request: Request[Any, Any, State], idempotency: Repeatable, data: JSONBody[PolicyChangeIn]
) -> Response[PolicyChangePreview]:
    """What the change would do. Writes nothing."""
    return idempotency.once(work, 200, lambda: _previewed(work, _law(work, request), data))


@post("/policy-changes", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="changePolicies", tags=[TAG])
def change_policies(
    work: Work, request: Request[Any, Any, State], idempotency: Repeatable, data: JSONBody[AgreedPolicyChangeIn]
) -> Response[PolicyChangeOut]:
    """Make the change, for all of the companies or for none. 409 when it would no longer do what its preview said: look again."""
    return idempotency.once(work, 201, lambda: _carried_out(work, request, data))


def _previewed(work: UnitOfWork, law: Law, data: PolicyChangeIn) -> PolicyChangePreview:
    planned = _planned(work, law, data)
    seen = many_rules.preview(work, law, planned)
    return PolicyChangePreview(
        [one.company_id for one in planned.companies],
        [PolicyMove(one.field, one.before, one.after, one.companies) for one in seen.moves],
        seen.claims, seen.other_step, seen.other_day, planned.fingerprint,
    )  # fmt: skip


def _carried_out(work: UnitOfWork, request: Request[Any, Any, State], data: AgreedPolicyChangeIn) -> PolicyChangeOut:
    _planned(work, _law(work, request), data)
    done = many_rules.carry_out(work, data.company_ids, _change(data), data.fingerprint)
    if done is None:
        raise ProblemError(CONFLICT, "what the change would do is no longer what its preview said: ask for a new preview")
    return PolicyChangeOut([one.company_id for one in done.companies])


def _planned(work: UnitOfWork, law: Law, data: PolicyChangeIn) -> Plan:
    """404 for a company that does not exist in this scope; 422 for what is no wish, and for one the law does not allow."""
    for company_id in data.company_ids:
        companies.find(work, company_id)
    if not data.wishes and not data.reset:
        raise invalid("wishes", "set a field, or name one in reset")
    if unknown := sorted(set(data.reset) - FIELDS):
        raise invalid("reset", f"no field is called {', '.join(unknown)}")
    if both := sorted(set(data.reset) & set(data.wishes)):
        raise invalid("reset", f"either set or let go of {', '.join(both)}, not both")
    try:
        planned = many_rules.plan(work, data.company_ids, _change(data))
    except (ValueError, TypeError, AttributeError, KeyError) as fault:
        raise invalid("wishes", str(fault) or "cannot be used") from fault
    statute = law.statute_on(work.today())
    for one in planned.companies:
        for name, clamp in unlawful_wishes(one.policy, data.wishes, statute).items():
            raise invalid(f"wishes.{name}", clamp.sentence())
    return planned


def _change(data: PolicyChangeIn) -> Change:
    return Change(data.wishes, frozenset(data.reset))


def _law(work: UnitOfWork, request: Request[Any, Any, State]) -> Law:
    book: LawBook = request.app.state.law_book
    return book.read(work)


HANDLERS = (preview_change, change_policies)
