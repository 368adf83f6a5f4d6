"""Query plans: how a database will execute statements."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event

from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.engine import Database

Sent = list[tuple[str, Any]]


@contextmanager
def statements_on(engine: Engine) -> Iterator[Sent]:
    """Record the statements that are sent to the database inside the block, with their parameters."""
    sent: Sent = []

    def listen(_connection: Any, _cursor: Any, text: str, parameters: Any, _context: Any, _many: Any) -> None:
        sent.append((text, parameters))

    event.listen(engine, "before_cursor_execute", listen)
    yield sent
    event.remove(engine, "before_cursor_execute", listen)


def plans_of(database: Database, sent: Sequence[tuple[str, Any]]) -> str:
    """Return the plans of statements, one line per step."""
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    lines: list[str] = []
    with database.write() as connection:
        for text, parameters in sent:
            rows = connection.exec_driver_sql(f"{explain} {text}", parameters).all()
            lines += [f"{row[-1]}" for row in rows]
    return "\n".join(lines)


def plans_by_index(database: Database, sent: Sequence[tuple[str, Any]]) -> str:
    """Return the plans of statements on few rows, where PostgreSQL would prefer to read a whole table to any index."""
    if database.is_sqlite:
        return plans_of(database, sent)
    with database.write() as connection:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        steps = [connection.exec_driver_sql(f"EXPLAIN {text}", values).scalars() for text, values in sent]
        return "\n".join(line for lines in steps for line in lines)


def plan_of(
    database: Database, statement: CompiledStatement, connection: Connection, parameters: Mapping[str, Any]
) -> str:
    """Return the plan of a compiled statement, which is not executed by SQLAlchemy."""
    compiled = statement._compiled_for(connection.dialect)
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(f"{explain} {compiled.text}", compiled.arguments(compiled.values(parameters)))
        return "\n".join(f"{row[-1]}" for row in cursor.fetchall())


def full_scans(database: Database, plan: str) -> list[str]:
    """List the lines of a plan that read a whole table or a whole index."""
    scans = ("SCAN ",) if database.is_sqlite else ("Seq Scan",)
    harmless = ("SCAN CONSTANT ROW", "SCAN (subquery", "SCAN anon_", "SCAN json_each")
    return [line for line in plan.splitlines() if any(s in line for s in scans) and not line.startswith(harmless)]
