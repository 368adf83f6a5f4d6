"""Compiled statements: the same SQL that SQLAlchemy would send, and the same values in and out."""

import pkgutil
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import import_module
from typing import Any

import pytest
from msgspec import json
from sqlalchemy import Connection, Insert, Table, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from auditor import TENANT_TABLES, faults_of
from dealtrace import storage
from dealtrace.leads.lead import LeadKind
from dealtrace.storage.database.column_types import is_among, microseconds
from dealtrace.storage.database.compiled_statement import CompiledStatement
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.control import revision
from dealtrace.storage.schema.tables.deals import deal, deal_tag, deal_version
from dealtrace.storage.schema.tables.leads import call, lead_contact
from dealtrace.storage.schema.tables.site_data import points_day, unknown_field
from dealtrace.storage.schema.tables.visits import visit
from plans import full_scans, plan_of

NOON = datetime(2018, 3, 26, 9, tzinfo=UTC)
HOSTILE = ["'", '"', "\\", "{", "}", ",", "NULL", "null", "", " ", "%s", "%(x)s", "?", "ё", "😀", "\n\t", "{1,2}", "$1"]


def named_statements() -> Iterator[tuple[str, CompiledStatement]]:
    for module in pkgutil.walk_packages(storage.__path__, "dealtrace.storage."):
        if ".migrations" in module.name:
            continue
        place = module.name.removeprefix("dealtrace.storage.")
        for name, value in vars(import_module(module.name)).items():
            if isinstance(value, CompiledStatement):
                yield f"{place}.{name}", value
            if isinstance(value, dict):
                found = ((key, item) for key, item in value.items() if isinstance(item, CompiledStatement))
                yield from ((f"{place}.{name}[{key}]", item) for key, item in found)


STATEMENTS = dict(named_statements())
OF_NO_SITE = {
    "accounts.revision._FIND",
    "database.write_mode._MODE",
    "id_blocks._FIND_VISIT_KEY",
    "schema.upgrade._FIND_REVISION",
    "webhooks.webhooks._LIST_ALL",
    "webhooks.webhooks._LIST_OF_SITE",
}
"""Statements on control tables, which are not distributed."""
EACH_STATEMENT = pytest.mark.parametrize("name", STATEMENTS)


def text_of(statement: CompiledStatement, connection: Connection) -> str:
    return statement._compiled_for(connection.dialect).text


def written(statement: CompiledStatement, connection: Connection) -> Any:
    core = statement._statement
    inserts = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return core(inserts[connection.dialect.name]) if callable(core) and not hasattr(core, "compile") else core


# The texts.


def test_there_are_hot_statements_to_look_at() -> None:
    assert len(STATEMENTS) >= 10


@EACH_STATEMENT
@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_it_says_what_a_cluster_needs(name: str, engine: str) -> None:
    dialect = {"sqlite": sqlite.dialect(), "postgresql": postgresql.dialect(paramstyle="pyformat")}[engine]
    text = STATEMENTS[name]._compiled_for(dialect).text
    assert any(table in text for table in TENANT_TABLES) is (name not in OF_NO_SITE)
    assert faults_of(text) == []


@EACH_STATEMENT
def test_it_sends_the_text_that_sqlalchemy_writes(connection: Connection, name: str) -> None:
    statement = STATEMENTS[name]
    core = written(statement, connection)
    text = text_of(statement, connection)
    given = statement._statement
    if connection.dialect.name == "postgresql" and isinstance(given, Insert) and not given.exported_columns:
        columns = [
            column.name for column in given.table.columns if column.name in (statement._columns or [column.name])
        ]
        assert text.startswith(f"INSERT INTO {given.table.name} ({', '.join(columns)}) SELECT unnest(")
        assert text.count("unnest(") == len(columns)
    else:
        assert text == str(core.compile(dialect=connection.dialect, column_keys=statement._columns))


@EACH_STATEMENT
def test_it_compiles_once_an_engine(connection: Connection, name: str) -> None:
    statement = STATEMENTS[name]
    assert statement._compiled_for(connection.dialect) is statement._compiled_for(connection.dialect)


# The values.


def test_it_states_rows_by_the_names_of_their_columns(connection: Connection) -> None:
    CompiledStatement(insert(lead_contact)).run_many(connection, SPANS)
    found = CompiledStatement(select(lead_contact).where(lead_contact.c.site_id == bindparam("site_id")))
    (first, *_) = sorted(found.fetch_named(connection, {"site_id": 1}), key=lambda row: row.lead_id)
    assert (first.lead_id, first.contact, first.started_at) == (0, HOSTILE[0], NOON)


