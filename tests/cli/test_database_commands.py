"""`dealtrace db`, and how every command meets a database that is not as it should be."""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from cast import Stage
from commands import CommandLine, Terminal, run_on_screen
from dealtrace.cli.database.distribute import summarize_distribution
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.schema.upgrade import newest_revision
from server import free_port
from write_commands import registration


def age(url: str, revision: str) -> None:
    """Make a database look as if another release had made it."""
    database = open_database(url)
    with database.write() as connection:
        connection.execute(text("UPDATE schema_version SET version_num = :revision"), {"revision": revision})
    database.close()


def file_of(terminal: Terminal) -> Path:
    return Path(terminal.url.removeprefix("sqlite:///"))


def on_sqlite(command_line: CommandLine, folder: Path, name: str = "own.db") -> Terminal:
    """Give a terminal on a SQLite file that is not there yet."""
    return Terminal(command_line, f"sqlite:///{folder / name}", folder)


def test_a_database_of_this_release_is_whole_and_upgrading_it_changes_nothing(terminal: Terminal) -> None:
    terminal.done("site", "create", "Shop")
    assert str(newest_revision()) in terminal.done("db", "upgrade").out
    assert "intact" in terminal.done("db", "check").out
    assert terminal.json("site", "list")[0]["name"] == "Shop"


def test_a_database_of_another_release_is_refused_naming_the_cure(terminal: Terminal) -> None:
    age(terminal.url, "0000")
    for command in (("serve", "--port", str(free_port())), ("site", "list"), ("doctor",), ("db", "check")):
        assert "dealtrace db upgrade" in terminal.refused(*command)


def test_a_database_of_a_newer_release_is_named_as_such(terminal: Terminal) -> None:
    age(terminal.url, "9999")
    for command in (
        ("serve", "--port", str(free_port())),
        ("site", "list"),
        ("doctor",),
        ("db", "check"),
        ("db", "upgrade"),
    ):
        assert "a newer release created it" in terminal.refused(*command)


def test_check_and_upgrade_make_no_database(command_line: CommandLine, tmp_path: Path) -> None:
    terminal = on_sqlite(command_line, tmp_path)
    for command in ("check", "upgrade"):
        assert "There is no Dealtrace database" in terminal.refused("db", command)
        assert not file_of(terminal).exists()


def test_a_database_of_another_program_is_refused_by_every_command(command_line: CommandLine, tmp_path: Path) -> None:
    terminal = on_sqlite(command_line, tmp_path)
    with sqlite3.connect(file_of(terminal)) as connection:
        connection.execute("CREATE TABLE groceries (name TEXT)")
    connection.close()
    for command in (("serve", "--port", str(free_port())), ("site", "list"), ("db", "check"), ("db", "upgrade")):
        said = terminal.refused(*command)
        assert "tables of another program" in said
        assert "DEALTRACE_DATABASE_URL" in said
        assert "db upgrade" not in said


def test_check_finds_what_the_schema_lacks(terminal: Terminal) -> None:
    database = open_database(terminal.url)
    with database.write() as connection:
        connection.execute(text("DROP TABLE unknown_field"))
    database.close()
    assert "unknown_field" in terminal.refused("db", "check")


def test_check_finds_miscounted_days_and_recount_mends_them(terminal: Terminal) -> None:
    database = open_database(terminal.url)
    stage = Stage(database)
    for player in (stage.open_site(), stage.open_site()):
        stage.perform(register_deals, player, registration("1"), registration("2"))
    terminal.done("db", "check")
    with database.write() as connection:
        connection.execute(text("UPDATE deal_day SET deals = 7 WHERE site_id = 2 AND moment = 'happened_at'"))
    said = terminal.refused("db", "check")
    assert "Site 2: deal counts are wrong on 1 day, first on 2018-03-26" in said
    assert "dealtrace db recount" in said
    assert "2 sites" in terminal.done("db", "recount").out
    terminal.done("db", "check")
    database.close()


