"""What must be in a handover before it leaves, and what must not be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from agencies.adapters.contract import PACKAGE
from app.agencies import completeness, handover, queries
from app.agencies.completeness import faults
from app.agencies.ports import HandoverPackage
from app.jobs.resources import Resources
from support.agency_desk import Desk, PaperAgency, desk, plain

WHOLE = PACKAGE
Change = Callable[[HandoverPackage], HandoverPackage]


def who(**changes: Any) -> Change:
    return lambda package: replace(package, debtor=replace(package.debtor, **changes))


def what(**changes: Any) -> Change:
    return lambda package: replace(package, **changes)


def said(**changes: Any) -> Change:
    return lambda package: replace(package, notices=(replace(package.notices[0], **changes),))


WANTING = [
    (who(name=" "), completeness.NO_NAME),
    (who(address_line=""), completeness.NO_STREET),
    (who(postal_code=""), completeness.NO_POSTAL_CODE),
    (who(postal_code="503"), completeness.NO_POSTAL_CODE),
    (who(postal_code="", country="SE"), completeness.NO_POSTAL_CODE),
    (who(city=""), completeness.NO_CITY),
    (who(organisation_number=None), completeness.NO_ORGANISATION_NUMBER),
    (who(organisation_number="974760674"), completeness.NO_ORGANISATION_NUMBER),
    (what(invoice_number=""), completeness.NO_INVOICE_NUMBER),
    (what(invoice_date=WHOLE.due_date + timedelta(days=1)), completeness.DUE_BEFORE_INVOICE),
    (what(principal_ore=0), completeness.NOTHING_OWED),
    (what(principal_ore=WHOLE.original_ore + 1), completeness.MORE_THAN_INVOICED),
    (what(interest_from=WHOLE.due_date - timedelta(days=1)), completeness.INTEREST_TOO_EARLY),
    (what(interest_ore=-1), completeness.INTEREST_NEGATIVE),
    (said(sent_on=WHOLE.due_date - timedelta(days=1)), completeness.NOTICE_BEFORE_DUE),
    (said(payment_deadline=WHOLE.notices[0].sent_on - timedelta(days=1)), completeness.DEADLINE_BEFORE_NOTICE),
    (said(fee_ore=-1), completeness.FEE_NEGATIVE),
]


def test_a_whole_package_may_leave() -> None:
    assert faults(WHOLE) == ()


@pytest.mark.parametrize(("change", "text"), WANTING)
def test_each_missing_or_contradictory_element_is_named(change: Change, text: str) -> None:
    assert faults(change(WHOLE)) == (text,)


def test_all_that_is_wanting_is_named_at_once() -> None:
    assert faults(who(city="", address_line="")(what(principal_ore=0)(WHOLE))) == (
        completeness.NO_STREET, completeness.NO_CITY, completeness.NOTHING_OWED,
    )  # fmt: skip


def test_consumers_have_no_organisation_number_and_pay_no_compensation() -> None:
    consumer = who(is_person=True, organisation_number=None)(WHOLE)
    assert faults(replace(consumer, claims_compensation=False)) == ()
    assert faults(replace(consumer, claims_compensation=True)) == (completeness.COMPENSATION_FROM_CONSUMER,)


def test_whoever_lives_abroad_has_another_postal_code_and_no_norwegian_number() -> None:
    assert faults(who(country="SE", postal_code="411 03", organisation_number=None)(WHOLE)) == ()


@pytest.fixture
def at(resources: Resources) -> Desk:
    return desk(resources, PaperAgency())


def plan(at: Desk, package: HandoverPackage, **more: Any) -> object:
    with at.work() as work:
        return handover.plan(work, claim_id=at.claim.id, item=at.item, package=plain(package), **more)


def test_what_is_wanting_never_leaves_and_says_why_until_it_is_put_right(at: Desk) -> None:
    whole = at.package()
    lacking = replace(whole, debtor=replace(whole.debtor, city="", postal_code=""))
    assert plan(at, lacking) is None
    case = at.the_case()
    assert (case.state, case.problem, case.handed_over_at) == ("refused", completeness.NO_POSTAL_CODE, None)
    with at.work() as work:
        assert queries.case(work, case.id).wanting == (completeness.NO_POSTAL_CODE, completeness.NO_CITY)
    assert at.effects(handover.KIND) == []
    assert plan(at, lacking) is None, "the same fault is written down once, not every time the claim is looked at"
    assert at.the_case().id == case.id
    assert plan(at, whole) is not None
    assert len(at.effects(handover.KIND)) == 1


def test_a_claim_that_is_on_its_way_is_not_touched_by_a_package_that_lacks_something(at: Desk) -> None:
    whole = at.package()
    planned = plan(at, whole)
    assert plan(at, replace(whole, invoice_number=""), insist=True) is None
    assert (at.the_case().id, at.the_case().state) == (planned, "planned")