def rows_in(connection: Connection, table: Table) -> list[dict[str, Any]]:
    mine = select(table).where(table.c.site_id == 1).order_by(*table.primary_key.columns)
    return [dict(row) for row in connection.execute(mine).mappings()]


VERSIONS = [
    {
        "site_id": 1,
        "deal_id": 10**10 + number,
        "version": 1,
        "kind": "changed",
        "recorded_at": NOON,
        "token_id": number or None,
        "user_id": None if number else 7,
        "before": {},
        "after": {"text": text, "list": [1, None], "none": None},
    }
    for number, text in enumerate(HOSTILE)
]
SPANS = [
    {
        "site_id": 1,
        "contact": text,
        "started_at": NOON,
        "lead_id": number,
        "lead_kind": LeadKind.CALL,
        "ended_at": NOON,
        "reference": text,
    }
    for number, text in enumerate(HOSTILE)
]


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        (lead_contact, SPANS),
        (lead_contact, SPANS[:1]),
        (unknown_field, [{"site_id": 1, "name": "a", "seen": 2**60, "last_seen_at": NOON}]),
        (points_day, [{"site_id": 1, "day_on": date(2018, 3, day), "spent": day} for day in range(1, 32)]),
    ],
)
def test_it_keeps_what_sqlalchemy_would_keep(connection: Connection, table: Table, rows: list[Any]) -> None:
    CompiledStatement(insert(table)).run_many(connection, rows)
    compiled = rows_in(connection, table)
    connection.execute(table.delete().where(table.c.site_id == 1))
    connection.execute(insert(table), rows)
    assert compiled == rows_in(connection, table)
    assert len(compiled) == len(rows)


def test_it_keeps_structures_and_nothing_letter_for_letter(connection: Connection) -> None:
    connection.execute(
        insert(deal),
        [
            {
                "site_id": 1,
                "id": row["deal_id"],
                "number": str(row["deal_id"]),
                "status": "",
                "happened_at": NOON,
                "recorded_at": NOON,
                "touched_at": NOON,
                "version": 1,
                "service": "",
                "fingerprint": "",
            }
            for row in VERSIONS
        ],
    )
    CompiledStatement(insert(deal_version)).run_many(connection, VERSIONS)
    assert rows_in(connection, deal_version) == VERSIONS


def test_it_runs_nothing_without_rows(connection: Connection) -> None:
    CompiledStatement(insert(deal_tag)).run_many(connection, [])
    assert rows_in(connection, deal_tag) == []


def test_it_keeps_the_rows_of_a_batch_apart(connection: Connection) -> None:
    rows = [{"site_id": 1, "name": str(item), "seen": item, "last_seen_at": NOON} for item in range(1000)]
    CompiledStatement(insert(unknown_field)).run_many(connection, rows)
    change = (
        update(unknown_field)
        .where(unknown_field.c.site_id == bindparam("of_site"), unknown_field.c.name == bindparam("of_name"))
        .values(seen=bindparam("seen"), last_seen_at=bindparam("last_seen_at", type_=unknown_field.c.last_seen_at.type))
    )
    later = NOON.replace(year=2020)
    CompiledStatement(change).run_many(
        connection,
        [{"of_site": 1, "of_name": str(item), "seen": -item, "last_seen_at": later} for item in range(0, 1000, 2)],
    )
    kept = {int(row["name"]): (row["seen"], row["last_seen_at"]) for row in rows_in(connection, unknown_field)}
    assert kept == {item: (item, NOON) if item % 2 else (-item, later) for item in range(1000)}


@pytest.mark.parametrize(
    ("wanted", "found"),
    [(HOSTILE, HOSTILE), ([], []), (["ё"], ["ё"]), (["no such"], []), (["ё", "ё"], ["ё"]), (["%"], [])],
)
def test_it_asks_for_a_list_of_any_length(connection: Connection, wanted: list[str], found: list[str]) -> None:
    CompiledStatement(insert(lead_contact)).run_many(connection, SPANS)
    listed = CompiledStatement(
        select(lead_contact.c.contact).where(
            lead_contact.c.site_id == bindparam("site_id"), is_among(lead_contact.c.contact, "wanted")
        )
    )
    rows = listed.fetch(connection, {"site_id": 1, "wanted": wanted})
    assert sorted(contact for (contact,) in rows) == sorted(found)


