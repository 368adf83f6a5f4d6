"""Matching the past again goes on after a deadlock with another transaction."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection

from cast import Player, Stage
from dealtrace.accounts.site import Site
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.matching.rematch import run_rematch
from dealtrace.storage.database.engine import open_database
from stored import wait_until_locked
from write_commands import NOON, registration

FIRST, SECOND = "SELECT pg_advisory_xact_lock(1)", "SELECT pg_advisory_xact_lock(2)"


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_chunk_that_a_deadlock_rolled_back_is_run_again(stage: Stage, shop: Player) -> None:
    stage.perform(register_deals, shop, registration("1"))
    other = open_database(stage.database.url.render_as_string(hide_password=False))
    tries = 0

    def read_site(connection: Connection) -> Site:
        """Run into a deadlock, at the first call, in which this transaction is the one that notices."""
        nonlocal tries
        tries += 1
        if tries == 1:
            connection.exec_driver_sql("SET LOCAL deadlock_timeout = '10ms'")
            connection.exec_driver_sql(FIRST)
            following = threads.submit(lambda: rival.exec_driver_sql(FIRST))
            wait_until_locked(stage.database, following)
            connection.exec_driver_sql(SECOND)
        return shop.site

    try:
        with ThreadPoolExecutor(1) as threads, other.write() as rival:
            rival.exec_driver_sql("SET LOCAL deadlock_timeout = '1h'")
            rival.exec_driver_sql(SECOND)
            done = list(run_rematch(stage.database, shop.site, lambda: NOON, read_site=read_site))
    finally:
        other.close()
    assert [at.deals for at in done] == [0, 1]
    assert tries == 3
