"""The one-time link that creates the first user."""

import asyncio
from urllib.parse import urlsplit

import jinja2
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Message

from dealtrace import clock
from dealtrace.accounts.token import token_digest
from dealtrace.accounts.user import LOGIN_LENGTH_MAX, PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN
from dealtrace.errors import BodyTooLarge, InvitationSpent, Refusal, UnreadableBody
from dealtrace.http.asgi import language_of
from dealtrace.http.client_address import Proxies
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.http.rate_limits import RateLimits
from dealtrace.http.replies import STATUS_OF
from dealtrace.operations.accounts.create_user import accept_invitation
from dealtrace.storage.accounts.users import has_users, is_invited
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import transaction

SECURITY_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
    "vary": "Accept-Language",
}
FORM_BYTES_MAX = 10_000
FIELDS_MAX = 10
IDS_NEEDED = 1

_templates = jinja2.Environment(loader=jinja2.PackageLoader("dealtrace.cabinet"), autoescape=True)


class Welcome:
    """The pages that lead to the first user, in the language the browser asks for."""

    def __init__(self, database: Database, rate_limits: RateLimits, proxies: Proxies) -> None:
        self._database = database
        self._rate_limits = rate_limits
        self._proxies = proxies

    async def show_home(self, request: Request) -> Response:
        """Show that the server runs, and how the first user is created."""
        return _page(request, "home.html", 200)

    async def show(self, request: Request) -> Response:
        """Show the form behind a one-time link, as long as the link is valid."""
        key = request.query_params.get("key", "")
        try:
            await self._limit(request)
            await self._check_key(key)
        except Refusal as refusal:
            return _refused(request, refusal)
        return _page(request, "welcome.html", 200, key=key, fault="", login="")

    async def accept(self, request: Request) -> Response:
        """Create the first user, or show the form again with what is wrong."""
        if not _is_own_form(request):
            return _page(request, "foreign.html", 403)
        try:
            await self._limit(request)
            key, login, password = await _read_form(request)
            await self._check_key(key)
        except Refusal as refusal:
            return _refused(request, refusal)
        try:
            await asyncio.to_thread(self._accept, key, login, password)
        except InvitationSpent as refusal:
            return _refused(request, refusal)
        except Refusal as refusal:
            fault = refusal.text(language_of(request.scope))
            return _page(request, "welcome.html", 400, key=key, fault=fault, login=login)
        return _page(request, "welcomed.html", 200, login=login)

    async def _limit(self, request: Request) -> None:
        """Count the request against its IP address.

        Raises:
            AnonymousRateExceeded: the address has tried too often.
        """
        await self._rate_limits.check_ip(RateLimitClass.CABINET, self._proxies.client_ip(request.scope))

    async def _check_key(self, key: str) -> None:
        """Check a key by reading alone: guesses take no ids and no writing transaction.

        Raises:
            InvitationSpent: the key opens nothing.
        """
        if not await asyncio.to_thread(self._is_valid, key):
            raise InvitationSpent

    def _is_valid(self, key: str) -> bool:
        with self._database.read() as connection:
            return not has_users(connection) and is_invited(connection, token_digest(key))

    def _accept(self, key: str, login: str, password: str) -> None:
        with transaction(self._database, ids=IDS_NEEDED) as (connection, ids):
            accept_invitation(connection, ids, key, login, password, clock.now())


def _is_own_form(request: Request) -> bool:
    """Whether the form was sent from our own page, as browsers report; other clients send neither header."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in ("same-origin", "none")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _read_form(request: Request) -> tuple[str, str, str]:
    """Return the key, login and password of the form; a field that is missing, or is a file, counts as empty.

    Raises:
        BodyTooLarge: the form is larger than any that a person fills in.
        UnreadableBody: it has too many fields or malformed multipart parts.
    """
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > FORM_BYTES_MAX:
            raise BodyTooLarge(bytes_max=FORM_BYTES_MAX)
        return message

    try:
        form = await Request(request.scope, receive).form(max_files=0, max_fields=FIELDS_MAX)
    except MultiPartException as fault:
        raise UnreadableBody(ru="форма заполнена неверно", en="the form is malformed") from fault
    key, login, password = (form.get(name) for name in ("key", "login", "password"))
    return _text(key), _text(login), _text(password)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _refused(request: Request, refusal: Refusal) -> Response:
    page = _page(request, "refused.html", STATUS_OF[type(refusal)], text=refusal.text(language_of(request.scope)))
    if (retry_after := refusal.facts.get("retry_after_seconds")) is not None:
        page.headers["retry-after"] = str(retry_after)
    return page


def _page(request: Request, name: str, status: int, **context: str) -> Response:
    limits = {
        "login_length_max": LOGIN_LENGTH_MAX,
        "password_length_min": PASSWORD_LENGTH_MIN,
        "password_length_max": PASSWORD_LENGTH_MAX,
    }
    language = language_of(request.scope)
    body = _templates.get_template(name).render(**context, **limits, language=language)
    return HTMLResponse(body, status, headers={**SECURITY_HEADERS, "content-language": language})
