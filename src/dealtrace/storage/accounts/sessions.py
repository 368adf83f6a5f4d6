"""Sessions of users who are logged in to the cabinet, the web interface."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from dealtrace.accounts.rights import Rights
from dealtrace.accounts.session import Session
from dealtrace.accounts.user import UserId
from dealtrace.record import record
from dealtrace.storage.accounts.installation import factor_demanded
from dealtrace.storage.accounts.users import USER_COLUMNS, find_roles, user_from_row
from dealtrace.storage.database.column_types import is_in
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.control import membership, session, user

BROWSER_LENGTH_MAX = 200


@record
class Login:
    """A session and the rights of its user.

    `lacks_factor` is true if the user must have a second factor but has none.
    """

    session: Session
    rights: Rights
    lacks_factor: bool


def insert_session(connection: Connection, new: Session) -> None:
    """Store a new session."""
    connection.execute(
        insert(session).values(
            digest=new.digest,
            user_id=new.user_id,
            created_at=new.created_at,
            seen_at=new.seen_at,
            ip=new.ip,
            browser=new.browser[:BROWSER_LENGTH_MAX],
            is_confirmed=new.is_confirmed,
        )
    )


def find_login(connection: Connection, digest: str) -> Login | None:
    """Find a session, expired or not, with the rights of its user, or return `None` if no session has the digest."""
    columns = (*(column.label(f"user_{column.name}") for column in USER_COLUMNS), *session.c)
    query = (
        select(*columns, factor_demanded().label("is_demanded"))
        .join(user, user.c.id == session.c.user_id)
        .where(session.c.digest == digest)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    found = _session_from_row(row)
    person = user_from_row(row, "user_")
    lacks_factor = bool(row.is_demanded) and not person.has_second_factor
    return Login(found, Rights(person, find_roles(connection, found.user_id)), lacks_factor)


def lock_login(connection: Connection, digest: str, user_id: int, site_id: int | None) -> None:
    """Prevent a session, its user and the user's role on a site from being changed until the transaction ends.

    To prevent deadlocks, rows are locked in the same order as when a user is deleted. Several transactions may hold the
    same locks.
    """
    connection.execute(select(user.c.id).where(user.c.id == user_id).with_for_update(read=True))
    if site_id is not None:
        role = select(membership.c.role).where(membership.c.user_id == user_id, membership.c.site_id == site_id)
        connection.execute(role.with_for_update(read=True))
    kept = select(session.c.digest).where(session.c.digest == digest)
    connection.execute(kept.with_for_update(read=True, key_share=True))  # its last use may still be stored


def list_sessions(connection: Connection, user_id: int) -> list[Session]:
    """List the sessions of a user, most recently used first."""
    mine = select(session).where(session.c.user_id == user_id).order_by(session.c.seen_at.desc(), session.c.digest)
    return [_session_from_row(row) for row in connection.execute(mine)]


def touch_session(connection: Connection, digest: str, now: datetime, *, is_confirmed: bool = True) -> None:
    """Store that a session was used at `now`, and whether the user has confirmed it with a second factor."""
    used = update(session).where(session.c.digest == digest)
    connection.execute(used.values(seen_at=now, is_confirmed=is_confirmed))


def update_last_uses(connection: Connection, used_at: Mapping[str, datetime]) -> None:
    """Store when sessions were last used, by session digest, unless a later use is stored already.

    A session that another transaction has locked on PostgreSQL is skipped: waiting for the lock would delay logins.
    """
    free = (
        select(session.c.digest)
        .where(is_in(session.c.digest, used_at))
        .with_for_update(key_share=True, skip_locked=True)
    )
    rows = [{"used_digest": digest, "used_at": used_at[digest]} for digest in connection.execute(free).scalars()]
    used = update(session).where(
        session.c.digest == bindparam("used_digest"),
        session.c.seen_at < bindparam("used_at", type_=session.c.seen_at.type),
    )
    execute_many(connection, used.values(seen_at=bindparam("used_at", type_=session.c.seen_at.type)), rows)


def delete_session(connection: Connection, user_id: int, digest: str) -> bool:
    """Delete a session of a user, and return whether it existed."""
    mine = delete(session).where(session.c.user_id == user_id, session.c.digest == digest)
    return connection.execute(mine).rowcount > 0


def delete_sessions(connection: Connection, user_id: int, *, but: str = "") -> None:
    """Delete all sessions of a user, except the session with the digest `but`."""
    connection.execute(delete(session).where(session.c.user_id == user_id, session.c.digest != but))


def delete_unconfirmed_sessions(connection: Connection, user_id: int) -> None:
    """Delete the sessions of a user that were never confirmed with a second factor."""
    waiting = (session.c.user_id == user_id, session.c.is_confirmed.is_(False))
    connection.execute(delete(session).where(*waiting))


def delete_old_sessions(connection: Connection, user_id: int, created_before: datetime) -> None:
    """Delete the sessions of a user that were created before `created_before`."""
    connection.execute(delete(session).where(session.c.user_id == user_id, session.c.created_at < created_before))


def _session_from_row(row: NamedRow) -> Session:
    return Session(
        row.digest, UserId(row.user_id), row.created_at, row.seen_at, row.ip, row.browser, bool(row.is_confirmed)
    )