def test_check_finds_a_row_that_refers_to_nothing(command_line: CommandLine, tmp_path: Path) -> None:
    terminal = on_sqlite(command_line, tmp_path)
    terminal.done("site", "create", "Shop")
    with sqlite3.connect(file_of(terminal)) as connection:
        connection.execute("INSERT INTO membership (user_id, site_id, role) VALUES (7, 1, 'reader')")
    connection.close()
    assert "membership" in terminal.refused("db", "check")


def test_check_finds_damage_in_the_file(command_line: CommandLine, tmp_path: Path) -> None:
    terminal = on_sqlite(command_line, tmp_path)
    for number in range(2):
        terminal.done("site", "create", f"Shop {number}")
    content = bytearray(file_of(terminal).read_bytes())
    for page in range(4096 * 2, len(content), 4096):
        content[page : page + 64] = os.urandom(64)
    file_of(terminal).write_bytes(content)
    assert "damaged" in terminal.refused("db", "check")


def test_a_file_that_is_no_database_is_refused_by_every_command(command_line: CommandLine, tmp_path: Path) -> None:
    terminal = on_sqlite(command_line, tmp_path)
    file_of(terminal).write_bytes(b"These are my notes. " * 1000)
    assert "not a SQLite database" in terminal.refused("db", "check")
    for command in (
        ("site", "list"),
        ("serve", "--port", str(free_port())),
        ("db", "upgrade"),
        ("doctor",),
        ("backup", "copy.db"),
    ):
        assert "not a database" in terminal.refused(*command)
    assert not (tmp_path / "copy.db").exists()
    assert not (tmp_path / "copy.db.partial").exists()


def test_a_database_that_cannot_be_reached_is_stated_in_a_line(command_line: CommandLine, tmp_path: Path) -> None:
    for url, word in (
        ("sqlite:////nowhere/to/be/found.db", "/nowhere/to/be/found.db"),
        ("postgresql://dealtrace:hidden@127.0.0.1:1/dealtrace", "refused"),
        (f"postgresql://dealtrace@/dealtrace?host={tmp_path}", "No such file"),
        ("mysql://root@localhost/x", "DEALTRACE_DATABASE_URL"),
        ("postgresql://dealtrace@:nonsense:1/x", "DEALTRACE_DATABASE_URL"),
        ("sqlite:///", "DEALTRACE_DATABASE_URL"),
        ("sqlite:///:memory:", "DEALTRACE_DATABASE_URL"),
        ("nonsense", "DEALTRACE_DATABASE_URL"),
    ):
        for command in (("site", "list"), ("db", "check")):
            said = Terminal(command_line, url, tmp_path).refused(*command)
            assert word in said or "not found" in said
            assert "hidden" not in said


def test_distribute_states_its_statements(terminal: Terminal) -> None:
    statements = terminal.done("db", "distribute", "--dry-run").out.splitlines()
    assert all(
        statement.startswith("SELECT create_distributed_table('") and statement.endswith(";")
        for statement in statements
    )
    assert all("'site_id'" in statement for statement in statements)
    assert {"deal", "deal_version", "call"} < {statement.split("'")[1] for statement in statements}


def test_distribute_refuses_what_is_no_cluster(terminal: Terminal) -> None:
    word = "SQLite is a single file" if terminal.url.startswith("sqlite") else "Citus is not installed"
    assert word in terminal.refused("db", "distribute")


@pytest.mark.parametrize(
    ("added", "before", "said"),
    [
        (20, [], "Distributed 20 tables by site_id."),
        (1, ["deal"], "Distributed 1 table by site_id. 1 table had been distributed before."),
        (0, ["deal", "call"], "All tables are already distributed by site_id."),
    ],
)
def test_distribute_says_what_it_did(added: int, before: list[str], said: str) -> None:
    assert summarize_distribution(added, before) == said


