from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text, update

from app.db.scope import BureauScope, CompanyScope, PlatformScope
from app.db.unit_of_work import Database
from app.tenants import companies, members, sessions
from app.tenants.jobs import tidy
from app.tenants.models import Bureau, User
from app.tenants.permissions import Permission, Role
from app.values.clock import FixedClock
from support import make

SECOND = timedelta(seconds=1)


def test_a_token_names_a_person_in_his_place(database: Database) -> None:
    bureau = make.bureau(database)
    user = make.member(database, bureau, role="manager")
    who = sessions.resolve(database, sessions.start(database, user.id))
    assert who is not None
    assert (who.user_id, who.bureau_id, who.company_id, who.role, who.email, who.locale) == (
        user.id, bureau.id, None, Role.MANAGER, user.email, "nb",
    )  # fmt: skip
    assert who.scope == BureauScope(bureau.id)
    assert (who.actor.kind, who.actor.id, who.actor.name) == ("user", user.id, user.name)
    assert who.may(Permission.HAND_OVER)
    assert not who.may(Permission.KEYS)


def test_a_companys_own_user_is_narrowed_to_that_company(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    user = make.member(database, bureau, company=company)
    who = sessions.resolve(database, sessions.start(database, user.id))
    assert who is not None
    assert who.scope == CompanyScope(bureau.id, company.id)
    assert who.may(Permission.STOP)
    assert not who.may(Permission.HAND_OVER)


@pytest.mark.parametrize("token", [None, "", "chosen-by-an-attacker", "a" * 4000])
def test_a_token_we_did_not_make_is_nobodys(database: Database, token: str | None) -> None:
    assert sessions.resolve(database, token) is None


def test_every_login_gets_a_token_of_its_own_and_ends_the_one_before(database: Database) -> None:
    user = make.member(database, make.bureau(database))
    before = sessions.start(database, user.id)
    after = sessions.start(database, user.id, replacing=before)
    assert before != after
    assert sessions.resolve(database, before) is None
    assert sessions.resolve(database, after) is not None


def test_the_database_never_holds_a_token(database: Database, owner: Engine) -> None:
    token = make.session(database, make.member(database, make.bureau(database)))
    assert len(token) >= 43
    with owner.connect() as connection:
        dump = "".join(str(tuple(row)) for row in connection.execute(text("select *, encode(token_hash, 'escape') from sessions")))
    assert token not in dump


def test_logging_out_is_final_even_for_a_request_under_way(database: Database) -> None:
    token = make.session(database, make.member(database, make.bureau(database)))
    logged_out, under_way = threading.Event(), threading.Event()

    class LateClock(FixedClock):
        """Holds the request up between its look at the session and its last write."""

        looks = 0

        def now(self):  # type: ignore[no-untyped-def]
            self.looks += 1
            if self.looks == 3:
                under_way.set()
                logged_out.wait(10)
            return super().now()

    late = LateClock(database.clock.now() + timedelta(hours=1))
    request = threading.Thread(target=lambda: sessions.resolve(Database(database.engine, late), token))
    request.start()
    assert under_way.wait(10)
    sessions.end(database, token)
    logged_out.set()
    request.join(10)
    assert sessions.resolve(database, token) is None


def test_a_session_ends_after_twelve_idle_hours(database: Database, clock: FixedClock) -> None:
    token = make.session(database, make.member(database, make.bureau(database)))
    clock.move(sessions.IDLE - SECOND)
    assert sessions.resolve(database, token) is not None
    clock.move(sessions.IDLE - SECOND)
    assert sessions.resolve(database, token) is not None, "being used keeps it alive"
    clock.move(sessions.IDLE)
    assert sessions.resolve(database, token) is None


def test_a_session_ends_after_seven_days_however_busy(database: Database, clock: FixedClock) -> None:
    token = make.session(database, make.member(database, make.bureau(database)))
    for _ in range(27):
        clock.move(timedelta(hours=6))
        assert sessions.resolve(database, token) is not None
    clock.move(timedelta(hours=6) - SECOND)
    assert sessions.resolve(database, token) is not None
    clock.move(SECOND)
    assert sessions.resolve(database, token) is None


def test_switching_place_changes_the_token_and_not_the_absolute_limit(database: Database, clock: FixedClock) -> None:
    first, second = make.bureau(database), make.bureau(database)
    user = make.member(database, first)
    clock.move(SECOND)
    make.membership(database, user, second, role="reader")
    token = sessions.start(database, user.id)
    here, there = sessions.places(database, user.id)
    assert (here.bureau_id, there.bureau_id, there.bureau_name, there.role) == (first.id, second.id, second.name, Role.READER)
    clock.move(timedelta(hours=6))
    fresh = sessions.switch(database, token, there.membership_id)
    assert sessions.resolve(database, token) is None
    who = sessions.resolve(database, fresh)
    assert who is not None and who.bureau_id == second.id and who.role is Role.READER
    for _ in range(27):
        assert sessions.resolve(database, fresh) is not None
        clock.move(timedelta(hours=6))
    assert sessions.resolve(database, fresh) is None


def test_nobody_switches_to_a_place_that_is_not_his(database: Database) -> None:
    user = make.member(database, make.bureau(database))
    theirs = make.membership(database, make.user(database), make.bureau(database))
    token = sessions.start(database, user.id)
    with pytest.raises(LookupError):
        sessions.switch(database, token, theirs.id)
    assert sessions.resolve(database, token) is not None
    with pytest.raises(LookupError):
        sessions.start(database, user.id, theirs.id)


def test_a_companys_place_is_listed_by_the_companys_name(database: Database) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    user = make.member(database, bureau, company=company)
    assert [place.company_name for place in sessions.places(database, user.id)] == [company.name]


def test_losing_the_place_takes_effect_at_the_next_request(database: Database) -> None:
    bureau = make.bureau(database)
    make.member(database, bureau)
    user = make.user(database)
    place = make.membership(database, user, bureau, role="manager")
    token = sessions.start(database, user.id)
    with database.begin(BureauScope(bureau.id)) as work:
        members.change_role(work, place.id, Role.READER)
    who = sessions.resolve(database, token)
    assert who is not None and who.role is Role.READER
    with database.begin(BureauScope(bureau.id)) as work:
        members.end(work, place.id)
    assert sessions.resolve(database, token) is None
    with database.begin(BureauScope(bureau.id)) as work:
        members.add(work, user.id, Role.MANAGER)
    assert sessions.resolve(database, token) is None, "a place given back does not revive old sessions"


@pytest.mark.parametrize("what", ["user", "bureau", "company"])
def test_a_disabled_user_a_closed_bureau_and_a_closed_company_end_their_sessions(database: Database, what: str) -> None:
    bureau = make.bureau(database)
    company = make.company(database, bureau)
    user = make.member(database, bureau, company=company)
    token = sessions.start(database, user.id)
    with database.begin(BureauScope(bureau.id)) as work:
        if what == "user":
            work.session.execute(update(User).where(User.id == user.id).values(disabled_at=work.now()))
        elif what == "bureau":
            work.session.execute(update(Bureau).where(Bureau.id == bureau.id).values(closed_at=work.now()))
        else:
            companies.close(work, company.id)
    assert sessions.resolve(database, token) is None
    with pytest.raises(LookupError):
        sessions.start(database, user.id)


def test_logging_out_everywhere_spares_only_the_place_one_stands(database: Database) -> None:
    user, other = make.member(database, make.bureau(database)), make.member(database, make.bureau(database))
    here, there, stranger = sessions.start(database, user.id), sessions.start(database, user.id), sessions.start(database, other.id)
    with database.begin(PlatformScope()) as work:
        assert sessions.end_all(work, user.id, but=here) == 1
    assert sessions.resolve(database, here) is not None
    assert sessions.resolve(database, there) is None
    assert sessions.resolve(database, stranger) is not None


def test_old_sessions_are_forgotten_and_live_ones_kept(
    clean: None, database: Database, clock: FixedClock, resources, owner: Engine
) -> None:  # type: ignore[no-untyped-def]
    user = make.member(database, make.bureau(database))
    make.session(database, user)
    clock.move(sessions.ABSOLUTE + sessions.KEPT_FOR + SECOND)
    kept = make.session(database, user)
    tidy(resources)
    with owner.connect() as connection:
        assert connection.scalar(text("select count(*) from sessions")) == 1
    assert sessions.resolve(database, kept) is not None
