"""Policies: what is wished at each tier, what that comes to, who has drifted from the standard, and what was changed when."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, delete, get, put
from litestar.datastructures import State
from litestar.params import JSONBody
from msgspec import Meta

from app.api.problems import invalid
from app.api.v1.words import Id, OfClaim, OfCompany, OfDebtor, OfSegment
from app.db.unit_of_work import UnitOfWork
from app.dunning import drift, overrides, policy_view
from app.dunning.law_book import LawBook
from app.dunning.policy_view import TierView
from app.dunning.tiers import Origin, Place, resolve
from app.dunning.unlawful_wishes import unlawful_wishes
from app.tenants.permissions import Permission
from app.tenants.requests import Work, requires

TAG = "Policies"
TierName = Literal["house", "bureau", "company", "segment", "debtor", "claim"]
Wishes = Annotated[
    dict[str, Any],
    Meta(
        description=(
            "Fields of a policy by name, as `effective` shows them: switches are true or false, days whole numbers, `*_ore` whole øre,"
            " choices and ladders as they stand there. Only what is named is wished; everything else is inherited."
        ),
        max_length=50,
    ),
]


class OriginOut(msgspec.Struct, frozen=True):
    """Who set a value: the tier with its version (0: the house's own), a segment's name, and who wrote it when."""

    tier: TierName
    id: uuid.UUID | None
    version: int
    name: str
    made_by: str
    made_at: datetime | None


class EffectiveOut(msgspec.Struct, frozen=True):
    """The value that holds for one field, and where it comes from."""

    field: str
    value: Any
    origin: OriginOut


class PolicyOut(msgspec.Struct, frozen=True):
    """A tier's own wishes (`wishes`, in `version`; 0: none yet), and what holds there once the tiers above it are counted in.

    What holds is still bounded by the law when it is followed; a decision's reasons say so.
    """

    tier: TierName
    version: int
    wishes: Wishes
    effective: list[EffectiveOut]


class PolicyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What this tier wishes from now on, and nothing else."""

    wishes: Wishes


class DeviationOut(msgspec.Struct, frozen=True):
    """A field that a company wants otherwise than the bureau. `since`: the later of the two words that made them differ.

    `standard_moved`: the company had its word before, and the standard was changed.
    """

    company_id: uuid.UUID
    company_name: str
    field: str
    value: Any
    standard: Any
    since: datetime
    made_by: str
    standard_moved: bool


class Deviations(msgspec.Struct, frozen=True):
    """All deviations from the bureau's standard, by company and field."""

    items: list[DeviationOut]


class FieldChangeOut(msgspec.Struct, frozen=True):
    """A field before and after; null where the tier did not, or does no longer, name it."""

    field: str
    before: Any
    after: Any


class PolicyVersionOut(msgspec.Struct, frozen=True):
    """What one version changed of the one before."""

    version: int
    made_by: str
    made_at: datetime
    changes: list[FieldChangeOut]


class PolicyVersions(msgspec.Struct, frozen=True):
    """Every version of one tier, newest first."""

    items: list[PolicyVersionOut]


@get("/policy", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getBureauPolicy", tags=[TAG])
def get_bureau(work: Work) -> PolicyOut:
    """The bureau's standard, which every company follows where it has no word of its own."""
    return policy_of(policy_view.tier_view(work, Place()))


@put("/policy", sync_to_thread=True, guards=[requires(Permission.SETTINGS)], operation_id="setBureauPolicy", tags=[TAG])
def set_bureau(work: Work, request: Request[Any, Any, State], data: JSONBody[PolicyIn]) -> PolicyOut:
    """Change the bureau's standard. It reaches every company at once, and their claims are decided anew."""
    return set_wishes(work, request, Place(), data.wishes)


@get(
    "/companies/{company_id:uuid}/policy",
    sync_to_thread=True,
    guards=[requires(Permission.VIEW)],
    operation_id="getCompanyPolicy",
    tags=[TAG],
)
def get_company(work: Work, company_id: Id) -> PolicyOut:
    """What a company wishes, and what holds for it."""
    return policy_of(policy_view.tier_view(work, Place(company_id)))


@put(
    "/companies/{company_id:uuid}/policy",
    sync_to_thread=True,
    guards=[requires(Permission.SETTINGS)],
    operation_id="setCompanyPolicy",
    tags=[TAG],
)
def set_company(work: Work, request: Request[Any, Any, State], company_id: Id, data: JSONBody[PolicyIn]) -> PolicyOut:
    """Say what a company wants otherwise than the bureau's standard."""
    return set_wishes(work, request, Place(company_id), data.wishes)


@delete(
    "/companies/{company_id:uuid}/policy",
    sync_to_thread=True,
    guards=[requires(Permission.SETTINGS)],
    operation_id="clearCompanyPolicy",
    tags=[TAG],
)
def clear_company(work: Work, company_id: Id) -> None:
    """Let the bureau's standard hold for the company again, in every field."""
    clear_wishes(work, Place(company_id))


@get(
    "/debtors/{debtor_id:uuid}/policy", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getDebtorPolicy", tags=[TAG]
)
def get_debtor(work: Work, debtor_id: Id) -> PolicyOut:
    """What is wished for one debtor, and what holds for it. Segments that ask for an amount are left out: they belong to an invoice."""
    return policy_of(policy_view.tier_view(work, overrides.place_of_debtor(work, debtor_id)))


@put(
    "/debtors/{debtor_id:uuid}/policy", sync_to_thread=True, guards=[requires(Permission.RULES)], operation_id="setDebtorPolicy", tags=[TAG]
)
def set_debtor(work: Work, request: Request[Any, Any, State], debtor_id: Id, data: JSONBody[PolicyIn]) -> PolicyOut:
    """Say what is wanted otherwise for one debtor."""
    return set_wishes(work, request, overrides.place_of_debtor(work, debtor_id), data.wishes)


@delete(
    "/debtors/{debtor_id:uuid}/policy",
    sync_to_thread=True,
    guards=[requires(Permission.RULES)],
    operation_id="clearDebtorPolicy",
    tags=[TAG],
)
def clear_debtor(work: Work, debtor_id: Id) -> None:
    """Let what is inherited hold for the debtor again."""
    clear_wishes(work, overrides.place_of_debtor(work, debtor_id))


@get("/claims/{claim_id:uuid}/policy", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="getClaimPolicy", tags=[TAG])
def get_claim(work: Work, claim_id: Id) -> PolicyOut:
    """What is wished for one claim, and what holds for it: the policy its next decision is made by."""
    return policy_of(policy_view.tier_view(work, overrides.place_of_claim(work, claim_id)))


@put("/claims/{claim_id:uuid}/policy", sync_to_thread=True, guards=[requires(Permission.RULES)], operation_id="setClaimPolicy", tags=[TAG])
def set_claim(work: Work, request: Request[Any, Any, State], claim_id: Id, data: JSONBody[PolicyIn]) -> PolicyOut:
    """Say what is wanted otherwise for one claim."""
    return set_wishes(work, request, overrides.place_of_claim(work, claim_id), data.wishes)


@delete(
    "/claims/{claim_id:uuid}/policy", sync_to_thread=True, guards=[requires(Permission.RULES)], operation_id="clearClaimPolicy", tags=[TAG]
)
def clear_claim(work: Work, claim_id: Id) -> None:
    """Let what is inherited hold for the claim again."""
    clear_wishes(work, overrides.place_of_claim(work, claim_id))


@get("/policy-deviations", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listPolicyDeviations", tags=[TAG])
def list_deviations(work: Work, company_id: OfCompany = None) -> Deviations:
    """Where companies deviate from the bureau's standard, since when and by whom."""
    return Deviations(
        [
            DeviationOut(one.company_id, one.company, one.field, one.value, one.standard, one.since, one.made_by, one.moved_away)
            for one in drift.deviations(work, company_id)
        ]
    )


@get("/policy-versions", sync_to_thread=True, guards=[requires(Permission.VIEW)], operation_id="listPolicyVersions", tags=[TAG])
def list_versions(
    work: Work, company_id: OfCompany = None, debtor_id: OfDebtor = None, claim_id: OfClaim = None, segment_id: OfSegment = None
) -> PolicyVersions:
    """What was changed at one tier, when and by whom. Without a parameter: of the bureau's standard. Name one tier only."""
    named = [one for one in (company_id, debtor_id, claim_id, segment_id) if one is not None]
    if len(named) > 1:
        raise invalid("company_id", "name one tier only")
    try:
        place = _place(work, company_id, debtor_id, claim_id, segment_id)
    except LookupError:
        return PolicyVersions([])
    return PolicyVersions(
        [
            PolicyVersionOut(one.version, one.made_by, one.made_at, [FieldChangeOut(it.field, it.before, it.after) for it in one.changes])
            for one in policy_view.versions(work, place)
        ]
    )


def _place(
    work: UnitOfWork, company_id: uuid.UUID | None, debtor_id: uuid.UUID | None, claim_id: uuid.UUID | None, segment_id: uuid.UUID | None
) -> Place:
    if debtor_id is not None:
        return overrides.place_of_debtor(work, debtor_id)
    if claim_id is not None:
        return overrides.place_of_claim(work, claim_id)
    if segment_id is not None:
        return overrides.place_of_segment(work, segment_id, ended=True)
    return Place(company_id)


def policy_of(view: TierView) -> PolicyOut:
    policy = view.effective.policy.said()
    effective = [EffectiveOut(name, policy[name], origin_of(view.effective.trace[name])) for name in policy if name in view.effective.trace]
    return PolicyOut(view.place.level.value, view.version, dict(view.wishes), effective)


def origin_of(origin: Origin) -> OriginOut:
    subject = None if origin.place is None else origin.place.subject_id
    return OriginOut(origin.level.value, subject, origin.version, origin.name, origin.made_by, origin.made_at)


def set_wishes(work: UnitOfWork, request: Request[Any, Any, State], place: Place, wishes: Mapping[str, object]) -> PolicyOut:
    policy_view.tier_view(work, place)
    check_wishes(work, request, place, wishes)
    overrides.put(work, place, wishes)
    return policy_of(policy_view.tier_view(work, place))


def check_wishes(work: UnitOfWork, request: Request[Any, Any, State], place: Place, wishes: Mapping[str, object]) -> None:
    """422 for what is no wish, and for one the law does not allow: with its provision and the nearest lawful value."""
    held, _ = overrides.at(work, place)
    try:
        policy = overrides.check(held, place, wishes)
    except (ValueError, TypeError, AttributeError, KeyError) as fault:
        raise invalid("wishes", str(fault) or "cannot be used") from fault
    book: LawBook = request.app.state.law_book
    statute = book.read(work).statute_on(work.today())
    for name, clamp in unlawful_wishes(policy, wishes, statute, resolve(held.above(place)).policy).items():
        raise invalid(f"wishes.{name}", clamp.sentence())


def clear_wishes(work: UnitOfWork, place: Place) -> None:
    policy_view.tier_view(work, place)
    overrides.put(work, place, {})


HANDLERS = (
    get_bureau, set_bureau, get_company, set_company, clear_company, get_debtor, set_debtor, clear_debtor, get_claim, set_claim,
    clear_claim, list_deviations, list_versions,
)  # fmt: skip