IMITATED_CITUS = (
    "INSERT INTO pg_extension SELECT 99999, 'citus', extowner, extnamespace, false, '13.2' FROM pg_extension LIMIT 1",
    'CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char")',
    """CREATE FUNCTION create_distributed_table(name regclass, place text, colocate_with text DEFAULT '') RETURNS void
    LANGUAGE SQL AS $$ INSERT INTO pg_dist_partition VALUES (name, 'h') $$""",
)
"""What a database has that commands look for to know Citus; the tables stay where they are."""


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_cluster_is_distributed_once_and_checked(terminal: Terminal) -> None:
    terminal.done("site", "list")
    database = open_database(terminal.url)
    with database.write() as connection:
        connection.execute(text("SET LOCAL allow_system_table_mods = on"))
        for statement in IMITATED_CITUS:
            connection.exec_driver_sql(statement)
    assert "no table is distributed" in terminal.refused("db", "check")
    assert "Distributed" in terminal.done("db", "distribute").out
    assert terminal.done("db", "distribute").out == "All tables are already distributed by site_id.\n"
    assert terminal.done("db", "distribute", "--dry-run").out == ""
    terminal.done("db", "check")
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM pg_dist_partition WHERE logicalrelid = 'deal'::regclass")
    assert "The table deal is not distributed" in terminal.refused("db", "check")
    assert "Distributed 1 table by site_id." in terminal.done("db", "distribute").out
    database.close()


def test_distribute_wants_the_schema_of_this_release(terminal: Terminal) -> None:
    if terminal.url.startswith("sqlite"):
        return
    age(terminal.url, "0001")
    assert "db upgrade" in terminal.refused("db", "distribute")


def test_all_faulty_settings_are_stated_at_once(terminal: Terminal) -> None:
    said = terminal.refused(
        "serve", port="0", rate_per_second="fast", log_level="LOUD", trusted_proxies="here", redis_url="memory"
    )
    assert [line.partition(":")[0] for line in said.splitlines()] == [
        "DEALTRACE_PORT",
        "DEALTRACE_RATE_PER_SECOND",
        "DEALTRACE_REDIS_URL",
        "DEALTRACE_TRUSTED_PROXIES",
        "DEALTRACE_LOG_LEVEL",
    ]


def test_settings_come_from_a_file_too(command_line: CommandLine, tmp_path: Path) -> None:
    terminal = on_sqlite(command_line, tmp_path)
    (tmp_path / "dealtrace.toml").write_text("points_per_day = 7\n")
    terminal.done("site", "create", "By TOML")
    (tmp_path / ".env").write_text("DEALTRACE_POINTS_PER_DAY=8\n")
    terminal.done("site", "create", "By .env")
    terminal.done("site", "create", "By environment", points_per_day="9")
    assert [site["pointsPerDay"] for site in terminal.json("site", "list")] == [7, 8, 9]
    (tmp_path / "dealtrace.toml").write_text("points_per_day = [\n")
    assert "dealtrace.toml" in terminal.refused("site", "list")


def test_commands_that_start_together_make_a_new_database_once(command_line: CommandLine, tmp_path: Path) -> None:
    """A container may start its server and its first commands together."""
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders:
        folder.mkdir()
    terminals = [Terminal(command_line, f"sqlite:///{tmp_path / 'own.db'}", folder) for folder in folders]
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda item: item.json("site", "create", "Shop"), terminals))
    assert sorted(site["siteId"] for site in made) == [1, 2, 3]


@pytest.mark.parametrize("option", [(), ("--anew",)])
def test_a_person_at_a_terminal_sees_which_table_of_the_mirror_is_being_filled(
    command_line: CommandLine, tmp_path: Path, option: tuple[str, ...]
) -> None:
    terminal = on_sqlite(command_line, tmp_path, "mirrored.db")
    terminal.done("site", "create", "Shop")
    if option:
        terminal.done("db", "mirror")
    shown = run_on_screen(terminal, "db", "mirror", *option, stream="err", COLUMNS="100")
    assert "costs" in shown
    assert "100%" in shown
