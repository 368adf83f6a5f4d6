"""Connect to a webhook's receiver at the first allowed address that accepts the connection."""

import asyncio
import ssl
from collections.abc import Iterable, Sequence

import httpcore
import httpx

from dealtrace.worker.webhook_targets import find_addresses

STAGGER_SECONDS = 0.3
"""After this many seconds without a connection, the next address is tried, too; earlier attempts continue."""

SocketOptions = Iterable[httpcore.SOCKET_OPTION] | None


class TargetTransport(httpx.AsyncHTTPTransport):
    """An HTTP transport with one connection to a receiver; it connects only to allowed addresses.

    The receiver's certificate is checked against its host name.
    """

    def __init__(self, trust: ssl.SSLContext, private: Sequence[str], seconds: float) -> None:
        super().__init__(verify=trust, trust_env=False)
        self.backend = TargetBackend(private, seconds)
        self._pool = httpcore.AsyncConnectionPool(ssl_context=trust, max_connections=1, network_backend=self.backend)


class TargetBackend(httpcore.AsyncNetworkBackend):
    """Opens connections by host name; an address that failed is tried again only if there is no other address.

    Attempts begin often enough that all addresses are tried within `seconds`.
    """

    def __init__(self, private: Sequence[str], seconds: float) -> None:
        self._private = private
        self._seconds = seconds
        self._plain = httpcore.AnyIOBackend()
        self._failed: set[str] = set()
        self._last: str | None = None
        self.has_more = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: SocketOptions = None,
    ) -> httpcore.AsyncNetworkStream:
        """Return a connection to the first allowed address of `host` that accepts, in the resolver's order.

        Raises:
            TargetUnknown: the name cannot be resolved.
            TargetForbidden: all addresses of the host are private.
            httpcore.ConnectError: no address accepts.
        """
        del local_address, socket_options
        self.has_more = False
        found = await find_addresses(host, port, self._private)
        left = [address for address in found if address not in self._failed] or found
        self._last, stream = await self._first_to_accept(left, port, timeout)
        self.has_more = len(left) > 1
        return stream

    async def sleep(self, seconds: float) -> None:
        """Sleep, as the library's interface requires."""
        await asyncio.sleep(seconds)

    def give_up_last(self) -> None:
        """Mark the IP address of the last connection as failed, because TLS could not be set up with it."""
        if self._last is not None:
            self._failed.add(self._last)
        self.has_more = False

    async def _first_to_accept(
        self, addresses: Sequence[str], port: int, seconds: float | None
    ) -> tuple[str, httpcore.AsyncNetworkStream]:
        """Return the first address that accepts, and the connection.

        The next address is tried in parallel after a short while, or at once if the previous address failed. All other
        connections are closed.
        """
        stagger = min(STAGGER_SECONDS, self._seconds / 2 / len(addresses))
        waiting, running = list(addresses), dict[asyncio.Task[httpcore.AsyncNetworkStream], str]()
        fault: Exception = httpcore.ConnectError("no address")
        try:
            while waiting or running:
                if waiting:
                    address = waiting.pop(0)
                    running[asyncio.create_task(self._plain.connect_tcp(address, port, seconds))] = address
                done, _ = await asyncio.wait(
                    running, timeout=stagger if waiting else None, return_when=asyncio.FIRST_COMPLETED
                )
                for task in sorted(done, key=lambda task: addresses.index(running[task])):
                    address = running.pop(task)
                    refused = task.exception()
                    if refused is None:
                        return address, task.result()
                    if not isinstance(refused, Exception):
                        raise refused
                    fault = refused
        finally:
            await _drop(running)
        raise fault


async def _drop(tasks: Iterable[asyncio.Task[httpcore.AsyncNetworkStream]]) -> None:
    """Cancel unfinished attempts, and close the connections of finished attempts."""
    dropped = set(tasks)
    for task in dropped:
        task.cancel()
    if dropped:
        await asyncio.wait(dropped)
    for task in dropped:
        if not task.cancelled() and task.exception() is None:
            await task.result().aclose()
