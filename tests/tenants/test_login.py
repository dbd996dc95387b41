from __future__ import annotations

import concurrent.futures
import time
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text, update

from app.db.scope import BureauScope, PlatformScope
from app.db.unit_of_work import Database
from app.tenants import members, passwords, queries, sessions
from app.tenants.login import ADDRESS_LIMIT, PAIR_LIMIT, WINDOW, LoginError, change_password, log_in, normalise_email
from app.tenants.models import User
from app.tenants.permissions import Role
from app.values.clock import FixedClock
from support import make

HERE = "192.0.2.7"
NEW = "fire grønne elger i tåka"


def test_the_right_password_opens_a_session_and_leaves_a_line_in_the_audit_trail(database: Database) -> None:
    bureau = make.bureau(database)
    user = make.member(database, bureau)
    who = sessions.resolve(database, log_in(database, user.email, make.PASSWORD, HERE))
    assert who is not None and who.user_id == user.id
    with database.begin(BureauScope(bureau.id)) as work:
        assert [(line.action, line.actor_name) for line in queries.audit_lines(work)] == [("login.succeeded", user.name)]


@pytest.mark.parametrize("spelling", [" {} ", "{upper}", "\u00a0{}"])
def test_an_e_mail_address_has_one_spelling(database: Database, spelling: str) -> None:
    user = make.member(database, make.bureau(database))
    assert normalise_email(spelling.format(user.email, upper=user.email.upper())) == user.email


def test_wrong_password_unknown_and_disabled_users_are_told_the_same(database: Database) -> None:
    user, disabled = make.member(database, make.bureau(database)), make.member(database, make.bureau(database))
    with database.begin(PlatformScope()) as work:
        work.session.execute(update(User).where(User.id == disabled.id).values(disabled_at=work.now()))
    told = []
    for email, password in [(user.email, "wrong"), ("nobody@byraa.example", make.PASSWORD), (disabled.email, make.PASSWORD), ("", "")]:
        with pytest.raises(LoginError) as caught:
            log_in(database, email, password, HERE)
        told.append((caught.value.code, str(caught.value), caught.value.after))
    assert set(told) == {("wrong", "not logged in: wrong", None)}


def test_strangers_take_as_long_as_known_users() -> None:
    """A stranger's password is compared with a hash made with the same settings: the same computing, counted in its own processor time."""

    def computing(hashed: str | None) -> float:
        began = time.process_time()
        assert not passwords.is_right("wrong", hashed)
        return time.process_time() - began

    stored = passwords.hash_new(NEW)
    passwords.warm_up()
    # without that hash a stranger takes a thousandth
    assert min(computing(None) for _ in range(5)) > min(computing(stored) for _ in range(5)) / 10


def test_guessing_is_slowed_down_and_the_person_can_still_log_in_from_elsewhere(database: Database, clock: FixedClock) -> None:
    user = make.member(database, make.bureau(database))
    for _ in range(PAIR_LIMIT):
        with pytest.raises(LoginError, match="wrong"):
            log_in(database, user.email, "guess", HERE)
    with pytest.raises(LoginError, match="throttled") as caught:
        log_in(database, user.email, make.PASSWORD, HERE)
    assert caught.value.after is not None and timedelta(0) < caught.value.after <= WINDOW
    assert log_in(database, user.email, make.PASSWORD, "198.51.100.4")
    clock.move(WINDOW)
    assert log_in(database, user.email, make.PASSWORD, HERE)


def test_an_address_that_tries_many_people_is_slowed_down(database: Database, owner: Engine) -> None:
    user = make.member(database, make.bureau(database))
    address = make.organisation_number()
    with pytest.raises(LoginError, match="wrong"):
        log_in(database, "first@byraa.example", "guess", address)
    with owner.begin() as connection:
        connection.execute(
            text("update rate_counters set count = :most where key like 'login.address:%' and count = 1"), {"most": ADDRESS_LIMIT}
        )
    with pytest.raises(LoginError, match="throttled"):
        log_in(database, user.email, make.PASSWORD, address)


def test_logging_in_rightly_many_times_is_never_throttled(database: Database) -> None:
    user = make.member(database, make.bureau(database))
    for _ in range(PAIR_LIMIT + 2):
        assert log_in(database, user.email, make.PASSWORD, HERE)


def test_the_limit_holds_when_all_guesses_come_at_once(database: Database) -> None:
    user = make.member(database, make.bureau(database))

    def guess(_: int) -> str:
        try:
            return log_in(database, user.email, "guess", HERE)
        except LoginError as fault:
            return fault.code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(24)))
    assert answers.count("wrong") == PAIR_LIMIT
    assert answers.count("throttled") == 24 - PAIR_LIMIT


