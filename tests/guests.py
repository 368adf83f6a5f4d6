"""People who use the cabinet in tests: each with a browser of their own, and the users they log in as."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx
from sqlalchemy import select, update

from cast import Stage
from dealtrace.accounts.role import Role
from dealtrace.accounts.user import User
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.control import session
from server import ServerProcess

PASSWORD = "correct horse battery"
_NUMBERS = count(1)


def new_user(database: Database, roles: Mapping[Any, Role] | None = None, *, login: str = "") -> User:
    """Store a user with these roles at sites, or an owner of the installation."""
    stage = Stage(database)
    stage.ids.ensure(10)
    with database.write() as connection:
        name = login or f"person{next(_NUMBERS)}@example.com"
        return create_user(connection, stage.ids, name, PASSWORD, datetime.now(UTC), roles=roles)


class Guest:
    """A person at a browser, which sends forms as browsers do."""

    def __init__(self, server: ServerProcess, **headers: str) -> None:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        unkept = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=server.address, headers=sent, timeout=30, trust_env=False, limits=unkept)

    def log_in(self, user: User | str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Send the form of the log-in page."""
        login = user if isinstance(user, str) else user.login
        return self.send("/login", login=login, password=password, **fields)

    def open(self, path: str, **query: str) -> httpx.Response:
        """Open a page below `/cabinet`."""
        return self.http.get(f"/cabinet{path}", params=query or None)

    def send(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of our own page."""
        return self.http.post(f"/cabinet{path}", data=fields, headers={"sec-fetch-site": "same-origin"})

    def is_in(self) -> bool:
        """Whether the person is logged in."""
        return self.open("/profile").status_code == httpx.codes.OK


def logged_in(server: ServerProcess, database: Database, roles: Mapping[Any, Role] | None = None) -> Guest:
    """Return a guest who is logged in as a new user."""
    guest = Guest(server)
    assert guest.log_in(new_user(database, roles)).status_code == httpx.codes.SEE_OTHER
    return guest


def key_in(page: httpx.Response) -> str:
    """Return the key of the one-time link that a page shows."""
    found = re.search(r"\?key=([\w-]+)", page.text)
    assert found is not None, page.text
    return found[1]


def age_sessions(database: Database, user: User, **columns: Any) -> None:
    """Set columns of a user's sessions, as if time had passed."""
    with database.write() as connection:
        connection.execute(update(session).where(session.c.user_id == user.id).values(**columns))


def count_sessions(database: Database, user: User) -> int:
    """Return how many sessions of a user are stored."""
    with database.read() as connection:
        return len(connection.execute(select(session.c.digest).where(session.c.user_id == user.id)).all())
