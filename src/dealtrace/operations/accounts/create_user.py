"""Create users."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Literal

from argon2 import PasswordHasher
from sqlalchemy import Connection

from dealtrace.accounts.account_act import ActKind
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.site_change import ChangeKind, SiteChange
from dealtrace.accounts.user import (
    LOGIN_LENGTH_MAX,
    PASSWORD_LENGTH_MAX,
    PASSWORD_LENGTH_MIN,
    PasswordHash,
    User,
    UserId,
    normal_login,
)
from dealtrace.errors import InvalidSetting, InvalidValue, NameTaken
from dealtrace.operations.accounts.record_act import record_act
from dealtrace.operations.accounts.record_change import record_change
from dealtrace.operations.work import takes_ids
from dealtrace.printable import check_printable
from dealtrace.storage.accounts import invitations, users
from dealtrace.storage.id_blocks import IdBlocks


@takes_ids(1)
def create_user(
    connection: Connection,
    ids: IdBlocks,
    login: str,
    password: PasswordHash,
    now: datetime,
    *,
    roles: Mapping[SiteId, Role] | None = None,
    created_by: int | Literal["self"] | None = None,
) -> User:
    """Create a user with a password that `hash_password` has hashed.

    `roles` are the user's roles by site; `None` makes the user an owner of the installation. `created_by` is the user
    who invited the new user, "self" for the first user, whom nobody invited, or `None` if the user or the invitation
    was created on the command line. Links for creating the first user stop working.

    Raises:
        InvalidSetting: the login is too short or too long, or has unprintable characters.
        NameTaken: another user has this login.
    """
    name = _checked_login(login)
    if users.find_user(connection, name) is not None:
        raise NameTaken(name=name)
    user = User(UserId(ids.take()), name, now, is_owner=roles is None)
    users.insert_user(connection, user, password)
    author = user.id if created_by == "self" else created_by
    record_act(connection, ActKind.USER_CREATED, name, now, author)
    if user.is_owner:
        record_act(connection, ActKind.OWNER_MADE, name, now, author)
    for site_id, role in (roles or {}).items():
        users.set_membership(connection, user.id, site_id, role)
        record_change(connection, site_id, SiteChange(ChangeKind.ROLE, name, "", role, now, author))
    invitations.use_first_invitations(connection, now)
    return user


def _checked_login(login: str) -> str:
    name = normal_login(login)
    try:
        check_printable(name, LOGIN_LENGTH_MAX)
    except InvalidValue as fault:
        raise InvalidSetting(key="login", ru=fault.ru, en=fault.en) from fault
    return name


def hash_password(password: str) -> PasswordHash:
    """Return the argon2id hash of a new password; this is slow on purpose, so it must not be in a transaction.

    Raises:
        InvalidSetting: the password is too short or too long.
    """
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise InvalidSetting(
            key="password",
            ru=f"нужно от {PASSWORD_LENGTH_MIN} до {PASSWORD_LENGTH_MAX} символов",
            en=f"{PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters are expected",
        )
    return PasswordHash(password_hasher().hash(password))


@cache
def password_hasher() -> PasswordHasher:
    """Return the object that creates and verifies argon2id hashes of passwords."""
    return PasswordHasher()
