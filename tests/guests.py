"""People who use the cabinet in tests: each with a browser of their own, and the users they log in as."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from itertools import count
from typing import Any

import httpx
from argon2 import PasswordHasher
from sqlalchemy import Connection, select, update

from account_work import account_work
from cast import Stage
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import SiteId
from dealtrace.accounts.user import PasswordHash, User, UserId
from dealtrace.cabinet.forms import form_token_of
from dealtrace.operations.accounts.log_in import Browser, Proof, open_session
from dealtrace.storage.accounts import users
from dealtrace.storage.accounts.sessions import list_sessions
from dealtrace.storage.database.engine import Database
from dealtrace.storage.schema.tables.control import session
from server import UNKEPT, ServerProcess, http_client

PASSWORD = "correct horse battery"
_NUMBERS = count(1)


def new_user(
    database: Database, roles: Mapping[Any, Role] | None = None, *, login: str = "", password_hash: str = ""
) -> User:
    """Store a user with these roles at sites, or an owner of the installation; their password is `PASSWORD`."""
    stage = Stage(database)
    stage.ids.ensure(10)
    name = login or f"person{next(_NUMBERS)}@example.com"
    user = User(UserId(stage.ids.take()), name, datetime.now(UTC), is_owner=roles is None)
    with database.write() as connection:
        users.insert_user(connection, user, password_hash or _hash_of_the_password())
        for site_id, role in (roles or {}).items():
            users.set_membership(connection, user.id, site_id, role)
    return user


@cache
def _hash_of_the_password() -> str:
    """Hash the password of all once, so that checking it at each log-in costs little too."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Guest:
    """A person at a browser without JavaScript, which sends forms as browsers do.

    A path that begins with a slash is one below `/cabinet`, another one below the site of the person. `secret` is that
    of their session, empty if they are not logged in.
    """

    def __init__(
        self,
        server: ServerProcess,
        *,
        site_id: int = 0,
        secret: str = "",
        login: str = "",
        language: str = "",
        **headers: str,
    ) -> None:
        self.site_id, self.secret, self.login = site_id, secret, login
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = {name: value for name, value in (("session", secret), ("language", language)) if value}
        self.http = http_client(server.url, headers=sent, cookies=cookies, limits=UNKEPT)

    def log_in(self, user: User | str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        """Send the form of the log-in page."""
        login = user if isinstance(user, str) else user.login
        return self.send("/login", login=login, password=password, **fields)

    def get(self, path: str, /, **query: Any) -> httpx.Response:
        """Open a page."""
        return self.http.get(self._path_of(path), params=query or None)

    def send(
        self, path: str, /, *, files: Mapping[str, tuple[str, bytes]] | None = None, **fields: Any
    ) -> httpx.Response:
        """Send a form of our own page, with the token that it carries."""
        token = {"form_token": form_token_of(self.secret)} if self.secret else {}
        own = {"sec-fetch-site": "same-origin"}
        return self.http.post(self._path_of(path), data={**token, **fields}, files=files, headers=own)

    def post(self, path: str, /, **fields: Any) -> httpx.Response:
        """Send a form, and follow where it leads."""
        answer = self.send(path, **fields)
        return self.follow(answer.headers["location"]) if answer.is_redirect else answer

    def send_seen(self, path: str, /, **fields: Any) -> httpx.Response:
        """Send a form, and once more with what its preview asks to agree to."""
        return self.send(path, **fields, agreed=agreed_in(self.send(path, **fields)))

    def follow(self, url: str) -> httpx.Response:
        """Open the URL of a link."""
        return self.http.get(url, follow_redirects=True)

    def is_in(self) -> bool:
        """Whether the person is logged in."""
        return self.get("/profile").status_code == httpx.codes.OK

    def _path_of(self, path: str) -> str:
        return f"/cabinet{path}" if path.startswith("/") else f"/cabinet/{self.site_id}/{path}"


def logged_in(
    server: ServerProcess, database: Database, roles: Mapping[Any, Role] | None = None, *, language: str = ""
) -> Guest:
    """Return a guest with a session: a new user with these roles at sites, or an owner of the installation."""
    user = new_user(database, roles)
    with database.write() as connection:
        secret = new_session(connection, user, datetime.now(UTC))
    return Guest(server, secret=secret, login=user.login, language=language)


def new_session(connection: Connection, user: User, opened_at: datetime) -> str:
    """Open a session for a user as after a login, and return its secret."""
    proof = Proof(user, PasswordHash(users.find_password_hash(connection, user.id) or ""))
    return open_session(account_work(connection, opened_at), proof, Browser("127.0.0.1", "test")).secret


def member_of(
    server: ServerProcess, stage: Stage, site_id: int, role: Role | None = Role.OWNER, *, language: str = "en"
) -> Guest:
    """Return a guest with a session: a new user with a role at a site, or an owner of the installation without one."""
    guest = logged_in(server, stage.database, {SiteId(site_id): role} if role is not None else None, language=language)
    guest.site_id = site_id
    return guest


def text_of(page: str) -> str:
    """Return the text of a page as a person reads it, on one line."""
    body = page[page.index("<main") : page.index("</main>")]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))).strip()


def agreed_in(page: httpx.Response) -> str:
    """Return what the form of a preview sends when the person, having seen it, confirms it."""
    found = re.search(r'name="agreed" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


def key_in(page: httpx.Response) -> str:
    """Return the key of the one-time link that a page shows."""
    found = re.search(r"\?key=([\w-]+)", page.text)
    assert found is not None, page.text
    return found[1]


def age_sessions(database: Database, user: User, **columns: Any) -> None:
    """Set columns of a user's sessions, as if time had passed."""
    with database.write() as connection:
        connection.execute(update(session).where(session.c.user_id == user.id).values(**columns))


def last_use(database: Database, user: User) -> datetime:
    """Return when a session of a user was last used, as it is stored."""
    with database.read() as connection:
        return list_sessions(connection, user.id)[0].seen_at


def count_sessions(database: Database, user: User) -> int:
    """Return how many sessions of a user are stored."""
    with database.read() as connection:
        return len(connection.execute(select(session.c.digest).where(session.c.user_id == user.id)).all())
