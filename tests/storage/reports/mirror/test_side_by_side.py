"""A mirror is built in parts, two of them at one time: each in a transaction of its own, and all of them whole."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from cast import Stage
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.reports.mirror import lead_touches
from dealtrace.storage.reports.mirror.library import THREADS, MirrorConnection, MirrorFault, connect
from engines import CopySqlite
from mirrored import Scene


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[MirrorConnection]:
    with closing(connect(tmp_path / "facts.duckdb", 64, tmp_path / "spilled")) as opened:
        opened.execute("CREATE TABLE part (number BIGINT, written_in BIGINT)")
        yield opened


def inserting(number: int) -> str:
    return f"INSERT INTO part SELECT {number}, txid_current()"


@pytest.mark.parametrize("parts", [0, 1, 2, 5])
def test_all_parts_are_stored_in_a_transaction_for_each_thread(mirror: MirrorConnection, parts: int) -> None:
    mirror.execute_side_by_side([inserting(number) for number in range(parts)])
    assert mirror.execute("SELECT number FROM part ORDER BY number") == [(number,) for number in range(parts)]
    ((transactions,),) = mirror.execute("SELECT count(DISTINCT written_in) FROM part")
    assert transactions == min(parts, THREADS)


def test_a_part_that_fails_fails_the_whole(mirror: MirrorConnection) -> None:
    with pytest.raises(MirrorFault, match="no_such_table"):
        mirror.execute_side_by_side([inserting(1), inserting(2), "INSERT INTO part FROM no_such_table", inserting(4)])
    assert mirror.execute("SELECT number FROM part WHERE number > 2") == []


def test_a_mirror_of_several_parts_has_what_the_database_has(
    monkeypatch: pytest.MonkeyPatch, copy_sqlite: CopySqlite, tmp_path: Path
) -> None:
    monkeypatch.setattr(lead_touches, "_AT_ONCE", 2)
    gather_all, found = lead_touches.gather_all, []

    def gathering(mirror: MirrorConnection, catalog: str) -> list[str]:
        found.append(gather_all(mirror, catalog))
        return found[-1]

    monkeypatch.setattr(lead_touches, "gather_all", gathering)
    with closing(open_database(copy_sqlite(tmp_path / "dealtrace.db"))) as database:
        Scene(Stage(database)).compare()
    assert [len(parts) > THREADS for parts in found] == [True]
