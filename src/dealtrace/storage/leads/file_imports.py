"""Imports of files with leads, deals or visits: their progress, the rows that they added, and taking imports back."""

from collections.abc import Collection, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    Text,
    and_,
    bindparam,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from dealtrace.leads.file_import import FileImport, ImportedFile, LoggedImport
from dealtrace.storage.database.column_types import each_json, is_among, is_in, json_integer
from dealtrace.storage.database.compiled_statement import CompiledStatement, NamedRow
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.file_imports import file_import, imported_row, taken_back_row

_IDS = each_json(bindparam("ids", type_=Text)).table_valued(column("value", JSON))
_INSERT_ROWS = insert(imported_row).from_select(
    ["site_id", "import_number", "row_id"],
    select(
        bindparam("site_id", type_=BigInteger), bindparam("number", type_=BigInteger), json_integer(_IDS.c.value[0])
    ),
)
"""The insert of all rows of a chunk at once, which takes a fifth of the CPU of an insert of each."""
_INSERT_TAKEN_BACK = CompiledStatement(lambda insert: insert(taken_back_row).on_conflict_do_nothing())
_FIND_TAKEN_BACK = CompiledStatement(
    select(taken_back_row.c.row_id).where(
        taken_back_row.c.site_id == bindparam("site_id"),
        taken_back_row.c.noun == bindparam("noun"),
        is_among(taken_back_row.c.row_id, "ids"),
    )
)
_HAS_TAKEN_BACK = CompiledStatement(
    select(taken_back_row.c.row_id)
    .where(taken_back_row.c.site_id == bindparam("site_id"), taken_back_row.c.noun == bindparam("noun"))
    .limit(1)
)
_ADDED = and_(imported_row.c.site_id == file_import.c.site_id, imported_row.c.import_number == file_import.c.number)


def find_file_import(connection: Connection, site_id: int, digest: str) -> FileImport | None:
    """Find an import by the digest of its file, or return `None` if there is none."""
    row = connection.execute(
        select(file_import).where(file_import.c.site_id == site_id, file_import.c.digest == digest)
    ).one_or_none()
    return _progress_from_row(row) if row is not None else None


def lock_file_import(connection: Connection, site_id: int, digest: str) -> bool:
    """Lock an import until the end of the transaction, after waiting for any transaction that has locked it.

    `False` means that there is no such import, or that the other transaction has deleted it.
    """
    mine = (file_import.c.site_id == site_id, file_import.c.digest == digest)
    return connection.execute(select(file_import.c.digest).where(*mine).with_for_update()).first() is not None


def insert_file_import(
    connection: Connection, site_id: int, begun: FileImport, file: ImportedFile | None = None
) -> None:
    """Store a new import, unless it is stored already; with `file`, the details of its file are stored too."""
    values = {**_progress(begun), **(_file(file) if file is not None else {})}
    statement = insert_into(connection, file_import).values(site_id=site_id, digest=begun.digest, **values)
    connection.execute(statement.on_conflict_do_nothing(index_elements=["site_id", "digest"]))


def begin_file_import_again(connection: Connection, site_id: int, begun: FileImport, file: ImportedFile) -> None:
    """Replace an import that was taken back with a new one of the same file."""
    undone = dict.fromkeys(("undo_begun_at", "undo_reported_at", "undone_at", "taken_back", "stayed"))
    mine = (file_import.c.site_id == site_id, file_import.c.digest == begun.digest)
    connection.execute(update(file_import).where(*mine).values(**_progress(begun), **_file(file), **undone))


def find_last_import_number(connection: Connection, site_id: int) -> int:
    """Find the highest number of the site's imports, or return 0 if none has a number."""
    mine = select(func.max(file_import.c.number)).where(file_import.c.site_id == site_id)
    return connection.execute(mine).scalar_one() or 0


def update_file_import(connection: Connection, site_id: int, before: FileImport, after: FileImport) -> bool:
    """Replace the stored progress of an import with `after` if it is still `before`; return whether it was.

    `False` means that another process has continued, finished or restarted the import, or that it is being taken back.
    """
    unchanged = (
        file_import.c.site_id == site_id,
        file_import.c.digest == before.digest,
        file_import.c.number.is_not_distinct_from(before.number),
        file_import.c.last_row == before.last_row,
        file_import.c.finished_at.is_(None),
        file_import.c.undo_begun_at.is_(None),
    )
    return connection.execute(update(file_import).where(*unchanged).values(**_progress(after))).rowcount == 1


