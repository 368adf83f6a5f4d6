"""One-time links that invite a user or set a password, stored by the digests of their keys."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from dealtrace.accounts.invitation import NAME_TRIES_MAX, Invitation, Purpose
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import UserId
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.control import invitation

_UNUSED = invitation.c.used_at.is_(None)
_NAME_TRIES = func.coalesce(invitation.c.name_tries, 0)


def insert_invitation(connection: Connection, new: Invitation) -> None:
    """Store a one-time link."""
    connection.execute(
        insert(invitation).values(
            digest=new.digest,
            purpose=new.purpose,
            created_at=new.created_at,
            expires_at=new.expires_at,
            made_by=new.made_by,
            user_id=new.user_id,
            site_id=new.site_id,
            role=new.role,
        )
    )


def find_invitation(connection: Connection, digest: str) -> Invitation | None:
    """Find an unused one-time link, expired or not, by the digest of its key, or return `None` if there is none."""
    row = connection.execute(select(invitation).where(invitation.c.digest == digest, _UNUSED)).one_or_none()
    return _invitation_from_row(row) if row is not None else None


def list_role_invitations(connection: Connection, now: datetime, site_id: int | None = None) -> list[Invitation]:
    """List the valid, unused links that grant roles, newest first; with `site_id`, only links for that site."""
    is_valid = (invitation.c.expires_at > now, _NAME_TRIES < NAME_TRIES_MAX)
    valid = select(invitation).where(invitation.c.purpose == Purpose.ROLE, _UNUSED, *is_valid)
    if site_id is not None:
        valid = valid.where(invitation.c.site_id == site_id)
    rows = connection.execute(valid.order_by(invitation.c.created_at.desc(), invitation.c.digest))
    return [_invitation_from_row(row) for row in rows]


def use_invitation(connection: Connection, digest: str, now: datetime) -> bool:
    """Mark a one-time link as used, and return whether it was unused before."""
    used = update(invitation).where(invitation.c.digest == digest, _UNUSED).values(used_at=now)
    return connection.execute(used.returning(invitation.c.digest)).first() is not None


def count_name_try(connection: Connection, digest: str) -> int | None:
    """Count a try to choose a login that another user has, and return how many tries are left.

    The result is `None` if the link was used or had no tries left. Simultaneous tries are counted one by one.
    """
    counted = (
        update(invitation)
        .where(invitation.c.digest == digest, _UNUSED, _NAME_TRIES < NAME_TRIES_MAX)
        .values(name_tries=_NAME_TRIES + 1)
    )
    tries = connection.execute(counted.returning(invitation.c.name_tries)).scalar_one_or_none()
    return NAME_TRIES_MAX - tries if tries is not None else None


def use_first_invitations(connection: Connection, now: datetime) -> set[str]:
    """Mark all unused links that create the first user as used, and return their digests."""
    used = update(invitation).where(_UNUSED, invitation.c.purpose == Purpose.FIRST).values(used_at=now)
    return set(connection.execute(used.returning(invitation.c.digest)).scalars())


def delete_invitation(connection: Connection, digest: str, site_id: int | None = None) -> Invitation | None:
    """Delete an unused link that grants a role and return it, or return `None` if there is no such link.

    With `site_id`, only a link for a role on that site is deleted.
    """
    found = delete(invitation).where(invitation.c.digest == digest, invitation.c.purpose == Purpose.ROLE, _UNUSED)
    if site_id is not None:
        found = found.where(invitation.c.site_id == site_id)
    row = connection.execute(found.returning(*invitation.c)).one_or_none()
    return _invitation_from_row(row) if row is not None else None


def delete_invitations(connection: Connection, *, user_id: int) -> None:
    """Delete the unused links with which a user can set a new password."""
    connection.execute(delete(invitation).where(_UNUSED, invitation.c.user_id == user_id))


def delete_invitations_by(connection: Connection, made_by: int, *, kept_site_ids: Collection[int]) -> None:
    """Delete the unused links that a user made, except those that grant roles on the sites in `kept_site_ids`."""
    of_others = or_(invitation.c.site_id.is_(None), invitation.c.site_id.not_in(kept_site_ids))
    connection.execute(delete(invitation).where(_UNUSED, invitation.c.made_by == made_by, of_others))


def _invitation_from_row(row: NamedRow) -> Invitation:
    return Invitation(
        row.digest,
        Purpose(row.purpose),
        row.created_at,
        row.expires_at,
        made_by=UserId(row.made_by) if row.made_by is not None else None,
        user_id=UserId(row.user_id) if row.user_id is not None else None,
        site_id=SiteId(row.site_id) if row.site_id is not None else None,
        role=Role(row.role) if row.role is not None else None,
        name_tries=row.name_tries or 0,
    )
