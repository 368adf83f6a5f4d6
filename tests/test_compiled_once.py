"""Databases of tests share compiled statements, and nothing else."""

from pathlib import Path

from sqlalchemy import Connection, literal, select
from sqlalchemy.engine import Compiled

from dealtrace.storage.database.engine import open_database
from engines import CopySqlite


def compiled(connection: Connection, value: int) -> Compiled | None:
    """Return what a statement was compiled to, once it has selected a value."""
    result = connection.execute(select(literal(value).label("of_this_test")))
    assert result.scalar_one() == value
    return result.context.compiled


def test_a_statement_is_compiled_once_for_all_databases_of_an_engine(copy_sqlite: CopySqlite, tmp_path: Path) -> None:
    first, second = (open_database(copy_sqlite(tmp_path / name)) for name in ("first.db", "second.db"))
    with first.write() as writing, first.read() as reading, second.read() as reading_another:
        statement = compiled(writing, 1)
        assert statement is not None
        assert compiled(reading, 2) is statement
        assert compiled(reading_another, 3) is statement
    first.close()
    second.close()
