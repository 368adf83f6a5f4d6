"""Log people in to the cabinet and out of it."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection

from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.session import SESSION_AGE_MAX, SESSION_BYTES, Session
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import PasswordHash, User, UserId, normal_login
from dealtrace.errors import LoginRefused
from dealtrace.operations.accounts.create_user import password_hasher
from dealtrace.operations.accounts.record_change import record_audit_entry
from dealtrace.operations.work import AccountWork
from dealtrace.record import record
from dealtrace.storage.accounts import users
from dealtrace.storage.accounts.sessions import (
    delete_old_sessions,
    delete_session,
    delete_sessions,
    insert_session,
    update_last_uses,
)


@record
class Browser:
    """The IP address of a browser, and a name by which its user recognises it in the list of sessions."""

    ip: str
    name: str


@record
class Credentials:
    """The user with a login, and the hash of their password; `None` and an empty string if there is no such user."""

    user: User | None
    password_hash: str


@record
class Proof:
    """A user who has proved who they are, and the hash of the password on which the proof is based."""

    user: User
    password_hash: PasswordHash


@record
class OpenedSession:
    """The secret of a new session, and whether the session is confirmed: if not, a code must still be entered."""

    secret: str
    is_confirmed: bool


def find_credentials(connection: Connection, login: str) -> Credentials:
    """Find the user who has this login, and the hash of the user's password, for `verify_password`."""
    found = users.find_user(connection, normal_login(login))
    stored = users.find_password_hash(connection, found.id) if found is not None else None
    return Credentials(found, stored or "")


def verify_password(credentials: Credentials, password: str) -> Proof:
    """Return the proof of who the user is if the password is right; this is slow on purpose, and needs no database.

    Checking an unknown login takes as long as checking a wrong password, so that the time does not reveal which logins
    exist.

    Raises:
        LoginRefused: the login or the password is wrong.
    """
    is_right = _verify(credentials.password_hash or _nobodys_hash(), password)
    if credentials.user is None or not is_right:
        raise LoginRefused
    return Proof(credentials.user, PasswordHash(credentials.password_hash))


def open_session(work: AccountWork, proof: Proof, browser: Browser) -> OpenedSession:
    """Store a new session of a user and return its secret, which the server does not store.

    Expired sessions of the user are deleted. If the user has a second factor, the session must still be confirmed.

    The password was checked before this transaction, which took some time. If the user's sessions were ended meanwhile,
    this session must not start, so the account is read again, and locked until the session is stored.

    Raises:
        LoginRefused: the password was replaced or the user was deleted after the password was checked.
    """
    user, password_hash = users.lock_user(work.connection, proof.user.id) or (None, "")
    if user is None or password_hash != proof.password_hash:
        raise LoginRefused
    secret = secrets.token_urlsafe(SESSION_BYTES)
    is_confirmed = not user.has_second_factor
    delete_old_sessions(work.connection, user.id, work.now - SESSION_AGE_MAX)
    insert_session(
        work.connection,
        Session(token_digest(secret), user.id, work.now, work.now, browser.ip, browser.name, is_confirmed=is_confirmed),
    )
    return OpenedSession(secret, is_confirmed)


def store_session_uses(work: AccountWork, used_at: Mapping[str, datetime]) -> None:
    """Store when sessions were last used; `used_at` has the times by session digest. Ended sessions are skipped."""
    update_last_uses(work.connection, used_at)


def end_session(work: AccountWork, user_id: UserId, digest: str) -> bool:
    """End the user's session that has this digest; return `False` if there is none."""
    return delete_session(work.connection, user_id, digest)


def end_other_sessions(work: AccountWork, user_id: UserId, *, kept_digest: str) -> None:
    """End all sessions of a user except the session whose digest is `kept_digest`."""
    delete_sessions(work.connection, user_id, but=kept_digest)


def end_all_sessions(work: AccountWork, user_id: UserId) -> None:
    """End all sessions of a user, so that the user's next request from any browser is refused.

    The user can log in again with the same password. If there is no such user, nothing happens.
    """
    locked = users.lock_user(work.connection, user_id)
    if locked is None:
        return
    record_audit_entry(work, AuditedAction.SESSIONS_ENDED, locked[0].login)
    delete_sessions(work.connection, user_id)


def _verify(stored: str, password: str) -> bool:
    try:
        return password_hasher().verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    return password_hasher().hash(secrets.token_urlsafe(SESSION_BYTES))
