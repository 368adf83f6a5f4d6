"""Invite people with one-time links, and accept the invitations when the links are opened."""

import secrets
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.account_act import ActKind
from dealtrace.accounts.invitation import (
    INVITATION_AGE_MAX,
    INVITATION_BYTES,
    PASSWORD_LINK_AGE_MAX,
    Invitation,
    Purpose,
)
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import PasswordHash, User, UserId, normal_login
from dealtrace.errors import InvitationSpent
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.operations.accounts.manage_user import give_role, replace_password, set_owner
from dealtrace.operations.accounts.record_act import record_act
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import ids_of, takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts import invitations, users
from dealtrace.storage.id_blocks import IdBlocks


def invite_first_user(connection: Connection, now: datetime) -> str | None:
    """Return a one-time key for creating the first user, or `None` if a user exists already."""
    if users.has_users(connection):
        return None
    key, digest = _make_key()
    invitations.insert_invitation(connection, Invitation(digest, Purpose.FIRST, now))
    return key


@takes_ids(ids_of(create_user))
def accept_first_invitation(
    connection: Connection, ids: IdBlocks, key: str, login: str, password: PasswordHash, now: datetime
) -> User:
    """Create the first user with a one-time key; only one person can succeed.

    Raises:
        InvitationSpent: the key is wrong or used, or there is a user already.
        InvalidSetting, NameTaken: as in `create_user`.
    """
    is_first = not users.has_users(connection)
    if not is_first or token_digest(key) not in invitations.use_first_invitations(connection, now):
        raise InvitationSpent
    return create_user(connection, ids, login, password, now, created_by="self")


def invite_user(
    connection: Connection, role: Role, now: datetime, *, site_id: int | None, made_by: UserId | None
) -> str:
    """Return a one-time key that invites a person to a site with a role.

    If `site_id` is `None`, the person becomes an owner of the whole installation.

    Raises:
        SiteNotFound: there is no such site.
    """
    if site_id is not None:
        require_site(connection, site_id)
    key, digest = _make_key()
    new = Invitation(
        digest,
        Purpose.ROLE,
        now,
        now + INVITATION_AGE_MAX,
        made_by=made_by,
        site_id=SiteId(site_id) if site_id is not None else None,
        role=role if site_id is not None else None,
    )
    invitations.insert_invitation(connection, new)
    record_act(connection, ActKind.INVITATION_MADE, _act_name(new), now, made_by)
    return key


def make_password_link(connection: Connection, user_id: UserId, now: datetime, *, made_by: UserId) -> str:
    """Return a one-time key with which a user can set a new password; the user's earlier keys stop working."""
    key, digest = _make_key()
    invitations.delete_invitations(connection, user_id=user_id)
    new = Invitation(digest, Purpose.PASSWORD, now, now + PASSWORD_LINK_AGE_MAX, made_by=made_by, user_id=user_id)
    invitations.insert_invitation(connection, new)
    login = users.find_logins(connection, {user_id}).get(user_id, "")
    record_act(connection, ActKind.PASSWORD_LINK_MADE, login, now, made_by)
    return key


def revoke_invitation(
    connection: Connection, digest: str, now: datetime, *, revoked_by: int, site_id: int | None = None
) -> bool:
    """Revoke the unused invitation that has this digest; return `False` if there is none.

    `revoked_by` is the user who revokes it. If `site_id` is given, the invitation must be for that site.
    """
    gone = invitations.delete_invitation(connection, digest, site_id)
    if gone is not None:
        record_act(connection, ActKind.INVITATION_REVOKED, _act_name(gone), now, revoked_by)
    return gone is not None


def require_invitation(connection: Connection, key: str, purpose: Purpose, now: datetime) -> Invitation:
    """Return the unused invitation that a key belongs to, without marking it as used.

    Raises:
        InvitationSpent: the key is wrong, used, revoked, expired, for another purpose, or for a new password of
            somebody whose account its maker may not open any more.
    """
    found = invitations.find_invitation(connection, token_digest(key))
    if found is None or found.purpose is not purpose or not found.is_valid(now):
        raise InvitationSpent
    if purpose is Purpose.FIRST and users.has_users(connection):
        raise InvitationSpent
    if purpose is Purpose.PASSWORD and not _may_open_account(connection, found):
        raise InvitationSpent
    return found


