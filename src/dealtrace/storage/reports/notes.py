"""Notes that users attach to days; they are shown on the time axis of a site's charts."""

from sqlalchemy import Connection, delete, func, insert, select

from dealtrace.reports.periods import Period
from dealtrace.reports.saved_items.notes import Note
from dealtrace.storage.database.compiled_statement import NamedRow
from dealtrace.storage.schema.tables.reports import note


def insert_note(connection: Connection, site_id: int, new: Note) -> None:
    """Store a new note on a day."""
    connection.execute(
        insert(note).values(
            site_id=site_id,
            key=new.key,
            day_on=new.day_on,
            text=new.text,
            user_id=new.user_id,
            added_at=new.added_at,
        )
    )


def delete_note(connection: Connection, site_id: int, key: str) -> Note | None:
    """Delete a note and return it, or return `None` if the site does not have it."""
    mine = (note.c.site_id == site_id, note.c.key == key)
    row = connection.execute(delete(note).where(*mine).returning(*note.c)).one_or_none()
    return _note_from_row(row) if row is not None else None


def list_notes(connection: Connection, site_id: int, period: Period | None = None) -> list[Note]:
    """List the notes of a site, latest day first; with `period`, only the notes on its days."""
    mine = select(note).where(note.c.site_id == site_id)
    if period is not None:
        mine = mine.where(note.c.day_on >= period.first_on, note.c.day_on <= period.last_on)
    rows = connection.execute(mine.order_by(note.c.day_on.desc(), note.c.added_at.desc(), note.c.key))
    return [_note_from_row(row) for row in rows]


def count_notes(connection: Connection, site_id: int) -> int:
    """Count the notes of a site."""
    return int(connection.execute(select(func.count()).where(note.c.site_id == site_id)).scalar_one())


def _note_from_row(row: NamedRow) -> Note:
    return Note(row.key, row.day_on, row.text, row.user_id, row.added_at)
