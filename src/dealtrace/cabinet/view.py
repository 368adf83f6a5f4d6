"""A view: what a page of the cabinet knows of its request, and its means to read, write and answer.

Any: operations answer with as many types as there are.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from dealtrace import clock
from dealtrace.accounts.role import Rights, Role
from dealtrace.accounts.site import Site
from dealtrace.cabinet.forms import Form
from dealtrace.cabinet.rendering import render_page, words_of
from dealtrace.errors import Language
from dealtrace.http.client_address import Proxies
from dealtrace.http.rate_limits import RateLimits
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.work import Operation
from dealtrace.operations.write_command import WriteCommand
from dealtrace.record import record
from dealtrace.runtime.account_changes import AccountChanges
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.runtime.site_cache import SiteCache
from dealtrace.runtime.write_queue import WriteQueue
from dealtrace.storage.database.engine import Database
from dealtrace.storage.id_blocks import IdBlocks

NO_FORM = Form(())
P = ParamSpec("P")
Result = TypeVar("Result")
SEE_OTHER = 303


@record
class Means:
    """What all pages of a process share; `sends_mail` is whether the server has a mail server."""

    database: Database
    account_changes: AccountChanges
    read_pool: ReadPool
    write_queue: WriteQueue
    site_cache: SiteCache
    rate_limits: RateLimits
    proxies: Proxies
    report_pool: ReportPool
    sends_mail: bool


@dataclass(slots=True)
class View:
    """A request for a page.

    `person` is who is logged in, `None` on pages that are open to all. `site` and `role` are those of the address;
    without a site in it they are `None`. `form` holds what was sent, empty for pages that are only shown.
    `session_digest` is the session of `person`; `lacks_factor` is whether they must set up a second factor before
    anything else. `form_token` what their forms must carry.
    """

    request: Request
    means: Means
    language: Language
    person: Rights | None = None
    site: Site | None = None
    role: Role | None = None
    session_digest: str = ""
    lacks_factor: bool = False
    form_token: str = ""
    form: Form = NO_FORM

    @property
    def here(self) -> Site:
        """The site of the address, on pages that have one."""
        assert self.site is not None
        return self.site

    @property
    def who(self) -> Rights:
        """Who is logged in, on pages that are not open to all."""
        assert self.person is not None
        return self.person

    @property
    def ip(self) -> str:
        """The address of the browser, empty if unknown."""
        return self.means.proxies.client_ip(self.request.scope)

    @property
    def is_secure(self) -> bool:
        """Whether the browser came by https, as far as is known."""
        return self.means.proxies.is_https(self.request.scope)

    @property
    def origin(self) -> str:
        """The address of this server as the browser knows it, without a path: for links that people pass on."""
        return f"{'https' if self.is_secure else 'http'}://{self.request.url.netloc}"

    @property
    def address(self) -> str:
        """The path of the page with its query, to come back to: after a form was sent the first page."""
        url = self.request.url
        if self.request.method != "GET":
            return "/cabinet/"
        return url.path + (f"?{url.query}" if url.query else "")

    async def read(
        self, ask: Callable[Concatenate[Connection, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Return what a reading function returns, called with a connection on a thread of the read pool."""
        return await self.means.read_pool.read_newest(ask, *args, **kwargs)

    async def ask(
        self, ask: Callable[Concatenate[FactSource, Site, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Return what a function reads from the facts of the site of the address, called with them and the site.

        Raises:
            Refusal: reports are busy, or it took too long.
        """
        return await self.means.report_pool.ask(self._until_gone, self.here, ask, self.here, *args, **kwargs)

    async def _until_gone(self) -> None:
        """Return when the browser has closed the connection."""
        while (await self.request.receive())["type"] != "http.disconnect":
            pass

    async def write(self, operation: Operation[Any, Any], payload: object, *, size: int = 1) -> Any:
        """Run an operation on the site for the person, and return its outcome once it is stored.

        Raises:
            Refusal: the command was refused; nothing of it was stored.
        """
        command = WriteCommand(payload, user_id=self.who.user.id)
        return await self.means.write_queue.write(operation, self.here, command, size=size)

    async def manage(
        self, change: Callable[Concatenate[Connection, IdBlocks, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Return what a function that changes accounts returns, called in a transaction of its own with spare ids.

        Raises:
            Refusal: the change was refused; nothing of it was stored.
        """
        return await self.means.account_changes.run(change, *args, **kwargs)

    def word(self, text: str) -> str:
        """Return a text of the pages in the language of the person; texts in such calls are looked for in `words`."""
        return words_of(self.language).gettext(text)

    def page(self, template: str, status: int = 200, **context: object) -> Response:
        """Return a page made of a template; the context has what every page shows beside `context`."""
        block = self.request.headers.get("hx-target") or ""
        return render_page(template, self.language, status, block=block, **{**self._shared(), **context})

    def lead_to(self, path: str) -> Response:
        """Return the answer that leads the browser to another page of the cabinet, as after a change."""
        return RedirectResponse(f"/cabinet{path}", SEE_OTHER, headers={"cache-control": "no-store"})

    def _shared(self) -> dict[str, object]:
        return {
            "person": self.person.user if self.person is not None else None,
            "site": self.site,
            "role": self.role,
            "form_token": self.form_token,
            "path": self.request.url.path,
            "address": self.address,
            "now": clock.now(),
            "utc": UTC,
        }
