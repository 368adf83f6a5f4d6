"""The one-time link: whoever opens it first becomes the first user."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dealtrace import clock
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import LOGIN_LENGTH_MAX, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from dealtrace.errors import BodyTooLarge, InvitationSpent, Refusal
from dealtrace.operations.accounts.create_user import accept_invitation
from dealtrace.storage.accounts.accounts import has_users, is_invited
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
FORM_BYTES_MAX = 10_000
IDS_NEEDED = 1

_templates = jinja2.Environment(loader=jinja2.PackageLoader("dealtrace.cabinet"), autoescape=True)


class Welcome:
    """The pages that lead to the first user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def show_home(self, _request: Request) -> Response:
        """Say that the cabinet is here, and how its first user comes to be."""
        return _page("home.html", 200)

    async def show(self, request: Request) -> Response:
        """Show the form behind a one-time link, as long as the link is good."""
        key = request.query_params.get("key", "")
        if not await asyncio.to_thread(self._is_good, key):
            return _refused(InvitationSpent(), 403)
        return _page("welcome.html", 200, key=key, fault="", login="")

    async def accept(self, request: Request) -> Response:
        """Create the first user, or show the form again with what is wrong."""
        if not _is_own_form(request):
            return _page("foreign.html", 403)
        form = await _read_form(request)
        if form is None:
            return _refused(BodyTooLarge(bytes_max=FORM_BYTES_MAX), 413)
        key, login, password = (form.get(name, "") for name in ("key", "login", "password"))
        try:
            await asyncio.to_thread(self._accept, key, login, password)
        except InvitationSpent as refusal:
            return _refused(refusal, 403)
        except Refusal as refusal:
            return _page("welcome.html", 400, key=key, fault=refusal.text("ru"), login=login)
        return _page("welcomed.html", 200, login=login)

    def _is_good(self, key: str) -> bool:
        with self._database.read() as connection:
            return not has_users(connection) and is_invited(connection, token_digest(key))

    def _accept(self, key: str, login: str, password: str) -> None:
        ids = IdBlocks(self._database.writer)
        ids.ensure(IDS_NEEDED)
        with self._database.write() as connection:
            accept_invitation(connection, ids, key, login, password, clock.now())


def _is_own_form(request: Request) -> bool:
    """Whether the form was sent from our own page, as browsers tell; what is no browser sends neither header."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _read_form(request: Request) -> dict[str, str] | None:
    """Read a small form; `None` if it is larger than any honest one."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            return None
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _refused(refusal: Refusal, status: int) -> Response:
    return _page("refused.html", status, text=refusal.text("ru"))


def _page(name: str, status: int, **context: str) -> Response:
    limits = {
        "login_length_max": LOGIN_LENGTH_MAX,
        "password_length_min": PASSWORD_LENGTH_MIN,
        "password_length_max": PASSWORD_LENGTH_MAX,
    }
    body = _templates.get_template(name).render(**context, **limits)
    return HTMLResponse(body, status, headers=SECURITY_HEADERS)
