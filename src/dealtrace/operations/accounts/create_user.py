"""Create users, and invite the first one."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import cache

from argon2 import PasswordHasher
from sqlalchemy import Connection

from dealtrace.accounts.role import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import (
    LOGIN_LENGTH_MAX,
    PASSWORD_LENGTH_MAX,
    PASSWORD_LENGTH_MIN,
    User,
    UserId,
    normal_login,
)
from dealtrace.errors import InvalidSetting, InvitationSpent, NameTaken
from dealtrace.storage.accounts import users
from dealtrace.storage.id_blocks import IdBlocks

INVITATION_BYTES = 33


def create_user(
    connection: Connection,
    ids: IdBlocks,
    login: str,
    password: str,
    now: datetime,
    *,
    roles: Mapping[SiteId, Role] | None = None,
) -> User:
    """Create a user; the password is stored as an argon2id hash.

    `roles` are those at sites; without them the user is an owner of the installation.

    Raises:
        InvalidSetting: the login or the password does not fit its limits.
        NameTaken: another user has this login.
    """
    name = _checked_login(login)
    check_password(password)
    if users.find_user(connection, name) is not None:
        raise NameTaken(name=name)
    user = User(UserId(ids.take()), name, now, is_owner=roles is None)
    users.insert_user(connection, user, password_hasher().hash(password))
    for site_id, role in (roles or {}).items():
        users.set_membership(connection, user.id, site_id, role)
    users.use_invitations(connection, now)
    return user


def invite_first_user(connection: Connection, now: datetime) -> str | None:
    """Return a one-time key that makes its bearer the first user, or `None` if there is a user."""
    if users.has_users(connection):
        return None
    key = secrets.token_urlsafe(INVITATION_BYTES)
    users.insert_invitation(connection, token_digest(key), now)
    return key


def accept_invitation(
    connection: Connection, ids: IdBlocks, key: str, login: str, password: str, now: datetime
) -> User:
    """Create the first user for the bearer of a one-time key; only one bearer can succeed.

    Raises:
        InvitationSpent: the key is wrong or used, or there is a user already.
        InvalidSetting, NameTaken: as `create_user`.
    """
    if users.has_users(connection) or token_digest(key) not in users.use_invitations(connection, now):
        raise InvitationSpent
    return create_user(connection, ids, login, password, now)


def _checked_login(login: str) -> str:
    name = normal_login(login)
    if not name or len(name) > LOGIN_LENGTH_MAX or not name.isprintable():
        raise InvalidSetting(
            key="login",
            ru=f"от 1 до {LOGIN_LENGTH_MAX} печатных символов",
            en=f"1 to {LOGIN_LENGTH_MAX} printable characters are expected",
        )
    return name


def check_password(password: str) -> None:
    """Check that a password has a length that is accepted.

    Raises:
        InvalidSetting: it is too short or too long.
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise InvalidSetting(
            key="password",
            ru=f"от {PASSWORD_LENGTH_MIN} до {PASSWORD_LENGTH_MAX} символов",
            en=f"{PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters are expected",
        )


@cache
def password_hasher() -> PasswordHasher:
    """Return what makes argon2id hashes of passwords."""
    return PasswordHasher()
