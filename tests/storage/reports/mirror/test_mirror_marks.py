"""Whatever changes in the database, the next question finds it in the mirror."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, func, select, update

from cast import Stage
from dealtrace.deals.lead_clue import NO_CLUE
from dealtrace.deals.matchers import Matcher, MatcherKind
from dealtrace.leads.lead import LeadKind
from dealtrace.operations.deals.register import register_deals
from dealtrace.storage.database.column_types import JsonText
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.deals import match_reasons
from dealtrace.storage.reports import currency_rates as stored_rates
from dealtrace.storage.reports import stored_facts
from dealtrace.storage.reports.mirror.marks import MARKED
from dealtrace.storage.schema.tables.marks import mirror_mark
from dealtrace.storage.schema.tables.visits import visit
from dealtrace.storage.visits import credits as stored_credits
from engines import CopySqlite
from examples import drawn
from mirrored import NOON, PHONE, YANDEX, Scene, stored_and_mirrored
from write_commands import by_contact, registration


@pytest.fixture(scope="module")
def database(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Give a SQLite database: PostgreSQL has no mirror."""
    file = tmp_path_factory.mktemp("mirror") / "dealtrace.db"
    opened = open_database(copy_sqlite(file))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def scene(database: Database) -> Scene:
    """Give a site of which the mirror was asked once."""
    made = Scene(Stage(database))
    made.compare()
    return made


def count_marks(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(mirror_mark)).scalar_one()


def other_value(column: "Column[Any]") -> object:
    """Return a value that no row of the scene has in a column."""
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, JsonText):
        return '["changed"]' if column.name == "tags" else '{"branch": "changed"}'
    kind = getattr(column.type, "impl_instance", column.type)
    return 1 if isinstance(kind, BigInteger | Integer) else "changed"


CHANGED = [table for table in MARKED if any(not column.primary_key for column in table.c)]


@pytest.mark.parametrize("table", CHANGED, ids=str)
def test_a_change_of_any_column_reaches_the_mirror(scene: Scene, table: Table) -> None:
    database = scene.stage.database
    with closing(sqlite3.connect(database.file)) as connection:
        for column in drawn(column for column in table.c if not column.primary_key):
            quoted = f'"{column.name}"'
            found = f"SELECT rowid, {quoted} FROM {table.name} WHERE site_id = ? ORDER BY rowid DESC LIMIT 1"
            row, before = connection.execute(found, [scene.shop.site.id]).fetchone()
            changed = f"UPDATE {table.name} SET {quoted} = ? WHERE rowid = ?"
            connection.execute(changed, [other_value(column), row])
            connection.commit()
            stored, mirrored = stored_and_mirrored(database, scene.shop.site)
            assert mirrored == stored, column
            assert count_marks(database) == 0, column
            connection.execute(changed, [before, row])  # what the next column is compared beside
            connection.commit()


REMOVABLE = [table for table in MARKED if table is not visit]
"""Foreign keys keep visits that credits name; their credits go first."""


@pytest.mark.parametrize("table", REMOVABLE, ids=[table.name for table in REMOVABLE])
def test_rows_that_go_and_come_back_reach_the_mirror(scene: Scene, table: Table) -> None:
    with closing(sqlite3.connect(scene.stage.database.file)) as connection:
        rows = connection.execute(f"SELECT * FROM {table.name} WHERE site_id = ?", [scene.shop.site.id]).fetchall()
        connection.execute(f"DELETE FROM {table.name} WHERE site_id = ?", [scene.shop.site.id])
        connection.commit()
        scene.compare()
        places = ", ".join("?" * len(rows[0]))
        connection.executemany(f"INSERT INTO {table.name} VALUES ({places})", rows)
        connection.commit()
    scene.compare()


def test_visits_that_come_late_reach_the_mirror(scene: Scene) -> None:
    scene.stage.visit(scene.shop, NOON - timedelta(days=3), YANDEX)
    scene.compare()


def test_the_reasons_of_a_site_that_does_not_match_by_contact_are_the_same(scene: Scene) -> None:
    stage = scene.stage
    player = stage.open_site(contact_matching=False)
    unknown = (Matcher(MatcherKind.ID, lead_id=1, kinds=(LeadKind.CALL,)),)
    stage.perform(
        register_deals, player,
        registration("by contact", happened_at=NOON, clue=by_contact(PHONE)),
        registration("by matchers", happened_at=NOON, clue=NO_CLUE, matchers=unknown),
    )  # fmt: skip
    stored, mirrored = stored_and_mirrored(stage.database, player.site)
    assert mirrored == stored


def test_page_views_mark_nothing(scene: Scene) -> None:
    with scene.stage.database.write() as connection:
        connection.execute(update(visit).where(visit.c.site_id == scene.shop.site.id).values(seen_at=None))
    assert count_marks(scene.stage.database) == 0


def test_every_table_that_facts_are_selected_from_is_marked() -> None:
    modules = (stored_facts, match_reasons, stored_credits, stored_rates)
    selected = {value for module in modules for value in vars(module).values() if isinstance(value, Table)}
    assert selected == set(MARKED)
