"""Log people in to the cabinet and out of it."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from dealtrace.accounts.session import SESSION_AGE_MAX, SESSION_BYTES, Session
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import User, UserId, normal_login
from dealtrace.errors import LoginRefused
from dealtrace.operations.accounts.create_user import password_hasher
from dealtrace.record import record
from dealtrace.storage.accounts import users
from dealtrace.storage.accounts.sessions import (
    delete_old_sessions,
    delete_session,
    delete_sessions,
    insert_session,
    update_seen,
)


@record
class Browser:
    """The IP address of a browser, and a name by which its user recognises it in the list of sessions."""

    ip: str
    name: str


@record
class Credentials:
    """The user who has a login, and the hash of the user's password; `None` and an empty string if no user has it."""

    user: User | None
    password_hash: str


def find_credentials(connection: Connection, login: str) -> Credentials:
    """Find the user who has this login, and the hash of the user's password, for `verify_password`."""
    found = users.find_user(connection, normal_login(login))
    stored = users.find_password_hash(connection, found.id) if found is not None else None
    return Credentials(found, stored or "")


def verify_password(credentials: Credentials, password: str) -> User:
    """Return the user if the password is right; this is slow on purpose, and needs no database.

    Checking an unknown login takes as long as checking a wrong password, so that the time does not reveal which logins
    exist.

    Raises:
        LoginRefused: the login or the password is wrong.
    """
    is_right = _verify(credentials.password_hash or _nobodys_hash(), password)
    if credentials.user is None or not is_right:
        raise LoginRefused
    return credentials.user


def open_session(connection: Connection, user: User, browser: Browser, now: datetime) -> str:
    """Store a new session of a user and return its secret, which the server does not store.

    Expired sessions of the user are deleted. If the user has a second factor, the session must still be confirmed.
    """
    secret = secrets.token_urlsafe(SESSION_BYTES)
    delete_old_sessions(connection, user.id, now - SESSION_AGE_MAX)
    insert_session(
        connection,
        Session(
            token_digest(secret),
            UserId(user.id),
            now,
            now,
            browser.ip,
            browser.name,
            is_confirmed=not user.has_second_factor,
        ),
    )
    return secret


def store_session_uses(connection: Connection, _ids: object, used_at: Mapping[str, datetime]) -> None:
    """Store when sessions were last used; `used_at` has the times by session digest. Ended sessions are skipped."""
    update_seen(connection, used_at)


def end_session(connection: Connection, user_id: UserId, digest: str) -> bool:
    """End the user's session that has this digest; return `False` if there is none."""
    return delete_session(connection, user_id, digest)


def end_other_sessions(connection: Connection, user_id: UserId, *, kept_digest: str) -> None:
    """End all sessions of a user except the session whose digest is `kept_digest`."""
    delete_sessions(connection, user_id, but=kept_digest)


def _verify(stored: str, password: str) -> bool:
    try:
        return password_hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return password_hasher().hash(secrets.token_urlsafe(SESSION_BYTES))
