"""Second factors: secrets of authenticator apps, attempts to enter their codes, and recovery codes."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, case, delete, func, insert, or_, select, update

from dealtrace.record import record
from dealtrace.storage.database.many_rows import execute_many
from dealtrace.storage.schema.tables.control import recovery_code, user


@record
class Factor:
    """The secret of an authenticator app, and the TOTP time step of the last code that was used."""

    secret: str
    used_step: int


def count_try(
    connection: Connection, user_id: int, now: datetime, *, tries_max: int, forget_before: datetime
) -> Factor | None:
    """Count an attempt to enter a code, and return the user's factor.

    The result is `None` if the user has no factor or no attempts left. The count starts again if the last attempt was
    before `forget_before`. Simultaneous attempts of a user are counted one by one; none escapes the limit.
    """
    is_past = or_(user.c.code_failed_at.is_(None), user.c.code_failed_at < forget_before)
    counted = (
        update(user)
        .where(user.c.id == user_id, user.c.totp_secret.is_not(None))
        .where(or_(is_past, user.c.code_failures < tries_max))
        .values(code_failures=case((is_past, 1), else_=user.c.code_failures + 1), code_failed_at=now)
        .returning(user.c.totp_secret, user.c.totp_used_step)
    )
    row = connection.execute(counted).one_or_none()
    return Factor(row.totp_secret, row.totp_used_step) if row is not None else None


def clear_tries(connection: Connection, user_id: int) -> None:
    """Reset a user's count of failed attempts to enter a code."""
    connection.execute(update(user).where(user.c.id == user_id).values(code_failures=None, code_failed_at=None))


def insert_factor(connection: Connection, user_id: int, factor: Factor) -> bool:
    """Store the second factor of a user, and return whether it was stored: `False` if the user already has one."""
    free = (user.c.id == user_id, user.c.totp_secret.is_(None))
    stored = update(user).where(*free).values(totp_secret=factor.secret, totp_used_step=factor.used_step)
    return connection.execute(stored.returning(user.c.id)).first() is not None


def update_used_step(connection: Connection, user_id: int, step: int) -> None:
    """Store the time step of an authenticator code that was used, so that the code is not accepted again."""
    connection.execute(update(user).where(user.c.id == user_id).values(totp_used_step=step))


def delete_factor(connection: Connection, user_id: int) -> None:
    """Delete a user's second factor, recovery codes and count of failed attempts."""
    cleared = update(user).where(user.c.id == user_id).values(totp_secret=None, totp_used_step=None)
    connection.execute(cleared)
    connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    clear_tries(connection, user_id)


def replace_recovery_codes(connection: Connection, user_id: int, digests: Iterable[str]) -> None:
    """Replace all recovery codes of a user with new ones, stored as `digests`."""
    connection.execute(delete(recovery_code).where(recovery_code.c.user_id == user_id))
    rows = [{"user_id": user_id, "digest": digest} for digest in digests]
    execute_many(connection, insert(recovery_code), rows)


def use_recovery_code(connection: Connection, user_id: int, digest: str) -> bool:
    """Delete a recovery code of a user, and return whether the user had it."""
    mine = (recovery_code.c.user_id == user_id, recovery_code.c.digest == digest)
    return connection.execute(delete(recovery_code).where(*mine).returning(recovery_code.c.digest)).first() is not None


def count_recovery_codes(connection: Connection, user_id: int) -> int:
    """Count the unused recovery codes of a user."""
    mine = select(func.count()).select_from(recovery_code).where(recovery_code.c.user_id == user_id)
    return int(connection.execute(mine).scalar_one())
