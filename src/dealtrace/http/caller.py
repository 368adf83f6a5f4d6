"""Somebody who was let in."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from starlette.types import Scope

from dealtrace.accounts.site import Site
from dealtrace.accounts.token import TokenId
from dealtrace.errors import Language
from dealtrace.http.asgi import header
from dealtrace.operations.points import pay_for_reading
from dealtrace.operations.write_command import WriteCommand
from dealtrace.quota.points import PaidMethod
from dealtrace.record import record
from dealtrace.runtime.read_pool import ReadPool
from dealtrace.runtime.write_queue import Operation, WriteQueue

Result = TypeVar("Result")


@record
class Caller:
    """Somebody who was let in: the site they may speak for, and the hands that read and write for them.

    `token_id` is `None` where no token is needed. `path_params` are the values of the `{…}` parts of the path, `ip`
    is where the request came from.
    """

    site: Site
    token_id: TokenId | None
    write_queue: WriteQueue
    read_pool: ReadPool
    language: Language
    path_params: Mapping[str, str]
    ip: str
    scope: Scope

    def header(self, name: bytes) -> str:
        """Tell a header of the request, empty if it was not sent; `name` is lower-case."""
        return header(self.scope, name)

    async def write(self, operation: Operation, asked: Any, *, size: int = 1) -> Any:
        """Have a wish carried out and return its outcome once it is on disk; `size` is how many leads it brings.

        Raises:
            Refusal: the wish was refused; nothing of it was stored.
        """
        return await self.write_queue.write(operation, self.site, WriteCommand(asked, self.token_id), size=size)

    async def read(self, ask: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Call a reading function of the storage for this site."""
        return await self.read_pool.read(ask, self.site.id, *args, **kwargs)

    async def pay_for_reading(self, method: PaidMethod) -> None:
        """Spend the points of a successful call that stores nothing else.

        Raises:
            PointsSpent: the site has none left today.
        """
        await self.write_queue.write(pay_for_reading, self.site, WriteCommand(method, self.token_id))
