"""The schema holds to the rules that let it move to a cluster: in the tables' declaration and in PostgreSQL itself."""

import pkgutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module

import psycopg
import pytest
from sqlalchemy import BigInteger, Constraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateColumn

from auditor import TENANT_TABLES, faults_of
from cluster import create_partitioned
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema import distribution, tables
from dealtrace.storage.schema.distribution import (
    distribution_problems,
    distribution_statements,
    is_distributed,
    list_distributed_tables,
    tenant_tables,
)
from dealtrace.storage.schema.tables.all_tables import metadata
from dealtrace.storage.schema.tables.common_columns import CONTROL, TENANT
from dealtrace.storage.schema.upgrade import VERSION_TABLE, prepare_schema
from postgresql import PostgresqlServer

KNOWN_TABLES = """from dealtrace.storage.schema.tables.all_tables import metadata
for table in metadata.sorted_tables:
    print(table.name)
"""
"""A program that prints the tables which it gets from one module; here other modules have defined tables too."""
REFERENCE = {"kind": "reference"}
for _module in pkgutil.iter_modules(tables.__path__, f"{tables.__name__}."):
    import_module(_module.name)
TABLES = list(metadata.sorted_tables)
TENANTS = [table for table in TABLES if table.info == TENANT]
IDENTIFIER_BYTES_MAX = 63
"""PostgreSQL cuts longer names off without a word."""
EACH_TABLE = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
EACH_TENANT = pytest.mark.parametrize("table", TENANTS, ids=lambda table: table.name)


def test_one_module_defines_all_tables_whatever_else_is_imported() -> None:
    """`db check` compares with these, and each command imports only what it needs."""
    known = subprocess.run([sys.executable, "-c", KNOWN_TABLES], capture_output=True, text=True, check=True).stdout
    assert known.split() == [table.name for table in TABLES]


@EACH_TABLE
def test_it_says_of_each_table_which_kind_it_is(table: Table) -> None:
    assert table.info in (TENANT, CONTROL, REFERENCE), f"{table.name}: give it `info=TENANT` or `info=CONTROL`"


@EACH_TABLE
def test_it_gives_each_table_a_primary_key(table: Table) -> None:
    assert list(table.primary_key.columns), f"{table.name}: rebalancing and moving a site need a primary key"


@EACH_TABLE
def test_it_names_every_constraint_and_index(table: Table) -> None:
    named: list[Constraint | Index] = [*table.constraints, *table.indexes]
    assert all(item.name for item in named), f"{table.name}: constraint violations become refusals by name"
    assert all(len(str(item.name).encode()) <= IDENTIFIER_BYTES_MAX for item in named)


@EACH_TABLE
def test_it_makes_ids_and_times_in_the_program_alone(table: Table) -> None:
    for column in table.columns:
        made_by_the_database = column.server_default, column.computed, column.identity, column.default, column.onupdate
        assert made_by_the_database == (None,) * 5, f"{column}: values are made by the application (rule 2)"
        assert column.autoincrement is not True, f"{column}: ids come from id blocks (rule 2)"
        assert "SERIAL" not in str(CreateColumn(column).compile(dialect=postgresql.dialect())), (
            f"{column}: autoincrement=False"
        )


