"""The versions of notes on leads; a call and a lead request never have the same id."""

from sqlalchemy import Connection, delete, func, insert, select

from dealtrace.leads.note_version import NoteValues, NoteVersion
from dealtrace.storage.database.compiled_statement import Row
from dealtrace.storage.schema.tables.leads import lead_version


def insert_note_version(connection: Connection, site_id: int, lead_id: int, version: NoteVersion) -> None:
    """Store a version of a lead's notes."""
    connection.execute(
        insert(lead_version).values(
            site_id=site_id,
            lead_id=lead_id,
            version=version.version,
            recorded_at=version.recorded_at,
            user_id=version.user_id,
            before=version.before,
            after=version.after,
        )
    )


def delete_note_versions(connection: Connection, site_id: int, lead_id: int, *, until: int) -> None:
    """Delete the versions of a lead's notes whose numbers are `until` or lower."""
    mine = (lead_version.c.site_id == site_id, lead_version.c.lead_id == lead_id, lead_version.c.version <= until)
    connection.execute(delete(lead_version).where(*mine))


def find_last_version(connection: Connection, site_id: int, lead_id: int) -> int:
    """Return the number of the last version of a lead's notes, or 0 if there is none."""
    mine = (lead_version.c.site_id == site_id, lead_version.c.lead_id == lead_id)
    return connection.execute(select(func.max(lead_version.c.version)).where(*mine)).scalar_one() or 0


def list_note_versions(connection: Connection, site_id: int, lead_id: int) -> list[NoteVersion]:
    """List the versions of a lead's notes, oldest first."""
    mine = select(lead_version).where(lead_version.c.site_id == site_id, lead_version.c.lead_id == lead_id)
    return [_version_from_row(row) for row in connection.execute(mine.order_by(lead_version.c.version))]


def _version_from_row(row: Row) -> NoteVersion:
    return NoteVersion(row.version, row.recorded_at, row.user_id, _values(row.before), _values(row.after))


def _values(stored: dict[str, str | list[str] | None]) -> NoteValues:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
