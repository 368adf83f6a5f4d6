"""The statistics of SQLite's planner, which are the same in every database.

Without statistics, SQLite expects ten rows in a site. It then reads all rows of a large site where it should look up
a few of them by an index. Statistics that SQLite gathers would change its plans while the database grows.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

ROWS, ROWS_OF_SITE = 10_000_000, 1_000_000
"""The number of rows that each table is said to have, and the number of them that belong to one site.

If all rows belonged to one site, SQLite would read a whole table to find the few rows of a small site.
"""
ROWS_BY_TWO, ROWS_BY_MORE = 10, 5
"""The number of rows that the first two columns of an index are said to find, and the first three or more."""


def write_statistics(connection: Connection) -> None:
    """Replace the planner's statistics by those of a large site; SQLite reads them when a connection is opened.

    Ours: decision 0080 has the reasons.
    """
    connection.exec_driver_sql("ANALYZE schema_version")  # creates the table of statistics
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", list(_indexes(connection)))
    connection.exec_driver_sql("ANALYZE sqlite_schema")


def _indexes(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """Yield the table, name and statistics of each index, such as `10000000 1000000 10 1`."""
    found = connection.exec_driver_sql(
        'SELECT tables.name, indexes.name, indexes."unique" FROM sqlite_schema AS tables, '
        "pragma_index_list(tables.name) AS indexes WHERE tables.type = 'table'"
    )
    for table, index, is_unique in found.all():
        columns = connection.exec_driver_sql("SELECT name FROM pragma_index_info(?) ORDER BY seqno", (index,)).scalars()
        yield table, index, _statistics(columns.all(), is_unique=bool(is_unique))


def _statistics(columns: Sequence[str], *, is_unique: bool) -> str:
    """Return how many rows an index has, and how many its first column, its first two and so on find."""
    found = [ROWS_OF_SITE if columns[0] == "site_id" else ROWS_BY_TWO, ROWS_BY_TWO]
    found = [*found, *[ROWS_BY_MORE] * len(columns)][: len(columns)]
    if is_unique:
        found[-1] = 1
    return " ".join(map(str, (ROWS, *found)))
