"""People who are logged in to the cabinet of a running server."""

import html
import re
import secrets
from datetime import UTC, datetime

import httpx

from cast import Player, Stage
from dealtrace.accounts.role import Role
from dealtrace.cabinet.forms import form_token_of
from dealtrace.operations.accounts.create_user import create_user
from dealtrace.operations.accounts.log_in import Browser, open_session
from dealtrace.storage.id_blocks import transaction
from server import ServerProcess

PASSWORD = "correct horse battery"


class Person:
    """Somebody with a role at a site, in a browser without JavaScript that speaks a language."""

    def __init__(
        self, server: ServerProcess, stage: Stage, player: Player, role: Role = Role.OWNER, *, language: str = "en"
    ) -> None:
        self.site_id = player.site.id
        self.secret = log_in(stage, player, role)
        self.http = server.http
        self.headers = {"cookie": f"session={self.secret}", "accept-language": language}

    def get(self, place: str, **query: str) -> httpx.Response:
        """Open a page below the site."""
        return self.http.get(f"/cabinet/{self.site_id}/{place}", params=query or None, headers=self.headers)

    def send(
        self, place: str, *, files: dict[str, tuple[str, bytes]] | None = None, **fields: object
    ) -> httpx.Response:
        """Send a form below the site, with the token that its page carries."""
        data = {"form_token": form_token_of(self.secret), **fields}
        address = f"/cabinet/{self.site_id}/{place}"
        return self.http.post(address, data=data, files=files, headers=self.headers)


def log_in(stage: Stage, player: Player, role: Role) -> str:
    """Create somebody with a role at a site, and return the secret of their session."""
    now = datetime.now(UTC)
    with transaction(stage.database, ids=2) as (connection, ids):
        login = f"{role}-{secrets.token_hex(6)}@example.org"
        user = create_user(connection, ids, login, PASSWORD, now, roles={player.site.id: role})
        return open_session(connection, user, Browser("127.0.0.1", "test"), now)


def text_of(page: str) -> str:
    """Return the text of a page as a person reads it, on one line."""
    body = page[page.index("<main") : page.index("</main>")]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))).strip()