def test_it_returns_values_as_their_columns_mean_them(connection: Connection) -> None:
    CompiledStatement(insert(lead_contact)).run_many(connection, SPANS[:1])
    columns = (lead_contact.c.started_at, lead_contact.c.lead_kind, lead_contact.c.lead_id)
    query = CompiledStatement(select(*columns).where(lead_contact.c.site_id == bindparam("site_id")))
    (row,) = query.fetch(connection, {"site_id": 1})
    assert list(row) == [NOON, "call", 0]


def test_it_keeps_the_constants_of_a_statement(connection: Connection) -> None:
    CompiledStatement(insert(lead_contact)).run_many(connection, SPANS)
    query = CompiledStatement(
        select(lead_contact.c.lead_id).where(
            lead_contact.c.site_id == bindparam("site_id"), lead_contact.c.lead_id < 3, lead_contact.c.lead_id != 1
        )
    )
    assert sorted(number for (number,) in query.fetch(connection, {"site_id": 1})) == [0, 2]
    assert query.fetch(connection, {"site_id": 2}) == []


def write_count(insert_into: Callable[..., Any]) -> Any:
    count = insert_into(points_day).values(
        site_id=bindparam("site_id"), day_on=bindparam("day_on"), spent=bindparam("spent")
    )
    return count.on_conflict_do_update(
        index_elements=["site_id", "day_on"], set_={"spent": points_day.c.spent + count.excluded.spent}
    ).returning(points_day.c.day_on, points_day.c.spent)


def test_it_returns_rows_of_an_insert_that_meets_another(connection: Connection) -> None:
    count = CompiledStatement(write_count)
    sent = {"site_id": 1, "day_on": date(2018, 3, 26), "spent": 2}
    result = [[list(row) for row in count.fetch(connection, sent)] for _ in range(3)]
    assert result == [[[date(2018, 3, 26), total]] for total in (2, 4, 6)]


def test_it_keeps_money_exact(connection: Connection) -> None:
    amounts = [Decimal("0.0001"), Decimal("-1000.5"), Decimal(9 * 10**14), None]
    rows = [
        {column.name: None for column in deal.columns}
        | {"site_id": 1, "id": item, "number": str(item), "status": "", "amount_rub": amount, "version": 1}
        | {"happened_at": NOON, "recorded_at": NOON, "touched_at": NOON, "service": "", "fingerprint": ""}
        for item, amount in enumerate(amounts)
    ]
    CompiledStatement(insert(deal)).run_many(connection, rows)
    query = CompiledStatement(select(deal.c.id, deal.c.amount_rub).where(deal.c.site_id == bindparam("site_id")))
    assert [amount for _, amount in sorted(query.fetch(connection, {"site_id": 1}), key=lambda row: row[0])] == amounts


def test_it_takes_part_in_the_transaction_around_it(database: Database) -> None:
    with database.writer.connect() as connection, connection.begin() as transaction:
        CompiledStatement(insert(unknown_field)).run_many(
            connection, [{"site_id": 1, "name": "a", "seen": 1, "last_seen_at": NOON}]
        )
        transaction.rollback()
    with database.read() as connection:
        assert rows_in(connection, unknown_field) == []
        assert connection.execute(select(revision)).all() == []


# How rows are found.

CROWD = 30_000
SITES = 3


@pytest.fixture(scope="module")
def crowd(new_database_url: Callable[[], str]) -> Iterator[Database]:
    """Give a database of many leads, visits and deals of a few sites, in equal parts."""
    opened = open_database(new_database_url())
    empty = {column.name: "" for table in (deal, call, visit) for column in table.columns if not column.nullable}
    moments = dict.fromkeys(("started_at", "ended_at", "happened_at", "recorded_at", "touched_at"), NOON)
    numbers = dict.fromkeys(("duration_seconds", "client_id", "traffic_source_id", "version"), 1)
    with opened.write() as connection:
        for table in (lead_contact, call, visit, deal):
            names = {"contact": "7{}", "reference": "r{}", "number": "n{}", "visitor_id": "v{}"}
            names |= {"clue_phone": "7{}", "clue_email": "{}@a", "clue_call_reference": "r{}"}
            names |= {"clue_lead_request_number": "f{}"}
            ids = ("id", "lead_id", "visit_id", "clue_call_id", "clue_lead_request_id")
            rows = [
                dict.fromkeys((column.name for column in table.columns), None)
                | {**empty, **moments, **numbers, "lead_kind": LeadKind.CALL}
                | {name: pattern.format(item) for name, pattern in names.items()}
                | dict.fromkeys(ids, item)
                | {"site_id": item % SITES, "clue_link_threshold_seconds": 7200, "utm": {}}
                for item in range(CROWD)
            ]
            CompiledStatement(insert(table)).run_many(connection, rows)
        if not opened.is_sqlite:  # nobody gathers statistics for a file
            connection.exec_driver_sql("ANALYZE")
    yield opened
    opened.close()


