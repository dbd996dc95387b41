"""A company changes bureau: what was said counts on, what rests rests on, and nothing else of either bureau crosses over."""

from __future__ import annotations

import uuid
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from app.db.scope import Actor, BureauScope
from app.db.unit_of_work import Database, UnitOfWork
from app.db.vault import Vault, new_key
from app.dunning import claims, loading, moving
from app.dunning.facts import Sender
from app.dunning.models import Claim, Hold
from app.tenants import moves
from app.tenants.models import Bureau, Company
from app.tenants.moves import MoveError
from app.values.clock import FixedClock
from support import make
from support.neighbour import Neighbour

WHO = Actor("user", None, "Ola")


@pytest.fixture
def vault() -> Vault:
    return Vault(new_key())


@pytest.fixture
def here(database: Database) -> Bureau:
    return make.bureau(database)


@pytest.fixture
def code(database: Database, neighbour: Neighbour, owner: Engine) -> str:
    """The neighbour's company on offer, its one outward act finished."""
    with owner.begin() as connection:
        connection.execute(text("update effects set state = 'sent' where bureau_id = :b"), {"b": neighbour.bureau.id})
    with database.begin(make.scope(neighbour.bureau)) as work:
        return moves.offer(work, neighbour.company.id)


def same_invoice(database: Database, here: Bureau, company_id: uuid.UUID, there: Neighbour) -> uuid.UUID:
    """The ledger, connected anew, shows the invoice."""
    with database.begin(BureauScope(here.id)) as work:
        company = work.session.get_one(Company, (here.id, company_id))
    debtor = make.debtor(database, company)
    item = make.open_item(
        database, debtor, document_number=there.open_item.document_number, original_ore=there.open_item.original_ore, kid=None
    )
    return item.id


def test_what_was_said_and_why_it_rests_comes_along(
    database: Database, neighbour: Neighbour, here: Bureau, code: str, vault: Vault
) -> None:
    company_id = moving.take(database.begin, vault, code, here.id, WHO)
    with database.begin(BureauScope(here.id)) as work:
        company = work.session.get_one(Company, (here.id, company_id))
        assert (company.organisation_number, company.name) == (neighbour.company.organisation_number, neighbour.company.name)
        assert company.active_from is None, "whether to follow up is for the new bureau to say"
        assert moving.waiting(work, company_id) == 1
    same_invoice(database, here, company_id, neighbour)
    with database.begin(BureauScope(here.id)) as work:
        claims.open_claims(work, company_id)
        assert moving.waiting(work, company_id) == 0
        (claim,) = work.session.execute(select(Claim)).scalars()
        (loaded,) = loading.load(work, [claim.id])
        (hold,) = work.session.execute(select(Hold)).scalars()
    said = [(one.kind.value, one.sent_on, one.fee_ore, one.sent_by) for one in loaded.facts.notices]
    assert said == [(neighbour.notice.kind, neighbour.notice.issued_on, neighbour.notice.fee_ore, Sender.LEDGER)]
    assert loaded.facts.ledger_collected_on is not None, "it is at an agency by the other bureau's hand"
    assert loaded.facts.hold is not None
    assert neighbour.bureau.name in hold.reason and "stanset" in hold.reason and "innsigelse" in hold.reason


def test_a_reading_of_the_ledger_leaves_what_was_carried(
    database: Database, neighbour: Neighbour, here: Bureau, code: str, vault: Vault
) -> None:
    company_id = moving.take(database.begin, vault, code, here.id, WHO)
    item_id = same_invoice(database, here, company_id, neighbour)
    with database.begin(BureauScope(here.id)) as work:
        claims.open_claims(work, company_id)
        claims.open_claims(work, company_id)
        carried = work.session.execute(text("select carried_notices from open_items where id = :i"), {"i": item_id}).scalar_one()
    assert [one["kind"] for one in carried] == [neighbour.notice.kind, "collection"]


def test_the_bureau_it_left_follows_up_no_more_and_keeps_what_it_did(
    database: Database, neighbour: Neighbour, here: Bureau, code: str, vault: Vault
) -> None:
    moving.take(database.begin, vault, code, here.id, WHO)
    with database.begin(make.scope(neighbour.bureau)) as work:
        company = work.session.get_one(Company, (neighbour.bureau.id, neighbour.company.id))
        assert company.closed_at is not None and company.active_from is None
        link = work.session.execute(text("select company_id from company_links")).scalar_one()
        assert link is None
        assert work.session.execute(text("select count(*) from notices")).scalar_one() == 1


def test_a_code_works_once_and_for_fourteen_days(
    database: Database, neighbour: Neighbour, here: Bureau, code: str, vault: Vault, clock: FixedClock
) -> None:
    third = make.bureau(database)
    with pytest.raises(MoveError, match="no such offer"):
        moving.take(database.begin, vault, f"{code}x", here.id, WHO)
    with pytest.raises(MoveError, match="own bureau"):
        moving.take(database.begin, vault, code, neighbour.bureau.id, WHO)
    moving.take(database.begin, vault, code, here.id, WHO)
    with pytest.raises(MoveError, match="no such offer"):
        moving.take(database.begin, vault, code, third.id, WHO)
    other = make.company(database, neighbour.bureau)
    with database.begin(make.scope(neighbour.bureau)) as work:
        late = moves.offer(work, other.id)
    clock.move(timedelta(days=14))
    with pytest.raises(MoveError, match="no such offer"):
        moving.take(database.begin, vault, late, here.id, WHO)


def test_nothing_moves_while_something_leaves_the_house(
    database: Database, neighbour: Neighbour, here: Bureau, code: str, vault: Vault, owner: Engine
) -> None:
    with owner.begin() as connection:
        connection.execute(text("update effects set state = 'unknown' where bureau_id = :b"), {"b": neighbour.bureau.id})
    with pytest.raises(MoveError, match="just being sent"):
        moving.take(database.begin, vault, code, here.id, WHO)
    with database.begin(make.scope(neighbour.bureau)) as work:
        assert work.session.get_one(Company, (neighbour.bureau.id, neighbour.company.id)).closed_at is None
        assert moves.standing(work, neighbour.company.id) is not None


def test_a_move_that_was_cut_short_is_ended_by_the_same_code_and_by_nobody_else(
    database: Database, neighbour: Neighbour, here: Bureau, code: str, vault: Vault
) -> None:
    begun: list[object] = []

    def killed_before_the_third(*scope: Any) -> AbstractContextManager[UnitOfWork]:
        begun.append(scope)
        if len(begun) == 3:
            raise KeyboardInterrupt
        return database.begin(*scope)

    with pytest.raises(KeyboardInterrupt):
        moving.take(killed_before_the_third, vault, code, here.id, WHO)
    with pytest.raises(MoveError, match="no such offer"):
        moving.take(database.begin, vault, code, make.bureau(database).id, WHO)
    company_id = moving.take(database.begin, vault, code, here.id, WHO)
    with database.begin(BureauScope(here.id)) as work:
        assert moving.waiting(work, company_id) == 1
        assert work.session.execute(text("select count(*) from company_moves where package is not null")).scalar_one() == 0
