"""Settings of the whole installation that its owners change in the cabinet, and when it was last backed up."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, select

from dealtrace.accounts.on_off_settings import switch_text
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import installation

_FACTOR = "second_factor_demanded"
_BACKUP = "backup_finished_at"


def factor_demanded() -> ColumnElement[bool]:
    """Return the SQL condition that holds if every user must have a second factor."""
    return exists().where(installation.c.name == _FACTOR, installation.c.value == switch_text(is_on=True))


def is_factor_demanded(connection: Connection) -> bool:
    """Return whether every user must have a second factor."""
    return bool(connection.execute(select(factor_demanded())).scalar_one())


def set_factor_demanded(connection: Connection, *, is_demanded: bool) -> None:
    """Store whether every user must have a second factor."""
    _store(connection, _FACTOR, switch_text(is_on=is_demanded))


def find_last_backup(connection: Connection) -> datetime | None:
    """Return when `dealtrace backup` last finished, or `None` if it never did."""
    stored = connection.execute(select(installation.c.value).where(installation.c.name == _BACKUP)).scalar_one_or_none()
    return datetime.fromisoformat(stored) if stored is not None else None


def record_backup(connection: Connection, finished_at: datetime) -> None:
    """Store when a backup finished."""
    _store(connection, _BACKUP, finished_at.isoformat())


def _store(connection: Connection, name: str, value: str) -> None:
    statement = insert_into(connection, installation).values(name=name, value=value)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"value": statement.excluded.value})
    )
