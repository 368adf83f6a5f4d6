"""The sender of an admitted request, with everything that a handler needs to answer it."""

from collections.abc import Callable, Mapping
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from starlette.types import Receive, Scope

from dealtrace.accounts.site import Site, SiteId
from dealtrace.accounts.token import TokenId
from dealtrace.errors import Language, Refusal
from dealtrace.http.request_headers import header
from dealtrace.operations.reports.ask import FactSource
from dealtrace.operations.spend_points import pay_for_reading
from dealtrace.operations.work import Operation
from dealtrace.operations.write_command import Payload, WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.report_pool import ReportPool
from dealtrace.runtime.write_queue import WriteQueue

P = ParamSpec("P")
Result = TypeVar("Result")


@record
class Caller:
    """The sender of an admitted request: the site that it may read and write, and access to the database.

    `token_id` is `None` if the endpoint needs no token. `path_params` has the values of the `{…}` parts of the path by
    name. `ip` is empty if it is unknown.
    """

    site: Site
    token_id: TokenId | None
    write_queue: WriteQueue
    read_pool: ReadPool
    report_pool: ReportPool
    language: Language
    path_params: Mapping[str, str]
    ip: str
    scope: Scope
    receive: Receive

    def header(self, name: bytes) -> str:
        """Return the value of a request header, or an empty string if it is missing; `name` is in lower case."""
        return header(self.scope, name)

    async def write(
        self, operation: Operation[Payload, Result | Refusal], payload: Payload, *, size: int = 1
    ) -> Result:
        """Run an operation and return its result once it is committed; `size` is the number of items in `payload`.

        Raises:
            Refusal: the operation was refused, and nothing was stored.
        """
        return await self.write_queue.write(operation, self.site, WriteCommand(payload, self.token_id), size=size)

    async def read(
        self, ask: Callable[Concatenate[Connection, SiteId, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """On a thread, call `ask` with a connection, the site's id and the arguments; return what `ask` returns."""
        return await self.read_pool.read(ask, self.site.id, *args, **kwargs)

    async def read_newest(
        self, ask: Callable[Concatenate[Connection, SiteId, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Call `ask` as `read` does, but on the primary database: a replica may lack what this request wrote."""
        return await self.read_pool.read_newest(ask, self.site.id, *args, **kwargs)

    async def ask_facts(
        self, ask: Callable[Concatenate[FactSource, P], Result], *args: P.args, **kwargs: P.kwargs
    ) -> Result:
        """Call `ask`, which computes a report from this site's data, on a thread, and return its result.

        Raises:
            Refusal: too many reports are running, this report took too long, or the client closed the connection.
        """
        return await self.report_pool.ask(self._until_disconnected, self.site, ask, *args, **kwargs)

    async def _until_disconnected(self) -> None:
        """Wait until the client closes the connection."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def pay_for_reading(self, method: PaidMethod) -> None:
        """Spend points (the site's daily API quota) for a successful request of `method`, a method that only reads.

        Raises:
            PointsSpent: the site has no points left today.
        """
        await self.write_queue.write(pay_for_reading, self.site, WriteCommand(method, self.token_id))