def insert_imported_rows(connection: Connection, site_id: int, number: int, ids: Sequence[int]) -> None:
    """Store that an import has added the rows with these ids."""
    if ids:
        encoded = msgspec.json.encode([[row_id] for row_id in ids]).decode()
        connection.execute(_INSERT_ROWS, {"site_id": site_id, "number": number, "ids": encoded})


def insert_shared_rows(connection: Connection, site_id: int, number: int, ids: Sequence[int]) -> None:
    """Store that these rows also belong to an import, if they belong to another import of the same kind.

    Rows that belong to no other import existed before, so they are left out.
    """
    if not ids:
        return
    theirs = (imported_row.c.site_id == site_id, is_in(imported_row.c.row_id, ids))
    mine = bindparam("number", number, type_=BigInteger)
    found = select(imported_row.c.site_id, mine, imported_row.c.row_id).distinct()
    others = found.where(*theirs, imported_row.c.import_number.in_(_others(site_id, number)))
    added = insert_into(connection, imported_row).from_select(["site_id", "import_number", "row_id"], others)
    connection.execute(added.on_conflict_do_nothing())


def _others(site_id: int, number: int) -> ScalarSelect[int]:
    """Return the select of the numbers of all other imports of the same kind."""
    this = file_import.alias("this")
    noun = select(this.c.noun).where(this.c.site_id == site_id, this.c.number == number).scalar_subquery()
    found = select(file_import.c.number).where(file_import.c.site_id == site_id, file_import.c.noun == noun)
    return found.where(file_import.c.number.is_not(None), file_import.c.number != number).scalar_subquery()


def list_imports(connection: Connection, site_id: int) -> list[LoggedImport]:
    """List the imports of a site whose files have not been forgotten, latest first."""
    return _list_logged(connection, site_id, file_import.c.file_name.is_not(None))


def find_import(connection: Connection, site_id: int, number: int) -> LoggedImport | None:
    """Find an import by its number, or return `None` if its file has been forgotten."""
    mine = and_(file_import.c.number == number, file_import.c.file_name.is_not(None))
    return next(iter(_list_logged(connection, site_id, mine)), None)


def find_import_of_file(connection: Connection, site_id: int, digest: str) -> LoggedImport | None:
    """Find an import by the digest of its file, even if the file has been forgotten; return `None` if there is none."""
    return next(iter(_list_logged(connection, site_id, file_import.c.digest == digest)), None)


def _list_logged(connection: Connection, site_id: int, where: ColumnElement[bool]) -> list[LoggedImport]:
    left = select(func.count()).select_from(imported_row).where(_ADDED).correlate(file_import).scalar_subquery()
    found = select(file_import, left.label("left")).where(file_import.c.site_id == site_id, where)
    return [_logged_from_row(row) for row in connection.execute(found.order_by(file_import.c.number.desc()))]


def begin_undo(connection: Connection, site_id: int, number: int, now: datetime) -> None:
    """Store that an import is being taken back, unless this has begun already."""
    mine = (file_import.c.site_id == site_id, file_import.c.number == number, file_import.c.undo_begun_at.is_(None))
    begun = {"undo_begun_at": now, "undo_reported_at": now, "taken_back": 0, "stayed": 0}
    connection.execute(update(file_import).where(*mine).values(**begun))


def update_undo(
    connection: Connection, site_id: int, number: int, now: datetime, *, taken_back: int, stayed: int
) -> None:
    """Add rows that were taken back, and rows that stay, to the counts of an import that is being taken back."""
    mine = (file_import.c.site_id == site_id, file_import.c.number == number)
    counts = {
        "taken_back": file_import.c.taken_back + taken_back,
        "stayed": file_import.c.stayed + stayed,
        "undo_reported_at": now,
    }
    connection.execute(update(file_import).where(*mine).values(**counts))


def finish_undo(connection: Connection, site_id: int, number: int, now: datetime) -> None:
    """Store that an import has been taken back."""
    mine = (file_import.c.site_id == site_id, file_import.c.number == number)
    connection.execute(update(file_import).where(*mine).values(undone_at=now, undo_reported_at=now))


def list_imported_rows(connection: Connection, site_id: int, number: int, limit: int) -> list[int]:
    """List up to `limit` ids of rows that an import added and that are not yet taken back, in ascending order."""
    mine = (imported_row.c.site_id == site_id, imported_row.c.import_number == number)
    found = select(imported_row.c.row_id).where(*mine).order_by(imported_row.c.row_id).limit(limit)
    return list(connection.execute(found).scalars())


def delete_imported_rows(connection: Connection, site_id: int, number: int, ids: Collection[int]) -> None:
    """Delete the record that an import added the rows with these ids."""
    mine = (imported_row.c.site_id == site_id, imported_row.c.import_number == number)
    connection.execute(delete(imported_row).where(*mine, is_in(imported_row.c.row_id, ids)))


