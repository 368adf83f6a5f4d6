"""The synchronous and the asynchronous client; they differ only in how they send requests and wait."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from dealtrace_client.methods import Journal
from dealtrace_client.rate_limit import RateLimit
from dealtrace_client.request_steps import Answer, Call, NoAnswer, Retries, Send, Wait, carry_out

T = TypeVar("T")
TIMEOUT_SECONDS = 15.0
RATE_PER_SECOND = 5
_PORTS = range(1, 65536)


class Client:
    """A synchronous client of a Dealtrace server.

    `address` is the URL of the server, `token` a site's token. At most `rate_per_second` requests are sent per second,
    by default as many as the server accepts; `None` means no limit.

    Raises:
        ValueError: the address is not a URL such as `https://deals.example.com`, or `rate_per_second` is below 1.
    """

    def __init__(
        self,
        address: str,
        token: str,
        *,
        retries: Retries | None = None,
        rate_per_second: int | None = RATE_PER_SECOND,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._token = token
        self._retries = retries or Retries()
        self._rate_limit = RateLimit(rate_per_second)
        self._http = httpx.Client(base_url=_checked(address), timeout=timeout_seconds, headers=HEADERS)

    def send(self, call: Call[T]) -> T:
        """Send an API call, repeat it after temporary failures, and return its result.

        Raises:
            ClientError: the call failed.
        """
        steps = carry_out(call, self._token, self._retries, self._rate_limit)
        outcome: Answer | NoAnswer | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            match step:
                case Wait(seconds):
                    time.sleep(seconds)
                    outcome = None
                case Send():
                    outcome = self._request(step)

    def each(self, journal: Journal[T]) -> Iterator[T]:
        """Yield all records of a journal, fetching one page at a time."""
        number, has_next = 1, True
        while has_next:
            page = self.send(journal.page(number))
            yield from page.records
            number, has_next = number + 1, page.has_next

    def close(self) -> None:
        """Close the connections to the server."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections to the server."""
        self.close()

    def _request(self, step: Send) -> Answer | NoAnswer:
        try:
            return _answer(self._http.request(step.method, step.path, **_sent(step)))
        except httpx.TransportError as error:
            return _no_answer(error)


class AsyncClient:
    """An asynchronous client, otherwise like `Client`."""

    def __init__(
        self,
        address: str,
        token: str,
        *,
        retries: Retries | None = None,
        rate_per_second: int | None = RATE_PER_SECOND,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._token = token
        self._retries = retries or Retries()
        self._rate_limit = RateLimit(rate_per_second)
        self._http = httpx.AsyncClient(base_url=_checked(address), timeout=timeout_seconds, headers=HEADERS)

    async def send(self, call: Call[T]) -> T:
        """Send an API call, repeat it after temporary failures, and return its result.

        Raises:
            ClientError: the call failed.
        """
        steps = carry_out(call, self._token, self._retries, self._rate_limit)
        outcome: Answer | NoAnswer | None = None
        while True:
            try:
                step = steps.send(outcome)
            except StopIteration as end:
                result: T = end.value
                return result
            match step:
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                    outcome = None
                case Send():
                    outcome = await self._request(step)

    async def each(self, journal: Journal[T]) -> AsyncIterator[T]:
        """Yield all records of a journal, fetching one page at a time."""
        number, has_next = 1, True
        while has_next:
            page = await self.send(journal.page(number))
            for record in page.records:
                yield record
            number, has_next = number + 1, page.has_next

    async def close(self) -> None:
        """Close the connections to the server."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Return the client; it is closed at the end of the block."""
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Close the connections to the server."""
        await self.close()

    async def _request(self, step: Send) -> Answer | NoAnswer:
        try:
            return _answer(await self._http.request(step.method, step.path, **_sent(step)))
        except httpx.TransportError as error:
            return _no_answer(error)


HEADERS = {"Accept-Language": "en"}


def _sent(step: Send) -> dict[str, Any]:
    """Return the arguments of httpx's `request` for a step. Any: each argument has a type of its own."""
    return {"params": step.parameters or None, "headers": step.headers, "content": step.content}


def _checked(address: str) -> httpx.URL:
    """Parse the URL of a server; raise `ValueError` if it is not an `http` or `https` URL, or has more than a path."""
    try:
        url = httpx.URL(address.strip())
    except (httpx.InvalidURL, ValueError) as fault:
        raise ValueError(f"address: a URL such as https://deals.example.com is expected, not {address!r}") from fault
    is_bare = (
        (url.port is None or url.port in _PORTS)
        and not url.query
        and not url.fragment
        and not re.search(r"[\s%]", url.host)
    )
    if url.scheme not in ("http", "https") or not url.host or not is_bare:
        raise ValueError(f"address: a URL such as https://deals.example.com is expected, not {address!r}")
    return url


def _answer(response: httpx.Response) -> Answer:
    delay = response.headers.get("retry-after", "")
    return Answer(response.status_code, response.content, float(delay) if delay.isascii() and delay.isdigit() else None)


def _no_answer(error: httpx.TransportError) -> NoAnswer:
    before_a_connection = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    return NoAnswer(error, was_connected=not isinstance(error, before_a_connection))
