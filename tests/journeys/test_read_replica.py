"""A server whose journals are read from a replica that is away, or knows nothing yet."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from account_work import account_work
from cast import Player, Stage, moscow
from dealtrace.attribution.traffic_source import TrafficSource
from dealtrace.operations.deals.register import register_deals
from dealtrace.operations.reports.manage_segments import add_segment
from dealtrace.reports.saved_items.names import SavedName
from dealtrace.storage.accounts.revision import find_revision, raise_revision
from dealtrace.storage.database.engine import open_database
from postgresql import PostgresqlServer
from server import REST, ServerProcess
from waiting import wait_until
from write_commands import registration


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize("is_away", [True, False], ids=["away", "behind"])
def test_registering_and_journals_do_not_need_the_replica(
    start_server: Callable[..., ServerProcess], postgresql_server: PostgresqlServer, tmp_path: Path, is_away: bool
) -> None:
    replica = (
        f"postgresql://dealtrace@/away?host={tmp_path}"
        if is_away
        else postgresql_server.create(f"behind{tmp_path.name.lower().replace('-', '')}", "dealtrace_template")
    )
    server = start_server(read_database_url=replica)
    assert server.http.get("/readyz").status_code == 200
    database = open_database(server.database_url)
    player = Stage(database).open_site()
    database.close()
    assert server.register(player.token, orderNumber="1").status_code == 200
    journal = server.journal(player.token, player.site.id)
    assert journal.status_code == 200
    assert journal.json()["recordsTotal"] == 1
    if is_away:
        wait_until(lambda: server.logged.count("replica_away") == 1)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_lead_request_is_answered_with_its_visit_though_the_replica_is_behind(
    start_server: Callable[..., ServerProcess], postgresql_server: PostgresqlServer, tmp_path: Path
) -> None:
    server, stage, player, make_alike = behind(start_server, postgresql_server, tmp_path)
    visit = stage.visit(player, moscow("2026-03-26"), TrafficSource("yandex", "cpc"))
    make_alike()
    sent = {"phoneNumber": "79205550055", "sessionId": str(visit.id)}
    answer = server.http.get(f"{REST}/requests/{player.site.id}/register", params=sent)
    assert answer.json()["session"]["source"] == "yandex"
    stage.database.close()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize("path", ["/api/reports", "/api/reports.csv", "/api/reports/rows"])
def test_a_report_knows_a_segment_that_the_replica_lacks(
    start_server: Callable[..., ServerProcess], postgresql_server: PostgresqlServer, tmp_path: Path, path: str
) -> None:
    server, stage, player, make_alike = behind(start_server, postgresql_server, tmp_path)
    with stage.database.write() as connection:
        add_segment(
            account_work(connection, moscow("2026-03-26")).at(player.site), SavedName("new", None), ["source:filled"]
        )
    make_alike()
    asked = {"metrics": "deals", "segment": "new"}
    answer = server.http.get(path, params=asked, headers={"Access-Token": player.token})
    assert answer.status_code == 200, answer.text
    stage.database.close()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_page_begins_where_the_page_before_ended_though_the_replica_does_not_know_where(
    start_server: Callable[..., ServerProcess], postgresql_server: PostgresqlServer, database_url: str
) -> None:
    """Another deal comes in before the place that was reached: there counted rows would show one again."""
    with closing(open_database(database_url)) as database:
        player = Stage(database).open_site()
        for hour in range(10, 14):
            register_on(Stage(database), player, hour)
    primary = database_url.partition("?")[0].rpartition("/")[2]
    replica = postgresql_server.create(f"copy{primary}", primary)
    server = start_server(database_url, read_database_url=replica)

    def numbers_on(page: int) -> list[str]:
        records = server.journal(player.token, player.site.id, page=page, limit=2).json()["records"]
        return [record["orderNumber"] for record in records]

    assert numbers_on(1) == ["10", "11"]
    for url in (database_url, replica):
        with closing(open_database(url)) as database:
            register_on(Stage(database), player, 9)
    assert numbers_on(2) == ["12", "13"]


def register_on(stage: Stage, player: Player, hour: int) -> None:
    """Register a deal of an hour, which is its number."""
    at = moscow("2018-03-26", f"{hour:02}:00:00")
    stage.perform(register_deals, player, registration(str(hour), happened_at=at), now=at)


def behind(
    start_server: Callable[..., ServerProcess], postgresql_server: PostgresqlServer, tmp_path: Path
) -> tuple[ServerProcess, Stage, Player, Callable[[], None]]:
    """Start a server with an empty replica; return its stage, a site, and what gives the replica the same revision."""
    replica = postgresql_server.create(f"late{tmp_path.name.lower().replace('-', '')}", "dealtrace_template")
    server = start_server(read_database_url=replica)
    stage = Stage(open_database(server.database_url))
    player = stage.open_site()

    def make_alike() -> None:
        with stage.database.read() as connection:
            revision = find_revision(connection)
        with closing(open_database(replica)) as late, late.write() as connection:
            for _ in range(revision):
                raise_revision(connection)

    return server, stage, player, make_alike
