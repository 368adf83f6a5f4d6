"""The revision of the accounts, a number that rises with every change that running servers must notice."""

from sqlalchemy import Connection, select

from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.upsert import insert_into
from dealtrace.storage.schema.tables.control import revision

_ACCOUNTS = "accounts"
_FIND = CompiledStatement(select(revision.c.number).where(revision.c.name == _ACCOUNTS))


def raise_revision(connection: Connection) -> None:
    """Raise the revision, so that every running server reads its sites and tokens again."""
    statement = insert_into(connection, revision).values(name=_ACCOUNTS, number=1)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"number": revision.c.number + 1}))


def find_revision(connection: Connection) -> int:
    """Return the revision of sites, tokens, custom fields and webhooks; 0 before the first change."""
    rows = _FIND.fetch(connection, {})
    return int(rows[0][0]) if rows else 0
