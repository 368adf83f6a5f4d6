"""Change passwords, give and take roles, and delete users."""

from sqlalchemy import Connection

from dealtrace.accounts.audit_entry import AuditedAction
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.site_change import ChangeKind
from dealtrace.accounts.user import PasswordHash, User, UserId, normal_login
from dealtrace.errors import InvalidSetting
from dealtrace.operations.accounts.record_change import record_audit_entry, record_change
from dealtrace.operations.accounts.require_site import require_site
from dealtrace.operations.work import AccountWork
from dealtrace.storage.accounts import invitations, users
from dealtrace.storage.accounts.sessions import delete_sessions
from dealtrace.storage.accounts.shared_links import delete_links_of
from dealtrace.storage.accounts.sites import list_site_ids
from dealtrace.storage.reports.saved_items.saved_reports import delete_what_a_user_saved


def change_password(work: AccountWork, login: str, password: PasswordHash) -> User:
    """Replace a user's password from the command line, end all sessions of the user, and return the user.

    Raises:
        InvalidSetting: there is no such user.
    """
    found = require_user(work.connection, login)
    replace_password(work, found.id, password)
    record_audit_entry(work, AuditedAction.PASSWORD_SET, found.login)
    return found


def replace_password(work: AccountWork, user_id: UserId, password: PasswordHash, *, kept_digest: str = "") -> None:
    """Replace the password of a user, and end all their sessions except the one whose digest is `kept_digest`.

    Links for setting a new password stop working.
    """
    users.update_password(work.connection, user_id, password)
    delete_sessions(work.connection, user_id, but=kept_digest)
    invitations.delete_invitations(work.connection, user_id=user_id)


def set_keys(work: AccountWork, user_id: UserId, *, has_keys: bool) -> None:
    """Turn the single-character keyboard shortcuts of the cabinet on or off for a user."""
    users.update_keys(work.connection, user_id, has_keys=has_keys)


def give_role(work: AccountWork, user_id: UserId, site_id: int, role: Role) -> None:
    """Give a user a role on a site, replacing their previous role there.

    Unless the user still owns the site, the invitations and shared links that they made for it stop working.

    Raises:
        SiteNotFound: there is no such site.
    """
    require_site(work.connection, site_id)
    _record_role(work, user_id, site_id, role)
    users.set_membership(work.connection, user_id, site_id, role)
    if role is not Role.OWNER:
        _void_links(work, user_id)


def take_role(work: AccountWork, user_id: UserId, site_id: int) -> None:
    """Remove the role of a user on a site.

    The invitations and shared links that the user made for the site stop working, unless the user is an owner of the
    installation.
    """
    _record_role(work, user_id, site_id, None)
    users.delete_membership(work.connection, user_id, site_id)
    _void_links(work, user_id)


def set_owner(work: AccountWork, user_id: UserId, *, is_owner: bool) -> None:
    """Make a user an owner of the installation, or remove this right from the user.

    When the right is removed, the invitations and shared links that the user made stop working, except for sites on
    which the user has the role of an owner.

    Raises:
        InvalidSetting: no owner would be left.
    """
    if not is_owner:
        _check_owner_is_left(work.connection, user_id)
    rights = users.find_rights(work.connection, user_id)
    if rights is not None and rights.user.is_owner != is_owner:
        kind = AuditedAction.OWNER_MADE if is_owner else AuditedAction.OWNER_UNMADE
        record_audit_entry(work, kind, rights.user.login)
    users.update_owner(work.connection, user_id, is_owner=is_owner)
    _void_links(work, user_id)


def delete_user(work: AccountWork, login: str) -> User:
    """Delete a user and return the deleted user; the invitations and shared links that the user made stop working.

    Ours: the user's own segments and reports are deleted, since nobody else can see them; shared segments and reports
    are kept.

    Raises:
        InvalidSetting: there is no such user, or no owner of the installation would be left.
    """
    found = require_user(work.connection, login)
    _check_owner_is_left(work.connection, found.id)
    # A session that is opened meanwhile is stored before this, or not at all.
    users.lock_user(work.connection, found.id)
    record_audit_entry(work, AuditedAction.USER_DELETED, found.login)
    for site_id in users.find_roles(work.connection, found.id):
        _record_role(work, found.id, site_id, None)
    for site_id in list_site_ids(work.connection):  # on a cluster, each site may be stored on another machine
        delete_what_a_user_saved(work.connection, site_id, found.id)
    invitations.delete_invitations(work.connection, user_id=found.id)
    users.delete_user(work.connection, found.id)
    _void_links(work, found.id)
    return found


def _record_role(work: AccountWork, user_id: UserId, site_id: int, role: Role | None) -> None:
    """Record the change to a user's role in the history of the site; `role` is the new role."""
    person = users.find_rights(work.connection, user_id)
    if person is not None:
        before = person.roles.get(SiteId(site_id), "")
        record_change(work, site_id, ChangeKind.ROLE, person.user.login, before=before, after=role or "")


def _void_links(work: AccountWork, user_id: UserId) -> None:
    """Delete the invitations, password links and shared links that a user made but no longer has the right to make.

    Password links do not belong to a site, so they are deleted unless the user owns the installation.
    """
    rights = users.find_rights(work.connection, user_id)
    if rights is not None and rights.user.is_owner:
        return
    roles = rights.roles if rights is not None else {}
    owned = [site_id for site_id, role in roles.items() if role is Role.OWNER]
    invitations.delete_invitations_by(work.connection, user_id, kept_site_ids=owned)
    delete_links_of(work.connection, user_id, kept_site_ids=owned)


def _check_owner_is_left(connection: Connection, user_id: UserId) -> None:
    if users.list_owners(connection) == [user_id]:
        raise InvalidSetting(
            key="login",
            ru="это последний владелец установки, сначала назначьте другого",
            en="this is the only owner of the installation; make another user an owner first",
        )


def require_user(connection: Connection, login: str) -> User:
    """Find a user by login.

    Raises:
        InvalidSetting: there is no such user.
    """
    found = users.find_user(connection, normal_login(login))
    if found is None:
        raise InvalidSetting(
            key="login",
            ru=f"нет пользователя {login}. Список: dealtrace user list",
            en=f"there is no user {login}. To list users: dealtrace user list",
        )
    return found
