"""Create users."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from argon2 import PasswordHasher

from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.site_change import ChangeKind
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
from dealtrace.operations.accounts.record_change import record_audit_entry, record_change
from dealtrace.operations.work import AccountWork, takes_ids
from dealtrace.printable import check_printable
from dealtrace.storage.accounts import invitations, users


@takes_ids(1)
def create_user(
    work: AccountWork,
    login: str,
    password: PasswordHash,
    *,
    roles: Mapping[SiteId, Role] | None = None,
    is_first: bool = False,
) -> User:
    """Create a user with a password that `hash_password` has hashed.

    `roles` are the user's roles by site; `None` makes the user an owner of the installation. The user of `work` is the
    one who invited the new user, or `None` if the user or the invitation was created on the command line. With
    `is_first`, nobody invited the new user, and the history says that they created their account themselves. Links for
    creating the first user stop working.

    Raises:
        InvalidSetting: the login is too short or too long, or has unprintable characters.
        NameTaken: another user has this login.
    """
    name = _checked_login(login)
    if users.find_user(work.connection, name) is not None:
        raise NameTaken(name=name)
    user = User(UserId(work.ids.take()), name, work.now, is_owner=roles is None)
    users.insert_user(work.connection, user, password)
    authored = replace(work, user_id=user.id) if is_first else work
    record_audit_entry(authored, AuditedAction.USER_CREATED, name)
    if user.is_owner:
        record_audit_entry(authored, AuditedAction.OWNER_MADE, name)
    for site_id, role in (roles or {}).items():
        users.set_membership(work.connection, user.id, site_id, role)
        record_change(authored, site_id, ChangeKind.ROLE, name, after=role)
    invitations.use_first_invitations(work.connection, work.now)
    return user


def _checked_login(login: str) -> str:
    name = normal_login(login)
    try:
        check_printable(name, LOGIN_LENGTH_MAX)
    except InvalidValue as fault:
        raise InvalidSetting(key="login", ru=fault.ru, en=fault.en) from fault
    return name


def hash_password(password: str) -> PasswordHash:
    """Return the argon2id hash of a new password; call this outside a transaction, since it is slow on purpose.

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