@record
class LoginTaken:
    """Another user has the login that was chosen; `tries_left` is how many more such choices an invitation allows."""

    tries_left: int


@takes_ids(ids_of(create_user))
def join(
    connection: Connection, ids: IdBlocks, key: str, login: str, password: PasswordHash, now: datetime
) -> User | LoginTaken:
    """Accept an invitation: create a user with the invited role, and return the user.

    If another user has the login, nothing is created, and the invitation remains unused; the try is counted.

    Raises:
        InvitationSpent: as in `require_invitation`.
        InvalidSetting: as in `create_user`.
    """
    if users.find_user(connection, normal_login(login)) is not None:
        found = require_invitation(connection, key, Purpose.ROLE, now)
        tries_left = invitations.count_name_try(connection, found.digest)
        if tries_left is None:
            raise InvitationSpent
        return LoginTaken(tries_left)
    used = _use(connection, key, Purpose.ROLE, now)
    return create_user(connection, ids, login, password, now, roles=_roles_of(used), created_by=used.made_by)


def accept_role(connection: Connection, key: str, user_id: UserId, now: datetime) -> Invitation:
    """Accept an invitation for an existing user, and return the invitation.

    The user gets the invited role unless their present role includes it.

    Raises:
        InvitationSpent: as in `require_invitation`, or there is no such user any more.
    """
    used = _use(connection, key, Purpose.ROLE, now)
    person = users.find_rights(connection, user_id)
    if person is None:
        raise InvitationSpent
    if used.site_id is None or used.role is None:
        set_owner(connection, person.user.id, now, is_owner=True, set_by=used.made_by)
        return used
    present = person.role_at(used.site_id)
    if present is None or not present.includes(used.role):
        give_role(connection, person.user.id, used.site_id, used.role, now, given_by=used.made_by)
    return used


def accept_password(connection: Connection, key: str, password: PasswordHash, now: datetime) -> User:
    """Set the password of the user for whom a key was made, end all sessions of the user, and return the user.

    Raises:
        InvitationSpent: as in `require_invitation`.
    """
    used = _use(connection, key, Purpose.PASSWORD, now)
    user, _ = (users.lock_user(connection, used.user_id) if used.user_id is not None else None) or (None, "")
    if user is None or not _may_open_account(connection, used):  # nobody can give the user a role now
        raise InvitationSpent
    replace_password(connection, user.id, password)
    record_act(connection, ActKind.PASSWORD_SET, user.login, now, user.id)
    return user


def _may_open_account(connection: Connection, link: Invitation) -> bool:
    """Return whether the maker of a link for a new password may still make one for its user.

    Ours: an owner of a site may open accounts that have no rights elsewhere. A link made before the user got such
    rights must not open them.
    """
    maker = users.find_rights(connection, link.made_by) if link.made_by is not None else None
    whose = users.find_rights(connection, link.user_id) if link.user_id is not None else None
    if maker is None or whose is None:
        return False
    return maker.user.is_owner or any(maker.may_open_account_of(whose, site_id) for site_id in whose.roles)


def _use(connection: Connection, key: str, purpose: Purpose, now: datetime) -> Invitation:
    found = require_invitation(connection, key, purpose, now)
    if not invitations.use_invitation(connection, found.digest, now):
        raise InvitationSpent
    return found


def _act_name(invitation: Invitation) -> str:
    """Return what an act record says about an invitation: the site id and role, or nothing if there is no site."""
    return f"{invitation.site_id} {invitation.role}" if invitation.site_id is not None else ""


def _roles_of(used: Invitation) -> dict[SiteId, Role] | None:
    return {used.site_id: used.role} if used.site_id is not None and used.role is not None else None


def _make_key() -> tuple[str, str]:
    key = secrets.token_urlsafe(INVITATION_BYTES)
    return key, token_digest(key)
