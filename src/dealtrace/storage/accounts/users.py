"""Users, the sites they may see, and the one-time links that invite the first of them."""

from collections.abc import Collection
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, delete, insert, select, update

from dealtrace.accounts.role import Role
from dealtrace.accounts.user import User, UserId
from dealtrace.storage.database.compiled_statement import Row
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import invitation, membership, recovery_code, session, user

USER_COLUMNS = (user.c.id, user.c.login, user.c.created_at, user.c.is_owner, user.c.totp_secret)
"""The columns that `user_from_row` reads."""
FIRST_USER = "first"
"""The purpose of the one-time links that a server without users prints."""


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


def user_from_row(row: Row, prefix: str = "") -> User:
    """Make a user of a row of `USER_COLUMNS`, whose names may begin with a prefix."""
    column = partial(getattr, row)
    return User(
        UserId(column(f"{prefix}id")),
        column(f"{prefix}login"),
        column(f"{prefix}created_at"),
        is_owner=bool(column(f"{prefix}is_owner")),
        has_second_factor=column(f"{prefix}totp_secret") is not None,
    )


def find_user(connection: Connection, login: str) -> User | None:
    """Find a user by the normal form of the login."""
    row = connection.execute(select(*USER_COLUMNS).where(user.c.login == login)).one_or_none()
    return user_from_row(row) if row is not None else None


def find_password_hash(connection: Connection, user_id: int) -> str | None:
    """Find the hash of a user's password."""
    return connection.execute(select(user.c.password_hash).where(user.c.id == user_id)).scalar_one_or_none()


def list_users(connection: Connection) -> list[User]:
    """List all users by login."""
    return [user_from_row(row) for row in connection.execute(select(*USER_COLUMNS).order_by(user.c.login))]


def find_logins(connection: Connection, user_ids: Collection[int]) -> dict[int, str]:
    """Find the logins of these users by id; deleted ones are left out."""
    named = select(user.c.id, user.c.login).where(user.c.id.in_(sorted(user_ids)))
    return {row.id: row.login for row in connection.execute(named)} if user_ids else {}


def update_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Replace the password of a user."""
    connection.execute(update(user).where(user.c.id == user_id).values(password_hash=password_hash))


def delete_user(connection: Connection, user_id: int) -> None:
    """Delete a user with sessions, recovery codes, and what the user may see."""
    for table in (membership, session, recovery_code):
        connection.execute(delete(table).where(table.c.user_id == user_id))
    connection.execute(delete(user).where(user.c.id == user_id))


def has_users(connection: Connection) -> bool:
    """Whether there is a user who can log in."""
    return connection.execute(select(user.c.id).limit(1)).first() is not None


def set_membership(connection: Connection, user_id: int, site_id: int, role: Role) -> None:
    """Give a user a role at a site, in place of another."""
    statement = insert_into(connection, membership).values(user_id=user_id, site_id=site_id, role=role)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["user_id", "site_id"], set_={"role": statement.excluded.role})
    )


def insert_invitation(connection: Connection, digest: str, now: datetime) -> None:
    """Store a one-time link by its digest."""
    connection.execute(insert(invitation).values(digest=digest, created_at=now, purpose=FIRST_USER))


def is_invited(connection: Connection, digest: str) -> bool:
    """Whether a one-time link is still unused."""
    unused = (invitation.c.digest == digest, invitation.c.used_at.is_(None), invitation.c.purpose == FIRST_USER)
    return connection.execute(select(invitation.c.digest).where(*unused)).first() is not None


def use_invitations(connection: Connection, now: datetime) -> set[str]:
    """Use up all one-time links that invite the first user; return the digests that were still unused."""
    unused = (invitation.c.used_at.is_(None), invitation.c.purpose == FIRST_USER)
    used = update(invitation).where(*unused).values(used_at=now).returning(invitation.c.digest)
    return set(connection.execute(used).scalars())
