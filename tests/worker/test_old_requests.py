"""Old requests are deleted from the journal although their site sends no more; a journal that is off is emptied."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import stored
from cast import Player, Stage
from commands import CommandLine, Terminal
from dealtrace.accounts.api_request import ApiRequest
from dealtrace.operations.requests.delete import DELETED_MAX
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.storage.accounts.api_requests import RequestQuery, list_requests
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.worker.old_requests import OldRequests
from guests import member_of, text_of
from server import ServerProcess
from waiting import wait_until
from write_commands import open_write_queue, run

NOW = datetime.now(UTC)
NO_SITE = 0
MANY = 2 * DELETED_MAX + 10


def journal(database: Database, site_id: int, *days_ago: float) -> None:
    """Journal a request of a site, or of none, for each of its ages."""
    requests = [
        ApiRequest(
            site_id, NOW - timedelta(days=days), f"r{number}", None, "GET", "/x", {}, 200, None, None, None, timedelta()
        )
        for number, days in enumerate(days_ago)
    ]  # fmt: skip
    stored.journal(database, requests)


def names(database: Database, site_id: int) -> list[str]:
    with database.read() as connection:
        return [request.request_id for request in list_requests(connection, site_id, RequestQuery(), 10 * MANY)]


def test_old_requests_of_sites_that_send_nothing_are_deleted(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(requests_kept_days=3)
    database = open_database(server.database_url)
    silent, other = Stage(database).open_site().site.id, Stage(database).open_site().site.id
    server.stop()
    for site_id in (silent, other, NO_SITE):
        journal(database, site_id, 4, 2)
    server.start()
    for site_id in (silent, other, NO_SITE):
        wait_until(lambda site_id=site_id: names(database, site_id) == ["r1"])
    database.close()


def test_a_sweep_deletes_in_parts(database: Database, stage: Stage, shop: Player) -> None:
    neighbour, read_pool = stage.open_site(), ReadPool(database, 1)
    journal(database, shop.site.id, 2, *(4 + number / 1e6 for number in range(MANY)))
    journal(database, neighbour.site.id, *([4.0] * (DELETED_MAX + 10)), 2)

    async def story() -> None:
        async with open_write_queue(database) as write_queue:
            await OldRequests(read_pool, write_queue, kept_days=3).delete()

    run(story)
    assert names(database, shop.site.id) == ["r0"]
    assert names(database, neighbour.site.id) == [f"r{DELETED_MAX + 10}"]
    read_pool.stop()


def test_a_journal_that_is_off_is_emptied_and_says_so(
    start_server: Callable[..., ServerProcess], command_line: CommandLine, tmp_path: Path
) -> None:
    server = start_server(requests_kept_days=0)
    database = open_database(server.database_url)
    stage = Stage(database)
    site_id = stage.open_site().site.id
    server.stop()
    journal(database, site_id, 0.1, 4)
    server.start()
    wait_until(lambda: names(database, site_id) == [])
    guest = member_of(server, stage, site_id)
    assert "The journal is off" in text_of(guest.get("requests").text)
    assert "not known: the journal of requests is off" in text_of(guest.get("settings/tokens").text)
    beside = Terminal(command_line, server.database_url, tmp_path)
    said = beside.run("requests", "tail", requests_kept_days="0")
    assert (said.status, said.out) == (0, "")
    assert "The journal of requests is off" in said.err
    assert beside.done("requests", "tail").err == ""
    database.close()
