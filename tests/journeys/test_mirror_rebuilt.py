"""A mirror that had to be built again: the probe, the log, the metrics and `dealtrace doctor` name the cause."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from cast import Stage
from commands import CommandLine, Terminal
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.mirror.mirror import file_of
from engines import CopySqlite
from server import ServerProcess
from waiting import wait_until


def mirror_of(server: ServerProcess) -> dict[str, Any]:
    """Return what the probe says of the mirror; empty while its file is missing because it is being built."""
    mirror: dict[str, Any] = server.http.get("/readyz").json().get("mirror", {})
    return mirror


def test_a_rebuild_is_named_wherever_an_operator_looks(
    start_server_on: Callable[..., ServerProcess], command_line: CommandLine, copy_sqlite: CopySqlite, tmp_path: Path
) -> None:
    file = tmp_path / "own.db"
    copy_sqlite(file)
    url = f"sqlite:///{file}"
    database = open_database(url)
    player = Stage(database).open_site()
    server = start_server_on(url)

    def ask() -> None:
        asked = {"from": "2026-11-01", "to": "2026-11-30", "metrics": "deals"}
        answer = server.http.get("/api/reports", params=asked, headers={"Access-Token": player.token})
        assert answer.status_code == 200, answer.text

    ask()
    wait_until(lambda: mirror_of(server))
    assert "rebuilt" not in mirror_of(server)
    file_of(database).write_bytes(b"no DuckDB file")
    ask()

    def cause_of_rebuild() -> str:
        return str(mirror_of(server).get("rebuilt", {}).get("because", ""))

    wait_until(lambda: "not a valid DuckDB" in cause_of_rebuild())
    cause = cause_of_rebuild()
    wait_until(lambda: '"event":"mirror_rebuilt"' in server.logged)
    assert "dealtrace_mirror_rebuilt_timestamp_seconds 1." in server.http.get("/metrics").text
    assert cause in " ".join(Terminal(command_line, url, tmp_path).run("doctor").out.split())
    database.close()
