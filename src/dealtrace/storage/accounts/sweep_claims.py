"""Which sweeps of the database have been claimed by a process, and until when."""

from datetime import UTC, datetime

from sqlalchemy import Connection, select, update

from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import installation

_PREFIX = "sweep_claimed_until:"


def find_claim_end(connection: Connection, sweep: str) -> datetime | None:
    """Return when the last claim of a sweep ends or ended, or `None` if the sweep was never claimed."""
    mine = installation.c.name == _PREFIX + sweep
    stored = connection.execute(select(installation.c.value).where(mine)).scalar_one_or_none()
    return datetime.fromisoformat(stored) if stored is not None else None


def replace_claim_end(connection: Connection, sweep: str, before: datetime | None, until: datetime) -> bool:
    """Store when a claim of a sweep ends, in place of `before`, and return whether it was stored.

    `False` means that another process has stored its own claim meanwhile.
    """
    name, value = _PREFIX + sweep, until.astimezone(UTC).isoformat()
    if before is None:
        first = insert_into(connection, installation).values(name=name, value=value)
        first = first.on_conflict_do_nothing(index_elements=["name"]).returning(installation.c.name)
        return connection.execute(first).first() is not None
    mine = (installation.c.name == name, installation.c.value == before.astimezone(UTC).isoformat())
    return connection.execute(update(installation).where(*mine).values(value=value)).rowcount > 0
