"""Reports that take long: few at once, nobody else waits for them, and those whose clients leave end."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from cast import Player, Stage
from dealtrace.runtime.report_limits import REPORTS_AT_ONCE
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.mirror.mirror import folder_of
from engines import CopySqlite
from server import ServerProcess
from waiting import wait_until

SLOW = """
import itertools
import pathlib
import time

from sqlalchemy import select

from dealtrace.operations.reports import ask as asking

FOLDER = pathlib.Path({folder!r})
NUMBERS = itertools.count()
answer = asking.ask


def answer_slowly(source, *question):
    (FOLDER / f"begun-{{next(NUMBERS)}}").touch()
    while not (FOLDER / "go").exists():
        source.fetch(select(1))
        time.sleep(0.01)
    return answer(source, *question)


asking.ask = answer_slowly
"""
"""Makes each report read until a file says that it may end."""


@pytest.fixture
def slow_server(
    start_server: Callable[..., ServerProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ServerProcess:
    (tmp_path / "sitecustomize.py").write_text(SLOW.format(folder=str(tmp_path)))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return start_server(is_fork=False)


@pytest.fixture
def shop(slow_server: ServerProcess) -> Player:
    database = open_database(slow_server.database_url)
    player = Stage(database).open_site()
    database.close()
    return player


def ask(server: ServerProcess, player: Player) -> httpx.Response:
    return server.http.get("/api/reports", params={"metrics": "deals"}, headers={"Access-Token": player.token})


def begun(folder: Path) -> int:
    return len(list(folder.glob("begun-*")))


def test_reports_whose_clients_leave_end_and_pile_nothing_up(
    slow_server: ServerProcess, shop: Player, tmp_path: Path
) -> None:
    request = f"GET /api/reports?metrics=deals HTTP/1.1\r\nHost: x\r\nAccess-Token: {shop.token}\r\n\r\n".encode()
    for number in range(2 * REPORTS_AT_ONCE + 1):
        with socket.create_connection(("127.0.0.1", slow_server.port)) as client:
            client.sendall(request)
            wait_until(lambda number=number: begun(tmp_path) > number)  # type: ignore[misc]
        wait_until(lambda number=number: slow_server.logged.count('"code":10082') > number)  # type: ignore[misc]
    (tmp_path / "go").touch()
    assert ask(slow_server, shop).status_code == 200


def test_beyond_those_that_run_a_report_is_refused_and_deals_are_registered_all_the_while(
    slow_server: ServerProcess, shop: Player, tmp_path: Path
) -> None:
    with ThreadPoolExecutor(REPORTS_AT_ONCE) as clients:
        running = [clients.submit(ask, slow_server, shop) for _ in range(REPORTS_AT_ONCE)]
        wait_until(lambda: begun(tmp_path) == REPORTS_AT_ONCE)
        refused = ask(slow_server, shop)
        assert (refused.status_code, refused.json()["errorCode"]) == (503, "10080")
        assert int(refused.headers["retry-after"]) > 0
        assert slow_server.register(shop.token).status_code == 200
        assert slow_server.journal(shop.token, shop.site.id).json()["recordsTotal"] == 1
        (tmp_path / "go").touch()
        assert [each.result().status_code for each in running] == [200] * REPORTS_AT_ONCE


@pytest.mark.parametrize("memory", [0, 256])
def test_there_is_a_mirror_only_where_it_may_take_memory(
    tmp_path: Path, start_server_on: Callable[..., ServerProcess], copy_sqlite: CopySqlite, memory: int
) -> None:
    file = tmp_path / "own.db"
    copy_sqlite(file)
    server = start_server_on(f"sqlite:///{file}", mirror_memory=memory)
    database = open_database(server.database_url)
    player = Stage(database).open_site()
    answer = server.http.get("/api/reports", params={"metrics": "deals"}, headers={"Access-Token": player.token})
    assert answer.status_code == 200, answer.text
    assert folder_of(database).exists() is bool(memory)
    database.close()