def test_counters_hold_no_e_mail_address(database: Database, owner: Engine) -> None:
    user = make.member(database, make.bureau(database))
    log_in(database, user.email, make.PASSWORD, HERE)
    with owner.connect() as connection:
        keys = connection.execute(text("select key from rate_counters")).scalars().all()
    assert keys
    assert not any("@" in key or HERE in key for key in keys)


def test_a_hash_of_weaker_days_is_renewed_at_login(database: Database) -> None:
    user = make.member(database, make.bureau(database))
    assert passwords.is_outdated(user.password_hash)
    log_in(database, user.email, make.PASSWORD, HERE)
    with database.begin(PlatformScope()) as work:
        renewed = work.session.get_one(User, user.id).password_hash
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert log_in(database, user.email, make.PASSWORD, HERE)


def test_somebody_without_any_place_left_is_told_so_only_with_the_right_password(database: Database) -> None:
    user = make.user(database)
    with pytest.raises(LoginError, match="no_place"):
        log_in(database, user.email, make.PASSWORD, HERE)
    with pytest.raises(LoginError, match="wrong"):
        log_in(database, user.email, "guess", HERE)


def test_a_new_password_logs_out_everywhere_else(database: Database) -> None:
    user = make.member(database, make.bureau(database))
    here, elsewhere = make.session(database, user), make.session(database, user)
    with pytest.raises(LoginError, match="wrong"):
        change_password(database, user.id, "guess", NEW, token=here)
    change_password(database, user.id, make.PASSWORD, NEW, token=here)
    assert sessions.resolve(database, here) is not None
    assert sessions.resolve(database, elsewhere) is None
    with pytest.raises(LoginError):
        log_in(database, user.email, make.PASSWORD, HERE)
    assert log_in(database, user.email, NEW, HERE)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("kort", "too_short"), ("a" * 501, "too_long"), ("aaaaaaaaaaaaaaaaaa", "too_plain"), ("121212121212121212", "too_plain"),
        ("Kari Nordmann 12", "too_personal"), ("reskontroreskontro1", "too_personal"),
    ],
)  # fmt: skip
def test_an_easy_password_is_refused(password: str, code: str) -> None:
    with pytest.raises(passwords.PasswordError) as caught:
        passwords.hash_new(password, about=("kari", "Nordmann"))
    assert caught.value.code == code


def test_a_long_password_counts_to_its_last_letter() -> None:
    long = NEW * 10
    stored = passwords.hash_new(long)
    assert passwords.is_right(long, stored)
    assert not passwords.is_right(long[:-1], stored)


def test_the_same_letters_typed_on_another_keyboard_are_the_same_password() -> None:
    stored = passwords.hash_new("blåbærsyltetøy på brød")
    assert passwords.is_right("bla\u030abærsyltetøy pa\u030a brød", stored)


def test_an_e_mail_that_is_known_gives_the_known_user_unchanged(database: Database) -> None:
    made = members.create_user(database, " Kari@Byraa.Example ", "Kari", NEW)
    again = members.create_user(database, "kari@byraa.example", "Somebody Else", "another long password")
    assert (again.id, again.name, again.email) == (made.id, "Kari", "kari@byraa.example")


@pytest.mark.parametrize("email", ["", "kari", "@byraa.example", "kari@", "kari@localhost", "kari nordmann@byraa.example"])
def test_what_is_no_e_mail_address_makes_no_user(database: Database, email: str) -> None:
    with pytest.raises(ValueError, match="e-mail"):
        members.create_user(database, email, "Kari", NEW)


def test_a_bureau_keeps_an_administrator(database: Database) -> None:
    bureau = make.bureau(database)
    only = make.membership(database, make.user(database), bureau)
    for act in (lambda work: members.end(work, only.id), lambda work: members.change_role(work, only.id, Role.READER)):
        with pytest.raises(members.LastAdminError), database.begin(BureauScope(bureau.id)) as work:
            act(work)


def test_another_bureaus_members_do_not_exist(database: Database) -> None:
    mine, theirs = make.bureau(database), make.bureau(database)
    place = make.membership(database, make.user(database), theirs)
    for act in (lambda work: members.end(work, place.id), lambda work: members.change_role(work, place.id, Role.READER)):
        with pytest.raises(LookupError), database.begin(BureauScope(mine.id)) as work:
            act(work)
    with database.begin(BureauScope(mine.id)) as work:
        assert queries.members(work) == []
