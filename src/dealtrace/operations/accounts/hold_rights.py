"""Make sure that a person's rights do not change while a change that the person makes is stored."""

from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.user import UserId
from dealtrace.operations.work import AccountWork
from dealtrace.record import record
from dealtrace.storage.accounts.sessions import find_login, lock_login


@record
class SessionRights:
    """What a person may do in a session: `role` is their role on the site `site_id`, if a site is concerned.

    `lacks_factor` is true if they must first set up a second factor.
    """

    user_id: UserId
    is_owner: bool
    site_id: int | None
    role: Role | None
    lacks_factor: bool


class RightsChanged(Exception):  # noqa: N818 - the name says what happened
    """Raised if a person's rights are no longer those on which a decision was based; nothing is stored."""


def rights_in_session(rights: Rights, site_id: int | None, *, lacks_factor: bool) -> SessionRights:
    """Return what a person with these rights may do in a session, on a site if `site_id` is given."""
    role = rights.role_at(site_id) if site_id is not None else None
    return SessionRights(rights.user.id, rights.user.is_owner, site_id, role, lacks_factor)


def hold_rights(work: AccountWork, digest: str, decided: SessionRights) -> None:
    """Check that a session exists and that its person still has the rights with which a request was admitted.

    Ours: a request is admitted before the transaction that changes something. Without this check, people
    who are being logged out everywhere, demoted or deleted could at that moment still create an invitation, link,
    token or second factor, which would survive. The person, role and session are locked, so their removal waits for
    this transaction, and then also removes what it created.

    Raises:
        RightsChanged: the session has ended, or the person's rights have changed.
    """
    lock_login(work.connection, digest, decided.user_id, decided.site_id)
    login = find_login(work.connection, digest)
    if login is None:
        raise RightsChanged
    if rights_in_session(login.rights, decided.site_id, lacks_factor=login.lacks_factor) != decided:
        raise RightsChanged
