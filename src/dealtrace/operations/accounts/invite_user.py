"""Invite people with one-time links, and accept the invitations when the links are opened."""

import secrets
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from dealtrace.accounts.audit_entry import AuditedAction
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
from dealtrace.operations.accounts.record_change import record_audit_entry
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import AccountWork, ids_taken_by, takes_ids
from dealtrace.record import record
from dealtrace.storage.accounts import invitations, users


def invite_first_user(work: AccountWork) -> str | None:
    """Return a one-time key for creating the first user, or `None` if a user exists already."""
    if users.has_users(work.connection):
        return None
    key, digest = _make_key()
    invitations.insert_invitation(work.connection, Invitation(digest, Purpose.FIRST, work.now))
    return key


@takes_ids(ids_taken_by(create_user))
def accept_first_invitation(work: AccountWork, key: str, login: str, password: PasswordHash) -> User:
    """Create the first user with a one-time key; only one person can succeed.

    Raises:
        InvitationSpent: the key is wrong or used, or there is a user already.
        InvalidSetting, NameTaken: as in `create_user`.
    """
    is_first = not users.has_users(work.connection)
    if not is_first or token_digest(key) not in invitations.use_first_invitations(work.connection, work.now):
        raise InvitationSpent
    return create_user(work, login, password, is_first=True)


def invite_user(work: AccountWork, role: Role, *, site_id: int | None) -> str:
    """Return a one-time key that invites a person to a site with a role.

    If `site_id` is `None`, the person becomes an owner of the whole installation.

    Raises:
        SiteNotFound: there is no such site.
    """
    if site_id is not None:
        require_site(work.connection, site_id)
    key, digest = _make_key()
    new = Invitation(
        digest,
        Purpose.ROLE,
        work.now,
        work.now + INVITATION_AGE_MAX,
        made_by=work.user_id,
        site_id=SiteId(site_id) if site_id is not None else None,
        role=role if site_id is not None else None,
    )
    invitations.insert_invitation(work.connection, new)
    record_audit_entry(work, AuditedAction.INVITATION_MADE, _audited_name(new))
    return key


def make_password_link(work: AccountWork, user_id: UserId) -> str:
    """Return a one-time key with which a user can set a new password; the user's earlier keys stop working."""
    key, digest = _make_key()
    invitations.delete_invitations(work.connection, user_id=user_id)
    new = Invitation(
        digest, Purpose.PASSWORD, work.now, work.now + PASSWORD_LINK_AGE_MAX, made_by=work.user_id, user_id=user_id
    )
    invitations.insert_invitation(work.connection, new)
    login = users.find_logins(work.connection, {user_id}).get(user_id, "")
    record_audit_entry(work, AuditedAction.PASSWORD_LINK_MADE, login)
    return key


def revoke_invitation(work: AccountWork, digest: str, *, site_id: int | None = None) -> bool:
    """Revoke the unused invitation that has this digest; return `False` if there is none.

    If `site_id` is given, the invitation must be for that site.
    """
    gone = invitations.delete_invitation(work.connection, digest, site_id)
    if gone is not None:
        record_audit_entry(work, AuditedAction.INVITATION_REVOKED, _audited_name(gone))
    return gone is not None


def require_invitation(connection: Connection, key: str, purpose: Purpose, now: datetime) -> Invitation:
    """Return the unused invitation that a key belongs to, without marking it as used.

    Raises:
        InvitationSpent: the key is wrong, used, revoked, expired or for another purpose; or it sets the password of a
            user, and the maker of the link may no longer do that.
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
    """Another user has the chosen login; `tries_left` is how many more attempts the invitation allows."""

    tries_left: int


@takes_ids(ids_taken_by(create_user))
def join(work: AccountWork, key: str, login: str, password: PasswordHash) -> User | LoginTaken:
    """Accept an invitation: create a user with the invited role, and return the user.

    If another user has the login, no user is created and the invitation remains unused, but the attempt is counted.

    Raises:
        InvitationSpent: as in `require_invitation`.
        InvalidSetting: as in `create_user`.
    """
    if users.find_user(work.connection, normal_login(login)) is not None:
        found = require_invitation(work.connection, key, Purpose.ROLE, work.now)
        tries_left = invitations.count_name_try(work.connection, found.digest)
        if tries_left is None:
            raise InvitationSpent
        return LoginTaken(tries_left)
    used = _use(work, key, Purpose.ROLE)
    return create_user(replace(work, user_id=used.made_by), login, password, roles=_roles_of(used))


def accept_role(work: AccountWork, key: str, user_id: UserId) -> Invitation:
    """Accept an invitation for an existing user, and return the invitation.

    The user gets the invited role unless their current role includes it.

    Raises:
        InvitationSpent: as in `require_invitation`, or there is no such user any more.
    """
    used = _use(work, key, Purpose.ROLE)
    by_maker = replace(work, user_id=used.made_by)
    person = users.find_rights(work.connection, user_id)
    if person is None:
        raise InvitationSpent
    if used.site_id is None or used.role is None:
        set_owner(by_maker, person.user.id, is_owner=True)
        return used
    present = person.role_at(used.site_id)
    if present is None or not present.includes(used.role):
        give_role(by_maker, person.user.id, used.site_id, used.role)
    return used


def accept_password(work: AccountWork, key: str, password: PasswordHash) -> User:
    """Set the password of the user for whom a key was made, end all sessions of the user, and return the user.

    Raises:
        InvitationSpent: as in `require_invitation`.
    """
    used = _use(work, key, Purpose.PASSWORD)
    user, _ = (users.lock_user(work.connection, used.user_id) if used.user_id is not None else None) or (None, "")
    if user is None or not _may_open_account(work.connection, used):  # nobody can give the user a role now
        raise InvitationSpent
    replace_password(work, user.id, password)
    record_audit_entry(replace(work, user_id=user.id), AuditedAction.PASSWORD_SET, user.login)
    return user


def _may_open_account(connection: Connection, link: Invitation) -> bool:
    """Return whether the maker of a password link still has the right to open the account that the link opens.

    A link that was made before the account got rights on other sites must not give these rights away.
    """
    maker = users.find_rights(connection, link.made_by) if link.made_by is not None else None
    whose = users.find_rights(connection, link.user_id) if link.user_id is not None else None
    if maker is None or whose is None:
        return False
    return maker.user.is_owner or any(maker.may_open_account_of(whose, site_id) for site_id in whose.roles)


def _use(work: AccountWork, key: str, purpose: Purpose) -> Invitation:
    found = require_invitation(work.connection, key, purpose, work.now)
    if not invitations.use_invitation(work.connection, found.digest, work.now):
        raise InvitationSpent
    return found


def _audited_name(invitation: Invitation) -> str:
    """Return the site id and role of an invitation as the audit log shows them; empty if there is no site."""
    return f"{invitation.site_id} {invitation.role}" if invitation.site_id is not None else ""


def _roles_of(used: Invitation) -> dict[SiteId, Role] | None:
    return {used.site_id: used.role} if used.site_id is not None and used.role is not None else None


def _make_key() -> tuple[str, str]:
    key = secrets.token_urlsafe(INVITATION_BYTES)
    return key, token_digest(key)
