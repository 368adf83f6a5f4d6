"""The files of a SQLite database: private, served once, missed when they are gone."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.database.sqlite_file import (
    ServedFiles,
    create_private_file,
    is_open_to_others,
    remember_files,
)
from dealtrace.storage.schema.upgrade import prepare_schema

CLAIM = "import sys; from pathlib import Path; from dealtrace.storage.database.sqlite_file import claim_file; "


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """Set the mask that new files are made with."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    """Open a new database."""
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}")
    prepare_schema(database)
    yield database
    database.close()


@pytest.mark.usefixtures("umask")
def test_a_new_database_its_log_and_its_index_are_private(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'own.db'}")
    prepare_schema(database)
    names = {path.name: mode(path) for path in tmp_path.iterdir()}
    database.close()
    assert names == dict.fromkeys(("own.db", "own.db-wal", "own.db-shm"), 0o600)


@pytest.mark.usefixtures("umask")
def test_a_new_file_is_private_before_its_first_byte(tmp_path: Path) -> None:
    create_private_file(tmp_path / "new")
    assert (mode(tmp_path / "new"), (tmp_path / "new").stat().st_size) == (0o600, 0)


def test_a_link_that_leads_nowhere_yet_leads_to_a_private_file(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    database = open_database(f"sqlite:///{tmp_path / 'link.db'}")
    prepare_schema(database)
    database.close()
    assert mode(tmp_path / "real.db") == 0o600


def test_an_existing_file_keeps_its_mode_and_contents(tmp_path: Path) -> None:
    file = tmp_path / "old"
    file.write_text("kept")
    file.chmod(0o640)
    create_private_file(file)
    assert (mode(file), file.read_text()) == (0o640, "kept")


@pytest.mark.parametrize(("bits", "is_open"), [(0o600, False), (0o640, False), (0o644, True), (0o602, True)])
def test_only_what_everybody_may_read_or_write_is_open_to_others(tmp_path: Path, bits: int, is_open: bool) -> None:
    file = tmp_path / "file"
    file.touch()
    file.chmod(bits)
    assert is_open_to_others(file) is is_open


def test_opening_makes_no_file(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'missing.db'}")
    with pytest.raises(Exception, match="unable to open"), database.read():
        pass
    with pytest.raises(Exception, match="unable to open"), database.write():
        pass
    database.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a b.db", "100%.db", "what?.db", "#1.db", "сделки.db", "a&b=c.db"])
def test_any_name_is_only_a_name(tmp_path: Path, name: str) -> None:
    database = open_database(f"sqlite:///{tmp_path}/own.db")
    database = open_database(database.url.set(database=str(tmp_path / name)).render_as_string())
    prepare_schema(database)
    database.close()
    assert name in {path.name for path in tmp_path.iterdir()}


NAMES: dict[str, Callable[[Path], Path]] = {
    "itself": lambda file: file,
    "a symbolic link": lambda file: linked(file, os.symlink),
    "a hard link": lambda file: linked(file, os.link),
    "a way around": lambda file: file.parent / "place" / ".." / file.name,
}


def linked(file: Path, link: Callable[[Path, Path], None]) -> Path:
    name = file.parent / "place" / "other.db"
    link(file, name)
    return name


@pytest.mark.few(3)
@pytest.mark.parametrize("name_of", NAMES.values(), ids=NAMES.keys())
def test_a_file_is_claimed_once_whatever_it_is_called(
    tmp_path: Path, opened: Database, name_of: Callable[[Path], Path]
) -> None:
    (tmp_path / "place").mkdir()
    other = name_of(opened.file)

    def claims(path: Path) -> str:
        command = [sys.executable, "-c", CLAIM + "print(claim_file(Path(sys.argv[1])))", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    waits = CLAIM + "print(claim_file(Path(sys.argv[1])), flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", waits, str(opened.file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "True"
        assert claims(other) == "False"
        with opened.write() as connection:
            connection.exec_driver_sql("CREATE TABLE still_written (a)")
    assert claims(other) == "True"


def test_files_in_place_are_not_missed(opened: Database) -> None:
    with opened.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
        files = ServedFiles(opened.file)
    with opened.write() as connection:
        connection.exec_driver_sql("CREATE TABLE more (a)")
    assert files.find_lost() is None


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_each_file_is_missed(opened: Database, suffix: str) -> None:
    with opened.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM sqlite_schema").scalar_one()
    files = ServedFiles(opened.file)
    file = opened.file.with_name(opened.file.name + suffix)
    contents = file.read_bytes()
    file.rename(file.with_name("kept"))
    assert files.find_lost() == file
    file.write_bytes(contents)
    assert files.find_lost() == file, "another file of the same name"
    file.with_name("kept").replace(file)
    assert files.find_lost() is None


def test_a_file_under_a_relative_path_is_lost_if_its_folder_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "place"
    folder.mkdir()
    monkeypatch.chdir(folder)
    create_private_file(Path("own.db"))
    database = open_database("sqlite:///own.db")
    try:
        files = remember_files(database)
        assert files.find_lost() is None
        folder.rename(tmp_path / "elsewhere")
        assert files.find_lost() == folder / "own.db"
        assert database.name == str(folder / "own.db")
    finally:
        database.close()
