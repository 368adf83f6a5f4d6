"""Claims of sweeps (periodic deletions of old data): until when a process has claimed each sweep."""

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
    """Replace `before`, the stored end of the last claim of a sweep, with `until`; return whether it was replaced.

    `False` means that another process has stored its own claim in the meantime.
    """
    name, value = _PREFIX + sweep, until.astimezone(UTC).isoformat()
    if before is None:
        first = insert_into(connection, installation).values(name=name, value=value)
        first = first.on_conflict_do_nothing(index_elements=["name"]).returning(installation.c.name)
        return connection.execute(first).first() is not None
    mine = (installation.c.name == name, installation.c.value == before.astimezone(UTC).isoformat())
    return connection.execute(update(installation).where(*mine).values(value=value)).rowcount > 0