@EACH_TENANT
def test_it_begins_every_key_of_a_tenant_table_with_the_site(table: Table) -> None:
    site = table.c.site_id
    assert isinstance(site.type, BigInteger), "one type everywhere"
    assert not site.nullable
    keys = {str(table.primary_key.name): list(table.primary_key.columns)}
    keys |= {
        str(constraint.name): list(constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    }
    keys |= {str(index.name): list(index.columns) for index in table.indexes}
    late = [name for name, columns in keys.items() if columns[0] is not site]
    assert not late, f"{table.name}: begin with site_id in {late} (rule 1)"


@EACH_TENANT
def test_it_refers_from_tenant_tables_to_rows_of_the_same_site(table: Table) -> None:
    for key in table.foreign_key_constraints:
        assert key.referred_table.info == TENANT, f"{key.name}: no key between tenant and control data (rule 3)"
        pairs = {(element.parent.name, element.column.name) for element in key.elements}
        assert ("site_id", "site_id") in pairs, f"{key.name}: a key between tenant tables is composite (rule 1)"
        assert key.ondelete != "SET NULL", f"{key.name}: a cluster refuses ON DELETE SET NULL"
        assert not key.deferrable, f"{key.name}: no deferrable tricks (rule 6)"


def test_it_refers_from_control_tables_to_control_tables_alone() -> None:
    for table in TABLES:
        if table.info == CONTROL:
            for key in table.foreign_key_constraints:
                assert key.referred_table.info == CONTROL, f"{key.name}: no key from control to tenant data (rule 3)"


def test_it_distributes_every_tenant_table_once_and_referred_ones_first() -> None:
    statements = distribution_statements()
    distributed = [statement.split("'")[1] for statement in statements]
    assert sorted(distributed) == sorted(TENANT_TABLES)
    assert all("'site_id'" in statement for statement in statements)
    assert "colocate_with" not in statements[0]
    assert all(f"colocate_with => '{distributed[0]}'" in statement for statement in statements[1:])
    for table in TENANTS:
        for key in table.foreign_key_constraints:
            assert distributed.index(key.referred_table.name) < distributed.index(table.name)


def test_it_distributes_only_what_is_not_distributed_yet() -> None:
    tenants = tenant_tables()
    assert distribution_statements(tenants) == []
    for name in tenants:
        (statement,) = distribution_statements([other for other in tenants if other != name])
        assert statement.startswith(f"SELECT create_distributed_table('{name}', 'site_id', colocate_with => '")
        assert f"colocate_with => '{name}'" not in statement
    assert len(distribution_statements(["deal", "unknown"])) == len(tenants) - 1


def test_a_check_compares_what_is_distributed_with_what_should_be() -> None:
    tenants = tenant_tables()
    assert distribution_problems(tenants) == []
    assert distribution_problems([*tenants, "somebody_elses"]) == []
    assert "no table is distributed" in distribution_problems([])[0]
    assert "no table is distributed" in distribution_problems(["somebody_elses"])[0]
    (missing,) = distribution_problems([name for name in tenants if name != "deal"])
    assert missing.startswith("The table deal is not distributed")
    (extra,) = distribution_problems([*tenants, "token"])
    assert "undistribute_table('token')" in extra


def test_it_reads_the_distributed_tables_of_a_cluster(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue of Citus is imitated: a table of its name and columns."""
    with database.write() as connection:
        assert not is_distributed(connection)
        if database.is_sqlite:
            return
        connection.exec_driver_sql('CREATE TABLE pg_dist_partition (logicalrelid regclass, partmethod "char")')
        monkeypatch.setattr(distribution, "has_citus", lambda _connection: True)
        assert not is_distributed(connection), "nothing is distributed yet"
        connection.exec_driver_sql("INSERT INTO pg_dist_partition VALUES ('deal', 'h'), ('call', 'h'), ('site', 'n')")
        assert list_distributed_tables(connection) == ["call", "deal"]
        assert is_distributed(connection)


# What PostgreSQL itself says of the schema that the migrations made.


@pytest.fixture(scope="module")
def catalog(postgresql_server: PostgresqlServer) -> Iterator[psycopg.Connection]:
    """Give a connection to a migrated database, to read its catalog."""
    address = postgresql_server.create(f"schema_catalog{time.time_ns()}")
    database = open_database(address)
    prepare_schema(database)
    database.close()
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


def ask(catalog: psycopg.Connection, question: str) -> list[tuple[object, ...]]:
    return catalog.execute(question).fetchall()


def test_the_catalog_knows_no_sequences_triggers_functions_or_defaults(catalog: psycopg.Connection) -> None:
    ours = "relnamespace = 'public'::regnamespace"
    assert ask(catalog, f"SELECT relname FROM pg_class WHERE relkind IN ('S', 'v', 'm') AND {ours}") == []
    assert ask(catalog, "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal") == []
    assert ask(catalog, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == []
    made = "SELECT relname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE"
    assert ask(catalog, f"{made} atthasdef AND {ours}") == []
    assert ask(catalog, f"{made} attidentity <> '' AND {ours}") == []


def test_the_catalog_begins_every_index_of_a_tenant_table_with_the_site(catalog: psycopg.Connection) -> None:
    rows = ask(
        catalog,
        """SELECT t.relname, i.relname, a.attname FROM pg_index x
           JOIN pg_class t ON t.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
           JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
           WHERE t.relnamespace = 'public'::regnamespace""",
    )
    indexed = defaultdict(list)
    for table, index, first in rows:
        indexed[str(table)].append((index, first))
    assert set(indexed) == {table.name for table in TABLES} | {VERSION_TABLE}
    late = [index for table in TENANT_TABLES for index, first in indexed[table] if first != "site_id"]
    assert not late


def test_the_catalog_has_the_site_as_a_big_number_that_is_never_missing(catalog: psycopg.Connection) -> None:
    rows = ask(
        catalog,
        """SELECT table_name, data_type, is_nullable FROM information_schema.columns
           WHERE table_schema = 'public' AND column_name = 'site_id'""",
    )
    assert {name: (kind, nullable) for name, kind, nullable in rows if name in TENANT_TABLES} == dict.fromkeys(
        TENANT_TABLES, ("bigint", "NO")
    )


def test_the_catalog_refers_inside_a_site_alone(catalog: psycopg.Connection) -> None:
    rows = ask(
        catalog,
        """SELECT conname, t.relname, r.relname, a.attname, b.attname, confdeltype, condeferrable FROM pg_constraint k
           JOIN pg_class t ON t.oid = conrelid JOIN pg_class r ON r.oid = confrelid
           JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = conkey[1]
           JOIN pg_attribute b ON b.attrelid = confrelid AND b.attnum = confkey[1]
           WHERE contype = 'f'""",
    )
    assert rows
    for name, table, referred, column, of, on_delete, deferrable in rows:
        assert (table in TENANT_TABLES) == (referred in TENANT_TABLES), name
        assert on_delete != "n", name
        assert not deferrable, name
        if table in TENANT_TABLES:
            assert (column, of) == ("site_id", "site_id"), name


def test_it_can_be_created_partitioned_by_site_as_a_cluster_would_have_it(postgresql_server: PostgresqlServer) -> None:
    with psycopg.connect(create_partitioned(postgresql_server, "schema_partitioned")) as connection:
        made = ask(connection, "SELECT relname FROM pg_class WHERE relkind = 'p'")
    assert {name for (name,) in made} == TENANT_TABLES


# The auditor itself: it must find what it is there to find.


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT deal.id FROM deal WHERE deal.id = ?",
        "SELECT deal.id FROM deal JOIN deal_tag ON deal_tag.deal_id = deal.id WHERE deal.site_id = ?",
        "SELECT deal.id FROM deal JOIN deal_tag ON deal_tag.site_id = deal.site_id",
        "UPDATE deal SET status=? WHERE deal.id = ?",
        "DELETE FROM deal_tag WHERE deal_tag.deal_id = ?",
        "SELECT deal.id FROM deal WHERE deal.id = ? FOR UPDATE",
        "INSERT INTO deal (id, number) VALUES (?, ?)",
        "INSERT INTO points_day (site_id, day_on, spent) VALUES (?, ?, ?) ON CONFLICT (day_on) DO NOTHING",
        "UPDATE deal SET touched_at=now() WHERE deal.site_id = ?",
        "SELECT visit.id FROM visit WHERE visit.site_id = ? ORDER BY random()",
    ],
)
def test_the_auditor_finds_what_a_cluster_would_refuse(statement: str) -> None:
    assert faults_of(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT site.id FROM site",
        "SELECT deal.id FROM deal WHERE deal.site_id = %(site_id)s AND deal.id = %(id)s",
        "SELECT deal.id FROM deal JOIN deal_tag ON deal_tag.site_id = deal.site_id WHERE deal.site_id = ?",
        "INSERT INTO deal (site_id, id) VALUES (?, ?)",
        "DELETE FROM deal_tag WHERE deal_tag.site_id = ? AND deal_tag.deal_id IN (?)",
    ],
)
def test_the_auditor_lets_pass_what_a_cluster_runs(statement: str) -> None:
    assert not faults_of(statement)
