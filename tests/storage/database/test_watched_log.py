"""What SQLite writes to a file is no loss, in whatever order looks and checkpoints come; what others write is one."""

import gc
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dealtrace.runtime.database_watch import DatabaseWatch
from dealtrace.storage.database.engine import open_database
from dealtrace.storage.database.file_writes import FileWrites
from dealtrace.storage.database.sqlite_file import ServedFiles, remember_files
from dealtrace.storage.schema.upgrade import prepare_schema

WRITES = 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.db"


@pytest.fixture
def served(file: Path) -> Iterator[ServedFiles]:
    """Open a database and remember its files, as a server does."""
    with closing(open_database(f"sqlite:///{file}")) as database:
        prepare_schema(database)
        yield remember_files(database)


def write(file: Path, *statements: str) -> None:
    """Run statements as another program does that uses SQLite."""
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE IF NOT EXISTS filling (number INTEGER PRIMARY KEY, content)")
        for statement in statements:
            other.execute(statement).fetchall()


FILL = "INSERT INTO filling (content) VALUES (randomblob(9000))"
CHANGES: dict[str, tuple[str, ...]] = {
    "a commit": (FILL,),
    "a passive checkpoint": (FILL, "PRAGMA wal_checkpoint(PASSIVE)"),
    "a full checkpoint": (FILL, "PRAGMA wal_checkpoint(FULL)"),
    "a checkpoint that begins the log anew": (FILL, "PRAGMA wal_checkpoint(RESTART)", FILL),
    "a checkpoint that empties the log": (FILL, "PRAGMA wal_checkpoint(TRUNCATE)"),
    "two checkpoints": (FILL, "PRAGMA wal_checkpoint(TRUNCATE)", FILL, "PRAGMA wal_checkpoint(TRUNCATE)"),
    "a file that shrinks": (FILL, FILL, "DELETE FROM filling", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"),
}


@pytest.mark.parametrize("statements", CHANGES.values(), ids=CHANGES)
def test_what_sqlite_writes_is_no_loss(served: ServedFiles, file: Path, statements: tuple[str, ...]) -> None:
    for _ in range(3):
        write(file, *statements)
        assert served.find_lost() is None


def test_looks_in_the_midst_of_checkpoints_find_no_loss(served: ServedFiles, file: Path) -> None:
    has_ended = threading.Event()

    def fill() -> None:
        kinds = ("PASSIVE", "FULL", "RESTART", "TRUNCATE")
        for number in range(WRITES):
            write(file, FILL, f"PRAGMA wal_checkpoint({kinds[number % len(kinds)]})")
        has_ended.set()

    filling = threading.Thread(target=fill)
    filling.start()
    looks = 0
    while not has_ended.is_set():
        assert served.find_lost() is None
        looks += 1
    filling.join()
    assert looks > 0


def overwrite(file: Path, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.write(content)


DAMAGES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "the file": ("", lambda file: overwrite(file, file.read_bytes())),
    "the file, of which a page is cut off": ("", lambda file: os.truncate(file, file.stat().st_size - 4096)),
    "the file, to which a page is added": ("", lambda file: os.truncate(file, file.stat().st_size + 4096)),
    "the log, emptied": ("-wal", lambda log: os.truncate(log, 0)),
    "the log, of which a byte is cut off": ("-wal", lambda log: os.truncate(log, log.stat().st_size - 4097)),
    "the log, filled with zeros": ("-wal", lambda log: overwrite(log, bytes(log.stat().st_size))),
    "the index, emptied": ("-shm", lambda index: os.truncate(index, 0)),
}


@pytest.mark.parametrize(("companion", "damage"), DAMAGES.values(), ids=DAMAGES)
def test_what_others_write_is_a_loss_that_stays(
    served: ServedFiles, file: Path, companion: str, damage: Callable[[Path], None]
) -> None:
    write(file, FILL)
    assert served.find_lost() is None
    damaged = file.with_name(file.name + companion)
    content = damaged.read_bytes()
    damage(damaged)
    assert served.find_lost() == damaged
    assert served.is_overwritten
    overwrite(damaged, content)
    assert served.find_lost() == damaged


TOUCHES: dict[str, Callable[[Path], object]] = {
    "touch": lambda file: file.touch(),
    "a time of the past": lambda file: os.utime(file, (1_000_000_000, 1_000_000_000)),
    "its mode": lambda file: file.chmod(0o640),
    "opened for writing": lambda file: file.open("r+b").close(),
}


@pytest.mark.parametrize("companion", ["", "-wal", "-shm"])
@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_a_file_that_is_only_touched_is_no_loss(
    served: ServedFiles, file: Path, touch: Callable[[Path], object], companion: str
) -> None:
    for _ in range(2):
        touch(file.with_name(file.name + companion))
        assert served.find_lost() is None
        write(file, FILL, "PRAGMA wal_checkpoint(PASSIVE)")
        assert served.find_lost() is None
    overwrite(file, file.read_bytes())
    assert served.find_lost() == file


def test_without_a_notice_of_writes_the_time_of_the_last_change_has_to_do(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> None:
        raise OSError("too many files are observed")

    monkeypatch.setattr("dealtrace.storage.database.watched_log.FileWrites", refuse)
    with closing(open_database(f"sqlite:///{file}")) as database:
        prepare_schema(database)
        served = remember_files(database)
        write(file, FILL, "PRAGMA wal_checkpoint(PASSIVE)")
        assert served.find_lost() is None
        overwrite(file, file.read_bytes())
        assert served.find_lost() == file
        with capture_logs() as logged:
            DatabaseWatch(database).start()
        assert [entry["event"] for entry in logged] == ["file_writes_unobserved"]


def test_an_observer_that_nobody_has_any_more_is_closed(file: Path) -> None:
    file.touch()
    observer = FileWrites(file)
    descriptor = observer._descriptor
    os.fstat(descriptor)
    del observer
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_an_index_that_sqlite_builds_anew_is_no_loss(served: ServedFiles, file: Path) -> None:
    write(file, FILL)
    overwrite(file.with_name(f"{file.name}-shm"), bytes(32_768))
    assert served.find_lost() is None
    write(file, FILL)
    assert served.find_lost() is None
