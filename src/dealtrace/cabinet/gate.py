"""The gate of the cabinet: who asks, whether they may, and what they sent, before a page is made."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.own_ids import ID_MAX
from dealtrace.accounts.role import Role
from dealtrace.accounts.site import Site
from dealtrace.accounts.token import token_digest
from dealtrace.cabinet.forms import FORM_BYTES_MAX, form_token_of, is_own_form, read_form
from dealtrace.cabinet.view import Means, View
from dealtrace.errors import Language, Refusal
from dealtrace.http.asgi import language_of
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.http.replies import STATUS_OF
from dealtrace.operations.accounts.log_in import touch
from dealtrace.record import record
from dealtrace.storage.accounts.sessions import Login, find_login

LANGUAGE_COOKIE = "language"
SESSION_COOKIE = "session"
HOST_PREFIX = "__Host-"
"""Under https the cookie bears it: then browsers take it from this host alone, and send it over https alone."""
FORBIDDEN, NOT_FOUND = 403, 404
Respond = Callable[[View], Awaitable[Response]]


@record
class Page:
    """A page: its path below `/cabinet`, who makes it, and who may ask for it.

    `role` is the least one at the site of the path; `None` where the path names no site. With `is_open` nobody need be
    logged in, with `is_of_installation` it is for owners of the installation. `takes_code` is the page on which a
    second factor is given; pages that `sets_factor` are open to people who must set one up before anything else.
    `form_bytes_max` bounds what is sent, `files_max` how many files are among it: forms with files are read only of
    people who may send them.
    """

    path: str
    method: str
    respond: Respond
    role: Role | None = None
    is_open: bool = False
    is_of_installation: bool = False
    takes_code: bool = False
    sets_factor: bool = False
    form_bytes_max: int = FORM_BYTES_MAX
    files_max: int = 0


class Gate:
    """Admits requests for pages."""

    def __init__(self, means: Means) -> None:
        self._means = means

    def admit(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """Return the handler of a page, which answers those who may not see it itself."""

        async def answer(request: Request) -> Response:
            view = View(request, self._means, language_of_browser(request))
            try:
                return await self._answer(view, page)
            except Refusal as refusal:
                return refused(view, refusal)

        return answer

    async def _answer(self, view: View, page: Page) -> Response:
        secret = view.request.cookies.get(session_cookie(view), "")
        await self._find_person(view, secret, takes_code=page.takes_code)
        if page.method == "POST" and not page.files_max and not await _read_own_form(view, page, secret):
            return view.page("foreign.html", FORBIDDEN)
        barred = None if page.is_open else await self._bar(view, page)
        if barred is not None:
            return barred
        if page.files_max and not await _read_own_form(view, page, secret):
            return view.page("foreign.html", FORBIDDEN)
        return await page.respond(view)

    async def _bar(self, view: View, page: Page) -> Response | None:
        """Return the answer to those who may not see a page that is not open to all."""
        if view.person is None:
            return _to_login(view)
        if view.lacks_factor and not page.sets_factor:
            return view.lead_to("/profile/second-factor")
        if page.is_of_installation and not view.who.user.is_owner:
            return not_found(view)
        if page.role is None:
            return None
        await self._find_site(view)
        if view.site is None or view.role is None:
            return not_found(view)
        return None if view.role.includes(page.role) else view.page("forbidden.html", FORBIDDEN, needed=page.role)

    async def _find_person(self, view: View, secret: str, *, takes_code: bool) -> None:
        if not secret:
            return
        now = clock.now()
        login: Login | None = await view.read(find_login, token_digest(secret))
        if login is None or login.session.is_over(now) or not (login.session.is_confirmed or takes_code):
            return
        view.person, view.session_digest = login.rights, login.session.digest
        view.lacks_factor = login.lacks_factor
        view.form_token = form_token_of(secret)
        if login.session.is_confirmed and login.session.is_due(now):
            await view.manage(touch, login.session.digest, now)

    async def _find_site(self, view: View) -> None:
        """Set the site of the path and the role at it; strangers see neither, as if there were no such site."""
        site_id = view.request.path_params["site"]
        if site_id > ID_MAX or view.who.role_at(site_id) is None:
            return
        site = view.means.site_cache.remembered_site(site_id)
        view.site = site if site is not None else await view.read(self._look_up, site_id)
        view.role = view.who.role_at(site_id)

    def _look_up(self, connection: Connection, site_id: int) -> Site | None:
        return self._means.site_cache.look_up_site(connection, site_id)


async def _read_own_form(view: View, page: Page, secret: str) -> bool:
    """Read what was sent, and return whether it came from our own page."""
    view.form = await read_form(view.request, bytes_max=page.form_bytes_max, files_max=page.files_max)
    return is_own_form(view.request, view.form, form_token_of(secret) if secret else "")


def language_of_browser(request: Request) -> Language:
    """Return the language that the person chose, else the one that the browser asks for."""
    match request.cookies.get(LANGUAGE_COOKIE):
        case "ru":
            return "ru"
        case "en":
            return "en"
        case _:
            return language_of(request.scope)


def session_cookie(view: View) -> str:
    """Return the name of the cookie that holds a session's secret."""
    return HOST_PREFIX + SESSION_COOKIE if view.is_secure else SESSION_COOKIE


def not_found(view: View) -> Response:
    """Return the page for what does not exist, or must not be known to exist."""
    return view.page("not_found.html", NOT_FOUND)


def refused(view: View, refusal: Refusal) -> Response:
    """Return the page that says why something was refused."""
    page = view.page("refused.html", STATUS_OF[type(refusal)], text=refusal.text(view.language))
    if (retry_after := refusal.facts.get("retry_after_seconds")) is not None:
        page.headers["retry-after"] = str(retry_after)
    return page


def _to_login(view: View) -> Response:
    return view.lead_to("/login" + then_query(view.address if view.request.method == "GET" else ""))


def then_query(then: str) -> str:
    """Return the query that remembers where to go after logging in, empty if nowhere."""
    return f"?{urlencode({'then': then})}" if then else ""


async def limit_guessing(view: View) -> None:
    """Count a guess of a secret against the address of the browser.

    Raises:
        AnonymousRateExceeded: the address has tried too often.
    """
    await view.means.rate_limits.check_ip(RateLimitClass.CABINET, view.ip)
