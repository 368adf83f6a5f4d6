"""Hashing and checking a password takes long, and registrations do not wait for it."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from account_work import account_work
from cast import Player, Stage
from dealtrace.accounts.rights import Role
from dealtrace.operations.accounts.invite_user import invite_first_user, invite_user, make_password_link
from dealtrace.storage.database.engine import Database, open_database
from engines import CopySqlite
from guests import PASSWORD, Guest, new_user
from server import ServerProcess
from waiting import wait_until

NEW_PASSWORD = "another one entirely"
HELD = """
import pathlib
import time

import argon2

FOLDER = pathlib.Path({folder!r})
hash, verify = argon2.PasswordHasher.hash, argon2.PasswordHasher.verify


def wait(step):
    while (FOLDER / step).exists():
        (FOLDER / "begun").touch()
        time.sleep(0.01)


def hash_held(self, *password, **salt):
    wait("hash")
    return hash(self, *password, **salt)


def verify_held(self, *hashed):
    wait("verify")
    return verify(self, *hashed)


argon2.PasswordHasher.hash, argon2.PasswordHasher.verify = hash_held, verify_held
"""
"""Makes hashing or checking a password wait while there is a file of this name."""


class HeldServer:
    """A server whose passwords are hashed and checked only when a test lets them."""

    def __init__(self, server: ServerProcess, database: Database, folder: Path) -> None:
        self.server = server
        self.database = database
        self.shop: Player = Stage(database).open_site()
        self._folder = folder

    def registers_during(self, step: str, act: Callable[..., Any], *args: str, **fields: str) -> Any:
        """Register a deal while `act` hashes or verifies, before it may go on; return what `act` returns."""
        held = self._folder / step
        held.touch()
        with ThreadPoolExecutor(1) as thread:
            acting = thread.submit(act, *args, **fields)
            try:
                wait_until((self._folder / "begun").exists)
                assert self.server.register(self.shop.token).status_code == 200
                assert not acting.done()
            finally:
                held.unlink()
                (self._folder / "begun").unlink(missing_ok=True)
            return acting.result()


@pytest.fixture(scope="module")
def held(copy_sqlite: CopySqlite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldServer]:
    """Start a server whose passwords wait; only SQLite lets one transaction at a time write."""
    folder = tmp_path_factory.mktemp("held")
    (folder / "sitecustomize.py").write_text(HELD.format(folder=str(folder)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(folder))
        server = ServerProcess(copy_sqlite(folder / "dealtrace.db"), folder)
        with closing(server), closing(open_database(server.database_url)) as database:
            yield HeldServer(server, database, folder)


def test_registrations_do_not_wait_for_passwords_of_the_cabinet(held: HeldServer) -> None:
    now, database = datetime.now(UTC), held.database
    with database.write() as connection:
        key = invite_first_user(account_work(connection, now))
    assert key is not None
    sent = {"key": key, "login": "boss", "password": PASSWORD}
    assert held.registers_during("hash", Guest(held.server).send, "/welcome", **sent).status_code == 303
    with database.write() as connection:
        key = invite_user(account_work(connection, now), Role.READER, site_id=held.shop.site.id)
    sent = {"key": key, "login": "petr", "password": PASSWORD}
    assert held.registers_during("hash", Guest(held.server).send, "/invitation", **sent).status_code == 303
    person = new_user(database)
    with database.write() as connection:
        key = make_password_link(account_work(connection, now, user_id=person.id), person.id)
    sent = {"key": key, "password": NEW_PASSWORD}
    assert held.registers_during("hash", Guest(held.server).send, "/password", **sent).status_code == 303
    answer = held.registers_during("verify", Guest(held.server).log_in, person.login, NEW_PASSWORD)
    assert answer.status_code == 303
    guest = Guest(held.server, secret=answer.cookies["session"])
    for step, new in (("verify", PASSWORD), ("hash", NEW_PASSWORD)):
        sent = {"password": NEW_PASSWORD if step == "verify" else PASSWORD, "new_password": new}
        assert held.registers_during(step, guest.send, "/profile/password", **sent).status_code == 303


def test_registrations_do_not_wait_for_passwords_of_commands(held: HeldServer, monkeypatch: pytest.MonkeyPatch) -> None:
    person = new_user(held.database)
    monkeypatch.setenv("DEALTRACE_NEW_PASSWORD", NEW_PASSWORD)
    for arguments in (("create", "anna"), ("password", person.login)):
        ended = held.registers_during("hash", held.server.command, "user", *arguments)
        assert ended.returncode == 0, ended


def test_the_password_of_an_unknown_login_is_checked_too(held: HeldServer) -> None:
    """Else its answer would come sooner, and would say which logins there are."""
    assert held.registers_during("verify", Guest(held.server).log_in, "nobody").status_code == 403
