"""What is stored for an hour only is deleted by a loop of the server, although nobody sends another form."""

import os
import re
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from cast import Stage
from dealtrace import clock
from dealtrace.cabinet.settings import uploads
from dealtrace.cabinet.settings.uploads import KEPT_SECONDS, Owner, delete_old_uploads, find_upload, keep_upload
from dealtrace.log import Outage
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.storage.database.engine import Database, open_database
from dealtrace.storage.schema.tables.control import sent_form
from dealtrace.worker.expired_forms_and_files import ExpiredFormsAndFiles
from dealtrace.worker.repeating import BackgroundLoops
from guests import Guest, member_of
from server import ServerProcess
from waiting import until, wait_until
from write_commands import run

CALLS = "callId;date;clientPhoneNumber\n1;26.03.2018 10:00:00;79205550001\n"
OWNER = Owner("session", 1, "settings/imports")


def count_forms(database: Database) -> int:
    """Count the forms that are stored."""
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(sent_form)).scalar_one())


def age_forms(database: Database) -> None:
    """Make all stored forms a little older than an hour."""
    with database.write() as connection:
        connection.execute(update(sent_form).values(sent_at=datetime.now(UTC) - timedelta(minutes=61)))


def issue_token(guest: Guest) -> None:
    """Issue a token by the form of its page, whose answer has a secret."""
    page = guest.get("settings/tokens")
    key = re.search(r'name="form_key" value="([^"]+)"', page.text)
    assert key is not None, (page.status_code, page.text)
    assert guest.send("settings/tokens", label="short-lived", form_key=key[1]).status_code == 200


def test_a_server_to_which_nobody_sends_a_form_forgets_old_answers_and_files(
    tmp_path: Path, start_server: Callable[..., ServerProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    server = start_server()
    database = open_database(server.database_url)
    stage = Stage(database)
    guest = member_of(server, stage, stage.open_site().site.id)
    issue_token(guest)
    refused = guest.send("settings/imports", files={"file": ("calls.csv", CALLS.encode())}, noun="x", encoding="")
    assert 'name="kept"' in refused.text
    (folder,) = (tmp_path / f"dealtrace-uploads-{os.getuid()}").iterdir()
    server.stop()
    assert count_forms(database) == 1
    age_forms(database)
    long_ago = folder.stat().st_mtime - KEPT_SECONDS - 60
    os.utime(folder, (long_ago, long_ago))
    server.start()
    wait_until(lambda: count_forms(database) == 0 and not folder.exists())
    database.close()


def test_the_loop_goes_on_and_leaves_what_is_new(server: ServerProcess, served: Stage) -> None:
    guest = member_of(server, served, served.open_site().site.id)
    database, rounds = open_database(server.database_url), []
    issue_token(guest)
    read_pool, changes = ReadPool(database, 1), AccountChanges(database, clock.now)
    expired = ExpiredFormsAndFiles(read_pool, changes, lambda: None)

    async def sweep() -> None:
        await expired.forget_forms()
        rounds.append(count_forms(database))

    async def story() -> None:
        loops = BackgroundLoops()
        loops.start(sweep, 0.05, Outage("forms_not_swept", "forms_swept_again"))
        await until(lambda: len(rounds) >= 2)
        assert rounds[1]
        age_forms(database)
        await until(lambda: not rounds[-1])
        await loops.stop()

    run(story)
    changes.stop()
    read_pool.stop()
    database.close()


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder in which uploads are stored meanwhile."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path / f"dealtrace-uploads-{os.getuid()}"


def keep(tmp_path: Path, owner: Owner = OWNER) -> uploads.Upload:
    """Keep a file."""
    file = tmp_path / "calls.csv"
    file.write_text(CALLS)
    with file.open("rb") as content:
        return keep_upload(owner, "calls.csv", content, {"noun": "call"})


def test_only_old_uploads_are_deleted(tmp_path: Path, temporary: Path) -> None:
    old, new = keep(tmp_path), keep(tmp_path)
    long_ago = old.folder.stat().st_mtime - KEPT_SECONDS - 1
    os.utime(old.folder, (long_ago, long_ago))
    delete_old_uploads()
    assert find_upload(OWNER, old.key) is None
    assert find_upload(OWNER, new.key) is not None
    assert [each.name for each in temporary.iterdir()] == [new.folder.name]


def test_a_folder_that_is_not_ours_is_neither_made_nor_swept(tmp_path: Path, temporary: Path) -> None:
    delete_old_uploads()
    assert not temporary.exists()
    kept = keep(tmp_path)
    os.utime(kept.folder, (0, 0))
    temporary.chmod(0o755)
    delete_old_uploads()
    assert kept.folder.exists()


def test_the_oldest_uploads_make_room_for_new_ones(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UPLOADS_MAX", 3)
    kept = [keep(tmp_path) for _ in range(3)]
    for age, each in enumerate(reversed(kept)):
        os.utime(each.folder, (each.folder.stat().st_mtime - age,) * 2)
    newest = keep(tmp_path)
    left = {each.name for each in temporary.iterdir()}
    assert left == {each.folder.name for each in (*kept[1:], newest)}


def test_no_session_takes_the_room_of_others(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "UPLOADS_OF_SESSION_MAX", 3)
    of_another = keep(tmp_path, replace(OWNER, session="another"))
    os.utime(of_another.folder, (of_another.folder.stat().st_mtime - 60,) * 2)
    own = []
    for number in range(5):
        own.append(keep(tmp_path, replace(OWNER, site_id=number)))
        for age, each in enumerate(reversed(own)):
            if each.folder.exists():
                os.utime(each.folder, (each.folder.stat().st_mtime - age,) * 2)
    left = {each.name for each in temporary.iterdir()}
    assert left == {each.folder.name for each in (of_another, *own[-3:])}
