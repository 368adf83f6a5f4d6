"""An auditor of SQL: whether statements on tenant tables would also run on a cluster."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event

from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import TENANT

TENANT_TABLES = frozenset(table.name for table in metadata.tables.values() if table.info == TENANT)

_MENTION = re.compile(
    r"\b(?P<verb>FROM|JOIN|UPDATE|INTO)\s+\"?(?P<table>\w+)\"?"
    r"(?:\s+AS\s+(?P<alias>\w+)|\s+(?!ON\b|SET\b|WHERE\b|JOIN\b|LEFT\b|VALUES\b|SELECT\b)(?P<bare>[a-z]\w*))?",
    re.IGNORECASE,
)
_PARAMETER = r"(?:\?|%\(\w+\)s|%s|\$\d+|:\w+)"
_VOLATILE = re.compile(
    r"\b(now|random|nextval|currval|clock_timestamp|gen_random_uuid|current_timestamp)\b\s*\(?", re.IGNORECASE
)
_NOT_EVERYWHERE = re.compile(r"\b(MERGE\s+INTO|TRUNCATE|CREATE\s+TEMP)", re.IGNORECASE)


@lru_cache(1000)
def faults_of(statement: str) -> Sequence[str]:
    """List what is wrong with a statement; empty when it would run on a cluster as well."""
    mentions = [match for match in _MENTION.finditer(statement) if match["table"] in TENANT_TABLES]
    if not mentions:
        return []
    faults = [f"{match[1]}: times, random values and ids are parameters" for match in _VOLATILE.finditer(statement)]
    faults += [f"{match[1]}: not on every engine" for match in _NOT_EVERYWHERE.finditer(statement)]
    scoped = 0
    for match in mentions:
        name = match["alias"] or match["bare"] or match["table"]
        if match["verb"].upper() == "INTO":
            faults += _insert_faults(statement, match["table"])
            continue
        equals = rf"\b{name}\"?\.site_id = "
        if not re.search(rf"{equals}|= \"?{name}\"?\.site_id\b", statement):
            faults.append(f"{match['table']} is touched without its site_id")
        scoped += bool(re.search(equals + _PARAMETER, statement))
    if all(match["verb"].upper() == "INTO" for match in mentions):
        return faults
    return faults if scoped else [*faults, "no site_id is given as a parameter"]


def _insert_faults(statement: str, table: str) -> Iterator[str]:
    columns = re.search(rf"INTO \"?{table}\"? \(([^)]*)\)", statement)
    if columns is None or "site_id" not in re.findall(r"\w+", columns[1]):
        yield f"{table} is inserted into without site_id"
    target = re.search(r"ON CONFLICT \(([^)]*)\)", statement)
    if target is not None and not target[1].lstrip().startswith("site_id"):
        yield f"{table}: ON CONFLICT does not begin with site_id"


@contextmanager
def audited_statements() -> Iterator[list[str]]:
    """Audit every statement that SQLAlchemy executes inside the block; complaints are added to the yielded list.

    Compiled statements are not executed by SQLAlchemy; `tests/storage/database/test_compiled_statement.py` audits
    their texts. Statements that a test writes by hand (`exec_driver_sql`) are not audited.
    """
    complaints: list[str] = []

    def listen(
        _connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: Any
    ) -> None:
        if context is not None and context.compiled is not None and not context.isddl:
            complaints.extend(f"{fault}: {statement}" for fault in faults_of(statement))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield complaints
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


@pytest.fixture(autouse=True)
def audited() -> Iterator[None]:
    """Fail a test that ran a statement which a cluster would refuse; a `conftest.py` imports this for its folder."""
    with audited_statements() as complaints:
        yield
    assert not complaints, "\n" + "\n".join(complaints)
