"""A person who is logged in to the cabinet of a running server, without a browser."""

import secrets
from datetime import UTC, datetime
from typing import Any

import httpx

from cast import Stage
from dealtrace.accounts.role import Role
from dealtrace.accounts.site import SiteId
from dealtrace.cabinet.forms import form_token_of
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.operations.accounts.log_in import Browser, open_session
from server import ServerProcess

PASSWORD = "correct horse battery"


class Visitor:
    """A person with a role at a site, or, without one, an owner of the installation."""

    def __init__(
        self, server: ServerProcess, stage: Stage, site_id: int, role: Role | None = Role.OWNER, language: str = "en"
    ) -> None:
        stage.ids.ensure(100)
        now, login = datetime.now(UTC), f"user{secrets.token_hex(6)}"
        roles = {SiteId(site_id): role} if role is not None else None
        with stage.database.write() as connection:
            user = create_user(connection, stage.ids, login, PASSWORD, now, roles=roles)
            self.secret = open_session(connection, user, Browser("127.0.0.1", "test"), now)
        self.login, self.site_id, self.address = login, site_id, server.address
        self.http = httpx.Client(
            base_url=f"{server.address}/cabinet/",
            cookies={"session": self.secret, "language": language},
            timeout=30,
            trust_env=False,
        )

    def get(self, path: str, **query: Any) -> httpx.Response:
        """Ask for a page of the site."""
        return self.http.get(f"{self.site_id}/{path}", params=query or None)

    def follow(self, address: str) -> httpx.Response:
        """Ask for the address of a link."""
        return self.http.get(f"{self.address}{address}")

    def post(self, path: str, **form: Any) -> httpx.Response:
        """Send a form as the page of the site does, and follow where it leads."""
        sent = {"form_token": form_token_of(self.secret), **form}
        return self.http.post(f"{self.site_id}/{path}", data=sent, follow_redirects=True)

    def close(self) -> None:
        """End the connections."""
        self.http.close()
