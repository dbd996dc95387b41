"""Claims as doors read them: filtered, paged by cursor both ways, and one claim with its whole history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.db.scope import CompanyScope
from app.dunning.queries import ClaimFilter, CursorError, claim_detail, counts, list_claims, open_lists, timeline
from app.receivables.models import OpenItem
from support import make


@pytest.fixture
def book(database):
    company = make.company(database, make.bureau(database))
    claims = []
    for number in range(7):
        debtor = make.debtor(database, company, name=f"Skyldner {'ABCDEFG'[number]} AS")
        item = make.open_item(
            database,
            debtor,
            due_on=database.clock.today() - timedelta(days=20 * number),
            original_ore=100_00 * (number + 1),
            kid=None,
            issued_on=database.clock.today() - timedelta(days=20 * number + 14),
        )
        claims.append(make.claim(database, item))
    return company, claims


def pages(database, company, wanted, limit=3):
    """Every page forwards, then back again."""
    with database.begin(make.scope(company)) as work:
        page = list_claims(work, wanted, limit=limit)
        forwards = [page]
        while page.next_cursor:
            page = list_claims(work, wanted, page.next_cursor, limit=limit)
            forwards.append(page)
        backwards = [page]
        while page.previous_cursor:
            page = list_claims(work, wanted, page.previous_cursor, limit=limit)
            backwards.append(page)
    return forwards, backwards


@pytest.mark.parametrize("sort", ["due", "-due", "amount", "-amount", "debtor", "-debtor", "invoice", "company", "next"])
def test_paging_by_cursor_shows_every_claim_once_forwards_and_the_same_pages_backwards(database, book, sort):
    company, claims = book
    forwards, backwards = pages(database, company, ClaimFilter(sort=sort))
    shown = [row.claim_id for page in forwards for row in page.rows]
    assert sorted(shown) == sorted(claim.id for claim in claims)
    assert [page.rows for page in reversed(backwards)] == [page.rows for page in forwards]
    assert {page.total for page in forwards} == {7}
    assert forwards[0].remaining_ore == 2800_00


def test_a_cursor_of_another_sort_or_no_cursor_at_all_is_refused(database, book):
    company, _ = book
    with database.begin(make.scope(company)) as work:
        cursor = list_claims(work, ClaimFilter(), limit=2).next_cursor
        for wrong, wanted in ((cursor, ClaimFilter(sort="amount")), ("bm9wZQ", ClaimFilter()), ("%%%", ClaimFilter())):
            with pytest.raises(CursorError):
                list_claims(work, wanted, wrong)


def test_filters_narrow_by_age_text_company_and_standing(database, book):
    company, claims = book
    other = make.claim(database, make.open_item(database, make.debtor(database, make.company(database, make.bureau(database)))))
    make.hold(database, claims[2])
    make.dispute(database, claims[3])
    make.notice(database, claims[5])
    with database.begin(make.scope(company)) as work:

        def found(**wanted):
            return {row.claim_id for row in list_claims(work, ClaimFilter(**wanted)).rows}

        assert found(age="31-60") == {claims[2].id, claims[3].id}
        assert found(age="90+") == {claims[5].id, claims[6].id}
        assert found(text="skyldner c") == {claims[2].id}
        assert found(text="100%") == set()
        assert found(state="held") == {claims[2].id}
        assert found(state="disputed") == {claims[3].id}
        assert found(state="reminded") == {claims[5].id}
        assert found(state="closed") == set()
        assert found(company_id=company.id, state="all") == {claim.id for claim in claims}
        assert found(company_id=other.company_id) == set()
        for wrong in ({"state": "x"}, {"sort": "x"}, {"age": "x"}):
            with pytest.raises(ValueError, match="unknown"):
                found(**wrong)


def test_a_claim_is_shown_with_all_that_happened_newest_first(database, book):
    company, claims = book
    claim = claims[4]
    notice = make.notice(database, claim, sent_on=database.clock.today() - timedelta(days=9), fee_ore=0)
    make.delivery(database, notice, state="sent")
    make.hold(database, claim, reason="Avtalt utsettelse")
    with database.begin(make.scope(company)) as work:
        detail = claim_detail(work, claim.id)
    assert detail.hold is not None
    assert detail.standing == "held"
    assert len(detail.notices[0].deliveries) == 1
    events = timeline(detail)
    codes = [event.code for event in events]
    assert {"invoiced", "fell_due", "reminder_issued", "delivery_sent", "held"} <= set(codes)
    assert codes.index("held") < codes.index("fell_due") < codes.index("invoiced")


def test_money_paid_to_the_agency_and_then_posted_does_not_look_paid_twice(database, book):
    company, claims = book
    with database.begin(make.scope(company)) as work:
        item = work.session.scalars(select(OpenItem).where(OpenItem.id == claims[3].open_item_id)).one()
    make.payment(database, item, 400_00, source="agency")
    make.payment(database, item, 400_00)
    with database.begin(make.scope(company)) as work:
        codes = [event.code for event in timeline(claim_detail(work, claims[3].id))]
    assert (codes.count("paid_at_agency"), codes.count("seen_payment")) == (1, 1)


def test_amounts_today_count_interest_by_the_day_and_only_fees_that_were_said(database, book):
    company, claims = book
    claim = claims[6]  # 700 kroner, due 120 days ago
    make.notice(database, claim, kind="collection_warning", fee_ore=3800, state="sent")
    make.notice(database, claim, kind="reminder", fee_ore=3800, state="cancelled")
    with database.begin(make.scope(company)) as work:
        amounts = claim_detail(work, claim.id).amounts
    assert amounts.principal_ore == 700_00
    assert amounts.fees_ore == 38_00
    assert 0 < amounts.interest_per_day_ore < 100
    assert amounts.interest_ore > 100 * amounts.interest_per_day_ore
    assert amounts.total_ore == 738_00 + amounts.interest_ore


def test_open_lists_and_counts_follow_the_scope(database, book):
    company, claims = book
    week = make.weekly_list(database, company)
    item = make.open_item(database, make.debtor(database, company))
    extra = make.claim(database, item, step="ask_person")
    make.list_entry(database, week, extra, item)
    make.list_entry(database, week, claims[3], make_item(database, company, claims[3]), state="stopped", note="Ringt")
    with database.begin(make.scope(company)) as work:
        shown = open_lists(work)
        assert [len(one.entries) for one in shown] == [2]
        assert [entry.state for entry in shown[0].waiting] == ["ready"]
        assert shown[0].waiting[0].roads == ("letter", "email")
        assert counts(work).ready == 1
        assert counts(work).questions == 1
    other = make.company(database, make.bureau(database))
    with database.begin(CompanyScope(other.bureau_id, other.id)) as work:
        assert open_lists(work) == []
        assert counts(work).ready == 0


def make_item(database, company, claim):
    with database.begin(make.scope(company)) as work:
        return claim_detail(work, claim.id).item
