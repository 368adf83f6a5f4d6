"""A real Citus cluster, for whoever has one: `DEALTRACE_CITUS_URL` names an empty database with the extension."""

import os
from collections.abc import Iterator

import pytest

from cast import Stage
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.write_command import WriteCommand
from dealtrace.storage.database.database_errors import is_lost_race
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.distribution import (
    distribution_problems,
    distribution_statements,
    is_distributed,
    list_distributed_tables,
)
from dealtrace.storage.schema.upgrade import prepare_schema
from write_commands import open_write_queue, registration, run

URL = os.environ.get("DEALTRACE_CITUS_URL", "")

pytestmark = pytest.mark.skipif(not URL, reason="no Citus here: DEALTRACE_CITUS_URL names a database with it")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Database]:
    database = open_database(URL)
    prepare_schema(database)
    with database.write() as connection:
        for statement in distribution_statements(list_distributed_tables(connection)):
            connection.exec_driver_sql(statement)
    yield database
    database.close()


def test_all_tables_of_sites_are_distributed(cluster: Database) -> None:
    with cluster.read() as connection:
        assert is_distributed(connection)
        assert distribution_problems(list_distributed_tables(connection)) == []


def test_several_sites_register_together(cluster: Database) -> None:
    stage = Stage(cluster)
    players = [stage.open_site() for _ in range(8)]

    async def story() -> None:
        async with open_write_queue(cluster) as write_queue:
            for player in players:
                for number in ("1", "2", "1"):
                    command = WriteCommand(registration(number), player.token_id)
                    await write_queue.write(register_deals, player.site, command)

    run(story)


def test_a_broken_key_is_a_lost_race(cluster: Database) -> None:
    player = Stage(cluster).open_site()
    row = f"INSERT INTO custom_field (site_id, name, added_at) VALUES ({player.site.id}, 'x', 0)"
    with cluster.write() as connection:
        connection.exec_driver_sql(row)
    with pytest.raises(Exception) as raised, cluster.write() as connection:  # noqa: PT011 - its class is what is judged
        connection.exec_driver_sql(row)
    assert is_lost_race(raised.value)
