"""Users, the sites they may see, and the one-time links that invite the first of them."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from dealtrace.accounts.user import User, UserId
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import invitation, membership, user


def insert_user(connection: Connection, new: User, password_hash: str) -> None:
    """Store a new user."""
    connection.execute(
        insert(user).values(id=new.id, login=new.login, password_hash=password_hash, created_at=new.created_at)
    )


def find_user(connection: Connection, login: str) -> User | None:
    """Find a user by the normal form of the login."""
    row = connection.execute(select(user).where(user.c.login == login)).one_or_none()
    return User(UserId(row.id), row.login, row.created_at) if row is not None else None


def list_users(connection: Connection) -> list[User]:
    """List all users by login."""
    rows = connection.execute(select(user).order_by(user.c.login))
    return [User(UserId(row.id), row.login, row.created_at) for row in rows]


def update_password(connection: Connection, user_id: int, password_hash: str) -> None:
    """Replace the password of a user."""
    connection.execute(update(user).where(user.c.id == user_id).values(password_hash=password_hash))


def delete_user(connection: Connection, user_id: int) -> None:
    """Delete a user and what the user may see."""
    connection.execute(delete(membership).where(membership.c.user_id == user_id))
    connection.execute(delete(user).where(user.c.id == user_id))


def has_users(connection: Connection) -> bool:
    """Whether there is a user who can log in."""
    return connection.execute(select(user.c.id).limit(1)).first() is not None


def insert_membership(connection: Connection, user_id: int, site_id: int) -> None:
    """Let a user see a site; nothing happens if the user already can."""
    statement = insert_into(connection, membership).values(user_id=user_id, site_id=site_id)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["user_id", "site_id"]))


def insert_invitation(connection: Connection, digest: str, now: datetime) -> None:
    """Store a one-time link by its digest."""
    connection.execute(insert(invitation).values(digest=digest, created_at=now))


def is_invited(connection: Connection, digest: str) -> bool:
    """Whether a one-time link is still unused."""
    unused = (invitation.c.digest == digest, invitation.c.used_at.is_(None))
    return connection.execute(select(invitation.c.digest).where(*unused)).first() is not None


def use_invitations(connection: Connection, now: datetime) -> set[str]:
    """Use up all one-time links, since they all invite the first user; return the digests that were still unused."""
    used = update(invitation).where(invitation.c.used_at.is_(None)).values(used_at=now).returning(invitation.c.digest)
    return set(connection.execute(used).scalars())
