"""A session begun while the account changes: it holds to what is so when the session is stored."""

from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import Connection

from account_work import account_work
from cast import Stage
from dealtrace.accounts.second_factor import CODE_STEP_SECONDS
from dealtrace.accounts.session import Session
from dealtrace.accounts.user import PasswordHash, User
from dealtrace.errors import LoginRefused
from dealtrace.operations.accounts.invite_user import accept_password, make_password_link
from dealtrace.operations.accounts.log_in import (
    Browser,
    OpenedSession,
    Proof,
    find_credentials,
    open_session,
    verify_password,
)
from dealtrace.operations.accounts.manage_user import change_password, delete_user, replace_password
from dealtrace.operations.accounts.second_factor import make_secret, reset_second_factor, turn_off, turn_on
from dealtrace.storage.accounts.sessions import list_sessions
from guests import PASSWORD, new_user
from stored import side_by_side
from write_commands import utc_now

ANOTHER = PasswordHash("another hash")


def by_link(connection: Connection, user: User) -> None:
    key = make_password_link(account_work(connection, utc_now(), user_id=user.id), user.id)
    accept_password(account_work(connection, utc_now()), key, ANOTHER)


Ending = Callable[[Connection, User], object]
ENDINGS: dict[str, Ending] = {
    "by command": lambda connection, user: change_password(account_work(connection, utc_now()), user.login, ANOTHER),
    "in the profile": lambda connection, user: replace_password(account_work(connection), user.id, ANOTHER),
    "by a link": by_link,
    "deleted": lambda connection, user: delete_user(account_work(connection, utc_now()), user.login),
}
"""What ends all sessions of a user: whoever logged in with the password must log in again, or can no more."""
each_ending = pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)


@pytest.fixture
def anna(stage: Stage) -> User:
    new_user(stage.database)  # another owner of the installation, so that anna may be deleted
    return new_user(stage.database)


def prove(stage: Stage, user: User) -> Proof:
    with stage.database.read() as connection:
        credentials = find_credentials(connection, user.login)
    return verify_password(credentials, PASSWORD)


def begin(connection: Connection, proof: Proof) -> OpenedSession | None:
    """Open a session, or return `None` if that is refused."""
    try:
        return open_session(account_work(connection, utc_now()), proof, Browser("127.0.0.1", "test"))
    except LoginRefused:
        return None


def sessions_of(stage: Stage, user: User) -> list[Session]:
    with stage.database.read() as connection:
        return list_sessions(connection, user.id)


def turn_factor_on(connection: Connection, user: User) -> None:
    secret = make_secret()
    code = pyotp.TOTP(secret, interval=CODE_STEP_SECONDS).at(utc_now())
    assert turn_on(account_work(connection, utc_now()), user, secret, code, kept_digest="")


@each_ending
def test_no_session_begins_with_a_password_that_was_replaced_after_it_was_checked(
    stage: Stage, anna: User, end: Ending
) -> None:
    proof = prove(stage, anna)
    with stage.database.write() as connection:
        end(connection, anna)
    with stage.database.write() as connection:
        assert begin(connection, proof) is None
    assert sessions_of(stage, anna) == []


@each_ending
@pytest.mark.parametrize("is_first", [True, False], ids=["the session first", "the end first"])
def test_no_session_that_begins_at_the_same_moment_survives(
    stage: Stage, anna: User, end: Ending, is_first: bool
) -> None:
    proof = prove(stage, anna)

    def log_in(connection: Connection) -> object:
        return begin(connection, proof)

    def end_all(connection: Connection) -> object:
        return end(connection, anna)

    side_by_side(stage.database, *((log_in, end_all) if is_first else (end_all, log_in)))
    assert sessions_of(stage, anna) == []


def test_a_second_factor_turned_on_meanwhile_must_confirm_the_session(stage: Stage, anna: User) -> None:
    proof = prove(stage, anna)

    def log_in(connection: Connection) -> object:
        return begin(connection, proof)

    _, opened = side_by_side(stage.database, lambda connection: turn_factor_on(connection, anna), log_in)
    assert not opened.is_confirmed
    assert [session.is_confirmed for session in sessions_of(stage, anna)] == [False]


def test_a_second_factor_reset_meanwhile_leaves_no_session_that_waits_for_a_code(stage: Stage, anna: User) -> None:
    with stage.database.write() as connection:
        turn_factor_on(connection, anna)
    proof = prove(stage, anna)

    def log_in(connection: Connection) -> object:
        return begin(connection, proof)

    _, opened = side_by_side(
        stage.database, lambda connection: reset_second_factor(account_work(connection, utc_now()), anna.login), log_in
    )
    assert opened.is_confirmed


def test_who_turns_the_second_factor_off_ends_the_sessions_that_wait_for_a_code(stage: Stage, anna: User) -> None:
    proof = prove(stage, anna)
    with stage.database.write() as connection:
        turn_factor_on(connection, anna)
        opened = begin(connection, proof)
        turn_off(account_work(connection), anna)
    assert opened is not None
    assert not opened.is_confirmed
    assert sessions_of(stage, anna) == []
