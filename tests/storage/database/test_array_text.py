"""Lists sent to PostgreSQL: every item arrives as it was, and a statement is prepared once whatever it gets."""

import time
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from dealtrace.leads.lead import LeadKind
from dealtrace.storage.database.engine import open_database
from postgresql import PostgresqlServer

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
INTEGERS = st.lists(st.none() | st.integers(-(2**63), 2**63 - 1))


@pytest.fixture(scope="module")
def postgresql(postgresql_server: PostgresqlServer) -> Iterator[Connection]:
    database = open_database(postgresql_server.create(f"arrays{time.time_ns()}"))
    with closing(database), database.read() as connection:
        yield connection


def sent(connection: Connection, items: list[Any], kind: str) -> Any:
    return connection.exec_driver_sql(f"SELECT %(items)s::{kind}[]", {"items": items}).scalar_one()


@given(items=TEXTS)
@example(
    items=["NULL", "null", "", " ", None, '"', "\\", '\\"', "{", "}", ",", "{1,2}", "ё", "😀", "\n\t", "\x7f", "\u2003"]
)
@example(items=['{"a":"b\\\\c"}'])
@example(items=[None])
@example(items=[])
def test_texts_arrive(postgresql: Connection, items: list[str | None]) -> None:
    assert sent(postgresql, items, "text") == items


@given(items=INTEGERS)
@example(items=[2**63 - 1, None, -(2**63), 0])
def test_integers_arrive(postgresql: Connection, items: list[int | None]) -> None:
    assert sent(postgresql, items, "bigint") == items


@pytest.mark.parametrize(
    ("items", "kind", "found"),
    [
        ([True, None, False], "boolean", [True, None, False]),
        ([Decimal("0.10"), Decimal(-3)], "numeric", [Decimal("0.10"), Decimal(-3)]),
        (list(LeadKind), "text", [str(kind.value) for kind in LeadKind]),
        ([b'\x00"\\'], "bytea", [b'\x00"\\']),
        ([["a", '"'], ["c", None]], "text", [["a", '"'], ["c", None]]),
        ([1, Decimal("2.5")], "numeric", [Decimal(1), Decimal("2.5")]),
    ],
)
def test_other_items_arrive(postgresql: Connection, items: list[Any], kind: str, found: list[Any]) -> None:
    assert sent(postgresql, items, kind) == found


@pytest.mark.parametrize("items", [["a\0b"], [None, "\0"]])
def test_a_null_character_is_refused(postgresql: Connection, items: list[str | None]) -> None:
    with pytest.raises(DataError, match="NUL"):
        sent(postgresql, items, "text")
    assert sent(postgresql, ["a"], "text") == ["a"]


def test_a_statement_is_prepared_once_for_integers_of_any_size(postgresql: Connection) -> None:
    for _ in range(8):
        for largest in (1, 2**20, 2**40):
            sent(postgresql, [largest, None], "bigint /* sizes */")
    prepared = postgresql.exec_driver_sql(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%::bigint /* sizes */[]'"
    )
    assert prepared.scalar_one() == 1
