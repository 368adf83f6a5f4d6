"""The gate of the cabinet: before a page is built, find the person, check their rights and parse what they sent."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from http import HTTPStatus
from types import MappingProxyType
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from dealtrace import clock
from dealtrace.accounts.rights import Role
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.token import token_digest
from dealtrace.cabinet.forms import (
    FORM_BYTES_MAX,
    OPEN_FORM_BYTES_MAX,
    TOKEN_FIELD,
    form_token_of,
    is_own_form,
    read_form,
)
from dealtrace.cabinet.labels import LABELS, labelled_text
from dealtrace.cabinet.sent_forms import KEY_FIELD, NO_PAGES, SendingPages, SentOnce, is_form_key, sent_once
from dealtrace.cabinet.view import NO_FORM, Services, View
from dealtrace.errors import DatabaseUnavailable, Language, Overloaded, Refusal
from dealtrace.http.asgi_app import REFUSAL_OF_FAILURE
from dealtrace.http.endpoint import RateLimitClass
from dealtrace.http.language import language_of
from dealtrace.http.refusal_statuses import STATUS_OF
from dealtrace.operations.accounts.hold_rights import RightsChanged
from dealtrace.operations.accounts.take_form import FormTaken, find_taken_form, keep_answer
from dealtrace.record import record
from dealtrace.storage.accounts.sent_forms import SentForm
from dealtrace.storage.accounts.sessions import Login, find_login
from dealtrace.whole_number import ID_MAX

LANGUAGE_COOKIE = "language"
SESSION_COOKIE = "session"
HOST_PREFIX = "__Host-"
"""The prefix of the cookie's name under https: browsers send such a cookie only over https, only to its own host."""
FIRST_RESPONSE_TRIES, FIRST_RESPONSE_PAUSE_SECONDS = 50, 0.1
"""How many times to look for the response to a form that another request is handling, and the pause in between."""
UNSAVED = "unsaved"
"""The parameter of the login page that is set if a form was sent after the session ended."""
TRANSIENT = (429, 500, 503)
"""The statuses of refusals after which the same form may succeed in a while."""
SECRET = ("password", "new_password", "code", "secret", "key", "token")
"""The form fields whose values no page shows again."""
_ID = re.compile(rf"[0-9]{{1,{len(str(ID_MAX))}}}")
PageHandler = Callable[[View], Awaitable[Response]]


@record
class Page:
    """A page: its path (below `/cabinet`, except for the documentation), its handler, and who may open it.

    - `role`: the lowest role that a person needs at the site of the path; `None` if the path has no site.
    - `is_open`: whether the page needs no login.
    - `is_signed`: whether an open page accepts forms from anywhere, since its path is signed.
    - `is_of_installation`: whether only owners of the installation may open the page.
    - `takes_code`: whether people enter the code of two-factor authentication on the page.
    - `sets_factor`: whether people who must first set up two-factor authentication may open the page.
    - `carries_site`: whether the page is outside a site, but shows the header of the site in the parameter `site`.
    - `form_bytes_max`, `files_max`: the limits of a form; a form with files is parsed only after the rights of the
      person are checked.
    """

    path: str
    method: str
    respond: PageHandler
    role: Role | None = None
    is_open: bool = False
    is_signed: bool = False
    is_of_installation: bool = False
    takes_code: bool = False
    sets_factor: bool = False
    carries_site: bool = False
    form_bytes_max: int = FORM_BYTES_MAX
    files_max: int = 0


