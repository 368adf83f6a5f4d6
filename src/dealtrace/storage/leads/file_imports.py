"""The progress of importing files with leads or deals."""

from sqlalchemy import Connection, select, update

from dealtrace.leads.file_import import FileImport
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.file_imports import file_import


def find_file_import(connection: Connection, site_id: int, digest: str) -> FileImport | None:
    """Find an import by the digest of its file, or return `None` if there is none."""
    row = connection.execute(
        select(file_import).where(file_import.c.site_id == site_id, file_import.c.digest == digest)
    ).one_or_none()
    if row is None:
        return None
    return FileImport(row.digest, row.begun_at, row.last_row, row.taken_in, row.refused, row.finished_at)


def lock_file_import(connection: Connection, site_id: int, digest: str) -> bool:
    """Lock an import until the end of the transaction, after waiting for any transaction that has locked it.

    `False` means that there is no such import, or that the other transaction has deleted it.
    """
    mine = (file_import.c.site_id == site_id, file_import.c.digest == digest)
    return connection.execute(select(file_import.c.digest).where(*mine).with_for_update()).first() is not None


def insert_file_import(connection: Connection, site_id: int, begun: FileImport) -> None:
    """Store a new import, unless it is stored already."""
    statement = insert_into(connection, file_import).values(site_id=site_id, digest=begun.digest, **_progress(begun))
    connection.execute(statement.on_conflict_do_nothing(index_elements=["site_id", "digest"]))


def update_file_import(connection: Connection, site_id: int, before: FileImport, after: FileImport) -> bool:
    """Replace the stored progress `before` of an import with `after`, and return whether `before` was still stored.

    `False` means that another process has continued or finished the import.
    """
    unchanged = (
        file_import.c.site_id == site_id,
        file_import.c.digest == before.digest,
        file_import.c.last_row == before.last_row,
        file_import.c.finished_at.is_(None),
    )
    return connection.execute(update(file_import).where(*unchanged).values(**_progress(after))).rowcount == 1


def _progress(state: FileImport) -> dict[str, object]:
    return {
        "last_row": state.last_row,
        "taken_in": state.taken_in,
        "refused": state.refused,
        "begun_at": state.begun_at,
        "finished_at": state.finished_at,
    }
