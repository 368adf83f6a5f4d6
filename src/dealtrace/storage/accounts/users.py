"""Users, and their roles at sites."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, delete, func, insert, select, update

from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import User, UserId
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import membership, recovery_code, session, user

USER_COLUMNS = (user.c.id, user.c.login, user.c.created_at, user.c.is_owner, user.c.totp_secret, user.c.has_no_keys)
"""The columns that `user_from_row` reads."""


def insert_user(connection: Connection, new: User, password_hash: str) -> None:
    """Store a new user."""
    connection.execute(
        insert(user).values(
            id=new.id,
            login=new.login,
            password_hash=password_hash,
            created_at=new.created_at,
            is_owner=new.is_owner,
        )
    )


def user_from_row(row: NamedRow, prefix: str = "") -> User:
    """Return the user in a row with the columns `USER_COLUMNS`, whose names may begin with `prefix`."""
    column = partial(getattr, row)
    return User(
        UserId(column(f"{prefix}id")),
        column(f"{prefix}login"),
        column(f"{prefix}created_at"),
        is_owner=bool(column(f"{prefix}is_owner")),
        has_second_factor=column(f"{prefix}totp_secret") is not None,
        has_keys=not column(f"{prefix}has_no_keys"),
    )


def find_user(connection: Connection, login: str) -> User | None:
    """Find a user by a normalised login, or return `None` if there is none."""
    row = connection.execute(select(*USER_COLUMNS).where(user.c.login == login)).one_or_none()
    return user_from_row(row) if row is not None else None


def find_password_hash(connection: Connection, user_id: int) -> str | None:
    """Find the hash of a user's password, or return `None` if there is no such user."""
    return connection.execute(select(user.c.password_hash).where(user.c.id == user_id)).scalar_one_or_none()


def lock_user(connection: Connection, user_id: int) -> tuple[User, str] | None:
    """Return a user and the hash of the password, and lock the user's row until the transaction ends.

    The result is `None` if there is no such user. Every transaction that changes a user, a password or a second factor
    changes this row before any session. Two such transactions therefore run one after another, and the second sees
    everything that the first has stored.
    """
    locked = select(*USER_COLUMNS, user.c.password_hash).where(user.c.id == user_id).with_for_update()
    row = connection.execute(locked).one_or_none()
    return (user_from_row(row), row.password_hash) if row is not None else None


def list_users(connection: Connection) -> list[User]:
    """List all users, ordered by login."""
    return [user_from_row(row) for row in connection.execute(select(*USER_COLUMNS).order_by(user.c.login))]


def find_roles(connection: Connection, user_id: int) -> dict[SiteId, Role]:
    """Find the roles of a user, by site id."""
    rows = connection.execute(select(membership.c.site_id, membership.c.role).where(membership.c.user_id == user_id))
    return {SiteId(site_id): Role(role) for site_id, role in rows}


def find_rights(connection: Connection, user_id: int) -> Rights | None:
    """Find a user and the user's roles by id, or return `None` if there is no such user."""
    row = connection.execute(select(*USER_COLUMNS).where(user.c.id == user_id)).one_or_none()
    return Rights(user_from_row(row), find_roles(connection, user_id)) if row is not None else None


def list_rights(connection: Connection, site_id: int | None = None) -> list[Rights]:
    """List users with all their roles, ordered by login; with `site_id`, only users who have a role on that site."""
    roles: dict[int, dict[SiteId, Role]] = {}
    for user_id, of_site, role in connection.execute(
        select(membership.c.user_id, membership.c.site_id, membership.c.role)
    ):
        roles.setdefault(user_id, {})[SiteId(of_site)] = Role(role)
    found = [Rights(person, roles.get(person.id, {})) for person in list_users(connection)]
    return found if site_id is None else [person for person in found if SiteId(site_id) in person.roles]


def list_owners(connection: Connection) -> list[UserId]:
    """List the ids of the installation's owners, and lock their rows until the transaction ends."""
    owners = select(user.c.id).where(user.c.is_owner.is_(True)).order_by(user.c.id).with_for_update()
    return [UserId(user_id) for user_id in connection.execute(owners).scalars()]


def find_times_of_use(connection: Connection) -> dict[UserId, datetime]:
    """Find when each user last used the cabinet, by user id; users without a session are left out."""
    latest = select(session.c.user_id, func.max(session.c.seen_at)).group_by(session.c.user_id)
    return {UserId(user_id): seen_at for user_id, seen_at in connection.execute(latest)}


def find_logins(connection: Connection, user_ids: Collection[int]) -> dict[int, str]:
    """Find the logins of users, by user id; deleted users are left out."""
    named = select(user.c.id, user.c.login).where(user.c.id.in_(sorted(user_ids)))
    return {row.id: row.login for row in connection.execute(named)} if user_ids else {}


def update_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Store a new password hash for a user."""
    connection.execute(update(user).where(user.c.id == user_id).values(password_hash=password_hash))


def delete_user(connection: Connection, user_id: int) -> None:
    """Delete a user with their sessions, recovery codes and roles."""
    for table in (membership, session, recovery_code):
        connection.execute(delete(table).where(table.c.user_id == user_id))
    connection.execute(delete(user).where(user.c.id == user_id))


def find_first_creation(connection: Connection) -> datetime | None:
    """Return when the first of the users that still exist was created, or `None` if there are none."""
    first = select(user.c.created_at).order_by(user.c.created_at).limit(1)
    return connection.execute(first).scalar_one_or_none()


def has_users(connection: Connection) -> bool:
    """Return whether there is any user."""
    return connection.execute(select(user.c.id).limit(1)).first() is not None


def set_membership(connection: Connection, user_id: int, site_id: int, role: Role) -> None:
    """Give a user a role on a site, replacing their previous role there."""
    statement = insert_into(connection, membership).values(user_id=user_id, site_id=site_id, role=role)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["user_id", "site_id"], set_={"role": statement.excluded.role})
    )


def delete_membership(connection: Connection, user_id: int, site_id: int) -> bool:
    """Delete the role of a user on a site, and return whether the user had one."""
    mine = (membership.c.user_id == user_id, membership.c.site_id == site_id)
    return connection.execute(delete(membership).where(*mine).returning(membership.c.role)).first() is not None


def update_keys(connection: Connection, user_id: int, *, has_keys: bool) -> None:
    """Store whether a user has turned on the single-character keyboard shortcuts of the cabinet."""
    connection.execute(update(user).where(user.c.id == user_id).values(has_no_keys=not has_keys))


def update_owner(connection: Connection, user_id: int, *, is_owner: bool) -> None:
    """Store whether a user is an owner of the installation."""
    connection.execute(update(user).where(user.c.id == user_id).values(is_owner=is_owner))
