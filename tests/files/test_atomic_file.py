"""Files are there whole or not at all, and private from their first byte."""

import errno
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from dealtrace.files.atomic_file import open_to_append, write_atomically


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def _generous_umask() -> Iterator[None]:
    earlier = os.umask(0)
    yield
    os.umask(earlier)


def test_it_appears_under_its_name_only_when_it_is_complete(tmp_path: Path) -> None:
    with write_atomically(tmp_path / "x.csv") as partial:
        partial.write_text("whole")
        assert not (tmp_path / "x.csv").exists()
        assert partial.parent == tmp_path
    assert (tmp_path / "x.csv").read_text() == "whole"
    assert _names(tmp_path) == {"x.csv"}


def test_nobody_else_can_read_it_from_its_first_byte(tmp_path: Path) -> None:
    with write_atomically(tmp_path / "x.csv") as partial:
        assert _mode(partial) == 0o600
    assert _mode(tmp_path / "x.csv") == 0o600
    with open_to_append(tmp_path / "appended.csv", "utf-8") as file:
        assert _mode(tmp_path / "appended.csv") == 0o600
        file.write("x")


def _write_a_half(path: Path, reason: BaseException | None) -> None:
    with write_atomically(path, overwrite=True) as partial:
        partial.write_text("a half")
        if reason is None:
            signal.raise_signal(signal.SIGINT)
        else:
            raise reason


@pytest.mark.parametrize("reason", [ZeroDivisionError(), OSError(errno.ENOSPC, "No space left"), SystemExit(1)])
@pytest.mark.parametrize("earlier", ["earlier", None])
def test_what_fails_leaves_everything_as_it_was(tmp_path: Path, reason: BaseException, earlier: str | None) -> None:
    path = tmp_path / "x.csv"
    if earlier is not None:
        path.write_text(earlier)
    with pytest.raises(type(reason)):
        _write_a_half(path, reason)
    assert _names(tmp_path) == ({"x.csv"} if earlier is not None else set())
    assert earlier is None or path.read_text() == earlier


def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            _write_a_half(tmp_path / "x.csv", None)
    finally:
        signal.signal(signal.SIGINT, earlier)
    assert not _names(tmp_path)


def test_an_existing_file_is_replaced_only_on_request(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("earlier")
    path.chmod(0o644)
    with pytest.raises(FileExistsError, match="already exists"), write_atomically(path):
        raise AssertionError
    with write_atomically(path, overwrite=True) as partial:
        partial.write_text("later")
    assert (path.read_text(), _mode(path)) == ("later", 0o600)


def test_a_file_that_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with pytest.raises(FileExistsError), write_atomically(path):
        path.write_text("somebody else's")
    assert path.read_text() == "somebody else's"
    assert _names(tmp_path) == {"x.csv"}


def test_two_can_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with write_atomically(path, overwrite=True) as first, write_atomically(path, overwrite=True) as second:
        first.write_text("first")
        second.write_text("second")
    assert path.read_text() == "first"
    assert _names(tmp_path) == {"x.csv"}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "x.csv").write_text("earlier")
    (tmp_path / "link.csv").symlink_to(tmp_path / "far" / "x.csv")
    with write_atomically(tmp_path / "link.csv", overwrite=True) as partial:
        partial.write_text("later")
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "far" / "x.csv").read_text() == "later"


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_stays(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "x.csv"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    with pytest.raises(FileExistsError, match="is not a file"), write_atomically(path, overwrite=True):
        raise AssertionError


def test_a_long_name_has_room_for_its_partial_file(tmp_path: Path) -> None:
    path = tmp_path / ("𝕏" * 60 + ".csv")
    with write_atomically(path) as partial:
        partial.write_text("x")
    assert path.exists()


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"), write_atomically(tmp_path / "nowhere" / "x.csv"):
        raise AssertionError


def test_an_error_names_the_file_that_was_asked_for_and_the_cure(tmp_path: Path) -> None:
    for path in (Path("/proc/x.csv"), tmp_path / "missing" / "x.csv"):
        with pytest.raises(FileNotFoundError) as raised, write_atomically(path):
            pass
        assert raised.value.filename == str(path)
        assert "choose an existing folder" in str(raised.value)
        assert ".partial" not in str(raised.value)


def test_a_full_disk_is_named_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    with pytest.raises(OSError, match="make room on its disk") as raised:
        _write_a_half(path, OSError(errno.ENOSPC, "No space left on device"))
    assert raised.value.filename == str(path)
    with pytest.raises(OSError, match="other") as raised:
        _write_a_half(path, OSError(errno.ENOENT, "other", "another.csv"))
    assert raised.value.filename == "another.csv"
