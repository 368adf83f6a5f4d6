"""A view: a request for a page, the person who sent it, its site, and functions that read, write and respond."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dealtrace import clock
from dealtrace.accounts.rights import Rights, Role
from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.webhook import EventKind
from dealtrace.cabinet.carried_parameters import carried_query
from dealtrace.cabinet.formats import clock_time
from dealtrace.cabinet.forms import Form
from dealtrace.cabinet.links import URL_LENGTH_MAX
from dealtrace.cabinet.rendering import render_page, translations_of
from dealtrace.cabinet.sent_forms import HOME, SentOnce, new_form_key
from dealtrace.cabinet.site_switch import SiteSwitch, switch_of
from dealtrace.errors import Language, Refusal
from dealtrace.http.client_address import Proxies
from dealtrace.http.rate_limits import RateLimits
from dealtrace.operations.accounts.hold_rights import Admission, AdmittedPayload, rights_in_session, while_admitted
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.work import AccountWork, Operation, ids_taken_by, takes_ids
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.record import record
from dealtrace.reports.reading.masking import masked_label
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.background_runs import BackgroundRuns
from dealtrace.runtime.last_uses import LastUses
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.runtime.server_stop import ServerStop
from dealtrace.runtime.site_cache import SiteCache
from dealtrace.runtime.threads import Threads
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.database.engine import Database

NO_FORM = Form(())
P = ParamSpec("P")
Result = TypeVar("Result")


def redirect(url: str) -> Response:
    """Return a redirect to a URL of this server; one that is too long is replaced by its path, or by the home page."""
    page = RedirectResponse(url, HTTPStatus.SEE_OTHER, headers={"cache-control": "no-store"})
    if len(page.headers["location"]) <= URL_LENGTH_MAX:
        return page
    path = url.partition("?")[0]
    return redirect(path if path != url else HOME)


@record
class Services:
    """The services that all pages of a process share; `sends_mail` is true if the server can send e-mails.

    A backup is too old after `backup_days_max` days; 0 means that backups are not checked.
    The journal of requests is kept for `requests_kept_days`; 0 means that it is off.
    `webhook_fields` returns the names of the fields that a webhook may choose for events of a given kind. A new site
    may spend `points_per_day` API points a day. Passwords are checked on `password_threads`, whole files are read and
    imported on `file_threads`, and lists are exported on `export_threads`. Demos are filled, and past data of sites is
    changed, in `background_runs`. `server_stop` interrupts writing and sending files when the server stops.
    """

    database: Database
    account_changes: AccountChanges
    session_uses: LastUses[str]
    read_pool: ReadPool
    write_queue: WriteQueue
    site_cache: SiteCache
    rate_limits: RateLimits
    proxies: Proxies
    report_pool: ReportPool
    password_threads: Threads
    file_threads: Threads
    export_threads: Threads
    background_runs: BackgroundRuns
    server_stop: ServerStop
    sends_mail: bool
    backup_days_max: int
    webhook_fields: Callable[[EventKind], Sequence[str]]
    points_per_day: int
    requests_kept_days: int


@dataclass(slots=True)
class View:
    """The request for a page, the person who sent it, and the site in its path.

    - `person`: the user who is logged in; `None` on open pages without a login.
    - `site`, `role`: the site in the path, and the person's role there; both are `None` if the path has no site.
    - `session_digest`: the digest that identifies the session of the person.
    - `lacks_factor`: whether the person must first set up two-factor authentication.
    - `form`: the form that was sent; it is empty for GET.
    - `form_page`: the URL of the page that showed the form.
    - `sent_form`: a form that must change something only once; `None` for any other form.
    - `has_changed`: whether `manage` or `write` has stored something.
    - `places`: the pages that every site has.
    - `site_names`: the names of all sites; it is empty if the person has only one site.
    """

    request: Request
    services: Services
    language: Language
    person: Rights | None = None
    site: Site | None = None
    role: Role | None = None
    session_digest: str = ""
    lacks_factor: bool = False
    form_token: str = ""
    form: Form = NO_FORM
    form_page: str = HOME
    sent_form: SentOnce | None = None
    has_changed: bool = False
    places: Mapping[str, Role] = field(default_factory=dict)
    site_names: Mapping[SiteId, str] = field(default_factory=dict)

    @property
    def current_site(self) -> Site:
        """Return the page's site; use this only on pages that belong to a site."""
        assert self.site is not None
        return self.site

    @property
    def rights(self) -> Rights:
        """Return the person who is logged in, with their roles; use this only on pages that need a login."""
        assert self.person is not None
        return self.person

    @property
    def admission(self) -> Admission | None:
        """Return the rights with which the request was admitted; `None` if nobody is logged in, or after a change.

        The first change that a request makes must check in its transaction that the person still has these rights.
        """
        if self.person is None or self.has_changed:
            return None
        site_id = self.site.id if self.site is not None else None
        return Admission(self.session_digest, rights_in_session(self.person, site_id, lacks_factor=self.lacks_factor))

    @property
    def may_see_contacts(self) -> bool:
        """Return whether the person's role at the site lets them see contacts."""
        return self.role is not None and self.role.includes(Role.ANALYST)

    def shown_name(self, name: str) -> str:
        """Return a name, a source or the number of a deal, with contacts masked if the person may not see them."""
        return name if self.may_see_contacts else masked_label(name)

    @property
    def ip(self) -> str:
        """Return the IP address of the browser, or an empty string if unknown."""
        return self.services.proxies.client_ip(self.request.scope)

    @property
    def is_secure(self) -> bool:
        """Return whether the browser used https to reach this server or a trusted proxy."""
        return self.services.proxies.is_https(self.request.scope)

    @property
    def origin(self) -> str:
        """Return the scheme and host of this server as the browser sees them."""
        return f"{'https' if self.is_secure else 'http'}://{self.request.url.netloc}"

    @property
    def return_path(self) -> str:
        """Return the path and query with which to come back to the page, or to the page of the form that was sent."""
        url = self.request.url
        if self.request.method != "GET":
            return self.form_page
        return url.path + (f"?{url.query}" if url.query else "")

    def forget_person(self) -> None:
        """Treat the request as anonymous until the person who sent it is looked up again."""
        self.person, self.site, self.role = None, None, None
        self.session_digest, self.lacks_factor, self.form_token = "", False, ""

    async def read(
        self, ask: Callable[Concatenate[Connection, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Call `ask`, which only reads, with a connection on a thread of the read pool, and return its result."""
        return await self.services.read_pool.read_newest(ask, *args, **kwargs)

    async def ask(
        self, ask: Callable[Concatenate[FactSource, Site, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Call `ask` in the report pool with the site and its facts (visits, leads, deals, costs); return the result.

        Reports of people who are not logged in leave some threads of the pool free for users.

        Raises:
            Refusal: too many reports are running, this one took too long, or the browser closed the connection.
        """
        pool = self.services.report_pool
        run = pool.ask if self.person is not None else pool.ask_for_visitor
        return await run(self.until_disconnected, self.current_site, ask, self.current_site, *args, **kwargs)

    async def until_disconnected(self) -> None:
        """Wait until the browser closes the connection."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

    async def write(
        self, operation: Operation[Payload, Result | Refusal], payload: Payload, *, size: int = 1
    ) -> Result:
        """Run an operation on the site as the person, and return its result once it is stored.

        The first change that a request makes is stored only if the person still has the rights with which they were
        admitted.

        Raises:
            Refusal: the operation was refused; nothing was stored.
            RightsChanged: the session has ended, or the person has other rights now; nothing was stored.
        """
        user_id, queue = self.rights.user.id, self.services.write_queue
        if (admission := self.admission) is None:
            return await queue.write(operation, self.current_site, WriteCommand(payload, user_id=user_id), size=size)
        command = WriteCommand(AdmittedPayload(payload, admission), user_id=user_id)
        result: Result = await queue.write(while_admitted(operation), self.current_site, command, size=size)
        self.has_changed = True
        return result

    async def manage(
        self, change: Callable[Concatenate[AccountWork, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Run `change`, a function that changes sites, users or tokens, in its own transaction; return its result.

        `change` is called with the other arguments and the context of the transaction, in which the person is the user
        who makes the change. The first change that a request makes checks, in its transaction, that the person still
        has the rights with which they were admitted; if a form with a key was sent, it also records that the form has
        made its change. Later changes in the same request do neither.

        Raises:
            Refusal: the change was refused; nothing was stored.
            FormTaken: the form was sent before; nothing was stored this time.
            RightsChanged: the session has ended, or the person has other rights now; nothing was stored.
        """
        is_first, sent, admission = not self.has_changed, self.sent_form, self.admission
        user_id = self.person.user.id if self.person is not None else None

        @takes_ids(ids_taken_by(change))
        def check_and_change(work: AccountWork) -> Result:
            if is_first and sent is not None:
                sent.take(work)
            if admission is not None:
                admission.hold(work)
            return change(replace(work, user_id=user_id), *args, **kwargs)

        result = await self.services.account_changes.run(check_and_change)
        self.has_changed = True
        if is_first and sent is not None:
            sent.is_taken = True
        return result

    def clock_time(self, at: datetime) -> str:
        """Return an instant as a string: the date and time in the time zone of the site, in the person's language."""
        return clock_time(self.language, at, self.current_site.time_zone)

    def translate(self, text: str) -> str:
        """Translate an English message into the language of the person."""
        return translations_of(self.language).gettext(text)

    def page(self, template: str, status: int = HTTPStatus.OK, /, **context: object) -> Response:
        """Render a template with `context` and the values that all pages need, and return the page."""
        block = self.request.headers.get("hx-target") or ""
        return render_page(template, self.language, status, block=block, **{**self._shared(), **context})

    def redirect_to(self, path: str) -> Response:
        """Return a redirect to another page of the cabinet, for example after a change."""
        return redirect(f"/cabinet{path}")

    def _switch(self) -> SiteSwitch | None:
        if self.person is None or self.site is None:
            return None
        return switch_of(self.person, self.site_names, self.site, self.places, self.return_path)

    def _shared(self) -> dict[str, object]:
        return {
            "person": self.person.user if self.person is not None else None,
            "site": self.site,
            "role": self.role,
            "form_token": self.form_token,
            "form_key": new_form_key(),
            "path": self.request.url.path,
            "return_path": self.return_path,
            "carried": carried_query(self.request.query_params),
            "switch": self._switch(),
            "done": "",
            "now": clock.now(),
            "utc": UTC,
        }