def find_old_import(connection: Connection, site_id: int, before: datetime) -> int | None:
    """Find the number of an import that began before a time and whose file has not been forgotten, or return `None`.

    For an import that was taken back, the time when taking it back began is compared.
    """
    begun_at = func.coalesce(file_import.c.undo_begun_at, file_import.c.begun_at)
    old = (file_import.c.site_id == site_id, file_import.c.file_name.is_not(None), begun_at < before)
    return connection.execute(select(file_import.c.number).where(*old).limit(1)).scalar_one_or_none()


def forget_some_imports(connection: Connection, site_id: int, before: datetime, most: int) -> bool:
    """Delete the records of up to `most` rows of an old import or, if none is left, of its file.

    Return whether there was an old import, which `find_old_import` chooses. If the import was still being taken back,
    this ends when the file is forgotten, so that the file can be imported again. Rows that other imports share with the
    forgotten import are kept when the other imports are taken back.
    """
    number = find_old_import(connection, site_id, before)
    if number is None:
        return False
    ids = list_imported_rows(connection, site_id, number, most)
    if ids:
        numbers = or_(
            imported_row.c.import_number == number, imported_row.c.import_number.in_(_others(site_id, number))
        )
        rows = (imported_row.c.site_id == site_id, is_in(imported_row.c.row_id, ids))
        connection.execute(delete(imported_row).where(*rows, numbers))
    else:
        mine = (file_import.c.site_id == site_id, file_import.c.number == number)
        ended_at = func.coalesce(file_import.c.undone_at, file_import.c.undo_reported_at)
        connection.execute(update(file_import).where(*mine).values(file_name=None, undone_at=ended_at))
    return True


def insert_taken_back_rows(connection: Connection, site_id: int, noun: str, ids: Sequence[int]) -> None:
    """Store that rows were taken back, so that a later import may use their ids and names again."""
    _INSERT_TAKEN_BACK.run_many(connection, [{"site_id": site_id, "noun": noun, "row_id": row_id} for row_id in ids])


def has_taken_back_rows(connection: Connection, site_id: int, noun: str) -> bool:
    """Return whether any rows of the kind `noun` were taken back and not replaced since."""
    return bool(_HAS_TAKEN_BACK.fetch(connection, {"site_id": site_id, "noun": noun}))


def list_taken_back_rows(connection: Connection, site_id: int, noun: str, ids: Sequence[int]) -> list[int]:
    """List those of the given ids whose rows, of the kind `noun`, were taken back and not replaced since."""
    parameters = {"site_id": site_id, "noun": noun, "ids": list(ids)}
    return [row[0] for row in _FIND_TAKEN_BACK.fetch(connection, parameters)] if ids else []


def delete_taken_back_rows(connection: Connection, site_id: int, noun: str, ids: Collection[int]) -> None:
    """Delete the record that rows were taken back."""
    mine = (taken_back_row.c.site_id == site_id, taken_back_row.c.noun == noun)
    connection.execute(delete(taken_back_row).where(*mine, is_in(taken_back_row.c.row_id, ids)))


def forget_rows(connection: Connection, site_id: int, noun: str, ids: Collection[int]) -> None:
    """Delete the records that say which import added these rows, and whether the rows were taken back."""
    of_noun = select(file_import.c.number).where(
        file_import.c.site_id == site_id, file_import.c.noun == noun, file_import.c.number.is_not(None)
    )
    for number in connection.execute(of_noun).scalars().all() if ids else ():
        delete_imported_rows(connection, site_id, number, ids)
    delete_taken_back_rows(connection, site_id, noun, ids)


def _progress(state: FileImport) -> dict[str, object]:
    return {
        "last_row": state.last_row,
        "taken_in": state.taken_in,
        "refused": state.refused,
        "begun_at": state.begun_at,
        "finished_at": state.finished_at,
        "number": state.number,
    }


def _progress_from_row(row: NamedRow) -> FileImport:
    return FileImport(row.digest, row.begun_at, row.last_row, row.taken_in, row.refused, row.finished_at, row.number)


def _file(file: ImportedFile) -> dict[str, object]:
    return {"noun": file.noun, "file_name": file.name, "user_id": file.user_id, "publishes": file.publishes}


def _logged_from_row(row: NamedRow) -> LoggedImport:
    return LoggedImport(
        _progress_from_row(row),
        ImportedFile(row.noun or "", row.file_name or "", row.user_id, bool(row.publishes)),
        row.left,
        row.taken_back or 0,
        row.stayed or 0,
        row.undo_begun_at,
        row.undo_reported_at,
        row.undone_at,
    )