class PageGate:
    """The check that every request passes before its page is built."""

    def __init__(
        self,
        services: Services,
        sending_pages: SendingPages = NO_PAGES,
        places: Mapping[str, Role] = MappingProxyType({}),
    ) -> None:
        """Create a gate; `places` are the pages that every site has, see `site_switch.places_of`."""
        self._services = services
        self._sending_pages = sending_pages
        self._places = places

    def admit(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """Return the request handler of a page; it redirects or refuses people who may not open the page."""

        async def answer(request: Request) -> Response:
            _remove_null_bytes(request)
            view = View(request, self._services, language_of_browser(request), places=self._places)
            if page.method == "POST":
                referer, host = request.headers.get("referer", ""), request.url.netloc
                view.form_page = self._sending_pages.find_sender(page.path, request.url.path, referer, host)
            try:
                return await self._answer(view, page)
            except Refusal as refusal:
                return refusal_page(view, refusal)
            except Exception as fault:  # noqa: BLE001 - people get a page after any failure; the cause is logged
                return refusal_page(view, await _refusal_of(request, fault))

        return answer

    async def _answer(self, view: View, page: Page) -> Response:
        secret = view.request.cookies.get(session_cookie(view), "")
        try:
            await self._find_person(view, secret, takes_code=page.takes_code)
            if page.carries_site:
                await self._find_carried_site(view)
        except Exception as fault:
            refusal = fault if isinstance(fault, Refusal) else await _refusal_of(view.request, fault)
            if not page.carries_site or not isinstance(refusal, (DatabaseUnavailable, Overloaded)):
                await _keep_own_form(view, page, secret)
                raise refusal from fault
        if page.method == "POST" and not page.files_max and not await _read_own_form(view, page, secret):
            return view.page("foreign.html", HTTPStatus.FORBIDDEN)
        denied = None if page.is_open else await self._deny_access(view, page)
        if denied is not None:
            return denied
        if page.files_max and not await _read_own_form(view, page, secret):
            return view.page("foreign.html", HTTPStatus.FORBIDDEN)
        return await self._respond(view, page, secret)

    async def _respond(self, view: View, page: Page, secret: str) -> Response:
        """Respond to an admitted request; if the person's rights change in the meantime, check them and start again.

        If the rights change, this is noticed before anything is stored. Each repetition requires another change, so
        there is no endless loop.
        """
        key = view.form.get(KEY_FIELD)
        while True:
            try:
                return await (self._respond_once(view, page, key) if is_form_key(key) else page.respond(view))
            except RightsChanged:
                view.forget_person()
                await self._find_person(view, secret, takes_code=page.takes_code)
                if page.carries_site:
                    await self._find_carried_site(view)
            denied = None if page.is_open else await self._deny_access(view, page)
            if denied is not None:
                return denied
            for _, file in view.form.files:
                await file.seek(0)

    async def _respond_once(self, view: View, page: Page, key: str) -> Response:
        """Respond to a form with a key; if the form has already made its change, return the first response."""
        names = [(name, file.filename or "") for name, file in view.form.files]
        fields = [field for field in view.form.fields if field[0] not in (TOKEN_FIELD, KEY_FIELD)]
        sent = sent_once(key, "" if page.is_open else view.session_digest, view.request.url.path, [*fields, *names])
        if await view.read(find_taken_form, sent.digest, clock.now()) is not None:
            return await _first_response(view, sent)
        view.sent_form = sent
        try:
            response = await page.respond(view)
        except FormTaken:
            return await _first_response(view, sent)
        except Refusal:
            if sent.is_taken or await view.read(find_taken_form, sent.digest, clock.now()) is None:
                raise
            return await _first_response(view, sent)
        if sent.is_taken:
            await _keep_answer(view, sent, response)
        elif (
            response.status_code >= HTTPStatus.BAD_REQUEST
            and await view.read(find_taken_form, sent.digest, clock.now()) is not None
        ):
            return await _first_response(view, sent)
        return response

    async def _deny_access(self, view: View, page: Page) -> Response | None:
        """Return the response for a person who may not open the page, or `None` if they may; the page needs a login."""
        if view.person is None:
            return _to_login(view, page)
        if view.lacks_factor and not page.sets_factor:
            return view.redirect_to("/profile/second-factor")
        if page.is_of_installation and not view.rights.user.is_owner:
            return not_found_page(view)
        if page.role is None:
            return None
        await self._find_site(view, view.request.path_params["site"])
        if view.site is None or view.role is None:
            return not_found_page(view)
        is_allowed = view.role.includes(page.role)
        return None if is_allowed else view.page("forbidden.html", HTTPStatus.FORBIDDEN, needed=page.role)

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
            view.services.session_uses.add(login.session.digest, now)

    async def _find_carried_site(self, view: View) -> None:
        """Set the view's site and role from the query parameter `site`, if the person may see that site."""
        number = view.request.query_params.get("site", "")
        if view.person is not None and not view.lacks_factor and _ID.fullmatch(number):
            await self._find_site(view, int(number))

    async def _find_site(self, view: View, site_id: int) -> None:
        """Set the view's site and the person's role there, or neither if the person has no role."""
        if site_id > ID_MAX or view.rights.role_at(site_id) is None:
            return
        site = view.services.site_cache.remembered_site(site_id)
        view.site = site if site is not None else await view.read(self._look_up, site_id)
        view.role = view.rights.role_at(site_id)
        if view.rights.user.is_owner or len(view.rights.roles) > 1:
            view.site_names = await self._find_site_names(view, {*view.rights.roles, SiteId(site_id)})

    async def _find_site_names(self, view: View, known: AbstractSet[SiteId]) -> Mapping[SiteId, str]:
        """Return the names of all sites, from the cache unless it lacks one of the sites `known` (a new one)."""
        names = view.services.site_cache.remembered_site_names()
        return names if names is not None and known <= names.keys() else await view.read(self._look_up_names)

    def _look_up_names(self, connection: Connection) -> Mapping[SiteId, str]:
        return self._services.site_cache.look_up_site_names(connection)

    def _look_up(self, connection: Connection, site_id: int) -> Site | None:
        return self._services.site_cache.look_up_site(connection, site_id)


async def _refusal_of(request: Request, fault: Exception) -> Refusal:
    """Log a failure, and return the refusal that the person sees.

    Raises:
        Exception: `fault` itself, if the server has set no function that turns a failure into a refusal.
    """
    refusal_of: Callable[[Exception], Awaitable[Refusal]] | None = request.scope.get(REFUSAL_OF_FAILURE)
    if refusal_of is None:
        raise fault
    return await refusal_of(fault)


def _remove_null_bytes(request: Request) -> None:
    """Remove null bytes from the URL of a request, since databases cannot store or search them."""
    scope = request.scope
    while b"%00" in scope["query_string"]:  # removing it from `%0%000` leaves `%00`
        scope["query_string"] = scope["query_string"].replace(b"%00", b"")
    scope["path_params"] = {
        name: value.replace("\0", "") if isinstance(value, str) else value
        for name, value in request.path_params.items()
    }


async def _keep_answer(view: View, sent: SentOnce, response: Response) -> None:
    """Store the response to a form that made its change; if this fails, the person gets the response only once.

    The response may contain a secret that is shown nowhere else.
    """
    try:
        await view.services.account_changes.run(keep_answer, sent.digest, sent.seal(response))
    except Exception as fault:  # noqa: BLE001 - whatever fails here, the change is stored, and the response is complete
        await _refusal_of(view.request, fault)  # this logs the failure


async def _first_response(view: View, sent: SentOnce) -> Response:
    """Wait until the first response to a form is stored, and return that response.

    If the response is not stored in time, perhaps because the server was killed, return a page that leads back to the
    form's page.
    """
    for _ in range(FIRST_RESPONSE_TRIES):
        found: SentForm | None = await view.read(find_taken_form, sent.digest, clock.now())
        if found is None:
            break
        if found.sealed_answer is not None:
            return sent.open(found.sealed_answer)
        with suppress(TimeoutError):
            await asyncio.wait_for(view.until_disconnected(), FIRST_RESPONSE_PAUSE_SECONDS)
            break
    return view.page("sent_before.html")


async def _keep_own_form(view: View, page: Page, secret: str) -> None:
    """Parse a form from our own page that cannot be accepted now, so that the person can send it again."""
    if page.method != "POST" or page.files_max:
        return
    if await _read_own_form(view, page, secret):
        view.form_token = form_token_of(secret) if secret else ""
    else:
        view.form = NO_FORM


async def _read_own_form(view: View, page: Page, secret: str) -> bool:
    """Parse the form, and return whether it was sent from our own page."""
    bytes_max = OPEN_FORM_BYTES_MAX if page.is_open else page.form_bytes_max
    view.form = await read_form(view.request, bytes_max=bytes_max, files_max=page.files_max)
    token = form_token_of(secret) if secret else ""
    return page.is_signed or is_own_form(view.request, view.form, token, is_secure=view.is_secure)


def language_of_browser(request: Request) -> Language:
    """Return the language that the person chose or, if they chose none, the language of the browser."""
    match request.cookies.get(LANGUAGE_COOKIE):
        case "ru":
            return "ru"
        case "en":
            return "en"
        case _:
            return language_of(request.scope)


def session_cookie(view: View) -> str:
    """Return the name of the cookie with the session's secret."""
    return HOST_PREFIX + SESSION_COOKIE if view.is_secure else SESSION_COOKIE


def not_found_page(view: View) -> Response:
    """Return the 404 page, which is also the answer for pages whose existence the person must not learn."""
    return view.page("not_found.html", HTTPStatus.NOT_FOUND)


def refusal_page(view: View, refusal: Refusal, labels: Mapping[str, str] = LABELS) -> Response:
    """Return the page that shows a refusal; `labels` has the English labels of the fields that may be named in it."""
    text = labelled_text(refusal, view.language, labels, is_whole=view.role is None or view.may_see_contacts)
    status = STATUS_OF[type(refusal)]
    page = view.page(
        "refused.html",
        status,
        text=text,
        is_transient=status in TRANSIENT,
        is_form=view.request.method == "POST",
        kept=_kept_fields(view) if status in TRANSIENT else (),
    )
    if (retry_after := refusal.facts.get("retry_after_seconds")) is not None:
        page.headers["retry-after"] = str(retry_after)
    return page


def _kept_fields(view: View) -> Sequence[tuple[str, str]]:
    """Return the fields of a form that the page can offer to send again; none if the form has secrets or files."""
    fields = [(name, value) for name, value in view.form.fields if name != TOKEN_FIELD]
    return fields if not view.form.files and not any(name in SECRET for name, _ in fields) else ()


def _to_login(view: View, page: Page) -> Response:
    """Redirect to the login page, which leads back; if a form was sent, the login page says that nothing was saved.

    Ours: the contents of the form are not shown again. They would have to wait in a URL, a cookie or the database until
    somebody logs in, possibly another person.
    """
    if page.method != "POST":
        return view.redirect_to("/login" + then_query(view.return_path))
    is_of_login = page.takes_code
    return view.redirect_to("/login" + ("" if is_of_login else then_query(view.return_path, **{UNSAVED: "yes"})))


def then_query(then: str, **further: str) -> str:
    """Return the query string `?then=…` with the path to open after logging in; empty if `then` is empty."""
    return f"?{urlencode({'then': then, **further})}" if then else ""


async def limit_guessing(view: View) -> None:
    """Count a request, which may be a guess at a password, code or link, towards the rate limit of its IP address.

    Raises:
        AnonymousRateExceeded: there were too many attempts from this IP address.
    """
    await view.services.rate_limits.check_ip(RateLimitClass.CABINET, view.ip)
