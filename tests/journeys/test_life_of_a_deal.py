"""From `dealtrace serve` on nothing to a deal that was deleted and came back."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from commands import CommandLine, Terminal
from dealtrace.storage.database.engine import open_database
from load import Load
from postgresql import PostgresqlServer
from server import ServerProcess
from waiting import wait_until

StartServer = Callable[..., ServerProcess]


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Tell the address of a database with nothing in it, on each engine."""
    if engine_name == "sqlite":
        return f"sqlite:///{tmp_path / 'own.db'}"
    postgresql: PostgresqlServer = request.getfixturevalue("postgresql_server")
    return postgresql.create(f"journey_{request.node.name.split('[')[0][-40:]}")


def test_a_newcomer_brings_a_deal_from_first_start_to_restore(
    start_server: StartServer, command_line: CommandLine, empty_url: str, tmp_path: Path
) -> None:
    server = start_server(database_url=empty_url)
    terminal = Terminal(command_line, empty_url, tmp_path)
    token = re.findall(r"shown only once: (\S+)", server.printed)[0]

    def records(**parameters: Any) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = server.journal(token, 1, **parameters).json()["records"]
        return listed

    made = server.register(token, orderNumber="1C-00000042", orderSum="1 000,50", tags="опт,срочно", source="выставка")
    deal_id = made.json()["orderId"]
    assert (
        server.register(
            token, orderNumber="1C-00000042", orderSum="1 000,50", tags="опт,срочно", source="выставка"
        ).json()
        == made.json()
    )
    changed = server.update(token, orderId=deal_id, status="won", orderSum="6000").json()
    assert (changed["order"]["status"], changed["order"]["sum"]) == ("won", "6000.0000")
    (record,) = records()
    assert (record["orderStatus"], record["plannedAmount"], record["visit"]["source"]) == ("won", 6000, "выставка")

    assert server.stop() == 0
    server.start()
    assert records() == [record]

    assert server.delete(token, orderNumber="1C-00000042").status_code == 200
    assert records() == []
    assert server.update(token, orderId=deal_id, status="lost").status_code == 400
    terminal.done("deal", "restore", "1C-00000042")
    (back,) = records(withOrdersTags="true")
    assert back["tags"][0]["names"] == ["опт", "срочно"]
    kinds = [item["kind"] for item in terminal.json("deal", "history", str(deal_id))]
    assert kinds == ["registered", "changed", "deleted", "restored"]
    assert terminal.json("site", "list")[0]["pointsSpentToday"] == 1 + 1 + 1 + 4
    assert [item["kind"] for item in terminal.run("doctor", "--json").json] == ["users", "statuses"]
    terminal.done("db", "check")


def test_a_server_that_is_stopped_under_load_has_every_acknowledged_deal(start_server: StartServer) -> None:
    server = start_server()
    token = re.findall(r"shown only once: (\S+)", server.printed)[0]
    with Load(server, token, "stopped") as load:
        wait_until(lambda: len(load.acknowledged) > 10)
        assert server.stop() == 0
        acknowledged = load.acknowledged
    assert len(acknowledged) > 10
    assert set(load.statuses) <= {200, 503}
    server.start()
    kept = deals_of(server)
    assert {number: kept.get(number) for number in acknowledged} == acknowledged
    number, deal_id = next(iter(acknowledged.items()))
    assert (
        server.http.get("/calls-service/RestAPI/orders/register/", params=load.parameters(number)).json()["orderId"]
        == deal_id
    )


def deals_of(server: ServerProcess) -> dict[str, int]:
    """Read the deals there are, by their numbers."""
    database = open_database(server.database_url)
    with database.read() as connection:
        kept = {number: deal_id for number, deal_id in connection.execute(text("SELECT number, id FROM deal"))}  # noqa: C416
    database.close()
    return kept