MINE = range(1, 10, SITES)


def spans_of(contact: str) -> str:
    """Write leads of these contacts as they are asked about: each just before the deals of `crowd`."""
    at = microseconds(NOON)
    return json.encode([(contact.format(item), at, at, "call") for item in MINE]).decode()


@pytest.mark.parametrize(
    ("name", "parameters", "column"),
    [
        ("deals.deals._FIND_REGISTERED", {"numbers": [f"n{item}" for item in MINE]}, "number"),
        (
            "leads.contact_rows._LIST_SPANS",
            {"queries": json.encode([(f"7{item}", 2**60, 0) for item in MINE]).decode()},
            "contact",
        ),
        ("leads.leads._FIND_IDS[call]", {"ids": list(MINE)}, "id"),
        ("leads.lead_summaries._LIST_LEADS[call]", {"ids": list(MINE)}, "id"),
        ("journals.lead_entries._ROWS[call]", {"ids": list(MINE)}, "id"),
        ("leads.leads._FIND_REFERENCES[call]", {"references": [f"r{item}" for item in MINE]}, "reference"),
        ("leads.leads._FIND_VISITED_AT[call]", {"ids": list(MINE)}, "id"),
        ("deals.lead_links._FIND_CONCERNED[clue_phone]", {"spans": spans_of("7{}")}, "clue_phone"),
        ("deals.lead_links._FIND_CONCERNED[clue_email]", {"spans": spans_of("{}@a")}, "clue_email"),
        ("deals.lead_links._FIND_NAMING[clue_call_id]", {"keys": list(MINE)}, "clue_call_id"),
        (
            "deals.lead_links._FIND_NAMING[clue_call_reference]",
            {"keys": [f"r{item}" for item in MINE]},
            "clue_call_reference",
        ),
        ("deals.lead_links._FIND_NAMING[clue_lead_request_id]", {"keys": list(MINE)}, "clue_lead_request_id"),
        (
            "deals.lead_links._FIND_NAMING[clue_lead_request_number]",
            {"keys": [f"f{item}" for item in MINE]},
            "clue_lead_request_number",
        ),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_it_goes_straight_to_the_rows_by_an_index(
    crowd: Database, name: str, parameters: dict[str, Any], column: str
) -> None:
    statement, given = STATEMENTS[name], {"site_id": 1, **parameters}
    with crowd.read() as connection:
        assert len(statement.fetch(connection, given)) == len(MINE)
        if not crowd.is_sqlite:  # a disk of today; by default small sites are cheaper to read whole
            connection.exec_driver_sql("SET LOCAL random_page_cost = 1.1")
        compiled = statement._compiled_for(connection.dialect)
        explain = "EXPLAIN QUERY PLAN" if crowd.is_sqlite else "EXPLAIN"
        with closing(connection.connection.cursor()) as cursor:
            cursor.execute(f"{explain} {compiled.text}", compiled.arguments(compiled.values(given)))
            plan = [str(row[-1]) for row in cursor.fetchall()]
    result = "\n".join(plan)
    if crowd.is_sqlite:
        searches = [line for line in plan if line.startswith(("SEARCH", "SCAN")) and "json_each" not in line]
        own = [line for line in searches if not line.startswith("SCAN anon_1")]
        assert own, result
        assert [line for line in own if f"site_id=? AND {column}=?" not in line] == [], result
    else:
        conditions = [line for line in plan if "Index Cond" in line]
        assert conditions, result
        assert all(f"{column} = " in line for line in conditions), result
        assert "Seq Scan" not in result


def test_a_whole_page_of_ids_goes_by_the_index_too(crowd: Database) -> None:
    page = list(range(1, 1000 * SITES, SITES))
    with crowd.read() as connection:
        if not crowd.is_sqlite:  # as dear as in a site many times this one
            connection.exec_driver_sql("SET LOCAL random_page_cost = 20")
        plan = plan_of(crowd, STATEMENTS["journals.lead_entries._ROWS[call]"], connection, {"site_id": 1, "ids": page})
    assert full_scans(crowd, plan) == []
