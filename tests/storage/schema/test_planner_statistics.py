"""SQLite plans statements in an empty database as in a large one."""

from pathlib import Path

import pytest
from sqlalchemy import Column, Table, select

from dealtrace.storage.database.column_types import AnyElement, is_among, is_in
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.deals import deal
from dealtrace.storage.schema.tables.leads import call, contact, lead_contact
from dealtrace.storage.schema.tables.reports import deal_status
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.schema.upgrade import prepare_schema, upgrade_schema
from plans import plans_of, statements_on

LOOKED_UP = {
    "two contacts": (contact.c.client_id, contact.c.contact, ["79205550055", "79205550066"]),
    "nine contacts": (contact.c.client_id, contact.c.contact, [f"7920555005{number}" for number in range(9)]),
    "the contacts of two leads": (lead_contact.c.contact, lead_contact.c.lead_id, [1, 2]),
    "the clients of two calls": (call.c.client_id, call.c.id, [1, 2]),
}


@pytest.fixture
def empty(tmp_path: Path) -> Database:
    """Create a SQLite database without sites."""
    opened = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    prepare_schema(opened)
    return opened


@pytest.mark.parametrize(
    "among", [is_in, lambda column, values: is_among(column, "listed", values)], ids=["in", "json"]
)
@pytest.mark.parametrize(("shown", "column", "values"), LOOKED_UP.values(), ids=LOOKED_UP)
def test_a_few_values_of_a_site_are_looked_up_by_an_index(
    empty: Database, shown: AnyElement, column: Column[object], values: list[object], among: type[is_among]
) -> None:
    with empty.read() as connection, statements_on(empty.reader) as sent:
        connection.execute(select(shown).where(column.table.c.site_id == 1, among(column, values)))
    assert f"(site_id=? AND {column.name}=?)" in plans_of(empty, sent)


@pytest.mark.parametrize("table", [visit, deal, call, deal_status], ids=lambda table: table.name)
def test_the_rows_of_a_small_site_are_found_without_those_of_other_sites(empty: Database, table: Table) -> None:
    with empty.read() as connection, statements_on(empty.reader) as sent:
        connection.execute(select(table).where(table.c.site_id == 1))
    assert f"SEARCH {table.name} USING" in plans_of(empty, sent)


def test_an_upgrade_replaces_other_statistics_by_those_of_every_index(empty: Database) -> None:
    with empty.write() as connection:
        written = connection.exec_driver_sql("SELECT * FROM sqlite_stat1 ORDER BY tbl, idx").all()
        connection.exec_driver_sql("ANALYZE")
        connection.exec_driver_sql("DELETE FROM sqlite_stat1 WHERE tbl = 'deal'")
    upgrade_schema(empty)
    with empty.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM sqlite_stat1 ORDER BY tbl, idx").all() == written
        indexes = connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'index'").scalars()
        assert {*indexes} <= {index for _, index, _ in written}
